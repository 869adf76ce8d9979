//! Android: NetworkMonitor evaluates the network, CaptivePortalLogin is the sheet. One machine, a
//! [`Generation`] of data for each version and for the makers that changed it.
//!
//! Not modelled: Private DNS, the custom-tabs sheet.

mod evaluation;
mod generations;
mod makers;
pub(super) mod request;
pub(super) mod rules;
mod samsung;
pub(super) mod sheet;
mod steps;

use vestibule_core::Instant;

use self::evaluation::{Evaluation, Settings};
use self::request::Shape;
use self::sheet::Sheet;
use super::capport;
use super::fetch::Manner;
use super::judge::Release;
use super::machine::table::Behaviour;
use super::machine::{Check, Situation};
use super::model::Model;
use super::wire::Wire;
use super::{Link, Rule};

/// What differs between versions and makers.
#[derive(Debug)]
pub(super) struct Generation {
    pub(super) release: Release,
    /// What is asked over HTTP, over HTTPS beside it, and when both leave a doubt.
    pub(super) http: &'static str,
    pub(super) https: Option<&'static str>,
    pub(super) fallbacks: &'static [&'static str],
    pub(super) shape: Shape,
    pub(super) agent: &'static str,
    pub(super) manner: &'static Manner,
    pub(super) private_address: PrivateAddress,
    /// Whether the captive portal API is asked.
    pub(super) asks_api: bool,
    pub(super) behaviour: Behaviour,
    /// Rules that no table has: requests, patience, what is assumed.
    pub(super) facts: &'static [&'static [&'static Rule]],
}

/// What a private address of the HTTP probe's host means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrivateAddress {
    /// Nothing.
    Ignored,
    /// No internet, where the option is on.
    ByOption,
    /// No internet.
    NoInternet,
}

pub(super) fn start(
    generation: &'static Generation,
    wire: &mut Wire,
    situation: &Situation,
    now: Instant,
) -> Box<dyn Check> {
    let fallbacks = generation.fallbacks;
    // A random one every time but the first, even if it will not be needed.
    let index = match situation.checks_before {
        0 => 0,
        _ => wire.choose(fallbacks.len()),
    };
    let settings = Settings {
        link: situation.link,
        generation,
        use_https: !situation.http_alone,
        refuse_private: match generation.private_address {
            PrivateAddress::Ignored => false,
            PrivateAddress::ByOption => situation.options.private_address_is_no_internet,
            PrivateAddress::NoInternet => true,
        },
        fallback: fallbacks.get(index).or(fallbacks.first()).copied(),
    };
    let announced = situation.captive_portal_api.as_deref().filter(|_| generation.asks_api);
    let api = announced.and_then(capport::usable);
    Box::new(Evaluation::start(wire, settings, api.as_ref(), now))
}

/// The sheet's own checks, which it makes up to 10.
pub(super) fn page_checks(generation: &'static Generation, link: Link, url: &str) -> Option<Sheet> {
    (!generation.release.is_at_least(11)).then(|| Sheet::new(link, url, generation.agent))
}

/// Every model, oldest first.
pub(super) fn models() -> impl Iterator<Item = &'static Model> {
    generations::MODELS.iter().chain(&samsung::MODELS).chain(&makers::MODELS)
}
