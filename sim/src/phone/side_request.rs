//! What a client asks beside its check, by a service of its own: nothing depends on the answer, and the end of the check
//! does not end it. So it reaches the portal, and may be what brings it down.

use std::fmt;
use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::exchange::{ExchangeId, Link, Progress};
use super::fetch::{Fetch, HttpClient};
use super::lookup::{Lookup, Resolver};
use super::wire::Wire;

/// How long it is waited for. Chosen: no source says it.
const TIMEOUT: Duration = Duration::from_secs(5);

static RESOLVER: Resolver = Resolver { timeout: Some(TIMEOUT), ..Resolver::ONE_LOOKUP };

/// Something that is asked at the same time, and whose answer changes nothing.
#[derive(Clone, Copy, Debug)]
pub(super) enum SideRequest {
    Name(&'static str),
    Page(&'static str),
}

impl SideRequest {
    pub(super) fn page(&self) -> Option<&'static str> {
        match self {
            Self::Page(url) => Some(url),
            Self::Name(_) => None,
        }
    }

    pub(super) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Page(_) => None,
        }
    }
}

impl fmt::Display for SideRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "the name {name}"),
            Self::Page(url) => f.write_str(url),
        }
    }
}

/// Side requests under way: as many as a plan has.
#[derive(Default)]
pub(super) struct SideRequests {
    names: Vec<Lookup>,
    pages: Vec<Fetch>,
    until: Option<Instant>,
}

impl SideRequests {
    /// `head` makes the bytes of the request for a page.
    pub(super) fn begin(
        requests: &[SideRequest],
        head: fn(&Url) -> Vec<u8>,
        client: &'static HttpClient,
        link: Link,
        wire: &mut Wire,
        now: Instant,
    ) -> Self {
        let mut begun = Self { until: Some(now + TIMEOUT), ..Self::default() };
        for request in requests {
            match request {
                SideRequest::Name(name) => {
                    let lookup = Lookup::start(wire, link, name, &RESOLVER, now);
                    begun.names.extend(lookup.ok().map(|(lookup, _)| lookup));
                }
                SideRequest::Page(url) => {
                    let Ok(url) = Url::parse(url) else { continue };
                    let fetch = Fetch::start(wire, link, &url, head(&url), client, false, now);
                    begun.pages.extend(fetch.ok());
                }
            }
        }
        begun
    }

    /// Progress of an exchange, of these or not.
    pub(super) fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        self.names
            .retain_mut(|lookup| !lookup.owns(id) || lookup.exchange(wire, id, progress, now).is_none());
        self.pages.retain_mut(|page| !page.owns(id) || page.exchange(wire, id, progress, now).is_none());
    }

    /// Does what `now` asks for.
    pub(super) fn due(&mut self, wire: &mut Wire, now: Instant) {
        if self.until.is_some_and(|until| now >= until) {
            return std::mem::take(self).abandon(wire);
        }
        self.names.retain_mut(|lookup| lookup.due(wire, now).is_none());
        self.pages.retain_mut(|page| page.due(wire, now).is_none());
    }

    /// When [`SideRequests::due`] is to be called next.
    pub(super) fn timeout(&self) -> Option<Instant> {
        if self.names.is_empty() && self.pages.is_empty() {
            return None;
        }
        let names = self.names.iter().filter_map(Lookup::timeout);
        names.chain(self.pages.iter().filter_map(Fetch::timeout)).chain(self.until).min()
    }

    /// Closes what is still open.
    pub(super) fn abandon(self, wire: &mut Wire) {
        self.names.iter().for_each(|lookup| lookup.abandon(wire));
        self.pages.into_iter().for_each(|fetch| fetch.abandon(wire));
    }
}
