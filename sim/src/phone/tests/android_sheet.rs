//! Android's sign-in sheet: how it opens, what its pages cause, how it closes.

use std::cell::Cell;
use std::rc::Rc;

use super::super::{Departure, Finding, Input, Output, OwnerAction, SheetClosed, Verdict};
use super::conversation::{Conversation, Portal, Served, reply};
use super::{LINK, at};

const REDIRECT: &str =
    "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nContent-Length: 5\r\n\r\nsetup";

/// A portal that can be told to answer 204, and the switch.
fn switchable() -> (Portal, Rc<Cell<bool>>) {
    let online = Rc::new(Cell::new(false));
    let switch = Rc::clone(&online);
    let portal = Portal::by_request(move |_| {
        if online.get() { reply("HTTP/1.1 204 No Content\r\n\r\n") } else { reply(REDIRECT) }
    });
    (portal, switch)
}

fn sheet_open(model: &str, portal: Portal) -> Conversation {
    let mut conversation = Conversation::begin(model, portal);
    conversation.run_until(5.0);
    assert!(conversation.sheet().is_none());
    conversation.owner(OwnerAction::TapNotification);
    assert!(conversation.sheet().is_some());
    conversation
}

fn closed(conversation: &Conversation, why: SheetClosed) -> bool {
    conversation.saw(&Output::SheetClosed { why })
}

#[test]
fn the_sheet_opens_on_a_tap_and_where_depends_on_the_release() {
    let sheet = |model| sheet_open(model, Portal::always(reply(REDIRECT))).sheet().unwrap();
    let probe = "http://connectivitycheck.gstatic.com/generate_204";
    assert_eq!(sheet("android-10"), (at(5.0), probe.to_owned(), "android.login.probe-url"));
    let address = "http://192.168.4.1/".to_owned();
    assert_eq!(sheet("android-11"), (at(5.0), address.clone(), "android.login.location"));
    assert_eq!(sheet("android-15"), (at(5.0), address, "android.login.location"));
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsetup";
    let sheet = sheet_open("android-12", Portal::always(reply(page))).sheet().unwrap();
    assert_eq!(sheet, (at(5.0), probe.to_owned(), "android.login.no-location"));
}

#[test]
fn there_is_nothing_to_tap_without_a_portal() {
    let mut conversation =
        Conversation::begin("android-14", Portal::always(reply("HTTP/1.1 404 No\r\n\r\n")));
    conversation.run_until(5.0);
    conversation.owner(OwnerAction::TapNotification);
    assert!(conversation.sheet().is_none());
    assert!(matches!(conversation.findings().as_slice(), [Finding::NothingToPress(_)]));
}

#[test]
fn from_11_on_page_events_ask_for_an_evaluation() {
    let mut conversation = sheet_open("android-11", Portal::always(reply(REDIRECT)));
    assert_eq!(conversation.verdicts().len(), 1);
    conversation.owner(OwnerAction::PageStarted { url: "http://192.168.4.1/" });
    conversation.page_finished();
    conversation.page_finished();
    conversation.run_until(6.0);
    // The first at once; the two that came while it ran, together.
    assert_eq!(conversation.verdicts().len(), 3);
}

#[test]
fn from_11_on_the_sheet_outlives_http_alone_and_closes_when_validated() {
    let (portal, switch) = switchable();
    let mut conversation = sheet_open("android-14", portal);
    switch.set(true);
    conversation.page_finished();
    conversation.run_until(6.0);
    assert_eq!(conversation.last_verdict().0, Verdict::Partial);
    assert!(!closed(&conversation, SheetClosed::Validated));

    let (portal, switch) = switchable();
    let mut conversation = sheet_open("android-14", portal);
    switch.set(true);
    conversation.portal.tls = reply("HTTP/1.1 204 No Content\r\n\r\n");
    conversation.page_finished();
    conversation.run_until(6.0);
    assert_eq!(conversation.last_verdict(), (Verdict::Online, "android.https-success"));
    assert!(closed(&conversation, SheetClosed::Validated));
}

#[test]
fn up_to_10_the_sheet_asks_for_itself_after_a_second_and_204_closes_it() {
    let (portal, switch) = switchable();
    let mut conversation = sheet_open("android-10", portal);
    conversation.page_finished();
    conversation.run_until(8.0);
    assert_eq!(conversation.verdicts().len(), 1);
    let (when, request) = conversation.requests().pop().unwrap();
    assert!(request.contains("Connection: Keep-Alive") && when > at(6.0) && when < at(6.1));
    assert!(!closed(&conversation, SheetClosed::CheckSucceeded));

    switch.set(true);
    conversation.page_finished();
    conversation.run_until(10.0);
    assert!(closed(&conversation, SheetClosed::CheckSucceeded));
    // The monitor then asks over HTTP alone.
    assert_eq!(conversation.last_verdict(), (Verdict::Online, "android.http-only"));
}

#[test]
fn up_to_10_a_page_in_place_of_204_leaves_the_sheet_open() {
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsetup";
    let mut conversation = sheet_open("android-10", Portal::always(reply(page)));
    conversation.page_finished();
    conversation.run_until(8.0);
    assert_eq!(conversation.requests().len(), 2);
    assert!(!closed(&conversation, SheetClosed::CheckSucceeded));
}

#[test]
fn a_sheet_that_the_owner_closes_leaves_http_alone_to_decide() {
    let (portal, switch) = switchable();
    let mut conversation = sheet_open("android-14", portal);
    switch.set(true);
    conversation.owner(OwnerAction::Cancel);
    conversation.run_until(6.0);
    assert!(closed(&conversation, SheetClosed::Cancelled));
    assert_eq!(conversation.last_verdict(), (Verdict::Online, "android.http-only"));
}

#[test]
fn a_lost_network_closes_the_sheet_and_ends_every_deadline() {
    for model in ["android-10", "android-14"] {
        let mut conversation = sheet_open(model, Portal::always(reply(REDIRECT)));
        conversation.page_finished();
        conversation.tell(Input::Left);
        assert!(closed(&conversation, SheetClosed::NetworkLost));
        assert_eq!(conversation.phone.poll_timeout(), None);
        let said = conversation.seen.len();
        conversation.run_until(700.0);
        assert_eq!(conversation.seen.len(), said);
    }
}

#[test]
fn as_it_is_stays_silently_and_not_wanted_leaves() {
    let mut conversation = sheet_open("android-13", Portal::always(reply(REDIRECT)));
    conversation.owner(OwnerAction::UseAsIs);
    assert!(closed(&conversation, SheetClosed::UsedAsIs));
    assert_eq!(conversation.last_verdict(), (Verdict::Online, "android.as-is"));
    assert_eq!(conversation.phone.poll_timeout(), None);

    let mut conversation = sheet_open("android-13", Portal::always(reply(REDIRECT)));
    conversation.owner(OwnerAction::DoNotUse);
    assert!(closed(&conversation, SheetClosed::NotWanted));
    assert!(conversation.saw(&Output::Left { why: Departure::NotWanted }));
    assert_eq!(conversation.phone.poll_timeout(), None);
}

#[test]
fn requests_to_evaluate_are_ignored_between_early_attempts() {
    let (portal, switch) = switchable();
    let mut conversation = sheet_open("android-14", portal);
    // The device stops answering while the sheet is open.
    switch.set(true);
    conversation.portal.http = Box::new(|_| Served::Refused);
    conversation.page_finished();
    conversation.run_until(5.5);
    assert_eq!(conversation.last_verdict().0, Verdict::NoInternet);
    let verdicts = conversation.verdicts().len();
    conversation.page_finished();
    conversation.run_until(5.9);
    assert_eq!(conversation.verdicts().len(), verdicts);
    // After the fifth attempt, some 15 s later, it is heard at once and starts from the beginning.
    conversation.run_until(25.0);
    let verdicts = conversation.verdicts().len();
    conversation.page_finished();
    conversation.run_until(25.5);
    assert_eq!(conversation.verdicts().len(), verdicts + 1);
    conversation.run_until(26.5);
    assert_eq!(conversation.verdicts().len(), verdicts + 2);
}

#[test]
fn joining_again_starts_from_nothing() {
    let mut conversation = sheet_open("android-14", Portal::always(reply(REDIRECT)));
    conversation.tell(Input::Joined(LINK));
    conversation.run_until(6.0);
    assert!(closed(&conversation, SheetClosed::NetworkLost));
    assert_eq!(conversation.count(|output| matches!(output, Output::Notify { .. })), 2);
}
