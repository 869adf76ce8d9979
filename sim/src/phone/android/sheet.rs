//! CaptivePortalLogin, the sheet, as far as it is not its browser: up to Android 10 it asks the
//! probe URL itself after every start and end of a page. From 11 on it asks NetworkMonitor.

use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::request::{self, Shape};
use crate::phone::fetch::{Fetch, Outcome};
use crate::phone::wire::Wire;
use crate::phone::{ExchangeId, Link, Progress};

/// How long after a page event the sheet asks.
const CHECK_AFTER: Duration = Duration::from_secs(1);

/// Checks that wait or run at once. Each page event has one of its own on a phone; a limit of
/// this model, more than a page that is left at once ever causes.
const CHECKS: usize = 16;

pub(in crate::phone) struct Sheet {
    link: Link,
    agent: &'static str,
    url: Option<Url>,
    waiting: Vec<Instant>,
    running: Vec<Fetch>,
    over: bool,
}

impl Sheet {
    /// A sheet over `url`, which up to Android 10 is the probe's.
    pub(in crate::phone) fn new(link: Link, url: &str, agent: &'static str) -> Self {
        Self { link, agent, url: Url::parse(url).ok(), waiting: Vec::new(), running: Vec::new(), over: false }
    }

    /// Whether a check was answered 204.
    pub(in crate::phone) fn is_over(&self) -> bool {
        self.over
    }

    pub(in crate::phone) fn check_later(&mut self, now: Instant) {
        if self.waiting.len() + self.running.len() < CHECKS {
            self.waiting.push(now + CHECK_AFTER);
        }
    }

    pub(in crate::phone) fn due(&mut self, wire: &mut Wire, now: Instant) {
        let mut running = std::mem::take(&mut self.running);
        running.retain_mut(|fetch| match fetch.due(wire, now) {
            Some(outcome) => {
                self.take(&outcome);
                false
            }
            None => true,
        });
        let waiting = self.waiting.len();
        self.waiting.retain(|&at| at > now);
        for _ in self.waiting.len()..waiting {
            let Some(url) = &self.url else { continue };
            let payload = request::probe(url, Shape::KeepingAlive, self.agent);
            running.extend(Fetch::start(wire, self.link, url, payload, &request::MANNER, false, now));
        }
        self.running = running;
    }

    pub(in crate::phone) fn exchange(
        &mut self,
        wire: &mut Wire,
        id: ExchangeId,
        progress: Progress<'_>,
        now: Instant,
    ) {
        let Some(index) = self.running.iter().position(|fetch| fetch.owns(id)) else { return };
        if let Some(outcome) = self.running[index].exchange(wire, id, progress, now) {
            self.running.remove(index);
            self.take(&outcome);
        }
    }

    fn take(&mut self, outcome: &Outcome) {
        self.over |= matches!(outcome, Ok(reply) if reply.status == 204);
    }

    pub(in crate::phone) fn timeout(&self) -> Option<Instant> {
        self.running.iter().filter_map(Fetch::timeout).chain(self.waiting.iter().copied()).min()
    }

    pub(in crate::phone) fn abandon(self, wire: &mut Wire) {
        self.running.into_iter().for_each(|fetch| fetch.abandon(wire));
    }
}
