//! A join as the messages that it consists of: looking for the network, authentication,
//! association, the four-way handshake. Each message is sent at its time and may be lost; both
//! sides have their time-outs.
//!
//! # How faithfully
//!
//! The order of messages is that of IEEE 802.11-2020: section 12.3.3.2 (open system) or 12.4 (SAE,
//! which a station that can both prefers), 11.3.5 (association), 12.7.6 (four-way handshake).
//! Nothing is computed: a wrong passphrase shows where it would, in the check of message 2 (WPA2)
//! or of the device's confirm (SAE). The router behaves as hostapd: it repeats messages 1 and 3
//! after 0.1 s and then every second, four times in all, and then deauthenticates with reason 15
//! (`src/ap/wpa_auth.c`: `eapol_key_timeout_first`, `eapol_key_timeout_subseq`); it refuses a
//! confirm with status 15 (`src/ap/ieee802_11.c`; older versions and some paths say 1). The
//! station behaves as Espressif's driver: which code it reports at which time-out is that of the
//! API guide "Wi-Fi Driver", station scenarios, phases 2 to 4; a rejected authentication is 202, a rejected
//! association 203. It says that code and not how far the join had come; a driver that does can be chosen.
//! A router that ends joins by itself is [`super::join_end`].
//!
//! The radio looks on the channel where it last heard that name, and on all of them only when it
//! knows none, finds none or has failed there: ESP-IDF's `WIFI_ALL_CHANNEL_SCAN` sorted by signal, with the channel
//! set. Of several access points of that name the strongest decides, alone.
//!
//! A station that is to join while it is associated leaves that network first, and says so (reason 3).
//! Espressif's driver does not do that by itself: it refuses to connect while it is connected, and
//! `esp_wifi.h` tells the caller of `esp_wifi_connect` to call `esp_wifi_disconnect` before. The board's
//! `WifiDriver` does so before every join.
//!
//! Simplified: retries are inside [`super::packet_loss`]; a lost message 4 leaves the station in
//! the handshake; a router that fades or goes while the messages run simply stops answering.

use std::time::Duration;

use vestibule_core::{Credentials, Instant, JoinStage, RadioEvent, Security};

use super::join_end::{Ending, EndsAt, JoinEnd};
use super::message::{Message, Sender};
use super::reason::{
    ASSOC_FAILED, AUTH_EXPIRED, AUTH_FAILED, BELOW_THRESHOLD, FOUR_WAY_TIMEOUT, HANDSHAKE_TIMEOUT,
    INACTIVITY, NO_AP_FOUND, NO_COMPATIBLE_SECURITY,
};
use super::scan::Scan;
use super::{Air, Due, Report, Station};

/// Time from receiving a message to sending the next. Chosen; no source.
pub(super) const TURN: Duration = Duration::from_millis(5);
/// Time that a small chip takes for its part of SAE's arithmetic. Chosen; no source.
const SAE_WORK: Duration = Duration::from_millis(60);
/// How long the station waits for the answer to an authentication or association request: as a log
/// of Espressif's driver shows (espressif/esp-idf issue 2359, state "auth", reason 2 after 1 s).
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the station waits for the four-way handshake. Chosen; longer than routers try.
const EAPOL_TIMEOUT: Duration = Duration::from_secs(5);
/// After how long the router repeats a message of the handshake the first time.
pub(super) const EAPOL_FIRST_RETRY_DELAY: Duration = Duration::from_millis(100);
/// After how long it repeats it again, or gives up.
pub(super) const EAPOL_RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// How often it sends a message of the handshake.
pub(super) const EAPOL_TRIES: u8 = 4;
/// The status with which a router refuses a confirm: challenge failure (IEEE 802.11-2020 table 9-50).
pub(super) const CHALLENGE_FAILURE: u16 = 15;

/// A join under way.
#[derive(Debug)]
pub(super) struct Join {
    attempt: u64,
    credentials: Credentials,
    scan: Scan,
    /// The strongest so far that it can join.
    found: Option<usize>,
    /// The code to fail with if none is found: an access point of that name was received that the station
    /// cannot join.
    unsuitable: Option<u16>,
    stage: JoinStage,
    /// The message of the handshake whose answer the router awaits; 0 for none.
    awaited_key: u8,
}

impl Join {
    pub(super) fn scan(&self) -> &Scan {
        &self.scan
    }
}

impl Air {
    pub(super) fn begin_join(&mut self, credentials: Credentials, now: Instant) {
        // The core leaves out a command to leave that was not taken before the one to join.
        self.leave();
        self.attempts += 1;
        let attempt = self.attempts;
        self.station = Station::Joining { attempt };
        let scan = match self.last_scan.get(&credentials.ssid) {
            Some((_, channel)) => Scan::of_one(*channel, now),
            None => Scan::of_all(now),
        };
        let (found, unsuitable, stage) = (None, None, JoinStage::Scan);
        self.join = Some(Join { attempt, credentials, scan, found, unsuitable, stage, awaited_key: 0 });
        self.continue_join_scan(attempt, now);
    }

    fn join_of(&mut self, attempt: u64) -> Option<&mut Join> {
        if self.is_joining(attempt) {
            self.join.as_mut().filter(|join| join.attempt == attempt)
        } else {
            None
        }
    }

    fn take_join(&mut self, attempt: u64) -> Option<Join> {
        self.join_of(attempt)?;
        self.join.take()
    }

    /// Schedules the end of the next dwell of the join's scan, or decides by what the scan has found.
    fn continue_join_scan(&mut self, attempt: u64, now: Instant) {
        let Some(join) = self.join_of(attempt) else { return };
        if let Some(dwell) = join.scan.dwell_after(now) {
            self.enter(dwell.to, Due::JoinDwellOver { attempt });
        } else if join.found.is_some() {
            self.choose(attempt, now);
        } else if join.scan.is_of_one() && join.unsuitable.is_none() {
            join.scan = Scan::of_all(now);
            self.continue_join_scan(attempt, now);
        } else {
            let code = join.unsuitable.unwrap_or(NO_AP_FOUND);
            self.join_fails(attempt, code);
        }
    }

    /// A dwell of the join's scan is over.
    pub(super) fn join_dwell_is_over(&mut self, attempt: u64, now: Instant) {
        let Some(mut join) = self.take_join(attempt) else { return };
        let dwell = join.scan.dwell_until(now).filter(|dwell| self.capabilities.may_use(dwell.channel));
        if let Some(dwell) = dwell {
            let ssid = join.credentials.ssid;
            for (number, network) in self.networks.iter().enumerate() {
                if network.ssid != ssid || !dwell.receives(network, Some(&ssid), &mut self.packet_loss) {
                    continue;
                }
                let strength = |number: usize| self.networks[number].strength();
                if !network.suits(&join.credentials) {
                    let open = network.security == Security::Open;
                    join.unsuitable = Some(if open { BELOW_THRESHOLD } else { NO_COMPATIBLE_SECURITY });
                } else if join.found.is_none_or(|found| strength(found) <= strength(number)) {
                    join.found = Some(number);
                }
            }
        }
        self.join = Some(join);
        self.continue_join_scan(attempt, now);
    }

    /// Begins authentication with the strongest access point that was found, on its channel.
    fn choose(&mut self, attempt: u64, now: Instant) {
        let Some(number) = self.join_of(attempt).and_then(|join| join.found) else { return };
        let network = &self.networks[number];
        let (ssid, heard) = (network.ssid, (network.strength(), network.channel));
        let sae = network.speaks_sae() && self.pmksa_for(number).is_none();
        self.last_scan.insert(ssid, heard);
        self.move_to(heard.1);
        let (stage, message, work) = if sae {
            (JoinStage::SaeCommit, Message::SaeCommit, SAE_WORK)
        } else {
            (JoinStage::OpenAuthentication, Message::OpenAuthentication, Duration::ZERO)
        };
        self.enter_stage(attempt, stage, now + work);
        self.transmit_at(attempt, Sender::Device, message, now + work);
    }

    fn enter_stage(&mut self, attempt: u64, stage: JoinStage, now: Instant) {
        let Some(join) = self.join_of(attempt) else { return };
        join.stage = stage;
        let timeout = if stage == JoinStage::Handshake { EAPOL_TIMEOUT } else { ANSWER_TIMEOUT };
        self.enter(now + timeout, Due::StageOver { attempt, stage });
    }

    /// The station's timeout for a stage has passed.
    pub(super) fn stage_is_over(&mut self, attempt: u64, stage: JoinStage) {
        if self.join_of(attempt).is_some_and(|join| join.stage == stage) {
            self.join_fails(
                attempt,
                match stage {
                    JoinStage::Handshake => HANDSHAKE_TIMEOUT,
                    JoinStage::Association => INACTIVITY,
                    _ => AUTH_EXPIRED,
                },
            );
        }
    }

    fn transmit_at(&mut self, attempt: u64, sender: Sender, message: Message, at: Instant) {
        self.enter(at, Due::Transmission { attempt, sender, message });
    }

    /// One side transmits a message, and the other receives it or does not.
    pub(super) fn transmit(&mut self, attempt: u64, sender: Sender, message: Message, now: Instant) {
        let Some(number) = self.join_of(attempt).and_then(|join| join.found) else { return };
        let network = &self.networks[number];
        let reaches = network.on_air && network.channel == self.channel;
        if sender == Sender::Router && !network.on_air {
            return;
        }
        let heard = reaches && self.packet_loss.unicast(network.strength());
        self.reports.push_back(Report::Message { network: number, sender, message, lost: !heard });
        match sender {
            Sender::Device if heard => self.router_receives(attempt, number, message, now),
            Sender::Router if heard => self.station_receives(attempt, number, message, now),
            _ => {}
        }
    }

    fn router_receives(&mut self, attempt: u64, number: usize, message: Message, now: Instant) {
        if self.router_ends(attempt, number, message, now) {
            return;
        }
        let network = &self.networks[number];
        let Some(join) = self.join.as_mut().filter(|join| join.attempt == attempt) else { return };
        let knows = || network.is_opened_by(&join.credentials.passphrase);
        let answer = match message {
            Message::SaeConfirm if !knows() => Message::AuthenticationRefused { status: CHALLENGE_FAILURE },
            Message::Association => {
                if network.security != Security::Open {
                    self.send_key_message(attempt, 1, now + TURN);
                }
                message
            }
            Message::OpenAuthentication | Message::SaeCommit | Message::SaeConfirm => message,
            // A message 2 by another key fails its check and is dropped.
            Message::Key(2) if join.awaited_key == 1 && knows() => {
                return self.send_key_message(attempt, 3, now);
            }
            Message::Key(4) if join.awaited_key == 3 => return self.associated(attempt, number, now),
            _ => return,
        };
        self.transmit_at(attempt, Sender::Router, answer, now + TURN);
    }

    /// Whether the router ends the join here, in place of an answer.
    fn router_ends(&mut self, attempt: u64, number: usize, message: Message, now: Instant) -> bool {
        let stage = match message {
            Message::OpenAuthentication | Message::SaeCommit => EndsAt::Authentication,
            Message::Association => EndsAt::Association,
            Message::Key(2) => EndsAt::Handshake,
            _ => return false,
        };
        let is_stale = self.has_stale_pmksa(number);
        let applies = |end: &&mut JoinEnd| is_stale || !end.stale_pmksa;
        let end = self.networks[number].ends_join.as_mut().filter(applies);
        let Some(ending) = end.and_then(|end| end.take(stage)) else { return false };
        if let Some(join) = self.join_of(attempt) {
            // Messages of the handshake are not repeated any more.
            join.awaited_key = 0;
        }
        let message = match (ending, stage) {
            (Ending::Status(status), EndsAt::Authentication) => Message::AuthenticationRefused { status },
            (Ending::Status(status), _) => Message::AssociationRefused { status },
            (Ending::Reason(reason), _) => Message::Deauthentication(reason),
            (Ending::Silence, _) => return true,
        };
        self.transmit_at(attempt, Sender::Router, message, now + TURN);
        true
    }

    /// The router sends message 1 or 3 of the handshake, and waits for its answer.
    fn send_key_message(&mut self, attempt: u64, number: u8, now: Instant) {
        if let Some(join) = self.join_of(attempt) {
            join.awaited_key = number;
            self.transmit_at(attempt, Sender::Router, Message::Key(number), now + TURN);
            self.enter(now + TURN + EAPOL_FIRST_RETRY_DELAY, Due::KeyUnanswered { attempt, number, sent: 1 });
        }
    }

    pub(super) fn key_is_unanswered(&mut self, attempt: u64, number: u8, sent: u8, now: Instant) {
        if self.join_of(attempt).is_none_or(|join| join.awaited_key != number) {
            return;
        }
        if sent < EAPOL_TRIES {
            self.transmit_at(attempt, Sender::Router, Message::Key(number), now);
            self.enter(now + EAPOL_RETRY_INTERVAL, Due::KeyUnanswered { attempt, number, sent: sent + 1 });
        } else {
            self.transmit_at(attempt, Sender::Router, Message::Deauthentication(FOUR_WAY_TIMEOUT), now);
        }
    }

    fn station_receives(&mut self, attempt: u64, number: usize, message: Message, now: Instant) {
        let Some(stage) = self.join_of(attempt).map(|join| join.stage) else { return };
        match (message, stage) {
            (Message::SaeCommit, JoinStage::SaeCommit) => {
                self.enter_stage(attempt, JoinStage::SaeConfirm, now + SAE_WORK);
                self.transmit_at(attempt, Sender::Device, Message::SaeConfirm, now + SAE_WORK);
            }
            (Message::SaeConfirm, JoinStage::SaeConfirm)
            | (Message::OpenAuthentication, JoinStage::OpenAuthentication) => {
                self.enter_stage(attempt, JoinStage::Association, now + TURN);
                self.transmit_at(attempt, Sender::Device, Message::Association, now + TURN);
            }
            (
                Message::AuthenticationRefused { .. },
                JoinStage::OpenAuthentication | JoinStage::SaeCommit | JoinStage::SaeConfirm,
            ) => self.join_fails(attempt, AUTH_FAILED),
            (Message::AssociationRefused { .. }, JoinStage::Association) => {
                self.join_fails(attempt, ASSOC_FAILED);
            }
            (Message::Association, JoinStage::Association) => {
                if self.networks[number].security == Security::Open {
                    self.associated(attempt, number, now);
                } else {
                    self.enter_stage(attempt, JoinStage::Handshake, now);
                }
            }
            (Message::Key(asked), JoinStage::Handshake) => {
                self.transmit_at(attempt, Sender::Device, Message::Key(asked + 1), now + TURN);
            }
            (Message::Deauthentication(reason), _) => self.join_fails(attempt, reason),
            _ => {}
        }
    }

    fn associated(&mut self, attempt: u64, number: usize, now: Instant) {
        self.join = None;
        self.keep_pmksa(number);
        let end = self.networks[number].ends_join.as_mut();
        if let Some(Ending::Reason(reason)) = end.and_then(|end| end.take(EndsAt::After)) {
            self.enter(now + TURN, Due::Dismissed { attempt, network: number, reason });
        }
        self.await_address(attempt, number, now);
    }

    fn join_fails(&mut self, attempt: u64, reason: u16) {
        let Some(join) = self.take_join(attempt) else { return };
        self.station = Station::Off;
        let (ssid, stage) = (join.credentials.ssid, join.stage);
        if matches!(stage, JoinStage::Association | JoinStage::Handshake) {
            self.pmksa = None;
        }
        // That access point refused or has gone, so the next join scans all channels.
        self.last_scan.remove(&ssid);
        self.reports.push_back(Report::JoinAborted { ssid, stage, reason });
        let stage = if self.tells_stage { stage } else { JoinStage::Unknown };
        self.reports.push_back(Report::Device(RadioEvent::JoinAborted { reason, stage }));
    }
}
