//! `vestibule import`: a capture of tcpdump or Wireshark becomes recordings.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;

use super::file_kind::{self, FileKind};
use super::mixed_clients::mixed;
use super::terminal::{complain, print_line, waiting};
use super::{Exit, Usage};
use crate::capture::import::{Recording, Settings, Wanted, import};
use crate::capture::load;
use crate::text::io_words;

/// Turn a capture (pcap or pcapng, packed with gzip or not) into recordings that `replay` sends: one file for
/// each client.
///
/// Nothing is kept but what is on a list: no address of hardware, nothing that was typed, no names of strangers'
/// hosts.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// What tcpdump, Wireshark or tshark has written.
    capture: PathBuf,
    /// Write the recording here.
    ///
    /// With several clients the most telling is written here and the others beside it, numbered.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Only the client with this IP or hardware address.
    #[arg(long, value_name = "ADDRESS")]
    client: Option<Wanted>,
    /// Keep the names of all hosts, not only those of known probes.
    #[arg(long)]
    all_names: bool,
}

impl Import {
    pub(super) fn run(self) -> Result<Exit, Usage> {
        file_kind::expect(&self.capture, &[FileKind::Capture])?;
        let shown = self.capture.display();
        let file = File::open(&self.capture)
            .map_err(|error| Usage(format!("{shown} cannot be read: {why}", why = io_words(&error))))?;
        let settings = Settings { client: self.client, all_names: self.all_names };
        let reading = waiting(format!("reading {shown}"));
        let imported = import(file, &settings).map_err(|error| Usage(format!("{shown}: {error}")))?;
        drop(reading);
        for left_out in &imported.left_out {
            complain(&format!("{shown}: left out, the rest is kept: {left_out}"));
        }
        if imported.recordings.is_empty() {
            let whose = if self.client.is_some() { " of that client" } else { "" };
            return Err(Usage(format!(
                "{shown}: {} packets, and nothing{whose} in them that can be kept: no question for a name, no \
                 request, no DHCP",
                imported.packets
            )));
        }
        write(&imported.recordings, &self.output, &self.capture)?;
        Ok(Exit::Well)
    }
}

/// Writes recordings: the first one to `output`, the others beside it.
pub(super) fn write(recordings: &[Recording], output: &Path, source: &Path) -> Result<(), Usage> {
    let stem = output.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let source = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for (index, recording) in recordings.iter().enumerate() {
        let name = if index == 0 { stem.clone() } else { format!("{stem}-{}", index + 1) };
        let path = if index == 0 {
            output.to_owned()
        } else {
            let ending = output.extension().unwrap_or_default().to_string_lossy();
            output.with_file_name(if ending.is_empty() { name.clone() } else { format!("{name}.{ending}") })
        };
        let text = recording.to_jsonl(&name, &source);
        std::fs::write(&path, &text).map_err(|error| {
            Usage(format!("{} cannot be written: {why}", path.display(), why = io_words(&error)))
        })?;
        let addresses: Vec<_> = recording.addresses().iter().map(ToString::to_string).collect();
        print_line(&format!(
            "{}: {} exchanges of {}; {}",
            path.display(),
            recording.exchanges(),
            if addresses.is_empty() { "a client without an address".into() } else { addresses.join(", ") },
            recording.client()
        ));
        if let Some(mixed) = load::parse(&text, &path).ok().as_ref().and_then(mixed) {
            complain(&format!("{}: {mixed}", path.display()));
        }
    }
    Ok(())
}
