//! `vestibule explain`: why the sheet opened in a recording, or did not.

use std::fs::File;
use std::path::{Path, PathBuf};

use anstyle::Style;
use clap::Args;

use super::file_kind::{self, FileKind, kind_of};
use super::mixed_clients::mixed;
use super::paragraph::wrapped;
use super::terminal::{print_line, waiting};
use super::{Exit, Usage};
use crate::capture::import::{Settings, Wanted, import};
use crate::capture::{Capture, Sent, load};
use crate::check::explain;
use crate::text::io_words;

/// Say why a phone in a capture showed its sign-in sheet, or did not.
///
/// For each client: what its checks asked, what they were answered, what it concluded and by which rule, and what to
/// change. The capture is of tcpdump or Wireshark (pcap or pcapng, packed with gzip or not), or a recording. Nothing is sent.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The capture or recording.
    capture: PathBuf,
    /// Only the client with this IP or hardware address.
    #[arg(long, value_name = "ADDRESS")]
    client: Option<Wanted>,
}

impl Explain {
    pub(super) fn run(self) -> Result<Exit, Usage> {
        file_kind::expect(&self.capture, &[FileKind::Capture, FileKind::Recording])?;
        let clients = match kind_of(&self.capture) {
            Some(FileKind::Recording) => vec![load::load(&self.capture).map_err(Usage::from)?],
            _ => self.clients()?,
        };
        let shown = clients.iter().filter(|capture| tell(capture)).count();
        let of = if clients.len() == 1 { "client" } else { "clients" };
        print_line(&format!("{shown} of {} {of} took it for a portal.", clients.len()));
        Ok(if shown == clients.len() { Exit::Well } else { Exit::Unmet })
    }

    /// The clients in a capture.
    fn clients(&self) -> Result<Vec<Capture>, Usage> {
        let shown = self.capture.display();
        let file = File::open(&self.capture)
            .map_err(|error| Usage(format!("{shown} cannot be read: {why}", why = io_words(&error))))?;
        let reading = waiting(format!("reading {shown}"));
        let settings = Settings { client: self.client, ..Settings::default() };
        let imported = import(file, &settings).map_err(|error| Usage(format!("{shown}: {error}")))?;
        drop(reading);
        let recordings = imported.recordings.iter();
        let read = recordings
            .map(|recording| load::parse(&recording.to_jsonl("client", "a capture"), Path::new("client")));
        let clients = read.collect::<Result<Vec<_>, _>>().map_err(Usage::from)?;
        if clients.is_empty() {
            let packets = imported.packets;
            let why = "no client in it asked for a name, a page or an address in a way that can be read";
            return Err(Usage(format!("{shown}: {packets} packets, and {why}")));
        }
        Ok(clients)
    }
}

/// Tells of a client; whether one of its checks found a portal.
fn tell(capture: &Capture) -> bool {
    let bold = Style::new().bold();
    let checks = explain(capture);
    let found = checks
        .iter()
        .any(|check| check.judgement.as_ref().is_some_and(|judgement| judgement.verdict.is_portal()));
    print_line(&format!("{bold}{}{bold:#}", capture.client));
    if let Some(mixed) = mixed(capture) {
        print_line(&wrapped("  mixed", &mixed));
    }
    for check in &checks {
        let at = check.at.map_or(String::new(), |at| at.to_string());
        print_line(&wrapped(&format!("{at:>9}"), &format!("{}: {}", check.asked, check.came)));
        if let Some(judgement) = &check.judgement {
            let (word, rule) = (judgement.verdict.word(), judgement.rule);
            print_line(&wrapped(
                "  concludes",
                &format!("{word}: {} ({}): {}", rule.id, rule.grade, rule.says),
            ));
        }
    }
    let last = checks.iter().rev().find_map(|check| check.change.as_ref());
    if let Some(change) = last.filter(|_| !found) {
        print_line(&wrapped("  change", change));
    }
    if checks.is_empty() {
        let names = capture
            .exchanges
            .iter()
            .filter(|exchange| matches!(exchange.sent, Sent::Question { .. }))
            .count();
        let text = match names {
            0 => "none of its checks is in the capture".to_owned(),
            _ => format!(
                "it asked for names ({names}) and sent none of its checks. Answer every A question with the portal's own \
                 address, and serve HTTP on port 80 there"
            ),
        };
        print_line(&wrapped("  why", &text));
    }
    print_line("");
    found
}
