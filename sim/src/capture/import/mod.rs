//! Makes recordings of captures: what programs like tcpdump write goes in, files that
//! [`load`](mod@super::load) reads come out, one for each client.
//!
//! A capture is read as a stream in bounded memory, however long or damaged it is. What could be
//! read is kept; the rest is named with its place. Of what was said nothing is kept but what is on a
//! list: `keep` has that of HTTP, `redact` that of names, addresses, DNS and DHCP.

pub(crate) mod compose;
mod dhcp;
mod file;
pub(crate) mod flows;
mod hosts;
pub(crate) mod http;
mod keep;
mod link;
mod redact;
mod segment;
mod stream;
mod unpack;
mod words;
mod write;

use std::fmt;
use std::io::Read;
use std::net::IpAddr;
use std::str::FromStr;

use thiserror::Error;

pub use compose::Recording;
use flows::{Asker, FlowEvent, Flows};
use http::Exchanged;
use link::Below;
use segment::{Carries, NoSegment, segment};

/// Most exchanges that are kept of a capture, and most bytes of them.
pub(crate) const EVENTS: usize = 65_536;
const EVENT_BYTES: usize = 64 << 20;

/// Most things left out that are named one by one.
const NAMED: usize = 50;

/// Ports of servers (RFC 1035 section 4.2, RFC 2131 section 4.1).
const DNS_PORT: u16 = 53;
const DHCP_PORT: u16 = 67;
/// Where DHCP's clients listen.
const DHCP_CLIENT_PORT: u16 = 68;

/// What is wanted of a capture.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Only this client; without one, all.
    pub client: Option<Wanted>,
    /// Names that are no known probe's are kept as they are.
    pub all_names: bool,
}

/// A client, by its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wanted {
    /// An IP address that it has.
    Address(IpAddr),
    /// Its hardware address.
    Hardware([u8; 6]),
}

/// A text is no client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected an IP address, or a hardware address like 02:00:00:00:00:01")]
pub struct BadClient;

impl FromStr for Wanted {
    type Err = BadClient;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let bytes: Option<Vec<u8>> = text
            .split([':', '-'])
            .map(|pair| u8::from_str_radix(pair, 16).ok().filter(|_| pair.len() == 2))
            .collect();
        let mac = bytes.and_then(|bytes| bytes.try_into().ok());
        mac.map(Self::Hardware).ok_or(BadClient)
    }
}

/// Why nothing of a capture could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The operating system does not hand them out.
    #[error("the file cannot be read")]
    Unreadable,
    /// It begins like neither format.
    #[error("offset 0: neither a pcap nor a pcapng file; tcpdump, Wireshark and tshark write them")]
    NoCapture,
    /// Gzip has packed more than is unpacked.
    #[error(
        "it unpacks to more than {0} bytes; unpack it yourself if you trust it, and import what comes out"
    )]
    TooLarge(u64),
}

/// Something that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The offset of its packet in the file, if it has one.
    pub offset: Option<u64>,
    /// What, and why.
    pub what: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "offset {offset}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// What was left out: the first of each kind with its place, the others counted.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    named: Vec<LeftOut>,
    repeated: Vec<u64>,
    more: u64,
}

impl Notes {
    /// Names something; what was named already is counted.
    pub(crate) fn add(&mut self, left_out: LeftOut) {
        if let Some(known) = self.named.iter().position(|named| named.what == left_out.what) {
            self.repeated[known] += 1;
        } else if self.named.len() < NAMED {
            self.named.push(left_out);
            self.repeated.push(0);
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn into_list(self) -> Vec<LeftOut> {
        let mut list = self.named;
        for (left_out, repeated) in list.iter_mut().zip(self.repeated) {
            if repeated > 0 {
                left_out.what += &format!(" (and {repeated} more like it)");
            }
        }
        if self.more > 0 {
            list.push(LeftOut { offset: None, what: format!("{} further things", self.more) });
        }
        list
    }
}

/// What came of a capture.
#[derive(Debug)]
pub struct Imported {
    /// One for each client, the most telling first.
    pub recordings: Vec<Recording>,
    /// What was left out, with its place.
    pub left_out: Vec<LeftOut>,
    /// How many packets were read.
    pub packets: u64,
    /// How many bytes of the file were read.
    pub bytes: u64,
}

/// One thing that a client sent.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) at: u64,
    pub(crate) offset: u64,
    pub(crate) asker: Asker,
    pub(crate) heard: Heard,
}

/// What was sent.
#[derive(Debug)]
pub(crate) enum Heard {
    Question {
        payload: Vec<u8>,
        over_tcp: bool,
    },
    Http(Exchanged),
    Dhcp(Vec<u8>),
    /// What a DHCP server said, which tells whose an address is. It is not recorded.
    Lease(Vec<u8>),
}

impl Heard {
    fn bytes(&self) -> usize {
        match self {
            Self::Question { payload, .. } | Self::Dhcp(payload) | Self::Lease(payload) => payload.len(),
            Self::Http(Exchanged { request, reply }) => {
                request.bytes.len() + reply.as_ref().map_or(0, |reply| reply.bytes.len())
            }
        }
    }
}

/// Reads a capture, pcap or pcapng.
///
/// # Errors
/// [`ImportError`] when it is no capture at all. A damaged one is read as far as that can be done.
pub fn import<R: Read + Send>(reader: R, settings: &Settings) -> Result<Imported, ImportError> {
    let mut notes = Notes::default();
    let (events, packets, bytes) = events(reader, &mut notes)?;
    let recordings = compose::recordings(events, settings, &mut notes);
    Ok(Imported { recordings, left_out: notes.into_list(), packets, bytes })
}

/// Every request in a capture and its reply, in their order, as they were sent. Nothing is taken
/// out: for captures of simulated devices alone.
pub(crate) fn exchanges<R: Read + Send>(reader: R) -> Result<Vec<(IpAddr, Exchanged)>, ImportError> {
    let (events, ..) = events(reader, &mut Notes::default())?;
    let http = |event: Event| match event.heard {
        Heard::Http(exchanged) => Some((event.asker.address, exchanged)),
        _ => None,
    };
    Ok(events.into_iter().filter_map(http).collect())
}

/// Everything that clients sent in a capture, in its order.
fn events<R: Read + Send>(reader: R, notes: &mut Notes) -> Result<(Vec<Event>, u64, u64), ImportError> {
    let mut events = Events::default();
    let mut packets = 0;
    let bytes = file::packets(reader, notes, |packet, notes| {
        packets += 1;
        events.take(&packet, notes);
    })?;
    Ok((events.finish(notes), packets, bytes))
}

/// Gathers what clients sent, packet by packet.
#[derive(Default)]
struct Events {
    flows: Flows,
    said: Vec<FlowEvent>,
    list: Vec<Event>,
    bytes: usize,
}

impl Events {
    fn take(&mut self, packet: &file::Packet<'_>, notes: &mut Notes) {
        let left_out = |what: String| LeftOut { offset: Some(packet.offset), what };
        match link::below(packet.link, packet.bytes) {
            Below::Aggregated(body) => link::subframes(body).for_each(|below| self.ip(&below, packet, notes)),
            Below::Encrypted => notes.add(left_out("an encrypted frame of 802.11".into())),
            Below::Unknown => {
                let what =
                    format!("a packet of link type {}, which is not understood", packet.link.0 & 0xffff);
                notes.add(left_out(what));
            }
            below => self.ip(&below, packet, notes),
        }
    }

    fn ip(&mut self, below: &Below<'_>, packet: &file::Packet<'_>, notes: &mut Notes) {
        let left_out = |what: &str| LeftOut { offset: Some(packet.offset), what: what.to_owned() };
        let mac = if let Below::Packet { from, .. } = below { *from } else { None };
        let now = (packet.at, packet.offset);
        let segment = match segment(below) {
            Ok(segment) => segment,
            Err(NoSegment::Other) => return,
            Err(NoSegment::Fragment) => return notes.add(left_out("a piece of a packet of IP")),
            Err(NoSegment::Damaged) if packet.cut => {
                return notes.add(left_out("a packet was cut off when it was captured, in its header"));
            }
            Err(NoSegment::Damaged) => return notes.add(left_out("a packet with a damaged header")),
        };
        let heard = match segment.carries {
            Carries::Udp { bytes, cut: false } if segment.to.1 == DNS_PORT => {
                Heard::Question { payload: bytes.to_vec(), over_tcp: false }
            }
            Carries::Udp { bytes, cut: false } if segment.to.1 == DHCP_PORT => Heard::Dhcp(bytes.to_vec()),
            Carries::Udp { bytes, cut: false } if segment.to.1 == DHCP_CLIENT_PORT => {
                Heard::Lease(bytes.to_vec())
            }
            Carries::Udp { cut: true, .. } if [DNS_PORT, DHCP_PORT].contains(&segment.to.1) => {
                let what = if segment.to.1 == DNS_PORT { "question for a name" } else { "DHCP message" };
                let what = format!(
                    "a {what} was cut off when it was captured (tcpdump takes whole packets with -s 0)"
                );
                return notes.add(left_out(&what));
            }
            Carries::Udp { .. } => return,
            Carries::Tcp { .. } => {
                self.flows.take(&segment, mac, now, &mut self.said);
                return self.drain(now, notes);
            }
        };
        let asker = Asker { address: segment.from.0, mac, server: segment.to.0 };
        self.add(Event { at: now.0, offset: now.1, asker, heard }, notes);
    }

    fn drain(&mut self, now: (u64, u64), notes: &mut Notes) {
        for said in std::mem::take(&mut self.said) {
            let event = match said {
                FlowEvent::Missing(offset, what) => {
                    notes.add(LeftOut { offset: Some(offset), what });
                    continue;
                }
                FlowEvent::Http(asker, exchanged) => {
                    let (at, offset) = (exchanged.request.at, exchanged.request.offset);
                    Event { at, offset, asker, heard: Heard::Http(exchanged) }
                }
                FlowEvent::Dns(asker, payload) => {
                    let heard = Heard::Question { payload, over_tcp: true };
                    Event { at: now.0, offset: now.1, asker, heard }
                }
            };
            self.add(event, notes);
        }
    }

    fn add(&mut self, event: Event, notes: &mut Notes) {
        self.bytes += event.heard.bytes();
        if self.list.len() >= EVENTS || self.bytes > EVENT_BYTES {
            let what = "an exchange beyond the most that are kept; use a shorter capture".into();
            return notes.add(LeftOut { offset: Some(event.offset), what });
        }
        self.list.push(event);
    }

    fn finish(mut self, notes: &mut Notes) -> Vec<Event> {
        std::mem::take(&mut self.flows).finish(&mut self.said);
        self.drain((0, 0), notes);
        self.list.sort_by_key(|event| (event.at, event.offset));
        self.list
    }
}
