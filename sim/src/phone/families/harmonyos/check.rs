//! The check of HarmonyOS NEXT: four probes a round, and a second round where the first concludes nothing. What
//! a reply means is in the tables of the module above.

use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::{
    BOTH, FIRST_CASES, FIRST_HOST, HTTP_CLIENT, HTTPS, NO_REPLY, ONE, OTHER, PATH, SECOND_CASES, SECOND_HOST,
    SECOND_PAGE, request,
};
use crate::phone::check::{Check, Conclusion};
use crate::phone::exchange::{ExchangeId, Link, Progress};
use crate::phone::fetch::{Fetch, FetchOutcome};
use crate::phone::judge::case::{ProbeStep, Trail, probe_step};
use crate::phone::judge::failure::Failure;
use crate::phone::judge::judgement::Judgement;
use crate::phone::verdict::Verdict;
use crate::phone::wire::Wire;

/// How long the first round has, and the second.
const FIRST_ROUND: Duration = Duration::from_secs(3);
const SECOND_ROUND: Duration = Duration::from_secs(10);

/// What is asked for in a round. Their order is that of the probes.
const ASKED: [HarmonyProbe; 4] =
    [HarmonyProbe::FirstHttp, HarmonyProbe::FirstHttps, HarmonyProbe::SecondHttp, HarmonyProbe::SecondHttps];

#[derive(Clone, Copy, PartialEq, Eq)]
enum HarmonyProbe {
    FirstHttp,
    FirstHttps,
    SecondHttp,
    SecondHttps,
}

struct Probe {
    asked: HarmonyProbe,
    url: String,
    state: ProbeState,
}

enum ProbeState {
    Running(Box<Fetch>),
    Finished(Judgement),
}

pub(super) struct HarmonyCheck {
    link: Link,
    /// The path of the first host.
    path: String,
    /// Four probes a round.
    probes: Vec<Probe>,
    /// When the round ends that runs.
    until: Instant,
}

impl HarmonyProbe {
    fn url(self, path: &str) -> String {
        match self {
            Self::FirstHttp => format!("http://{FIRST_HOST}{path}"),
            Self::FirstHttps => format!("https://{FIRST_HOST}{PATH}"),
            Self::SecondHttp => SECOND_PAGE.to_owned(),
            Self::SecondHttps => format!("https://{SECOND_HOST}{PATH}"),
        }
    }

    fn judge(self, url: &str, outcome: &FetchOutcome) -> Judgement {
        let cases = match self {
            Self::FirstHttp => &FIRST_CASES[..],
            Self::SecondHttp => &SECOND_CASES[..],
            Self::FirstHttps | Self::SecondHttps => {
                let succeeded = outcome.as_ref().is_ok_and(|reply| reply.status == 204);
                let verdict = if succeeded { Verdict::Online } else { Verdict::NoInternet };
                return Judgement { verdict, rule: &HTTPS };
            }
        };
        match probe_step(cases, &Trail::new(url), outcome) {
            ProbeStep::Concluded(judgement) => judgement,
            // No row follows a redirect.
            ProbeStep::Follow { .. } => Judgement { verdict: Verdict::NoInternet, rule: &OTHER },
        }
    }
}

impl Probe {
    fn start(wire: &mut Wire, link: Link, asked: HarmonyProbe, path: &str, now: Instant) -> Self {
        let url = asked.url(path);
        let fetch = Url::parse(&url)
            .map_err(|_| Failure::NameUnresolved)
            .and_then(|to| Fetch::start(wire, link, &to, request(&to), &HTTP_CLIENT, false, now));
        let state = match fetch {
            Ok(fetch) => ProbeState::Running(Box::new(fetch)),
            Err(failure) => ProbeState::Finished(asked.judge(&url, &Err(failure))),
        };
        Self { asked, url, state }
    }

    fn finish(&mut self, outcome: Option<FetchOutcome>) {
        if let Some(outcome) = outcome {
            self.state = ProbeState::Finished(self.asked.judge(&self.url, &outcome));
        }
    }

    fn finished(&self) -> Option<&Judgement> {
        match &self.state {
            ProbeState::Running(_) => None,
            ProbeState::Finished(judgement) => Some(judgement),
        }
    }

    fn fetch(&self) -> Option<&Fetch> {
        match &self.state {
            ProbeState::Running(fetch) => Some(fetch),
            ProbeState::Finished(_) => None,
        }
    }

    fn is_http(&self) -> bool {
        matches!(self.asked, HarmonyProbe::FirstHttp | HarmonyProbe::SecondHttp)
    }

    fn succeeded(&self) -> bool {
        self.finished().is_some_and(|judgement| judgement.verdict == Verdict::Online)
    }
}

impl HarmonyCheck {
    pub(super) fn start(wire: &mut Wire, link: Link, now: Instant) -> Self {
        let path = format!("{PATH}_{}", wire.choose(usize::MAX));
        let mut check = Self { link, path, probes: Vec::new(), until: now + FIRST_ROUND };
        check.begin_round(wire, now);
        check
    }

    fn begin_round(&mut self, wire: &mut Wire, now: Instant) {
        let (link, path) = (self.link, self.path.clone());
        self.probes.extend(ASKED.map(|asked| Probe::start(wire, link, asked, &path, now)));
    }

    fn is_in_second_round(&self) -> bool {
        self.probes.len() > ASKED.len()
    }

    /// A portal, else a success over HTTPS.
    fn conclusive(&self) -> Option<Conclusion> {
        let mut judged = self.probes.iter().filter_map(Probe::finished);
        if let Some(portal) = judged.find(|judgement| judgement.verdict.is_portal()) {
            return Some(Conclusion::new(portal.verdict.clone(), portal.rule));
        }
        let is_secure_success = |probe: &Probe| !probe.is_http() && probe.succeeded();
        self.probes.iter().any(is_secure_success).then(|| Conclusion::new(Verdict::Online, &HTTPS))
    }

    /// A success over HTTP on both hosts in one round.
    fn both(&self) -> Option<Conclusion> {
        let round_has_both =
            |round: &[Probe]| round.iter().filter(|probe| probe.is_http()).all(Probe::succeeded);
        let has_both = self.probes.chunks(ASKED.len()).any(round_has_both);
        has_both.then(|| Conclusion::new(Verdict::Online, &BOTH))
    }

    /// Neither portal nor internet; why is what the first host's HTTP says.
    fn failed(&self) -> Conclusion {
        let rule = match self.probes.first().and_then(Probe::finished) {
            Some(judgement) if judgement.verdict == Verdict::Online => &ONE,
            Some(judgement) => judgement.rule,
            None => &NO_REPLY,
        };
        Conclusion::new(Verdict::NoInternet, rule)
    }
}

impl Check for HarmonyCheck {
    fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        let owns = |probe: &&mut Probe| probe.fetch().is_some_and(|fetch| fetch.owns(id));
        if let Some(probe) = self.probes.iter_mut().find(owns)
            && let ProbeState::Running(fetch) = &mut probe.state
        {
            let outcome = fetch.exchange(wire, id, progress, now);
            probe.finish(outcome);
        }
    }

    fn due(&mut self, wire: &mut Wire, now: Instant) {
        for probe in &mut self.probes {
            if let ProbeState::Running(fetch) = &mut probe.state {
                let outcome = fetch.due(wire, now);
                probe.finish(outcome);
            }
        }
    }

    fn advance(&mut self, wire: &mut Wire, now: Instant) -> Option<Conclusion> {
        if let Some(conclusion) = self.conclusive() {
            return Some(conclusion);
        }
        let all_have_finished = self.probes.iter().all(|probe| probe.finished().is_some());
        if now < self.until && !all_have_finished {
            return None;
        }
        if let Some(conclusion) = self.both() {
            return Some(conclusion);
        }
        if self.is_in_second_round() {
            return Some(self.failed());
        }
        self.until = now + SECOND_ROUND;
        self.begin_round(wire, now);
        None
    }

    fn timeout(&self) -> Option<Instant> {
        let probes = self.probes.iter().filter_map(Probe::fetch).filter_map(Fetch::timeout);
        probes.chain([self.until]).min()
    }

    fn abandon(self: Box<Self>, wire: &mut Wire) {
        for probe in self.probes {
            if let ProbeState::Running(fetch) = probe.state {
                fetch.abandon(wire);
            }
        }
    }
}
