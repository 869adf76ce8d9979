//! A radio's driver that is busy while the portal asks more of it: commands that later ones have made
//! pointless are merged by the core, and what reaches the air in the end is the same as when the driver
//! takes each command at once.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vestibule_core::credentials::{Memory, Store};
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{Config, Entropy, Portal};

use super::*;
use crate::flash::Flash;

struct Zeros;

impl Entropy for Zeros {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// A device that knows the network `Home`.
fn device() -> Portal<Flash, Zeros> {
    let flash = Flash::in_memory(2);
    let mut memory = Memory::new();
    memory.remember(credentials("Home", RIGHT));
    Store::new(flash.clone()).save(&memory, &mut Zeros).unwrap();
    Portal::new(Config::new(Ssid::new(b"Device").unwrap()), flash, Zeros)
}

impl Bench {
    /// Carries what waits to the air. Returns how many commands there were.
    fn drain(&mut self, portal: &mut Portal<Flash, Zeros>) -> usize {
        let mut counted = Counted { radio: self.air.device_radio(self.now), commands: 0 };
        portal.drive_radio(&mut counted);
        counted.commands
    }
}

struct Counted<'a> {
    radio: DeviceRadio<'a>,
    commands: usize,
}

impl Radio for Counted<'_> {
    fn capabilities(&self) -> RadioCapabilities {
        self.radio.capabilities()
    }

    fn command(&mut self, command: RadioCommand) {
        self.commands += 1;
        self.radio.command(command);
    }
}

/// The next deadline comes.
fn time_passes(portal: &mut Portal<Flash, Zeros>) -> Instant {
    let due = portal.poll_timeout().expect("something is due");
    portal.handle_timeout(due);
    due
}

#[test]
fn a_scan_and_a_join_that_were_dropped_meanwhile_reach_the_air_as_what_is_left_of_them() {
    let (mut portal, mut bench) = (device(), Bench::new(vec![network("Home")]));
    portal.connect_or_setup(bench.now);
    portal.setup(bench.now);
    bench.now = time_passes(&mut portal);
    assert_eq!(
        portal.state(),
        ProvisioningState::PortalOpen,
        "it has listened, and heard nothing: nobody has listened"
    );
    while !portal.state().is_joining() {
        bench.now = time_passes(&mut portal);
    }
    assert!(portal.state().has_access_point());
    portal.factory_reset(bench.now).unwrap();

    assert_eq!(bench.drain(&mut portal), 3, "a scan, leaving, and no access point; of a join nothing");
    bench.wait(10_000);
    assert!(bench.has(&Report::Device(RadioEvent::ScanFinished)));
    assert!(!bench.has(&Report::Device(RadioEvent::AccessPointUp)) && !bench.air.access_point_is_up());
    assert!(bench.dialogue().is_empty() && bench.air.association().is_none(), "{:?}", bench.dialogue());
    assert_eq!(bench.drain(&mut portal), 0);
}

#[test]
fn a_driver_that_comes_late_ends_where_one_that_is_prompt_ends() {
    for seed in 0..300 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut portal, mut late) = (device(), Bench::new(vec![network("Home")]));
        let (mut twin, mut prompt) = (device(), Bench::new(vec![network("Home")]));
        let mut now = Instant::from_micros(0);
        for _ in 0..random.next_u32() % 12 {
            let choice = random.next_u32() % 5;
            for portal in [&mut portal, &mut twin] {
                match choice {
                    0 => portal.connect_or_setup(now),
                    1 => portal.connect(now),
                    2 => portal.setup(now),
                    // What it stores does not matter here.
                    3 => drop(portal.factory_reset(now)),
                    _ => {
                        if let Some(due) = portal.poll_timeout() {
                            now = due;
                            portal.handle_timeout(due);
                        }
                    }
                }
            }
            prompt.now = now;
            prompt.drain(&mut twin);
        }
        late.now = now;
        assert!(late.drain(&mut portal) <= 3, "one of each kind, seed {seed}");
        for bench in [&mut late, &mut prompt] {
            bench.wait(30_000);
        }
        let end = |bench: &Bench| (bench.air.access_point_is_up(), bench.is_joined());
        assert_eq!(end(&late), end(&prompt), "seed {seed}, {:?}", portal.state());
    }
}
