//! `vestibule profile`: a profile from a live portal.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;

use super::paragraph::wrapped;
use super::terminal::{print_line, waiting};
use super::{Exit, Usage, target};
use crate::check::{Settings, Trust, over_network, portal_profile};
use crate::phone::models;
use crate::profile::load;

/// Characters of a date in RFC 3339.
const DATE: usize = 10;

/// Write the profile of a live portal, for `matrix`, `stand-in` and a bug report: what every phone's check is answered
/// there, names, port 443 and the form. Nothing but the portal is asked, and no form is sent.
#[derive(Debug, Args)]
pub(super) struct Profile {
    /// The portal: where it serves HTTP, on port 80 unless said.
    #[arg(value_name = "HOST[:PORT]")]
    portal: String,
    /// Where the portal answers DNS; the same host and port 53 unless said.
    #[arg(long, value_name = "HOST[:PORT]")]
    dns: Option<String>,
    /// The address that the portal gives itself, where it is not that of HOST.
    #[arg(long, value_name = "IPV4")]
    address: Option<Ipv4Addr>,
    /// The portal catches connections to every address, as a router does.
    #[arg(long)]
    intercepts: bool,
    /// The portal's port for TLS: 443 if HTTP is on 80; otherwise it counts as closed unless said.
    #[arg(long, value_name = "PORT")]
    https_port: Option<u16>,
    /// What the portal is called in the profile; HOST unless said.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where to write it; printed otherwise.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Profile {
    pub(super) async fn run(self) -> Result<Exit, Usage> {
        let target = target::portal(&self.portal, self.dns.as_deref(), self.address).await?;
        let settings = Settings {
            target,
            https_port: target::https_port(self.https_port, &target),
            trust: Trust::public(),
            intercepts: self.intercepts,
            at_once: 2,
        };
        let phones: Vec<_> = models().iter().collect();
        let waiting = waiting(format!("{} phones ask the portal", phones.len()));
        let checked = over_network(settings, &phones, |_| {}).await;
        let today = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let source = format!("seen by vestibule profile on {}", &today[..DATE]);
        let name = self.name.as_deref().unwrap_or(&self.portal);
        let written = portal_profile(settings, name, &source, &checked).await;
        drop(waiting);
        let answers = checked.iter().flat_map(|one| &one.exchanges).any(|exchange| {
            !["nothing came", "refused", "nobody can be reached there"].contains(&exchange.came.as_str())
        });
        if !answers {
            return Err(Usage(format!(
                "{}: nobody answers there, so there is nothing to write",
                self.portal
            )));
        }
        // What could not be read again would be of no use to anybody.
        let path = self.output.clone().unwrap_or_else(|| PathBuf::from("profile.toml"));
        load::parse(&written.toml, &path).map_err(Usage::from)?;
        match &self.output {
            Some(path) => std::fs::write(path, &written.toml)
                .map_err(|error| Usage(format!("{} cannot be written: {error}", path.display())))?,
            None => print_line(written.toml.trim_end()),
        }
        for unseen in &written.unseen {
            super::terminal::complain(&wrapped("not seen", unseen));
        }
        Ok(Exit::Well)
    }
}
