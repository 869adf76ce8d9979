//! The vocabulary of the tables that a phone runs on: what it believes of the network, whether its
//! sign-in page is open, what can happen, and what it does then.
//!
//! A table is data. [`super::machine::Machine`] looks its rows up and carries them out, and
//! `vestibule phones --explain` prints them; there is no second description.

use std::fmt;
use std::time::Duration;

use super::output::{Button, Departure, SheetClosed};
use super::rule::Rule;
use super::verdict::Verdict;

/// What the phone believes of the network that it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PhoneState {
    /// Nothing yet: the first check runs.
    Unknown,
    /// The last check found a portal.
    Portal,
    /// It did, and the sheet waits until the owner has a networking app in front.
    PortalWaits,
    /// The last check failed.
    Failed,
    /// The network is used.
    Online,
    /// The owner uses the network without internet.
    AsIs,
}

/// The sign-in page: the sheet, or the browser in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SheetState {
    Closed,
    Open,
    /// Open, and the way out is "Done".
    OpenDone,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A check ended like this.
    Portal,
    /// It found a portal while neither Wi-Fi settings nor a networking app were in front of the owner. In a
    /// table without a row for that it is [`Event::Portal`].
    PortalUnattended,
    Online,
    Partial,
    NotCaptive,
    Inconclusive,
    NoInternet,
    NamesRedirected,
    /// The time of the question whether to stay has come.
    DialogTime,
    /// The owner opens the Wi-Fi settings or a networking app.
    NetworkingApp,
    /// The owner taps the notification.
    Tap,
    PageStarted,
    PageFinished,
    /// The page's own check was answered 204.
    PageCheckSucceeded,
    Cancel,
    Done,
    UseAsIs,
    DoNotUse,
    /// The owner answers the question whether to stay.
    Stay,
    DoNotStay,
}

/// One thing that the phone does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PhoneAction {
    /// Shows the notification, unless it is there already or unwanted.
    Notify,
    /// Takes the notification away.
    Unnotify,
    /// Shows no notification any more.
    Silence,
    OpenPage,
    /// Opens no page yet, and says so.
    WaitForApp,
    ClosePage(SheetClosed),
    ShowButton(Button),
    /// Asks the owner whether to stay.
    Ask,
    /// Takes that question back.
    PutAway,
    /// Asks for a check. If one runs, the next begins after it.
    Check,
    /// Ends a running check without a conclusion.
    StopChecking,
    /// From now on only HTTP is checked.
    HttpAlone,
    /// The page asks the probe's URL itself, a second later.
    PageChecks,
    /// Counts the network as online.
    CountAsOnline,
    Leave(Departure),
}

/// One row of the table: which events it takes in which states, and what follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transition {
    /// The states in which it applies; none means all.
    pub(super) state: &'static [PhoneState],
    /// The states of the sign-in page in which it applies; none means all.
    pub(super) sheet: &'static [SheetState],
    pub(super) on: &'static [Event],
    /// The state from then on; `None` leaves it as it is.
    pub(super) to: Option<PhoneState>,
    pub(super) actions: &'static [PhoneAction],
    pub(super) rule: &'static Rule,
}

impl Transition {
    pub(super) fn fits(&self, state: PhoneState, sheet: SheetState, on: Event) -> bool {
        (self.state.is_empty() || self.state.contains(&state))
            && (self.sheet.is_empty() || self.sheet.contains(&sheet))
            && self.on.contains(&on)
    }
}

/// When a phone checks again of its own accord.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recheck {
    pub(super) state: PhoneState,
    pub(super) after: RecheckDelay,
    pub(super) rule: &'static Rule,
}

/// The time until a phone checks again.
#[derive(Clone, Copy, Debug)]
pub(super) enum RecheckDelay {
    /// Always the same.
    Always(Duration),
    /// Exponential backoff: twice as long every time, from `first` on.
    Doubling { first: Duration, longest: Duration },
    /// `apart` until there have been so many `tries`, `then` after that.
    Tries { tries: u32, apart: Duration, then: Duration },
    /// `first`, and `times` as long after every `checks` checks.
    Growing { first: Duration, times: u32, checks: u32, longest: Duration },
}

impl RecheckDelay {
    /// The delay after the check that was number `checks` (from 1) of its kind in a row.
    pub(super) fn delay(self, checks: u32) -> Duration {
        let before = checks.saturating_sub(1);
        match self {
            Self::Always(wait) => wait,
            Self::Doubling { first, longest } => {
                first.saturating_mul(2u32.saturating_pow(before)).min(longest)
            }
            Self::Tries { tries, apart, .. } if checks < tries => apart,
            Self::Tries { then, .. } => then,
            Self::Growing { first, times, checks: every, longest } => {
                first.saturating_mul(times.saturating_pow(before / every.max(1))).min(longest)
            }
        }
    }

    /// Whether a check after this delay counts as a further attempt, not as a first one.
    pub(super) fn keeps_counting(self) -> bool {
        !matches!(self, Self::Always(_))
    }
}

/// The question whether to stay on a network without internet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialog {
    pub(super) after: Duration,
    pub(super) rule: &'static Rule,
}

/// Everything that drives a [`super::machine::Machine`], except its check.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behaviour {
    /// The first row that fits is carried out.
    pub(super) transitions: &'static [Transition],
    pub(super) rechecks: &'static [Recheck],
    pub(super) dialog: Option<Dialog>,
    /// After a failed check, requests to check again are ignored before this many attempts.
    pub(super) ignored_attempts: u32,
    /// The `User-Agent` of the sign-in page's browser.
    pub(super) browser: &'static str,
}

impl Behaviour {
    /// Of a system that asks nobody anything and heeds every request to check again.
    pub(super) const fn new(
        transitions: &'static [Transition],
        rechecks: &'static [Recheck],
        browser: &'static str,
    ) -> Self {
        Self { transitions, rechecks, dialog: None, ignored_attempts: 0, browser }
    }
}

impl Event {
    /// Whether it is the end of a check.
    pub(super) fn is_verdict(self) -> bool {
        matches!(
            self,
            Self::Portal
                | Self::PortalUnattended
                | Self::Online
                | Self::Partial
                | Self::NotCaptive
                | Self::Inconclusive
                | Self::NoInternet
                | Self::NamesRedirected
        )
    }

    pub(super) fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Portal { .. } => Self::Portal,
            Verdict::Online => Self::Online,
            Verdict::Partial => Self::Partial,
            Verdict::NotCaptive => Self::NotCaptive,
            Verdict::Inconclusive => Self::Inconclusive,
            Verdict::NoInternet => Self::NoInternet,
            Verdict::NamesRedirected => Self::NamesRedirected,
        }
    }
}

impl fmt::Display for PhoneState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "just joined",
            Self::Portal => "portal",
            Self::PortalWaits => "portal, sheet waits",
            Self::Failed => "failed",
            Self::Online => "online",
            Self::AsIs => "as it is",
        })
    }
}

impl fmt::Display for SheetState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "page closed",
            Self::Open => "page open",
            Self::OpenDone => "page open, done",
        })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portal => "check: portal",
            Self::PortalUnattended => "check: portal, no networking app in front",
            Self::Online => "check: online",
            Self::Partial => "check: partial",
            Self::NotCaptive => "check: not-captive",
            Self::Inconclusive => "check: inconclusive",
            Self::NoInternet => "check: no-internet",
            Self::NamesRedirected => "check: names-redirected",
            Self::DialogTime => "time to ask",
            Self::NetworkingApp => "owner opens Wi-Fi settings or a networking app",
            Self::Tap => "owner taps",
            Self::PageStarted => "page starts",
            Self::PageFinished => "page has loaded",
            Self::PageCheckSucceeded => "page's own check: 204",
            Self::Cancel => "owner cancels or closes",
            Self::Done => "owner presses Done",
            Self::UseAsIs => "owner: use as it is",
            Self::DoNotUse => "owner: do not use",
            Self::Stay => "owner answers: stay",
            Self::DoNotStay => "owner answers: leave",
        })
    }
}

impl fmt::Display for PhoneAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Notify => "notification (once)",
            Self::Unnotify => "notification goes",
            Self::Silence => "no notification any more",
            Self::OpenPage => "page opens",
            Self::WaitForApp => "page waits",
            Self::ClosePage(_) => "page closes",
            Self::ShowButton(Button::Cancel) => "button Cancel",
            Self::ShowButton(Button::Done) => "button Done",
            Self::Ask => "asks whether to stay",
            Self::PutAway => "no question",
            Self::Check => "checks again",
            Self::StopChecking => "running check ends",
            Self::HttpAlone => "HTTP alone decides from now on",
            Self::PageChecks => "page asks the probe's URL 1 s later",
            Self::CountAsOnline => "counts as online",
            Self::Leave(_) => "leaves the network",
        })
    }
}

impl fmt::Display for RecheckDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always(wait) => write!(f, "{} s", wait.as_secs()),
            Self::Doubling { first, longest } => {
                write!(
                    f,
                    "{} s, then twice as long each time, {} s at most",
                    first.as_secs(),
                    longest.as_secs()
                )
            }
            Self::Tries { tries, apart, then } => {
                write!(f, "{} s up to {tries} tries, {} s after that", apart.as_secs(), then.as_secs())
            }
            Self::Growing { first, times, checks, longest } => write!(
                f,
                "{} s, {times} times as long every {checks} checks, {} s at most",
                first.as_secs(),
                longest.as_secs()
            ),
        }
    }
}
