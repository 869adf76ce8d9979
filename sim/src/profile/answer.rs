//! What a profile comes to: the bytes of its answers and replies. Written with `hickory-proto` and
//! by hand; shares nothing with the device.

use std::net::Ipv4Addr;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record, RecordType};

use super::device_setup::{BadForm, DeviceSetup, join_takes};
use super::{AddressAnswer, HttpReply, OtherAnswer, Profile, ResponseSpec, SetupStage, form_page};
use crate::text::from_hex;

/// Lifetime of a record where the profile says nothing.
const TTL: u32 = 60;

/// Somebody else's address: one of documentation (RFC 5737).
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 80);

/// What comes back on a connection to port 80.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// These bytes, then an orderly end.
    Reply(Vec<u8>),
    /// These bytes, and the connection stays open.
    Keep(Vec<u8>),
    /// The other, after that time.
    Later(Duration, Box<Treatment>),
    Silence,
    Close,
    Reset,
    /// The first bytes, then the others over and over.
    Endless(Vec<u8>, Vec<u8>),
}

enum Answer {
    Addresses(Vec<Ipv4Addr>),
    Error(ResponseCode),
}

/// Seen where a stand-in says its device's address at home. Made up.
const AT_HOME: &str = "192.168.1.77";

impl Profile {
    /// The answer to a question; `None` is silence. `portal` is the address it gives itself.
    pub(crate) fn answer_question(&self, question: &[u8], portal: Ipv4Addr) -> Option<Vec<u8>> {
        let question = Message::from_vec(question).ok()?;
        if question.metadata.message_type != MessageType::Query {
            return None;
        }
        let query = question.queries.first()?;
        let (answer, ttl) = match query.query_type {
            RecordType::A => (self.address_answer(portal)?, self.dns.address.ttl),
            _ => (self.other_answer(portal)?, self.dns.other.ttl),
        };
        let mut reply = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
        reply.metadata.recursion_desired = question.metadata.recursion_desired;
        reply.metadata.recursion_available = true;
        match answer {
            Answer::Addresses(addresses) => {
                for address in addresses {
                    let data = RData::A(A(address));
                    reply.add_answer(Record::from_rdata(query.name.clone(), ttl.unwrap_or(TTL), data));
                }
            }
            Answer::Error(code) => reply.metadata.response_code = code,
        }
        reply.add_query(query.clone());
        reply.to_vec().ok()
    }

    fn address_answer(&self, portal: Ipv4Addr) -> Option<Answer> {
        Some(match self.dns.address.answer {
            AddressAnswer::Portal => Answer::Addresses(vec![portal]),
            AddressAnswer::Elsewhere => Answer::Addresses(vec![ELSEWHERE]),
            AddressAnswer::Both => Answer::Addresses(vec![ELSEWHERE, portal]),
            AddressAnswer::Nothing => Answer::Addresses(Vec::new()),
            AddressAnswer::Refused => Answer::Error(ResponseCode::Refused),
            AddressAnswer::Silence => return None,
        })
    }

    fn other_answer(&self, portal: Ipv4Addr) -> Option<Answer> {
        Some(match self.dns.other.answer {
            OtherAnswer::Address => Answer::Addresses(vec![portal]),
            OtherAnswer::Nothing => Answer::Addresses(Vec::new()),
            OtherAnswer::NoSuchName => Answer::Error(ResponseCode::NXDomain),
            OtherAnswer::Refused => Answer::Error(ResponseCode::Refused),
            OtherAnswer::Silence => return None,
        })
    }

    /// Whether this is all of a request, as the portal reads it.
    pub(crate) fn is_whole(&self, request: &[u8]) -> bool {
        let Some(head) = request.windows(4).position(|end| end == b"\r\n\r\n") else { return false };
        if self.limits.as_ref().is_some_and(|limits| limits.first_segment) {
            return true;
        }
        let lines = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
        let length = lines.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        request.len() >= head + 4 + length.unwrap_or(0)
    }

    /// How long a connection that is kept may say nothing.
    pub(crate) fn idle(&self) -> Option<Duration> {
        self.limits.as_ref()?.idle.map(|seconds| Duration::from_secs(seconds.into()))
    }

    /// Whether nobody is there at this time.
    pub(crate) fn is_away(&self, setup: &DeviceSetup, now: Duration) -> bool {
        setup.is_away(self.radio.as_ref(), now)
    }

    /// What a request is met with. `portal` is where the portal is, as its replies write it; `now` is the time since its
    /// device came up.
    pub(crate) fn answer_request(
        &self,
        request: &[u8],
        portal: &str,
        setup: &mut DeviceSetup,
        now: Duration,
    ) -> Treatment {
        if self.is_away(setup, now) {
            return Treatment::Reset;
        }
        let head = request.windows(4).position(|end| end == b"\r\n\r\n").map_or(request.len(), |at| at + 4);
        if self.limits.as_ref().and_then(|limits| limits.head).is_some_and(|most| head > most) {
            return Treatment::Reply(bare(431));
        }
        let text = String::from_utf8_lossy(request);
        let (host, path) = host_and_path(&text);
        let form = self
            .form
            .as_ref()
            .filter(|form| *form.action.get_ref() == path && text.starts_with(form.method.word()));
        let mut delay = Duration::ZERO;
        if let Some(form) = form {
            if let Err(BadForm) = setup.take(form, self.limits.as_ref(), request, now) {
                return Treatment::Reply(bare(400));
            }
            if self.is_away(setup, now) {
                return Treatment::Reset;
            }
            if self.radio.as_ref().is_some_and(|radio| radio.answers_after_join) {
                delay = join_takes(self.radio.as_ref());
            }
        }
        let stage = setup.stage(self.radio.as_ref(), now + delay);
        let query =
            text.split(' ').nth(1).and_then(|target| target.split_once('?')).map_or("", |(_, query)| query);
        let reply = self.reply_to(RequestTarget { host: &host, path: &path, query }, portal, stage);
        if reply == Some(&HttpReply::Dies) {
            setup.die();
        }
        let treatment = reply.map_or(Treatment::Silence, |reply| {
            let filling = Filling { profile: self, portal, setup, text: &text };
            treatment(reply, &filling)
        });
        if delay.is_zero() { treatment } else { Treatment::Later(delay, Box::new(treatment)) }
    }

    fn reply_to(&self, asked: RequestTarget<'_>, portal: &str, stage: SetupStage) -> Option<&HttpReply> {
        let RequestTarget { host, path, query } = asked;
        let is_portal = host == portal || host.split(':').next() == portal.split(':').next();
        let fits = |wanted: &str| match wanted {
            "portal" => is_portal,
            "other" => !is_portal,
            name => host.eq_ignore_ascii_case(name),
        };
        let rule = self.http.iter().map(toml::Spanned::get_ref).find(|rule| {
            rule.host.as_deref().is_none_or(fits)
                && rule.path.as_ref().is_none_or(|wanted| *wanted.get_ref() == path)
                && rule.query.as_ref().is_none_or(|wanted| wanted == query)
                && rule.when.is_none_or(|when| when == stage)
        })?;
        Some(rule.reply.get_ref())
    }
}

/// What a request asks for.
struct RequestTarget<'a> {
    host: &'a str,
    path: &'a str,
    query: &'a str,
}

/// What is put into the texts of a reply.
struct Filling<'a> {
    profile: &'a Profile,
    portal: &'a str,
    setup: &'a DeviceSetup,
    /// The request.
    text: &'a str,
}

impl Filling<'_> {
    fn filled(&self, text: &str) -> String {
        let mut filled = text.replace("{portal}", self.portal);
        if let Some(form) = &self.profile.form {
            let networks = self.setup.networks();
            if filled.contains("{form}") {
                let chosen = query_value(self.text, &form.network);
                filled = filled.replace("{form}", &form_page::form(form, &networks, chosen.as_deref()));
            }
            filled = filled.replace("{networks}", &form_page::links(form, &networks));
            // Where a page escapes no name in its list, it escapes none elsewhere.
            let network = self.setup.network();
            let network = if form.escapes { form_page::escaped(&network) } else { network };
            filled = filled.replace("{network}", &network).replace("{address}", AT_HOME);
        }
        filled
    }
}

fn query_value(request: &str, name: &str) -> Option<String> {
    let (_, query) = request.split(' ').nth(1)?.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn treatment(reply: &HttpReply, filling: &Filling<'_>) -> Treatment {
    match reply {
        HttpReply::Response(said) if said.closes => Treatment::Reply(said.bytes(filling)),
        HttpReply::Response(said) => Treatment::Keep(said.bytes(filling)),
        HttpReply::Garbage => Treatment::Reply(b"\x15\x03\x01 no reply at all\r\n\r\n".to_vec()),
        HttpReply::Endless => Treatment::Endless(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n".to_vec(),
            b"<p>and so on</p>".repeat(128),
        ),
        HttpReply::Close | HttpReply::Dies => Treatment::Close,
        HttpReply::Reset => Treatment::Reset,
        HttpReply::Silence => Treatment::Silence,
    }
}

/// Packed with gzip.
fn packed(body: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    // Writing to memory does not fail.
    let _ = std::io::Write::write_all(&mut packer, body);
    packer.finish().unwrap_or_default()
}

/// A reply with nothing but its status.
fn bare(status: u16) -> Vec<u8> {
    format!("HTTP/1.1 {status} -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
}

/// The Host of a request, in lower case, and its path without the query.
fn host_and_path(request: &str) -> (String, String) {
    let target = request.split(' ').nth(1).unwrap_or("/");
    let host = request
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("host"))
        .map_or("", |(_, host)| host.trim());
    (host.to_ascii_lowercase(), target.split('?').next().unwrap_or("/").to_owned())
}

impl ResponseSpec {
    fn bytes(&self, filling: &Filling<'_>) -> Vec<u8> {
        let filled = |text: &str| filling.filled(text);
        let body = match self.packed.as_deref().and_then(from_hex) {
            Some(packed) => packed,
            None if self.gzip => packed(filled(&self.body).as_bytes()),
            None => filled(&self.body).into_bytes(),
        };
        // The reason is for people; no phone reads it.
        let mut head = format!("HTTP/1.1 {} -\r\n", self.status);
        for (name, value) in &self.headers {
            let value = filled(value.as_str().unwrap_or_default());
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.length && !matches!(self.status, 100..=199 | 204 | 304) {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str(if self.closes {
            "Connection: close\r\n\r\n"
        } else {
            "Connection: keep-alive\r\n\r\n"
        });
        [head.into_bytes(), body].concat()
    }
}
