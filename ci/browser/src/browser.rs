//! A browser on a phone: how it is started, and what can be asked of it.

use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// What kind of phone.
#[derive(Clone, Copy)]
pub(crate) struct Phone {
    pub(crate) width: u32,
    pub(crate) language: &'static str,
    pub(crate) dark: bool,
    pub(crate) scripts: bool,
    /// It has a touch screen: a mouse is taken for a finger.
    pub(crate) touch: bool,
}

impl Phone {
    pub(crate) const USUAL: Self =
        Self { width: 390, language: "en", dark: false, scripts: true, touch: true };
    pub(crate) const DARK: Self = Self { dark: true, ..Self::USUAL };
}

/// A browser that is at a page.
pub(crate) struct Browser {
    pub(crate) client: Client,
}

/// How long a page may take that the device needs time for: it joins for some seconds.
const TIMEOUT: Duration = Duration::from_secs(30);

impl Browser {
    /// Starts one with a profile of its own, and goes there.
    pub(crate) async fn open(driver: &str, phone: Phone, url: &str) -> Result<Self, String> {
        let scheme = if phone.dark { 0 } else { 1 };
        let arguments = json!([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--force-prefers-reduced-motion",
            format!("--accept-lang={}", phone.language),
            format!("--blink-settings=preferredColorScheme={scheme}"),
        ]);
        let metrics = json!({ "width": phone.width, "height": 844, "pixelRatio": 2.0, "touch": phone.touch });
        let mut options = json!({
            "args": arguments,
            "prefs": { "intl.accept_languages": phone.language },
        });
        // Both at once are more than chromedriver bears.
        if phone.scripts {
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let wanted = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
        let Value::Object(wanted) = wanted else { return Err("capabilities are an object".into()) };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(Capabilities::from_iter(wanted))
            .connect(driver)
            .await
            .map_err(|error| format!("no browser: {error}"))?;
        if !phone.scripts {
            client.issue_cmd(WITHOUT_SCRIPTS).await.map_err(describe_error)?;
        }
        client.goto(url).await.map_err(describe_error)?;
        Ok(Self { client })
    }

    /// Pages that would go on by themselves stay, from the next one on, so that they can be looked at on
    /// a machine of any speed.
    pub(crate) async fn hold_pages(&self) -> Result<(), String> {
        self.client.issue_cmd(HELD).await.map(drop).map_err(describe_error)
    }

    pub(crate) async fn close(self) {
        // It ends with its driver at the latest.
        let _ = self.client.close().await;
    }

    pub(crate) async fn find(&self, selector: &str) -> Result<Element, String> {
        self.client.find(Locator::Css(selector)).await.map_err(|error| format!("{selector}: {error}"))
    }

    /// What is seen of an element.
    pub(crate) async fn text(&self, selector: &str) -> Result<String, String> {
        self.find(selector).await?.text().await.map_err(describe_error)
    }

    pub(crate) async fn click(&self, selector: &str) -> Result<(), String> {
        self.find(selector).await?.click().await.map_err(|error| format!("{selector}: {error}"))
    }

    pub(crate) async fn type_into(&self, selector: &str, text: &str) -> Result<(), String> {
        self.find(selector).await?.send_keys(text).await.map_err(|error| format!("{selector}: {error}"))
    }

    /// Waits until an element is there and says this.
    pub(crate) async fn wait_for(&self, selector: &str, text: &str) -> Result<(), String> {
        let mut seen = String::new();
        for _ in 0..TIMEOUT.as_millis() / 100 {
            // Between two pages there is neither.
            seen = self.text(selector).await.unwrap_or_else(|error| error);
            if seen.contains(text) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(format!("{selector} never said {text:?} but {seen:?}"))
    }

    /// What follows is about the page in this frame, until [`Browser::leave`].
    pub(crate) async fn enter(&self, frame: &str) -> Result<(), String> {
        self.find(frame).await?.enter_frame().await.map_err(|error| format!("{frame}: {error}"))
    }

    /// What follows is about the whole page again.
    pub(crate) async fn leave(&self) -> Result<(), String> {
        self.client.enter_parent_frame().await.map_err(describe_error)
    }

    /// What a script returns.
    pub(crate) async fn ask(&self, script: &str) -> Result<Value, String> {
        self.client.execute(script, Vec::new()).await.map_err(describe_error)
    }

    /// Presses keys on the keyboard, whatever they go to.
    pub(crate) async fn press(&self, keys: &str) -> Result<(), String> {
        let keys = keys.chars().fold(KeyActions::new("keyboard".into()), |actions, key| {
            actions.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key })
        });
        self.client.perform_actions(keys).await.map_err(describe_error)
    }

    /// The id, or else the value, of what has the focus.
    pub(crate) async fn focused(&self) -> Result<String, String> {
        let active =
            self.ask("var e = document.activeElement; return e.id || e.value || e.textContent").await?;
        Ok(active.as_str().unwrap_or_default().to_owned())
    }

    /// What the browser complains of: scripts that failed or were stopped, what the policy forbade. That
    /// an answer is a refusal is none, and neither is its advice, which it gives as debugging.
    pub(crate) async fn complaints(&self) -> Result<Vec<String>, String> {
        let log = self.client.issue_cmd(Log).await.map_err(describe_error)?;
        let entries = log.as_array().ok_or("the log is no list")?;
        let complaints =
            entries.iter().filter(|entry| entry["source"] != "network" && entry["level"] != "DEBUG");
        Ok(complaints.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect())
    }
}

pub(crate) fn describe_error(error: CmdError) -> String {
    error.to_string()
}

/// Chromium's log, which WebDriver's standard has no command for.
#[derive(Debug)]
struct Log;

impl WebDriverCompatibleCommand for Log {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

/// One of Chromium's own commands, with a parameter.
#[derive(Debug)]
struct Devtools {
    command: &'static str,
    name: &'static str,
    /// As JSON.
    value: &'static str,
}

/// Stops a page's scripts, and not those that WebDriver asks with.
const WITHOUT_SCRIPTS: Devtools =
    Devtools { command: "Emulation.setScriptExecutionDisabled", name: "value", value: "true" };

/// Takes from the pages that follow what they go on by: events, and a timer of two seconds.
const HELD: Devtools = Devtools {
    command: "Page.addScriptToEvaluateOnNewDocument",
    name: "source",
    value: "\"delete window.EventSource; (function (after) { window.setTimeout = function (work, wait) { \
            return wait === 2000 ? 0 : after.apply(window, arguments) } })(window.setTimeout)\"",
};

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let Self { command, name, value } = self;
        (Method::POST, Some(format!("{{\"cmd\":\"{command}\",\"params\":{{\"{name}\":{value}}}}}")))
    }
}
