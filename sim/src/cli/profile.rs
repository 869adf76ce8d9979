//! `vestibule profile`: a profile from a live portal.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;

use super::paragraph::wrapped;
use super::portal_options::{PortalOptions, PortalTarget};
use super::terminal::{print_line, waiting};
use super::{Exit, Usage};
use crate::check::{
    Checked, LinkSpec, Settings, WrittenProfile, over_link, over_network, portal_profile,
    portal_profile_over_link,
};
use crate::phone::models;
use crate::profile::load;
use crate::text::io_words;

/// How many phones ask at once: a small device takes a few connections.
const AT_ONCE: usize = 2;

/// Characters of a date in RFC 3339.
const DATE: usize = 10;

/// Write the profile of a live portal, for `matrix`, `stand-in` and a bug report.
///
/// What every phone's check is answered there, names, port 443 and the form. Nothing but the portal is asked, and no form is
/// sent.
#[derive(Debug, Args)]
pub(super) struct Profile {
    #[command(flatten)]
    portal: PortalOptions,
    /// What the portal is called in the profile; HOST or LINK unless said.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where to write it; printed otherwise.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Profile {
    pub(super) async fn run(self) -> Result<Exit, Usage> {
        let named = self.portal.named();
        let today = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let source = format!("seen by vestibule profile on {}", &today[..DATE]);
        let name = self.name.as_deref().unwrap_or(&named);
        let (checked, written) = match self.portal.target(AT_ONCE).await? {
            PortalTarget::Link(spec) => self.over_link(&spec, name, &source).await?,
            PortalTarget::Sockets(settings) => over_network_of(settings, name, &source).await,
        };
        let answers = checked.iter().flat_map(|one| &one.exchanges).any(|exchange| {
            !["nothing came", "refused", "nobody can be reached there"].contains(&exchange.came.as_str())
        });
        let Some(written) = written.filter(|_| answers) else {
            return Err(Usage(format!("{named}: nobody answers there, so there is nothing to write")));
        };
        // What could not be read again would be of no use to anybody.
        let path = self.output.clone().unwrap_or_else(|| PathBuf::from("profile.toml"));
        load::parse(&written.toml, &path).map_err(Usage::from)?;
        match &self.output {
            Some(path) => std::fs::write(path, &written.toml).map_err(|error| {
                Usage(format!("{} cannot be written: {why}", path.display(), why = io_words(&error)))
            })?,
            None => print_line(written.toml.trim_end()),
        }
        for unseen in &written.unseen {
            super::terminal::complain(&wrapped("not seen", unseen));
        }
        Ok(Exit::Well)
    }

    async fn over_link(
        &self,
        spec: &LinkSpec,
        name: &str,
        source: &str,
    ) -> Result<(Vec<Checked>, Option<WrittenProfile>), Usage> {
        let failed = |error| Usage(format!("--link: {error}"));
        let trust = self.portal.trust()?;
        let mut link = self.portal.open(spec).await?;
        let phones: Vec<_> = models().iter().collect();
        let _waiting = waiting(format!("{} phones ask the portal", phones.len()));
        let results = over_link(&mut link, &phones, trust, AT_ONCE, |_| {}).await;
        if let Some(error) = results.ended {
            return Err(failed(error));
        }
        let written = portal_profile_over_link(&mut link, trust, name, source, &results.checked);
        let written = written.await.map_err(failed)?;
        Ok((results.checked, written))
    }
}

/// What every phone was told there, and the profile that is made of it.
async fn over_network_of(
    settings: Settings,
    name: &str,
    source: &str,
) -> (Vec<Checked>, Option<WrittenProfile>) {
    let phones: Vec<_> = models().iter().collect();
    let _waiting = waiting(format!("{} phones ask the portal", phones.len()));
    let checked = over_network(settings, &phones, |_| {}).await;
    let written = portal_profile(settings, name, source, &checked).await;
    (checked, Some(written))
}
