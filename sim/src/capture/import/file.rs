//! Packets out of a capture file, pcap or pcapng, read as a stream: one buffer, whatever its length.
//! Nothing of a packet is understood here.

use std::io::Read;

use pcap_parser::pcapng::Block;
use pcap_parser::{Linktype, PcapBlockOwned, PcapError, create_reader};

use super::{ImportError, LeftOut, Notes};

/// The longest packet or block that is read; programs that capture cut packets at a quarter of it.
const BLOCK_BYTES: usize = 1 << 20;

/// Most interfaces of a pcapng section that are remembered.
const INTERFACES: usize = 1024;

/// One packet of a capture.
pub(super) struct Packet<'a> {
    /// Microseconds, since 1970 most often.
    pub(super) at: u64,
    /// Where its record begins in the file.
    pub(super) offset: u64,
    /// What its bytes begin with.
    pub(super) link: Linktype,
    /// Its bytes as far as they were captured.
    pub(super) bytes: &'a [u8],
}

/// How one interface's packets are written down.
#[derive(Clone, Copy)]
struct Interface {
    link: Linktype,
    /// Units of time in a second.
    resolution: u64,
    /// Seconds that are added to every time.
    offset: i64,
}

impl Interface {
    fn micros(self, units: u64) -> u64 {
        let micros = u128::from(units) * 1_000_000 / u128::from(self.resolution.max(1));
        let offset = i128::from(self.offset) * 1_000_000;
        i128::try_from(micros)
            .ok()
            .and_then(|micros| u64::try_from(micros.saturating_add(offset)).ok())
            .unwrap_or_default()
    }
}

/// Hands every packet to `take` until the file ends or cannot be read on, which is noted with its
/// offset. Returns how many bytes were read.
pub(super) fn packets<R: Read + Send>(
    reader: R,
    notes: &mut Notes,
    mut take: impl FnMut(Packet<'_>, &mut Notes),
) -> Result<u64, ImportError> {
    let mut reader = create_reader(BLOCK_BYTES, reader).map_err(|error| match error {
        PcapError::Eof => ImportError::Empty,
        PcapError::ReadError => ImportError::Unreadable,
        _ => ImportError::NoCapture,
    })?;
    let mut interfaces = Vec::new();
    let (mut offset, mut last) = (0_u64, 0);
    loop {
        let error = match reader.next() {
            Ok((length, block)) => {
                packet(&block, &mut interfaces, offset, &mut last, notes, &mut take);
                offset += length as u64;
                reader.consume(length);
                continue;
            }
            Err(PcapError::Incomplete(_)) => match reader.refill() {
                Ok(()) => continue,
                Err(_) => "the file cannot be read on",
            },
            Err(PcapError::Eof) => return Ok(offset),
            Err(PcapError::UnexpectedEof) => "the file ends within a packet; it was cut off",
            Err(PcapError::BufferTooSmall) => "a packet is said to be longer than any can be; damaged here",
            Err(PcapError::ReadError) => "the file cannot be read on",
            Err(_) => "no packet begins where one must; damaged here",
        };
        if error.starts_with("the file ends") && reader.data().is_empty() {
            return Ok(offset);
        }
        notes.add(LeftOut { offset: Some(offset), what: format!("{error}, the rest is left out") });
        return Ok(offset);
    }
}

fn packet(
    block: &PcapBlockOwned<'_>,
    interfaces: &mut Vec<Interface>,
    offset: u64,
    last: &mut u64,
    notes: &mut Notes,
    take: &mut impl FnMut(Packet<'_>, &mut Notes),
) {
    let (interface, units, bytes) = match block {
        PcapBlockOwned::LegacyHeader(header) => {
            let resolution = if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
            interfaces.push(Interface { link: header.network, resolution, offset: 0 });
            return;
        }
        PcapBlockOwned::Legacy(packet) => {
            let Some(interface) = interfaces.first() else { return };
            let units = u64::from(packet.ts_sec) * interface.resolution + u64::from(packet.ts_usec);
            (*interface, Some(units), cut(packet.data, packet.caplen))
        }
        PcapBlockOwned::NG(Block::SectionHeader(_)) => return interfaces.clear(),
        PcapBlockOwned::NG(Block::InterfaceDescription(described)) => {
            if interfaces.len() < INTERFACES {
                let resolution = described.ts_resolution().unwrap_or(1_000_000);
                let offset = described.ts_offset();
                interfaces.push(Interface { link: described.linktype, resolution, offset });
            }
            return;
        }
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
            let Some(interface) = interfaces.get(packet.if_id as usize) else {
                let what = format!("a packet of interface {}, which is not described", packet.if_id);
                return notes.add(LeftOut { offset: Some(offset), what });
            };
            let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
            (*interface, Some(units), cut(packet.data, packet.caplen))
        }
        PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
            let Some(interface) = interfaces.first() else { return };
            (*interface, None, cut(packet.data, packet.origlen))
        }
        // Statistics, names and the like; secrets are not for us.
        PcapBlockOwned::NG(_) => return,
    };
    // A packet without a time was no earlier than the one before.
    *last = units.map_or(*last, |units| interface.micros(units));
    take(Packet { at: *last, offset, link: interface.link, bytes }, notes);
}

/// The data without its padding.
fn cut(data: &[u8], length: u32) -> &[u8] {
    data.get(..length as usize).unwrap_or(data)
}
