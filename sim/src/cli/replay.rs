//! `vestibule replay`: recorded traffic against a portal.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::file_kind::FileKind;
use super::mixed_clients::mixed;
use super::terminal::{print_line, waiting};
use super::{Exit, Usage, target};
use crate::capture::replay::{ReplayOutcome, ReplayedExchange, Settings, replay};
use crate::capture::{BuiltIn, By, Capture, Provenance, Sent, Target, load};
use crate::phone::recognise::{self, Evidence};

/// Send recorded traffic to the built-in device or to any portal, byte for byte, and tell what
/// each client would conclude.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// Recordings, or folders of them.
    #[arg(required = true, value_name = "FIXTURE")]
    recordings: Vec<PathBuf>,
    /// Send them to this portal instead of the built-in device.
    ///
    /// Nothing else is contacted.
    #[arg(long, value_name = "HOST:PORT", requires = "dns")]
    against: Option<String>,
    /// The portal's DNS.
    #[arg(long, value_name = "HOST:PORT", requires = "against")]
    dns: Option<String>,
    /// The address that the portal gives itself, where it is not that of --against.
    #[arg(long, value_name = "IPV4", requires = "against")]
    address: Option<Ipv4Addr>,
    /// How many times faster than recorded, 1 for the recorded times.
    ///
    /// Without it, as fast as the portal answers.
    #[arg(long, value_name = "TIMES", value_parser = speed)]
    speed: Option<f64>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|speed| (0.01..=1000.0).contains(speed))
        .ok_or_else(|| "expected a number from 0.01 to 1000".to_owned())
}

impl Replay {
    pub(super) async fn run(self) -> Result<Exit, Usage> {
        // All are read before anything is sent.
        let files = super::named_files::files(&self.recordings, "jsonl")?;
        let captures: Vec<Capture> = super::named_files::each_read(files, FileKind::Recording, |path| {
            load::load(&path).map_err(|error| error.to_string())
        })?;
        match (&self.against, &self.dns) {
            (Some(http), Some(dns)) => {
                let http = target::socket(http, None, "--against").await?;
                let dns = target::socket(dns, None, "--dns").await?;
                let target = target::target(http, dns, self.address, "--against")?;
                Ok(self.replay_all(&captures, target).await)
            }
            _ => {
                let device = BuiltIn::start().await.map_err(Usage::from)?;
                let exit = self.replay_all(&captures, device.target()).await;
                device.stop().await;
                Ok(exit)
            }
        }
    }

    async fn replay_all(&self, captures: &[Capture], target: Target) -> Exit {
        let settings = Settings { speed: self.speed, ..Settings::default() };
        let mut counts = Counts::default();
        let mut replayed = Vec::new();
        for (number, capture) in captures.iter().enumerate() {
            let place = format!("{} of {}: {}", number + 1, captures.len(), capture.path.display());
            let waiting = waiting(place);
            let told = replay(capture, target, settings).await;
            drop(waiting);
            counts.add(&told);
            if self.json {
                replayed.push(as_json(capture, &told));
            } else {
                table(capture, &told);
            }
        }
        if self.json {
            let counts = json!({
                "same": counts.same, "differ": counts.differ, "not_replayed": counts.not_replayed,
            });
            print_line(&format!("{:#}", json!({ "recordings": replayed, "exchanges": counts })));
        } else {
            let recordings = if captures.len() == 1 { "recording" } else { "recordings" };
            print_line(&format!(
                "{} {recordings}: {} exchanges same, {} differ, {} not replayed",
                captures.len(),
                counts.same,
                counts.differ,
                counts.not_replayed
            ));
        }
        if counts.differ == 0 { Exit::Well } else { Exit::Unmet }
    }
}

#[derive(Default)]
struct Counts {
    same: usize,
    differ: usize,
    not_replayed: usize,
}

impl Counts {
    fn add(&mut self, told: &[ReplayedExchange]) {
        for told in told {
            match told.outcome {
                ReplayOutcome::Same(_) => self.same += 1,
                ReplayOutcome::Differs(_) => self.differ += 1,
                ReplayOutcome::NotReplayed { .. } => self.not_replayed += 1,
            }
        }
    }
}

fn as_json(capture: &Capture, told: &[ReplayedExchange]) -> serde_json::Value {
    json!({
        "name": capture.name, "file": capture.path.display().to_string(), "client": capture.client,
        "judge": capture.judge.to_string(), "source": capture.source, "grade": capture.grade.to_string(),
        "recognised_as": recognised(capture), "recorded": capture.recorded, "concludes": capture.concludes.to_string(),
        "recorded_conclusion": capture.recorded_conclusion.map(|conclusion| conclusion.to_string()),
        "concludes_now": concludes_now(capture, told).map(|(now, _)| now), "mixed": mixed(capture), "exchanges": told,
    })
}

fn table(capture: &Capture, told: &[ReplayedExchange]) {
    print_line(&format!("{}: {}", capture.name, capture.client));
    let recorded = capture.recorded.map(|year| format!(", recorded {year}")).unwrap_or_default();
    let then = capture
        .recorded_conclusion
        .map(|conclusion| format!("; when recorded, it concluded: {conclusion}"))
        .unwrap_or_default();
    print_line(&format!("  grade {}{recorded}; judged as {}{then}", capture.grade, capture.judge));
    print_line(&format!("  recognised as {}", recognised(capture)));
    if let Some(mixed) = mixed(capture) {
        print_line(&format!("  {mixed}"));
    }
    for told in told {
        print_line(&row(told));
        if let Some(compared) = &told.compared {
            print_line(&format!("           beside the recording: {compared}"));
        }
    }
    match concludes_now(capture, told) {
        Some((now, true)) => print_line(&format!("  so it concludes now: {now}")),
        Some((now, false)) => print_line(&format!("  so the names that it asks for lead to: {now}")),
        None => {}
    }
    print_line("");
}

/// Which model sent the recording, by the surest of what it sent.
fn recognised(capture: &Capture) -> String {
    let sent = capture.exchanges.iter().filter_map(|exchange| match &exchange.sent {
        Sent::Request { request, .. } => Some(Evidence::Request(request.as_bytes())),
        Sent::Question { asked, .. } => Some(Evidence::Name(asked.name(), exchange.at)),
        _ => None,
    });
    recognise::client(sent).map_or_else(|| "nobody known".to_owned(), |(whose, _)| whose.to_string())
}

/// What the client concludes in the end: of its last check, or of the last name where it made none; whether of a check.
fn concludes_now<'t>(capture: &Capture, told: &'t [ReplayedExchange]) -> Option<(&'t str, bool)> {
    let is_probe = |told: &&ReplayedExchange| {
        let is_it = |sent: &Sent| matches!(sent, Sent::Request { by: By::Probe, .. });
        capture.exchanges.iter().any(|exchange| exchange.line == told.line && is_it(&exchange.sent))
    };
    let concluded = |told: &'t ReplayedExchange| match &told.outcome {
        ReplayOutcome::Same(concluded) | ReplayOutcome::Differs(concluded) if concluded.rule.is_some() => {
            Some(concluded.concluded.as_str())
        }
        _ => None,
    };
    let last_first = || told.iter().rev();
    let of_a_check = last_first().filter(is_probe).find_map(concluded).map(|concluded| (concluded, true));
    of_a_check.or_else(|| Some((last_first().find_map(concluded)?, false)))
}

fn row(told: &ReplayedExchange) -> String {
    let (asked, came) = (&told.asked, told.came.join("; "));
    let bytes = match told.provenance {
        Provenance::Captured => "",
        Provenance::PartlyCaptured => " (partly reconstructed)",
        Provenance::Reconstructed => " (reconstructed)",
    };
    let (verdict, concluded, wanted) = match &told.outcome {
        ReplayOutcome::NotReplayed { why } => {
            return format!("  -        {asked}{bytes}: not replayed: {why}");
        }
        ReplayOutcome::Same(concluded) => ("same   ", concluded, String::new()),
        ReplayOutcome::Differs(concluded) => {
            ("DIFFERS", concluded, format!(" instead of: {}", concluded.expected))
        }
    };
    let rule = concluded.rule.map(|rule| format!(" [{}, grade {}]", rule.id, rule.grade)).unwrap_or_default();
    format!("  {verdict}  {asked}{bytes}: {came}; concludes: {}{wanted}{rule}", concluded.concluded)
}
