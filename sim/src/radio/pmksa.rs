//! The key of the last join by SAE, which the station keeps and goes on with (a PMKSA, IEEE 802.11-2020 section 12.6.10.3).
//!
//! It is kept only for a network whose router is said to end joins by a stale one: on all others a station that goes on
//! with its key and one that does not come to the same.

use super::Air;

/// A key that the station keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pmksa {
    network: usize,
    /// How often the router had been switched on or off when they agreed on it.
    switched: u64,
}

impl Air {
    /// The station is associated, and may go on with the key of this join the next time.
    pub(super) fn keep_pmksa(&mut self, number: usize) {
        let network = &self.networks[number];
        let matters = network.speaks_sae() && network.ends_join.is_some_and(|end| end.stale_pmksa);
        self.pmksa = matters.then_some(Pmksa { network: number, switched: network.presence.switched });
    }

    pub(super) fn pmksa_for(&self, number: usize) -> Option<Pmksa> {
        self.pmksa.filter(|pmksa| pmksa.network == number)
    }

    /// Whether the station would go on with a key that the router has lost by a restart.
    pub(super) fn has_stale_pmksa(&self, number: usize) -> bool {
        self.pmksa_for(number).is_some_and(|pmksa| pmksa.switched != self.networks[number].presence.switched)
    }
}
