//! Writes a profile from a live portal, over its sockets or a link: what phones' checks were answered there, what else is
//! answered on its own address and on anybody's, how long a connection is kept, names, port 443, and the form. What
//! cannot be seen from there is left out and said.
//!
//! It asks for pages and sends no form: nothing is set up. `writing` makes the file.

mod writing;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::time::{Instant, sleep, timeout};
use url::{Position, Url};

use super::access::PortalAccess;
use super::over_link::{phone_on, way_from};
use super::page_text::page_text;
use super::{Checked, ExchangeSummary, Reached, Settings};
use crate::frame_link::{FrameLink, LinkError};
use crate::owner::{Method, form_fields, parse, way_to_form};
use crate::phone::{Ending, Exchange, Progress, Reader, Reply};
use crate::text::to_hex;
use crate::tls::Trust;
use writing::{Writing, dhcp, quoted, rules};

/// How long a reply is waited for.
const REPLY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long after the end of a reply its connection may be closed, so that it counts as one that is. Chosen.
const CLOSING: Duration = Duration::from_millis(300);

/// How long it is waited until a connection that was kept is closed. Chosen: the clients that wait for that do so for less.
const IDLE_TIMEOUT: Duration = Duration::from_secs(25);

/// How long a handshake on port 443 is waited for.
const TLS_TIMEOUT: Duration = Duration::from_secs(2);

/// A host and a path that nobody has.
const NOBODY: (&str, &str) = ("nobody.example", "/vestibule-asks-for-nothing");

/// Bytes of a body that are kept; a longer one is cut, and that is said.
const BODY_BYTES: usize = 64 * 1024;

/// A profile and what it leaves open.
pub struct WrittenProfile {
    /// The file.
    pub toml: String,
    /// What could not be seen, a sentence each.
    pub unseen: Vec<String>,
}

/// The place of the host that asks over a link, after those of phones.
const PLACE: usize = 0xf2;

/// The ports of HTTP and of HTTPS, where phones ask.
const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

/// Writes the profile of the portal that these phones have checked.
pub async fn portal_profile(
    settings: Settings,
    name: &str,
    source: &str,
    checked: &[Checked],
) -> WrittenProfile {
    written(PortalAccess::Sockets(settings), name, source, checked).await
}

/// The same over a link, from a host that asks for an address of its own; with what phones were lent there. `None` if it
/// is given no address.
///
/// # Errors
///
/// The link is gone.
pub async fn portal_profile_over_link(
    link: &mut FrameLink,
    trust: Trust,
    name: &str,
    source: &str,
    checked: &[Checked],
) -> Result<Option<WrittenProfile>, LinkError> {
    let host = phone_on(link, PLACE, None);
    let asked = async {
        let access = way_from(&host, trust).await?;
        Some(written(access, name, source, checked).await)
    };
    host.during(link, asked).await
}

async fn written(access: PortalAccess, name: &str, source: &str, checked: &[Checked]) -> WrittenProfile {
    let mut seen = Seen {
        access,
        replies: BTreeMap::new(),
        other_ports: BTreeSet::new(),
        kept: None,
        unseen: Vec::new(),
    };
    for target in seen.targets(checked) {
        seen.ask(target).await;
    }
    let form = seen.form(checked).await;
    let dns = [seen.names(RecordType::A).await, seen.names(RecordType::AAAA).await];
    let https = seen.tls().await;
    for port in std::mem::take(&mut seen.other_ports) {
        seen.unseen.push(format!(
            "its port {port}: a profile has one port for HTTP, and what leads to another one leads there"
        ));
    }
    let idle = seen.idle().await;
    let mut writing = Writing { source, toml: String::new() };
    let intercepts = seen.is_caught_elsewhere(checked, dns[0]);
    writing.head(&seen, name, intercepts, dns, https);
    match checked.iter().find_map(|one| one.lease.as_ref()) {
        Some(lease) => writing.table("dhcp", &dhcp(lease)),
        None => seen.unseen.push(
            "what its DHCP server says: profile --link writes it, of a device that is reached over a link"
                .into(),
        ),
    }
    if let Some(form) = form {
        writing.table("form", &form);
    }
    if let Some(seconds) = idle {
        writing.table("limits", &format!("idle = {seconds}\n"));
    }
    let rules = rules(&seen);
    for rule in &rules {
        writing.rule(rule);
    }
    seen.unseen.push(
        "how much it takes at once, and what becomes of its access point when it joins: only a setup shows that"
            .into(),
    );
    WrittenProfile { toml: writing.toml, unseen: seen.unseen }
}

/// What is asked for: whose `Host`, which path, which query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    host: Host,
    path: String,
    query: String,
}

/// Whose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Host {
    Portal,
    Named(String),
}

/// A reply as a profile says it: the same text is the same reply.
type ReplyText = String;

struct Seen {
    access: PortalAccess,
    replies: BTreeMap<Target, ReplyText>,
    /// Ports of its own that its replies name besides that of its HTTP.
    other_ports: BTreeSet<u16>,
    /// A request after whose reply the connection stays open.
    kept: Option<String>,
    unseen: Vec<String>,
}

impl Seen {
    /// Where the portal is, as its replies write it.
    fn place(&self) -> String {
        let http = self.access.http();
        match http.port() {
            HTTP_PORT => self.own_address().to_string(),
            port => format!("{}:{port}", http.ip()),
        }
    }

    /// The address that it gives itself.
    fn own_address(&self) -> Ipv4Addr {
        self.access.link().router
    }

    fn host(&self, url: &Url) -> Host {
        let name = url[Position::BeforeHost..Position::AfterPort].to_ascii_lowercase();
        let is_portal = name == self.place() || url.host_str() == Some(&self.own_address().to_string());
        if is_portal { Host::Portal } else { Host::Named(name) }
    }

    fn target(&self, url: &Url) -> Target {
        Target {
            host: self.host(url),
            path: url.path().to_owned(),
            query: url.query().unwrap_or_default().to_owned(),
        }
    }

    /// Everything that phones asked for, and what nobody has.
    fn targets(&self, checked: &[Checked]) -> BTreeSet<Target> {
        let asked = checked
            .iter()
            .flat_map(|one| &one.exchanges)
            .filter_map(|exchange| exchange.asked.strip_prefix("GET "));
        let mut targets: BTreeSet<Target> =
            asked.filter_map(|url| Url::parse(url).ok()).map(|url| self.target(&url)).collect();
        for host in [Host::Portal, Host::Named(NOBODY.0.into())] {
            for path in ["/", NOBODY.1] {
                targets.insert(Target { host: host.clone(), path: path.into(), query: String::new() });
            }
        }
        targets
    }

    async fn ask(&mut self, target: Target) -> Option<Reply> {
        let host = match &target.host {
            Host::Portal => self.place(),
            Host::Named(name) => name.clone(),
        };
        let query = if target.query.is_empty() { String::new() } else { format!("?{}", target.query) };
        let request = format!(
            "GET {}{query} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\nConnection: \
             keep-alive\r\n\r\n",
            target.path
        );
        let (text, reply) = self.exchange(request).await;
        self.replies.insert(target, text);
        reply
    }

    fn stream(&self, request: &str) -> Exchange {
        let to = SocketAddrV4::new(self.own_address(), HTTP_PORT);
        Exchange::Stream { to, payload: request.as_bytes().to_vec() }
    }

    /// For how many seconds a connection stays open after a reply, where one does and not for longer than is waited.
    async fn idle(&mut self) -> Option<u64> {
        let request = self.kept.take()?;
        let exchange = self.stream(&request);
        let came = Mutex::new((Instant::now(), false));
        let report = |progress: Progress<'_>| {
            let Ok(mut came) = came.lock() else { return };
            match progress {
                Progress::Connected | Progress::Received(_) => came.0 = Instant::now(),
                _ => came.1 = true,
            }
        };
        tokio::select! {
            () = self.access.run(&exchange, None, report) => {}
            () = sleep(IDLE_TIMEOUT) => {}
        }
        let (last, has_ended) = *came.lock().unwrap_or_else(PoisonError::into_inner);
        if !has_ended {
            let seconds = IDLE_TIMEOUT.as_secs();
            self.unseen.push(format!("for how long it keeps a connection: {seconds} s and longer"));
            return None;
        }
        // To the nearest second, and one at least: it was kept.
        Some((last.elapsed() + Duration::from_millis(500)).as_secs().max(1))
    }

    async fn exchange(&mut self, request: String) -> (ReplyText, Option<Reply>) {
        let exchange = self.stream(&request);
        let all = tokio::sync::Notify::new();
        let came = Mutex::new((Reader::new(), None::<&'static str>, false));
        let report = |progress: Progress<'_>| {
            let Ok(mut came) = came.lock() else { return };
            match progress {
                Progress::Connected => {}
                Progress::Received(bytes) => {
                    came.2 |= came.0.push(bytes).is_err();
                    if came.0.head().is_some_and(|reply| reply.ending == Ending::Complete) {
                        all.notify_one();
                    }
                }
                Progress::Ended => {
                    came.1.get_or_insert("close");
                    came.2 |= came.0.end().is_err();
                }
                Progress::Reset
                | Progress::Refused
                | Progress::Unreachable
                | Progress::HandshakeFailed(_) => {
                    came.1.get_or_insert("reset");
                }
            }
        };
        tokio::select! {
            () = self.access.run(&exchange, None, report) => {}
            // A connection that is kept open is left, once all is there.
            () = async { all.notified().await; sleep(CLOSING).await } => {}
            () = sleep(REPLY_TIMEOUT) => {}
        }
        let Ok((reader, end, is_garbage)) = came.into_inner() else { return ("\"silence\"".into(), None) };
        if is_garbage {
            return ("\"garbage\"".into(), None);
        }
        let has_head = reader.head().is_some();
        match (has_head, end) {
            (true, _) => {
                let reply = reader.into_reply();
                if end.is_none() && reply.ending == Ending::Complete {
                    self.kept.get_or_insert(request);
                }
                (self.reply_text(&reply, end.is_some()), Some(reply))
            }
            (false, Some(end)) => (format!("\"{end}\""), None),
            (false, None) => ("\"silence\"".into(), None),
        }
    }

    /// A reply as a profile says it.
    fn reply_text(&mut self, reply: &Reply, closes: bool) -> ReplyText {
        let place = self.place();
        let mut other_ports = BTreeSet::new();
        let mut told =
            |text: &str| quoted(&without_other_ports(&text.replace(&place, "{portal}"), &mut other_ports));
        let own = ["content-length", "connection", "keep-alive", "date", "transfer-encoding"];
        let mut names = BTreeSet::new();
        let headers: Vec<String> = reply
            .headers
            .iter()
            .filter(|(name, _)| {
                !own.contains(&name.to_ascii_lowercase().as_str()) && names.insert(name.clone())
            })
            .map(|(name, value)| format!("{} = {}", quoted(name), told(value)))
            .collect();
        let mut text = format!("{{ status = {}", reply.status);
        if !headers.is_empty() {
            let _ = write!(text, ", headers = {{ {} }}", headers.join(", "));
        }
        let kept = &reply.body[..reply.body.len().min(BODY_BYTES)];
        if reply.body_bytes > kept.len() as u64 {
            self.unseen.push(format!("the end of a page of {} bytes", reply.body_bytes));
        }
        match str::from_utf8(kept) {
            Ok("") => {}
            Ok(body) => drop(write!(text, ", body = {}", told(body))),
            Err(_) => drop(write!(text, ", packed = \"{}\"", to_hex(kept))),
        }
        self.other_ports.append(&mut other_ports);
        let said = reply.header("content-length").is_some() || matches!(reply.status, 100..=199 | 204 | 304);
        if !said {
            text += ", length = false";
        }
        if !closes && reply.ending == Ending::Complete {
            text += ", closes = false";
        }
        text + " }"
    }

    /// Whether it catches connections to addresses that are not its own: what phones asked there over a link was
    /// answered, and nothing leaves a link. Over sockets only who asks can say so.
    fn is_caught_elsewhere(&self, checked: &[Checked], names: &str) -> bool {
        let PortalAccess::Sockets(settings) = &self.access else {
            let mut asked = checked.iter().flat_map(|one| &one.exchanges);
            let is_reply =
                |one: &ExchangeSummary| one.asked.starts_with("GET http://") && one.reached == Reached::Reply;
            return names == "elsewhere" && asked.any(is_reply);
        };
        settings.intercepts
    }

    /// The form, on the page that a sheet shows or one that it leads to.
    async fn form(&mut self, checked: &[Checked]) -> Option<String> {
        let shown = checked.iter().find_map(|one| match &one.sheet {
            super::Sheet::Shown { url, .. } => Url::parse(url).ok(),
            _ => None,
        });
        let Some(mut url) = shown else {
            self.unseen.push("its page: no phone was shown one".into());
            return None;
        };
        for _ in 0..4 {
            if let Some(place) = self.place_outside(&url) {
                self.unseen.push(format!(
                    "its page and its form: they are on {place}, and a profile has one port for HTTP. What it wrote shows \
                     another page there, or none"
                ));
                return None;
            }
            let reply = self.ask(self.target(&url)).await?;
            let location = reply.header("location").filter(|_| (300..400).contains(&reply.status));
            if let Some(next) = location.and_then(|location| url.join(location).ok()) {
                url = next;
                continue;
            }
            let html = page_text(&reply).ok()?;
            let page = parse(&html, &url);
            if let Some((form, network, passphrase)) = form_fields(&page) {
                let method = if form.method == Method::Get { "get" } else { "post" };
                return Some(format!(
                    "action = {}\nmethod = \"{method}\"\nnetwork = {}\npassphrase = {}\n",
                    quoted(form.action.path()),
                    quoted(&network),
                    quoted(&passphrase)
                ));
            }
            let Some(request) = way_to_form(&page) else { break };
            url = request.url;
        }
        self.unseen.push("its form: no page without scripts has one".into());
        None
    }
}

impl Seen {
    /// Where a page is that is not on the port that a profile tells of.
    fn place_outside(&self, url: &Url) -> Option<String> {
        if url.scheme() == "https" {
            return Some("HTTPS".into());
        }
        let port = url.port_or_known_default()?;
        let is_told = [HTTP_PORT, self.access.http().port()].contains(&port);
        (!is_told).then(|| format!("its port {port}"))
    }
}

/// Without the ports behind the portal's address, which are noted.
fn without_other_ports(text: &str, ports: &mut BTreeSet<u16>) -> String {
    let mut parts = text.split("{portal}:");
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        told += "{portal}";
        match part[..digits].parse() {
            Ok(port) => {
                ports.insert(port);
                told += &part[digits..];
            }
            Err(_) => told.extend([":", part]),
        }
    }
    told
}

impl Seen {
    /// What a question of this type is answered, as a profile calls it.
    async fn names(&self, kind: RecordType) -> &'static str {
        let asked = async {
            let mut message = Message::new(0x5659, MessageType::Query, OpCode::Query);
            message.metadata.recursion_desired = true;
            message.add_query(Query::query(Name::from_ascii("captive.apple.com.").ok()?, kind));
            let answer = self.access.ask(&message.to_vec().ok()?).await?;
            Message::from_vec(&answer).ok()
        };
        let Ok(Some(answer)) = timeout(REPLY_TIMEOUT, asked).await else { return "silence" };
        let addresses: Vec<_> = answer
            .answers
            .iter()
            .filter_map(|record| match &record.data {
                RData::A(address) => Some(address.0),
                _ => None,
            })
            .collect();
        let (own, http) = (self.own_address(), self.access.http().ip());
        let is_own = |address: &Ipv4Addr| *address == own || IpAddr::V4(*address) == http;
        match (answer.metadata.response_code, kind, addresses.as_slice()) {
            (ResponseCode::NoError, _, []) => "nothing",
            (ResponseCode::NoError, RecordType::A, all) if all.iter().all(is_own) => "portal",
            (ResponseCode::NoError, RecordType::A, all) if all.iter().any(is_own) => "both",
            (ResponseCode::NoError, RecordType::A, _) => "elsewhere",
            (ResponseCode::NoError, ..) => "address",
            (ResponseCode::NXDomain, RecordType::A, _) => "nothing",
            (ResponseCode::NXDomain, ..) => "no-such-name",
            _ => "refused",
        }
    }

    /// What a phone's handshake on port 443 meets, as a profile calls it. A connection that is taken and then silent is
    /// silence: so it is to a phone.
    async fn tls(&mut self) -> &'static str {
        let exchange = Exchange::Tls {
            to: SocketAddrV4::new(self.own_address(), HTTPS_PORT),
            server_name: "captive.apple.com".into(),
            payload: Vec::new(),
            verifies: true,
        };
        let came = Mutex::new(None);
        let ended = tokio::sync::Notify::new();
        let report = |progress: Progress<'_>| {
            let met = match progress {
                Progress::Refused => ("refused", None),
                Progress::Unreachable => ("silence", None),
                Progress::HandshakeFailed(problem) => ("accepted", Some(problem.to_string())),
                Progress::Connected | Progress::Received(_) => (
                    "accepted",
                    Some("a certificate that phones trust, for which a profile has no word".into()),
                ),
                Progress::Reset | Progress::Ended => {
                    ("accepted", Some("the end of the connection in place of a handshake".into()))
                }
            };
            came.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(met);
            ended.notify_one();
        };
        tokio::select! {
            () = self.access.run(&exchange, None, report) => {}
            () = ended.notified() => {}
            () = sleep(TLS_TIMEOUT) => {}
        }
        let (answer, met) =
            came.into_inner().unwrap_or_else(PoisonError::into_inner).unwrap_or(("silence", None));
        if let Some(met) = met {
            self.unseen.push(format!(
                "what comes after a handshake on port 443: a phone meets {met}, and a stand-in a certificate of its own \
                 making"
            ));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_ports_of_the_portal_are_left_out_and_noted() {
        let mut ports = BTreeSet::new();
        let told = without_other_ports("http://{portal}:2050/a {portal}: b {portal}:2051", &mut ports);
        assert_eq!(
            (told.as_str(), ports),
            ("http://{portal}/a {portal}: b {portal}", BTreeSet::from([2050, 2051]))
        );
    }
}
