//! What cannot be with the key that the device's chip is said to have.

use super::Contradiction;
use crate::scenario::{Scenario, StoredSeal};

pub(super) fn check(scenario: &Scenario) -> Result<(), Contradiction> {
    let device = &scenario.device;
    let Some(seal) = &device.stored_seal else { return Ok(()) };
    if device.stored.is_none() && device.also_stored.is_empty() {
        return Err((seal.span(), "nothing is stored that could be sealed: expected `stored`".into()));
    }
    if *seal.get_ref() != StoredSeal::InClear && !device.seal_flash {
        return Err((seal.span(), "expected `seal_flash = true`, or \"in-clear\"".into()));
    }
    Ok(())
}
