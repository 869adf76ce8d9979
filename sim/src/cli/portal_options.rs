//! Where a portal is and how it is reached, as `check`, `journey` and `profile` are told it.

use std::fmt;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Args;

use super::impairment_options::ImpairmentOptions;
use super::{Usage, target};
use crate::check::{Checked, FrameLink, LinkSpec, Settings, Trust};
use crate::text::io_words;

/// A portal, at an address or behind a link.
#[derive(Debug, Args)]
pub(super) struct PortalOptions {
    /// The portal: where it serves HTTP, on port 80 unless said.
    ///
    /// Phones that ask port 80 are led there; a URL with another port means that port of the same host.
    #[arg(value_name = "HOST[:PORT]", required_unless_present = "link")]
    portal: Option<String>,
    /// The device behind a link instead: tap:NAME, interface:NAME, unix:PATH or udp:LOCAL,PEER.
    ///
    /// To each phone with its own stack, DHCP included: tap:NAME,
    /// interface:NAME (an Ethernet port, or an adapter that has joined the device's access point), unix:PATH or
    /// udp:LOCAL,PEER (QEMU's stream and dgram networks).
    ///
    /// Nothing leaves the link.
    #[arg(long, value_name = "LINK", conflicts_with_all = ["portal", "dns", "address", "intercepts", "https_port"])]
    link: Option<LinkSpec>,
    #[command(flatten)]
    impairments: ImpairmentOptions,
    /// Where the portal answers DNS; the same host and port 53 unless said.
    #[arg(long, value_name = "HOST[:PORT]")]
    dns: Option<String>,
    /// The address that the portal gives itself, where it is not that of HOST (behind a forwarded port, say).
    ///
    /// Everything that a phone sends to another address goes nowhere.
    #[arg(long, value_name = "IPV4")]
    address: Option<Ipv4Addr>,
    /// The portal catches connections to every address, as a router does: lead all of them to it.
    #[arg(long)]
    intercepts: bool,
    /// The portal's port for TLS: 443 if HTTP is on 80; otherwise it counts as closed unless said.
    #[arg(long, value_name = "PORT")]
    https_port: Option<u16>,
    /// An authority whose certificates phones trust besides the public ones, in PEM.
    ///
    /// May be given several times.
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
}

/// Where the portal is.
pub(super) enum PortalTarget {
    Sockets(Settings),
    Link(LinkSpec),
}

impl PortalOptions {
    /// As it was named.
    pub(super) fn named(&self) -> String {
        match (&self.link, &self.portal) {
            (Some(link), _) => link.to_string(),
            (None, portal) => portal.clone().unwrap_or_default(),
        }
    }

    /// Where it is. Over sockets so many phones ask at once.
    pub(super) async fn target(&self, at_once: usize) -> Result<PortalTarget, Usage> {
        match (&self.link, &self.portal) {
            (Some(link), _) => Ok(PortalTarget::Link(link.clone())),
            (None, Some(portal)) => Ok(PortalTarget::Sockets(self.settings(portal, at_once).await?)),
            // Required by what parses the arguments.
            (None, None) => Err(Usage("name the portal, HOST or HOST:PORT, or a --link".into())),
        }
    }

    async fn settings(&self, portal: &str, at_once: usize) -> Result<Settings, Usage> {
        let target = target::portal(portal, self.dns.as_deref(), self.address).await?;
        Ok(Settings {
            target,
            https_port: target::https_port(self.https_port, &target),
            trust: self.trust()?,
            intercepts: self.intercepts,
            at_once,
        })
    }

    /// Opens a link, and impairs it.
    pub(super) async fn open(&self, link: &LinkSpec) -> Result<FrameLink, Usage> {
        self.impairments.open(link).await
    }

    /// Whose certificates the phones trust.
    pub(super) fn trust(&self) -> Result<Trust, Usage> {
        for file in &self.trust {
            std::fs::File::open(file).map_err(|error| {
                Usage(format!("--trust: {} cannot be read: {}", file.display(), io_words(&error)))
            })?;
        }
        Trust::public_and(&self.trust).map_err(|error| Usage(format!("--trust: {error}")))
    }
}

impl PortalTarget {
    /// The portal's address; over a link the one that the phones were told.
    pub(super) fn portal_address(&self, checked: &[Checked]) -> Option<Ipv4Addr> {
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
