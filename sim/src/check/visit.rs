//! One phone's visit to one portal: it joins, checks, and opens its sheet if it has a reason to.
//! Sans-IO: a driver carries the exchanges, over real sockets or inside this process.
//!
//! The visit ends with the phone's first verdict, and with the page in its sheet if it opens one:
//! what happens once the owner reads and types is what scenarios are for.

use std::collections::VecDeque;
use std::time::Duration;

use vestibule_core::Instant;

use super::log::{Log, Of};
use super::sheet::{Page, Shown};
use super::{Checked, Seconds, Sheet, advice};
use crate::phone::{
    Checker, Exchange, Input, Link, Model, Output, OwnerAction, Presents, Progress, Rule, Verdict,
};

/// How long a phone may take on its own clock. Longer than the check of any model: one that takes
/// this long concludes nothing.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long after its verdict a phone may still wait for answers that it asked for before.
const AFTERMATH: Duration = Duration::from_secs(2);

/// The seed of the phones: all checks of a model ask with the same bytes.
const SEED: u64 = 1;

/// What a driver is to do.
pub(super) enum Action {
    /// Carry this out and report its progress.
    Open { of: Of, exchange: Exchange },
    /// Give it up and report nothing more.
    Abandon(Of),
}

/// A verdict as it was drawn.
struct Drawn {
    verdict: Verdict,
    rule: &'static Rule,
    at: Instant,
    decider: Option<usize>,
}

/// A visit under way.
pub(super) struct Visit {
    model: &'static Model,
    phone: Box<dyn Checker>,
    link: Link,
    began: Instant,
    log: Log,
    drawn: Option<Drawn>,
    /// The page that the sheet opened on.
    sheet: Option<String>,
    page: Option<Page>,
    shown: Option<Shown>,
    findings: Vec<String>,
    actions: VecDeque<Action>,
}

impl Visit {
    /// The phone joins, and is told of this captive portal API.
    pub(super) fn begin(
        model: &'static Model,
        link: Link,
        captive_portal_api: Option<&str>,
        now: Instant,
    ) -> Self {
        let mut visit = Self {
            model,
            phone: model.new_checker(SEED),
            link,
            began: now,
            log: Log::new(now),
            drawn: None,
            sheet: None,
            page: None,
            shown: None,
            findings: Vec::new(),
            actions: VecDeque::new(),
        };
        visit.tell(Input::Announced { captive_portal_api }, None, now);
        visit.tell(Input::Joined(link), None, now);
        visit
    }

    /// Something about an exchange.
    pub(super) fn progress(&mut self, of: Of, progress: Progress<'_>, now: Instant) {
        self.log.progress(of, progress);
        match of {
            Of::Check(id) => self.tell(Input::Exchange { id, progress }, Some(of), now),
            Of::Sheet(id) => {
                if let Some(page) = &mut self.page {
                    page.progress(id, progress, now);
                }
                self.turn_the_page(now);
            }
        }
    }

    /// The exchange was for another host than the portal and is not carried out: to the phone,
    /// nobody is there.
    pub(super) fn refuse_foreign(&mut self, of: Of, now: Instant) {
        if let Some(entry) = self.log.find(of) {
            entry.foreign = true;
            let finding = format!(
                "{} would go to {}, which is not the portal ({}); nothing was sent there",
                entry.asked(),
                entry.to.ip(),
                self.link.router
            );
            self.found(finding);
        }
        self.progress(of, Progress::Unreachable, now);
    }

    /// Does what `now` asks for.
    pub(super) fn due(&mut self, now: Instant) {
        if self.phone.poll_timeout().is_some_and(|due| due <= now) {
            self.tell(Input::Deadline, None, now);
        }
        if let Some(page) = &mut self.page {
            page.due(now);
        }
        self.turn_the_page(now);
    }

    /// What the driver is to do next.
    pub(super) fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When it is next to be called although nothing happens.
    pub(super) fn timeout(&self) -> Instant {
        let page = self.page.as_ref().and_then(Page::timeout);
        let end = match &self.drawn {
            Some(drawn) if self.page.is_none() => drawn.at + AFTERMATH,
            _ => self.began + PATIENCE,
        };
        self.phone.poll_timeout().into_iter().chain(page).fold(end, Instant::min)
    }

    /// Whether anything is awaited from the network: if not, the phone only waits for itself, and
    /// its clock may be put forward.
    pub(super) fn is_in_flight(&self) -> bool {
        self.log.is_in_flight()
    }

    /// Whether it has a connection to the portal.
    pub(super) fn is_connected(&self) -> bool {
        self.log.entries.iter().any(|entry| entry.open && entry.connected)
    }

    /// Whether there is nothing more to learn.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        match &self.drawn {
            Some(drawn) => {
                self.page.is_none() && (now >= drawn.at + AFTERMATH || !self.is_owed_answers(drawn))
            }
            None => now >= self.began + PATIENCE,
        }
    }

    /// Whether answers to questions from before the verdict are still out.
    fn is_owed_answers(&self, drawn: &Drawn) -> bool {
        self.log.entries.iter().any(|entry| entry.open && !entry.is_request() && entry.at <= drawn.at)
    }

    fn tell(&mut self, input: Input<'_>, handled: Option<Of>, now: Instant) {
        self.phone.handle(input, now);
        self.listen(handled, now);
        let Some(Drawn { verdict: Verdict::Portal { url }, .. }) = &self.drawn else { return };
        if self.sheet.is_none() {
            // A client without a sheet of its own sends its owner to the page in some other way.
            let url = url.clone();
            self.open_sheet(url, "Mozilla/5.0", now);
        }
    }

    fn listen(&mut self, handled: Option<Of>, now: Instant) {
        while let Some(output) = self.phone.poll() {
            match output {
                Output::Open { id, exchange } => self.open(Of::Check(id), exchange, now),
                Output::Abandon(id) => self.abandon(Of::Check(id)),
                Output::Verdict { verdict, rule } if self.drawn.is_none() => {
                    let decider = self.log.decider(handled, verdict.is_portal());
                    self.drawn = Some(Drawn { verdict, rule, at: now, decider });
                }
                Output::Notify { .. } => {
                    self.phone.handle(Input::Owner(OwnerAction::TapNotification), now);
                }
                Output::SheetOpened { url, user_agent, .. } if self.sheet.is_none() => {
                    self.open_sheet(url, &user_agent, now);
                }
                Output::Finding(finding) => self.found(finding.to_string()),
                _ => {}
            }
        }
    }

    fn open(&mut self, of: Of, exchange: Exchange, now: Instant) {
        self.log.opened(of, &exchange, now);
        self.actions.push_back(Action::Open { of, exchange });
    }

    fn abandon(&mut self, of: Of) {
        self.log.abandoned(of);
        self.actions.push_back(Action::Abandon(of));
    }

    fn found(&mut self, finding: String) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn open_sheet(&mut self, url: String, agent: &str, now: Instant) {
        match Page::load(self.link, &url, agent, now) {
            Ok(page) => self.page = Some(page),
            Err(why) => self.shown = Some(Err(why)),
        }
        self.sheet = Some(url);
        self.turn_the_page(now);
    }

    /// Passes on what the page wants, and puts it away when it is through.
    fn turn_the_page(&mut self, now: Instant) {
        let Some(mut page) = self.page.take() else { return };
        while let Some((id, exchange)) = page.poll_open() {
            self.open(Of::Sheet(id), exchange, now);
        }
        while let Some(id) = page.poll_abandon() {
            self.abandon(Of::Sheet(id));
        }
        match page.shown() {
            Some(shown) => self.shown = Some(shown.clone()),
            None => self.page = Some(page),
        }
    }

    /// What came of it.
    pub(super) fn checked(&self) -> Checked {
        let sheet = match (&self.sheet, &self.shown) {
            (Some(url), Some(Ok(page))) => Sheet::Shown { url: url.clone(), page: page.clone() },
            (Some(url), Some(Err(why))) => Sheet::Empty { url: url.clone(), why: why.clone() },
            (Some(url), None) => Sheet::Empty { url: url.clone(), why: "nothing came".into() },
            (None, _) => Sheet::None,
        };
        let drawn = self.drawn.as_ref();
        let rule = drawn.map(|drawn| drawn.rule);
        let decider = drawn.and_then(|drawn| drawn.decider);
        let entry = decider.and_then(|index| self.log.entries.get(index));
        Checked {
            model: self.model,
            change: self.change(advice::change(self.link.router, &sheet, rule, entry)),
            sheet,
            verdict: drawn.map(|drawn| drawn.verdict.clone()),
            rule,
            took: drawn.map(|drawn| Seconds(drawn.at.since(self.began))),
            decided_by: decider.and_then(|index| self.log.told(index)),
            exchanges: self.log.all_told(),
            findings: self.findings.clone(),
            counts: self.model.need.is_none() && self.model.presents != Presents::Nothing,
        }
    }

    /// The advice that holds for this model: what it needs, if that is what decided, and none where
    /// it would show nobody anything whatever a portal answered.
    fn change(&self, otherwise: Option<String>) -> Option<String> {
        let drawn = self.drawn.as_ref();
        if self.model.presents == Presents::Nothing && drawn.is_none_or(|drawn| !drawn.verdict.is_portal()) {
            return None;
        }
        match self.model.need {
            Some(need) if drawn.is_some_and(|drawn| drawn.rule == need.rule) => {
                Some(format!("This phone wants {}; not every phone does.", need.what))
            }
            _ => otherwise,
        }
    }
}
