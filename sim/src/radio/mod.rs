//! The air: who can hear whom, who has joined what, and why a join failed.
//!
//! # What is simulated, and how faithfully
//!
//! Networks with a name, a security, a passphrase, a channel and a signal; scanning; joins that
//! succeed or fail for a reason; the device's access point and the phones on it. The device has
//! one radio: while it listens on other channels its access point is deaf and mute, and when it
//! joins a network on another channel the access point moves there, and each phone follows, is
//! lost for a while, or leaves ([`ChannelSwitch`]). Time passes as the constants below say.
//!
//! Simplified: a join is one step with one outcome, as a driver reports it to firmware, and a
//! channel switch takes no time. Who reacts how to a switch is a choice of the scenario, for the
//! reports that there are name single devices (nodemcu/nodemcu-firmware issue 867: a laptop stays,
//! a phone drops; espressif/esp-idf issue 8553: clients had to scan again).
//!
//! The air is sans-IO: commands go in, reports come out at their time, and a driver passes the
//! moments in.

mod antenna;
mod lan;
mod network;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

pub use antenna::{Antenna, Command};
pub use lan::Lan;
pub use network::{Network, SecurityKind};
use serde::Deserialize;
use vestibule_core::{AccessPoint, Credentials, HomeLink, Instant, JoinFailure, RadioEvent, Security};

use crate::agenda::Agenda;

/// Time to raise an access point. Chosen; no source.
pub const RAISE: Duration = Duration::from_millis(100);
/// Channels that a scan listens on.
pub const CHANNELS: u32 = 13;
/// Time that it listens on each: the default of ESP-IDF's active scan.
pub const DWELL: Duration = Duration::from_millis(120);
/// Time that it spends on its own channel between two others, so that the access point is not lost:
/// ESP-IDF's default.
pub const HOME_DWELL: Duration = Duration::from_millis(30);
/// Time of a whole scan.
pub const SCAN: Duration = Duration::from_millis(1950);
/// Time to associate and shake hands. Chosen; no source.
pub const JOIN: Duration = Duration::from_millis(300);
/// Time until an address is there, once associated, where no frames carry it. Chosen; no source.
pub const ADDRESS: Duration = Duration::from_millis(700);
/// Time after which a router gives up a handshake with a wrong passphrase: hostapd repeats its
/// first message after 0.1 s and then three times after 1 s (src/ap/wpa_auth.c).
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_millis(3100);
/// Time after which a device gives up waiting for an address. Chosen: longer than the 10 s after which
/// its DHCP client (smoltcp's, and so embassy-net's) asks again, so that one lost question is no
/// failure, and shorter than the time that the core gives a join.
pub const NO_ADDRESS: Duration = Duration::from_secs(15);
/// Time for a phone to associate with the access point. Chosen; no source.
pub const PHONE_JOIN: Duration = Duration::from_millis(400);

/// What a phone does when the access point that it is on moves to another channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelSwitch {
    /// It hears the announcement and follows.
    #[default]
    Follows,
    /// It misses the announcement, and its owner has to join again.
    Loses,
    /// It misses the announcement and goes to another network, for good.
    Leaves,
}

/// A phone's number in its world.
pub type PhoneId = usize;

/// Something that came of a command, or happened by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The device's radio reports.
    Device(RadioEvent),
    /// A phone is on the device's access point now.
    PhoneJoined(PhoneId),
    /// A phone is off the device's access point: it left, or the access point went.
    PhoneLeft(PhoneId),
    /// The device's access point has moved to another channel.
    ChannelMoved {
        /// Which.
        to: u8,
    },
}

/// The device's station: what it is doing with the home network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Station {
    #[default]
    Off,
    Joining {
        attempt: u64,
    },
    /// Associated, without an address yet.
    Asking {
        attempt: u64,
        network: usize,
    },
    Joined {
        attempt: u64,
        network: usize,
    },
}

/// The device's station on a network, with or without an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Association {
    /// Which join of the device's brought it there: another one is a new beginning.
    pub attempt: u64,
    /// The network's place in the scenario.
    pub network: usize,
}

/// What becomes due.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Due {
    AccessPointUp { raised: u64 },
    Scanned,
    Join { attempt: u64, credentials: Credentials },
    Associated { attempt: u64, network: usize },
    JoinOver { attempt: u64, failure: JoinFailure },
    AddressGiven { to: Association, address: Ipv4Addr },
    PhoneAssociates(PhoneId),
}

/// A phone on the access point, or on its way there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Associated {
    stage: Stage,
    on_switch: ChannelSwitch,
}

/// Whether a phone is on the access point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Pending,
    On,
}

/// The air of one world.
#[derive(Debug, Default)]
pub struct Air {
    networks: Vec<Network>,
    access_point: Option<AccessPoint>,
    /// Distinguishes what belongs to this raising of the access point from what belonged to one
    /// before.
    raised: u64,
    up: bool,
    /// The channel of the device's one radio.
    channel: u8,
    /// Since when it listens on other channels.
    scanning_since: Option<Instant>,
    station: Station,
    attempts: u64,
    phones: BTreeMap<PhoneId, Associated>,
    agenda: Agenda<Due>,
    reports: std::collections::VecDeque<Report>,
}

impl Air {
    /// An air with these networks.
    pub fn new(networks: Vec<Network>) -> Self {
        Self { networks, ..Self::default() }
    }

    /// The networks, whether or not they are on the air.
    pub fn networks(&self) -> &[Network] {
        &self.networks
    }

    /// The network of that name, to change it.
    pub fn network_mut(&mut self, ssid: &[u8]) -> Option<&mut Network> {
        self.networks.iter_mut().find(|network| network.ssid.as_bytes() == ssid)
    }

    /// Whether the device's access point can be joined.
    pub fn access_point_is_up(&self) -> bool {
        self.up
    }

    /// Whether a phone is on the access point.
    pub fn phone_is_on(&self, phone: PhoneId) -> bool {
        self.phones.get(&phone).is_some_and(|phone| phone.stage == Stage::On)
    }

    /// The channel of the device's radio.
    pub fn channel(&self) -> u8 {
        self.channel
    }

    /// Whether the device's access point hears and sends nothing at this moment, because its radio
    /// listens on another channel.
    pub fn is_deaf(&self, now: Instant) -> bool {
        let Some(since) = self.scanning_since else {
            return false;
        };
        let round = (DWELL + HOME_DWELL).as_micros();
        (now - since).as_micros() % round < DWELL.as_micros()
    }

    /// The network that the device is on.
    pub fn joined_network(&self) -> Option<&Network> {
        match self.station {
            Station::Joined { network, .. } => self.networks.get(network),
            _ => None,
        }
    }

    /// Where the device's station is associated, with or without an address.
    pub fn association(&self) -> Option<Association> {
        match self.station {
            Station::Asking { attempt, network } | Station::Joined { attempt, network } => {
                Some(Association { attempt, network })
            }
            Station::Off | Station::Joining { .. } => None,
        }
    }

    /// The network that this association was with has given the device an address. Nothing comes of
    /// it if the device has one, or has left.
    pub fn address_given(&mut self, to: Association, address: Ipv4Addr) {
        let Association { attempt, network } = to;
        if self.station == (Station::Asking { attempt, network }) {
            self.station = Station::Joined { attempt, network };
            self.reports.push_back(Report::Device(RadioEvent::Joined(HomeLink { address })));
        }
    }

    /// The device's address on the network that it has joined is not its own any more.
    pub fn address_lost(&mut self) {
        self.drop_station_if(|_| true);
    }

    /// The device's radio is told to do something.
    pub fn command(&mut self, command: Command, now: Instant) {
        match command {
            Command::RaiseAccessPoint(access_point) => {
                self.channel = access_point.channel;
                self.access_point = Some(access_point);
                self.raised += 1;
                self.enter(now + RAISE, Due::AccessPointUp { raised: self.raised });
            }
            Command::DropAccessPoint => self.drop_access_point(),
            Command::Scan => {
                self.scanning_since = Some(now);
                self.enter(now + SCAN, Due::Scanned);
            }
            Command::Join(credentials) => {
                self.attempts += 1;
                let attempt = self.attempts;
                self.station = Station::Joining { attempt };
                self.enter(now + JOIN, Due::Join { attempt, credentials });
            }
            Command::Leave => self.station = Station::Off,
        }
    }

    /// The device lost its power: all that its radio was doing is gone, and phones fall off.
    pub fn device_off(&mut self) {
        self.access_point = None;
        self.scanning_since = None;
        self.up = false;
        self.raised += 1;
        self.attempts += 1;
        self.station = Station::Off;
        self.agenda.retain(|due| matches!(due, Due::PhoneAssociates(_)));
        self.phones_fall_off();
        self.reports.retain(|report| !matches!(report, Report::Device(_)));
    }

    fn drop_access_point(&mut self) {
        self.access_point = None;
        self.raised += 1;
        if std::mem::take(&mut self.up) {
            self.reports.push_back(Report::Device(RadioEvent::AccessPointDown));
        }
        self.phones_fall_off();
    }

    fn phones_fall_off(&mut self) {
        for (phone, associated) in std::mem::take(&mut self.phones) {
            if associated.stage == Stage::On {
                self.reports.push_back(Report::PhoneLeft(phone));
            }
        }
    }

    /// A phone sets out to join the device's access point. Nothing comes of it if there is none.
    pub fn phone_joins(&mut self, phone: PhoneId, on_switch: ChannelSwitch, now: Instant) {
        if self.up && !self.phones.contains_key(&phone) {
            self.phones.insert(phone, Associated { stage: Stage::Pending, on_switch });
            self.enter(now + PHONE_JOIN, Due::PhoneAssociates(phone));
        }
    }

    /// A phone leaves the access point.
    pub fn phone_leaves(&mut self, phone: PhoneId) {
        let left = self.phones.remove(&phone);
        if left.is_some_and(|phone| phone.stage == Stage::On) {
            self.reports.push_back(Report::PhoneLeft(phone));
        }
    }

    /// A network comes onto the air or goes off it. A device on a network that goes loses it.
    pub fn set_on_air(&mut self, ssid: &[u8], on_air: bool) {
        for network in self.networks.iter_mut().filter(|network| network.ssid.as_bytes() == ssid) {
            network.on_air = on_air;
        }
        self.drop_station_if(|network| !network.on_air);
    }

    /// A router gets another passphrase and restarts: a device on it loses it.
    pub fn set_passphrase(&mut self, ssid: &[u8], passphrase: &vestibule_core::Passphrase) {
        for network in self.networks.iter_mut().filter(|network| network.ssid.as_bytes() == ssid) {
            network.passphrase = passphrase.clone();
        }
        self.drop_station_if(|network| network.ssid.as_bytes() == ssid);
    }

    fn drop_station_if(&mut self, gone: impl Fn(&Network) -> bool) {
        let Some(association) = self.association() else { return };
        if self.networks.get(association.network).is_some_and(gone) {
            let asked = matches!(self.station, Station::Asking { .. });
            self.station = Station::Off;
            // Before there is an address there is nothing to lose: the join has failed.
            let unsure = RadioEvent::JoinFailed(JoinFailure::Unsure);
            self.reports.push_back(Report::Device(if asked { unsure } else { RadioEvent::Lost }));
        }
    }

    /// The next report that is due.
    #[must_use]
    pub fn poll(&mut self, now: Instant) -> Option<Report> {
        while self.reports.is_empty()
            && let Some((at, due)) = self.agenda.pop_until(now)
        {
            self.happens(due, at);
        }
        self.reports.pop_front()
    }

    /// When something is next due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.reports.is_empty() { self.agenda.next_at() } else { Some(Instant::from_micros(0)) }
    }

    fn enter(&mut self, at: Instant, due: Due) {
        self.agenda.enter(at, due);
    }

    fn happens(&mut self, due: Due, now: Instant) {
        match due {
            Due::AccessPointUp { raised } if raised == self.raised => {
                self.up = true;
                self.reports.push_back(Report::Device(RadioEvent::AccessPointUp));
            }
            Due::Scanned => {
                self.scanning_since = None;
                self.report_scan();
            }
            Due::Join { attempt, credentials } if self.is_joining(attempt) => {
                self.try_join(attempt, &credentials, now);
            }
            Due::Associated { attempt, network } if self.is_joining(attempt) => {
                self.ask_for_address(attempt, network, now);
            }
            Due::JoinOver { attempt, failure } if self.is_joining(attempt) => {
                self.station = Station::Off;
                self.reports.push_back(Report::Device(RadioEvent::JoinFailed(failure)));
            }
            Due::AddressGiven { to, address } => self.address_given(to, address),
            Due::PhoneAssociates(phone) => {
                if let (true, Some(associated)) = (self.up, self.phones.get_mut(&phone)) {
                    associated.stage = Stage::On;
                    self.reports.push_back(Report::PhoneJoined(phone));
                }
            }
            // Of an attempt or an access point that was given up meanwhile.
            Due::AccessPointUp { .. } | Due::Join { .. } | Due::Associated { .. } | Due::JoinOver { .. } => {}
        }
    }

    fn is_joining(&self, attempt: u64) -> bool {
        match self.station {
            Station::Joining { attempt: own } | Station::Asking { attempt: own, .. } => own == attempt,
            Station::Off | Station::Joined { .. } => false,
        }
    }

    fn report_scan(&mut self) {
        for network in self.networks.iter().filter(|network| network.on_air) {
            self.reports.push_back(Report::Device(RadioEvent::NetworkFound(network.as_heard())));
        }
        self.reports.push_back(Report::Device(RadioEvent::ScanFinished));
    }

    /// What comes of a join: the strongest network of that name decides, as a station would.
    fn try_join(&mut self, attempt: u64, credentials: &Credentials, now: Instant) {
        let candidates = self
            .networks
            .iter()
            .enumerate()
            .filter(|(_, network)| network.on_air && network.ssid == credentials.ssid);
        let Some((number, network)) = candidates.max_by_key(|(_, network)| network.signal) else {
            self.enter(now + SCAN, Due::JoinOver { attempt, failure: JoinFailure::NotFound });
            return;
        };
        let channel = network.channel;
        let (after, due) = match network.security {
            Security::Enterprise => {
                (Duration::ZERO, Due::JoinOver { attempt, failure: JoinFailure::Refused })
            }
            Security::Open => (Duration::ZERO, Due::Associated { attempt, network: number }),
            _ if network.passphrase == credentials.passphrase => {
                (Duration::ZERO, Due::Associated { attempt, network: number })
            }
            _ => (HANDSHAKE_TIMEOUT, Due::JoinOver { attempt, failure: JoinFailure::WrongPassphrase }),
        };
        self.move_to(channel);
        self.enter(now + after, due);
    }

    /// The radio goes where the network is, and the access point with it.
    fn move_to(&mut self, channel: u8) {
        if std::mem::replace(&mut self.channel, channel) == channel || !self.up {
            return;
        }
        self.reports.push_back(Report::ChannelMoved { to: channel });
        let lost = self.phones.iter().filter(|(_, phone)| phone.on_switch != ChannelSwitch::Follows);
        for phone in lost.map(|(phone, _)| *phone).collect::<Vec<_>>() {
            self.phone_leaves(phone);
        }
    }

    /// The device is associated. Where the driver has no routers, getting an address is a step with
    /// a time; otherwise the driver sees the association and reports the address.
    fn ask_for_address(&mut self, attempt: u64, network: usize, now: Instant) {
        self.station = Station::Asking { attempt, network };
        self.enter(now + NO_ADDRESS, Due::JoinOver { attempt, failure: JoinFailure::NoAddress });
        let Network { address, lan, .. } = &self.networks[network];
        if let (Some(address), true) = (*address, lan.offers_in_time()) {
            let to = Association { attempt, network };
            self.enter(now + ADDRESS + lan.dhcp_delay, Due::AddressGiven { to, address });
        }
    }

    /// The device's address on its own access point, while that is up.
    pub fn access_point_address(&self) -> Option<Ipv4Addr> {
        self.access_point.as_ref().filter(|_| self.up).map(|access_point| access_point.address)
    }
}
