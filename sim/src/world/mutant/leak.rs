//! A device that tells a secret, in one of the ways that the invariant `no-secret-leaves` claims to see. Where it can, it
//! escapes by the product's own writers, and it writes over what it sends, so that lengths stay right.

use std::fmt::Write;
use std::net::Ipv4Addr;

use vestibule_core::credentials::Memory;
use vestibule_core::label::{CodeAddress, Label};
use vestibule_core::pages::Shown;
use vestibule_core::{ConnectionId, Credentials, Passphrase, Reply, Ssid, json};

use super::build_time::chosen;
use crate::device::store_in_clear;
use crate::flash::Flash;

/// The password of an application's field that the flash holds from the start, for `leak-value`.
const VALUE: &str = "the broker's password";

/// Shorter pieces of an answer are left alone: the secret is to be in a page and not in a head.
const LEAST: usize = 700;

/// How a device tells a secret, and what it has still to tell of it.
#[derive(Debug, Default)]
pub(in crate::world) struct Leak {
    /// The second half of the secret, of which the first was sent on that connection.
    rest: Option<(ConnectionId, Vec<u8>)>,
    has_logged: bool,
}

impl Leak {
    /// The device of a flash, which may have to hold something before.
    pub(in crate::world) fn new(flash: &Flash) -> Self {
        if chosen() == "leak-value" {
            let mut memory = Memory::new();
            let _ = memory.values.set("secret", VALUE);
            let _ = store_in_clear(flash, &memory);
        }
        Self::default()
    }

    /// Writes a line of the log, once a network was to be joined.
    pub(in crate::world) fn logs(&mut self, joining: Option<&Credentials>, log: impl FnOnce(String)) {
        let Some(secret) = joining.map(|joining| joining.passphrase.expose()) else { return };
        let line = match chosen() {
            // As the core writes names.
            "leak-log" => Some(secret.escape_ascii().to_string()),
            "leak-log-text" => Some(String::from_utf8_lossy(secret).into_owned()),
            _ => None,
        };
        if let Some(line) = line.filter(|_| !std::mem::replace(&mut self.has_logged, true)) {
            log(line);
        }
    }

    /// Adds the secret to a datagram.
    pub(in crate::world) fn answers(
        &self,
        answer: Reply,
        reply: &mut [u8],
        joining: Option<&Credentials>,
    ) -> Reply {
        let secret =
            joining.filter(|_| chosen() == "leak-datagram").map(|joining| joining.passphrase.expose());
        let Some(secret) = secret else { return answer };
        let end = answer.length + secret.len();
        let Some(room) = reply.get_mut(answer.length..end) else { return answer };
        room.copy_from_slice(secret);
        Reply { length: end, ..answer }
    }

    /// Writes the secret over the end of a piece of an answer, escaped; or half of it there, and half over the beginning
    /// of the next piece.
    pub(in crate::world) fn sends<'a>(
        &mut self,
        connection: ConnectionId,
        piece: &mut [u8],
        joining: Option<&Credentials>,
        mut values: impl Iterator<Item = (&'a str, &'a str)>,
    ) {
        let secret = joining.map(|joining| joining.passphrase.expose());
        let text = secret.map(String::from_utf8_lossy).unwrap_or_default();
        match chosen() {
            "leak-value" => {
                overwrite(piece, values.find(|(name, _)| *name == "secret").map_or("", |it| it.1))
            }
            "leak-pieces" => self.halve(connection, piece, text.as_bytes()),
            way => overwrite(piece, &escaped(way, &text)),
        }
    }

    /// The same in halves, where nobody sees it but who listens to the frames.
    pub(in crate::world) fn puts_on_air(
        &mut self,
        connection: ConnectionId,
        piece: &mut [u8],
        joining: Option<&Credentials>,
    ) {
        if chosen() == "leak-frames" {
            let secret = joining.map(|joining| joining.passphrase.expose()).unwrap_or_default();
            self.halve(connection, piece, secret);
        }
    }

    fn halve(&mut self, connection: ConnectionId, piece: &mut [u8], secret: &[u8]) {
        if let Some((_, rest)) = self.rest.take_if(|(on, _)| *on == connection) {
            let length = rest.len().min(piece.len());
            piece[..length].copy_from_slice(&rest[..length]);
        } else if piece.len() >= LEAST {
            let (first, rest) = secret.split_at(secret.len() / 2);
            let at = piece.len() - first.len();
            piece[at..].copy_from_slice(first);
            self.rest = Some((connection, rest.to_vec()));
        }
    }
}

fn overwrite(piece: &mut [u8], leaked: &str) {
    if piece.len() >= LEAST {
        let at = piece.len() - leaked.len();
        piece[at..].copy_from_slice(leaked.as_bytes());
    }
}

/// A secret as the device escapes it; empty for a way that is none.
fn escaped(way: &str, secret: &str) -> String {
    if secret.is_empty() {
        return String::new();
    }
    let in_json = |text: &str| {
        let mut object = String::new();
        // A text takes everything.
        let _ = json::write_object(&mut object, |object| object.text("secret", text));
        object
    };
    let digits = || {
        secret.bytes().fold(String::new(), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        })
    };
    let form = || url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    match way {
        "leak-plain" => secret.to_owned(),
        "leak-page" => Shown(secret.as_bytes()).to_string(),
        "leak-text" => secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        "leak-form" => form(),
        "leak-address" => CodeAddress::new(Ipv4Addr::LOCALHOST, secret.as_bytes())
            .map(|address| address.to_string())
            .unwrap_or_default(),
        "leak-address-upper" => form().replace('+', "%20"),
        "leak-json" => in_json(secret),
        "leak-page-in-json" => in_json(&Shown(secret.as_bytes()).to_string()),
        "leak-json-in-page" => Shown(in_json(secret).as_bytes()).to_string(),
        "leak-digits" => digits(),
        "leak-digits-upper" => digits().to_uppercase(),
        "leak-label" => label(secret),
        "leak-label-in-json" => in_json(&label(secret)),
        _ => String::new(),
    }
}

fn label(secret: &str) -> String {
    let (name, secret) = (Ssid::new(b"Lamp"), Passphrase::new(secret.as_bytes()));
    let (Ok(name), Ok(secret)) = (name, secret) else { return String::new() };
    Label::new(&name, &secret).map(|label| label.to_string()).unwrap_or_default()
}
