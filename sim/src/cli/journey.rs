//! `vestibule journey`: a whole setup on any portal.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Args;

use super::paragraph::wrapped;
use super::terminal::print_line;
use super::{Exit, Usage, passphrase_file, target};
use crate::check::{Settings, Trust};
use crate::journey::{Journey as OneJourney, journeys};
use crate::owner::HomeNetwork;
use crate::phone::by_id;

/// The ports that are meant where none is named.
const HTTP_PORT: u16 = 80;
const DNS_PORT: u16 = 53;

/// Set the device behind any portal up, as its owner does: the sheet opens, the network is chosen, its passphrase typed,
/// the form sent, the result read. No script is run; nothing but the portal is contacted.
#[derive(Debug, Args)]
pub(super) struct Journey {
    /// The portal: where it serves HTTP, on port 80 unless said.
    #[arg(value_name = "HOST[:PORT]")]
    portal: String,
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
}

impl Journey {
    pub(super) async fn run(self) -> Result<Exit, Usage> {
        let models = self.phones.iter().map(|id| by_id(id.trim())).collect::<Result<Vec<_>, _>>();
        let models = models.map_err(|error| Usage(format!("--phones: {error}")))?;
        let passphrases = match &self.passphrase_file {
            Some(path) => vec![passphrase_file::first_line(path)?],
            None => Vec::new(),
        };
        let home = HomeNetwork { ssid: self.ssid.clone().into_bytes(), typed: None, passphrases };
        let http = target::socket(&self.portal, Some(HTTP_PORT), "the portal").await?;
        let dns = match &self.dns {
            Some(dns) => target::socket(dns, Some(DNS_PORT), "--dns").await?,
            None => (http.ip(), DNS_PORT).into(),
        };
        let target = target::target(http, dns, self.address, "the portal")?;
        let settings =
            Settings { target, https_port: None, trust: Trust::public(), intercepts: false, at_once: 1 };
        let print = |journey: &OneJourney| {
            if !self.json {
                print_journey(journey);
            }
        };
        let journeys = journeys(settings, &models, &home, print).await;
        if self.json {
            print_line(&format!("{:#}", serde_json::json!({ "journeys": journeys })));
        }
        Ok(if journeys.iter().all(|one| one.ending.is_good()) { Exit::Well } else { Exit::Unmet })
    }
}

fn print_journey(journey: &OneJourney) {
    let word = if journey.ending.is_good() { "set up" } else { "not set up" };
    print_line(&format!("{}  {word}: {}", journey.model.id, journey.ending.says()));
    for (at, what) in &journey.story {
        print_line(&wrapped(&format!("{:>10}", at.to_string()), what));
    }
    for odd in &journey.odd {
        print_line(&wrapped("  odd", odd));
    }
    if let Some(change) = journey.ending.change().or(journey.checked.change.as_deref()) {
        print_line(&wrapped("  change", change));
    }
    print_line("");
}
