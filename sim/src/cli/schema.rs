//! `vestibule schema`: what scenario files may say, for editors.

use clap::Args;

use super::Exit;
use super::terminal::print_line;
use crate::scenario::schema::schema;

/// Print the JSON Schema of scenario files, for editors that complete and check TOML by one.
#[derive(Debug, Args)]
pub(super) struct Schema;

impl Schema {
    pub(super) fn run(self) -> Exit {
        print_line(&format!("{:#}", schema()));
        Exit::Well
    }
}
