//! From what was heard to recordings: which client each of them is, and what of it can be kept. Whose each
//! exchange is `hosts` says.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use url::Url;

use super::hosts::{Hosts, Whose, mac_of};
use super::http::{Exchanged, Message};
use super::redact::Redactor;
use super::write::{Header, JudgeText, Line, WindowsText};
use super::{Event, Heard, LeftOut, Notes, Settings, Wanted};
use super::{dhcp, keep};
use crate::capture::{By, Conclusion, Provenance, Request};
use crate::phone::judge::names::RecordedQuestion;
use crate::phone::judge::windows::Expected;
use crate::phone::judge::{Client, judge};
use crate::phone::recognise::{self, Evidence, How, Recognised};
use crate::phone::{Model, Reply, judge_of};

/// The earliest time that is believed to be one since 1970, not one since a clock began.
const CLOCKS_ARE_SET: u64 = 631_152_000_000_000;

/// The type of a DHCP message is an option (RFC 2132 section 9.6).
const DHCP_TYPES: [&str; 9] =
    ["", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"];

/// The vendor class of a DHCP message.
const VENDOR_CLASS: u8 = 60;

/// What one client sent, ready to be written down.
#[derive(Debug)]
pub struct Recording {
    header: Header,
    lines: Vec<Line>,
    addresses: Vec<IpAddr>,
    probes: usize,
}

impl Recording {
    /// The file's text. `name` is a word, the file's without its ending; `source` says where the
    /// capture is from.
    pub fn to_jsonl(&self, name: &str, source: &str) -> String {
        super::write::jsonl(&self.header, &self.lines, name, source)
    }

    /// What sent it, in words.
    pub fn client(&self) -> &str {
        &self.header.client
    }

    /// The addresses that it had.
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// How many exchanges it has.
    pub fn exchanges(&self) -> usize {
        self.lines.len()
    }
}

/// The recordings of everything that was heard.
pub(crate) fn recordings(events: Vec<Event>, settings: &Settings, notes: &mut Notes) -> Vec<Recording> {
    let mut clients: BTreeMap<Whose, Vec<Event>> = BTreeMap::new();
    let hosts = Hosts::of(&events);
    for event in events {
        if let Some(whose) = hosts.whose(&event) {
            clients.entry(whose).or_default().push(event);
        }
    }
    let mut redactor = Redactor::new(settings.all_names);
    let mut recordings: Vec<_> = clients
        .into_iter()
        .filter(|(whose, events)| settings.client.is_none_or(|wanted| is_wanted(wanted, *whose, events)))
        .filter_map(|(_, events)| recording(events, &mut redactor, notes))
        .collect();
    recordings.sort_by_key(|recording| std::cmp::Reverse((recording.probes, recording.lines.len())));
    recordings
}

fn is_wanted(wanted: Wanted, whose: Whose, events: &[Event]) -> bool {
    match wanted {
        Wanted::Hardware(mac) => {
            whose == Whose::Mac(mac) || events.iter().any(|event| mac_of(event) == Some(mac))
        }
        Wanted::Address(address) => events.iter().any(|event| event.asker.address == address),
    }
}

fn recording(events: Vec<Event>, redactor: &mut Redactor, notes: &mut Notes) -> Option<Recording> {
    let (year, lines_before) = (year(&events), redactor.lines);
    let (model, against) =
        surest(&events).map_or((None, Vec::new()), |(model, against)| (Some(model), against));
    let older = events.iter().find_map(|event| match &event.heard {
        Heard::Http(exchanged) => recognise::older_android(&exchanged.request.bytes),
        _ => None,
    });
    let mut addresses: Vec<IpAddr> =
        events.iter().map(|event| event.asker.address).filter(|address| !address.is_unspecified()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let mut composer = Composer { redactor, notes, began: None, concluded: None };
    let client = model.as_ref().and_then(|recognised| recognised.models.first().copied());
    let lines: Vec<Line> = events.into_iter().filter_map(|event| composer.line(event, client)).collect();
    let concluded = composer.concluded;
    if lines.is_empty() {
        return None;
    }
    let probes = lines.iter().filter(|line| line.by == Some(By::Probe)).count();
    let judge = client.filter(|_| probes > 0);
    let header = Header {
        client: match (older, model) {
            (Some(older), Some(model)) => {
                format!("{older}, which is older than any model; the nearest: {model}")
            }
            (Some(older), None) => format!("{older}, which is older than any model"),
            (None, Some(model)) => format!("recognised as {model}"),
            (None, None) => "a client that is like no model".into(),
        },
        judge: judge.map_or(JudgeText::Names, judge_text),
        recorded: year,
        concludes: match judge {
            Some(model) => Conclusion::from_text(model.at_a_setup_portal().0).unwrap_or(Conclusion::PORTAL).0,
            None => Conclusion::EVERY_NAME.0,
        },
        recorded_conclusion: concluded.map(|concluded| concluded.0),
        notes: describe(redactor, redactor.lines - lines_before, &against),
    };
    Some(Recording { header, lines, addresses, probes })
}

/// The client that the surest evidence points to, and what speaks for another one.
fn surest(events: &[Event]) -> Option<(Recognised, Vec<String>)> {
    recognise::client(events.iter().filter_map(|event| match &event.heard {
        Heard::Http(exchanged) => Some(Evidence::Request(&exchanged.request.bytes)),
        Heard::Question { payload, .. } => {
            let asked = RecordedQuestion::from_bytes(payload)?;
            Some(Evidence::Name(asked.name(), Some(Duration::from_micros(event.at))))
        }
        Heard::Dhcp(message) => dhcp::option(message, VENDOR_CLASS).map(Evidence::VendorClass),
        Heard::Lease(_) => None,
    }))
}

fn judge_text(model: &Model) -> JudgeText {
    match model.client() {
        Client::Android(release) => JudgeText::Android(release.to_string()),
        Client::Apple => JudgeText::Apple,
        Client::Windows { expects: Expected::ConnectTest } => JudgeText::Windows(WindowsText::ConnectTest),
        Client::Windows { expects: Expected::Ncsi } => JudgeText::Windows(WindowsText::Ncsi),
        Client::Other(_) => JudgeText::Model(model.id),
    }
}

fn year(events: &[Event]) -> Option<u16> {
    let at = events.first().map(|event| event.at).filter(|at| *at >= CLOCKS_ARE_SET)?;
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_micros(at))?;
    humantime::format_rfc3339(time).to_string().get(..4)?.parse().ok()
}

fn describe(redactor: &Redactor, taken_out: usize, against: &[String]) -> String {
    let (names, macs) = redactor.replaced();
    let mut notes = vec!["Imported from a capture; repeats of TCP are left out."];
    if macs {
        notes.push("Hardware addresses are replaced by 02:..., host names in DHCP by x.");
    }
    if names {
        notes.push("Names that are no known probe's are replaced by name-N.example.");
    }
    notes.push(
        "Of requests and replies nothing is kept but what is on a list: other paths are /path-N, other words, \
         bodies and public addresses are replaced.",
    );
    let lines = format!("{taken_out} header lines that are on none are taken out.");
    if taken_out > 0 {
        notes.push(&lines);
    }
    let others = format!("Other things that it sent are of {}.", against.join("; "));
    if !against.is_empty() {
        notes.push(&others);
    }
    notes.join(" ")
}

/// Turns one client's events into lines.
struct Composer<'a> {
    redactor: &'a mut Redactor,
    notes: &'a mut Notes,
    /// When the first kept exchange was.
    began: Option<u64>,
    /// What the last reply to a probe made the client conclude.
    concluded: Option<Conclusion>,
}

impl Composer<'_> {
    fn line(&mut self, event: Event, model: Option<&Model>) -> Option<Line> {
        let at = event.at.saturating_sub(self.began.unwrap_or(event.at));
        let line = match &event.heard {
            Heard::Question { payload, over_tcp } => self.question(payload, *over_tcp),
            Heard::Dhcp(message) => Ok(self.dhcp(message)),
            Heard::Lease(_) => Ok(None),
            Heard::Http(exchanged) => self.request(exchanged, model, event.at - at),
        };
        match line {
            Ok(line) => {
                self.began.get_or_insert(event.at);
                Some(Line { at_us: at, ..line? })
            }
            Err(what) => {
                self.notes.add(LeftOut { offset: Some(event.offset), what });
                None
            }
        }
    }

    /// Answers and what is no single question for a name are no line.
    fn question(&mut self, payload: &[u8], over_tcp: bool) -> Result<Option<Line>, String> {
        if payload.get(2).is_some_and(|flags| flags & 0x80 != 0) {
            return Ok(None);
        }
        let no_question = || "a DNS message that is not one question".to_owned();
        RecordedQuestion::from_bytes(payload).ok_or_else(no_question)?;
        let payload = self.redactor.question(payload).ok_or_else(no_question)?;
        let asks = RecordedQuestion::from_bytes(&payload).ok_or_else(no_question)?.to_string();
        let what = over_tcp.then(|| "asked over TCP".to_owned());
        Ok(Some(Line { what, asks: Some(asks), dns: Some(hex(&payload)), ..Line::new() }))
    }

    fn dhcp(&mut self, message: &[u8]) -> Option<Line> {
        // Only what clients send, and only with the options of DHCP.
        if message.first() != Some(&1) || !dhcp::has_options(message) {
            return None;
        }
        let message = self.redactor.dhcp(message);
        let kind = dhcp::kind(&message).and_then(|kind| DHCP_TYPES.get(usize::from(kind)).copied());
        let mut what = format!("DHCP {}", kind.unwrap_or("message"));
        if let Some(asks) = dhcp::option(&message, 55) {
            let asks: Vec<_> = asks.iter().map(ToString::to_string).collect();
            what += &format!(", asks for options {}", asks.join(" "));
        }
        if let Some(Ok(class)) = dhcp::option(&message, VENDOR_CLASS).map(std::str::from_utf8) {
            what += &format!(", vendor class {}", class.escape_debug());
        }
        Some(Line { what: Some(what), dhcp: Some(hex(&message)), ..Line::new() })
    }

    fn request(
        &mut self,
        exchanged: &Exchanged,
        model: Option<&Model>,
        began: u64,
    ) -> Result<Option<Line>, String> {
        let Exchanged { request, reply } = exchanged;
        let is_asking = [&b"GET "[..], b"HEAD "].iter().any(|method| request.bytes.starts_with(method));
        if !is_asking || request.bytes.len() != request.head {
            return Err(
                "a request that is no GET, or has a body, as is meant: it may hold credentials".into()
            );
        }
        let head = text(&request.bytes).ok_or("a request that is no text")?;
        let by = sent_by(&request.bytes);
        let refused = |why: String| format!("a request that cannot be replayed: {why}");
        let shown = self.redactor.request(head).map_err(|why| refused(why.to_owned()))?;
        let parsed = Request::parse(&shown).map_err(|error| refused(error.to_string()))?;
        let provenance = if shown == head { Provenance::Captured } else { Provenance::PartlyCaptured };
        let mut line =
            Line { by: Some(by), http: Some(shown), provenance: Some(provenance), ..Line::default() };
        let Some(reply) = reply else {
            line.what = Some("no reply is recorded".into());
            return Ok(Some(line));
        };
        line.reply_at_us = Some(reply.at.saturating_sub(began));
        let asked = (head, request.header("host").unwrap_or_default());
        match self.reply(reply, by, asked, &parsed, model) {
            Ok(shown) => line.recorded_reply = Some(shown),
            Err(why) => line.what = Some(why.to_owned()),
        }
        Ok(Some(line))
    }

    /// A reply as it may be kept: of others than probes nothing but that it came. What a client made of it is
    /// noted, and what is kept must mean the same to it.
    fn reply(
        &mut self,
        reply: &Message,
        by: By,
        (head, host): (&str, &str),
        shown_request: &Request,
        model: Option<&Model>,
    ) -> Result<String, &'static str> {
        if by != By::Probe {
            return Err("its reply is left out");
        }
        let too_long = "its reply is left out: it is not whole, or too long";
        let whole = Some(reply).filter(|reply| reply.whole).ok_or(too_long)?;
        let shown = self.redactor.reply(&whole.bytes).ok_or(too_long)?;
        let Some(client) = model.map(Model::client) else { return Ok(shown) };
        let verdict = |url: &Url, bytes: &[u8]| {
            let reply = Reply::parse(bytes, true).ok()?;
            Some(Conclusion::of(&judge(judge_of(client, url), url.as_str(), &Ok(reply)).verdict))
        };
        let asked = keep::url(head, host);
        let then = asked.and_then(|url| verdict(&url, &whole.bytes));
        self.concluded = then.or(self.concluded);
        if then != verdict(shown_request.url(), shown.as_bytes()) {
            return Err("its reply is left out: what decides in it cannot be kept");
        }
        Ok(shown)
    }
}

/// The part of the client that sent a request.
fn sent_by(request: &[u8]) -> By {
    let agent = super::http::Message { bytes: request.to_vec(), head: request.len(), ..Message::default() };
    let agent = agent.header("user-agent").unwrap_or_default().to_owned();
    match recognise::request(request).map(|whose| whose.how) {
        // One of several that only together say something.
        _ if request.starts_with(b"HEAD ") => By::Other,
        Some(How::Bytes | How::Lines | How::Place) => By::Probe,
        Some(How::Agent) if recognise::is_checks_agent(request) => By::Probe,
        _ if agent.starts_with("Mozilla/") => By::Browser,
        _ => By::Other,
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Line {
    fn new() -> Self {
        Self { provenance: Some(Provenance::Captured), ..Self::default() }
    }
}
