//! `vestibule check`: every phone against any portal.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::impairment_options::ImpairmentOptions;
use super::interrupt::asked_to_end;
use super::page_views::print_views;
use super::paragraph::wrapped;
use super::table::{Side, fitted, join};
use super::terminal::{print_line, width};
use super::{Exit, Usage, leases, target};
use crate::check::{
    Checked, FrameLink, LeaseAnswers, LinkError, LinkSpec, PageView, Settings, Trust, blame, junit,
    lease_questions, over_link, over_network, portal_questions, portal_questions_over_link, watched,
};
use crate::engine::{self, Engine, EngineSettings, look_at_sheets, look_at_sheets_over_link};
use crate::phone::{Model, by_id, disputes, models};

/// Check any portal with every phone: does the sign-in sheet pop up, and if not, why, and what is to
/// be changed. Nothing but the portal's own two sockets is ever contacted.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The portal: where it serves HTTP, on port 80 unless said. Phones that ask port 80 are led there; a URL
    /// with another port means that port of the same host.
    #[arg(value_name = "HOST[:PORT]", required_unless_present = "link")]
    portal: Option<String>,
    /// Check the device behind a link instead, each phone with its own stack, DHCP included: tap:NAME,
    /// interface:NAME (an Ethernet port, or an adapter that has joined the device's access point),
    /// unix:PATH or udp:LOCAL,PEER (QEMU's stream and dgram networks). Nothing leaves the link.
    #[arg(long, value_name = "LINK", conflicts_with_all = ["portal", "dns", "address", "intercepts", "https_port"])]
    link: Option<LinkSpec>,
    #[command(flatten)]
    impairments: ImpairmentOptions,
    /// Where the portal answers DNS; the same host and port 53 unless said.
    #[arg(long, value_name = "HOST[:PORT]")]
    dns: Option<String>,
    /// The address that the portal gives itself, where it is not that of HOST (behind a forwarded
    /// port, say). Everything that a phone sends to another address goes nowhere.
    #[arg(long, value_name = "IPV4")]
    address: Option<Ipv4Addr>,
    /// The portal catches connections to every address, as a router does: lead all of them to it.
    #[arg(long)]
    intercepts: bool,
    /// The portal's port for TLS: 443 if HTTP is on 80; otherwise it counts as closed unless said.
    #[arg(long, value_name = "PORT")]
    https_port: Option<u16>,
    /// An authority whose certificates phones trust besides the public ones, in PEM. May be given several times.
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Only these phones. All that are named count; otherwise clients that show nobody anything are
    /// told and do not count.
    #[arg(long, value_name = "PHONE,...", value_delimiter = ',')]
    phones: Vec<String>,
    /// Where sources contradict each other (whether a Samsung phone shows a sheet at a private
    /// address, say), count what either reading would find: exit code 1. Otherwise it is a warning.
    #[arg(long)]
    strict: bool,
    /// How many phones check at once. A small device has eight connections or so, and a phone uses
    /// up to three at a time. One that waits for answers or connections that do not come is not
    /// counted.
    #[arg(long, value_name = "PHONES", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    at_once: u16,
    /// End after this time, `30s` say, and tell what is known by then.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,
    /// Open the page of each sheet in a browser engine too, and say whether a person could use it: chromium,
    /// webkit or firefox. What the engine asks for goes to the portal and nowhere else.
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

/// Where the portal is.
enum PortalTarget {
    Sockets(Settings),
    Link(LinkSpec),
}

impl PortalTarget {
    /// The portal's address; over a link the one that the phones were told.
    fn portal_address(&self, checked: &[Checked]) -> Option<Ipv4Addr> {
        match self {
            Self::Sockets(settings) => Some(settings.target.address),
            Self::Link(_) => checked.iter().find_map(|one| one.lease.as_ref()).map(|lease| lease.server),
        }
    }
}

impl fmt::Display for PortalTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sockets(settings) => {
                write!(f, "http://{}/, DNS at {}", settings.target.http, settings.target.dns)
            }
            Self::Link(link) => link.fmt(f),
        }
    }
}

impl Check {
    pub(super) async fn run(self) -> Result<Exit, Usage> {
        let phones = self.phones()?;
        let engines = self.engines()?;
        let progress = ProgressBar::new(phones.len() as u64).with_style(style());
        let began = Instant::now();
        let through = RefCell::new(Vec::new());
        let done = |done: &Checked| {
            progress.set_message(done.model.name);
            progress.inc(1);
            through.borrow_mut().push((began.elapsed(), done.clone()));
        };
        let portal = self.portal_target().await?;
        let limit = tokio::time::sleep(self.timeout.unwrap_or(Duration::MAX));
        let asked = async {
            match &portal {
                PortalTarget::Sockets(settings) => {
                    self.check_over_network(*settings, &phones, done, &through).await
                }
                PortalTarget::Link(spec) => {
                    let failed = |error| Usage(format!("--link {spec}: {error}"));
                    let trust = self.trust()?;
                    let mut link = self.impairments.open(spec).await?;
                    let mut results =
                        over_link(&mut link, &phones, trust, usize::from(self.at_once), done).await;
                    let is_gone = results.gone.is_some();
                    let questions = match (results.gone, &results.ended) {
                        (None, None) => {
                            look_over_link(&engines, &mut link, &mut results.checked).await?;
                            questions(&mut link).await.map_err(failed)?
                        }
                        (gone, _) => {
                            LeaseAnswers { odd: gone.into_iter().collect(), ..LeaseAnswers::default() }
                        }
                    };
                    let why = results.ended.map(|error| error.to_string());
                    Ok(Outcome { checked: results.checked, questions, why, is_gone })
                }
            }
        };
        let outcome = tokio::select! {
            outcome = asked => Some(outcome?),
            () = limit => None,
        };
        let Outcome { mut checked, questions, why, is_gone } = outcome
            .unwrap_or_else(|| self.cut_off(through.borrow().iter().map(|(_, one)| one.clone()).collect()));
        progress.finish_and_clear();
        if let PortalTarget::Sockets(settings) = &portal
            && why.is_none()
        {
            look(&engines, *settings, &mut checked).await?;
        }
        for one in &mut checked {
            one.counts |= !self.phones.is_empty();
            one.strict = self.strict;
        }
        self.write_junit(&portal, &checked)?;
        if self.json {
            print_line(&format!("{:#}", as_json(&portal, &checked, &questions)));
        } else {
            print_results(&portal, &checked, &questions);
        }
        if let Some(why) = why {
            let left = phones.len() - checked.len();
            return Err(Usage(format!("{why}; {left} of {} phones could not check", phones.len())));
        }
        Ok(if is_gone || checked.iter().any(Checked::failed) { Exit::Unmet } else { Exit::Well })
    }

    async fn check_over_network(
        &self,
        settings: Settings,
        phones: &[&'static Model],
        done: impl Fn(&Checked),
        through: &RefCell<Vec<(Duration, Checked)>>,
    ) -> Result<Outcome, Usage> {
        let (_, watch) = watched(settings, over_network(settings, phones, done)).await;
        let mut checked = through.borrow().clone();
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
        let named: BTreeSet<Engine> = self.engine.iter().copied().collect();
        let programs = named.into_iter().map(Engine::programs).collect::<Result<Vec<_>, _>>();
        let engines = programs.map_err(|missing| Usage(format!("--engine: {missing}")))?;
        if let Some(folder) = &self.pictures {
            std::fs::create_dir_all(folder).map_err(|error| {
                Usage(format!("--pictures: {} cannot be made: {error}", folder.display()))
            })?;
        }
        Ok(EngineSettings { engines, pictures: self.pictures.clone() })
    }

    fn write_junit(&self, portal: &PortalTarget, checked: &[Checked]) -> Result<(), Usage> {
        let Some(path) = &self.junit else { return Ok(()) };
        let name = self.portal.clone().unwrap_or_else(|| portal.to_string());
        let text = junit(&name, checked).map_err(|error| Usage(error.to_string()))?;
        std::fs::write(path, text)
            .map_err(|error| Usage(format!("--junit: {} cannot be written: {error}", path.display())))
    }

    async fn portal_target(&self) -> Result<PortalTarget, Usage> {
        match (&self.link, &self.portal) {
            (Some(link), _) => Ok(PortalTarget::Link(link.clone())),
            (None, Some(portal)) => Ok(PortalTarget::Sockets(self.settings(portal).await?)),
            // Required by what parses the arguments.
            (None, None) => Err(Usage("name the portal, HOST or HOST:PORT, or a --link".into())),
        }
    }

    fn trust(&self) -> Result<Trust, Usage> {
        Trust::public_and(&self.trust).map_err(|error| Usage(format!("--trust: {error}")))
    }

    fn phones(&self) -> Result<Vec<&'static Model>, Usage> {
        if self.phones.is_empty() {
            return Ok(models().iter().collect());
        }
        let chosen = self.phones.iter().map(|id| by_id(id.trim()));
        chosen.collect::<Result<_, _>>().map_err(|error| Usage(format!("--phones: {error}")))
    }

    async fn settings(&self, portal: &str) -> Result<Settings, Usage> {
        let target = target::portal(portal, self.dns.as_deref(), self.address).await?;
        Ok(Settings {
            target,
            https_port: target::https_port(self.https_port, &target),
            trust: self.trust()?,
            intercepts: self.intercepts,
            at_once: usize::from(self.at_once),
        })
    }
}

/// What the phones do not ask of a device on a link.
async fn questions(link: &mut FrameLink) -> Result<LeaseAnswers, LinkError> {
    let mut answers = lease_questions(link).await?;
    answers.odd.extend(portal_questions_over_link(link).await?);
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
    let (portal, dns) = match portal {
        PortalTarget::Sockets(settings) => {
            (settings.target.http.to_string(), Some(settings.target.dns.to_string()))
        }
        PortalTarget::Link(link) => (link.to_string(), None),
    };
    json!({
        "portal": portal, "dns": dns, "odd": questions.odd, "dhcp": questions.told,
        "phones": checked, "shown": shown, "of": checked.len(),
        "failed": checked.iter().filter(|one| one.failed()).count(),
        "disputed": checked.iter().filter(|one| !one.disputed.is_empty()).count(),
    })
}

fn print_results(portal: &PortalTarget, checked: &[Checked], questions: &LeaseAnswers) {
    print_line(&portal.to_string());
    print_line("");
    leases::print(checked, &questions.told);
    table(checked);
    print_line("");
    for alike in alike(checked).iter().filter(|alike| !alike[0].portal_gone) {
        paragraph(alike);
    }
    print_views(checked);
    findings(checked);
    for odd in &questions.odd {
        print_line(&wrapped("odd", odd));
        print_line("");
    }
    disputed(portal.portal_address(checked), checked);
    let late = checked.iter().filter(|one| one.portal_gone).count();
    let others = checked.iter().filter(|one| !one.counts && !one.passed() && !one.portal_gone).count();
    let shown = checked.iter().filter(|one| one.passed()).count();
    print_line(&format!("{shown} of {} phones show the portal's page.", checked.len() - others - late));
    if late > 0 {
        print_line(&wrapped("", &format!("{late} more came when the portal had gone, and do not count.")));
    }
    if others > 0 {
        print_line(&wrapped("", &format!("{others} more do not count: they show nobody anything.")));
    }
    if checked.iter().all(|one| one.views.is_empty()) && shown > 0 {
        let said = "The pages were judged by their bytes, no script was run: --engine chromium opens them in a browser.";
        print_line(&wrapped("", said));
    }
    let doubtful = checked.iter().filter(|one| one.counts && !one.disputed.is_empty()).count();
    if doubtful > 0 {
        let counted = if checked.iter().any(|one| one.strict) {
            "counted as failures"
        } else {
            "warnings without --strict"
        };
        print_line(&wrapped("", &format!("{doubtful} of them follow a disputed reading: {counted}.")));
    }
}

fn table(checked: &[Checked]) {
    let mut rows = vec![["phone", "sheet", "verdict", "time", "rule (grade)"].map(str::to_owned).to_vec()];
    for one in checked {
        let took = one.took.map_or("-".into(), |took| took.to_string());
        let rule = one.rule.map_or("-".into(), |rule| format!("{} ({})", rule.id, rule.grade));
        let (phone, sheet) = (one.model.id.to_owned(), one.sheet.word().to_owned());
        rows.push(vec![phone, sheet, one.concluded().to_string(), took, rule]);
    }
    let sides = [Side::Left, Side::Left, Side::Left, Side::Right, Side::Left];
    let rows = fitted(&rows, &sides, width());
    rows.first().into_iter().for_each(|head| print_line(&join(head)));
    for (one, mut row) in checked.iter().zip(rows.into_iter().skip(1)) {
        let colour = match (one.passed(), one.counts) {
            (true, _) => AnsiColor::Green,
            (false, true) => AnsiColor::Red,
            (false, false) => AnsiColor::Yellow,
        };
        let style = Style::new().fg_color(Some(colour.into()));
        row[1] = format!("{style}{}{style:#}", row[1]);
        print_line(&join(&row));
    }
}

/// Those that have the same to be said of them.
fn alike(checked: &[Checked]) -> Vec<Vec<&Checked>> {
    let mut groups: Vec<Vec<&Checked>> = Vec::new();
    let words = |one: &Checked| {
        let told = one.decided_by.as_ref().map(|told| (told.asked.clone(), told.came.clone()));
        let blamed = (one.passed(), one.counts, one.portal_gone);
        (one.sheet.word(), blamed, one.rule.map(|rule| rule.id), one.change.clone(), told)
    };
    for one in checked {
        match groups.iter_mut().find(|group| words(group[0]) == words(one)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

fn paragraph(alike: &[&Checked]) {
    let Some(one) = alike.first() else { return };
    let bold = Style::new().bold();
    let names: Vec<_> = alike.iter().map(|one| one.model.id).collect();
    let what = match one.sheet.word() {
        "yes" if !one.passed() => "unusable page",
        "yes" => "sheet",
        "empty" => "empty sheet",
        "closes" => "sheet closes",
        _ => "no sheet",
    };
    let what = if one.failed() || one.passed() { what.to_owned() } else { format!("({what})") };
    print_line(&format!("{bold}{}{bold:#}", wrapped(&what, &names.join(", "))));
    if let Some(told) = &one.decided_by {
        print_line(&wrapped("  decided by", &format!("{}: {}", told.asked, told.came)));
    }
    if let Some(rule) = one.rule {
        print_line(&wrapped("  rule", &format!("{}: {}", rule.id, rule.says)));
        print_line(&wrapped(
            "  known from",
            &format!("{} (grade {}, {})", rule.source, rule.grade, rule.grade.meaning()),
        ));
    }
    if let Some(change) = &one.change {
        print_line(&wrapped("  change", change));
    }
    print_line("");
}

/// Where sources contradict each other, each with both readings.
fn disputed(portal: Option<Ipv4Addr>, checked: &[Checked]) {
    let bold = Style::new().bold();
    for dispute in disputes() {
        let who: Vec<_> =
            checked.iter().filter(|one| one.disputed.contains(&dispute)).map(|one| one.model.id).collect();
        if who.is_empty() {
            continue;
        }
        print_line(&format!("{bold}{}{bold:#}", wrapped("disputed", dispute.question)));
        print_line(&wrapped("  decides for", &who.join(", ")));
        for reading in dispute.readings {
            let text = format!("{} (grade {}; {})", reading.says, reading.grade, reading.source);
            print_line(&wrapped("  reading", &text));
        }
        print_line(&wrapped("  settled by", dispute.settled_by));
        // Where no sheet came, it was told as what to change.
        let is_told = checked.iter().any(|one| one.disputed.contains(&dispute) && one.change.is_some());
        if let Some(portal) = portal.filter(|_| !is_told) {
            print_line(&wrapped("  safe", &dispute.safe(portal)));
        }
        print_line("");
    }
}

fn findings(checked: &[Checked]) {
    let all: BTreeSet<_> = checked.iter().flat_map(|one| &one.findings).collect();
    for finding in &all {
        let who: Vec<_> =
            checked.iter().filter(|one| one.findings.contains(finding)).map(|one| one.model.id).collect();
        print_line(&wrapped("odd", &format!("{finding} ({})", who.join(", "))));
    }
    if !all.is_empty() {
        print_line("");
    }
}
