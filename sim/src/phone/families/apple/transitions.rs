//! The table that Apple's systems run on: the network, the sheet and its button.

use std::time::Duration;

use super::rules;
use crate::phone::output::{Button, Departure, SheetClosed};
use crate::phone::table::{
    Behaviour, Event, PhoneAction, PhoneState, Recheck, RecheckDelay, SheetState, Transition,
};

static TRANSITIONS: [Transition; 12] = [
    Transition {
        state: &[PhoneState::Unknown],
        sheet: &[],
        on: &[Event::Portal],
        to: Some(PhoneState::Portal),
        actions: &[PhoneAction::OpenPage, PhoneAction::ShowButton(Button::Cancel)],
        rule: &rules::SHEET_OPENS,
    },
    Transition {
        state: &[PhoneState::Unknown],
        sheet: &[],
        on: &[Event::PortalUnattended],
        to: Some(PhoneState::PortalWaits),
        actions: &[PhoneAction::WaitForApp],
        rule: &rules::SHEET_WAITS,
    },
    Transition {
        state: &[PhoneState::PortalWaits],
        sheet: &[SheetState::Closed],
        on: &[Event::NetworkingApp],
        to: Some(PhoneState::Portal),
        actions: &[PhoneAction::OpenPage, PhoneAction::ShowButton(Button::Cancel)],
        rule: &rules::SHEET_WAITS,
    },
    Transition {
        state: &[],
        sheet: &[SheetState::Open],
        on: &[Event::Online],
        to: None,
        actions: &[PhoneAction::ShowButton(Button::Done)],
        rule: &rules::SHEET_PROBES,
    },
    Transition {
        state: &[],
        sheet: &[SheetState::Open, SheetState::OpenDone],
        on: &[Event::Portal, Event::Online, Event::NotCaptive, Event::Inconclusive],
        to: None,
        actions: &[],
        rule: &rules::SHEET_STAYS,
    },
    Transition {
        state: &[PhoneState::Online],
        sheet: &[],
        on: &[Event::Portal],
        to: Some(PhoneState::Online),
        actions: &[],
        rule: &rules::BECAME_CAPTIVE,
    },
    Transition {
        state: &[PhoneState::Unknown, PhoneState::Online],
        sheet: &[],
        on: &[Event::Online],
        to: Some(PhoneState::Online),
        actions: &[],
        rule: &rules::ONLINE,
    },
    Transition {
        state: &[PhoneState::Unknown, PhoneState::Online],
        sheet: &[],
        on: &[Event::NotCaptive, Event::Inconclusive],
        to: Some(PhoneState::Online),
        actions: &[],
        rule: &rules::MAINTAIN_ASSUMED,
    },
    Transition {
        state: &[],
        sheet: &[SheetState::Open, SheetState::OpenDone],
        on: &[Event::PageFinished],
        to: None,
        actions: &[PhoneAction::Check],
        rule: &rules::SHEET_PROBES,
    },
    Transition {
        state: &[],
        sheet: &[SheetState::Open],
        on: &[Event::Cancel],
        to: None,
        actions: &[
            PhoneAction::ClosePage(SheetClosed::Cancelled),
            PhoneAction::Leave(Departure::SheetCancelled),
        ],
        rule: &rules::CANCEL,
    },
    Transition {
        state: &[],
        sheet: &[SheetState::OpenDone],
        on: &[Event::Done],
        to: Some(PhoneState::Online),
        actions: &[PhoneAction::ClosePage(SheetClosed::Done), PhoneAction::StopChecking],
        rule: &rules::DONE,
    },
    Transition {
        state: &[],
        sheet: &[SheetState::Open],
        on: &[Event::UseAsIs],
        to: Some(PhoneState::AsIs),
        actions: &[PhoneAction::ClosePage(SheetClosed::UsedAsIs), PhoneAction::StopChecking],
        rule: &rules::WITHOUT_INTERNET,
    },
];

static RECHECKS: [Recheck; 1] = [Recheck {
    state: PhoneState::Online,
    after: RecheckDelay::Always(Duration::from_secs(300)),
    rule: &rules::MAINTAIN,
}];

pub(super) const fn behaviour(browser: &'static str) -> Behaviour {
    Behaviour { transitions: &TRANSITIONS, rechecks: &RECHECKS, dialog: None, ignored_attempts: 0, browser }
}
