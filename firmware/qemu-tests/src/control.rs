//! The host's end of the control channel.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use vestibule_core::Event;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_device_protocol::{FromDevice, FromHost};

/// The longest that the device may take for anything that a test waits for.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The channel, and the events that have come over it.
pub struct Control {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
    line: Vec<u8>,
    /// Every event so far.
    pub events: Vec<Event>,
}

impl Control {
    pub(crate) fn new(stream: UnixStream) -> Self {
        stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a socket has a timeout");
        let writer = stream.try_clone().expect("a second handle");
        Self { reader: BufReader::new(stream), writer, line: Vec::new(), events: Vec::new() }
    }

    /// Sends a message to the device.
    pub fn send(&mut self, message: &FromHost) {
        let mut line = String::new();
        message.write(&mut line).expect("a string takes everything");
        line.push('\n');
        self.writer.write_all(line.as_bytes()).expect("the device reads");
    }

    /// The next message that is no event, or `None` if the device is gone or sends nothing for so
    /// long.
    pub fn next(&mut self, timeout: Duration) -> Option<FromDevice> {
        let until = Instant::now() + timeout;
        while Instant::now() < until {
            match self.reader.read_until(b'\n', &mut self.line) {
                Ok(0) => return None,
                Ok(_) if self.line.ends_with(b"\n") => {
                    let line = std::mem::take(&mut self.line);
                    let text = std::str::from_utf8(&line[..line.len() - 1]).expect("lines are text");
                    match FromDevice::read(text).unwrap_or_else(|| panic!("no message: {text}")) {
                        FromDevice::Event(event) => self.events.push(event),
                        message => return Some(message),
                    }
                }
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("the control channel failed: {error}"),
            }
        }
        None
    }

    /// Waits for a message of which `wanted` returns something. Any other is a failure, except that
    /// `serving` may come at any time.
    pub fn expect<T>(&mut self, what: &str, wanted: impl Fn(&FromDevice) -> Option<T>) -> T {
        loop {
            match self.next(TIMEOUT) {
                Some(message) => match wanted(&message) {
                    Some(found) => return found,
                    None if matches!(message, FromDevice::Serving { .. }) => {}
                    None => panic!("{what} was expected, not {message:?}; events: {:#?}", self.events),
                },
                None => panic!("{what} was expected and nothing came; events: {:#?}", self.events),
            }
        }
    }

    /// Waits for an event, past or to come. No other message may come meanwhile.
    pub fn expect_event(&mut self, what: &str, wanted: impl Fn(&Event) -> bool) {
        let until = Instant::now() + TIMEOUT;
        while !self.events.iter().any(&wanted) {
            assert!(Instant::now() < until, "{what} was expected; events: {:#?}", self.events);
            if let Some(message) = self.next(Duration::from_millis(50))
                && !matches!(message, FromDevice::Serving { .. })
            {
                panic!("the event {what} was expected, not {message:?}");
            }
        }
    }

    /// Waits until the device has reached this state since the last call for it.
    pub fn expect_state(&mut self, state: ProvisioningState) {
        let reaches = |event: &Event| matches!(event, Event::State { to, .. } if *to == state);
        self.expect_event(&format!("state {state:?}"), reaches);
        let last = self.events.iter().rposition(reaches).unwrap_or(0);
        self.events.drain(..=last);
    }
}
