//! Each invariant accepts correct behaviour and finds its violation.

use std::time::Duration;

use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{Credentials, Instant, Passphrase, Ssid};

use super::recovery::{RecoveryState, missing};
use super::*;

fn credentials(secret: &[u8]) -> Credentials {
    Credentials { ssid: Ssid::new(b"Home").unwrap(), passphrase: Passphrase::new(secret).unwrap() }
}

/// A view in which nothing has happened.
fn quiet() -> View<'static> {
    View {
        at: Duration::ZERO,
        observations: &[],
        lines: &[],
        held: &[],
        secrets: &[],
        names: &[],
        clock: Some(Instant::from_micros(0)),
        due: None,
        connections: &[],
    }
}

/// The invariant that views, one after another, break.
fn broken(views: &[View<'_>]) -> Option<String> {
    let mut safety = Safety::default();
    views.iter().find_map(|view| safety.check(view).err()).map(|violation| violation.invariant)
}

#[test]
fn credentials_that_worked_may_not_go() {
    let (old, new) = ([credentials(b"the old one")], [credentials(b"the new one")]);
    let worked = |it: &[Credentials]| [Observation::Joined(it[0].clone())];
    let (old_worked, new_worked) = (worked(&old), worked(&new));
    let begins = || View { observations: &old_worked, held: &old, ..quiet() };
    let replaced = || View { observations: &new_worked, held: &new, ..quiet() };
    assert_eq!(broken(&[begins(), replaced(), View { held: &new, ..quiet() }]), None);
    // A save that was cut leaves the old ones.
    assert_eq!(broken(&[begins(), View { observations: &new_worked, held: &old, ..quiet() }]), None);
    let survive = Some("credentials-survive".to_owned());
    // They were there before, have just worked, and are gone.
    let there = || View { held: &old, ..quiet() };
    assert_eq!(broken(&[there(), View { observations: &old_worked, ..quiet() }]), survive);
    // What is stored at the beginning has worked once, and need not work again.
    assert_eq!(broken(&[there(), quiet()]), survive);
    assert_eq!(broken(&[begins(), quiet()]), survive);
    assert_eq!(broken(&[begins(), View { observations: &new_worked, ..quiet() }]), survive);
    assert_eq!(broken(&[begins(), replaced(), View { held: &old, ..quiet() }]), survive);
    for excuse in [Observation::Cleared, Observation::BitRot] {
        assert_eq!(broken(&[begins(), View { observations: &[excuse], ..quiet() }]), None);
    }
}

#[test]
fn every_stored_network_is_looked_at() {
    let of = |name: &[u8]| Credentials { ssid: Ssid::new(name).unwrap(), ..credentials(b"its passphrase") };
    let [a, b, c, d, e] = [b"A", b"B", b"C", b"D", b"E"].map(|name| of(name));
    let joined = [Observation::Joined(e.clone())];
    let survive = Some("credentials-survive".to_owned());
    let full = [a.clone(), b.clone(), c.clone(), d.clone()];
    let begins = || View { held: &full, ..quiet() };
    let second_gone = [a.clone(), c.clone(), d.clone()];
    assert_eq!(broken(&[begins(), View { held: &second_gone, ..quiet() }]), survive);
    // Of one too many the last gives way, and no other.
    let pushed_out = [e.clone(), a.clone(), b.clone(), c.clone()];
    assert_eq!(broken(&[begins(), View { held: &pushed_out, observations: &joined, ..quiet() }]), None);
    let wrong_one = [e.clone(), a.clone(), b.clone(), d.clone()];
    assert_eq!(broken(&[begins(), View { held: &wrong_one, observations: &joined, ..quiet() }]), survive);
    let room = [e, a.clone()];
    let two = [a, b];
    assert_eq!(
        broken(&[View { held: &two, ..quiet() }, View { held: &room, observations: &joined, ..quiet() }]),
        survive
    );
}

#[test]
fn what_has_not_joined_may_not_be_stored() {
    let (old, new) = ([credentials(b"the old one")], [credentials(b"the new one")]);
    let begins = || View { held: &old, ..quiet() };
    let stored = View { held: &new, ..quiet() };
    assert_eq!(broken(&[begins(), stored]), Some("committed-after-joining".into()));
    let joined = View { held: &new, observations: &[Observation::Joined(new[0].clone())], ..quiet() };
    assert_eq!(broken(&[begins(), joined]), None);
    let other = Credentials { ssid: Ssid::new(b"Cafe").unwrap(), passphrase: Passphrase::open() };
    let second = [old[0].clone(), other];
    let stored = View { held: &second, ..quiet() };
    assert_eq!(broken(&[begins(), stored]), Some("committed-after-joining".into()), "the second one, too");
}

#[test]
fn no_passphrase_is_sent_or_written_down() {
    let secrets = [b"p+w & 100%".to_vec()];
    let sees = |bytes: &[u8]| {
        broken(&[View { observations: &[Observation::Frame(bytes.to_vec())], secrets: &secrets, ..quiet() }])
    };
    assert_eq!(sees(b"nothing of the kind"), None);
    for leak in ["...p+w & 100%...", "p%2Bw+%26+100%25", "value=\"p+w &amp; 100%\""] {
        assert_eq!(sees(leak.as_bytes()), Some("no-secret-leaves".into()), "{leak}");
    }
    let lines = ["{\"says\":\"p+w & 100%\"}".to_owned()];
    assert_eq!(
        broken(&[View { lines: &lines, secrets: &secrets, ..quiet() }]),
        Some("no-secret-leaves".into())
    );
}

/// A secret of everything that anything escapes.
const ODD: &[u8] = br#"a<b>&"c'd+e%f\g h=i/j;k,l:m"#;

#[test]
fn every_escaping_that_the_product_writes_is_known() {
    use vestibule_core::label::{CodeAddress, Label};
    use vestibule_core::pages::Shown;
    use vestibule_core::{ByteWindow, json};

    let text = std::str::from_utf8(ODD).unwrap();
    let mut object = String::new();
    json::write_object(&mut object, |object| object.text("secret", text)).unwrap();
    let mut array = String::new();
    json::write_array(&mut array, |array| array.text(Shown(ODD))).unwrap();
    let ssid = Ssid::new(ODD).unwrap();
    let mut room = [0; 200];
    let mut page = ByteWindow::new(0, &mut room);
    page.put(format!("<p>{}</p>", Shown(ODD)).as_bytes());
    let form: String = url::form_urlencoded::byte_serialize(ODD).collect();
    let line = serde_json::to_string(&format!("{ssid:?} {ssid}")).unwrap();
    let digits: String = ODD.iter().map(|byte| format!("{byte:02x}")).collect();
    let passphrase = Passphrase::new(ODD).unwrap();
    let label = Label::new(&Ssid::new(b"Lamp").unwrap(), &passphrase).unwrap().to_string();
    let code = CodeAddress::new([192, 168, 4, 1].into(), ODD).unwrap().to_string();
    let page = String::from_utf8_lossy(page.written()).into_owned();
    for written in [object, array, page, form, line, digits, label, code] {
        let seen = leaks(&[Observation::Frame(written.clone().into_bytes())], &[]);
        assert!(seen, "{written}");
        assert!(leaks(&[], &[written]));
    }
}

/// Whether this secret is seen in there.
fn leaks(observations: &[Observation], lines: &[String]) -> bool {
    let view = View { observations, lines, secrets: &[ODD.to_vec()], ..quiet() };
    no_secret_leaves::NoSecretLeaves::default().check(&view).is_err()
}

#[test]
fn a_secret_in_pieces_is_seen() {
    let (first, second) = ODD.split_at(7);
    let sees = |observations: &[Observation]| leaks(observations, &[]);
    let said = |connection, bytes: &[u8]| Observation::Sent(connection, bytes.to_vec());
    assert!(sees(&[said(1, first), said(1, second)]));
    assert!(!sees(&[said(1, first), said(2, second)]), "two connections");
    assert!(!sees(&[said(1, first), Observation::Closed(1), Observation::Opened(1), said(1, second)]));
}

#[test]
fn a_secret_over_frames_is_seen() {
    let frames = |pieces: &[(u32, &[u8])]| {
        let observations: Vec<_> = pieces.iter().map(|(number, bytes)| tcp(*number, bytes)).collect();
        leaks(&observations, &[])
    };
    let (first, second) = ODD.split_at(7);
    assert!(frames(&[(1000, first), (1007, second)]));
    assert!(frames(&[(u32::MAX - 2, first), (4, second)]), "numbers begin anew");
    assert!(frames(&[(1000, first), (1000, first), (1003, &ODD[3..])]), "sent again in other pieces");
    assert!(frames(&[(1000, first), (1000, b"a"), (1007, second)]), "a piece of it sent again");
    assert!(!frames(&[(1000, first), (9000, second)]), "not one after the other");
    assert!(!frames(&[(1000, first), (1007, b"...")]));
}

/// A frame of TCP from the device.
fn tcp(number: u32, bytes: &[u8]) -> Observation {
    let builder = etherparse::PacketBuilder::ethernet2([2; 6], [4; 6])
        .ipv4([192, 168, 4, 1], [192, 168, 4, 2], 64)
        .tcp(80, 50_000, number, 4096);
    let mut frame = Vec::new();
    builder.write(&mut frame, bytes).unwrap();
    Observation::Frame(frame)
}

#[test]
fn a_connection_without_a_deadline_is_seen() {
    let serving = Some("keeps-serving".to_owned());
    let at = |seconds: u64| Some(Instant::from_micros(seconds * 1_000_000));
    assert_eq!(broken(&[View { connections: &[(0, at(5))], ..quiet() }]), None);
    assert_eq!(broken(&[View { connections: &[(0, None)], ..quiet() }]), serving);
    assert_eq!(broken(&[View { connections: &[(0, at(3600))], ..quiet() }]), serving);
    // What is due is done within a moment.
    let overdue = |seconds| View { at: Duration::from_secs(seconds), due: at(0), ..quiet() };
    assert_eq!(broken(&[overdue(0), overdue(1)]), None);
    assert_eq!(broken(&[overdue(0), overdue(2)]), serving);
    assert_eq!(broken(&[overdue(0), quiet(), overdue(2)]), None);
}

#[test]
fn limits_are_limits() {
    let sees = |observations: &[Observation]| broken(&[View { observations, ..quiet() }]);
    let limits = Some("within-limits".to_owned());
    assert_eq!(sees(&[Observation::Opened(0), Observation::Closed(0), Observation::Opened(0)]), None);
    assert_eq!(sees(&[Observation::Opened(0), Observation::Opened(0)]), limits);
    assert_eq!(sees(&[Observation::Opened(99)]), limits);
    assert_eq!(sees(&[Observation::Frame(vec![0; 1515])]), limits);
    assert_eq!(sees(&[Observation::Answered(53, vec![0; 513])]), limits);
}

#[test]
fn answers_are_read_by_others() {
    let sees = |observations: &[Observation]| broken(&[View { observations, ..quiet() }]);
    let reply = |text: &str| Observation::Sent(3, text.into());
    let two = [
        reply("HTTP/1.1 200 OK\r\nContent-Le"),
        reply("ngth: 2\r\n\r\nok"),
        reply("HTTP/1.1 204 No\r\n\r\n"),
    ];
    assert_eq!(sees(&two), None);
    let malformed = Some("replies-are-well-formed".to_owned());
    assert_eq!(
        sees(&[reply("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok"), reply("k, as I said\r\n\r\n")]),
        malformed
    );
    assert_eq!(sees(&[Observation::Answered(53, vec![1, 2, 3])]), malformed);
}

#[test]
fn a_world_has_recovered_on_the_network_or_with_a_portal_that_shows() {
    let home = Ssid::new(b"Home").unwrap();
    let well = RecoveryState {
        state: Some(ProvisioningState::Connected),
        joined: Some(home),
        ..RecoveryState::default()
    };
    let missing = |state: &RecoveryState| missing(state).map(|(name, _)| name);
    assert_eq!(missing(&well), None);
    assert_eq!(missing(&RecoveryState { submitted: true, ..well.clone() }), Some("owner-learns"));
    assert_eq!(missing(&RecoveryState { submitted: true, told: true, ..well.clone() }), None);
    let stale = RecoveryState { stale_address: Some("it is not".into()), ..well.clone() };
    assert_eq!(missing(&stale), Some("device-settles"));
    let open = RecoveryState { state: Some(ProvisioningState::PortalOpen), ..RecoveryState::default() };
    assert_eq!(missing(&RecoveryState { wanted: vec![home], ..open.clone() }), Some("device-settles"));
    let shows = |sheet: bool| {
        let without_sheet = (!sheet).then(|| "1/ios-17".into());
        RecoveryState { without_sheet, ..open.clone() }
    };
    assert_eq!((missing(&shows(true)), missing(&shows(false))), (None, Some("portal-shows")));
    assert_eq!(missing(&RecoveryState::default()), Some("device-settles"));
}

#[test]
fn a_violation_says_what_when_and_who_waits() {
    let waits = vec!["the device waits for power".into()];
    let violation =
        recovery::violation("device-settles", Duration::from_millis(1500), "it has no power".into(), waits);
    assert_eq!(
        violation.to_string(),
        "LIVENESS device-settles after 1.500 s: it has no power\n         the device waits for power"
    );
}

#[test]
fn a_radio_is_not_asked_for_what_it_cannot_do() {
    use crate::radio::Unsupported;

    assert_eq!(broken(&[quiet()]), None);
    for what in [Unsupported::Join, Unsupported::Scan, Unsupported::AccessPoint, Unsupported::Channel(13)] {
        let observations = [Observation::Unsupported(what)];
        assert_eq!(broken(&[View { observations: &observations, ..quiet() }]), Some("radio-can".into()));
    }
}

#[test]
fn a_device_opens_as_it_is_configured() {
    let seen = |is_protected, is_asked_for| {
        let observations = [Observation::Raised { is_protected, is_asked_for }];
        broken(&[View { observations: &observations, ..quiet() }])
    };
    let found = Some("opens-as-configured".to_owned());
    assert_eq!([seen(true, true), seen(false, true), seen(true, false)], [None, found.clone(), found]);
}

#[test]
fn what_a_device_with_a_key_stores_is_nowhere_in_its_flash() {
    let (secrets, names) = ([b"correct horse".to_vec()], [b"Home".to_vec(), b"a".to_vec()]);
    let image = |text: &[u8]| [Observation::Flash([&[0xff; 40][..], text, &[7; 40]].concat())];
    let (sealed, names_it, tells) = (image(b"a sealed one"), image(b"Home"), image(b"correct horse"));
    let seen = |observations| View { observations, secrets: &secrets, names: &names, ..quiet() };
    let joined = [Observation::Joined(credentials(b"correct horse"))];
    assert_eq!(
        broken(&[seen(&sealed), seen(&joined), seen(&sealed)]),
        None,
        "a name of one letter is no finding"
    );
    for in_clear in [&names_it, &tells] {
        assert_eq!(
            broken(&[seen(in_clear), seen(&sealed), seen(&joined)]),
            None,
            "it was stored by an old firmware"
        );
        let found = Some("sealed-at-rest".to_owned());
        assert_eq!(broken(&[seen(&sealed), seen(in_clear)]), found);
        assert_eq!(broken(&[seen(in_clear), seen(&joined)]), found, "by now it had to be sealed");
    }
}
