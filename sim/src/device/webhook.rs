//! The device's webhook: when the device has joined, it posts its address, signed, and retries until the
//! receiver has taken it. The core decides what and when ([`vestibule_core::webhook`]); a driver sends the
//! bytes.

use vestibule_core::limits::WEBHOOK_HEAD_BYTES;
use vestibule_core::webhook::{Attempt, Delivery, Key, Post, read_reply};
use vestibule_core::{Instant, StationAddress};

use super::{DrivenPortal, SeededEntropy};
use crate::webhook::{BEGINNING, SECRET};

/// The receiver's name in the request. The driver knows its address.
const AUTHORITY: &str = "hooks.example";

/// The current delivery, if there is one.
pub(super) struct Webhook {
    entropy: SeededEntropy,
    /// The link that the portal had last.
    link: Option<StationAddress>,
    delivery: Option<Delivery>,
}

impl Webhook {
    pub(super) fn new(entropy: SeededEntropy) -> Self {
        Self { entropy, link: None, delivery: None }
    }

    /// Begins a delivery when the portal has joined, and abandons it when the portal has lost the network.
    pub(super) fn follow(&mut self, portal: &dyn DrivenPortal, now: Instant) {
        let link = portal.home();
        if self.link != link {
            self.link = link;
            self.delivery = link.map(|_| Delivery::new(now));
        }
        if let Some(delivery) = &mut self.delivery {
            delivery.handle_timeout(&mut self.entropy, now);
        }
    }

    /// The request of an attempt, if one is due.
    pub(super) fn poll_request(&mut self, name: &str, now: Instant) -> Option<Vec<u8>> {
        let link = self.link?;
        if !self.delivery.as_mut()?.poll_attempt(now) {
            return None;
        }
        let body =
            serde_json::json!({ "event": "joined", "name": name, "address": link.address.to_string() });
        let body = body.to_string();
        let (key, post) = (Key::new(SECRET).ok()?, Post::new(AUTHORITY, "/device", body.as_bytes()).ok()?);
        let mut request = vec![0; WEBHOOK_HEAD_BYTES + body.len()];
        let time = BEGINNING + now.as_micros() / 1_000_000;
        let length = post.write(&key, time, &mut request).ok()?;
        request.truncate(length);
        Some(request)
    }

    /// Handles what has arrived of the answer so far; `ended` says that it is all. Returns whether the attempt
    /// is over. The portal is told of a sign-in page.
    pub(super) fn answered(
        &mut self,
        portal: &mut dyn DrivenPortal,
        received: &[u8],
        ended: bool,
        now: Instant,
    ) -> bool {
        let attempt = match read_reply(received) {
            Ok(Some(reply)) => Attempt::Answered(reply),
            Ok(None) if !ended => return false,
            Ok(None) | Err(_) => Attempt::Failed,
        };
        if matches!(attempt, Attempt::Answered(reply) if reply.is_sign_in()) {
            portal.handle_captive_home();
        }
        if let Some(delivery) = &mut self.delivery {
            delivery.handle_attempt(attempt, &mut self.entropy, now);
        }
        true
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.delivery.as_ref()?.poll_timeout()
    }
}
