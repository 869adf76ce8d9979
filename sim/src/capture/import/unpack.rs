//! A capture that gzip has packed, as Wireshark saves one if asked, is unpacked while it is read: as a stream,
//! and only so far, for a small file can unpack to more than anybody has room for.

use std::io::{Cursor, Error, Read, Result};

use flate2::read::MultiGzDecoder;

/// What a file that gzip has packed begins with (RFC 1952 section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// How much is read at first: what tells a file's format has to come in one piece.
const FIRST_BYTES: u64 = 64 * 1024;

/// A capture's bytes, unpacked.
pub(super) struct Unpacked<'r> {
    pub(super) reader: Box<dyn Read + Send + 'r>,
    /// Whether gzip had packed them.
    pub(super) was_packed: bool,
}

/// Begins to read. What gzip has packed ends one byte after `most`.
pub(super) fn unpack<'r>(reader: impl Read + Send + 'r, most: u64) -> Unpacked<'r> {
    let reader = Begun::new(reader);
    if !reader.first.get_ref().starts_with(&GZIP) {
        return Unpacked { reader: Box::new(reader), was_packed: false };
    }
    let unpacked = MultiGzDecoder::new(reader).take(most.saturating_add(1));
    Unpacked { reader: Box::new(Begun::new(unpacked)), was_packed: true }
}

/// A reader whose first bytes were read already.
struct Begun<R> {
    first: Cursor<Vec<u8>>,
    /// Why they ended early.
    failed: Option<Error>,
    rest: R,
}

impl<R: Read> Begun<R> {
    fn new(mut rest: R) -> Self {
        let mut first = Vec::new();
        let failed = rest.by_ref().take(FIRST_BYTES).read_to_end(&mut first).err();
        Self { first: Cursor::new(first), failed, rest }
    }
}

impl<R: Read> Read for Begun<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        match (self.first.read(out)?, self.failed.take()) {
            (0, Some(error)) => Err(error),
            (0, None) => self.rest.read(out),
            (length, failed) => {
                self.failed = failed;
                Ok(length)
            }
        }
    }
}
