//! The results of a campaign: a file with one JSON object a run, in the order of scenarios and seeds, so that
//! the same runs give the same bytes, on however many machines they ran.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::coverage::Coverage;
use crate::invariant::Violation;

/// The file's name in its folder.
pub const RESULTS: &str = "results.jsonl";

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The scenario's file, as it was named.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// How many faults there were.
    pub faults: usize,
    /// How much virtual time it took, in milliseconds.
    pub took_ms: u64,
    /// Frames that were sent.
    pub frames: u64,
    /// The hash of the trace and of every frame.
    pub hash: String,
    /// The invariant that was broken.
    pub violation: Option<Violation>,
    /// What it has covered.
    #[serde(default)]
    pub covers: Coverage,
}

/// Why results cannot be read, written or put together.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// The file cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A line is no result.
    #[error("{}:{line}: {message}", path.display())]
    Unreadable {
        /// In which file.
        path: PathBuf,
        /// On which line, from 1 on.
        line: usize,
        /// Why.
        message: String,
    },
    /// The same run has two results: it is not reproducible, or the shards are of two builds.
    #[error("{scenario} with seed {seed} has two different results; were all shards run by the same build?")]
    Contradiction {
        /// The scenario.
        scenario: String,
        /// The seed.
        seed: u64,
    },
}

/// A folder that takes a campaign's results as they come.
///
/// ```
/// use vestibule::campaign::results::{Folder, Line, merge, read};
///
/// let line = |seed| Line {
///     scenario: "first-join.toml".into(),
///     seed,
///     faults: 3,
///     took_ms: 20_000,
///     frames: 412,
///     hash: "c0ffee".into(),
///     violation: None,
///     covers: Default::default(),
/// };
/// let place = tempfile::tempdir()?;
/// let mut folder = Folder::create(place.path())?;
/// folder.add(&line(2))?;
/// folder.finish(&mut [line(2), line(1)])?;
/// assert_eq!(read(place.path())?, [line(1), line(2)], "in their order, however they came");
///
/// let folders = [place.path().to_owned(), place.path().to_owned()];
/// assert_eq!(merge(&folders)?.len(), 2, "each run once");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    file: File,
}

impl Folder {
    /// Makes the folder, and empties its results.
    ///
    /// # Errors
    /// [`ResultsError::File`]
    pub fn create(path: &Path) -> Result<Self, ResultsError> {
        let file = path.join(RESULTS);
        let open = fs::create_dir_all(path)
            .and_then(|()| OpenOptions::new().create(true).write(true).truncate(true).open(&file));
        Ok(Self {
            path: path.to_owned(),
            file: open.map_err(|source| ResultsError::File { path: file, source })?,
        })
    }

    /// Appends a run, at once: an interrupted campaign keeps what it has.
    ///
    /// # Errors
    /// [`ResultsError::File`]
    pub fn add(&mut self, line: &Line) -> Result<(), ResultsError> {
        let text = text(line);
        self.file
            .write_all(text.as_bytes())
            .map_err(|source| ResultsError::File { path: self.path.join(RESULTS), source })
    }

    /// Puts all runs in their order.
    ///
    /// # Errors
    /// [`ResultsError::File`]
    pub fn finish(self, lines: &mut [Line]) -> Result<(), ResultsError> {
        sort(lines);
        let path = self.path.join(RESULTS);
        let sorted = self.path.join("results.jsonl.new");
        let all: String = lines.iter().map(text).collect();
        fs::write(&sorted, all)
            .and_then(|()| fs::rename(&sorted, &path))
            .map_err(|source| ResultsError::File { path, source })
    }
}

fn text(line: &Line) -> String {
    serde_json::to_string(line).map_or_else(|error| format!("{error}\n"), |text| text + "\n")
}

fn sort(lines: &mut [Line]) {
    lines.sort_by(|a, b| (&a.scenario, a.seed).cmp(&(&b.scenario, b.seed)));
}

/// The results in a folder.
///
/// # Errors
/// [`ResultsError`] when there are none that can be read.
pub fn read(folder: &Path) -> Result<Vec<Line>, ResultsError> {
    let path = folder.join(RESULTS);
    let failed = |source| ResultsError::File { path: path.clone(), source };
    let lines = BufReader::new(File::open(&path).map_err(failed)?).lines().enumerate();
    lines
        .map(|(number, line)| {
            serde_json::from_str(&line.map_err(failed)?).map_err(|error| ResultsError::Unreadable {
                path: path.clone(),
                line: number + 1,
                message: error.to_string(),
            })
        })
        .collect()
}

/// Puts the results of shards together, each run once.
///
/// # Errors
/// [`ResultsError`] when a folder cannot be read, or two results contradict each other.
pub fn merge(folders: &[PathBuf]) -> Result<Vec<Line>, ResultsError> {
    let mut lines = Vec::new();
    for folder in folders {
        lines.extend(read(folder)?);
    }
    sort(&mut lines);
    lines.dedup();
    for pair in lines.windows(2) {
        if (&pair[0].scenario, pair[0].seed) == (&pair[1].scenario, pair[1].seed) {
            let (scenario, seed) = (pair[0].scenario.clone(), pair[0].seed);
            return Err(ResultsError::Contradiction { scenario, seed });
        }
    }
    Ok(lines)
}
