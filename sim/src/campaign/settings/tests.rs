use std::collections::BTreeSet;
use std::path::Path;

use super::{Setting, generate_settings, in_file};
use crate::scenario::{DeviceSpec, HttpsAnswer, Scenario, load};

const WORLD: &str =
    "name = \"x\"\n[[network]]\nssid = \"Home\"\n[[phone]]\nmodel = \"android-14\"\nwants = \"Home\"\n";

/// The scenario in this text with these settings.
fn with(text: &str, settings: &[Setting]) -> Option<Scenario> {
    in_file(text.parse().ok()?, settings)
}

fn scenario(text: &str) -> Scenario {
    load::parse(text, Path::new("x.toml")).unwrap()
}

#[test]
fn every_kind_is_drawn_and_none_contradicts_the_file() {
    let scenario = scenario(WORLD);
    let mut keys = BTreeSet::new();
    for seed in 0..400 {
        let settings = generate_settings(seed, &scenario, WORLD).settings;
        assert!(with(WORLD, &settings).is_some(), "{settings:?}");
        keys.extend(settings.iter().map(|setting| setting.key));
    }
    let all = [
        "absolute_timeout",
        "also_stored",
        "captive_portal",
        "captive_portal_api",
        "custom_tabs",
        "ends_join",
        "hardware_address",
        "https",
        "idle_timeout",
        "joins_by",
        "may_open",
        "network",
        "opening_window",
        "phone",
        "private_dns",
        "radio",
        "result_timeout",
        "retry_interval",
        "starts",
        "step",
        "stored",
        "vpn",
    ];
    assert_eq!(keys, BTreeSet::from(all));
}

#[test]
fn where_there_are_two_networks_a_device_may_have_been_on_both() {
    let text = format!("{WORLD}[[network]]\nssid = \"Cafe\"\n");
    let scenario = scenario(&text);
    let drawn =
        (0..400).map(|seed| with(&text, &generate_settings(seed, &scenario, &text).settings).unwrap().device);
    let both = |device: &DeviceSpec| device.stored.is_some() && device.also_stored.len() == 1;
    assert!(drawn.into_iter().any(|device| both(&device)));
}

#[test]
fn the_same_seed_makes_the_same_settings() {
    let scenario = scenario(WORLD);
    let of = |seed| generate_settings(seed, &scenario, WORLD).settings;
    assert!((0..50).all(|seed| of(seed) == of(seed)));
    assert!((0..50).any(|seed| of(seed) != of(seed + 1)));
}

#[test]
fn what_a_file_says_itself_stays() {
    let text = format!("{WORLD}[device]\nhttps = \"internet\"\n");
    let scenario = scenario(&text);
    for seed in 0..200 {
        let settings = generate_settings(seed, &scenario, &text).settings;
        assert_eq!(with(&text, &settings).unwrap().device.https, HttpsAnswer::Internet);
    }
}

#[test]
fn a_setting_that_a_system_does_not_have_is_left_out() {
    let text = WORLD.replace("android-14", "ios-17");
    let scenario = scenario(&text);
    let drawn = (0..400).flat_map(|seed| generate_settings(seed, &scenario, &text).settings);
    let keys: BTreeSet<_> = drawn.map(|setting| setting.key).collect();
    assert!(keys.contains("joins_by") && !keys.contains("vpn") && !keys.contains("private_dns"), "{keys:?}");
}

#[test]
fn an_access_point_that_moves_to_another_subnet_has_no_api_that_names_its_address() {
    let moving = WORLD.replace("ssid = \"Home\"", "ssid = \"Home\"\nsubnet = \"192.168.4.0/24\"");
    for (text, has_api) in [(WORLD, true), (&*moving, false)] {
        let scenario = scenario(text);
        let mut drawn = (0..400).flat_map(|seed| generate_settings(seed, &scenario, text).settings);
        assert_eq!(drawn.any(|setting| setting.key == "captive_portal_api"), has_api, "{text}");
    }
}
