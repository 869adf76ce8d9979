//! Each guard with the requests that it must stop and those that it must let through.

use super::*;
use crate::limits::SUBMISSIONS_PER_MINUTE;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

#[test]
fn a_form_without_the_token_of_this_opening_is_shown_again_without_its_passphrase() {
    let mut bench = Bench::open();
    // Of an opening before this one.
    bench.portal.guard.csrf_token = CsrfToken::new([7; 16]);
    bench.commands();
    for stale in [String::new(), "token=&".into(), format!("token={}&", "0".repeat(40)), "token=07&".into()] {
        let answer = bench.post("/setup", FORM, "", &format!("{stale}{RIGHT}"));
        assert_eq!(status(&answer), "403", "{stale}");
        assert!(answer.contains("This page was out of date."), "{answer}");
        assert!(answer.contains("value=\"486f6d65\" checked"), "the network is kept: {answer}");
        assert!(!answer.contains("horse"));
        assert_eq!(status(&bench.post("/rescan", FORM, "", &stale)), "403");
    }
    assert_eq!((bench.commands(), bench.portal.state()), (Vec::new(), ProvisioningState::PortalOpen));

    // The page that it is answered with carries the right one.
    let page = bench.post("/setup", FORM, "", RIGHT);
    let token = page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!((&token[..32], token.len()), ("07".repeat(16).as_str(), 40));
    assert_eq!(status(&bench.post("/rescan", FORM, "", &format!("token={token}"))), "303");
    assert_eq!(status(&bench.post("/setup", FORM, "", &format!("{RIGHT}&token={token}"))), "303");
}

#[test]
fn each_opening_draws_another_token() {
    struct Counting(u8);
    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill_with(|| {
                self.0 = self.0.wrapping_add(1);
                self.0
            });
        }
    }
    let config = Config::new(Ssid::new(b"Lamp").unwrap());
    let mut portal = Portal::new(config, Memory::new(), Counting(0));
    let mut tokens = Vec::new();
    for second in 0..3 {
        let now = Instant::from_micros(second * 1_000_000);
        portal.setup(now);
        portal.handle_radio(RadioEvent::ScanFinished, now);
        assert_eq!(portal.state(), ProvisioningState::PortalOpen);
        tokens.push(portal.guard.csrf_token.to_string());
        portal.factory_reset(now).unwrap();
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 3, "{tokens:?}");
}

#[test]
fn another_sites_page_gets_nothing_done() {
    let mut bench = Bench::open();
    bench.commands();
    let token = bench.portal.guard.csrf_token;
    let form = format!("token={token}&{RIGHT}");
    let json = "{\"ssid\":\"Home\",\"passphrase\":\"correct horse\"}";
    for origin in [
        "http://evil.example",
        "https://192.168.4.1",
        "http://192.168.4.1:8080",
        "http://192.168.4.1.evil.example",
        "x",
    ] {
        let origin = format!("Origin: {origin}\r\n");
        for (path, kind, sent) in [
            ("/setup", FORM, form.as_str()),
            ("/rescan", FORM, &form),
            ("/api/access-point", JSON, json),
            ("/api/access-point", FORM, &form),
            ("/api/rescan", JSON, "{}"),
            ("/api/clear", JSON, "{}"),
            ("/api/alive", FORM, "timeout=8"),
            ("/anything", FORM, ""),
        ] {
            let answer = bench.post(path, kind, &origin, sent);
            assert_eq!(status(&answer), "403", "{path} {origin}{answer}");
            assert!(!answer.to_ascii_lowercase().contains("access-control-allow"), "{answer}");
        }
        // Nor is a browser told before that it may.
        let preflight =
            bench.ask(&format!("OPTIONS /api/clear HTTP/1.1\r\nHost: 192.168.4.1\r\n{origin}\r\n"));
        assert_eq!(status(&preflight), "403");
    }
    // Requests that a page can send to any site without a preflight, from a browser that sends no origin.
    for kind in ["text/plain", FORM] {
        for path in ["/api/access-point", "/api/rescan", "/api/clear"] {
            let answer = bench.post(path, kind, "", json);
            assert_eq!(status(&answer), if kind == FORM { "403" } else { "415" }, "{path} {kind} {answer}");
        }
    }
    // Where it will not say whose page it was, the token must.
    let opaque = "Origin: null\r\n";
    assert_eq!(status(&bench.post("/api/access-point", JSON, opaque, json)), "403");
    assert_eq!(status(&bench.post("/api/alive", FORM, opaque, "timeout=8")), "403");
    assert_eq!(status(&bench.post("/anything", FORM, opaque, "")), "403");
    assert_eq!((bench.commands(), bench.portal.state()), (Vec::new(), ProvisioningState::PortalOpen));
    assert_eq!(status(&bench.post("/setup", FORM, opaque, &form)), "303");

    let mut bench = Bench::open();
    let own = "Origin: http://192.168.4.1\r\n";
    assert_eq!(status(&bench.post("/setup", FORM, own, &form)), "303", "the page's own");
}

#[test]
fn on_the_home_network_the_device_answers_to_its_own_names_alone() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    for (host, wanted) in [
        ("192.168.1.77", "200"),
        ("192.168.1.77:8080", "200"),
        ("lamp", "200"),
        ("LAMP.local", "200"),
        ("lamp.local:80", "200"),
        ("rebound.evil.example", "421"),
        ("lamp.local.evil.example", "421"),
        ("192.168.4.1", "421"),
        ("127.0.0.1", "421"),
        ("localhost", "421"),
        ("", "421"),
    ] {
        for path in ["/", "/api/status"] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            let answer = bench.ask_on(Interface::Home, &request);
            assert_eq!(status(&answer), wanted, "{host} {answer}");
            assert_eq!(answer.contains("Home"), wanted == "200", "{host}");
            assert!(!answer.contains("token") && !answer.contains("<form"), "{answer}");
            assert!(wanted != "200" || answer.contains("192.168.1.77"), "{answer}");
        }
    }
    bench.commands();
    let token = bench.portal.guard.csrf_token;
    for path in ["/setup", "/rescan", "/api/networks", "/api/access-points", "/api/access-point"]
        .into_iter()
        .chain(["/api/rescan", "/api/clear", "/api/alive", "/api/events"])
    {
        let body = format!("token={token}&{RIGHT}");
        let length = body.len();
        let post = format!(
            "POST {path} HTTP/1.1\r\nHost: lamp\r\nContent-Type: {FORM}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        for request in [post, format!("GET {path} HTTP/1.1\r\nHost: lamp\r\n\r\n")] {
            assert_eq!(status(&bench.ask_on(Interface::Home, &request)), "404", "{request}");
        }
    }
    assert!(bench.portal.has_credentials() && bench.commands().is_empty());
}

/// Checks of phones name another host, too, so that they are sent to the page. A name that is made to point at the device
/// gets no more than they do.
#[test]
fn on_the_access_point_another_host_is_sent_to_the_page_and_gets_nothing_done() {
    let mut bench = Bench::open();
    bench.commands();
    let token = bench.portal.guard.csrf_token;
    for path in ["/", "/setup", "/rescan", "/api/status", "/api/networks", "/api/access-point", "/api/clear"]
    {
        let body = format!("token={token}&{RIGHT}");
        for method in ["GET", "POST"] {
            let answer = bench.ask(&format!(
                "{method} {path} HTTP/1.1\r\nHost: rebound.evil.example\r\nContent-Type: {FORM}\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            ));
            assert_eq!(status(&answer), "302", "{method} {path} {answer}");
            assert!(!answer.contains("token") && !answer.contains("Home"), "{answer}");
        }
    }
    bench.wait(JOIN_DELAY);
    assert_eq!((bench.commands(), bench.portal.state()), (Vec::new(), ProvisioningState::PortalOpen));
}

#[test]
fn submissions_are_rate_limited_and_the_page_says_so() {
    let mut bench = Bench::open();
    let token = bench.portal.guard.csrf_token;
    // Forms without a valid token do not count against the rate limit of those that have one.
    for _ in 0..100 {
        assert_eq!(status(&bench.post("/setup", FORM, "", RIGHT)), "403");
    }
    for _ in 0..SUBMISSIONS_PER_MINUTE {
        assert_eq!(status(&bench.submit("network=486f6d65&passphrase=short")), "400");
    }
    bench.commands();
    let answer = bench.submit(RIGHT);
    assert_eq!(status(&answer), "429");
    assert!(answer.contains("\r\nRetry-After: 5\r\n") && answer.contains("That was too often."), "{answer}");
    assert!(answer.contains("value=\"486f6d65\" checked") && !answer.contains("horse"), "{answer}");
    let json =
        bench.post("/api/access-point", JSON, "", "{\"ssid\":\"Home\",\"passphrase\":\"correct horse\"}");
    assert_eq!(status(&json), "429");
    assert_eq!(status(&bench.post("/api/clear", FORM, "", &format!("token={token}"))), "429");
    assert!(bench.commands().is_empty());
    bench.wait(Duration::from_secs(5));
    assert_eq!(status(&bench.submit(RIGHT)), "303", "a person is let in again soon");
}

#[test]
fn nothing_is_taken_from_an_address() {
    let mut bench = Bench::open();
    let token = bench.portal.guard.csrf_token;
    bench.commands();
    for path in ["/setup", "/rescan", "/api/access-point", "/api/rescan", "/api/clear", "/api/alive"] {
        let get = bench.get(&format!("{path}?token={token}&{RIGHT}"));
        let post = bench.post(&format!("{path}?{RIGHT}"), FORM, "", &format!("token={token}"));
        for answer in [get, post] {
            assert_eq!(status(&answer), "400", "{path} {answer}");
            assert!(!answer.contains("horse") && !answer.contains(&token.to_string()));
        }
    }
    assert!(bench.commands().is_empty());
}

#[test]
fn every_page_forbids_what_it_does_not_need() {
    let mut bench = Bench::open();
    let mut pages =
        std::vec![bench.get("/"), bench.get("/setup"), bench.submit(""), bench.get("/api/networks")];
    bench.submit(RIGHT);
    pages.push(bench.get("/"));
    bench.radio(RadioEvent::Joined(HOME));
    pages.push(bench.get("/"));
    pages.push(bench.get("/favicon.ico"));
    pages.push(bench.ask_on(Interface::Home, "GET / HTTP/1.1\r\nHost: lamp\r\n\r\n"));
    pages.push(bench.ask_on(Interface::Home, "GET / HTTP/1.1\r\nHost: evil\r\n\r\n"));
    for page in pages {
        for header in [
            "\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; connect-src 'self'; \
             style-src 'sha256-",
            "frame-ancestors 'none'",
            "\r\nX-Content-Type-Options: nosniff\r\n",
            "\r\nX-Frame-Options: DENY\r\n",
        ] {
            assert!(page.contains(header), "{header}: {page}");
        }
        let scripts = page.matches("<script").count();
        assert_eq!(scripts, page.matches("<script src=\"/portal.js\" defer></script>").count(), "{page}");
        assert!(!page.contains(" style=\""), "{page}");
        assert!(!page.contains("Referrer-Policy"), "it would make browsers hide whose page a form is from");
    }
}

#[test]
fn what_was_tried_and_failed_is_not_kept() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    assert!(bench.portal.joining.submitted.is_some());
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    assert!(bench.portal.joining.submitted.is_none());
    assert_eq!(status(&bench.submit(RIGHT)), "303", "the same may be tried again");
    assert_eq!(bench.portal.state(), ProvisioningState::Joining);
    assert!(body(&bench.get("/")).contains("Connecting"));
}

/// As browsers and what stands between send them: an error would leave a phone without its sheet.
#[test]
fn whoever_asks_at_too_great_length_is_led_to_the_page_too() {
    let long = "x".repeat(600);
    let many = "A: b\r\n".repeat(34);
    let origin = format!("Origin: http://{}.example\r\n", "x".repeat(4_000));
    for (path, host, lines) in [
        (format!("/{long}"), "connectivitycheck.gstatic.com", ""),
        (format!("/?{long}"), "192.168.4.1", ""),
        ("/generate_204".into(), "connectivitycheck.gstatic.com", many.as_str()),
        ("/".into(), "192.168.4.1", origin.as_str()),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n");
        let mut bench = Bench::open();
        let answer = bench.ask(&request);
        assert_eq!(status(&answer), "302", "{path} {lines}");
        assert!(
            answer.contains("\r\nLocation: http://192.168.4.1/\r\n") && answer.contains("Connection: close")
        );
        assert!(!bench.ask_on(Interface::Home, &request).starts_with("HTTP/1.1 30"), "{path}");
    }
    let agent = format!("GET / HTTP/1.1\r\nHost: 192.168.4.1\r\nUser-Agent: {}\r\n\r\n", "x".repeat(4_000));
    assert_eq!(status(&Bench::open().ask(&agent)), "200");
}
