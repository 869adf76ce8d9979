//! The device: the same core that is flashed, on a simulated radio, flash and power supply; or one that runs
//! outside this process, on the same simulated radio ([`Device::run_externally`]); or the core behind its C interface
//! ([`Device::run_in_c`]).

mod c_portal;
mod driven_portal;
mod external;
mod key;
mod mdns;
mod serial;
mod webhook;

use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use vestibule_core::improv::PACKET_BYTES;
use vestibule_core::mdns::{HostName, Transmit};
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{Config, Entropy, Event, FlashKey, Instant, Portal, RadioCommand, RadioEvent};

use crate::flash::Flash;
use crate::random_streams::{RandomStream, stream};
use crate::sample_application::SampleApplication;
use c_portal::CPortal;
pub(crate) use driven_portal::DrivenPortal;
use external::ExternalDevice;
pub(crate) use external::{DeviceMessage, DeviceOrder};
pub use key::SimulatedKey;
pub(crate) use key::store_in_clear;
use mdns::MdnsService;
use serial::SerialLine;
use webhook::Webhook;

/// The portal as it runs in a simulated device.
pub type SimulatedPortal = Portal<Flash, SeededEntropy, SampleApplication>;

/// Random bytes that a seed decides.
#[derive(Debug)]
pub struct SeededEntropy {
    random: ChaCha8Rng,
    /// While this is set, every call repeats the first bytes.
    repeats: Arc<AtomicBool>,
    /// The secret of the chip, if it has one.
    key: Option<SimulatedKey>,
}

impl SeededEntropy {
    /// The random bytes of one thing alone.
    pub(crate) fn of(seed: u64, of: RandomStream) -> Self {
        Self { random: stream(seed, of, 0), repeats: Arc::default(), key: None }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        if self.repeats.load(Ordering::Relaxed) {
            self.random.set_word_pos(0);
        }
        self.random.fill_bytes(bytes);
    }

    fn flash_key(&mut self) -> Option<FlashKey> {
        self.key.as_ref()?.flash_key()
    }
}

/// A device that can lose its power. Only what its flash holds survives that.
pub struct Device {
    config: Config,
    /// The secret of its chip, if it has one.
    key: Option<SimulatedKey>,
    flash: Flash,
    seed: u64,
    boots: u64,
    /// How far its clock is ahead of the world's.
    ahead: Duration,
    entropy_repeats: Arc<AtomicBool>,
    /// The application, which runs from power-on.
    application: SampleApplication,
    portal: Option<SimulatedPortal>,
    /// Its mDNS name on the home network, from power-on.
    mdns: Option<MdnsService>,
    /// Whether it posts a webhook when it has joined; and the webhook, from power-on.
    has_webhook: bool,
    /// Whether its program opens no portal by itself when power comes.
    only_connects: bool,
    webhook: Option<Webhook>,
    /// Whether it has a serial line; and what speaks on it, from power-on.
    has_serial: bool,
    serial: Option<SerialLine>,
    /// The device, if it runs outside this process: then there is never a portal here.
    external: Option<ExternalDevice>,
    /// The C program that has its portal, if one does: then there is never one here.
    c_program: Option<PathBuf>,
    /// That portal, while there is power.
    c_portal: Option<Box<CPortal>>,
    /// Why there is none.
    c_failed: Option<String>,
}

impl Device {
    /// A device without power. Its random bytes are streams of that seed.
    pub fn new(config: Config, flash: Flash, seed: u64) -> Self {
        Self {
            config,
            key: None,
            flash,
            seed,
            boots: 0,
            ahead: Duration::ZERO,
            entropy_repeats: Arc::default(),
            application: SampleApplication::default(),
            portal: None,
            mdns: None,
            has_webhook: false,
            only_connects: false,
            webhook: None,
            has_serial: false,
            serial: None,
            external: None,
            c_program: None,
            c_portal: None,
            c_failed: None,
        }
    }

    /// From now on its portal is in this C program. Must be called before it first gets power.
    pub(crate) fn run_in_c(&mut self, program: &Path) {
        self.c_program = Some(program.into());
    }

    /// Why the C program that has its portal cannot go on, if it cannot.
    pub(crate) fn failed(&self) -> Option<&str> {
        self.c_failed.as_deref().or_else(|| self.c_portal.as_ref()?.failed())
    }

    /// From now on the device runs outside this process, and a driver passes orders to it and messages from
    /// it. Must be called before it first gets power.
    pub fn run_externally(&mut self) {
        self.external = Some(ExternalDevice::default());
    }

    /// Whether it runs outside this process.
    pub(crate) fn is_external(&self) -> bool {
        self.external.is_some()
    }

    /// Gives its chip a secret, with which it seals what it stores from its next power-on.
    pub fn burn_key(&mut self, key: SimulatedKey) {
        self.key = Some(key);
    }

    /// The secret of its chip.
    pub(crate) fn key(&self) -> Option<&SimulatedKey> {
        self.key.as_ref()
    }

    /// Gives it an application, from its next power-on.
    pub fn install(&mut self, application: SampleApplication) {
        self.application = application;
    }

    /// Lets it post a webhook whenever it has joined, from its next power-on.
    pub fn enable_webhook(&mut self) {
        self.has_webhook = true;
    }

    /// Gives it a serial line on which it speaks Improv, from its next power-on.
    pub fn enable_serial(&mut self) {
        self.has_serial = true;
    }

    /// Lets its program only connect, from its next power-on: if that fails, the device waits for its button.
    pub fn only_connect(&mut self) {
        self.only_connects = true;
    }

    /// Whether its program only connects.
    pub fn only_connects(&self) -> bool {
        self.only_connects
    }

    /// Whether it posts webhooks.
    pub fn has_webhook(&self) -> bool {
        self.has_webhook
    }

    /// Boots it with what its flash holds. Does nothing if it has power.
    pub fn power_on(&mut self, now: Instant) {
        if let Some(external) = &mut self.external {
            self.flash.power_on();
            return external.power_on();
        }
        if self.portal.is_some() || self.c_portal.is_some() {
            return;
        }
        self.boots += 1;
        self.flash.power_on();
        // Each has its own stream, so that one more draw in one changes nothing in the others.
        let entropy = |of| SeededEntropy {
            random: stream(self.seed, of, self.boots),
            repeats: Arc::clone(&self.entropy_repeats),
            key: self.key.clone(),
        };
        let (name, posts) = (entropy(RandomStream::HostName), entropy(RandomStream::Webhook));
        let own = entropy(RandomStream::Portal);
        match self.c_program.clone() {
            Some(program) => self.power_on_in_c(&program, own),
            None => {
                let (config, application) = (self.config.clone(), self.application.clone());
                self.portal = Some(Portal::with_application(config, self.flash.clone(), own, application));
            }
        }
        let (only_connects, clock) = (self.only_connects, self.clock(now));
        if let Some(portal) = self.driven() {
            if only_connects {
                portal.connect(clock);
            } else {
                portal.connect_or_setup(clock);
            }
        }
        self.mdns = MdnsService::new(&self.config, name);
        self.webhook = self.has_webhook.then(|| Webhook::new(posts));
        self.serial = self.has_serial.then(SerialLine::new);
    }

    fn power_on_in_c(&mut self, program: &Path, entropy: SeededEntropy) {
        match CPortal::start(program, &self.config, self.flash.clone(), entropy, self.key.clone()) {
            Ok(portal) => self.c_portal = Some(Box::new(portal)),
            Err(why) => self.c_failed = Some(why),
        }
    }

    /// Gives mDNS and the webhook the portal's link. Returns the name on the home network when it is
    /// established or has changed.
    pub fn follow_home_link(&mut self, now: Instant) -> Option<HostName> {
        let clock = self.clock(now);
        let portal = driven(&mut self.portal, &mut self.c_portal)?;
        if let Some(webhook) = &mut self.webhook {
            webhook.follow(portal, clock);
        }
        self.mdns.as_mut()?.follow(portal, clock)
    }

    /// An mDNS datagram arrived from the home network.
    pub fn handle_mdns(&mut self, datagram: &[u8], from: SocketAddrV4, now: Instant) {
        let clock = self.clock(now);
        if let Some(mdns) = &mut self.mdns {
            mdns.receive(datagram, from, clock);
        }
    }

    /// The next mDNS datagram for the home network, in the first bytes of `out`.
    #[must_use]
    pub fn poll_mdns(&mut self, out: &mut [u8], now: Instant) -> Option<Transmit> {
        let clock = self.clock(now);
        let mdns = self.mdns.as_mut()?;
        mdns.address()?;
        mdns.send(out, clock)
    }

    /// The request of a webhook that is to be posted now.
    #[must_use]
    pub fn poll_webhook(&mut self, now: Instant) -> Option<Vec<u8>> {
        let (clock, name) = (self.clock(now), self.config.name.to_string());
        self.webhook.as_mut()?.poll_request(&name, clock)
    }

    /// Handles what has arrived of the webhook's answer; `ended` says that it is all. Returns whether the
    /// attempt is over.
    pub fn handle_webhook(&mut self, received: &[u8], ended: bool, now: Instant) -> bool {
        let clock = self.clock(now);
        let portal = driven(&mut self.portal, &mut self.c_portal);
        let (Some(webhook), Some(portal)) = (&mut self.webhook, portal) else { return true };
        webhook.answered(portal, received, ended, clock)
    }

    /// Bytes came over its serial line. Returns how many it has taken: the rest is to be offered again once
    /// [`Device::poll_serial`] has nothing more to send. Without power it takes whatever comes.
    pub fn handle_serial(&mut self, bytes: &[u8], now: Instant) -> usize {
        let clock = self.clock(now);
        match (&mut self.serial, &mut self.portal) {
            (Some(serial), Some(portal)) => serial.receive(bytes, portal, clock),
            _ => bytes.len(),
        }
    }

    /// The next packet that it sends over its serial line, in the first bytes of `out`; `0` if there is none.
    #[must_use]
    pub fn poll_serial(&mut self, out: &mut [u8; PACKET_BYTES], now: Instant) -> usize {
        let clock = self.clock(now);
        match (&mut self.serial, &mut self.portal) {
            (Some(serial), Some(portal)) => serial.send(out, portal, clock),
            _ => 0,
        }
    }

    /// The network that it has joined says that it has a captive portal.
    pub fn handle_captive_home(&mut self) {
        if let Some(portal) = self.driven() {
            portal.handle_captive_home();
        }
    }

    /// Cuts its power.
    pub fn power_off(&mut self) {
        self.portal = None;
        self.c_portal = None;
        self.mdns = None;
        self.webhook = None;
        self.serial = None;
        if let Some(external) = &mut self.external {
            external.power_off();
        }
    }

    /// Lets it forget its network and open its portal.
    pub fn clear(&mut self, now: Instant) {
        let clock = self.clock(now);
        if let Some(external) = &mut self.external {
            external.order(DeviceOrder::Clear);
        }
        if let Some(portal) = self.driven() {
            // A fault is reported as an event; the portal opens all the same.
            portal.factory_reset(clock);
            portal.setup(clock);
        }
    }

    /// Lets it open its portal, whatever is stored.
    pub fn setup(&mut self, now: Instant) {
        let clock = self.clock(now);
        self.order_externally(DeviceOrder::Setup);
        if let Some(portal) = self.driven() {
            portal.setup(clock);
        }
    }

    /// Orders something of a device that runs outside this process. The simulated one's flash is told
    /// directly.
    pub(crate) fn order_externally(&mut self, order: DeviceOrder) {
        if let Some(external) = &mut self.external {
            external.order(order);
        }
    }

    /// Its radio reports an event.
    pub fn handle_radio(&mut self, event: RadioEvent, now: Instant) {
        let clock = self.clock(now);
        if let Some(external) = &mut self.external {
            external.order(DeviceOrder::Report(event));
        }
        if let Some(portal) = self.driven() {
            portal.handle_radio(event, clock);
        }
    }

    /// The oldest event of its portal that was not handed out yet.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        match &mut self.external {
            Some(external) => external.poll_event(),
            None => self.driven()?.poll_event(),
        }
    }

    /// The next command for its radio.
    #[must_use]
    pub fn poll_radio(&mut self) -> Option<RadioCommand> {
        match &mut self.external {
            Some(external) => external.poll_radio(),
            None => self.driven()?.poll_radio(),
        }
    }

    /// A device that runs outside this process has sent a message.
    pub(crate) fn handle_message(&mut self, message: DeviceMessage) {
        if let Some(external) = &mut self.external {
            external.handle_message(message);
        }
    }

    /// The next order for a device that runs outside this process.
    #[must_use]
    pub(crate) fn poll_order(&mut self) -> Option<DeviceOrder> {
        self.external.as_mut()?.poll_order()
    }

    /// Its provisioning state; `None` without power.
    pub fn state(&self) -> Option<ProvisioningState> {
        match &self.external {
            Some(external) => external.state(),
            None => self.driven_ref().map(DrivenPortal::state),
        }
    }

    /// Makes its clock jump ahead of the world's.
    pub fn jump_ahead(&mut self, by: Duration) {
        self.ahead += by;
    }

    /// Makes its random bytes repeat, or ends that.
    pub fn repeat_entropy(&mut self, repeats: bool) {
        self.order_externally(DeviceOrder::RepeatEntropy(repeats));
        self.entropy_repeats.store(repeats, Ordering::Relaxed);
    }

    /// The time of its clock at this time of the world.
    pub fn clock(&self, now: Instant) -> Instant {
        now + self.ahead
    }

    /// Its next deadline, in the world's time.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let mdns = self.mdns.as_ref().and_then(MdnsService::poll_timeout);
        let webhook = self.webhook.as_ref().and_then(Webhook::poll_timeout);
        let serial = self.serial.as_ref().and_then(SerialLine::poll_timeout);
        let due = [self.driven_ref()?.poll_timeout(), mdns, webhook, serial].into_iter().flatten().min()?;
        Some(Instant::from_micros(0) + due.since(Instant::from_micros(0) + self.ahead))
    }

    /// Its portal, while it has power and is not outside this process, for whoever drives it.
    pub(crate) fn driven(&mut self) -> Option<&mut dyn DrivenPortal> {
        driven(&mut self.portal, &mut self.c_portal)
    }

    fn driven_ref(&self) -> Option<&dyn DrivenPortal> {
        match (&self.portal, &self.c_portal) {
            (Some(portal), _) => Some(portal),
            (None, Some(portal)) => Some(&**portal),
            (None, None) => None,
        }
    }

    /// Its portal, while it has power and is simulated.
    pub fn portal(&mut self) -> Option<&mut SimulatedPortal> {
        self.portal.as_mut()
    }

    /// Its configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether it has power.
    pub fn has_power(&self) -> bool {
        self.state().is_some()
    }
}

/// The portal that there is, apart from the rest of the device.
fn driven<'d>(
    portal: &'d mut Option<SimulatedPortal>,
    in_c: &'d mut Option<Box<CPortal>>,
) -> Option<&'d mut dyn DrivenPortal> {
    match (portal, in_c) {
        (Some(portal), _) => Some(portal),
        (None, Some(portal)) => Some(&mut **portal),
        (None, None) => None,
    }
}
