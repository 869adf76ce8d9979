//! A running engine with one window, and what is asked of it through WebDriver. Every answer is waited for in bounded
//! time; whatever happens, its processes end with it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use url::{ParseError, Url};

use super::browser_profile::BrowserProfile;
use super::kind::{Engine, Programs};
use super::processes::Processes;
use super::visible_page::{SCRIPT, VisiblePage};

/// How long an engine may take to start, with a window. Chosen.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// How long it may take over what needs no network. Chosen.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a picture may take: WebKit paints it on this machine's processors. Chosen.
const PICTURE_TIMEOUT: Duration = Duration::from_secs(15);

/// How often it is looked whether a driver listens.
const POLL: Duration = Duration::from_millis(20);

/// How long what a program has said is waited for once it has ended.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Most console lines that are told.
const CONSOLE_LINES: usize = 10;

/// Why an engine said nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum EngineFailure {
    /// It did not start.
    #[error("the engine did not start: {0}")]
    NotStarted(String),
    /// It has ended, or what showed the page has.
    #[error("the engine crashed: {0}")]
    Crashed(String),
    /// It answers no more.
    #[error("the engine does not answer any more")]
    Hangs,
    /// It could not say it just now: between two pages, say.
    #[error("the engine refuses: {0}")]
    Refuses(String),
}

/// An engine with a window. What it has written is deleted, and what it has started ends, when this is dropped: in this
/// order, from top to bottom.
pub(super) struct Session {
    client: Client,
    driver: Processes,
    _display: Option<Processes>,
    engine: Engine,
    version: String,
    _home: TempDir,
}

impl Session {
    /// Starts an engine whose one way out is `proxy`.
    pub(super) async fn start(
        programs: &Programs,
        profile: &BrowserProfile,
        proxy: SocketAddr,
    ) -> Result<Self, EngineFailure> {
        let until = Instant::now() + START_TIMEOUT;
        let failed = |why: String| EngineFailure::NotStarted(why);
        let home = tempfile::Builder::new().prefix("vestibule-engine-").tempdir();
        let home = home.map_err(|error| failed(error.to_string()))?;
        let (display, name) = match &programs.display {
            Some(program) => {
                let (display, name) = start_display(program, &home, profile, until).await?;
                (Some(display), Some(name))
            }
            None => (None, None),
        };
        let port = free_port().await.map_err(|error| failed(error.to_string()))?;
        let command = programs.driver_command(port, home.path(), name.as_deref());
        let mut driver = Processes::start(command, home.path()).map_err(|error| failed(error.to_string()))?;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
            if driver.has_ended() || Instant::now() >= until {
                // What it said last is still on its way.
                sleep(LAST_WORDS).await;
                return Err(failed(driver.said().join(" ")));
            }
            sleep(POLL).await;
        }
        let Value::Object(wanted) = programs.capabilities(profile, proxy, home.path()) else {
            return Err(failed("its capabilities are no object".into()));
        };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let address = format!("http://127.0.0.1:{port}");
        let connects = builder.capabilities(Capabilities::from_iter(wanted)).connect(&address);
        let client = match timeout_at(until, connects).await {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(failed(error.to_string())),
            Err(_) => return Err(failed(format!("no window within {} s", START_TIMEOUT.as_secs()))),
        };
        let version = version(&client).unwrap_or_default();
        let engine = programs.engine;
        if engine != Engine::Chromium {
            // The least that a window may be is the engine's: it is told how large the page was in the end.
            let sizes = client.set_window_size(profile.screen.width, profile.screen.height);
            let _ = timeout(COMMAND_TIMEOUT, sizes).await;
        }
        Ok(Self { client, driver, _display: display, engine, version, _home: home })
    }

    /// The engine and its version.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.engine, self.version).trim_end().to_owned()
    }

    /// Begins to load a page.
    pub(super) async fn load(&mut self, url: &str) -> Result<(), EngineFailure> {
        let loads = timeout(COMMAND_TIMEOUT, self.client.goto(url)).await;
        match loads {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.failure(&error.to_string())),
            Err(_) => Err(EngineFailure::Hangs),
        }
    }

    /// What is to be seen now. It waits for scripts of the page, until `until`.
    pub(super) async fn look(&mut self, until: Instant) -> Result<VisiblePage, EngineFailure> {
        let looks = timeout_at(until, self.client.execute(SCRIPT, Vec::new())).await;
        match looks {
            Ok(Ok(value)) => {
                let text = value.as_str().unwrap_or_default();
                serde_json::from_str(text).map_err(|error| EngineFailure::Refuses(error.to_string()))
            }
            Ok(Err(error)) => Err(self.failure(&error.to_string())),
            Err(_) => Err(EngineFailure::Hangs),
        }
    }

    /// How many windows are open.
    pub(super) async fn windows(&self) -> usize {
        let windows = timeout(COMMAND_TIMEOUT, self.client.windows()).await;
        windows.ok().and_then(Result::ok).map_or(1, |windows| windows.len())
    }

    /// A picture of the page, as PNG.
    pub(super) async fn picture(&self) -> Option<Vec<u8>> {
        timeout(PICTURE_TIMEOUT, self.client.screenshot()).await.ok()?.ok()
    }

    /// What the engine complains of: scripts that failed, what a policy forbade, what could not be loaded.
    pub(super) async fn console(&self) -> Vec<String> {
        let mut lines = match self.engine {
            Engine::Chromium => {
                let log = timeout(COMMAND_TIMEOUT, self.client.issue_cmd(Log)).await;
                let log = log.ok().and_then(Result::ok).unwrap_or_default();
                let severe = |entry: &&Value| entry["level"] == "SEVERE" || entry["level"] == "WARNING";
                let entries = log.as_array().into_iter().flatten().filter(severe);
                entries.filter_map(|entry| Some(entry["message"].as_str()?.to_owned())).collect()
            }
            Engine::WebKit | Engine::Firefox => {
                self.driver.said().into_iter().filter_map(complaint).collect::<Vec<_>>()
            }
        };
        lines.retain(|line| !line.contains("/favicon.ico"));
        lines.dedup();
        lines.truncate(CONSOLE_LINES);
        lines
    }

    fn failure(&mut self, error: &str) -> EngineFailure {
        const GONE: [&str; 6] =
            ["crash", "disconnected", "not reachable", "invalid session id", "no such window", "connection"];
        let error: String = error.lines().next().unwrap_or_default().chars().take(200).collect();
        let lower = error.to_ascii_lowercase();
        if self.driver.has_ended() || GONE.iter().any(|gone| lower.contains(gone)) {
            EngineFailure::Crashed(error)
        } else {
            EngineFailure::Refuses(error)
        }
    }
}

/// What of an engine's output is of its console.
fn complaint(line: String) -> Option<String> {
    if let Some(rest) = line.strip_prefix("CONSOLE ") {
        let is_complaint = rest.contains("ERROR") || rest.contains("WARN");
        return is_complaint.then(|| rest.to_owned());
    }
    line.starts_with("JavaScript error: http").then_some(line)
}

fn version(client: &Client) -> Option<String> {
    let capabilities = client.capabilities()?;
    Some(capabilities.get("browserVersion")?.as_str()?.to_owned())
}

/// A display that nobody sees, as large as the screen and the window's own frame.
async fn start_display(
    program: &std::path::Path,
    home: &TempDir,
    profile: &BrowserProfile,
    until: Instant,
) -> Result<(Processes, String), EngineFailure> {
    let mut command = Command::new(program);
    let size = format!("{}x{}x24", profile.screen.width.max(500) + 100, profile.screen.height + 200);
    command.args(["-displayfd", "1", "-screen", "0", &size, "-nolisten", "tcp"]);
    let failed = |why: String| EngineFailure::NotStarted(format!("Xvfb: {why}"));
    let mut display = Processes::start(command, home.path()).map_err(|error| failed(error.to_string()))?;
    loop {
        let number = display.said().iter().find_map(|line| line.trim().parse::<u32>().ok());
        if let Some(number) = number {
            return Ok((display, format!(":{number}")));
        }
        if display.has_ended() || Instant::now() >= until {
            return Err(failed(display.said().join(" ")));
        }
        sleep(POLL).await;
    }
}

/// A port that nobody has just now.
async fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?.port())
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
