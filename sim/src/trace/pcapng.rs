//! A trace's frames as a pcapng file, for Wireshark and its relatives: times in nanoseconds, and
//! a comment on the packet that follows a change of the device or of a phone.
//!
//! The format is of draft-ietf-opsawg-pcapng: sections 3.5 (options), 4.1 (section header), 4.2
//! (interface) and 4.3 (packet). Little-endian, one section, an interface for
//! each network: the device's access point first, then the home networks in the order in which their
//! first frame was sent.

use thiserror::Error;
use vestibule_core::Instant;

use super::{Record, Timeline, What, words};

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const PACKET: u32 = 6;

/// Tells a reader the order of bytes (section 4.1).
const BYTE_ORDER: u32 = 0x1a2b_3c4d;

/// Ethernet, in the registry of link types (section 8).
const ETHERNET: u16 = 1;

/// Options (sections 3.5, 4.1 and 4.2).
const COMMENT: u16 = 1;
const IF_NAME: u16 = 2;
const SHB_APPLICATION: u16 = 4;
const IF_RESOLUTION: u16 = 9;

/// Times count in 10 to the power of minus this many seconds.
const RESOLUTION: u8 = 9;

/// Most characters of a comment: a page may say much, an option holds 65 535 bytes.
const COMMENT_CHARACTERS: usize = 2000;

/// The trace has nothing that can be a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the trace holds no frames: runs over loopback have none; run the scenario again with \
     `--driver virtual` (or `qemu`) and `--trace`"
)]
pub struct NoFrames;

/// The trace's frames as a pcapng file.
///
/// # Errors
/// [`NoFrames`].
///
/// [`har`](crate::export::har) has an example of both.
pub fn pcapng(records: &[Record]) -> Result<Vec<u8>, NoFrames> {
    let last =
        records.iter().rposition(|record| matches!(record.what, What::Frame { .. })).ok_or(NoFrames)?;
    let mut file = Vec::new();
    section_header(&mut file, records);
    let networks = networks(records);
    networks.iter().for_each(|network| interface(&mut file, network.unwrap_or("access point")));
    let mut changes = Changes::default();
    for (index, record) in records.iter().enumerate() {
        let What::Frame { on, bytes, redacted, .. } = &record.what else {
            changes.note(record);
            continue;
        };
        if index == last {
            // No packet comes after these.
            records[index + 1..].iter().for_each(|record| changes.note(record));
        }
        // Every frame's network is in the list.
        let interface = networks.iter().position(|network| *network == on.as_deref()).unwrap_or(0);
        let comments = changes.comments(record.at, *redacted);
        packet(&mut file, interface, record.at, bytes, &comments);
    }
    Ok(file)
}

/// The networks of a trace's frames; the access point is `None`.
fn networks(records: &[Record]) -> Vec<Option<&str>> {
    let mut networks = vec![None];
    for record in records {
        if let What::Frame { on, .. } = &record.what
            && !networks.contains(&on.as_deref())
        {
            networks.push(on.as_deref());
        }
    }
    networks
}

/// What changed since the last packet.
#[derive(Default)]
struct Changes {
    timeline: Timeline,
    pending: Vec<(Instant, String)>,
}

impl Changes {
    fn note(&mut self, record: &Record) {
        // It has to see every record, because it leaves out repetitions.
        let is_news = self.timeline.matters(record);
        let is_change = match record.what {
            What::State { .. } | What::Power { .. } => true,
            What::AccessPoint { .. }
            | What::JoinFailed { .. }
            | What::Joined { .. }
            | What::AddressChanged { .. }
            | What::Stored { .. }
            | What::Forgotten
            | What::StaysClosed
            | What::CaptiveHome
            | What::StorageFault { .. }
            | What::Associated
            | What::Dissociated
            | What::Verdict { .. }
            | What::Notified
            | What::SheetOpened { .. }
            | What::SheetClosed { .. } => is_news,
            _ => false,
        };
        if is_change {
            self.pending.push((record.at, format!("{}: {}", record.node, words(&record.what))));
        }
    }

    /// The comments of a packet that is sent at `at` with so many bytes replaced.
    fn comments(&mut self, at: Instant, redacted: usize) -> Vec<String> {
        let changes = self.pending.drain(..).map(|(changed, words)| match changed == at {
            true => words,
            false => format!("{words} (at {:.6} s)", changed.as_micros() as f64 / 1e6),
        });
        let redacted = (redacted > 0).then(|| {
            format!(
                "{redacted} bytes that the owner typed are replaced by \"x\", and the TCP checksum fits that"
            )
        });
        changes.chain(redacted).collect()
    }
}

fn section_header(file: &mut Vec<u8>, records: &[Record]) {
    let mut body = Vec::new();
    body.extend(BYTE_ORDER.to_le_bytes());
    body.extend(1_u16.to_le_bytes());
    body.extend(0_u16.to_le_bytes());
    // The section's length: not told, it is the file's.
    body.extend((-1_i64).to_le_bytes());
    if let Some((scenario, seed)) = records.iter().find_map(|record| match &record.what {
        What::Begins { scenario, seed } => Some((scenario, seed)),
        _ => None,
    }) {
        comment(&mut body, &format!("{scenario}, seed {seed}"));
    }
    option(&mut body, SHB_APPLICATION, concat!("vestibule ", env!("CARGO_PKG_VERSION")).as_bytes());
    end_of_options(&mut body);
    block(file, SECTION_HEADER, &body);
}

fn interface(file: &mut Vec<u8>, name: &str) {
    let mut body = Vec::new();
    body.extend(ETHERNET.to_le_bytes());
    body.extend(0_u16.to_le_bytes());
    // Frames are whole, however long.
    body.extend(0_u32.to_le_bytes());
    option(&mut body, IF_NAME, name.as_bytes());
    option(&mut body, IF_RESOLUTION, &[RESOLUTION]);
    end_of_options(&mut body);
    block(file, INTERFACE, &body);
}

fn packet(file: &mut Vec<u8>, interface: usize, at: Instant, bytes: &[u8], comments: &[String]) {
    let nanos = at.as_micros().saturating_mul(1000);
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut body = Vec::new();
    body.extend(u32::try_from(interface).unwrap_or(u32::MAX).to_le_bytes());
    body.extend(((nanos >> 32) as u32).to_le_bytes());
    body.extend((nanos as u32).to_le_bytes());
    // Captured, and as it was on the air.
    body.extend(length.to_le_bytes());
    body.extend(length.to_le_bytes());
    body.extend(bytes);
    pad(&mut body);
    for words in comments {
        comment(&mut body, words);
    }
    if !comments.is_empty() {
        end_of_options(&mut body);
    }
    block(file, PACKET, &body);
}

fn comment(body: &mut Vec<u8>, words: &str) {
    let words: String = words.chars().take(COMMENT_CHARACTERS).collect();
    option(body, COMMENT, words.as_bytes());
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    body.extend(code.to_le_bytes());
    body.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
    body.extend(value);
    pad(body);
}

fn end_of_options(body: &mut Vec<u8>) {
    option(body, 0, &[]);
}

fn block(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    // The kind, and the length before and after.
    let length = u32::try_from(body.len() + 12).unwrap_or(u32::MAX).to_le_bytes();
    file.extend(kind.to_le_bytes());
    file.extend(length);
    file.extend(body);
    file.extend(length);
}

/// To a multiple of four bytes.
fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}
