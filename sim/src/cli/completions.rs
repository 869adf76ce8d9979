//! `vestibule completions`: what a shell needs to complete this command's arguments.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::terminal::write;
use super::{Arguments, Exit};

/// Where they go.
const PLACES: &str = "\
WHERE THEY GO
  bash        vestibule completions bash \\
                > ~/.local/share/bash-completion/completions/vestibule
  zsh         vestibule completions zsh > ~/.zfunc/_vestibule
              with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc
  fish        vestibule completions fish \\
                > ~/.config/fish/completions/vestibule.fish
  powershell  vestibule completions powershell >> $PROFILE
  elvish      vestibule completions elvish > ~/.config/elvish/lib/vestibule.elv
              with `use vestibule` in ~/.config/elvish/rc.elv";

/// Print the completions of a shell, phones and drivers included.
#[derive(Debug, Args)]
#[command(after_help = PLACES)]
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
