//! What a phone asked of a network and what came, exchange by exchange, so that a verdict can be
//! told with the exchange that decided it. It watches; the phone reads for itself.

use std::net::SocketAddrV4;
use std::time::Duration;

use vestibule_core::Instant;

use super::{ExchangeSummary, Seconds};
use crate::dns::{describe_answer, describe_question};
use crate::phone::{BadReply, Ending, Exchange, ExchangeId, HandshakeProblem, Progress, Reader, Reply};
use crate::world::destination;

/// How long an answer may take before a person thinks that nothing happens. Chosen, with room for a busy chip.
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// Whose exchange it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ExchangeOwner {
    /// The system's check.
    Check(ExchangeId),
    /// The browser in the sheet.
    Sheet(u32),
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RequestKind {
    Question { name: String, qtype: String },
    Request { method: String, url: String },
    Handshake { name: String },
}

/// How an exchange ended, if the phone did not end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    Reset,
    Refused,
    Unreachable,
    Handshake(HandshakeProblem),
}

/// One exchange.
pub(super) struct Entry {
    pub(super) of: ExchangeOwner,
    pub(super) asked: RequestKind,
    pub(super) to: SocketAddrV4,
    /// It is still under way.
    pub(super) open: bool,
    pub(super) connected: bool,
    pub(super) end: Option<End>,
    /// The first answer to a question.
    pub(super) answer: Option<Vec<u8>>,
    /// Why what came is no reply.
    pub(super) bad: Option<BadReply>,
    /// It was for another host than the portal, so it was not sent.
    pub(super) foreign: bool,
    pub(super) at: Instant,
    /// When the first bytes came.
    answered: Option<Instant>,
    bytes: usize,
    reader: Reader,
}

/// The exchanges of one phone, in their order.
pub(super) struct Log {
    began: Instant,
    /// Pages whose answers decide nothing.
    side_pages: Vec<&'static str>,
    pub(super) entries: Vec<Entry>,
}

impl Entry {
    fn new(of: ExchangeOwner, exchange: &Exchange, at: Instant) -> Self {
        let asked = match exchange {
            Exchange::Datagram { payload, .. } => {
                let (name, qtype) = describe_question(payload);
                RequestKind::Question { name, qtype }
            }
            Exchange::Stream { payload, .. } => request(payload),
            Exchange::Tls { server_name, .. } => RequestKind::Handshake { name: server_name.clone() },
        };
        Self {
            of,
            asked,
            to: destination(exchange),
            open: true,
            connected: false,
            end: None,
            answer: None,
            bad: None,
            foreign: false,
            at,
            answered: None,
            bytes: 0,
            reader: Reader::new(),
        }
    }

    fn progress(&mut self, progress: Progress<'_>, now: Instant) {
        let end = match progress {
            Progress::Connected => {
                self.connected = true;
                return;
            }
            Progress::Received(bytes) => {
                self.answered.get_or_insert(now);
                return self.received(bytes);
            }
            Progress::Ended => End::Closed,
            Progress::Reset => End::Reset,
            Progress::Refused => End::Refused,
            Progress::Unreachable => End::Unreachable,
            Progress::HandshakeFailed(problem) => End::Handshake(problem),
        };
        self.end = Some(end);
        self.open = false;
    }

    fn received(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
        if matches!(self.asked, RequestKind::Question { .. }) {
            self.answer.get_or_insert_with(|| bytes.to_vec());
        } else if self.bad.is_none() {
            self.bad = self.reader.push(bytes).err();
        }
    }

    /// The reply, as far as it came.
    pub(super) fn reply(&self) -> Option<&Reply> {
        self.reader.head().filter(|_| self.bad.is_none())
    }

    /// Whether it is an HTTP request.
    pub(super) fn is_request(&self) -> bool {
        matches!(self.asked, RequestKind::Request { .. })
    }

    /// What was asked, in words.
    pub(super) fn asked(&self) -> String {
        match &self.asked {
            RequestKind::Question { name, qtype } => format!("DNS {qtype} {name}"),
            RequestKind::Request { method, url } => format!("{method} {url}"),
            RequestKind::Handshake { name } => format!("TLS with {name} on port {}", self.to.port()),
        }
    }

    /// What came, in words.
    pub(super) fn came(&self) -> String {
        if self.foreign {
            return format!("not sent: {} is not the portal's address", self.to.ip());
        }
        if let Some(answer) = &self.answer {
            return describe_answer(answer);
        }
        if let Some(bad) = self.bad {
            return bad.to_string();
        }
        if let Some(reply) = self.reply() {
            return in_words(reply, self.end);
        }
        let nothing = if self.bytes > 0 { "within the head of the reply" } else { "without a reply" };
        match self.end {
            Some(End::Refused) => "refused".into(),
            Some(End::Unreachable) => "nobody can be reached there".into(),
            Some(End::Handshake(problem)) => problem.to_string(),
            Some(End::Reset) => format!("the connection was reset {nothing}"),
            Some(End::Closed) => format!("the connection was closed {nothing}"),
            None if self.connected && self.bytes > 0 => "a reply whose head does not end".into(),
            None if self.connected => "the connection was accepted, then nothing came".into(),
            None => "nothing came".into(),
        }
    }
}

fn in_words(reply: &Reply, end: Option<End>) -> String {
    let what = match reply.header("location") {
        Some(location) => format!("{} to {location}", reply.status),
        None => reply.to_string(),
    };
    match (reply.ending, end) {
        (Ending::Complete, _) | (_, Some(End::Closed)) => what,
        (_, Some(End::Reset)) => format!("{what}, then a reset"),
        _ => format!("{what} that had not ended"),
    }
}

fn request(payload: &[u8]) -> RequestKind {
    let text = String::from_utf8_lossy(payload);
    let mut words = text.lines().next().unwrap_or_default().split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let host = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("host"))
        .map_or("", |(_, host)| host.trim());
    RequestKind::Request { method: method.to_owned(), url: format!("http://{host}{path}") }
}

impl Log {
    /// Of a phone that asks for `side_pages` at the same time as its check goes on.
    pub(super) fn new(began: Instant, side_pages: Vec<&'static str>) -> Self {
        Self { began, side_pages, entries: Vec::new() }
    }

    pub(super) fn opened(&mut self, of: ExchangeOwner, exchange: &Exchange, now: Instant) {
        self.entries.push(Entry::new(of, exchange, now));
    }

    pub(super) fn abandoned(&mut self, of: ExchangeOwner) {
        if let Some(entry) = self.find(of) {
            entry.open = false;
        }
    }

    pub(super) fn progress(&mut self, of: ExchangeOwner, progress: Progress<'_>, now: Instant) {
        if let Some(entry) = self.find(of).filter(|entry| entry.open) {
            entry.progress(progress, now);
        }
    }

    pub(super) fn find(&mut self, of: ExchangeOwner) -> Option<&mut Entry> {
        self.entries.iter_mut().rev().find(|entry| entry.of == of)
    }

    pub(super) fn index(&self, of: ExchangeOwner) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.of == of)
    }

    /// Whether anything is awaited from the network.
    pub(super) fn is_in_flight(&self) -> bool {
        self.entries.iter().any(|entry| entry.open)
    }

    /// Which exchange decided a verdict that was conclusion while `handled` went on. A portal is found in
    /// the reply that was being read. Anything else is told by the check's first request and where its
    /// redirects led, for a check that asks again elsewhere does so because that one had failed;
    /// without any request, by the first question for an address.
    pub(super) fn decider(&self, handled: Option<ExchangeOwner>, is_portal: bool) -> Option<usize> {
        let handled = self.entries.iter().rposition(|entry| Some(entry.of) == handled && entry.is_request());
        if is_portal && handled.is_some() {
            return handled;
        }
        let first = self.entries.iter().position(|entry| self.may_decide(entry));
        match first {
            Some(first) => Some(self.end_of_redirects(first)),
            None => self.first_question(),
        }
    }

    /// Whether it is a request of the check itself. Over a network a page that is asked for at the same
    /// time may be requested first: the answer to the question for its name may come first.
    fn may_decide(&self, entry: &Entry) -> bool {
        match (&entry.of, &entry.asked) {
            (ExchangeOwner::Check(_), RequestKind::Request { url, .. }) => {
                !self.side_pages.contains(&url.as_str())
            }
            _ => false,
        }
    }

    /// The first question for an address; what else is asked beside it decides nothing.
    fn first_question(&self) -> Option<usize> {
        let is_for_address = |entry: &Entry| match &entry.asked {
            RequestKind::Question { qtype, .. } => {
                qtype == "A" && matches!(entry.of, ExchangeOwner::Check(_))
            }
            _ => false,
        };
        self.entries.iter().position(is_for_address)
    }

    fn end_of_redirects(&self, first: usize) -> usize {
        let mut at = first;
        while let Some(next) = self.followed(at) {
            at = next;
        }
        at
    }

    /// The last later request for what this one was redirected to, or the question for its host.
    fn followed(&self, at: usize) -> Option<usize> {
        let location = url::Url::parse(self.entries[at].reply()?.header("location")?).ok()?;
        let leads_there = |entry: &Entry| match &entry.asked {
            RequestKind::Request { url, .. } => url::Url::parse(url).is_ok_and(|url| url == location),
            RequestKind::Question { name, .. } => Some(name.as_str()) == location.host_str(),
            RequestKind::Handshake { name } => Some(name.as_str()) == location.host_str(),
        };
        let later = |entry: &&Entry| matches!(entry.of, ExchangeOwner::Check(_)) && leads_there(entry);
        let found = self.entries.iter().skip(at + 1).rfind(later)?.of;
        self.entries.iter().rposition(|entry| entry.of == found)
    }

    /// The request that was longest without its answer, if that is longer than a person waits.
    pub(super) fn slow(&self) -> Option<String> {
        let took = |entry: &Entry| Some((entry.answered?.since(entry.at), entry.asked()));
        let requests = self.entries.iter().filter(|entry| entry.is_request());
        let (longest, asked) = requests.filter_map(took).max_by_key(|(took, _)| *took)?;
        (longest >= LONGEST_WAIT).then(|| {
            format!(
                "{asked} was answered after {}: nobody looks at an empty page for so long. Answer from memory, before \
                 anything slow such as a scan",
                Seconds(longest)
            )
        })
    }

    pub(super) fn summary(&self, index: usize) -> Option<ExchangeSummary> {
        let entry = self.entries.get(index)?;
        Some(ExchangeSummary {
            at: Seconds(entry.at.since(self.began)),
            asked: entry.asked(),
            came: entry.came(),
        })
    }

    pub(super) fn summaries(&self) -> Vec<ExchangeSummary> {
        (0..self.entries.len()).filter_map(|index| self.summary(index)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::by_id;

    /// The requests of Firefox in this order, of which the first is answered; the one that decided.
    fn decider_of(requests: [&str; 2]) -> String {
        let firefox = by_id("firefox").unwrap();
        let now = Instant::from_micros(0);
        let mut log = Log::new(now, firefox.side_pages());
        for (id, target) in (0..).zip(requests) {
            let payload =
                format!("GET {target} HTTP/1.1\r\nHost: detectportal.firefox.com\r\n\r\n").into_bytes();
            let to = SocketAddrV4::new([192, 168, 4, 1].into(), 80);
            log.opened(ExchangeOwner::Check(ExchangeId(id)), &Exchange::Stream { to, payload }, now);
        }
        let handled = Some(ExchangeOwner::Check(ExchangeId(1)));
        log.summary(log.decider(handled, false).unwrap()).unwrap().asked
    }

    #[test]
    fn a_page_that_is_asked_for_beside_the_check_decides_nothing() {
        let check = "GET http://detectportal.firefox.com/canonical.html";
        assert_eq!(decider_of(["/canonical.html", "/success.txt?ipv4"]), check);
        assert_eq!(decider_of(["/success.txt?ipv4", "/canonical.html"]), check);
    }
}
