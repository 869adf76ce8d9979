//! The simulated device with a known bug ([`Mutant`]): a scenario about that bug must fail with it.
//!
//! The bug is put in where the device meets its world, or by its configuration; the portal itself is the
//! one that is flashed. Not under QEMU.

#[cfg(feature = "known-bugs")]
pub(super) mod build_time;
#[cfg(feature = "known-bugs")]
pub(super) mod leak;
mod one_socket;
mod requests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use vestibule_core::credentials::{Memory, Store};
use vestibule_core::detection::AfterJoining;
use vestibule_core::http::Transfer;
use vestibule_core::{
    AccessPointSecurity, Channels, Config, ConnectionId, Credentials, DHCP_PORT, DNS_PORT, Instant,
    Interface, JoinFailure, MayOpen, Passphrase, RadioCapabilities, RadioCommand, RadioEvent, Ssid,
};

use crate::device::{DrivenPortal, store_in_clear};
use crate::flash::Flash;
use crate::scenario::{DeviceSpec, Mutant};
use one_socket::Queue;
use requests::{as_own_form, for_the_page, is_whole, token};

/// A device with a known bug, and what that has to remember.
#[derive(Debug)]
pub(super) struct MutantDevice {
    mutant: Mutant,
    joins: BTreeMap<Vec<u8>, u32>,
    has_failed: bool,
    leased: Option<[u8; 6]>,
    /// The rest of the answer on a connection, and the transfer after it.
    answers: BTreeMap<ConnectionId, (Vec<u8>, Transfer)>,
    /// The clients that are served and that wait, for [`Mutant::OneSocket`].
    queue: Queue,
    /// Connections of which nothing more is read.
    read: BTreeSet<ConnectionId>,
    /// The device's own host, as requests name it.
    own: String,
    /// The token of the last page, for [`Mutant::TakesEveryForm`].
    token: Option<String>,
}

impl MutantDevice {
    pub(super) fn new(mutant: Mutant, config: &Config) -> Self {
        Self {
            mutant,
            joins: BTreeMap::new(),
            has_failed: false,
            leased: None,
            answers: BTreeMap::new(),
            queue: Queue::default(),
            read: BTreeSet::new(),
            own: match config.http_port {
                80 => config.address.to_string(),
                port => format!("{}:{port}", config.address),
            },
            token: None,
        }
    }

    /// Which bug it has.
    pub(super) fn kind(&self) -> Mutant {
        self.mutant
    }

    /// Puts in the bugs that are a matter of configuration.
    pub(super) fn configure(mutant: Mutant, config: &mut Config) {
        match mutant {
            Mutant::NeverLetsGo => config.after_joining = AfterJoining::StayCaptive,
            Mutant::ClosesAtOnce => {
                config.result_timeout = Duration::ZERO;
                config.ap_shutdown_delay = Duration::ZERO;
            }
            Mutant::OpenAccessPoint => config.access_point_security = AccessPointSecurity::Open,
            Mutant::NamedByMake => config.name = make(config.name),
            Mutant::TriesWithoutPause => config.retry_interval = Duration::from_millis(1),
            Mutant::TakesRadioForConcurrent => config.radio.concurrent = true,
            Mutant::TakesEveryChannel => {
                config.radio =
                    RadioCapabilities { concurrent: config.radio.concurrent, ..RadioCapabilities::DEFAULT };
            }
            Mutant::GivesUp => config.retry_interval = Duration::from_secs(24 * 3600),
            Mutant::PrivateAddress => config.address = super::virtual_time::DEVICE,
            Mutant::AlwaysOpens => config.may_open = MayOpen::Always,
            Mutant::NeverOpens => config.opening_window = Duration::ZERO,
            Mutant::ClosesOnUsers => {
                config.absolute_timeout = Some(Duration::from_secs(20));
                config.may_open = MayOpen::OnceAfterPowerUp;
            }
            _ => {}
        }
    }

    /// What the radio does in place of a command.
    pub(super) fn command(&mut self, command: RadioCommand, flash: &Flash) -> Done {
        match (self.mutant, command) {
            (Mutant::AccessPointStays, RadioCommand::DropAccessPoint) => Done::Nothing,
            (Mutant::KeepsItsSubnet, RadioCommand::RaiseAccessPoint(mut raised)) => {
                raised.address = super::virtual_time::DEVICE;
                Done::Command(RadioCommand::RaiseAccessPoint(raised))
            }
            (Mutant::OneTry, RadioCommand::Join(_)) if self.has_failed => Done::Nothing,
            (Mutant::CommitsEarly, RadioCommand::Join(credentials)) => {
                let mut memory = Memory::new();
                memory.remember(credentials.clone());
                // Whether it can be stored is not part of the bug.
                let _ = store_in_clear(flash, &memory);
                Done::Command(RadioCommand::Join(credentials))
            }
            (Mutant::LocksTheAccessPoint, RadioCommand::Join(credentials)) => {
                let joins = self.joins.entry(credentials.ssid.as_bytes().to_vec()).or_default();
                *joins += 1;
                match *joins {
                    1 => Done::Command(RadioCommand::Join(credentials)),
                    _ => Done::Report(RadioEvent::JoinFailed(JoinFailure::NotFound)),
                }
            }
            (Mutant::FallsBackToOpen, RadioCommand::Join(credentials)) if self.has_failed => {
                let passphrase = Passphrase::open();
                Done::Command(RadioCommand::Join(Credentials { passphrase, ..credentials }))
            }
            (_, RadioCommand::Join(credentials)) => {
                Done::Command(RadioCommand::Join(self.mangled(credentials)))
            }
            (_, command) => Done::Command(command),
        }
    }

    fn mangled(&self, credentials: Credentials) -> Credentials {
        let name = credentials.ssid.as_bytes();
        let secret = credentials.passphrase.expose();
        let (name, secret) = match self.mutant {
            Mutant::LossyNames => {
                let is_text = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
                let name = name.iter().map(|byte| if is_text(byte) { *byte } else { b'?' }).collect();
                (name, secret.to_vec())
            }
            Mutant::TrimsNames => (name.trim_ascii().to_vec(), secret.to_vec()),
            Mutant::ShortNames => (name[..name.len().min(31)].to_vec(), secret.to_vec()),
            Mutant::ShortPassphrases => (name.to_vec(), secret[..secret.len().min(32)].to_vec()),
            Mutant::PlusIsSpace => {
                let secret = secret.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte });
                (name.to_vec(), secret.collect())
            }
            _ => return credentials,
        };
        match (Ssid::new(&name), Passphrase::new(&secret)) {
            (Ok(ssid), Ok(passphrase)) => Credentials { ssid, passphrase },
            _ => credentials,
        }
    }

    /// What the device is told in place of a report.
    pub(super) fn report(&mut self, event: RadioEvent, flash: &Flash) -> RadioEvent {
        let fails = match event {
            RadioEvent::JoinFailed(_) | RadioEvent::JoinAborted { .. } => true,
            RadioEvent::Joined(link) => link.gateway.is_none() && self.mutant == Mutant::NoReasons,
            _ => false,
        };
        if !fails {
            return event;
        }
        self.has_failed = true;
        match self.mutant {
            Mutant::NoReasons => RadioEvent::JoinFailed(JoinFailure::Unknown),
            Mutant::BlamesThePassphrase => RadioEvent::JoinFailed(JoinFailure::WrongPassphrase),
            Mutant::ForgetsOnFailure => {
                // A wipe that fails leaves what there was.
                let _ = Store::new(flash.clone()).clear();
                event
            }
            _ => event,
        }
    }

    /// Whether a datagram is answered.
    pub(super) fn answers(&mut self, port: u16, payload: &[u8], now: Duration) -> bool {
        match (self.mutant, port) {
            (Mutant::DnsStops, DNS_PORT) => now < Duration::from_secs(1),
            (Mutant::OneLease, DHCP_PORT) => {
                let Some(Ok(mac)) = payload.get(28..34).map(<[u8; 6]>::try_from) else { return false };
                *self.leased.get_or_insert(mac) == mac
            }
            _ => true,
        }
    }

    /// Whether the radio listens for networks because somebody has connected.
    pub(super) fn scans_for_a_client(&self) -> bool {
        self.mutant == Mutant::ScansAllTheTime
    }

    pub(super) fn opened(
        &mut self,
        connection: ConnectionId,
        interface: Interface,
        portal: &mut dyn DrivenPortal,
        clock: Instant,
    ) {
        match self.mutant {
            Mutant::OneSocket => self.queue.opened(connection, interface),
            _ => portal.handle_open(connection, interface, clock),
        }
    }

    /// Puts what the device reads through the bug. Returns how many bytes were taken.
    pub(super) fn received(
        &mut self,
        connection: ConnectionId,
        bytes: &[u8],
        portal: &mut dyn DrivenPortal,
        clock: Instant,
    ) -> usize {
        match self.mutant {
            Mutant::OneSocket => self.queue.received(connection, bytes, portal, clock),
            Mutant::FirstReadIsAll if self.read.contains(&connection) => bytes.len(),
            Mutant::FirstReadIsAll => {
                let taken = portal.handle_received(connection, bytes, clock);
                if taken == bytes.len() && !is_whole(bytes) {
                    portal.handle_received_end(connection, clock);
                    self.read.insert(connection);
                }
                taken
            }
            Mutant::PageForEverything => match for_the_page(bytes, &self.own) {
                // The portal takes it whole, or nothing of it while an answer is under way.
                Some(page) if portal.handle_received(connection, &page, clock) > 0 => bytes.len(),
                Some(_) => 0,
                None => portal.handle_received(connection, bytes, clock),
            },
            Mutant::TakesEveryForm => match self.token.as_ref().and_then(|token| as_own_form(bytes, token)) {
                Some(form) if portal.handle_received(connection, &form, clock) > 0 => bytes.len(),
                Some(_) => 0,
                None => portal.handle_received(connection, bytes, clock),
            },
            _ => portal.handle_received(connection, bytes, clock),
        }
    }

    pub(super) fn ended(&mut self, connection: ConnectionId, portal: &mut dyn DrivenPortal, clock: Instant) {
        match self.mutant {
            Mutant::OneSocket => self.queue.ended(connection, portal, clock),
            _ => portal.handle_received_end(connection, clock),
        }
    }

    pub(super) fn closed(&mut self, connection: ConnectionId) {
        self.answers.remove(&connection);
        self.read.remove(&connection);
        self.queue.closed(connection);
    }

    /// The connections that may be served now because another one has ended.
    pub(super) fn waiting(&self) -> impl Iterator<Item = ConnectionId> {
        self.queue.waiting()
    }

    /// Puts what the device sends through the bug. `poll` gives what it really sends.
    pub(super) fn send(
        &mut self,
        connection: ConnectionId,
        out: &mut [u8],
        mut poll: impl FnMut(&mut [u8]) -> Transfer,
    ) -> Transfer {
        if self.mutant == Mutant::OneSocket {
            return self.queue.send(connection, || poll(out));
        }
        if !self.mutant.spoils_answers() {
            return poll(out);
        }
        let (waiting, after) = self.answers.entry(connection).or_insert((Vec::new(), Transfer::Idle));
        if waiting.is_empty() && *after == Transfer::Idle {
            let mut piece = [0; 2048];
            loop {
                match poll(&mut piece) {
                    Transfer::Bytes(length) => waiting.extend_from_slice(&piece[..length]),
                    other => {
                        *after = other;
                        break;
                    }
                }
            }
            if self.mutant == Mutant::TakesEveryForm {
                self.token = token(waiting).or(self.token.take());
            }
            *waiting = spoilt(self.mutant, waiting);
        }
        if waiting.is_empty() {
            return std::mem::replace(after, Transfer::Idle);
        }
        let length = out.len().min(waiting.len());
        out[..length].copy_from_slice(&waiting[..length]);
        waiting.drain(..length);
        Transfer::Bytes(length)
    }
}

/// What the device's radio can do.
pub(super) fn capabilities(spec: &DeviceSpec) -> RadioCapabilities {
    const UP_TO_ELEVEN: Channels = Channels::of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    let radio = spec.radio.capabilities();
    match spec.mutant {
        Some(Mutant::HearsUpToElevenChannels) => RadioCapabilities { channels: UP_TO_ELEVEN, ..radio },
        _ => radio,
    }
}

/// A unit's name without what follows its last hyphen.
pub(super) fn make(name: Ssid) -> Ssid {
    let bytes = name.as_bytes();
    let end = bytes.iter().rposition(|byte| *byte == b'-').unwrap_or(bytes.len());
    Ssid::new(&bytes[..end]).unwrap_or(name)
}

/// An answer in an encoding that its browser does not read: what it is shown is no page.
fn in_brotli(head: &str) -> Vec<u8> {
    const BYTES: &[u8] = b"\x1b\x2a\x00\xf8\x8d\x94\x6e\xde\x44\x55\x86\x96\x20\x6c\x6f\x21";
    let kept = without_length(head);
    let head = format!("{kept}\r\nContent-Encoding: br\r\nContent-Length: {}\r\n\r\n", BYTES.len());
    [head.as_bytes(), BYTES].concat()
}

/// A head without the line that says how long the body is.
fn without_length(head: &str) -> String {
    let is_length = |line: &&str| line.to_ascii_lowercase().starts_with("content-length:");
    let kept: Vec<&str> = head.split("\r\n").filter(|line| !is_length(line)).collect();
    kept.join("\r\n")
}

/// How the setup page's alert begins.
const ALERT: &str = "<div role=\"alert\"";

/// A page without its alert.
fn without_alert(body: &str) -> String {
    let (before, rest) = body.split_once(ALERT).unwrap_or((body, ""));
    let after = rest.split_once("</div>").map_or("", |(_, after)| after);
    format!("{before}{after}")
}

/// What the radio is to do in place of a command.
pub(super) enum Done {
    Command(RadioCommand),
    Report(RadioEvent),
    Nothing,
}

/// A whole answer with the bug in it.
fn spoilt(mutant: Mutant, answer: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return answer.to_vec() };
    let body = match mutant {
        Mutant::SaysOnline if head.starts_with("HTTP/1.1 302 ") => {
            return b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
        }
        Mutant::BlankPage if head.contains("text/html") && head.starts_with("HTTP/1.1 200 ") => String::new(),
        Mutant::SilentAlerts if body.contains(ALERT) => without_alert(body),
        Mutant::FormByGet => body.replace("method=\"post\"", "method=\"get\""),
        Mutant::AsksInClear => body.replace(" data-key=", " data-off="),
        Mutant::AsksForNoCode => body.replace(" id=\"code\"", " id=\"other-code\""),
        Mutant::ListOnly => body.replace("type=\"text\" id=\"ssid\"", "type=\"hidden\" id=\"ssid\""),
        Mutant::AnswersBrotli if head.contains("text/html") => return in_brotli(head),
        Mutant::Unescaped => body.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\""),
        _ => return answer.to_vec(),
    };
    format!("{}\r\nContent-Length: {}\r\n\r\n{body}", without_length(head), body.len()).into_bytes()
}
