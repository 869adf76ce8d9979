//! `vestibule journey`: a whole setup on any portal.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Args;

use super::impairment_options::ImpairmentOptions;
use super::paragraph::wrapped;
use super::table::{Side, fitted, join};
use super::terminal::{print_line, width};
use super::{Exit, Usage, passphrase_file, target};
use crate::check::{LinkSpec, Settings, Trust};
use crate::journey::{Journey as OneJourney, journeys, journeys_over_link, junit};
use crate::owner::HomeNetwork;
use crate::phone::{Model, by_id};

/// Set the device behind any portal up, as its owner does: the sheet opens, the network is chosen, its passphrase typed,
/// the form sent, the result read. No script is run; nothing but the portal is contacted.
#[derive(Debug, Args)]
pub(super) struct Journey {
    /// The portal: where it serves HTTP, on port 80 unless said.
    #[arg(value_name = "HOST[:PORT]", required_unless_present = "link")]
    portal: Option<String>,
    /// Set the device behind a link up instead, each phone with its own stack, from DHCP on: tap:NAME,
    /// interface:NAME, unix:PATH or udp:LOCAL,PEER. Nothing leaves the link.
    #[arg(long, value_name = "LINK", conflicts_with_all = ["portal", "dns", "address"])]
    link: Option<LinkSpec>,
    #[command(flatten)]
    impairments: ImpairmentOptions,
    /// Where the portal answers DNS; the same host and port 53 unless said.
    #[arg(long, value_name = "HOST[:PORT]")]
    dns: Option<String>,
    /// The address that the portal gives itself, where it is not that of HOST.
    #[arg(long, value_name = "IPV4")]
    address: Option<Ipv4Addr>,
    /// The network that the device is to join.
    #[arg(long, value_name = "NAME")]
    ssid: String,
    /// A file with its passphrase; - is standard input. Without it the network is open.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// With these phones, one after the other.
    #[arg(long, value_name = "PHONE,...", value_delimiter = ',', default_values = ["android-14", "ios-17"])]
    phones: Vec<String>,
    /// As JSON, with the story and the check.
    #[arg(long)]
    json: bool,
    /// Write a JUnit file, a test a phone.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Journey {
    pub(super) async fn run(self) -> Result<Exit, Usage> {
        let models =
            self.phones.iter().map(|id| by_id(id.trim())).collect::<Result<Vec<&'static Model>, _>>();
        let models = models.map_err(|error| Usage(format!("--phones: {error}")))?;
        let passphrases = match &self.passphrase_file {
            Some(path) => vec![passphrase_file::first_line(path)?],
            None => Vec::new(),
        };
        let home = HomeNetwork { ssid: self.ssid.clone().into_bytes(), typed: None, passphrases };
        let print = |journey: &OneJourney| {
            if !self.json {
                print_journey(journey);
            }
        };
        let (journeys, ended) = match (&self.link, &self.portal) {
            (Some(spec), _) => {
                let mut link = self.impairments.open(spec).await?;
                let came = journeys_over_link(&mut link, &models, &home, print).await;
                (came.journeys, came.ended)
            }
            (None, portal) => {
                let portal = portal.as_deref().unwrap_or_default();
                (journeys(self.settings(portal).await?, &models, &home, print).await, None)
            }
        };
        self.tell(&journeys)?;
        if let Some(error) = ended {
            let left = models.len() - journeys.len();
            return Err(Usage(format!("{error}; {left} of {} phones could not go on", models.len())));
        }
        Ok(if journeys.iter().all(|one| one.ending.is_good()) { Exit::Well } else { Exit::Unmet })
    }

    async fn settings(&self, portal: &str) -> Result<Settings, Usage> {
        let target = target::portal(portal, self.dns.as_deref(), self.address).await?;
        Ok(Settings { target, https_port: None, trust: Trust::public(), intercepts: false, at_once: 1 })
    }

    /// All journeys together: a table or JSON, and a JUnit file.
    fn tell(&self, journeys: &[OneJourney]) -> Result<(), Usage> {
        if let Some(path) = &self.junit {
            let name = match (&self.link, &self.portal) {
                (Some(link), _) => link.to_string(),
                (None, portal) => portal.clone().unwrap_or_default(),
            };
            let text = junit(&name, journeys).map_err(|error| Usage(error.to_string()))?;
            std::fs::write(path, text)
                .map_err(|error| Usage(format!("--junit: {} cannot be written: {error}", path.display())))?;
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
    let mut rows = vec![["phone", "sheet", "set up", "time", "ending"].map(str::to_owned).to_vec()];
    for one in journeys {
        let word = if one.ending.is_good() { "yes" } else { "no" };
        let took = one.story.last().map_or("-".into(), |(at, _)| at.to_string());
        let (phone, sheet) = (one.model.id.to_owned(), one.checked.sheet.word().to_owned());
        rows.push(vec![phone, sheet, word.to_owned(), took, one.ending.says()]);
    }
    let sides = [Side::Left, Side::Left, Side::Left, Side::Right, Side::Left];
    fitted(&rows, &sides, width()).iter().for_each(|row| print_line(&join(row)));
}

fn print_journey(journey: &OneJourney) {
    let word = if journey.ending.is_good() { "set up" } else { "not set up" };
    print_line(&format!("{}  {word}: {}", journey.model.id, journey.ending.says()));
    if let Some(lease) = &journey.checked.lease {
        let text = format!("{}, {}, after {}", lease.address, lease.terms(), lease.took);
        print_line(&wrapped("     lease", &text));
    }
    for (at, what) in &journey.story {
        print_line(&wrapped(&format!("{:>10}", at.to_string()), what));
    }
    for odd in journey.odd.iter().chain(&journey.checked.findings) {
        print_line(&wrapped("  odd", odd));
    }
    if let Some(change) = journey.ending.change().or(journey.checked.change.as_deref()) {
        print_line(&wrapped("  change", change));
    }
    print_line("");
}
