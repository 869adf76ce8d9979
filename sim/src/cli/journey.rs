//! `vestibule journey`: a whole setup on any portal.

use std::path::{Path, PathBuf};

use clap::Args;

use super::engines::engine_settings;
use super::file_kind::{self, FileKind};
use super::interrupt::asked_to_end;
use super::paragraph::wrapped;
use super::phone_words::PhoneWords;
use super::portal_options::{PortalOptions, PortalTarget};
use super::table::{Side, fitted, join};
use super::terminal::{print_line, width};
use super::{Exit, Usage, passphrase_file};
use crate::check::LinkError;
use crate::engine::{Engine, EngineSettings};
use crate::journey::{
    Journey as OneJourney, OwnerKnowledge, journeys, journeys_in_engines, journeys_in_engines_over_link,
    journeys_over_link, junit,
};
use crate::owner::HomeNetwork;
use crate::phone::{Model, select};
use crate::profile::load;
use crate::text::io_words;

/// Set the device behind any portal up, as its owner does.
///
/// The sheet opens, the network is chosen, its passphrase typed, the form sent, the result read. No script is run unless a
/// browser engine is asked for; nothing but the portal is contacted.
#[derive(Debug, Args)]
pub(super) struct Journey {
    #[command(flatten)]
    portal: PortalOptions,
    /// The network that the device is to join.
    #[arg(long, value_name = "NAME")]
    ssid: String,
    /// A file with its passphrase; - is standard input.
    ///
    /// Without it the network is open.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// A file with the code on the device's label; - is standard input.
    ///
    /// It is typed where the page asks for it.
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
    /// A profile of the device, whose `[form]` tells the fields, for pages on which nothing tells.
    ///
    /// It says which field is for the name and which for the passphrase, which button
    /// sends them, and by which words a page says how it went.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// With these phones, one after the other: ids, patterns such as 'ios-*', families such as samsung.
    #[arg(long, value_name = "PHONE,...", value_delimiter = ',', default_values = ["android-14", "ios-17"],
        value_parser = PhoneWords, hide_possible_values = true)]
    phones: Vec<String>,
    /// Do it in a browser engine, where the owner types and taps and scripts run: chromium, webkit or firefox.
    ///
    /// What the engine asks for goes to the portal and nowhere else. With several, one after the other.
    #[arg(long, value_name = "ENGINE,...", value_delimiter = ',')]
    engine: Vec<Engine>,
    /// Write a picture of each step in an engine there, as PHONE-ENGINE-STEP.png.
    ///
    /// A page that shows the passphrase or the code is left out.
    #[arg(long, value_name = "DIR", requires = "engine")]
    pictures: Option<PathBuf>,
    /// As JSON, with the story and the check.
    #[arg(long)]
    json: bool,
    /// Write a JUnit file, a test a phone.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Journey {
    pub(super) async fn run(self) -> Result<Exit, Usage> {
        let models = select(self.phones.iter().map(String::as_str));
        let models: Vec<&'static Model> = models.map_err(|error| Usage(format!("--phones: {error}")))?;
        let knows = self.knowledge()?;
        let print = |journey: &OneJourney| {
            if !self.json {
                print_journey(journey);
            }
        };
        let engines = engine_settings(&self.engine, self.pictures.as_deref())?;
        let all = self.journeys(&engines, &models, &knows, print);
        let (journeys, ended) = tokio::select! {
            over = all => over?,
            // Their processes end with what has started them.
            () = asked_to_end()? => return Err(Usage("stopped".into())),
        };
        self.tell(&journeys)?;
        if let Some(error) = ended {
            let all = models.len() * engines.engines.len().max(1);
            let left = all - journeys.len();
            return Err(Usage(format!("{error}; {left} of {all} journeys could not go on")));
        }
        let is_well = |one: &OneJourney| one.ending.is_good() || !one.ending.was_tried();
        Ok(if journeys.iter().all(is_well) { Exit::Well } else { Exit::Unmet })
    }

    /// Those that ended, and why the others did not: the link is gone.
    async fn journeys(
        &self,
        engines: &EngineSettings,
        models: &[&'static Model],
        knows: &OwnerKnowledge,
        print: impl Fn(&OneJourney),
    ) -> Result<(Vec<OneJourney>, Option<LinkError>), Usage> {
        let reads = engines.engines.is_empty();
        let settings = match self.portal.target(1).await? {
            PortalTarget::Sockets(settings) => settings,
            PortalTarget::Link(spec) => {
                let (mut link, trust) = (self.portal.open(&spec).await?, self.portal.trust()?);
                let came = if reads {
                    journeys_over_link(&mut link, models, knows, trust, print).await
                } else {
                    journeys_in_engines_over_link(engines, &mut link, models, knows, trust, print).await
                };
                return Ok((came.journeys, came.ended));
            }
        };
        let came = if reads {
            journeys(settings, models, knows, print).await
        } else {
            journeys_in_engines(engines, settings, models, knows, print).await
        };
        Ok((came, None))
    }

    /// What the owner knows: the network, the label, hints.
    fn knowledge(&self) -> Result<OwnerKnowledge, Usage> {
        let input = Some(Path::new("-"));
        if self.passphrase_file.as_deref() == input && self.code_file.as_deref() == input {
            return Err(Usage("--code-file: standard input has the passphrase already".into()));
        }
        let passphrase = self.passphrase_file.as_deref();
        let passphrase =
            passphrase.map(|path| passphrase_file::first_line(passphrase_file::PASSPHRASE_FILE, path));
        let passphrases = passphrase.transpose()?.into_iter().collect();
        let code = self.code_file.as_deref().map(passphrase_file::code).transpose()?;
        let hints = match &self.profile {
            Some(path) => {
                file_kind::expect(path, &[FileKind::Profile])?;
                let profile = load::load(path).map_err(|error| Usage(error.in_full()))?;
                let why = || Usage(format!("--profile: {}: it has no [form]", path.display()));
                Some(profile.form.as_ref().ok_or_else(why)?.hints())
            }
            None => None,
        };
        let home = HomeNetwork { ssid: self.ssid.clone().into_bytes(), typed: None, passphrases };
        Ok(OwnerKnowledge { home, code, hints })
    }

    /// All journeys together: a table or JSON, and a JUnit file.
    fn tell(&self, journeys: &[OneJourney]) -> Result<(), Usage> {
        if let Some(path) = &self.junit {
            let text = junit(&self.portal.named(), journeys).map_err(|error| Usage(error.to_string()))?;
            std::fs::write(path, text).map_err(|error| {
                Usage(format!("--junit: {} cannot be written: {why}", path.display(), why = io_words(&error)))
            })?;
        }
        if self.json {
            print_line(&format!("{:#}", serde_json::json!({ "journeys": journeys })));
        } else if journeys.len() > 1 {
            print_table(journeys);
        }
        Ok(())
    }
}

fn print_table(journeys: &[OneJourney]) {
    let mut rows = vec![["phone", "engine", "sheet", "set up", "time", "ending"].map(str::to_owned).to_vec()];
    for one in journeys {
        let word = match (one.ending.was_tried(), one.ending.is_good()) {
            (false, _) => "-",
            (true, true) => "yes",
            (true, false) => "no",
        };
        let took = one.story.last().map_or("-".into(), |(at, _)| at.to_string());
        let (phone, sheet) = (one.model.id.to_owned(), one.checked.sheet.word().to_owned());
        let engine = one.engine.as_deref().unwrap_or("-").split('.').next().unwrap_or_default().to_owned();
        rows.push(vec![phone, engine, sheet, word.to_owned(), took, one.ending.says()]);
    }
    let sides = [Side::Left, Side::Left, Side::Left, Side::Left, Side::Right, Side::Left];
    fitted(&rows, &sides, width()).iter().for_each(|row| print_line(&join(row)));
}

fn print_journey(journey: &OneJourney) {
    let word = match (journey.ending.was_tried(), journey.ending.is_good()) {
        (false, _) => "not tried",
        (true, true) => "set up",
        (true, false) => "not set up",
    };
    print_line(&format!("{}  {word}: {}", journey.model.id, journey.ending.says()));
    if let Some(lease) = &journey.checked.lease {
        let text = format!("{}, {}, after {}", lease.address, lease.terms(), lease.took);
        print_line(&wrapped("     lease", &text));
    }
    for (at, what) in &journey.story {
        print_line(&wrapped(&format!("{:>10}", at.to_string()), what));
    }
    if let (Some(first), Some(last)) = (journey.pictures.first(), journey.pictures.last()) {
        print_line(&wrapped("  pictures", &format!("{} to {}", first.display(), last.display())));
    }
    for odd in journey.all_odd() {
        print_line(&wrapped("  odd", odd));
    }
    if let Some(change) = journey.change() {
        print_line(&wrapped("  change", change));
    }
    print_line("");
}
