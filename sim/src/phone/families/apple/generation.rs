//! What differs between the versions of iOS, iPadOS and macOS. The versions themselves are in
//! `generations`.

use crate::phone::rule::Rule;
use crate::phone::table::Behaviour;

/// What differs between versions.
#[derive(Debug)]
pub(super) struct Generation {
    pub(super) probes: Probes,
    /// As the probe names itself.
    pub(super) agent: &'static str,
    pub(super) shape: RequestShape,
    /// Whether the HTTPS record is asked for before the address.
    pub(super) service_question: bool,
    /// Which page the sheet loads, and how well that is known.
    pub(super) sheet: SheetPage,
    /// Whether the captive portal API is asked.
    pub(super) asks_api: bool,
    /// Whether a refused port 443 suppresses the sheet.
    pub(super) minds_port_443: bool,
    pub(super) behaviour: Behaviour,
    /// Rules that no table has: requests, timeouts, what is assumed.
    pub(super) facts: &'static [&'static [&'static Rule]],
}

/// Which URLs are asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Probes {
    /// Always this URL.
    Always(&'static str),
    /// The first until the sheet has opened, then the second.
    Then(&'static str, &'static str),
    /// Three random words at one of these hosts.
    RandomPath(&'static [&'static str]),
}

impl Probes {
    /// The URLs, without the words that are drawn.
    pub(super) fn urls(self) -> Vec<&'static str> {
        match self {
            Self::Always(url) => vec![url],
            Self::Then(first, later) => vec![first, later],
            Self::RandomPath(hosts) => hosts.to_vec(),
        }
    }

    /// What is asked, and when, in words.
    pub(super) fn words(self) -> Vec<(&'static str, String)> {
        match self {
            Self::Always(url) => vec![("always", url.to_owned())],
            Self::Then(first, later) => {
                vec![("first", first.to_owned()), ("once the sheet opened", later.to_owned())]
            }
            Self::RandomPath(hosts) => {
                hosts.iter().map(|host| ("one of", format!("{host}<three random words>.html"))).collect()
            }
        }
    }
}

/// The order of the probe's header lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::phone) enum RequestShape {
    /// Host, Connection, User-Agent.
    AgentLast,
    /// Host, User-Agent, Connection.
    ConnectionLast,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum SheetPage {
    Probe(&'static Rule),
    Redirect(&'static Rule),
    /// This page, whatever the portal says.
    Fixed(&'static str, &'static Rule),
}

impl SheetPage {
    pub(super) fn rule(self) -> &'static Rule {
        match self {
            Self::Probe(rule) | Self::Redirect(rule) | Self::Fixed(_, rule) => rule,
        }
    }
}
