//! `vestibule export`: views of a run, drawn from its trace.

use std::path::{Path, PathBuf};

use clap::Args;

use super::file_kind::{self, FileKind};
use super::terminal::{print_line, waiting};
use super::{Exit, Usage};
use crate::export;
use crate::text::io_words;
use crate::trace::{self, Record, What};

/// Draw a run from its trace: for Wireshark, and as a timeline.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The trace of one run: what `vestibule run --trace` has written.
    trace: PathBuf,
    #[command(flatten)]
    wanted: Wanted,
}

/// What is drawn: one of them at least.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Wanted {
    /// Write the frames here, for Wireshark and tshark.
    #[arg(long, value_name = "FILE")]
    pcapng: Option<PathBuf>,
    /// Write the timeline here: a lane for each node, what happened to whom.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the requests of phones and sheets here, as HAR 1.2 for a browser's developer tools.
    #[arg(long, value_name = "FILE")]
    har: Option<PathBuf>,
}

impl Export {
    pub(super) fn run(self) -> Result<Exit, Usage> {
        file_kind::expect(&self.trace, &[FileKind::Trace])?;
        let reading = waiting(format!("reading {}", self.trace.display()));
        let records = trace::read(&self.trace).map_err(Usage::from)?;
        drop(reading);
        is_one_run(&self.trace, &records)?;
        if let Some(path) = &self.wanted.pcapng {
            let file = trace::pcapng(&records)
                .map_err(|error| Usage(format!("{}: {error}", self.trace.display())))?;
            write(path, &file)?;
            let frames = records.iter().filter(|record| matches!(record.what, What::Frame { .. })).count();
            print_line(&format!("{}: {frames} frames", path.display()));
        }
        if let Some(path) = &self.wanted.svg {
            write(path, trace::svg(&records).as_bytes())?;
            print_line(&format!("{}: the timeline", path.display()));
        }
        if let Some(path) = &self.wanted.har {
            let file =
                export::har(&records).map_err(|error| Usage(format!("{}: {error}", self.trace.display())))?;
            write(path, file.as_bytes())?;
            print_line(&format!("{}: the requests", path.display()));
        }
        Ok(Exit::Well)
    }
}

/// Pictures show one run; a trace of several begins more than once.
fn is_one_run(path: &Path, records: &[Record]) -> Result<(), Usage> {
    let begins = |record: &&Record| matches!(record.what, What::Begins { .. });
    let Some(second) = records.iter().filter(begins).nth(1) else { return Ok(()) };
    Err(Usage(format!(
        "{}:{}:1: a further run begins here, and a picture shows one; give `run --trace` one scenario at a time",
        path.display(),
        second.number + 1,
    )))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Usage> {
    std::fs::write(path, bytes).map_err(|error| {
        Usage(format!("{} cannot be written: {why}", path.display(), why = io_words(&error)))
    })
}
