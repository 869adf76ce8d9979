//! New credentials are committed only after a network was joined with them, so that a typing mistake never
//! replaces credentials that work.

use vestibule_core::Credentials;

use super::{Invariant, Observation, View};

/// See the module.
#[derive(Default)]
pub(super) struct CommittedAfterJoining {
    /// The credentials that may be in the flash: those of the beginning, and those that have joined.
    allowed: Option<Vec<Credentials>>,
}

impl Invariant for CommittedAfterJoining {
    fn name(&self) -> &'static str {
        "committed-after-joining"
    }

    fn says(&self) -> &'static str {
        "What is stored has been joined with, so that a typing mistake never replaces what works."
    }

    fn check(&mut self, view: &View<'_>) -> Result<(), String> {
        let allowed = self.allowed.get_or_insert_with(|| view.held.to_vec());
        for observation in view.observations {
            if let Observation::Joined(credentials) = observation {
                allowed.push(credentials.clone());
            }
        }
        match view.held.iter().find(|held| !allowed.contains(held)) {
            Some(held) => {
                Err(format!("the flash holds credentials for \"{}\" that have not joined", held.ssid))
            }
            None => Ok(()),
        }
    }
}
