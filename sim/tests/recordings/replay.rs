//! Replays: the built-in device passes, and each broken portal fails exactly the clients that it
//! would strand.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use vestibule::capture::compare::{Comparison, Difference};
use vestibule::capture::replay::{ReplayOutcome, ReplayedExchange, Settings, replay};
use vestibule::capture::{BuiltIn, Capture, Sent, Target, load};

use super::committed;
use super::stand_in::{Names, Pages, StandIn};

/// For what never comes.
const SHORT: Duration = Duration::from_millis(300);

fn hurried() -> Settings {
    Settings { timeout: SHORT, ..Settings::default() }
}

fn differs(told: &ReplayedExchange) -> bool {
    matches!(told.outcome, ReplayOutcome::Differs(_))
}

fn concluded(told: &ReplayedExchange) -> &str {
    match &told.outcome {
        ReplayOutcome::Same(concluded) | ReplayOutcome::Differs(concluded) => &concluded.concluded,
        ReplayOutcome::NotReplayed { why } => why,
        other => panic!("{other:?}"),
    }
}

fn find(name: &str) -> Capture {
    committed().into_iter().find(|capture| capture.name == name).unwrap()
}

/// The recordings in which a request, or a question, has another conclusion than it must.
async fn stranded(target: Target, settings: Settings) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut replays = JoinSet::new();
    for capture in committed() {
        replays.spawn(async move { (replay(&capture, target, settings).await, capture.name) });
    }
    let (mut requests, mut questions) = (BTreeSet::new(), BTreeSet::new());
    for (told, name) in replays.join_all().await {
        for told in told.iter().filter(|told| differs(told)) {
            let is_request = told.asked.starts_with("GET");
            if is_request { &mut requests } else { &mut questions }.insert(name.clone());
        }
    }
    (requests, questions)
}

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

const ANDROID_10: [&str; 3] = ["android-10-check", "android-10-fallback", "android-10-phone"];
const WITH_A_SHEET: [&str; 2] = ["ios-10", "macos-11"];

fn redirected_page(path: &str) -> Option<String> {
    let form = "<html><title>Setup</title><form><input name=x></form></html>";
    Some(match path {
        "/" => format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        ),
        _ => "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 6\r\n\r\nmoved\n".into(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_in_device_is_a_portal_to_everybody() {
    let device = BuiltIn::start().await.unwrap();
    for capture in committed() {
        let told = replay(&capture, device.target(), Settings::default()).await;
        let lines: Vec<usize> = told.iter().map(|told| told.line).collect();
        assert_eq!(lines, (2..capture.exchanges.len() + 2).collect::<Vec<_>>());
        for told in told {
            let unsent = matches!(told.outcome, ReplayOutcome::NotReplayed { .. });
            assert_eq!(unsent, told.asked.starts_with("DHCP"), "{}: {told:?}", capture.name);
            assert!(!differs(&told), "{}: {told:?}", capture.name);
        }
    }
    device.stop().await;
}

#[tokio::test]
async fn every_byte_arrives_as_it_was_recorded() {
    let portal = StandIn::start(Names::Right, redirected_page).await;
    for capture in committed() {
        portal.heard.lock().unwrap().clear();
        let told = replay(&capture, portal.target, Settings::default()).await;
        assert!(!told.iter().any(differs), "{}: {told:?}", capture.name);
        let mut heard = portal.heard.lock().unwrap().clone();
        for exchange in &capture.exchanges {
            let sent: &[u8] = match &exchange.sent {
                Sent::Question { payload, .. } => payload,
                Sent::Request { request, .. } => request.as_bytes(),
                _ => continue,
            };
            let at = heard.iter().position(|bytes| bytes == sent);
            heard.remove(at.unwrap_or_else(|| panic!("{}:{}", capture.name, exchange.line)));
        }
        // What is left are the redirects, all to the portal itself.
        assert!(heard.iter().all(|bytes| bytes.starts_with(b"GET / HTTP/1.")), "{}", capture.name);
    }
}

#[tokio::test]
async fn a_204_for_everything_strands_android_and_apple() {
    let pages: Pages = |_| Some("HTTP/1.1 204 No Content\r\n\r\n".into());
    let portal = StandIn::start(Names::Right, pages).await;
    let expected = [&ANDROID_10[..], &["android-6-tablet", "ios-4", "iphone-2020"], &WITH_A_SHEET].concat();
    assert_eq!(stranded(portal.target, Settings::default()).await, (names(&expected), names(&[])));
}

#[tokio::test]
async fn an_empty_page_strands_android_and_every_reader() {
    let pages: Pages =
        |_| Some("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n".into());
    let portal = StandIn::start(Names::Right, pages).await;
    // Android 6 takes it for the internet, 10 for nobody's.
    let expected = [&ANDROID_10[..], &["android-6-tablet"], &WITH_A_SHEET].concat();
    assert_eq!(stranded(portal.target, Settings::default()).await, (names(&expected), names(&[])));
    // Apple's probe itself takes it for a portal; the sheet then has nothing to show.
    let told = replay(&find("ios-10"), portal.target, Settings::default()).await;
    let conclusions: Vec<&str> = told.iter().map(concluded).collect();
    assert_eq!(conclusions, ["portal", "a page without a form", "portal", "portal", "portal"]);
}

#[tokio::test]
async fn a_silent_port_strands_everybody() {
    let portal = StandIn::start(Names::Right, |_| None).await;
    let windows = ["windows-10", "windows-11", "windows-7"];
    let expected =
        [&ANDROID_10[..], &["android-6-tablet", "ios-4", "iphone-2020"], &WITH_A_SHEET, &windows].concat();
    assert_eq!(stranded(portal.target, hurried()).await, (names(&expected), names(&[])));
    let told = replay(&find("ios-4"), portal.target, hurried()).await;
    assert_eq!(
        (concluded(&told[0]), &told[0].came[..]),
        ("inconclusive", &["nothing came in time".into()][..])
    );
}

#[tokio::test]
async fn an_address_for_every_type_shows_where_other_types_are_asked() {
    let portal = StandIn::start(Names::AForEveryType, redirected_page).await;
    assert_eq!(stranded(portal.target, Settings::default()).await, (names(&[]), names(&["ios-17-names"])));
    let told = replay(&find("ios-17-names"), portal.target, Settings::default()).await;
    let conclusions: Vec<&str> = told.iter().map(concluded).collect();
    let unasked = "records that nobody asked for";
    assert_eq!(conclusions, [unasked, "the device", unasked]);
}

#[tokio::test]
async fn wrong_answers_to_names_differ() {
    let chrome = find("chrome-random-names");
    for (wrong, expected) in [
        (Names::Elsewhere, "8.8.8.8, which is not the device"),
        (Names::OtherIdentifier, "unanswered"),
        (Names::Refused, "an error"),
        (Names::Silent, "unanswered"),
    ] {
        let portal = StandIn::start(wrong, redirected_page).await;
        let told = replay(&chrome, portal.target, hurried()).await;
        assert_eq!(told.len(), 3);
        for told in told {
            assert!(differs(&told) && concluded(&told) == expected, "{told:?}");
        }
    }
}

#[tokio::test]
async fn a_reply_cut_off_after_its_head_is_enough_for_android_alone() {
    let pages: Pages =
        |_| Some("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 9\r\n\r\n?".into());
    let portal = StandIn::start(Names::Right, pages).await;
    for (name, conclusion) in
        [("android-10-check", "portal"), ("ios-4", "inconclusive"), ("windows-10", "no-internet")]
    {
        let told = replay(&find(name), portal.target, Settings::default()).await;
        assert_eq!(concluded(&told[0]), conclusion, "{name}");
    }
}

#[tokio::test]
async fn nothing_outside_the_target_is_asked() {
    // Reserved for documentation (RFC 5737): nobody would answer, and nobody must be asked.
    let pages: Pages =
        |_| Some("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n".into());
    let portal = StandIn::start(Names::Right, pages).await;
    let began = Instant::now();
    let told = replay(&find("ios-10"), portal.target, Settings::default()).await;
    assert!(began.elapsed() < Settings::default().timeout, "it was not waited for");
    assert_eq!(concluded(&told[0]), "inconclusive");
    assert!(
        told[0].came.iter().any(|came| came == "http://192.0.2.1/ is not the portal's own and was not asked")
    );
    assert_eq!(concluded(&told[1]), "no page: http://192.0.2.1/ is not the portal's own");
}

#[tokio::test]
async fn a_redirect_to_a_name_is_resolved_by_the_target() {
    let pages: Pages = |path| match path {
        "/" => redirected_page("/"),
        _ => {
            Some("HTTP/1.1 302 Found\r\nLocation: http://setup.example/\r\nContent-Length: 0\r\n\r\n".into())
        }
    };
    let right = StandIn::start(Names::Right, pages).await;
    assert!(!replay(&find("macos-11"), right.target, Settings::default()).await.iter().any(differs));
    let wrong = StandIn::start(Names::Elsewhere, pages).await;
    assert!(replay(&find("macos-11"), wrong.target, Settings::default()).await.iter().all(differs));
}

#[tokio::test]
async fn a_portal_that_redirects_for_ever_is_left_at_some_time() {
    let pages: Pages = |_| {
        Some("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/again\r\nContent-Length: 0\r\n\r\n".into())
    };
    let portal = StandIn::start(Names::Right, pages).await;
    let told = replay(&find("ios-10"), portal.target, Settings::default()).await;
    // The first reply and six redirects: Apple takes the seventh for a portal's.
    assert_eq!((concluded(&told[0]), told[0].came.len()), ("portal", 7));
    assert_eq!(concluded(&told[1]), "no page: more than 20 redirects");
}

#[tokio::test]
async fn recorded_times_are_kept_when_asked_for() {
    let portal = StandIn::start(Names::Right, redirected_page).await;
    let phone = find("android-10-phone");
    let last = phone.exchanges.last().unwrap().at.unwrap();
    let began = Instant::now();
    replay(&phone, portal.target, Settings { speed: Some(10.0), ..Settings::default() }).await;
    assert!(began.elapsed() >= last / 10, "{:?}", began.elapsed());
    let began = Instant::now();
    replay(&phone, portal.target, Settings::default()).await;
    assert!(began.elapsed() < last / 10, "{:?}", began.elapsed());
}

/// A recording of one request that was answered as `reply` says, 40 ms later.
fn recorded(reply: &str) -> Capture {
    let header = r#"{"vestibule": "capture/1", "name": "n", "client": "c", "judge": {"android": "10"}, "source": "s", "grade": "C", "concludes": "portal"}"#;
    let exchange = serde_json::json!({
        "at_us": 1000, "provenance": "captured", "by": "probe", "reply_at_us": 41_000, "recorded_reply": reply,
        "http": "GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n",
    });
    load::parse(&format!("{header}\n{exchange}\n"), Path::new("n.jsonl")).unwrap()
}

async fn compared(reply: &str, pages: Pages) -> Comparison {
    let portal = StandIn::start(Names::Right, pages).await;
    replay(&recorded(reply), portal.target, hurried()).await.remove(0).compared.unwrap()
}

#[tokio::test]
async fn what_differs_from_the_recorded_reply_is_told() {
    let same = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 6\r\n\r\nmoved\n";
    let comparison = compared(same, redirected_page).await;
    assert_eq!((&comparison.differs, comparison.then), (&vec![], Some(Duration::from_millis(40))));
    assert!(comparison.now.unwrap() < SHORT);

    let other = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nmovement";
    let [recorded, now] = [None, Some("http://127.0.0.1/".into())];
    let differs = [
        Difference::Status { recorded: 200, now: 302 },
        Difference::Location { recorded, now },
        Difference::Body { recorded: 8, now: 6, from: 4 },
    ];
    let comparison = compared(other, redirected_page).await;
    assert_eq!(comparison.differs, differs);
    let text = comparison.to_string();
    let begins = "status 302, not 200; Location http://127.0.0.1/, not none; a body of 6 bytes, not 8, another one from byte 4 on; \
         after ";
    assert!(text.starts_with(begins) && text.ends_with(" ms, not 40.0 ms"), "{text}");

    let comparison = compared(same, |_| None).await;
    assert_eq!(comparison.differs, [Difference::Reply { now: "nothing came in time".into() }]);
    assert_eq!(comparison.now, None);
}
