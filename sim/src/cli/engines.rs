//! Browser engines as they are named on the command line.

use std::collections::BTreeSet;
use std::path::Path;

use super::Usage;
use crate::engine::{Engine, EngineSettings};
use crate::text::io_words;

/// These engines, each once, all of whose programs are there, and the folder for pictures, which is made if need be.
pub(super) fn engine_settings(named: &[Engine], pictures: Option<&Path>) -> Result<EngineSettings, Usage> {
    let named: BTreeSet<Engine> = named.iter().copied().collect();
    let programs = named.into_iter().map(Engine::programs).collect::<Result<Vec<_>, _>>();
    let engines = programs.map_err(|missing| Usage(format!("--engine: {missing}")))?;
    if let Some(folder) = pictures {
        std::fs::create_dir_all(folder).map_err(|error| {
            Usage(format!("--pictures: {} cannot be made: {why}", folder.display(), why = io_words(&error)))
        })?;
    }
    Ok(EngineSettings { engines, pictures: pictures.map(Path::to_owned) })
}
