//! What goes wrong under a seed with the driver of a radio, where the device is the boards' layer: drawn from streams of
//! its own, so that the other faults of a seed stay what they are without it. Each scenario has another stream: there are
//! hundreds of them, and a campaign has time for few seeds of each.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::dice::Dice;
use crate::fault::{DriverCall, DriverDoes, Fault, Timed};
use crate::random_streams::RandomStream;
use crate::scenario::Scenario;

/// Most faults of a driver in one run.
const MOST: u64 = 4;

/// They begin in the first part of a run, as other faults; at most this late.
const LATEST: Duration = Duration::from_secs(60);

/// The first seconds, in which a device starts, scans and connects.
const START: Duration = Duration::from_secs(8);

/// The longest that one lasts, which is longer than the layer waits for any call.
const LONGEST: Duration = Duration::from_secs(40);

/// The latest that a call returns, which is longer than the layer waits for most.
const LATE: Duration = Duration::from_secs(15);

/// The longest that a change of the flash holds the processor up: an erasure of a worn sector. Data sheets of serial flash say
/// 400 ms at most for a sector of 4 KiB.
const ERASURE: Duration = Duration::from_millis(400);

/// The shortest lease of a router that changes its mind, and by how much it may be longer. Chosen: the device asks for its address
/// again while the run goes on.
const SHORTEST_LEASE: Duration = Duration::from_secs(20);

/// See [`SHORTEST_LEASE`].
const LEASE: Duration = Duration::from_secs(100);

/// The faults of a scenario under a seed.
pub(super) fn generate(seed: u64, scenario: &Scenario) -> Vec<Timed> {
    let mut dice = Dice::new(seed, RandomStream::DriverFaults, number_of(scenario));
    let latest = scenario.expect.within.min(LATEST);
    let number = 1 + dice.below(MOST);
    (0..number)
        .filter_map(|_| {
            let latest = if dice.below(2) == 0 { latest.min(START) } else { latest };
            Some(Timed { at: dice.time(latest), fault: dice.of_driver(scenario)? })
        })
        .collect()
}

/// The number of a scenario's stream, by its name: what is drawn for it stays what it is wherever its file lies.
fn number_of(scenario: &Scenario) -> u64 {
    let hash = Sha256::digest(&scenario.name);
    // A stream's number has 48 bits.
    hash.iter().take(6).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl Dice {
    /// `None` where there is no network whose router could change its mind.
    fn of_driver(&mut self, scenario: &Scenario) -> Option<Fault> {
        let (call, does) = (self.one(&DriverCall::ALL), self.one(&DriverDoes::ALL));
        // Below four, so it fits.
        let (times, lasts) = (1 + self.below(3) as u8, self.time(LONGEST));
        Some(match self.below(10) {
            0 | 1 => Fault::DriverLate { call, by: self.time(LATE), times, lasts },
            2 => Fault::SlowFlash { by: self.time(ERASURE), lasts },
            3 => Fault::FalseSignal { lasts },
            4 => Fault::LeaseChange {
                network: self.network(scenario)?,
                lease: SHORTEST_LEASE + self.time(LEASE),
            },
            _ => Fault::Driver { call, does, times, lasts },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::scenario::load;

    /// A scenario of this name, and otherwise always the same.
    fn scenario(name: &str) -> Scenario {
        let text = format!("name = {name:?}\n[[network]]\nssid = \"Home\"\n");
        load::parse(&text, "x.toml".as_ref()).unwrap()
    }

    #[test]
    fn scenarios_have_other_faults_under_the_same_seed() {
        for seed in 1..20 {
            let drawn: BTreeSet<_> = ["one", "another", "a third"]
                .map(|name| format!("{:?}", generate(seed, &scenario(name))))
                .into_iter()
                .collect();
            assert_eq!(drawn.len(), 3, "seed {seed}: {drawn:?}");
        }
    }

    #[test]
    fn a_scenario_has_the_same_faults_each_time() {
        for seed in 1..20 {
            let [one, again] = [(); 2].map(|()| generate(seed, &scenario("one")));
            assert_eq!(format!("{one:?}"), format!("{again:?}"));
        }
    }

    #[test]
    fn the_number_of_a_scenario_is_part_of_what_a_seed_means() {
        assert_eq!(number_of(&scenario("one")), 0x7692_c3ad_3540);
    }
}
