//! Credentials that work survive everything but their owner: until they are replaced by others that worked, give way to
//! one network too many, or are cleared, the flash holds them, through every power cut. What is stored at the beginning
//! has worked before. Every stored network is looked at.

use vestibule_core::Credentials;
use vestibule_core::limits::STORED_NETWORKS;

use super::{Invariant, Observation, View};

/// See the module.
#[derive(Default)]
pub(super) struct CredentialsSurvive {
    /// What has worked, the latest last. `None` before the first check, and after what may have changed the flash.
    worked: Option<Vec<Credentials>>,
    /// What the flash held at the last check, of that.
    held: Vec<Credentials>,
}

impl CredentialsSurvive {
    fn rank(&self, credentials: &Credentials) -> Option<usize> {
        self.worked.iter().flatten().position(|known| known == credentials)
    }

    /// Whether these, which the flash does not hold any more, may be gone.
    fn may_be_gone(&self, gone: &Credentials, held: &[Credentials]) -> Result<(), String> {
        if let Some(other) = held.iter().find(|other| other.ssid == gone.ssid) {
            return match self.rank(other) {
                Some(rank) if Some(rank) > self.rank(gone) => Ok(()),
                Some(_) => Err("older credentials have come back".into()),
                None => Err(format!(
                    "what worked has given way to credentials for \"{}\" that have not",
                    gone.ssid
                )),
            };
        }
        // One too many: the network that was joined longest ago gives way to one that has worked since.
        let is_new = |other: &&Credentials| !self.held.iter().any(|held| held.ssid == other.ssid);
        let new = held.iter().filter(is_new).filter(|other| self.rank(other).is_some()).count();
        let last = self.held.iter().rev().take(new).any(|last| last == gone);
        if held.len() == STORED_NETWORKS && last {
            return Ok(());
        }
        Err(format!("credentials for \"{}\" that worked are gone from the flash", gone.ssid))
    }
}

impl Invariant for CredentialsSurvive {
    fn name(&self) -> &'static str {
        "credentials-survive"
    }

    fn says(&self) -> &'static str {
        "What works stays stored, through every power cut, until it is replaced or cleared."
    }

    fn check(&mut self, view: &View<'_>) -> Result<(), String> {
        // Cleared credentials are to be gone, and a flipped bit may destroy them.
        let resets =
            |observation: &Observation| matches!(observation, Observation::Cleared | Observation::BitRot);
        if view.observations.iter().any(resets) {
            *self = Self::default();
        }
        let worked = self.worked.get_or_insert_with(|| view.held.iter().rev().cloned().collect());
        for observation in view.observations {
            if let Observation::Joined(credentials) = observation {
                worked.retain(|known| known != credentials);
                worked.push(credentials.clone());
            }
        }
        for gone in self.held.iter().filter(|gone| !view.held.contains(gone)) {
            self.may_be_gone(gone, view.held)?;
        }
        self.held = view.held.iter().filter(|held| self.rank(held).is_some()).cloned().collect();
        Ok(())
    }
}
