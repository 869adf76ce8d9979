//! Somebody in between: an access point of the device's name that a phone has joined in place of the device's, and
//! that relays everything. In pages it swaps the public key that forms are sealed for with one of its own, opens what
//! is sealed for that, reads it, and seals it anew for the device, so that neither side sees a difference.
//!
//! Its radio is not simulated: what it relays arrives as if it had been sent at once. It serves no page of its own,
//! which could read what is typed, with or without a code: `SECURITY.md` says so.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use url::form_urlencoded;

use crate::owner::{Request, SealsFor, opened, public_key};

/// What stands before the public key in a page.
const BEFORE_KEY: &str = " data-key=\"";

pub(super) struct InBetween {
    random: ChaCha8Rng,
    secret: [u8; 32],
    /// The device's public key, once a page had it.
    device: Option<[u8; 32]>,
}

impl InBetween {
    pub(super) fn new(mut random: ChaCha8Rng) -> Self {
        let mut secret = [0; 32];
        random.fill_bytes(&mut secret);
        Self { random, secret, device: None }
    }

    /// A page on its way to the phone.
    pub(super) fn relay_page(&mut self, html: String) -> String {
        let Some((before, rest)) = html.split_once(BEFORE_KEY) else { return html };
        let Some((digits, after)) = rest.split_once('"') else { return html };
        let Some(key) = crate::owner::hex_key(digits) else { return html };
        self.device = Some(key);
        let own: String = public_key(self.secret).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{before}{BEFORE_KEY}{own}\"{after}")
    }

    /// A request on its way to the device, and the form in it if that could be read.
    pub(super) fn relay_request(&mut self, request: Request) -> (Request, Option<Vec<u8>>) {
        let Some(body) = request.body.as_deref() else { return (request, None) };
        let field = |wanted: &str| {
            form_urlencoded::parse(body).find_map(|(name, value)| (name == wanted).then_some(value))
        };
        let (Some(token), Some(sealed), Some(key)) = (field("token"), field("sealed"), self.device) else {
            return (request, None);
        };
        let Some(form) = opened(self.secret, &token, &sealed) else { return (request, None) };
        let mut secret = [0; 32];
        self.random.fill_bytes(&mut secret);
        let seals_for = Some(SealsFor { key, takes_code: false });
        let again = Request { body: Some(form.clone()), seals_for, ..request }.sealed(secret, "");
        (again, Some(form))
    }
}
