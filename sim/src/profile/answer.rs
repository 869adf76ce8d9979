//! What a profile comes to: the bytes of its answers and replies. Written with `hickory-proto` and
//! by hand; shares nothing with the device.

use std::net::Ipv4Addr;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record, RecordType};

use super::{AddressAnswer, HttpReply, OtherAnswer, Profile, ResponseSpec};
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
    Silence,
    Close,
    Reset,
    /// The first bytes, then the others over and over.
    Endless(Vec<u8>, Vec<u8>),
}

enum Answer {
    Address(Ipv4Addr),
    Nothing,
    Refused,
}

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
            Answer::Address(address) => {
                let data = RData::A(A(address));
                reply.add_answer(Record::from_rdata(query.name.clone(), ttl.unwrap_or(TTL), data));
            }
            Answer::Nothing => {}
            Answer::Refused => reply.metadata.response_code = ResponseCode::Refused,
        }
        reply.add_query(query.clone());
        reply.to_vec().ok()
    }

    fn address_answer(&self, portal: Ipv4Addr) -> Option<Answer> {
        match self.dns.address.answer {
            AddressAnswer::Portal => Some(Answer::Address(portal)),
            AddressAnswer::Elsewhere => Some(Answer::Address(ELSEWHERE)),
            AddressAnswer::Nothing => Some(Answer::Nothing),
            AddressAnswer::Refused => Some(Answer::Refused),
            AddressAnswer::Silence => None,
        }
    }

    fn other_answer(&self, portal: Ipv4Addr) -> Option<Answer> {
        match self.dns.other.answer {
            OtherAnswer::Address => Some(Answer::Address(portal)),
            OtherAnswer::Nothing => Some(Answer::Nothing),
            OtherAnswer::Refused => Some(Answer::Refused),
            OtherAnswer::Silence => None,
        }
    }

    /// What a request is met with. `portal` is where the portal is, as its replies write it.
    pub(crate) fn answer_request(&self, request: &[u8], portal: &str) -> Treatment {
        let (host, path) = host_and_path(&String::from_utf8_lossy(request));
        let is_portal = host == portal || host.split(':').next() == portal.split(':').next();
        let fits = |wanted: &str| match wanted {
            "portal" => is_portal,
            "other" => !is_portal,
            name => host.eq_ignore_ascii_case(name),
        };
        let rule = self.http.iter().map(toml::Spanned::get_ref).find(|rule| {
            rule.host.as_deref().is_none_or(fits)
                && rule.path.as_ref().is_none_or(|wanted| *wanted.get_ref() == path)
        });
        match rule.map(|rule| rule.reply.get_ref()) {
            Some(HttpReply::Response(said)) => Treatment::Reply(said.bytes(portal)),
            Some(HttpReply::Garbage) => Treatment::Reply(b"\x15\x03\x01 no reply at all\r\n\r\n".to_vec()),
            Some(HttpReply::Endless) => Treatment::Endless(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n".to_vec(),
                b"<p>and so on</p>".repeat(128),
            ),
            Some(HttpReply::Close) => Treatment::Close,
            Some(HttpReply::Reset) => Treatment::Reset,
            // A profile's last rule fits everything.
            Some(HttpReply::Silence) | None => Treatment::Silence,
        }
    }
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
    fn bytes(&self, portal: &str) -> Vec<u8> {
        let filled = |text: &str| text.replace("{portal}", portal);
        let body = match self.packed.as_deref().and_then(from_hex) {
            Some(packed) => packed,
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
        head.push_str("Connection: close\r\n\r\n");
        [head.into_bytes(), body].concat()
    }
}
