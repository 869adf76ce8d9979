//! How a portal is checked over sockets of this machine, and where what a phone sends then goes: to the portal's own two,
//! and nowhere else.

use std::net::{SocketAddr, SocketAddrV4};

use vestibule_core::DNS_PORT;

use super::portal_address::PortalAddress;
use crate::capture::Target;
use crate::phone::{Exchange, Link};
use crate::tls::Trust;
use crate::world::destination;

/// The port of HTTP.
const HTTP_PORT: u16 = 80;

/// How a portal is checked.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Where the portal is.
    pub target: Target,
    /// Its port for TLS; `None` counts as closed.
    pub https_port: Option<u16>,
    /// Whose certificates phones trust.
    pub trust: Trust,
    /// The portal catches connections to every address, as a router does: they go to it too.
    pub intercepts: bool,
    /// How many phones check at once.
    pub at_once: usize,
}

/// Where an exchange goes.
pub(super) enum Route {
    /// To this socket.
    To(SocketAddr),
    /// Over the link, wherever it is addressed to.
    Link,
    /// To a port that counts as closed.
    Closed,
    /// To another host than the portal: it is not sent.
    Foreign,
}

impl Settings {
    /// What a phone is told of the network.
    pub(super) fn link(&self) -> Link {
        let router = self.target.address;
        // The phone's address is never sent anywhere; any other of the network will do.
        let [a, b, c, d] = router.octets();
        let address = [a, b, c, if d == 10 { 11 } else { 10 }].into();
        Link { address, router, resolver: SocketAddrV4::new(router, DNS_PORT) }
    }

    pub(super) fn place(&self) -> PortalAddress {
        PortalAddress::new(self.target.address, self.target.http, self.target.dns)
    }

    pub(super) fn route(&self, exchange: &Exchange) -> Route {
        let to = destination(exchange);
        let is_portal = *to.ip() == self.target.address || SocketAddr::V4(to).ip() == self.target.http.ip();
        match exchange {
            Exchange::Datagram { .. } => Route::To(self.target.dns),
            _ if !is_portal && !self.intercepts => Route::Foreign,
            Exchange::Stream { to, .. } if to.port() == DNS_PORT => Route::To(self.target.dns),
            // Port 80 is wherever the portal was said to be; any other is on the same host.
            Exchange::Stream { to, .. } if is_portal && to.port() != HTTP_PORT => {
                Route::To(SocketAddr::new(self.target.http.ip(), to.port()))
            }
            Exchange::Stream { .. } => Route::To(self.target.http),
            Exchange::Tls { .. } => match self.https_port {
                Some(port) => Route::To(SocketAddr::new(self.target.http.ip(), port)),
                None => Route::Closed,
            },
        }
    }
}
