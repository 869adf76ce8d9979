//! What is in a message, and what a query is answered.

use super::name::{Capitals, HostName, Owner, expanded};
use super::record::{Facts, OwnRecord, Record, RecordSet, TOP_BIT};
use crate::dns::{CLASS_IN, Reader, TYPE_ANY};

const CLASS_ANY: u16 = 255;

/// The head of a message (RFC 1035 section 4.1.1), and where its records are.
#[derive(Clone, Copy)]
pub(super) struct Message<'a> {
    bytes: &'a [u8],
    pub(super) id: u16,
    flags: u16,
    pub(super) questions: u16,
    answers: u16,
    authorities: u16,
    additionals: u16,
    body: Reader<'a>,
}

/// A section of records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Answer,
    Authority,
    Additional,
}

impl<'a> Message<'a> {
    /// Reads the head and checks that all that it promises is there. `None` also for what RFC 6762
    /// sections 18.3 and 18.11 have ignored: other opcodes, and responses that report an error.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        const OPCODE: u16 = 0xf << 11;
        const RCODE: u16 = 0xf;
        let mut reader = Reader(bytes);
        let (id, flags) = (reader.u16()?, reader.u16()?);
        let (questions, answers) = (reader.u16()?, reader.u16()?);
        let (authorities, additionals) = (reader.u16()?, reader.u16()?);
        if flags & (OPCODE | RCODE) != 0 {
            return None;
        }
        let message = Self { bytes, id, flags, questions, answers, authorities, additionals, body: reader };
        let records = u32::from(answers) + u32::from(authorities) + u32::from(additionals);
        let is_whole = message.questions().count() == usize::from(questions)
            && message.all_records().count() == records as usize;
        is_whole.then_some(message)
    }

    pub(super) fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    /// More known answers follow in another message.
    pub(super) fn is_truncated(&self) -> bool {
        self.flags & 0x0200 != 0
    }

    pub(super) fn questions(self) -> impl Iterator<Item = Question<'a>> {
        let mut reader = self.body;
        (0..self.questions).map_while(move |_| Question::read(self.bytes, &mut reader))
    }

    pub(super) fn all_records(self) -> impl Iterator<Item = (Section, Record<'a>)> {
        let mut reader = self.body;
        for _ in 0..self.questions {
            if Question::read(self.bytes, &mut reader).is_none() {
                reader = Reader(&[]);
            }
        }
        let sections = [
            (Section::Answer, self.answers),
            (Section::Authority, self.authorities),
            (Section::Additional, self.additionals),
        ];
        sections
            .into_iter()
            .flat_map(|(section, count)| (0..count).map(move |_| section))
            .map_while(move |section| Some((section, Record::read(self.bytes, &mut reader)?)))
    }

    pub(super) fn records(self, of: Section) -> impl Iterator<Item = Record<'a>> {
        self.all_records().filter(move |(section, _)| *section == of).map(|(_, record)| record)
    }

    /// The device's records that the sender knows already: those that it will know for at least half
    /// of their time (RFC 6762 section 7.1).
    pub(super) fn known(self, facts: &Facts<'_>) -> RecordSet {
        let mut known = RecordSet::EMPTY;
        for record in self.records(Section::Answer) {
            for own in OwnRecord::ALL {
                if record.has_key_of(own, facts.host)
                    && record.ttl >= own.ttl() / 2
                    && record.says(own, facts)
                {
                    known |= own.into();
                }
            }
        }
        known
    }
}

/// A question.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    message: &'a [u8],
    name_at: usize,
    pub(super) qtype: u16,
    pub(super) qclass: u16,
}

impl<'a> Question<'a> {
    fn read(message: &'a [u8], reader: &mut Reader<'a>) -> Option<Self> {
        let name_at = message.len() - reader.0.len();
        reader.skip_name()?;
        Some(Self { message, name_at, qtype: reader.u16()?, qclass: reader.u16()? })
    }

    /// Whether an answer to the asker alone will do (RFC 6762 section 5.4).
    pub(super) fn wants_unicast(&self) -> bool {
        self.qclass & TOP_BIT != 0
    }

    /// Which of the device's names it is about.
    pub(super) fn owner(&self, host: &HostName) -> Option<Owner> {
        if !matches!(self.qclass & !TOP_BIT, CLASS_IN | CLASS_ANY) {
            return None;
        }
        Owner::ALL.into_iter().find(|owner| owner.is(host, self.message, self.name_at))
    }

    /// Which letters of its name are capitals.
    pub(super) fn capitals(&self) -> Capitals {
        Capitals::of(expanded(self.message, self.name_at))
    }

    /// The device's records that answer it. For a type that one of the device's own names does not
    /// have, that is the record that says so (RFC 6762 section 6.1).
    pub(super) fn answers(&self, host: &HostName) -> RecordSet {
        let Some(owner) = self.owner(host) else { return RecordSet::EMPTY };
        let is_asked =
            |own: &OwnRecord| own.owner() == owner && (self.qtype == TYPE_ANY || self.qtype == own.rtype());
        let found = RecordSet::ANNOUNCED
            .iter()
            .filter(is_asked)
            .fold(RecordSet::EMPTY, |found, own| found | own.into());
        match owner {
            Owner::Host if found.is_empty() => OwnRecord::HostOnly.into(),
            Owner::Instance if found.is_empty() => OwnRecord::InstanceOnly.into(),
            _ => found,
        }
    }
}

/// The additional records, which save the client another query (RFC 6763 section 12).
pub(super) fn additional_to(answers: RecordSet) -> RecordSet {
    let mut additional = RecordSet::EMPTY;
    if answers.contains(OwnRecord::ServicePointer) {
        additional |=
            RecordSet::from(OwnRecord::Service) | OwnRecord::Text.into() | OwnRecord::Address.into();
    }
    if answers.contains(OwnRecord::Service) {
        additional |= OwnRecord::Address.into();
    }
    additional & !answers
}
