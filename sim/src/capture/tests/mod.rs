//! Recordings: their files, the committed ones, and their replay against good and broken portals.

mod fixtures;
mod load;
mod replay;
mod stand_in;

use std::path::{Path, PathBuf};

use super::load::load as load_file;
use super::{BuiltIn, Capture};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/captures")
}

/// Every committed recording, in the order of their names.
fn committed() -> Vec<Capture> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    files.iter().map(|path| load_file(path).unwrap_or_else(|error| panic!("{error}"))).collect()
}
