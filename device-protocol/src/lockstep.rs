//! The same channel to a device in virtual time: records on its standard input and output in place of a serial line, and
//! frames and the clock among them.
//!
//! A record is its kind, the number of its bytes (little-endian, four bytes) and these bytes. The host sends whatever
//! there is for the device, and then [`Kind::Time`]; the device does all that it has to do at that moment, and answers
//! with what it sends, and then [`Kind::Idle`]. It does nothing at any other time. So two runs of the same records are the
//! same to the byte, and a day takes as long as what happens in it.
//!
//! The flash is the host's, and each access is a record that the host answers before anything else: a power cut, a bit that
//! turns, and what is found there after a restart are the host's business.

/// Bytes of a record before its own.
pub const HEADER_BYTES: usize = 5;

/// [`Kind::Idle`]'s deadline of a device that waits for others alone.
pub const NEVER: u64 = u64::MAX;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Either way: a message ([`FromHost`](crate::FromHost), [`FromDevice`](crate::FromDevice)) without its line feed.
    Line,
    /// Either way: a frame on the access point.
    AccessPointFrame,
    /// Either way: a frame on the home network.
    HomeFrame,
    /// To the device: it is so many microseconds after power came (eight bytes).
    Time,
    /// Of the device: its clock, which is ahead of the host's where the processor was held up, and its next deadline, or
    /// [`NEVER`] (eight bytes each).
    Idle,
    /// Of the device: offset and length (four bytes each). Answered by [`Kind::FlashDone`] with what is there.
    FlashRead,
    /// Of the device: offset and what to write. Answered by [`Kind::FlashDone`].
    FlashWrite,
    /// Of the device: from where to where to erase (four bytes each). Answered by [`Kind::FlashDone`].
    FlashErase,
    /// To the device: the flash has done as asked. A power cut is not answered: the device is ended.
    FlashDone,
    /// To the device: the flash has refused.
    FlashFailed,
    /// To the device: each change of the flash holds the processor up for so many microseconds from now on (eight bytes).
    FlashTakes,
    /// To the device: its random bytes repeat from now on (one byte, 1), or do not any more (0).
    RepeatEntropy,
    /// To the device: a fault of the radio's driver, as [`DriverFault`](crate::DriverFault) writes it.
    DriverFault,
}

impl Kind {
    const ALL: [Self; 13] = [
        Self::Line,
        Self::AccessPointFrame,
        Self::HomeFrame,
        Self::Time,
        Self::Idle,
        Self::FlashRead,
        Self::FlashWrite,
        Self::FlashErase,
        Self::FlashDone,
        Self::FlashFailed,
        Self::FlashTakes,
        Self::RepeatEntropy,
        Self::DriverFault,
    ];

    /// What comes before so many bytes of such a record.
    #[must_use]
    pub fn header(self, length: u32) -> [u8; HEADER_BYTES] {
        let [a, b, c, d] = length.to_le_bytes();
        [self as u8, a, b, c, d]
    }

    /// The kind and the length that a header says; `None` for a kind that this version does not know.
    #[must_use]
    pub fn read(header: [u8; HEADER_BYTES]) -> Option<(Self, u32)> {
        let [kind, a, b, c, d] = header;
        let kind = Self::ALL.into_iter().find(|known| *known as u8 == kind)?;
        Some((kind, u32::from_le_bytes([a, b, c, d])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_as_it_was_written() {
        for kind in Kind::ALL {
            assert_eq!(Kind::read(kind.header(70_000)), Some((kind, 70_000)));
        }
        assert_eq!(Kind::read([200, 0, 0, 0, 0]), None);
    }
}
