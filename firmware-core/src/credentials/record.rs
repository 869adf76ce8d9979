//! The bytes of one record: a fixed envelope that says whether they are whole and which record
//! is the latest, around the credentials.
//!
//! ```text
//! offset  bytes  content
//!      0      8  sequence number, little-endian
//!      8      1  version of what follows: 1
//!      9      1  length of the SSID, 1 to 32; 0 says that the credentials were cleared
//!     10      1  length of the passphrase, 0 or 8 to 64
//!     11      1  zero
//!     12     32  SSID, padded with zeros
//!     44     64  passphrase, padded with zeros
//!    108     16  zero
//!    124      4  CRC-32 of everything before, little-endian
//! ```
//!
//! Length, place of the sequence number, of the version and of the checksum are the same in every
//! version, so that a firmware that went back to an older one still knows which record counts.

use zeroize::Zeroize;

use super::StoreError;
use crate::{Credentials, Passphrase, Ssid};

/// Length of a record: a multiple of every word size that flash has.
pub(super) const RECORD_BYTES: usize = 128;

const SEQUENCE: usize = 0;
const VERSION: usize = 8;
const SSID_LENGTH: usize = 9;
const PASSPHRASE_LENGTH: usize = 10;
const SSID: usize = 12;
const PASSPHRASE: usize = SSID + Ssid::MAX;
const CRC: usize = RECORD_BYTES - 4;
const _: () = assert!(PASSPHRASE + Passphrase::MAX <= CRC);

/// The version that this firmware writes, and the only one it reads.
const THIS_VERSION: u8 = 1;

/// What a sector holds where a record goes: a record, or anything else. Wiped when dropped.
///
/// Aligned as a word is, because some flash drivers want that of what they read from and write to.
#[repr(C, align(4))]
pub(super) struct Record([u8; RECORD_BYTES]);

impl Record {
    /// No record: erased flash.
    pub(super) const BLANK: Self = Self([0xff; RECORD_BYTES]);

    /// Becomes the record of these credentials, or of there being none any more.
    pub(super) fn fill(&mut self, sequence: u64, credentials: Option<&Credentials>) {
        self.0.fill(0);
        self.put(SEQUENCE, &sequence.to_le_bytes());
        self.put(VERSION, &[THIS_VERSION]);
        if let Some(Credentials { ssid, passphrase }) = credentials {
            let (ssid, secret) = (ssid.as_bytes(), passphrase.expose());
            self.put(SSID_LENGTH, &[ssid.len() as u8]);
            self.put(PASSPHRASE_LENGTH, &[secret.len() as u8]);
            self.put(SSID, ssid);
            self.put(PASSPHRASE, secret);
        }
        self.seal();
    }

    /// All of it, as it stands in flash.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// All of it, to be read from flash.
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Its number, or `None` if this is no whole record: blank, torn, or garbage.
    pub(super) fn sequence(&self) -> Option<u64> {
        let whole = self.0.get(CRC..)? == crc32(self.0.get(..CRC)?).to_le_bytes();
        let number = self.0.first_chunk().copied().map(u64::from_le_bytes);
        number.filter(|_| whole)
    }

    /// Whether it says that the credentials were cleared.
    pub(super) fn is_cleared(&self) -> bool {
        matches!(self.credentials(), Ok(None))
    }

    /// What a whole record says: credentials, or `None` that they were cleared.
    pub(super) fn credentials(&self) -> Result<Option<Credentials>, StoreError> {
        if self.sequence().is_none() || self.0[VERSION] != THIS_VERSION {
            return Err(StoreError::Unreadable);
        }
        let ssid = Ssid::new(self.text(SSID, SSID_LENGTH)?).map_err(|_| StoreError::Unreadable)?;
        let passphrase = Passphrase::new(self.text(PASSPHRASE, PASSPHRASE_LENGTH)?);
        let passphrase = passphrase.map_err(|_| StoreError::Unreadable)?;
        match (ssid.is_empty(), passphrase.is_open()) {
            (false, _) => Ok(Some(Credentials { ssid, passphrase })),
            (true, true) => Ok(None),
            (true, false) => Err(StoreError::Unreadable),
        }
    }

    /// The bytes at `start`, as many as the byte at `length` says.
    fn text(&self, start: usize, length: usize) -> Result<&[u8], StoreError> {
        let end = start + usize::from(self.0[length]);
        self.0.get(start..end).ok_or(StoreError::Unreadable)
    }

    fn put(&mut self, start: usize, bytes: &[u8]) {
        self.0[start..start + bytes.len()].copy_from_slice(bytes);
    }

    fn seal(&mut self) {
        let crc = crc32(&self.0[..CRC]);
        self.put(CRC, &crc.to_le_bytes());
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// CRC-32 as in IEEE 802.3. Bit by bit: a table would be eight times the size of the code.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn credentials(ssid: &[u8], secret: &[u8]) -> Credentials {
        Credentials { ssid: Ssid::new(ssid).unwrap(), passphrase: Passphrase::new(secret).unwrap() }
    }

    fn record(sequence: u64, credentials: Option<&Credentials>) -> Record {
        let mut record = Record::BLANK;
        record.fill(sequence, credentials);
        record
    }

    /// SSIDs of any bytes; passphrases of any bytes, keys, and none.
    fn any_credentials() -> impl Strategy<Value = Credentials> {
        let secret =
            prop_oneof![Just(std::vec![]), vec(any::<u8>(), 8..64), "[0-9a-fA-F]{64}".prop_map(Into::into)];
        (vec(any::<u8>(), 1..=32), secret).prop_map(|(ssid, secret)| credentials(&ssid, &secret))
    }

    #[test]
    fn the_checksum_is_the_well_known_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn the_bytes_are_those_in_the_description() {
        let whole = record(0x0102, Some(&credentials(b"Home", b"correct horse")));
        assert_eq!(whole.bytes()[..16], *b"\x02\x01\0\0\0\0\0\0\x01\x04\x0d\0Home");
        assert_eq!(whole.bytes()[44..58], *b"correct horse\0");
        let cleared = record(7, None);
        assert_eq!(cleared.bytes()[..12], *b"\x07\0\0\0\0\0\0\0\x01\0\0\0");
    }

    #[test]
    fn erased_and_zeroed_flash_are_no_records() {
        for byte in [0x00, 0xff] {
            assert_eq!(Record([byte; RECORD_BYTES]).sequence(), None);
        }
    }

    #[test]
    fn cleared_is_not_unreadable() {
        let cleared = record(7, None);
        assert!(cleared.is_cleared());
        assert_eq!(cleared.credentials(), Ok(None));
        assert!(!record(7, Some(&credentials(b"Home", b""))).is_cleared());
    }

    #[test]
    fn whole_records_of_unknown_content_are_unreadable() {
        let unknown = [
            (SSID_LENGTH, 0),
            (VERSION, 0),
            (VERSION, 2),
            (VERSION, 0xff),
            (SSID_LENGTH, 33),
            (SSID_LENGTH, 0xff),
            (PASSPHRASE_LENGTH, 7),
            (PASSPHRASE_LENGTH, 64),
            (PASSPHRASE_LENGTH, 65),
            (PASSPHRASE_LENGTH, 0xff),
        ];
        for (at, byte) in unknown {
            let mut whole = record(9, Some(&credentials(b"Home", b"correct horse")));
            whole.put(at, &[byte]);
            assert_eq!(whole.sequence(), None);
            whole.seal();
            assert_eq!(whole.sequence(), Some(9));
            assert_eq!(whole.credentials(), Err(StoreError::Unreadable), "{byte} at {at}");
            assert!(!whole.is_cleared());
        }
    }

    #[test]
    fn one_wrong_bit_anywhere_is_noticed() {
        let whole = record(9, Some(&credentials(b"Home", b"correct horse")));
        for bit in 0..RECORD_BYTES * 8 {
            let mut wrong = Record(whole.0);
            wrong.0[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(wrong.sequence(), None, "bit {bit}");
            assert_eq!(wrong.credentials(), Err(StoreError::Unreadable));
        }
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(sequence: u64, credentials in any_credentials()) {
            let whole = record(sequence, Some(&credentials));
            prop_assert_eq!(whole.sequence(), Some(sequence));
            prop_assert_eq!(whole.credentials(), Ok(Some(credentials)));
        }

        /// A chip programs many words in one operation; whichever bits it has done when power
        /// fails, the rest are still erased.
        #[test]
        fn torn_in_any_way_it_is_no_record(
            sequence: u64, credentials in any_credentials(), undone: [[u8; 32]; 4], sparse: bool,
        ) {
            let whole = record(sequence, Some(&credentials));
            let mut torn = Record(whole.0);
            for (byte, undone) in torn.0.iter_mut().zip(undone.as_flattened()) {
                *byte |= if sparse && undone % 16 != 0 { 0 } else { *undone };
            }
            prop_assume!(torn.0 != whole.0);
            prop_assert_eq!(torn.sequence(), None);
        }

        #[test]
        fn any_bytes_are_survived(bytes: [[u8; 32]; 4], seal: bool, version_one: bool) {
            let mut record = Record::BLANK;
            record.0.copy_from_slice(bytes.as_flattened());
            if version_one {
                record.0[VERSION] = THIS_VERSION;
            }
            if seal {
                record.seal();
            }
            if let Ok(Some(credentials)) = record.credentials() {
                prop_assert!(!credentials.ssid.is_empty());
            }
        }
    }
}
