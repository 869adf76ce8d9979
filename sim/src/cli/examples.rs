//! What the long help and the manual page of each command end with: examples, and what its exit codes mean.

pub(super) const CAMPAIGN: &str = "\
EXAMPLES
  vestibule campaign scenarios --seeds 1000 --html report.html
  vestibule campaign home.toml --from 17 --seeds 1 --minimise    seed 17 alone, made small
  vestibule campaign scenarios --shard 2/4 --out part-2          one machine's of four
  vestibule campaign merge part-1 part-2 --html report.html

EXIT STATUS
  0  in no run an invariant was broken
  2  the command cannot be carried out as it was given
  3  something happened that never may, in one run at least
  4  something that must come about did not, in one run at least";

pub(super) const CHECK: &str = "\
EXAMPLES
  vestibule check 192.168.4.1                      the access point that you have joined
  vestibule check 192.168.4.1 --phones samsung,iphone
  vestibule check 192.168.4.1 -v                   each phone, with its rule and source
  vestibule check 192.168.4.1 --watch              again whenever you have changed it
  vestibule check 127.0.0.1:8080 --dns 127.0.0.1:5353 --wait 30s --junit check.xml

EXIT STATUS
  0  the portal opens on every phone that counts
  1  it does not, on one at least
  2  nobody answers there, or the command cannot be carried out as it was given";

pub(super) const DEMO: &str = "\
EXAMPLES
  vestibule demo --skip-journey                    the device is yours at once
  vestibule demo --scenario home.toml              in a world of your own
  vestibule demo --open home.toml --seed 17        a run, step by step
  vestibule demo --ready-json --exit-after 60s     for a script";

pub(super) const EXPLAIN: &str = "\
EXAMPLES
  vestibule explain capture.pcapng
  vestibule explain capture.pcapng --client 192.168.4.2

EXIT STATUS
  0  every client came to the portal's page
  1  one did not: it is told why, and what to change
  2  the command cannot be carried out as it was given";

pub(super) const EXPORT: &str = "\
EXAMPLES
  vestibule run --driver virtual --trace run.jsonl home.toml
  vestibule export run.jsonl --pcapng run.pcapng --svg run.svg";

pub(super) const IMPORT: &str = "\
EXAMPLES
  tcpdump -i wlan0 -w capture.pcapng
  vestibule import capture.pcapng --output recording.jsonl";

pub(super) const JOURNEY: &str = "\
EXAMPLES
  vestibule journey 192.168.4.1 --ssid Home --passphrase-file passphrase
  vestibule journey 192.168.4.1 --ssid Home --passphrase-file - --engine chromium

EXIT STATUS
  0  the device was set up
  1  it was not: it is told where the way ended
  2  nobody answers there, or the command cannot be carried out as it was given";

pub(super) const LABEL: &str = "\
EXAMPLES
  vestibule label --name Lamp --passphrase-file passphrase --svg label.svg
  vestibule label --name Lamp --open --png label.png";

pub(super) const MAN: &str = "\
EXAMPLES
  vestibule man | man -l -
  vestibule man --out /usr/local/share/man/man1";

pub(super) const MATRIX: &str = "\
EXAMPLES
  vestibule matrix --html matrix.html
  vestibule matrix wifimanager esphome mine.toml";

pub(super) const PHONES: &str = "\
EXAMPLES
  vestibule phones
  vestibule phones --explain samsung-14            what it asks, how it judges, and from where that is known
  vestibule phones --explain ios-17 --dot | dot -Tsvg > ios-17.svg";

pub(super) const PROFILE: &str = "\
EXAMPLES
  vestibule profile 192.168.4.1 --name Lamp --output lamp.toml
  vestibule matrix lamp.toml";

pub(super) const RECORD: &str = "\
EXAMPLES
  vestibule record --output phone.jsonl
  vestibule record --output phone.jsonl --upstream 192.168.4.1";

pub(super) const REPLAY: &str = "\
EXAMPLES
  vestibule replay phone.jsonl                     to the built-in device
  vestibule replay phone.jsonl --against 192.168.4.1:80 --dns 192.168.4.1:53

EXIT STATUS
  0  it answers as was recorded
  1  a reply differs
  2  the command cannot be carried out as it was given";

pub(super) const RUN: &str = "\
EXAMPLES
  vestibule run home.toml                          over real sockets, in real time
  vestibule run -v --driver virtual home.toml      in the simulated air, each exchange told
  vestibule run --driver virtual scenarios --junit runs.xml --html runs.html
  vestibule run --device ./device home.toml        with a program as the device

EXIT STATUS
  0  every scenario got what it expects
  1  one did not
  2  the command cannot be carried out as it was given
  3  something happened that never may: a safety invariant was broken
  4  something that must come about did not: the device did not recover";

pub(super) const SCHEMA: &str = "\
EXAMPLES
  vestibule schema > scenario.schema.json";

pub(super) const SERVE: &str = "\
EXAMPLES
  vestibule serve                                  on a hotspot of NetworkManager's
  vestibule serve --address 192.168.4.1 --dhcp wlan0";

pub(super) const STAND_IN: &str = "\
EXAMPLES
  vestibule stand-in wifimanager
  vestibule stand-in mine.toml --http-port 8080 --dns-port 5353 --exit-after 60s";

/// The parts of such a text by their headings.
pub(super) fn sections(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("\n\n").filter_map(|section| section.split_once('\n'))
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    use super::sections;
    use crate::cli::Arguments;

    fn ends_with(command: &Command) -> String {
        command
            .get_after_long_help()
            .or_else(|| command.get_after_help())
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    /// An example that is refused teaches nothing.
    #[test]
    fn every_command_has_examples_that_it_takes() {
        for command in Arguments::command().get_subcommands().chain([&Arguments::command()]) {
            let text = ends_with(command);
            let named: Vec<&str> = sections(&text).map(|(heading, _)| heading).collect();
            let place = if command.get_name() == "completions" { "WHERE THEY GO" } else { "EXAMPLES" };
            assert!(named.contains(&place), "{}: {named:?}", command.get_name());
            let (_, examples) = sections(&text).find(|(heading, _)| *heading == place).unwrap();
            let mut shown = false;
            for line in examples.lines() {
                // Behind two spaces it is said what an example is for.
                let Some(line) = line.strip_prefix("  vestibule") else { continue };
                let typed = line.split("  ").next().unwrap().split(['|', '>', '\\']).next().unwrap();
                let arguments = ["vestibule"].into_iter().chain(typed.split_whitespace());
                if let Err(error) = Arguments::command().try_get_matches_from(arguments) {
                    panic!("{}: {line}: {error}", command.get_name());
                }
                shown |=
                    typed.trim_start().starts_with(command.get_name()) || command.get_name() == "vestibule";
            }
            assert!(shown || place != "EXAMPLES", "{}: none of the examples is of it", command.get_name());
        }
    }

    #[test]
    fn a_text_is_taken_apart_at_its_headings() {
        let parts: Vec<_> = sections("A\n  x\n  y\n\nB C\n  z").collect();
        assert_eq!(parts, [("A", "  x\n  y"), ("B C", "  z")]);
        assert_eq!(sections("").count(), 0);
    }
}
