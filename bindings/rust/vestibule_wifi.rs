//! A device's radio for a Rust program, by Vestibule's device protocol, version 9 (docs/device-protocol.md): what to put
//! behind the calls by which firmware uses its radio. One module, `std` alone; copy it into your program.
//!
//! A program whose control channel ends has no power any more, and ends. Passphrases are in no `Debug` output and no error.
#![allow(dead_code, reason = "a program need not use all of it")]

use std::collections::VecDeque;
use std::env;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::exit;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

const VERSION: u32 = 9;

/// A network that was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its name, whose bytes need not be text.
    pub name: Vec<u8>,
    pub bssid: [u8; 6],
    pub channel: u8,
    /// In dBm.
    pub signal: i8,
    /// `Open`, `Wpa2`, `Wpa2Wpa3`, `Wpa3` or `Enterprise`.
    pub security: String,
}

/// The device's address at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub address: Ipv4Addr,
    pub prefix: u8,
    /// 0.0.0.0 for none.
    pub gateway: Ipv4Addr,
}

/// Why a network was not joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinError {
    WrongPassphrase,
    NotFound,
    /// Any other reason; with a code of ESP-IDF, if the driver has one.
    Other(Option<u16>),
}

/// What came of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The network that was joined is gone.
    Disconnected,
    /// The device's owner has it forget everything.
    FactoryReset,
}

/// The radio.
pub struct Wifi {
    control: TcpStream,
    lines: Receiver<Vec<String>>,
    attempt: u32,
    events: VecDeque<Event>,
    folder: PathBuf,
}

impl Wifi {
    /// Connects to the host.
    pub fn begin() -> io::Result<Self> {
        let variable = |name| {
            env::var(name).map_err(|_| {
                let why = format!("{name} is not set: this program is a device of `vestibule run --device`");
                io::Error::new(ErrorKind::NotFound, why)
            })
        };
        let mut control = TcpStream::connect(variable("VESTIBULE_CONTROL")?)?;
        let folder = variable("VESTIBULE_FOLDER")?.into();
        control.set_nodelay(true)?;
        writeln!(control, "ready {VERSION} sockets")?;
        let mut reader = BufReader::new(control.try_clone()?);
        let mut welcome = String::new();
        reader.read_line(&mut welcome)?;
        if welcome.trim_end() != format!("welcome {VERSION}") {
            let why = format!("the host speaks another version of the device protocol than {VERSION}");
            return Err(io::Error::new(ErrorKind::InvalidData, why));
        }
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in reader.lines().map_while(Result::ok) {
                if sender.send(line.split(' ').map(str::to_owned).collect()).is_err() {
                    return;
                }
            }
            // Without its host the device has no power.
            exit(0);
        });
        Ok(Self { control, lines, attempt: 0, events: VecDeque::new(), folder })
    }

    /// Where the device keeps its files.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// The networks that are heard.
    pub fn scan(&mut self) -> Vec<Network> {
        self.say("scan".into());
        let mut found = Vec::new();
        loop {
            let words = self.next_line();
            match words[0].as_str() {
                "network-found" => found.extend(network(&words)),
                "scan-finished" => return found,
                _ => self.take(&words),
            }
        }
    }

    /// Raises the access point, with WPA2 if there is a passphrase. Whether it is up.
    pub fn raise_access_point(
        &mut self,
        name: &str,
        channel: u8,
        address: Ipv4Addr,
        passphrase: &str,
    ) -> bool {
        let security = if passphrase.is_empty() { "Open" } else { "Wpa2" };
        let (name, secret) = (hex(name.as_bytes()), hex(passphrase.as_bytes()));
        self.say(format!("raise-access-point {name} {channel} {address} {security} {secret}"));
        self.wait_for(&["access-point-up", "access-point-down"])[0] == "access-point-up"
    }

    /// Takes it down.
    pub fn drop_access_point(&mut self) {
        self.say("drop-access-point".into());
        self.wait_for(&["access-point-down"]);
    }

    /// Joins a network, and waits until that has come to something.
    pub fn join(&mut self, name: &[u8], passphrase: &[u8]) -> Result<Link, JoinError> {
        self.attempt += 1;
        let attempt = self.attempt.to_string();
        self.say(format!("join {attempt} {} {}", hex(name), hex(passphrase)));
        loop {
            let words = self.wait_for(&["joined", "join-failed", "join-aborted"]);
            if words.get(1) != Some(&attempt) {
                continue;
            }
            return match (words[0].as_str(), words.get(2).map_or("", String::as_str)) {
                ("joined", _) => link(&words).ok_or(JoinError::Other(None)),
                ("join-failed", "WrongPassphrase") => Err(JoinError::WrongPassphrase),
                ("join-failed", "NotFound") => Err(JoinError::NotFound),
                ("join-aborted", "2" | "15" | "204") => Err(JoinError::WrongPassphrase),
                ("join-aborted", "201") => Err(JoinError::NotFound),
                (_, code) => Err(JoinError::Other(code.parse().ok())),
            };
        }
    }

    /// Leaves the network.
    pub fn leave(&mut self) {
        self.attempt += 1;
        self.say("leave".into());
    }

    /// What has come of its own accord, without waiting.
    pub fn poll_event(&mut self) -> Option<Event> {
        while let Ok(words) = self.lines.try_recv() {
            self.take(&words);
        }
        self.events.pop_front()
    }

    /// In place of `TcpListener::bind`: listens at this port of the device.
    pub fn listen_tcp(&mut self, port: u16) -> io::Result<TcpListener> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        self.say(format!("listen tcp {port} {}", listener.local_addr()?.port()));
        Ok(listener)
    }

    /// In place of `UdpSocket::bind`: receives at this port of the device.
    pub fn bind_udp(&mut self, port: u16) -> io::Result<UdpSocket> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        self.say(format!("listen udp {port} {}", socket.local_addr()?.port()));
        Ok(socket)
    }

    /// Restarts the device, as a reset does.
    pub fn restart(&mut self) -> ! {
        self.say("restart".into());
        loop {
            thread::park();
        }
    }

    fn say(&mut self, line: String) {
        if self.control.write_all(format!("{line}\n").as_bytes()).is_err() {
            exit(0);
        }
    }

    fn next_line(&mut self) -> Vec<String> {
        self.lines.recv().unwrap_or_else(|_| exit(0))
    }

    fn wait_for(&mut self, first: &[&str]) -> Vec<String> {
        loop {
            let words = self.next_line();
            if first.contains(&words[0].as_str()) {
                return words;
            }
            self.take(&words);
        }
    }

    /// Takes what may come at any time.
    fn take(&mut self, words: &[String]) {
        let is_last = words.get(1) == Some(&self.attempt.to_string());
        match words[0].as_str() {
            // A router may end a join that it has let stand.
            "disconnected" | "join-failed" | "join-aborted" if is_last => {
                self.events.push_back(Event::Disconnected)
            }
            "factory-reset" => self.events.push_back(Event::FactoryReset),
            _ => {}
        }
    }
}

fn network(words: &[String]) -> Option<Network> {
    let [_, name, bssid, channel, signal, security] = words else { return None };
    Some(Network {
        name: bytes(name)?,
        bssid: bytes(bssid)?.try_into().ok()?,
        channel: channel.parse().ok()?,
        signal: signal.parse().ok()?,
        security: security.clone(),
    })
}

fn link(words: &[String]) -> Option<Link> {
    let [_, _, address, prefix, gateway] = words else { return None };
    Some(Link {
        address: address.parse().ok()?,
        prefix: prefix.parse().ok()?,
        gateway: gateway.parse().ok()?,
    })
}

fn hex(bytes: &[u8]) -> String {
    match bytes {
        [] => "-".into(),
        bytes => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn bytes(word: &str) -> Option<Vec<u8>> {
    if word == "-" {
        return Some(Vec::new());
    }
    let digits = word.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
