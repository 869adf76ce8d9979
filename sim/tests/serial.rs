//! The device's serial line, as programs on this machine have it: a pseudo terminal on which it logs and takes Improv.
#![cfg(unix)]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use vestibule::scenario::load;
use vestibule::world::loopback::{Loopback, Ports};

const HOME: &str = r#"
    name = "a device on a cable"
    [[network]]
    ssid = "Home"
    passphrase = "correct horse"
"#;

/// Commands and kinds of packets, as the specification numbers them.
const SETTINGS: u8 = 1;
const INFORMATION: u8 = 3;
const NETWORKS: u8 = 4;
const STATE: u8 = 1;
const ERROR: u8 = 2;
const RESULT: u8 = 4;
const PROVISIONED: &[u8] = &[4];
const UNABLE_TO_CONNECT: &[u8] = &[3];

/// The other end of the line.
struct Client {
    file: File,
    bytes: Receiver<u8>,
    log: Vec<u8>,
}

impl Client {
    fn open(path: &Path) -> Self {
        let file = OpenOptions::new().read(true).write(true).open(path).expect("the line is there");
        let mut reader = file.try_clone().expect("a second handle");
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut byte = [0];
            while reader.read_exact(&mut byte).is_ok() && sender.send(byte[0]).is_ok() {}
        });
        Self { file, bytes, log: Vec::new() }
    }

    /// Sends a command with its strings.
    fn command(&mut self, command: u8, strings: &[&str]) {
        let mut data = Vec::new();
        for string in strings {
            data.push(u8::try_from(string.len()).expect("short"));
            data.extend(string.as_bytes());
        }
        let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("short");
        let mut packet = b"IMPROV\x01\x03".to_vec();
        packet.extend([length(&data) + 2, command, length(&data)]);
        packet.extend(data);
        packet.push(packet.iter().fold(0, |sum, byte| sum.wrapping_add(*byte)));
        self.file.write_all(&packet).expect("the line takes it");
    }

    /// The data of the next packet of that kind; what is no packet is its log.
    fn packet(&mut self, kind: u8) -> Vec<u8> {
        let until = Instant::now() + Duration::from_secs(20);
        let next = || {
            let left = until.saturating_duration_since(Instant::now());
            self.bytes.recv_timeout(left).expect("no packet of that kind has come")
        };
        let mut seen = Vec::new();
        loop {
            seen.push(next());
            if !seen.ends_with(b"IMPROV\x01") {
                continue;
            }
            self.log.extend_from_slice(&seen[..seen.len() - 7]);
            seen.clear();
            let (came, length) = (next(), next());
            let data: Vec<u8> = (0..length).map(|_| next()).collect();
            let sum = b"IMPROV\x01".iter().chain([&came, &length]).chain(&data);
            assert_eq!(next(), sum.fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), "the checksum");
            if came == kind {
                return data;
            }
        }
    }

    /// Waits until the device has said that.
    fn wait_for(&mut self, kind: u8, data: &[u8]) {
        while self.packet(kind) != data {}
    }
}

/// A device with its line.
async fn device() -> (Loopback, Client) {
    let scenario = load::parse(HOME, "home.toml".as_ref()).expect("a scenario");
    let mut world = Loopback::start(&scenario, 1, Ports::default(), None).await.expect("sockets");
    let path = world.open_serial_line().expect("a pseudo terminal");
    world.power_on();
    (world, Client::open(&path))
}

/// What a client does while the device runs.
async fn with_device(test: impl FnOnce(&mut Client) + Send + 'static) {
    let (world, mut client) = device().await;
    let client = tokio::task::spawn_blocking(move || {
        test(&mut client);
        client
    });
    let client = client.await.expect("the client has found what it should");
    world.stop().await;
    drop(client);
}

#[tokio::test]
async fn a_client_on_the_cable_sets_the_device_up() {
    with_device(|client| {
        client.command(INFORMATION, &[]);
        let information = client.packet(RESULT);
        assert!(information.windows(9).any(|window| window == b"simulated"), "{information:?}");
        client.command(NETWORKS, &[]);
        let network = client.packet(RESULT);
        assert!(network.windows(4).any(|window| window == b"Home"), "{network:?}");
        client.command(SETTINGS, &["Home", "wrong passphrase"]);
        client.wait_for(ERROR, UNABLE_TO_CONNECT);
        client.command(SETTINGS, &["Home", "correct horse"]);
        client.wait_for(STATE, PROVISIONED);
        let url = client.packet(RESULT);
        assert!(url.windows(7).any(|window| window == b"http://"), "{url:?}");
        let log = String::from_utf8_lossy(&client.log).into_owned();
        assert!(log.contains("device") && !log.contains("correct horse"), "{log}");
    })
    .await;
}

#[tokio::test]
async fn garbage_half_a_packet_and_two_megabytes_of_a_log_before_a_command_change_nothing() {
    with_device(|client| {
        let mut noise = b"IMPROV\x01\x03\x30\x01".to_vec();
        noise.extend((0..2_000_000_u32).map(|at| if at % 80 == 79 { b'\n' } else { b'a' + (at % 26) as u8 }));
        client.file.write_all(&noise).expect("the line takes it");
        client.file.write_all(b"\n").expect("the line takes it");
        client.command(INFORMATION, &[]);
        let information = client.packet(RESULT);
        assert_eq!(information[0], INFORMATION);
    })
    .await;
}
