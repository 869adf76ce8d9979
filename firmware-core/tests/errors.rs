//! Everything public that says why something failed is an error, so that an application can pass it on with
//! `?` and log it.

use std::error::Error;

use vestibule_core::{
    BadOwnPassphrase, BadPassphrase, JoinFailure, Problem, SsidTooLong, StorageFault, application,
    credentials, dhcp, http, json, label, mdns, schedule, webhook, websocket,
};

fn is_error<E: Error + 'static>() {}

#[test]
fn whatever_says_why_something_failed_is_an_error() {
    is_error::<application::FieldError>();
    is_error::<BadOwnPassphrase>();
    is_error::<BadPassphrase>();
    is_error::<credentials::StoreError>();
    is_error::<credentials::ValuesFull>();
    is_error::<dhcp::BadCaptivePortalUrl>();
    is_error::<http::form::TooLong>();
    is_error::<JoinFailure>();
    is_error::<json::DecodeError>();
    is_error::<json::Error>();
    is_error::<label::BadLabel>();
    is_error::<mdns::BadHostName>();
    is_error::<mdns::TextTooLong>();
    is_error::<Problem>();
    is_error::<schedule::ScheduleFull>();
    is_error::<SsidTooLong>();
    is_error::<StorageFault>();
    is_error::<webhook::BadKey>();
    is_error::<webhook::BadPost>();
    is_error::<webhook::Rejected>();
    is_error::<websocket::Refusal>();
    is_error::<websocket::SendError>();
    is_error::<websocket::Violation>();
}

#[test]
fn a_failure_is_one_sentence_that_no_other_has() {
    let failures = JoinFailure::ALL.map(|failure| failure.to_string());
    let faults = StorageFault::ALL.map(|fault| fault.to_string());
    let mut texts: Vec<_> = failures.into_iter().chain(faults).collect();
    assert!(texts.iter().all(|text| !text.is_empty() && !text.ends_with('.') && !text.contains('\n')));
    let count = texts.len();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), count);
}
