//! What whoever sets a device up knows of it and of the network that it is to join.

use std::fmt;

use crate::owner::{Hints, HomeNetwork};

/// What an owner knows. Printed without secrets.
#[derive(Clone)]
pub struct OwnerKnowledge {
    /// The network that the device is to join.
    pub home: HomeNetwork,
    /// The code on the device's label, which is typed where a page asks for it.
    pub code: Option<String>,
    /// What the device's pages mean where they do not say it.
    pub hints: Option<Hints>,
}

impl OwnerKnowledge {
    /// Of one who knows the network and nothing else.
    pub fn of(home: HomeNetwork) -> Self {
        Self { home, code: None, hints: None }
    }

    /// What is told to nobody but the device.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &String> {
        self.home.passphrases.iter().chain(&self.code).filter(|secret| !secret.is_empty())
    }
}

impl fmt::Debug for OwnerKnowledge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnerKnowledge")
            .field("home", &self.home)
            .field("code", &self.code.as_ref().map(|_| "hidden"))
            .field("hints", &self.hints)
            .finish()
    }
}
