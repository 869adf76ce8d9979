//! Carries out what the provisioning machine says: joins, the access point, the timer of each state,
//! and what is stored. Which edge is taken when is [`crate::provisioning`].

use core::cmp::Reverse;
use core::time::Duration;

use embedded_storage::nor_flash::NorFlash;

use super::{Event, Interface, Portal, StorageFault, WhenJoinsFail};
use crate::application::Application;
use crate::credentials::StoreError;
use crate::limits::{CSRF_TOKEN_BYTES, DEFAULT_CHANNEL, JOIN_DELAY, SPARE_ADDRESSES};
use crate::pages::{CsrfToken, Notice};
use crate::provisioning::{Action, Input, State, step};
use crate::radio::commands::Waiting;
use crate::time::earliest;
use crate::{
    Credentials, Entropy, Instant, JoinFailure, MayOpen, StationAddress, WhenLost, WithoutGateway, dhcp,
};

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// Whether a network that was just joined is not to be kept: its owner has just entered it, it leads
    /// nowhere, and it should.
    pub(super) fn refuses(&self, link: StationAddress) -> bool {
        self.state == State::Trying
            && link.gateway.is_none()
            && self.config.without_gateway == WithoutGateway::Refuse
            && self.config.home_address.is_none_or(|own| own.router.is_some())
    }

    pub(super) fn join_failed(&mut self, reason: JoinFailure, now: Instant) {
        self.report(Event::JoinFailed { ssid: self.joining, reason });
        let input = match self.state {
            State::Connecting => {
                self.attempts = self.attempts.wrapping_add(1);
                let tried = |rounds: u8| {
                    usize::from(self.attempts) >= usize::from(rounds) * self.memory.networks().len()
                };
                match self.when_joins_fail {
                    WhenJoinsFail::OpenAfter(rounds) if tried(rounds) => Input::LastJoinFailed,
                    WhenJoinsFail::Rest if tried(self.config.stored_attempts) => Input::GaveUp,
                    _ => Input::JoinFailed,
                }
            }
            State::Trying => {
                self.notice = Some(Notice::Failed(reason));
                // Its passphrase has served.
                self.submitted = None;
                Input::JoinFailed
            }
            _ => {
                self.attempts = self.attempts.wrapping_add(1);
                Input::JoinFailed
            }
        };
        self.take(input, now);
        if reason != JoinFailure::NotFound {
            self.return_to_channel();
        }
    }

    /// The radio has gone where the home network is, and that has come to nothing: the access point
    /// goes back to where phones look for it that have not followed.
    pub(super) fn return_to_channel(&mut self) {
        if self.state.has_access_point() && self.networks.channel(&self.joining) != Some(self.channel) {
            self.radio_commands.push(Waiting::RaiseAccessPoint);
        }
    }

    /// Where the access point is raised anew: beside the home network's addresses, not among them.
    fn choose_address(&mut self) {
        let own = self.config.address;
        let taken = |address| self.last_link.is_some_and(|link| link.overlaps(address, dhcp::PREFIX));
        let mut choices = core::iter::once(own).chain(SPARE_ADDRESSES);
        // On a laptop's loopback all hosts may share one address, and there is no other.
        let chosen = choices.find(|address| own.is_loopback() || !taken(*address)).unwrap_or(own);
        if core::mem::replace(&mut self.address, chosen) != chosen {
            self.dhcp = dhcp::Server::new();
        }
    }

    pub(super) fn take(&mut self, input: Input, now: Instant) {
        let Some(edge) = step(self.state, input) else {
            return;
        };
        self.state = edge.to;
        // Another edge is taken before the join of the one before has begun.
        self.joins_at = None;
        if !edge.from.has_access_point() && edge.to.has_access_point() {
            (self.opened, self.last_activity) = (now, now);
            let mut random = [0; CSRF_TOKEN_BYTES];
            self.entropy.fill(&mut random);
            self.csrf_token = CsrfToken::new(random);
        }
        self.report(Event::State { from: edge.from, on: input, to: edge.to });
        for action in edge.then {
            self.carry_out(*action, now);
        }
        // Patience is for the join, not for the wait before it.
        let begins = self.joins_at.unwrap_or(now);
        self.timer = self.patience().map(|wait| begins + wait + self.jitter());
        if self.state != State::Trying {
            self.tell_waiters(now);
        }
    }

    /// When the portal closes because nobody uses it, or because it has been open for so long. Not
    /// while what the owner typed is tried or the result waits: these have ends of their own.
    pub(super) fn closes_at(&self) -> Option<Instant> {
        if !matches!(self.state, State::Open | State::Knocking | State::Failed) {
            return None;
        }
        let idle = self.config.idle_timeout.map(|timeout| self.last_activity + timeout);
        earliest(idle, self.config.absolute_timeout.map(|timeout| self.opened + timeout))
    }

    /// The page that shows the result says that it is still looked at: a dead man's switch. The access
    /// point stays until the pings end, no shorter and no longer.
    pub(super) fn keep_alive(&mut self, timeout: Duration, now: Instant) {
        if matches!(self.state, State::Reporting | State::Closing) {
            self.timer = Some(now + timeout);
        }
    }

    /// What becomes of the joins after the home network was lost.
    pub(super) fn when_lost(&self) -> WhenJoinsFail {
        match self.config.when_lost {
            _ if self.shut || self.config.may_open != MayOpen::Always => WhenJoinsFail::GoOn,
            WhenLost::Retry => WhenJoinsFail::GoOn,
            WhenLost::OpenAfter(rounds) => WhenJoinsFail::OpenAfter(rounds),
        }
    }

    /// Up to a quarter of a second more, at random: after a power cut in the house, its devices
    /// would otherwise all knock at the router in the same moments.
    fn jitter(&mut self) -> Duration {
        let mut byte = [0];
        self.entropy.fill(&mut byte);
        Duration::from_millis(u64::from(byte[0]))
    }

    /// How long the device stays in this state by itself.
    fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Idle | State::Connected => None,
            State::Connecting | State::Knocking | State::Trying => Some(self.config.join_patience),
            // Whoever has not been tried yet is tried at once.
            State::Resting if self.turn() != 0 => Some(Duration::ZERO),
            State::Resting => Some(self.config.attempt_pause),
            State::Choosing | State::Surveying => Some(self.config.survey_patience),
            State::Open | State::Failed => self.has_credentials().then_some(self.config.knock_interval),
            State::Reporting => Some(self.config.result_patience),
            State::Closing => Some(self.config.result_linger),
        }
    }

    fn carry_out(&mut self, action: Action, now: Instant) {
        match action {
            Action::RaiseAccessPoint => {
                self.choose_address();
                self.channel = self.access_point_channel();
                self.radio_commands.push(Waiting::RaiseAccessPoint);
            }
            Action::DropAccessPoint => {
                self.close_all(Interface::AccessPoint);
                self.radio_commands.push(Waiting::DropAccessPoint);
            }
            Action::Scan => self.scan(),
            Action::JoinStored => {
                if let Some(stored) = self.candidate() {
                    self.joining = stored.ssid;
                    self.radio_commands.push(Waiting::Join);
                }
            }
            Action::JoinSubmitted => {
                if let Some(submitted) = &self.submitted {
                    self.joining = submitted.ssid;
                    // The owner's phone is to hear the answer first.
                    self.joins_at = Some(now + JOIN_DELAY);
                }
            }
            Action::Leave => {
                self.home = None;
                self.radio_commands.push(Waiting::Leave);
            }
            Action::Commit => self.commit(),
        }
    }

    /// Whether a join has begun: what the radio reports before is of one that was given up.
    pub(super) fn is_joining(&self) -> bool {
        self.state.is_joining() && self.joins_at.is_none()
    }

    pub(super) fn join_submitted(&mut self) {
        self.radio_commands.push(Waiting::Join);
    }

    pub(super) fn scan(&mut self) {
        if !self.networks.scanning() {
            self.networks.begin();
            self.show_fresh_networks();
            self.radio_commands.push(Waiting::Scan);
        }
    }

    /// Where the access point need not move when a network is joined: the channel of the stored
    /// network, or else of the strongest, which in a home is the owner's as a rule.
    fn access_point_channel(&self) -> u8 {
        let stored = self.candidate().and_then(|stored| self.networks.channel(&stored.ssid));
        self.config.channel.or(stored).or(self.networks.strongest_channel()).unwrap_or(DEFAULT_CHANNEL)
    }

    #[inline(never)]
    fn commit(&mut self) {
        let Some(submitted) = self.submitted.take() else {
            return;
        };
        let ssid = submitted.ssid;
        self.memory.remember(submitted);
        if let Some(values) = self.submitted_values.take() {
            self.memory.values = values;
            self.application.on_values(&self.memory.values);
        }
        let saved = self.store.save(&self.memory);
        // Of two copies one may have failed. If none is kept the device has joined all the same, and
        // the owner is told that it will not be remembered.
        self.remembered = saved.is_ok() || self.store.keeps(&self.memory);
        if let Err(error) = saved {
            self.report_fault(error);
        }
        if self.remembered {
            self.report(Event::Stored { ssid });
        }
    }

    /// Which of the stored networks has its turn.
    fn turn(&self) -> usize {
        usize::from(self.attempts).checked_rem(self.memory.networks().len()).unwrap_or(0)
    }

    /// The stored network whose turn it is: those that the last scan heard come first, the strongest
    /// of them before the others, and those that it has not heard after them, for they may hide.
    fn candidate(&self) -> Option<&Credentials> {
        let known = self.memory.networks();
        let order = |place: usize| {
            let signal = known.get(place).and_then(|known| self.networks.signal(&known.ssid));
            (Reverse(signal), place)
        };
        let before = |place| (0..known.len()).filter(|other| order(*other) < order(place)).count();
        known.get((0..known.len()).find(|place| before(*place) == self.turn())?)
    }

    pub(super) fn close_all(&mut self, interface: Interface) {
        for (connection, visit) in self.connections.iter_mut().zip(&self.visits) {
            if connection.is_open() && visit.interface == interface {
                connection.evict();
            }
        }
    }

    pub(super) fn show_fresh_networks(&mut self) {
        if self.connections.iter().all(|connection| !connection.is_answering()) {
            self.networks.show_fresh();
        }
    }

    pub(super) fn report(&mut self, event: Event) {
        #[cfg(any(feature = "log", feature = "defmt"))]
        crate::log_event::log(&event);
        self.application.on_event(&event);
        if self.events.is_full() {
            self.events.pop_front();
        }
        // There is room now.
        let _ = self.events.push_back(event);
    }

    pub(super) fn report_fault(&mut self, error: StoreError) {
        self.report(Event::StorageFault(StorageFault::from(&error)));
    }
}
