//! One DNS question as phones ask it, and the reading of what comes back.
//!
//! Written with `hickory-proto`, so that the device's own DNS is checked by an independent
//! reader. Questions are plain: one name, recursion desired, no EDNS, as both recordings of
//! phones show them.

use std::net::Ipv4Addr;

use hickory_proto::ProtoError;
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use super::finding::Finding;

#[derive(Clone, Debug)]
pub(super) struct Question {
    id: u16,
    name: Name,
    record_type: RecordType,
}

/// What a datagram means to a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// It is no answer to this question; the phone goes on waiting.
    Foreign(Finding),
    /// It answers: the addresses it gives (none, if there are none or it says an error), what is odd about it,
    /// and what a resolver may do with it when there are none.
    Answer { addresses: Vec<Ipv4Addr>, findings: Vec<Finding>, remedy: Remedy },
}

/// What a resolver may do with an answer that has no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing follows from it.
    None,
    /// The server could not or would not (SERVFAIL, REFUSED, NOTIMP): another question may fare better.
    AskAgain,
    /// It is not whole: it is asked again over TCP (RFC 7766 section 5).
    OverTcp,
    /// It says how long it holds (it has an SOA record): kept, and not asked again meanwhile.
    Keep,
}

impl Question {
    pub(super) fn new(id: u16, name: &str, record_type: RecordType) -> Result<Self, ProtoError> {
        let mut name = Name::from_ascii(name)?;
        name.set_fqdn(true);
        Ok(Self { id, name, record_type })
    }

    /// The question that a recorded datagram asks; `None` unless it is a query with one question.
    pub(super) fn from_bytes(datagram: &[u8]) -> Option<Self> {
        let message = Message::from_vec(datagram).ok()?;
        let [query] = message.queries.as_slice() else { return None };
        let is_query = message.metadata.message_type == MessageType::Query
            && message.metadata.op_code == OpCode::Query
            && query.query_class == DNSClass::IN;
        is_query.then(|| Self {
            id: message.metadata.id,
            name: query.name.clone(),
            record_type: query.query_type,
        })
    }

    pub(super) fn is_for(&self, record_type: RecordType) -> bool {
        self.record_type == record_type
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, ProtoError> {
        let mut message = Message::new(self.id, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(self.name.clone(), self.record_type));
        message.to_vec()
    }

    pub(super) fn read(&self, datagram: &[u8]) -> Reading {
        let message = match Message::from_vec(datagram) {
            Ok(message) => message,
            Err(problem) => {
                let problem = problem.to_string();
                return Reading::Foreign(Finding::UnreadableAnswer {
                    name: self.name(),
                    asked: self.asked(),
                    problem,
                });
            }
        };
        if message.metadata.id != self.id {
            return Reading::Foreign(Finding::ForeignIdentifier {
                name: self.name(),
                asked: self.asked(),
                expected: self.id,
                got: message.metadata.id,
            });
        }
        if message.metadata.message_type != MessageType::Response || !self.is_repeated_in(&message) {
            return Reading::Foreign(Finding::OtherQuestion { name: self.name(), asked: self.asked() });
        }
        self.read_records(&message)
    }

    fn is_repeated_in(&self, message: &Message) -> bool {
        matches!(message.queries.as_slice(), [query]
            if query.name.eq_ignore_root(&self.name)
                && query.query_type == self.record_type
                && query.query_class == DNSClass::IN)
    }

    /// Follows aliases from the name asked for and gathers its addresses.
    fn read_records(&self, message: &Message) -> Reading {
        let mut findings = Vec::new();
        let mut addresses = Vec::new();
        let mut wanted = &self.name;
        for record in &message.answers {
            if !record.name.eq_ignore_root(wanted) {
                findings.push(Finding::OtherOwner {
                    name: self.name(),
                    asked: self.asked(),
                    owner: record.name.to_string(),
                });
                continue;
            }
            match &record.data {
                RData::CNAME(target) => wanted = &target.0,
                RData::A(address) if self.record_type == RecordType::A => addresses.push(address.0),
                // Any one set of records answers this (RFC 8482 section 4.1).
                _ if self.record_type == RecordType::ANY => {}
                _ if record.record_type() == self.record_type => {}
                _ => findings.push(Finding::UnaskedRecord {
                    name: self.name(),
                    asked: self.asked(),
                    got: record.record_type().to_string(),
                }),
            }
        }
        if message.metadata.response_code != ResponseCode::NoError {
            addresses.clear();
            findings.push(Finding::QuestionFailed {
                name: self.name(),
                asked: self.asked(),
                code: message.metadata.response_code.to_string(),
            });
        }
        Reading::Answer { addresses, findings, remedy: remedy(message) }
    }

    /// The question as a finding tells it when the answer is not whole.
    pub(super) fn truncated(&self) -> Finding {
        Finding::Truncated { name: self.name(), asked: self.asked() }
    }

    /// The question as a finding tells it when no answer came.
    pub(super) fn unanswered(&self) -> Finding {
        Finding::Unanswered { name: self.name(), asked: self.asked() }
    }

    pub(super) fn name(&self) -> String {
        self.name.to_ascii().trim_end_matches('.').to_owned()
    }

    pub(super) fn asked(&self) -> String {
        self.record_type.to_string()
    }
}

fn remedy(message: &Message) -> Remedy {
    let is_soa = |record: &Record| record.record_type() == RecordType::SOA;
    match message.metadata.response_code {
        _ if message.metadata.truncation => Remedy::OverTcp,
        ResponseCode::ServFail | ResponseCode::Refused | ResponseCode::NotImp => Remedy::AskAgain,
        _ if message.authorities.iter().any(is_soa) => Remedy::Keep,
        _ => Remedy::None,
    }
}
