//! Where random bytes come from: a board's hardware, or a seed. What they are for is decided elsewhere. And beside them,
//! where the chip has one, the key that is its own.

#[cfg(feature = "sealed-at-rest")]
use crate::device_key::DeviceKey;
#[cfg(feature = "sealed-at-rest")]
use crate::flash_key::FlashKey;

/// Random bytes. On a chip, its hardware source; in the simulator, a seeded stream.
///
/// ```
/// use vestibule_core::Entropy;
///
/// /// A test's: the same each time. On a chip, its hardware source.
/// struct Fixed;
///
/// impl Entropy for Fixed {
///     fn fill(&mut self, bytes: &mut [u8]) {
///         bytes.fill(4);
///     }
/// }
///
/// let mut token = [0; 2];
/// Fixed.fill(&mut token);
/// assert_eq!(token, [4, 4]);
/// ```
pub trait Entropy {
    /// Fills `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);

    /// What is stored is sealed with this key; it is asked for whenever the flash is read or written, and wiped after that.
    /// None by default: what is stored is in clear, and what was sealed cannot be read. [`WithDeviceKey`] has one.
    #[cfg(feature = "sealed-at-rest")]
    fn flash_key(&mut self) -> Option<FlashKey> {
        None
    }
}

/// A source of random bytes beside a key of the chip's own, with which the portal seals what it stores.
///
/// ```
/// use vestibule_core::mock::{MockDeviceKey, MockEntropy, MockFlash};
/// use vestibule_core::{Config, Entropy, Portal, Ssid, WithDeviceKey};
///
/// let mut chip = WithDeviceKey { entropy: MockEntropy::new(4), key: Some(MockDeviceKey::new(4)) };
/// assert!(chip.flash_key().is_some());
/// let portal = Portal::new(Config::new(Ssid::new(b"Lamp-4F2A").unwrap()), MockFlash::<2>::new(), chip);
/// # let _ = portal;
///
/// let mut blank = WithDeviceKey { entropy: MockEntropy::new(4), key: None::<MockDeviceKey> };
/// assert!(blank.flash_key().is_none(), "what it stores is in clear");
/// ```
#[cfg(feature = "sealed-at-rest")]
#[derive(Clone, Debug)]
pub struct WithDeviceKey<E, K> {
    /// The source of random bytes.
    pub entropy: E,
    /// The source of the key.
    pub key: K,
}

#[cfg(feature = "sealed-at-rest")]
impl<E: Entropy, K: DeviceKey> Entropy for WithDeviceKey<E, K> {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.entropy.fill(bytes);
    }

    fn flash_key(&mut self) -> Option<FlashKey> {
        FlashKey::derive(&mut self.key).ok()
    }
}
