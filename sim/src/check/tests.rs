//! Portals that are wrong, each in its own way, against phones inside this process: what they
//! conclude, and what their reports tell the portal's author.

use std::net::Ipv4Addr;
use std::path::Path;

use vestibule_core::Instant;

use super::in_process::{ExchangeStep, Portal, in_process};
use super::{BuiltIn, Checked, ProfilePortal, Sheet};
use crate::phone::{Exchange, Presents, by_id, disputes, models};
use crate::profile::{Profile, load};

/// A profile with these lines instead of the right ones.
pub(super) fn portal(dns: &str, reply: &str) -> Profile {
    load::parse(&profile_text(dns, reply), Path::new("test.toml")).unwrap()
}

fn profile_text(dns: &str, reply: &str) -> String {
    format!(
        "name = \"a portal\"\nwhat = \"of a test\"\naddress = \"192.168.4.1\"\nsource = \"a test\"\ngrade = \"A\"\n\
         [dns.address]\nanswer = \"{dns}\"\nsource = \"a test\"\ngrade = \"A\"\n\
         [dns.other]\nanswer = \"nothing\"\nsource = \"a test\"\ngrade = \"A\"\n\
         [https]\nanswer = \"refused\"\nsource = \"a test\"\ngrade = \"A\"\n\
         [[http]]\nhost = \"portal\"\npath = \"/page\"\nsource = \"a test\"\ngrade = \"A\"\n\
         reply = {{ status = 200, headers = {{ Content-Type = \"text/html\" }}, body = \"<p>Set up</p>\" }}\n\
         [[http]]\nsource = \"a test\"\ngrade = \"A\"\nreply = {reply}\n"
    )
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
    both_say(
        "portal",
        "{ status = 204 }",
        (
            "partial",
            "Answer GET /generate_204 with Host connectivitycheck.gstatic.com on TCP port 80 of 192.168.4.1",
        ),
        ("not-captive", "and not with 204"),
    );
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
        ("portal", "redirect to the portal's own address, and not to 10.9.9.9; answer GET / there"),
        ("inconclusive", "redirect to the portal's own address, and not to 10.9.9.9"),
    );
    assert!(matches!(check("android-14", "portal", reply).sheet, Sheet::Empty { .. }));
    let secure = "{ status = 302, headers = { Location = \"https://{portal}/\" } }";
    assert!(check("android-14", "portal", secure).change.unwrap().contains("GET / there with status 200"));
}

#[test]
fn what_is_no_reply_is_told_as_such() {
    for (reply, change) in [
        ("\"close\"", "before the connection is closed"),
        ("\"reset\"", "before the connection is closed"),
        ("\"garbage\"", "beginning with the line HTTP/1.1 302 Found"),
        ("\"silence\"", "at once, several connections at a time"),
        ("{ status = 404, body = \"no such page\" }", "not with 404"),
        ("{ status = 503 }", "not with 503"),
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
    assert!(
        failures[0]
            .text()
            .unwrap()
            .contains("change: Answer GET /hotspot-detect.html with Host captive.apple.com on TCP port 80"),
        "{text}"
    );
}

/// A right portal until its page was shown; then it takes every check for done.
struct DoneOnceShown {
    redirects: Profile,
    done: Profile,
    shown: bool,
}

impl Portal for DoneOnceShown {
    fn address(&self) -> Ipv4Addr {
        self.redirects.address()
    }

    fn intercepts(&self) -> bool {
        false
    }

    fn answer(&mut self, exchange: &Exchange, now: Instant) -> Vec<ExchangeStep> {
        let profile = if self.shown { &self.done } else { &self.redirects };
        if let Exchange::Stream { payload, .. } = exchange {
            // The page itself, and not the redirect to it.
            self.shown |= String::from_utf8_lossy(payload).starts_with("GET /page ");
        }
        ProfilePortal(profile).answer(exchange, now)
    }
}

fn once_shown(phone: &str, then: &str) -> Checked {
    let mut portal =
        DoneOnceShown { redirects: portal("portal", RIGHT), done: portal("portal", then), shown: false };
    in_process(&mut portal, by_id(phone).unwrap())
}

#[test]
fn a_sheet_that_its_own_check_closes_is_told() {
    for phone in ["android-6", "android-9", "android-10"] {
        let checked = once_shown(phone, "{ status = 204 }");
        assert!(checked.failed() && checked.concluded() == "portal", "{checked:#?}");
        let Sheet::Closes { why, .. } = &checked.sheet else { panic!("{checked:#?}") };
        assert!(why.starts_with("1.0 s after the page was there"), "{why}");
        assert_eq!(checked.rule.unwrap().id, "android.sheet.checks");
        let told = checked.decided_by.unwrap();
        assert!(told.asked.ends_with("/generate_204") && told.came.starts_with("204"), "{told:?}");
        let change = checked.change.unwrap();
        assert!(
            change.contains("on TCP port 80 of 192.168.4.1") && change.contains("until the owner is done"),
            "{change}"
        );
    }
    // From 11 on 204 over HTTP alone validates nothing; Apple's sheet stays, whatever its check says.
    for (phone, then) in [
        ("android-14", "{ status = 204 }"),
        ("ios-17", "{ status = 200, body = \"<title>Success</title>\" }"),
    ] {
        let checked = once_shown(phone, then);
        assert!(checked.passed(), "{checked:#?}");
    }
    assert!(once_shown("android-9", RIGHT).passed());
}

#[test]
fn a_disputed_reading_is_a_warning_that_says_both_and_what_suits_both() {
    for (phone, says) in [
        ("samsung-14-private", "4.3.2.1"),
        ("samsung-16-private", "169.254.0.0/16"),
        ("samsung-6-private", "The price"),
        ("ios-26-443", "drop packets to TCP port 443 of 192.168.4.1"),
    ] {
        let mut checked = check(phone, "portal", RIGHT);
        assert!(checked.counts && !checked.passed() && !checked.failed(), "{checked:#?}");
        assert_eq!(checked.disputed.len(), 1, "{checked:#?}");
        assert!(checked.change.as_ref().unwrap().contains(says), "{checked:#?}");
        checked.strict = true;
        assert!(checked.failed());
        // What is wrong beside it is no matter of readings.
        let broken = check(phone, "silence", RIGHT);
        assert!(broken.failed() && broken.disputed.is_empty(), "{broken:#?}");
    }
    let mut relative = check("ios-17", "portal", "{ status = 302, headers = { Location = \"/page\" } }");
    assert!(relative.disputed[0].question.contains("absolute address"), "{relative:#?}");
    relative.strict = true;
    assert!(relative.failed());
}

#[test]
fn an_api_announced_by_plain_http_is_disputed_for_phones_that_know_of_apis() {
    let text = profile_text("portal", RIGHT)
        + "[dhcp]\noption_114 = \"http://192.168.4.1\"\nsource = \"a test\"\ngrade = \"A\"\n";
    let announcing = load::parse(&text, Path::new("test.toml")).unwrap();
    let disputed =
        |phone: &str| in_process(&mut ProfilePortal(&announcing), by_id(phone).unwrap()).disputed.len();
    assert_eq!(["android-10", "android-11", "android-16", "ios-17"].map(disputed), [0, 1, 1, 0]);
}

#[test]
fn every_dispute_has_readings_of_its_own_and_every_need_is_one() {
    for dispute in disputes() {
        assert!(dispute.readings.is_sorted_by_key(|reading| reading.grade), "{dispute:#?}");
        let portal = Ipv4Addr::new(192, 168, 4, 1);
        assert!(dispute.safe(portal).contains("192.168.4.1") && !dispute.settled_by.is_empty());
    }
    for need in models().iter().filter_map(|model| model.need) {
        assert!(disputes().any(|dispute| dispute.has_reading(need.rule)), "{need:?}");
    }
}

/// Every way in which a profile can be wrong, and phones that read each in another way.
fn all_advice() -> Vec<(String, String)> {
    let location = |to: &str| format!("{{ status = 302, headers = {{ Location = \"{to}\" }} }}");
    let mut replies: Vec<String> =
        ["silence", "close", "reset", "garbage", "endless"].map(|word| format!("\"{word}\"")).to_vec();
    replies.extend(
        [200, 204, 205, 303, 304, 403, 404, 407, 500, 511].map(|status| format!("{{ status = {status} }}")),
    );
    replies.extend(
        ["https://portal/", "http://10.9.9.9/", "/nowhere", "http://portal/nowhere", "ftp://portal/"]
            .map(location),
    );
    replies.push("{ status = 200, body = \"<title>Success</title>\" }".into());
    replies.push(RIGHT.into());
    let mut said = Vec::new();
    for dns in ["portal", "silence", "elsewhere", "nothing"] {
        for reply in &replies {
            let wrong = portal(dns, reply);
            for model in models() {
                let checked = in_process(&mut ProfilePortal(&wrong), model);
                assert!(
                    checked.passed() || model.presents == Presents::Nothing || checked.change.is_some(),
                    "{checked:#?}"
                );
                said.extend(checked.change.map(|change| (format!("{} {dns} {reply}", model.id), change)));
            }
        }
    }
    said
}

#[test]
fn advice_names_a_call_a_place_and_an_answer_and_none_undoes_another() {
    let redirect = "status 302, \"Location: http://192.168.4.1/\"";
    for (case, change) in all_advice() {
        let names = |words: &[&str]| words.iter().any(|word| change.contains(word));
        assert!(names(&["192.168.4.1"]), "{case}: {change}");
        assert!(names(&["TCP port 80", "UDP port 53", "TCP port 443", "DHCP as router"]), "{case}: {change}");
        let is_settled =
            names(&[redirect, "a page of HTML", "every A question"]) || change.starts_with("To be safe");
        assert!(is_settled, "{case}: {change}");
        // No other answer is ever asked for.
        let asked: Vec<&str> = change.split("with status ").skip(1).map(|rest| &rest[..3]).collect();
        assert!(asked.iter().all(|status| ["302", "200"].contains(status)), "{case}: {change}");
        assert!(change.ends_with('.') && !change.contains(".."), "{case}: {change}");
    }
}

/// The sheet's page of a right portal is this one.
fn with_page(phone: &str, reply: &str) -> Checked {
    let text = profile_text("portal", RIGHT);
    let page = "{ status = 200, headers = { Content-Type = \"text/html\" }, body = \"<p>Set up</p>\" }";
    assert!(text.contains(page));
    let profile = load::parse(&text.replace(page, reply), Path::new("test.toml")).unwrap();
    in_process(&mut ProfilePortal(&profile), by_id(phone).unwrap())
}

#[test]
fn a_page_that_leads_on_by_itself_is_followed_to_what_is_there() {
    let refresh = "{ status = 200, headers = { Content-Type = \"text/html\" }, \
                   body = \"<meta http-equiv=refresh content='0;url=https://cloud.example/'>\" }";
    let Sheet::Empty { why, .. } = with_page("ios-17", refresh).sheet else { panic!("a page where none is") };
    assert!(why.contains("the connection for https://cloud.example/ was refused"), "{why}");
    // One that loads itself again has something to be seen all the same.
    let again = refresh.replace("https://cloud.example/", "/page").replace("\" }", "<p>Wait</p>\" }");
    assert!(with_page("ios-17", &again).passed());
}

#[test]
fn an_error_with_a_form_is_shown_and_odd() {
    let form = "{ status = 404, headers = { Content-Type = \"text/html\" }, \
                body = \"<form><input name=s><button>Save</button></form>\" }";
    let checked = with_page("android-14", form);
    assert!(checked.passed(), "{checked:#?}");
    assert!(checked.findings.iter().any(|odd| odd.contains("is answered 404")), "{:?}", checked.findings);
    let bare = form.replace("<form><input name=s><button>Save</button></form>", "Not found");
    assert!(!with_page("android-14", &bare).passed());
}

/// Whoever follows advice on the portal's own page is not to end in a loop, and whoever reads of a reply that does not end
/// is to be told that.
#[test]
fn advice_on_the_portals_own_page_is_no_redirect_to_itself() {
    let endless = "{ status = 200, headers = { Content-Type = \"text/html\" }, body = \"<p>Set up</p>\", \
                   length = false, closes = false }";
    let checked = with_page("ios-17", endless);
    let change = checked.change.clone().unwrap_or_default();
    assert!(!change.contains("Location: http://192.168.4.1/\""), "{change}");
    assert!(change.contains("Content-Length"), "{change}");
    let open = RIGHT.replace("body = \"moved\" }", "length = false, closes = false }");
    let checked = check("windows-11", "portal", &open);
    let change = checked.change.unwrap_or_default();
    assert!(change.is_empty() || change.contains("a reply that does not end"), "{change}");
}

/// ConnMan has a reply only once its connection is closed: a portal that keeps it is never found, and one that ends it after
/// a while is found then.
#[test]
fn a_connection_that_is_kept_ends_after_the_time_that_the_profile_says() {
    let kept = RIGHT.replace("body = \"moved\" }", "body = \"moved\", closes = false }");
    assert_ne!(kept, RIGHT);
    let checked = check("connman", "portal", &kept);
    assert_eq!(checked.concluded(), "inconclusive");
    let change = checked.change.unwrap_or_default();
    assert!(
        change.starts_with("Close the connection on TCP port 80 of 192.168.4.1 after the reply"),
        "{change}"
    );
    let limits = "[limits]\nidle = 5\nsource = \"a test\"\ngrade = \"A\"\n";
    let text = profile_text("portal", &kept) + limits;
    let profile = load::parse(&text, Path::new("test.toml")).unwrap();
    let checked = in_process(&mut ProfilePortal(&profile), by_id("connman").unwrap());
    assert!(checked.passed(), "{checked:#?}");
    assert!(checked.took.is_some_and(|took| took.0.as_secs() >= 5), "{:?}", checked.took);
}

/// Whoever redirects the portal's own page as advised would redirect it to itself once more.
#[test]
fn advice_on_a_loop_at_the_portal_is_no_redirect_to_the_portal() {
    for reply in ["http://{portal}/page", "/page", "http://{portal}/page?again"] {
        let reply = format!("{{ status = 302, headers = {{ Location = \"{reply}\" }} }}");
        for phone in ["android-14", "ios-17"] {
            let checked = with_page(phone, &reply);
            let change = checked.change.clone().unwrap_or_else(|| panic!("{checked:#?}"));
            assert!(!change.contains("redirect it to") && change.contains(" 200, "), "{change}");
        }
    }
}

/// A URL that names a port is for that port.
#[test]
fn a_redirect_to_a_port_where_nobody_listens_is_told_with_that_port() {
    let reply = "{ status = 302, headers = { Location = \"http://{portal}:8089/setup\" } }";
    for phone in ["android-14", "ios-17", "windows-11"] {
        let checked = check(phone, "portal", reply);
        let change = checked.change.clone().unwrap_or_else(|| panic!("{checked:#?}"));
        for told in [
            "Nobody listens on TCP port 8089 of 192.168.4.1",
            "listen there, or redirect to http://192.168.4.1/.",
        ] {
            assert!(change.contains(told), "{change}");
        }
    }
}
