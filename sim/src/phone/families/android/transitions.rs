//! The tables that Android runs on: NetworkMonitor's states, the notification and the sheet.

use std::time::Duration;

use super::rules;
use crate::phone::output::{Departure, SheetClosed};
use crate::phone::rule::Rule;
use crate::phone::table::{
    Behaviour, Dialog, Event, PhoneAction, PhoneState, Recheck, RecheckDelay, SheetState, Transition,
};

const PORTAL: Transition = Transition {
    state: &[],
    sheet: &[],
    on: &[Event::Portal],
    to: Some(PhoneState::Portal),
    actions: &[PhoneAction::Notify, PhoneAction::PutAway],
    rule: &rules::NOTIFY,
};
const ONLINE_UNDER_SHEET: Transition = Transition {
    state: &[],
    sheet: &[SheetState::Open],
    on: &[Event::Online],
    to: Some(PhoneState::Online),
    actions: &[PhoneAction::Unnotify, PhoneAction::PutAway, PhoneAction::ClosePage(SheetClosed::Validated)],
    rule: &rules::SHEET_REEVALUATES,
};
const ONLINE: Transition = Transition {
    state: &[],
    sheet: &[],
    on: &[Event::Online],
    to: Some(PhoneState::Online),
    actions: &[PhoneAction::Unnotify, PhoneAction::PutAway],
    rule: &rules::VALIDATED,
};
const FAILED: Transition = Transition {
    state: &[],
    sheet: &[],
    on: &[Event::NoInternet, Event::Partial],
    to: Some(PhoneState::Failed),
    actions: &[],
    rule: &rules::FAILS,
};
const ASK: Transition = Transition {
    state: &[PhoneState::Unknown, PhoneState::Failed],
    sheet: &[],
    on: &[Event::DialogTime],
    to: None,
    actions: &[PhoneAction::Ask],
    rule: &rules::ASK_TO_STAY,
};
const STAY: Transition = Transition {
    state: &[],
    sheet: &[],
    on: &[Event::Stay],
    to: None,
    actions: &[PhoneAction::PutAway],
    rule: &rules::ASK_TO_STAY,
};
const TAP: Transition = Transition {
    state: &[],
    sheet: &[SheetState::Closed],
    on: &[Event::Tap],
    to: None,
    actions: &[PhoneAction::OpenPage],
    rule: &rules::NOTIFY,
};
const PAGE_ASKS_MONITOR: Transition = Transition {
    state: &[],
    sheet: &[SheetState::Open],
    on: &[Event::PageStarted, Event::PageFinished],
    to: None,
    actions: &[PhoneAction::Check],
    rule: &rules::SHEET_REEVALUATES,
};
const PAGE_CHECKS: Transition =
    Transition { actions: &[PhoneAction::PageChecks], rule: &rules::SHEET_CHECKS, ..PAGE_ASKS_MONITOR };
const PAGE_CHECK_SUCCEEDED: Transition = Transition {
    state: &[],
    sheet: &[SheetState::Open],
    on: &[Event::PageCheckSucceeded],
    to: None,
    actions: &[
        PhoneAction::ClosePage(SheetClosed::CheckSucceeded),
        PhoneAction::HttpAlone,
        PhoneAction::Check,
    ],
    rule: &rules::SHEET_CHECKS,
};
const CLOSED: Transition = Transition {
    state: &[],
    sheet: &[SheetState::Open],
    on: &[Event::Cancel],
    to: None,
    actions: &[PhoneAction::ClosePage(SheetClosed::Cancelled), PhoneAction::HttpAlone, PhoneAction::Check],
    rule: &rules::HTTP_ONLY,
};
const AS_IS: Transition = Transition {
    state: &[],
    sheet: &[SheetState::Open],
    on: &[Event::UseAsIs],
    to: Some(PhoneState::Online),
    actions: &[
        PhoneAction::ClosePage(SheetClosed::UsedAsIs),
        PhoneAction::Silence,
        PhoneAction::Unnotify,
        PhoneAction::HttpAlone,
        PhoneAction::PutAway,
        PhoneAction::StopChecking,
        PhoneAction::CountAsOnline,
    ],
    rule: &rules::AS_IS,
};
const UNWANTED: Transition = Transition {
    state: &[],
    sheet: &[SheetState::Open],
    on: &[Event::DoNotUse],
    to: None,
    actions: &[PhoneAction::Leave(Departure::NotWanted)],
    rule: &rules::UNWANTED,
};
const DO_NOT_STAY: Transition = Transition { sheet: &[], on: &[Event::DoNotStay], ..UNWANTED };

static UP_TO_10: [Transition; 12] = [
    PORTAL,
    ONLINE,
    FAILED,
    ASK,
    STAY,
    TAP,
    PAGE_CHECKS,
    PAGE_CHECK_SUCCEEDED,
    CLOSED,
    AS_IS,
    UNWANTED,
    DO_NOT_STAY,
];
static FROM_11: [Transition; 12] = [
    PORTAL,
    ONLINE_UNDER_SHEET,
    ONLINE,
    FAILED,
    ASK,
    STAY,
    TAP,
    PAGE_ASKS_MONITOR,
    CLOSED,
    AS_IS,
    UNWANTED,
    DO_NOT_STAY,
];

// A Custom Tab in place of the WebView.

const ONLINE_UNDER_TAB: Transition = Transition {
    actions: &[PhoneAction::Unnotify, PhoneAction::PutAway, PhoneAction::ClosePage(SheetClosed::SentToBack)],
    rule: &rules::TAB_VALIDATED,
    ..ONLINE_UNDER_SHEET
};
const TAB_ASKS_MONITOR: Transition =
    Transition { on: &[Event::PageStarted], rule: &rules::TAB_REEVALUATES, ..PAGE_ASKS_MONITOR };
const TAB_HIDDEN: Transition = Transition { rule: &rules::TAB_HIDDEN, ..CLOSED };

static CUSTOM_TAB: [Transition; 12] = [
    PORTAL,
    ONLINE_UNDER_TAB,
    ONLINE,
    FAILED,
    ASK,
    STAY,
    TAP,
    TAB_ASKS_MONITOR,
    TAB_HIDDEN,
    AS_IS,
    UNWANTED,
    DO_NOT_STAY,
];

const TEN_MINUTES: Duration = Duration::from_secs(600);

const RECHECK: Recheck =
    Recheck { state: PhoneState::Portal, after: RecheckDelay::Always(TEN_MINUTES), rule: &rules::RECHECK };
const fn doubling(rule: &'static Rule) -> [Recheck; 2] {
    let after = RecheckDelay::Doubling { first: Duration::from_secs(1), longest: TEN_MINUTES };
    [Recheck { state: PhoneState::Failed, after, rule }, RECHECK]
}
static DOUBLING: [Recheck; 2] = doubling(&rules::BACK_OFF);
static DOUBLING_6: [Recheck; 2] = doubling(&rules::BACK_OFF_6);
static THREE_TRIES: [Recheck; 2] = [
    Recheck {
        state: PhoneState::Failed,
        after: RecheckDelay::Tries { tries: 3, apart: Duration::from_secs(5), then: TEN_MINUTES },
        rule: &rules::THREE_TRIES,
    },
    RECHECK,
];
/// Samsung's watchdog.
static WATCHDOG: [Recheck; 2] = [
    Recheck {
        state: PhoneState::Failed,
        after: RecheckDelay::Tries { tries: 2, apart: Duration::from_secs(10), then: TEN_MINUTES },
        rule: &rules::WATCHDOG_TIMES,
    },
    Recheck {
        state: PhoneState::Portal,
        after: RecheckDelay::Always(TEN_MINUTES),
        rule: &rules::WATCHDOG_TIMES,
    },
];

const DIALOG: Dialog = Dialog { after: Duration::from_secs(8), rule: &rules::ASK_TO_STAY };

const fn behaviour(
    transitions: &'static [Transition],
    rechecks: &'static [Recheck],
    browser: &'static str,
) -> Behaviour {
    Behaviour { transitions, rechecks, dialog: Some(DIALOG), ignored_attempts: 5, browser }
}

pub(super) const fn from_11(browser: &'static str) -> Behaviour {
    behaviour(&FROM_11, &DOUBLING, browser)
}

/// With a Custom Tab in place of the sheet; `browser` is the default browser's.
pub(super) const fn with_custom_tab(browser: &'static str) -> Behaviour {
    behaviour(&CUSTOM_TAB, &DOUBLING, browser)
}

pub(super) const fn from_7_to_10(browser: &'static str) -> Behaviour {
    behaviour(&UP_TO_10, &DOUBLING, browser)
}

pub(super) const fn of_6(browser: &'static str) -> Behaviour {
    behaviour(&UP_TO_10, &DOUBLING_6, browser)
}

pub(super) const fn of_5(browser: &'static str) -> Behaviour {
    behaviour(&UP_TO_10, &THREE_TRIES, browser)
}

pub(super) const fn watchdog(browser: &'static str) -> Behaviour {
    behaviour(&UP_TO_10, &WATCHDOG, browser)
}
