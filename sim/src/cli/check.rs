//! `vestibule check`: every phone against any portal.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::engines::engine_settings;
use super::interrupt::asked_to_end;
use super::phone_words::PhoneWords;
use super::portal_options::{PortalOptions, PortalTarget};
use super::terminal::{self, print_line};
use super::{Exit, Usage, check_answer, check_watch};
use crate::check::{
    Checked, FrameLink, LeaseAnswers, LinkError, LinkSpec, PageView, Settings, Trust, blame, changes,
    is_there, junit, lease_questions, over_link, over_network, portal_questions, portal_questions_over_link,
    watched,
};
use crate::engine::{self, Engine, EngineSettings, look_at_sheets, look_at_sheets_over_link};
use crate::phone::{Model, android_that_asks, models, select};
use crate::text::io_words;

/// How long nobody is looked for again while a portal is waited for. Chosen.
const LOOKS_AGAIN: Duration = Duration::from_millis(500);

/// Check any portal with every phone: on how many it opens, and what to change.
///
/// For each phone: does the sign-in sheet pop up, and if not, why. Nothing but the portal's own two sockets is ever
/// contacted.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    portal: PortalOptions,
    /// Only these phones: ids, patterns such as 'android-*', families such as samsung or iphone.
    ///
    /// Each that is named counts; otherwise clients that show nobody anything are told and do not count. Those that are
    /// meant by a pattern or a family count as in a whole check. `vestibule phones` lists them.
    #[arg(long, value_name = "PHONE,...", value_delimiter = ',', value_parser = PhoneWords, hide_possible_values = true)]
    phones: Vec<String>,
    /// Where sources contradict each other (whether a Samsung phone shows a sheet at a private
    /// address, say), count what either reading would find: exit code 1. Otherwise it is a warning.
    #[arg(long)]
    strict: bool,
    /// Ask this URL too, as an Android whose maker or owner has set it: `http://check.example.org/generate_204`.
    #[arg(long, value_name = "URL")]
    probe: Vec<String>,
    /// How many phones check at once.
    ///
    /// A small device has eight connections or so, and a phone uses
    /// up to three at a time. One that waits for answers or connections that do not come is not
    /// counted.
    #[arg(long, value_name = "PHONES", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    at_once: u16,
    /// Wait up to this time, `30s` say, until anything answers there.
    #[arg(long, value_name = "TIME", value_parser = crate::text::time::parse, allow_hyphen_values = true, conflicts_with = "link")]
    wait: Option<Duration>,
    /// Check again whenever the portal answers otherwise, or is there again, until Ctrl-C or --timeout.
    ///
    /// For who edits a portal beside it. A few of what phones ask are asked once a second. The exit code is that of the last
    /// check.
    #[arg(long, conflicts_with_all = ["link", "wait", "engine", "json", "junit"])]
    watch: bool,
    /// End after this time, `30s` say, and tell what is known by then.
    #[arg(long, value_name = "TIME", value_parser = crate::text::time::parse, allow_hyphen_values = true)]
    timeout: Option<Duration>,
    /// Open the page of each sheet in a browser engine too, and say whether a person could use it: chromium,
    /// webkit or firefox.
    ///
    /// What the engine asks for goes to the portal and nowhere else.
    #[arg(long, value_name = "ENGINE,...", value_delimiter = ',')]
    engine: Vec<Engine>,
    /// Write a picture of each page that an engine shows there, as PHONE-ENGINE.png.
    #[arg(long, value_name = "DIR", requires = "engine")]
    pictures: Option<PathBuf>,
    /// As JSON, with every exchange.
    #[arg(long)]
    json: bool,
    /// Write a JUnit file, a test a phone.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// What came of a check.
struct Outcome {
    checked: Vec<Checked>,
    questions: LeaseAnswers,
    /// Why not every phone has checked, if so.
    why: Option<String>,
    /// The portal was not there any more in the end.
    is_gone: bool,
}

impl Check {
    pub(super) async fn run(self) -> Result<Exit, Usage> {
        let phones = self.phones()?;
        let engines = self.engines()?;
        let portal = self.portal.target(usize::from(self.at_once)).await?;
        match &portal {
            PortalTarget::Sockets(settings) if self.watch => {
                let check = async || self.check(&portal, &phones, &engines, None).await;
                return check_watch::watch(*settings, self.timeout, check).await;
            }
            PortalTarget::Sockets(settings) => self.find(*settings).await?,
            PortalTarget::Link(_) => {}
        }
        self.check(&portal, &phones, &engines, self.timeout).await
    }

    /// Checks once, within so much time, and tells what came of it.
    async fn check(
        &self,
        portal: &PortalTarget,
        phones: &[&'static Model],
        engines: &EngineSettings,
        limit: Option<Duration>,
    ) -> Result<Exit, Usage> {
        let progress = ProgressBar::new(phones.len() as u64).with_style(style());
        let began = Instant::now();
        let through = RefCell::new(Vec::new());
        let done = |done: &Checked| {
            progress.set_message(done.model.name);
            progress.inc(1);
            through.borrow_mut().push((began.elapsed(), done.clone()));
        };
        let limit = tokio::time::sleep(limit.unwrap_or(Duration::MAX));
        let asked = async {
            match portal {
                PortalTarget::Sockets(settings) => {
                    self.check_over_network(*settings, phones, done, &through).await
                }
                PortalTarget::Link(spec) => self.check_over_link(spec, phones, engines, done).await,
            }
        };
        let outcome = tokio::select! {
            outcome = asked => Some(outcome?),
            () = limit => None,
        };
        let Outcome { mut checked, questions, why, is_gone } = outcome
            .unwrap_or_else(|| self.cut_off(through.borrow().iter().map(|(_, one)| one.clone()).collect()));
        progress.finish_and_clear();
        if let PortalTarget::Sockets(settings) = portal
            && why.is_none()
        {
            look(engines, *settings, &mut checked).await?;
        }
        for one in &mut checked {
            one.counts |= self.is_named(one.model);
            one.strict = self.strict;
        }
        self.write_junit(&checked)?;
        if self.json {
            print_line(&format!("{:#}", as_json(portal, &checked, &questions)));
        } else {
            check_answer::print(portal, &checked, &questions);
        }
        if let Some(why) = why {
            let left = phones.len() - checked.len();
            return Err(Usage(format!("{why}; {left} of {} phones could not check", phones.len())));
        }
        Ok(if is_gone || checked.iter().any(Checked::failed) { Exit::Unmet } else { Exit::Well })
    }

    async fn check_over_link(
        &self,
        spec: &LinkSpec,
        phones: &[&'static Model],
        engines: &EngineSettings,
        done: impl Fn(&Checked),
    ) -> Result<Outcome, Usage> {
        let failed = |error| Usage(format!("--link: {error}"));
        let trust = self.portal.trust()?;
        let mut link = self.portal.open(spec).await?;
        let mut results = over_link(&mut link, phones, trust, usize::from(self.at_once), done).await;
        let is_gone = results.gone.is_some();
        let questions = match (results.gone, &results.ended) {
            (None, None) => {
                look_over_link(engines, &mut link, &mut results.checked).await?;
                questions(&mut link, trust).await.map_err(failed)?
            }
            (gone, _) => LeaseAnswers { odd: gone.into_iter().collect(), ..LeaseAnswers::default() },
        };
        let why = results.ended.map(|error| error.to_string());
        Ok(Outcome { checked: results.checked, questions, why, is_gone })
    }

    async fn check_over_network(
        &self,
        settings: Settings,
        phones: &[&'static Model],
        done: impl Fn(&Checked),
        through: &RefCell<Vec<(Duration, Checked)>>,
    ) -> Result<Outcome, Usage> {
        let (whole, watch) = watched(settings, over_network(settings, phones, done)).await;
        let mut checked = through.borrow().clone();
        for (_, one) in &mut checked {
            one.of_the_same_portal_as(whole.first());
        }
        let gone = blame(&watch, &mut checked);
        let is_gone = gone.is_some();
        let mut odd: Vec<String> = gone.into_iter().chain(watch.odd()).collect();
        if !is_gone {
            odd.extend(portal_questions(settings).await);
        }
        let mut checked: Vec<Checked> = checked.into_iter().map(|(_, one)| one).collect();
        let place = |one: &Checked| phones.iter().position(|model| model.id == one.model.id);
        checked.sort_by_key(place);
        Ok(Outcome {
            checked,
            questions: LeaseAnswers { odd, ..LeaseAnswers::default() },
            why: None,
            is_gone,
        })
    }

    /// What is known when the time is over.
    fn cut_off(&self, checked: Vec<Checked>) -> Outcome {
        let limit = humantime::format_duration(self.timeout.unwrap_or_default());
        let why = Some(format!("--timeout {limit} is over"));
        Outcome { checked, questions: LeaseAnswers::default(), why, is_gone: false }
    }

    /// The engines that are to show the pages; all that they need is there.
    fn engines(&self) -> Result<EngineSettings, Usage> {
        engine_settings(&self.engine, self.pictures.as_deref())
    }

    fn write_junit(&self, checked: &[Checked]) -> Result<(), Usage> {
        let Some(path) = &self.junit else { return Ok(()) };
        let text = junit(&self.portal.named(), checked).map_err(|error| Usage(error.to_string()))?;
        std::fs::write(path, text).map_err(|error| {
            Usage(format!("--junit: {} cannot be written: {why}", path.display(), why = io_words(&error)))
        })
    }

    /// Those that are to check. Who names URLs alone asks those alone.
    fn phones(&self) -> Result<Vec<&'static Model>, Usage> {
        let mut phones = match (self.phones.is_empty(), self.probe.is_empty()) {
            (true, true) => models().iter().collect(),
            _ => select(self.phones.iter().map(String::as_str))
                .map_err(|error| Usage(format!("--phones: {error}")))?,
        };
        for url in &self.probe {
            let asks = android_that_asks(url);
            let expected = "expected a URL of http, like http://check.example.org/generate_204";
            phones.push(asks.ok_or_else(|| Usage(format!("--probe {url}: {expected}")))?);
        }
        Ok(phones)
    }

    /// Whether a phone was named itself, and not meant by a pattern or a family.
    fn is_named(&self, model: &Model) -> bool {
        self.phones.iter().any(|word| word.trim() == model.id)
    }

    /// Waits until somebody is there.
    async fn find(&self, settings: Settings) -> Result<(), Usage> {
        let until = Instant::now() + self.wait.unwrap_or_default();
        let mut waiting = None;
        loop {
            match is_there(settings).await {
                Ok(()) => return Ok(()),
                Err(nobody) if Instant::now() >= until => {
                    return Err(Usage(format!("{}: {nobody}", self.portal.named())));
                }
                Err(_) => {}
            }
            waiting.get_or_insert_with(|| terminal::waiting("nobody is there yet".into()));
            tokio::time::sleep(LOOKS_AGAIN.min(until - Instant::now())).await;
        }
    }
}

/// What the phones do not ask of a device on a link.
async fn questions(link: &mut FrameLink, trust: Trust) -> Result<LeaseAnswers, LinkError> {
    let mut answers = lease_questions(link).await?;
    answers.odd.extend(portal_questions_over_link(link, trust).await?);
    Ok(answers)
}

/// Opens the pages in the engines. Who asks for an end gets it, and the engines end first.
async fn look(engines: &EngineSettings, portal: Settings, checked: &mut [Checked]) -> Result<(), Usage> {
    if engines.engines.is_empty() {
        return Ok(());
    }
    let (progress, stop) = (ViewProgress::new(engines, checked), asked_to_end()?);
    let was_stopped = look_at_sheets(engines, portal, checked, |view| progress.tell(view), stop).await;
    progress.end(was_stopped)
}

/// The same from the phones' own stacks.
async fn look_over_link(
    engines: &EngineSettings,
    link: &mut FrameLink,
    checked: &mut [Checked],
) -> Result<(), Usage> {
    if engines.engines.is_empty() {
        return Ok(());
    }
    let (progress, stop) = (ViewProgress::new(engines, checked), asked_to_end()?);
    let done = |view: &PageView| progress.tell(view);
    let was_stopped =
        look_at_sheets_over_link(engines, link, checked, done, stop).await.map_err(Usage::from)?;
    progress.end(was_stopped)
}

/// How far one has got with the pages.
struct ViewProgress(ProgressBar);

impl ViewProgress {
    fn new(engines: &EngineSettings, checked: &[Checked]) -> Self {
        Self(ProgressBar::new(engine::pages(engines, checked) as u64).with_style(style()))
    }

    fn tell(&self, view: &PageView) {
        self.0.set_message(view.engine.clone());
        self.0.inc(1);
    }

    fn end(&self, was_stopped: bool) -> Result<(), Usage> {
        self.0.finish_and_clear();
        if was_stopped { Err(Usage("interrupted while pages were looked at".into())) } else { Ok(()) }
    }
}

fn style() -> ProgressStyle {
    // The template is a constant; a mistake in it would show at once.
    ProgressStyle::with_template("{pos} of {len} phones {wide_bar} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn as_json(portal: &PortalTarget, checked: &[Checked], questions: &LeaseAnswers) -> serde_json::Value {
    let shown = checked.iter().filter(|one| one.passed()).count();
    let changes: Vec<_> = changes(checked)
        .iter()
        .map(|change| {
            let phones: Vec<_> = change.phones.iter().map(|one| one.model.id).collect();
            json!({ "says": change.says, "phones": phones })
        })
        .collect();
    let (portal, dns) = match portal {
        PortalTarget::Sockets(settings) => {
            (settings.target.http.to_string(), Some(settings.target.dns.to_string()))
        }
        PortalTarget::Link(link) => (link.to_string(), None),
    };
    json!({
        "portal": portal, "dns": dns, "odd": questions.odd, "dhcp": questions.told,
        "phones": checked, "changes": changes, "shown": shown, "of": checked.len(),
        "failed": checked.iter().filter(|one| one.failed()).count(),
        "disputed": checked.iter().filter(|one| !one.disputed.is_empty()).count(),
    })
}
