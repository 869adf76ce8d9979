//! One evaluation of a network: HTTP beside HTTPS, then the fallback, then a conclusion.

use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::generation::Generation;
use super::{request, rules};
use crate::phone::capport::{self, Answer};
use crate::phone::check::{Check, Conclusion};
use crate::phone::exchange::{ExchangeId, Link, Progress};
use crate::phone::fetch::{Fetch, FetchOutcome, HttpClient};
use crate::phone::judge::android::{self as judge, Found, Probed, Release};
use crate::phone::judge::failure::Failure;
use crate::phone::rule::Rule;
use crate::phone::verdict::Verdict;
use crate::phone::wire::Wire;

/// How long the two probes have before the fallback begins.
const PARALLEL_TIMEOUT: Duration = Duration::from_secs(3);

/// What one evaluation depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) link: Link,
    pub(super) generation: &'static Generation,
    /// Off once the sign-in app has finished.
    pub(super) use_https: bool,
    pub(super) refuse_private: bool,
    pub(super) fallback: Option<&'static str>,
}

pub(super) struct Evaluation {
    settings: Settings,
    /// The question to the network's captive portal API, which comes before the HTTP probe.
    api: Option<Box<Fetch>>,
    /// What the API answered.
    api_outcome: Option<FetchOutcome>,
    /// Whether the network announces an API: then HTTPS alone concludes nothing.
    has_api: bool,
    http: Option<Probe>,
    https: Option<Probe>,
    fallback: Option<Probe>,
    /// What is asked over HTTPS as soon as the HTTP probe has its address.
    https_waits: Option<&'static str>,
    stage: EvaluationStage,
}

#[derive(Clone, Copy)]
enum EvaluationStage {
    Parallel {
        until: Instant,
    },
    /// The fallback's host is being looked up for the HTTPS probe.
    FallbackWaits(&'static str),
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
        Self::start_with(wire, settings, url, settings.generation.http_client, now)
    }

    fn start_with(
        wire: &mut Wire,
        settings: &Settings,
        url: &'static str,
        http_client: &'static HttpClient,
        now: Instant,
    ) -> Self {
        let generation = settings.generation;
        // The private-address rule is about the HTTP probe alone.
        let refuse_private = settings.refuse_private && url == generation.http;
        let fetch = Url::parse(url).map_err(|_| Failure::NameUnresolved).and_then(|target| {
            let payload = request::probe(&target, generation.shape, generation.agent);
            Fetch::start(wire, settings.link, &target, payload, http_client, refuse_private, now)
        });
        let state = match fetch {
            Ok(fetch) => ProbeState::Running(Box::new(fetch)),
            Err(failure) => ProbeState::Finished(judge::probe(generation.release, &Err(failure))),
        };
        Self { url, release: generation.release, state }
    }

    /// Whether the host is still looked up; if `first` says so, for the first time.
    fn is_looking_up(&self, first: bool) -> bool {
        matches!(&self.state, ProbeState::Running(fetch) if fetch.is_looking_up(first))
    }

    /// One that failed like `other`, which asked for the same host just before.
    fn failed_like(other: &Self, url: &'static str) -> Option<Self> {
        let probed = other.finished().filter(|probed| probed.rule.id == judge::NO_ADDRESS.id)?;
        let is_same_host = host(other.url).is_some_and(|name| Some(name) == host(url));
        let state = ProbeState::Finished(probed.clone());
        is_same_host.then_some(Self { url, release: other.release, state })
    }

    fn finish(&mut self, outcome: Option<FetchOutcome>) {
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
        let (url, page_rule) = judge::login_url(self.release, self.url, location.as_deref());
        let verdict = Verdict::Portal { url };
        Some(Conclusion { verdict, rule: probed.rule, page_rule: Some(page_rule) })
    }

    fn abandon(self, wire: &mut Wire) {
        if let ProbeState::Running(fetch) = self.state {
            fetch.abandon(wire);
        }
    }
}

impl Evaluation {
    /// `api`: the URL of the network's captive portal API, if this Android asks it.
    pub(super) fn start(wire: &mut Wire, settings: Settings, api: Option<&Url>, now: Instant) -> Self {
        let generation = settings.generation;
        let asked = api.map(|url| capport::ask(wire, settings.link, url, now));
        let (api, api_outcome) = match asked {
            Some(Ok(fetch)) => (Some(Box::new(fetch)), None),
            Some(Err(failure)) => (None, Some(Err(failure))),
            None => (None, None),
        };
        let has_api = api.is_some() || api_outcome.is_some();
        let http = (!has_api).then(|| Probe::start(wire, &settings, generation.http, now));
        let https = generation.https.filter(|_| settings.use_https);
        let https_waits = https.filter(|_| generation.looks_up_first);
        let https = https.xor(https_waits).map(|url| Probe::start(wire, &settings, url, now));
        let stage = EvaluationStage::Parallel { until: now + PARALLEL_TIMEOUT };
        Self { settings, api, api_outcome, has_api, http, https, fallback: None, https_waits, stage }
    }

    /// Begins the HTTPS probe that waits for the lookup of the HTTP probe; `false` while it waits.
    fn https_begins(&mut self, wire: &mut Wire, now: Instant) -> bool {
        let Some(url) = self.https_waits else { return true };
        let Some(http) = self.http.as_ref().filter(|http| !http.is_looking_up(false)) else { return false };
        self.https = Some(match Probe::failed_like(http, url) {
            Some(failed) => failed,
            None => Probe::start(wire, &self.settings, url, now),
        });
        self.https_waits = None;
        self.stage = EvaluationStage::Parallel { until: now + PARALLEL_TIMEOUT };
        true
    }

    fn fallback_begins(&mut self, wire: &mut Wire, url: &'static str, now: Instant) {
        // The system asks no name twice at a time: a second question waits for the first.
        let shares_lookup = self
            .https
            .as_ref()
            .is_some_and(|https| https.is_looking_up(true) && host(https.url) == host(url));
        if shares_lookup {
            self.stage = EvaluationStage::FallbackWaits(url);
            return;
        }
        let http_client = self.settings.generation.further_client;
        self.fallback = Some(Probe::start_with(wire, &self.settings, url, http_client, now));
        self.stage = EvaluationStage::Fallback;
    }

    fn probes(&mut self) -> impl Iterator<Item = &mut Probe> {
        [&mut self.http, &mut self.https, &mut self.fallback].into_iter().flatten()
    }

    /// Takes the answer of the captive portal API; without a portal in it the HTTP probe begins.
    fn api_answered(&mut self, wire: &mut Wire, now: Instant) -> Option<Conclusion> {
        let outcome = self.api_outcome.take()?;
        if let Answer::Captive(url) = capport::parse(&outcome)
            && capport::is_utf8(&outcome)
        {
            let verdict = Verdict::Portal { url };
            return Some(Conclusion { verdict, rule: &rules::API, page_rule: Some(&rules::API) });
        }
        self.http = Some(Probe::start(wire, &self.settings, self.settings.generation.http, now));
        None
    }

    fn both_finished(&self) -> bool {
        self.http().is_some() && self.https().is_some()
    }

    fn http(&self) -> Option<&Probed> {
        self.http.as_ref().and_then(Probe::finished)
    }

    fn https(&self) -> Option<&Probed> {
        self.https.as_ref().and_then(Probe::finished)
    }

    fn http_portal(&self) -> Option<Conclusion> {
        self.http.as_ref().and_then(Probe::portal)
    }

    /// A portal on either probe, or a success over HTTPS.
    fn conclusive(&self) -> Option<Conclusion> {
        if let Some(portal) = self.http_portal().or_else(|| self.https.as_ref().and_then(Probe::portal)) {
            return Some(portal);
        }
        // Where an API is announced, a success over HTTPS ends nothing: the fallback is asked before it counts.
        let is_enough = self.https()?.found == Found::Success && !self.has_api;
        is_enough.then(|| online(&rules::HTTPS_SUCCESS))
    }

    fn private_address(&self) -> Option<Conclusion> {
        let http = self.http()?;
        (http.rule.id == judge::PRIVATE_ADDRESS.id).then(|| no_internet(http.rule))
    }

    /// The conclusion once both probes have ended.
    fn join(&self) -> Option<Conclusion> {
        let http = self.http()?;
        if let Some(portal) = self.http_portal() {
            return Some(portal);
        }
        let https = self.https()?;
        let generation = self.settings.generation;
        let fallback = self.fallback.as_ref().and_then(Probe::finished).map(|probed| &probed.found);
        let fallback_counts = generation.fallback_counts && fallback == Some(&Found::Success);
        Some(match (&http.found, &https.found) {
            (_, Found::Success) => online(&rules::HTTPS_SUCCESS),
            (Found::Success, Found::Failed) if !generation.release.is_at_least(10) => {
                no_internet(&rules::HTTPS_DECIDES_BEFORE_10)
            }
            (Found::Success, Found::Failed) => Conclusion::new(Verdict::Partial, &rules::PARTIAL),
            (Found::Failed, Found::Failed) if fallback_counts => {
                Conclusion::new(Verdict::Partial, &rules::FALLBACK_PARTIAL)
            }
            (_, Found::Portal { .. }) => self.https.as_ref().and_then(Probe::portal)?,
            // The result is that of HTTPS; what went wrong with HTTP is what a reader wants to know.
            _ => no_internet(http.rule),
        })
    }

    fn conclude_from_http_alone(&self) -> Option<Conclusion> {
        let http = self.http()?;
        Some(match &http.found {
            Found::Success if self.settings.generation.https.is_none() => online(http.rule),
            Found::Success => online(&rules::HTTP_ONLY),
            Found::Portal { .. } => self.http_portal()?,
            Found::Failed => no_internet(http.rule),
        })
    }

    /// Goes on from the two probes side by side, once they are conclusive or have had their time.
    fn after_parallel(&mut self, wire: &mut Wire, until: Instant, now: Instant) -> Option<Conclusion> {
        if let Some(conclusion) = self.conclusive() {
            return Some(conclusion);
        }
        if now < until && !self.both_finished() {
            return None;
        }
        if let Some(conclusion) = self.private_address() {
            return Some(conclusion);
        }
        match self.settings.fallback {
            Some(url) => self.fallback_begins(wire, url, now),
            None => self.stage = EvaluationStage::Joining,
        }
        None
    }
}

impl Check for Evaluation {
    fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        if let Some(fetch) = self.api.as_mut().filter(|fetch| fetch.owns(id)) {
            if let Some(outcome) = fetch.exchange(wire, id, progress, now) {
                self.api = None;
                self.api_outcome = Some(outcome);
            }
        } else if let Some(probe) = self.probes().find(|probe| probe.owns(id)) {
            probe.exchange(wire, id, progress, now);
        }
    }

    fn due(&mut self, wire: &mut Wire, now: Instant) {
        if let Some(outcome) = self.api.as_mut().and_then(|fetch| fetch.due(wire, now)) {
            self.api = None;
            self.api_outcome = Some(outcome);
        }
        self.probes().for_each(|probe| probe.due(wire, now));
    }

    fn timeout(&self) -> Option<Instant> {
        let wait = match self.stage {
            EvaluationStage::Parallel { until } if self.https.is_some() => Some(until),
            _ => None,
        };
        let probes = [self.http.as_ref(), self.https.as_ref(), self.fallback.as_ref()];
        let api = self.api.as_ref().and_then(|fetch| fetch.timeout());
        probes.into_iter().flatten().filter_map(Probe::timeout).chain(wait).chain(api).min()
    }

    fn advance(&mut self, wire: &mut Wire, now: Instant) -> Option<Conclusion> {
        if let Some(conclusion) = self.api_answered(wire, now) {
            return Some(conclusion);
        }
        if !self.https_begins(wire, now) {
            return None;
        }
        if self.https.is_none() {
            return self.conclude_from_http_alone();
        }
        if let EvaluationStage::Parallel { until } = self.stage
            && let Some(conclusion) = self.after_parallel(wire, until, now)
        {
            return Some(conclusion);
        }
        if let EvaluationStage::FallbackWaits(url) = self.stage {
            self.fallback_begins(wire, url, now);
        }
        if let EvaluationStage::Fallback = self.stage {
            let fallback = self.fallback.as_ref()?;
            fallback.finished()?;
            if let Some(conclusion) = fallback.portal() {
                return Some(conclusion);
            }
            self.stage = EvaluationStage::Joining;
        }
        if let EvaluationStage::Joining = self.stage { self.join() } else { None }
    }

    fn abandon(self: Box<Self>, wire: &mut Wire) {
        if let Some(fetch) = self.api {
            fetch.abandon(wire);
        }
        [self.http, self.https, self.fallback].into_iter().flatten().for_each(|probe| probe.abandon(wire));
    }
}

fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

fn online(rule: &'static Rule) -> Conclusion {
    Conclusion::new(Verdict::Online, rule)
}

fn no_internet(rule: &'static Rule) -> Conclusion {
    Conclusion::new(Verdict::NoInternet, rule)
}
