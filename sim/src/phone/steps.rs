//! Rows that the tables of computers and consoles share: what a conclusion brings, how a page that
//! was opened in a browser is closed again.

use super::SheetClosed;
use super::machine::table::{Deed, Event, Page, State, Step};
use super::rule::{Grade, Rule};

static TAB: Rule = Rule {
    id: "browser.closed",
    says: "the page is a tab like any other: closing it changes nothing",
    source: "unverified: follows from its being a browser",
    grade: Grade::E,
};

/// Everything but a portal and a success.
pub(super) const FAILURES: &[Event] =
    &[Event::NoInternet, Event::Partial, Event::NotCaptive, Event::Inconclusive];

/// A portal, found while the page is not open.
pub(super) const fn portal(does: &'static [Deed], rule: &'static Rule) -> Step {
    Step { state: &[], page: &[Page::Closed], on: &[Event::Portal], to: Some(State::Portal), does, rule }
}

/// A portal found again while its page is open.
pub(super) const fn still_portal(rule: &'static Rule) -> Step {
    Step { state: &[], page: &[Page::Open], on: &[Event::Portal], to: Some(State::Portal), does: &[], rule }
}

/// A portal found again, whose page has been opened once by itself.
pub(super) const fn portal_again(rule: &'static Rule) -> Step {
    Step {
        state: &[State::Portal],
        page: &[],
        on: &[Event::Portal],
        to: Some(State::Portal),
        does: &[],
        rule,
    }
}

pub(super) const fn online(rule: &'static Rule) -> Step {
    Step {
        state: &[],
        page: &[],
        on: &[Event::Online],
        to: Some(State::Online),
        does: &[Deed::Unnotify],
        rule,
    }
}

pub(super) const fn failed(rule: &'static Rule) -> Step {
    Step { state: &[], page: &[], on: FAILURES, to: Some(State::Failed), does: &[], rule }
}

pub(super) const fn tap(rule: &'static Rule) -> Step {
    Step { state: &[], page: &[Page::Closed], on: &[Event::Tap], to: None, does: &[Deed::OpenPage], rule }
}

pub(super) const CLOSE_TAB: Step = Step {
    state: &[],
    page: &[Page::Open],
    on: &[Event::Cancel],
    to: None,
    does: &[Deed::ClosePage(SheetClosed::Cancelled)],
    rule: &TAB,
};
