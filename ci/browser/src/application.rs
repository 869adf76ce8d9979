//! The portal's pages with all that an application may add to them: a name, a colour, a logo and fields
//! of every kind. The device has the simulator's lamp beside its portal, in this very process.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use vestibule::internal::{Lamp, SampleApplication};
use vestibule::scenario::load;
use vestibule::world::loopback::{Loopback, Ports};
use vestibule_core::pages::{Branding, Colour};

use super::browser::{Browser, Phone};
use super::checks::{page, same};
use super::journeys::{HOME_RADIO, shoot};
use super::{Bench, TIMEOUT};

const BRANDING: Branding = Branding {
    name: "Aurora lamp",
    colour: Some(Colour([0xb8, 0x36, 0x5d])),
    logo: "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"9\" \
           fill=\"none\" stroke=\"currentColor\" stroke-width=\"3\"/>\
           <circle cx=\"12\" cy=\"12\" r=\"3\" fill=\"currentColor\"/></svg>",
};

const SCENARIO: &str = "name = \"a lamp\"\n[[network]]\nssid = \"Home\"\npassphrase = \"correct horse\"";

/// A device with the lamp, its portal open.
async fn device() -> Result<Loopback, String> {
    let scenario = load::parse(SCENARIO, Path::new("lamp.toml")).map_err(|error| error.to_string())?;
    let world = Loopback::start(&scenario, 1, Ports::default(), None).await;
    let world = world.map_err(|error| error.to_string())?;
    let lamp = Lamp { branding: Some(BRANDING), ..Lamp::default() };
    world.install(SampleApplication { lamp: Some(lamp) });
    world.power_on();
    for _ in 0..TIMEOUT.as_millis() / 20 {
        if world.access_point_is_up() {
            return Ok(world);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err("the lamp's access point never came up".into())
}

/// The setup page, refused and taken; the result; and the lamp's own page at home.
pub(crate) async fn with_its_own_fields(bench: &Bench, phone: Phone, picture: &str) -> Result<(), String> {
    let world = device().await?;
    let browser = Browser::open(&bench.driver, phone, &format!("http://{}/", world.portal())).await?;
    browser.wait_for("h1", BRANDING.name).await?;
    let drawn = browser
        .ask(
            "var logo = document.querySelector('.logo svg').getBoundingClientRect();
             return [Math.round(logo.height), document.querySelectorAll('[name=broker], [name=secret], \
             [name=port], [name=brightness], select[name=colour], [name=start], [name=retain], \
             button[name=then]').length]",
        )
        .await?;
    same("the logo's height and how much can be filled in", &drawn, &json!([48, 10]))?;
    page(&browser, &bench.axe).await?;
    shoot(bench, &browser, picture).await?;

    browser.click(HOME_RADIO).await?;
    browser.type_into("#passphrase", "correct horse").await?;
    browser.type_into("#field-broker", " or another").await?;
    browser.click("button[name=then][value=light]").await?;
    browser.wait_for(".wrong", "A broker's name has no spaces.").await?;
    page(&browser, &bench.axe).await?;

    browser.find("#field-broker").await?.clear().await.map_err(|error| error.to_string())?;
    browser.type_into("#field-broker", "mqtt.local").await?;
    browser.type_into("#passphrase", "correct horse").await?;
    browser.click("button[name=then][value=light]").await?;
    browser.wait_for("h1", "is connected").await?;
    browser.wait_for("#address", "lamps/<").await?;
    page(&browser, &bench.axe).await?;

    browser.client.goto(&format!("http://{}/", world.home())).await.map_err(|error| error.to_string())?;
    browser.wait_for("[role=status]", "The lamp is off.").await?;
    page(&browser, &bench.axe).await?;
    browser.close().await;
    Ok(())
}
