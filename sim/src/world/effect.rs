//! The layout that a driver gives a world before it begins, and the effects that a world asks of its driver.

use std::net::Ipv4Addr;
use std::time::Duration;

use url::Url;

use crate::client::ClientCommand;
use crate::owner::Request;
use crate::phone::{Exchange, ExchangeId};
use crate::radio::PhoneId;

/// The addresses that a driver gives its hosts.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The device's address on its own access point.
    pub device: Ipv4Addr,
    /// The port on which its access point serves HTTP.
    pub http_port: u16,
    /// The port on which it serves HTTP on the home network.
    pub home_port: u16,
    /// The address that each network gives the device, in the scenario's order. Empty in a driver that
    /// simulates DHCP.
    pub homes: Vec<Ipv4Addr>,
}

/// A page load of an owner's sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    /// The number of the load. A newer load of the same phone replaces it.
    pub id: u64,
    /// The request.
    pub request: Request,
    /// The browser's `User-Agent`.
    pub user_agent: String,
    /// Whether it finds names of the DNS. Without its provider of names it finds those of mDNS alone.
    pub finds_names: bool,
    /// How long it tries HTTPS where it tries that first: once a load, for then the host is known to have none.
    pub tries_https: Option<Duration>,
    /// What becomes of a page over HTTPS.
    pub https: SecurePage,
}

/// How the load of a page over HTTPS ends on the access point: none comes there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SecurePage {
    /// How long it takes.
    pub after: Duration,
    /// Why it fails.
    pub why: &'static str,
}

/// Why a load fails that does not find names.
pub(crate) const NO_PROVIDER: &str =
    "the phone's provider of names cannot be reached, so no name has an address";

/// The result of a [`Load`], after redirects.
pub(crate) enum Loaded {
    /// A page.
    Page {
        /// Its address, after redirects.
        url: Url,
        /// Its status.
        status: u16,
        /// The page.
        html: String,
    },
    /// The load failed.
    Failed {
        /// The requested address.
        url: Url,
        /// Why.
        why: String,
    },
}

/// Something that a driver is to do.
pub(crate) enum Effect {
    /// The phone has joined the access point: give it an address and report that.
    Configure {
        /// The phone.
        phone: PhoneId,
    },
    /// Run an exchange of a phone and report its progress.
    Open {
        /// The phone.
        phone: PhoneId,
        /// The number for reports.
        id: ExchangeId,
        /// The exchange.
        exchange: Exchange,
    },
    /// Abandon an exchange, and report nothing more of it.
    Abandon {
        /// The phone.
        phone: PhoneId,
        /// The exchange.
        id: ExchangeId,
    },
    /// Load a page for a phone's owner.
    Load {
        /// The phone.
        phone: PhoneId,
        /// The load.
        load: Load,
    },
    /// The phone is on its home network: load a page there and report that.
    LoadAtHome {
        /// The phone.
        phone: PhoneId,
        /// Which network, by its place in the scenario.
        network: usize,
        /// The load.
        load: Load,
    },
    /// Execute a client's command on its connection; progress is reported as for an exchange.
    ClientCommand {
        /// The phone.
        phone: PhoneId,
        /// The number of its connection.
        id: ExchangeId,
        /// The command.
        command: ClientCommand,
    },
    /// The phone has left the access point: close all its sockets.
    CloseSockets {
        /// The phone.
        phone: PhoneId,
    },
}

impl Effect {
    /// The phone that it is about.
    pub(super) fn phone(&self) -> PhoneId {
        let (Self::Configure { phone }
        | Self::Open { phone, .. }
        | Self::Abandon { phone, .. }
        | Self::Load { phone, .. }
        | Self::LoadAtHome { phone, .. }
        | Self::ClientCommand { phone, .. }
        | Self::CloseSockets { phone }) = self;
        *phone
    }
}
