//! In place of `sealing` where the feature `sealed` is left out: forms come in clear.

use embedded_storage::nor_flash::NorFlash;

use super::super::Portal;
use crate::application::Application;
use crate::pages::PageSeal;
use crate::{Config, ConnectionId, Entropy, Problem};

/// Nothing.
pub(in crate::portal) struct Sealing;

impl Sealing {
    #[inline(always)]
    pub(in crate::portal) const fn new() -> Self {
        Self
    }

    pub(in crate::portal) fn open(&mut self, _: &mut impl Entropy) {}

    pub(in crate::portal) fn close(&mut self) {}

    pub(in crate::portal) fn page_seal(&self, _: &Config) -> Option<PageSeal<'_>> {
        None
    }
}

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    pub(super) fn open_sealed(&mut self, _: ConnectionId) -> Result<(), Problem> {
        Ok(())
    }

    pub(super) fn shows_nothing_again(&self, _: ConnectionId) -> bool {
        false
    }
}
