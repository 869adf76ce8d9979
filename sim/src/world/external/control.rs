//! The control channel to a device: lines over a connection that the device opens. Lines are decoded here and not acted
//! on.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;
use vestibule_device_protocol::{FromDevice, FromHost, LINE_BYTES};

/// How long a device may take to take a line, before it is believed not to read any.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// What came over the channel.
pub(super) enum Received {
    /// A message.
    Message(FromDevice),
    /// A line that is none: its first word, for the rest may be a secret.
    Garbage(String),
    /// The end of the channel.
    End,
}

/// The host's end of the channel.
pub(super) struct Control {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    line: Vec<u8>,
    /// Whether the device has not taken a line in time.
    is_stuck: bool,
}

impl Control {
    pub(super) fn new(stream: TcpStream) -> std::io::Result<Self> {
        // Lines are short, and the receiver waits for each.
        stream.set_nodelay(true)?;
        let (reader, writer) = stream.into_split();
        Ok(Self { reader: BufReader::new(reader), writer, line: Vec::new(), is_stuck: false })
    }

    /// Waits for the next line. Cancel safe: nothing is lost if the future is dropped.
    pub(super) async fn receive(&mut self) -> Received {
        loop {
            let Ok(bytes) = self.reader.fill_buf().await else { return Received::End };
            if bytes.is_empty() {
                return Received::End;
            }
            let (length, is_whole) = match bytes.iter().position(|byte| *byte == b'\n') {
                Some(end) => (end + 1, true),
                None => (bytes.len(), false),
            };
            self.line.extend_from_slice(&bytes[..length]);
            self.reader.consume(length);
            if is_whole || self.line.len() > LINE_BYTES {
                return read(&std::mem::take(&mut self.line));
            }
        }
    }

    /// Sends a message. If the device has ended, [`Control::receive`] says so.
    pub(super) async fn send(&mut self, message: &FromHost) {
        let mut line = String::new();
        if message.write(&mut line).is_ok() && !self.is_stuck {
            line.push('\n');
            self.is_stuck = timeout(WRITE_TIMEOUT, self.writer.write_all(line.as_bytes())).await.is_err();
        }
    }

    /// Whether the device has not taken a line in time.
    pub(super) fn is_stuck(&self) -> bool {
        self.is_stuck
    }
}

fn read(line: &[u8]) -> Received {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let message = str::from_utf8(line).ok().filter(|_| line.len() < LINE_BYTES).and_then(FromDevice::read);
    message.map_or_else(|| Received::Garbage(first_word(line)), Received::Message)
}

/// The first word of a line, at most so many characters of it.
fn first_word(line: &[u8]) -> String {
    const SHOWN: usize = 24;
    let text = String::from_utf8_lossy(line);
    let word = text.split(' ').next().unwrap_or_default();
    crate::text::harmless(word.chars().take(SHOWN).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_message_is_told_by_its_first_word() {
        assert!(matches!(read(b"scan\n"), Received::Message(FromDevice::Scan)));
        for (line, word) in [
            (&b"join one Home secret\n"[..], "join"),
            (b"HTTP/1.1 200 OK\r\n", "HTTP/1.1"),
            (b"\x1b[31mred\n", "\u{fffd}[31mred"),
            (&[b'a'; LINE_BYTES + 1], "aaaaaaaaaaaaaaaaaaaaaaaa"),
        ] {
            let Received::Garbage(found) = read(line) else { panic!("{word}") };
            assert_eq!(found, word);
        }
    }
}
