//! The tables that Android runs on: NetworkMonitor's states, the notification and the sheet.

use std::time::Duration;

use super::rules;
use crate::phone::machine::table::{After, Behaviour, Deed, Dialog, Event, Page, State, Step, Wait};
use crate::phone::{Departure, SheetClosed};

const PORTAL: Step = Step {
    state: &[],
    page: &[],
    on: &[Event::Portal],
    to: Some(State::Portal),
    does: &[Deed::Notify, Deed::PutAway],
    rule: &rules::NOTIFY,
};
const ONLINE_UNDER_SHEET: Step = Step {
    state: &[],
    page: &[Page::Open],
    on: &[Event::Online],
    to: Some(State::Online),
    does: &[Deed::Unnotify, Deed::PutAway, Deed::ClosePage(SheetClosed::Validated)],
    rule: &rules::SHEET_REEVALUATES,
};
const ONLINE: Step = Step {
    state: &[],
    page: &[],
    on: &[Event::Online],
    to: Some(State::Online),
    does: &[Deed::Unnotify, Deed::PutAway],
    rule: &rules::VALIDATED,
};
const FAILED: Step = Step {
    state: &[],
    page: &[],
    on: &[Event::NoInternet, Event::Partial],
    to: Some(State::Failed),
    does: &[],
    rule: &rules::FAILS,
};
const ASK: Step = Step {
    state: &[State::Unknown, State::Failed],
    page: &[],
    on: &[Event::DialogTime],
    to: None,
    does: &[Deed::Ask],
    rule: &rules::ASK_TO_STAY,
};
const STAY: Step = Step {
    state: &[],
    page: &[],
    on: &[Event::Stay],
    to: None,
    does: &[Deed::PutAway],
    rule: &rules::ASK_TO_STAY,
};
const TAP: Step = Step {
    state: &[],
    page: &[Page::Closed],
    on: &[Event::Tap],
    to: None,
    does: &[Deed::OpenPage],
    rule: &rules::NOTIFY,
};
const PAGE_ASKS_MONITOR: Step = Step {
    state: &[],
    page: &[Page::Open],
    on: &[Event::PageStarted, Event::PageFinished],
    to: None,
    does: &[Deed::Check],
    rule: &rules::SHEET_REEVALUATES,
};
const PAGE_CHECKS: Step = Step { does: &[Deed::PageChecks], rule: &rules::SHEET_CHECKS, ..PAGE_ASKS_MONITOR };
const PAGE_CHECK_SUCCEEDED: Step = Step {
    state: &[],
    page: &[Page::Open],
    on: &[Event::PageCheckSucceeded],
    to: None,
    does: &[Deed::ClosePage(SheetClosed::CheckSucceeded), Deed::HttpAlone, Deed::Check],
    rule: &rules::SHEET_CHECKS,
};
const CLOSED: Step = Step {
    state: &[],
    page: &[Page::Open],
    on: &[Event::Cancel],
    to: None,
    does: &[Deed::ClosePage(SheetClosed::Cancelled), Deed::HttpAlone, Deed::Check],
    rule: &rules::HTTP_ONLY,
};
const AS_IS: Step = Step {
    state: &[],
    page: &[Page::Open],
    on: &[Event::UseAsIs],
    to: Some(State::Online),
    does: &[
        Deed::ClosePage(SheetClosed::UsedAsIs),
        Deed::Silence,
        Deed::Unnotify,
        Deed::HttpAlone,
        Deed::PutAway,
        Deed::StopChecking,
        Deed::CountAsOnline,
    ],
    rule: &rules::AS_IS,
};
const UNWANTED: Step = Step {
    state: &[],
    page: &[Page::Open],
    on: &[Event::DoNotUse],
    to: None,
    does: &[Deed::Leave(Departure::NotWanted)],
    rule: &rules::UNWANTED,
};
const DO_NOT_STAY: Step = Step { page: &[], on: &[Event::DoNotStay], ..UNWANTED };

static UP_TO_10: [Step; 12] = [
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
static FROM_11: [Step; 12] = [
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

const TEN_MINUTES: Duration = Duration::from_secs(600);

const RECHECK: Wait = Wait { state: State::Portal, after: After::Always(TEN_MINUTES), rule: &rules::RECHECK };
static DOUBLING: [Wait; 2] = [
    Wait {
        state: State::Failed,
        after: After::Doubling { first: Duration::from_secs(1), longest: TEN_MINUTES },
        rule: &rules::BACK_OFF,
    },
    RECHECK,
];
static THREE_TRIES: [Wait; 2] = [
    Wait {
        state: State::Failed,
        after: After::Tries { tries: 3, apart: Duration::from_secs(5), then: TEN_MINUTES },
        rule: &rules::THREE_TRIES,
    },
    RECHECK,
];
/// Samsung's watchdog.
static WATCHDOG: [Wait; 2] = [
    Wait {
        state: State::Failed,
        after: After::Tries { tries: 2, apart: Duration::from_secs(10), then: TEN_MINUTES },
        rule: &rules::WATCHDOG_TIMES,
    },
    Wait { state: State::Portal, after: After::Always(TEN_MINUTES), rule: &rules::WATCHDOG_TIMES },
];

const DIALOG: Dialog = Dialog { after: Duration::from_secs(8), rule: &rules::ASK_TO_STAY };

const fn behaviour(steps: &'static [Step], waits: &'static [Wait], browser: &'static str) -> Behaviour {
    Behaviour { steps, waits, dialog: Some(DIALOG), ignored_attempts: 5, browser }
}

pub(super) const fn from_11(browser: &'static str) -> Behaviour {
    behaviour(&FROM_11, &DOUBLING, browser)
}

pub(super) const fn from_7_to_10(browser: &'static str) -> Behaviour {
    behaviour(&UP_TO_10, &DOUBLING, browser)
}

pub(super) const fn up_to_6(browser: &'static str) -> Behaviour {
    behaviour(&UP_TO_10, &THREE_TRIES, browser)
}

pub(super) const fn watchdog(browser: &'static str) -> Behaviour {
    behaviour(&UP_TO_10, &WATCHDOG, browser)
}
