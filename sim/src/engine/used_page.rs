//! A page of a phone's sheet that its owner uses: what is on it, and what a hand does to it, in a real engine. It reads
//! nothing into a page and decides nothing; that is the owner's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use url::Url;

use super::browser_profile::BrowserProfile;
use super::kind::Programs;
use super::page_in_hand::{LookedInto, PageInHand};
use super::phone_network::PhoneNetwork;
use super::proxy::Proxy;
use super::session::{EngineFailure, Session};
use super::traffic::Traffic;
use super::{LOOK, save_picture};
use crate::check::{Checked, PortalAccess};
use crate::owner::{PAGE_TIMEOUT, REDIRECTS, Touch};

/// A page that has loaded is read when nothing has changed for so long; one that never rests, after the longer time.
/// Chosen.
const RESTED: Duration = Duration::from_millis(400);
const RESTLESS: Duration = Duration::from_millis(2500);

/// An engine that shows the page of a phone's sheet, for somebody to use.
pub(crate) struct UsedPage {
    session: Session,
    proxy: Proxy,
    /// It did not answer when it was looked at last.
    hangs: bool,
}

/// Why a page that came is not to be seen.
const NEVER_ENDS: &str = "a script of the page never ends";

/// What is on the screen.
pub(crate) struct OnScreen {
    pub(crate) url: Url,
    /// The status with which the page came.
    pub(crate) status: u16,
    /// What is visible, with numbers for everything that a hand can touch.
    pub(crate) html: String,
    /// What is visible in frames of another origin.
    pub(crate) frames: Vec<FrameOnScreen>,
    /// By which one document, with what its frames show, is told from another.
    pub(crate) document: Vec<f64>,
    /// A field shows a secret that was typed into it, so that no picture may be taken.
    pub(crate) is_legible: bool,
    /// Something that the page asked for has not been answered.
    pub(crate) is_waiting: bool,
}

/// A frame of another origin.
pub(crate) struct FrameOnScreen {
    /// What it is to show.
    pub(crate) source: Url,
    /// Where the page is that it shows, and what is visible of it; `None` where none came.
    pub(crate) page: Option<(Url, String)>,
}

impl FrameOnScreen {
    fn of(looked: LookedInto) -> Option<Self> {
        let page = looked.page.filter(PageInHand::is_loaded);
        let page = page.and_then(|page| Some((Url::parse(&page.url).ok()?, page.html)));
        Some(Self { source: Url::parse(&looked.frame.url).ok()?, page })
    }
}

impl OnScreen {
    /// All that is visible, that in frames too.
    pub(crate) fn markup(&self) -> String {
        let inner = self.frames.iter().filter_map(|frame| frame.page.as_ref());
        std::iter::once(&self.html).chain(inner.map(|(_, html)| html)).cloned().collect()
    }
}

/// A request that a page made.
pub(crate) struct PageRequest {
    pub(crate) url: Url,
    /// Of the reply, if its head came.
    pub(crate) status: Option<u16>,
}

impl UsedPage {
    /// Starts an engine for the phone of this check, whose one way out leads into the phone's network.
    ///
    /// # Errors
    /// Why it did not start, in words.
    pub(crate) async fn open(
        programs: &Programs,
        checked: &Checked,
        access: &PortalAccess,
    ) -> Result<Self, String> {
        let profile = BrowserProfile::of(checked);
        let proxy = Proxy::start(PhoneNetwork::of(access), profile.lines.clone()).await;
        let proxy = proxy.map_err(|error| format!("this machine has no socket left ({error})"))?;
        let session = Session::start(programs, &profile, proxy.address).await;
        Ok(Self { session: session.map_err(|failure| failure.to_string())?, proxy, hangs: false })
    }

    /// The engine and its version.
    pub(crate) fn name(&self) -> String {
        self.session.name()
    }

    /// Begins to load a page.
    ///
    /// # Errors
    /// The engine does not, in words.
    pub(crate) async fn go(&mut self, url: &Url) -> Result<(), String> {
        match self.session.load(url.as_str()).await {
            Ok(()) | Err(EngineFailure::Refuses(_)) => Ok(()),
            Err(EngineFailure::Hangs) if self.hangs => Err(NEVER_ENDS.into()),
            Err(failure) => Err(failure.to_string()),
        }
    }

    /// Does what a hand does. Returns whether a field that was typed into holds what was typed.
    ///
    /// # Errors
    /// It cannot be done, in words.
    pub(crate) async fn touch(&mut self, touch: &Touch) -> Result<bool, String> {
        self.session.touch(touch).await.map_err(|failure| match failure {
            EngineFailure::Refuses(why) => why,
            other => other.to_string(),
        })
    }

    /// What is on the screen once the page has come to rest, or its time is over.
    ///
    /// # Errors
    /// Nothing of the portal's is, and why not.
    pub(crate) async fn settled(&mut self) -> Result<OnScreen, String> {
        let began = Instant::now();
        let until = began + PAGE_TIMEOUT;
        let (mut seen, mut changed): (Option<PageInHand>, _) = (None, began);
        self.hangs = false;
        while Instant::now() < until && !self.proxy.traffic(Traffic::is_too_much) {
            match self.session.page_in_hand(until).await {
                Ok(page) => {
                    if seen.as_ref() != Some(&page) {
                        changed = Instant::now();
                    }
                    let is_there = page.ready == "complete" && !self.proxy.traffic(Traffic::is_waiting);
                    let is_other = seen.as_ref().is_none_or(|seen| seen.since != page.since);
                    seen = Some(page);
                    let rests = changed.elapsed() >= RESTED || (began.elapsed() >= RESTLESS && !is_other);
                    if is_there && rests {
                        break;
                    }
                }
                // Between two pages there is none.
                Err(EngineFailure::Refuses(_)) => changed = Instant::now(),
                Err(EngineFailure::Hangs) => {
                    self.hangs = true;
                    break;
                }
                Err(failure) => return Err(failure.to_string()),
            }
            sleep(LOOK).await;
        }
        if self.hangs && seen.is_none() && !self.proxy.traffic(Traffic::is_waiting) {
            return Err(NEVER_ENDS.into());
        }
        let page = seen.filter(PageInHand::is_loaded).ok_or_else(|| self.proxy.traffic(why_nothing))?;
        let url = Url::parse(&page.url).map_err(|error| error.to_string())?;
        let status = self.proxy.traffic(|traffic| traffic.document(&page.url).and_then(|one| one.status));
        Ok(OnScreen {
            url,
            status: status.unwrap_or(200),
            html: page.html,
            frames: page.frames.into_iter().filter_map(FrameOnScreen::of).collect(),
            document: page.since,
            is_legible: page.is_legible,
            is_waiting: self.proxy.traffic(Traffic::is_waiting),
        })
    }

    /// How many requests were made so far.
    pub(crate) fn requests(&self) -> usize {
        self.proxy.traffic(|traffic| traffic.fetched.len())
    }

    /// What was asked for after so many requests.
    pub(crate) fn asked_since(&self, requests: usize) -> Vec<PageRequest> {
        let asked = |one: &super::traffic::Fetched| {
            let url = Url::parse(&one.url).ok()?;
            (url.path() != "/favicon.ico").then_some(PageRequest { url, status: one.status })
        };
        self.proxy.traffic(|traffic| traffic.fetched.iter().skip(requests).filter_map(asked).collect())
    }

    /// Takes a picture of the page. Returns whether there is one.
    pub(crate) async fn picture(&self, path: &Path) -> bool {
        save_picture(&self.session, Some(path)).await.is_some()
    }
}

/// Why there is no page of the portal's.
fn why_nothing(traffic: &Traffic) -> String {
    if traffic.is_too_much() {
        return "the page brings more than anybody waits for".into();
    }
    if traffic.redirects() > REDIRECTS {
        return "the page redirects without end".into();
    }
    match traffic.refused.last() {
        Some((host, port, why)) if traffic.fetched.last().is_none_or(|one| one.status.is_some()) => {
            format!("no page came: {host}, port {port}: {}", why.says())
        }
        _ => "no page came: the connection ended without a reply, or nothing was said in time".into(),
    }
}

/// Where the picture of a step goes.
pub(crate) fn step_picture(folder: &Path, phone: &str, programs: &Programs, step: usize) -> PathBuf {
    folder.join(format!("{phone}-{}-{step}.png", programs.engine))
}
