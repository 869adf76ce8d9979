//! What a device announces by DHCP option 114 reaches the phones that ask for it, in virtual time:
//! those of clients.md that follow RFC 8908 ask there, the others and a plain device are as ever.

use std::path::Path;

use vestibule::scenario::load;
use vestibule::trace::What;
use vestibule::world::virtual_time::VirtualTime;

const API: &str = "https://portal.example/api";

/// The rule of a phone's first verdict, and what it is.
fn first_verdict(model: &str, device: &str) -> (String, String) {
    let text = format!(
        "name = \"announced\"\n[device]\n{device}\n[[network]]\nssid = \"Home\"\n[[phone]]\nmodel = \"{model}\"\n"
    );
    let scenario = load::parse(&text, Path::new("announced.toml")).unwrap();
    let mut first = None;
    VirtualTime::new(&scenario, 1).run(&scenario, |record| {
        if let What::Verdict { verdict, rule, .. } = &record.what {
            first.get_or_insert((verdict.clone(), rule.clone()));
        }
    });
    first.unwrap_or_else(|| panic!("{model} has concluded nothing"))
}

#[test]
fn those_that_ask_an_api_ask_the_one_that_the_device_names() {
    let device = format!("captive_portal = \"{API}\"");
    // Nobody answers there. To an iPhone that is the end of its check; Android goes on to its own.
    for (model, verdict, rule) in [
        ("ios-17", "inconclusive", "apple.capport.useless"),
        ("ios-13", "portal", "apple.probe.page"),
        ("android-14", "portal", "android.probe.redirect"),
        ("android-10", "portal", "android.probe.redirect"),
    ] {
        assert_eq!(first_verdict(model, &device), (verdict.into(), rule.into()), "{model}");
    }
}

#[test]
fn a_device_that_names_none_is_a_portal_to_them() {
    assert_eq!(first_verdict("ios-17", "").0, "portal");
}

#[test]
fn only_an_address_that_phones_use_can_be_named() {
    let text = "name = \"n\"\n[device]\ncaptive_portal = \"http://192.168.4.1/\"\n";
    let refused = load::parse(text, Path::new("n.toml")).unwrap_err().to_string();
    assert!(refused.contains("n.toml:3:18: a captive portal's address must begin with https://"), "{refused}");
}
