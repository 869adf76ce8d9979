//! A generation of Android as the machine, the explanation and the recognition see it.

use url::Url;
use vestibule_core::Instant;

use super::evaluation::{Evaluation, Settings};
use super::generation::{Generation, PrivateAddress};
use super::private_dns::PrivateDnsCheck;
use super::request;
use super::sheet::Sheet;
use super::{rules, transitions};
use crate::phone::capport;
use crate::phone::check::{Check, SheetCheck, Situation};
use crate::phone::exchange::Link;
use crate::phone::judge::case::{Case, When};
use crate::phone::judge::client::Client;
use crate::phone::judge::failure::Failure;
use crate::phone::options::{Options, PrivateDns};
use crate::phone::rule::Rule;
use crate::phone::system::{System, hosts_of, requests_for};
use crate::phone::table::Behaviour;
use crate::phone::wire::{CheckRoute, Wire};

/// Chrome's, reduced as Chrome reduces it.
const CUSTOM_TAB_AGENT: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                                Chrome/134.0.0.0 Mobile Safari/537.36";

impl System for Generation {
    fn behaviour(&self) -> Behaviour {
        self.behaviour
    }

    fn behaviour_with(&self, options: &Options) -> Behaviour {
        let is_bound_past_dns = options.private_dns.provider().is_none() || self.release.is_at_least(16);
        match options.custom_tabs && self.has_custom_tabs() && is_bound_past_dns {
            true => transitions::with_custom_tab(CUSTOM_TAB_AGENT),
            false => self.behaviour,
        }
    }

    fn has_custom_tabs(&self) -> bool {
        self.release.is_at_least(12)
    }

    fn start(&'static self, wire: &mut Wire, situation: &Situation, now: Instant) -> Box<dyn Check> {
        // A random one every time but the first, even if it will not be needed.
        let index = match situation.checks_before {
            0 => 0,
            _ => wire.choose(self.fallbacks.len()),
        };
        let settings = Settings {
            link: situation.link,
            generation: self,
            use_https: !situation.http_alone,
            refuse_private: match self.private_address {
                PrivateAddress::Ignored => false,
                PrivateAddress::ByOption => situation.options.private_address_is_no_internet,
                PrivateAddress::NoInternet => true,
            },
            fallback: self.fallbacks.get(index).or(self.fallbacks.first()).copied(),
        };
        let announced = situation.captive_portal_api.as_deref().filter(|_| self.asks_api);
        let api = announced.and_then(capport::usable);
        let evaluation = Evaluation::start(wire, settings, api.as_ref(), now);
        match &situation.options.private_dns {
            setting if *setting != PrivateDns::Off && self.has_private_dns() => {
                let is_first = situation.checks_before == 0;
                Box::new(PrivateDnsCheck::start(wire, evaluation, situation.link, setting, is_first, now))
            }
            _ => Box::new(evaluation),
        }
    }

    fn under_vpn(&self) -> Option<CheckRoute> {
        self.release.is_at_least(10).then_some(CheckRoute::Direct)
    }

    fn browser_tries_https(&self) -> bool {
        self.release.is_at_least(10)
    }

    fn under_proxy(&self) -> Option<CheckRoute> {
        Some(CheckRoute::Proxy)
    }

    fn has_private_dns(&self) -> bool {
        self.release.is_at_least(9)
    }

    /// The sheet's own checks, which it makes up to 10.
    fn sheet_check(&self, link: Link, url: &str) -> Option<Box<dyn SheetCheck>> {
        (!self.release.is_at_least(11))
            .then(|| Box::new(Sheet::new(link, url, self.agent, self.further_client)) as _)
    }

    fn client(&self) -> Client {
        Client::Android(self.release)
    }

    fn cases(&self) -> Vec<&'static Case> {
        let minds_private = self.private_address != PrivateAddress::Ignored;
        let is_private = When::Failed(&[Failure::PrivateAddress]);
        let cases = self.client().cases().iter();
        cases.filter(|case| minds_private || !case.when.contains(&is_private)).collect()
    }

    fn facts(&self) -> Vec<&'static Rule> {
        let of_tabs = rules::FROM_12.iter().filter(|_| self.has_custom_tabs());
        self.facts.iter().copied().flatten().chain(self.own_facts).chain(of_tabs).copied().collect()
    }

    fn asks(&self) -> Vec<(&'static str, String)> {
        let mut asks = vec![("first", self.http.to_owned())];
        asks.extend(self.https.map(|url| ("beside it", url.to_owned())));
        asks.extend(self.fallbacks.iter().map(|url| ("when in doubt, one of", (*url).to_owned())));
        if self.asks_api {
            asks.push(("before, if announced", "the captive portal API (DHCP option 114)".to_owned()));
        }
        asks
    }

    fn requests(&self) -> Vec<(Url, Vec<u8>)> {
        let urls = [self.http].into_iter().chain(self.fallbacks.iter().copied());
        requests_for(urls, |url| request::probe(url, self.shape, self.agent))
    }

    fn further_names(&self) -> Vec<String> {
        hosts_of(self.https)
    }
}
