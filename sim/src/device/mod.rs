//! The device: the very core that is flashed, on a simulated radio, flash and power supply; or one
//! that runs elsewhere, on the same radio ([`Device::attach`]).

mod attached;
mod named;
mod webhook;

use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use vestibule_core::mdns::{HostName, Transmit};
use vestibule_core::provisioning::State;
use vestibule_core::{Config, Entropy, Event, Instant, Portal, RadioCommand, RadioEvent};

use crate::flash::Flash;
use crate::random_streams::{RandomStream, stream};
use crate::sample_application::SampleApplication;
use attached::Attached;
pub use attached::{Order, Said};
use named::Named;
use webhook::Webhook;

/// The portal as it runs in a simulated device.
pub type SimulatedPortal = Portal<Flash, SeededEntropy, SampleApplication>;

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
    application: SampleApplication,
    portal: Option<SimulatedPortal>,
    /// What it is called on the home network, from power-on.
    named: Option<Named>,
    /// Whether it tells a receiver that it has joined; and the telling, from power-on.
    notifies: bool,
    webhook: Option<Webhook>,
    /// The device, if it is not simulated: then there is never a portal here.
    attached: Option<Attached>,
}

impl Device {
    /// A device without power. Its random bytes are streams of that seed.
    pub fn new(config: Config, flash: Flash, seed: u64) -> Self {
        Self {
            config,
            flash,
            seed,
            boots: 0,
            ahead: Duration::ZERO,
            entropy_repeats: Arc::default(),
            application: SampleApplication::default(),
            portal: None,
            named: None,
            notifies: false,
            webhook: None,
            attached: None,
        }
    }

    /// From now on the device runs elsewhere, and a driver carries what is said to and by it. To be
    /// called before it first gets power.
    pub fn attach(&mut self) {
        self.attached = Some(Attached::default());
    }

    /// Gives it an application, from its next power-on.
    pub fn install(&mut self, application: SampleApplication) {
        self.application = application;
    }

    /// Has it tell a receiver whenever it has joined, from its next power-on.
    pub fn notify(&mut self) {
        self.notifies = true;
    }

    /// Whether it does.
    pub fn notifies(&self) -> bool {
        self.notifies
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
        // A stream each, so that a draw more in one disturbs no other.
        let entropy = |of| SeededEntropy {
            random: stream(self.seed, of, self.boots),
            repeats: Arc::clone(&self.entropy_repeats),
        };
        let mut portal = Portal::with_application(
            self.config.clone(),
            self.flash.clone(),
            entropy(RandomStream::Portal),
            self.application.clone(),
        );
        portal.connect_or_setup(self.clock(now));
        self.named = Named::new(&self.config, entropy(RandomStream::HostName));
        self.webhook = self.notifies.then(|| Webhook::new(entropy(RandomStream::Webhook)));
        self.portal = Some(portal);
    }

    /// Lets what stands beside the portal go where that is. Returns the name on the home network if it
    /// has become the device's, or another.
    pub fn follow_home(&mut self, now: Instant) -> Option<HostName> {
        let clock = self.clock(now);
        let portal = self.portal.as_mut()?;
        if let Some(webhook) = &mut self.webhook {
            webhook.follow(portal, clock);
        }
        self.named.as_mut()?.follow(portal, clock)
    }

    /// An mDNS datagram came from the home network.
    pub fn handle_mdns(&mut self, datagram: &[u8], from: SocketAddrV4, now: Instant) {
        let clock = self.clock(now);
        if let Some(named) = self.named.as_mut().filter(|_| self.portal.is_some()) {
            named.receive(datagram, from, clock);
        }
    }

    /// The next mDNS datagram for the home network, in the first bytes of `out`.
    #[must_use]
    pub fn poll_mdns(&mut self, out: &mut [u8], now: Instant) -> Option<Transmit> {
        let clock = self.clock(now);
        let named = self.named.as_mut().filter(|_| self.portal.is_some())?;
        named.address()?;
        named.send(out, clock)
    }

    /// The request of a webhook that is to be posted now.
    #[must_use]
    pub fn poll_webhook(&mut self, now: Instant) -> Option<Vec<u8>> {
        let (clock, name) = (self.clock(now), self.config.name.to_string());
        self.webhook.as_mut().filter(|_| self.portal.is_some())?.poll_request(&name, clock)
    }

    /// What has arrived of the answer to it, and whether no more will come. Returns whether the attempt
    /// is over.
    pub fn handle_webhook(&mut self, received: &[u8], ended: bool, now: Instant) -> bool {
        let clock = self.clock(now);
        self.webhook.as_mut().is_none_or(|webhook| webhook.answered(received, ended, clock))
    }

    /// Takes its power away.
    pub fn power_off(&mut self) {
        self.portal = None;
        self.named = None;
        self.webhook = None;
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
            let _ = portal.factory_reset(clock);
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
    pub fn poll_radio(&mut self) -> Option<RadioCommand> {
        match &mut self.attached {
            Some(attached) => attached.poll_radio(),
            None => self.portal.as_mut()?.poll_radio(),
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
        let named = self.named.as_ref().and_then(Named::poll_timeout);
        let webhook = self.webhook.as_ref().and_then(Webhook::poll_timeout);
        let due = [self.portal.as_ref()?.poll_timeout(), named, webhook].into_iter().flatten().min()?;
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
