//! What a file is, for who gives it to the wrong command: it says so, and which command takes it.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::Usage;

/// So much of a file is looked at.
const LOOKED_AT: u64 = 64 * 1024;

/// How the files begin that tcpdump and Wireshark write: pcap in either byte order, with micro- or nanoseconds, and pcapng.
const CAPTURES: [[u8; 4]; 5] = [
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x0a, 0x0d, 0x0d, 0x0a],
];

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Capture,
    Recording,
    Trace,
    Scenario,
    Profile,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Capture => {
                "a capture: `vestibule explain` reads it, `vestibule import` makes recordings of it"
            }
            Self::Recording => "a recording: `vestibule replay` sends it, `vestibule explain` reads it",
            Self::Trace => {
                "the trace of a run: `vestibule export` draws it, `vestibule demo --open` shows it"
            }
            Self::Scenario => {
                "a scenario: `vestibule run` carries it out, `vestibule campaign` under many seeds"
            }
            Self::Profile => {
                "a portal's profile: `vestibule stand-in` answers as it, `vestibule matrix` checks it"
            }
        })
    }
}

/// Refuses a file that is of another kind than those; one that is of no kind at all is the reader's to refuse.
pub(super) fn expect(path: &Path, kinds: &[FileKind]) -> Result<(), Usage> {
    if path.is_dir() {
        return Err(Usage(format!("{} is a folder: expected a file", path.display())));
    }
    if kind_of(path).is_none() && !kinds.contains(&FileKind::Capture) && is_binary(path) {
        return Err(Usage(format!("{} is no text, and no capture either", path.display())));
    }
    match kind_of(path).filter(|kind| !kinds.contains(kind)) {
        Some(other) => Err(Usage(format!("{} is {other}", path.display()))),
        None => Ok(()),
    }
}

/// Whether its beginning is no text. One that cannot be read is the reader's to refuse.
fn is_binary(path: &Path) -> bool {
    let mut begins = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut begins));
    // A character may be cut where the look ends.
    read.is_ok() && std::str::from_utf8(&begins).is_err_and(|error| error.error_len().is_some())
}

/// What the file is, as far as its beginning tells.
pub(super) fn kind_of(path: &Path) -> Option<FileKind> {
    let mut begins = Vec::new();
    File::open(path).ok()?.take(LOOKED_AT).read_to_end(&mut begins).ok()?;
    if CAPTURES.iter().any(|capture| begins.starts_with(capture)) {
        return Some(FileKind::Capture);
    }
    let text = match std::str::from_utf8(&begins) {
        Ok(text) => text,
        // A character may be cut where the look ends.
        Err(error) => std::str::from_utf8(&begins[..error.valid_up_to()])
            .ok()
            .filter(|_| error.error_len().is_none())?,
    };
    let line = text.lines().next().unwrap_or_default();
    if line.starts_with('{') {
        let table: serde_json::Value = serde_json::from_str(line).ok()?;
        let has = |key: &str| table.get(key).is_some();
        return match (has("vestibule"), has("us") && has("event")) {
            (true, _) => Some(FileKind::Recording),
            (false, true) => Some(FileKind::Trace),
            _ => None,
        };
    }
    let table: toml::Table = text.parse().ok()?;
    let has = |keys: &[&str]| keys.iter().any(|key| table.contains_key(*key));
    match (has(&["device", "phone", "step", "fault", "expect", "network"]), has(&["dns", "http", "https"])) {
        (true, false) => Some(FileKind::Scenario),
        (false, true) => Some(FileKind::Profile),
        _ => None,
    }
}
