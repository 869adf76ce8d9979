//! The portal behind its C interface: a C program that is linked with the library (`bindings/c/world`), which makes each call
//! for the world and says what it returned. So everything that proves the core goes over that border, and since
//! the two are the same portal, a run has the same trace to the byte.
//!
//! A record is its kind, the number of its bytes (little-endian, four bytes) and these bytes. The world sends a call; the
//! program asks for what its callbacks need (flash, random bytes, the chip's key), and then answers. What the portal knows
//! comes with every answer, so that nothing is asked for that cannot have changed.

mod records;

use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use embedded_storage::nor_flash::{NorFlash as _, ReadNorFlash as _};
use vestibule_core::http::Transfer;
use vestibule_core::mdns::HostName;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{
    Arrival, Config, ConnectionId, DeviceKey as _, Entropy as _, Event, Instant, Interface, RadioCommand,
    RadioEvent, Reply, StationAddress,
};

use self::records::{Answer, Known, Reader, Writer};
use super::driven_portal::DrivenPortal;
use super::{SeededEntropy, SimulatedKey};
use crate::flash::Flash;

/// What a record is. The program has the same numbers (`bindings/c/world/world.c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    New = 0,
    ConnectOrSetup = 1,
    Connect = 2,
    Setup = 3,
    FactoryReset = 4,
    Radio = 5,
    Open = 6,
    Received = 7,
    ReceivedEnd = 8,
    Closed = 9,
    Datagram = 10,
    Timeout = 11,
    Name = 12,
    CaptiveHome = 13,
    PollEvent = 14,
    PollRadio = 15,
    PollReady = 16,
    PollSend = 17,
    /// To the program: what a callback asked for, after a byte that says whether it was done (0).
    Done = 32,
}

/// What the program sends.
const ANSWER: u8 = 64;
const FLASH_READ: u8 = 65;
const FLASH_WRITE: u8 = 66;
const FLASH_ERASE: u8 = 67;
const RANDOM: u8 = 68;
const KEY: u8 = 69;

/// A record holds no more than this.
const MOST: u32 = 1 << 20;

/// The portal of a device that has power.
pub(super) struct CPortal {
    process: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
    flash: Flash,
    entropy: SeededEntropy,
    key: Option<SimulatedKey>,
    known: Known,
    /// Whether there may be events, commands or connections that are ready, since a call that can make some.
    news: [bool; 3],
    /// Why it cannot go on.
    failed: Option<String>,
}

/// Which of [`CPortal::news`].
const EVENTS: usize = 0;
const COMMANDS: usize = 1;
const READY: usize = 2;

/// Dropping it cuts the power.
impl Drop for CPortal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl CPortal {
    /// Starts the program and lets it make a portal.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn start(
        program: &Path,
        config: &Config,
        flash: Flash,
        entropy: SeededEntropy,
        key: Option<SimulatedKey>,
    ) -> Result<Self, String> {
        let mut command = Command::new(program);
        // Whoever interrupts this program by its terminal does not end the device in the middle of a run.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process =
            spawned.map_err(|error| format!("the device's program in C cannot be started: {error}"))?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("the device's program in C has no input and output".into());
        };
        let mut portal = Self {
            process,
            input: BufWriter::new(input),
            output: BufReader::new(output),
            flash,
            entropy,
            key,
            known: Known::default(),
            news: [true; 3],
            failed: None,
        };
        let made = portal.call(Kind::New, records::config(config, portal.key.is_some())).result;
        match &portal.failed {
            Some(why) => Err(why.clone()),
            None if made != 0 => Err(format!("vestibule_portal_new returned {made}")),
            None => Ok(portal),
        }
    }

    /// Why it cannot go on.
    pub(super) fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    /// Makes a call that may change something, and says what came of it.
    fn change(&mut self, kind: Kind, bytes: Writer) -> Answer {
        self.news = [true; 3];
        self.call(kind, bytes)
    }

    /// Makes a call. A program that has failed answers nothing any more.
    fn call(&mut self, kind: Kind, bytes: Writer) -> Answer {
        if self.failed.is_some() {
            return Answer::default();
        }
        let answer = self.exchange(kind, &bytes.bytes).and_then(|bytes| {
            let answer = records::answer(&bytes).ok_or(io::ErrorKind::InvalidData)?;
            match answer.result {
                // Connections that the world has closed, and the portal before it.
                records::ORDER => Ok(Answer { result: 0, ..answer }),
                result if result < 0 => Err(io::Error::other(format!("{kind:?} returned {result}"))),
                _ => Ok(answer),
            }
        });
        match answer {
            Ok(answer) => {
                self.known = answer.known;
                answer
            }
            Err(error) => {
                self.failed = Some(format!("the device's program in C has failed: {error}"));
                Answer::default()
            }
        }
    }

    fn send(&mut self, kind: u8, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.input.write_all(&[kind])?;
        self.input.write_all(&length.to_le_bytes())?;
        self.input.write_all(bytes)
    }

    fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        self.input.flush()?;
        let mut header = [0; 5];
        self.output.read_exact(&mut header)?;
        let [kind, length @ ..] = header;
        let length = u32::from_le_bytes(length);
        if length > MOST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut bytes = vec![0; length as usize];
        self.output.read_exact(&mut bytes)?;
        Ok((kind, bytes))
    }

    /// Sends a call and serves the callbacks until it has returned.
    fn exchange(&mut self, kind: Kind, bytes: &[u8]) -> io::Result<Vec<u8>> {
        self.send(kind as u8, bytes)?;
        loop {
            let (kind, bytes) = self.receive()?;
            if kind == ANSWER {
                return Ok(bytes);
            }
            let done = self.serve(kind, &bytes).ok_or(io::ErrorKind::InvalidData)?;
            self.send(Kind::Done as u8, &done)?;
        }
    }

    /// What a callback asks for; `None` if it is nothing that is known.
    fn serve(&mut self, kind: u8, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut reader = Reader::new(bytes);
        let mut out = vec![0];
        let done = match kind {
            FLASH_READ => {
                let (offset, length) = (reader.u32()?, reader.u32()?.min(MOST));
                out.resize(1 + length as usize, 0);
                self.flash.read(offset, out.get_mut(1..)?).is_ok()
            }
            FLASH_WRITE => {
                let offset = reader.u32()?;
                self.flash.write(offset, reader.rest()).is_ok()
            }
            FLASH_ERASE => {
                let (from, to) = (reader.u32()?, reader.u32()?);
                self.flash.erase(from, to).is_ok()
            }
            RANDOM => {
                out.resize(1 + reader.u32()?.min(MOST) as usize, 0);
                self.entropy.fill(out.get_mut(1..)?);
                true
            }
            KEY => {
                let mut key = [0; 32];
                let derived = self.key.as_mut().is_some_and(|own| own.derive(bytes, &mut key).is_ok());
                out.extend(key);
                derived
            }
            _ => return None,
        };
        *out.first_mut()? = u8::from(!done);
        Some(out)
    }

    /// Asks for the next of something, unless there can be none.
    fn next<T>(&mut self, kind: Kind, what: usize, read: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        if !self.news[what] {
            return None;
        }
        let answer = self.call(kind, Writer::default());
        self.news[what] = answer.result == 1;
        if answer.result != 1 {
            return None;
        }
        let next = read(&answer.more);
        if next.is_none() {
            self.failed = Some(format!("{kind:?} of the device's program in C gave {:?}", answer.more));
        }
        next
    }
}

impl DrivenPortal for CPortal {
    fn connect(&mut self, now: Instant) {
        self.change(Kind::Connect, Writer::at(now));
    }

    fn connect_or_setup(&mut self, now: Instant) {
        self.change(Kind::ConnectOrSetup, Writer::at(now));
    }

    fn setup(&mut self, now: Instant) {
        self.change(Kind::Setup, Writer::at(now));
    }

    fn factory_reset(&mut self, now: Instant) {
        self.change(Kind::FactoryReset, Writer::at(now));
    }

    fn handle_radio(&mut self, event: RadioEvent, now: Instant) {
        self.change(Kind::Radio, records::radio_event(&event, now));
    }

    fn handle_open(&mut self, connection: ConnectionId, interface: Interface, now: Instant) {
        let call = Writer::at(now).u8(connection.index() as u8).u8(records::interface(interface));
        self.change(Kind::Open, call);
    }

    fn handle_received(&mut self, connection: ConnectionId, bytes: &[u8], now: Instant) -> usize {
        let call = Writer::at(now).u8(connection.index() as u8).bytes(bytes);
        let answer = self.change(Kind::Received, call);
        // A connection that is not open takes everything.
        Reader::new(&answer.more).u32().map_or(bytes.len(), |taken| taken as usize)
    }

    fn handle_received_end(&mut self, connection: ConnectionId, now: Instant) {
        self.change(Kind::ReceivedEnd, Writer::at(now).u8(connection.index() as u8));
    }

    fn handle_closed(&mut self, connection: ConnectionId) {
        self.change(Kind::Closed, Writer::default().u8(connection.index() as u8));
    }

    fn handle_datagram(
        &mut self,
        arrival: Arrival,
        payload: &[u8],
        reply: &mut [u8],
        now: Instant,
    ) -> Option<Reply> {
        let answer = self.change(Kind::Datagram, records::datagram(&arrival, payload, now));
        (answer.result == 1).then(|| records::reply(&answer.more, reply)).flatten()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.change(Kind::Timeout, Writer::at(now));
    }

    fn handle_name(&mut self, name: HostName) {
        self.change(Kind::Name, Writer::default().bytes(name.as_str().as_bytes()));
    }

    fn handle_captive_home(&mut self) {
        self.change(Kind::CaptiveHome, Writer::default());
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.next(Kind::PollEvent, EVENTS, records::event)
    }

    fn poll_radio(&mut self) -> Option<RadioCommand> {
        self.next(Kind::PollRadio, COMMANDS, records::radio_command)
    }

    fn poll_ready(&mut self) -> Option<ConnectionId> {
        self.next(Kind::PollReady, READY, |ready| ConnectionId::new(usize::from(*ready.first()?)))
    }

    fn poll_send(&mut self, connection: ConnectionId, out: &mut [u8], now: Instant) -> Transfer {
        let size = u32::try_from(out.len()).unwrap_or(u32::MAX).min(MOST / 2);
        let call = Writer::at(now).u8(connection.index() as u8).u32(size);
        let answer = self.change(Kind::PollSend, call);
        match answer.result {
            1 => {
                let length = answer.more.len().min(out.len());
                out[..length].copy_from_slice(&answer.more[..length]);
                Transfer::Bytes(length)
            }
            2 => Transfer::Finish,
            3 => Transfer::Close,
            _ => Transfer::Idle,
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.known.timeout
    }

    fn state(&self) -> ProvisioningState {
        self.known.state
    }

    fn home(&self) -> Option<StationAddress> {
        self.known.home
    }

    fn is_open(&self, connection: ConnectionId) -> bool {
        self.known.open >> connection.index() & 1 != 0
    }

    fn is_idle(&self, connection: ConnectionId) -> bool {
        self.known.idle >> connection.index() & 1 != 0
    }

    fn deadline(&self, connection: ConnectionId) -> Option<Instant> {
        *self.known.deadlines.get(connection.index())?
    }
}
