//! The owner as a state machine: what an owner does with what the phone shows, and when.
//!
//! Reads no clock and does no I/O: what is seen and `now` go in, what is done and the next moment
//! come out. Passphrases leave it in a [`Request`] only.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::deviation::{Deviation, Moment};
use super::form::{Method, Request};
use super::habits::{Habits, Leaving};
use super::io::{GaveUp, HomeNetwork, Input, Output};
use super::page::Page;
use super::reading::{self, NetworkName, Obstacle, SetupResult};

/// How often an owner lets the device search again when the network is not listed, or when no
/// passphrase worked. Chosen.
const SEARCHES: u32 = 2;

/// How many pages an owner goes through to find the form. Chosen.
const WAYS: u32 = 3;

/// From the first tap on a button to the second. Chosen: people need some 100 ms and devices some
/// tens to answer; the simulated device answers within milliseconds, and what matters is that the
/// second tap comes before the answer does.
const DOUBLE_TAP_DELAY: Duration = Duration::from_millis(3);

/// The longest look at a page before the owner deviates, so that a page that refreshes automatically is still
/// there. Chosen.
const LONGEST_GLANCE: Duration = Duration::from_secs(1);

/// How long after an attempt to come back to the portal the owner makes the next one. Chosen.
const COME_BACK_INTERVAL: Duration = Duration::from_secs(15);

/// A device that tries what somebody else has typed answers a form with it: Conflict (RFC 9110, section 15.5.10).
const CONFLICT: u16 = 409;

/// What the owner is about to do.
enum PlannedAction {
    Tap,
    OpenBrowser,
    OpenWifiSettings,
    ComeBack,
    Search(Request),
    Submit(Request),
    SubmitAgain(Request),
    Follow(Url),
    Deviate(Deviation),
    TakeResult(SetupResult),
}

impl PlannedAction {
    fn in_words(&self) -> &'static str {
        match self {
            Self::Tap => "taps the notification",
            Self::OpenBrowser => "opens the browser",
            Self::OpenWifiSettings => "opens the Wi-Fi settings",
            Self::ComeBack => "comes back to the portal",
            Self::Search(_) => "goes on by a button or a link",
            Self::Submit(_) | Self::SubmitAgain(_) => "sends the form",
            Self::Follow(_) => "goes on to the next page",
            Self::Deviate(Deviation::GoBack) => "goes back to the form",
            Self::Deviate(Deviation::CloseForm | Deviation::CloseAnswer | Deviation::CloseResult) => {
                "closes the page"
            }
            Self::Deviate(_) => "loads the page again",
            Self::TakeResult(_) => "has read the result",
        }
    }
}

/// The place where the owner sees the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Screen {
    Nothing,
    Sheet,
    Browser,
}

/// The owner.
pub struct Owner {
    home: HomeNetwork,
    /// The code on the device's label, if the owner reads it there.
    code: Option<String>,
    habits: Habits,
    plan: Option<(Instant, PlannedAction)>,
    done: VecDeque<Output>,
    screen: Screen,
    /// The deviations that are still to be made.
    deviations: Vec<Deviation>,
    /// What was asked for last.
    asked: Option<Request>,
    /// What the browser asks for when the page on the screen is loaded again.
    shown: Option<Request>,
    /// The form as it was last seen, for going back to it.
    form_seen: Option<Page>,
    /// The browser showed nothing.
    browser_failed: bool,
    /// Nothing more is done: the owner has read the result, or has given up.
    finished: bool,
    gives_up_at: Option<Instant>,
    /// Where the form was seen, to come back to.
    portal: Option<Url>,
    /// Which passphrase is next.
    attempt: usize,
    repeats: u32,
    /// The form was sent, and its result is not known yet.
    submitted: bool,
    /// The device was busy with what somebody else had typed, and has not taken the form.
    turned_away: bool,
    /// A page has said that the access point goes away while the device tries.
    absence_announced: bool,
    /// As `submitted`, also while the owner has gone back to the form as it was before.
    waits_for_result: bool,
    /// When the owner takes the device for set up, if its access point stays away until then.
    set_up_at: Option<Instant>,
    pages: u32,
    failures: u32,
    /// How often the owner let the device search again.
    searches: u32,
    /// How often the owner went on to where the form may be.
    ways: u32,
    /// The owner has chosen the network by a link of its name.
    has_chosen: bool,
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owner")
            .field("home", &self.home)
            .field("attempt", &self.attempt)
            .field("screen", &self.screen)
            .field("deviations", &self.deviations)
            .field("pages", &self.pages)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}

impl Owner {
    /// An owner who wants the device on this network.
    pub fn new(home: HomeNetwork, habits: Habits) -> Self {
        Self {
            home,
            code: None,
            habits,
            plan: None,
            done: VecDeque::new(),
            screen: Screen::Nothing,
            deviations: Vec::new(),
            asked: None,
            shown: None,
            form_seen: None,
            browser_failed: false,
            finished: false,
            gives_up_at: None,
            portal: None,
            attempt: 0,
            repeats: 0,
            submitted: false,
            turned_away: false,
            absence_announced: false,
            waits_for_result: false,
            set_up_at: None,
            pages: 0,
            failures: 0,
            searches: 0,
            ways: 0,
            has_chosen: false,
        }
    }

    /// The owner is the one of `before`, who begins anew, and knows still that the access point goes away for a
    /// try that is under way.
    pub(crate) fn remembers(&mut self, before: &Self) {
        self.absence_announced = before.absence_announced;
        self.waits_for_result = before.waits_for_result;
        self.set_up_at = before.set_up_at;
    }

    /// The owner has this code before them, on the device's label.
    pub(crate) fn reads_label(&mut self, code: Option<String>) {
        self.code = code;
    }

    /// The owner will make this deviation, too.
    pub fn deviates(&mut self, deviation: Deviation) {
        self.deviations.push(deviation);
    }

    /// The deviations that the owner has not made yet.
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// Takes what the phone shows.
    pub fn handle(&mut self, input: Input, now: Instant) {
        match input {
            Input::Deactivate => {
                self.finished = true;
                self.plan = None;
                self.done.clear();
            }
            _ if self.finished => {}
            Input::SheetClosed => {
                // It does not matter why it closed: the owner has no result yet.
                if self.screen == Screen::Sheet {
                    self.screen = Screen::Nothing;
                    self.plan = Some((now + self.habits.noticing, PlannedAction::ComeBack));
                }
            }
            Input::Notified => {
                self.begin(now);
                if self.screen == Screen::Nothing && !matches!(self.plan, Some((_, PlannedAction::Tap))) {
                    let by_browser = self.habits.opens.is_browser() && !self.browser_failed;
                    let action = if by_browser { PlannedAction::OpenBrowser } else { PlannedAction::Tap };
                    self.plan = Some((now + self.habits.noticing, action));
                }
            }
            Input::AccessPointLost => self.access_point_lost(now),
            Input::AccessPointJoined => self.access_point_joined(now),
            Input::SheetOpened { url } => self.opened(Screen::Sheet, Some(url), now),
            Input::BrowserOpened => self.opened(Screen::Browser, None, now),
            Input::PageLoaded { url, status, page } => {
                self.begin(now);
                self.pages += 1;
                if self.pages > self.habits.pages {
                    self.give_up(GaveUp::TooManyPages);
                } else {
                    self.shown = Some(self.behind(&url));
                    self.look_at(*page, status, now);
                }
            }
            // It went as its page had said.
            Input::PageFailed { .. } if self.set_up_at.is_some() => {}
            Input::PageFailed { url } => {
                self.begin(now);
                self.try_again(url, GaveUp::NoPage, now);
            }
            Input::Deadline => self.at(now),
        }
    }

    fn opened(&mut self, screen: Screen, loads: Option<Url>, now: Instant) {
        self.begin(now);
        self.screen = screen;
        self.plan = None;
        self.asked = loads.map(Request::get);
    }

    /// The phone is on the access point. An owner who knows that its sheet may wait gives it a while.
    fn access_point_joined(&mut self, now: Instant) {
        self.set_up_at = None;
        if let (Screen::Nothing, None, Some(wait)) = (self.screen, &self.plan, self.habits.opening_settings) {
            self.plan = Some((now + wait, PlannedAction::OpenWifiSettings));
        }
    }

    /// Where the owner had been told that the access point goes away for a try, the owner looks for it again
    /// from time to time, and takes the device for set up when it stays away.
    fn access_point_lost(&mut self, now: Instant) {
        if !self.expects_absence() {
            return;
        }
        self.set_up_at = Some(now + self.habits.absence);
        self.plan = Some((now + COME_BACK_INTERVAL, PlannedAction::ComeBack));
        if self.screen == Screen::Browser {
            self.screen = Screen::Nothing;
        }
    }

    /// What the browser asks for when a page from `url` is loaded again: the form once more, where
    /// the page is the answer to it. (One that is reached by 307 from a form is taken for a GET.)
    fn behind(&self, url: &Url) -> Request {
        match &self.asked {
            Some(asked) if asked.method == Method::Post && asked.url == *url => asked.clone(),
            _ => Request::get(url.clone()),
        }
    }

    /// The next thing done, in order.
    #[must_use]
    pub fn poll(&mut self) -> Option<Output> {
        self.done.pop_front()
    }

    /// When to pass [`Input::Deadline`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.finished {
            return None;
        }
        self.plan.iter().map(|(at, _)| *at).chain(self.gives_up_at).chain(self.set_up_at).min()
    }

    /// Whether the owner does nothing more, having read the result or given up.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// What the owner is about to do or waits for, in words.
    #[must_use]
    pub fn intends(&self) -> String {
        let seconds = |at: Instant| at.as_micros() as f64 / 1e6;
        let screen = match self.screen {
            Screen::Nothing => "the portal",
            Screen::Sheet => "a page in the sheet",
            Screen::Browser => "a page in the browser",
        };
        if let Some(at) = self.set_up_at {
            return format!("waits whether the access point stays away, until {:.3} s", seconds(at));
        }
        match (&self.plan, self.gives_up_at) {
            (Some((at, action)), _) => format!("{} at {:.3} s", action.in_words(), seconds(*at)),
            (None, Some(at)) => format!("waits for {screen}, until {:.3} s at most", seconds(at)),
            (None, None) => "waits for a first sign of the portal".into(),
        }
    }

    /// Whether the owner waits for a device that a page has said cannot be reached meanwhile.
    fn expects_absence(&self) -> bool {
        self.waits_for_result && self.absence_announced
    }

    /// Whether what was typed was sent, by a page that has said that it cannot be reached while the device tries.
    pub(crate) fn was_told_of_absence(&self) -> bool {
        self.submitted && self.absence_announced
    }

    fn begin(&mut self, now: Instant) {
        self.gives_up_at.get_or_insert(now + self.habits.timeout);
    }

    fn at(&mut self, now: Instant) {
        if self.gives_up_at.is_some_and(|at| at <= now) {
            self.give_up(GaveUp::TimedOut);
        } else if self.set_up_at.is_some_and(|at| at <= now) {
            self.end();
            self.done.push_back(Output::TakeForSetUp);
        } else if let Some((_, action)) = self.plan.take_if(|(at, _)| *at <= now) {
            self.carry_out(action, now);
        }
    }

    fn carry_out(&mut self, action: PlannedAction, now: Instant) {
        match action {
            PlannedAction::Tap => self.done.push_back(Output::TapNotification),
            PlannedAction::OpenBrowser => self.done.push_back(Output::OpenBrowser),
            PlannedAction::OpenWifiSettings => self.done.push_back(Output::OpenWifiSettings),
            PlannedAction::ComeBack => {
                self.done.push_back(Output::ComeBack);
                let interval = self.habits.noticing.max(COME_BACK_INTERVAL);
                self.plan = Some((now + interval, PlannedAction::ComeBack));
            }
            PlannedAction::Follow(url) => self.load(Request::get(url)),
            PlannedAction::Search(request) => self.load(request),
            PlannedAction::Submit(request) => {
                (self.submitted, self.waits_for_result, self.turned_away) = (true, true, false);
                self.load(request.clone());
                if self.deviations.contains(&Deviation::SubmitTwice) {
                    self.plan = Some((now + DOUBLE_TAP_DELAY, PlannedAction::SubmitAgain(request)));
                }
            }
            PlannedAction::SubmitAgain(request) => {
                self.is_done(Deviation::SubmitTwice);
                self.load(request);
            }
            PlannedAction::Deviate(deviation) => self.deviate(deviation, now),
            PlannedAction::TakeResult(result) => {
                self.end();
                self.done.push_back(Output::Read(result));
                if self.screen == Screen::Sheet {
                    self.done.push_back(match self.habits.leaving {
                        Leaving::PressDone => Output::PressDone,
                        Leaving::Close => Output::CloseSheet,
                    });
                }
            }
        }
    }

    fn load(&mut self, request: Request) {
        self.asked = Some(request.clone());
        self.done.push_back(Output::Load(request));
    }

    fn look_at(&mut self, page: Page, status: u16, now: Instant) {
        self.plan = None;
        self.turned_away |= self.submitted && status == CONFLICT;
        let failures = std::mem::take(&mut self.failures);
        let asks = reading::setup_form(&page, self.has_chosen).is_some();
        if asks {
            self.portal = Some(page.url.clone());
            self.waits_for_result = false;
        }
        let result = reading::result(&page, &self.home.ssid, self.portal.as_ref()).filter(|_| !asks);
        self.absence_announced = reading::announces_absence(&page) || (!asks && self.absence_announced);
        if let Some(deviation) = self.deviation_for(asks, result.is_some()) {
            self.plan =
                Some((now + LONGEST_GLANCE.min(self.habits.reading / 4), PlannedAction::Deviate(deviation)));
        } else if asks {
            self.fill_in(&page, now);
            self.form_seen = Some(page);
        } else if let Some(result) = result {
            self.plan = Some((now + self.habits.reading, PlannedAction::TakeResult(result)));
        } else if let Some(refresh) = &page.refresh {
            self.plan = Some((now + refresh.after, PlannedAction::Follow(refresh.url.clone())));
        } else if self.expects_absence() && status < 400 {
            // The access point goes any moment; if it does not, the page may know more.
            self.plan = Some((now + self.habits.absence, PlannedAction::Follow(page.url)));
        } else if status >= 400 {
            self.failures = failures;
            self.try_again(page.url, GaveUp::Broken(status), now);
        } else if self.submitted {
            self.give_up(GaveUp::NotTold);
        } else {
            self.look_for_form(&page, now);
        }
    }

    /// The page has no form for the network: goes where a link or a button leads to it, a few times.
    fn look_for_form(&mut self, page: &Page, now: Instant) {
        let network = reading::network_link(page, &self.home.ssid);
        self.has_chosen |= network.is_some();
        match network.or_else(|| reading::way_to_form(page)) {
            Some(request) if self.ways < WAYS => {
                self.ways += 1;
                self.plan = Some((now + self.habits.reading, PlannedAction::Search(request)));
            }
            _ => self.give_up(GaveUp::NoForm),
        }
    }

    /// The deviation whose moment has come with this page: one that asks for a network, or shows the result.
    fn deviation_for(&self, asks: bool, is_result: bool) -> Option<Deviation> {
        let moment = match (is_result, self.submitted, asks) {
            (true, _, _) => Moment::Result,
            (false, true, _) => Moment::Answer,
            (false, false, true) => Moment::Form,
            (false, false, false) => return None,
        };
        // There is nothing to go back to from a page that is the form itself.
        let possible =
            |deviation: &Deviation| *deviation != Deviation::GoBack || (!asks && self.form_seen.is_some());
        self.deviations
            .iter()
            .copied()
            .find(|deviation| deviation.moment() == Some(moment) && possible(deviation))
    }

    /// A deviation is being made, and is not made again.
    fn is_done(&mut self, deviation: Deviation) {
        if let Some(index) = self.deviations.iter().position(|other| *other == deviation) {
            self.deviations.remove(index);
        }
        self.done.push_back(Output::Deviates(deviation));
    }

    fn deviate(&mut self, deviation: Deviation, now: Instant) {
        self.is_done(deviation);
        match deviation {
            Deviation::CloseForm | Deviation::CloseAnswer | Deviation::CloseResult => match self.screen {
                // The phone says when it is closed.
                Screen::Sheet => self.done.push_back(Output::CloseSheet),
                Screen::Browser | Screen::Nothing => {
                    self.screen = Screen::Nothing;
                    self.plan = Some((now + self.habits.noticing, PlannedAction::ComeBack));
                }
            },
            Deviation::ReloadForm | Deviation::ReloadAnswer | Deviation::ReloadResult => {
                if let Some(request) = self.shown.clone() {
                    self.load(request);
                }
            }
            Deviation::GoBack => {
                self.submitted = false;
                // If a wrong passphrase was typed, it is the reason to go back.
                if self.attempt + 1 < self.home.passphrases.len() {
                    self.attempt += 1;
                }
                if let Some(mut page) = self.form_seen.clone() {
                    page.refresh = None;
                    self.fill_in(&page, now);
                }
            }
            // Made when the form is sent.
            Deviation::SubmitTwice => {}
        }
    }

    /// Plans to send the form, unless the page is replaced by its own refresh before that.
    fn fill_in(&mut self, page: &Page, now: Instant) {
        if self.submitted && !self.learn_from(page.alert.as_deref()) {
            // The network that was picked may only look like the owner's.
            return self.search_again(page, GaveUp::NothingWorked, now);
        }
        let Some(form) = reading::setup_form(page, self.has_chosen) else { return };
        let passphrase = self.home.passphrases.get(self.attempt).map_or("", String::as_str);
        // One who has typed the right name types it again.
        let is_doubted = page.alert.as_deref().is_some_and(reading::doubts_name);
        self.home.typed.take_if(|typed| is_doubted && *typed != self.home.ssid);
        let network = match &self.home.typed {
            Some(typed) => NetworkName::Typed(typed),
            None => NetworkName::Chosen(&self.home.ssid),
        };
        let filled = reading::fill_in(form, network, passphrase, self.code.as_deref());
        let refresh =
            page.refresh.as_ref().map(|next| (now + next.after, PlannedAction::Follow(next.url.clone())));
        self.plan = match (filled, refresh) {
            (Ok((form, typed)), refresh) => {
                let typing = self.habits.typing * u32::try_from(typed).unwrap_or(u32::MAX);
                let sent = now + self.habits.reading + typing;
                match refresh {
                    Some((at, follow)) if at < sent => Some((at, follow)),
                    _ => Some((sent, PlannedAction::Submit(form.submission()))),
                }
            }
            // The list may still grow.
            (Err(_), Some(refresh)) => Some(refresh),
            (Err(Obstacle::NetworkNotOffered), None) => {
                return self.search_again(page, GaveUp::NetworkNotOffered, now);
            }
            (Err(Obstacle::Unanswered(question)), None) => return self.give_up(GaveUp::Unanswered(question)),
        };
    }

    /// Lets the device search again, or gives up for that reason.
    fn search_again(&mut self, page: &Page, otherwise: GaveUp, now: Instant) {
        match reading::search_again(page) {
            Some(form) if self.searches < SEARCHES => {
                self.searches += 1;
                self.plan = Some((now + self.habits.reading, PlannedAction::Search(form.submission())));
            }
            _ => self.give_up(otherwise),
        }
    }

    /// The form came back. Decides which passphrase is tried next, and returns whether any is. A page
    /// without an alert gives no reason, so the same passphrase is tried again. Who was turned away learns nothing from
    /// what became of somebody else's form: tries the same again.
    fn learn_from(&mut self, alert: Option<&str>) -> bool {
        self.submitted = false;
        if std::mem::take(&mut self.turned_away) {
            return true;
        }
        let worn_out = self.repeats >= self.habits.repeats;
        let blamed = alert.is_some_and(reading::blames_passphrase);
        if (blamed || worn_out) && self.attempt + 1 < self.home.passphrases.len() {
            self.attempt += 1;
            self.repeats = 0;
            return true;
        }
        self.repeats += 1;
        !worn_out
    }

    /// Loads a page again after a while, or the page of the form in its place: a failed page may be the
    /// answer to a form, which is not sent twice unseen.
    fn try_again(&mut self, url: Url, otherwise: GaveUp, now: Instant) {
        self.failures += 1;
        if self.failures > self.habits.reloads {
            return self.give_up(otherwise);
        }
        let action = match (self.screen, &otherwise) {
            // The browser shows nothing, so the owner tries what the phone offers.
            (Screen::Browser, GaveUp::NoPage) => {
                (self.screen, self.browser_failed) = (Screen::Nothing, true);
                PlannedAction::ComeBack
            }
            // A computer's browser has gone elsewhere: the label's address is typed.
            (Screen::Sheet, GaveUp::NoPage)
                if self.habits.has_address_bar && self.habits.opens.is_browser() && !self.browser_failed =>
            {
                self.browser_failed = true;
                PlannedAction::OpenBrowser
            }
            _ => PlannedAction::Follow(self.portal.clone().unwrap_or(url)),
        };
        self.plan = Some((now + self.habits.reloading, action));
    }

    /// Nothing more is done, and nothing waited for.
    fn end(&mut self) {
        self.finished = true;
        (self.waits_for_result, self.set_up_at) = (false, None);
    }

    fn give_up(&mut self, why: GaveUp) {
        self.end();
        self.plan = None;
        self.done.push_back(Output::GaveUp(why));
        if self.screen == Screen::Sheet {
            self.done.push_back(Output::CloseSheet);
        }
    }
}
