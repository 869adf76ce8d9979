//! What a world shows to its invariants, and what it can say about who waits for what.

use vestibule_core::{ConnectionId, Credentials, Instant};

use super::{World, stored_credentials};
use crate::device::SimulatedPortal;
use crate::invariant::Observation;
use crate::radio::Network;
use crate::trace::seconds;

/// Collects what invariants see.
#[derive(Default)]
pub(super) struct ObservationLog {
    observations: Vec<Observation>,
    secrets: Vec<Vec<u8>>,
    /// What the flash holds, and its version when that was read.
    held: (Option<u64>, Option<Credentials>),
}

/// What is there to be checked after something happened.
pub(crate) struct Observations {
    pub(crate) observations: Vec<Observation>,
    pub(crate) connections: Vec<(usize, Option<Instant>)>,
    /// The device's clock.
    pub(crate) clock: Instant,
    /// When the device next has something due, by its clock.
    pub(crate) due: Option<Instant>,
}

impl World {
    /// Collects from now on what [`World::take_observations`] hands out.
    pub(crate) fn record_observations(&mut self) {
        self.observation_log = Some(ObservationLog::default());
        self.learn_secrets();
    }

    /// Something happened that invariants may want to know of.
    pub(crate) fn observe(&mut self, observation: impl FnOnce() -> Observation) {
        if let Some(observation_log) = &mut self.observation_log {
            observation_log.observations.push(observation());
        }
    }

    pub(super) fn learn_secrets(&mut self) {
        let Some(observation_log) = &mut self.observation_log else { return };
        let networks = self.air.networks().iter().map(|network: &Network| network.passphrase.expose());
        let own = self.device.config().access_point_security.passphrase();
        for secret in networks.chain([own.expose(), super::WRONG]) {
            if !secret.is_empty() && !observation_log.secrets.iter().any(|known| known == secret) {
                observation_log.secrets.push(secret.to_vec());
            }
        }
    }

    /// What has happened since this was last asked.
    pub(crate) fn take_observations(&mut self, now: Instant) -> Observations {
        let version = self.flash.version();
        if let Some(observation_log) =
            self.observation_log.as_mut().filter(|observation_log| observation_log.held.0 != Some(version))
        {
            observation_log.held = (Some(version), stored_credentials(&self.flash));
        }
        let observations = self
            .observation_log
            .as_mut()
            .map(|observation_log| std::mem::take(&mut observation_log.observations));
        let connections = self.device.portal().map(|portal: &mut SimulatedPortal| {
            let open = ConnectionId::ALL.into_iter().filter(|connection| portal.is_open(*connection));
            open.map(|connection| (connection.index(), portal.deadline(connection))).collect()
        });
        Observations {
            observations: observations.unwrap_or_default(),
            connections: connections.unwrap_or_default(),
            clock: self.device.clock(now),
            due: self.device.portal().and_then(|portal| portal.poll_timeout()),
        }
    }

    /// What the flash held when [`World::take_observations`] was last asked.
    pub(crate) fn held(&self) -> Option<&Credentials> {
        self.observation_log.as_ref()?.held.1.as_ref()
    }

    /// Every passphrase that there is or was.
    pub(crate) fn secrets(&self) -> &[Vec<u8>] {
        self.observation_log.as_ref().map_or(&[], |observation_log| &observation_log.secrets)
    }

    /// Who waits for what.
    pub(crate) fn waits(&mut self) -> Vec<String> {
        let mut waits = Vec::new();
        let due = self.device.poll_timeout().map(seconds);
        waits.push(match self.device.portal() {
            None => "the device waits for power".into(),
            Some(portal) => {
                let state = portal.state();
                let open = ConnectionId::ALL.into_iter().filter(|open| portal.is_open(*open)).count();
                format!(
                    "the device is {state:?}, {open} connections open, and {}",
                    due.map_or("waits for others".into(), |due| format!("has something due at {due:.3} s"))
                )
            }
        });
        waits.extend(self.phones.iter().map(super::PhoneNode::waits));
        if let Some(due) = self.script.poll_timeout() {
            waits.push(format!("the script has a step due at {:.3} s", seconds(due)));
        } else if !self.script.is_done() {
            waits.push("the script waits for the device to reach a state".into());
        }
        waits
    }
}
