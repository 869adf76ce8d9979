//! Writes a profile from a live portal, over its sockets: what phones' checks were answered there, what else is answered
//! on its own address and on anybody's, names, port 443, and the form. What cannot be seen from there is left out and
//! said.
//!
//! It asks for pages and sends no form: nothing is set up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::net::UdpSocket;
use tokio::time::{sleep, timeout};
use url::{Position, Url};

use super::page_text::page_text;
use super::{Checked, Settings};
use crate::owner::{Method, form_fields, parse, way_to_form};
use crate::phone::{Ending, Exchange, Progress, Reader, Reply};
use crate::socket_exchange;
use crate::text::to_hex;

/// How long a reply is waited for.
const REPLY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long after the end of a reply its connection may be closed, so that it counts as one that is. Chosen.
const CLOSING: Duration = Duration::from_millis(300);

/// How long a connection to port 443 is waited for.
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

/// Writes the profile of the portal that these phones have checked.
pub async fn portal_profile(
    settings: Settings,
    name: &str,
    source: &str,
    checked: &[Checked],
) -> WrittenProfile {
    let mut seen = Seen { settings, replies: BTreeMap::new(), unseen: Vec::new() };
    for target in seen.targets(checked) {
        seen.ask(target).await;
    }
    let form = seen.form(checked).await;
    let dns = [names(&settings, RecordType::A).await, names(&settings, RecordType::AAAA).await];
    let https = tls(&settings).await;
    let mut writing = Writing { source, toml: String::new() };
    writing.head(&settings, name, dns, https);
    if let Some(form) = form {
        writing.table("form", &form);
    }
    let rules = rules(&seen);
    for rule in &rules {
        writing.rule(rule);
    }
    seen.unseen.extend(
        [
            "what its DHCP server says: check --link tells it, of a device that is reached over a link",
            "how much it takes at once, and what becomes of its access point when it joins: only a setup shows that",
        ]
        .map(str::to_owned),
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
    settings: Settings,
    replies: BTreeMap<Target, ReplyText>,
    unseen: Vec<String>,
}

impl Seen {
    /// Where the portal is, as its replies write it.
    fn place(&self) -> String {
        match self.settings.target.http.port() {
            80 => self.settings.target.address.to_string(),
            port => format!("{}:{port}", self.settings.target.http.ip()),
        }
    }

    fn host(&self, url: &Url) -> Host {
        let name = url[Position::BeforeHost..Position::AfterPort].to_ascii_lowercase();
        let is_portal =
            name == self.place() || url.host_str() == Some(&self.settings.target.address.to_string());
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

    async fn exchange(&mut self, request: String) -> (ReplyText, Option<Reply>) {
        let to = std::net::SocketAddrV4::new(self.settings.target.address, 80);
        let exchange = Exchange::Stream { to, payload: request.into_bytes() };
        let http = self.settings.target.http;
        let all = tokio::sync::Notify::new();
        let came = std::sync::Mutex::new((Reader::new(), None::<&'static str>, false));
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
        let source = self.settings.target.source(http);
        tokio::select! {
            () = socket_exchange::run(source, http, &exchange, self.settings.trust, report) => {}
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
                (self.reply_text(&reply, end.is_some()), Some(reply))
            }
            (false, Some(end)) => (format!("\"{end}\""), None),
            (false, None) => ("\"silence\"".into(), None),
        }
    }

    /// A reply as a profile says it.
    fn reply_text(&mut self, reply: &Reply, closes: bool) -> ReplyText {
        let place = self.place();
        let told = |text: &str| quoted(&text.replace(&place, "{portal}"));
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
        let said = reply.header("content-length").is_some() || matches!(reply.status, 100..=199 | 204 | 304);
        if !said {
            text += ", length = false";
        }
        if !closes && reply.ending == Ending::Complete {
            text += ", closes = false";
        }
        text + " }"
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

/// A rule: for whom, and what.
struct Rule {
    host: Option<String>,
    path: Option<String>,
    query: Option<String>,
    reply: ReplyText,
}

/// As few rules as say what was seen, the narrow ones first.
fn rules(seen: &Seen) -> Vec<Rule> {
    let of = |host: Host| {
        let nobody = Target { host, path: NOBODY.1.into(), query: String::new() };
        seen.replies.get(&nobody).cloned().unwrap_or_else(|| "\"silence\"".into())
    };
    let (own, others) = (of(Host::Portal), of(Host::Named(NOBODY.0.into())));
    let mut rules = Vec::new();
    let paths: BTreeSet<&String> = seen.replies.keys().map(|target| &target.path).collect();
    for path in paths {
        let here = || seen.replies.iter().filter(move |(target, _)| target.path == *path);
        let own_here: Vec<_> = here().filter(|(target, _)| target.host == Host::Portal).collect();
        let others_here: Vec<_> = here().filter(|(target, _)| target.host != Host::Portal).collect();
        for (replies, host, usual) in [(own_here, "portal", &own), (others_here, "other", &others)] {
            let Some((_, first)) = replies.first() else { continue };
            let rule = |host: &str, query: Option<String>, reply: &String| Rule {
                host: Some(host.to_owned()),
                path: Some(path.clone()),
                query,
                reply: reply.clone(),
            };
            if replies.iter().all(|(_, reply)| reply == first) {
                if *first != usual {
                    rules.push(rule(host, None, first));
                }
                continue;
            }
            for (target, reply) in replies.iter().filter(|(_, reply)| *reply != usual) {
                let name = match &target.host {
                    Host::Portal => "portal",
                    Host::Named(name) => name,
                };
                rules.push(rule(name, Some(target.query.clone()).filter(|query| !query.is_empty()), reply));
            }
        }
    }
    if own != others {
        rules.push(Rule { host: Some("portal".into()), path: None, query: None, reply: own });
    }
    // Narrow ones first: those with a query, then the others, in the order of their paths.
    rules.sort_by_key(|rule| (rule.path.is_none(), rule.query.is_none()));
    rules.push(Rule { host: None, path: None, query: None, reply: others });
    rules
}

struct Writing<'a> {
    source: &'a str,
    toml: String,
}

impl Writing<'_> {
    fn head(&mut self, settings: &Settings, name: &str, dns: [&str; 2], https: &str) {
        let [address, other] = dns;
        let _ = write!(
            self.toml,
            "# Written by vestibule profile. Seen from outside: what is not here is not known.\n\
             name = {}\nwhat = \"a portal that was asked\"\naddress = \"{}\"\n",
            quoted(name),
            settings.target.address,
        );
        if settings.intercepts {
            self.toml += "intercepts = true\n";
        }
        self.known();
        self.table("dns.address", &format!("answer = \"{address}\"\n"));
        self.table("dns.other", &format!("answer = \"{other}\"\n"));
        self.table("https", &format!("answer = \"{https}\"\n"));
    }

    fn table(&mut self, name: &str, lines: &str) {
        let _ = write!(self.toml, "\n[{name}]\n{lines}");
        self.known();
    }

    fn rule(&mut self, rule: &Rule) {
        self.toml += "\n[[http]]\n";
        let lines = [("host", &rule.host), ("path", &rule.path), ("query", &rule.query)];
        for (key, value) in lines {
            if let Some(value) = value {
                let _ = writeln!(self.toml, "{key} = {}", quoted(value));
            }
        }
        let _ = writeln!(self.toml, "reply = {}", rule.reply);
        self.known();
    }

    fn known(&mut self) {
        let _ = write!(self.toml, "source = {}\ngrade = \"C\"\n", quoted(self.source));
    }
}

/// Text as TOML writes it, on one line.
fn quoted(text: &str) -> String {
    let escaped = text.chars().fold(String::new(), |mut escaped, character| {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            '\n' => escaped += "\\n",
            '\r' => escaped += "\\r",
            '\t' => escaped += "\\t",
            control if control.is_control() => drop(write!(escaped, "\\u{:04x}", u32::from(control))),
            other => escaped.push(other),
        }
        escaped
    });
    format!("\"{escaped}\"")
}

/// What a question of this type is answered, as a profile calls it.
async fn names(settings: &Settings, kind: RecordType) -> &'static str {
    let asked = async {
        let mut message = Message::new(0x5659, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(Name::from_ascii("captive.apple.com.").ok()?, kind));
        let to = settings.target.dns;
        let socket = UdpSocket::bind(settings.target.source(to)).await.ok()?;
        socket.connect(to).await.ok()?;
        socket.send(&message.to_vec().ok()?).await.ok()?;
        let mut answer = [0; 1500];
        let length = socket.recv(&mut answer).await.ok()?;
        Message::from_vec(&answer[..length]).ok()
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
    let is_own = |address: &std::net::Ipv4Addr| {
        *address == settings.target.address || std::net::IpAddr::V4(*address) == settings.target.http.ip()
    };
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

/// What a connection to port 443 meets, as a profile calls it.
async fn tls(settings: &Settings) -> &'static str {
    let Some(port) = settings.https_port else { return "refused" };
    let to = std::net::SocketAddr::new(settings.target.http.ip(), port);
    match timeout(TLS_TIMEOUT, tokio::net::TcpStream::connect(to)).await {
        Ok(Ok(_)) => "accepted",
        Ok(Err(_)) => "refused",
        Err(_) => "silence",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_written_so_that_toml_reads_it() {
        let text = "a \"b\" \\ \n\r\t\u{7} é";
        let read: toml::Table = toml::from_str(&format!("x = {}", quoted(text))).unwrap();
        assert_eq!(read["x"].as_str(), Some(text));
    }
}
