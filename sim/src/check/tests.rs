//! Portals that are wrong, each in its own way, against phones inside this process: what they
//! conclude, and what their reports tell the portal's author.

use std::path::Path;

use super::in_process::in_process;
use super::{BuiltIn, Checked, ProfilePortal, Sheet};
use crate::phone::{by_id, models};
use crate::profile::{Profile, load};

/// A profile with these lines instead of the right ones.
pub(super) fn portal(dns: &str, reply: &str) -> Profile {
    let text = format!(
        "name = \"a portal\"\nwhat = \"of a test\"\naddress = \"192.168.4.1\"\nsource = \"a test\"\ngrade = \"A\"\n\
         [dns.address]\nanswer = \"{dns}\"\nsource = \"a test\"\ngrade = \"A\"\n\
         [dns.other]\nanswer = \"nothing\"\nsource = \"a test\"\ngrade = \"A\"\n\
         [https]\nanswer = \"refused\"\nsource = \"a test\"\ngrade = \"A\"\n\
         [[http]]\nhost = \"portal\"\npath = \"/page\"\nsource = \"a test\"\ngrade = \"A\"\n\
         reply = {{ status = 200, headers = {{ Content-Type = \"text/html\" }}, body = \"<p>Set up</p>\" }}\n\
         [[http]]\nsource = \"a test\"\ngrade = \"A\"\nreply = {reply}\n"
    );
    load::parse(&text, Path::new("test.toml")).unwrap()
}

const RIGHT: &str = "{ status = 302, headers = { Location = \"http://{portal}/page\" }, body = \"moved\" }";

fn check(phone: &str, dns: &str, reply: &str) -> Checked {
    in_process(&mut ProfilePortal(&portal(dns, reply)), by_id(phone).unwrap())
}

/// What the two families conclude of a portal, and words of their advice.
fn both_say(dns: &str, reply: &str, android: (&str, &str), apple: (&str, &str)) {
    for (phone, (verdict, change)) in [("android-14", android), ("ios-17", apple)] {
        let checked = check(phone, dns, reply);
        assert!(!checked.passed(), "{checked:#?}");
        assert_eq!(checked.concluded(), verdict, "{checked:#?}");
        let said = checked.change.clone().unwrap_or_default();
        assert!(said.contains(change), "{said}\n{checked:#?}");
        assert!(checked.decided_by.is_some() && checked.rule.is_some(), "{checked:#?}");
    }
}

#[test]
fn every_phone_pops_up_at_a_right_portal_and_at_the_built_in_device() {
    let right = portal("portal", RIGHT);
    for model in models() {
        for checked in
            [in_process(&mut ProfilePortal(&right), model), in_process(&mut BuiltIn::start(), model)]
        {
            assert!(!checked.failed(), "{checked:#?}");
            if !checked.passed() {
                continue;
            }
            assert!(checked.change.is_none() && checked.took.unwrap().0.as_secs() < 2, "{checked:#?}");
            let decided = checked.decided_by.unwrap();
            assert!(decided.asked.starts_with("GET http://"), "{decided:?}");
        }
    }
}

#[test]
fn a_204_says_that_the_internet_is_there() {
    both_say("portal", "{ status = 204 }", ("partial", "not answer"), ("not-captive", "204"));
}

#[test]
fn silent_dns_is_told_by_its_question_within_the_phones_own_timeout() {
    both_say(
        "silence",
        RIGHT,
        ("no-internet", "Serve DNS on UDP port 53"),
        ("inconclusive", "Serve DNS on UDP port 53"),
    );
    let android = check("android-14", "silence", RIGHT);
    let apple = check("ios-17", "silence", RIGHT);
    assert_eq!(android.decided_by.unwrap().asked, "DNS A connectivitycheck.gstatic.com");
    let (android, apple) = (android.took.unwrap().0.as_secs(), apple.took.unwrap().0.as_secs());
    assert!((12..30).contains(&android) && apple == 40, "{android} {apple}");
}

#[test]
fn names_that_lead_elsewhere_are_a_finding_and_nothing_is_sent_there() {
    both_say(
        "elsewhere",
        RIGHT,
        ("no-internet", "own address, 192.168.4.1, and not with 203.0.113.80"),
        ("inconclusive", "own address, 192.168.4.1, and not with 203.0.113.80"),
    );
    let checked = check("android-14", "elsewhere", RIGHT);
    assert!(checked.findings.iter().any(|finding| finding.contains("203.0.113.80")), "{checked:#?}");
    both_say("nothing", RIGHT, ("no-internet", "In DNS"), ("inconclusive", "In DNS"));
}

#[test]
fn a_redirect_to_nowhere_is_an_empty_sheet_or_none() {
    let reply = "{ status = 302, headers = { Location = \"http://10.9.9.9/\" } }";
    both_say(
        "portal",
        reply,
        ("portal", "lead to a page"),
        ("inconclusive", "Redirect to the portal's own address, http://192.168.4.1/, and not to 10.9.9.9"),
    );
    assert!(matches!(check("android-14", "portal", reply).sheet, Sheet::Empty { .. }));
    let secure = "{ status = 302, headers = { Location = \"https://{portal}/\" } }";
    assert!(check("android-14", "portal", secure).change.unwrap().contains("not to https"));
}

#[test]
fn what_is_no_reply_is_told_as_such() {
    for (reply, change) in [
        ("\"close\"", "before the connection is closed"),
        ("\"reset\"", "before the connection is closed"),
        ("\"garbage\"", "status line"),
        ("\"silence\"", "Answer every connection at once"),
        ("{ status = 404, body = \"no such page\" }", "not 404 to"),
        ("{ status = 503 }", "not 503 to"),
    ] {
        for phone in ["android-14", "ios-17"] {
            let checked = check(phone, "portal", reply);
            assert!(!checked.passed() && !checked.verdict.as_ref().unwrap().is_portal(), "{checked:#?}");
            assert!(checked.change.as_ref().unwrap().contains(change), "{checked:#?}");
        }
    }
    let empty = check("android-14", "portal", "{ status = 200 }");
    assert!(empty.change.unwrap().contains("next to nothing"));
    let success = check("ios-17", "portal", "{ status = 200, body = \"<title>Success</title>\" }");
    assert!(success.change.unwrap().contains("titled \"Success\""));
}

#[test]
fn an_endless_body_ends_with_a_verdict_and_an_empty_sheet() {
    for phone in ["android-14", "ios-17"] {
        let checked = check(phone, "portal", "\"endless\"");
        assert_eq!(checked.concluded(), "portal", "{checked:#?}");
        let Sheet::Empty { why, .. } = &checked.sheet else { panic!("{checked:#?}") };
        assert!(why.contains("does not end"), "{why}");
    }
}

#[test]
fn a_portal_that_catches_every_address_need_not_lie_about_names() {
    let mut router = portal("elsewhere", RIGHT);
    router.intercepts = true;
    assert!(in_process(&mut ProfilePortal(&router), by_id("ios-17").unwrap()).passed());
}

#[test]
fn junit_tells_a_test_a_phone() {
    let checked = [check("ios-17", "portal", RIGHT), check("ios-17", "portal", "{ status = 204 }")];
    let text = super::junit("192.168.4.1 & co", &checked).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let tests: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    assert_eq!(tests.len(), 2);
    let failures: Vec<_> = document.descendants().filter(|node| node.has_tag_name("failure")).collect();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].parent(), Some(tests[1]));
    assert_eq!(failures[0].attribute("type"), Some("apple.probe.unknown-state"));
    assert!(failures[0].text().unwrap().contains("change: Do not answer"), "{text}");
}
