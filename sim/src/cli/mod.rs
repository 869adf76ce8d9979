//! The command line. Thin: each command reads its arguments, calls the library and turns what
//! came of it into words and an exit code.
//!
//! | code | means |
//! |---|---|
//! | 0 | all is well |
//! | 1 | what was expected did not come about |
//! | 2 | the command cannot be carried out as it was given |
//! | 3 | something happened that never may: a safety invariant was broken |
//! | 4 | something that must come about did not: liveness |

mod campaign;
mod check;
mod check_answer;
mod check_details;
mod check_watch;
mod completions;
mod defaults;
mod demo;
mod engines;
mod examples;
mod explain;
mod export;
mod file_kind;
mod help;
mod impairment_options;
mod import;
mod interrupt;
mod journey;
mod label;
mod leases;
mod man;
mod matrix;
mod mixed_clients;
mod named_files;
mod page_views;
mod paragraph;
mod passphrase_file;
mod phone_words;
mod phones;
mod portal_options;
mod profile;
mod profile_words;
mod record;
mod replay;
mod report_files;
mod run;
mod schema;
mod seed;
mod serve;
mod stand_in;
mod table;
mod target;
mod terminal;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anstream::ColorChoice;
use clap::{Parser, Subcommand, ValueEnum};

use self::terminal::Loudness;
use crate::invariant::ViolationKind;

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// All is well.
    Well,
    /// What was expected did not come about.
    Unmet,
    /// A safety invariant was broken.
    Unsafe,
    /// Something that must come about did not.
    Stuck,
}

impl Exit {
    /// What violations of these kinds come to: safety before liveness.
    fn of(kinds: impl Iterator<Item = ViolationKind>) -> Self {
        kinds.fold(Self::Well, |worst, kind| match (worst, kind) {
            (_, ViolationKind::Safety) | (Self::Unsafe, _) => Self::Unsafe,
            (_, ViolationKind::Liveness) => Self::Stuck,
        })
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Well => 0,
            Exit::Unmet => 1,
            Exit::Unsafe => 3,
            Exit::Stuck => 4,
        })
    }
}

/// Why a command cannot be carried out, in words for the person who gave it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

impl Usage {
    fn from(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// Proves a device's Wi-Fi setup portal on a laptop: phones, radio and flash around the very core
/// that is flashed.
#[derive(Debug, Parser)]
#[command(
    name = "vestibule", version = help::VERSION, about, max_term_width = 100,
    help_template = help::TEMPLATE, after_help = help::AFTER, after_long_help = help::AFTER_LONG
)]
struct Arguments {
    /// Without a command: `demo`.
    #[command(subcommand)]
    command: Option<Command>,
    /// Say the answer only: no progress, no details.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    quiet: bool,
    /// Say everything: of a run each exchange, of a check each phone with its rule and source.
    #[arg(short, long, global = true, help_heading = "Global options")]
    verbose: bool,
    /// Colours: where a terminal reads (auto), always, or never.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        help_heading = "Global options"
    )]
    color: Color,
    /// Take the defaults of this file, not of the nearest vestibule.toml.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    config: Option<PathBuf>,
    /// Take no vestibule.toml.
    #[arg(long, global = true, conflicts_with = "config", help_heading = "Global options")]
    no_config: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Arguments {
    /// A portal that only serves needs one thread: on more, each datagram would wake another one.
    fn runtime(&self) -> tokio::runtime::Builder {
        match self.command {
            Some(Command::Serve(_)) => tokio::runtime::Builder::new_current_thread(),
            _ => tokio::runtime::Builder::new_multi_thread(),
        }
    }

    /// What holds for every command.
    fn set_the_terminal(&self) {
        terminal::set(match (self.quiet, self.verbose) {
            (true, _) => Loudness::Quiet,
            (_, true) => Loudness::Verbose,
            _ => Loudness::Plain,
        });
        match self.color {
            // NO_COLOR and its like, and whether a terminal reads.
            Color::Auto => {}
            Color::Always => ColorChoice::Always.write_global(),
            Color::Never => ColorChoice::Never.write_global(),
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(after_long_help = examples::CAMPAIGN)]
    Campaign(campaign::Campaign),
    #[command(after_long_help = examples::CHECK)]
    Check(check::Check),
    Completions(completions::Completions),
    #[command(after_long_help = examples::DEMO)]
    Demo(demo::Demo),
    #[command(after_long_help = examples::EXPLAIN)]
    Explain(explain::Explain),
    #[command(after_long_help = examples::EXPORT)]
    Export(export::Export),
    #[command(after_long_help = examples::IMPORT)]
    Import(import::Import),
    #[command(after_long_help = examples::JOURNEY)]
    Journey(journey::Journey),
    #[command(after_long_help = examples::LABEL)]
    Label(label::Label),
    #[command(after_long_help = examples::MAN)]
    Man(man::Man),
    #[command(after_long_help = examples::MATRIX)]
    Matrix(matrix::Matrix),
    #[command(after_long_help = examples::PHONES)]
    Phones(phones::Phones),
    #[command(after_long_help = examples::PROFILE)]
    Profile(profile::Profile),
    #[command(after_long_help = examples::RECORD)]
    Record(record::Record),
    #[command(after_long_help = examples::REPLAY)]
    Replay(replay::Replay),
    #[command(after_long_help = examples::RUN)]
    Run(run::Run),
    #[command(after_long_help = examples::SCHEMA)]
    Schema(schema::Schema),
    #[command(after_long_help = examples::SERVE)]
    Serve(serve::Serve),
    #[command(after_long_help = examples::STAND_IN)]
    StandIn(stand_in::StandIn),
}

/// Carries out the process's own arguments.
pub fn main() -> ExitCode {
    let (arguments, file) = match defaults::arguments() {
        Ok(arguments) => arguments,
        Err(usage) => return fail(&usage),
    };
    arguments.set_the_terminal();
    if let Some(file) = file.filter(|_| terminal::is_verbose()) {
        terminal::complain(&format!("with the defaults of {}", file.display()));
    }
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("VESTIBULE_LOG"))
        .with_writer(std::io::stderr)
        .init();
    let runtime = match arguments.runtime().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Usage(format!("cannot start: {error}"))),
    };
    let outcome = runtime.block_on(async {
        match arguments.command {
            None => {
                // In a script it would be waited for without end.
                if !std::io::stdout().is_terminal() {
                    let how = "with Ctrl-C, or after a time by `vestibule demo --exit-after 60s`";
                    terminal::print_line(&format!("This is the demo. It runs until it is ended: {how}."));
                }
                demo::Demo::by_default().run().await
            }
            Some(Command::Campaign(campaign)) => campaign.run().await,
            Some(Command::Check(check)) => check.run().await,
            Some(Command::Completions(completions)) => Ok(completions.run()),
            Some(Command::Demo(demo)) => demo.run().await,
            Some(Command::Explain(explain)) => explain.run(),
            Some(Command::Export(export)) => export.run(),
            Some(Command::Import(import)) => import.run(),
            Some(Command::Journey(journey)) => journey.run().await,
            Some(Command::Label(label)) => label.run(),
            Some(Command::Man(man)) => man.run(),
            Some(Command::Matrix(matrix)) => matrix.run(),
            Some(Command::Phones(phones)) => phones.run(),
            Some(Command::Profile(profile)) => profile.run().await,
            Some(Command::Record(record)) => record.run().await,
            Some(Command::Replay(replay)) => replay.run().await,
            Some(Command::Run(run)) => run.run().await,
            Some(Command::Schema(schema)) => Ok(schema.run()),
            Some(Command::Serve(serve)) => serve.run().await,
            Some(Command::StandIn(stand_in)) => stand_in.run().await,
        }
    });
    // Open sockets of this process need no farewell.
    runtime.shutdown_background();
    match outcome {
        Ok(exit) => exit.into(),
        Err(usage) => fail(&usage),
    }
}

fn fail(usage: &Usage) -> ExitCode {
    terminal::complain(&format!("vestibule: {usage}"));
    ExitCode::from(2)
}
