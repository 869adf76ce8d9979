//! What is in the records: the structs of the C header, member by member, little-endian. Numbers stand for what they stand for
//! in the header, which has them in the core's order (a test of `bindings/c` says so).

use core::net::{Ipv4Addr, SocketAddrV4};

use vestibule_core::detection::{AfterJoining, Client};
use vestibule_core::provisioning::{Input, ProvisioningState};
use vestibule_core::{
    AccessPoint, AccessPointSecurity, Answer as Answered, Arrival, ClearForms, Config, ConnectionId,
    Credentials, Event, FrontEnd, Instant, Interface, JoinFailure, JoinStage, MacAddress, MayOpen,
    OwnPassphrase, Passphrase, Problem, RadioCommand, RadioEvent, Reply, ResultDelivery, Security, Ssid,
    StationAddress, StorageFault, WhenLost, WithoutGateway,
};

/// VESTIBULE_ERROR_ORDER.
pub(super) const ORDER: i32 = -10;

/// A record under way.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
}

impl Writer {
    /// A call at this moment.
    pub(super) fn at(now: Instant) -> Self {
        Self { bytes: now.as_micros().to_le_bytes().into() }
    }

    pub(super) fn u8(self, number: u8) -> Self {
        self.bytes(&[number])
    }

    fn u16(self, number: u16) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    pub(super) fn u32(self, number: u32) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    fn millis(self, duration: core::time::Duration) -> Self {
        self.u32(u32::try_from(duration.as_millis()).unwrap_or(u32::MAX))
    }

    fn name(self, ssid: &Ssid) -> Self {
        let mut bytes = [0; 32];
        let used = ssid.as_bytes().len();
        bytes[..used].copy_from_slice(ssid.as_bytes());
        self.u8(used as u8).bytes(&bytes)
    }

    fn text(self, text: &[u8]) -> Self {
        self.u16(text.len() as u16).bytes(text)
    }

    fn address(self, address: Option<Ipv4Addr>) -> Self {
        self.bytes(&address.unwrap_or(Ipv4Addr::UNSPECIFIED).octets())
    }

    fn link(self, link: Option<StationAddress>) -> Self {
        self.address(link.map(|link| link.address))
            .address(link.and_then(|link| link.gateway))
            .u8(link.map_or(0, |link| link.prefix))
    }
}

/// A record that is read.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// A moment, or none.
    fn moment(&mut self) -> Option<Option<Instant>> {
        let is_there = self.u8()? == 1;
        let micros = self.array().map(u64::from_le_bytes)?;
        Some(is_there.then(|| Instant::from_micros(micros)))
    }

    fn name(&mut self) -> Option<Ssid> {
        let length = self.u8()?;
        let bytes: [u8; 32] = self.array()?;
        Ssid::new(bytes.get(..length.into())?).ok()
    }

    fn address(&mut self) -> Option<Ipv4Addr> {
        self.array::<4>().map(Ipv4Addr::from)
    }

    fn link(&mut self) -> Option<Option<StationAddress>> {
        let (address, gateway, prefix) = (self.address()?, self.address()?, self.u8()?);
        let gateway = Some(gateway).filter(|gateway| !gateway.is_unspecified());
        Some(Some(StationAddress { address, prefix, gateway }).filter(|_| !address.is_unspecified()))
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        all.get(usize::from(self.u8()?)).copied()
    }

    /// A number that an event of another kind has not.
    fn one_or_none<T: Copy>(&mut self, all: &[T]) -> Option<Option<T>> {
        Some(all.get(usize::from(self.u8()?)).copied())
    }
}

/// What the portal knows, as it comes with every answer.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) state: ProvisioningState,
    pub(super) home: Option<StationAddress>,
    pub(super) timeout: Option<Instant>,
    /// A bit for each connection.
    pub(super) open: u8,
    pub(super) idle: u8,
    pub(super) deadlines: [Option<Instant>; ConnectionId::ALL.len()],
}

impl Default for Known {
    fn default() -> Self {
        let deadlines = [None; ConnectionId::ALL.len()];
        Self { state: ProvisioningState::Idle, home: None, timeout: None, open: 0, idle: 0, deadlines }
    }
}

/// What a call returned.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) result: i32,
    pub(super) known: Known,
    pub(super) more: Vec<u8>,
}

pub(super) fn answer(bytes: &[u8]) -> Option<Answer> {
    let mut reader = Reader::new(bytes);
    let result = reader.array().map(i32::from_le_bytes)?;
    let mut known = Known {
        state: reader.one_of(&ProvisioningState::ALL)?,
        home: reader.link()?,
        timeout: reader.moment()?,
        open: reader.u8()?,
        idle: reader.u8()?,
        ..Known::default()
    };
    for deadline in &mut known.deadlines {
        *deadline = reader.moment()?;
    }
    Some(Answer { result, known, more: reader.rest().into() })
}

const SECURITIES: [Security; 6] = [
    Security::Open,
    Security::Wpa2,
    Security::Wpa2Wpa3,
    Security::Wpa3,
    Security::Enterprise,
    Security::Unsupported,
];

const STAGES: [JoinStage; 7] = [
    JoinStage::Unknown,
    JoinStage::Scan,
    JoinStage::OpenAuthentication,
    JoinStage::SaeCommit,
    JoinStage::SaeConfirm,
    JoinStage::Association,
    JoinStage::Handshake,
];

const MAY_OPEN: [MayOpen; 4] =
    [MayOpen::Always, MayOpen::AfterPowerUp, MayOpen::OnceAfterPowerUp, MayOpen::WhenAsked];

const INTERFACES: [Interface; 2] = [Interface::AccessPoint, Interface::Home];

/// The number of one of these.
fn number<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|other| other == one).map_or(u8::MAX, |place| place as u8)
}

pub(super) fn interface(interface: Interface) -> u8 {
    number(&INTERFACES, &interface)
}

/// The choices of a device, and whether its chip has a key.
pub(super) fn config(config: &Config, has_key: bool) -> Writer {
    let security = match config.access_point_security {
        AccessPointSecurity::Open => Security::Open,
        AccessPointSecurity::Wpa2(_) => Security::Wpa2,
        AccessPointSecurity::Wpa2Wpa3(_) => Security::Wpa2Wpa3,
        AccessPointSecurity::Wpa3(_) => Security::Wpa3,
    };
    let home = config.home_address;
    let when_lost = match config.when_lost {
        WhenLost::Retry => 0,
        WhenLost::OpenAfter(attempts) => attempts,
    };
    let writer = Writer::default()
        .u8(has_key.into())
        .name(&config.name)
        .u8(config.radio.concurrent.into())
        .bytes(&config.radio.country.map_or([0; 2], |country| country.letters()))
        .u8(config.channel.unwrap_or(0))
        .u8(number(&SECURITIES, &security))
        .u8((config.clear_forms == ClearForms::Allow).into())
        .u8((config.without_gateway == WithoutGateway::Accept).into())
        .u8(config.stored_attempts)
        .u8(number(&MAY_OPEN, &config.may_open))
        .u8(when_lost)
        .u8((config.after_joining == AfterJoining::StayCaptive).into())
        .address(Some(config.address))
        .address(home.map(|home| home.address))
        .address(home.and_then(|home| home.router))
        .u8(home.map_or(0, |home| home.prefix))
        .u16(config.http_port)
        .u16(config.home_port);
    let code = config.label_code.map_or(&b""[..], OwnPassphrase::expose);
    times(writer, config)
        .bytes(&(config.radio.channels.bits() << 1).to_le_bytes())
        .text(config.access_point_security.passphrase().expose())
        .text(code)
        .text(config.captive_portal.map_or("", |url| url.as_str()).as_bytes())
        .text(config.redirect_host.unwrap_or_default().as_bytes())
}

fn times(writer: Writer, config: &Config) -> Writer {
    writer
        .millis(config.lease)
        .millis(config.opening_window)
        .millis(config.idle_timeout.unwrap_or_default())
        .millis(config.absolute_timeout.unwrap_or_default())
        .millis(config.backoff)
        .millis(config.scan_timeout)
        .millis(config.join_timeout)
        .millis(config.retry_interval)
        .millis(config.result_timeout)
        .millis(config.ap_shutdown_delay)
}

/// What the radio reports: every member of the struct, used or not.
#[derive(Default)]
struct Report {
    kind: u8,
    security: u8,
    channel: u8,
    signal: i8,
    failure: u8,
    stage: u8,
    reason: u16,
    bssid: [u8; 6],
    ssid: Option<Ssid>,
    link: Option<StationAddress>,
}

pub(super) fn radio_event(event: &RadioEvent, now: Instant) -> Writer {
    let plain = |kind| Report { kind, ..Report::default() };
    let report = match *event {
        RadioEvent::AccessPointUp => plain(0),
        RadioEvent::AccessPointDown => plain(1),
        RadioEvent::NetworkFound(record) => Report {
            security: number(&SECURITIES, &record.security),
            channel: record.channel,
            signal: record.signal,
            bssid: record.bssid.0,
            ssid: Some(record.ssid),
            ..plain(2)
        },
        RadioEvent::ScanFinished => plain(3),
        RadioEvent::Joined(link) => Report { link: Some(link), ..plain(4) },
        RadioEvent::JoinFailed(failure) => {
            Report { failure: number(&JoinFailure::ALL, &failure), ..plain(5) }
        }
        RadioEvent::JoinAborted { reason, stage } => {
            Report { reason, stage: number(&STAGES, &stage), ..plain(6) }
        }
        RadioEvent::Disconnected => plain(7),
        RadioEvent::AddressChanged(link) => Report { link: Some(link), ..plain(8) },
        RadioEvent::AddressLost => plain(9),
        // The program refuses it.
        _ => plain(u8::MAX),
    };
    Writer::at(now)
        .u8(report.kind)
        .u8(report.security)
        .u8(report.channel)
        .u8(report.signal as u8)
        .u8(report.failure)
        .u8(report.stage)
        .u16(report.reason)
        .bytes(&report.bssid)
        .name(&report.ssid.unwrap_or(Ssid::EMPTY))
        .link(report.link)
}

pub(super) fn datagram(arrival: &Arrival, payload: &[u8], now: Instant) -> Writer {
    Writer::at(now)
        .address(Some(*arrival.from.ip()))
        .u16(arrival.from.port())
        .u16(arrival.port)
        .u8(interface(arrival.interface))
        .bytes(payload)
}

/// An answer to a datagram, its bytes into `room`.
pub(super) fn reply(bytes: &[u8], room: &mut [u8]) -> Option<Reply> {
    let mut reader = Reader::new(bytes);
    let to = SocketAddrV4::new(reader.address()?, reader.u16()?);
    let has_hardware = reader.u8()? == 1;
    let hardware = MacAddress(reader.array()?);
    let payload = reader.rest();
    room.get_mut(..payload.len())?.copy_from_slice(payload);
    Some(Reply { to, hardware: has_hardware.then_some(hardware), length: payload.len() })
}

pub(super) fn radio_command(bytes: &[u8]) -> Option<RadioCommand> {
    let mut reader = Reader::new(bytes);
    let kind = reader.u8()?;
    let security = reader.one_or_none(&SECURITIES)?;
    let (channel, length, address, ssid) = (reader.u8()?, reader.u8()?, reader.address()?, reader.name()?);
    let passphrase: [u8; 64] = reader.array()?;
    let passphrase = passphrase.get(..length.into())?;
    Some(match kind {
        0 => {
            let own = || OwnPassphrase::new(passphrase, &ssid).ok();
            let security = match security? {
                Security::Open => AccessPointSecurity::Open,
                Security::Wpa2 => AccessPointSecurity::Wpa2(own()?),
                Security::Wpa2Wpa3 => AccessPointSecurity::Wpa2Wpa3(own()?),
                Security::Wpa3 => AccessPointSecurity::Wpa3(own()?),
                _ => return None,
            };
            RadioCommand::RaiseAccessPoint(AccessPoint { ssid, security, channel, address })
        }
        1 => RadioCommand::DropAccessPoint,
        2 => RadioCommand::Scan,
        3 => RadioCommand::ScanFor(ssid),
        4 => RadioCommand::Join(Credentials { ssid, passphrase: Passphrase::new(passphrase).ok()? }),
        5 => RadioCommand::Leave,
        _ => return None,
    })
}

pub(super) fn event(bytes: &[u8]) -> Option<Event> {
    let mut reader = Reader::new(bytes);
    let kind = reader.u8()?;
    let from = reader.one_or_none(&ProvisioningState::ALL)?;
    let on = reader.one_or_none(&Input::ALL)?;
    let to = reader.one_or_none(&ProvisioningState::ALL)?;
    let up = reader.u8()? == 1;
    let connection = ConnectionId::new(reader.u8()?.into());
    let interface = reader.one_or_none(&INTERFACES)?;
    let answer = reader.u8()?;
    let client = reader.one_or_none(&Client::ALL)?;
    let problem = reader.one_or_none(&Problem::ALL)?;
    let failure = reader.one_or_none(&JoinFailure::ALL)?;
    let over = reader.one_or_none(&FrontEnd::ALL)?;
    let fault = reader.one_or_none(&StorageFault::ALL)?;
    let (status, ssid, link) = (reader.u16()?, reader.name()?, reader.link()?);
    Some(match kind {
        0 => Event::State { from: from?, on: on?, to: to? },
        1 => Event::AccessPoint { up },
        2 => Event::Answered {
            connection: connection?,
            interface: interface?,
            status,
            answer: answered(answer, client)?,
        },
        3 => Event::Submitted { ssid },
        4 => Event::Rejected(problem?),
        5 => Event::JoinFailed { ssid, reason: failure? },
        6 => Event::Joined { ssid, link: link? },
        7 => Event::AddressChanged { link },
        8 => Event::Stored { ssid },
        9 => Event::Forgotten,
        10 => Event::ResultDelivered(ResultDelivery { over: over?, interface }),
        11 => Event::StaysClosed,
        12 => Event::CaptiveHome,
        13 => Event::StorageFault(fault?),
        _ => return None,
    })
}

fn answered(number: u8, client: Option<Client>) -> Option<Answered> {
    Some(match number {
        0 => Answered::Captured(client?),
        1 => Answered::LetGo(client?),
        2 => Answered::Redirected,
        3 => Answered::SetupPage,
        4 => Answered::JoiningPage,
        5 => Answered::ResultPage,
        6 => Answered::HomePage,
        7 => Answered::Script,
        8 => Answered::FormTaken,
        9 => Answered::Application,
        10 => Answered::Data,
        11 => Answered::KeptAlive,
        12 => Answered::Refused,
        _ => return None,
    })
}
