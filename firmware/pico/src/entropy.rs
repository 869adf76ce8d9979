//! Random bytes. The RP2350 has a source made for it. The RP2040 has a bit of its ring oscillator, of which its datasheet
//! (2.17.5) says that it is not good enough for secrets as it is: 2,048 of them are hashed for each 32 bytes.

use vestibule_core::Entropy;

/// The peripheral that gives them.
#[cfg(feature = "pico-w")]
pub type RandomSource = embassy_rp::clocks::RoscRng;

/// The chip's source.
#[cfg(feature = "pico-w")]
pub struct HardwareEntropy {
    source: RandomSource,
    pool: [u8; 32],
}

#[cfg(feature = "pico-w")]
impl HardwareEntropy {
    pub(crate) fn new(source: RandomSource) -> Self {
        Self { source, pool: [0; 32] }
    }
}

#[cfg(feature = "pico-w")]
impl Entropy for HardwareEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        use sha2::{Digest as _, Sha256};
        for part in bytes.chunks_mut(self.pool.len()) {
            let mut raw = [0; 256];
            self.source.fill_bytes(&mut raw);
            self.pool = Sha256::new().chain_update(self.pool).chain_update(raw).finalize().into();
            // What is handed out says nothing about what stays.
            let out = Sha256::new().chain_update(self.pool).chain_update(b"out").finalize();
            part.copy_from_slice(&out[..part.len()]);
        }
    }
}

#[cfg(not(feature = "pico-w"))]
embassy_rp::bind_interrupts!(struct Irq {
    TRNG_IRQ => embassy_rp::trng::InterruptHandler<embassy_rp::peripherals::TRNG>;
});

/// The peripheral that gives them.
#[cfg(not(feature = "pico-w"))]
pub type RandomSource = embassy_rp::Peri<'static, embassy_rp::peripherals::TRNG>;

/// The chip's source.
#[cfg(not(feature = "pico-w"))]
pub struct HardwareEntropy(embassy_rp::trng::Trng<'static, embassy_rp::peripherals::TRNG>);

#[cfg(not(feature = "pico-w"))]
impl HardwareEntropy {
    pub(crate) fn new(source: RandomSource) -> Self {
        Self(embassy_rp::trng::Trng::new(source, Irq, Default::default()))
    }
}

#[cfg(not(feature = "pico-w"))]
impl Entropy for HardwareEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.blocking_fill_bytes(bytes);
    }
}
