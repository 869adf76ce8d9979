//! The bytes of one record: a fixed envelope that says whether they are whole and which record
//! is the latest, around what is remembered.
//!
//! ```text
//! offset  bytes  content
//!      0      8  sequence number, little-endian
//!      8      1  version of the items: 1 in clear, 2 sealed (`super::seal` says how)
//!      9      1  zero
//!     10      2  length of the items, little-endian
//!     12      4  CRC-32 of everything else up to the end, little-endian
//!     16         items, padded with zeros to a whole number of blocks
//!
//! An item    1  what it is
//!            1  length of its first part
//!            1  length of its second part
//!               both parts
//!
//! 1 network    SSID (1 to 32), passphrase (0 or 8 to 64); the one joined last first
//! 2 values     nothing, and up to 255 bytes of the values; those that are longer in several items
//! ```
//!
//! A record without items says that everything was cleared. The envelope is the same in every
//! version, so that a firmware that went back to an older one still knows which record counts.

use zeroize::Zeroize;

use super::{Memory, StoreError};
use crate::limits::{STORED_NETWORKS, VALUES_BYTES};
use crate::network_credentials::Credentials;
use crate::passphrase::Passphrase;
use crate::ssid::Ssid;

/// Records are padded to whole blocks of so many bytes: a multiple of every word size that flash has.
pub(super) const BLOCK: usize = 64;

pub(super) const SEQUENCE: usize = 0;
pub(super) const VERSION: usize = 8;
const LENGTH: usize = 10;
pub(super) const CRC: usize = 12;
pub(super) const ITEMS: usize = 16;

/// Bytes before an item's parts.
const ITEM: usize = 3;
const NETWORK: u8 = 1;
const VALUES: u8 = 2;
/// Most bytes of the values in one item.
const PART: usize = 255;

/// Length of the longest items.
const ITEMS_BYTES: usize = STORED_NETWORKS * (ITEM + Ssid::MAX + Passphrase::MAX)
    + VALUES_BYTES.div_ceil(PART) * ITEM
    + VALUES_BYTES;

/// Bytes that a record has more when it is sealed.
pub(super) const SEAL_BYTES: usize = 42;

/// Length of the longest record. A firmware that cannot open a sealed one still knows which record counts.
pub(super) const RECORD_BYTES: usize = (ITEMS + ITEMS_BYTES + SEAL_BYTES).next_multiple_of(BLOCK);

/// The version in clear, and the only one whose items are read.
pub(super) const IN_CLEAR: u8 = 1;

/// The bytes of a sector at the place of its record; they may be anything else. Wiped when dropped.
///
/// Aligned as a word is, because some flash drivers want that of what they read from and write to.
#[repr(C, align(4))]
pub(super) struct Record([u8; RECORD_BYTES]);

impl Record {
    /// No record: erased flash.
    pub(super) const BLANK: Self = Self([0xff; RECORD_BYTES]);

    /// Becomes the record of what is remembered.
    pub(super) fn fill(&mut self, sequence: u64, memory: &Memory) {
        self.0.fill(0);
        self.put(SEQUENCE, &sequence.to_le_bytes());
        self.put(VERSION, &[IN_CLEAR]);
        let mut end = ITEMS;
        for Credentials { ssid, passphrase } in memory.networks() {
            end = self.put_item(end, NETWORK, ssid.as_bytes(), passphrase.expose());
        }
        for part in memory.values.as_bytes().chunks(PART) {
            end = self.put_item(end, VALUES, &[], part);
        }
        self.set_length(end - ITEMS);
        self.set_checksum();
    }

    fn put_item(&mut self, start: usize, what: u8, first: &[u8], second: &[u8]) -> usize {
        self.put(start, &[what, first.len() as u8, second.len() as u8]);
        self.put(start + ITEM, first);
        self.put(start + ITEM + first.len(), second);
        start + ITEM + first.len() + second.len()
    }

    /// The part of it that a record of its length takes, as it stands in flash. Of what is no
    /// record, one block.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0[..self.length().unwrap_or(BLOCK)]
    }

    /// Room for a record, to be read from flash.
    pub(super) fn room_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Length of the record, padding included, if it says a possible one.
    fn length(&self) -> Option<usize> {
        let length = (ITEMS + self.items_length()).next_multiple_of(BLOCK);
        (length <= RECORD_BYTES).then_some(length)
    }

    /// How many bytes of items it says that it has.
    pub(super) fn items_length(&self) -> usize {
        self.0.get(LENGTH..).and_then(<[u8]>::first_chunk).copied().map_or(0, u16::from_le_bytes).into()
    }

    pub(super) fn set_length(&mut self, items: usize) {
        self.put(LENGTH, &(items as u16).to_le_bytes());
    }

    fn checksum(&self) -> Option<u32> {
        let whole = self.0.get(..self.length()?)?;
        let (before, after) = (whole.get(..CRC)?, whole.get(ITEMS..)?);
        Some(!after.iter().fold(before.iter().fold(u32::MAX, crc32), crc32))
    }

    /// Its number, or `None` if this is no whole record: blank, torn, or garbage.
    pub(super) fn sequence(&self) -> Option<u64> {
        let whole = self.0.get(CRC..ITEMS)? == self.checksum()?.to_le_bytes();
        let number = self.0.first_chunk().copied().map(u64::from_le_bytes);
        number.filter(|_| whole)
    }

    /// Whether a whole record says that everything was cleared.
    pub(super) fn is_cleared(&self) -> bool {
        self.0[VERSION] == IN_CLEAR && self.0.get(LENGTH..CRC) == Some(&[0, 0])
    }

    /// Whether a whole record has something in it that is not sealed.
    #[cfg(feature = "sealed-at-rest")]
    pub(super) fn is_in_clear(&self) -> bool {
        self.0[VERSION] == IN_CLEAR && !self.is_cleared()
    }

    /// Gives it another number, without which its checksum is wrong.
    #[cfg(feature = "sealed-at-rest")]
    pub(super) fn set_sequence(&mut self, sequence: u64) {
        self.put(SEQUENCE, &sequence.to_le_bytes());
    }

    /// Puts what a whole record says into an empty memory, which stays empty after an error.
    pub(super) fn read_into(&self, memory: &mut Memory) -> Result<(), StoreError> {
        if self.sequence().is_none() || self.0[VERSION] != IN_CLEAR {
            return Err(StoreError::Unreadable);
        }
        let items = self.0.get(ITEMS..ITEMS + self.items_length()).ok_or(StoreError::Unreadable)?;
        if read_items(items, memory).is_none() {
            memory.clear();
            return Err(StoreError::Unreadable);
        }
        Ok(())
    }

    pub(super) fn put(&mut self, start: usize, bytes: &[u8]) {
        self.0[start..start + bytes.len()].copy_from_slice(bytes);
    }

    pub(super) fn set_checksum(&mut self) {
        if let Some(crc) = self.checksum() {
            self.put(CRC, &crc.to_le_bytes());
        }
    }
}

/// Reads the items; `None` if one of them is not as described.
fn read_items(mut items: &[u8], memory: &mut Memory) -> Option<()> {
    while let Some((&[what, first, second], rest)) = items.split_first_chunk::<ITEM>() {
        let (first, rest) = rest.split_at_checked(usize::from(first))?;
        let (second, rest) = rest.split_at_checked(usize::from(second))?;
        match what {
            NETWORK if !first.is_empty() => memory.append(Credentials {
                ssid: Ssid::new(first).ok()?,
                passphrase: Passphrase::new(second).ok()?,
            })?,
            VALUES => memory.values.append(second)?,
            _ => return None,
        }
        items = rest;
    }
    (items.is_empty() && memory.values.is_whole()).then_some(())
}

impl Drop for Record {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// One more byte of a CRC-32 as in IEEE 802.3. Bit by bit: a table would be eight times the size
/// of the code.
fn crc32(crc: u32, byte: &u8) -> u32 {
    (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn credentials(ssid: &[u8], secret: &[u8]) -> Credentials {
        Credentials { ssid: Ssid::new(ssid).unwrap(), passphrase: Passphrase::new(secret).unwrap() }
    }

    fn record(sequence: u64, memory: &Memory) -> Record {
        let mut record = Record::BLANK;
        record.fill(sequence, memory);
        record
    }

    fn memory(record: &Record) -> Result<Memory, StoreError> {
        let mut memory = Memory::new();
        record.read_into(&mut memory).map(|()| memory)
    }

    fn home() -> Memory {
        let mut memory = Memory::new();
        memory.remember(credentials(b"Home", b"correct horse"));
        memory
    }

    /// SSIDs of any bytes; passphrases of any bytes, keys, and none; values of any text.
    fn any_memory() -> impl Strategy<Value = Memory> {
        let secret = prop_oneof![
            Just(std::vec![]),
            vec(any::<u8>().prop_filter("text", |byte| !byte.is_ascii_control()), 8..64),
            "[0-9a-fA-F]{64}".prop_map(Into::into)
        ];
        let networks = vec((vec(any::<u8>(), 1..=32), secret), 0..=STORED_NETWORKS);
        (networks, vec((".{0,20}", ".{0,200}"), 0..5)).prop_map(|(networks, values)| {
            let mut memory = Memory::new();
            for (ssid, secret) in networks {
                memory.remember(credentials(&ssid, &secret));
            }
            for (name, value) in values {
                let _ = memory.values.set(&name, &value);
            }
            memory
        })
    }

    #[test]
    fn the_checksum_is_the_well_known_one() {
        assert_eq!(!b"123456789".iter().fold(u32::MAX, crc32), 0xcbf4_3926);
    }

    #[test]
    fn the_bytes_are_those_in_the_description() {
        let mut memory = home();
        memory.values.set("a", "bc").unwrap();
        let whole = record(0x0102, &memory);
        assert_eq!(whole.bytes().len(), BLOCK);
        assert_eq!(whole.bytes()[..12], *b"\x02\x01\0\0\0\0\0\0\x01\0\x1c\0");
        assert_eq!(whole.bytes()[16..45], *b"\x01\x04\x0dHomecorrect horse\x02\0\x05\x01a\x02bc\0");
        let cleared = record(7, &Memory::new());
        assert_eq!(cleared.bytes()[..12], *b"\x07\0\0\0\0\0\0\0\x01\0\0\0");
    }

    #[test]
    fn the_longest_memory_fits() {
        let mut memory = Memory::new();
        for number in 0..STORED_NETWORKS as u8 {
            memory.remember(credentials(&[number; 32], &[b'f'; 64]));
        }
        memory.values.set("a", &"x".repeat(253)).unwrap();
        memory.values.set("b", &"y".repeat(253)).unwrap();
        assert_eq!(super::tests::memory(&record(1, &memory)), Ok(memory));
    }

    #[test]
    fn erased_and_zeroed_flash_are_no_records() {
        for byte in [0x00, 0xff] {
            assert_eq!(Record([byte; RECORD_BYTES]).sequence(), None);
        }
    }

    #[test]
    fn whole_records_of_unknown_content_are_unreadable() {
        let (ssid, secret) = (ITEMS + 1, ITEMS + 2);
        let unknown = [
            (VERSION, 0),
            (VERSION, 2),
            (VERSION, 0xff),
            (LENGTH, 1),
            (LENGTH, 21),
            (ITEMS, 0),
            (ITEMS, 3),
            (ssid, 0),
            (ssid, 33),
            (ssid, 0xff),
            (secret, 7),
            (secret, 64),
            (secret, 0xff),
        ];
        for (at, byte) in unknown {
            let mut whole = record(9, &home());
            whole.put(at, &[byte]);
            assert_eq!(whole.sequence(), None);
            whole.set_checksum();
            assert_eq!(whole.sequence(), Some(9));
            assert_eq!(memory(&whole), Err(StoreError::Unreadable), "{byte} at {at}");
        }
    }

    #[test]
    fn one_wrong_bit_anywhere_is_noticed() {
        let whole = record(9, &home());
        for bit in 0..BLOCK * 8 {
            let mut wrong = Record(whole.0);
            wrong.0[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(wrong.sequence(), None, "bit {bit}");
            assert_eq!(memory(&wrong), Err(StoreError::Unreadable));
        }
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(sequence: u64, memory in any_memory()) {
            let whole = record(sequence, &memory);
            prop_assert_eq!(whole.sequence(), Some(sequence));
            prop_assert_eq!(super::tests::memory(&whole), Ok(memory));
        }

        /// A chip programs many words in one operation; whichever bits it has done when power
        /// fails, the rest are still erased.
        #[test]
        fn torn_in_any_way_it_is_no_record(
            sequence: u64, memory in any_memory(), undone in vec(any::<u8>(), RECORD_BYTES), sparse: bool,
        ) {
            let whole = record(sequence, &memory);
            let length = whole.bytes().len();
            let mut torn = Record::BLANK;
            torn.0[..length].copy_from_slice(whole.bytes());
            for (byte, undone) in torn.0[..length].iter_mut().zip(undone) {
                *byte |= if sparse && undone % 16 != 0 { 0 } else { undone };
            }
            prop_assume!(torn.0[..length] != *whole.bytes());
            prop_assert_eq!(torn.sequence(), None);
        }

        #[test]
        fn any_bytes_are_survived(bytes in vec(any::<u8>(), RECORD_BYTES), seal: bool, sensible: bool) {
            let mut record = Record::BLANK;
            record.0.copy_from_slice(&bytes);
            if sensible {
                record.0[VERSION] = IN_CLEAR;
                record.0[LENGTH + 1] %= 4;
                record.0[ITEMS] = 1 + record.0[ITEMS] % 2;
            }
            if seal {
                record.set_checksum();
            }
            if let Ok(memory) = memory(&record) {
                prop_assert!(memory.networks().iter().all(|known| !known.ssid.is_empty()));
            }
        }
    }
}
