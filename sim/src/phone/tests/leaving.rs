//! Phones that leave a network without internet, where they have that option.

use std::time::Duration;

use super::super::{Departure, Options, Output, OwnerAction, Presents, SheetClosed, models};
use super::conversation::{Conversation, Portal, reply};

const PORTAL: &str =
    "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n<p>Setup.";
const LEFT: Output = Output::Left { why: Departure::NoInternet };

/// Redirects everything to its page, which is there: a client that follows wants to arrive.
fn portal() -> Portal {
    Portal::by_request(|request| reply(if request.contains("Host: 192.168.4.1") { PAGE } else { PORTAL }))
}

fn after(seconds: u64) -> Options {
    Options { leaves_without_internet: Some(Duration::from_secs(seconds)), ..Options::default() }
}

#[test]
fn a_phone_leaves_a_portal_after_its_time_and_not_before_and_never_by_default() {
    for model in models().iter().filter(|model| model.at_a_setup_portal().1) {
        let mut leaves = Conversation::begin_with(model.id, portal(), after(20));
        leaves.run_until(19.9);
        assert!(!leaves.saw(&LEFT), "{}", model.id);
        leaves.owner(OwnerAction::TapNotification);
        leaves.run_until(20.1);
        assert!(leaves.saw(&LEFT), "{}", model.id);
        assert!(leaves.saw(&Output::SheetClosed { why: SheetClosed::NetworkLost }), "{}", model.id);
        let mut stays = Conversation::begin(model.id, portal());
        stays.run_until(1900.0);
        assert!(!stays.saw(&LEFT), "{}", model.id);
    }
}

#[test]
fn a_phone_stays_where_its_owner_wants_the_network_as_it_is() {
    for model in models().iter().filter(|model| model.at_a_setup_portal().1) {
        // In a browser there is nothing to say so with.
        if !matches!(model.presents, Presents::Sheet | Presents::SheetOnTap) {
            continue;
        }
        let mut phone = Conversation::begin_with(model.id, portal(), after(20));
        phone.run_until(5.0);
        if model.presents == Presents::SheetOnTap {
            phone.owner(OwnerAction::TapNotification);
        }
        phone.owner(OwnerAction::UseAsIs);
        phone.run_until(100.0);
        assert!(!phone.saw(&LEFT), "{}", model.id);
    }
}
