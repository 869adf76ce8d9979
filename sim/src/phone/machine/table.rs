//! The vocabulary of the tables that a phone runs on: what it believes of the network, whether its
//! sign-in page is open, what can happen, and what it does then.
//!
//! A table is data. [`super::Machine`] looks its rows up and carries them out, and
//! `vestibule phones --explain` prints them; there is no second description.

use std::fmt;
use std::time::Duration;

use crate::phone::rule::Rule;
use crate::phone::{Button, Departure, SheetClosed, Verdict};

/// What the phone believes of the network that it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::phone) enum State {
    /// Nothing yet: the first check runs.
    Unknown,
    /// The last check found a portal.
    Portal,
    /// The last check failed.
    Failed,
    /// The network is used.
    Online,
    /// The owner uses the network without internet.
    AsIs,
}

/// The sign-in page: the sheet, or the browser in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::phone) enum Page {
    Closed,
    Open,
    /// Open, and the way out is "Done".
    OpenDone,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::phone) enum Event {
    /// A check ended like this.
    Portal,
    Online,
    Partial,
    NotCaptive,
    Inconclusive,
    NoInternet,
    NamesRedirected,
    /// The time of the question whether to stay has come.
    DialogTime,
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
pub(in crate::phone) enum Deed {
    /// Shows the notification, unless it is there already or unwanted.
    Notify,
    /// Takes the notification away.
    Unnotify,
    /// Shows no notification any more.
    Silence,
    OpenPage,
    ClosePage(SheetClosed),
    ShowButton(Button),
    /// Asks the owner whether to stay.
    Ask,
    /// Puts that question away.
    PutAway,
    /// Asks for a check. One that runs is waited for.
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

/// One row: in these states, on these events, this.
#[derive(Clone, Copy, Debug)]
pub(in crate::phone) struct Step {
    /// In which states; none: in all.
    pub(in crate::phone) state: &'static [State],
    /// With the page how; none: however.
    pub(in crate::phone) page: &'static [Page],
    pub(in crate::phone) on: &'static [Event],
    /// The state from then on; `None`: as it is.
    pub(in crate::phone) to: Option<State>,
    pub(in crate::phone) does: &'static [Deed],
    pub(in crate::phone) rule: &'static Rule,
}

impl Step {
    pub(in crate::phone) fn fits(&self, state: State, page: Page, on: Event) -> bool {
        (self.state.is_empty() || self.state.contains(&state))
            && (self.page.is_empty() || self.page.contains(&page))
            && self.on.contains(&on)
    }
}

/// When a phone checks again of its own accord.
#[derive(Clone, Copy, Debug)]
pub(in crate::phone) struct Wait {
    pub(in crate::phone) state: State,
    pub(in crate::phone) after: After,
    pub(in crate::phone) rule: &'static Rule,
}

/// After how long.
#[derive(Clone, Copy, Debug)]
pub(in crate::phone) enum After {
    /// Always as long.
    Always(Duration),
    /// Twice as long every time, from `first` on.
    Doubling { first: Duration, longest: Duration },
    /// `apart` until there have been so many `tries`, `then` after that.
    Tries { tries: u32, apart: Duration, then: Duration },
    /// `first`, and `times` as long after every `checks` checks.
    Growing { first: Duration, times: u32, checks: u32, longest: Duration },
}

impl After {
    /// How long after the check that was number `checks` (from 1) of its kind in a row.
    pub(in crate::phone) fn delay(self, checks: u32) -> Duration {
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

    /// Whether a check that comes after this wait goes on counting, and is no beginning.
    pub(in crate::phone) fn goes_on(self) -> bool {
        !matches!(self, Self::Always(_))
    }
}

/// The question whether to stay on a network without internet.
#[derive(Clone, Copy, Debug)]
pub(in crate::phone) struct Dialog {
    pub(in crate::phone) after: Duration,
    pub(in crate::phone) rule: &'static Rule,
}

/// Everything that drives a [`super::Machine`] beside its check.
#[derive(Clone, Copy, Debug)]
pub(in crate::phone) struct Behaviour {
    /// The first row that fits is carried out.
    pub(in crate::phone) steps: &'static [Step],
    pub(in crate::phone) waits: &'static [Wait],
    pub(in crate::phone) dialog: Option<Dialog>,
    /// After a failed check, requests to check again are ignored before this many attempts.
    pub(in crate::phone) ignored_attempts: u32,
    /// The browser of the sign-in page names itself so.
    pub(in crate::phone) browser: &'static str,
}

impl Event {
    /// Whether it is the end of a check.
    pub(in crate::phone) fn is_verdict(self) -> bool {
        matches!(
            self,
            Self::Portal
                | Self::Online
                | Self::Partial
                | Self::NotCaptive
                | Self::Inconclusive
                | Self::NoInternet
                | Self::NamesRedirected
        )
    }

    pub(in crate::phone) fn of(verdict: &Verdict) -> Self {
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

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "just joined",
            Self::Portal => "portal",
            Self::Failed => "failed",
            Self::Online => "online",
            Self::AsIs => "as it is",
        })
    }
}

impl fmt::Display for Page {
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
            Self::Online => "check: online",
            Self::Partial => "check: partial",
            Self::NotCaptive => "check: not-captive",
            Self::Inconclusive => "check: inconclusive",
            Self::NoInternet => "check: no-internet",
            Self::NamesRedirected => "check: names-redirected",
            Self::DialogTime => "time to ask",
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

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Notify => "notification (once)",
            Self::Unnotify => "notification goes",
            Self::Silence => "no notification any more",
            Self::OpenPage => "page opens",
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

impl fmt::Display for After {
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
