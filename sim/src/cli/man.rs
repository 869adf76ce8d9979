//! `vestibule man`: the manual pages, made of what `--help` says.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man as Page;
use roff::{Roff, roman};

use super::terminal::{print_line, write};
use super::{Arguments, Exit, Usage, examples};
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
        let mut command = Arguments::command().disable_help_subcommand(true);
        command.build();
        match self.out {
            Some(folder) => {
                std::fs::create_dir_all(&folder).and_then(|()| write_all(&command, &folder)).map_err(
                    |error| {
                        Usage(format!(
                            "--out: {} cannot be written: {why}",
                            folder.display(),
                            why = io_words(&error)
                        ))
                    },
                )?;
                print_line(&format!("{}: the manual pages; read one with `man -l`", folder.display()));
            }
            None => write(page(&command).map_err(Usage::from)?.1.as_bytes()),
        }
        Ok(Exit::Well)
    }
}

fn write_all(command: &Command, folder: &Path) -> io::Result<()> {
    let (name, text) = page(command)?;
    std::fs::write(folder.join(name), text)?;
    command.get_subcommands().filter(|one| !one.is_hide_set()).try_for_each(|one| write_all(one, folder))
}

/// The name of a command's page, and the page. What its long help ends with has headings of its own, so that EXAMPLES and EXIT
/// STATUS are where they are looked for, each line as it stands there.
fn page(command: &Command) -> io::Result<(String, String)> {
    let ends = command.get_after_long_help().or_else(|| command.get_after_help()).map(ToString::to_string);
    let without = command.clone().after_long_help(None::<&'static str>).after_help(None::<&'static str>);
    let page = Page::new(without);
    let mut text = Vec::new();
    page.render(&mut text)?;
    let mut more = Roff::new();
    for (heading, lines) in examples::sections(ends.as_deref().unwrap_or_default()) {
        more.control("SH", [heading]);
        more.control("nf", []);
        for line in lines.lines() {
            more.text([roman(line)]);
        }
        more.control("fi", []);
    }
    Ok((page.get_filename(), String::from_utf8_lossy(&text).into_owned() + &more.to_roff()))
}
