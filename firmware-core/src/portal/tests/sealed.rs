//! Sealed forms, by the page and by a program, and what is said when one cannot be opened.

use super::*;
use crate::ClearForms;
use crate::mock::MockEntropy;
use crate::sealed::tests::seal;
use crate::{AccessPointSecurity, OwnPassphrase};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

impl<E: Entropy> Bench<E> {
    /// A form sealed as a page of this opening does it, with the token beside it.
    fn sealed(&self, form: &str, secret: u8) -> String {
        self.sealed_with("", form, secret)
    }

    /// The same, with a code that the owner has typed.
    fn sealed_with(&self, code: &str, form: &str, secret: u8) -> String {
        let (key, token) = (*self.key(), self.portal.guard.csrf_token.to_string());
        format!("token={token}&sealed={}", seal(&key, &token, code, form.as_bytes(), [secret; 32]))
    }

    fn key(&self) -> &[u8; 32] {
        self.portal.sealing.page_seal(&self.portal.config).unwrap().key
    }
}

fn of(clear_forms: ClearForms) -> Bench {
    let mut bench = Bench::open();
    bench.portal.config.clear_forms = clear_forms;
    bench
}

#[test]
fn a_sealed_form_is_as_good_as_one_in_clear() {
    for clear_forms in [ClearForms::Allow, ClearForms::Refuse] {
        let mut bench = of(clear_forms);
        bench.commands();
        let key: String = bench.key().iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(bench.get("/").contains(&format!("data-key=\"{key}\"")));
        assert!(bench.get("/api/networks").contains(&format!("\"sealing_key\":\"{key}\"")));
        let sealed = bench.sealed(RIGHT, 1);
        assert!(!sealed.contains("horse"));
        assert_eq!(status(&bench.post("/setup", FORM, "", &sealed)), "303");
        bench.wait(JOIN_DELAY);
        assert_eq!(bench.commands(), ["join Home"]);
    }
}

#[test]
fn a_program_seals_its_document() {
    let mut bench = of(ClearForms::Refuse);
    let (key, token) = (*bench.key(), bench.portal.guard.csrf_token.to_string());
    let document = r#"{"ssid":"Home","passphrase":"correct horse"}"#;
    let text = seal(&key, &token, "", document.as_bytes(), [1; 32]);
    // Without the token nothing says for which opening it was sealed.
    let bare = bench.post("/api/access-point", JSON, "", &format!(r#"{{"sealed":"{text}"}}"#));
    assert!(bare.contains("\"code\":\"stale\""), "{bare}");
    let sealed = format!(r#"{{ "token" : "{token}", "sealed": "{text}" }}"#);
    let answer = bench.post("/api/access-point", JSON, "", &sealed);
    assert_eq!(status(&answer), "202", "{answer}");
    assert!(answer.contains("\"ssid\":\"Home\""));
    let again = bench.post("/api/access-point", JSON, "", &sealed);
    assert_eq!(status(&again), "409");
    assert!(again.contains("\"code\":\"sent-before\""), "{again}");
    for odd in [r#""sealed":7"#, r#""sealed":"\u0041""#, r#""sealed":"""#] {
        let answer = bench.post("/api/access-point", JSON, "", &format!(r#"{{"token":"{token}",{odd}}}"#));
        assert_eq!(status(&answer), "400", "{odd} {answer}");
    }
}

#[test]
fn what_was_recorded_changes_nothing_when_it_is_sent_again() {
    let mut bench = of(ClearForms::Allow);
    let sealed = bench.sealed(RIGHT, 1);
    assert_eq!(status(&bench.post("/setup", FORM, "", &sealed)), "303");
    // A browser that has heard no answer sends it again by itself, and its owner is shown how far the device is.
    assert_eq!(status(&bench.post("/setup", FORM, "", &sealed)), "303");
    bench.wait(JOIN_DELAY);
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    bench.commands();
    let again = bench.post("/setup", FORM, "", &sealed);
    assert_eq!(status(&again), "409");
    assert!(again.contains("This form was sent before."), "{again}");
    bench.wait(JOIN_DELAY);
    assert_eq!(bench.commands(), [""; 0]);
}

#[test]
fn what_cannot_be_opened_is_refused_with_a_sentence() {
    let mut bench = of(ClearForms::Allow);
    let good = bench.sealed(RIGHT, 1);
    let mut changed = good.clone().into_bytes();
    let last = changed.len() - 30;
    changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    for bad in [&changed, &good[..good.len() - 4], &good[..good.find("sealed=").unwrap() + 7]] {
        let answer = bench.post("/setup", FORM, "", bad);
        assert_eq!(status(&answer), "400", "{bad}");
        assert!(answer.contains("The device could not open the form."), "{answer}");
    }
    let other_token = good.replacen(&good[6..10], "beef", 1);
    let answer = bench.post("/setup", FORM, "", &other_token);
    assert_eq!(status(&answer), "403");
    assert!(answer.contains("This page was out of date."));
    assert_eq!(status(&bench.post("/setup", FORM, "", &good)), "303", "the good one was not used up");
}

#[test]
fn where_a_form_in_clear_is_refused_nobody_can_fill_one_in_without_the_script() {
    let mut bench = of(ClearForms::Refuse);
    let page = bench.get("/");
    assert!(
        page.contains("<fieldset id=\"sealed\" disabled>") && page.contains("<noscript><p class=\"alert\"")
    );
    let answer = bench.send_form(RIGHT);
    assert_eq!(status(&answer), "403");
    assert!(answer.contains("This device takes the password only encrypted.") && !answer.contains("horse"));
    let answer = bench.post("/api/access-point", JSON, "", r#"{"ssid":"Home","passphrase":"correct horse"}"#);
    assert!(answer.contains("\"code\":\"not-sealed\""), "{answer}");
    assert!(!of(ClearForms::Allow).get("/").contains("id=\"sealed\""));
}

const CODE: &str = "h7rk-2mwq-9xtz";

/// A device with a code on its label, whose access point is open or takes the code as its passphrase.
fn with_code(is_open: bool) -> Bench {
    let mut bench = of(ClearForms::Allow);
    let own = OwnPassphrase::new(CODE.as_bytes(), &bench.portal.config.name).unwrap();
    match is_open {
        true => bench.portal.config.label_code = Some(std::boxed::Box::leak(std::boxed::Box::new(own))),
        false => bench.portal.config.access_point_security = AccessPointSecurity::Wpa2(own),
    }
    bench
}

#[test]
fn the_code_on_the_label_goes_into_the_key_where_the_owner_types_it() {
    assert!(!of(ClearForms::Allow).get("/").contains("id=\"code\""));
    assert!(of(ClearForms::Allow).get("/api/networks").contains("\"label_code\":false"));
    for is_open in [true, false] {
        let page = with_code(is_open).get("/");
        // Only a script can use it, so it has no name, and a browser without scripts neither shows nor sends it.
        assert!(
            page.contains("<div id=\"coded\" hidden>") && page.contains("id=\"code\" value=\"\""),
            "{page}"
        );
        assert!(!page.contains(CODE));
        assert!(with_code(is_open).get("/api/networks").contains("\"label_code\":true"));
        for typed in ["", CODE] {
            let mut bench = with_code(is_open);
            bench.commands();
            let sealed = bench.sealed_with(typed, RIGHT, 1);
            assert_eq!(status(&bench.post("/setup", FORM, "", &sealed)), "303", "{typed}");
            bench.wait(JOIN_DELAY);
            assert_eq!(bench.commands(), ["join Home"], "{typed}");
        }
    }
}

#[test]
fn another_code_is_refused_with_its_own_sentence_and_changes_nothing() {
    let mut bench = with_code(true);
    bench.commands();
    let wrong = bench.sealed_with("h7rk-2mwq-9xty", RIGHT, 1);
    let answer = bench.post("/setup", FORM, "", &wrong);
    assert_eq!(status(&answer), "403");
    assert!(answer.contains("The code is not the one on this device’s label."), "{answer}");
    assert!(!answer.contains("horse") && !answer.contains(CODE), "{answer}");
    let (key, token) = (*bench.key(), bench.portal.guard.csrf_token.to_string());
    let document = br#"{"ssid":"Home","passphrase":"correct horse"}"#;
    let text = seal(&key, &token, "other", document, [2; 32]);
    let body = format!(r#"{{"token":"{token}","sealed":"{text}"}}"#);
    let answer = bench.post("/api/access-point", JSON, "", &body);
    assert!(answer.contains("\"code\":\"wrong-code\""), "{answer}");
    bench.wait(JOIN_DELAY);
    assert_eq!(bench.commands(), [""; 0]);
    let right = bench.sealed_with(CODE, RIGHT, 3);
    assert_eq!(status(&bench.post("/setup", FORM, "", &right)), "303");
}

#[test]
fn codes_are_not_guessed_faster_than_forms_are_taken() {
    let mut bench = with_code(true);
    for guess in 0..crate::limits::SUBMISSIONS_PER_MINUTE {
        let wrong = bench.sealed_with(&format!("guess {guess}"), RIGHT, guess + 1);
        assert_eq!(status(&bench.post("/setup", FORM, "", &wrong)), "403");
    }
    let right = bench.sealed_with(CODE, RIGHT, 99);
    assert_eq!(status(&bench.post("/setup", FORM, "", &right)), "429");
}

#[test]
fn openings_are_rationed_as_submissions_are() {
    let mut bench = of(ClearForms::Allow);
    let mut statuses = Vec::new();
    for secret in 0..=crate::limits::SUBMISSIONS_PER_MINUTE {
        let broken = bench.sealed(RIGHT, secret + 1) + "A";
        statuses.push(status(&bench.post("/setup", FORM, "", &broken)).to_string());
    }
    assert_eq!(statuses.pop().unwrap(), "429");
    assert!(statuses.iter().all(|status| status == "400"), "{statuses:?}");
}

#[test]
fn no_byte_of_a_sealed_form_stays_in_the_portal_once_it_is_answered() {
    let mut bench = of(ClearForms::Allow);
    let sealed = bench.sealed("network=486f6d65&passphrase=short77", 1);
    let answer = bench.post("/setup", FORM, "", &sealed);
    assert_eq!(status(&answer), "400");
    assert!(answer.contains("The password is too short.") && !answer.contains("short77"), "{answer}");
    assert!(
        ConnectionId::ALL
            .iter()
            .all(|id| { bench.portal.connections.get(*id).is_none_or(|open| open.request().is_none()) })
    );
}

#[test]
fn the_secret_goes_when_the_portal_closes() {
    let mut bench = of(ClearForms::Allow);
    let sealed = bench.sealed(RIGHT, 1);
    bench.portal.factory_reset(bench.now).unwrap();
    bench.portal.setup(bench.now);
    bench.radio(RadioEvent::ScanFinished);
    bench.radio(RadioEvent::AccessPointUp);
    // The mock's random bytes are the same for each opening, so that the token is good, and the key.
    assert_eq!(status(&bench.post("/setup", FORM, "", &sealed)), "303");
    bench.portal.sealing.close();
    let answer = bench.post("/setup", FORM, "", &bench.sealed(RIGHT, 2));
    assert!(answer.contains("The device could not open the form."), "{answer}");
}

#[test]
fn each_opening_draws_another_key_pair_and_a_closed_portal_opens_nothing() {
    let config = Config::new(Ssid::new(b"Lamp").unwrap());
    let mut bench = Bench::of(Portal::new(config, Memory::new(), MockEntropy::new(4)));
    let mut keys = Vec::new();
    for secret in [1, 2, 3] {
        bench.portal.setup(bench.now);
        bench.hears_network(b"Home", Security::Wpa2);
        bench.radio(RadioEvent::ScanFinished);
        bench.radio(RadioEvent::AccessPointUp);
        assert!(!keys.contains(bench.key()));
        keys.push(*bench.key());
        let sealed = bench.sealed(RIGHT, secret);
        assert_eq!(status(&bench.post("/setup", FORM, "", &sealed)), "303");
        bench.wait(JOIN_DELAY);
        bench.radio(RadioEvent::Joined(HOME));
        bench.wait(Duration::from_secs(200));
        assert_eq!(bench.portal.state(), ProvisioningState::Connected);
        // Its public half stays, because a page that is under way must not change.
        let late = bench.sealed(RIGHT, secret + 10);
        let answer = bench.post("/setup", FORM, "", &late);
        assert!(answer.contains("The device could not open the form."), "{answer}");
    }
}

#[test]
fn the_script_that_seals_is_a_file_of_its_own() {
    let mut bench = of(ClearForms::Allow);
    bench.portal.handle_open(id(0), Interface::AccessPoint, bench.now);
    let request = b"GET /seal.js HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";
    assert_eq!(bench.portal.handle_received(id(0), request, bench.now), request.len());
    let mut answer = [0; 600];
    let Transfer::Bytes(length) = bench.portal.poll_send(id(0), &mut answer, bench.now) else { panic!() };
    let answer = &answer[..length];
    let head = String::from_utf8_lossy(&answer[..answer.len().min(600)]).into_owned();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("Content-Encoding: gzip\r\n"), "{head}");
    assert!(head.contains("ETag: \""));
}
