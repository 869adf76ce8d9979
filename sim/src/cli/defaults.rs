//! `vestibule.toml`: what the people of a project would type each time. An option on the command line goes before it, and what
//! an option cannot be used with may be given all the same: a default is no choice of anybody's.

use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory, FromArgMatches};
use serde::Deserialize;
use toml::Spanned;

use super::{Arguments, Usage};
use crate::phone::select;
use crate::text::{Mistake, io_words, meant, read_toml};

/// Its name. It is looked for in the working folder and then in those above, as cargo and git do with theirs.
const FILE: &str = "vestibule.toml";

/// The commands that have an option of which it may say something.
const COMMANDS: [&str; 5] = ["check", "journey", "profile", "run", "campaign"];

/// What it may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Defaults {
    /// `--phones` of check and journey.
    phones: Option<Vec<Spanned<String>>>,
    /// `--dns` of check, journey and profile.
    dns: Option<String>,
    /// `--driver` of run, and of campaign where that has it.
    driver: Option<Spanned<String>>,
    /// A folder, beside this file, for the reports of run, campaign, check and journey.
    reports: Option<PathBuf>,
}

/// The process's arguments with the defaults for what they do not say, and the file of these.
pub(super) fn arguments() -> Result<(Arguments, Option<PathBuf>), Usage> {
    let matches = Arguments::command().get_matches();
    let arguments = read_arguments(&matches);
    let is_asked_for = arguments.config.is_some();
    let file = match (&arguments.config, arguments.no_config) {
        (Some(file), _) => Some(file.clone()),
        (None, true) => None,
        (None, false) => nearest(),
    };
    let named = matches.subcommand_name().filter(|name| is_asked_for || COMMANDS.contains(name));
    let (Some(file), Some(name)) = (file, named) else { return Ok((arguments, None)) };
    let defaults = read(&file)?;
    let matches = with(Arguments::command(), name, &file, defaults)?.get_matches();
    Ok((read_arguments(&matches), Some(file)))
}

fn read_arguments(matches: &clap::ArgMatches) -> Arguments {
    Arguments::from_arg_matches(matches).unwrap_or_else(|error| error.exit())
}

/// The file that is nearest above the working folder.
fn nearest() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(FILE)).find(|file| file.is_file())
}

/// Reads the file, or tells all of its mistakes.
fn read(file: &Path) -> Result<Defaults, Usage> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Usage(format!("{shown} cannot be read: {}", io_words(&error))))?;
    let told = |mistakes: Vec<Mistake>| {
        let lines: Vec<String> = mistakes
            .into_iter()
            .map(|Mistake { place, message, excerpt }| {
                let excerpt = excerpt.map(|excerpt| format!("\n{excerpt}")).unwrap_or_default();
                format!("{shown}:{place}: {message}{excerpt}")
            })
            .collect();
        Usage(lines.join("\n"))
    };
    let defaults: Defaults = read_toml(&text).map_err(told)?;
    let mut mistakes = Vec::new();
    for phone in defaults.phones.iter().flatten() {
        if let Err(error) = select([phone.get_ref().as_str()]) {
            mistakes.push(Mistake::at(&text, phone.span(), error.to_string()));
        }
    }
    if let Some(driver) = &defaults.driver
        && let drivers = values_of("run", "driver")
        && !drivers.contains(driver.get_ref())
    {
        let drivers: Vec<&str> = drivers.iter().map(String::as_str).collect();
        let instead = match meant(driver.get_ref(), &drivers) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", drivers.join(", ")),
        };
        let message = format!("no driver is called {:?}; {instead}", driver.get_ref());
        mistakes.push(Mistake::at(&text, driver.span(), message));
    }
    if mistakes.is_empty() { Ok(defaults) } else { Err(told(mistakes)) }
}

/// The values that an option of a command has.
fn values_of(command: &str, option: &str) -> Vec<String> {
    let arguments = Arguments::command();
    let found = arguments
        .find_subcommand(command)
        .and_then(|command| command.get_arguments().find(|argument| argument.get_id() == option));
    let values = found.map(clap::Arg::get_possible_values).unwrap_or_default();
    values.iter().filter(|value| !value.is_hide_set()).map(|value| value.get_name().to_owned()).collect()
}

/// The command with these defaults for the command of that name.
fn with(command: Command, name: &str, file: &Path, defaults: Defaults) -> Result<Command, Usage> {
    let mut options: Vec<(&str, Vec<String>)> = Vec::new();
    match name {
        "check" | "journey" => {
            let phones = defaults.phones.unwrap_or_default().into_iter().map(Spanned::into_inner);
            options.push(("phones", phones.collect()));
            options.push(("dns", defaults.dns.into_iter().collect()));
        }
        "profile" => options.push(("dns", defaults.dns.into_iter().collect())),
        "run" | "campaign" => {
            let driver = defaults.driver.map(Spanned::into_inner);
            let driver = driver.filter(|driver| values_of(name, "driver").contains(driver));
            options.push(("driver", driver.into_iter().collect()));
        }
        _ => {}
    }
    if let Some(folder) = defaults.reports.filter(|_| COMMANDS.contains(&name) && name != "profile") {
        let folder = file.parent().unwrap_or(Path::new("")).join(folder);
        std::fs::create_dir_all(&folder).map_err(|error| {
            let (shown, folder) = (file.display(), folder.display());
            Usage(format!("{shown}: reports: {folder} cannot be made: {}", io_words(&error)))
        })?;
        let path = |ending: &str| folder.join(format!("{name}.{ending}")).display().to_string();
        options.push(("junit", vec![path("xml")]));
        if matches!(name, "run" | "campaign") {
            options.push(("html", vec![path("html")]));
        }
    }
    options.retain(|(_, values)| !values.is_empty());
    Ok(command.mut_subcommand(name, |mut subcommand| {
        for (option, values) in options {
            // What an argument's default is has to live as long as the process.
            let values = values.into_iter().map(|value| -> &'static str { value.leak() });
            subcommand = subcommand.mut_arg(option, |argument| argument.default_values(values));
        }
        subcommand
    }))
}
