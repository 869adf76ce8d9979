//! What is stored with a key of the device's own: sealed, migrated, and unreadable without the key.

use super::*;
use crate::WithDeviceKey;
use crate::mock::MockDeviceKey;

/// A chip with a secret or without one.
type Chip = WithDeviceKey<Zeros, Option<MockDeviceKey>>;

/// A portal of the device with that secret, or of one without a secret, started on this flash.
fn device(flash: &Memory, secret: Option<u64>) -> Bench<Chip> {
    let config = Config::new(Ssid::new(b"Lamp").unwrap());
    let chip = WithDeviceKey { entropy: Zeros, key: secret.map(MockDeviceKey::new) };
    let mut bench = Bench::of(Portal::new(config, flash.clone(), chip));
    bench.portal.connect_or_setup(bench.now);
    bench.drain();
    bench
}

fn set_up(flash: &Memory, secret: Option<u64>) {
    let mut bench = device(flash, secret);
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    bench.send_form(RIGHT);
    bench.wait(JOIN_DELAY);
    bench.radio(RadioEvent::Joined(HOME));
    assert!(bench.events.contains(&Event::Stored { ssid: Ssid::new(b"Home").unwrap() }));
}

/// Whether the network's name or its passphrase is anywhere in the flash.
fn is_in_clear(flash: &Memory) -> bool {
    let bytes = flash.0.borrow();
    [&b"Home"[..], b"correct horse"]
        .iter()
        .any(|text| bytes.windows(text.len()).any(|window| window == *text))
}

fn is_unreadable(bench: &Bench<Chip>) -> bool {
    bench.events.contains(&Event::StorageFault(StorageFault::Unreadable))
}

#[test]
fn a_device_with_a_key_joins_with_what_it_has_sealed() {
    let flash = Memory::new();
    set_up(&flash, None);
    assert!(is_in_clear(&flash), "the search finds what is there");
    let flash = Memory::new();
    set_up(&flash, Some(1));
    assert!(!is_in_clear(&flash));
    let again = device(&flash, Some(1));
    assert!(again.portal.has_credentials() && !is_unreadable(&again));
}

#[test]
fn with_another_key_or_none_it_is_unreadable_and_stays_until_its_owner_sets_it_up_anew() {
    let flash = Memory::new();
    set_up(&flash, Some(1));
    let sealed = flash.0.borrow().clone();
    for secret in [Some(2), None] {
        let other = device(&flash, secret);
        assert!(is_unreadable(&other) && !other.portal.has_credentials());
        assert_eq!(other.portal.state(), ProvisioningState::Scanning, "its portal opens");
        assert_eq!(*flash.0.borrow(), sealed, "nothing was erased");
        assert!(device(&flash, Some(1)).portal.has_credentials(), "its own key still opens it");
    }
    set_up(&flash, Some(2));
    assert!(!is_unreadable(&device(&flash, Some(2))) && is_unreadable(&device(&flash, Some(1))));
}

#[test]
fn what_was_stored_in_clear_is_sealed_at_the_next_start() {
    let flash = Memory::new();
    set_up(&flash, None);
    let mut updated = device(&flash, Some(1));
    assert!(updated.portal.has_credentials() && !is_unreadable(&updated));
    assert!(!is_in_clear(&flash), "no copy in clear is left");
    let sealed = flash.0.borrow().clone();
    assert!(device(&flash, Some(1)).portal.has_credentials());
    assert_eq!(*flash.0.borrow(), sealed, "once is enough");
    updated.portal.factory_reset(updated.now).unwrap();
    for secret in [Some(1), Some(2), None] {
        let cleared = device(&flash, secret);
        assert!(!cleared.portal.has_credentials() && !is_unreadable(&cleared), "every firmware reads that");
    }
}
