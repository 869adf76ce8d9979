//! Credentials that once worked survive everything but their owner: until they are replaced by
//! others that worked or cleared, the flash holds them, through every power cut.

use vestibule_core::Credentials;

use super::{Invariant, Observation, View};

/// See the module.
#[derive(Default)]
pub(super) struct CredentialsSurvive {
    /// What has worked, the latest last.
    worked: Vec<Credentials>,
    /// Which of these the flash held.
    held: Option<Credentials>,
    /// What the flash held, whether or not that has worked.
    was: Option<Credentials>,
}

impl CredentialsSurvive {
    fn rank(&self, credentials: Option<&Credentials>) -> Option<usize> {
        credentials.and_then(|sought| self.worked.iter().position(|known| known == sought))
    }
}

impl Invariant for CredentialsSurvive {
    fn name(&self) -> &'static str {
        "credentials-survive"
    }

    fn check(&mut self, view: &View<'_>) -> Result<(), String> {
        for observation in view.observations {
            match observation {
                Observation::Joined(credentials) => {
                    self.worked.retain(|known| known != credentials);
                    self.worked.push(credentials.clone());
                    if self.was.as_ref() == Some(credentials) {
                        self.held = self.was.clone();
                    }
                }
                // Cleared credentials are to be gone, and a flipped bit may destroy them.
                Observation::Cleared | Observation::BitRot => *self = Self::default(),
                _ => {}
            }
        }
        self.was = view.held.cloned();
        match (self.rank(self.held.as_ref()), self.rank(view.held)) {
            (Some(before), Some(now)) if now < before => Err("older credentials have come back".into()),
            (Some(_), None) => Err(match view.held {
                Some(other) => {
                    format!("what worked has given way to credentials for \"{}\" that have not", other.ssid)
                }
                None => "credentials that worked are gone from the flash".into(),
            }),
            (_, now) => {
                self.held = view.held.filter(|_| now.is_some()).cloned();
                Ok(())
            }
        }
    }
}
