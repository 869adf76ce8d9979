//! What a device announces by DHCP option 114 reaches the phones that ask for it, in virtual time:
//! those of clients.md that follow RFC 8908 ask there, the others and a plain device are as ever.

use std::path::Path;

use vestibule::scenario::load;
use vestibule::trace::What;
use vestibule::world::virtual_time::VirtualTime;

const API: &str = "https://portal.example/api";

/// What a phone first concludes and by which rule, and whether it has asked for the API's host by then.
fn first_verdict(model: &str, device: &str) -> (String, String, bool) {
    let text = format!(
        "name = \"announced\"\n[device]\n{device}\n[[network]]\nssid = \"Home\"\n[[phone]]\nmodel = \"{model}\"\n"
    );
    let scenario = load::parse(&text, Path::new("announced.toml")).unwrap();
    let (mut first, mut asked) = (None, false);
    VirtualTime::new(&scenario, 1).run(&scenario, |record| match &record.what {
        What::Question { name, .. } if first.is_none() => asked |= name.starts_with("portal.example"),
        What::Verdict { verdict, rule, .. } if first.is_none() => {
            first = Some((verdict.clone(), rule.clone()))
        }
        _ => {}
    });
    let (verdict, rule) = first.unwrap_or_else(|| panic!("{model} has concluded nothing"));
    (verdict, rule, asked)
}

#[test]
fn those_that_ask_an_api_ask_the_one_that_the_device_names() {
    let device = format!("captive_portal = \"{API}\"");
    // No server is there. To an iPhone that is the end of its check; Android goes on to its own.
    for (model, verdict, rule, asks) in [
        ("ios-17", "inconclusive", "apple.capport.useless", true),
        ("ios-13", "portal", "apple.probe.page", false),
        ("android-14", "portal", "android.probe.portal", true),
        ("android-10", "portal", "android.probe.portal", false),
    ] {
        assert_eq!(first_verdict(model, &device), (verdict.into(), rule.into(), asks), "{model}");
    }
}

#[test]
fn a_device_that_names_none_is_a_portal_to_them() {
    assert_eq!(first_verdict("ios-17", ""), ("portal".into(), "apple.probe.page".into(), false));
}

#[test]
fn only_an_address_that_phones_use_can_be_named() {
    let text = "name = \"n\"\n[device]\ncaptive_portal = \"http://192.168.4.1/\"\n";
    let refused = load::parse(text, Path::new("n.toml")).unwrap_err().to_string();
    assert!(
        refused.contains("n.toml:3:18: a captive portal's address must begin with https://"),
        "{refused}"
    );
}

/// With an API of that certificate and those fields.
fn with_api(fields: &str) -> String {
    format!("captive_portal = \"{API}\"\ncaptive_portal_api = {{ {fields} }}")
}

#[test]
fn an_api_decides_only_with_a_certificate_and_a_valid_reply() {
    let page = "captive = true, user_portal_url = \"http://192.168.4.1/\"";
    for (fields, apple, android) in [
        (page.to_owned(), ("portal", "apple.capport"), "android.capport"),
        ("captive = false".into(), ("online", "apple.capport"), "android.probe.portal"),
        // Nobody opens a page that has no address.
        ("captive = true".into(), ("inconclusive", "apple.capport.useless"), "android.probe.portal"),
        (
            format!("{page}, certificate = \"self-signed\""),
            ("inconclusive", "apple.capport.useless"),
            "android.probe.portal",
        ),
        (format!("{page}, status = 500"), ("inconclusive", "apple.capport.useless"), "android.probe.portal"),
        (String::new(), ("inconclusive", "apple.capport.useless"), "android.probe.portal"),
        (format!("{page}, content_type = \"text/html\""), ("portal", "apple.capport"), "android.capport"),
        (
            format!("{page}, content_type = \"application/captive+json; charset=latin1\""),
            ("portal", "apple.capport"),
            "android.probe.portal",
        ),
    ] {
        let device = with_api(&fields);
        let (verdict, rule, _) = first_verdict("ios-17", &device);
        assert_eq!((verdict.as_str(), rule.as_str()), apple, "{fields}");
        let (verdict, rule, _) = first_verdict("android-14", &device);
        assert_eq!((verdict.as_str(), rule.as_str()), ("portal", android), "{fields}");
        // Older ones do not ask.
        assert_eq!(first_verdict("ios-13", &device).1, "apple.probe.page", "{fields}");
    }
}

/// When a page of the device's first came to a phone whose owner opens the browser, in milliseconds from there.
fn page_after(https: &str) -> u64 {
    let text = format!(
        "name = \"n\"\n[device]\nhttps = \"{https}\"\n[[network]]\n\
         ssid = \"Home\"\n[[phone]]\nmodel = \"android-14\"\nwants = \"Home\"\nopens = \"site\"\n"
    );
    let scenario = load::parse(&text, Path::new("n.toml")).unwrap();
    let (mut opened, mut seen) = (None, None);
    VirtualTime::new(&scenario, 1).run(&scenario, |record| match &record.what {
        What::BrowserOpened { .. } => opened = opened.or(Some(record.at)),
        What::Sees { .. } => seen = seen.or(Some(record.at)),
        _ => {}
    });
    u64::try_from((seen.unwrap() - opened.unwrap()).as_millis()).unwrap()
}

#[test]
fn a_browser_that_tries_https_first_waits_three_seconds_where_443_is_silent() {
    assert!(page_after("refused") < 500 && page_after("reset") < 500);
    let silent = page_after("silent");
    assert!((3000..3500).contains(&silent), "{silent} ms");
}

/// What comes of an iPhone's handshake with the API's host, as its trace says it.
fn handshake(https: &str) -> Vec<String> {
    let text = format!(
        "name = \"n\"\n[device]\ncaptive_portal = \"{API}\"\nhttps = \"{https}\"\n[[network]]\nssid = \"Home\"\n\
         [[phone]]\nmodel = \"ios-17\"\n"
    );
    let scenario = load::parse(&text, Path::new("n.toml")).unwrap();
    let mut outcomes = Vec::new();
    VirtualTime::new(&scenario, 1).run(&scenario, |record| match &record.what {
        What::Outcome { of, result } if of.starts_with("https to ") => outcomes.push(result.clone()),
        _ => {}
    });
    outcomes.dedup();
    outcomes
}

#[test]
fn a_handshake_is_a_genuine_one_and_its_trace_says_what_came_of_it() {
    for (https, outcome) in [
        ("refused", "refused"),
        ("reset", "reset"),
        ("self-signed", "a certificate that nobody signed whom it trusts"),
        ("wrong-name", "a certificate for another name"),
        ("expired", "a certificate that is out of its time"),
        ("plain-http", "an answer that is not TLS"),
        ("internet", "HTTP/1.1 204 No Content"),
    ] {
        assert_eq!(handshake(https), [outcome], "{https}");
    }
    assert!(handshake("silent").is_empty());
}
