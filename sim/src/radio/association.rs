//! Association of a phone with the device's access point, by the same messages as in [`super::join`]. It begins
//! when the phone has found the access point; each message is repeated until its answer comes.
//!
//! # How faithfully
//!
//! A phone asks every 0.2 s, three times in all, as Linux does (mac80211, `net/mac80211/mlme.c`:
//! `IEEE80211_AUTH_TIMEOUT`, `IEEE80211_ASSOC_TIMEOUT` and their `MAX_TRIES`); phones that leave this
//! to their radio's firmware may ask oftener. The access point asks for keys as a router does
//! ([`super::join`]: hostapd); that Espressif's does the same is assumed. Phones are near: a message is
//! lost only while the device's radio listens on another channel. A passphrase that is not the access
//! point's shows where it would, as in [`super::join`]. Every phone can do SAE, and does where the
//! access point can.
//!
//! A person picks a name, and the phone takes the strongest access point of that name and protection, whoever's
//! it is: a neighbour's, another unit's of the same make, a twin's (wpa_supplicant, `wpa_supplicant/scan.c`:
//! `wpa_scan_result_compar`; other systems are assumed to do the same). A phone hears the networks of a scenario
//! as strongly as the device does, and the device at [`DEVICE_SIGNAL`].

use std::fmt;
use std::time::Duration;

use vestibule_core::{AccessPointSecurity, Instant, Passphrase, Security};

use super::clients::{Client, ClientState, PhoneJoinStep};
use super::join::{CHALLENGE_FAILURE, EAPOL_FIRST_RETRY_DELAY, EAPOL_RETRY_INTERVAL, EAPOL_TRIES, TURN};
use super::message::Message;
use super::reason::FOUR_WAY_TIMEOUT;
use super::{Air, ChannelSwitch, Due, Network, PhoneId, Report};

/// From an owner's choice of the access point to the phone's first message. Chosen; no source.
const PHONE_LOOKS: Duration = Duration::from_millis(385);
/// How long a phone waits for the answer to an authentication or association request.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(200);
/// How often it asks.
const ASKS: u8 = 3;
/// How strong a phone hears the device's access point, in dBm: in the same room. Chosen; no source.
const DEVICE_SIGNAL: i8 = -50;

/// Why a phone was not let onto the access point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Its passphrase is not the access point's.
    WrongPassphrase,
    /// The access point did not answer.
    Unanswered,
    /// A stronger access point of that name took it.
    OnAnother,
    /// A stronger access point of that name has another passphrase.
    AnotherRefuses,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongPassphrase => "its passphrase is another",
            Self::Unanswered => "nothing answers",
            Self::OnAnother => "it is on a stronger access point of that name",
            Self::AnotherRefuses => "a stronger access point of that name has another passphrase",
        })
    }
}

const OPEN: &[(Message, Message)] = &[
    (Message::OpenAuthentication, Message::OpenAuthentication),
    (Message::Association, Message::Association),
];
const WPA2: &[(Message, Message)] = &[OPEN[0], OPEN[1], KEYS[0], KEYS[1]];
const SAE: &[(Message, Message)] = &[
    (Message::SaeCommit, Message::SaeCommit),
    (Message::SaeConfirm, Message::SaeConfirm),
    OPEN[1],
    KEYS[0],
    KEYS[1],
];
/// The access point asks these.
const KEYS: [(Message, Message); 2] =
    [(Message::Key(1), Message::Key(2)), (Message::Key(3), Message::Key(4))];

fn messages(security: &AccessPointSecurity) -> &'static [(Message, Message)] {
    match security {
        AccessPointSecurity::Open => OPEN,
        AccessPointSecurity::Wpa2(_) => WPA2,
        AccessPointSecurity::Wpa2Wpa3(_) | AccessPointSecurity::Wpa3(_) => SAE,
    }
}

impl Air {
    /// A phone sets out to join the device's access point; its owner types this passphrase if it asks
    /// for one. Without an access point this does nothing.
    pub(crate) fn phone_joins(
        &mut self,
        phone: PhoneId,
        typed: &Passphrase,
        on_switch: ChannelSwitch,
        now: Instant,
    ) {
        if self.up && !self.phones.contains_key(&phone) {
            if let Some(stronger) = self.stronger_namesake() {
                let is_opened = stronger.is_opened_by(typed);
                let why = if is_opened { Refusal::OnAnother } else { Refusal::AnotherRefuses };
                return self.enter(now + PHONE_LOOKS, Due::PhoneTakesAnother { phone, why });
            }
            self.phone_associations += 1;
            let step = PhoneJoinStep { phone, join: self.phone_associations, place: 0 };
            let state = ClientState::Joining { step, typed: typed.clone() };
            self.phones.insert(phone, Client { state, on_switch });
            self.enter(now + PHONE_LOOKS, Due::PhoneJoinGoesOn { step, sent: 0 });
        }
    }

    /// The access point that a phone takes in place of the device's, if there is one: of its name and protection,
    /// and stronger.
    pub(crate) fn stronger_namesake(&self) -> Option<&Network> {
        let own = self.access_point.as_ref()?;
        let is_alike = |network: &&Network| {
            let is_open = network.security == Security::Open;
            let asks_for_user = matches!(network.security, Security::Enterprise | Security::Unsupported);
            network.on_air
                && network.ssid == own.ssid
                && !asks_for_user
                && is_open == own.security.passphrase().is_open()
        };
        let strongest = self.networks.iter().filter(is_alike).max_by_key(|network| network.strength())?;
        (strongest.strength() > DEVICE_SIGNAL).then_some(strongest)
    }

    /// The message and the answer of a step, if the phone's join is there, and whether the phone asks.
    fn at_step(&self, step: PhoneJoinStep) -> Option<(Message, Message, bool)> {
        let (access_point, client) = (self.access_point.as_ref()?, self.phones.get(&step.phone)?);
        let (asks, answers) = *messages(&access_point.security).get(step.place)?;
        let is_there = matches!(&client.state, ClientState::Joining { step: at, .. } if *at == step);
        is_there.then_some((asks, answers, !matches!(asks, Message::Key(_))))
    }

    /// Sends a message of the join, or ends the join if it was sent often enough.
    pub(super) fn phone_join_goes_on(&mut self, step: PhoneJoinStep, sent: u8, now: Instant) {
        let Some((message, _, by_phone)) = self.at_step(step) else { return };
        let (most, wait) = match (by_phone, sent) {
            (true, _) => (ASKS, ANSWER_TIMEOUT),
            (false, 0) => (EAPOL_TRIES, EAPOL_FIRST_RETRY_DELAY),
            (false, _) => (EAPOL_TRIES, EAPOL_RETRY_INTERVAL),
        };
        if sent < most {
            if self.transmit_phone_message(step.phone, by_phone, message, now) {
                self.enter(now + TURN, Due::PhoneJoinAnswered { step });
            }
            self.enter(now + wait, Due::PhoneJoinGoesOn { step, sent: sent + 1 });
        } else if by_phone {
            self.refuse(step.phone, Refusal::Unanswered);
        } else {
            self.transmit_phone_message(step.phone, false, Message::Deauthentication(FOUR_WAY_TIMEOUT), now);
            let knows = self.knows_passphrase(step.phone);
            self.refuse(step.phone, if knows { Refusal::Unanswered } else { Refusal::WrongPassphrase });
        }
    }

    /// The receiver of the message answers it.
    pub(super) fn phone_join_is_answered(&mut self, step: PhoneJoinStep, now: Instant) {
        let Some((_, answer, by_phone)) = self.at_step(step) else { return };
        let knows = self.knows_passphrase(step.phone);
        let refused = answer == Message::SaeConfirm && !knows;
        let answer =
            if refused { Message::AuthenticationRefused { status: CHALLENGE_FAILURE } } else { answer };
        let heard = self.transmit_phone_message(step.phone, !by_phone, answer, now);
        match answer {
            _ if !heard => {}
            Message::AuthenticationRefused { .. } => self.refuse(step.phone, Refusal::WrongPassphrase),
            // A message 2 by another key fails its check and is dropped.
            Message::Key(2) if !knows => {}
            _ => self.step_is_done(step, now),
        }
    }

    fn step_is_done(&mut self, step: PhoneJoinStep, now: Instant) {
        let last =
            self.access_point.as_ref().map_or(0, |own| messages(&own.security).len()) == step.place + 1;
        let Some(client) = self.phones.get_mut(&step.phone) else { return };
        if last {
            client.state = ClientState::On;
            self.reports.push_back(Report::PhoneJoined(step.phone));
        } else if let ClientState::Joining { step: at, .. } = &mut client.state {
            at.place += 1;
            let step = *at;
            self.enter(now + TURN, Due::PhoneJoinGoesOn { step, sent: 0 });
        }
    }

    fn knows_passphrase(&self, phone: PhoneId) -> bool {
        match (self.phones.get(&phone).map(|client| &client.state), &self.access_point) {
            (Some(ClientState::Joining { typed, .. }), Some(own)) => {
                own.security.passphrase().is_open() || own.security.passphrase() == *typed
            }
            _ => false,
        }
    }

    /// Sends a message between a phone and the access point. Returns whether it is heard.
    fn transmit_phone_message(
        &mut self,
        phone: PhoneId,
        by_phone: bool,
        message: Message,
        now: Instant,
    ) -> bool {
        let lost = self.is_deaf(now);
        self.reports.push_back(Report::PhoneMessage { phone, by_phone, message, lost });
        !lost
    }

    pub(super) fn refuse(&mut self, phone: PhoneId, why: Refusal) {
        self.phones.remove(&phone);
        self.reports.push_back(Report::PhoneRefused { phone, why });
    }
}
