//! iOS, iPadOS and macOS: CaptiveNetworkSupport probes, the sheet opens by itself. One machine, a
//! generation of data for each version (`generations`).
//!
//! Modelled is a network joined by its owner, in the settings or by the camera, or automatically. Not modelled:
//! what an automatic join asks besides, Hotspot Helper apps,
//! Private Relay's names, the check of a broken backhaul (netcts.cdn-apple.com), the locked screen.

mod disputes;
mod features;
pub(in crate::phone) mod generation;
mod generations;
pub(in crate::phone) mod probe;
mod rules;
mod system;
mod transitions;

pub(in crate::phone) use disputes::DISPUTES;

use crate::phone::model::Model;

/// Every model, oldest first within each system.
pub(in crate::phone) fn models() -> impl Iterator<Item = &'static Model> {
    generations::MODELS.iter()
}
