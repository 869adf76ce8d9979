//! A generation of Apple's systems as the machine, the explanation and the recognition see it.

use url::Url;
use vestibule_core::Instant;

use super::generation::Generation;
use super::probe::{self, Probe};
use super::rules;
use crate::phone::check::{Check, Situation};
use crate::phone::engines;
use crate::phone::judge::client::Client;

use crate::phone::rule::Rule;
use crate::phone::system::{System, requests_for};
use crate::phone::table::Behaviour;
use crate::phone::wire::{CheckRoute, Wire};

impl System for Generation {
    fn behaviour(&self) -> Behaviour {
        self.behaviour
    }

    fn start(&'static self, wire: &mut Wire, situation: &Situation, now: Instant) -> Box<dyn Check> {
        Box::new(Probe::start(wire, situation, self, now))
    }

    fn under_vpn(&self) -> Option<CheckRoute> {
        Some(CheckRoute::Dropped)
    }

    fn under_proxy(&self) -> Option<CheckRoute> {
        Some(CheckRoute::Proxy)
    }

    fn client(&self) -> Client {
        Client::Apple
    }

    fn facts(&self) -> Vec<&'static Rule> {
        let facts = self.facts.iter().copied().flatten().copied();
        let reading = engines::CFNETWORK.rules;
        facts.chain([self.sheet.rule(), &rules::VPN, &rules::PROXY]).chain(reading.iter().copied()).collect()
    }

    fn asks(&self) -> Vec<(&'static str, String)> {
        let mut asks = self.probes.words();
        if self.asks_api {
            asks.push(("instead, if announced", "the captive portal API (DHCP option 114)".to_owned()));
        }
        asks
    }

    fn requests(&self) -> Vec<(Url, Vec<u8>)> {
        requests_for(self.probes.urls(), |url| probe::request(url, self.shape, self.agent))
    }
}
