//! A device on a bench: the very portal, with its requests passed in by hand and no network around it.

use std::time::Duration;

use vestibule::flash::Flash;
use vestibule::internal::{Device, Lamp, SampleApplication, SimulatedPortal};
use vestibule_core::http::Transfer;
use vestibule_core::limits::JOIN_DELAY;
use vestibule_core::{
    Config, ConnectionId, Event, Instant, Interface, MacAddress, RadioCommand, RadioEvent, ScanRecord,
    Security, Ssid, StationAddress,
};

/// The connection that a request has for itself.
pub const ONE: ConnectionId = ConnectionId::ALL[0];

/// A device with a lamp beside its portal, which is up and has listed the network `Home`.
pub struct Bench {
    device: Device,
    now: Instant,
    /// What the page carried whose form was sent; nothing before that.
    owner: String,
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

impl Bench {
    /// A device that has never been set up.
    pub fn new() -> Self {
        Self::on(Flash::in_memory(2))
    }

    /// A device on this flash.
    ///
    /// # Panics
    /// When the names are too long, which they are not.
    pub fn on(flash: Flash) -> Self {
        Self::with(Config::new(Ssid::new(b"Lamp").expect("4 bytes")), flash)
    }

    /// A device of this configuration.
    ///
    /// # Panics
    /// When the names are too long, which they are not.
    pub fn with(config: Config, flash: Flash) -> Self {
        let mut device = Device::new(config, flash, 1);
        device.install(SampleApplication { lamp: Some(Lamp::default()) });
        let mut bench = Self { device, now: Instant::from_micros(0), owner: String::new() };
        bench.device.power_on(bench.now);
        bench.radio(RadioEvent::NetworkFound(ScanRecord {
            ssid: Ssid::new(b"Home").expect("4 bytes"),
            bssid: MacAddress([2, 0, 0, 0, 0, 1]),
            channel: 6,
            signal: -50,
            security: Security::Wpa2,
        }));
        bench.radio(RadioEvent::ScanFinished);
        bench.radio(RadioEvent::AccessPointUp);
        bench
    }

    /// The portal.
    ///
    /// # Panics
    /// Never: the device has power.
    pub fn portal(&mut self) -> &mut SimulatedPortal {
        self.device.portal().expect("it has power")
    }

    /// The lamp.
    ///
    /// # Panics
    /// Never: it was installed.
    pub fn lamp(&mut self) -> &mut Lamp {
        self.portal().application_mut().lamp.as_mut().expect("it was installed")
    }

    /// The radio reports.
    pub fn radio(&mut self, event: RadioEvent) {
        let now = self.now;
        self.portal().handle_radio(event, now);
    }

    /// The network that is being tried is joined, once the answer to the form has left.
    pub fn join(&mut self) {
        self.wait_until_tried();
        let (address, gateway) = ([192, 168, 1, 77].into(), Some([192, 168, 1, 1].into()));
        self.radio(RadioEvent::Joined(StationAddress { address, prefix: 24, gateway }));
    }

    /// The answer to a submission leaves, and what was submitted is tried. Nothing answers to a name that no scan has heard.
    fn wait_until_tried(&mut self) {
        self.wait(JOIN_DELAY);
        let commands: Vec<_> = std::iter::from_fn(|| self.portal().poll_radio()).collect();
        if commands.iter().any(|command| matches!(command, RadioCommand::ScanFor(_))) {
            self.radio(RadioEvent::ScanFinished);
        }
    }

    /// Time passes, with everything that falls due.
    pub fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(due) = self.portal().poll_timeout().filter(|due| *due <= until) {
            self.now = due;
            self.portal().handle_timeout(due);
        }
        self.now = until;
    }

    /// What happened since this was last asked.
    pub fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.portal().poll_event()).collect()
    }

    /// Sends a request on a connection of its own and returns the whole answer.
    pub fn send(&mut self, interface: Interface, request: &[u8]) -> Answer {
        let now = self.now;
        self.portal().handle_open(ONE, interface, now);
        let _ = self.portal().handle_received(ONE, request, now);
        let bytes = self.collect(ONE, 97);
        self.portal().handle_closed(ONE);
        Answer::read(&bytes)
    }

    /// What a connection sends until it has nothing, in pieces of so many bytes.
    pub fn collect(&mut self, connection: ConnectionId, piece: usize) -> Vec<u8> {
        let (now, mut out, mut answer) = (self.now, vec![0; piece], Vec::new());
        while let Transfer::Bytes(length) = self.portal().poll_send(connection, &mut out, now) {
            answer.extend_from_slice(&out[..length]);
        }
        answer
    }

    /// Asks with these header lines.
    pub fn ask(&mut self, interface: Interface, line: &str, headers: &str) -> Answer {
        let host = if interface == Interface::Home { "lamp.local" } else { "192.168.4.1" };
        self.send(interface, format!("{line} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n").as_bytes())
    }

    /// Loads a path on the access point, as the client that has sent the form if there is one.
    pub fn get(&mut self, path: &str) -> Answer {
        let token = if self.owner.is_empty() { String::new() } else { format!("?token={}", self.owner) };
        self.look(&format!("{path}{token}"))
    }

    /// Loads a path on the access point, as a client that has no page yet.
    pub fn look(&mut self, path: &str) -> Answer {
        self.ask(Interface::AccessPoint, &format!("GET {path}"), "")
    }

    /// Loads a path on the home network.
    pub fn get_at_home(&mut self, path: &str) -> Answer {
        self.ask(Interface::Home, &format!("GET {path}"), "")
    }

    /// What the setup page's forms carry now.
    ///
    /// # Panics
    /// When the page is no setup page.
    pub fn token(&mut self) -> String {
        token_of(self.get("/").text()).expect("a form with a token")
    }

    /// Posts a form of the setup page as a browser does, with its token, and waits until it is tried.
    pub fn submit(&mut self, path: &str, form: &str) -> Answer {
        self.owner = self.token();
        let answer = self.post(path, &format!("token={}&{form}", self.owner));
        self.wait_until_tried();
        answer
    }

    /// Posts a JSON document on the access point, and waits until it is tried.
    pub fn post_json(&mut self, path: &str, document: &str) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            document.len()
        );
        let answer = self.send(Interface::AccessPoint, (head + document).as_bytes());
        self.wait_until_tried();
        answer
    }

    /// Posts a form on the access point.
    pub fn post(&mut self, path: &str, form: &str) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n",
            form.len()
        );
        self.send(Interface::AccessPoint, (head + form).as_bytes())
    }

    /// Posts a ping of the client that has sent the form.
    pub fn alive(&mut self, form: &str) -> Answer {
        let token = self.owner.clone();
        self.post("/api/alive", &format!("token={token}&{form}"))
    }

    /// The moment on the bench.
    pub fn now(&self) -> Instant {
        self.now
    }
}

/// The token in a setup page's forms.
pub fn token_of(page: &str) -> Option<String> {
    Some(page.split("name=\"token\" value=\"").nth(1)?.split('"').next()?.to_owned())
}

/// An answer, taken apart.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its head, as text.
    pub head: String,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Panics
    /// When it is none.
    pub fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head") + 4;
        let head = String::from_utf8(bytes[..end].to_vec()).expect("text");
        let status = head.get(9..12).and_then(|digits| digits.parse().ok()).expect("a status line");
        Self { status, head, body: bytes[end..].to_vec() }
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = |line: &'_ str| line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name);
        let line = self.head.lines().find(|text| line(text) && text[name.len()..].starts_with(':'))?;
        Some(line[name.len() + 1..].trim())
    }

    /// Its body as text.
    ///
    /// # Panics
    /// When it is no text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}
