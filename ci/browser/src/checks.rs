//! What must hold on every page, however it was reached.

use serde_json::Value;

use super::browser::{Browser, describe_error};

/// Where finger and eye need room: width in use, and the height of all that can be touched. A radio
/// button is touched anywhere on its row.
const ROOM: &str = "
    var small = [];
    document.querySelectorAll('a, button, select, input:not([type=hidden])').forEach(function (e) {
        var label = e.type === 'radio' || e.type === 'checkbox' ? e.labels[0] : e;
        var box = label.getBoundingClientRect();
        if (e.offsetParent && box.height < 43.5) small.push(e.outerHTML + ' ' + box.height);
    });
    var root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) small.push('scrolls sideways: ' + root.scrollWidth);
    return small";

/// The page has room for fingers, nothing to scroll sideways for, and no mistake that axe knows of; the
/// browser complains of nothing. `axe` is its script.
pub(crate) async fn page(browser: &Browser, axe: &str) -> Result<(), String> {
    let small = browser.ask(ROOM).await?;
    if small.as_array().is_none_or(|small| !small.is_empty()) {
        return Err(format!("too small, or too wide: {small}"));
    }
    accessible(browser, axe).await?;
    complains_of_nothing(browser).await
}

/// axe knows of no mistake on the page; other pages in its frames are looked at on their own.
pub(crate) async fn accessible(browser: &Browser, axe: &str) -> Result<(), String> {
    browser.ask(axe).await?;
    let run = "var done = arguments[0];
        axe.run(document, { iframes: false }).then(done, function (e) { done(String(e)) })";
    let found = browser.client.execute_async(run, Vec::new()).await.map_err(describe_error)?;
    let passes = found["passes"].as_array().map_or(0, Vec::len);
    if passes < 5 {
        return Err(format!("axe has not looked at the page: {found}"));
    }
    let violations = found["violations"].as_array().ok_or("axe told nothing")?;
    if !violations.is_empty() {
        let told = violations.iter().map(|rule| {
            let places = rule["nodes"].as_array().into_iter().flatten();
            let places: Vec<&str> = places.filter_map(|node| node["failureSummary"].as_str()).collect();
            format!("{}: {}", rule["id"], places.join("; "))
        });
        return Err(format!("axe: {}", told.collect::<Vec<_>>().join("\n")));
    }
    Ok(())
}

/// The browser complains of nothing: no script failed, and the policy forbade nothing.
pub(crate) async fn complains_of_nothing(browser: &Browser) -> Result<(), String> {
    match browser.complaints().await?.as_slice() {
        [] => Ok(()),
        complaints => Err(format!("the browser complains: {complaints:?}")),
    }
}

/// Compares two values that the journey came by.
pub(crate) fn same(what: &str, is: &Value, expected: &Value) -> Result<(), String> {
    if is == expected { Ok(()) } else { Err(format!("{what} is {is}, not {expected}")) }
}
