//! The page of a phone's sheet in a real browser engine: it is loaded through a proxy that leads into that phone's network
//! and nowhere else, looked at, and judged as a person would, or used by an owner. For `vestibule check --engine` and
//! `vestibule journey --engine`.
//!
//! An engine is driven by WebDriver, in a process of its own with a profile of its own, in bounded time; it ends with the
//! page. It stands in for the phone's own browser: its header lines and its screen are the phone's, its engine is not.

mod browser_profile;
mod kind;
mod page_in_hand;
mod phone_network;
mod processes;
mod proxy;
mod request_lines;
mod session;
mod traffic;
mod used_page;
mod verdict;
mod visible_page;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use url::Url;

use crate::check::{Checked, FrameLink, LinkError, PageView, Seconds, Settings, Sheet, phone_on};
use crate::owner::PAGE_TIMEOUT;
use browser_profile::BrowserProfile;
pub(crate) use kind::{Engine, Programs};
use phone_network::PhoneNetwork;
use proxy::Proxy;
use session::{EngineFailure, Session};
use traffic::Traffic;
pub(crate) use used_page::{OnScreen, UsedPage, step_picture};
use verdict::Evidence;
use visible_page::VisiblePage;

/// How long a phone on a link may wait for its address again.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(20);

/// How often a page is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A page that has loaded is done when nothing has changed for so long; one that shows nothing is given longer, for a
/// script may yet fill it. Chosen.
const SETTLED: Duration = Duration::from_millis(700);
const STILL_BLANK: Duration = Duration::from_millis(2500);

/// How a finding ends that is about scripts which were not run.
const NOT_TRIED: &str = "whether that runs in the sheet was not tried";

/// How pages are looked at.
#[derive(Clone, Debug)]
pub(crate) struct EngineSettings {
    /// With each of these engines.
    pub(crate) engines: Vec<Programs>,
    /// Where pictures go.
    pub(crate) pictures: Option<PathBuf>,
}

/// Opens the page of every sheet that opened in every engine, over the portal's sockets, `at_once` of them at a time.
/// Adds what was seen to `checked`; `done` is called as each has been seen. Once `stop` is ready the engines end, and
/// so does this, which then returns `true`.
pub(crate) async fn look_at_sheets(
    settings: &EngineSettings,
    portal: Settings,
    checked: &mut [Checked],
    done: impl Fn(&PageView),
    stop: impl Future<Output = ()>,
) -> bool {
    let turns = Arc::new(Semaphore::new(portal.at_once.max(1)));
    let mut looks = JoinSet::new();
    for (number, one) in checked.iter().enumerate() {
        for (page, picture) in settings.pages(one, &PhoneNetwork::Sockets(portal)) {
            let turns = Arc::clone(&turns);
            looks.spawn(async move {
                // Never closed, so there always comes a turn.
                let _turn = turns.acquire_owned().await.ok();
                (number, page.look(picture.as_deref()).await)
            });
        }
    }
    tokio::pin!(stop);
    loop {
        let over = tokio::select! {
            over = looks.join_next() => over,
            () = &mut stop => {
                looks.shutdown().await;
                return true;
            }
        };
        match over {
            Some(Ok((number, view))) => {
                done(&view);
                checked[number].views.push(view);
            }
            // A task of its own ends early only with the whole runtime.
            Some(Err(_)) => {}
            None => break,
        }
    }
    checked.iter_mut().for_each(arrange);
    false
}

/// The same over a link: each phone that has shown its sheet joins again with a host of its own, and its page is opened
/// in one engine after another.
///
/// # Errors
/// The link is gone.
pub(crate) async fn look_at_sheets_over_link(
    settings: &EngineSettings,
    link: &mut FrameLink,
    checked: &mut [Checked],
    done: impl Fn(&PageView),
    stop: impl Future<Output = ()>,
) -> Result<bool, LinkError> {
    tokio::pin!(stop);
    for one in checked {
        let host = phone_on(link, 0, Some(one.model));
        for (page, picture) in settings.pages(one, &PhoneNetwork::Link(host.clone())) {
            let looks = async {
                match host.lease(ADDRESS_TIMEOUT).await {
                    true => page.look(picture.as_deref()).await,
                    false => page.not_opened("the phone was given no address any more"),
                }
            };
            let view = tokio::select! {
                view = host.during(link, looks) => view?,
                () = &mut stop => return Ok(true),
            };
            done(&view);
            one.views.push(view);
        }
        arrange(one);
    }
    Ok(false)
}

/// Puts the views of a phone in their order, and takes back what was said for want of them.
fn arrange(checked: &mut Checked) {
    checked.views.sort_by(|one, other| one.engine.cmp(&other.engine));
    // It was tried.
    checked.findings.retain(|finding| !finding.ends_with(NOT_TRIED) || checked.views.is_empty());
}

impl EngineSettings {
    /// The page of a phone's sheet, if there is one, in each engine, and where its picture goes.
    fn pages(&self, checked: &Checked, network: &PhoneNetwork) -> Vec<(SheetPage, Option<PathBuf>)> {
        let Some(url) = page_of(checked) else { return Vec::new() };
        let page = |programs: &Programs| {
            let page = SheetPage {
                programs: programs.clone(),
                profile: BrowserProfile::of(checked),
                network: network.clone(),
                url: url.to_owned(),
                sent_on_to: sent_on_to(checked, url),
            };
            let picture = self.pictures.as_deref();
            (page, picture.map(|folder| picture_path(folder, checked, programs.engine)))
        };
        self.engines.iter().map(page).collect()
    }
}

/// How many pages there are to be looked at.
pub(crate) fn pages(settings: &EngineSettings, checked: &[Checked]) -> usize {
    checked.iter().filter(|one| page_of(one).is_some()).count() * settings.engines.len()
}

fn page_of(checked: &Checked) -> Option<&str> {
    match &checked.sheet {
        Sheet::Shown { url, .. } | Sheet::Empty { url, .. } | Sheet::Closes { url, .. } => Some(url),
        Sheet::None => None,
    }
}

/// Where the portal has sent the phone on to from this address, as its check tells.
fn sent_on_to(checked: &Checked, url: &str) -> Option<Url> {
    let asked = format!("GET {url}");
    let mut came = checked.exchanges.iter().rev().filter(|one| one.asked == asked).map(|one| &one.came);
    came.find_map(|came| {
        let (status, to) = came.split_once(" to ")?;
        Url::parse(url).ok()?.join(to).ok().filter(|_| status.starts_with('3'))
    })
}

fn picture_path(folder: &Path, checked: &Checked, engine: Engine) -> PathBuf {
    folder.join(format!("{}-{engine}.png", checked.model.id))
}

/// One page in one engine.
struct SheetPage {
    programs: Programs,
    profile: BrowserProfile,
    network: PhoneNetwork,
    url: String,
    sent_on_to: Option<Url>,
}

/// What was seen of a page.
#[derive(Default)]
struct Seen {
    /// What was opened.
    url: String,
    page: Option<VisiblePage>,
    failure: Option<EngineFailure>,
    usable_after: Option<Duration>,
    windows: usize,
    console: Vec<String>,
}

impl SheetPage {
    /// What is told where nothing was opened.
    fn not_opened(&self, why: &str) -> PageView {
        PageView {
            engine: self.programs.engine.to_string(),
            unusable: Some(format!("no page was opened: {why}")),
            usable_after: None,
            took: Seconds(Duration::ZERO),
            screen: (self.profile.screen.width, self.profile.screen.height),
            url: self.url.clone(),
            shows: String::new(),
            warnings: Vec::new(),
            console: Vec::new(),
            requests: 0,
            bytes: 0,
            picture: None,
        }
    }

    async fn look(&self, picture: Option<&Path>) -> PageView {
        let began = Instant::now();
        let mut view = match Proxy::start(self.network.clone(), self.profile.lines.clone()).await {
            Ok(proxy) => self.look_through(&proxy, picture).await,
            Err(error) => self.not_opened(&format!("this machine has no socket left ({error})")),
        };
        view.took = Seconds(began.elapsed());
        view
    }

    async fn look_through(&self, proxy: &Proxy, picture: Option<&Path>) -> PageView {
        let mut session = match Session::start(&self.programs, &self.profile, proxy.address).await {
            Ok(session) => session,
            Err(failure) => return self.not_opened(&failure.to_string()),
        };
        let mut view = self.not_opened("");
        view.engine = session.name();
        let mut seen = watch(&mut session, proxy, &self.url).await;
        // An engine has a list of sites that it opens by https alone (Chromium: fedoraproject.org, archlinux.org), and there is
        // no way to have it without. The phone's sheet is another program, which does what the portal says.
        let is_upgraded = seen.page.as_ref().is_some_and(|page| !page.is_loaded())
            && proxy.traffic(|traffic| traffic.was_asked_by_https(&self.url));
        if let Some(to) = self.sent_on_to.as_ref().filter(|_| is_upgraded) {
            seen = watch(&mut session, proxy, to.as_str()).await;
        }
        if seen.failure.is_none() {
            seen.windows = session.windows().await.saturating_sub(1);
            seen.console = session.console().await;
            view.picture = save_picture(&session, picture).await;
        }
        proxy.traffic(|traffic| self.judge(&mut view, &seen, traffic));
        if picture.is_some() && view.picture.is_none() && seen.failure.is_none() {
            view.warnings.push("the engine took no picture in time".into());
        }
        view
    }

    fn judge(&self, view: &mut PageView, seen: &Seen, traffic: &Traffic) {
        let nothing = VisiblePage::default();
        let page = match &seen.failure {
            Some(failure) => Err(failure),
            None => Ok(seen.page.as_ref().unwrap_or(&nothing)),
        };
        let evidence = Evidence {
            url: &seen.url,
            page,
            usable_after: seen.usable_after,
            traffic,
            console: &seen.console,
            windows: seen.windows,
        };
        view.unusable = evidence.unusable();
        view.warnings = evidence.warnings();
        view.usable_after = seen.usable_after.map(Seconds).filter(|_| view.unusable.is_none());
        view.console.clone_from(&seen.console);
        view.requests = traffic.requests;
        view.bytes = traffic.bytes;
        if let Ok(page) = page.map(|page| if page.is_loaded() { page } else { &nothing }) {
            view.shows = page.shows();
            if page.width > 0 {
                view.screen = (page.width, page.height);
                view.url.clone_from(&page.url);
            }
        }
    }
}

/// Loads a page and looks at it until it is done.
async fn watch(session: &mut Session, proxy: &Proxy, url: &str) -> Seen {
    let began = Instant::now();
    let until = began + PAGE_TIMEOUT;
    let mut seen = Seen { url: url.to_owned(), ..Seen::default() };
    if let Err(failure) = session.load(url).await
        && !matches!(failure, EngineFailure::Refuses(_))
    {
        seen.failure = Some(failure);
        return seen;
    }
    let mut changed = Instant::now();
    while Instant::now() < until && !proxy.traffic(Traffic::is_too_much) {
        match session.look(until).await {
            Ok(page) => {
                if seen.page.as_ref() != Some(&page) {
                    changed = Instant::now();
                }
                if page.is_usable() && seen.usable_after.is_none() {
                    seen.usable_after = Some(began.elapsed());
                }
                let is_usable = page.is_usable();
                let is_loaded = page.ready == "complete" && !proxy.traffic(Traffic::is_waiting);
                seen.page = Some(page);
                let enough = if is_usable { SETTLED } else { STILL_BLANK };
                if is_loaded && changed.elapsed() >= enough {
                    return seen;
                }
            }
            // Between two pages there is none.
            Err(EngineFailure::Refuses(_)) => changed = Instant::now(),
            Err(failure) => {
                seen.failure = Some(failure);
                return seen;
            }
        }
        sleep(LOOK).await;
    }
    seen
}

/// Takes a picture. `None` without a place for it, or if there is none to be had.
async fn save_picture(session: &Session, path: Option<&Path>) -> Option<PathBuf> {
    let path = path?;
    let picture = session.picture().await?;
    tokio::fs::write(path, picture).await.ok()?;
    Some(path.to_owned())
}
