//! Lines to the terminal. A reader that has gone (`| head`) is no error.

use std::io::Write;

/// A line to standard output.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line to standard error.
pub(super) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
