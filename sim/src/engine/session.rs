//! A running engine with one window, and what is asked of it through WebDriver. Every answer is waited for in bounded
//! time; whatever happens, its processes end with it.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use fantoccini::elements::{Element, ElementRef};
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
use super::page_in_hand::{self, LookedInto, NUMBERS, PageInHand};
use super::processes::Processes;
use super::visible_page::{SCRIPT, VisiblePage};
use crate::owner::Touch;

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

/// Most frames of another origin, and those in them, that are looked into. Chosen.
const FRAMES: usize = 8;

/// Most console lines that are told.
const CONSOLE_LINES: usize = 10;

/// Why an engine said nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum EngineFailure {
    /// It did not start.
    #[error("the engine did not start: {0}")]
    NotStarted(String),
    /// It did not start in time, nor when it was started anew.
    #[error("the engine did not start within {} s, twice: the machine is busy", .0.as_secs())]
    StartsTooSlowly(Duration),
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
    /// The ways to the frames of another origin, as the page was looked at last.
    foreign: Vec<Vec<usize>>,
    _home: TempDir,
}

impl Session {
    /// Starts an engine whose one way out is `proxy`. One that is not there in time is started once more.
    pub(super) async fn start(
        programs: &Programs,
        profile: &BrowserProfile,
        proxy: SocketAddr,
    ) -> Result<Self, EngineFailure> {
        Self::start_within(START_TIMEOUT, programs, profile, proxy).await
    }

    async fn start_within(
        time: Duration,
        programs: &Programs,
        profile: &BrowserProfile,
        proxy: SocketAddr,
    ) -> Result<Self, EngineFailure> {
        match Self::start_once(time, programs, profile, proxy).await {
            Err(EngineFailure::StartsTooSlowly(_)) => Self::start_once(time, programs, profile, proxy).await,
            started => started,
        }
    }

    async fn start_once(
        time: Duration,
        programs: &Programs,
        profile: &BrowserProfile,
        proxy: SocketAddr,
    ) -> Result<Self, EngineFailure> {
        let until = Instant::now() + time;
        let failed = |why: String| EngineFailure::NotStarted(why);
        let home = tempfile::Builder::new().prefix("vestibule-engine-").tempdir();
        let home = home.map_err(|error| failed(error.to_string()))?;
        let (display, name) = match &programs.display {
            Some(program) => {
                let started = start_display(program, &home, profile, until).await?;
                let Some((display, name)) = started else { return Err(EngineFailure::StartsTooSlowly(time)) };
                (Some(display), Some(name))
            }
            None => (None, None),
        };
        let port = free_port().await.map_err(|error| failed(error.to_string()))?;
        let command = programs.driver_command(port, home.path(), name.as_deref());
        let mut driver = Processes::start(command, home.path()).map_err(|error| failed(error.to_string()))?;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
            if Instant::now() >= until {
                return Err(EngineFailure::StartsTooSlowly(time));
            }
            if driver.has_ended() {
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
            Err(_) => return Err(EngineFailure::StartsTooSlowly(time)),
        };
        let version = version(&client).unwrap_or_default();
        let engine = programs.engine;
        if engine != Engine::Chromium {
            // The least that a window may be is the engine's: it is told how large the page was in the end.
            let sizes = client.set_window_size(profile.screen.width, profile.screen.height);
            let _ = timeout(COMMAND_TIMEOUT, sizes).await;
        }
        Ok(Self { client, driver, _display: display, engine, version, foreign: Vec::new(), _home: home })
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

    /// The page as its owner has it now, for whoever is to use it, with what its frames show, of whatever origin.
    pub(super) async fn page_in_hand(&mut self, until: Instant) -> Result<PageInHand, EngineFailure> {
        let mut page = self.page_from(0, until).await?;
        self.foreign.clear();
        let mut waiting = VecDeque::from(std::mem::take(&mut page.foreign));
        while let Some(mut frame) = waiting.pop_front() {
            if self.foreign.len() == FRAMES {
                page.foreign.push(frame);
                continue;
            }
            self.foreign.push(frame.way.clone());
            let first = self.foreign.len() * NUMBERS;
            let entered = self.enter(&frame.way, until).await;
            let shown = match entered {
                Ok(()) => self.page_from(first, until).await,
                Err(why) => Err(why),
            };
            self.leave_frames(until).await?;
            let mut inner = match shown {
                Ok(inner) => Some(inner),
                // It may be another one by now, or nothing that a script can run in.
                Err(EngineFailure::Refuses(_)) => None,
                Err(failure) => return Err(failure),
            };
            if let Some(inner) = &mut inner {
                page.since.append(&mut inner.since);
                page.is_legible |= inner.is_legible;
                if inner.ready != page.ready && inner.ready != "complete" {
                    page.ready.clone_from(&inner.ready);
                }
                for mut within in std::mem::take(&mut inner.foreign) {
                    within.way = [&frame.way[..], &within.way].concat();
                    waiting.push_back(within);
                }
            }
            frame.way.clear();
            page.frames.push(LookedInto { frame, page: inner });
        }
        Ok(page)
    }

    /// The page of the document that WebDriver is in, whose elements have numbers from `first` on.
    async fn page_from(&mut self, first: usize, until: Instant) -> Result<PageInHand, EngineFailure> {
        let value = self.ask(vec![json!("page"), json!(first)], until).await?;
        serde_json::from_str(value.as_str().unwrap_or_default())
            .map_err(|error| EngineFailure::Refuses(error.to_string()))
    }

    async fn ask(&mut self, arguments: Vec<Value>, until: Instant) -> Result<Value, EngineFailure> {
        match timeout_at(until, self.client.execute(page_in_hand::SCRIPT, arguments)).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.failure(&error.to_string())),
            Err(_) => Err(EngineFailure::Hangs),
        }
    }

    /// Does to the page what a hand does, in the frame where it is to be done. Returns whether a field that was typed
    /// into holds it.
    pub(super) async fn touch(&mut self, touch: &Touch) -> Result<bool, EngineFailure> {
        let until = Instant::now() + COMMAND_TIMEOUT;
        let (Touch::Tap { element } | Touch::Select { element, .. } | Touch::Type { element, .. }) = touch;
        let into = match (element / NUMBERS).checked_sub(1) {
            None => Vec::new(),
            Some(frame) => self.foreign.get(frame).cloned().ok_or_else(gone)?,
        };
        let touched = self.touch_within(touch, &into, element % NUMBERS, until).await;
        self.leave_frames(until).await?;
        touched
    }

    /// The same in the document that is behind these frames, or in a frame of its own origin there, which it does not leave.
    async fn touch_within(
        &mut self,
        touch: &Touch,
        into: &[usize],
        element: usize,
        until: Instant,
    ) -> Result<bool, EngineFailure> {
        self.enter(into, until).await?;
        let way = self.ask(vec![json!("way"), json!(element)], until).await?;
        let way: Vec<usize> = serde_json::from_str(way.as_str().unwrap_or_default()).unwrap_or_default();
        let Some((&there, frames)) = way.split_last() else { return Err(gone()) };
        self.enter(frames, until).await?;
        // Chromium's driver taps beside what is in a frame of another origin, where the page is drawn smaller than it is;
        // WebKit's taps beside it too, and has no keys for a field there.
        let is_missed = match self.engine {
            Engine::Chromium => matches!(touch, Touch::Tap { .. }),
            Engine::WebKit => true,
            Engine::Firefox => false,
        };
        if is_missed && !into.is_empty() {
            return self.touch_by_script(touch, there, until).await;
        }
        self.touch_here(touch, there, until).await
    }

    /// Goes into these frames, one in the other: WebDriver does whatever their origin.
    async fn enter(&mut self, frames: &[usize], until: Instant) -> Result<(), EngineFailure> {
        for frame in frames {
            let frame = self.element(vec![json!("element"), json!(frame)], until).await?;
            self.within(until, frame.enter_frame()).await?;
        }
        Ok(())
    }

    async fn leave_frames(&mut self, until: Instant) -> Result<(), EngineFailure> {
        match timeout_at(until, self.client.issue_cmd(LeaveFrames)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.failure(&error.to_string())),
            Err(_) => Err(EngineFailure::Hangs),
        }
    }

    /// The same in the document that WebDriver is in, where the element has this number.
    async fn touch_here(
        &mut self,
        touch: &Touch,
        element: usize,
        until: Instant,
    ) -> Result<bool, EngineFailure> {
        match touch {
            Touch::Tap { .. } => {
                let tapped = self.element(vec![json!("element"), json!(element)], until).await?;
                self.within(until, tapped.click()).await?;
            }
            Touch::Select { choice, .. } => {
                let entry = vec![json!("option"), json!(element), json!(choice)];
                let entry = self.element(entry, until).await?;
                if self.within(until, entry.click()).await.is_err() {
                    return self.touch_by_script(touch, element, until).await;
                }
            }
            // As by a keyboard's list of pictures, for which WebDriver has no keys.
            Touch::Type { text, .. } if !text.chars().all(has_key) => {
                return self.touch_by_script(touch, element, until).await;
            }
            Touch::Type { text, .. } => {
                let field = self.element(vec![json!("element"), json!(element)], until).await?;
                self.within(until, field.clear()).await?;
                self.within(until, field.send_keys(text)).await?;
                return self.holds(text, element, until).await;
            }
        }
        Ok(true)
    }

    /// The same by a script, where the driver has no hand.
    async fn touch_by_script(
        &mut self,
        touch: &Touch,
        element: usize,
        until: Instant,
    ) -> Result<bool, EngineFailure> {
        match touch {
            Touch::Tap { .. } => self.ask(vec![json!("tap"), json!(element)], until).await?,
            Touch::Select { choice, .. } => {
                self.ask(vec![json!("choose"), json!(element), json!(choice)], until).await?
            }
            Touch::Type { text, .. } => {
                self.ask(vec![json!("value"), json!(element), json!(text)], until).await?;
                return self.holds(text, element, until).await;
            }
        };
        Ok(true)
    }

    /// Whether a field holds what was typed into it.
    async fn holds(&mut self, text: &str, element: usize, until: Instant) -> Result<bool, EngineFailure> {
        let holds = vec![json!("holds"), json!(element), json!(text)];
        Ok(self.ask(holds, until).await? == true)
    }

    async fn element(&mut self, ask: Vec<Value>, until: Instant) -> Result<Element, EngineFailure> {
        let found = self.ask(ask, until).await?;
        let reference = found.as_object().and_then(|object| object.values().next()?.as_str());
        let Some(reference) = reference else { return Err(gone()) };
        Ok(Element::from_element_id(self.client.clone(), ElementRef::from(reference.to_owned())))
    }

    async fn within(
        &mut self,
        until: Instant,
        act: impl Future<Output = Result<(), fantoccini::error::CmdError>>,
    ) -> Result<(), EngineFailure> {
        match timeout_at(until, act).await {
            Ok(Ok(())) => Ok(()),
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

fn gone() -> EngineFailure {
    EngineFailure::Refuses("what was to be touched is not on the page any more".into())
}

/// Whether WebDriver types a character as it is: from U+E000 on it has other keys, and Chromium's driver none beyond
/// the basic plane.
fn has_key(character: char) -> bool {
    character < '\u{e000}' && !character.is_control()
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

/// A display that nobody sees, as large as the screen and the window's own frame; `None` if it is not there in time.
async fn start_display(
    program: &std::path::Path,
    home: &TempDir,
    profile: &BrowserProfile,
    until: Instant,
) -> Result<Option<(Processes, String)>, EngineFailure> {
    let mut command = Command::new(program);
    let size = format!("{}x{}x24", profile.screen.width.max(500) + 100, profile.screen.height + 200);
    command.args(["-displayfd", "1", "-screen", "0", &size, "-nolisten", "tcp"]);
    let failed = |why: String| EngineFailure::NotStarted(format!("Xvfb: {why}"));
    let mut display = Processes::start(command, home.path()).map_err(|error| failed(error.to_string()))?;
    loop {
        let number = display.said().iter().find_map(|line| line.trim().parse::<u32>().ok());
        if let Some(number) = number {
            return Ok(Some((display, format!(":{number}"))));
        }
        if display.has_ended() {
            return Err(failed(display.said().join(" ")));
        }
        if Instant::now() >= until {
            return Ok(None);
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

/// Back to the document in no frame, whatever has become of the frames: `fantoccini` goes back by one at a time.
#[derive(Debug)]
struct LeaveFrames;

impl WebDriverCompatibleCommand for LeaveFrames {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/frame", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "id": null }).to_string()))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::check::BuiltIn;
    use crate::check::in_process::in_process;
    use crate::phone::by_id;

    #[tokio::test]
    async fn an_engine_that_is_not_there_in_time_is_started_once_more_and_said_to_be_slow() {
        let folder = tempfile::tempdir().unwrap();
        let (driver, starts) = (folder.path().join("driver"), folder.path().join("starts"));
        let script = format!("#!/bin/sh\necho started >> {}\nexec sleep 60\n", starts.display());
        std::fs::write(&driver, script).unwrap();
        std::fs::set_permissions(&driver, std::fs::Permissions::from_mode(0o755)).unwrap();
        let programs =
            Programs { engine: Engine::Chromium, driver, browser: folder.path().join("none"), display: None };
        let checked = in_process(&mut BuiltIn::start(), by_id("android-14").unwrap());
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        let (profile, time) = (BrowserProfile::of(&checked), Duration::from_secs(1));
        let failure = Session::start_within(time, &programs, &profile, nowhere).await.err().unwrap();
        assert_eq!(failure.to_string(), "the engine did not start within 1 s, twice: the machine is busy");
        assert_eq!(std::fs::read_to_string(&starts).unwrap().lines().count(), 2);
    }
}
