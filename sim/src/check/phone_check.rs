//! One phone's check of one portal: it joins, checks, and opens its sheet if it has a reason to.
//! Sans-IO: a driver carries the exchanges, over real sockets or inside this process.
//!
//! The check ends with the phone's first verdict. If a sheet opens, it ends a few seconds after the page is there:
//! the phone's own checks that follow a page may close it on the owner who reads it. What happens once the owner
//! types is what scenarios are for.

use std::collections::VecDeque;
use std::time::Duration;

use vestibule_core::Instant;

use super::log::{Entry, ExchangeOwner, Log};
use super::portal_address::PortalAddress;
use super::project::{ChangeKind, Project};
use super::sheet::{Page, Shown};
use super::{ChangeWords, Checked, Seconds, Sheet, advice};
use crate::phone::{
    Checker, Dispute, Exchange, Input, Link, Model, Output, OwnerAction, Presents, Progress, Rule,
    SheetClosed, Verdict, disputes,
};

/// How long a phone may take on its own clock. Longer than the check of any model: one that takes
/// this long concludes nothing.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How long after its verdict a phone may still wait for answers that it asked for before.
const AFTERMATH: Duration = Duration::from_secs(2);

/// How long a check goes on after the page is there. The checks that follow a page come after a second at most.
const READING: Duration = Duration::from_secs(5);

/// The seed of the phones: all checks of a model ask with the same bytes.
const SEED: u64 = 1;

/// What a driver is to do.
pub(super) enum CheckAction {
    /// Carry this out and report its progress.
    Open { of: ExchangeOwner, exchange: Exchange },
    /// Give it up and report nothing more.
    Abandon(ExchangeOwner),
}

/// A verdict as it was conclusion.
struct Conclusion {
    verdict: Verdict,
    rule: &'static Rule,
    at: Instant,
    decider: Option<usize>,
}

/// How the sheet closed by itself.
struct Closing {
    why: SheetClosed,
    at: Instant,
    decider: Option<usize>,
}

/// What the sheet's browser has to tell the phone.
enum PageEvent {
    Started,
    Finished,
}

/// A check under way.
pub(super) struct PhoneCheck {
    model: &'static Model,
    phone: Box<dyn Checker>,
    link: Link,
    place: PortalAddress,
    /// The network announces a captive portal API by plain http.
    api_over_http: bool,
    began: Instant,
    log: Log,
    conclusion: Option<Conclusion>,
    /// The page that the sheet opened on.
    sheet: Option<String>,
    /// What the sheet's browser says that it is.
    agent: Option<String>,
    page: Option<Page>,
    shown: Option<Shown>,
    page_events: VecDeque<PageEvent>,
    /// Until when the owner is watched reading.
    read_until: Option<Instant>,
    closing: Option<Closing>,
    findings: Vec<String>,
    actions: VecDeque<CheckAction>,
}

impl PhoneCheck {
    /// The phone joins, and is told of this captive portal API.
    pub(super) fn begin(
        model: &'static Model,
        link: Link,
        place: PortalAddress,
        captive_portal_api: Option<&str>,
        now: Instant,
    ) -> Self {
        let mut check = Self {
            model,
            phone: model.new_checker(SEED),
            link,
            place,
            api_over_http: captive_portal_api.is_some_and(|url| url.starts_with("http:")),
            began: now,
            log: Log::new(now, model.side_pages()),
            conclusion: None,
            sheet: None,
            agent: None,
            page: None,
            shown: None,
            page_events: VecDeque::new(),
            read_until: None,
            closing: None,
            findings: Vec::new(),
            actions: VecDeque::new(),
        };
        check.handle(Input::Announced { captive_portal_api }, None, now);
        check.handle(Input::Joined(link), None, now);
        check.tell_of_the_page(now);
        check
    }

    /// Something about an exchange.
    pub(super) fn progress(&mut self, of: ExchangeOwner, progress: Progress<'_>, now: Instant) {
        self.log.progress(of, progress, now);
        match of {
            ExchangeOwner::Check(id) => self.handle(Input::Exchange { id, progress }, Some(of), now),
            ExchangeOwner::Sheet(id) => {
                if let Some(page) = &mut self.page {
                    page.progress(id, progress, now);
                }
                self.turn_the_page(now);
            }
        }
        self.tell_of_the_page(now);
    }

    /// The exchange was for another host than the portal and is not carried out: to the phone,
    /// nobody is there.
    pub(super) fn refuse_foreign(&mut self, of: ExchangeOwner, now: Instant) {
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
            self.handle(Input::Deadline, None, now);
        }
        if let Some(page) = &mut self.page {
            page.due(now);
        }
        self.turn_the_page(now);
        self.tell_of_the_page(now);
    }

    /// What the driver is to do next.
    pub(super) fn poll(&mut self) -> Option<CheckAction> {
        self.actions.pop_front()
    }

    /// When it is next to be called although nothing happens.
    pub(super) fn timeout(&self) -> Instant {
        let page = self.page.as_ref().and_then(Page::timeout);
        let end = match (&self.conclusion, self.read_until) {
            (Some(_), Some(until)) => until,
            (Some(conclusion), None) if self.page.is_none() => conclusion.at + AFTERMATH,
            _ => self.began + TIMEOUT,
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
        match &self.conclusion {
            Some(conclusion) => {
                self.page.is_none()
                    && !self.is_reading(now)
                    && (now >= conclusion.at + AFTERMATH || !self.is_owed_answers(conclusion))
            }
            None => now >= self.began + TIMEOUT,
        }
    }

    /// Whether the owner reads the page while the phone may yet close it.
    fn is_reading(&self, now: Instant) -> bool {
        let Some(until) = self.read_until.filter(|_| self.closing.is_none()) else { return false };
        let something_comes = || {
            // Questions from before the page are none of the checks that follow it.
            let follows = |at: Instant| at + READING >= until;
            self.log.entries.iter().any(|entry| entry.open && (entry.is_request() || follows(entry.at)))
                || self.phone.poll_timeout().is_some_and(|due| due <= until)
        };
        now < until && something_comes()
    }

    /// Whether answers to questions from before the verdict are still out.
    fn is_owed_answers(&self, conclusion: &Conclusion) -> bool {
        self.log.entries.iter().any(|entry| entry.open && !entry.is_request() && entry.at <= conclusion.at)
    }

    fn handle(&mut self, input: Input<'_>, handled: Option<ExchangeOwner>, now: Instant) {
        self.phone.handle(input, now);
        self.drain_outputs(handled, now);
        let Some(Conclusion { verdict: Verdict::Portal { url }, .. }) = &self.conclusion else { return };
        if self.sheet.is_none() {
            // A client without a sheet of its own sends its owner to the page in some other way.
            let url = url.clone();
            self.open_sheet(url, "Mozilla/5.0", now);
        }
    }

    fn drain_outputs(&mut self, handled: Option<ExchangeOwner>, now: Instant) {
        while let Some(output) = self.phone.poll() {
            match output {
                Output::Open { id, exchange } => self.open(ExchangeOwner::Check(id), exchange, now),
                Output::Abandon(id) => self.abandon(ExchangeOwner::Check(id)),
                Output::Verdict { verdict, rule } if self.conclusion.is_none() => {
                    let decider = self.log.decider(handled, verdict.is_portal());
                    self.conclusion = Some(Conclusion { verdict, rule, at: now, decider });
                }
                Output::Notify { .. } => {
                    self.phone.handle(Input::Owner(OwnerAction::TapNotification), now);
                }
                Output::SheetOpened { url, user_agent, .. } if self.sheet.is_none() => {
                    self.open_sheet(url, &user_agent, now);
                }
                Output::SheetClosed { why } => {
                    let decider = handled.and_then(|of| self.log.index(of));
                    self.closing.get_or_insert(Closing { why, at: now, decider });
                }
                Output::Finding(finding) => self.found(finding.to_string()),
                _ => {}
            }
        }
    }

    fn open(&mut self, of: ExchangeOwner, exchange: Exchange, now: Instant) {
        self.log.opened(of, &exchange, now);
        self.actions.push_back(CheckAction::Open { of, exchange });
    }

    fn abandon(&mut self, of: ExchangeOwner) {
        self.log.abandoned(of);
        self.actions.push_back(CheckAction::Abandon(of));
    }

    fn found(&mut self, finding: String) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn open_sheet(&mut self, url: String, agent: &str, now: Instant) {
        match Page::load(self.link, &url, agent, self.model.page_verifies(), now) {
            Ok(page) => {
                self.page = Some(page);
                self.page_events.push_back(PageEvent::Started);
            }
            Err(why) => self.shown = Some(Err(why)),
        }
        self.sheet = Some(url);
        self.agent = Some(agent.to_owned());
        self.turn_the_page(now);
    }

    /// Passes on what the page wants, and puts it away when it is through.
    fn turn_the_page(&mut self, now: Instant) {
        let Some(mut page) = self.page.take() else { return };
        while let Some((id, exchange)) = page.poll_open() {
            self.open(ExchangeOwner::Sheet(id), exchange, now);
        }
        while let Some(id) = page.poll_abandon() {
            self.abandon(ExchangeOwner::Sheet(id));
        }
        match page.shown() {
            Some(shown) => {
                page.odd().iter().for_each(|odd| self.found(odd.clone()));
                if shown.is_ok() {
                    self.read_until = Some(now + READING);
                    self.page_events.push_back(PageEvent::Finished);
                }
                self.shown = Some(shown.clone());
            }
            None => self.page = Some(page),
        }
    }

    /// Tells the phone what its sheet's browser does.
    fn tell_of_the_page(&mut self, now: Instant) {
        while let Some(event) = self.page_events.pop_front() {
            let Some(url) = self.sheet.clone() else { continue };
            let action = match event {
                PageEvent::Started => OwnerAction::PageStarted { url: &url },
                PageEvent::Finished => OwnerAction::PageFinished { url: &url },
            };
            self.handle(Input::Owner(action), None, now);
        }
    }

    /// What came of it.
    pub(super) fn checked(&self) -> Checked {
        let sheet = self.came_of_the_sheet();
        let conclusion = self.conclusion.as_ref();
        let closing = self.closing.as_ref().filter(|_| matches!(sheet, Sheet::Closes { .. }));
        let rule = match closing {
            Some(closing) => self.model.closes_by(closing.why),
            None => conclusion.map(|conclusion| conclusion.rule),
        };
        let decider = match closing {
            Some(closing) => closing.decider,
            None => conclusion.and_then(|conclusion| conclusion.decider),
        };
        let disputed = self.disputed(&sheet, rule);
        let change = self.change(&sheet, rule, decider);
        Checked {
            model: self.model,
            change_words: change
                .as_ref()
                .map(|_| self.change_words(&sheet, rule, decider))
                .unwrap_or_default(),
            change,
            sheet,
            verdict: conclusion.map(|conclusion| conclusion.verdict.clone()),
            rule,
            took: conclusion.map(|conclusion| Seconds(conclusion.at.since(self.began))),
            decided_by: decider.and_then(|index| self.log.summary(index)),
            exchanges: self.log.summaries(),
            findings: self.findings.iter().cloned().chain(self.log.slow()).collect(),
            counts: self.model.presents != Presents::Nothing,
            disputed,
            strict: false,
            portal_gone: false,
            lease: None,
            agent: self.agent.clone(),
            views: Vec::new(),
            project: self.log.entries.iter().filter_map(Entry::reply).find_map(Project::of),
        }
    }

    fn came_of_the_sheet(&self) -> Sheet {
        let Some(url) = self.sheet.clone() else { return Sheet::None };
        match (&self.shown, &self.closing) {
            (Some(Ok(page)), Some(closing)) => {
                let after =
                    self.read_until.map_or(Duration::ZERO, |until| (closing.at + READING).since(until));
                let because = match closing.why {
                    SheetClosed::CheckSucceeded | SheetClosed::Validated => {
                        "the phone's check took it for the internet"
                    }
                    _ => "the phone left the network",
                };
                let why = format!("{} after the page was there {because}", Seconds(after));
                Sheet::Closes { url, page: page.clone(), why }
            }
            (Some(Ok(page)), None) => Sheet::Shown { url, page: page.clone() },
            (Some(Err(why)), _) => Sheet::Empty { url, why: why.clone() },
            (None, _) => Sheet::Empty { url, why: "nothing came".into() },
        }
    }

    /// What sources contradict each other about, where it decided.
    fn disputed(&self, sheet: &Sheet, rule: Option<&Rule>) -> Vec<&'static Dispute> {
        let is_decided = |dispute: &&Dispute| {
            !matches!(sheet, Sheet::Closes { .. }) && rule.is_some_and(|rule| dispute.is_decided_by(rule))
        };
        let is_announced = |dispute: &&Dispute| {
            self.api_over_http
                && dispute.is_about_announced_apis()
                && self.model.rules().any(|rule| dispute.has_reading(rule))
        };
        disputes().filter(|dispute| is_decided(dispute) || is_announced(dispute)).collect()
    }

    /// The advice that holds for this model: what suits all readings, if a disputed one decided, and none where
    /// it would show nobody anything whatever a portal answered.
    fn change(&self, sheet: &Sheet, rule: Option<&Rule>, decider: Option<usize>) -> Option<String> {
        let is_portal = self.conclusion.as_ref().is_some_and(|conclusion| conclusion.verdict.is_portal());
        if self.model.presents == Presents::Nothing && !is_portal {
            return None;
        }
        if let Some(dispute) = deciding_dispute(sheet, rule) {
            return Some(format!("To be safe under every reading: {}.", dispute.safe(self.link.router)));
        }
        advice::change(self.place, sheet, &self.decided(decider))
    }

    /// What in the change is this phone's own, and what it says without the price of it.
    fn change_words(&self, sheet: &Sheet, rule: Option<&Rule>, decider: Option<usize>) -> ChangeWords {
        match deciding_dispute(sheet, rule) {
            Some(dispute) => {
                let safe = dispute.safe_at_any_price(self.link.router);
                let in_short = Some(format!("To be safe under every reading: {safe}."));
                let kind = dispute.is_about_private_addresses().then_some((ChangeKind::Address, self.place));
                ChangeWords { in_short, kind, ..ChangeWords::default() }
            }
            None => advice::words(self.place, sheet, &self.decided(decider)),
        }
    }

    fn decided(&self, decider: Option<usize>) -> advice::Decided<'_> {
        let entry = |index: usize| self.log.entries.get(index);
        let page = |entry: &&Entry| matches!(entry.of, ExchangeOwner::Sheet(_));
        advice::Decided { exchange: decider.and_then(entry), page: self.log.entries.iter().rfind(page) }
    }
}

/// What sources contradict each other about, if no sheet came because of it.
fn deciding_dispute(sheet: &Sheet, rule: Option<&Rule>) -> Option<&'static Dispute> {
    let deciding = |dispute: &&Dispute| rule.is_some_and(|rule| dispute.is_decided_by(rule));
    disputes().find(deciding).filter(|_| *sheet == Sheet::None)
}
