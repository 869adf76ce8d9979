//! The machine that every phone is: it runs checks, follows the rows of its table
//! ([`super::table::Behaviour`]), keeps the time and does what the owner asks for.
//!
//! It knows no family: that is [`System`], which each of them implements.

use rand_chacha::ChaCha8Rng;
use vestibule_core::Instant;

use super::check::{Check, Conclusion, SheetCheck, Situation};
use super::checker::Checker;
use super::exchange::{ExchangeId, Link, Progress};
use super::finding::Finding;
use super::input::{Input, OwnerAction};
use super::model::Model;
use super::options::{JoinsBy, Options};
use super::output::{Button, Departure, Output, SheetClosed};
use super::rule::Rule;
use super::side_request::SideRequests;
use super::table::{Behaviour, Event, PhoneAction, PhoneState, SheetState};
use super::verdict::Verdict;
use super::wire::{CheckRoute, Wire};
use crate::radio::PhoneId;
use crate::random_streams::{RandomStream, stream};

impl Model {
    /// A phone of this model with default [`Options`]. The same seed gives the same bytes.
    pub fn new_checker(&'static self, seed: u64) -> Box<dyn Checker> {
        self.new_checker_with(seed, 0, Options::default())
    }

    /// A phone of this model, one of several that draw from one seed: each number has a stream of its own.
    pub fn new_checker_with(&'static self, seed: u64, number: PhoneId, options: Options) -> Box<dyn Checker> {
        Box::new(Machine::new(self, stream(seed, RandomStream::Checker, number as u64), options))
    }
}

struct Machine {
    model: &'static Model,
    behaviour: Behaviour,
    wire: Wire,
    options: Options,
    captive_portal_api: Option<String>,
    joined: Option<Joined>,
}

/// Everything about the network that the phone is on.
struct Joined {
    situation: Situation,
    state: PhoneState,
    sheet: SheetState,
    check: Option<Box<dyn Check>>,
    /// What was asked beside the last check that was concluded.
    beside: SideRequests,
    /// Another check is wanted once the one that runs is over.
    recheck_wanted: bool,
    /// When the next check comes by itself.
    next_check: Option<Instant>,
    /// Whether that one counts as a further attempt.
    next_keeps_counting: bool,
    attempts: u32,
    /// The last portal found, and why its page.
    portal: Option<(String, &'static Rule)>,
    /// Whether the owner has the Wi-Fi settings or a networking app in front.
    app_in_front: bool,
    notified: bool,
    silenced: bool,
    ask_at: Option<Instant>,
    asked: bool,
    /// When it leaves unless it believes in the internet by then.
    leaves_at: Option<Instant>,
    /// The checks that the sign-in page makes by itself.
    sheet_check: Option<Box<dyn SheetCheck>>,
}

impl Joined {
    /// Whether the network is taken for one with internet, or wanted without.
    fn believes(&self) -> bool {
        matches!(self.state, PhoneState::Online | PhoneState::AsIs) || self.sheet == SheetState::OpenDone
    }
}

impl Machine {
    fn new(model: &'static Model, random: ChaCha8Rng, options: Options) -> Self {
        let behaviour = model.system.behaviour_with(&options);
        let system = model.system;
        let under_vpn = system.under_vpn().filter(|_| options.vpn).unwrap_or_default();
        let route = match under_vpn {
            CheckRoute::Direct => system.under_proxy().filter(|_| options.proxy).unwrap_or_default(),
            nowhere => nowhere,
        };
        let wire = Wire::new(random, route);
        Self { model, behaviour, wire, options, captive_portal_api: None, joined: None }
    }

    fn join(&mut self, link: Link, now: Instant) {
        self.leave(SheetClosed::NetworkLost);
        let situation = Situation {
            link,
            options: self.options.clone(),
            checks_before: 0,
            page_was_open: false,
            http_alone: false,
            captive_portal_api: self.captive_portal_api.clone(),
        };
        self.joined = Some(Joined {
            situation,
            state: PhoneState::Unknown,
            sheet: SheetState::Closed,
            check: None,
            beside: SideRequests::default(),
            recheck_wanted: false,
            next_check: None,
            next_keeps_counting: false,
            attempts: 0,
            portal: None,
            app_in_front: self.options.joins_by == JoinsBy::Settings,
            notified: false,
            silenced: false,
            ask_at: self.behaviour.dialog.map(|dialog| now + dialog.after),
            asked: false,
            leaves_at: self.options.leaves_without_internet.map(|wait| now + wait),
            sheet_check: None,
        });
        self.check(now);
    }

    /// Forgets the network, however it was left.
    fn leave(&mut self, why: SheetClosed) {
        self.wire.late_abandon();
        let Some(joined) = self.joined.take() else { return };
        if let Some(check) = joined.check {
            check.abandon(&mut self.wire);
        }
        joined.beside.abandon(&mut self.wire);
        close(&mut self.wire, joined.sheet, joined.sheet_check, why);
    }

    /// Begins a check.
    fn check(&mut self, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        joined.next_check = None;
        joined.recheck_wanted = false;
        joined.attempts = joined.attempts.saturating_add(1);
        let check = self.model.system.start(&mut self.wire, &joined.situation, now);
        joined.situation.checks_before = joined.situation.checks_before.saturating_add(1);
        joined.check = Some(check);
    }

    /// Somebody asks for a check.
    fn ask_for_check(&mut self, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        if joined.check.is_some() {
            joined.recheck_wanted = true;
        } else if joined.state != PhoneState::Failed || joined.attempts >= self.behaviour.ignored_attempts {
            joined.attempts = 0;
            self.check(now);
        }
    }

    /// Does everything that `now` asks for.
    fn due(&mut self, now: Instant) {
        self.wire.late_due(now);
        let Some(joined) = &mut self.joined else { return };
        if joined.leaves_at.take_if(|at| now >= *at).is_some() && !joined.believes() {
            self.leave(SheetClosed::NetworkLost);
            return self.wire.report(Output::Left { why: Departure::NoInternet });
        }
        if joined.ask_at.is_some_and(|at| now >= at) {
            joined.ask_at = None;
            self.handle_event(Event::DialogTime, now);
        }
        let Some(joined) = &mut self.joined else { return };
        joined.beside.due(&mut self.wire, now);
        if let Some(check) = &mut joined.check {
            check.due(&mut self.wire, now);
        } else if joined.next_check.is_some_and(|at| now >= at) {
            if !joined.next_keeps_counting {
                joined.attempts = 0;
            }
            self.check(now);
        }
        if let Some(check) = self.joined.as_mut().and_then(|joined| joined.sheet_check.as_mut()) {
            check.due(&mut self.wire, now);
        }
    }

    /// Draws the conclusions that are ripe.
    fn settle(&mut self, now: Instant) {
        self.draw_conclusions(now);
        while let Some(id) = self.wire.poll_refused() {
            self.exchange(id, Progress::Refused, now);
            self.draw_conclusions(now);
        }
    }

    fn exchange(&mut self, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        self.wire.late_exchange(id, progress);
        let Some(joined) = &mut self.joined else { return };
        joined.beside.exchange(&mut self.wire, id, progress, now);
        if let Some(check) = &mut joined.check {
            check.exchange(&mut self.wire, id, progress, now);
        }
        if let Some(check) = &mut joined.sheet_check {
            check.exchange(&mut self.wire, id, progress, now);
        }
    }

    fn draw_conclusions(&mut self, now: Instant) {
        let sheet_check = self.joined.as_ref().and_then(|joined| joined.sheet_check.as_ref());
        if sheet_check.is_some_and(|check| check.has_succeeded()) {
            self.handle_event(Event::PageCheckSucceeded, now);
        }
        let check = self.joined.as_mut().and_then(|joined| joined.check.as_mut());
        if let Some(conclusion) = check.and_then(|check| check.advance(&mut self.wire, now)) {
            self.conclude(conclusion, now);
        }
    }

    fn conclude(&mut self, conclusion: Conclusion, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        let Conclusion { verdict, rule, page_rule } = conclusion;
        self.wire.report(Output::Verdict { verdict: verdict.clone(), rule });
        if let Some(check) = joined.check.take() {
            let beside = check.ended(&mut self.wire);
            std::mem::replace(&mut joined.beside, beside).abandon(&mut self.wire);
        }
        let recheck_wanted = std::mem::take(&mut joined.recheck_wanted);
        let event = Event::of(&verdict);
        if let Verdict::Portal { url } = verdict {
            joined.portal = Some((url, page_rule.unwrap_or(rule)));
        }
        let is_unattended = event == Event::Portal && !joined.app_in_front;
        if !(is_unattended && self.handle_event(Event::PortalUnattended, now)) {
            self.handle_event(event, now);
        }
        self.schedule_recheck(now);
        if recheck_wanted {
            self.ask_for_check(now);
        }
    }

    /// Sets the time of the next check, as the state that has been reached asks for it.
    fn schedule_recheck(&mut self, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        if joined.check.is_some() {
            return;
        }
        let recheck = self.behaviour.rechecks.iter().find(|recheck| recheck.state == joined.state);
        joined.next_check = recheck.map(|recheck| now + recheck.after.delay(joined.attempts));
        joined.next_keeps_counting = recheck.is_some_and(|recheck| recheck.after.keeps_counting());
    }

    /// Looks the row for an event up and carries it out. Returns whether there is one.
    fn handle_event(&mut self, event: Event, now: Instant) -> bool {
        let Some(joined) = &mut self.joined else { return false };
        let (state, sheet) = (joined.state, joined.sheet);
        let Some(row) = self.behaviour.transitions.iter().find(|row| row.fits(state, sheet, event)) else {
            return false;
        };
        if let Some(to) = row.to {
            joined.state = to;
        }
        for action in row.actions {
            self.carry_out(*action, row.rule, now);
        }
        if row.to.is_some() {
            self.schedule_recheck(now);
        }
        true
    }

    fn carry_out(&mut self, action: PhoneAction, rule: &'static Rule, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        match action {
            PhoneAction::Notify if joined.notified || joined.silenced => {}
            PhoneAction::Notify => {
                let Some((url, rule)) = joined.portal.clone() else { return };
                joined.notified = true;
                self.wire.report(Output::Notify { url, rule });
            }
            PhoneAction::Unnotify => joined.notified = false,
            PhoneAction::Silence => joined.silenced = true,
            PhoneAction::OpenPage => self.open_page(),
            PhoneAction::WaitForApp => self.wire.report(Output::SheetWaits { rule }),
            PhoneAction::ClosePage(why) => {
                let sheet = std::mem::replace(&mut joined.sheet, SheetState::Closed);
                close(&mut self.wire, sheet, joined.sheet_check.take(), why);
            }
            PhoneAction::ShowButton(button) => {
                joined.sheet = if button == Button::Done { SheetState::OpenDone } else { SheetState::Open };
                self.wire.report(Output::SheetButton(button));
            }
            PhoneAction::Ask => {
                joined.asked = true;
                self.wire.report(Output::AskToStay { rule });
            }
            PhoneAction::PutAway => {
                joined.ask_at = None;
                joined.asked = false;
            }
            PhoneAction::Check => self.ask_for_check(now),
            PhoneAction::StopChecking => {
                joined.recheck_wanted = false;
                joined.next_check = None;
                if let Some(check) = joined.check.take() {
                    check.abandon(&mut self.wire);
                }
            }
            PhoneAction::HttpAlone => joined.situation.http_alone = true,
            PhoneAction::PageChecks => {
                if let Some(check) = &mut joined.sheet_check {
                    check.page_event(now);
                }
            }
            PhoneAction::CountAsOnline => {
                self.wire.report(Output::Verdict { verdict: Verdict::Online, rule })
            }
            PhoneAction::Leave(why) => {
                self.leave(SheetClosed::NotWanted);
                self.wire.report(Output::Left { why });
            }
        }
    }

    fn open_page(&mut self) {
        let Some(joined) = &mut self.joined else { return };
        let Some((url, rule)) = joined.portal.clone() else { return };
        joined.sheet = SheetState::Open;
        joined.situation.page_was_open = true;
        joined.sheet_check = self.model.system.sheet_check(joined.situation.link, &url);
        self.wire.report(Output::SheetOpened { url, user_agent: self.behaviour.browser.to_owned(), rule });
    }

    fn owner(&mut self, action: OwnerAction<'_>, now: Instant) {
        let asked =
            self.joined.as_ref().is_some_and(|joined| joined.asked && joined.sheet == SheetState::Closed);
        let notified = self.joined.as_ref().is_some_and(|joined| joined.notified);
        let (event, name) = match action {
            OwnerAction::PageStarted { .. } => (Event::PageStarted, None),
            OwnerAction::PageFinished { .. } => (Event::PageFinished, None),
            OwnerAction::TapNotification => (Event::Tap, Some("the sign-in notification")),
            OwnerAction::OpensNetworkingApp => (Event::NetworkingApp, None),
            OwnerAction::Cancel => (Event::Cancel, Some("Cancel, or closing the sign-in page")),
            OwnerAction::Done => (Event::Done, Some("Done")),
            OwnerAction::UseAsIs if asked => (Event::Stay, None),
            OwnerAction::DoNotUse if asked => (Event::DoNotStay, None),
            OwnerAction::UseAsIs => (Event::UseAsIs, Some("using the network as it is, without internet")),
            OwnerAction::DoNotUse => (Event::DoNotUse, Some("not using the network")),
        };
        if let (Event::NetworkingApp, Some(joined)) = (event, &mut self.joined) {
            joined.app_in_front = true;
        }
        let there = event != Event::Tap || notified;
        if !(there && self.handle_event(event, now))
            && let Some(name) = name
        {
            self.wire.report(Output::Finding(Finding::NothingToPress(name)));
        }
    }
}

/// Closes the sign-in page, if it is open.
fn close(wire: &mut Wire, sheet: SheetState, check: Option<Box<dyn SheetCheck>>, why: SheetClosed) {
    if let Some(check) = check {
        check.abandon(wire);
    }
    if sheet != SheetState::Closed {
        wire.report(Output::SheetClosed { why });
    }
}

impl Checker for Machine {
    fn handle(&mut self, input: Input<'_>, now: Instant) {
        self.due(now);
        self.settle(now);
        match input {
            Input::Joined(link) => self.join(link, now),
            Input::Announced { captive_portal_api } => {
                self.captive_portal_api = captive_portal_api.map(str::to_owned);
            }
            Input::Left => self.leave(SheetClosed::NetworkLost),
            Input::Exchange { id, progress } => self.exchange(id, progress, now),
            Input::Deadline => {}
            Input::Owner(action) => self.owner(action, now),
        }
        self.settle(now);
    }

    fn poll(&mut self) -> Option<Output> {
        self.wire.poll()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let joined = self.joined.as_ref()?;
        let check = joined.check.as_ref().and_then(|check| check.timeout());
        let sheet_check = joined.sheet_check.as_ref().and_then(|check| check.timeout());
        let next = joined.next_check.filter(|_| joined.check.is_none());
        [
            check,
            joined.beside.timeout(),
            sheet_check,
            next,
            joined.ask_at,
            joined.leaves_at,
            self.wire.late_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn model(&self) -> &'static Model {
        self.model
    }
}
