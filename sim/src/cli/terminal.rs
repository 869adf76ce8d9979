//! Lines to the terminal. A reader that has gone (`| head`) is no error. Colours in a line reach
//! a terminal only, and none where `NO_COLOR` is set.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::time::Duration;

use anstyle::AnsiColor;
use indicatif::{ProgressBar, ProgressStyle};

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loudness {
    Quiet,
    Plain,
    Verbose,
}

static LOUDNESS: OnceLock<Loudness> = OnceLock::new();

/// Says for the whole process how much is said.
pub(super) fn set(loudness: Loudness) {
    let _ = LOUDNESS.set(loudness);
}

/// Only the answer is to be printed.
pub(super) fn is_quiet() -> bool {
    LOUDNESS.get() == Some(&Loudness::Quiet)
}

/// Everything is to be printed.
pub(super) fn is_verbose() -> bool {
    LOUDNESS.get() == Some(&Loudness::Verbose)
}

/// A line to standard output.
pub(super) fn print_line(line: &str) {
    let _ = writeln!(anstream::stdout().lock(), "{line}");
}

/// A line to standard error.
pub(super) fn complain(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// How something ended, in a word of four letters and in its colour.
pub(super) fn verdict_word(passed: bool) -> String {
    let (word, style) = match passed {
        true => ("ok", AnsiColor::Green.on_default()),
        false => ("FAIL", AnsiColor::Red.on_default().bold()),
    };
    format!("{style}{word:4}{style:#}")
}

/// How many columns there are for a table: what `COLUMNS` says, or the terminal's; `None` where nothing
/// need fit, as the reader is a program.
pub(super) fn width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || {
        let size = console::Term::stdout().size_checked().filter(|_| std::io::stdout().is_terminal());
        size.map(|(_, columns)| usize::from(columns))
    };
    said.or_else(terminal).filter(|columns| *columns > 0)
}

/// Tells on the terminal what is waited for and for how long, until it is dropped or cleared. Shows
/// nothing where there is no terminal.
pub(super) fn waiting(what: String) -> Waiting {
    let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}");
    let bar =
        ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    Waiting(bar)
}

/// See [`waiting`].
pub(super) struct Waiting(ProgressBar);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Bytes to standard output, as they are.
pub(super) fn write(bytes: &[u8]) {
    let _ = std::io::stdout().lock().write_all(bytes);
}
