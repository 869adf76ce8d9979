//! The portal's own endpoints: the paths by which pages and programs change something or ask for data, with
//! the methods that each takes. `openapi.yaml` documents those of programs.
//!
//! The page itself, and the application's routes, are no endpoints: see `intent`.

use crate::http::{Method, Methods, Request};
use crate::{Interface, Problem};

/// The kind of client that an endpoint is for, and so how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// The setup page: with a page.
    Page,
    /// A program, through the JSON interface: with JSON.
    Program,
}

/// A path of the portal other than that of its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// A network to try.
    Submit(Caller),
    /// Search for networks.
    Rescan(Caller),
    /// The networks in sight.
    Networks,
    /// How far the setup has come.
    Status,
    /// Forget the network.
    Clear,
    /// The page is still looked at.
    KeepAlive,
    /// The same as an event, as soon as no network is being tried.
    Events,
}

impl Endpoint {
    /// The endpoint at this path. The home network has the harmless one alone.
    pub(super) fn at(interface: Interface, path: &[u8]) -> Option<Self> {
        let endpoint =
            Self::PATHS.iter().find(|(known, _)| known.as_bytes() == path).map(|(_, found)| *found);
        endpoint.filter(|endpoint| interface == Interface::AccessPoint || *endpoint == Self::Status)
    }

    const PATHS: [(&str, Self); 10] = [
        ("/setup", Self::Submit(Caller::Page)),
        ("/rescan", Self::Rescan(Caller::Page)),
        ("/api/status", Self::Status),
        ("/api/networks", Self::Networks),
        // Its founding name, which clients may know.
        ("/api/access-points", Self::Networks),
        ("/api/access-point", Self::Submit(Caller::Program)),
        ("/api/rescan", Self::Rescan(Caller::Program)),
        ("/api/clear", Self::Clear),
        ("/api/alive", Self::KeepAlive),
        ("/api/events", Self::Events),
    ];

    pub(super) const fn caller(self) -> Caller {
        match self {
            Self::Submit(caller) | Self::Rescan(caller) => caller,
            _ => Caller::Program,
        }
    }

    /// The problem with the method or the query of a request, if there is one.
    pub(super) fn refuses(self, request: &Request<'_>) -> Option<Problem> {
        let reads = self.reads();
        let allowed = match request.method {
            Method::Get | Method::Head => reads,
            Method::Post => !reads,
            _ => false,
        };
        if !reads && !request.query.is_empty() {
            Some(Problem::InAddress)
        } else if !allowed {
            Some(Problem::NotAllowed)
        } else {
            None
        }
    }

    const fn reads(self) -> bool {
        matches!(self, Self::Networks | Self::Status | Self::Events)
    }

    pub(super) const fn methods(self) -> Methods {
        if self.reads() { Methods::READ } else { Methods::POST }
    }
}
