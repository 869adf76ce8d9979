//! `vestibule completions`: what a shell needs to complete this command's arguments.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::terminal::write;
use super::{Arguments, Exit};

/// Print the completions of a shell; its manual says where they go.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// For which shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Exit {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "vestibule", &mut script);
        write(&script);
        Exit::Well
    }
}
