//! One probe: the request, its retries, the redirects it follows, and its 40 seconds.

use std::time::Duration;

use url::{Position, Url};
use vestibule_core::Instant;

use super::Generation;
use crate::phone::fetch::{Fetch, Manner, Outcome, Reads};
use crate::phone::judge::apple::{LONGEST_BODY, Step, Trail, step};
use crate::phone::judge::{Failure, Judgement};
use crate::phone::lookup::Plan;
use crate::phone::wire::Wire;
use crate::phone::{ExchangeId, Link, Progress};

pub(in crate::phone) const PROBE_URL: &str = "http://captive.apple.com/hotspot-detect.html";

const OVERALL: Duration = Duration::from_secs(40);

const RETRY_AFTER: [Duration; 10] = {
    let tenths = [1, 1, 1, 2, 3, 4, 5, 6, 7, 8];
    let mut delays = [Duration::ZERO; 10];
    let mut index = 0;
    while index < tenths.len() {
        delays[index] = Duration::from_millis(100 * tenths[index]);
        index += 1;
    }
    delays
};

const QUESTION_REPEATS: &[Duration] = &[
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(7),
    Duration::from_secs(15),
    Duration::from_secs(31),
];

static MANNER: Manner = Manner {
    lookup: &Plan { repeats: QUESTION_REPEATS, give_up: None, service_first: false },
    connect: None,
    silence: None,
    reads: Reads::Everything { at_most: LONGEST_BODY },
};

static MANNER_WITH_SERVICE_QUESTION: Manner = Manner {
    lookup: &Plan { repeats: QUESTION_REPEATS, give_up: None, service_first: true },
    connect: None,
    silence: None,
    reads: Reads::Everything { at_most: LONGEST_BODY },
};

/// The request for `url`.
pub(in crate::phone) fn request(url: &Url, network_support: &str) -> Vec<u8> {
    format!(
        "GET {} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\nUser-Agent: CaptiveNetworkSupport-{network_support} \
         wispr\r\n\r\n",
        &url[Position::BeforePath..Position::AfterQuery],
        &url[Position::BeforeHost..Position::AfterPort],
    )
    .into_bytes()
}

pub(super) struct Probe {
    link: Link,
    generation: &'static Generation,
    trail: Trail,
    target: String,
    retries: usize,
    deadline: Instant,
    state: State,
}

enum State {
    Running(Box<Fetch>),
    Retrying { at: Instant },
}

impl Probe {
    pub(super) fn start(wire: &mut Wire, link: Link, generation: &'static Generation, now: Instant) -> Self {
        let mut probe = Self {
            link,
            generation,
            trail: Trail::new(PROBE_URL),
            target: PROBE_URL.to_owned(),
            retries: 0,
            deadline: now + OVERALL,
            state: State::Retrying { at: now },
        };
        // Ends nothing: even a failure at once would be tried again.
        let _ = probe.ask(wire, now);
        probe
    }

    fn ask(&mut self, wire: &mut Wire, now: Instant) -> Option<Judgement> {
        let manner = if self.generation.service_question { &MANNER_WITH_SERVICE_QUESTION } else { &MANNER };
        let fetch = Url::parse(&self.target).map_err(|_| Failure::NameUnresolved).and_then(|url| {
            let payload = request(&url, self.generation.network_support);
            Fetch::start(wire, self.link, &url, payload, manner, false, now)
        });
        match fetch {
            Ok(fetch) => {
                self.state = State::Running(Box::new(fetch));
                None
            }
            Err(failure) => self.take(wire, Err(failure), now),
        }
    }

    /// Takes the progress of an exchange, of this probe or not. `Some` ends the probe.
    pub(super) fn exchange(
        &mut self,
        wire: &mut Wire,
        id: ExchangeId,
        progress: Progress<'_>,
        now: Instant,
    ) -> Option<Judgement> {
        let State::Running(fetch) = &mut self.state else { return None };
        let outcome = if fetch.owns(id) { fetch.exchange(wire, id, progress, now)? } else { return None };
        self.take(wire, outcome, now)
    }

    /// Does what `now` asks for. `Some` ends the probe.
    pub(super) fn due(&mut self, wire: &mut Wire, now: Instant) -> Option<Judgement> {
        if now >= self.deadline {
            let over = State::Retrying { at: self.deadline };
            if let State::Running(fetch) = std::mem::replace(&mut self.state, over) {
                fetch.expire(wire);
            }
            return self.take(wire, Err(Failure::Timeout), now);
        }
        match &mut self.state {
            State::Running(fetch) => {
                let outcome = fetch.due(wire, now)?;
                self.take(wire, outcome, now)
            }
            State::Retrying { at } if now >= *at => self.ask(wire, now),
            State::Retrying { .. } => None,
        }
    }

    fn take(&mut self, wire: &mut Wire, outcome: Outcome, now: Instant) -> Option<Judgement> {
        if let Err(Failure::NameUnresolved | Failure::Lost | Failure::Unreachable) = outcome
            && let Some(&delay) = RETRY_AFTER.get(self.retries)
        {
            self.retries += 1;
            self.state = State::Retrying { at: now + delay };
            return None;
        }
        match step(&self.trail, &outcome) {
            Step::Concluded(judgement) => Some(judgement),
            Step::Follow { location } => {
                self.trail.follow(&location);
                self.target = location;
                self.ask(wire, now)
            }
        }
    }

    pub(super) fn timeout(&self) -> Instant {
        let next = match &self.state {
            State::Running(fetch) => fetch.timeout(),
            State::Retrying { at } => Some(*at),
        };
        next.map_or(self.deadline, |next| next.min(self.deadline))
    }

    pub(super) fn abandon(self, wire: &mut Wire) {
        if let State::Running(fetch) = self.state {
            fetch.abandon(wire);
        }
    }
}
