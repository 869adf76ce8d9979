//! CaptivePortalLogin, the sheet, as far as it is not its browser: up to Android 10 it asks the
//! probe URL itself after every start and end of a page. From 11 on it asks NetworkMonitor.

use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::request::{self, RequestShape};
use crate::phone::check::SheetCheck;
use crate::phone::exchange::{ExchangeId, Link, Progress};
use crate::phone::fetch::{Fetch, FetchOutcome, HttpClient};
use crate::phone::wire::Wire;

/// How long after a page event the sheet asks.
const CHECK_DELAY: Duration = Duration::from_secs(1);

/// Checks that wait or run at once. Each page event has one of its own on a phone; a limit of
/// this model, more than a page that is left at once ever causes.
const CHECKS: usize = 16;

pub(super) struct Sheet {
    link: Link,
    agent: &'static str,
    http_client: &'static HttpClient,
    url: Option<Url>,
    waiting: Vec<Instant>,
    running: Vec<Fetch>,
    succeeded: bool,
}

impl Sheet {
    /// A sheet over `url`, which up to Android 10 is the probe's.
    pub(super) fn new(link: Link, url: &str, agent: &'static str, http_client: &'static HttpClient) -> Self {
        Self {
            link,
            agent,
            http_client,
            url: Url::parse(url).ok(),
            waiting: Vec::new(),
            running: Vec::new(),
            succeeded: false,
        }
    }

    fn finished(&mut self, outcome: &FetchOutcome) {
        self.succeeded |= matches!(outcome, Ok(reply) if reply.status == 204);
    }
}

impl SheetCheck for Sheet {
    /// Whether a check was answered 204.
    fn has_succeeded(&self) -> bool {
        self.succeeded
    }

    fn page_event(&mut self, now: Instant) {
        if self.waiting.len() + self.running.len() < CHECKS {
            self.waiting.push(now + CHECK_DELAY);
        }
    }

    fn due(&mut self, wire: &mut Wire, now: Instant) {
        let mut running = std::mem::take(&mut self.running);
        running.retain_mut(|fetch| match fetch.due(wire, now) {
            Some(outcome) => {
                self.finished(&outcome);
                false
            }
            None => true,
        });
        let waiting = self.waiting.len();
        self.waiting.retain(|&at| at > now);
        for _ in self.waiting.len()..waiting {
            let Some(url) = &self.url else { continue };
            let payload = request::probe(url, RequestShape::KeepingAlive, self.agent);
            running.extend(Fetch::start(wire, self.link, url, payload, self.http_client, false, now));
        }
        self.running = running;
    }

    fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        let Some(index) = self.running.iter().position(|fetch| fetch.owns(id)) else { return };
        if let Some(outcome) = self.running[index].exchange(wire, id, progress, now) {
            self.running.remove(index);
            self.finished(&outcome);
        }
    }

    fn timeout(&self) -> Option<Instant> {
        self.running.iter().filter_map(Fetch::timeout).chain(self.waiting.iter().copied()).min()
    }

    fn abandon(self: Box<Self>, wire: &mut Wire) {
        self.running.into_iter().for_each(|fetch| fetch.abandon(wire));
    }
}
