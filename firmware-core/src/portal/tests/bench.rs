//! A portal as its tests drive it: a moment, a radio that only writes down what it is asked, clients that ask for one thing
//! after the other.

use core::sync::atomic::{AtomicU32, Ordering};

use super::*;

#[derive(Default)]
pub(super) struct Notebook(pub(super) Vec<String>);

impl Radio for Notebook {
    fn capabilities(&self) -> RadioCapabilities {
        RadioCapabilities::DEFAULT
    }

    fn command(&mut self, command: RadioCommand) {
        self.0.push(match command {
            RadioCommand::RaiseAccessPoint(raised) => format!("raise {} on {}", raised.ssid, raised.channel),
            RadioCommand::DropAccessPoint => "drop".into(),
            RadioCommand::Scan => "scan".into(),
            RadioCommand::ScanFor(ssid) => format!("scan for {ssid}"),
            RadioCommand::Join(credentials) => format!("join {}", credentials.ssid),
            RadioCommand::Leave => "leave".into(),
        });
    }
}

/// Zeros, but for the numbers of clients: no two are the same.
pub(super) struct Zeros;

impl Entropy for Zeros {
    fn fill(&mut self, bytes: &mut [u8]) {
        static CLIENTS: AtomicU32 = AtomicU32::new(1);
        match <&mut [u8; CLIENT_ID_BYTES]>::try_from(&mut *bytes) {
            Ok(client) => *client = CLIENTS.fetch_add(1, Ordering::Relaxed).to_be_bytes(),
            Err(_) => bytes.fill(0),
        }
    }
}

pub(super) const ON_THE_PAGE: ResultDelivery =
    ResultDelivery { over: FrontEnd::Page, interface: Some(Interface::AccessPoint) };

pub(super) const HOME: StationAddress = StationAddress {
    address: Ipv4Addr::new(192, 168, 1, 77),
    prefix: 24,
    gateway: Some(Ipv4Addr::new(192, 168, 1, 1)),
};

/// A portal, its moment, and the events that it reported.
pub(super) struct Bench<E = Zeros> {
    pub(super) portal: Portal<Memory, E>,
    pub(super) notebook: Notebook,
    pub(super) now: Instant,
    pub(super) events: Vec<Event>,
}

/// The connection of that number.
pub(super) fn id(number: usize) -> ConnectionId {
    ConnectionId::new(number).unwrap()
}

impl Bench {
    pub(super) fn new(flash: Memory) -> Self {
        let config = Config::new(Ssid::new(b"Lamp").unwrap());
        let mut bench = Self::of(Portal::new(config, flash, Zeros));
        bench.portal.connect_or_setup(bench.now);
        bench.drain();
        bench
    }

    /// A portal that is up and has listed networks.
    pub(super) fn open() -> Self {
        let mut bench = Self::new(Memory::new());
        bench.hears_network(b"Home", Security::Wpa2);
        bench.hears_network(b"Cafe", Security::Open);
        bench.hears_network(b"Office", Security::Enterprise);
        bench.radio(RadioEvent::ScanFinished);
        bench.radio(RadioEvent::AccessPointUp);
        bench
    }
}

impl<E: Entropy> Bench<E> {
    /// A portal that was not started.
    pub(super) fn of(portal: Portal<Memory, E>) -> Self {
        let (notebook, now) = (Notebook::default(), Instant::from_micros(0));
        Self { portal, notebook, now, events: Vec::new() }
    }

    pub(super) fn hears_network(&mut self, name: &[u8], security: Security) {
        let ssid = Ssid::new(name).unwrap();
        let bssid = MacAddress([2, 0, 0, 0, 0, 1]);
        self.radio(RadioEvent::NetworkFound(ScanRecord { ssid, bssid, channel: 6, signal: -50, security }));
    }

    pub(super) fn radio(&mut self, event: RadioEvent) {
        self.portal.handle_radio(event, self.now);
        self.drain();
    }

    pub(super) fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(due) = self.portal.poll_timeout().filter(|due| *due <= until) {
            self.now = due;
            self.portal.handle_timeout(due);
            self.drain();
        }
        self.now = until;
    }

    pub(super) fn drain(&mut self) {
        while let Some(event) = self.portal.poll_event() {
            self.events.push(event);
        }
        self.portal.drive_radio(&mut self.notebook);
    }

    pub(super) fn commands(&mut self) -> Vec<String> {
        self.drain();
        core::mem::take(&mut self.notebook.0)
    }

    /// Sends a request on a connection of its own and returns the whole answer.
    pub(super) fn ask_on(&mut self, interface: Interface, request: &str) -> String {
        self.portal.handle_open(id(0), interface, self.now);
        assert_eq!(self.portal.handle_received(id(0), request.as_bytes(), self.now), request.len());
        let answer = self.collect(id(0));
        self.portal.handle_closed(id(0));
        self.drain();
        answer
    }

    pub(super) fn collect(&mut self, connection: ConnectionId) -> String {
        let mut answer = Vec::new();
        let mut out = [0; 100];
        while let Transfer::Bytes(length) = self.portal.poll_send(connection, &mut out, self.now) {
            answer.extend_from_slice(&out[..length]);
        }
        self.drain();
        String::from_utf8(answer).unwrap()
    }

    pub(super) fn ask(&mut self, request: &str) -> String {
        self.ask_on(Interface::AccessPoint, request)
    }

    /// What the client gets that sends the forms.
    pub(super) fn get(&mut self, path: &str) -> String {
        let token = self.portal.guard.csrf_token;
        self.look(&format!("{path}?token={token}"))
    }

    /// What a client gets that has no page yet.
    pub(super) fn look(&mut self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n"))
    }

    pub(super) fn probe(&mut self) -> String {
        self.ask("GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n")
    }

    /// Sends the form, and waits until it is tried. Nothing answers to a name that no scan has heard.
    pub(super) fn submit(&mut self, form: &str) -> String {
        let answer = self.send_form(form);
        self.wait(JOIN_DELAY);
        if self.notebook.0.pop_if(|command| command.starts_with("scan for")).is_some() {
            self.radio(RadioEvent::ScanFinished);
        }
        answer
    }

    /// Posts the setup page's form as a browser does, with the token that the page carries.
    pub(super) fn send_form(&mut self, form: &str) -> String {
        let token = self.portal.guard.csrf_token;
        self.post("/setup", "application/x-www-form-urlencoded", "", &format!("token={token}&{form}"))
    }

    pub(super) fn post(&mut self, path: &str, content_type: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: 192.168.4.1\r\n{headers}\
             Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }

    pub(super) fn stored(&mut self) -> Option<Ssid> {
        let flash = self.portal.flash_mut().clone();
        Store::new(flash).load().unwrap().networks().first().map(|stored| stored.ssid)
    }
}

pub(super) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

pub(super) const RIGHT: &str = "network=486f6d65&passphrase=correct+horse";
