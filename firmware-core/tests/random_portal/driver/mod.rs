//! Drives a portal at random, within its contract: radio, time, several clients with roles, an application's fields,
//! clearing, a flash that fails. After each step it checks what SECURITY.md says of what anybody can do
//! ([`oracle`]). The same choices give the same run; a test takes them from seeds, a fuzz target from its input.

mod answers;
mod board;
pub(crate) mod choices;
mod clients;
mod oracle;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use vestibule_core::application::{Application, Field, FieldKind};
use vestibule_core::credentials::{Memory, Store, Values};
use vestibule_core::http::Transfer;
use vestibule_core::limits::DHCP_REPLY_BYTES;
use vestibule_core::mdns::HostName;
use vestibule_core::mock::MockEntropy;
use vestibule_core::{
    Arrival, Config, ConnectionId, Credentials, DHCP_PORT, Instant, Interface, JoinFailure, MacAddress,
    MayOpen, Passphrase, Portal, RadioEvent, ScanRecord, Security, Ssid, StationAddress, WhenLost,
};

use board::{Air, Chip};
use choices::Choices;
use clients::{Client, ClientConnection, NAMES, Request, Role, Token};
use oracle::Oracle;

/// The application: a text, and a password that belongs to it.
#[derive(Default)]
pub(crate) struct Broker {
    /// What it was told last that the owner sent.
    submitted: Option<Values>,
}

impl Application for Broker {
    type Page = ();

    fn on_submitted(&mut self, values: &Values) {
        self.submitted = Some(values.clone());
    }

    fn fields(&self) -> &[Field] {
        const {
            &[
                Field::new("broker", "Broker", FieldKind::Text),
                Field::new("secret", "Password", FieldKind::Password),
            ]
        }
    }
}

/// The portal and everything around it.
pub(crate) struct Driver {
    portal: Box<Portal<Chip, MockEntropy, Broker>>,
    air: Air,
    chip: Chip,
    now: Instant,
    clients: Vec<Client>,
    oracle: Oracle,
}

/// Which edges of the provisioning machine were taken, as they are written.
pub(crate) type Edges = BTreeSet<String>;

/// One run of so many steps.
///
/// # Errors
/// What does not hold, and after which step.
pub(crate) fn run(choices: &mut impl Choices, steps: usize) -> Result<Edges, String> {
    let mut driver = Driver::new(choices);
    driver.start();
    for step in 0..steps {
        if choices.are_used_up() {
            break;
        }
        let said = driver.step(choices);
        let held = driver.settle().and_then(|()| driver.check());
        held.map_err(|wrong| format!("step {step} ({said}): {wrong}, in {:?}", driver.portal.state()))?;
    }
    Ok(driver.oracle.into_edges())
}

fn config(choices: &mut impl Choices) -> Config {
    let mut config = Config::new(Ssid::new(b"Lamp").expect("4 bytes"));
    config.may_open =
        choices.one(&[MayOpen::Always, MayOpen::Always, MayOpen::OnceAfterPowerUp, MayOpen::WhenAsked]);
    config.idle_timeout = choices.once_in(2).then_some(Duration::from_secs(120));
    config.absolute_timeout = choices.once_in(2).then_some(Duration::from_secs(300));
    config.when_lost = choices.one(&[WhenLost::Retry, WhenLost::OpenAfter(1), WhenLost::OpenAfter(3)]);
    config.radio.concurrent = !choices.once_in(3);
    config
}

impl Driver {
    fn new(choices: &mut impl Choices) -> Self {
        let config = config(choices);
        let air = Air { concurrent: config.radio.concurrent, ..Air::default() };
        let (chip, mut oracle) = (Chip::new(), Oracle::new(&config));
        // What it has been on before.
        let mut memory = Memory::new();
        for name in [&b"Office"[..], b"Home"].into_iter().take(choices.below(3) as usize) {
            let passphrase = Passphrase::new(b"stored before").expect("13 bytes");
            let credentials = Credentials { ssid: Ssid::new(name).expect("short"), passphrase };
            oracle.joins(credentials.clone());
            memory.remember(credentials);
        }
        Store::new(chip.clone()).save(&memory, &mut MockEntropy::new(0)).expect("it is a new flash");
        let entropy = MockEntropy::new(u64::from(choices.below(1 << 16)));
        let now = Instant::from_micros(u64::from(choices.below(1 << 16)) << 24);
        let portal = Portal::with_application(config, chip.clone(), entropy, Broker::default());
        let roles =
            [Role::Owner, Role::SecondPhone, Role::Stranger, Role::SlowReader, Role::Owner, Role::Stranger];
        let clients = roles.into_iter().enumerate().map(|(number, role)| Client::new(number, role)).collect();
        Self { portal: Box::new(portal), air, chip, now, clients, oracle }
    }

    fn start(&mut self) {
        self.portal.connect_or_setup(self.now);
        self.oracle.started(self.portal.stored_networks().count(), self.portal.state());
    }

    /// Something happens. Returns what, in words.
    fn step(&mut self, choices: &mut impl Choices) -> String {
        match choices.below(24) {
            0..=4 => self.time_passes(choices),
            5 | 6 => self.scan_ends(choices),
            7 | 8 => self.join_ends(choices),
            9 => self.link_changes(choices),
            10 => self.people_act(choices),
            11 => self.flash_or_name(choices),
            12 => self.datagram(choices),
            13..=19 => self.client_asks(choices),
            20 | 21 => self.client_reads(choices),
            _ => self.client_goes(choices),
        }
    }

    fn time_passes(&mut self, choices: &mut impl Choices) -> String {
        let due = |now| self.portal.poll_timeout().map_or(Duration::from_secs(1), |due| due.since(now));
        let by = match choices.below(4) {
            0 => Duration::from_millis(u64::from(choices.below(300))),
            1 => Duration::from_secs(u64::from(choices.below(30))),
            _ => due(self.now),
        };
        let until = self.now + by;
        let mut rounds = 0;
        while let Some(due) = self.portal.poll_timeout().filter(|due| *due <= until) {
            rounds = if due > self.now { 0 } else { rounds + 1 };
            self.now = self.now.max(due);
            self.portal.handle_timeout(self.now);
            if let Err(wrong) = self.settle() {
                self.oracle.fail(wrong);
            }
            if rounds > 20 {
                self.oracle.fail("something is due again and again at one moment".into());
                break;
            }
        }
        self.now = until;
        format!("{by:?} pass")
    }

    fn scan_ends(&mut self, choices: &mut impl Choices) -> String {
        if !std::mem::take(&mut self.air.scanning) {
            return "nothing".into();
        }
        // Now and then one is never reported to be over.
        if choices.once_in(8) {
            return "a scan hangs".into();
        }
        for _ in 0..choices.below(40) {
            let mut ssid = choices.one(&NAMES).to_vec();
            if choices.once_in(2) {
                ssid.push(b'0' + choices.below(60) as u8);
            }
            let record = ScanRecord {
                ssid: Ssid::new(&ssid).expect("it is short"),
                bssid: MacAddress([2, 0, 0, 0, 0, 1]),
                channel: choices.below(16) as u8,
                signal: -(choices.below(100) as i8),
                security: choices.one(&[
                    Security::Open,
                    Security::Wpa2,
                    Security::Wpa2Wpa3,
                    Security::Wpa3,
                    Security::Enterprise,
                ]),
            };
            self.portal.handle_radio(RadioEvent::NetworkFound(record), self.now);
        }
        let before = self.portal.state();
        self.portal.handle_radio(RadioEvent::ScanFinished, self.now);
        self.oracle.scanned(before, self.portal.state());
        "a scan ends".into()
    }

    fn join_ends(&mut self, choices: &mut impl Choices) -> String {
        let Some(credentials) = self.air.joining.take() else { return "nothing".into() };
        let event = if choices.below(3) > 0 {
            let gateway = (choices.below(4) > 0).then_some(Ipv4Addr::new(192, 168, 4, 254));
            let address = choices.one(&[
                Ipv4Addr::new(192, 168, 4, 9),
                Ipv4Addr::new(10, 0, 0, 7),
                Ipv4Addr::new(172, 29, 4, 4),
            ]);
            let prefix = choices.below(33) as u8;
            self.air.joined = Some(credentials.clone());
            self.oracle.joins(credentials);
            RadioEvent::Joined(StationAddress { address, prefix, gateway })
        } else {
            RadioEvent::JoinFailed(choices.one(&[
                JoinFailure::WrongPassphrase,
                JoinFailure::NotFound,
                JoinFailure::Refused,
                JoinFailure::NoAddress,
                JoinFailure::Unknown,
            ]))
        };
        self.portal.handle_radio(event, self.now);
        format!("{event:?}")
    }

    fn link_changes(&mut self, choices: &mut impl Choices) -> String {
        let event = match choices.below(4) {
            0 if self.air.joined.take().is_some() => RadioEvent::Disconnected,
            1 if self.air.up => {
                self.air.fell = true;
                RadioEvent::AccessPointDown
            }
            _ if self.air.up && !self.air.fell => RadioEvent::AccessPointUp,
            _ => return "nothing".into(),
        };
        self.portal.handle_radio(event, self.now);
        format!("{event:?}")
    }

    fn people_act(&mut self, choices: &mut impl Choices) -> String {
        match choices.below(8) {
            0..=2 => {
                self.portal.setup(self.now);
                self.oracle.button(self.portal.state());
                "the button".into()
            }
            3 => {
                let _ = self.portal.factory_reset(self.now);
                self.oracle.reset(self.portal.state());
                "a reset".into()
            }
            4 => self.power_is_cut(choices),
            5 => {
                self.portal.connect(self.now);
                "connect".into()
            }
            _ => {
                self.start();
                "connect or setup".into()
            }
        }
    }

    /// The power goes and returns: what the flash holds is left.
    fn power_is_cut(&mut self, choices: &mut impl Choices) -> String {
        let config = self.portal.config().clone();
        // No two starts have the same randomness, whatever is chosen: they would give out the same tokens.
        let start = u64::from(self.oracle.opening() + 1);
        let entropy = MockEntropy::new((u64::from(choices.below(1 << 16)) << 16) | (start << 32));
        for client in &mut self.clients {
            client.place = None;
        }
        self.chip.spare();
        self.air = Air { concurrent: self.air.concurrent, ..Air::default() };
        self.oracle.power_is_cut();
        *self.portal = Portal::with_application(config, self.chip.clone(), entropy, Broker::default());
        if choices.once_in(4) {
            self.portal.connect(self.now);
        } else {
            self.start();
        }
        "the power is cut".into()
    }

    fn flash_or_name(&mut self, choices: &mut impl Choices) -> String {
        if choices.once_in(3) {
            self.chip.fail_after(choices.below(40));
            self.oracle.flash_may_fail();
            return "the flash will fail".into();
        }
        let name = choices.one(&["lamp", "lamp-2", "a-much-longer-name"]);
        self.portal.handle_name(HostName::new(name).expect("it is one"));
        format!("the name {name}")
    }

    fn datagram(&mut self, choices: &mut impl Choices) -> String {
        let mut message = vec![0; 244];
        message[..4].copy_from_slice(&[1, 1, 6, 0]);
        message[28..34].copy_from_slice(&[2, 0, 0, 0, 0, choices.below(30) as u8]);
        let kind = choices.one(&[1, 3, 4, 7, 8]);
        message[236..].copy_from_slice(&[99, 130, 83, 99, 53, 1, kind, 255]);
        let from = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68);
        let arrival = Arrival { interface: Interface::AccessPoint, from, port: DHCP_PORT };
        let _ = self.portal.handle_datagram(arrival, &message, &mut [0; DHCP_REPLY_BYTES], self.now);
        format!("DHCP {kind}")
    }
}

mod exchange;
