//! A passphrase from a file or from standard input: never from an argument, which every user of a machine sees.

use std::io::{Read, stdin};
use std::path::Path;

use super::Usage;

/// The first line of a file; `-` is standard input.
pub(super) fn first_line(path: &Path) -> Result<String, Usage> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|error| refused(path, &format!("cannot be read: {error}")))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Why what the file holds cannot be used.
pub(super) fn refused(path: &Path, why: &str) -> Usage {
    Usage(format!("--passphrase-file: {}: {why}", path.display()))
}
