//! The device: the very core that is flashed, on a simulated radio, flash and power supply; or one
//! that runs elsewhere, on the same radio ([`Device::attach`]).

mod attached;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vestibule_core::provisioning::State;
use vestibule_core::{Config, Entropy, Event, Instant, Portal, RadioEvent};

use crate::flash::Flash;
use crate::lamp::Hosted;
use crate::radio::{Antenna, Command};
use attached::Attached;
pub use attached::{Order, Said};

/// The portal as it runs in a simulated device.
pub type SimulatedPortal = Portal<Antenna, Flash, SeededEntropy, Hosted>;

/// Random bytes that a seed decides.
#[derive(Debug)]
pub struct SeededEntropy {
    random: ChaCha8Rng,
    /// While this is set, every call gives what the first would give.
    repeats: Arc<AtomicBool>,
}

impl Entropy for SeededEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        if self.repeats.load(Ordering::Relaxed) {
            self.random.set_word_pos(0);
        }
        self.random.fill_bytes(bytes);
    }
}

/// A device that can lose its power. What its flash holds is all that survives.
pub struct Device {
    config: Config,
    flash: Flash,
    seed: u64,
    boots: u64,
    /// How far its clock is ahead of the world's.
    ahead: Duration,
    entropy_repeats: Arc<AtomicBool>,
    /// What runs beside the portal from power-on.
    application: Hosted,
    portal: Option<SimulatedPortal>,
    /// The device, if it is not simulated: then there is never a portal here.
    attached: Option<Attached>,
}

impl Device {
    /// A device without power.
    pub fn new(config: Config, flash: Flash, seed: u64) -> Self {
        Self {
            config,
            flash,
            seed,
            boots: 0,
            ahead: Duration::ZERO,
            entropy_repeats: Arc::default(),
            application: Hosted::default(),
            portal: None,
            attached: None,
        }
    }

    /// From now on the device runs elsewhere, and a driver carries what is said to and by it. To be
    /// called before it first gets power.
    pub fn attach(&mut self) {
        self.attached = Some(Attached::default());
    }

    /// Gives it an application, from its next power-on.
    pub fn install(&mut self, application: Hosted) {
        self.application = application;
    }

    /// Boots it, on what its flash holds. Harmless when it runs.
    pub fn power_on(&mut self, now: Instant) {
        if let Some(attached) = &mut self.attached {
            self.flash.power_on();
            return attached.power_on();
        }
        if self.portal.is_some() {
            return;
        }
        self.boots += 1;
        self.flash.power_on();
        let entropy = SeededEntropy {
            random: ChaCha8Rng::seed_from_u64(self.seed.wrapping_add(self.boots)),
            repeats: Arc::clone(&self.entropy_repeats),
        };
        let mut portal = Portal::with_application(
            self.config.clone(),
            Antenna::default(),
            self.flash.clone(),
            entropy,
            self.application.clone(),
        );
        portal.connect_or_setup(self.clock(now));
        self.portal = Some(portal);
    }

    /// Takes its power away.
    pub fn power_off(&mut self) {
        self.portal = None;
        if let Some(attached) = &mut self.attached {
            attached.power_off();
        }
    }

    /// Has it forget its network and open its portal.
    pub fn clear(&mut self, now: Instant) {
        let clock = self.clock(now);
        if let Some(attached) = &mut self.attached {
            attached.order(Order::Clear);
        }
        if let Some(portal) = &mut self.portal {
            // A fault is reported as an event; the portal opens all the same.
            let _ = portal.clear(clock);
            portal.setup(clock);
        }
    }

    /// Tells a device that runs elsewhere what is to become of its flash operations. The simulated
    /// one's flash knows by itself.
    pub(crate) fn disturb_flash(&mut self, order: Order) {
        if let Some(attached) = &mut self.attached {
            attached.order(order);
        }
    }

    /// Its radio reports.
    pub fn handle_radio(&mut self, event: RadioEvent, now: Instant) {
        let clock = self.clock(now);
        if let Some(attached) = &mut self.attached {
            attached.order(Order::Report(event));
        }
        if let Some(portal) = &mut self.portal {
            portal.handle_radio(event, clock);
        }
    }

    /// The oldest event of its portal that was not handed out yet.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        match &mut self.attached {
            Some(attached) => attached.poll_event(),
            None => self.portal.as_mut()?.poll_event(),
        }
    }

    /// What its radio is to do.
    #[must_use]
    pub fn poll_command(&mut self) -> Option<Command> {
        match &mut self.attached {
            Some(attached) => attached.poll_command(),
            None => self.portal.as_mut()?.radio_mut().take(),
        }
    }

    /// A device that runs elsewhere has said something.
    pub fn says(&mut self, said: Said) {
        if let Some(attached) = &mut self.attached {
            attached.says(said);
        }
    }

    /// What a device that runs elsewhere is to be told next.
    #[must_use]
    pub fn poll_order(&mut self) -> Option<Order> {
        self.attached.as_mut()?.poll_order()
    }

    /// Where it stands; `None` without power.
    pub fn state(&self) -> Option<State> {
        match &self.attached {
            Some(attached) => attached.state(),
            None => self.portal.as_ref().map(|portal| portal.state()),
        }
    }

    /// Makes its clock jump ahead of the world's.
    pub fn jump_ahead(&mut self, by: Duration) {
        self.ahead += by;
    }

    /// Makes its random bytes the same ones over and over, or no longer.
    pub fn repeat_entropy(&mut self, repeats: bool) {
        self.entropy_repeats.store(repeats, Ordering::Relaxed);
    }

    /// What its clock shows at this moment of the world.
    pub fn clock(&self, now: Instant) -> Instant {
        now + self.ahead
    }

    /// When it next has something due, in the world's time.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let due = self.portal.as_ref()?.poll_timeout()?;
        Some(Instant::from_micros(0) + due.since(Instant::from_micros(0) + self.ahead))
    }

    /// Its portal, while it has power and is simulated.
    pub fn portal(&mut self) -> Option<&mut SimulatedPortal> {
        self.portal.as_mut()
    }

    /// What it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether it has power.
    pub fn has_power(&self) -> bool {
        self.state().is_some()
    }
}
