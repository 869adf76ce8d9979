//! `vestibule demo`: a journey of two phones, then a portal for the reader's own browser.

use clap::Args;

use super::{Exit, Usage};

/// Show a journey of two phones, then serve the device's portal for your own browser.
#[derive(Debug, Args)]
pub(super) struct Demo {}

impl Demo {
    pub(super) fn by_default() -> Self {
        Self {}
    }

    pub(super) async fn run(self) -> Result<Exit, Usage> {
        Ok(Exit::Well)
    }
}
