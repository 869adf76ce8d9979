//! The committed recordings: that they are what they say, whom they are recognised as, and their replay against
//! good and broken portals.

mod fixtures;
mod recognised;
mod replay;
mod stand_in;

use std::path::{Path, PathBuf};

use vestibule::capture::Capture;
use vestibule::capture::load::load;

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
    files.iter().map(|path| load(path).unwrap_or_else(|error| panic!("{error}"))).collect()
}
