//! The page that a sheet opens on, as it is judged: whether there is something to see, and what is odd about it. It is
//! asked for by [`super::page_fetch`]; what is in it is judged by [`super::page_judge`]. Sans-IO, like the phones.

use url::Url;
use vestibule_core::Instant;

use super::page_fetch::{LoadedPage, PAGE_BYTES, PageFetch};
use super::page_judge::judge;
use crate::owner::PAGE_TIMEOUT;
use crate::phone::{Exchange, Link, Progress};

/// What is to be seen in the sheet, or why nothing is.
pub(super) type Shown = Result<String, String>;

/// A page under way.
pub(super) struct Page {
    fetch: PageFetch,
    shown: Option<Shown>,
    odd: Vec<String>,
}

impl Page {
    /// Begins to load `url`.
    ///
    /// # Errors
    /// It is no address of a page.
    pub(super) fn load(link: Link, url: &str, agent: &str, now: Instant) -> Result<Self, String> {
        let url = Url::parse(url).map_err(|_| format!("{url} is no address of a page"))?;
        let mut page =
            Self { fetch: PageFetch::of_system(link, url, agent, now), shown: None, odd: Vec::new() };
        page.look();
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
        self.look();
    }

    pub(super) fn due(&mut self, now: Instant) {
        self.fetch.due(now);
        self.look();
    }

    /// Judges what came, if all is there.
    fn look(&mut self) {
        match self.fetch.take_outcome() {
            Some(Ok(loaded)) => self.shown = Some(self.see(&loaded)),
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
