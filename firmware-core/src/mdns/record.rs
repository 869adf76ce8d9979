//! Records: the device's own, and those that others send.

use core::net::Ipv4Addr;
use core::ops::{BitAnd, BitOr, BitOrAssign, Not};

use super::name::{HostName, Owner, expanded};
use crate::dns::{CLASS_IN, NAME_BYTES, Reader, TYPE_A, Writer};
use crate::limits::{MDNS_RDATA_BYTES, MDNS_TEXT_BYTES};

pub(super) const TYPE_PTR: u16 = 12;
pub(super) const TYPE_TXT: u16 = 16;
pub(super) const TYPE_SRV: u16 = 33;
pub(super) const TYPE_NSEC: u16 = 47;

/// Of a class: the record is all there is of its name and type (RFC 6762 section 10.2); of a
/// question's, an answer to the asker alone will do (section 5.4).
pub(super) const TOP_BIT: u16 = 0x8000;

/// RFC 6762 section 10: records with the host's name in name or data, and all others.
const HOST_TTL: u32 = 120;
const OTHER_TTL: u32 = 75 * 60;

/// The facts that the device's records state.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) host: &'a HostName,
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    /// The strings of the TXT record, each with its length.
    pub(super) text: &'a [u8],
}

/// One of the device's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum OwnRecord {
    Address = 1 << 0,
    Service = 1 << 1,
    Text = 1 << 2,
    ServicePointer = 1 << 3,
    TypePointer = 1 << 4,
    /// That the host has an address and nothing else.
    HostOnly = 1 << 5,
    /// That the instance has SRV and TXT and nothing else.
    InstanceOnly = 1 << 6,
}

impl OwnRecord {
    pub(super) const ALL: [Self; 7] = [
        Self::ServicePointer,
        Self::TypePointer,
        Self::Service,
        Self::Text,
        Self::Address,
        Self::HostOnly,
        Self::InstanceOnly,
    ];

    pub(super) const fn owner(self) -> Owner {
        match self {
            Self::Address | Self::HostOnly => Owner::Host,
            Self::Service | Self::Text | Self::InstanceOnly => Owner::Instance,
            Self::ServicePointer => Owner::ServiceType,
            Self::TypePointer => Owner::Enumeration,
        }
    }

    pub(super) const fn rtype(self) -> u16 {
        match self {
            Self::Address => TYPE_A,
            Self::Service => TYPE_SRV,
            Self::Text => TYPE_TXT,
            Self::ServicePointer | Self::TypePointer => TYPE_PTR,
            Self::HostOnly | Self::InstanceOnly => TYPE_NSEC,
        }
    }

    pub(super) const fn ttl(self) -> u32 {
        match self {
            Self::Text | Self::ServicePointer | Self::TypePointer => OTHER_TTL,
            Self::Address | Self::Service | Self::HostOnly | Self::InstanceOnly => HOST_TTL,
        }
    }

    /// Whether no other host may have a record of this name and type. Shared ones (PTR) are answered after a
    /// delay.
    pub(super) const fn is_unique(self) -> bool {
        !matches!(self, Self::ServicePointer | Self::TypePointer)
    }

    /// Writes the whole record. `ttl` is 0 in a goodbye; in an answer to a resolver that knows
    /// nothing of mDNS the top bit is not set.
    pub(super) fn write(
        self,
        facts: &Facts<'_>,
        ttl: u32,
        top_bit: bool,
        out: &mut Writer<'_>,
    ) -> Option<()> {
        self.owner().write(facts.host, out)?;
        out.put_u16(self.rtype())?;
        out.put_u16(if top_bit && self.is_unique() { CLASS_IN | TOP_BIT } else { CLASS_IN })?;
        out.put_u32(ttl)?;
        let data = self.data(facts);
        out.put_u16(data.len() as u16)?;
        out.put(&data)
    }

    /// The record's data, with names uncompressed.
    pub(super) fn data(self, facts: &Facts<'_>) -> heapless::Vec<u8, MDNS_RDATA_BYTES> {
        let mut bytes = [0; MDNS_RDATA_BYTES];
        let mut out = Writer { buffer: &mut bytes, length: 0 };
        let written = self.write_data(facts, &mut out);
        debug_assert!(written.is_some(), "the limit is too small");
        let length = out.length;
        heapless::Vec::from_slice(bytes.get(..length).unwrap_or_default()).unwrap_or_default()
    }

    fn write_data(self, facts: &Facts<'_>, out: &mut Writer<'_>) -> Option<()> {
        match self {
            Self::Address => out.put(&facts.address.octets()),
            Self::Service => {
                out.put_u16(0)?; // priority and weight: there is one server
                out.put_u16(0)?;
                out.put_u16(facts.port)?;
                Owner::Host.write(facts.host, out)
            }
            Self::Text if facts.text.is_empty() => out.put(&[0]), // RFC 6763 section 6.1
            Self::Text => out.put(facts.text),
            Self::ServicePointer => Owner::Instance.write(facts.host, out),
            Self::TypePointer => Owner::ServiceType.write(facts.host, out),
            // The next name is the name itself (RFC 6762 section 6.1), then the bits of the types:
            // block 0, its length, and the bit of each type from the left.
            Self::HostOnly => {
                Owner::Host.write(facts.host, out)?;
                out.put(&[0, 1, 0b0100_0000]) // A is 1
            }
            Self::InstanceOnly => {
                Owner::Instance.write(facts.host, out)?;
                out.put(&[0, 5, 0, 0, 0b1000_0000, 0, 0b0100_0000]) // TXT is 16, SRV is 33
            }
        }
    }
}

/// SRV with the longest host name, the TXT record, NSEC with the longest instance name.
const _: () = assert!(6 + 71 <= MDNS_RDATA_BYTES && MDNS_TEXT_BYTES <= MDNS_RDATA_BYTES);
const _: () = assert!(64 + 18 + 7 <= MDNS_RDATA_BYTES);

/// Some of the device's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RecordSet(u8);

impl RecordSet {
    pub(super) const EMPTY: Self = Self(0);
    /// The records that are announced; those that say what does not exist are only sent as answers.
    pub(super) const ANNOUNCED: Self = Self(0b1_1111);

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn contains(self, own: OwnRecord) -> bool {
        self.0 & own as u8 != 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = OwnRecord> {
        OwnRecord::ALL.into_iter().filter(move |own| self.contains(*own))
    }
}

impl From<OwnRecord> for RecordSet {
    fn from(own: OwnRecord) -> Self {
        Self(own as u8)
    }
}

impl BitOr for RecordSet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for RecordSet {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for RecordSet {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for RecordSet {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}

/// A record that somebody sent.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    message: &'a [u8],
    name_at: usize,
    pub(super) rtype: u16,
    /// Without its top bit.
    pub(super) class: u16,
    pub(super) ttl: u32,
    data: &'a [u8],
    data_at: usize,
}

impl<'a> Record<'a> {
    pub(super) fn read(message: &'a [u8], reader: &mut Reader<'a>) -> Option<Self> {
        let name_at = message.len() - reader.0.len();
        reader.skip_name()?;
        let rtype = reader.u16()?;
        let class = reader.u16()? & !TOP_BIT;
        let ttl = u32::from_be_bytes(*reader.take(4)?.first_chunk()?);
        let length = reader.u16()?;
        let data_at = message.len() - reader.0.len();
        let data = reader.take(length.into())?;
        Some(Self { message, name_at, rtype, class, ttl, data, data_at })
    }

    /// Whether it is of this name.
    pub(super) fn is_of(&self, owner: Owner, host: &HostName) -> bool {
        owner.is(host, self.message, self.name_at)
    }

    /// Whether name, type and class are those of this record of the device.
    pub(super) fn has_key_of(&self, own: OwnRecord, host: &HostName) -> bool {
        self.rtype == own.rtype() && self.class == CLASS_IN && self.is_of(own.owner(), host)
    }

    /// Whether it says what this record of the device says. Letters of names may differ in case.
    pub(super) fn says(&self, own: OwnRecord, facts: &Facts<'_>) -> bool {
        let ours = own.data(facts);
        let name_at = match self.rtype {
            TYPE_PTR => 0,
            TYPE_SRV => 6,
            _ => usize::MAX,
        };
        let same = |(index, (ours, theirs)): (usize, (&u8, u8))| {
            if index >= name_at { ours.eq_ignore_ascii_case(&theirs) } else { *ours == theirs }
        };
        self.plain_data().count() == ours.len() && ours.iter().zip(self.plain_data()).enumerate().all(same)
    }

    /// Its data, with names uncompressed that RFC 6762 section 18.14 allows to compress: two hosts that want the
    /// same name compare these bytes.
    pub(super) fn plain_data(&self) -> impl Iterator<Item = u8> + Clone + 'a {
        const TYPE_NS: u16 = 2;
        const TYPE_CNAME: u16 = 5;
        let before_name = match self.rtype {
            TYPE_PTR | TYPE_NS | TYPE_CNAME | TYPE_NSEC => Some(0),
            TYPE_SRV => Some(6),
            _ => None,
        };
        let plain = self.data.get(..before_name.unwrap_or(self.data.len())).unwrap_or(self.data);
        let (message, name_at) = (self.message, self.data_at + before_name.unwrap_or(0));
        // The name ends where it ends: what a malformed record has after it is not compared.
        let end = if before_name.is_some() { NAME_BYTES } else { 0 };
        plain.iter().copied().chain(expanded(message, name_at).take(end))
    }
}
