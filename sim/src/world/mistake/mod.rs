//! Mistakes that portals are known to make (peers.md), made by the simulated device on
//! purpose: a scenario about one of them must fail when the device makes it, or it proves nothing.
//!
//! They are made where the device meets its world, or by its configuration; the portal itself is the one
//! that is flashed. Not under QEMU.

mod one_socket;
mod requests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vestibule_core::credentials::{Memory, Store};
use vestibule_core::detection::AfterJoining;
use vestibule_core::http::Transfer;
use vestibule_core::{
    Config, ConnectionId, Credentials, DHCP_PORT, DNS_PORT, Instant, Interface, JoinFailure, MayOpen,
    Passphrase, RadioCommand, RadioEvent, Ssid,
};

use crate::device::SimulatedPortal;
use crate::flash::Flash;
use one_socket::Queue;
use requests::{for_the_page, is_whole};

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mistake {
    /// Every check is answered as the Internet would: no portal pops up.
    SaysOnline,
    /// The page has nothing in it.
    BlankPage,
    /// What others chose goes into pages as it is.
    Unescaped,
    /// Phones are never told that they may let go.
    NeverLetsGo,
    /// The access point goes with the join, and the result with it.
    ClosesAtOnce,
    /// Stored networks are tried on and on beside the portal, without a pause.
    TriesWithoutPause,
    /// After a join that failed no other is made.
    OneTry,
    /// Whatever went wrong, the reason is that something did.
    NoReasons,
    /// What was typed is stored before it has worked.
    CommitsEarly,
    /// What is stored is forgotten as soon as it fails once.
    ForgetsOnFailure,
    /// What is stored is tried at the beginning, and not again.
    GivesUp,
    /// The portal opens for whoever makes the join fail.
    AlwaysOpens,
    /// A plus in a passphrase becomes a space.
    PlusIsSpace,
    /// Bytes of a name that are no text are replaced.
    LossyNames,
    /// Names end after 31 bytes.
    ShortNames,
    /// Passphrases end after 32 bytes.
    ShortPassphrases,
    /// Names are asked for in vain, but for those of the first second.
    DnsStops,
    /// There is an address for the first phone, and no other.
    OneLease,
    /// The access point keeps its subnet whatever the home network has.
    KeepsItsSubnet,
    /// Whoever connects makes the device listen for networks.
    ScansAllTheTime,
    /// A network is its first access point, and no other of that name.
    LocksTheAccessPoint,
    /// The portal closes after so short a time that a person is still typing.
    ClosesOnUsers,
    /// The access point stays for ever.
    AccessPointStays,
    /// The access point has a private address, 192.168.4.1, whatever was chosen.
    PrivateAddress,
    /// One connection is served at a time, and waited for until its request is whole.
    OneSocket,
    /// A request is what the first read brings of it.
    FirstReadIsAll,
    /// Whoever asks for anything gets the page.
    PageForEverything,
}

/// What it takes to make one.
#[derive(Debug)]
pub(super) struct Clumsy {
    mistake: Mistake,
    joins: BTreeMap<Vec<u8>, u32>,
    has_failed: bool,
    leased: Option<[u8; 6]>,
    /// What is still to be sent on a connection, and what follows.
    answers: BTreeMap<ConnectionId, (Vec<u8>, Transfer)>,
    /// Who is served and who waits.
    queue: Queue,
    /// Connections of which nothing more is read.
    read: BTreeSet<ConnectionId>,
    /// How the device's own host is named.
    own: String,
}

impl Clumsy {
    pub(super) fn new(mistake: Mistake, config: &Config) -> Self {
        Self {
            mistake,
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
        }
    }

    /// Makes those that are a matter of choices.
    pub(super) fn configure(mistake: Mistake, config: &mut Config) {
        match mistake {
            Mistake::NeverLetsGo => config.after_joining = AfterJoining::StayCaptive,
            Mistake::ClosesAtOnce => {
                config.result_patience = Duration::ZERO;
                config.result_linger = Duration::ZERO;
            }
            Mistake::TriesWithoutPause => config.knock_interval = Duration::from_millis(1),
            Mistake::GivesUp => config.knock_interval = Duration::from_secs(24 * 3600),
            Mistake::PrivateAddress => config.address = super::virtual_time::DEVICE,
            Mistake::AlwaysOpens => config.may_open = MayOpen::Always,
            Mistake::ClosesOnUsers => {
                config.absolute_timeout = Some(Duration::from_secs(20));
                config.may_open = MayOpen::OnceAfterPowerUp;
            }
            _ => {}
        }
    }

    /// What the radio does in place of a command.
    pub(super) fn command(&mut self, command: RadioCommand, flash: &Flash) -> Done {
        match (self.mistake, command) {
            (Mistake::AccessPointStays, RadioCommand::DropAccessPoint) => Done::Nothing,
            (Mistake::KeepsItsSubnet, RadioCommand::RaiseAccessPoint(mut raised)) => {
                raised.address = super::virtual_time::DEVICE;
                Done::Command(RadioCommand::RaiseAccessPoint(raised))
            }
            (Mistake::OneTry, RadioCommand::Join(_)) if self.has_failed => Done::Nothing,
            (Mistake::CommitsEarly, RadioCommand::Join(credentials)) => {
                let mut memory = Memory::new();
                memory.remember(credentials.clone());
                // Whether it can be stored is not the mistake.
                let _ = Store::new(flash.clone()).save(&memory);
                Done::Command(RadioCommand::Join(credentials))
            }
            (Mistake::LocksTheAccessPoint, RadioCommand::Join(credentials)) => {
                let joins = self.joins.entry(credentials.ssid.as_bytes().to_vec()).or_default();
                *joins += 1;
                match *joins {
                    1 => Done::Command(RadioCommand::Join(credentials)),
                    _ => Done::Report(RadioEvent::JoinFailed(JoinFailure::NotFound)),
                }
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
        let (name, secret) = match self.mistake {
            Mistake::LossyNames => {
                let is_text = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
                let name = name.iter().map(|byte| if is_text(byte) { *byte } else { b'?' }).collect();
                (name, secret.to_vec())
            }
            Mistake::ShortNames => (name[..name.len().min(31)].to_vec(), secret.to_vec()),
            Mistake::ShortPassphrases => (name.to_vec(), secret[..secret.len().min(32)].to_vec()),
            Mistake::PlusIsSpace => {
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

    /// What the device hears in place of a report.
    pub(super) fn report(&mut self, event: RadioEvent, flash: &Flash) -> RadioEvent {
        let fails = match event {
            RadioEvent::JoinFailed(_) => true,
            RadioEvent::Joined(link) => link.gateway.is_none() && self.mistake == Mistake::NoReasons,
            _ => false,
        };
        if !fails {
            return event;
        }
        self.has_failed = true;
        match self.mistake {
            Mistake::NoReasons => RadioEvent::JoinFailed(JoinFailure::Unsure),
            Mistake::ForgetsOnFailure => {
                // A wipe that fails leaves what there was.
                let _ = Store::new(flash.clone()).clear();
                event
            }
            _ => event,
        }
    }

    /// Whether a datagram is answered.
    pub(super) fn hears(&mut self, port: u16, payload: &[u8], now: Duration) -> bool {
        match (self.mistake, port) {
            (Mistake::DnsStops, DNS_PORT) => now < Duration::from_secs(1),
            (Mistake::OneLease, DHCP_PORT) => {
                let Some(Ok(mac)) = payload.get(28..34).map(<[u8; 6]>::try_from) else { return false };
                *self.leased.get_or_insert(mac) == mac
            }
            _ => true,
        }
    }

    /// Whether the radio listens for networks because somebody has connected.
    pub(super) fn scans_for_a_client(&self) -> bool {
        self.mistake == Mistake::ScansAllTheTime
    }

    pub(super) fn opened(
        &mut self,
        connection: ConnectionId,
        interface: Interface,
        portal: &mut SimulatedPortal,
        clock: Instant,
    ) {
        match self.mistake {
            Mistake::OneSocket => self.queue.opened(connection, interface),
            _ => portal.handle_open(connection, interface, clock),
        }
    }

    /// Puts what the device reads through the mistake. Returns how many bytes were taken.
    pub(super) fn received(
        &mut self,
        connection: ConnectionId,
        bytes: &[u8],
        portal: &mut SimulatedPortal,
        clock: Instant,
    ) -> usize {
        match self.mistake {
            Mistake::OneSocket => self.queue.received(connection, bytes, portal, clock),
            Mistake::FirstReadIsAll if self.read.contains(&connection) => bytes.len(),
            Mistake::FirstReadIsAll => {
                let taken = portal.handle_received(connection, bytes, clock);
                if taken == bytes.len() && !is_whole(bytes) {
                    portal.handle_received_end(connection, clock);
                    self.read.insert(connection);
                }
                taken
            }
            Mistake::PageForEverything => match for_the_page(bytes, &self.own) {
                // It is taken whole, or not before the answer under way is out.
                Some(page) if portal.handle_received(connection, &page, clock) > 0 => bytes.len(),
                Some(_) => 0,
                None => portal.handle_received(connection, bytes, clock),
            },
            _ => portal.handle_received(connection, bytes, clock),
        }
    }

    pub(super) fn ended(&mut self, connection: ConnectionId, portal: &mut SimulatedPortal, clock: Instant) {
        match self.mistake {
            Mistake::OneSocket => self.queue.ended(connection, portal, clock),
            _ => portal.handle_received_end(connection, clock),
        }
    }

    pub(super) fn closed(&mut self, connection: ConnectionId) {
        self.answers.remove(&connection);
        self.read.remove(&connection);
        self.queue.closed(connection);
    }

    /// Those whose turn may come because another one has ended.
    pub(super) fn waiting(&self) -> impl Iterator<Item = ConnectionId> {
        self.queue.waiting()
    }

    /// Puts what the device sends through the mistake. `poll` gives what it really sends.
    pub(super) fn send(
        &mut self,
        connection: ConnectionId,
        out: &mut [u8],
        mut poll: impl FnMut(&mut [u8]) -> Transfer,
    ) -> Transfer {
        if self.mistake == Mistake::OneSocket {
            return self.queue.send(connection, || poll(out));
        }
        if !matches!(self.mistake, Mistake::SaysOnline | Mistake::BlankPage | Mistake::Unescaped) {
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
            *waiting = spoilt(self.mistake, waiting);
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

/// What becomes of a command.
pub(super) enum Done {
    Command(RadioCommand),
    Report(RadioEvent),
    Nothing,
}

/// A whole answer with the mistake in it.
fn spoilt(mistake: Mistake, answer: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return answer.to_vec() };
    let body = match mistake {
        Mistake::SaysOnline if head.starts_with("HTTP/1.1 302 ") => {
            return b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
        }
        Mistake::BlankPage if head.contains("text/html") && head.starts_with("HTTP/1.1 200 ") => {
            String::new()
        }
        Mistake::Unescaped => body.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\""),
        _ => return answer.to_vec(),
    };
    let is_length = |line: &&str| line.to_ascii_lowercase().starts_with("content-length:");
    let kept: Vec<&str> = head.split("\r\n").filter(|line| !is_length(line)).collect();
    format!("{}\r\nContent-Length: {}\r\n\r\n{body}", kept.join("\r\n"), body.len()).into_bytes()
}
