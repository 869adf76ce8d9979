//! What the help of the whole command says beside its options: the commands in groups, examples, exit codes.

/// The version, with the commit where the build knows it.
pub(super) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("VESTIBULE_COMMIT"));

/// The commands by what one has in hand.
pub(super) const TEMPLATE: &str = "\
{about}

{usage-heading} {usage}

Try it:
  demo         Two phones set a device up, then you do (without a command: this)
  phones       The phones, and how well each is known

Check a portal:
  check        On how many phones it opens, and what to change
  journey      Set the device behind it up, as its owner does
  profile      Write down how it answers
  stand-in     Answer as another project's portal does
  matrix       Every phone at every known portal

Simulate:
  run          Scenarios, judged by what they expect
  campaign     Scenarios under many seeds, in which things go wrong
  schema       The schema of scenarios, for editors

Captures:
  explain      Why a phone in a capture showed its sheet, or did not
  import       A capture becomes a recording
  record       Serve real phones and record them
  replay       Send a recording to a portal
  export       A run becomes a capture or a picture

Set up:
  serve        The portal for real phones, on a hotspot
  label        The label to print for a device
  completions  What your shell loads
  man          Manual pages

{options}

`vestibule help COMMAND` says more of each, `--help` of all.{after-help}";

/// What `-h` ends with.
pub(super) const AFTER: &str = "";

/// What `--help` ends with.
pub(super) const AFTER_LONG: &str = "\
EXAMPLES
  vestibule                               the demo, in your browser
  vestibule check 192.168.4.1             the access point that you have joined
  vestibule check 192.168.4.1 --wait 30s --junit check.xml    the same in CI
  vestibule run --driver virtual fixtures/scenarios
  vestibule explain capture.pcapng        why did the sheet not open?

EXIT STATUS
  0  all is well
  1  what was expected did not come about: a phone fails, say
  2  the command cannot be carried out as it was given
  3  something happened that never may: what was stored is lost
  4  something that must come about did not: the device did not recover

FILES
  vestibule.toml  of the working folder or the nearest above it: defaults for
                  what the command line does not say (--no-config: none)
                    phones = [\"samsung\", \"iphone\"]    check, journey
                    dns = \"192.168.4.1:5353\"          check, journey, profile
                    driver = \"virtual\"                run, campaign
                    reports = \"reports\"               a folder beside the file

ENVIRONMENT
  VESTIBULE_LOG  what to log on standard error, `debug` say
  NO_COLOR       no colours
  COLUMNS        how wide tables may be";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use crate::cli::Arguments;

    #[test]
    fn every_command_stands_in_one_group_in_a_line_that_fits() {
        let command = Arguments::command();
        let named: Vec<_> = super::TEMPLATE
            .lines()
            .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
            .collect();
        for one in command.get_subcommands() {
            assert_eq!(named.iter().filter(|name| **name == one.get_name()).count(), 1, "{}", one.get_name());
        }
        assert_eq!(named.len(), command.get_subcommands().count(), "{named:?}");
        for line in super::TEMPLATE.lines().chain(super::AFTER_LONG.lines()) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    /// `-h` is for who looks something up: what an option is for is a line or two.
    #[test]
    fn short_help_is_short() {
        let mut command = Arguments::command();
        command.build();
        for one in command.get_subcommands().chain([&command]) {
            for argument in one.get_arguments() {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                let words = help.chars().count();
                assert!(words <= 200, "{} {}: {words} characters", one.get_name(), argument.get_id());
            }
            let about = one.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(about.chars().count() <= 140, "{}: {about}", one.get_name());
        }
    }
}
