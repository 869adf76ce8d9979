//! A router that ends joins, although nothing is wrong with the passphrase: where, and with which code.
//!
//! # How faithfully
//!
//! A router refuses an authentication or an association by a status code in its answer (IEEE 802.11-2020 table
//! 9-50), and ends a join at any stage by a deauthentication with a reason code (table 9-49). One that does neither
//! falls silent, and the station's own time-out ends the join. Espressif's driver reports a refused authentication
//! as 202 and a refused association as 203, whatever the status, and a deauthentication by its own code.
//!
//! A station that has joined by SAE keeps the key that came of it (its PMKSA), and goes on with it the next time, without
//! SAE. hostapd refuses the association with status 53 where it does not know that key any more (`src/ap/ieee802_11.c` in
//! greearb/hostap-ct @ef8d48c4: no entry in its cache for a station that comes by open authentication). The station
//! forgets it then. Here it does so only on a network whose router is said to end such joins: what Espressif's driver
//! keeps, and for how long, is in a closed library.

use schemars::JsonSchema;
use serde::Deserialize;

/// How a router ends joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinEnd {
    /// Where.
    pub stage: EndsAt,
    /// The status code of its answer: of the first two stages.
    #[serde(default)]
    pub status: Option<u16>,
    /// The reason code of its deauthentication. Without a code it falls silent.
    #[serde(default)]
    pub reason: Option<u16>,
    /// How many joins it ends, of all unless said otherwise.
    #[serde(default)]
    pub times: Option<u32>,
    /// Only a join that goes on with the key of an earlier one (its PMKSA), which the router has lost by a restart.
    #[serde(default)]
    pub stale_pmksa: bool,
}

/// The stage of a join that a router ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EndsAt {
    /// Its answer to the first message.
    Authentication,
    /// Its answer to the request for association.
    Association,
    /// The four-way handshake, after the station's first message.
    Handshake,
    /// When the station is associated, before it has an address.
    After,
}

/// What a router does in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Status(u16),
    Reason(u16),
    Silence,
}

impl JoinEnd {
    /// Whether it ends a join here, and how. One of its times is over then.
    pub(super) fn take(&mut self, stage: EndsAt) -> Option<Ending> {
        if self.stage != stage || self.times == Some(0) {
            return None;
        }
        self.times = self.times.map(|times| times - 1);
        Some(match (self.status, self.reason) {
            (Some(status), _) => Ending::Status(status),
            (None, Some(reason)) => Ending::Reason(reason),
            (None, None) => Ending::Silence,
        })
    }

    /// Whether it goes on to end joins.
    pub(super) fn goes_on(&self) -> bool {
        self.times != Some(0)
    }
}
