//! Phones on the device's access point, and how they learn that they are off it. How they come onto it
//! is in [`super::association`].
//!
//! # How faithfully
//!
//! An access point that goes in order says so (deauthentication, reason 3: IEEE 802.11-2020 table
//! 9-49). One whose power is cut says nothing: a phone notices when [`BEACONS_MISSED`] beacons did
//! not come and [`PROBES`] probes were not answered, as Linux does (mac80211, `net/mac80211/mlme.c`:
//! `beacon_loss_count`, `max_probe_tries`, `probe_wait_ms`; phones that leave this to their radio's
//! firmware may take longer). When the access point is back before, the phone's next frame comes
//! from a station that it does not know, and it says so (reason 7). What phones do about a channel
//! switch is a choice of the scenario, for the reports that there are name single devices
//! (nodemcu/nodemcu-firmware issue 867: a laptop stays, a phone drops; espressif/esp-idf issue
//! 8553: clients had to scan again). Phones are near: none loses the access point by itself.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vestibule_core::{Instant, Passphrase};

use super::reason::{INACTIVITY, LEAVING, NOT_ASSOCIATED};
use super::{Air, BEACON_INTERVAL, Due, PhoneId, Report};

/// Beacons that a phone misses before it asks whether the access point is still there.
const BEACONS_MISSED: u32 = 7;
/// How often it asks.
const PROBES: u32 = 5;
/// How long it waits for each answer.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// What a phone does when the access point that it is on moves to another channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ChannelSwitch {
    /// It hears the announcement and follows.
    #[default]
    Follows,
    /// It misses the announcement, and its owner has to join again.
    Loses,
    /// It misses the announcement, goes to another network and does not come back.
    Leaves,
}

/// Why a phone is no longer on the access point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Separation {
    /// The phone left.
    Left,
    /// It was deauthenticated, with this reason code.
    Deauthenticated(u16),
    /// It received nothing from the access point for too long.
    Silence,
    /// The access point went to another channel without it.
    ChannelMoved,
}

impl Separation {
    /// The reason code, where there is one.
    pub(crate) fn reason(self) -> Option<u16> {
        match self {
            Self::Deauthenticated(reason) => Some(reason),
            Self::Silence => Some(INACTIVITY),
            Self::Left | Self::ChannelMoved => None,
        }
    }
}

/// A step of a phone's join: a message and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PhoneJoinStep {
    pub(super) phone: PhoneId,
    /// The number of the join, among all joins by phones.
    pub(super) join: u64,
    /// The place of the message in the join.
    pub(super) place: usize,
}

/// A phone on the access point, or on its way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) state: ClientState,
    pub(super) on_switch: ChannelSwitch,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ClientState {
    /// On its way onto it, by this passphrase.
    Joining {
        step: PhoneJoinStep,
        typed: Passphrase,
    },
    On,
    /// Still on it as far as the phone knows: the access point lost its power. The number tells one such
    /// silence from another.
    Deserted {
        silence: u64,
    },
}

impl Client {
    fn is_joining(&self) -> bool {
        matches!(self.state, ClientState::Joining { .. })
    }
}

impl Air {
    /// Whether a phone is on the access point, and the access point knows.
    pub(crate) fn phone_is_on(&self, phone: PhoneId) -> bool {
        self.phones.get(&phone).is_some_and(|client| client.state == ClientState::On)
    }

    /// A phone leaves the access point.
    pub(crate) fn phone_leaves(&mut self, phone: PhoneId) {
        self.phone_goes(phone, Separation::Left);
    }

    /// A phone is thrown off the access point, with this reason code.
    pub(crate) fn deauthenticate_phone(&mut self, phone: PhoneId, reason: u16) {
        self.phone_goes(phone, Separation::Deauthenticated(reason));
    }

    pub(super) fn phone_goes(&mut self, phone: PhoneId, how: Separation) {
        if self.phones.remove(&phone).is_some_and(|client| !client.is_joining()) {
            self.reports.push_back(Report::PhoneLeft { phone, how });
        }
    }

    /// The access point goes, and deauthenticates its phones.
    pub(super) fn dismiss_phones(&mut self) {
        for phone in self.phones.keys().copied().collect::<Vec<_>>() {
            self.phone_goes(phone, Separation::Deauthenticated(LEAVING));
        }
    }

    /// The access point is gone without a deauthentication.
    pub(super) fn desert_phones(&mut self, now: Instant) {
        self.silences += 1;
        let silence = self.silences;
        self.phones.retain(|_, client| !client.is_joining());
        for client in self.phones.values_mut().filter(|client| client.state == ClientState::On) {
            client.state = ClientState::Deserted { silence };
        }
        self.enter(
            now + BEACON_INTERVAL * BEACONS_MISSED + PROBE_TIMEOUT * PROBES,
            Due::SilenceNoticed(silence),
        );
    }

    /// The access point is up again. It does not know the phones that take themselves to be on it, and
    /// deauthenticates each at its next frame.
    pub(super) fn meet_deserted_phones(&mut self, now: Instant) {
        if self.phones.values().any(|client| matches!(client.state, ClientState::Deserted { .. })) {
            self.enter(now + BEACON_INTERVAL, Due::DesertedMet { raised: self.raised });
        }
    }

    pub(super) fn deserted_phones_go(&mut self, of: Option<u64>, how: Separation) {
        let gone = |client: &Client| match client.state {
            ClientState::Deserted { silence } => of.is_none_or(|of| of == silence),
            ClientState::Joining { .. } | ClientState::On => false,
        };
        let gone: Vec<PhoneId> =
            self.phones.iter().filter(|(_, client)| gone(client)).map(|(id, _)| *id).collect();
        for phone in gone {
            self.phone_goes(phone, how);
        }
    }

    pub(super) fn deserted_phones_are_met(&mut self, raised: u64) {
        if self.up && raised == self.raised {
            self.deserted_phones_go(None, Separation::Deauthenticated(NOT_ASSOCIATED));
        }
    }

    /// The access point moves to another channel. Phones that miss the announcement lose it.
    pub(super) fn phones_miss_the_move(&mut self) {
        let lost = self.phones.iter().filter(|(_, client)| client.on_switch != ChannelSwitch::Follows);
        for phone in lost.map(|(phone, _)| *phone).collect::<Vec<_>>() {
            self.phone_goes(phone, Separation::ChannelMoved);
        }
    }
}
