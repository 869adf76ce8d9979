//! The dashboard: a person who has never seen it sets the device up by what it says, presses what can go
//! wrong, and saves a scenario that does the same; a run is looked at down to the bytes.

use std::time::Duration;

use fantoccini::actions::{
    ActionSequence, InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction, TouchActions,
};
use fantoccini::key::Key;
use serde_json::json;
use tokio::process::Command;

use super::browser::{Browser, Phone, describe_error};
use super::checks::{accessible, complains_of_nothing, same};
use super::device::{Device, PASSPHRASE};
use super::{Bench, picture};

const HOME_RADIO: &str = "input[value='486f6d65']";

/// A laptop's screen.
const LAPTOP: Phone = Phone { width: 1366, ..Phone::USUAL };

/// Nothing but what the page says: the sentence at the top, and the phone under it.
pub(crate) async fn by_what_the_dashboard_says(bench: &Bench) -> Result<(), String> {
    let device = Device::start(&bench.program).await?;
    let browser = Browser::open(&bench.driver, LAPTOP, &device.dashboard).await?;
    browser.wait_for("#next-says", "choose Home").await?;
    let says = browser.text("#next-says").await?;
    if !says.contains(PASSPHRASE) {
        return Err(format!("it does not say what to type: {says}"));
    }
    browser.enter("#yours-page").await?;
    browser.wait_for("h1", "Set up").await?;
    // By key: the frame is drawn smaller than it is, and WebDriver clicks where it would be at its own size.
    browser.type_into(HOME_RADIO, " ").await?;
    browser.type_into("#passphrase", &format!("{PASSPHRASE}{}", char::from(Key::Enter))).await?;
    browser.leave().await?;
    browser.wait_for("#next-says", "is on “Home”").await?;
    browser.wait_for("#machine-says", "Connected:").await?;
    browser.enter("#yours-page").await?;
    browser.wait_for("h1", "is connected").await?;
    browser.leave().await?;
    accessible(&browser, &bench.axe).await?;

    // What can go wrong does, by key, and each writes its lines. The focus is still on the device's page, where the form was.
    let focused = browser.ask("return document.activeElement.id").await?;
    same("what has the focus", &focused, &json!("yours-page"))?;
    for (key, lines) in [("b", "kind = \"power-cut\""), ("c", "kind = \"channel-move\""), ("a", "[[phone]]")]
    {
        browser.press(key).await?;
        browser.wait_for("#did li:first-child", lines).await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        browser.wait_for("#machine-says", "Connected:").await?;
    }
    browser.press("f").await?;
    browser.wait_for("#phones .dark", "told where the device is").await?;
    same(
        "the phone's page",
        &browser.ask("return document.querySelectorAll('#phones iframe').length").await?,
        &json!(1),
    )?;

    // What is saved does it again.
    let text = browser
        .ask("return fetch('/runs/live/scenario.toml').then(function (a) { return a.text() })")
        .await?;
    reproduces(bench, text.as_str().unwrap_or_default()).await?;
    complains_of_nothing(&browser).await?;
    browser.close().await;
    Ok(())
}

/// Runs a scenario as whoever has saved it does.
async fn reproduces(bench: &Bench, text: &str) -> Result<(), String> {
    let file = std::env::temp_dir().join(format!("vestibule-dashboard-{}.toml", std::process::id()));
    std::fs::write(&file, text).map_err(|error| error.to_string())?;
    let run = Command::new(&bench.program).args(["run", "--driver", "virtual"]).arg(&file).output().await;
    let _ = std::fs::remove_file(&file);
    let run = run.map_err(|error| error.to_string())?;
    if !run.status.success() || !text.contains("kind = \"power-cut\"") {
        return Err(format!(
            "the saved scenario does not pass: {}\n{text}",
            String::from_utf8_lossy(&run.stdout)
        ));
    }
    Ok(())
}

/// A run in the simulated air: played, stopped, opened down to the bytes, and changed.
pub(crate) async fn a_run_step_by_step(bench: &Bench) -> Result<(), String> {
    let device = Device::start(&bench.program).await?;
    let browser = Browser::open(&bench.driver, Phone { dark: true, ..LAPTOP }, &device.dashboard).await?;
    browser.wait_for("#next-says", "choose Home").await?;
    browser.click("#open-journey").await?;
    browser.wait_for("#honest", "every frame").await?;
    // At rest, at a moment that is the same each time.
    browser
        .ask("var s = document.getElementById('scrub'); s.value = 212; s.dispatchEvent(new Event('input'))")
        .await?;
    browser.wait_for("#phones .says", "sees").await?;
    tokio::time::sleep(Duration::from_millis(800)).await;
    accessible(&browser, &bench.axe).await?;
    let shot = browser.client.screenshot().await.map_err(|error| error.to_string())?;
    picture::compare(&shot, &bench.pictures.join("dashboard.png"), bench.update)?;

    let sift = "var f = document.getElementById('contains'), l = document.getElementById('layer');
        l.value = 'wire'; f.value = 'DNS'; l.dispatchEvent(new Event('change'))";
    browser.ask(sift).await?;
    browser.click("h1").await?;
    browser.press(&char::from(Key::Right).to_string()).await?;
    browser.wait_for("#detail .hex", "0000").await?;
    browser.press("l").await?;
    browser.wait_for("#did", "kind = \"loss\"").await?;
    complains_of_nothing(&browser).await?;
    browser.close().await;
    Ok(())
}

/// The timeline under a mouse and under a finger: it shows the moment that is under them while they
/// press, and no other when they have let go. A finger that moves up or down scrolls the page.
pub(crate) async fn the_timeline_by_mouse_and_finger(bench: &Bench) -> Result<(), String> {
    let device = Device::start(&bench.program).await?;
    let phone = Phone { touch: false, ..LAPTOP };
    let browser = Browser::open(&bench.driver, phone, &device.dashboard).await?;
    browser.wait_for("#next-says", "choose Home").await?;
    browser.click("#open-journey").await?;
    browser.wait_for("#honest", "every frame").await?;
    browser.ask("document.getElementById('lanes').scrollIntoView({ block: 'center' })").await?;
    let wide = browser.ask("return document.getElementById('lanes').clientWidth").await?;
    let quarter = wide.as_f64().ok_or("the lanes have no width")? / 4.0;

    let pressed = moment_after(&browser, mouse(&browser, -quarter, -quarter).await?).await?;
    let dragged = moment_after(&browser, mouse(&browser, -quarter, quarter).await?).await?;
    let hovered = moment_after(&browser, hover(&browser, 0.0).await?).await?;
    // Half of the lanes are some half of the run.
    if !(dragged - pressed > 300 && dragged - pressed < 700) {
        return Err(format!("the mouse was dragged from {pressed} to {dragged} of 1000"));
    }
    same("the moment after the mouse has let go", &json!(hovered), &json!(dragged))?;

    let touched = moment_after(&browser, finger(&browser, -quarter, 0.0).await?).await?;
    if !(dragged - touched > 300 && dragged - touched < 700) {
        return Err(format!("the finger went from {dragged} to {touched} of 1000"));
    }
    // It begins in the middle and goes down, which is the page's to follow.
    let scrolled = moment_after(&browser, finger(&browser, 0.0, 120.0).await?).await?;
    let hovered = moment_after(&browser, hover(&browser, quarter).await?).await?;
    same("the moment after the page was scrolled", &json!(hovered), &json!(scrolled))?;
    complains_of_nothing(&browser).await?;
    browser.close().await;
    Ok(())
}

const DOWN: PointerAction = PointerAction::Down { button: MOUSE_BUTTON_LEFT };
const UP: PointerAction = PointerAction::Up { button: MOUSE_BUTTON_LEFT };

/// Moves the mouse to a place on the lanes, counted from their middle.
async fn hover(browser: &Browser, x: f64) -> Result<MouseActions, String> {
    let element = browser.find("#lanes").await?;
    let to = PointerAction::MoveToElement { element, duration: None, x, y: 0.0 };
    Ok(MouseActions::new("mouse".into()).then(to))
}

/// Presses there, drags the mouse to another place, and lets go.
async fn mouse(browser: &Browser, from: f64, to: f64) -> Result<MouseActions, String> {
    let duration = Some(Duration::from_millis(200));
    let drag = PointerAction::MoveBy { duration, x: to - from, y: 0.0 };
    Ok(hover(browser, from).await?.then(DOWN).then(drag).then(UP))
}

/// Puts a finger on the middle of the lanes, moves it so far, and lifts it.
async fn finger(browser: &Browser, x: f64, y: f64) -> Result<TouchActions, String> {
    let element = browser.find("#lanes").await?;
    let duration = Some(Duration::from_millis(300));
    Ok(TouchActions::new("finger".into())
        .then(PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 })
        .then(DOWN)
        .then(PointerAction::MoveBy { duration, x, y })
        .then(UP))
}

/// Does that, and returns the moment that is shown then, in thousandths of the run.
async fn moment_after(browser: &Browser, actions: impl Into<ActionSequence>) -> Result<i64, String> {
    browser.client.perform_actions(actions).await.map_err(describe_error)?;
    // It is drawn with the next picture.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let moment = browser.ask("return Number(document.getElementById('scrub').value)").await?;
    moment.as_i64().ok_or_else(|| format!("the moment is {moment}"))
}
