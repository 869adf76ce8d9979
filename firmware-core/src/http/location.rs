//! Where a redirect points. Which host a client is sent to is decided by the routes.

use core::fmt;
use core::net::Ipv4Addr;

use crate::limits::CLIENT_ID_BYTES;
use crate::text::{Dotted, Hex, Number};

/// How a client is told to reach the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// By its address.
    Address(Ipv4Addr),
    /// By a name that leads to it.
    Name(&'static str),
}

/// Where a redirect points: an absolute URL for anything that may be a connectivity check, because some
/// clients take a relative one for a broken portal; a path alone for clients that have opened a page already.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vestibule_core::http::{Authority, Location};
///
/// let portal = Some(Authority::Address(Ipv4Addr::new(192, 168, 4, 1)));
/// let there = Location { authority: portal, ..Location::path("/") };
/// assert_eq!(there.to_string(), "http://192.168.4.1/");
/// assert_eq!(Location { port: 8080, path: "a", ..there }.to_string(), "http://192.168.4.1:8080/a");
/// assert_eq!(Location::path("/led").to_string(), "/led");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The device on the interface that the request came from; none keeps the name that the client
    /// knows it by.
    pub authority: Option<Authority>,
    /// Its port; left out of the URL when it is 80.
    pub port: u16,
    /// The path, with or without its leading slash, and a query if there is one.
    pub path: &'static str,
    /// The client's number, if the page there is to know whose it is: it goes into the query as
    /// `token`, and into a cookie, for a sheet that keeps one and is opened anew.
    pub client: Option<[u8; CLIENT_ID_BYTES]>,
}

impl Location {
    /// A path on the host that was asked.
    pub const fn path(path: &'static str) -> Self {
        Self { authority: None, port: 80, path, client: None }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl Location {
    /// What `Display` shows, without a formatter.
    pub(crate) fn write(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        if let Some(authority) = self.authority {
            out.write_str("http://")?;
            match authority {
                Authority::Address(address) => Dotted(address).write(out)?,
                Authority::Name(name) => out.write_str(name)?,
            }
            if self.port != 80 {
                write!(out, ":{}", Number(self.port.into()))?;
            }
        }
        out.write_str("/")?;
        match self.path.trim_start_matches('/') {
            "" => {}
            path => out.write_str(path)?,
        }
        match &self.client {
            Some(client) => write!(out, "?token={}", Hex(client)),
            None => Ok(()),
        }
    }
}
