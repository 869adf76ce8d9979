//! Improv over a serial line: a computer with the device on a cable, or a web page that has just flashed it, asks what the
//! device is, which networks it hears, and has it join one ([the specification](https://www.improv-wifi.com/serial/), read in
//! January 2026). A front end of the owner's commands like the setup page, beside it: the access point stays up.
//!
//! Bytes go in as they come from the line and packets come out by [`Improv::poll_send`], one at a time and each on a line of its
//! own, so that a log may use the line too: print whole lines between two packets. Nothing is sent before a client has spoken.
//! Nobody is asked who they are: whoever has the cable has the device.
//!
//! Over Bluetooth the same commands and results would go through GATT characteristics, unframed and without a checksum over
//! kinds: `rpc` could serve both. It wants a radio that Wi-Fi shares, an authorisation by a button on the
//! device, which that transport's specification has and this one has not, and packets in pieces. None of it is here.
//!
//! | what | where |
//! |---|---|
//! | where a packet begins and ends on the line | `packet` |
//! | what a command says, and how an answer is written | `rpc` |
//! | what is done for a command, and when it is answered | this |

mod packet;
mod rpc;
#[cfg(test)]
mod tests;

use core::fmt::Write;

use embedded_storage::nor_flash::NorFlash;
use heapless::{Deque, String};
use zeroize::Zeroize;

use crate::application::Application;
use crate::http::{Authority, Location};
use crate::limits::{IMPROV_ANSWERS, IMPROV_OPEN_TIMEOUT, IMPROV_SCAN_TIMEOUT};
use crate::mdns::HostName;
use crate::provisioning::ProvisioningState;
use crate::text::Number;
use crate::time::earliest;
use crate::{
    Entropy, FieldValues, FrontEnd, Instant, Passphrase, Portal, Problem, ResultDelivery, ScanRecord,
    Security, Ssid, Submission,
};

use packet::{CURRENT_STATE, ERROR_STATE, Reader, Received, Writer};
use rpc::{Command, NoCommand};

pub use packet::PACKET_BYTES;

/// The longest address of the device's page: `http://255.255.255.255:65535/`.
const URL_BYTES: usize = 30;

const OVER_THE_CABLE: ResultDelivery = ResultDelivery { over: FrontEnd::Serial, interface: None };

/// What the device is, for the client's page. Its name is that of its access point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceInformation {
    /// The firmware's name.
    pub firmware: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The chip, as `ESP32-C3`.
    pub hardware: &'static str,
}

/// Errors, as the specification numbers them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ErrorState {
    None = 0,
    InvalidRpc = 1,
    UnknownRpc = 2,
    UnableToConnect = 3,
    BadHostName = 5,
    Unknown = 0xff,
}

/// How far the setup has come, as the specification numbers it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CurrentState {
    Ready = 2,
    Provisioning = 3,
    Provisioned = 4,
}

/// What is to be sent. It is written when it goes out.
#[derive(Clone, Copy)]
enum Answer {
    Error(ErrorState),
    State,
    /// The address of the device's page, in answer to this command; nothing while it has none.
    Url(u8),
    Information,
    HostName,
    DeviceName,
    NetworkState,
}

/// The networks in sight are asked for.
#[derive(Clone, Copy)]
enum Scan {
    No,
    /// A search is under way, and waited for until then.
    Until(Instant),
    /// The next one to tell.
    Next(usize),
}

/// A network is to be joined.
#[derive(Clone, Copy)]
enum Attempt {
    No,
    /// The portal has to open first, until then.
    Opens(Instant),
    /// It is tried.
    Tried,
}

/// Improv on one serial line.
///
/// ```
/// use vestibule_core::improv::{DeviceInformation, Improv, PACKET_BYTES};
/// use vestibule_core::mock::{MockEntropy, MockFlash};
/// use vestibule_core::{Config, Instant, Portal, Ssid};
///
/// let now = Instant::from_micros(0);
/// let mut portal = Portal::new(Config::new(Ssid::new(b"Lamp")?), MockFlash::<2>::new(), MockEntropy::new(1));
/// portal.setup(now);
/// let mut improv =
///     Improv::new(DeviceInformation { firmware: "lamp", version: "1.2.0", hardware: "ESP32-C3" });
///
/// // A client asks how far the setup has come.
/// let asked = b"IMPROV\x01\x03\x02\x02\x00\xe5";
/// assert_eq!(improv.handle_received(asked, &mut portal, now), asked.len());
/// let mut packet = [0; PACKET_BYTES];
/// let length = improv.poll_send(&mut packet, &mut portal, now);
/// assert_eq!(&packet[..length], b"\nIMPROV\x01\x01\x01\x02\xe2\n", "ready");
/// assert_eq!(improv.poll_send(&mut packet, &mut portal, now), 0);
/// # Ok::<(), vestibule_core::SsidTooLong>(())
/// ```
pub struct Improv {
    device: DeviceInformation,
    reader: Reader,
    answers: Deque<Answer, IMPROV_ANSWERS>,
    /// The error that the client was told last. That a network could not be joined holds until another attempt begins: clients
    /// show it to a person, and search for networks meanwhile. Any other is over with the next command.
    error: ErrorState,
    /// The state that the client was told last; none before it has spoken.
    told: Option<CurrentState>,
    scan: Scan,
    attempt: Attempt,
    ssid: Ssid,
    /// Wiped once it was submitted.
    passphrase: [u8; Passphrase::MAX],
    passphrase_length: usize,
}

impl Improv {
    /// A line on which nothing has come.
    pub const fn new(device: DeviceInformation) -> Self {
        Self {
            device,
            reader: Reader::new(),
            answers: Deque::new(),
            error: ErrorState::None,
            told: None,
            scan: Scan::No,
            attempt: Attempt::No,
            ssid: Ssid::EMPTY,
            passphrase: [0; Passphrase::MAX],
            passphrase_length: 0,
        }
    }

    /// Bytes came over the line. Returns how many were taken; the rest is to be offered again once [`Self::poll_send`]
    /// has nothing more to send. What is no packet is passed over.
    #[must_use]
    pub fn handle_received<F: NorFlash, E: Entropy, A: Application>(
        &mut self,
        bytes: &[u8],
        portal: &mut Portal<F, E, A>,
        now: Instant,
    ) -> usize {
        for (taken, byte) in bytes.iter().enumerate() {
            // A command has up to three answers.
            if self.answers.len() + 3 > IMPROV_ANSWERS {
                return taken;
            }
            match self.reader.take(*byte) {
                Received::Command => self.handle_command(portal, now),
                Received::Broken => self.answer(Answer::Error(ErrorState::InvalidRpc)),
                Received::Nothing => {}
            }
        }
        bytes.len()
    }

    /// The next packet to send, with the line ends around it: `0` bytes if there is none. To be asked until there is
    /// none, after whatever has happened to the portal and once [`Self::poll_timeout`] is due.
    #[must_use]
    pub fn poll_send<F: NorFlash, E: Entropy, A: Application>(
        &mut self,
        out: &mut [u8; PACKET_BYTES],
        portal: &mut Portal<F, E, A>,
        now: Instant,
    ) -> usize {
        self.go_on(portal, now);
        if let Some(answer) = self.answers.pop_front() {
            return self.write(answer, out, portal, now);
        }
        if self.told.is_some_and(|told| told != self.state(portal)) {
            return self.write(Answer::State, out, portal, now);
        }
        match self.scan {
            Scan::Next(next) => self.write_network(next, out, portal),
            Scan::No | Scan::Until(_) => 0,
        }
    }

    /// When to ask [`Self::poll_send`] again, whatever happens until then.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let scan = if let Scan::Until(until) = self.scan { Some(until) } else { None };
        let opens = if let Attempt::Opens(until) = self.attempt { Some(until) } else { None };
        earliest(scan, opens)
    }

    fn answer(&mut self, answer: Answer) {
        if let Answer::Error(error) = answer {
            self.error = error;
        }
        // There is room: no more was taken from the line than there is.
        let _ = self.answers.push_back(answer);
    }

    fn handle_command<F: NorFlash, E: Entropy, A: Application>(
        &mut self,
        portal: &mut Portal<F, E, A>,
        now: Instant,
    ) {
        self.told.get_or_insert(self.state(portal));
        let command = match Command::parse(self.reader.data()) {
            Ok(command) => command,
            Err(why) => {
                self.reader.wipe();
                return self.answer(Answer::Error(match why {
                    NoCommand::Malformed => ErrorState::InvalidRpc,
                    NoCommand::Unknown => ErrorState::UnknownRpc,
                }));
            }
        };
        let (first, second) = match command {
            Command::SendWifiSettings { ssid, passphrase } => match Ssid::new(ssid) {
                Ok(ssid) if passphrase.len() <= Passphrase::MAX => {
                    self.ssid = ssid;
                    self.passphrase_length = passphrase.len();
                    self.passphrase.iter_mut().zip(passphrase).for_each(|(kept, sent)| *kept = *sent);
                    self.attempt = Attempt::Opens(now + IMPROV_OPEN_TIMEOUT);
                    (Answer::State, None)
                }
                _ => (Answer::Error(ErrorState::UnableToConnect), None),
            },
            Command::RequestCurrentState => {
                let is_provisioned = self.state(portal) == CurrentState::Provisioned;
                (Answer::State, is_provisioned.then_some(Answer::Url(rpc::REQUEST_CURRENT_STATE)))
            }
            Command::RequestDeviceInformation => (Answer::Information, None),
            Command::RequestScannedNetworks => {
                portal.rescan(now);
                self.scan = Scan::Until(now + IMPROV_SCAN_TIMEOUT);
                self.reader.wipe();
                return self.take_error_back();
            }
            Command::HostName(b"") => (Answer::HostName, None),
            Command::DeviceName(b"") => (Answer::DeviceName, None),
            // Both are the firmware's, for all of this device's life.
            Command::HostName(_) => (Answer::Error(ErrorState::BadHostName), None),
            Command::DeviceName(_) => (Answer::Error(ErrorState::Unknown), None),
            Command::RequestNetworkState => (Answer::NetworkState, None),
        };
        self.reader.wipe();
        if !matches!(first, Answer::Error(_)) {
            self.take_error_back();
        }
        self.answer(first);
        if let Some(second) = second {
            self.answer(second);
        }
    }

    /// Another command was understood: says so if an error that the client was told is over with it.
    fn take_error_back(&mut self) {
        let is_over = match self.error {
            ErrorState::None => false,
            ErrorState::UnableToConnect => !matches!(self.attempt, Attempt::No),
            _ => true,
        };
        if is_over {
            self.answer(Answer::Error(ErrorState::None));
        }
    }

    fn state<F: NorFlash, E: Entropy, A: Application>(&self, portal: &Portal<F, E, A>) -> CurrentState {
        let status = portal.status();
        let is_under_way = !matches!(self.attempt, Attempt::No) || status.state.awaits_result();
        match status.address {
            _ if is_under_way => CurrentState::Provisioning,
            Some(_) => CurrentState::Provisioned,
            None => CurrentState::Ready,
        }
    }

    /// What the portal has come to meanwhile.
    fn go_on<F: NorFlash, E: Entropy, A: Application>(&mut self, portal: &mut Portal<F, E, A>, now: Instant) {
        if let Scan::Until(until) = self.scan
            && (until <= now || !portal.networks().scanning)
        {
            self.scan = Scan::Next(0);
        }
        // What comes of an attempt has its places in the queue.
        if self.answers.len() + 2 > IMPROV_ANSWERS {
            return;
        }
        match self.attempt {
            Attempt::No => {}
            Attempt::Opens(until) if until <= now => self.failed(),
            Attempt::Opens(_) => self.submit(portal, now),
            Attempt::Tried => {
                let status = portal.status();
                if status.state.awaits_result() {
                    return;
                }
                if status.address.is_none() {
                    return self.failed();
                }
                self.attempt = Attempt::No;
                self.answer(Answer::State);
                self.answer(Answer::Url(rpc::SEND_WIFI_SETTINGS));
            }
        }
    }

    fn failed(&mut self) {
        self.attempt = Attempt::No;
        self.forget_passphrase();
        self.answer(Answer::Error(ErrorState::UnableToConnect));
        self.answer(Answer::State);
    }

    fn forget_passphrase(&mut self) {
        self.passphrase.zeroize();
        self.passphrase_length = 0;
    }

    /// Submits what was sent, if the portal is open; or else opens it. What stands in the way of that ends by itself.
    fn submit<F: NorFlash, E: Entropy, A: Application>(
        &mut self,
        portal: &mut Portal<F, E, A>,
        now: Instant,
    ) {
        match portal.state() {
            ProvisioningState::Scanning | ProvisioningState::Closing => return,
            ProvisioningState::ResultPending => return portal.result_delivered(OVER_THE_CABLE, now),
            state if !state.has_access_point() && !state.is_alone() => return portal.setup(now),
            _ => {}
        }
        let passphrase = self.passphrase.get(..self.passphrase_length).unwrap_or_default();
        let submission = Submission { ssid: self.ssid, passphrase, fields: FieldValues::NONE };
        let mut outcome = portal.submit(&submission, now);
        // A client's page lists the networks that it offers, so that a name was meant as it was sent.
        if outcome == Err(Problem::NetworkNameAlike) {
            outcome = portal.submit(&submission, now);
        }
        match outcome {
            Ok(()) => {
                self.attempt = Attempt::Tried;
                self.forget_passphrase();
            }
            Err(Problem::PortalClosed | Problem::Joined | Problem::Busy) => {}
            Err(_) => self.failed(),
        }
    }

    fn write<F: NorFlash, E: Entropy, A: Application>(
        &mut self,
        answer: Answer,
        out: &mut [u8; PACKET_BYTES],
        portal: &mut Portal<F, E, A>,
        now: Instant,
    ) -> usize {
        let name = portal.config().name;
        match answer {
            Answer::Error(error) => one_byte(ERROR_STATE, error as u8, out),
            Answer::State => {
                let state = self.state(portal);
                self.told = Some(state);
                one_byte(CURRENT_STATE, state as u8, out)
            }
            Answer::Url(command) => {
                let url = url(portal);
                if command == rpc::SEND_WIFI_SETTINGS {
                    portal.result_delivered(OVER_THE_CABLE, now);
                }
                let strings = [url.as_bytes()];
                rpc::write_result(command, if url.is_empty() { &[] } else { &strings }, out)
            }
            Answer::Information => {
                let DeviceInformation { firmware, version, hardware } = self.device;
                let strings = [firmware.as_bytes(), version.as_bytes(), hardware.as_bytes(), name.as_bytes()];
                rpc::write_result(rpc::REQUEST_DEVICE_INFORMATION, &strings, out)
            }
            Answer::HostName => {
                let host = portal.host_name().copied().unwrap_or_else(|| HostName::of(&name));
                rpc::write_result(rpc::HOST_NAME, &[host.as_str().as_bytes()], out)
            }
            Answer::DeviceName => rpc::write_result(rpc::DEVICE_NAME, &[name.as_bytes()], out),
            Answer::NetworkState => {
                let url = url(portal);
                // It has Wi-Fi (2), and is online (1).
                let strings: &[&[u8]] = if url.is_empty() { &[b"2"] } else { &[b"3", url.as_bytes()] };
                rpc::write_result(rpc::REQUEST_NETWORK_STATE, strings, out)
            }
        }
    }

    /// Tells one network, or that there are no more. Those that cannot be joined are left out, and those whose name is no
    /// text, as every string here is.
    fn write_network<F: NorFlash, E: Entropy, A: Application>(
        &mut self,
        next: usize,
        out: &mut [u8; PACKET_BYTES],
        portal: &Portal<F, E, A>,
    ) -> usize {
        let is_told = |record: &ScanRecord| {
            !matches!(record.security, Security::Enterprise | Security::Unsupported)
                && core::str::from_utf8(record.ssid.as_bytes()).is_ok()
        };
        let Some(record) = portal.networks().records.iter().filter(|record| is_told(record)).nth(next) else {
            self.scan = Scan::No;
            return rpc::write_result(rpc::REQUEST_SCANNED_NETWORKS, &[], out);
        };
        self.scan = Scan::Next(next + 1);
        let mut signal = String::<8>::new();
        // It has room for any of them.
        let _ = write!(signal, "{}", Number(record.signal.into()));
        let asks: &[u8] = if record.security == Security::Open { b"NO" } else { b"YES" };
        let strings = [record.ssid.as_bytes(), signal.as_bytes(), asks];
        rpc::write_result(rpc::REQUEST_SCANNED_NETWORKS, &strings, out)
    }
}

fn one_byte(kind: u8, value: u8, out: &mut [u8; PACKET_BYTES]) -> usize {
    let mut writer = Writer::new(out, kind);
    writer.put(&[value]);
    writer.finish()
}

/// The address of the device's page at home; empty while it is not there.
fn url<F: NorFlash, E: Entropy, A: Application>(portal: &Portal<F, E, A>) -> String<URL_BYTES> {
    let mut url = String::new();
    if let Some(address) = portal.status().address {
        let authority = Some(Authority::Address(address));
        let page = Location { authority, port: portal.config().home_port, ..Location::path("/") };
        // It has room for the longest.
        let _ = page.write(&mut url);
    }
    url
}
