//! The DNS server of the access point: it says that every name is this device.
//!
//! One question in, one answer out, nothing remembered. It answers a phone's stub resolver over
//! UDP and nobody else: it must never be served on the home network, and it never looks a name
//! up. It is strict with what it parses and mild in what it answers, because a phone that gets
//! no address, or waits for one, shows no sign-in sheet.

use core::net::Ipv4Addr;

use crate::limits::DNS_REPLY_BYTES;

/// How long an answer may be kept, in seconds, the answer that there is none included.
///
/// Long enough for the page and what it loads, short enough that a phone which has moved to the
/// home network does not look for its vendor's server at the device's address for long.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vestibule_core::{dns, limits::DNS_REPLY_BYTES};
///
/// let query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04lamp\x00\x00\x01\x00\x01";
/// let mut reply = [0; DNS_REPLY_BYTES];
/// let length = dns::answer(query, Ipv4Addr::new(192, 168, 4, 1), &mut reply).unwrap();
/// let lifetime = reply[..length].iter().rev().nth(6).copied(); // before a length and four bytes of address
/// assert_eq!(lifetime.map(u32::from), Some(dns::TIME_TO_LIVE));
/// ```
pub const TIME_TO_LIVE: u32 = 10;

/// Names that do not exist here. With the first two a network says that Private Relay is not to be used on it (grade
/// B: Apple, "Prepare your network for iCloud Private Relay"), with the last one that Firefox is to ask the network's
/// own names and not those of DNS over HTTPS (grade B: Mozilla, "Canary domain - use-application-dns.net"). An address
/// would mean the contrary.
const ABSENT: [&[u8]; 3] = [
    b"\x04mask\x06icloud\x03com\x00",
    b"\x07mask-h2\x06icloud\x03com\x00",
    b"\x13use-application-dns\x03net\x00",
];

/// Answers one datagram that arrived on port 53, or returns `None` to stay silent.
///
/// The answer is the first bytes of `reply`, as many as the returned number: at most
/// [`DNS_REPLY_BYTES`], and at most 318, so that it never needs truncation.
///
/// | asked | answered |
/// |---|---|
/// | type A or ANY | `address` |
/// | any other type | no error, no records, and an SOA record so that this can be cached (RFC 2308) |
/// | `mask.icloud.com`, `mask-h2.icloud.com`, `use-application-dns.net` | NXDOMAIN and an SOA record |
/// | a class other than IN | REFUSED |
/// | with an EDNS version other than 0 | BADVERS (RFC 6891 section 6.1.3) |
/// | with another opcode than QUERY | NOTIMP |
/// | anything malformed, or not exactly one question (RFC 9619) | FORMERR |
/// | with an OPT record | the same with one (RFC 6891 section 6.1.1), the last two included |
/// | a response, or less than a header | nothing |
///
/// Less than a header is met with silence because without one it cannot be told that the
/// datagram is no response: two servers that answer each other's answers never stop.
/// `None` also when `reply` is too small.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vestibule_core::{dns, limits::DNS_REPLY_BYTES};
///
/// let query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07captive\x05apple\x03com\x00\x00\x01\x00\x01";
/// let mut reply = [0; DNS_REPLY_BYTES];
/// let length = dns::answer(query, Ipv4Addr::new(192, 168, 4, 1), &mut reply).unwrap();
/// assert!(reply[..length].starts_with(&query[..2]), "the same ID");
/// assert!(reply[..length].ends_with(&[192, 168, 4, 1]));
/// ```
#[must_use]
pub fn answer(query: &[u8], address: Ipv4Addr, reply: &mut [u8]) -> Option<usize> {
    answer_by(query, reply, |_| address)
}

/// As [`answer`], with an address for each name.
///
/// [`Name::is`] has an example.
#[must_use]
pub fn answer_by(
    query: &[u8],
    reply: &mut [u8],
    resolve: impl FnOnce(Name<'_>) -> Ipv4Addr,
) -> Option<usize> {
    let mut reader = Reader(query);
    let header = Header::read(&mut reader)?;
    if header.is_response() {
        return None;
    }
    let mut edns = None;
    let query = Query::read(&header, &mut reader, &mut edns);
    let (verdict, query) = match query {
        _ if header.opcode() != 0 => (Verdict::OtherOperation, Query::NONE),
        Some(query) => (query.verdict(edns.as_ref()), query),
        None => (Verdict::Malformed, Query::NONE),
    };
    let has_soa = matches!(verdict, Verdict::NoRecords | Verdict::NoName);
    let mut out = Writer { buffer: reply, length: 0 };
    header.write_reply(&mut out, verdict.rcode(), verdict.is_authoritative())?;
    out.put_u16((!query.question.is_empty()).into())?;
    out.put_u16((verdict == Verdict::Address).into())?;
    out.put_u16(has_soa.into())?;
    out.put_u16(edns.is_some().into())?;
    out.put(query.question)?;
    if verdict == Verdict::Address {
        write_address(&mut out, resolve(Name(query.name)))?;
    }
    if has_soa {
        write_soa(&mut out)?;
    }
    if let Some(edns) = edns {
        edns.write_reply(&mut out, verdict == Verdict::BadVersion)?;
    }
    Some(out.length)
}

/// A name that is asked for.
///
/// It is handed to the `resolve` of [`answer_by`], and asked with [`Name::is`].
#[derive(Clone, Copy, Debug)]
pub struct Name<'a>(&'a [u8]);

impl Name<'_> {
    /// Whether it is this one, written with dots, in any case of letters.
    ///
    /// ```
    /// use core::net::Ipv4Addr;
    /// use vestibule_core::{dns, limits::DNS_REPLY_BYTES};
    ///
    /// let query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04MQTT\x04lamp\x00\x00\x01\x00\x01";
    /// let broker = Ipv4Addr::new(192, 168, 4, 9);
    /// let mut reply = [0; DNS_REPLY_BYTES];
    /// let own = Ipv4Addr::new(192, 168, 4, 1);
    /// let resolve = |name: dns::Name<'_>| if name.is("mqtt.lamp") { broker } else { own };
    /// let length = dns::answer_by(query, &mut reply, resolve).unwrap();
    /// assert!(reply[..length].ends_with(&broker.octets()));
    /// ```
    pub fn is(&self, dotted: &str) -> bool {
        let mut rest = self.0;
        for label in dotted.as_bytes().split(|byte| *byte == b'.') {
            let Some((length, after)) = rest.split_first() else { return false };
            let Some((own, next)) = after.split_at_checked(usize::from(*length)) else { return false };
            if !own.eq_ignore_ascii_case(label) {
                return false;
            }
            rest = next;
        }
        rest == [0]
    }
}

pub(crate) const TYPE_A: u16 = 1;
const TYPE_SOA: u16 = 6;
const TYPE_OPT: u16 = 41;
pub(crate) const TYPE_ANY: u16 = 255;
pub(crate) const CLASS_IN: u16 = 1;

/// RFC 1035 section 4.1.1.
pub(crate) const HEADER_BYTES: usize = 12;
/// RFC 1035 section 2.3.4, length bytes and the root's empty label included.
pub(crate) const NAME_BYTES: usize = 255;
/// As [`write_soa`] writes it; an address record is shorter.
const SOA_BYTES: usize = 33;
/// An OPT record without options.
const OPT_BYTES: usize = 11;
/// RFC 6891 section 6.2.3: a client that announces less than 512 bytes means 512. The longest
/// answer is shorter than that, so the announced size never has to be looked at.
const _: () = assert!(HEADER_BYTES + NAME_BYTES + 4 + SOA_BYTES + OPT_BYTES <= DNS_REPLY_BYTES);

/// Response codes: RFC 1035 section 4.1.1; 16 is split between header and OPT record.
#[derive(Clone, Copy)]
enum Rcode {
    NoError = 0,
    FormErr = 1,
    NxDomain = 3,
    NotImplemented = 4,
    Refused = 5,
}

/// The answer to a well-formed query.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Address,
    NoRecords,
    NoName,
    BadVersion,
    OtherClass,
    Malformed,
    OtherOperation,
}

impl Verdict {
    fn rcode(self) -> Rcode {
        match self {
            Self::Address | Self::NoRecords | Self::BadVersion => Rcode::NoError,
            Self::NoName => Rcode::NxDomain,
            Self::OtherClass => Rcode::Refused,
            Self::Malformed => Rcode::FormErr,
            Self::OtherOperation => Rcode::NotImplemented,
        }
    }

    fn is_authoritative(self) -> bool {
        matches!(self, Self::Address | Self::NoRecords | Self::NoName)
    }
}

/// The part of a header that is read or echoed.
struct Header {
    id: u16,
    flags: u16,
    questions: u16,
    answers: u16,
    authorities: u16,
    additionals: u16,
}

impl Header {
    const RESPONSE: u16 = 1 << 15;
    const OPCODE: u16 = 0xf << 11;
    const AUTHORITATIVE: u16 = 1 << 10;
    const RECURSION_DESIRED: u16 = 1 << 8;
    const RECURSION_AVAILABLE: u16 = 1 << 7;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            id: reader.u16()?,
            flags: reader.u16()?,
            questions: reader.u16()?,
            answers: reader.u16()?,
            authorities: reader.u16()?,
            additionals: reader.u16()?,
        })
    }

    fn is_response(&self) -> bool {
        self.flags & Self::RESPONSE != 0
    }

    fn opcode(&self) -> u16 {
        self.flags & Self::OPCODE
    }

    /// ID and flags of the answer. Recursion is said to be available: DHCP named this server as
    /// the phone's resolver, and a resolver that admits it cannot resolve invites the phone to
    /// look for another one. Where the operation is not implemented, nothing is said of recursion: only
    /// QUERY gives these bits a meaning (RFC 1035 section 4.1.1).
    fn write_reply(&self, out: &mut Writer<'_>, rcode: Rcode, authoritative: bool) -> Option<()> {
        let recursion = match rcode {
            Rcode::NotImplemented => 0,
            _ => self.flags & Self::RECURSION_DESIRED | Self::RECURSION_AVAILABLE,
        };
        let own = if authoritative { Self::AUTHORITATIVE } else { 0 };
        out.put_u16(self.id)?;
        out.put_u16(Self::RESPONSE | self.flags & Self::OPCODE | recursion | own | rcode as u16)
    }
}

/// The parts of a well-formed query that the answer depends on.
struct Query<'a> {
    /// The question as it arrived: name, type and class.
    question: &'a [u8],
    /// The question's name, in wire format.
    name: &'a [u8],
    qtype: u16,
    qclass: u16,
}

impl<'a> Query<'a> {
    /// What could not be understood.
    const NONE: Self = Self { question: b"", name: b"", qtype: 0, qclass: 0 };

    /// Reads what follows the header, and the OPT record that is in it, if only that can be read as well. Bytes after
    /// the last record are ignored.
    fn read(header: &Header, reader: &mut Reader<'a>, edns: &mut Option<Edns>) -> Option<Self> {
        let mut query = Self::NONE;
        for _ in 0..header.questions {
            let start = reader.0;
            let name = reader.question_name()?;
            let (qtype, qclass) = (reader.u16()?, reader.u16()?);
            query = Self { question: start.get(..name.len() + 4)?, name, qtype, qclass };
        }
        let before = u32::from(header.answers) + u32::from(header.authorities);
        let mut is_good = header.questions == 1;
        for number in 0..before + u32::from(header.additionals) {
            let record = Record::read(reader)?;
            if record.rtype == TYPE_OPT {
                // RFC 6891 section 6.1.1: at most one, and where it belongs.
                is_good &= number >= before && edns.is_none() && Edns::is_well_formed(&record);
                edns.get_or_insert(Edns::of(&record));
            }
        }
        is_good.then_some(query)
    }

    fn verdict(&self, edns: Option<&Edns>) -> Verdict {
        if edns.is_some_and(|edns| edns.version != 0) {
            Verdict::BadVersion
        } else if self.qclass != CLASS_IN {
            Verdict::OtherClass
        } else if ABSENT.iter().any(|name| self.name.eq_ignore_ascii_case(name)) {
            Verdict::NoName
        } else if matches!(self.qtype, TYPE_A | TYPE_ANY) {
            Verdict::Address
        } else {
            Verdict::NoRecords
        }
    }
}

/// A resource record of a query, of which only OPT means anything here.
struct Record<'a> {
    at_root: bool,
    rtype: u16,
    ttl: [u8; 4],
    data: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let at_root = reader.skip_name()?;
        let rtype = reader.u16()?;
        let _class = reader.u16()?;
        let ttl = *reader.take(4)?.first_chunk()?;
        let length = reader.u16()?;
        let data = reader.take(length.into())?;
        Some(Self { at_root, rtype, ttl, data })
    }
}

/// An OPT record, RFC 6891 section 6.1.
struct Edns {
    version: u8,
    /// The client understands DNSSEC records (the DO bit). There are none, but RFC 3225
    /// section 3 wants the bit back.
    dnssec: bool,
}

impl Edns {
    /// Options are unknown here and ignored, but must be whole.
    fn is_well_formed(record: &Record<'_>) -> bool {
        let mut options = Reader(record.data);
        let mut next = || {
            let _code = options.u16()?;
            let length = options.u16()?;
            options.take(length.into())?;
            Some(options.0.len())
        };
        let mut left = record.data.len();
        while left > 0 {
            let Some(after) = next() else { return false };
            left = after;
        }
        record.at_root
    }

    fn of(record: &Record<'_>) -> Self {
        let [_high_rcode, version, high_flags, _low_flags] = record.ttl;
        Self { version, dnssec: high_flags & 0x80 != 0 }
    }

    fn write_reply(&self, out: &mut Writer<'_>, bad_version: bool) -> Option<()> {
        let high_rcode = u8::from(bad_version);
        let high_flags = if self.dnssec { 0x80 } else { 0 };
        out.put(&[0])?;
        out.put_u16(TYPE_OPT)?;
        out.put_u16(DNS_REPLY_BYTES as u16)?;
        out.put(&[high_rcode, 0, high_flags, 0])?;
        out.put_u16(0)
    }
}

/// The one record of a positive answer. Its owner points at the question's name (RFC 1035
/// section 4.1.4), whose letters therefore come back in the case in which they were asked.
fn write_address(out: &mut Writer<'_>, address: Ipv4Addr) -> Option<()> {
    out.put(&[0xc0, HEADER_BYTES as u8])?;
    out.put_u16(TYPE_A)?;
    out.put_u16(CLASS_IN)?;
    out.put_u32(TIME_TO_LIVE)?;
    out.put_u16(4)?;
    out.put(&address.octets())
}

/// The record that lets a negative answer be kept (RFC 2308 section 3). Its owner is the root,
/// which is an ancestor of every name.
fn write_soa(out: &mut Writer<'_>) -> Option<()> {
    out.put(&[0])?;
    out.put_u16(TYPE_SOA)?;
    out.put_u16(CLASS_IN)?;
    out.put_u32(TIME_TO_LIVE)?;
    out.put_u16(22)?;
    out.put(&[0, 0])?; // primary server and mailbox: none
    for number in [1, TIME_TO_LIVE, TIME_TO_LIVE, TIME_TO_LIVE, TIME_TO_LIVE] {
        out.put_u32(number)?; // serial, refresh, retry, expire, and how long "none" holds
    }
    Some(())
}

/// The bytes not yet read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.take(2)?.first_chunk().copied().map(u16::from_be_bytes)
    }

    /// The name of a question: labels only, since there is nothing before it to point at.
    fn question_name(&mut self) -> Option<&'a [u8]> {
        let start = self.0;
        loop {
            match self.u8()? {
                0 => break,
                length @ 1..=63 => self.take(length.into())?,
                _ => return None,
            };
        }
        let name = start.get(..start.len() - self.0.len())?;
        (name.len() <= NAME_BYTES).then_some(name)
    }

    /// Passes over a record's name, which may end in a pointer that nobody follows. Tells
    /// whether it is the root.
    pub(crate) fn skip_name(&mut self) -> Option<bool> {
        let start = self.0.len();
        loop {
            match self.u8()? {
                0 => break,
                length @ 1..=63 => self.take(length.into())?,
                0xc0.. => {
                    self.u8()?;
                    return Some(false);
                }
                _ => return None,
            };
            if start - self.0.len() >= NAME_BYTES {
                return None;
            }
        }
        Some(start - self.0.len() == 1)
    }
}

/// The answer so far. Every method returns `None` when the buffer is full.
pub(crate) struct Writer<'a> {
    pub(crate) buffer: &'a mut [u8],
    pub(crate) length: usize,
}

impl Writer<'_> {
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.length + bytes.len();
        self.buffer.get_mut(self.length..end)?.copy_from_slice(bytes);
        self.length = end;
        Some(())
    }

    pub(crate) fn put_u16(&mut self, number: u16) -> Option<()> {
        self.put(&number.to_be_bytes())
    }

    pub(crate) fn put_u32(&mut self, number: u32) -> Option<()> {
        self.put(&number.to_be_bytes())
    }
}

#[cfg(test)]
mod tests;
