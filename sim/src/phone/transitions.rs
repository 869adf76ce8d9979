//! Rows that the tables of computers and consoles share: what a conclusion brings, how a page that
//! was opened in a browser is closed again.

use super::output::SheetClosed;
use super::rule::{Grade, Rule};
use super::table::{Event, PhoneAction, PhoneState, SheetState, Transition};

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
pub(super) const fn portal(actions: &'static [PhoneAction], rule: &'static Rule) -> Transition {
    Transition {
        state: &[],
        sheet: &[SheetState::Closed],
        on: &[Event::Portal],
        to: Some(PhoneState::Portal),
        actions,
        rule,
    }
}

/// A portal found again while its page is open.
pub(super) const fn still_portal(rule: &'static Rule) -> Transition {
    Transition {
        state: &[],
        sheet: &[SheetState::Open],
        on: &[Event::Portal],
        to: Some(PhoneState::Portal),
        actions: &[],
        rule,
    }
}

/// A portal found again, whose page has been opened once by itself.
pub(super) const fn portal_again(rule: &'static Rule) -> Transition {
    Transition {
        state: &[PhoneState::Portal],
        sheet: &[],
        on: &[Event::Portal],
        to: Some(PhoneState::Portal),
        actions: &[],
        rule,
    }
}

pub(super) const fn online(rule: &'static Rule) -> Transition {
    Transition {
        state: &[],
        sheet: &[],
        on: &[Event::Online],
        to: Some(PhoneState::Online),
        actions: &[PhoneAction::Unnotify],
        rule,
    }
}

pub(super) const fn failed(rule: &'static Rule) -> Transition {
    Transition { state: &[], sheet: &[], on: FAILURES, to: Some(PhoneState::Failed), actions: &[], rule }
}

pub(super) const fn tap(rule: &'static Rule) -> Transition {
    Transition {
        state: &[],
        sheet: &[SheetState::Closed],
        on: &[Event::Tap],
        to: None,
        actions: &[PhoneAction::OpenPage],
        rule,
    }
}

pub(super) const CLOSE_TAB: Transition = Transition {
    state: &[],
    sheet: &[SheetState::Open],
    on: &[Event::Cancel],
    to: None,
    actions: &[PhoneAction::ClosePage(SheetClosed::Cancelled)],
    rule: &TAB,
};
