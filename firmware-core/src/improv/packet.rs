//! Packets on a line that is also a log: where one begins among other bytes, whether it came whole, and how one is
//! written. What they say is `rpc` and `mod`.

use zeroize::Zeroize;

/// What every packet begins with.
const HEADER: &[u8] = b"IMPROV";
const VERSION: u8 = 1;

/// Most bytes of data in a packet: its length is one byte.
const DATA_BYTES: usize = 255;

/// Header, version, kind and length.
const HEAD_BYTES: usize = HEADER.len() + 3;

/// Most bytes that one packet takes on the line: its head, data and checksum, and a line end before and behind it.
pub const PACKET_BYTES: usize = HEAD_BYTES + DATA_BYTES + 3;

/// What kind of packet it is.
pub(super) const CURRENT_STATE: u8 = 1;
pub(super) const ERROR_STATE: u8 = 2;
#[cfg(test)]
pub(super) const RPC_COMMAND: u8 = 3;
pub(super) const RPC_RESULT: u8 = 4;

/// How a command begins. No name and no passphrase has these two control characters, so that whatever came before of another
/// packet was cut where this stands.
const COMMAND_HEAD: &[u8; 8] = b"IMPROV\x01\x03";
const COMMAND_SUM: u8 = 0xe1;

/// Takes a line byte by byte and finds commands in it; other packets are this device's own, on a line with an echo. Holds
/// one, which may hold a passphrase: it is overwritten.
pub(super) struct Reader {
    /// How many bytes have come of what may be the head of a command.
    matched: usize,
    /// How many bytes have come behind a head, the length among them; none outside of a packet.
    behind: Option<usize>,
    sum: u8,
    data_length: u8,
    data: [u8; DATA_BYTES],
}

/// What a byte has completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// Nothing yet.
    Nothing,
    /// A command: [`Reader::data`] is what it holds.
    Command,
    /// A command whose checksum is wrong.
    Broken,
}

impl Reader {
    pub(super) const fn new() -> Self {
        Self { matched: 0, behind: None, sum: 0, data_length: 0, data: [0; DATA_BYTES] }
    }

    /// The data of the command that came last.
    pub(super) fn data(&self) -> &[u8] {
        self.data.get(..usize::from(self.data_length)).unwrap_or_default()
    }

    /// Overwrites what came.
    pub(super) fn wipe(&mut self) {
        self.data.zeroize();
        self.data_length = 0;
    }

    /// Takes the next byte.
    pub(super) fn take(&mut self, byte: u8) -> Received {
        self.matched = match COMMAND_HEAD.get(self.matched) {
            Some(expected) if *expected == byte => self.matched + 1,
            // Its first letter stands nowhere else in it.
            _ => usize::from(byte == b'I'),
        };
        if self.matched == COMMAND_HEAD.len() {
            self.wipe();
            (self.matched, self.behind, self.sum) = (0, Some(0), COMMAND_SUM);
            return Received::Nothing;
        }
        let Some(behind) = self.behind else { return Received::Nothing };
        self.behind = Some(behind + 1);
        if behind == 1 + usize::from(self.data_length) && behind > 0 {
            self.behind = None;
            return if self.sum == byte { Received::Command } else { Received::Broken };
        }
        match behind.checked_sub(1) {
            None => self.data_length = byte,
            Some(place) => {
                if let Some(place) = self.data.get_mut(place) {
                    *place = byte;
                }
            }
        }
        self.sum = self.sum.wrapping_add(byte);
        Received::Nothing
    }
}

/// A packet that is being written. What does not fit is left out.
pub(super) struct Writer<'a> {
    out: &'a mut [u8; PACKET_BYTES],
    length: usize,
}

/// Where the length of the data stands, behind the line end.
const LENGTH_AT: usize = HEAD_BYTES;

impl<'a> Writer<'a> {
    /// It begins a line: clients look for packets at the beginnings of lines, and a line of the log may not be over.
    pub(super) fn new(out: &'a mut [u8; PACKET_BYTES], kind: u8) -> Self {
        let mut writer = Self { out, length: 0 };
        writer.put(b"\n");
        writer.put(HEADER);
        writer.put(&[VERSION, kind, 0]);
        writer
    }

    /// Adds bytes to the data.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        for byte in bytes {
            // Two are kept for what comes behind the data.
            let room = self.out.len() - 2;
            if let Some(place) = self.out.get_mut(self.length).filter(|_| self.length < room) {
                *place = *byte;
                self.length += 1;
            }
        }
    }

    /// Ends it. Returns how many bytes it has.
    pub(super) fn finish(self) -> usize {
        let Self { out, length } = self;
        out[LENGTH_AT] = (length - 1 - HEAD_BYTES) as u8;
        let sum = out[1..length].iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        out[length] = sum;
        out[length + 1] = b'\n';
        length + 2
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn packet(kind: u8, data: &[u8]) -> Vec<u8> {
        let mut out = [0; PACKET_BYTES];
        let mut writer = Writer::new(&mut out, kind);
        writer.put(data);
        let length = writer.finish();
        out[..length].to_vec()
    }

    fn read(bytes: &[u8]) -> Vec<(Received, Vec<u8>)> {
        let mut reader = Reader::new();
        let mut found = Vec::new();
        for byte in bytes {
            match reader.take(*byte) {
                Received::Nothing => {}
                other => found.push((other, reader.data().to_vec())),
            }
        }
        found
    }

    /// A request for the current state, as the field's client sends it.
    #[test]
    fn a_packet_has_the_bytes_that_clients_send() {
        let sent = b"IMPROV\x01\x03\x02\x02\x00\xe5";
        assert_eq!(COMMAND_HEAD.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), COMMAND_SUM);
        assert_eq!(read(sent), [(Received::Command, b"\x02\x00".to_vec())]);
        assert_eq!(packet(RPC_COMMAND, b"\x02\x00"), [b"\n", &sent[..], b"\n"].concat());
    }

    #[test]
    fn commands_are_found_among_anything_else() {
        let one = packet(RPC_COMMAND, b"\x01\x02\x00\x00");
        let noise: [&[u8]; 8] = [
            b"",
            b"I (23) boot: IMPROVED",
            b"IMPRO",
            b"IMPROV\x02",
            b"II",
            &[0xff; 300],
            b"IMPROVIMPROV",
            b"IMPROV\x01\x04\xff",
        ];
        for before in noise {
            let found = read(&[before, &one, before, &one].concat());
            let whole = (Received::Command, b"\x01\x02\x00\x00".to_vec());
            assert_eq!(found, [whole.clone(), whole], "{before:?}");
        }
    }

    #[test]
    fn one_that_is_altered_is_told_and_one_that_is_cut_takes_nothing_with_it() {
        let one = packet(RPC_COMMAND, b"abc");
        for at in 1 + HEAD_BYTES..one.len() - 1 {
            let mut altered = one.clone();
            altered[at] ^= 0x40;
            let found = read(&[altered, one.clone()].concat());
            let found: Vec<_> = found.iter().map(|(what, _)| *what).collect();
            assert_eq!(found, [Received::Broken, Received::Command], "{at}");
        }
        for at in 1..one.len() - 2 {
            let found = read(&[&one[..at], &one].concat());
            assert_eq!(found.last(), Some(&(Received::Command, b"abc".to_vec())), "{at}");
        }
    }

    #[test]
    fn a_packet_holds_no_more_than_its_length_can_say() {
        let long = packet(RPC_COMMAND, &[7; 400]);
        assert_eq!(long.len(), PACKET_BYTES);
        assert_eq!(read(&long), [(Received::Command, [7; 255].to_vec())]);
        assert_eq!(read(&packet(RPC_COMMAND, &[])), [(Received::Command, Vec::new())]);
    }
}
