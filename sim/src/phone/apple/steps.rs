//! The table that Apple's systems run on: the network, the sheet and its button.

use std::time::Duration;

use super::rules;
use crate::phone::machine::table::{After, Behaviour, Deed, Event, Page, State, Step, Wait};
use crate::phone::{Button, Departure, SheetClosed};

static STEPS: [Step; 10] = [
    Step {
        state: &[State::Unknown],
        page: &[],
        on: &[Event::Portal],
        to: Some(State::Portal),
        does: &[Deed::OpenPage, Deed::ShowButton(Button::Cancel)],
        rule: &rules::SHEET_OPENS,
    },
    Step {
        state: &[],
        page: &[Page::Open],
        on: &[Event::Online],
        to: None,
        does: &[Deed::ShowButton(Button::Done)],
        rule: &rules::SHEET_PROBES,
    },
    Step {
        state: &[],
        page: &[Page::Open, Page::OpenDone],
        on: &[Event::Portal, Event::Online, Event::NotCaptive, Event::Inconclusive],
        to: None,
        does: &[],
        rule: &rules::SHEET_STAYS,
    },
    Step {
        state: &[State::Online],
        page: &[],
        on: &[Event::Portal],
        to: Some(State::Online),
        does: &[],
        rule: &rules::BECAME_CAPTIVE,
    },
    Step {
        state: &[State::Unknown, State::Online],
        page: &[],
        on: &[Event::Online],
        to: Some(State::Online),
        does: &[],
        rule: &rules::ONLINE,
    },
    Step {
        state: &[State::Unknown, State::Online],
        page: &[],
        on: &[Event::NotCaptive, Event::Inconclusive],
        to: Some(State::Online),
        does: &[],
        rule: &rules::MAINTAIN_ASSUMED,
    },
    Step {
        state: &[],
        page: &[Page::Open, Page::OpenDone],
        on: &[Event::PageFinished],
        to: None,
        does: &[Deed::Check],
        rule: &rules::SHEET_PROBES,
    },
    Step {
        state: &[],
        page: &[Page::Open],
        on: &[Event::Cancel],
        to: None,
        does: &[Deed::ClosePage(SheetClosed::Cancelled), Deed::Leave(Departure::SheetCancelled)],
        rule: &rules::CANCEL,
    },
    Step {
        state: &[],
        page: &[Page::OpenDone],
        on: &[Event::Done],
        to: Some(State::Online),
        does: &[Deed::ClosePage(SheetClosed::Done), Deed::StopChecking],
        rule: &rules::DONE,
    },
    Step {
        state: &[],
        page: &[Page::Open],
        on: &[Event::UseAsIs],
        to: Some(State::AsIs),
        does: &[Deed::ClosePage(SheetClosed::UsedAsIs), Deed::StopChecking],
        rule: &rules::WITHOUT_INTERNET,
    },
];

static WAITS: [Wait; 1] =
    [Wait { state: State::Online, after: After::Always(Duration::from_secs(300)), rule: &rules::MAINTAIN }];

pub(super) const fn behaviour(browser: &'static str) -> Behaviour {
    Behaviour { steps: &STEPS, waits: &WAITS, dialog: None, ignored_attempts: 0, browser }
}
