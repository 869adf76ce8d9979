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
        held: None,
        secrets: &[],
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
    let (old, new) = (credentials(b"the old one"), credentials(b"the new one"));
    let worked = |it: &Credentials| [Observation::Joined(it.clone())];
    let (old_worked, new_worked) = (worked(&old), worked(&new));
    let begins = || View { observations: &old_worked, held: Some(&old), ..quiet() };
    let replaced = || View { observations: &new_worked, held: Some(&new), ..quiet() };
    assert_eq!(broken(&[begins(), replaced(), View { held: Some(&new), ..quiet() }]), None);
    // A save that was cut leaves the old ones.
    assert_eq!(broken(&[begins(), View { observations: &new_worked, held: Some(&old), ..quiet() }]), None);
    let survive = Some("credentials-survive".to_owned());
    // They were there before, have just worked, and are gone.
    let there = View { held: Some(&old), ..quiet() };
    assert_eq!(broken(&[there, View { observations: &old_worked, ..quiet() }]), survive);
    assert_eq!(broken(&[begins(), quiet()]), survive);
    assert_eq!(broken(&[begins(), View { observations: &new_worked, ..quiet() }]), survive);
    assert_eq!(broken(&[begins(), replaced(), View { held: Some(&old), ..quiet() }]), survive);
    for excuse in [Observation::Cleared, Observation::BitRot] {
        assert_eq!(broken(&[begins(), View { observations: &[excuse], ..quiet() }]), None);
    }
}

#[test]
fn what_has_not_joined_may_not_be_stored() {
    let (old, new) = (credentials(b"the old one"), credentials(b"the new one"));
    let begins = || View { held: Some(&old), ..quiet() };
    let stored = View { held: Some(&new), ..quiet() };
    assert_eq!(broken(&[begins(), stored]), Some("committed-after-joining".into()));
    let joined = View { held: Some(&new), observations: &[Observation::Joined(new.clone())], ..quiet() };
    assert_eq!(broken(&[begins(), joined]), None);
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
    let open = RecoveryState { state: Some(ProvisioningState::PortalOpen), ..RecoveryState::default() };
    assert_eq!(missing(&RecoveryState { wanted: vec![home], ..open.clone() }), Some("device-settles"));
    let shows = |sheet| RecoveryState { sheets: vec![("1/ios-17".into(), sheet)], ..open.clone() };
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
