//! Sends a recording to a portal, byte for byte, and tells what the client would conclude of what
//! comes back.
//!
//! Questions for names go out beside each other, requests one after another, as the clients sent
//! them. A redirect is followed as the client follows it, and never out of the target. Not
//! modelled: TLS, packed pages (`Content-Encoding`), and a client's retries.

use std::time::Duration;

use serde::{Serialize, Serializer};
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

use super::compare::{Comparison, compare};
use super::{By, Capture, Conclusion, Exchange, Judge, Provenance, Request, Sent, Target, wire};
use crate::dns::describe_answer;
use crate::owner;
use crate::phone::judge::case::{ProbeStep, Trail};
use crate::phone::judge::names::{self, Named, RecordedQuestion};
use crate::phone::judge::{Client, Failure, Judgement, apple, judge};
use crate::phone::{Reply, Rule, judge_of};

/// Redirects that a browser follows: 20 in Chromium (net/url_request) and in WebKit.
const BROWSER_REDIRECTS: usize = 20;

/// How a recording is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How many times faster than recorded; `None` is as fast as the target answers. What was
    /// recorded without a time follows what is before it.
    pub speed: Option<f64>,
    /// How long an answer, or a reply with all its redirects, is waited for.
    pub timeout: Duration,
}

impl Default for Settings {
    /// As fast as the target answers. The timeout is that of Android's check, 10 s; Apple's
    /// would wait for 40 s, which no portal should need.
    fn default() -> Self {
        Self { speed: None, timeout: Duration::from_secs(10) }
    }
}

/// What became of one exchange.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayedExchange {
    /// Its line in the file.
    pub line: usize,
    /// How far its bytes are recorded.
    pub provenance: Provenance,
    /// What was asked.
    pub asked: String,
    /// What came, redirects and oddities included.
    pub came: Vec<String>,
    /// How the first reply compares with the recorded one, if one is recorded.
    pub compared: Option<Comparison>,
    /// What that means.
    #[serde(flatten)]
    pub outcome: ReplayOutcome,
}

/// What an exchange has come to.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReplayOutcome {
    /// The client concludes what it must.
    Same(Concluded),
    /// It does not.
    Differs(Concluded),
    /// It was not sent.
    NotReplayed {
        /// Why.
        why: &'static str,
    },
}

/// What a client concludes.
#[derive(Clone, Debug, Serialize)]
pub struct Concluded {
    /// What it must conclude.
    pub expected: String,
    /// What it concludes.
    pub concluded: String,
    /// Why.
    #[serde(serialize_with = "rule")]
    pub rule: Option<&'static Rule>,
}

fn rule<S: Serializer>(rule: &Option<&'static Rule>, serializer: S) -> Result<S::Ok, S::Error> {
    rule.map(|rule| serde_json::json!({ "id": rule.id, "grade": rule.grade.to_string(), "says": rule.says }))
        .serialize(serializer)
}

impl ReplayOutcome {
    fn new(same: bool, concluded: Concluded) -> Self {
        if same { Self::Same(concluded) } else { Self::Differs(concluded) }
    }
}

/// Sends every exchange of a recording, and tells of each, in the recording's order.
///
/// ```
/// use vestibule::capture::replay::{ReplayOutcome, Settings, replay};
/// use vestibule::capture::{BuiltIn, load};
///
/// # let runtime = tokio::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let text = r#"{"vestibule": "capture/1", "name": "android-10-check", "client": "Android 10", "judge": {"android": "10"}, "source": "a recording", "grade": "C", "concludes": "portal", "notes": "its HTTP check"}
/// {"provenance": "reconstructed", "what": "the order of the lines", "by": "probe", "http": "GET /generate_204 HTTP/1.1\r\nConnection: close\r\nHost: connectivitycheck.gstatic.com\r\n\r\n"}"#;
/// let capture = load::parse(text, "android-10-check.jsonl".as_ref())?;
/// let device = BuiltIn::start().await?;
/// let told = replay(&capture, device.target(), Settings::default()).await;
/// assert_eq!(told.len(), capture.exchanges.len());
/// assert!(!told.iter().any(|told| matches!(told.outcome, ReplayOutcome::Differs(_))));
/// device.stop().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn replay(capture: &Capture, target: Target, settings: Settings) -> Vec<ReplayedExchange> {
    let began = Instant::now();
    let mut questions = JoinSet::new();
    let mut told = Vec::new();
    for exchange in &capture.exchanges {
        wait_for_turn(began, exchange, settings).await;
        let (line, provenance) = (exchange.line, exchange.provenance);
        match &exchange.sent {
            Sent::Question { payload, asked } => {
                let (payload, asked) = (payload.clone(), asked.clone());
                questions.spawn(async move {
                    let (came, outcome) = question(&target, &payload, &asked, settings).await;
                    ReplayedExchange {
                        line,
                        provenance,
                        asked: asked.to_string(),
                        came,
                        compared: None,
                        outcome,
                    }
                });
            }
            Sent::Request { request, by: By::Other, .. } => told.push(ReplayedExchange {
                line,
                provenance,
                asked: request.summary(),
                came: Vec::new(),
                compared: None,
                outcome: ReplayOutcome::NotReplayed { why: "neither a check nor a browser sent it" },
            }),
            Sent::Request { request, by, .. } => {
                if settings.speed.is_none() {
                    // Clients look a name up before they ask it.
                    gather(&mut questions, &mut told).await;
                }
                let (came, outcome) = match (by, capture.judge) {
                    (By::Probe, Judge::Client(client)) => {
                        probe(client, &target, request, capture.concludes, settings).await
                    }
                    _ => page(&target, request, settings).await,
                };
                let compared = came
                    .first
                    .and_then(|first| compare(&exchange.sent, exchange.at, &first.reply, first.took));
                let asked = request.summary();
                told.push(ReplayedExchange { line, provenance, asked, came: came.told, compared, outcome });
            }
            Sent::Dhcp { .. } => told.push(ReplayedExchange {
                line,
                provenance,
                asked: exchange.what.clone().unwrap_or_else(|| "a DHCP message".into()),
                came: Vec::new(),
                compared: None,
                outcome: ReplayOutcome::NotReplayed { why: "there is no DHCP on loopback" },
            }),
        }
    }
    gather(&mut questions, &mut told).await;
    told.sort_by_key(|told| told.line);
    told
}

async fn wait_for_turn(began: Instant, exchange: &Exchange, settings: Settings) {
    if let (Some(speed), Some(at)) = (settings.speed, exchange.at) {
        let at = Duration::try_from_secs_f64(at.as_secs_f64() / speed).unwrap_or_default();
        if let Some(at) = began.checked_add(at) {
            tokio::time::sleep_until(at).await;
        }
    }
}

async fn gather(questions: &mut JoinSet<ReplayedExchange>, told: &mut Vec<ReplayedExchange>) {
    while let Some(answered) = questions.join_next().await {
        // A task of its own ends early only with the whole runtime.
        told.extend(answered);
    }
}

async fn question(
    target: &Target,
    payload: &[u8],
    asked: &RecordedQuestion,
    settings: Settings,
) -> (Vec<String>, ReplayOutcome) {
    let mut came = Vec::new();
    let judged = wire::ask(target, payload, settings.timeout, |answer| {
        match names::judge(asked, answer, target.address) {
            Ok(judged) => {
                came.push(describe_answer(answer));
                Some(judged)
            }
            Err(finding) => {
                came.push(finding.to_string());
                None
            }
        }
    })
    .await;
    let (named, rule) = match judged {
        Some(judged) => {
            came.extend(judged.findings.iter().map(ToString::to_string));
            (judged.named, judged.rule)
        }
        None => names::unanswered(),
    };
    if named == Named::Unanswered && came.is_empty() {
        came.push("nothing".into());
    }
    let wants = asked.expects();
    let concluded = Concluded { expected: wants.to_string(), concluded: named.to_string(), rule: Some(rule) };
    (came, ReplayOutcome::new(named == wants, concluded))
}

/// What came of a request: its reply, and what the redirects led to.
#[derive(Default)]
struct Received {
    first: Option<First>,
    told: Vec<String>,
}

/// The reply to the request itself.
struct First {
    reply: Result<Reply, Failure>,
    took: Option<Duration>,
}

impl Received {
    fn take(&mut self, outcome: &Result<Reply, Failure>, took: Option<Duration>) {
        self.told.push(in_words(outcome));
        if self.first.is_none() {
            self.first = Some(First { reply: outcome.clone(), took });
        }
    }
}

async fn probe(
    client: Client,
    target: &Target,
    request: &Request,
    concludes: Conclusion,
    settings: Settings,
) -> (Received, ReplayOutcome) {
    let mut came = Received::default();
    let Judgement { verdict, rule } = match client {
        Client::Apple => apple_probe(target, request, settings, &mut came).await,
        _ => {
            let head_suffices = matches!(client, Client::Android(_));
            let fetched = wire::fetch(target, request, settings.timeout).await;
            let took = fetched.took;
            let outcome = fetched.outcome(head_suffices);
            came.take(&outcome, took);
            judge(judge_of(client, request.url()), request.url().as_str(), &outcome)
        }
    };
    let concluded =
        Concluded { expected: concludes.to_string(), concluded: verdict.word().to_owned(), rule: Some(rule) };
    (came, ReplayOutcome::new(Conclusion::of(&verdict) == concludes, concluded))
}

/// Apple's probe follows redirects by itself and judges the end of them.
async fn apple_probe(
    target: &Target,
    request: &Request,
    settings: Settings,
    came: &mut Received,
) -> Judgement {
    let until = Instant::now() + settings.timeout;
    let mut trail = Trail::new(request.url().as_str());
    let mut next = Some(request.clone());
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let (outcome, took) = match &next {
            Some(request) => {
                let fetched = wire::fetch(target, request, left).await;
                let took = fetched.took;
                (fetched.outcome(false), took)
            }
            None => (Err(Failure::Unreachable), None),
        };
        came.take(&outcome, took);
        let location = match apple::judge_step(&trail, &outcome) {
            ProbeStep::Concluded(judgement) => return judgement,
            ProbeStep::Follow { location } => location,
        };
        trail.follow(&location);
        next = match Url::parse(&location) {
            Ok(url) if target.holds(&url, left).await => Some(request.redirected_to(&url)),
            _ => None,
        };
        if next.is_none() {
            came.told.push(format!("{location} is not the portal's own and was not asked"));
        }
    }
}

const PAGE_SHOWN: &str = "page shown";

/// A browser follows redirects; its owner must come to see a page with a form.
async fn page(target: &Target, request: &Request, settings: Settings) -> (Received, ReplayOutcome) {
    let mut came = Received::default();
    let concluded = follow(target, request, settings, &mut came).await;
    let same = concluded == PAGE_SHOWN;
    let concluded = Concluded { expected: PAGE_SHOWN.into(), concluded, rule: None };
    (came, ReplayOutcome::new(same, concluded))
}

async fn follow(target: &Target, request: &Request, settings: Settings, came: &mut Received) -> String {
    let mut request = request.clone();
    for _ in 0..=BROWSER_REDIRECTS {
        let fetched = wire::fetch(target, &request, settings.timeout).await;
        let took = fetched.took;
        let outcome = fetched.outcome(false);
        came.take(&outcome, took);
        let reply = match outcome {
            Ok(reply) => reply,
            Err(failure) => return format!("no page: {failure}"),
        };
        let Some(next) = redirected(&reply, request.url()) else {
            return shown(&reply, request.url());
        };
        if !target.holds(&next, settings.timeout).await {
            return format!("no page: {next} is not the portal's own");
        }
        request = request.redirected_to(&next);
    }
    format!("no page: more than {BROWSER_REDIRECTS} redirects")
}

fn redirected(reply: &Reply, from: &Url) -> Option<Url> {
    matches!(reply.status, 301..=303 | 307 | 308).then(|| from.join(reply.header("location")?).ok()).flatten()
}

fn shown(reply: &Reply, url: &Url) -> String {
    let is_html = reply
        .header("content-type")
        .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"));
    if reply.status != 200 || !is_html {
        return format!("no page: {} that is no 200 with HTML", reply.status);
    }
    if let Some(packed) = reply.header("content-encoding").filter(|how| !how.eq_ignore_ascii_case("identity"))
    {
        return format!("a page in {packed}, which is not unpacked here");
    }
    let page = owner::parse(&String::from_utf8_lossy(&reply.body), url);
    if page.forms.is_empty() { "a page without a form".into() } else { PAGE_SHOWN.into() }
}

fn in_words(outcome: &Result<Reply, Failure>) -> String {
    match outcome {
        Err(failure) => failure.to_string(),
        Ok(reply) => match reply.header("location") {
            Some(location) => format!("{} to {location}", reply.status),
            None => reply.to_string(),
        },
    }
}
