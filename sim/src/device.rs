//! The device: the very core that is flashed, on a simulated radio, flash and power supply.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vestibule_core::{Config, Entropy, Instant, Portal};

use crate::flash::Flash;
use crate::radio::Antenna;

/// The portal as it runs in a simulated device.
pub type SimulatedPortal = Portal<Antenna, Flash, SeededEntropy>;

/// Random bytes that a seed decides.
#[derive(Debug)]
pub struct SeededEntropy(ChaCha8Rng);

impl Entropy for SeededEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

/// A device that can lose its power. What its flash holds is all that survives.
pub struct Device {
    config: Config,
    flash: Flash,
    seed: u64,
    boots: u64,
    portal: Option<SimulatedPortal>,
}

impl Device {
    /// A device without power.
    pub fn new(config: Config, flash: Flash, seed: u64) -> Self {
        Self { config, flash, seed, boots: 0, portal: None }
    }

    /// Boots it, on what its flash holds. Harmless when it runs.
    pub fn power_on(&mut self, now: Instant) {
        if self.portal.is_some() {
            return;
        }
        self.boots += 1;
        self.flash.power_on();
        let entropy = SeededEntropy(ChaCha8Rng::seed_from_u64(self.seed.wrapping_add(self.boots)));
        let mut portal = Portal::new(self.config.clone(), Antenna::default(), self.flash.clone(), entropy);
        portal.connect_or_setup(now);
        self.portal = Some(portal);
    }

    /// Takes its power away.
    pub fn power_off(&mut self) {
        self.portal = None;
    }

    /// Its portal, while it has power.
    pub fn portal(&mut self) -> Option<&mut SimulatedPortal> {
        self.portal.as_mut()
    }

    /// What it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether it has power.
    pub fn has_power(&self) -> bool {
        self.portal.is_some()
    }
}
