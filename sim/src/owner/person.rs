//! The owner as a state machine: what a person does with what the phone shows, and when.
//!
//! Reads no clock and does no I/O: what is seen and `now` go in, what is done and the next moment
//! come out. Passphrases leave it in a [`Request`] only.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use thiserror::Error;
use url::Url;
use vestibule_core::Instant;

use super::form::Request;
use super::page::Page;
use super::reading::{self, Obstacle, Outcome};

/// What the owner knows of the home network.
#[derive(Clone)]
pub struct HomeNetwork {
    /// Its name, any bytes.
    pub ssid: Vec<u8>,
    /// What to try, in this order: mistakes first, the right one last. None for an open network.
    pub passphrases: Vec<String>,
}

impl fmt::Debug for HomeNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HomeNetwork({}, {} passphrases hidden)", self.ssid.escape_ascii(), self.passphrases.len())
    }
}

/// How the owner leaves the sheet after reading the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// By its "Done" button.
    PressDone,
    /// By closing it.
    Close,
}

/// How the owner goes about it. The defaults are a person who is neither hasty nor slow.
#[derive(Clone, Debug)]
pub struct Habits {
    /// From a notification to the tap on it.
    pub noticing: Duration,
    /// Reading a page, before anything is done about it.
    pub reading: Duration,
    /// Typing one character.
    pub typing: Duration,
    /// From a page that failed to load to the next try.
    pub reloading: Duration,
    /// How often a page may fail to load in a row.
    pub reloads: u32,
    /// How often the same passphrase is sent again, when it is not to blame or the last one.
    pub repeats: u32,
    /// After how many pages the owner gives up.
    pub pages: u32,
    /// How long after the first sign of the portal the owner gives up.
    pub patience: Duration,
    /// How the sheet is left.
    pub leaving: Leaving,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            noticing: Duration::from_secs(3),
            reading: Duration::from_secs(4),
            typing: Duration::from_millis(300),
            reloading: Duration::from_secs(5),
            reloads: 6,
            repeats: 2,
            pages: 200,
            patience: Duration::from_secs(15 * 60),
            leaving: Leaving::PressDone,
        }
    }
}

/// What the phone shows its owner.
pub enum Input {
    /// A notification of the portal.
    Notified,
    /// The sign-in sheet opened. It loads `url` of its own accord; the page follows as
    /// [`Input::PageLoaded`] or [`Input::PageFailed`].
    SheetOpened {
        /// What it loads.
        url: Url,
    },
    /// The sheet went away.
    SheetClosed,
    /// A page is on the screen.
    PageLoaded {
        /// Its status.
        status: u16,
        /// What it shows.
        page: Box<Page>,
    },
    /// No page came: no connection, no answer.
    PageFailed {
        /// What was asked for.
        url: Url,
    },
    /// The moment of [`Person::poll_timeout`] has come.
    Deadline,
    /// The owner is taken out of the world and does nothing more.
    Deactivate,
}

/// What the owner does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Taps the notification.
    TapNotification,
    /// Makes the browser load something: a form sent, a page followed or loaded again.
    Load(Request),
    /// Has read the result.
    Read(Outcome),
    /// Presses the sheet's "Done".
    PressDone,
    /// Closes the sheet.
    CloseSheet,
    /// Gives up; says why.
    GaveUp(GaveUp),
}

/// Why the owner gave up.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GaveUp {
    /// The page asks for nothing that would set a device up.
    #[error("the page has no form for a network and its passphrase")]
    NoForm,
    /// The network can neither be picked nor typed.
    #[error("the page neither lists the network nor lets its name be typed")]
    NetworkNotOffered,
    /// The form insists on something else.
    #[error("the form insists on an answer to \"{0}\"")]
    Unanswered(String),
    /// Every passphrase was tried, the last one several times.
    #[error("no passphrase led to a connection")]
    NothingWorked,
    /// The form was sent, and what came of it was never said.
    #[error("the page after the form says neither what came of it nor goes on")]
    NotTold,
    /// Page after page failed to load.
    #[error("no page came, time after time")]
    NoPage,
    /// Page after page was a server's error.
    #[error("the server answered with status {0}, time after time")]
    Broken(u16),
    /// [`Habits::pages`] were seen.
    #[error("so many pages and no end")]
    TooManyPages,
    /// [`Habits::patience`] is over.
    #[error("it took too long")]
    OutOfPatience,
}

/// How often an owner whose network is not listed lets the device search again. Chosen.
const SEARCHES: u32 = 2;

/// What the owner is about to do.
enum Act {
    Tap,
    Search(Request),
    Submit(Request),
    Follow(Url),
    Tell(Outcome),
}

/// The owner.
pub struct Person {
    home: HomeNetwork,
    habits: Habits,
    plan: Option<(Instant, Act)>,
    done: VecDeque<Output>,
    sheet_open: bool,
    /// Nothing more is done: the result was read, or hope given up.
    finished: bool,
    gives_up_at: Option<Instant>,
    /// Where the form was seen, to come back to.
    portal: Option<Url>,
    /// Which passphrase is next.
    attempt: usize,
    repeats: u32,
    /// The form was sent and what came of it is not yet known.
    submitted: bool,
    pages: u32,
    failures: u32,
    /// How often the device was made to search again.
    searches: u32,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("home", &self.home)
            .field("attempt", &self.attempt)
            .field("pages", &self.pages)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}

impl Person {
    /// An owner who wants the device on this network.
    pub fn new(home: HomeNetwork, habits: Habits) -> Self {
        Self {
            home,
            habits,
            plan: None,
            done: VecDeque::new(),
            sheet_open: false,
            finished: false,
            gives_up_at: None,
            portal: None,
            attempt: 0,
            repeats: 0,
            submitted: false,
            pages: 0,
            failures: 0,
            searches: 0,
        }
    }

    /// Takes what the phone shows.
    pub fn handle(&mut self, input: Input, now: Instant) {
        match input {
            Input::SheetClosed => {
                self.sheet_open = false;
                self.plan = None;
            }
            Input::Deactivate => {
                self.finished = true;
                self.plan = None;
                self.done.clear();
            }
            _ if self.finished => {}
            Input::Notified => {
                self.begin(now);
                if !self.sheet_open {
                    self.plan.get_or_insert((now + self.habits.noticing, Act::Tap));
                }
            }
            Input::SheetOpened { url: _ } => {
                self.begin(now);
                self.sheet_open = true;
                self.plan = None;
            }
            Input::PageLoaded { status, page } => {
                self.begin(now);
                self.pages += 1;
                if self.pages > self.habits.pages {
                    self.give_up(GaveUp::TooManyPages);
                } else {
                    self.look_at(&page, status, now);
                }
            }
            Input::PageFailed { url } => {
                self.begin(now);
                self.try_again(url, GaveUp::NoPage, now);
            }
            Input::Deadline => self.at(now),
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
        self.plan.iter().map(|(at, _)| *at).chain(self.gives_up_at).min()
    }

    /// Whether nothing more is done: the result was read, or hope given up.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    fn begin(&mut self, now: Instant) {
        self.gives_up_at.get_or_insert(now + self.habits.patience);
    }

    fn at(&mut self, now: Instant) {
        if self.gives_up_at.is_some_and(|at| at <= now) {
            self.give_up(GaveUp::OutOfPatience);
        } else if let Some((_, act)) = self.plan.take_if(|(at, _)| *at <= now) {
            match act {
                Act::Tap => self.done.push_back(Output::TapNotification),
                Act::Follow(url) => self.done.push_back(Output::Load(Request::get(url))),
                Act::Search(request) => self.done.push_back(Output::Load(request)),
                Act::Submit(request) => {
                    self.submitted = true;
                    self.done.push_back(Output::Load(request));
                }
                Act::Tell(outcome) => {
                    self.finished = true;
                    self.done.push_back(Output::Read(outcome));
                    self.done.push_back(match self.habits.leaving {
                        Leaving::PressDone => Output::PressDone,
                        Leaving::Close => Output::CloseSheet,
                    });
                }
            }
        }
    }

    fn look_at(&mut self, page: &Page, status: u16, now: Instant) {
        self.plan = None;
        let failures = std::mem::take(&mut self.failures);
        if reading::setup_form(page).is_some() {
            self.portal = Some(page.url.clone());
            self.fill_in(page, now);
        } else if let Some(outcome) = reading::result(page, &self.home.ssid, self.portal.as_ref()) {
            self.plan = Some((now + self.habits.reading, Act::Tell(outcome)));
        } else if let Some(refresh) = &page.refresh {
            self.plan = Some((now + refresh.after, Act::Follow(refresh.url.clone())));
        } else if status >= 400 {
            self.failures = failures;
            self.try_again(page.url.clone(), GaveUp::Broken(status), now);
        } else {
            self.give_up(if self.submitted { GaveUp::NotTold } else { GaveUp::NoForm });
        }
    }

    /// Plans to send the form, unless the page goes on by itself before that is done.
    fn fill_in(&mut self, page: &Page, now: Instant) {
        if self.submitted && !self.learn_from(page.alert.as_deref()) {
            return self.give_up(GaveUp::NothingWorked);
        }
        let Some(form) = reading::setup_form(page) else { return };
        let passphrase = self.home.passphrases.get(self.attempt).map_or("", String::as_str);
        let filled = reading::fill_in(form, &self.home.ssid, passphrase);
        let refresh = page.refresh.as_ref().map(|next| (now + next.after, Act::Follow(next.url.clone())));
        self.plan = match (filled, refresh) {
            (Ok((form, typed)), refresh) => {
                let typing = self.habits.typing * u32::try_from(typed).unwrap_or(u32::MAX);
                let sent = now + self.habits.reading + typing;
                match refresh {
                    Some((at, follow)) if at < sent => Some((at, follow)),
                    _ => Some((sent, Act::Submit(form.submission()))),
                }
            }
            // The list may still grow.
            (Err(_), Some(refresh)) => Some(refresh),
            (Err(Obstacle::NetworkNotOffered), None) => match reading::search_again(page) {
                Some(form) if self.searches < SEARCHES => {
                    self.searches += 1;
                    Some((now + self.habits.reading, Act::Search(form.submission())))
                }
                _ => return self.give_up(GaveUp::NetworkNotOffered),
            },
            (Err(Obstacle::Unanswered(question)), None) => return self.give_up(GaveUp::Unanswered(question)),
        };
    }

    /// The form came back: what is tried next, and whether anything is. Without an alert nothing
    /// was said, and the same is tried again.
    fn learn_from(&mut self, alert: Option<&str>) -> bool {
        self.submitted = false;
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

    /// Loads a page again after a while, or where the form was, for nobody sends a form twice
    /// without looking.
    fn try_again(&mut self, url: Url, otherwise: GaveUp, now: Instant) {
        self.failures += 1;
        if self.failures > self.habits.reloads {
            return self.give_up(otherwise);
        }
        let url = self.portal.clone().unwrap_or(url);
        self.plan = Some((now + self.habits.reloading, Act::Follow(url)));
    }

    fn give_up(&mut self, why: GaveUp) {
        self.finished = true;
        self.plan = None;
        self.done.push_back(Output::GaveUp(why));
        if self.sheet_open {
            self.done.push_back(Output::CloseSheet);
        }
    }
}
