//! Every message comes back as it was, and nothing else is taken for one.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::format;
use std::string::String;
use std::vec::Vec;

use vestibule_core::detection::{AfterJoining, Client};
use vestibule_core::provisioning::{Input, ProvisioningState};
use vestibule_core::{
    AccessPoint, AccessPointSecurity, Answer, Config, ConnectionId, Credentials, Event, FrontEnd, Interface,
    JoinFailure, JoinStage, MacAddress, MayOpen, OwnPassphrase, Passphrase, Problem, ResultDelivery,
    ScanRecord, Security, Ssid, StaticAddress, StationAddress, StorageFault, WhenLost, WithoutGateway,
};

use crate::{
    DeviceSecret, FromDevice, FromHost, HOST_BYTES, LINE_BYTES, Mode, Start, StationEvent, Transport, VERSION,
};

fn longest() -> Credentials {
    let ssid = Ssid::new(&[0xff; 32]).unwrap();
    Credentials { ssid, passphrase: Passphrase::new(&[b'a'; 64]).unwrap() }
}

/// The longest passphrase of an access point.
fn own() -> OwnPassphrase {
    OwnPassphrase::new(&b"0123456789abcdef".repeat(4), &Ssid::EMPTY).unwrap()
}

/// The longest.
const LINK: StationAddress = StationAddress {
    address: Ipv4Addr::new(192, 168, 178, 254),
    prefix: 30,
    gateway: Some(Ipv4Addr::new(192, 168, 178, 253)),
};
const LEADS_NOWHERE: StationAddress =
    StationAddress { address: Ipv4Addr::new(10, 0, 2, 15), prefix: 8, gateway: None };

fn every_event() -> Vec<Event> {
    let ssid = longest().ssid;
    let mut events = Vec::new();
    for from in ProvisioningState::ALL {
        for on in Input::ALL {
            events.push(Event::State { from, on, to: ProvisioningState::Idle });
        }
    }
    let answers = [Answer::Captured(Client::Apple), Answer::LetGo(Client::FireOs), Answer::Redirected]
        .into_iter()
        .chain([Answer::SetupPage, Answer::JoiningPage, Answer::ResultPage, Answer::HomePage, Answer::Script])
        .chain([Answer::FormTaken, Answer::Application, Answer::Data, Answer::KeptAlive, Answer::Refused]);
    for answer in answers {
        events.push(Event::Answered {
            connection: ConnectionId::ALL[7],
            interface: Interface::Home,
            status: 302,
            answer,
        });
    }
    events.extend(Problem::ALL.map(Event::Rejected));
    events.extend(StorageFault::ALL.map(Event::StorageFault));
    events.extend([Event::AccessPoint { up: true }, Event::AccessPoint { up: false }]);
    events.extend([Event::Submitted { ssid }, Event::Stored { ssid }]);
    events.extend([LINK, LEADS_NOWHERE].map(|link| Event::Joined { ssid, link }));
    events.extend(JoinFailure::ALL.map(|reason| Event::JoinFailed { ssid: Ssid::EMPTY, reason }));
    for interface in [None, Some(Interface::AccessPoint), Some(Interface::Home)] {
        let deliveries = FrontEnd::ALL.into_iter().map(|over| ResultDelivery { over, interface });
        events.extend(deliveries.map(Event::ResultDelivered));
    }
    events.extend([Some(LINK), None].map(|link| Event::AddressChanged { link }));
    events.extend([Event::Forgotten, Event::StaysClosed, Event::CaptiveHome]);
    events
}

fn line(write: impl FnOnce(&mut String) -> core::fmt::Result) -> String {
    let mut line = String::new();
    write(&mut line).unwrap();
    assert!(line.len() < LINE_BYTES && !line.contains(['\n', '?']), "{line}");
    line
}

#[test]
fn a_message_of_the_device_is_read_as_it_was_written() {
    let (ssid, security) = (longest().ssid, AccessPointSecurity::Wpa2Wpa3(own()));
    let access_point = AccessPoint { ssid, security, channel: 13, address: Ipv4Addr::new(192, 168, 4, 1) };
    let open = Credentials { ssid: Ssid::new(b"Cafe").unwrap(), passphrase: Passphrase::open() };
    let messages = every_event().into_iter().map(FromDevice::Event).chain([
        FromDevice::Ready { version: VERSION, mode: Mode::Portal },
        FromDevice::Ready { version: VERSION, mode: Mode::Frames },
        FromDevice::Ready { version: VERSION, mode: Mode::Sockets },
        FromDevice::Listen { transport: Transport::Tcp, port: 80, local_port: u16::MAX },
        FromDevice::Listen { transport: Transport::Udp, port: 53, local_port: 1 },
        FromDevice::Restart,
        FromDevice::Serving { micros: u64::MAX },
        FromDevice::RaiseAccessPoint(access_point),
        FromDevice::DropAccessPoint,
        FromDevice::Scan,
        FromDevice::ScanFor(Ssid::new(b"Under the stairs").unwrap()),
        FromDevice::Join { attempt: u32::MAX, credentials: longest() },
        FromDevice::Join { attempt: 0, credentials: open },
        FromDevice::Leave,
        FromDevice::PowerCut,
        FromDevice::StackDepth { start: 4711, running: 815 },
    ]);
    for message in messages {
        let line = line(|out| message.write(out));
        assert_eq!(FromDevice::read(&line), Some(message), "{line}");
        assert_eq!(FromDevice::read(&format!("{line} more")), None);
    }
}

#[test]
fn a_message_of_the_host_is_read_as_it_was_written() {
    let mut config = Config::new(longest().ssid);
    config.access_point_security = AccessPointSecurity::Wpa3(own());
    config.retry_interval = Duration::from_millis(1234);
    config.after_joining = AfterJoining::StayCaptive;
    config.may_open = MayOpen::OnceAfterPowerUp;
    config.opening_window = Duration::from_secs(240);
    config.without_gateway = WithoutGateway::Accept;
    config.when_lost = WhenLost::Retry;
    config.home_address = Some(StaticAddress {
        address: Ipv4Addr::new(192, 168, 178, 254),
        prefix: 24,
        router: Some(Ipv4Addr::new(192, 168, 178, 253)),
    });
    config.idle_timeout = Some(Duration::from_secs(300));
    let bssid = MacAddress([2, 0, 0, 0xab, 0xcd, 0xef]);
    let record =
        ScanRecord { ssid: Ssid::EMPTY, bssid, channel: 11, signal: -91, security: Security::Wpa2Wpa3 };
    let messages = [
        FromHost::Start(Start { seed: u64::MAX, config }),
        FromHost::Welcome { version: VERSION },
        FromHost::RedirectHost("lamp-4f2a.internal".try_into().unwrap()),
        FromHost::RedirectHost("a".repeat(HOST_BYTES).as_str().try_into().unwrap()),
        FromHost::CaptivePortal("https://portal.example/api".try_into().unwrap()),
        FromHost::Webhook { port: u16::MAX, seconds: u64::MAX },
        FromHost::LabelCode(OwnPassphrase::new(b"47tree-gray", &Ssid::EMPTY).unwrap()),
        FromHost::DeviceKey(DeviceSecret([0xa5; 32])),
        FromHost::AccessPointUp,
        FromHost::AccessPointDown,
        FromHost::NetworkFound(record),
        FromHost::ScanFinished,
        FromHost::Station { attempt: 1, event: StationEvent::Associated },
        FromHost::Station { attempt: 2, event: StationEvent::Joined(LINK) },
        FromHost::Station { attempt: 2, event: StationEvent::Joined(LEADS_NOWHERE) },
        FromHost::Station { attempt: 3, event: StationEvent::JoinFailed(JoinFailure::WrongPassphrase) },
        FromHost::Station {
            attempt: 4,
            event: StationEvent::JoinAborted { reason: u16::MAX, stage: JoinStage::SaeConfirm },
        },
        FromHost::Station { attempt: u32::MAX, event: StationEvent::Disconnected },
        FromHost::Setup,
        FromHost::FactoryReset,
        FromHost::PowerCutAt { operation: 33, undone: u32::MAX },
        FromHost::Panic,
        FromHost::MeasureStack,
    ];
    for message in messages {
        let written = line(|out| message.write(out));
        let read = FromHost::read(&written).unwrap_or_else(|| panic!("not read: {written}"));
        assert_eq!(line(|out| read.write(out)), written);
    }
}

#[test]
fn a_line_that_is_no_message_is_ignored() {
    for line in [
        "",
        " ",
        "ready",
        "ready x",
        "ready 9",
        "ready 9 telepathy",
        "listen tcp 0 4711",
        "listen sctp 80 4711",
        "listen tcp 80",
        "join 1 48 6",
        "join 1 zz -",
        "join 1 48 61",
        "join 48 -",
        "event",
        "event state Idle",
    ] {
        assert_eq!(FromDevice::read(line), None, "{line:?}");
    }
    for line in [
        "",
        "access-point-up ",
        "joined 1 1.2.3",
        "joined 1 1.2.3.4",
        "join-failed 1 Badly",
        "network-found 48 02 1 -40 Open",
        "start 1",
        "redirect-host",
        "device-key a5",
    ] {
        assert!(FromHost::read(line).is_none(), "{line:?}");
    }
}

#[test]
fn a_device_of_another_version_is_understood_as_that() {
    for line in ["ready 7", "ready 10 telepathy of some kind"] {
        let Some(FromDevice::Ready { version, .. }) = FromDevice::read(line) else { panic!("{line}") };
        assert_ne!(version, VERSION, "{line}");
    }
}

#[test]
fn passphrases_are_not_in_debug_output() {
    let message = FromDevice::Join { attempt: 1, credentials: longest() };
    assert!(!format!("{message:?}").contains("aaaa") && !format!("{message:?}").contains("6161"));
    let message = FromHost::DeviceKey(DeviceSecret([0xa5; 32]));
    assert!(!format!("{message:?}").contains("165") && !format!("{message:?}").contains("a5"));
}
