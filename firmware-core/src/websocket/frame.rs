//! The head of a frame (RFC 6455 section 5.2), read byte by byte and refused at the first byte
//! that is wrong; and written.

use super::close::Violation;
use crate::limits::WEBSOCKET_MESSAGE_BYTES;

/// Section 5.5.
pub(super) const CONTROL_BYTES: usize = 125;
/// Of what the device sends: two bytes, and two for a length over 125. It sends no mask.
pub(super) const OWN_HEAD_BYTES: usize = 4;
/// Two bytes, eight of length, four of mask.
const HEAD_BYTES: usize = 14;

/// Section 11.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Opcode {
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xa,
}

impl Opcode {
    fn read(byte: u8) -> Result<Self, Violation> {
        Ok(match byte & 0xf {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return Err(Violation::ReservedOpcode),
        })
    }

    pub(super) fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }
}

/// The head of a frame that a client sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) last: bool,
    pub(super) opcode: Opcode,
    pub(super) length: usize,
    pub(super) mask: [u8; 4],
}

/// A head of which some bytes are there.
#[derive(Clone, Copy)]
pub(super) struct HeadReader {
    bytes: [u8; HEAD_BYTES],
    length: usize,
}

impl HeadReader {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; HEAD_BYTES], length: 0 }
    }

    /// Takes the next byte; returns the head when it was the last. `in_message` says whether a
    /// message in several frames has begun, of which `message` bytes are there.
    pub(super) fn take(
        &mut self,
        byte: u8,
        in_message: bool,
        message: usize,
    ) -> Result<Option<Head>, Violation> {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
        match self.length {
            1 => check_first(byte, in_message)?,
            2 => self.check_second(byte)?,
            _ => {}
        }
        let Some(length) = self.payload_length()? else { return Ok(None) };
        let [first, second, ..] = self.bytes;
        let opcode = Opcode::read(first)?;
        let held = if opcode.is_control() { 0 } else { message as u64 };
        if length.saturating_add(held) > WEBSOCKET_MESSAGE_BYTES as u64 {
            return Err(Violation::TooBig);
        }
        let mask_at = 2 + extension(second);
        if self.length < mask_at + 4 {
            return Ok(None);
        }
        let mask = self.bytes.get(mask_at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        *self = Self::new();
        Ok(Some(Head { last: first & LAST != 0, opcode, length: length as usize, mask }))
    }

    fn check_second(&self, byte: u8) -> Result<(), Violation> {
        if byte & MASKED == 0 {
            return Err(Violation::NoMask);
        }
        let [first, ..] = self.bytes;
        if Opcode::read(first)?.is_control() && usize::from(byte & !MASKED) > CONTROL_BYTES {
            return Err(Violation::LongControl);
        }
        Ok(())
    }

    /// The length, once all its bytes are there. It must be written as short as it can be.
    fn payload_length(&self) -> Result<Option<u64>, Violation> {
        let [_, second, extended @ ..] = self.bytes;
        let bytes = extension(second);
        if self.length < 2 + bytes {
            return Ok(None);
        }
        let number = extended.iter().take(bytes).fold(0, |number, byte| number << 8 | u64::from(*byte));
        match bytes {
            0 => Ok(Some(u64::from(second & !MASKED))),
            2 if number < 126 => Err(Violation::LengthEncoding),
            8 if number <= u16::MAX.into() || number >> 63 != 0 => Err(Violation::LengthEncoding),
            _ => Ok(Some(number)),
        }
    }
}

const LAST: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

/// How many bytes of length follow the second byte.
fn extension(second: u8) -> usize {
    match second & !MASKED {
        127 => 8,
        126 => 2,
        _ => 0,
    }
}

/// Reserved bits are for extensions, of which none was agreed.
fn check_first(byte: u8, in_message: bool) -> Result<(), Violation> {
    if byte & RESERVED != 0 {
        return Err(Violation::ReservedBit);
    }
    let opcode = Opcode::read(byte)?;
    match opcode {
        Opcode::Continuation if !in_message => Err(Violation::OrphanContinuation),
        Opcode::Text | Opcode::Binary if in_message => Err(Violation::Interrupted),
        _ if opcode.is_control() && byte & LAST == 0 => Err(Violation::FragmentedControl),
        _ => Ok(()),
    }
}

/// The head of a frame that the device sends, and how many bytes of it count. `length` fits 16 bits.
pub(super) fn own_head(opcode: Opcode, last: bool, length: u16) -> ([u8; OWN_HEAD_BYTES], usize) {
    let first = opcode as u8 | if last { LAST } else { 0 };
    let [high, low] = length.to_be_bytes();
    if usize::from(length) <= CONTROL_BYTES { ([first, low, 0, 0], 2) } else { ([first, 126, high, low], 4) }
}
