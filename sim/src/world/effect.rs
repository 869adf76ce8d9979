//! What a driver tells a world before it begins, and what a world asks of its driver.

use std::net::Ipv4Addr;

use url::Url;

use crate::client::ClientCommand;
use crate::owner::Request;
use crate::phone::{Exchange, ExchangeId};
use crate::radio::PhoneId;

/// The addresses that a driver gives its hosts.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The device's address on its own access point.
    pub device: Ipv4Addr,
    /// The port on which its access point serves HTTP.
    pub http_port: u16,
    /// The port on which it serves HTTP on the home network.
    pub home_port: u16,
    /// The address that each network gives the device, in the scenario's order. None in a driver
    /// whose routers hand them out.
    pub homes: Vec<Ipv4Addr>,
}

/// A page that an owner's sheet is to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// Which load of that phone's; a newer one replaces it.
    pub id: u64,
    /// What it asks for.
    pub request: Request,
    /// How the sheet's browser calls itself.
    pub user_agent: String,
}

/// What became of a [`Load`], redirects followed.
pub enum Loaded {
    /// A page.
    Page {
        /// Its address in the end.
        url: Url,
        /// Its status.
        status: u16,
        /// The page.
        html: String,
    },
    /// Nothing.
    Failed {
        /// What was asked for.
        url: Url,
        /// Why.
        why: String,
    },
}

/// What a driver is to do.
pub enum Effect {
    /// The phone is on the access point: give it an address and report that.
    Configure {
        /// The phone.
        phone: PhoneId,
    },
    /// Carry out a phone's exchange and report its progress.
    Open {
        /// The phone.
        phone: PhoneId,
        /// The number by which to report.
        id: ExchangeId,
        /// What to do.
        exchange: Exchange,
    },
    /// Give an exchange up; nothing more is to be reported of it.
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
        /// What to load.
        load: Load,
    },
    /// The phone is back on its home network: load a page from there and report that.
    Visit {
        /// The phone.
        phone: PhoneId,
        /// Which network, by its place in the scenario.
        network: usize,
        /// What to load.
        load: Load,
    },
    /// A client on the phone goes on; what comes of it is reported as of an exchange.
    Talk {
        /// The phone.
        phone: PhoneId,
        /// The number of its connection.
        id: ExchangeId,
        /// What to do on it.
        does: ClientCommand,
    },
    /// The phone is off the access point: its sockets are cut, all of them.
    Cut {
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
        | Self::Visit { phone, .. }
        | Self::Talk { phone, .. }
        | Self::Cut { phone }) = self;
        *phone
    }
}
