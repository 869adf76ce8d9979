//! Lines to the terminal. A reader that has gone (`| head`) is no error. Colours in a line reach
//! a terminal only, and none where `NO_COLOR` is set.

use std::io::Write;

/// A line to standard output.
pub(super) fn say(line: &str) {
    let _ = writeln!(anstream::stdout().lock(), "{line}");
}

/// A line to standard error.
pub(super) fn complain(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Bytes to standard output, as they are.
pub(super) fn write(bytes: &[u8]) {
    let _ = std::io::stdout().lock().write_all(bytes);
}
