//! Reports and the matrix as pages: whole on a laptop, readable on a phone, without a mistake that axe knows of.

use std::path::Path;
use std::time::Duration;

use fantoccini::actions::{InputSource, PointerAction, TouchActions};
use serde_json::json;
use tokio::process::Command;

use super::Bench;
use super::browser::{Browser, Phone, describe_error};
use super::checks::{accessible, complains_of_nothing, same};

/// One run that passes and one that fails.
const WELL: &str = "name = \"well\"\n[[network]]\nssid = \"Home\"\npassphrase = \"four green lanterns\"\n[[phone]]\n\
                    model = \"ios-17\"\nwants = \"Home\"\nhabits = \"hurried\"\n[expect]\nwithin = \"2min\"\nstate = \"connected\"\n";
const STUCK: &str =
    "name = \"stuck\"\n[[step]]\nat = \"1s\"\ndo = \"power-off\"\n[expect]\nliveness = true\n";

/// What is beyond the page's edge, or smaller than can be read. What scrolls by itself may be wider inside.
const FITS: &str = "
    var bad = [], root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) bad.push('the page scrolls sideways: ' + root.scrollWidth);
    document.querySelectorAll('body *').forEach(function (e) {
        var own = [].some.call(e.childNodes, function (n) { return n.nodeType === 3 && n.data.trim() });
        if (own && parseFloat(getComputedStyle(e).fontSize) < 11) bad.push('small: ' + e.textContent.slice(0, 40));
    });
    return bad";

/// How much of the matrix is beyond its edge.
const HIDDEN: &str = "var e = document.querySelector('.scroll'); return e.scrollWidth - e.clientWidth";

/// How much of what a table of a report says is beyond the edge of the screen.
const BEYOND: &str = "
    return [].filter.call(document.querySelectorAll('td'), function (e) {
        return e.getBoundingClientRect().right > document.documentElement.clientWidth;
    }).length";

async fn made(program: &Path, arguments: &[&str], folder: &Path, fails: bool) -> Result<(), String> {
    let run = Command::new(program).args(arguments).current_dir(folder).output().await;
    let run = run.map_err(|error| error.to_string())?;
    let is_as_expected = if fails { run.status.code() == Some(4) } else { run.status.success() };
    if is_as_expected {
        Ok(())
    } else {
        Err(format!("{arguments:?}: {}, {}", run.status, String::from_utf8_lossy(&run.stderr)))
    }
}

/// Makes the pages and looks at each.
pub(crate) async fn reports_and_the_matrix(bench: &Bench) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let folder = folder.path();
    let program = std::fs::canonicalize(&bench.program).map_err(|error| error.to_string())?;
    for (name, text) in [("well.toml", WELL), ("stuck.toml", STUCK)] {
        std::fs::write(folder.join(name), text).map_err(|error| error.to_string())?;
    }
    // Of the repository's profiles, which lie where this was started.
    let matrix = folder.join("matrix.html").display().to_string();
    made(&program, &["matrix", "--html", &matrix], Path::new("."), false).await?;
    let run = ["run", "--driver", "virtual", "--html", "run.html", "well.toml", "stuck.toml"];
    made(&program, &run, folder, true).await?;
    let campaign = ["campaign", "well.toml", "stuck.toml", "--seeds", "6", "--out", "many"];
    made(&program, &campaign, folder, true).await?;
    for (width, dark) in [(1440, false), (1024, true), (390, false), (390, true)] {
        let browser =
            Browser::open(&bench.driver, Phone { width, dark, ..Phone::USUAL }, "about:blank").await?;
        for name in ["matrix.html", "run.html", "many/report.html"] {
            let url = format!("file://{}", folder.join(name).display());
            browser.client.goto(&url).await.map_err(describe_error)?;
            let looked = look(bench, &browser, name, width).await;
            looked.map_err(|error| format!("{name}, {width} pixels wide, dark {dark}: {error}"))?;
        }
        browser.close().await;
    }
    Ok(())
}

async fn look(bench: &Bench, browser: &Browser, name: &str, width: u32) -> Result<(), String> {
    same("what does not fit", &browser.ask(FITS).await?, &json!([]))?;
    if name == "matrix.html" {
        let hidden = browser.ask(HIDDEN).await?;
        if width == 1440 && hidden != json!(0) {
            return Err(format!("{hidden} pixels of the matrix are hidden"));
        }
        touched(browser).await?;
    } else {
        same("cells of tables beyond the edge", &browser.ask(BEYOND).await?, &json!(0))?;
    }
    accessible(browser, &bench.axe).await?;
    complains_of_nothing(browser).await
}

/// A finger on a cell of the matrix shows the exchange that decided, and on another one that of the other.
async fn touched(browser: &Browser) -> Result<(), String> {
    for cell in ["tr:nth-child(2) td:nth-child(2)", "tr:nth-child(6) td:nth-child(3)"] {
        let element = browser.find(&format!(".scroll {cell}")).await?;
        let finger = TouchActions::new("finger".into())
            .then(PointerAction::MoveToElement {
                element,
                duration: Some(Duration::from_millis(50)),
                x: 0.0,
                y: 0.0,
            })
            .then(PointerAction::Down { button: 0 })
            .then(PointerAction::Up { button: 0 });
        browser.client.perform_actions(finger).await.map_err(describe_error)?;
        let shown = browser
            .ask(&format!(
                "var e = document.querySelector('.scroll {cell}'), says = getComputedStyle(e, '::after').content;
                 return says.length > 20 && says.indexOf(e.title.slice(0, 12)) === 1"
            ))
            .await?;
        same(&format!("what is told of the cell {cell}"), &shown, &json!(true))?;
    }
    Ok(())
}
