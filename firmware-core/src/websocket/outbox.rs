//! Frames that wait to be sent: whole frames in order, in one buffer that does not grow.

use super::frame::{CONTROL_BYTES, OWN_HEAD_BYTES, Opcode, own_head};
use crate::limits::WEBSOCKET_OUTBOX_BYTES;

/// Kept free for the one frame that must always fit: the close.
const RESERVE: usize = 2 + CONTROL_BYTES;
const CAPACITY: usize = WEBSOCKET_OUTBOX_BYTES + RESERVE;
const _: () = assert!(CAPACITY <= u16::MAX as usize, "lengths are written in 16 bits");

pub(super) struct Outbox {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Outbox {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; CAPACITY], length: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Appends a frame; `None` if there is no room for all of it.
    pub(super) fn push(&mut self, opcode: Opcode, last: bool, payload: &[u8]) -> Option<()> {
        self.append(opcode, last, payload, WEBSOCKET_OUTBOX_BYTES)
    }

    /// Appends the close frame, which always fits. It is the last frame.
    pub(super) fn push_close(&mut self, payload: &[u8]) {
        let _ = self.append(Opcode::Close, true, payload, CAPACITY);
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    fn append(&mut self, opcode: Opcode, last: bool, payload: &[u8], limit: usize) -> Option<()> {
        let (head, head_length) = own_head(opcode, last, payload.len().try_into().ok()?);
        let start = self.length;
        let end = start.checked_add(head_length)?.checked_add(payload.len())?;
        if end > limit {
            return None;
        }
        let (head_place, payload_place) =
            self.bytes.get_mut(start..end)?.split_at_mut_checked(head_length)?;
        head_place.copy_from_slice(head.get(..head_length)?);
        payload_place.copy_from_slice(payload);
        self.length = end;
        Some(())
    }

    /// Moves the first bytes to `out`; returns how many.
    pub(super) fn take(&mut self, out: &mut [u8]) -> usize {
        let count = self.length.min(out.len());
        if let (Some(place), Some(taken)) = (out.get_mut(..count), self.bytes.get(..count)) {
            place.copy_from_slice(taken);
        }
        self.bytes.copy_within(count..self.length, 0);
        self.length -= count;
        count
    }
}

/// The longest ping and pong must fit, too.
const _: () = assert!(OWN_HEAD_BYTES + CONTROL_BYTES <= WEBSOCKET_OUTBOX_BYTES);
