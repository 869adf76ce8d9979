//! A whole setup in a real engine, at portals that are not ours: one whose form lies behind a button, one whose page only
//! a script makes. They need Chromium and its driver, so `ci/engine.sh` runs them: `cargo test --test engine_journey --
//! --ignored`. VESTIBULE_ENGINES names the engines, chromium alone unless said.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use journeys::{Device, PASSPHRASE, free, json, profile as profile_of, stand_in, stand_in_with};
use portals::{Fault, Portal};
use serde_json::Value;
use vestibule::profile::load;

#[allow(dead_code, reason = "each test has its own use of it")]
#[path = "journeys/mod.rs"]
mod journeys;
#[allow(dead_code, reason = "each test has portals of its own kind")]
#[path = "portals/mod.rs"]
mod portals;

const SSID: &str = "Café & Co";

/// A page with the form and nothing else.
const PAGE: &str = "<title>Lamp</title>{form}";

/// A journey in a browser, its engine's start and end included.
const BOUND: f64 = 10.0;

/// Four journeys that come to no good end.
const BOUND_OF_BAD: Duration = Duration::from_secs(240);

fn engines() -> String {
    std::env::var("VESTIBULE_ENGINES").unwrap_or_else(|_| "chromium".into())
}

/// What `journey` says in the engines, as JSON, and its exit code.
fn journey(to: &[&str], passphrase: &str) -> (Value, Option<i32>) {
    let engines = engines();
    let output = journeys::journey(&[to, &["--engine", &engines, "--json"]].concat(), SSID, passphrase);
    (json(&output)["journeys"].clone(), output.status.code())
}

/// How long a journey took from the sheet on.
fn seconds(journey: &Value) -> f64 {
    journey["story"].as_array().unwrap().last().unwrap()["at"].as_f64().unwrap()
}

/// What an owner types into the page of a browser arrives as it was typed, and there is a picture of each step.
#[test]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
fn an_owner_types_into_the_page_and_reads_the_result() {
    let passphrase = "+ & % \" ' < > \\ =;# é🔑";
    for engine in engines().split(',') {
        let folder = tempfile::tempdir().unwrap();
        let portal = Portal::start(Fault::None);
        let to = [&*portal.http, "--dns", &portal.dns, "--phones", "ios-17", "--pictures"];
        let pictures = folder.path().to_str().unwrap().to_owned();
        let (told, code) = journey(&[&to[..], &[&pictures]].concat(), passphrase);
        let told = &told[0];
        assert_eq!((&told["good"], code), (&Value::Bool(true), Some(0)), "{told:#}");
        assert_eq!(told["ending"], "the device said that it has joined", "{told:#}");
        assert_eq!(told["odd"], Value::Array(Vec::new()), "{told:#}");
        assert!(told["engine"].as_str().unwrap().starts_with(engine));
        let forms = portal.forms.lock().unwrap().clone();
        let typed: Vec<(String, String)> =
            url::form_urlencoded::parse(forms[0].as_bytes()).into_owned().collect();
        assert_eq!(forms.len(), 1);
        assert_eq!(typed, [("s".into(), SSID.into()), ("p".into(), passphrase.to_owned())]);
        // The page, the form, the form filled in, the result.
        let pictures = told["pictures"].as_array().unwrap();
        assert!(pictures.len() >= 4, "{told:#}");
        for picture in pictures {
            assert!(std::fs::read(Path::new(picture.as_str().unwrap())).unwrap().starts_with(b"\x89PNG"));
        }
    }
}

/// A form of a script's, with a list of a script's.
const BY_SCRIPT: &str = "list = \"script\"\nscript = true\nsent = \"json\"";

/// A form that a script makes, with a list of its own in which the owner taps the network, and that it sends as JSON, is
/// one that an owner in a browser uses: within ten seconds.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
async fn a_form_that_only_a_script_makes_and_sends_is_used() {
    let portal = stand_in_with(&[("/page", PAGE)], BY_SCRIPT, SSID).await;
    let (http, dns) = (portal.http.to_string(), portal.dns.to_string());
    let told = tokio::task::spawn_blocking(move || {
        let to = [&*http, "--dns", &dns, "--phones", "android-14"];
        let right = journey(&to, PASSPHRASE);
        let wrong = journey(&to, "four red lanterns");
        (right, wrong)
    });
    let ((right, code), (wrong, wrong_code)) = told.await.unwrap();
    for told in right.as_array().unwrap() {
        assert_eq!(told["good"], Value::Bool(true), "{told:#}");
        assert!(told["story"].to_string().contains("taps the network in the list"), "{told:#}");
        assert!(seconds(told) < BOUND, "{told:#}");
    }
    for told in wrong.as_array().unwrap() {
        assert_eq!(told["ending"], "the device said that it could not join", "{told:#}");
    }
    assert_eq!((code, wrong_code), (Some(0), Some(1)));
}

/// A form that lies in a frame, in the shadow root of a script's own element, or in one in a frame, is found, filled in and
/// sent, and what is said there is read.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
async fn a_form_in_a_frame_or_in_a_shadow_root_is_used() {
    const IN_FRAME: &str =
        "<title>Lamp</title><h1>Lamp</h1><iframe src=/inner style='width:100%;height:400px'></iframe>";
    const IN_SHADOW: &str = "<title>Lamp</title><lamp-setup></lamp-setup><script>customElements.define('lamp-setup',\
        class extends HTMLElement{connectedCallback(){this.attachShadow({mode:'open'}).innerHTML=\
        '<form method=post action=/save><label for=a>Network name</label><input id=a name=s><label for=b>Password</label>\
        <input id=b name=p type=password><button>Connect</button></form>'}})</script>";
    for (what, pages) in [
        ("a frame", vec![("/page", IN_FRAME), ("/inner", PAGE)]),
        ("a shadow root", vec![("/page", IN_SHADOW)]),
        ("a shadow root in a frame", vec![("/page", IN_FRAME), ("/inner", IN_SHADOW)]),
    ] {
        let pages: Vec<(&str, String)> = pages
            .into_iter()
            .map(|(path, body)| (path, body.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect();
        let pages: Vec<(&str, &str)> = pages.iter().map(|(path, body)| (*path, body.as_str())).collect();
        let portal = stand_in_with(&pages, "", SSID).await;
        let (http, dns) = (portal.http.to_string(), portal.dns.to_string());
        let told = tokio::task::spawn_blocking(move || {
            journey(&[&http, "--dns", &dns, "--phones", "android-14"], PASSPHRASE)
        });
        let (told, code) = told.await.unwrap();
        for told in told.as_array().unwrap() {
            assert_eq!(told["ending"], "the device said that it has joined", "{what}: {told:#}");
        }
        assert_eq!(code, Some(0), "{what}");
    }
}

/// A button in no form, which a script makes lead on, is tapped where nothing else leads to the form.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
async fn a_button_that_only_a_script_follows_is_tapped() {
    const FIRST: &str = "<title>Lamp</title><p>Set up the lamp<p><button onclick=location.href='/erase'>Reset Wi-Fi</button>\
        <p><button onclick=location.href='/wifi'>Set up Wi-Fi</button>";
    for (way, code, ending) in [
        (FIRST.to_owned(), Some(0), "the device said that it has joined"),
        (
            FIRST.replace("Set up Wi-Fi", "Light on"),
            Some(1),
            "the page has no form for a network and its passphrase",
        ),
    ] {
        let portal = stand_in_with(&[("/page", &way), ("/wifi", PAGE)], "", SSID).await;
        let (http, dns) = (portal.http.to_string(), portal.dns.to_string());
        let told = tokio::task::spawn_blocking(move || {
            journey(&[&http, "--dns", &dns, "--phones", "android-14"], PASSPHRASE)
        });
        let (told, ended) = told.await.unwrap();
        for told in told.as_array().unwrap() {
            assert_eq!(told["ending"], ending, "{told:#}");
            assert!(!told["change"].to_string().contains("No script was run"), "{told:#}");
        }
        assert_eq!(ended, code);
    }
}

/// A form in a frame of another origin, which no script of the page can look into, is used as any other: a phone shows it. So
/// is one in a frame of a third origin in that.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
async fn a_form_in_a_frame_of_another_origin_is_used() {
    const OF_ANOTHER: &str = "<title>Lamp</title><h1>Lamp</h1><iframe src=http://setup.lamp.home/inner style='width:100%;height:400px'></iframe>";
    const OF_A_THIRD: &str =
        "<title>Lamp</title><iframe src=http://form.lamp.home/form style='width:95%;height:350px'></iframe>";
    for (what, pages) in [
        ("one frame", vec![("/page", OF_ANOTHER), ("/inner", PAGE)]),
        ("two frames", vec![("/page", OF_ANOTHER), ("/inner", OF_A_THIRD), ("/form", PAGE)]),
    ] {
        let portal = stand_in_with(&pages, "", SSID).await;
        let (http, dns) = (portal.http.to_string(), portal.dns.to_string());
        let told = tokio::task::spawn_blocking(move || {
            journey(&[&http, "--dns", &dns, "--phones", "android-14"], PASSPHRASE)
        });
        let (told, code) = told.await.unwrap();
        for told in told.as_array().unwrap() {
            assert_eq!(told["ending"], "the device said that it has joined", "{what}: {told:#}");
            assert_eq!(told["odd"], serde_json::json!([]), "{what}: {told:#}");
        }
        assert_eq!(code, Some(0), "{what}");
    }
}

/// A frame whose page a phone cannot reach is told with its address; a form beside it is used.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
async fn a_frame_that_no_phone_can_reach_is_told_with_its_address() {
    let page =
        format!("<iframe src=http://10.20.30.40/inner?a=b style='width:100%;height:100px'></iframe>{PAGE}");
    let portal = stand_in_with(&[("/page", &page)], "", SSID).await;
    let (http, dns) = (portal.http.to_string(), portal.dns.to_string());
    let told = tokio::task::spawn_blocking(move || {
        journey(&[&http, "--dns", &dns, "--phones", "android-14"], PASSPHRASE)
    });
    let (told, _) = told.await.unwrap();
    for told in told.as_array().unwrap() {
        assert_eq!(told["ending"], "the device said that it has joined", "{told:#}");
        let odd = told["odd"].to_string();
        assert!(
            odd.contains("shows http://10.20.30.40/inner in a frame, and no page comes from there"),
            "{odd}"
        );
    }
}

/// Where nothing on the page tells, hints do: fields that are called nothing, what is drawn as a button, and the words of the
/// result on the same page.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
async fn what_nothing_on_a_page_tells_a_profile_can() {
    const DUMB: &str = "<title>L</title><input id=x><br><input id=b><br><input id=a><p><span style='cursor:pointer'>Alpha</span>\
        <p><span style='cursor:pointer' id=go>Beta</span><p id=said></p><script>document.getElementById('go').onclick=async()=>{\
        const of=id=>document.getElementById(id).value;await fetch('/save',{method:'POST',body:new URLSearchParams({a:of('a'),\
        b:of('b')})});document.getElementById('said').innerHTML=await(await fetch('/done')).text()}</script>";
    let form =
        "network = \"a\"\npassphrase = \"b\"\nbutton = \"Beta\"\njoined = \"green\"\nfailed = \"red\"\n";
    let page: String = DUMB.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = profile_of(&[("/page", &page)], form)
        .replace("Connected to {network}. Its address is {address}.", "Lamp: green")
        .replace("Could not connect to {network}.", "Lamp: red");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lamp.toml");
    std::fs::write(&file, &text).unwrap();
    let portal = stand_in(load::load(&file).unwrap(), SSID).await;
    let (http, dns) = (portal.http.to_string(), portal.dns.to_string());
    let told = tokio::task::spawn_blocking(move || {
        let to = [&*http, "--dns", &dns, "--phones", "android-14", "--profile", file.to_str().unwrap()];
        (journey(&to, PASSPHRASE), journey(&to, "four red lanterns"))
    });
    let ((right, code), (wrong, wrong_code)) = told.await.unwrap();
    for told in right.as_array().unwrap() {
        assert_eq!(told["ending"], "the device said that it has joined, and not where it is now", "{told:#}");
        assert!(told["story"].to_string().contains("Beta"), "{told:#}");
    }
    for told in wrong.as_array().unwrap() {
        assert_eq!(told["ending"], "the device said that it could not join", "{told:#}");
    }
    assert_eq!((code, wrong_code), (Some(0), Some(1)));
}

/// What does not end is told as what it is, in a time that a person would wait.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
async fn what_does_not_end_is_told_in_bounded_time() {
    let began = Instant::now();
    let form = "<form method=post action=/save{on}><label>Network name <input name=s></label><label>Password <input \
                type=password name=p></label><button>Connect</button></form>";
    let at_once = form.replace("{on}", "") + "<script>for(;;);</script>";
    let when_sent = form.replace("{on}", " onsubmit='for(;;);'");
    for page in [at_once, when_sent] {
        let portal = stand_in_with(&[("/page", &page)], "", SSID).await;
        let (http, dns) = (portal.http.to_string(), portal.dns.to_string());
        let told = tokio::task::spawn_blocking(move || {
            journey(&[&http, "--dns", &dns, "--phones", "android-14"], PASSPHRASE)
        });
        let (told, code) = told.await.unwrap();
        assert!(told.to_string().contains("a script of the page never ends"), "{told:#}");
        assert_eq!(code, Some(1), "{told:#}");
    }
    for (fault, why) in [
        (Fault::HugeAnswer, "the page brings more than anybody waits for"),
        (Fault::LoopAnswer, "the page redirects without end"),
    ] {
        let portal = Portal::start(fault);
        let (told, code) = journey(&[&portal.http, "--dns", &portal.dns, "--phones", "ios-17"], PASSPHRASE);
        assert!(told.to_string().contains(why), "{told:#}");
        assert_eq!(code, Some(1), "{told:#}");
    }
    let engines = u32::try_from(engines().split(',').count()).unwrap();
    assert!(began.elapsed() < BOUND_OF_BAD * engines, "{:?}", began.elapsed());
}

/// The code on the label is typed where the page asks for it, and is in nothing that is told: a form that was sealed with
/// another is refused. No picture is taken of the page on which it stands.
#[test]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
fn the_code_on_the_label_is_typed_where_the_page_asks_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let [label, other] = journeys::code_files(folder.path());
    let pictures = folder.path().join("pictures");
    for engine in engines().split(',') {
        for (code, ending) in [(&label, Some("the device said that it has joined")), (&other, None)] {
            let device = Device::start(Some(Path::new(&label)));
            let to = [&*device.http, "--dns", &device.dns, "--phones", "ios-17", "--code-file", code];
            let more = ["--engine", engine, "--json", "--pictures", pictures.to_str().unwrap()];
            let output = journeys::journey(&[&to[..], &more].concat(), "Home", PASSPHRASE);
            let told = &json(&output)["journeys"][0];
            assert!(told["story"].to_string().contains("the code on the label too"), "{told:#}");
            assert!(!told.to_string().contains("k7mp"), "{told:#}");
            assert_eq!(output.status.code(), Some(i32::from(ending.is_none())), "{told:#}");
            assert!(ending.is_none_or(|ending| told["ending"] == ending), "{told:#}");
            // The page before it is filled in, and the result: not the one in between.
            let many = told["pictures"].as_array().unwrap().len();
            assert!(ending.is_none() || (1..=2).contains(&many), "{told:#}");
        }
    }
}

/// The same over a link, from DHCP on: the engine's connections are the phone's own.
#[test]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
fn over_a_link_an_owner_uses_the_page_too() {
    let (here, there) = (free(), free());
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("passphrase");
    std::fs::write(&secret, PASSPHRASE).unwrap();
    let profile = folder.path().join("lamp.toml");
    std::fs::write(&profile, profile_of(&[("/page", PAGE)], BY_SCRIPT)).unwrap();
    let mut portal = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args([
            "stand-in",
            "--link",
            &format!("udp:{there},{here}"),
            "--home",
            SSID,
            "--home-passphrase-file",
        ])
        .arg(&secret)
        .arg(profile)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let link = format!("udp:{here},{there}");
    let (told, code) = journey(&["--link", &link, "--phones", "android-14"], PASSPHRASE);
    portal.kill().unwrap();
    portal.wait().unwrap();
    for told in told.as_array().unwrap() {
        assert_eq!(told["ending"], "the device said that it has joined", "{told:#}");
        assert_eq!(told["check"]["lease"]["router"], told["check"]["lease"]["server"], "{told:#}");
    }
    assert_eq!(code, Some(0));
    assert!(began.elapsed().as_secs() < 60 * engines().split(',').count() as u64);
}
