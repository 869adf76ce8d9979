//! The machine that every phone is: it runs checks, follows the rows of its table
//! ([`table::Behaviour`]), keeps the time and does what the owner asks for.
//!
//! What a check is, it does not know: that is [`Check`], which each family implements.

pub(super) mod table;

use rand_chacha::ChaCha8Rng;
use vestibule_core::Instant;

use self::table::{Behaviour, Deed, Event, Page, State};
use super::android::sheet::Sheet;
use super::model::{Model, Options};
use super::wire::Wire;
use super::{
    Button, Checker, Departure, ExchangeId, Finding, Input, Link, Output, OwnerAction, Progress, Rule,
    SheetClosed, Verdict,
};

/// One check of a network, from its questions to a conclusion.
pub(super) trait Check: Send {
    /// Progress of an exchange, of this check or not.
    fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant);

    /// Does what `now` asks for.
    fn due(&mut self, wire: &mut Wire, now: Instant);

    /// Goes as far as its exchanges allow; `Some` ends it.
    fn advance(&mut self, wire: &mut Wire, now: Instant) -> Option<Conclusion>;

    fn timeout(&self) -> Option<Instant>;

    /// Closes what is still open.
    fn abandon(self: Box<Self>, wire: &mut Wire);
}

/// What a check came to.
#[derive(Debug)]
pub(super) struct Conclusion {
    pub(super) verdict: Verdict,
    pub(super) rule: &'static Rule,
    /// Why this sign-in page, where that is a rule of its own.
    pub(super) page_rule: Option<&'static Rule>,
}

/// What a check is begun with.
#[derive(Clone, Debug)]
pub(super) struct Situation {
    pub(super) link: Link,
    pub(super) options: Options,
    /// How many checks this join has seen before.
    pub(super) checks_before: u32,
    /// The page of the sign-in has been opened since joining.
    pub(super) page_was_open: bool,
    /// The sign-in is over: HTTP alone decides.
    pub(super) http_alone: bool,
    /// What DHCP option 114 said.
    pub(super) captive_portal_api: Option<String>,
}

pub(super) struct Machine {
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
    state: State,
    page: Page,
    check: Option<Box<dyn Check>>,
    /// Another check is wanted once the one that runs is over.
    again: bool,
    /// When the next check comes by itself.
    next: Option<Instant>,
    /// Whether that one goes on counting.
    next_goes_on: bool,
    attempts: u32,
    /// The last portal found, and why its page.
    portal: Option<(String, &'static Rule)>,
    notified: bool,
    silenced: bool,
    ask_at: Option<Instant>,
    asked: bool,
    /// When it leaves unless it believes in the internet by then.
    leaves_at: Option<Instant>,
    /// The page's own checks.
    sheet: Option<Sheet>,
}

impl Joined {
    /// Whether the network is taken for one with internet, or wanted without.
    fn believes(&self) -> bool {
        matches!(self.state, State::Online | State::AsIs) || self.page == Page::OpenDone
    }
}

impl Machine {
    pub(super) fn new(model: &'static Model, random: ChaCha8Rng, options: Options) -> Self {
        let behaviour = model.system.behaviour();
        Self { model, behaviour, wire: Wire::new(random), options, captive_portal_api: None, joined: None }
    }

    fn join(&mut self, link: Link, now: Instant) {
        self.leave(SheetClosed::NetworkLost);
        let situation = Situation {
            link,
            options: self.options,
            checks_before: 0,
            page_was_open: false,
            http_alone: false,
            captive_portal_api: self.captive_portal_api.clone(),
        };
        self.joined = Some(Joined {
            situation,
            state: State::Unknown,
            page: Page::Closed,
            check: None,
            again: false,
            next: None,
            next_goes_on: false,
            attempts: 0,
            portal: None,
            notified: false,
            silenced: false,
            ask_at: self.behaviour.dialog.map(|dialog| now + dialog.after),
            asked: false,
            leaves_at: self.options.leaves_without_internet.map(|wait| now + wait),
            sheet: None,
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
        close(&mut self.wire, joined.page, joined.sheet, why);
    }

    /// Begins a check.
    fn check(&mut self, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        joined.next = None;
        joined.again = false;
        joined.attempts = joined.attempts.saturating_add(1);
        let check = self.model.system.start(&mut self.wire, &joined.situation, now);
        joined.situation.checks_before = joined.situation.checks_before.saturating_add(1);
        joined.check = Some(check);
    }

    /// Somebody asks for a check.
    fn ask_for_check(&mut self, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        if joined.check.is_some() {
            joined.again = true;
        } else if joined.state != State::Failed || joined.attempts >= self.behaviour.ignored_attempts {
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
            self.happens(Event::DialogTime, now);
        }
        let Some(joined) = &mut self.joined else { return };
        if let Some(check) = &mut joined.check {
            check.due(&mut self.wire, now);
        } else if joined.next.is_some_and(|at| now >= at) {
            if !joined.next_goes_on {
                joined.attempts = 0;
            }
            self.check(now);
        }
        if let Some(sheet) = self.joined.as_mut().and_then(|joined| joined.sheet.as_mut()) {
            sheet.due(&mut self.wire, now);
        }
    }

    /// Draws the conclusions that are ripe.
    fn settle(&mut self, now: Instant) {
        let sheet = self.joined.as_ref().and_then(|joined| joined.sheet.as_ref());
        if sheet.is_some_and(Sheet::is_over) {
            self.happens(Event::PageCheckSucceeded, now);
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
            check.abandon(&mut self.wire);
        }
        let again = std::mem::take(&mut joined.again);
        let event = Event::of(&verdict);
        if let Verdict::Portal { url } = verdict {
            joined.portal = Some((url, page_rule.unwrap_or(rule)));
        }
        self.happens(event, now);
        self.wait(now);
        if again {
            self.ask_for_check(now);
        }
    }

    /// Sets the time of the next check, as the state that has been reached asks for it.
    fn wait(&mut self, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        if joined.check.is_some() {
            return;
        }
        let wait = self.behaviour.waits.iter().find(|wait| wait.state == joined.state);
        joined.next = wait.map(|wait| now + wait.after.delay(joined.attempts));
        joined.next_goes_on = wait.is_some_and(|wait| wait.after.goes_on());
    }

    /// Looks the row for an event up and carries it out. Whether there is one.
    fn happens(&mut self, event: Event, now: Instant) -> bool {
        let Some(joined) = &mut self.joined else { return false };
        let (state, page) = (joined.state, joined.page);
        let Some(step) = self.behaviour.steps.iter().find(|step| step.fits(state, page, event)) else {
            return false;
        };
        if let Some(to) = step.to {
            joined.state = to;
        }
        for deed in step.does {
            self.does(*deed, step.rule, now);
        }
        if step.to.is_some() {
            self.wait(now);
        }
        true
    }

    fn does(&mut self, deed: Deed, rule: &'static Rule, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        match deed {
            Deed::Notify if joined.notified || joined.silenced => {}
            Deed::Notify => {
                let Some((url, rule)) = joined.portal.clone() else { return };
                joined.notified = true;
                self.wire.report(Output::Notify { url, rule });
            }
            Deed::Unnotify => joined.notified = false,
            Deed::Silence => joined.silenced = true,
            Deed::OpenPage => self.open_page(),
            Deed::ClosePage(why) => {
                let page = std::mem::replace(&mut joined.page, Page::Closed);
                close(&mut self.wire, page, joined.sheet.take(), why);
            }
            Deed::ShowButton(button) => {
                joined.page = if button == Button::Done { Page::OpenDone } else { Page::Open };
                self.wire.report(Output::SheetButton(button));
            }
            Deed::Ask => {
                joined.asked = true;
                self.wire.report(Output::AskToStay { rule });
            }
            Deed::PutAway => {
                joined.ask_at = None;
                joined.asked = false;
            }
            Deed::Check => self.ask_for_check(now),
            Deed::StopChecking => {
                joined.again = false;
                joined.next = None;
                if let Some(check) = joined.check.take() {
                    check.abandon(&mut self.wire);
                }
            }
            Deed::HttpAlone => joined.situation.http_alone = true,
            Deed::PageChecks => {
                if let Some(sheet) = &mut joined.sheet {
                    sheet.check_later(now);
                }
            }
            Deed::CountAsOnline => self.wire.report(Output::Verdict { verdict: Verdict::Online, rule }),
            Deed::Leave(why) => {
                self.leave(SheetClosed::NotWanted);
                self.wire.report(Output::Left { why });
            }
        }
    }

    fn open_page(&mut self) {
        let Some(joined) = &mut self.joined else { return };
        let Some((url, rule)) = joined.portal.clone() else { return };
        joined.page = Page::Open;
        joined.situation.page_was_open = true;
        joined.sheet = self.model.system.page_checks(joined.situation.link, &url);
        self.wire.report(Output::SheetOpened { url, user_agent: self.behaviour.browser.to_owned(), rule });
    }

    fn owner(&mut self, action: OwnerAction<'_>, now: Instant) {
        let asked = self.joined.as_ref().is_some_and(|joined| joined.asked && joined.page == Page::Closed);
        let notified = self.joined.as_ref().is_some_and(|joined| joined.notified);
        let (event, name) = match action {
            OwnerAction::PageStarted { .. } => (Event::PageStarted, None),
            OwnerAction::PageFinished { .. } => (Event::PageFinished, None),
            OwnerAction::TapNotification => (Event::Tap, Some("the sign-in notification")),
            OwnerAction::Cancel => (Event::Cancel, Some("Cancel, or closing the sign-in page")),
            OwnerAction::Done => (Event::Done, Some("Done")),
            OwnerAction::UseAsIs if asked => (Event::Stay, None),
            OwnerAction::DoNotUse if asked => (Event::DoNotStay, None),
            OwnerAction::UseAsIs => (Event::UseAsIs, Some("using the network as it is, without internet")),
            OwnerAction::DoNotUse => (Event::DoNotUse, Some("not using the network")),
        };
        let there = event != Event::Tap || notified;
        if !(there && self.happens(event, now))
            && let Some(name) = name
        {
            self.wire.report(Output::Finding(Finding::NothingToPress(name)));
        }
    }
}

/// Closes the sign-in page, if it is open.
fn close(wire: &mut Wire, page: Page, sheet: Option<Sheet>, why: SheetClosed) {
    if let Some(sheet) = sheet {
        sheet.abandon(wire);
    }
    if page != Page::Closed {
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
            Input::Exchange { id, progress } => {
                self.wire.late_exchange(id, progress);
                if let Some(joined) = &mut self.joined {
                    if let Some(check) = &mut joined.check {
                        check.exchange(&mut self.wire, id, progress, now);
                    }
                    if let Some(sheet) = &mut joined.sheet {
                        sheet.exchange(&mut self.wire, id, progress, now);
                    }
                }
            }
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
        let sheet = joined.sheet.as_ref().and_then(Sheet::timeout);
        let next = joined.next.filter(|_| joined.check.is_none());
        [check, sheet, next, joined.ask_at, joined.leaves_at, self.wire.late_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    fn model(&self) -> &'static Model {
        self.model
    }
}
