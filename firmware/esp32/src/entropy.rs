//! Random bytes from the chip's hardware source, which is a true one while the radio runs.

use esp_hal::rng::Rng;
use vestibule_core::Entropy;

/// The chip's source.
pub struct HardwareEntropy(pub(crate) Rng);

impl Entropy for HardwareEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.read(bytes);
    }
}
