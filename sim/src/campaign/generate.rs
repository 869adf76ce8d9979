//! Faults made up from a seed: what goes wrong by itself. (What people do is `people`.) All of them end, so that it can
//! be judged whether the world recovers after the last one.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::dice::Dice;
use crate::fault::{Fault, Side, Timed};
use crate::owner::Deviation;
use crate::random_streams::RandomStream;
use crate::scenario::Scenario;
use crate::text::Name;

/// Most faults of one run. They are few because a failure of many faults is hard to read; many seeds make up
/// for that.
const MOST: u64 = 5;

/// Faults begin in the first part of a run, where the journey is; at most this long.
const LATEST: Duration = Duration::from_secs(60);

/// The longest that a fault lasts.
const LONGEST: Duration = Duration::from_secs(8);

/// Kinds of faults, without what people do.
const KINDS: u64 = 20;

/// The faults of a seed for a scenario, in the order of their times. There are fewer of them where the
/// scenario has no phone or network that a fault could be injected into.
///
/// ```
/// use vestibule::campaign::generate_faults;
/// use vestibule::scenario::load;
///
/// let scenario = load::parse("name = \"alone\"", "alone.toml".as_ref()).unwrap();
/// let faults = generate_faults(7, &scenario);
/// assert_eq!(faults, generate_faults(7, &scenario));
/// assert!(faults.is_sorted_by_key(|fault| fault.at));
/// ```
#[must_use]
pub fn generate_faults(seed: u64, scenario: &Scenario) -> Vec<Timed> {
    let mut dice = Dice::new(seed, RandomStream::Faults, 0);
    let number = 1 + dice.below(MOST);
    let mut faults: Vec<Timed> = (0..number)
        .filter_map(|_| {
            let at = dice.time(scenario.expect.within.min(LATEST));
            let kind = dice.below(KINDS);
            Some(Timed { at, fault: dice.fault(kind, scenario)? })
        })
        .collect();
    faults.sort_by_key(|fault| fault.at);
    faults
}

impl Dice {
    fn percent(&mut self, most: u8) -> u8 {
        // Below `most`, so it fits.
        1 + self.below(u64::from(most)) as u8
    }

    fn phone(&mut self, scenario: &Scenario) -> Option<usize> {
        let phones = scenario.phones.len();
        (phones > 0).then(|| 1 + self.below(phones as u64) as usize)
    }

    /// One whose owner wants the device on a network: only such an owner can deviate from the setup.
    fn phone_to_set_up(&mut self, scenario: &Scenario) -> Option<usize> {
        let wanting: Vec<usize> = scenario
            .phones
            .iter()
            .enumerate()
            .filter_map(|(index, phone)| phone.wants.is_some().then_some(index + 1))
            .collect();
        let place = self.below(wanting.len() as u64) as usize;
        wanting.get(place).copied()
    }

    fn deviation(&mut self) -> Deviation {
        Deviation::ALL[self.below(Deviation::ALL.len() as u64) as usize]
    }

    pub(super) fn network(&mut self, scenario: &Scenario) -> Option<Name> {
        let number = self.below(scenario.networks.len() as u64) as usize;
        Some(*scenario.networks.get(number)?.ssid.get_ref())
    }

    fn fault(&mut self, kind: u64, scenario: &Scenario) -> Option<Fault> {
        let lasts = self.time(LONGEST);
        Some(match kind {
            0 => Fault::Loss { percent: self.percent(100), lasts },
            1 => Fault::Bursts { percent: self.percent(90), length: 1 + self.below(20) as u8, lasts },
            2 => Fault::Delay { by: self.time(Duration::from_millis(1500)), lasts },
            3 => Fault::Jitter { by: self.time(Duration::from_millis(800)), lasts },
            4 => {
                Fault::Reorder { percent: self.percent(50), by: self.time(Duration::from_millis(300)), lasts }
            }
            5 => Fault::Duplicate { percent: self.percent(100), lasts },
            6 => Fault::Corrupt { percent: self.percent(60), lasts },
            7 => {
                let from = if self.below(2) == 0 { Side::Device } else { Side::Phones };
                Fault::OneWay { from, lasts }
            }
            8 => Fault::Deauthenticate {
                phone: self.phone(scenario)?,
                // Those that access points and people with a tool use.
                reason: [1, 2, 3, 4, 6, 7, 8][self.below(7) as usize],
            },
            9 => Fault::RouterReboot { network: self.network(scenario)?, lasts },
            10 => Fault::PowerCut { lasts },
            11 => Fault::FlashPowerCut {
                // A record is 32 words; a save erases a sector before.
                operations: self.below(40),
                undone: self.bits(),
                within: self.time(Duration::from_secs(20)),
                lasts,
            },
            12 => Fault::BitRot { bit: self.bits() % (2 * 4096 * 8) },
            13 => Fault::ClockJump { by: self.time(Duration::from_secs(3600)) },
            14 => Fault::RepeatEntropy { lasts },
            15 => Fault::GoesElsewhere { phone: self.phone(scenario)?, lasts },
            16 => Fault::Deviation { phone: self.phone_to_set_up(scenario)?, does: self.deviation() },
            17 => Fault::ChannelMove { network: self.network(scenario)?, channel: 1 + self.below(13) as u8 },
            18 => Fault::Fade { network: self.network(scenario)?, by: 10 + self.below(50) as u8, lasts },
            _ => Fault::StalledOwner { phone: self.phone(scenario)?, lasts },
        })
    }
}
