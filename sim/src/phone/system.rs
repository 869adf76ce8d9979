//! What a family brings: its tables, its check, and what it asks.

use url::Url;
use vestibule_core::Instant;

use super::check::{Check, SheetCheck, Situation};
use super::exchange::Link;
use super::judge::case::{Case, Then};
use super::judge::client::Client;
use super::options::Options;
use super::rule::Rule;
use super::table::Behaviour;
use super::wire::{CheckRoute, Wire};

/// An operating system, or a browser with a check of its own, in one of its versions.
///
/// The machine runs it, [`super::explain`] prints it and [`super::recognise`] tells it by its requests;
/// none of the three knows which families there are.
pub(super) trait System: Sync {
    /// The tables that the machine runs on.
    fn behaviour(&self) -> Behaviour;

    /// The same, where something else is set.
    fn behaviour_with(&self, _options: &Options) -> Behaviour {
        self.behaviour()
    }

    /// Whether a Custom Tab may take the place of its sheet.
    fn has_custom_tabs(&self) -> bool {
        false
    }

    /// Begins a check.
    fn start(&'static self, wire: &mut Wire, situation: &Situation, now: Instant) -> Box<dyn Check>;

    /// The checks that its sign-in page makes by itself, where it makes any. The page loads `url`.
    fn sheet_check(&self, _link: Link, _url: &str) -> Option<Box<dyn SheetCheck>> {
        None
    }

    /// The client that judges a recorded reply to its HTTP probe.
    fn client(&self) -> Client;

    /// The rows by which it judges a reply, without those that cannot come about.
    fn cases(&self) -> Vec<&'static Case> {
        self.client().cases().iter().collect()
    }

    /// Rules that are in no table.
    fn facts(&self) -> Vec<&'static Rule>;

    /// Its conclusion about a portal in setup that redirects everything to itself, in
    /// [`super::Verdict::word`]s.
    fn concludes_at_a_portal(&self) -> &'static str {
        let knows_portals = self.cases().iter().any(|case| matches!(case.then, Then::Portal(_)));
        if knows_portals { "portal" } else { "no-internet" }
    }

    /// When it asks, and what, in words.
    fn asks(&self) -> Vec<(&'static str, String)>;

    /// What it sends over HTTP, as far as that is not random.
    fn requests(&self) -> Vec<(Url, Vec<u8>)>;

    /// The pages that it asks for at the same time, whatever they answer.
    fn side_pages(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Whether its sign-in page goes by the network that was checked, whatever the default route.
    fn page_is_bound(&self) -> bool {
        true
    }

    /// The way of its check where a VPN is always on; `None` where nobody has said.
    fn under_vpn(&self) -> Option<CheckRoute> {
        None
    }

    /// The way of its check where the system's proxy is set; `None` where nobody has said.
    fn under_proxy(&self) -> Option<CheckRoute> {
        None
    }

    /// Whether its ordinary browser tries HTTPS first, as Chrome does.
    fn browser_tries_https(&self) -> bool {
        false
    }

    /// Whether it has the setting "Private DNS".
    fn has_private_dns(&self) -> bool {
        false
    }

    /// Whether this is one of the names that it asks for.
    fn asks_for_name(&self, name: &str) -> bool {
        let requests = self.requests();
        let hosts = requests.iter().filter_map(|(url, _)| url.host_str().map(str::to_owned));
        hosts.chain(self.further_names()).any(|own| own.eq_ignore_ascii_case(name))
    }

    /// Names that it asks for without a request of [`System::requests`].
    fn further_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether it sends such a request to this host and path.
    fn asks_for_page(&self, _method: &str, host: &str, path: &str) -> bool {
        let is_there = |(url, _): &(Url, Vec<u8>)| {
            url.host_str() == Some(host) && url[url::Position::BeforePath..] == *path
        };
        self.requests().iter().any(is_there)
    }
}

/// The requests for these URLs, as far as they are URLs.
pub(super) fn requests_for<'u>(
    urls: impl IntoIterator<Item = &'u str>,
    request: impl Fn(&Url) -> Vec<u8>,
) -> Vec<(Url, Vec<u8>)> {
    let urls = urls.into_iter().filter_map(|url| Url::parse(url).ok());
    urls.map(|url| (request(&url), url)).map(|(bytes, url)| (url, bytes)).collect()
}

/// The hosts of these URLs.
pub(super) fn hosts_of<'u>(urls: impl IntoIterator<Item = &'u str>) -> Vec<String> {
    let hosts = urls.into_iter().filter_map(|url| Url::parse(url).ok()?.host_str().map(str::to_owned));
    hosts.collect()
}
