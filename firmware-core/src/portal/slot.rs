//! Where a portal is made on a board. It decides nothing: it only makes sure that what is stored was read
//! before the portal is used.

use embedded_storage::nor_flash::NorFlash;

use super::Portal;
use crate::application::Application;
use crate::{Config, Entropy};

/// A place for a portal on a board, whose stack is too short for one.
///
/// A portal has eight connections, and each has room for a whole request. In a slot they are made, and what
/// is stored is read, where the slot stays (a static, as a rule) when the portal is used for the first time.
/// [`PortalSlot::portal`] does both and is the only way to the portal. So reading can neither be forgotten
/// nor be done twice, and the portal answers every question as one from [`Portal::new`] does.
///
/// ```
/// use vestibule_core::mock::{MockEntropy, MockFlash};
/// use vestibule_core::provisioning::ProvisioningState;
/// use vestibule_core::{Config, Instant, PortalSlot, Ssid};
///
/// let config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap());
/// let mut slot = PortalSlot::new(config, MockFlash::<2>::new(), MockEntropy::new(4), ());
/// assert!(!slot.portal().has_credentials());
/// slot.portal().connect_or_setup(Instant::from_micros(0));
/// assert_eq!(slot.portal().state(), ProvisioningState::Scanning);
/// ```
pub struct PortalSlot<F, E, A: Application = ()>(Portal<F, E, A>);

impl<F: NorFlash, E: Entropy, A: Application> PortalSlot<F, E, A> {
    /// A place for a portal; see [`Portal::with_application`] for what it is made of. Without an
    /// application it is `()`.
    ///
    /// It is made where it is to stay only if the compiler sees both at once: hence the attribute.
    #[inline(always)]
    pub fn new(config: Config, flash: F, entropy: E, application: A) -> Self {
        Self(Portal::unread(config, flash, entropy, application))
    }

    /// The portal.
    pub fn portal(&mut self) -> &mut Portal<F, E, A> {
        if !self.0.is_read() {
            self.0.read_flash();
        }
        &mut self.0
    }
}
