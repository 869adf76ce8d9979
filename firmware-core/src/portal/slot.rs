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
/// # use core::convert::Infallible;
/// # use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
/// # use vestibule_core::Entropy;
/// # struct Noise;
/// # impl Entropy for Noise {
/// #     fn fill(&mut self, bytes: &mut [u8]) { bytes.fill(4) }
/// # }
/// # struct Partition;
/// # impl ErrorType for Partition { type Error = Infallible; }
/// # impl ReadNorFlash for Partition {
/// #     const READ_SIZE: usize = 1;
/// #     fn read(&mut self, _: u32, bytes: &mut [u8]) -> Result<(), Infallible> { bytes.fill(0xff); Ok(()) }
/// #     fn capacity(&self) -> usize { 8192 }
/// # }
/// # impl NorFlash for Partition {
/// #     const WRITE_SIZE: usize = 4;
/// #     const ERASE_SIZE: usize = 4096;
/// #     fn erase(&mut self, _: u32, _: u32) -> Result<(), Infallible> { Ok(()) }
/// #     fn write(&mut self, _: u32, _: &[u8]) -> Result<(), Infallible> { Ok(()) }
/// # }
/// use vestibule_core::provisioning::State;
/// use vestibule_core::{Config, Instant, PortalSlot, Ssid};
///
/// let config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap());
/// let mut slot = PortalSlot::new(config, Partition, Noise, ());
/// assert!(!slot.portal().has_credentials());
/// slot.portal().connect_or_setup(Instant::from_micros(0));
/// assert_eq!(slot.portal().state(), State::Surveying);
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
