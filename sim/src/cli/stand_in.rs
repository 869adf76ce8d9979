//! `vestibule stand-in`: another project's portal, as a profile describes it, on sockets.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::profile_words::{ProfileWord, profile_named};
use super::terminal::print_line;
use super::{Exit, Usage, interrupt, passphrase_file};
use crate::frame_link::{FrameLink, LinkError, LinkSpec};
use crate::profile::{Ports, Profile, StandIn as Server, StandInHome, answer_on_link_near};
use crate::text::io_words;

/// Answer as the portal of another project does, from its profile, until Ctrl-C: for `check`, for `journey`, for
/// a browser, for a real client.
///
/// Where the profile has a form, the device behind it can be set up.
#[derive(Debug, Args)]
pub(super) struct StandIn {
    /// The profile: a file, or the name of a portal whose profile is built in, such as wifimanager.
    #[arg(value_name = "PROFILE", value_parser = ProfileWord, hide_possible_values = true)]
    profile: PathBuf,
    /// The address to listen on, which it gives to every name.
    #[arg(long, value_name = "IPV4", default_value_t = Ipv4Addr::LOCALHOST)]
    address: Ipv4Addr,
    /// The port of its DNS (UDP); 0 is a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    dns_port: u16,
    /// The port of its HTTP (TCP); 0 is a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    http_port: u16,
    /// The port of its TLS (TCP), opened only if its profile says that it listens.
    #[arg(long, value_name = "PORT")]
    https_port: Option<u16>,
    /// Answer behind a link instead, DHCP included: unix:PATH, udp:LOCAL,PEER, tap:NAME or interface:NAME.
    ///
    /// It has the profile's own address there; `check --link` at the other end needs no network of this machine.
    #[arg(long, value_name = "LINK", conflicts_with_all = ["address", "dns_port", "http_port", "https_port"])]
    link: Option<LinkSpec>,
    /// The network that its device can join; any that it is given, unless said.
    #[arg(long, value_name = "NAME")]
    home: Option<String>,
    /// A file with that network's passphrase; - is standard input.
    ///
    /// Without it the network is open.
    #[arg(long, value_name = "FILE", requires = "home")]
    home_passphrase_file: Option<PathBuf>,
    /// End by itself after this time, `10s` say.
    #[arg(long, value_name = "TIME", value_parser = crate::text::time::parse, allow_hyphen_values = true)]
    exit_after: Option<Duration>,
}

impl StandIn {
    pub(super) async fn run(self) -> Result<Exit, Usage> {
        let asked_to_end = interrupt::asked_to_end()?;
        let profile = profile_named(&self.profile)?;
        let name = profile.name.get_ref().clone();
        let home = self.home()?;
        if let Some(spec) = &self.link {
            return self.answer_on_link(profile, home, spec, asked_to_end).await;
        }
        let ports =
            Ports { address: self.address, dns: self.dns_port, http: self.http_port, https: self.https_port };
        let server = Server::start_near(profile, ports, home).await.map_err(|error| {
            Usage(format!("cannot listen on {}: {why}", self.address, why = io_words(&error)))
        })?;
        print_line(&format!("{name}: vestibule check {} --dns {}", server.http, server.dns));
        tokio::select! {
            () = asked_to_end => {}
            () = tokio::time::sleep(self.exit_after.unwrap_or(Duration::MAX)) => {}
        }
        Ok(Exit::Well)
    }

    fn home(&self) -> Result<Option<StandInHome>, Usage> {
        let Some(ssid) = self.home.clone() else { return Ok(None) };
        let passphrase = match &self.home_passphrase_file {
            Some(path) => passphrase_file::first_line(passphrase_file::HOME_PASSPHRASE_FILE, path)?,
            None => String::new(),
        };
        Ok(Some(StandInHome { ssid, passphrase }))
    }

    async fn answer_on_link(
        &self,
        profile: Profile,
        home: Option<StandInHome>,
        spec: &LinkSpec,
        asked_to_end: impl Future<Output = ()>,
    ) -> Result<Exit, Usage> {
        let failed = |error: LinkError| Usage(format!("--link: {error}"));
        print_line(&format!("{} on {spec}", profile.name.get_ref()));
        let answering = async { answer_on_link_near(profile, home, FrameLink::open(spec).await?).await };
        tokio::select! {
            () = asked_to_end => Ok(Exit::Well),
            () = tokio::time::sleep(self.exit_after.unwrap_or(Duration::MAX)) => Ok(Exit::Well),
            answered = answering => match answered {
                // Whoever was there has gone.
                Ok(()) | Err(LinkError::Closed { .. }) => Ok(Exit::Well),
                Err(error) => Err(failed(error)),
            },
        }
    }
}
