//! Sealed submissions: the body of a request that carries one is opened where it lies, once the token and the rate
//! limit have let it in, and is from then on as if it had come in clear.
//!
//! How a form is opened is in [`crate::sealed`].

use embedded_storage::nor_flash::NorFlash;

use super::super::Portal;
use super::body;
use crate::application::Application;
use crate::http::Connection;
use crate::limits::TOKEN_BYTES;
use crate::pages::{CSRF_TOKEN_FIELD, PageSeal, SEALED_FIELD};
use crate::sealed::{KeyPair, NotOpened};
use crate::{ClearForms, Config, ConnectionId, Entropy, OwnPassphrase, Problem};

/// What sealed forms are opened with, and what pages say of it.
pub(in crate::portal) struct Sealing(KeyPair);

impl Sealing {
    #[inline(always)]
    pub(in crate::portal) const fn new() -> Self {
        Self(KeyPair::none())
    }

    /// The portal opens.
    pub(in crate::portal) fn open(&mut self, entropy: &mut impl Entropy) {
        self.0.draw(entropy);
    }

    /// The portal closes.
    pub(in crate::portal) fn close(&mut self) {
        self.0.forget();
    }

    /// What pages and programs are told.
    pub(in crate::portal) fn page_seal(&self, config: &Config) -> Option<PageSeal<'_>> {
        Some(PageSeal {
            key: self.0.public(),
            takes_code: config.code_on_label().is_some(),
            required: config.clear_forms == ClearForms::Refuse,
        })
    }
}

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// Opens the body of the request on `connection` if it is sealed.
    #[inline(never)]
    pub(super) fn open_sealed(&mut self, connection: ConnectionId) -> Result<(), Problem> {
        let Some(open) = self.connections.get_mut(connection) else { return Ok(()) };
        let Some(request) = open.request() else { return Ok(()) };
        let sent = body::read(&request)?;
        let Some(sealed) = sent.find(SEALED_FIELD) else {
            let takes_clear = self.config.clear_forms == ClearForms::Allow;
            return if takes_clear { Ok(()) } else { Err(Problem::NotSealed) };
        };
        let place = sealed.place_in(request.body).ok_or(Problem::Unreadable)?;
        let (mut digits, own) = ([0; 2 * TOKEN_BYTES], self.guard.csrf_token);
        let token = sent.find(CSRF_TOKEN_FIELD).and_then(|sent| sent.decode(&mut digits).ok());
        let token = token.filter(|token| own.is(token)).ok_or(Problem::Stale)?;

        let code = self.config.code_on_label().map(OwnPassphrase::expose);
        let mut opened = Err(NotOpened::Broken);
        open.change_body(|body| {
            body.copy_within(place.clone(), 0);
            opened = self.sealing.0.open(body.get_mut(..place.len()).unwrap_or_default(), token, code);
            opened.unwrap_or(0)
        });
        opened.map(|_| ()).map_err(|why| match why {
            NotOpened::Broken => Problem::SealBroken,
            NotOpened::OtherCode => Problem::WrongCode,
            NotOpened::SentBefore => Problem::SentBefore,
        })
    }

    /// Whether the body on `connection` holds nothing that a page could show again.
    pub(super) fn shows_nothing_again(&self, connection: ConnectionId) -> bool {
        let request = self.connections.get(connection).and_then(Connection::request);
        request.is_none_or(|request| {
            request.body.is_empty()
                || body::read(&request).is_ok_and(|sent| sent.find(SEALED_FIELD).is_some())
        })
    }
}
