//! The setup page among no, one and forty networks, on a phone, a narrow one and a screen: the passphrase stands below
//! the network that was picked, and what the list has no room for is said.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use vestibule::scenario::load;
use vestibule::world::loopback::{Loopback, Ports};

use super::browser::{Browser, Phone, describe_error};
use super::checks::{page, same};
use super::journeys::shoot;
use super::{Bench, TIMEOUT};

/// The list has room for 32.
const LEFT_OUT: usize = 8;

/// A device with so many neighbours, the nearest first. Every third is open.
async fn device(networks: usize) -> Result<Loopback, String> {
    let mut text = "name = \"neighbours\"\n".to_owned();
    for number in 0..networks {
        // Writing to a String does not fail.
        let _ = writeln!(text, "[[network]]\nssid = \"Net {number:02}\"\nsignal = {}", -40 - number as i32);
        text += if number % 3 == 2 { "security = \"open\"\n" } else { "passphrase = \"correct horse\"\n" };
    }
    let scenario = load::parse(&text, Path::new("neighbours.toml")).map_err(|error| error.to_string())?;
    let world = Loopback::start(&scenario, 1, Ports::default(), None).await;
    let world = world.map_err(|error| error.to_string())?;
    world.power_on();
    for _ in 0..TIMEOUT.as_millis() / 20 {
        if world.access_point_is_up() {
            return Ok(world);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err("the access point never came up".into())
}

fn radio(number: usize) -> String {
    let name: String = format!("Net {number:02}").bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("input[value='{name}']")
}

/// How far the passphrase is below the row that is checked, how far the next row is below the button (null if none is),
/// whether the hint about open networks is shown, and whether the button is in sight.
const PLACES: &str = "
    var box = function (e) { return e.getBoundingClientRect() };
    var picked = document.querySelector('[name=network]:checked');
    var row = picked && box(picked.closest('#networks > div, .other'));
    var button = box(document.querySelector('#setup button[type=submit]'));
    var below = [].map.call(document.querySelectorAll('#networks > *, .other'), function (e) { return box(e).top })
        .filter(function (top) { return row && top > row.top });
    return {
        field: row && Math.round(box(document.getElementById('passphrase')).top - row.bottom),
        next: below.length ? Math.round(Math.min.apply(null, below) - button.bottom) : null,
        hint: !!document.getElementById('empty').offsetParent,
        seen: button.top >= 0 && button.bottom <= innerHeight,
    }";

/// Takes from the style sheet what a browser without `:has` does not understand.
const WITHOUT_HAS: &str = "
    var sheet = document.styleSheets[0], gone = 0;
    for (var i = sheet.cssRules.length - 1; i >= 0; i--) {
        if (sheet.cssRules[i] instanceof CSSSupportsRule) { sheet.deleteRule(i); gone++ }
    }
    return gone";

/// Picks a network, and says whether the field and the button follow it and the hint stands as it should.
async fn picks(browser: &Browser, selector: &str, hint: bool, is_last: bool) -> Result<(), String> {
    let script = format!("document.querySelector(\"{selector}\").scrollIntoView({{ block: 'center' }})");
    browser.ask(&script).await?;
    browser.click(selector).await?;
    let places = browser.ask(PLACES).await?;
    let field = places["field"].as_i64().unwrap_or(i64::MAX);
    let next = places["next"].as_i64();
    if !(0..=80).contains(&field) || next.is_none() != is_last || next.is_some_and(|next| next < 0) {
        return Err(format!("{selector}: the passphrase is not below it: {places}"));
    }
    same(&format!("the hint at {selector}"), &places["hint"], &json!(hint))?;
    same(&format!("the button after {selector} is in sight"), &places["seen"], &json!(true))
}

async fn among_forty(bench: &Bench, browser: &Browser, width: u32) -> Result<(), String> {
    page(browser, &bench.axe).await?;
    let told = browser.text("#setup").await?;
    if !told.contains(&format!("left out as the weakest: {LEFT_OUT}.")) {
        return Err(format!("it does not say how many are left out: {told}"));
    }
    same("the hint before anything is picked", &browser.ask(PLACES).await?["hint"], &json!(false))?;
    // Far below, above, an open one, the last row, and a name that is typed.
    for (number, hint) in [(20, true), (4, false), (0, false), (2, true), (31, false)] {
        picks(browser, &radio(number), hint, false).await?;
    }
    page(browser, &bench.axe).await?;
    picks(browser, "#other", true, true).await?;
    picks(browser, &radio(1), false, false).await?;
    browser.ask("document.querySelector('h1').scrollIntoView()").await?;
    shoot(bench, browser, &format!("many-{width}.png")).await?;

    // A browser that has no `:has` shows what all have shown before: the field below the list, with the hint.
    same("the rules for browsers with :has", &browser.ask(WITHOUT_HAS).await?, &json!(1))?;
    let places = browser.ask(PLACES).await?;
    if places["field"].as_i64() < Some(1000)
        || places["next"].as_i64() >= Some(0)
        || places["hint"] != json!(true)
    {
        return Err(format!("without :has: {places}"));
    }
    page(browser, &bench.axe).await
}

/// Without scripts, and refused once: the network that was picked is the first then, with the field below it.
async fn refused_without_scripts(bench: &Bench, world: &Loopback) -> Result<(), String> {
    let phone = Phone { scripts: false, ..Phone::USUAL };
    let browser = Browser::open(&bench.driver, phone, &format!("http://{}/", world.portal())).await?;
    picks(&browser, &radio(19), false, false).await?;
    browser.type_into("#passphrase", "short").await?;
    browser.click("#setup button[type=submit]").await?;
    browser.wait_for("[role=alert]", "The password is too short.").await?;
    let first =
        browser.ask("var e = document.querySelector('#networks input'); return [e.value, e.checked]").await?;
    same("the first network", &first, &json!(["4e6574203139", true]))?;
    let places = browser.ask(PLACES).await?;
    if !(0..=80).contains(&places["field"].as_i64().unwrap_or(i64::MAX)) {
        return Err(format!("after a refusal the passphrase is not below the network: {places}"));
    }
    browser.type_into("#passphrase", "correct horse").await?;
    browser.click("#setup button[type=submit]").await?;
    browser.wait_for("h1", "is connected").await?;
    browser.close().await;
    Ok(())
}

/// Forty networks, one, and none, at three widths.
pub(crate) async fn among_many_networks(bench: &Bench) -> Result<(), String> {
    let (forty, one, none) = (device(32 + LEFT_OUT).await?, device(1).await?, device(0).await?);
    for width in [320, 390, 1440] {
        let portal = |world: &Loopback| format!("http://{}/", world.portal());
        let phone = Phone { width, ..Phone::USUAL };
        let browser = Browser::open(&bench.driver, phone, &portal(&forty)).await?;
        among_forty(bench, &browser, width).await?;
        for (few, picked, hint) in [(&one, radio(0), false), (&none, "#other".into(), true)] {
            browser.client.goto(&portal(few)).await.map_err(describe_error)?;
            browser.wait_for("h1", "Set up").await?;
            picks(&browser, &picked, hint, hint).await?;
            page(&browser, &bench.axe).await?;
        }
        browser.close().await;
    }
    refused_without_scripts(bench, &forty).await
}
