//! Recorded and documented replies, judged as each family of clients would.

use super::super::judge::windows::{BROWSER_URL, Expected};
use super::super::judge::{Client, Failure, Release, judge};
use super::super::{Reply, Verdict};

const PROBE: &str = "http://probe.example/generate_204";

/// Frame 8 of a recording of an Android phone behind a real portal, its body shortened.
const NTOPNG: &str = "HTTP/1.1 302 Found\r\nServer: ntopng 6.1.240606 (x86_64)\r\nExpires: 0\r\n\
    Cache-Control: no-store, no-cache, must-revalidate\r\nPragma: no-cache\r\n\
    Content-Type: text/html; charset=UTF-8\r\nContent-Length: 32\r\nLocation: \
    https://portal.seafy.com/landing/?referer=www.google.eu%2Fgenerate_204\r\n\r\n\
    <HTML>\n<!--\n<?xml version=\"1.0\"?>";

/// Frame 39 of a recording of an iPhone, fewer header lines.
const APPLE: &str = "HTTP/1.0 200 OK\r\nCache-Control: max-age=300\r\nContent-Type: text/html\r\n\
    Content-Length: 69\r\nServer: ATS/8.0.6\r\n\r\n\
    <HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>\n";

fn android(major: u8, minor: u8) -> Client {
    Client::Android(Release::new(major, minor))
}

fn conclude(client: Client, reply: &str) -> (Verdict, &'static str) {
    let reply = Reply::parse(reply.as_bytes(), true).unwrap();
    let judgement = judge(client, PROBE, &Ok(reply));
    (judgement.verdict, judgement.rule.id)
}

#[test]
fn a_real_portal_is_one_for_everybody() {
    let location = "https://portal.seafy.com/landing/?referer=www.google.eu%2Fgenerate_204";
    let portal = |url: &str| Verdict::Portal { url: url.to_owned() };
    assert_eq!(conclude(android(14, 0), NTOPNG).0, portal(location));
    assert_eq!(conclude(android(10, 0), NTOPNG).0, portal(PROBE));
    assert_eq!(conclude(android(5, 0), NTOPNG).0, portal(PROBE));
    assert_eq!(conclude(Client::Apple, NTOPNG), (portal(location), "apple.probe.follows"));
    let windows = Client::Windows { expects: Expected::ConnectTest };
    assert_eq!(conclude(windows, NTOPNG).0, portal(BROWSER_URL));
}

#[test]
fn apples_page_is_success_for_apple_and_a_portal_for_others() {
    assert_eq!(conclude(Client::Apple, APPLE), (Verdict::Online, "apple.probe.success"));
    assert!(conclude(android(12, 0), APPLE).0.is_portal());
    assert!(conclude(Client::Windows { expects: Expected::Ncsi }, APPLE).0.is_portal());
}

#[test]
fn windows_wants_its_body_to_the_byte() {
    let verdict = |expects, body: &str| {
        conclude(Client::Windows { expects }, &format!("HTTP/1.1 200 OK\r\n\r\n{body}"))
    };
    assert_eq!(verdict(Expected::ConnectTest, "Microsoft Connect Test").0, Verdict::Online);
    assert_eq!(verdict(Expected::Ncsi, "Microsoft NCSI").0, Verdict::Online);
    for body in ["Microsoft NCSI", "Microsoft Connect Test\n", "microsoft connect test", ""] {
        assert_eq!(verdict(Expected::ConnectTest, body).1, "windows.probe.hotspot", "{body:?}");
    }
    let windows = Client::Windows { expects: Expected::ConnectTest };
    assert!(conclude(windows, "HTTP/1.1 404 No\r\n\r\nMicrosoft Connect Test").0.is_portal());
    let none = judge(windows, PROBE, &Err(Failure::Timeout));
    assert_eq!((none.verdict, none.rule.id), (Verdict::NoInternet, "windows.probe.no-internet"));
}

#[test]
fn an_empty_200_meant_something_else_in_every_generation() {
    let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let rule = |major, minor| conclude(android(major, minor), empty).1;
    assert_eq!(rule(5, 0), "android.probe.length-0-is-success");
    assert_eq!(rule(6, 0), "android.probe.length-0-is-success");
    assert_eq!(rule(7, 0), "android.probe.length-0-is-success");
    assert_eq!(rule(7, 1), "android.probe.length-0-is-success");
    assert_eq!(rule(9, 0), "android.probe.empty-is-success");
    assert_eq!(rule(10, 0), "android.probe.short-body");
    assert!(conclude(android(7, 0), "HTTP/1.1 200 OK\r\n\r\n").0.is_portal());
    assert_eq!(conclude(android(9, 0), "HTTP/1.1 200 OK\r\n\r\n").0, Verdict::Online);
    assert_eq!(conclude(android(10, 0), "HTTP/1.1 200 OK\r\n\r\n").0, Verdict::NoInternet);
}

#[test]
fn three_bytes_are_a_portal_before_10() {
    let tiny = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes";
    assert_eq!(conclude(android(8, 0), tiny).1, "android.probe.tiny-before-10");
    assert_eq!(conclude(android(10, 0), tiny).0, Verdict::NoInternet);
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsetup";
    assert_eq!(conclude(android(8, 0), page).1, "android.probe.portal");
}

#[test]
fn failures_are_no_internet_for_android_and_unclear_for_apple() {
    use Failure::{Lost, NameUnresolved, NotHttp, PrivateAddress, Refused, Timeout, Unreachable, Untrusted};
    for failure in [NameUnresolved, Refused, Unreachable, Lost, NotHttp, Timeout, Untrusted, PrivateAddress] {
        assert_eq!(judge(android(12, 0), PROBE, &Err(failure)).verdict, Verdict::NoInternet);
        let apple = judge(Client::Apple, PROBE, &Err(failure)).verdict;
        assert_eq!(apple.is_portal(), failure == Untrusted);
    }
}
