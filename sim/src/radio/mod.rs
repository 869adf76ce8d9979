//! The air: which stations receive each other, which networks are joined, and why a join failed.
//!
//! # What is simulated, and how faithfully
//!
//! Access points with a name, a security, a passphrase, a channel and a signal; beacons, probes and
//! scans channel by channel; joins message by message, which fail where and with the code with which
//! they would on an ESP32; the device's own access point and the phones on it. The device has one
//! radio: while it listens on other channels its access point is deaf and mute, and when it joins a
//! network on another channel, or that network moves, the access point moves with it, and each phone
//! follows, is lost for a while, or leaves ([`ChannelSwitch`]). A radio may also be of those that are access
//! point or station, never both, or lack channels (`capabilities`). Weak networks lose messages; strong
//! ones lose nothing. Each file here says how faithful its part is and which source its times have:
//! signal and loss, scans, joins, routers, phones.
//!
//! Simplified: the moves of the radio from channel to channel take no time, a scan and a join do not
//! hinder each other, and all phones are near the device. Frames are carried as they were before
//! encryption, whatever protects the network.
//!
//! The air is sans-IO: commands go in, reports come out at their time, and a driver passes the
//! moments in.

mod association;
mod capabilities;
mod clients;
mod join;
mod join_end;
mod message;
pub(crate) mod neighbours;
mod network;
mod packet_loss;
mod passphrase;
mod pmksa;
mod reason;
mod routers;
mod scan;
mod subnet;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::time::Duration;

pub(crate) use association::Refusal;
pub(crate) use capabilities::Unsupported;
pub use clients::ChannelSwitch;
pub(crate) use clients::Separation;
use clients::{Client, PhoneJoinStep};
use join::Join;
pub use join_end::{EndsAt, JoinEnd};
pub(crate) use message::{Message, Sender};
pub use network::SecurityKind;
pub(crate) use network::{Network, Presence};
use packet_loss::PacketLoss;
pub(crate) use packet_loss::signal_at;
pub(crate) use passphrase::{key_of, made_up_passphrase};
use pmksa::Pmksa;
pub(crate) use reason::LEAVING;
pub(crate) use reason::reason_words;
pub(crate) use routers::SWITCH_COUNTDOWN;
pub(crate) use scan::BEACON_INTERVAL;
use scan::Scan;
pub use subnet::{Gateway, Subnet};
use vestibule_core::{
    AccessPoint, Instant, JoinFailure, JoinStage, Radio, RadioCapabilities, RadioCommand, RadioEvent,
    ScanRecord, Ssid, StationAddress,
};

use crate::event_queue::EventQueue;

/// Time to raise an access point. Chosen; no source.
pub(crate) const RAISE: Duration = Duration::from_millis(100);
/// Time until an address is there, once associated, where no frames carry it. Chosen; no source.
pub(crate) const ADDRESS: Duration = Duration::from_millis(700);
/// Time after which a device gives up waiting for an address. Chosen: longer than the 10 s after which
/// its DHCP client (smoltcp's, and so embassy-net's) asks again, so that one lost question is no
/// failure, and shorter than the time that the core gives a join.
pub(crate) const ADDRESS_TIMEOUT: Duration = Duration::from_secs(15);
/// Time after which it gives up waiting for the router to answer ARP. Chosen: four questions, for its
/// stack asks every second.
pub(crate) const GATEWAY_TIMEOUT: Duration = Duration::from_secs(4);

/// A phone's number in its world.
pub(crate) type PhoneId = usize;

/// A report of the air: the result of a command, or something that happened without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// The device's radio reports.
    Device(RadioEvent),
    /// A message between the device's station and a network's access point.
    Message {
        /// Which network: its place in [`Air::networks`].
        network: usize,
        /// Its sender.
        sender: Sender,
        /// What it was.
        message: Message,
        /// Whether the other side did not hear it.
        lost: bool,
    },
    /// A join failed by the radio's account; the event for the device follows.
    JoinAborted {
        /// Which network was to be joined.
        ssid: Ssid,
        /// How far it had come.
        stage: JoinStage,
        /// The code that the driver reports.
        reason: u16,
    },
    /// The network that the device was on is gone; the event for the device follows.
    LinkLost {
        /// The code that the driver reports.
        reason: u16,
    },
    /// A message between a phone and the device's access point.
    PhoneMessage {
        /// The phone.
        phone: PhoneId,
        /// Whether the phone sent it; otherwise the access point did.
        by_phone: bool,
        /// What it was.
        message: Message,
        /// Whether the other side did not hear it.
        lost: bool,
    },
    /// A phone has not got onto the device's access point.
    PhoneRefused {
        /// The phone.
        phone: PhoneId,
        /// Why.
        why: Refusal,
    },
    /// A phone is on the device's access point now.
    PhoneJoined(PhoneId),
    /// A phone is off the device's access point: it left, or the access point went.
    PhoneLeft {
        /// The phone.
        phone: PhoneId,
        /// How.
        how: Separation,
    },
    /// The device's radio was told what it cannot do, and did not do it.
    Unsupported(Unsupported),
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
    AwaitingAddress {
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
pub(crate) struct Association {
    /// The number of the device's join that led to it. Another number is another association.
    pub attempt: u64,
    /// The network's place in the scenario.
    pub network: usize,
}

/// An event in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Due {
    // Events of the device. They are void when it loses its power.
    AccessPointUp { raised: u64 },
    Scanned { scan: u64 },
    JoinDwellOver { attempt: u64 },
    Transmission { attempt: u64, sender: Sender, message: Message },
    KeyUnanswered { attempt: u64, number: u8, sent: u8 },
    StageOver { attempt: u64, stage: JoinStage },
    Dismissed { attempt: u64, network: usize, reason: u16 },
    JoinOver { attempt: u64, failure: JoinFailure },
    AddressGiven { to: Association, link: StationAddress },
    LinkCheck { attempt: u64, network: usize },
    DesertedMet { raised: u64 },
    // Events of others.
    RouterUp { network: usize, switched: u64 },
    RouterMoves { network: usize, to: u8 },
    FadeOver { network: usize, by: u8 },
    PhoneJoinGoesOn { step: PhoneJoinStep, sent: u8 },
    PhoneJoinAnswered { step: PhoneJoinStep },
    PhoneTakesAnother { phone: PhoneId, why: Refusal },
    SilenceNoticed(u64),
}

impl Due {
    fn is_of_the_device(&self) -> bool {
        !matches!(
            self,
            Self::RouterUp { .. }
                | Self::RouterMoves { .. }
                | Self::FadeOver { .. }
                | Self::PhoneJoinGoesOn { .. }
                | Self::PhoneJoinAnswered { .. }
                | Self::PhoneTakesAnother { .. }
                | Self::SilenceNoticed(_)
        )
    }
}

/// The device's radio in the air at one moment: the core's [`Radio`], to which
/// [`Portal::drive_radio`](vestibule_core::Portal::drive_radio) carries what the portal asks.
#[derive(Debug)]
pub(crate) struct DeviceRadio<'a> {
    air: &'a mut Air,
    now: Instant,
}

impl Radio for DeviceRadio<'_> {
    fn capabilities(&self) -> RadioCapabilities {
        self.air.capabilities
    }

    fn command(&mut self, command: RadioCommand) {
        self.air.command(command, self.now);
    }
}

/// The air of one world.
#[derive(Debug)]
pub(crate) struct Air {
    networks: Vec<Network>,
    access_point: Option<AccessPoint>,
    /// How often the access point was raised or dropped. Events of an earlier access point are void.
    raised: u64,
    up: bool,
    /// What the device's radio can do.
    capabilities: RadioCapabilities,
    /// Whether its driver says how far a join had come.
    tells_stage: bool,
    /// The device has an address of its own choice on every network.
    asks_for_no_address: bool,
    /// The channel of the device's one radio.
    channel: u8,
    scan: Option<Scan>,
    scans: u64,
    /// Until when no scan of the device's radio ends.
    scans_stick_until: Instant,
    /// For each name in the last scan the signal and the channel of the strongest access point.
    last_scan: BTreeMap<Ssid, (i8, u8)>,
    /// The same for the scan under way.
    scan_in_progress: BTreeMap<Ssid, (i8, u8)>,
    station: Station,
    attempts: u64,
    join: Option<Join>,
    /// The key that the station keeps of its last join.
    pmksa: Option<Pmksa>,
    phones: BTreeMap<PhoneId, Client>,
    /// Joins by phones so far.
    phone_associations: u64,
    /// How often the access point has gone without deauthenticating its phones.
    silences: u64,
    packet_loss: PacketLoss,
    event_queue: EventQueue<Due>,
    reports: VecDeque<Report>,
}

impl Air {
    /// An air with these networks. The seed decides what of weak ones is heard.
    pub(crate) fn new(networks: Vec<Network>, seed: u64) -> Self {
        let mut air = Self {
            networks: Vec::new(),
            access_point: None,
            raised: 0,
            up: false,
            capabilities: RadioCapabilities::DEFAULT,
            tells_stage: false,
            asks_for_no_address: false,
            channel: 0,
            scan: None,
            scans: 0,
            scans_stick_until: Instant::from_micros(0),
            last_scan: BTreeMap::new(),
            scan_in_progress: BTreeMap::new(),
            station: Station::Off,
            attempts: 0,
            join: None,
            pmksa: None,
            phones: BTreeMap::new(),
            phone_associations: 0,
            silences: 0,
            packet_loss: PacketLoss::new(seed),
            event_queue: EventQueue::default(),
            reports: VecDeque::new(),
        };
        for (number, mut network) in networks.into_iter().enumerate() {
            if network.on_air && !network.boots_in.is_zero() {
                network.on_air = false;
                let at = Instant::from_micros(0) + network.boots_in;
                air.enter(at, Due::RouterUp { network: number, switched: network.presence.switched });
            }
            air.networks.push(network);
        }
        air
    }

    /// The device has an address of its own choice, and asks no network for one.
    pub(crate) fn device_asks_for_no_address(&mut self) {
        self.asks_for_no_address = true;
    }

    /// The networks, whether or not they are on the air.
    pub(crate) fn networks(&self) -> &[Network] {
        &self.networks
    }

    /// Whether the device's access point can be joined.
    pub(crate) fn access_point_is_up(&self) -> bool {
        self.up
    }

    /// The device's address on its own access point, while that is up.
    pub(crate) fn access_point_address(&self) -> Option<Ipv4Addr> {
        self.access_point.as_ref().filter(|_| self.up).map(|access_point| access_point.address)
    }

    /// The channel of the device's radio.
    pub(crate) fn channel(&self) -> u8 {
        self.channel
    }

    /// Whether the device's access point hears and sends nothing at this moment, because its radio
    /// listens on another channel.
    pub(crate) fn is_deaf(&self, now: Instant) -> bool {
        let scans = self.scan.iter().chain(self.join.as_ref().map(Join::scan));
        scans.into_iter().any(|scan| scan.channel_at(now).is_some_and(|channel| channel != self.channel))
    }

    /// The network that the device is on.
    pub(crate) fn joined_network(&self) -> Option<&Network> {
        match self.station {
            Station::Joined { network, .. } => self.networks.get(network),
            _ => None,
        }
    }

    /// Where the device's station is associated, with or without an address.
    pub(crate) fn association(&self) -> Option<Association> {
        match self.station {
            Station::AwaitingAddress { attempt, network } | Station::Joined { attempt, network } => {
                Some(Association { attempt, network })
            }
            Station::Off | Station::Joining { .. } => None,
        }
    }

    /// The network that this association was with has given the device an address. It is
    /// ignored if the device has one already, or has left.
    pub(crate) fn address_given(&mut self, to: Association, link: StationAddress) {
        let Association { attempt, network } = to;
        if self.station == (Station::AwaitingAddress { attempt, network }) {
            self.station = Station::Joined { attempt, network };
            self.reports.push_back(Report::Device(RadioEvent::Joined(link)));
        }
    }

    /// The device's address on the network that it has joined is not its own any more.
    pub(crate) fn address_lost(&mut self) {
        self.lose_link(LEAVING);
    }

    /// The device's radio at this moment.
    pub(crate) fn device_radio(&mut self, now: Instant) -> DeviceRadio<'_> {
        DeviceRadio { air: self, now }
    }

    /// Executes a command of the device's radio.
    pub(crate) fn command(&mut self, command: RadioCommand, now: Instant) {
        if let Some(why) = self.unsupported(&command) {
            return self.refuse_command(&command, why);
        }
        match command {
            RadioCommand::RaiseAccessPoint(access_point) => {
                // There is one radio: while a network is joined, the access point has that network's channel.
                self.move_to(self.joined_network().map_or(access_point.channel, |joined| joined.channel));
                self.access_point = Some(access_point);
                self.raised += 1;
                self.enter(now + RAISE, Due::AccessPointUp { raised: self.raised });
            }
            RadioCommand::DropAccessPoint => self.drop_access_point(),
            RadioCommand::Scan => self.begin_scan(None, now),
            RadioCommand::ScanFor(ssid) => self.begin_scan(Some(ssid), now),
            RadioCommand::Join(credentials) => self.begin_join(credentials, now),
            RadioCommand::Leave => self.leave(),
        }
    }

    /// Scans for every name, or for one. What is known of the others stays then.
    fn begin_scan(&mut self, asked: Option<Ssid>, now: Instant) {
        self.scan_in_progress.clear();
        if asked.is_some() {
            self.scan_in_progress.clone_from(&self.last_scan);
        }
        self.scan = Some(Scan::of_all(now).asking(asked));
        self.scans += 1;
        self.continue_scan(now);
    }

    /// Until then scans of the device's radio do not end: its driver never says so.
    pub(crate) fn stick_scans(&mut self, until: Instant) {
        self.scans_stick_until = until;
    }

    /// The device lost its power. Its radio stops without telling the phones.
    pub(crate) fn device_off(&mut self, now: Instant) {
        self.access_point = None;
        self.scan = None;
        self.last_scan.clear();
        self.pmksa = None;
        self.up = false;
        self.raised += 1;
        self.attempts += 1;
        self.join = None;
        self.station = Station::Off;
        self.event_queue.retain(|due| !due.is_of_the_device());
        self.reports.retain(|report| !matches!(report, Report::Device(_)));
        self.desert_phones(now);
    }

    fn drop_access_point(&mut self) {
        self.access_point = None;
        self.raised += 1;
        if std::mem::take(&mut self.up) {
            self.reports.push_back(Report::Device(RadioEvent::AccessPointDown));
        }
        self.dismiss_phones();
    }

    /// Leaves the network, or gives up joining it. The access point is told if the station is associated.
    fn leave(&mut self) {
        if let Some(Association { network, .. }) = self.association() {
            let (sender, message) = (Sender::Device, Message::Deauthentication(LEAVING));
            self.reports.push_back(Report::Message { network, sender, message, lost: false });
        }
        self.join = None;
        self.station = Station::Off;
    }

    /// The next report that is due.
    #[must_use]
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Report> {
        while self.reports.is_empty()
            && let Some((at, due)) = self.event_queue.pop_until(now)
        {
            self.happens(due, at);
        }
        self.reports.pop_front()
    }

    /// When something is next due.
    #[must_use]
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if self.reports.is_empty() { self.event_queue.next_at() } else { Some(Instant::from_micros(0)) }
    }

    fn enter(&mut self, at: Instant, due: Due) {
        self.event_queue.schedule(at, due);
    }

    /// Lets something happen; what belongs to an attempt or an access point that was given up
    /// meanwhile does nothing.
    fn happens(&mut self, due: Due, now: Instant) {
        match due {
            Due::AccessPointUp { raised } if raised == self.raised => {
                self.up = true;
                self.reports.push_back(Report::Device(RadioEvent::AccessPointUp));
                self.meet_deserted_phones(now);
            }
            Due::Scanned { scan } if scan == self.scans => self.scanned(now),
            Due::JoinDwellOver { attempt } => self.join_dwell_is_over(attempt, now),
            Due::Transmission { attempt, sender, message } => self.transmit(attempt, sender, message, now),
            Due::KeyUnanswered { attempt, number, sent } => {
                self.key_is_unanswered(attempt, number, sent, now);
            }
            Due::StageOver { attempt, stage } => self.stage_is_over(attempt, stage),
            Due::Dismissed { attempt, network, reason } => self.is_dismissed(attempt, network, reason),
            Due::JoinOver { attempt, failure } if self.is_joining(attempt) => {
                self.station = Station::Off;
                self.reports.push_back(Report::Device(RadioEvent::JoinFailed(failure)));
            }
            Due::AddressGiven { to, link } => self.address_given(to, link),
            Due::LinkCheck { attempt, network } => self.check_link(attempt, network),
            Due::DesertedMet { raised } => self.deserted_phones_are_met(raised),
            Due::RouterUp { network, switched } => self.router_is_up(network, switched, now),
            Due::RouterMoves { network, to } => self.router_moves(network, to, now),
            Due::FadeOver { network, by } => self.fade_is_over(network, by),
            Due::PhoneJoinGoesOn { step, sent } => self.phone_join_goes_on(step, sent, now),
            Due::PhoneJoinAnswered { step } => self.phone_join_is_answered(step, now),
            Due::PhoneTakesAnother { phone, why } => self.refuse(phone, why),
            Due::SilenceNoticed(silence) => self.deserted_phones_go(Some(silence), Separation::Silence),
            Due::AccessPointUp { .. } | Due::Scanned { .. } | Due::JoinOver { .. } => {}
        }
    }

    fn is_joining(&self, attempt: u64) -> bool {
        match self.station {
            Station::Joining { attempt: own } | Station::AwaitingAddress { attempt: own, .. } => {
                own == attempt
            }
            Station::Off | Station::Joined { .. } => false,
        }
    }

    /// Schedules the end of the scan's next dwell, or ends the scan.
    fn continue_scan(&mut self, now: Instant) {
        let Some(scan) = &self.scan else { return };
        match scan.dwell_after(now) {
            Some(dwell) => self.enter(dwell.to, Due::Scanned { scan: self.scans }),
            None if now < self.scans_stick_until => self.scan = None,
            None => {
                self.scan = None;
                self.last_scan = std::mem::take(&mut self.scan_in_progress);
                self.reports.push_back(Report::Device(RadioEvent::ScanFinished));
            }
        }
    }

    /// A dwell of the scan is over: reports the networks that it received.
    fn scanned(&mut self, now: Instant) {
        let Some(scan) = &self.scan else { return };
        let asked = scan.asked();
        let Some(dwell) = scan.dwell_until(now) else { return };
        if !self.capabilities.may_use(dwell.channel) {
            return self.continue_scan(now);
        }
        for network in &self.networks {
            let is_meant = asked.is_none_or(|asked| asked == network.ssid);
            if !is_meant || !dwell.receives(network, asked.as_ref(), &mut self.packet_loss) {
                continue;
            }
            // The answer to a name has it.
            let record =
                ScanRecord { ssid: asked.unwrap_or(network.scan_record().ssid), ..network.scan_record() };
            self.reports.push_back(Report::Device(RadioEvent::NetworkFound(record)));
            let heard = (record.signal, record.channel);
            if !record.ssid.is_empty()
                && self.scan_in_progress.get(&record.ssid).is_none_or(|last| *last < heard)
            {
                self.scan_in_progress.insert(record.ssid, heard);
            }
        }
        self.continue_scan(now);
    }

    /// The radio changes to the network's channel, and the access point with it.
    fn move_to(&mut self, channel: u8) {
        if std::mem::replace(&mut self.channel, channel) == channel || !self.up {
            return;
        }
        self.reports.push_back(Report::ChannelMoved { to: channel });
        self.phones_miss_the_move();
    }

    /// The device is associated. Where the driver has no routers, getting an address is a step with
    /// a time; otherwise the driver sees the association and reports the address.
    fn await_address(&mut self, attempt: u64, network: usize, now: Instant) {
        self.station = Station::AwaitingAddress { attempt, network };
        self.enter(now + ADDRESS_TIMEOUT, Due::JoinOver { attempt, failure: JoinFailure::NoAddress });
        let Network { address, subnet, .. } = &self.networks[network];
        let looks = if subnet.gateway == Gateway::Silent { GATEWAY_TIMEOUT } else { Duration::ZERO };
        let (waits, comes) = match self.asks_for_no_address {
            true => (Duration::ZERO, true),
            false => (ADDRESS + subnet.dhcp_delay + looks, subnet.offers_in_time()),
        };
        if let (Some(address), true) = (*address, comes) {
            let to = Association { attempt, network };
            let gateway = Some(subnet.router).filter(|_| subnet.gateway.answers());
            let link = StationAddress { address, prefix: subnet.cidr.prefix_len(), gateway };
            self.enter(now + waits, Due::AddressGiven { to, link });
        }
    }
}
