//! Phones that join the device's access point, message by message.

use vestibule_core::OwnPassphrase;

use super::*;

const LABEL: &[u8] = b"green lantern 7 oak";

fn own() -> OwnPassphrase {
    OwnPassphrase::new(LABEL, &Ssid::new(b"Device").unwrap()).unwrap()
}

/// The messages between the phone and the access point, `>` from the phone, `!` lost.
fn dialogue(bench: &Bench) -> Vec<String> {
    let said = bench.reports.iter().filter_map(|(_, report)| match report {
        Report::PhoneMessage { by_phone, message, lost, .. } => {
            Some(format!("{} {message}{}", if *by_phone { '>' } else { '<' }, if *lost { " !" } else { "" }))
        }
        _ => None,
    });
    said.collect()
}

/// A bench with an access point that is so protected, to which a phone comes with this passphrase.
fn visited(security: AccessPointSecurity, typed: &[u8]) -> Bench {
    let mut bench = Bench::new(Vec::new());
    bench.raise_with(security);
    bench.air.phone_joins(0, &Passphrase::new(typed).unwrap(), ChannelSwitch::Follows, bench.now);
    bench.wait(10_000);
    bench
}

#[test]
fn an_open_access_point_takes_everybody_with_four_messages() {
    let open =
        ["> authentication, open system", "< authentication, open system", "> association", "< association"];
    for typed in [b"".as_slice(), LABEL] {
        let bench = visited(AccessPointSecurity::Open, typed);
        assert!(bench.air.phone_is_on(0) && bench.has(&Report::PhoneJoined(0)));
        assert_eq!(dialogue(&bench), open);
    }
}

#[test]
fn a_protected_one_takes_who_knows_its_passphrase() {
    let keys: Vec<String> = (1..=4)
        .map(|number| {
            format!("{} 4-way handshake, message {number}", if number % 2 == 0 { '>' } else { '<' })
        })
        .collect();
    for (security, begins, length) in [
        (AccessPointSecurity::Wpa2(own()), "> authentication, open system", 8),
        (AccessPointSecurity::Wpa2Wpa3(own()), "> authentication, SAE commit", 10),
        (AccessPointSecurity::Wpa3(own()), "> authentication, SAE commit", 10),
    ] {
        let bench = visited(security, LABEL);
        assert!(bench.air.phone_is_on(0));
        let said = dialogue(&bench);
        assert_eq!((said[0].as_str(), said.len(), &said[length - 4..]), (begins, length, &keys[..]));
    }
}

#[test]
fn who_does_not_know_it_is_told_so_and_is_not_on() {
    let refused = Report::PhoneRefused { phone: 0, why: Refusal::WrongPassphrase };
    for typed in [b"".as_slice(), b"green lantern 7 ash"] {
        let bench = visited(AccessPointSecurity::Wpa2(own()), typed);
        assert!(!bench.air.phone_is_on(0) && bench.has(&refused));
        let said = dialogue(&bench);
        assert_eq!(said.iter().filter(|line| line.contains("message 1")).count(), 4, "{said:?}");
        assert_eq!(said.last().unwrap(), "< deauthentication, reason 15 (4-way handshake timeout)");

        let bench = visited(AccessPointSecurity::Wpa3(own()), typed);
        assert!(!bench.air.phone_is_on(0) && bench.has(&refused));
        assert_eq!(dialogue(&bench).last().unwrap(), "< authentication refused, status 15");
    }
}

#[test]
fn while_the_radio_listens_elsewhere_a_phone_asks_again_and_then_gives_up() {
    // From 2040 ms on it is on channel 13, from 2430 ms on channel 14, and between them back.
    let asks_first_at = |millis: u64| {
        let mut bench = Bench::new(Vec::new());
        bench.raise();
        bench.command(RadioCommand::Scan);
        bench.wait(millis - 385);
        bench.air.phone_joins(0, &Passphrase::open(), ChannelSwitch::Follows, bench.now);
        bench.wait(10_000);
        bench
    };
    let mut said = ["> authentication, open system !"; 3];
    let bench = asks_first_at(2045);
    assert_eq!(dialogue(&bench), said);
    assert!(!bench.air.phone_is_on(0));
    assert!(bench.has(&Report::PhoneRefused { phone: 0, why: Refusal::Unanswered }));

    let bench = asks_first_at(2000);
    said[2] = "> authentication, open system";
    assert_eq!(dialogue(&bench)[..3], said);
    assert!(bench.air.phone_is_on(0));

    // One that goes meanwhile, or whose access point does, is nowhere.
    let mut bench = Bench::new(Vec::new());
    bench.raise();
    bench.air.phone_joins(0, &Passphrase::open(), ChannelSwitch::Follows, bench.now);
    bench.wait(390).air.phone_leaves(0);
    assert!(!bench.wait(1000).air.phone_is_on(0) && bench.separations().is_empty());
    bench.air.phone_joins(0, &Passphrase::open(), ChannelSwitch::Follows, bench.now);
    bench.wait(390);
    bench.air.device_off(bench.now);
    assert!(!bench.wait(1000).air.phone_is_on(0));
}
