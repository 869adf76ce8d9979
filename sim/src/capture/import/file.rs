//! Packets out of a capture file, pcap or pcapng, packed by gzip or not, read as a stream: one buffer, whatever
//! its length. Nothing of a packet is understood here.

use std::io::Read;

use pcap_parser::pcapng::Block;
use pcap_parser::{Linktype, PcapBlockOwned, PcapError, create_reader};

use super::unpack::{Unpacked, unpack};
use super::{ImportError, LeftOut, Notes};

/// The longest packet or block that is read; programs that capture cut packets at a quarter of it.
const BLOCK_BYTES: usize = 1 << 20;

/// The block with a packet that came before the enhanced one (draft-ietf-opsawg-pcapng, "Obsolete Blocks").
const OBSOLETE_PACKET: u32 = 2;

/// Most interfaces of a pcapng section that are remembered.
const INTERFACES: usize = 1024;

/// How much a file that gzip has packed may unpack to.
const UNPACKED_BYTES: u64 = 1 << 30;

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
    /// Whether there were more.
    pub(super) cut: bool,
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

/// What is known of a section: a pcapng file may have several, a pcap file is one.
#[derive(Default)]
struct Section {
    interfaces: Vec<Interface>,
    is_big_endian: bool,
    /// When the last packet was.
    last: u64,
}

/// Hands every packet to `take` until the file ends or cannot be read on, which is noted with its
/// offset. Returns how many bytes were read.
pub(super) fn packets<R: Read + Send>(
    reader: R,
    notes: &mut Notes,
    take: impl FnMut(Packet<'_>, &mut Notes),
) -> Result<u64, ImportError> {
    packets_of_at_most(UNPACKED_BYTES, reader, notes, take)
}

fn packets_of_at_most<R: Read + Send>(
    most: u64,
    reader: R,
    notes: &mut Notes,
    mut take: impl FnMut(Packet<'_>, &mut Notes),
) -> Result<u64, ImportError> {
    let Unpacked { reader, was_packed } = unpack(reader, most);
    let mut reader = create_reader(BLOCK_BYTES, reader).map_err(|error| match error {
        PcapError::Eof => ImportError::Empty,
        PcapError::ReadError => ImportError::Unreadable,
        _ => ImportError::NoCapture,
    })?;
    let (mut offset, mut section) = (0_u64, Section::default());
    let end = loop {
        match reader.next() {
            Ok((length, block)) => {
                section.block(&block, offset, notes, &mut take);
                offset += length as u64;
                reader.consume(length);
                continue;
            }
            Err(PcapError::Incomplete(_)) => match reader.refill() {
                Ok(()) => continue,
                Err(_) => break End::Unreadable,
            },
            Err(PcapError::ReadError) => break End::Unreadable,
            Err(PcapError::Eof) => break End::Whole,
            Err(PcapError::UnexpectedEof) => break End::Cut,
            Err(PcapError::BufferTooSmall) => break End::TooLong,
            Err(_) => break End::Damaged,
        }
    };
    let left = reader.data().len() as u64;
    if was_packed && offset + left > most {
        return Err(ImportError::TooLarge(most));
    }
    let what = match end {
        End::Whole => return Ok(offset),
        End::Cut if left == 0 => return Ok(offset),
        End::Cut => "the file ends within a packet; it was cut off",
        End::TooLong => "a packet is said to be longer than any can be; damaged here",
        End::Unreadable if was_packed => "the file cannot be unpacked further; it was cut off or is damaged",
        End::Unreadable => "the file cannot be read on",
        End::Damaged => "no packet begins where one must; damaged here",
    };
    notes.add(LeftOut { offset: Some(offset), what: format!("{what}, the rest is left out") });
    Ok(offset)
}

/// How reading ended.
#[derive(Clone, Copy)]
enum End {
    Whole,
    /// Within a block.
    Cut,
    /// A block says that it is longer than any is.
    TooLong,
    Unreadable,
    Damaged,
}

impl Section {
    fn block(
        &mut self,
        block: &PcapBlockOwned<'_>,
        offset: u64,
        notes: &mut Notes,
        take: &mut impl FnMut(Packet<'_>, &mut Notes),
    ) {
        let (interface, units, data, lengths) = match block {
            PcapBlockOwned::LegacyHeader(header) => {
                let resolution = if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
                return self.interfaces.push(Interface { link: header.network, resolution, offset: 0 });
            }
            PcapBlockOwned::Legacy(packet) => {
                let Some(interface) = self.interfaces.first() else { return };
                let units = u64::from(packet.ts_sec) * interface.resolution + u64::from(packet.ts_usec);
                (0, Some(units), packet.data, (packet.caplen, packet.origlen))
            }
            PcapBlockOwned::NG(Block::SectionHeader(header)) => {
                self.is_big_endian = header.big_endian();
                return self.interfaces.clear();
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(described)) => {
                if self.interfaces.len() < INTERFACES {
                    let resolution = described.ts_resolution().unwrap_or(1_000_000);
                    let offset = described.ts_offset();
                    self.interfaces.push(Interface { link: described.linktype, resolution, offset });
                }
                return;
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                (packet.if_id, Some(units), packet.data, (packet.caplen, packet.origlen))
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                (0, None, packet.data, (packet.origlen, packet.origlen))
            }
            PcapBlockOwned::NG(Block::Unknown(block))
                if self.host_order(block.block_type) == OBSOLETE_PACKET =>
            {
                let Some((head, data)) = block.data.split_at_checked(20) else { return };
                let word = |at: usize| self.word(head, at);
                // Before the number of the packets lost there are but two bytes for the interface's.
                let interface = if self.is_big_endian { word(0) >> 16 } else { word(0) & 0xffff };
                let units = u64::from(word(4)) << 32 | u64::from(word(8));
                (interface, Some(units), data, (word(12), word(16)))
            }
            // Statistics, names and the like; secrets are not for us.
            PcapBlockOwned::NG(_) => return,
        };
        let Some(interface) = self.interfaces.get(interface as usize).copied() else {
            let what = format!("a packet of interface {interface}, which is not described");
            return notes.add(LeftOut { offset: Some(offset), what });
        };
        // A packet without a time was no earlier than the one before.
        self.last = units.map_or(self.last, |units| interface.micros(units));
        let bytes = without_padding(data, lengths.0);
        let cut = bytes.len() < lengths.1 as usize;
        take(Packet { at: self.last, offset, link: interface.link, bytes, cut }, notes);
    }

    /// A number that was read with its lowest byte first, as the section has it.
    fn host_order(&self, number: u32) -> u32 {
        if self.is_big_endian { number.swap_bytes() } else { number }
    }

    fn word(&self, bytes: &[u8], at: usize) -> u32 {
        let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).unwrap_or_default();
        self.host_order(u32::from_le_bytes(four))
    }
}

fn without_padding(data: &[u8], length: u32) -> &[u8] {
    data.get(..length as usize).unwrap_or(data)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// A pcap file of so many packets of a kilobyte that say nothing.
    fn pcap(packets: usize) -> Vec<u8> {
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let record = [words(&[1_600_000_000, 0, 1008, 1500]), vec![0; 1008]].concat();
        [words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, 1]), record.repeat(packets)].concat()
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// How many packets are read, what comes of it, and what is noted.
    fn read(most: u64, file: &[u8]) -> (usize, Result<u64, ImportError>, Vec<String>) {
        let (mut notes, mut count) = (Notes::default(), 0);
        let done = packets_of_at_most(most, file, &mut notes, |packet, _| {
            assert!(packet.cut && packet.bytes.len() == 1008);
            count += 1;
        });
        (count, done, notes.into_list().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_small_file_that_unpacks_to_more_than_may_be_is_an_error() {
        let (bomb, most) = (packed(&pcap(1024)), 1 << 20);
        assert!(bomb.len() < 20_000, "{}", bomb.len());
        let (count, done, notes) = read(most, &bomb);
        assert_eq!((done, notes), (Err(ImportError::TooLarge(most)), vec![]));
        assert!(count < 1025);
        // In several pieces, as some programs write it, and just not too long.
        let whole = pcap(1023);
        let pieces = [packed(&whole[..1000]), packed(&whole[1000..])].concat();
        assert_eq!(read(most, &pieces), (1023, Ok(whole.len() as u64), vec![]));
        // What is not packed may be as long as it likes.
        assert_eq!(read(1000, &whole).0, 1023);
    }

    #[test]
    fn what_was_cut_off_is_read_up_to_there() {
        let whole = packed(&pcap(300));
        let (count, done, notes) = read(1 << 20, &whole[..whole.len() - 200]);
        assert!(count < 300 && done.is_ok());
        assert!(notes[0].contains("cannot be unpacked further"), "{notes:?}");
        let (.., notes) = read(1 << 20, &pcap(3)[..2000]);
        assert!(notes[0].contains("the file ends within a packet"), "{notes:?}");
        assert_eq!(read(1 << 20, &packed(b"")).1, Err(ImportError::Empty));
        assert_eq!(
            read(1 << 20, &packed(b"no capture, but a text of some length")).1,
            Err(ImportError::NoCapture)
        );
    }
}
