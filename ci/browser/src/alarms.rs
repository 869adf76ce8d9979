//! Pages that are wrong on purpose: each check of [`super::checks`] must report its own mistake, and the
//! page without any must pass. A check that cannot fail tells nothing.

use super::Bench;
use super::browser::{Browser, Phone, describe_error};
use super::checks::page;

/// What is put into an otherwise good page, and what the check must say of it.
const MISTAKES: &[(&str, &str)] = &[
    ("", ""),
    ("<button style='height:43px'>Low</button>", "too small, or too wide"),
    ("<p><a href='/'>Low</a></p>", "too small, or too wide"),
    ("<p style='width:2000px'>Wide</p>", "scrolls sideways"),
    ("<p style='color:%23999'>Faint</p>", "axe: \"color-contrast\""),
    ("<button style='height:48px;width:48px'></button>", "axe: \"button-name\""),
    ("<input style='height:48px'>", "axe: \"label\""),
    ("<svg role='img' width='48' height='48'></svg>", "axe: \"svg-img-alt\""),
    ("<script>nothing.there()</script>", "the browser complains"),
];

/// Every mistake is found.
pub(crate) async fn mistakes_are_found(bench: &Bench) -> Result<(), String> {
    let browser = Browser::open(&bench.driver, Phone::USUAL, "about:blank").await?;
    for (mistake, told) in MISTAKES {
        let url = format!(
            "data:text/html,<!doctype html><html lang=en><meta name=viewport content='width=device-width'>\
             <title>Lamp</title><body style='background:white;color:black'><main><h1>Lamp</h1>\
             <p>A page.</p>{mistake}</main></html>"
        );
        browser.client.goto(&url).await.map_err(describe_error)?;
        match page(&browser, &bench.axe).await {
            Ok(()) if told.is_empty() => {}
            Err(error) if !told.is_empty() && error.contains(told) => {}
            found => return Err(format!("of {mistake:?} it should be said {told:?}, not {found:?}")),
        }
    }
    browser.close().await;
    Ok(())
}
