//! `vestibule journey` at portals that are not ours: one that buries its form behind a button, says the result or does
//! not, loses what was typed.

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use journeys::{Device, PASSPHRASE, profile, stand_in, stand_in_with, text};
use portals::{Fault, Portal};
use vestibule::profile::{StandIn, load};

#[allow(dead_code, reason = "each test has its own use of it")]
#[path = "journeys/mod.rs"]
mod journeys;
#[allow(dead_code, reason = "each test has portals of its own kind")]
#[path = "portals/mod.rs"]
mod portals;

fn journey(portal: &Portal, passphrase: &str) -> Output {
    journeys::journey(&[&portal.http, "--dns", &portal.dns, "--phones", "ios-17"], "Café & Co", passphrase)
}

/// What is typed arrives as it was typed, whatever is in it, and what the device says is read.
#[test]
fn an_owner_finds_the_form_behind_a_button_and_reads_the_result() {
    for passphrase in ["four green lanterns", "+ & % \" ' < > \\ =;#", "a%2Bb+c&d=e"] {
        let portal = Portal::start(Fault::None);
        let output = journey(&portal, passphrase);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains("ios-17 set up: the device said that it has joined"), "{said}");
        assert!(said.contains("reads that the device is on the network at 192.168.1.77"), "{said}");
        assert!(!said.contains(passphrase), "{said}");
        let forms = portal.forms.lock().unwrap().clone();
        let typed: Vec<(String, String)> =
            url::form_urlencoded::parse(forms[0].as_bytes()).into_owned().collect();
        assert_eq!(forms.len(), 1);
        assert_eq!(typed, [("s".into(), "Café & Co".into()), ("p".into(), passphrase.to_owned())]);
    }
}

#[test]
fn a_portal_that_does_not_say_the_result_is_told_and_what_to_change() {
    for (fault, told) in [
        (Fault::NoResult, "the page after the form neither says the result nor goes on"),
        (Fault::NoForm, "the page has no form for a network and its passphrase"),
    ] {
        let portal = Portal::start(fault);
        let output = journey(&portal, "four green lanterns");
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(told) && said.contains(" change "), "{said}");
        assert_eq!(portal.forms.lock().unwrap().len(), usize::from(fault == Fault::NoResult));
    }
}

/// comitup ends its hotspot, or its web service, for the join, and says so beside its form.
#[test]
fn a_portal_that_goes_as_it_said_leaves_nobody_in_doubt_and_one_that_said_nothing_does() {
    for (fault, code, told) in [
        (Fault::SaysItGoes, 0, "set up: the access point went away, as the page had said"),
        (Fault::Vanishes, 1, "no page came, time after time"),
    ] {
        let output = journey(&Portal::start(fault), "four green lanterns");
        let said = text(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn an_error_in_answer_to_the_form_is_told_with_its_status() {
    let said = text(&journey(&Portal::start(Fault::FirstRead), "four green lanterns"));
    assert!(said.contains("the form is answered 400 by http://"), "{said}");
    assert!(said.contains("Read on until Content-Length bytes are there"), "{said}");
    assert!(!text(&journey(&Portal::start(Fault::None), "four green lanterns")).contains("is answered"));
}

/// The built-in device's page seals its form by a script, and so does the owner who runs none: with the code on the label,
/// if it is known. That is in nothing that is told, nor in the JUnit file.
#[test]
fn a_form_that_its_page_seals_is_sealed_with_the_code_on_the_label() {
    let folder = tempfile::tempdir().unwrap();
    let [label, other] = journeys::code_files(folder.path());
    let junit = folder.path().join("journey.xml").to_str().unwrap().to_owned();
    for (of_device, typed, is_good, told) in [
        (None, None, true, "sealed for the device as its page's script seals it without a code"),
        (Some(&label), None, true, "sealed for the device as its page's script seals it without a code"),
        (Some(&label), Some(&label), true, "as its page's script seals it with the label's code"),
        (Some(&label), Some(&other), false, "as its page's script seals it with the label's code"),
        (None, Some(&label), true, "the page with the form asks for no code"),
    ] {
        let device = Device::start(of_device.map(Path::new));
        let mut arguments =
            vec![&*device.http, "--dns", &device.dns, "--phones", "ios-17", "--junit", &junit];
        arguments.extend(typed.iter().flat_map(|file| ["--code-file", file.as_str()]));
        let output = journeys::journey(&arguments, "Home", PASSPHRASE);
        let said = text(&output) + &std::fs::read_to_string(&junit).unwrap();
        assert!(said.contains(told), "{said}");
        assert!(!said.contains("k7mp") && !said.contains("lanterns"), "{said}");
        assert_eq!(output.status.code(), Some(i32::from(!is_good)), "{said}");
    }
    let output = journeys::journey(&["127.0.0.1:1", "--code-file", "-"], "Home", PASSPHRASE);
    assert!(text(&output).contains("standard input has the passphrase already"), "{}", text(&output));
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let output =
        journeys::journey(&["127.0.0.1:1", "--code-file", empty.to_str().unwrap()], "Home", PASSPHRASE);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("its first line is empty, where the code on the label belongs"));
}

/// What a frame shows is loaded as by a browser, and stands on the page; one of a host outside is odd.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_in_a_frame_is_found() {
    const HERE: &str = "<title>Lamp</title><iframe src=/inner></iframe>";
    const OUTSIDE: &str = "<title>Lamp</title><iframe src=http://forms.example/inner></iframe>";
    const WITHIN: &str = "<iframe srcdoc='<iframe src=/inner></iframe>'></iframe>";
    const FRAMES: &str = "<frameset cols='20%,*'><frame src=/menu><frame src=/inner></frameset>";
    for (page, is_odd) in [(HERE, false), (WITHIN, false), (FRAMES, false), (OUTSIDE, true)] {
        let form = "<title>Form</title>{form}";
        let portal = stand_in_with(&[("/page", page), ("/inner", form), ("/menu", "Lamp")], "", "Home").await;
        let said = at(&portal, &[]).await;
        assert!(said.contains("ios-17 set up: the device said that it has joined"), "{page}: {said}");
        assert!(said.contains("in a frame: http://"), "{page}: {said}");
        let told = said.contains("shows a page of forms.example in a frame, which is not there");
        assert_eq!(told, is_odd, "{page}: {said}");
    }
}

/// What `journey` says of a stand-in.
async fn at(portal: &StandIn, more: &[&str]) -> String {
    let (http, dns) = (portal.http.to_string(), portal.dns.to_string());
    let more: Vec<String> = more.iter().map(|&one| one.to_owned()).collect();
    let told = tokio::task::spawn_blocking(move || {
        let mut arguments = vec![&*http, "--dns", &dns, "--phones", "ios-17"];
        arguments.extend(more.iter().map(String::as_str));
        text(&journeys::journey(&arguments, "Home", PASSPHRASE))
    });
    told.await.unwrap()
}

/// A page on which nothing says which field is for what, and two buttons neither: a profile can, and is told.
#[tokio::test(flavor = "multi_thread")]
async fn what_nothing_on_a_page_tells_a_profile_can() {
    const DUMB: &str = "<title>L</title><form method=post action=/save><input name=x><input name=b><input name=a>\
        <button name=go value=0>Alpha</button><button name=go value=1>Beta</button></form>";
    const GREEN: &str = "<p>Lamp: green";
    let form = "network = \"a\"\npassphrase = \"b\"\nbutton = \"Beta\"\njoined = \"Lamp: green\"\nfailed = \"Lamp: red\"\n";
    let page: String = DUMB.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = profile(&[("/page", &page)], form);
    let done = text.replace("Connected to {network}. Its address is {address}.", GREEN);
    let done = done.replace("Could not connect to {network}.", "<p>Lamp: red");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lamp.toml");
    std::fs::write(&file, &done).unwrap();
    let file = file.to_str().unwrap().to_owned();
    let start = async |ssid: &str| stand_in(load::load(Path::new(&file)).unwrap(), ssid).await;
    let said = at(&start("Home").await, &[]).await;
    assert!(said.contains("the page has no form for a network and its passphrase"), "{said}");
    assert!(said.contains("(--profile)"), "{said}");
    let portal = start("Home").await;
    let said = at(&portal, &["--profile", &file]).await;
    for told in [
        "ios-17 set up: the device said that it has joined, and not where it is now",
        "the hint says that \"a\" is for the network's name",
        "the hint says that \"b\" is for the passphrase",
        "the hint says that \"Beta\" sends the form",
        "the hint says that \"Lamp: green\" means that the device has joined",
    ] {
        assert!(said.contains(told), "{said}");
    }
    let said = at(&start("Other").await, &["--profile", &file]).await;
    assert!(said.contains("not set up: the device said that it could not join"), "{said}");
    assert!(said.contains("\"Lamp: red\" means that the device could not join"), "{said}");
}

/// Whatever a portal does, a journey ends with a verdict that says which, in a time that a person would wait.
#[test]
fn a_portal_that_does_not_end_is_told_in_bounded_time() {
    const BOUND: Duration = Duration::from_secs(60);
    for (fault, told) in [
        (Fault::Hangs, "not set up: the form has no answer: http://"),
        (Fault::Huge, "no sheet with a page"),
        (Fault::Loop, "no sheet with a page"),
        (Fault::HugeAnswer, "/wifisave brings more than anybody waits for"),
        (Fault::LoopAnswer, "more than 20 redirects"),
    ] {
        let began = Instant::now();
        let output = journey(&Portal::start(fault), "four green lanterns");
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{fault:?}: {said}");
        assert!(said.contains(told), "{fault:?}: {said}");
        assert!(began.elapsed() < BOUND, "{fault:?}: {:?}", began.elapsed());
    }
}

#[test]
fn a_passphrase_that_is_shown_or_sent_in_the_address_is_odd_and_not_told() {
    let portal = Portal::start(Fault::ShowsPassphrase);
    let said = text(&journey(&portal, "four green lanterns"));
    assert!(said.contains("/wifisave shows the passphrase that was typed"), "{said}");
    assert!(!said.contains("four green lanterns") && !said.contains("four+green"), "{said}");
    let portal = Portal::start(Fault::FormByGet);
    let said = text(&journey(&portal, "four green lanterns"));
    assert!(said.contains("sends the passphrase in the address"), "{said}");
    assert!(!said.contains("lanterns"), "{said}");
}

/// What a page says in words counts before any address that it has; a hint, before the words.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_says_that_it_failed_is_no_success_whatever_addresses_it_has() {
    let form = "network = \"s\"\npassphrase = \"p\"\nfailed = \"Lamp: red\"\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lamp.toml");
    let file = file.to_str().unwrap();
    for (done, is_good, told) in [
        (
            "Failed to connect to {network}. IP address: 0.0.0.0",
            false,
            "the device said that it could not join",
        ),
        ("Failed: unable to join {network}. Last address 192.168.1.9", false, "said that it could not join"),
        ("Could not join {network}. Firmware 1.38.0.2", false, "the device said that it could not join"),
        ("{network} saved. The device will try to join. DNS 8.8.8.8", false, "neither says the result"),
        ("We will now try to get connected to {network}.", false, "neither says the result"),
        ("{network}, {address}. Lamp: red", false, "the device said that it could not join"),
        ("Connected! The lamp is online at {address}", true, "the device said that it has joined"),
        ("The device has joined your network.", true, "has joined, and not where it is now"),
    ] {
        let text = profile(&[("/page", "<title>Lamp</title>{form}")], form);
        let text = text.replace("Connected to {network}. Its address is {address}.", done);
        std::fs::write(file, &text).unwrap();
        let portal = stand_in(load::load(Path::new(file)).unwrap(), "Home").await;
        let said = at(&portal, &["--profile", file]).await;
        let word = if is_good { "ios-17 set up: " } else { "ios-17 not set up: " };
        assert!(said.contains(word) && said.contains(told), "{done}: {said}");
    }
}

/// The built-in device's portal is closed once it is set up: another phone finds none, and that is no fault of either.
#[test]
fn a_phone_after_the_one_that_has_set_the_device_up_is_not_tried() {
    let folder = tempfile::tempdir().unwrap();
    let junit = folder.path().join("journey.xml").to_str().unwrap().to_owned();
    let device = Device::start(None);
    // The phones are those of the command unless somebody names others.
    let output =
        journeys::journey(&[&device.http, "--dns", &device.dns, "--junit", &junit], "Home", PASSPHRASE);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("android-14 set up: the device said that it has joined"), "{said}");
    assert!(said.contains("ios-17 not tried: the device was set up by android-14: reset it"), "{said}");
    assert!(!said.contains(" change ") && !said.contains(" odd "), "{said}");
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(junit.contains("skipped=") || junit.contains("<skipped"), "{junit}");
    assert!(!junit.contains("<failure") && !junit.contains("change:"), "{junit}");
    // It ends with 1 where nobody knows whether the first was set up.
    let portal = Portal::start(Fault::Vanishes);
    let output = journeys::journey(&[&portal.http, "--dns", &portal.dns], "Home", PASSPHRASE);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("android-14 not set up: no page came, time after time"), "{said}");
    assert!(
        said.contains("ios-17 not tried: the portal is gone since android-14 has sent the form"),
        "{said}"
    );
}
