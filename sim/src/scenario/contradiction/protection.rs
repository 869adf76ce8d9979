//! What contradicts itself in the protection of the device's access point, and in what owners type for it.

use vestibule_core::OwnPassphrase;

use super::super::Scenario;
use super::Contradiction;
use crate::phone::JoinsBy;
use crate::radio::SecurityKind;
use crate::scenario::Try;

/// The first contradiction.
pub(super) fn check(scenario: &Scenario) -> Result<(), Contradiction> {
    let device = &scenario.device;
    if *device.security.get_ref() == SecurityKind::Enterprise {
        let message =
            "the device's own access point asks for no user name: expected open, wpa2, wpa2-wpa3 or wpa3";
        return Err((device.security.span(), message.into()));
    }
    if let Some(given) = &device.passphrase {
        if !device.is_protected() {
            return Err((given.span(), "an open access point has no passphrase: expected `security`".into()));
        }
        OwnPassphrase::new(given.get_ref().0.expose(), &device.name.get_ref().0)
            .map_err(|error| (given.span(), error.to_string()))?;
    }
    for phone in &scenario.phones {
        if *phone.joins_by.get_ref() == JoinsBy::Camera && phone.label_tries != [Try::Right] {
            let message = "a camera reads the label, and nobody types: expected no `label_tries`";
            return Err((phone.joins_by.span(), message.into()));
        }
        let expect = &phone.expect;
        if !device.lets_on(phone) && (expect.sheet == Some(true) || expect.told == Some(true)) {
            let message =
                "a phone without the label's passphrase sees no portal: expected \"right\" in `label_tries`";
            return Err((phone.model.span(), message.into()));
        }
    }
    Ok(())
}
