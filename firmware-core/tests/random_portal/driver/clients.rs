//! Who uses the portal, and what each of them asks.

use vestibule_core::{ConnectionId, Interface};

use super::choices::Choices;

/// What somebody is to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Fills in the form, with the token of its page.
    Owner,
    /// The same, on another phone.
    SecondPhone,
    /// Sends what nobody may send, and what everybody may.
    Stranger,
    /// Takes its answers a few bytes at a time.
    SlowReader,
}

/// A token, and the opening of the portal in which it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) digits: String,
    pub(crate) opening: u32,
}

impl Token {
    /// The number of its client.
    pub(crate) fn client(&self) -> &str {
        &self.digits[32.min(self.digits.len())..]
    }
}

/// A connection of a client's.
pub(crate) struct ClientConnection {
    pub(crate) id: ConnectionId,
    pub(crate) interface: Interface,
    /// Everything that came on it.
    pub(crate) came: Vec<u8>,
    /// How much of it was looked at.
    pub(crate) checked: usize,
    /// What is still to be sent of a request that was begun.
    pub(crate) rest: Option<Request>,
}

/// A client.
pub(crate) struct Client {
    pub(crate) role: Role,
    pub(crate) place: Option<ClientConnection>,
    pub(crate) token: Option<Token>,
    /// The number in what it types, so that what it typed is told from what others did.
    pub(crate) number: usize,
}

/// A request, and what may come of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) bytes: Vec<u8>,
    /// The network and the passphrase that are in it.
    pub(crate) typed: Option<(Vec<u8>, String)>,
    /// The token that is in it.
    pub(crate) token: Option<Token>,
    /// Whether it shows that it is from a page of the portal's or from a program.
    pub(crate) is_proven: bool,
    /// Whether it asks the device to forget.
    pub(crate) clears: bool,
    /// Whether it is the application's password that was left empty.
    pub(crate) keeps_secret: bool,
}

/// Names of networks: one as most, and ones that are hard to write.
pub(crate) const NAMES: [&[u8]; 5] = [b"Home", b"Caf\xe9", b"x\"><b>", b"\xf0\x9f\x8f\xa0", b"A'B"];

/// What is typed as a passphrase: everything in it has to be escaped somewhere.
pub(crate) fn passphrase(client: usize, number: u32) -> String {
    format!("pw<{client}>&\"'{number}+% x")
}

/// What is typed as the application's password.
pub(crate) fn password(client: usize) -> String {
    format!("brk<{client}>&\"' word")
}

impl Client {
    pub(crate) fn new(number: usize, role: Role) -> Self {
        Self { role, place: None, token: None, number }
    }

    /// What it asks next, of the device at this address.
    pub(crate) fn ask(&self, host: &str, interface: Interface, choices: &mut impl Choices) -> Request {
        let page = || self.get("/", host);
        if interface == Interface::Home {
            return [page(), self.get("/api/status", host), self.get("/setup", host)]
                [choices.below(3) as usize]
                .clone();
        }
        match self.role {
            Role::SlowReader => page(),
            Role::Stranger => self.ask_wrongly(host, choices),
            Role::Owner | Role::SecondPhone if self.token.is_none() => page(),
            Role::Owner | Role::SecondPhone => match choices.below(8) {
                0..=2 => self.submit(host, choices),
                3 | 4 => page(),
                5 => self.get("/api/status", host),
                6 => self.form("/api/alive", host, &format!("timeout={}", 1 + choices.below(120))),
                _ => match choices.below(6) {
                    0 => Request { clears: true, ..self.form("/api/clear", host, "") },
                    1 => self.form("/rescan", host, ""),
                    2 => self.get("/api/events", host),
                    3 => self.get("/api/access-points", host),
                    4 => self.json("/api/access-point", host, choices),
                    _ => self.get("/portal.js", host),
                },
            },
        }
    }

    /// What a stranger sends, and other sites' pages.
    fn ask_wrongly(&self, host: &str, choices: &mut impl Choices) -> Request {
        let (name, typed) = (choices.one(&NAMES), passphrase(self.number, 7));
        let form = format!("network={}&passphrase={}", hex(name), encoded(typed.as_bytes()));
        match choices.below(9) {
            0 => self.get("/", host),
            1 => post("/setup", host, "", "application/x-www-form-urlencoded", &form),
            2 => {
                let origin = "Origin: http://news.example\r\n";
                post("/setup", host, origin, "application/x-www-form-urlencoded", &form)
            }
            3 => {
                post("/api/access-point", host, "Origin: null\r\n", "application/json", "{\"ssid\":\"Home\"}")
            }
            4 => Request {
                clears: true,
                is_proven: true,
                ..post("/api/clear", host, "", "application/json", "{}")
            },
            5 => post("/api/alive", host, "", "application/x-www-form-urlencoded", "timeout=1"),
            6 => self.get("/", "news.example"),
            7 => self.get(&format!("/setup?{form}"), host),
            _ => post("/api/clear", host, "", "text/plain", "{}"),
        }
    }

    fn submit(&self, host: &str, choices: &mut impl Choices) -> Request {
        let (name, typed) = (choices.one(&NAMES), passphrase(self.number, choices.below(3)));
        let keeps_secret = choices.once_in(2);
        let secret = if keeps_secret { String::new() } else { encoded(password(self.number).as_bytes()) };
        let broker = "b".repeat(1 + choices.below(60) as usize);
        let network = encoded(typed.as_bytes());
        let fields = format!("network={}&passphrase={network}&broker={broker}&secret={secret}", hex(name));
        Request { typed: Some((name.to_vec(), typed)), keeps_secret, ..self.form("/setup", host, &fields) }
    }

    /// A program's submission, without a token.
    fn json(&self, path: &str, host: &str, choices: &mut impl Choices) -> Request {
        let (name, typed) = (choices.one(&NAMES), passphrase(self.number, choices.below(3)));
        let document = serde_json::json!({ "ssid_hex": hex(name), "passphrase": typed, "broker": "b" });
        Request {
            typed: Some((name.to_vec(), typed)),
            is_proven: true,
            keeps_secret: true,
            ..post(path, host, "", "application/json", &document.to_string())
        }
    }

    fn get(&self, path: &str, host: &str) -> Request {
        let query = match &self.token {
            Some(token) if !path.contains('?') => format!("?token={}", token.digits),
            _ => String::new(),
        };
        let bytes = format!("GET {path}{query} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes();
        Request { bytes, token: self.token.clone(), ..Request::default() }
    }

    fn form(&self, path: &str, host: &str, fields: &str) -> Request {
        let token = self.token.as_ref().map(|token| token.digits.as_str()).unwrap_or_default();
        let form = format!("token={token}&{fields}");
        Request {
            token: self.token.clone(),
            is_proven: true,
            ..post(path, host, "", "application/x-www-form-urlencoded", &form)
        }
    }
}

fn post(path: &str, host: &str, more: &str, kind: &str, body: &str) -> Request {
    let head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n{more}Content-Type: {kind}\r\n");
    let bytes = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes();
    Request { bytes, ..Request::default() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As in a form.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    let letter = |byte: &u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        b' ' => "+".into(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(letter).collect()
}
