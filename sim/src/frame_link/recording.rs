//! The frames of a capture file as a link: they are heard, and nobody answers. For tests of what is heard.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::Path;

use pcap_parser::pcapng::Block;
use pcap_parser::{Linktype, PcapBlockOwned, PcapError, create_reader};

/// The longest block that is read.
const BLOCK_BYTES: usize = 1 << 20;

/// Most frames that are read: a link has no more than it can keep in memory.
const FRAMES: usize = 100_000;

/// A recording.
pub(super) struct Recording {
    frames: VecDeque<Vec<u8>>,
    heard: usize,
}

impl Recording {
    /// Reads the Ethernet frames of a file, pcap or pcapng.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let unreadable = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
        let mut reader = create_reader(BLOCK_BYTES, File::open(path)?)
            .map_err(|_| unreadable("it is no capture, neither pcap nor pcapng"))?;
        let mut frames = VecDeque::new();
        let mut is_ethernet = false;
        loop {
            match reader.next() {
                Ok((length, block)) => {
                    let frame = match &block {
                        PcapBlockOwned::LegacyHeader(header) => {
                            is_ethernet = header.network == Linktype::ETHERNET;
                            None
                        }
                        PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                            is_ethernet = interface.linktype == Linktype::ETHERNET;
                            None
                        }
                        PcapBlockOwned::Legacy(packet) => Some(packet.data),
                        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                            packet.data.get(..packet.caplen as usize)
                        }
                        PcapBlockOwned::NG(Block::SimplePacket(packet)) => Some(packet.data),
                        PcapBlockOwned::NG(_) => None,
                    };
                    frames.extend(frame.filter(|_| is_ethernet).map(<[u8]>::to_vec));
                    reader.consume(length);
                }
                // What was cut off is read as far as it goes.
                Err(PcapError::Incomplete(_)) => match reader.refill() {
                    Ok(()) => {}
                    Err(_) => break,
                },
                Err(_) => break,
            }
            if frames.len() >= FRAMES {
                break;
            }
        }
        if frames.is_empty() {
            return Err(unreadable("there is no Ethernet frame in it"));
        }
        Ok(Self { frames, heard: 0 })
    }

    /// The next frame, or how many there were.
    pub(super) fn next(&mut self) -> Result<Vec<u8>, usize> {
        let frame = self.frames.pop_front().ok_or(self.heard)?;
        self.heard += 1;
        Ok(frame)
    }
}
