//! A secret, a passphrase or a label's code, from a file or from standard input: never from an argument, which every user
//! of a machine sees.

use std::io::{Read, stdin};
use std::path::Path;

use super::Usage;
use crate::text::io_words;

/// The first line of the file that this option names; `-` is standard input.
pub(super) fn first_line(option: &str, path: &Path) -> Result<String, Usage> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|error| refused(option, path, &format!("cannot be read: {why}", why = io_words(&error))))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// The option for a file with a network's passphrase.
pub(super) const PASSPHRASE_FILE: &str = "--passphrase-file";

/// The same for the network of a stand-in's surroundings.
pub(super) const HOME_PASSPHRASE_FILE: &str = "--home-passphrase-file";

/// The option for a file with the code on a device's label.
pub(super) const CODE_FILE: &str = "--code-file";

/// The code on a device's label, from that file.
pub(super) fn code(path: &Path) -> Result<String, Usage> {
    let code = first_line(CODE_FILE, path)?;
    if code.is_empty() {
        return Err(refused(CODE_FILE, path, "its first line is empty, where the code on the label belongs"));
    }
    Ok(code)
}

/// Why what the file holds cannot be used.
pub(super) fn refused(option: &str, path: &Path, why: &str) -> Usage {
    Usage(format!("{option}: {}: {why}", path.display()))
}
