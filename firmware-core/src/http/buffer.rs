//! The bytes of one request, head and body in a row. They may hold a passphrase, so they are overwritten as soon as they
//! have served.

use zeroize::Zeroize;

use crate::limits::REQUEST_BYTES;

pub(super) struct Buffer {
    bytes: [u8; REQUEST_BYTES],
    /// At most [`REQUEST_BYTES`].
    length: u16,
}

const _: () = assert!(REQUEST_BYTES <= u16::MAX as usize);

impl Buffer {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; REQUEST_BYTES], length: 0 }
    }

    /// Appends a byte. The limits of head and body are the readers' business; a byte too many is
    /// a mistake of theirs and is left out.
    pub(super) fn push(&mut self, byte: u8) {
        debug_assert!(self.length() < REQUEST_BYTES, "a reader let more through than its limit");
        if let Some(place) = self.bytes.get_mut(usize::from(self.length)) {
            *place = byte;
            self.length += 1;
        }
    }

    /// Appends bytes, under the same condition.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        let begins = self.length();
        let end = begins + bytes.len();
        debug_assert!(end <= REQUEST_BYTES, "a reader let more through than its limit");
        if let Some(place) = self.bytes.get_mut(begins..end) {
            place.copy_from_slice(bytes);
            self.length = end as u16;
        }
    }

    fn length(&self) -> usize {
        usize::from(self.length)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length()).unwrap_or_default()
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..usize::from(self.length)).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Overwrites so many of the last bytes and forgets them.
    pub(super) fn forget(&mut self, last: usize) {
        let kept = self.length().saturating_sub(last);
        if let Some(forgotten) = self.bytes.get_mut(kept..usize::from(self.length)) {
            forgotten.zeroize();
        }
        self.length = kept as u16;
    }

    /// Overwrites what is held and forgets it.
    pub(super) fn wipe(&mut self) {
        if let Some(held) = self.bytes.get_mut(..usize::from(self.length)) {
            held.zeroize();
        }
        self.length = 0;
    }

    /// Whether no byte of any request is left, in use or not.
    #[cfg(test)]
    pub(super) fn is_wiped(&self) -> bool {
        self.length == 0 && self.bytes.iter().all(|&byte| byte == 0)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.wipe();
    }
}
