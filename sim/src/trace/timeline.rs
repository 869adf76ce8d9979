//! Records as lines for people: time, node, event. [`line()`] writes any record; a [`Timeline`] writes the
//! story for a newcomer and leaves the traffic out.

use std::collections::BTreeMap;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use vestibule_core::provisioning::ProvisioningState;

use super::{Record, What};
use crate::radio::{LEAVING, reason_words};
use crate::text::harmless;

/// One line, plain, without a line end: any record.
pub fn line(record: &Record) -> String {
    let seconds = record.at.as_micros() as f64 / 1e6;
    format!("{seconds:8.3} s  {:<12} {}", record.node, words(&record.what))
}

/// Decides what of a run a reader is shown, and writes it with colours.
///
/// The lines have colours. Their caller removes these where the output is no terminal, as
/// `anstream::stdout` does.
///
/// The story of a run, as `vestibule run` tells it:
///
/// ```
/// use vestibule::scenario::load;
/// use vestibule::trace::Timeline;
/// use vestibule::world::virtual_time::VirtualTime;
///
/// let scenario = load::parse("name = \"alone\"\nexpect.within = \"20s\"", "alone.toml".as_ref())?;
/// let (mut timeline, mut story, mut records) = (Timeline::default(), Vec::new(), 0);
/// let _ = VirtualTime::new(&scenario, 1).run(&scenario, |record| {
///     records += 1;
///     story.extend(timeline.line(record));
/// });
/// assert!(!story.is_empty() && story.len() < records);
/// # Ok::<(), vestibule::scenario::load::ScenarioError>(())
/// ```
#[derive(Debug, Default)]
pub struct Timeline {
    /// The last conclusion and page of each node. A repetition of them is left out of the story.
    concluded: BTreeMap<Arc<str>, String>,
    seen: BTreeMap<Arc<str>, (String, String)>,
    /// The last record was a step of the script.
    after_step: bool,
}

impl Timeline {
    /// Whether the record belongs to the story. To be asked once for each record, in order.
    pub fn matters(&mut self, record: &Record) -> bool {
        let node = || Arc::clone(&record.node);
        let after_step = std::mem::replace(&mut self.after_step, matches!(record.what, What::Step { .. }));
        match &record.what {
            What::Begins { .. }
            | What::Frame { .. }
            | What::Network { .. }
            | What::Flash { .. }
            | What::Page { .. }
            | What::SocketBytes { .. }
            | What::Message { .. }
            | What::Question { .. }
            | What::Request { .. }
            | What::Secure { .. }
            | What::Outcome { .. }
            | What::Answered { .. }
            | What::SheetButton { .. } => false,
            // The step before has reported it.
            What::Power { .. } => !after_step,
            // Other edges come with a record of what moved them.
            What::State { to, .. } => {
                matches!(to.as_str(), "Connecting" | "Backoff" | "RetryingStored" | "Connected")
            }
            What::Loads { method, .. } => method == "POST",
            // The access point was taken down, and the record that the phone is off it tells that.
            What::LinkLost { reason } => *reason != LEAVING || &*record.node == "device",
            What::Verdict { verdict, .. } => {
                self.concluded.insert(node(), verdict.clone()).as_ref() != Some(verdict)
            }
            What::Sees { title, message, .. } => {
                let page = (title.clone(), message.clone());
                self.seen.insert(node(), page.clone()) != Some(page)
            }
            // On another visit the same conclusion is news again.
            What::Associated => {
                self.concluded.remove(&record.node);
                self.seen.remove(&record.node);
                true
            }
            _ => true,
        }
    }

    /// The record as a line of the story; `None` when it does not belong there.
    pub fn line(&mut self, record: &Record) -> Option<String> {
        self.matters(record).then(|| painted(record))
    }
}

/// A record in the story: steps head a group, phones stand to the right of the device.
pub fn painted(record: &Record) -> String {
    let seconds = record.at.as_micros() as f64 / 1e6;
    let (style, words) = (style(&record.what), words(&record.what));
    if matches!(record.what, What::Step { .. }) {
        return format!("\n{seconds:6.1} s  {style}{words}{style:#}");
    }
    let (who, dim) = (name_style(&record.node), Style::new().dimmed());
    let column = if &*record.node == "device" { 12 } else { 14 };
    let name = &record.node;
    let indent = " ".repeat(column - 12);
    format!("{dim}{seconds:6.1} s{dim:#}  {indent}{who}{name:<12}{who:#} {style}{words}{style:#}")
}

fn name_style(node: &str) -> Style {
    const PHONES: [AnsiColor; 3] = [AnsiColor::Cyan, AnsiColor::Magenta, AnsiColor::Blue];
    match node.split_once('/').and_then(|(number, _)| number.parse::<usize>().ok()) {
        Some(number) => PHONES[number % PHONES.len()].on_default(),
        None => Style::new().bold(),
    }
}

fn style(what: &What) -> Style {
    match what {
        What::Step { .. } => Style::new().bold().underline(),
        What::SheetOpened { .. }
        | What::Joined { .. }
        | What::Stored { .. }
        | What::Reads { .. }
        | What::TakesForSetUp => AnsiColor::Green.on_default(),
        What::JoinFailed { .. }
        | What::JoinAborted { .. }
        | What::LinkLost { .. }
        | What::Unsupported { .. }
        | What::NotLetIn { .. }
        | What::Rejected { .. }
        | What::StorageFault { .. }
        | What::Finding { .. }
        | What::LoadFailed { .. }
        | What::GaveUp { .. } => AnsiColor::Yellow.on_default(),
        _ => Style::new(),
    }
}

/// The event in words. Control characters are replaced, so that a text of a page or a network cannot command
/// the terminal.
pub fn words(what: &What) -> String {
    harmless(match what {
        What::Begins { scenario, seed } => format!("-- {scenario}, seed {seed}"),
        What::Step { does } => format!("-- {does}"),
        What::Power { on: true } => "has power".into(),
        What::Power { on: false } => "has no power".into(),
        What::Webhook { status } => format!("the webhook's receiver answers {status}"),
        What::Named { name } => format!("it is called {name}.local"),
        What::ChannelMoved { to } => format!("its access point moves to channel {to}"),
        What::AccessPoint { up: true } => "its access point is up".into(),
        What::AccessPoint { up: false } => "its access point is down".into(),
        What::Message { sent, message, ssid, bssid, lost } => {
            format!("{}: {message}{}", peer(*sent, ssid, bssid), if *lost { " (not heard)" } else { "" })
        }
        What::JoinAborted { ssid, stage, reason } => {
            format!("join of \"{ssid}\" is aborted in {stage}: reason {reason} ({})", reason_words(*reason))
        }
        What::LinkLost { reason } => format!("loses its link: reason {reason} ({})", reason_words(*reason)),
        What::Unsupported { command } => format!("its radio refuses {command}: it cannot do that"),
        What::State { from, on, to } => format!("{from} -> {to} ({on}): {}", meaning_of(to)),
        What::Answered { status, answer, .. } => format!("answers {status}: {answer}"),
        What::Submitted { ssid } => format!("tries \"{ssid}\" with what the owner typed"),
        What::Rejected { problem } => format!("cannot try what the owner typed: {problem}"),
        What::JoinFailed { ssid, reason } => format!("could not join \"{ssid}\": {reason}"),
        What::Joined { ssid, address } => format!("joined \"{ssid}\", address {address}"),
        What::AddressChanged { address: Some(now) } => format!("has another address now, {now}"),
        What::AddressChanged { address: None } => "has lost its address on the home network".into(),
        What::Stored { ssid } => format!("remembers \"{ssid}\""),
        What::Forgotten => "has forgotten its network".into(),
        What::ResultDelivered => "has handed out the result".into(),
        What::StaysClosed => "opens no portal until it is unplugged or asked to, and tries on".into(),
        What::CaptiveHome => "the home network answers with a sign-in page".into(),
        What::StorageFault { fault } => format!("flash fault: {fault}"),
        What::NotLetIn { why } => format!("is not let onto the device's access point: {why}"),
        What::Associated => "joins the device's access point".into(),
        What::Dissociated => "is off the device's access point".into(),
        What::Departs { why } => format!("leaves the device's access point: {why}"),
        What::Roams { to } => format!("goes to \"{to}\", which it knows"),
        What::Question { name, kind } => format!("asks DNS: {kind} {name}"),
        What::Request { line, host } => format!("checks: {line} (Host: {host})"),
        What::Secure { host } => format!("checks: https to {host}"),
        What::Outcome { of, result } => format!("  {of}: {result}"),
        What::Verdict { verdict, rule, grade } => {
            format!("concludes: {verdict} (rule {rule}, grade {grade})")
        }
        What::Finding { finding } => format!("finds fault: {finding}"),
        What::Notified => "shows \"Sign in to network\"".into(),
        What::SheetWaits => "sign-in sheet waits for Wi-Fi settings or a networking app in front".into(),
        What::SheetOpened { url } => format!("SIGN-IN SHEET opens at {url}"),
        What::SheetButton { label } => format!("sheet's button says \"{label}\""),
        What::SheetClosed { why } => format!("sheet closes: {why}"),
        What::BrowserOpened { url } => format!("owner opens the browser at {url}"),
        What::OpensWifiSettings => "owner opens the Wi-Fi settings".into(),
        What::Deviates { does } => format!("owner {does}"),
        What::Loads { method, url } if method == "POST" => format!("owner sends the form to {url}"),
        What::Loads { method, url } => format!("owner's page: {method} {url}"),
        What::Sees { status, title, message } => sees(*status, title, message),
        What::LoadFailed { why } => format!("page does not load: {why}"),
        What::Reads { network, address } => format!("owner reads: on \"{network}\" at {address}"),
        What::Visits { url } => format!("owner, at home, opens {url}"),
        What::TakesForSetUp => "owner takes it for set up: its access point stays away".into(),
        What::GaveUp { why } => format!("owner gives up: {why}"),
        What::Frame { to, bytes, .. } => format!("sends {} bytes to {to}", bytes.len()),
        What::Network { ssid, channel, signal, on_air, .. } => network(ssid, *channel, *signal, *on_air),
        What::Flash { sector, wear, used, changed, .. } => flash(*sector, *wear, *used, *changed),
        What::Page { url, html } => format!("the page at {url}, {} bytes", html.len()),
        What::SocketBytes { to, over, bytes, .. } => format!("sends {} bytes to {to}, {over}", bytes.len()),
    })
}

fn peer(sent: bool, ssid: &str, bssid: &str) -> String {
    format!("{} \"{ssid}\" {bssid}", if sent { "to" } else { "from" })
}

fn flash(sector: usize, wear: u32, used: usize, changed: usize) -> String {
    format!("flash sector {sector}: {changed} bytes change, {used} are programmed, erased {wear} times")
}

fn network(ssid: &str, channel: u8, signal: i8, on_air: bool) -> String {
    match on_air {
        true => format!("\"{ssid}\" is on channel {channel} at {signal} dBm"),
        false => format!("\"{ssid}\" is off the air"),
    }
}

fn sees(status: u16, title: &str, message: &str) -> String {
    let status = if status == 200 { String::new() } else { format!(" ({status})") };
    let message = if message.is_empty() { String::new() } else { format!(": {message}") };
    format!("owner sees \"{title}\"{status}{message}")
}

/// A state that the core has and this file does not explain yet.
const UNKNOWN_STATE: &str = "a state without an explanation";

/// A state of the device, for somebody who has not read its state machine.
pub fn meaning(state: ProvisioningState) -> &'static str {
    match state {
        ProvisioningState::Idle => "nothing is asked of it",
        ProvisioningState::ScanningStored => {
            "listens for which of the networks that it remembers is the strongest"
        }
        ProvisioningState::Connecting => "joins the network that it remembers",
        ProvisioningState::Backoff => "a join failed, the next one follows shortly",
        ProvisioningState::Scanning => "listens for networks before its access point goes up",
        ProvisioningState::PortalOpen => "its access point is up and the owner may set it up",
        ProvisioningState::RetryingStored => "tries the network that it remembers, beside its access point",
        ProvisioningState::Joining => "tries what the owner typed",
        ProvisioningState::ClosingToJoin => "its access point goes shortly, to try what the owner typed",
        ProvisioningState::JoiningAlone => "tries what the owner typed, its access point down meanwhile",
        ProvisioningState::RetryingAlone => {
            "tries the network that it remembers, its access point down meanwhile"
        }
        ProvisioningState::Failed => "that did not work; the owner is told why and may try again",
        ProvisioningState::ResultPending => "joined; its access point stays until the owner has read so",
        ProvisioningState::Closing => "the owner has read so; its access point goes shortly",
        ProvisioningState::Connected => "on the home network, its access point down",
        _ => UNKNOWN_STATE,
    }
}

fn meaning_of(name: &str) -> &'static str {
    ProvisioningState::ALL.into_iter().find(|state| format!("{state:?}") == name).map_or("", meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Trace;
    use vestibule_core::Instant;

    fn records(nodes_and_events: &[(&str, What)]) -> Vec<Arc<Record>> {
        let mut trace = Trace::default();
        for (node, what) in nodes_and_events {
            trace.add(Instant::from_micros(1_500_000), &Arc::from(*node), what.clone());
        }
        trace.records().cloned().collect()
    }

    fn verdict(verdict: &str) -> What {
        What::Verdict { verdict: verdict.into(), rule: "r".into(), grade: "A".into() }
    }

    #[test]
    fn every_state_is_explained() {
        let unknown: Vec<_> =
            ProvisioningState::ALL.into_iter().filter(|state| meaning(*state) == UNKNOWN_STATE).collect();
        assert_eq!(unknown, [], "in this file and in `svg/story.rs`");
    }

    #[test]
    fn a_story_leaves_out_traffic_and_repetitions_and_nothing_else() {
        let page = What::Sees { status: 200, title: "Set up".into(), message: String::new() };
        let told = [
            ("device", What::Power { on: true }, true),
            ("world", What::Step { does: "the device loses its power".into() }, true),
            ("device", What::Power { on: false }, false),
            ("device", What::Power { on: true }, true),
            ("1/ios-17", What::Question { name: "captive.apple.com".into(), kind: "A".into() }, false),
            ("1/ios-17", verdict("portal"), true),
            ("1/ios-17", verdict("portal"), false),
            ("2/ios-17", verdict("portal"), true),
            ("1/ios-17", verdict("online"), true),
            ("1/ios-17", verdict("portal"), true),
            ("1/ios-17", page.clone(), true),
            ("1/ios-17", page.clone(), false),
            ("1/ios-17", What::Associated, true),
            ("1/ios-17", verdict("portal"), true),
            ("1/ios-17", page, true),
            ("1/ios-17", What::Finding { finding: "odd".into() }, true),
            (
                "1/ios-17",
                What::Frame { on: None, to: "device".into(), bytes: vec![0; 60], redacted: 0 },
                false,
            ),
        ];
        let events: Vec<_> = told.iter().map(|(node, what, _)| (*node, what.clone())).collect();
        let mut timeline = Timeline::default();
        for (record, (_, _, expected)) in records(&events).iter().zip(told) {
            assert_eq!(timeline.line(record).is_some(), expected, "{}", line(record));
        }
    }

    #[test]
    fn what_a_page_says_cannot_command_the_terminal() {
        let message = "\u{1b}[2J\r\nhome \u{202e}dlrow".to_owned();
        let record = &records(&[("1/x", What::Sees { status: 200, title: "é".into(), message })])[0];
        assert_eq!(
            line(record),
            "   1.500 s  1/x          owner sees \"é\": \u{fffd}[2J\u{fffd}\u{fffd}home \u{fffd}dlrow"
        );
    }

    #[test]
    fn every_state_has_a_meaning_that_its_name_finds() {
        for state in ProvisioningState::ALL {
            assert_eq!(meaning_of(&format!("{state:?}")), meaning(state));
            assert!(!meaning(state).is_empty());
        }
    }
}
