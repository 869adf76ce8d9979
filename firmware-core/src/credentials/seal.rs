//! A record that is sealed, so that who reads the flash reads neither names nor passphrases: version 2.
//!
//! ```text
//! offset  bytes  content
//!      0     16  the envelope, as in every version; the checksum is over what was sealed
//!     16     24  random
//!     40         encrypted: length of the items (2, little-endian), the items, zeros
//!            16  tag, at the end of the last block
//! ```
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with the device's [`FlashKey`]. The nonce is the random bytes, the
//! first eight of them XORed with the sequence number: no two records have the same, even where a chip's source of random bytes
//! repeats. The envelope up to the checksum is authenticated, so that an old record cannot be given a new number. Zeros
//! fill every record up to three blocks at least, so that its length does not tell how long the one network's name and
//! passphrase are.
//!
//! No cryptography is written here, and where the key comes from is decided elsewhere.

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};
use zeroize::Zeroize;

use super::record::{BLOCK, CRC, IN_CLEAR, ITEMS, Record, SEAL_BYTES, SEQUENCE, VERSION};
use crate::flash_key::FlashKey;

/// The version of a sealed record.
const SEALED: u8 = 2;

/// Random bytes in a sealed record.
pub(super) const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// Where what is encrypted begins, and where its items do.
const ENCRYPTED: usize = ITEMS + NONCE_BYTES;
const SEALED_ITEMS: usize = ENCRYPTED + 2;

/// A sealed record is never shorter: one network of the longest name and passphrase fits.
const SHORTEST: usize = 3 * BLOCK;

const _: () = assert!(SEAL_BYTES == NONCE_BYTES + 2 + TAG_BYTES, "the longest record has room for its seal");

impl Record {
    /// Seals a record that is in clear.
    pub(super) fn seal(&mut self, key: &FlashKey, random: [u8; NONCE_BYTES]) {
        let items = self.items_length();
        let end = (SEALED_ITEMS + items + TAG_BYTES).next_multiple_of(BLOCK).max(SHORTEST);
        let bytes = self.room_mut();
        bytes.copy_within(ITEMS..ITEMS + items, SEALED_ITEMS);
        bytes[SEALED_ITEMS + items..end].fill(0);
        self.put(ENCRYPTED, &(items as u16).to_le_bytes());
        self.put(ITEMS, &random);
        self.put(VERSION, &[SEALED]);
        self.set_length(end - ITEMS);
        let sealed = Parts::of(&mut self.room_mut()[..end]).and_then(|parts| parts.encrypt(key));
        // A record is long enough, and far from too long.
        debug_assert!(sealed.is_some(), "every record can be sealed");
        if sealed.is_none() {
            self.room_mut()[ITEMS..].zeroize();
        }
        self.set_checksum();
    }

    /// Opens a whole record that is sealed, if this is its key: it is one in clear then. Any other stays unreadable.
    pub(super) fn open(&mut self, key: &FlashKey) {
        if self.sequence().is_some() && self.room_mut()[VERSION] == SEALED {
            self.decrypt(key);
        }
    }

    fn decrypt(&mut self, key: &FlashKey) -> Option<()> {
        let end = ITEMS + self.items_length();
        let bytes = self.room_mut();
        Parts::of(bytes.get_mut(..end)?)?.decrypt(key)?;
        let items = usize::from(u16::from_le_bytes(*bytes.get(ENCRYPTED..)?.first_chunk()?));
        if SEALED_ITEMS + items > end {
            return None;
        }
        bytes.copy_within(SEALED_ITEMS..SEALED_ITEMS + items, ITEMS);
        bytes[ITEMS + items..].zeroize();
        self.put(VERSION, &[IN_CLEAR]);
        self.set_length(items);
        self.set_checksum();
        Some(())
    }
}

/// The parts of a sealed record, in its bytes.
struct Parts<'a> {
    nonce: [u8; NONCE_BYTES],
    /// What is authenticated and not encrypted.
    envelope: &'a [u8],
    encrypted: &'a mut [u8],
    tag: &'a mut [u8; TAG_BYTES],
}

impl<'a> Parts<'a> {
    /// `None` if the record is too short to be a sealed one.
    fn of(record: &'a mut [u8]) -> Option<Self> {
        let (envelope, rest) = record.split_at_mut_checked(ITEMS)?;
        let (random, rest) = rest.split_first_chunk_mut::<NONCE_BYTES>()?;
        let (encrypted, tag) = rest.split_last_chunk_mut::<TAG_BYTES>()?;
        let mut nonce = *random;
        nonce.iter_mut().zip(&envelope[SEQUENCE..VERSION]).for_each(|(byte, number)| *byte ^= number);
        (encrypted.len() >= 2).then_some(Self { nonce, envelope: &envelope[..CRC], encrypted, tag })
    }

    fn encrypt(self, key: &FlashKey) -> Option<()> {
        let cipher = XChaCha20Poly1305::new(key.expose().into());
        let tag =
            cipher.encrypt_inout_detached(&self.nonce.into(), self.envelope, self.encrypted.into()).ok()?;
        self.tag.copy_from_slice(&tag);
        Some(())
    }

    fn decrypt(self, key: &FlashKey) -> Option<()> {
        let cipher = XChaCha20Poly1305::new(key.expose().into());
        let tag = (&*self.tag).into();
        cipher.decrypt_inout_detached(&self.nonce.into(), self.envelope, self.encrypted.into(), tag).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::record::RECORD_BYTES;
    use super::super::{Memory, StoreError};
    use super::*;
    use crate::limits::STORED_NETWORKS;
    use crate::mock::MockDeviceKey;
    use crate::{Credentials, Passphrase, Ssid};

    fn key(seed: u64) -> FlashKey {
        FlashKey::derive(&mut MockDeviceKey::new(seed)).unwrap()
    }

    fn home() -> Memory {
        networks(&[(b"Home", b"correct horse")])
    }

    fn networks(all: &[(&[u8], &[u8])]) -> Memory {
        let mut memory = Memory::new();
        for (ssid, secret) in all {
            let (ssid, passphrase) = (Ssid::new(ssid).unwrap(), Passphrase::new(secret).unwrap());
            memory.remember(Credentials { ssid, passphrase });
        }
        memory
    }

    fn sealed(sequence: u64, memory: &Memory, random: u8) -> Record {
        let mut record = Record::BLANK;
        record.fill(sequence, memory);
        record.seal(&key(1), [random; NONCE_BYTES]);
        record
    }

    fn copy(record: &Record) -> Record {
        let mut copy = Record::BLANK;
        copy.put(0, record.bytes());
        copy
    }

    fn opened(record: &Record, key: &FlashKey) -> Result<Memory, StoreError> {
        let (mut record, mut memory) = (copy(record), Memory::new());
        record.open(key);
        record.read_into(&mut memory).map(|()| memory)
    }

    #[test]
    fn the_bytes_are_those_in_the_description() {
        // Reckoned with PyNaCl 1.6 (libsodium), the key by Python's hmac module.
        let record = sealed(0x0102, &home(), 7);
        let bytes = record.bytes();
        assert_eq!(bytes[..12], *b"\x02\x01\0\0\0\0\0\0\x02\0\xb0\0");
        assert_eq!(bytes[16..40], [7; 24]);
        assert_eq!(bytes.len(), 192);
        let digits: std::string::String = bytes[40..].iter().map(|byte| std::format!("{byte:02x}")).collect();
        let expected = [
            "35b92d6ab00b8f5ce62d94563852c183a45a530c06db21ef50e4bf9e8e5bb918fbf067c9d617bd99e06afeb018d64fb37751",
            "81e25cef19ac959f5f7eda7485ea3e71b50911d0197cc9be35ec5c3684626687d595c1e0ce21a9f737db9c90e4b8f505898b",
            "e140886209a8a4b2db7d6dd2899d484d34d3ec88db20bd0bd56c404f48e13b1635d3cd54aa0541867786119d48421a5b2d8e",
            "e7cf",
        ];
        assert_eq!(digits, expected.concat());
    }

    #[test]
    fn it_tells_its_number_and_nothing_else() {
        let record = sealed(9, &home(), 7);
        assert_eq!(record.sequence(), Some(9));
        for secret in [&b"Home"[..], b"correct", b"horse"] {
            assert!(!record.bytes().windows(secret.len()).any(|window| window == secret));
        }
        let longest = sealed(9, &networks(&[(&[b'a'; 32], &[b'f'; 64])]), 7);
        assert_eq!(record.bytes().len(), longest.bytes().len(), "its length does not tell the passphrase's");
        for length in 0..250 {
            let mut memory = home();
            memory.values.set("broker", &"b".repeat(length)).unwrap();
            assert_eq!(
                sealed(9, &memory, 7).bytes().len() % 64,
                0,
                "it tells the value's only in steps: {length}"
            );
        }
    }

    #[test]
    fn another_key_no_key_and_another_firmware_find_it_unreadable() {
        let record = sealed(9, &home(), 7);
        assert_eq!(opened(&record, &key(1)), Ok(home()));
        assert_eq!(opened(&record, &key(2)), Err(StoreError::Unreadable));
        assert_eq!(record.read_into(&mut Memory::new()), Err(StoreError::Unreadable));
        assert!(!record.is_in_clear() && !record.is_cleared());
    }

    #[test]
    fn the_same_random_bytes_seal_two_records_differently() {
        let [first, second] = [1, 2].map(|sequence| sealed(sequence, &home(), 7));
        let same = first.bytes()[ENCRYPTED..].iter().zip(&second.bytes()[ENCRYPTED..]);
        assert!(same.filter(|(one, other)| one == other).count() < 8);
    }

    #[test]
    fn one_changed_bit_anywhere_is_noticed_whatever_the_checksum_says() {
        let record = sealed(9, &home(), 7);
        for bit in 0..record.bytes().len() * 8 {
            let mut wrong = copy(&record);
            wrong.room_mut()[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(wrong.sequence(), None, "bit {bit}");
            wrong.set_checksum();
            let in_checksum = (CRC..ITEMS).contains(&(bit / 8));
            assert_eq!(opened(&wrong, &key(1)).is_ok(), in_checksum, "bit {bit}");
        }
    }

    #[test]
    fn a_sealed_record_of_any_length_is_read_without_a_panic() {
        for length in 0..=u16::MAX {
            let mut record = Record::BLANK;
            record.put(VERSION, &[SEALED, 0]);
            record.set_length(length.into());
            record.set_checksum();
            assert_eq!(opened(&record, &key(1)), Err(StoreError::Unreadable));
        }
    }

    #[test]
    fn the_longest_memory_fits() {
        let mut memory = Memory::new();
        for number in 0..STORED_NETWORKS as u8 {
            let ssid = Ssid::new(&[number; 32]).unwrap();
            memory.remember(Credentials { ssid, passphrase: Passphrase::new(&[b'f'; 64]).unwrap() });
        }
        memory.values.set("a", &"x".repeat(253)).unwrap();
        memory.values.set("b", &"y".repeat(253)).unwrap();
        let record = sealed(1, &memory, 7);
        assert_eq!(record.bytes().len(), RECORD_BYTES);
        assert_eq!(opened(&record, &key(1)), Ok(memory));
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            sequence: u64, random: u8, ssid in vec(any::<u8>(), 1..=32), secret in "[!-~]{8,63}", value in ".{0,120}",
        ) {
            let mut memory = networks(&[(&ssid, secret.as_bytes())]);
            let _ = memory.values.set("value", &value);
            let record = sealed(sequence, &memory, random);
            prop_assert_eq!(record.sequence(), Some(sequence));
            prop_assert_eq!(opened(&record, &key(1)), Ok(memory));
        }
    }
}
