//! The JSON interface as a program sees it.

use serde_json::{Value, json};

use super::*;
use crate::limits::SUBMISSIONS_PER_MINUTE;

fn read(answer: &str) -> (u16, Value) {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let value = if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect(body) };
    (status(answer).parse().unwrap(), value)
}

impl Bench {
    fn read(&mut self, path: &str) -> Value {
        let (status, value) = read(&self.look(path));
        assert_eq!(status, 200);
        value
    }

    fn send(&mut self, path: &str, document: &str) -> (u16, Value) {
        read(&self.post(path, "application/json; charset=utf-8", "", document))
    }
}

#[test]
fn a_program_sets_the_device_up_and_hears_why_not() {
    let mut bench = Bench::open();
    bench.hears_network(b"Caf\xe9", Security::Wpa2Wpa3);
    bench.portal.networks.begin();
    for (name, security) in
        [(&b"Home"[..], Security::Wpa2), (b"Caf\xe9", Security::Wpa3), (b"Office", Security::Enterprise)]
    {
        bench.hears_network(name, security);
    }
    bench.radio(RadioEvent::ScanFinished);
    let seen = bench.read("/api/networks");
    assert_eq!(seen["scanning"], false);
    let list = seen["access_points"].as_array().unwrap();
    let home = json!({ "ssid": "Home", "signal": -50, "channel": 6, "security": "wpa2", "supported": true });
    let cafe = json!({ "ssid": "Caf\u{fffd}", "ssid_hex": "436166e9", "signal": -50, "channel": 6,
        "security": "wpa3", "supported": true });
    assert!(list.contains(&home) && list.contains(&cafe), "{list:?}");
    assert!(list.iter().any(|network| network["supported"] == false && network["security"] == "enterprise"));

    let before = bench.read("/api/status");
    assert_eq!(
        (&before["state"], &before["ssid"], &before["failure"]),
        (&json!("setup"), &Value::Null, &Value::Null)
    );

    bench.commands();
    let wrong = "{\"ssid\":\"Home\",\"passphrase\":\"incorrect\\u0020horse\"}";
    let (status, taken) = bench.send("/api/access-point", wrong);
    assert_eq!((status, &taken["state"], &taken["ssid"]), (202, &json!("joining"), &json!("Home")));
    assert!(taken["next"].as_str().unwrap().contains("status"));
    bench.wait(JOIN_DELAY);
    assert_eq!(bench.commands(), ["join Home"]);
    assert_eq!(bench.send("/api/clear", "{}").1["code"], "busy");
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    let failed = bench.read("/api/status");
    assert_eq!((&failed["state"], &failed["ssid"]), (&json!("failed"), &json!("Home")));
    assert_eq!(failed["failure"]["code"], "wrong-passphrase");
    assert!(failed["failure"]["sentence"].as_str().unwrap().contains("did not accept"));
    assert!(!failed["failure"]["remedy"].as_str().unwrap().is_empty());

    let (status, taken) = bench.send(
        "/api/access-point",
        "{\"ssid\":\"Caf\u{fffd}\",\"ssid_hex\":\"436166E9\",\"passphrase\":\"correct horse\"}",
    );
    bench.wait(JOIN_DELAY);
    assert_eq!((status, bench.commands().last().unwrap().as_str()), (202, "join Caf\\xe9"));
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.portal.state(), ProvisioningState::ResultPending);
    let head = bench.ask("HEAD /api/status HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n");
    assert_eq!(
        (self::status(&head), bench.portal.state()),
        ("200", ProvisioningState::ResultPending),
        "nobody has read it"
    );
    let token = taken["token"].as_str().unwrap();
    let joined = bench.read(&format!("/api/status?token={token}"));
    assert_eq!(bench.portal.state(), ProvisioningState::Closing, "reading it here is reading it");
    assert_eq!((&joined["state"], &joined["address"]), (&json!("joined"), &json!("192.168.1.77")));
    assert_eq!((&joined["ssid_hex"], &joined["remembered"]), (&json!("436166e9"), &json!(true)));
    assert_eq!(bench.send("/api/access-point", wrong).1["code"], "joined");
    assert_eq!(bench.send("/api/clear", "{}").0, 409);
    let at_home = bench.ask_on(Interface::Home, "GET /api/status HTTP/1.1\r\nHost: lamp.local\r\n\r\n");
    assert_eq!(read(&at_home).1["address"], "192.168.1.77");
}

#[test]
fn what_cannot_be_used_has_a_code_a_sentence_and_a_remedy() {
    let mut bench = Bench::open();
    for (document, status, code) in [
        ("", 400, "no-network"),
        ("{}", 400, "no-network"),
        ("[]", 400, "unreadable"),
        ("{\"ssid\":\"Home\"", 400, "unreadable"),
        ("{\"ssid\":5,\"passphrase\":\"correct horse\"}", 400, "unreadable"),
        ("{\"ssid\":\"Home\",\"passphrase\":null}", 400, "unreadable"),
        ("{\"ssid\":\"Home\",\"passphrase\":[\"correct horse\"]}", 400, "unreadable"),
        ("{\"ssid\":\"a\",\"ssid\":\"b\"}", 400, "unreadable"),
        ("{\"ssid\":\"\\ud800\"}", 400, "unreadable"),
        ("{\"ssid\":\"a\\u0000b\"}", 400, "network-name-not-text"),
        ("{\"ssid_hex\":\"4g\"}", 400, "unreadable"),
        ("{\"ssid\":\"Home\",\"passphrase\":\"seven77\"}", 400, "passphrase-too-short"),
        ("{\"ssid\":\"Home\"}", 400, "passphrase-missing"),
        ("{\"ssid\":\"Office\",\"passphrase\":\"correct horse\"}", 400, "enterprise"),
    ] {
        bench.wait(Duration::from_secs(60 / u64::from(SUBMISSIONS_PER_MINUTE)));
        let (got, problem) = bench.send("/api/access-point", document);
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{document}");
        assert_eq!(problem["status"], status);
        for member in ["title", "detail", "remedy"] {
            assert!(!problem[member].as_str().unwrap().is_empty(), "{member}");
        }
    }
    assert_eq!((bench.portal.state(), bench.stored()), (ProvisioningState::PortalOpen, None));
    assert_eq!(bench.send("/api/alive", "{\"timeout\":8}").0, 204);
    assert_eq!(bench.send("/api/alive", "{\"timeout\":121}").1["code"], "no-timeout");
}

#[test]
fn a_form_does_as_well_with_the_token_from_the_list() {
    let mut bench = Bench::open();
    bench.portal.guard.csrf_token = CsrfToken::new([0xa5; 16]);
    let token = bench.read("/api/networks")["token"].as_str().unwrap().to_string();
    let form = format!("ssid=Home&passphrase=correct+horse&token={token}");
    let answer = bench.post("/api/access-point", "application/x-www-form-urlencoded", "", &form);
    assert_eq!(read(&answer).0, 202);
    assert_eq!(bench.portal.joining.submitted.as_ref().unwrap().passphrase.expose(), b"correct horse");
}

#[test]
fn searching_and_forgetting() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    let mut bench = Bench::new(bench.portal.flash_mut().clone());
    bench.portal.setup(bench.now);
    bench.radio(RadioEvent::ScanFinished);
    bench.commands();
    assert_eq!(bench.send("/api/rescan", "{}").0, 202);
    assert_eq!(
        (bench.commands(), bench.read("/api/networks")["scanning"].clone()),
        (std::vec!["scan".into()], json!(true))
    );

    // Also while it tries what it is about to forget.
    bench.wait(Duration::from_secs(61));
    assert_eq!(bench.portal.state(), ProvisioningState::RetryingStored);
    assert_eq!(bench.send("/api/clear", "{}"), (204, Value::Null));
    assert_eq!((bench.portal.state(), bench.stored()), (ProvisioningState::PortalOpen, None));
    assert!(bench.events.contains(&Event::Forgotten) && !bench.portal.has_credentials());
    bench.commands();
    bench.wait(Duration::from_secs(600));
    assert_eq!(
        (bench.commands(), bench.portal.state()),
        (Vec::new(), ProvisioningState::PortalOpen),
        "nothing to retry with"
    );
}
