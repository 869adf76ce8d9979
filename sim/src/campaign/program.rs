//! A campaign with a device that is a program of this machine: in real time, judged by what can be seen from outside.

use std::time::Duration;

use toml::Spanned;

use super::Case;
use super::results::Line;
use crate::coverage::Coverage;
use crate::fault::{Fault, Timed};
use crate::invariant::{Violation, ViolationKind};
use crate::scenario::Scenario;
use crate::trace::Record;
use crate::world::external::{External, ExternalError};

/// A fault that such a device cannot be given gives way to a power cut a moment after a join, when many devices write to
/// their flash: so many hundredths of a second at most, and how long it is waited for.
const MOMENTS: u128 = 40;
const WITHIN: Duration = Duration::from_secs(20);
const OUTAGE: Duration = Duration::from_millis(500);

impl Case {
    /// The scenario as a campaign runs it under a seed with a program: as [`Case::under`], with power cuts in place of
    /// the faults that a program cannot be given.
    #[must_use]
    pub fn under_with_program(&self, seed: u64) -> Scenario {
        let mut scenario = self.under(seed);
        // What a program has stored, how it is configured and what its states are is its own.
        scenario.device = self.scenario.device.clone();
        scenario.steps = self.scenario.steps.clone();
        for timed in &mut scenario.faults {
            let Timed { at, fault } = timed.get_ref();
            if fault.why_not_on_foreign().is_some() {
                let operations = u64::try_from(at.as_millis() % MOMENTS).unwrap_or_default();
                let fault = Fault::FlashPowerCut { operations, undone: 0, within: WITHIN, lasts: OUTAGE };
                *timed = Spanned::new(0..0, Timed { at: *at, fault });
            }
        }
        scenario
    }

    /// One run with a program, which the shell starts by this command at each power-on. Unlike a run in virtual time it
    /// takes the time that it takes, and the same seed need not give the same. `follow` gets each record as it is made.
    ///
    /// # Errors
    /// [`ExternalError`] when it cannot be run at all. What the device does wrong is a violation.
    pub async fn run_with_program(
        &self,
        seed: u64,
        command: &str,
        mut follow: impl FnMut(&Record),
    ) -> Result<Line, ExternalError> {
        let scenario = self.under_with_program(seed);
        let mut covers = Coverage::of_faults(&scenario);
        let began = std::time::Instant::now();
        let world = External::around_program(&scenario, seed, command)?;
        let run = world.run(&scenario, |record| {
            covers.note(record);
            follow(record);
        });
        let (took, violation) = match run.await {
            Ok(outcome) => (outcome.took, outcome.violation),
            Err(ExternalError::Device(fault)) => {
                let at = began.elapsed();
                let found = fault.to_string();
                let (invariant, kind) = ("device-runs".into(), ViolationKind::Safety);
                (at, Some(Violation { invariant, kind, at, found, waits: Vec::new() }))
            }
            Err(error) => return Err(error),
        };
        Ok(Line {
            scenario: self.path.display().to_string(),
            seed,
            faults: scenario.faults.len(),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            frames: 0,
            hash: String::new(),
            violation,
            covers,
        })
    }
}
