//! The page that a sheet opens on, as it is judged: whether there is something to see, and what is odd about it. It is
//! asked for by [`super::page_fetch`]; what is in it is judged by [`super::page_judge`]. Sans-IO, like the phones.

use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::page_fetch::{LoadedPage, PAGE_BYTES, PageFetch};
use super::page_judge::judge;
use crate::owner::{PAGE_TIMEOUT, parse};
use crate::phone::{Exchange, Link, Progress};

/// What is to be seen in the sheet, or why nothing is.
pub(super) type Shown = Result<String, String>;

/// How often it goes on by itself, and how soon a page has to, to be followed. Chosen.
const REFRESHES: u32 = 3;
const SOON: Duration = Duration::from_secs(5);

/// A page under way.
pub(super) struct Page {
    fetch: PageFetch,
    refreshes: u32,
    shown: Option<Shown>,
    odd: Vec<String>,
}

impl Page {
    /// Begins to load `url`.
    ///
    /// # Errors
    /// It is no address of a page.
    pub(super) fn load(
        link: Link,
        url: &str,
        agent: &str,
        verifies: bool,
        now: Instant,
    ) -> Result<Self, String> {
        let url = Url::parse(url).map_err(|_| format!("{url} is no address of a page"))?;
        let mut page = Self {
            fetch: PageFetch::of_system(link, url, agent, verifies, now),
            refreshes: 0,
            shown: None,
            odd: Vec::new(),
        };
        page.look(now);
        Ok(page)
    }

    /// What it showed in the end.
    pub(super) fn shown(&self) -> Option<&Shown> {
        self.shown.as_ref()
    }

    /// What is odd about it.
    pub(super) fn odd(&self) -> &[String] {
        &self.odd
    }

    pub(super) fn poll_open(&mut self) -> Option<(u32, Exchange)> {
        self.fetch.poll_open()
    }

    pub(super) fn poll_abandon(&mut self) -> Option<u32> {
        self.fetch.poll_abandon()
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        self.fetch.timeout()
    }

    pub(super) fn progress(&mut self, id: u32, progress: Progress<'_>, now: Instant) {
        self.fetch.progress(id, progress, now);
        self.look(now);
    }

    pub(super) fn due(&mut self, now: Instant) {
        self.fetch.due(now);
        self.look(now);
    }

    /// Judges what came, if all is there.
    fn look(&mut self, now: Instant) {
        match self.fetch.take_outcome() {
            Some(Ok(loaded)) => match leads_on(&loaded).filter(|_| self.refreshes < REFRESHES) {
                Some(next) => {
                    self.refreshes += 1;
                    self.fetch.go_on(next, now);
                    // It may have failed at once.
                    self.look(now);
                }
                None => self.shown = Some(self.see(&loaded)),
            },
            Some(Err(why)) => self.shown = Some(Err(why)),
            None => {}
        }
    }

    fn see(&mut self, loaded: &LoadedPage) -> Shown {
        let LoadedPage { url, reply, is_whole } = loaded;
        let shown = match reply.status {
            200..=299 if reply.body_bytes > PAGE_BYTES => Err(format!("the page at {url} does not end")),
            200..=299 if reply.body_bytes > 0 => {
                let judged = judge(reply, url);
                self.odd = judged.odd;
                match judged.unusable {
                    Some(why) => Err(why),
                    None => Ok(format!("{} bytes at {url}", reply.body_bytes)),
                }
            }
            200..=299 => Err(format!("{url} is an empty page")),
            // A browser shows whatever comes with an error; most portals' has nothing to be set up with.
            status if has_form(loaded) => {
                self.odd = judge(reply, url).odd;
                self.odd
                    .push(format!("{url} is answered {status}, with a page that has a form: answer it 200"));
                Ok(format!("{} bytes at {url}", reply.body_bytes))
            }
            status => Err(format!("{url} is answered {status}")),
        };
        if !is_whole {
            self.odd.push(format!(
                "the page at {url} did not end within {} s: state its Content-Length, or close after it",
                PAGE_TIMEOUT.as_secs()
            ));
        }
        shown
    }
}

/// Where a page leads by itself, if it is none to stay at.
fn leads_on(loaded: &LoadedPage) -> Option<Url> {
    let page = parse(&loaded.text().ok()?, &loaded.url);
    let refresh = page.refresh.filter(|refresh| refresh.after <= SOON && refresh.url != loaded.url)?;
    ((200..=299).contains(&loaded.reply.status) && page.forms.is_empty()).then_some(refresh.url)
}

/// Whether there is something to be filled in.
fn has_form(loaded: &LoadedPage) -> bool {
    let is_page = judge(&loaded.reply, &loaded.url).unusable.is_none();
    let has_controls =
        |text: String| parse(&text, &loaded.url).forms.iter().any(|form| form.controls.len() > 1);
    is_page && loaded.text().is_ok_and(has_controls)
}
