//! A captive portal as small boards have it: it joins with what it stores, and asks its owner if it cannot.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use vestibule::flash::Flash;
use vestibule::internal::{ask_address, read_address};
use vestibule_core::credentials::{Memory, Store};
use vestibule_core::dns::TIME_TO_LIVE;
use vestibule_core::http::Transfer;
use vestibule_core::limits::DNS_REPLY_BYTES;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{
    Arrival, Config, ConnectionId, Credentials, DNS_PORT, Entropy, Event, Interface, JoinFailure, MacAddress,
    Passphrase, RadioEvent, Ssid,
};
use vestibule_tests::Device;
use vestibule_tests::bench::{Answer, Bench};

const FORM: &str = "network=486f6d65&passphrase=correct+horse&broker=10.0.0.2";

/// What is stored in clear takes no random bytes.
struct Zeros;

impl Entropy for Zeros {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn ssid(name: &str) -> Ssid {
    Ssid::new(name.as_bytes()).unwrap()
}

fn stored(name: &str, passphrase: &str) -> Flash {
    let flash = Flash::in_memory(2);
    let passphrase = Passphrase::new(passphrase.as_bytes()).unwrap();
    let mut memory = Memory::new();
    memory.remember(Credentials { ssid: ssid(name), passphrase });
    Store::new(flash.clone()).save(&memory, &mut Zeros).unwrap();
    flash
}

/// What the device's DNS answers to a question for a name.
fn resolve(bench: &mut Bench, id: u16, name: &str) -> Vec<u8> {
    let (from, now) = (SocketAddrV4::new(Ipv4Addr::new(192, 168, 4, 2), 5000), bench.now());
    let arrival = Arrival { interface: Interface::AccessPoint, from, port: DNS_PORT };
    let mut reply = [0; DNS_REPLY_BYTES];
    let question = ask_address(id, name).unwrap();
    let answer = bench.portal().handle_datagram(arrival, &question, &mut reply, now).expect("an answer");
    assert_eq!(answer.to, from);
    reply[..answer.length].to_vec()
}

#[test]
fn it_joins_with_what_is_stored_and_raises_its_access_point_when_it_cannot() {
    let flash = stored("Home", "correct horse");
    let mut bench = Bench::on(flash.clone());
    assert_eq!(bench.portal().state(), ProvisioningState::Connecting);
    for _ in 0..2 {
        bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
        bench.wait(Duration::from_secs(3));
    }
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.portal().state(), ProvisioningState::PortalOpen);
    assert!(bench.portal().has_credentials(), "a slow router loses nobody their credentials");
    bench.wait(Duration::from_secs(62));
    assert_eq!(
        bench.portal().state(),
        ProvisioningState::RetryingStored,
        "it goes on trying beside the portal"
    );
    assert!(Store::new(flash).load().unwrap().networks().iter().any(|known| known.ssid == ssid("Home")));
    assert_eq!(Bench::new().portal().state(), ProvisioningState::PortalOpen, "with nothing stored, at once");
}

#[test]
fn after_its_time_a_join_has_failed_and_the_reason_is_one_that_a_person_understands() {
    let timeout = Config::new(ssid("x")).join_timeout;
    assert_eq!(timeout, Duration::from_secs(20));
    let mut silent = Bench::new();
    silent.submit("/setup", FORM);
    silent.wait(timeout + Duration::from_secs(1));
    assert_eq!(silent.portal().state(), ProvisioningState::Failed);
    let mut told = std::collections::BTreeSet::new();
    for reason in [
        JoinFailure::WrongPassphrase,
        JoinFailure::NotFound,
        JoinFailure::Refused,
        JoinFailure::NoAddress,
        JoinFailure::NoGateway,
        JoinFailure::Unknown,
    ] {
        let mut bench = Bench::new();
        bench.submit("/setup", FORM);
        bench.radio(RadioEvent::JoinFailed(reason));
        let page = bench.get("/");
        let alert = page.text().split("role=\"alert\"").nth(1).expect("it says why").split("</div>").next();
        assert!(told.insert(alert.unwrap().to_owned()), "{reason:?} is told as another is");
    }
}

#[test]
fn what_worked_is_stored_byte_for_byte_and_not_before() {
    for (name, passphrase) in [("a,b", "p,a,s,s,w,o"), ("open", ""), ("\u{1f3e0}", "\"quotes\\, and all")] {
        let flash = Flash::in_memory(2);
        let mut bench = Bench::on(flash.clone());
        let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
        let typed: String = passphrase.bytes().map(|byte| format!("%{byte:02x}")).collect();
        bench.submit("/setup", &format!("network={hex}&passphrase={typed}&broker=10.0.0.2"));
        assert_eq!(bench.portal().state(), ProvisioningState::Joining, "{name}");
        assert!(Store::new(flash.copy()).load().unwrap().is_empty(), "not before it has worked");
        bench.join();
        let memory = Store::new(flash.copy()).load().unwrap();
        let kept = memory.networks().first().unwrap();
        assert_eq!((kept.ssid, kept.passphrase.expose()), (ssid(name), passphrase.as_bytes()));
    }
}

#[test]
fn the_access_point_is_named_by_the_caller_or_after_the_hardware_address() {
    let mac = MacAddress([0x24, 0x0a, 0xc4, 0x12, 0xab, 0x0f]);
    assert_eq!(Ssid::of_device(b"Lamp", mac).as_bytes(), b"Lamp-12AB0F");
    let long = Ssid::of_device(&[b'x'; 40], mac);
    assert!(long.as_bytes().len() == Ssid::MAX && long.as_bytes().ends_with(b"x-12AB0F"), "{long}");
    let config = Config::new(Ssid::of_device(b"Lamp", mac));
    assert_eq!(config.address, Ipv4Addr::new(192, 168, 4, 1));
    assert_eq!(config.access_point_security, vestibule_core::AccessPointSecurity::Open);
    // One that is up is raised anew: asked for once more, it scans and comes back.
    let mut bench = Bench::new();
    let now = bench.now();
    bench.portal().factory_reset(now).unwrap();
    bench.portal().setup(now);
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.portal().state(), ProvisioningState::PortalOpen);
}

#[test]
fn every_name_is_at_its_own_address_with_the_question_and_its_number_echoed() {
    let mut bench = Bench::new();
    for (id, name) in [(7, "example.org"), (0xffff, "a.very.long.name.of.many.labels.example"), (0, "x")] {
        let (question, answer) = (ask_address(id, name).unwrap(), resolve(&mut bench, id, name));
        assert_eq!(read_address(&answer), Some(Ipv4Addr::new(192, 168, 4, 1)), "{name}");
        assert_eq!(answer[..2], question[..2]);
        assert_eq!(answer[12..question.len()], question[12..]);
    }
    assert!((5..=60).contains(&TIME_TO_LIVE));
}

#[test]
fn random_names_and_the_same_question_over_and_over_are_answered() {
    let mut bench = Bench::new();
    bench.events();
    for round in 0..40 {
        for name in ["lkqjwhfdsb", "zzxmnbvqwe", "pqowieurty", "connectivitycheck.gstatic.com"] {
            assert!(read_address(&resolve(&mut bench, round, name)).is_some());
        }
    }
    assert!(bench.events().is_empty(), "and nothing grows by it");
}

#[test]
fn connections_in_pieces_block_nobody_and_partial_writes_go_on() {
    let mut bench = Bench::new();
    let now = bench.now();
    bench.portal().handle_open(ConnectionId::ALL[1], Interface::AccessPoint, now);
    let request = b"GET /lines/300 HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";
    for byte in request {
        assert_eq!(bench.portal().handle_received(ConnectionId::ALL[1], &[*byte], now), 1);
        assert_eq!(bench.get("/").status, 200, "another one meanwhile");
        assert!(read_address(&resolve(&mut bench, 1, "example.org")).is_some(), "and DNS");
    }
    // Segments of 536 bytes, then one of 1.
    let mut out = [0; 536];
    let Transfer::Bytes(first) = bench.portal().poll_send(ConnectionId::ALL[1], &mut out, now) else {
        panic!("no answer")
    };
    assert_eq!(first, 536);
    let mut all = out.to_vec();
    all.extend(bench.collect(ConnectionId::ALL[1], 1));
    assert_eq!(Answer::read(&all).text().lines().count(), 300);
}

#[test]
fn a_path_leads_to_a_page_or_a_function_and_anything_else_to_the_portal() {
    let mut bench = Bench::new();
    assert_eq!(bench.get("/").status, 200);
    assert_eq!(bench.get("/lamp").status, 200);
    for (host, path) in [("192.168.4.1", "/no/such/path"), ("example.org", "/")] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let answer = bench.send(Interface::AccessPoint, request.as_bytes());
        assert_eq!((answer.status, answer.header("Location")), (302, Some("http://192.168.4.1/")));
    }
}

#[test]
fn a_form_is_decoded_and_never_sent_in_an_address() {
    let mut bench = Bench::new();
    let page = bench.get("/");
    assert!(page.text().contains("method=\"post\"") && !page.text().contains("method=\"get\""));
    let address = bench.get("/setup?network=486f6d65&passphrase=correct+horse");
    assert_eq!(address.status, 400, "a passphrase in an address is not taken");
    bench.submit("/setup", "network=&ssid=My+caf%C3%A9&passphrase=a%2Bb+%26c%3Dd&broker=10.0.0.2");
    let tried = bench.events().into_iter().find_map(|event| match event {
        Event::Submitted { ssid } => Some(ssid),
        _ => None,
    });
    assert_eq!(tried, Some(ssid("My café")));
    bench.join();
    assert_eq!(bench.portal().stored_networks().next(), Some(ssid("My café")));
}

#[test]
fn after_joining_the_page_says_where_and_dns_goes_with_the_access_point() {
    let mut bench = Bench::new();
    bench.submit("/setup", FORM);
    bench.join();
    let page = bench.get("/");
    assert!(page.text().contains("is connected") && page.text().contains("192.168.1.77"), "{}", page.text());
    assert!(page.text().contains("<bdi>Home</bdi>"));
    bench.wait(Duration::from_secs(200));
    assert_eq!(bench.portal().state(), ProvisioningState::Connected);
    let question = ask_address(1, "example.org").unwrap();
    let (from, now) = (SocketAddrV4::new(Ipv4Addr::new(192, 168, 4, 2), 5000), bench.now());
    let arrival = Arrival { interface: Interface::AccessPoint, from, port: DNS_PORT };
    assert!(bench.portal().handle_datagram(arrival, &question, &mut [0; 512], now).is_none());
    assert_eq!(bench.get_at_home("/").status, 200, "its page is at home now");
}

#[test]
fn the_access_point_goes_once_the_result_was_read_or_at_a_deadline() {
    let config = Config::new(ssid("x"));
    for (is_read, lasts) in [(true, config.ap_shutdown_delay), (false, config.result_timeout)] {
        let mut bench = Bench::new();
        bench.submit("/setup", FORM);
        bench.join();
        if is_read {
            bench.get("/");
        }
        bench.wait(lasts - Duration::from_secs(1));
        assert!(bench.portal().state().has_access_point(), "read: {is_read}");
        bench.wait(Duration::from_secs(2));
        assert_eq!(bench.portal().state(), ProvisioningState::Connected, "read: {is_read}");
    }
}

#[test]
fn stopped_in_the_middle_it_leaves_no_socket_behind() {
    let device = Device::start();
    let (portal, mut open) = (device.portal(), device.connect());
    assert!(device.serves_the_page());
    drop(device);
    assert_eq!(vestibule_tests::read_to_end(&mut open), "", "its connections end");
    assert!(std::net::TcpStream::connect(portal).is_err(), "and nobody listens any more");
}
