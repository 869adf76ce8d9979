//! The page of a device with a code on its label, opened by the label's second QR code: the code stands after `#` in its
//! address, goes into the field and from there into the key, and outlasts a try that failed.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use vestibule::scenario::load;
use vestibule::world::loopback::{Loopback, Ports};

use super::browser::{Browser, Phone, describe_error};
use super::checks::{page, same};
use super::journeys::{HOME_RADIO, REMEMBER_WHAT_IS_SENT};
use super::{Bench, TIMEOUT};

const SCENARIO: &str = "name = \"a label\"\n[device]\nlabel_code = \"h7rk 2mwq#9xtz\"\n\
                        [[network]]\nssid = \"Home\"\npassphrase = \"correct horse\"";

/// The label's code as the address has it, and another one.
const SCANNED: &str = "#h7rk%202mwq%239xtz";

async fn device() -> Result<Loopback, String> {
    let scenario = load::parse(SCENARIO, Path::new("label.toml")).map_err(|error| error.to_string())?;
    let world = Loopback::start(&scenario, 1, Ports::default(), None).await;
    let world = world.map_err(|error| error.to_string())?;
    world.power_on();
    for _ in 0..TIMEOUT.as_millis() / 20 {
        if world.access_point_is_up() {
            return Ok(world);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err("the device's access point never came up".into())
}

/// Waits until the script that seals is there, and with it the field.
async fn field_is_shown(browser: &Browser) -> Result<(), String> {
    for _ in 0..100 {
        if browser.ask("return !document.getElementById('coded').hidden").await? == json!(true) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("the field for the code is never shown".into())
}

async fn fill_in(browser: &Browser, passphrase: &str) -> Result<(), String> {
    browser.click(HOME_RADIO).await?;
    browser.type_into("#passphrase", passphrase).await?;
    browser.click("#setup button[type=submit]").await
}

/// Somebody in between has put a key into the page with which nothing can be sealed: what the owner types who has given
/// the code is not sent in clear for it.
async fn nothing_goes_in_clear_for_another_key(browser: &Browser) -> Result<(), String> {
    for key in ["00".repeat(32), "ab".into(), String::new()] {
        let swap = format!("document.getElementById('setup').setAttribute('data-key', '{key}')");
        browser.ask(&format!("{swap}; {REMEMBER_WHAT_IS_SENT}")).await?;
        browser.type_into("#code", "h7rk 2mwq#9xtz").await?;
        fill_in(browser, "correct horse").await?;
        browser.wait_for("[role=alert]", "The device could not open the form.").await?;
        same("the fields that are sent", &browser.ask("return window.name").await?, &json!("token sealed"))?;
        field_is_shown(browser).await?;
    }
    Ok(())
}

/// A wrong code is refused; the scanned one is taken, and is still there after a wrong passphrase.
pub(crate) async fn by_the_labels_second_code(bench: &Bench) -> Result<(), String> {
    let world = device().await?;
    let portal = format!("http://{}/", world.portal());
    let browser = Browser::open(&bench.driver, Phone::USUAL, &portal).await?;
    field_is_shown(&browser).await?;
    page(&browser, &bench.axe).await?;
    nothing_goes_in_clear_for_another_key(&browser).await?;
    browser.type_into("#code", "h7rk 2mwq#9xty").await?;
    fill_in(&browser, "correct horse").await?;
    browser.wait_for("[role=alert]", "The code is not the one on this device’s label.").await?;
    page(&browser, &bench.axe).await?;

    browser.client.goto(&format!("{portal}{SCANNED}")).await.map_err(describe_error)?;
    browser.client.refresh().await.map_err(describe_error)?;
    field_is_shown(&browser).await?;
    let code = || browser.ask("return document.getElementById('code').value");
    same("the code in the field", &code().await?, &json!("h7rk 2mwq#9xtz"))?;
    fill_in(&browser, "four blue lanterns").await?;
    browser.wait_for("[role=alert]", "did not accept the password").await?;
    let hash = browser.ask("return location.hash").await?;
    same("what stands after the #", &hash, &json!(SCANNED))?;
    same("the code in the field again", &code().await?, &json!("h7rk 2mwq#9xtz"))?;
    field_is_shown(&browser).await?;
    fill_in(&browser, "correct horse").await?;
    browser.wait_for("h1", "is connected").await?;
    browser.close().await;
    Ok(())
}
