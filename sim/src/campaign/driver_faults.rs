//! What goes wrong under a seed with the driver of a radio, where the device is the boards' layer: drawn from a stream of
//! its own, so that the other faults of a seed stay what they are without it.

use std::time::Duration;

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

/// The faults of a seed.
pub(super) fn generate(seed: u64, scenario: &Scenario) -> Vec<Timed> {
    let mut dice = Dice::new(seed, RandomStream::DriverFaults, 0);
    let latest = scenario.expect.within.min(LATEST);
    let number = 1 + dice.below(MOST);
    (0..number)
        .filter_map(|_| {
            let latest = if dice.below(2) == 0 { latest.min(START) } else { latest };
            Some(Timed { at: dice.time(latest), fault: dice.of_driver(scenario)? })
        })
        .collect()
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
