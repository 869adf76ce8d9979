//! The files of a report, `--html` and `--junit`: whether they can be written, and writing them. What a report says is
//! `crate::report`'s.

use std::path::Path;

use super::Usage;
use super::help::VERSION;
use crate::report::{Report, quoted};
use crate::text::io_words;

/// Refuses files of a report that could not be written in the end, before anything runs.
pub(super) fn reports_can_be_written(html: Option<&Path>, junit: Option<&Path>) -> Result<(), Usage> {
    for (argument, path) in [("--html", html), ("--junit", junit)] {
        let Some(path) = path else { continue };
        let refused = |why: &str| Usage(format!("{argument}: {} cannot be written: {why}", path.display()));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if path.is_dir() {
            return Err(refused("it is a folder"));
        }
        if !folder.is_dir() {
            return Err(refused(&format!("there is no folder {}", folder.display())));
        }
    }
    Ok(())
}

/// Of what a report is: the day, the version and the command, without the folders of this machine.
fn made() -> String {
    let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
    let day = now.split('T').next().unwrap_or_default();
    let words: Vec<_> = std::env::args().skip(1).map(|word| quoted(&word)).collect();
    let system = std::env::consts::OS;
    format!("Made on {day} by vestibule {} on {system}: vestibule {}", VERSION, words.join(" "))
}

/// Writes the files of a report that were asked for.
pub(super) fn write_report(report: &Report, html: Option<&Path>, junit: Option<&Path>) -> Result<(), Usage> {
    let write = |argument: &str, path: &Path, text: String| {
        std::fs::write(path, text).map_err(|error| {
            Usage(format!("{argument}: {} cannot be written: {why}", path.display(), why = io_words(&error)))
        })
    };
    if let Some(path) = html {
        write("--html", path, report.html_of(&made()))?;
    }
    if let Some(path) = junit {
        write("--junit", path, report.junit().map_err(|error| Usage(error.to_string()))?)?;
    }
    Ok(())
}
