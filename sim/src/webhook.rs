//! The receiver of the device's webhooks: checks the signature and the time of each. It is sans-IO, and shares
//! with the device only the secret and the rule: the signature is computed with `hmac` and `sha2`, and the
//! header parsed by code of its own.

use std::collections::BTreeSet;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How old a webhook may be, in seconds, and how far ahead its sender's clock.
pub const TOLERANCE: u64 = 300;

/// The secret of the simulated devices and their receivers. It is public, for it protects nothing.
pub const SECRET: &[u8] = vestibule_device_protocol::WEBHOOK_SECRET;

/// The time of day at which every world begins, in seconds since 1970.
pub const BEGINNING: u64 = 1_790_000_000;

/// A receiver.
#[derive(Debug, Default)]
pub struct Receiver {
    /// How many more requests are answered with 503.
    busy: u8,
    /// The signatures of accepted webhooks: one that comes twice is a replay.
    taken: BTreeSet<String>,
    bodies: Vec<String>,
}

/// Why a webhook is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not a request with a body and a signature.
    Malformed,
    /// The signature is not that of this body at this time.
    Forged,
    /// Its time is too far in the past or in the future.
    Stale,
    /// It was accepted before.
    Repeated,
}

impl Receiver {
    /// A receiver that answers 503 so often before it accepts one.
    pub fn busy(times: u8) -> Self {
        Self { busy: times, ..Self::default() }
    }

    /// The accepted bodies, in order.
    pub fn bodies(&self) -> &[String] {
        &self.bodies
    }

    /// Answers a request, if all of it has arrived.
    pub fn answer(&mut self, request: &[u8], now: u64) -> Option<&'static str> {
        let whole = split(request)?;
        if self.busy > 0 {
            self.busy -= 1;
            return Some(
                "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
        Some(match self.take(whole, now) {
            Ok(()) => "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
            Err(Refusal::Malformed) => {
                "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            }
            Err(_) => "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        })
    }

    /// Takes a webhook whose head and body these are.
    ///
    /// # Errors
    /// Why it is refused.
    fn take(&mut self, (head, body): (&str, &[u8]), now: u64) -> Result<(), Refusal> {
        let header = header(head, "x-vestibule-signature").ok_or(Refusal::Malformed)?;
        let field = |name| header.split(',').find_map(|field| field.trim().strip_prefix(name));
        let (Some(time), Some(code)) = (field("t="), field("v1=")) else { return Err(Refusal::Malformed) };
        let sent: u64 = time.parse().map_err(|_| Refusal::Malformed)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).map_err(|_| Refusal::Malformed)?;
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(body);
        let code = crate::text::from_hex(code).ok_or(Refusal::Malformed)?;
        mac.verify_slice(&code).map_err(|_| Refusal::Forged)?;
        if now.abs_diff(sent) > TOLERANCE {
            return Err(Refusal::Stale);
        }
        if !self.taken.insert(header.to_owned()) {
            return Err(Refusal::Repeated);
        }
        self.bodies.push(String::from_utf8_lossy(body).into_owned());
        Ok(())
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Head and body of a request that is all there.
fn split(request: &[u8]) -> Option<(&str, &[u8])> {
    let end = request.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&request[..end]).ok()?;
    let length: usize = header(head, "content-length")?.parse().ok()?;
    Some((head, request.get(end..end + length)?))
}

#[cfg(test)]
mod tests {
    use vestibule_core::webhook::{Key, Post};

    use super::*;

    const BODY: &[u8] = br#"{"event":"joined","address":"192.168.1.77"}"#;

    fn post(time: u64) -> Vec<u8> {
        let mut request = vec![0; 1024];
        let key = Key::new(SECRET).unwrap();
        let length = Post::new("hooks.example", "/", BODY).unwrap().write(&key, time, &mut request).unwrap();
        request.truncate(length);
        request
    }

    fn status(receiver: &mut Receiver, request: &[u8], now: u64) -> String {
        receiver.answer(request, now).unwrap()[9..12].to_owned()
    }

    #[test]
    fn what_the_device_signs_is_taken_once() {
        let mut receiver = Receiver::default();
        let request = post(BEGINNING);
        assert_eq!(receiver.answer(&request[..request.len() - 1], BEGINNING), None, "not all there");
        assert_eq!(status(&mut receiver, &request, BEGINNING + TOLERANCE), "204");
        assert_eq!(status(&mut receiver, &request, BEGINNING + TOLERANCE), "403", "a recording");
        assert_eq!(receiver.bodies(), [std::str::from_utf8(BODY).unwrap()]);
    }

    #[test]
    fn old_early_and_altered_ones_are_refused() {
        let mut receiver = Receiver::default();
        assert_eq!(status(&mut receiver, &post(BEGINNING), BEGINNING + TOLERANCE + 1), "403");
        assert_eq!(status(&mut receiver, &post(BEGINNING + TOLERANCE + 1), BEGINNING), "403");
        let mut altered = post(BEGINNING);
        *altered.last_mut().unwrap() = b' ';
        assert_eq!(status(&mut receiver, &altered, BEGINNING), "403");
        // The time is under the signature, too.
        let text = String::from_utf8(post(BEGINNING)).unwrap();
        let fresher = text.replace("t=1790000000", "t=1790000400");
        assert_eq!(status(&mut receiver, fresher.as_bytes(), BEGINNING + 400), "403");
        let unsigned = text.replace("X-Vestibule-Signature", "X-Other");
        assert_eq!(status(&mut receiver, unsigned.as_bytes(), BEGINNING), "400");
        assert!(receiver.bodies().is_empty());
    }
}
