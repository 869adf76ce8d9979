//! Every copy of a secret in the memory of a portal is overwritten when it has served. The whole portal is searched,
//! byte by byte; how the compiler moves values matters here, so `ci/` runs this in a release build, too.

#![cfg(target_os = "linux")]

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use vestibule_core::application::{Application, Field, FieldKind};
use vestibule_core::credentials::Memory;
use vestibule_core::http::Transfer;
use vestibule_core::mock::{MockDeviceKey, MockEntropy, MockFlash, MockRadio};
use vestibule_core::{
    Config, ConnectionId, Credentials, DeviceKey as _, Instant, Interface, JoinFailure, Passphrase, Portal,
    RadioEvent, Ssid, StationAddress, WithDeviceKey,
};

const SECRET: &str = "qzx-correct-horse-battery";
const PASSWORD: &str = "wvk-the-brokers-password";

/// How often these bytes stand in the memory of this value, in use or not.
fn copies<T>(value: &T, secret: impl AsRef<[u8]>) -> usize {
    let secret = secret.as_ref();
    let mut bytes = vec![0; size_of::<T>()];
    let memory = File::open("/proc/self/mem").expect("Linux shows a process its memory");
    memory.read_exact_at(&mut bytes, std::ptr::from_ref(value) as u64).expect("it is there");
    bytes.windows(secret.len()).filter(|window| *window == secret).count()
}

struct Mqtt;

impl Application for Mqtt {
    type Page = ();

    fn fields(&self) -> &[Field] {
        const { &[Field::new("secret", "Its password", FieldKind::Password)] }
    }
}

/// A portal whose flash is elsewhere.
struct Bench<'a> {
    portal: Box<Portal<&'a mut MockFlash, WithDeviceKey<MockEntropy, MockDeviceKey>, Mqtt>>,
    now: Instant,
    token: String,
}

impl<'a> Bench<'a> {
    fn new(flash: &'a mut MockFlash) -> Self {
        let now = Instant::from_micros(0);
        let config = Config::new(Ssid::new(b"Lamp").unwrap());
        let chip = WithDeviceKey { entropy: MockEntropy::new(4), key: MockDeviceKey::new(4) };
        let mut portal = Box::new(Portal::with_application(config, flash, chip, Mqtt));
        portal.setup(now);
        portal.handle_radio(RadioEvent::ScanFinished, now);
        portal.handle_radio(RadioEvent::AccessPointUp, now);
        let mut bench = Self { portal, now, token: String::new() };
        let page = bench.ask("GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n");
        bench.token = page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().into();
        bench
    }

    fn ask(&mut self, request: &str) -> String {
        let id = ConnectionId::new(0).unwrap();
        self.portal.handle_open(id, Interface::AccessPoint, self.now);
        assert_eq!(self.portal.handle_received(id, request.as_bytes(), self.now), request.len());
        let (mut answer, mut out) = (Vec::new(), [0; 100]);
        while let Transfer::Bytes(length) = self.portal.poll_send(id, &mut out, self.now) {
            answer.extend_from_slice(&out[..length]);
        }
        self.portal.handle_closed(id);
        String::from_utf8(answer).unwrap()
    }

    fn submit(&mut self, fields: &str) -> String {
        let body = format!("token={}&ssid=Home&{fields}", self.token);
        let answer = self.ask(&format!(
            "POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        self.wait(1);
        // Nothing answers to the name.
        self.radio(RadioEvent::ScanFinished);
        answer
    }

    fn radio(&mut self, event: RadioEvent) {
        self.portal.handle_radio(event, self.now);
        self.drain();
    }

    fn joined(&mut self) {
        let (address, gateway) = (Ipv4Addr::new(10, 0, 0, 7), Some(Ipv4Addr::new(10, 0, 0, 1)));
        self.radio(RadioEvent::Joined(StationAddress { address, prefix: 24, gateway }));
    }

    fn wait(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(due) = self.portal.poll_timeout().filter(|due| *due <= until) {
            self.portal.handle_timeout(due);
            self.drain();
        }
        self.now = until;
    }

    fn drain(&mut self) {
        self.portal.drive_radio(&mut MockRadio::default());
        while self.portal.poll_event().is_some() {}
    }

    fn copies(&self) -> (usize, usize) {
        (copies(&*self.portal, SECRET), copies(&*self.portal, PASSWORD))
    }
}

#[test]
fn one_that_has_joined_is_there_once_and_one_that_was_forgotten_nowhere() {
    let mut flash = MockFlash::new();
    let mut bench = Bench::new(&mut flash);
    let fields = format!("passphrase={SECRET}&secret={PASSWORD}");
    bench.submit(&fields);
    assert_eq!(bench.copies(), (1, 1), "the buffer of the connection holds none");
    bench.joined();
    assert_eq!(bench.copies(), (1, 1), "what was submitted is wiped");
    bench.wait(300);
    bench.portal.factory_reset(bench.now).unwrap();
    assert_eq!(bench.copies(), (0, 0));
}

#[test]
fn one_that_failed_or_was_refused_is_nowhere() {
    let mut flash = MockFlash::new();
    let mut bench = Bench::new(&mut flash);
    bench.submit(&format!("passphrase={SECRET}&secret={PASSWORD}"));
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    assert_eq!(bench.copies(), (0, 1), "the application's is kept for the next try");
    bench.submit("passphrase=another+horse&secret=another");
    assert_eq!(bench.copies(), (0, 0));
    let answer = bench.submit(&format!("network=zz&passphrase={SECRET}&secret={PASSWORD}"));
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(bench.copies(), (0, 0));
}

#[test]
fn a_network_that_is_forgotten_leaves_nothing_in_its_place() {
    let network = |name: &str, secret: &str| Credentials {
        ssid: Ssid::new(name.as_bytes()).unwrap(),
        passphrase: Passphrase::new(secret.as_bytes()).unwrap(),
    };
    let mut memory = Box::new(Memory::new());
    for (name, secret) in [("Old", SECRET), ("Mid", "mid-mid-mid-mid"), ("New", "new-new-new-new")] {
        memory.remember(network(name, secret));
    }
    memory.forget(&Ssid::new(b"New").unwrap());
    assert_eq!(copies(&*memory, SECRET), 1);
    memory.forget(&Ssid::new(b"Old").unwrap());
    assert_eq!((copies(&*memory, SECRET), copies(&*memory, "mid-mid-mid-mid")), (0, 1));
}

#[test]
fn the_key_that_flash_is_sealed_with_is_not_kept_and_what_it_sealed_is_in_no_flash() {
    let mut key = [0; 32];
    MockDeviceKey::new(4).derive(b"vestibule flash 1", &mut key).unwrap();
    let mut flash = MockFlash::new();
    let mut bench = Bench::new(&mut flash);
    assert_eq!(copies(&*bench.portal, key), 0, "it is derived anew each time");
    bench.submit(&format!("passphrase={SECRET}&secret={PASSWORD}"));
    bench.joined();
    assert_eq!((bench.copies(), copies(&*bench.portal, key)), ((1, 1), 0));
    drop(bench);
    let bytes = |text: &str| copies(&flash, text);
    assert_eq!((bytes(SECRET), bytes(PASSWORD), bytes("Home")), (0, 0, 0));
    assert_eq!(copies(&flash, key), 0, "nor is the key");
}
