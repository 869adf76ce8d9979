//! The files that a command is given: those in folders that are named too, and what is wrong with any told at once. What is in
//! them is not read here.

use std::path::PathBuf;

use super::Usage;
use super::file_kind::{self, FileKind};
use crate::text::io_words;

/// The files that are named, and those with this extension in folders that are named, sorted.
pub(super) fn files(named: &[PathBuf], extension: &str) -> Result<Vec<PathBuf>, Usage> {
    let mut files = Vec::new();
    for path in named {
        if !path.exists() {
            let here = std::env::current_dir().map(|here| format!(" in {}", here.display()));
            let here = here.ok().filter(|_| path.is_relative()).unwrap_or_default();
            return Err(Usage(format!(
                "{}: there is no such file or folder{here}; expected a .{extension} file or a folder of them",
                path.display()
            )));
        }
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(|error| {
            Usage(format!("{} cannot be read: {why}", path.display(), why = io_words(&error)))
        })?;
        let mut inside: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        inside.retain(|path| path.extension().is_some_and(|found| found == extension));
        if inside.is_empty() {
            return Err(Usage(format!("there is no .{extension} file in {}", path.display())));
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

/// Reads all of these files, or tells the mistakes of all.
pub(super) fn each_read<T>(
    files: Vec<PathBuf>,
    kind: FileKind,
    read: impl Fn(PathBuf) -> Result<T, String>,
) -> Result<Vec<T>, Usage> {
    let (mut all, mut wrong) = (Vec::new(), Vec::new());
    for path in files {
        if let Err(Usage(why)) = file_kind::expect(&path, &[kind]) {
            wrong.push(why);
            continue;
        }
        match read(path) {
            Ok(one) => all.push(one),
            Err(error) => wrong.push(error),
        }
    }
    if wrong.is_empty() { Ok(all) } else { Err(Usage(wrong.join("\n"))) }
}
