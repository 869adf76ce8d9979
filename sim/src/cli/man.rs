//! `vestibule man`: the manual pages, made of what `--help` says.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;

use super::terminal::{print_line, write};
use super::{Arguments, Exit, Usage};
use crate::text::io_words;

/// Print the manual page (`vestibule man | man -l -`), or write one for each command.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// Write a page for each command into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self) -> Result<Exit, Usage> {
        match self.out {
            Some(folder) => {
                std::fs::create_dir_all(&folder)
                    .and_then(|()| clap_mangen::generate_to(Arguments::command(), &folder))
                    .map_err(|error| {
                        Usage(format!(
                            "--out: {} cannot be written: {why}",
                            folder.display(),
                            why = io_words(&error)
                        ))
                    })?;
                print_line(&format!("{}: the manual pages; read one with `man -l`", folder.display()));
            }
            None => {
                let mut page = Vec::new();
                Page::new(Arguments::command()).render(&mut page).map_err(Usage::from)?;
                write(&page);
            }
        }
        Ok(Exit::Well)
    }
}
