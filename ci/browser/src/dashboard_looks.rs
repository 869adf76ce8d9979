//! How the dashboard looks: its picture at three widths, the banner in every state, a run that fails, a trace in which
//! nothing can be pressed.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;

use super::Bench;
use super::browser::{Browser, Phone, describe_error};
use super::checks::{complains_of_nothing, same};
use super::device::Device;

/// What is wrong with the picture: names that lie on each other, letters under 11 pixels, what is beyond its edge.
const PICTURE: &str = "
    var bad = [], root = document.documentElement, picture = document.getElementById('picture');
    if (root.scrollWidth > root.clientWidth) bad.push('the page scrolls sideways');
    var around = picture.parentElement;
    if (around.scrollWidth > around.clientWidth) bad.push('the picture is cut');
    var edge = picture.getBoundingClientRect();
    var texts = [].filter.call(picture.querySelectorAll('text'), function (e) { return e.textContent });
    var boxes = texts.map(function (e) { return { says: e.textContent, box: e.getBoundingClientRect() } });
    texts.forEach(function (e) {
        var size = parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a;
        if (size < 10.99) bad.push(e.textContent + ' is ' + size.toFixed(1) + ' pixels high');
    });
    boxes.concat([].map.call(picture.querySelectorAll('.hump, rect'), function (e) {
        return { says: e.getAttribute('class'), box: e.getBoundingClientRect() };
    })).forEach(function (one) {
        var b = one.box;
        if (b.left < edge.left - 1 || b.right > edge.right + 1 || b.top < edge.top - 1 || b.bottom > edge.bottom + 1)
            bad.push(one.says + ' is beyond the edge');
    });
    boxes.forEach(function (a, place) {
        boxes.slice(place + 1).forEach(function (b) {
            // A line's box has room above and below its letters.
            var over = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
            var beside = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
            if (over > 4 && beside > 1) bad.push(a.says + ' lies on ' + b.says);
        });
    });
    return bad";

/// Fourteen neighbours on few channels, with names as long as they may be.
fn crowd() -> String {
    let mut text =
        "name = \"crowd\"\n[[network]]\nssid = \"Home\"\npassphrase = \"four green lanterns\"\n".to_owned();
    for (number, channel) in (1..=14).zip([1, 1, 6, 6, 6, 11, 11, 12, 13, 13, 9, 10, 6, 1]) {
        text += &format!(
            "[[network]]\nssid = \"A neighbour of long name {number:02}\"\nchannel = {channel}\nsignal = {}\n",
            -40 - 3 * number
        );
    }
    text
}

/// The picture at a laptop's width, a small one's and a phone's, with one reader and with three phones, among the demo's
/// neighbours and in a crowd.
pub(crate) async fn the_picture_at_three_widths(bench: &Bench) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("crowd.toml");
    std::fs::write(&file, crowd()).map_err(|error| error.to_string())?;
    let crowd = ["--scenario", file.to_str().ok_or("a path that is no text")?];
    for arguments in [&[][..], &crowd] {
        let device = Device::start_with(&bench.program, arguments).await?;
        for width in [1440, 1024, 390] {
            let phone = Phone { width, ..Phone::USUAL };
            let browser = Browser::open(&bench.driver, phone, &device.dashboard).await?;
            browser.wait_for("#legend", "HTTP").await?;
            if width == 1440 {
                browser.wait_for("#next-says", "choose Home").await?;
                browser.click("h1").await?;
                browser.press("aaa").await?;
            }
            let mut seen = json!("never drawn");
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_millis(700)).await;
                seen = browser.ask(PICTURE).await?;
                if seen != json!([]) {
                    break;
                }
            }
            same(&format!("the picture, {width} pixels wide, {arguments:?}"), &seen, &json!([]))?;
            complains_of_nothing(&browser).await?;
            browser.close().await;
        }
    }
    Ok(())
}

/// The banner's sentence in each state of the device, of a run that fails and of a saved trace.
const BANNER: &[(&str, &str)] = &[
    ("null", "The device has no power."),
    ("Idle", "The device waits to be asked for something."),
    ("ScanningStored", "The device listens for which of the networks that it remembers is the strongest."),
    ("Connecting", "The device joins the network that it remembers."),
    ("Backoff", "A join has failed; the device tries again shortly."),
    ("Scanning", "The device listens for networks; its own comes up in a moment."),
    ("PortalOpen", "On your phone below: choose Home, type four green lanterns and connect."),
    ("RetryingStored", "On your phone below: choose Home, type four green lanterns and connect."),
    ("Joining", "The device tries it: follow the dots between it and the router."),
    ("ClosingToJoin", "The device tries it: follow the dots between it and the router."),
    ("JoiningAlone", "The device tries it: follow the dots between it and the router."),
    ("RetryingAlone", "The device tries the network that it remembers, its access point down meanwhile."),
    ("Failed", "That did not work; your phone says why. Choose Home and type four green lanterns."),
    ("ResultPending", "It is on the home network, at 192.168.1.2. Your phone shows the result."),
    ("Closing", "It is on the home network, at 192.168.1.2. Your phone shows the result."),
    ("Connected", "Done: Lamp is on “Home”. Now make something go wrong: the buttons beside the picture."),
    (
        "a failure",
        "It fails: the device settles on \"Home\". 2 frames in 1.5 s. Drag the time, step with ← and →. A button \
         changes what happens from the moment shown.",
    ),
    ("a trace", "A saved trace. Drag the time, step with ← and →, choose an event to see its bytes."),
];

/// All of them as the page writes them: the name of the state, and the sentence.
const SENTENCES: &str = "
    var done = arguments[0];
    Promise.all([import('/next.js'), fetch('/state').then(function (a) { return a.json() })]).then(function (both) {
        var next = both[0].next, state = both[1];
        function text(told) {
            return told.says.map(function (part) { return typeof part === 'string' ? part : part[2] }).join('');
        }
        function live(id) {
            var device = { state: id, name: 'Lamp', joined: 'Home', address: '192.168.1.2' };
            var home = { ssid: 'Home', passphrase: 'four green lanterns' };
            return text(next(true, { device: device, home: home, journey: false, states: state.states }, null));
        }
        var all = [['null', live(null)]].concat(state.states.map(function (one) { return [one.id, live(one.id)] }));
        var carried = { failed: ['the device settles on \"Home\"\\n  it waits'], seed: 1 };
        var records = [{ event: 'frame' }, { event: 'frame' }, { event: 'step' }];
        all.push(['a failure', text(next(false, null, { about: { carried: carried, end: 1500000 }, records: records }))]);
        all.push(['a trace', text(next(false, null, { about: { carried: null }, records: [] }))]);
        done(all);
    }).catch(function (error) { done(String(error)) })";

/// Every state has its sentence, and every sentence is whole.
pub(crate) async fn the_banner_in_every_state(bench: &Bench) -> Result<(), String> {
    let device = Device::start(&bench.program).await?;
    let browser = Browser::open(&bench.driver, Phone::USUAL, &device.dashboard).await?;
    browser.wait_for("#next-says", "choose Home").await?;
    let told = browser.client.execute_async(SENTENCES, Vec::new()).await.map_err(describe_error)?;
    let mut told: Vec<(String, String)> =
        serde_json::from_value(told.clone()).map_err(|error| format!("{error}: {told}"))?;
    let expected = BANNER.iter().map(|(state, says)| ((*state).to_owned(), (*says).to_owned()));
    let mut expected: Vec<_> = expected.collect();
    told.sort();
    expected.sort();
    for (is, should) in told.iter().zip(&expected) {
        same("the banner", &json!(is), &json!(should))?;
    }
    same("how many states the banner knows", &json!(told.len()), &json!(expected.len()))?;
    browser.close().await;
    Ok(())
}

/// A device that nobody gives its power back.
const STUCK: &str =
    "name = \"stuck\"\n[[step]]\nat = \"1s\"\ndo = \"power-off\"\n[expect]\nliveness = true\n";

/// A run that fails stands at what failed; in a saved trace each button says why it cannot be pressed.
pub(crate) async fn a_run_that_fails_and_a_trace(bench: &Bench) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("stuck.toml"), STUCK).map_err(|error| error.to_string())?;
    let device = Device::start_with(&bench.program, &["--open", &path("stuck.toml")]).await?;
    let browser =
        Browser::open(&bench.driver, Phone { width: 1366, ..Phone::USUAL }, &device.dashboard).await?;
    browser.wait_for("#next-says", "It fails: ").await?;
    tokio::time::sleep(Duration::from_millis(900)).await;
    let stands = "return [document.getElementById('play').textContent, Number(document.getElementById('scrub').value) > 990]";
    same("where the run stands", &browser.ask(stands).await?, &json!(["Play", true]))?;
    complains_of_nothing(&browser).await?;
    browser.close().await;

    let trace = Command::new(&bench.program)
        .args(["run", "--driver", "virtual", "--trace", &path("t.jsonl"), &path("stuck.toml")])
        .output()
        .await
        .map_err(|error| error.to_string())?;
    if trace.status.code() != Some(4) {
        return Err(format!("no trace: {}", String::from_utf8_lossy(&trace.stderr)));
    }
    let device = Device::start_with(&bench.program, &["--open", &path("t.jsonl")]).await?;
    let browser =
        Browser::open(&bench.driver, Phone { width: 390, ..Phone::USUAL }, &device.dashboard).await?;
    browser.wait_for("#next-says", "A saved trace.").await?;
    browser.wait_for("#phones", "No simulated phone was here").await?;
    let reasons = "return [].map.call(document.querySelectorAll('.fault'), function (e) { return [e.disabled, e.lastChild.textContent] })";
    let reasons = browser.ask(reasons).await?;
    let all: Vec<Value> = reasons.as_array().cloned().unwrap_or_default();
    let expected = json!([true, "A saved trace cannot be changed."]);
    if all.len() < 10 || all.iter().any(|one| *one != expected) {
        return Err(format!("buttons that cannot be used do not say why: {reasons}"));
    }
    browser.close().await;
    Ok(())
}
