//! One evaluation of a network: HTTP beside HTTPS, then the fallback, then a conclusion.

use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::{request, rules};
use crate::phone::fetch::{Fetch, Outcome};
use crate::phone::judge::Failure;
use crate::phone::judge::android::{self as judge, Found, Probed, Release};
use crate::phone::rule::Rule;
use crate::phone::wire::Wire;
use crate::phone::{ExchangeId, Link, Progress, Verdict};

/// How long the two probes are waited for before the fallback.
const PARALLEL_WAIT: Duration = Duration::from_secs(3);

/// What one evaluation depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) link: Link,
    pub(super) release: Release,
    /// Off once the sign-in app has finished.
    pub(super) use_https: bool,
    pub(super) refuse_private: bool,
    pub(super) fallback: &'static str,
}

/// What an evaluation came to.
#[derive(Debug)]
pub(super) struct Conclusion {
    pub(super) verdict: Verdict,
    pub(super) rule: &'static Rule,
    /// Why this login URL, if it is a portal.
    pub(super) login_rule: Option<&'static Rule>,
}

pub(super) struct Evaluation {
    settings: Settings,
    http: Probe,
    https: Option<Probe>,
    fallback: Option<Probe>,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Parallel { until: Instant },
    Fallback,
    Joining,
}

struct Probe {
    url: &'static str,
    release: Release,
    state: ProbeState,
}

enum ProbeState {
    Running(Box<Fetch>),
    Finished(Probed),
}

impl Probe {
    fn start(wire: &mut Wire, settings: &Settings, url: &'static str, now: Instant) -> Self {
        // The private-address rule is about the HTTP probe alone.
        let refuse_private = settings.refuse_private && url == request::HTTP_PROBE;
        let fetch = Url::parse(url).map_err(|_| Failure::NameUnresolved).and_then(|target| {
            let payload = request::probe(&target);
            Fetch::start(wire, settings.link, &target, payload, &request::MANNER, refuse_private, now)
        });
        let state = match fetch {
            Ok(fetch) => ProbeState::Running(Box::new(fetch)),
            Err(failure) => ProbeState::Finished(judge::probe(settings.release, &Err(failure))),
        };
        Self { url, release: settings.release, state }
    }

    fn finish(&mut self, outcome: Option<Outcome>) {
        if let Some(outcome) = outcome {
            self.state = ProbeState::Finished(judge::probe(self.release, &outcome));
        }
    }

    fn owns(&self, id: ExchangeId) -> bool {
        matches!(&self.state, ProbeState::Running(fetch) if fetch.owns(id))
    }

    fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        if let ProbeState::Running(fetch) = &mut self.state {
            let outcome = fetch.exchange(wire, id, progress, now);
            self.finish(outcome);
        }
    }

    fn due(&mut self, wire: &mut Wire, now: Instant) {
        if let ProbeState::Running(fetch) = &mut self.state {
            let outcome = fetch.due(wire, now);
            self.finish(outcome);
        }
    }

    fn timeout(&self) -> Option<Instant> {
        match &self.state {
            ProbeState::Running(fetch) => fetch.timeout(),
            ProbeState::Finished(_) => None,
        }
    }

    fn finished(&self) -> Option<&Probed> {
        match &self.state {
            ProbeState::Finished(probed) => Some(probed),
            ProbeState::Running(_) => None,
        }
    }

    /// The conclusion, if this probe found a portal.
    fn portal(&self) -> Option<Conclusion> {
        let probed = self.finished()?;
        let Found::Portal { location } = &probed.found else { return None };
        let (url, login_rule) = judge::login_url(self.release, self.url, location.as_deref());
        let verdict = Verdict::Portal { url };
        Some(Conclusion { verdict, rule: probed.rule, login_rule: Some(login_rule) })
    }

    fn abandon(self, wire: &mut Wire) {
        if let ProbeState::Running(fetch) = self.state {
            fetch.abandon(wire);
        }
    }
}

impl Evaluation {
    pub(super) fn start(wire: &mut Wire, settings: Settings, now: Instant) -> Self {
        let http = Probe::start(wire, &settings, request::HTTP_PROBE, now);
        let https = settings.use_https.then(|| Probe::start(wire, &settings, request::HTTPS_PROBE, now));
        let stage = Stage::Parallel { until: now + PARALLEL_WAIT };
        Self { settings, http, https, fallback: None, stage }
    }

    fn probes(&mut self) -> impl Iterator<Item = &mut Probe> {
        std::iter::once(&mut self.http).chain(&mut self.https).chain(&mut self.fallback)
    }

    pub(super) fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        if let Some(probe) = self.probes().find(|probe| probe.owns(id)) {
            probe.exchange(wire, id, progress, now);
        }
    }

    pub(super) fn due(&mut self, wire: &mut Wire, now: Instant) {
        self.probes().for_each(|probe| probe.due(wire, now));
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        let wait = match self.stage {
            Stage::Parallel { until } if self.https.is_some() => Some(until),
            _ => None,
        };
        let probes = [Some(&self.http), self.https.as_ref(), self.fallback.as_ref()];
        probes.into_iter().flatten().filter_map(Probe::timeout).chain(wait).min()
    }

    /// Goes as far as the probes allow; `Some` ends the evaluation.
    pub(super) fn advance(&mut self, wire: &mut Wire, now: Instant) -> Option<Conclusion> {
        if self.https.is_none() {
            return self.conclude_from_http_alone();
        }
        loop {
            match self.stage {
                Stage::Parallel { until } => {
                    if let Some(conclusion) = self.conclusive() {
                        return Some(conclusion);
                    }
                    if now < until && !self.both_finished() {
                        return None;
                    }
                    if let Some(conclusion) = self.private_address() {
                        return Some(conclusion);
                    }
                    self.fallback = Some(Probe::start(wire, &self.settings, self.settings.fallback, now));
                    self.stage = Stage::Fallback;
                }
                Stage::Fallback => {
                    let fallback = self.fallback.as_ref()?;
                    fallback.finished()?;
                    if let Some(conclusion) = fallback.portal() {
                        return Some(conclusion);
                    }
                    self.stage = Stage::Joining;
                }
                Stage::Joining => return self.join(),
            }
        }
    }

    fn https(&self) -> Option<&Probed> {
        self.https.as_ref().and_then(Probe::finished)
    }

    fn both_finished(&self) -> bool {
        self.http.finished().is_some() && self.https().is_some()
    }

    /// A portal on either probe, or a success over HTTPS.
    fn conclusive(&self) -> Option<Conclusion> {
        if let Some(portal) = self.http.portal().or_else(|| self.https.as_ref().and_then(Probe::portal)) {
            return Some(portal);
        }
        let https = self.https()?;
        (https.found == Found::Success).then(|| online(&rules::HTTPS_SUCCESS))
    }

    fn private_address(&self) -> Option<Conclusion> {
        let http = self.http.finished()?;
        (http.rule == &judge::PRIVATE_ADDRESS).then(|| no_internet(http.rule))
    }

    /// Waits for both probes and takes their word.
    fn join(&self) -> Option<Conclusion> {
        let http = self.http.finished()?;
        if let Some(portal) = self.http.portal() {
            return Some(portal);
        }
        let https = self.https()?;
        Some(match (&http.found, &https.found) {
            (_, Found::Success) => online(&rules::HTTPS_SUCCESS),
            (Found::Success, Found::Failed) => {
                Conclusion { verdict: Verdict::Partial, rule: &rules::PARTIAL, login_rule: None }
            }
            (_, Found::Portal { .. }) => self.https.as_ref().and_then(Probe::portal)?,
            // The result is that of HTTPS; what went wrong with HTTP is what a reader wants to know.
            _ => no_internet(http.rule),
        })
    }

    fn conclude_from_http_alone(&self) -> Option<Conclusion> {
        let http = self.http.finished()?;
        Some(match &http.found {
            Found::Success => online(&rules::HTTP_ONLY),
            Found::Portal { .. } => self.http.portal()?,
            Found::Failed => no_internet(http.rule),
        })
    }

    pub(super) fn abandon(self, wire: &mut Wire) {
        self.http.abandon(wire);
        [self.https, self.fallback].into_iter().flatten().for_each(|probe| probe.abandon(wire));
    }
}

fn online(rule: &'static Rule) -> Conclusion {
    Conclusion { verdict: Verdict::Online, rule, login_rule: None }
}

fn no_internet(rule: &'static Rule) -> Conclusion {
    Conclusion { verdict: Verdict::NoInternet, rule, login_rule: None }
}
