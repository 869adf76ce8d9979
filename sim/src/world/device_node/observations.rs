//! What invariants check after everything that happens: collected only where a driver checks them.

use vestibule_core::Instant;

use super::connections;
use crate::device::Device;
use crate::invariant::Observation;
use crate::radio::Network;
use crate::sample_application::PASSWORD_FIELDS;
use crate::world::passphrases::WRONG;

/// Collects observations, every passphrase that no record may contain, and every network's name.
#[derive(Default)]
pub(super) struct ObservationLog {
    /// `None` where no driver checks invariants.
    observations: Option<Vec<Observation>>,
    secrets: Vec<Vec<u8>>,
    names: Vec<Vec<u8>>,
}

/// What has happened since the last check, and how the device is now.
pub(crate) struct Observations {
    pub(crate) observations: Vec<Observation>,
    /// The device's open connections and their deadlines.
    pub(crate) connections: Vec<(usize, Option<Instant>)>,
    /// The device's clock.
    pub(crate) clock: Instant,
    /// When the device next has something due, by its clock.
    pub(crate) due: Option<Instant>,
}

impl ObservationLog {
    pub(super) fn enable(&mut self) {
        self.observations.get_or_insert_default();
    }

    pub(super) fn add(&mut self, observation: impl FnOnce() -> Observation) {
        if let Some(observations) = &mut self.observations {
            observations.push(observation());
        }
    }

    pub(super) fn learn_secrets(&mut self, networks: &[Network], code: &[u8]) {
        if self.observations.is_none() {
            return;
        }
        let passphrases = networks.iter().map(|network| network.passphrase.expose());
        for secret in passphrases.chain([code, WRONG]) {
            self.learn(secret);
        }
        for name in networks.iter().map(|network| network.ssid.as_bytes()) {
            if !self.names.iter().any(|known| known == name) {
                self.names.push(name.to_vec());
            }
        }
    }

    /// Adds what owners type for a passphrase, whether or not it is a network's.
    pub(super) fn learn_typed<'a>(&mut self, typed: impl Iterator<Item = &'a str>) {
        typed.for_each(|secret| self.learn(secret.as_bytes()));
    }

    /// Adds the passwords among the values of the application's fields to the secrets.
    pub(super) fn learn_values<'a>(&mut self, values: impl Iterator<Item = (&'a str, &'a str)>) {
        let is_enabled = self.observations.is_some();
        for (_, secret) in values.filter(|(name, _)| is_enabled && PASSWORD_FIELDS.contains(name)) {
            self.learn(secret.as_bytes());
        }
    }

    fn learn(&mut self, secret: &[u8]) {
        if !secret.is_empty() && !self.secrets.iter().any(|known| known == secret) {
            self.secrets.push(secret.to_vec());
        }
    }

    pub(super) fn secrets(&self) -> &[Vec<u8>] {
        &self.secrets
    }

    pub(super) fn names(&self) -> &[Vec<u8>] {
        &self.names
    }

    pub(super) fn take(&mut self, device: &mut Device, now: Instant) -> Observations {
        let clock = device.clock(now);
        let (connections, due) = match device.driven() {
            Some(portal) => {
                let open: Vec<_> = connections::open(portal).collect();
                let deadline = |connection| portal.deadline(connection);
                let connections = open.into_iter().map(|open| (open.index(), deadline(open))).collect();
                (connections, portal.poll_timeout())
            }
            None => (Vec::new(), None),
        };
        let observations = self.observations.as_mut().map(std::mem::take).unwrap_or_default();
        Observations { observations, connections, clock, due }
    }
}
