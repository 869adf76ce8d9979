//! Android: NetworkMonitor evaluates the network, CaptivePortalLogin is the sheet. One machine, a
//! generation of data for each version (`generations`) and for the makers that changed it (`samsung`,
//! `makers`).
//!
//! Not modelled: Private DNS that is changed while a Custom Tab is open.

mod disputes;
mod evaluation;
mod features;
mod generation;
mod generations;
mod makers;
mod private_dns;
pub(in crate::phone) mod request;
mod rules;
mod samsung;
mod sheet;
mod system;
mod transitions;

pub(in crate::phone) use disputes::DISPUTES;

use crate::phone::model::Model;

/// An Android that checks at this URL, of http.
pub(in crate::phone) fn own_host(host: &str, http: &str) -> &'static Model {
    makers::own_host(host, http)
}

/// Every model, oldest first.
pub(in crate::phone) fn models() -> impl Iterator<Item = &'static Model> {
    generations::MODELS.iter().chain(&samsung::MODELS).chain(&makers::MODELS)
}
