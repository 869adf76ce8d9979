//! A stand-in's device can be set up: `vestibule journey` against each of the repository's profiles ends as that product
//! does with an owner who runs no script.

use std::path::{Path, PathBuf};
use std::process::Command;

use journeys::{PASSPHRASE, free, stand_in, text};
use tokio::task::JoinSet;
use vestibule::check::in_process::in_process;
use vestibule::check::{FrameLink, LinkSpec, ProfilePortal};
use vestibule::phone::models;
use vestibule::profile::{Ports, Profile, StandIn, answer_on_link, load};

#[allow(dead_code, reason = "each test has its own use of it")]
#[path = "journeys/mod.rs"]
mod journeys;

fn portals() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("portals")
}

/// What `journey` prints of a profile's stand-in, and whether it is content.
async fn journey(name: String, passphrase: &'static str) -> (bool, String) {
    let profile = load::load(&portals().join(format!("{name}.toml"))).unwrap();
    let portal = stand_in(profile, "Home").await;
    let (http, dns) = (portal.http.to_string(), portal.dns.to_string());
    let said = tokio::task::spawn_blocking(move || {
        let output = journeys::journey(&[&http, "--dns", &dns, "--phones", "ios-17"], "Home", passphrase);
        (output.status.success(), text(&output))
    });
    said.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_ends_at_each_profile_as_that_product_does() {
    const NO_FORM: &str = "the page has no form for a network and its passphrase";
    const NOT_TOLD: &str = "the page after the form neither says the result nor goes on";
    const NO_PAGE: &str = "no page came, time after time";
    let endings = [
        ("wifimanager", false, NOT_TOLD),
        // Its page of the try goes on by a script.
        ("autoconnect", false, NOT_TOLD),
        ("nodemcu", false, NOT_TOLD),
        // Its check for Apple's phones is answered 404.
        ("nodemcu-2019", false, "no sheet with a page"),
        ("esp32-wifi-manager", false, NO_FORM),
        ("esp8266-captive-portal", false, NO_PAGE),
        ("micropython-wifi-setup", false, NO_FORM),
        ("esphome", false, NO_FORM),
        ("tasmota", false, NO_FORM),
        ("wled", false, NO_FORM),
        // After ten seconds its page leads to a host outside.
        ("comitup", false, NO_PAGE),
        ("balena-wifi-connect", false, NO_FORM),
        ("homie", false, "no sheet with a page"),
        // No name is answered, so no sheet opens.
        ("micropython-wifimgr", false, "no sheet with a page"),
        ("nodogsplash", false, NO_FORM),
    ];
    let mut playing = JoinSet::new();
    for (name, good, says) in endings {
        playing.spawn(async move {
            let (well, said) = journey(name.to_owned(), PASSPHRASE).await;
            (well != good || !said.contains(says)).then(|| format!("{name}: \"{says}\" is not in: {said}"))
        });
    }
    let wrong: Vec<String> = playing.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What every phone makes of a profile: its row of the matrix.
fn row(profile: &Profile) -> Vec<String> {
    let cell = |model| {
        let checked = in_process(&mut ProfilePortal(profile), model);
        let rule = checked.rule.map_or("none", |rule| rule.id);
        format!("{} {} {rule}", checked.model.id, checked.sheet.word())
    };
    models().iter().map(cell).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_written_from_a_stand_in_has_the_same_row() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "autoconnect",
        "cdfer",
        "comitup",
        "esp-idf-example",
        "esphome",
        "homie",
        "nodemcu-2019",
        "wifimanager",
    ] {
        let path = portals().join(format!("{name}.toml"));
        let text = std::fs::read_to_string(&path).unwrap();
        let profile = load::parse(&text, &path).unwrap();
        let (address, expected) = (profile.address(), row(&profile));
        let portal = StandIn::start(profile, Ports::default()).await.unwrap();
        let (http, dns) = (portal.http.to_string(), portal.dns.to_string());
        let file = folder.path().join(format!("{name}.toml"));
        let written = file.clone();
        let output = tokio::task::spawn_blocking(move || {
            Command::new(env!("CARGO_BIN_EXE_vestibule"))
                .args(["profile", &http, "--dns", &dns, "-o", written.to_str().unwrap()])
                .output()
                .unwrap()
        });
        let output = output.await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(output.status.success() && said.contains("what its DHCP server says"), "{name}: {said}");
        // On its own access point it has another address than on this machine.
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.replacen("address = \"127.0.0.1\"", &format!("address = \"{address}\""), 1);
        let again = load::parse(&text, &file).unwrap();
        assert_eq!(row(&again), expected, "{name}: {text}");
        let form = again.form.map(|form| (form.network, form.passphrase));
        let expected = (name == "wifimanager").then(|| ("s".to_owned(), "p".to_owned()));
        assert!(form == expected || name != "wifimanager", "{name}: {form:?}");
    }
}

/// A profile has one port for HTTP: a page on another is said to be there, and not to have no form.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_on_another_port_is_not_seen_and_said() {
    let there = StandIn::start(load::load(&portals().join("wifimanager.toml")).unwrap(), Ports::default());
    let there = there.await.unwrap();
    let known = "source = \"made up\"\ngrade = \"C\"\n";
    let text = format!(
        "name = \"a portal\"\nwhat = \"made up\"\naddress = \"127.0.0.1\"\n{known}\
         [dns.address]\nanswer = \"portal\"\n{known}[dns.other]\nanswer = \"nothing\"\n{known}\
         [https]\nanswer = \"refused\"\n{known}[[http]]\n\
         reply = {{ status = 302, headers = {{ Location = \"http://{}/wifi\" }}, body = \"moved\" }}\n{known}",
        there.http
    );
    let portal = load::parse(&text, Path::new("lamp.toml")).unwrap();
    let portal = StandIn::start(portal, Ports::default()).await.unwrap();
    let (http, dns) = (portal.http.to_string(), portal.dns.to_string());
    let output = tokio::task::spawn_blocking(move || {
        Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args(["profile", &http, "--dns", &dns])
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = format!("its page and its form: they are on its port {}", there.http.port());
    assert!(output.status.success() && said.contains(&expected), "{said}");
    assert!(!said.contains("no page without scripts"), "{said}");
}

/// The same over a link, with what its DHCP says.
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_written_over_a_link_has_its_lease_too() {
    let folder = tempfile::tempdir().unwrap();
    let profile = load::load(&portals().join("wifimanager.toml")).unwrap();
    let expected = row(&profile);
    let (here, there) = (free(), free());
    let link = FrameLink::open(&LinkSpec::Udp { local: there, peer: here }).await.unwrap();
    let answering = tokio::spawn(answer_on_link(profile, link));
    let file = folder.path().join("written.toml");
    let written = file.clone();
    let output = tokio::task::spawn_blocking(move || {
        Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args(["profile", "--link", &format!("udp:{here},{there}"), "-o", written.to_str().unwrap()])
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    answering.abort();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(&file).unwrap();
    let again = load::parse(&text, &file).unwrap();
    assert_eq!(row(&again), expected, "{text}");
    let dhcp = again.dhcp.unwrap();
    assert_eq!((dhcp.lease, dhcp.router, dhcp.dns), (Some(7200), true, true), "{text}");
    assert_eq!(again.address.get_ref().to_string(), "192.168.4.1");
}

#[tokio::test]
async fn where_nobody_answers_no_profile_is_written() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let output = tokio::task::spawn_blocking(move || {
        Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args(["profile", &free, "--dns", &free, "-o", "/nonexistent/profile.toml"])
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("nobody answers there"), "{said}");
}
