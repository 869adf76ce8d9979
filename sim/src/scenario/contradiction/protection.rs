//! What contradicts itself in the protection of the device's access point, and in what owners type for it.

use vestibule_core::OwnPassphrase;

use super::super::Scenario;
use super::Contradiction;
use crate::phone::{self, JoinsBy};
use crate::radio::SecurityKind;
use crate::scenario::{PhoneSpec, Try};

/// The first contradiction.
pub(super) fn check(scenario: &Scenario) -> Result<(), Contradiction> {
    let device = &scenario.device;
    let message = match device.security.get_ref() {
        SecurityKind::Enterprise => Some("the device's own access point asks for no user name"),
        SecurityKind::FtPsk => {
            Some("the device's own access point is one of none that a phone moves between")
        }
        SecurityKind::Unsupported => Some("the device's own access point is protected as the device can"),
        _ => None,
    };
    if let Some(message) = message {
        let message = format!("{message}: expected open, wpa2, wpa2-wpa3 or wpa3");
        return Err((device.security.span(), message));
    }
    if let Some(given) = &device.passphrase {
        if !device.is_protected() {
            return Err((given.span(), "an open access point has no passphrase: expected `security`".into()));
        }
        OwnPassphrase::new(given.get_ref().0.expose(), &device.name.get_ref().0)
            .map_err(|error| (given.span(), error.to_string()))?;
    }
    check_code(scenario)?;
    for phone in &scenario.phones {
        check_camera(phone)?;
        if phone.label_tries.iter().any(|typed| matches!(typed, Try::Key | Try::Text(_))) {
            let message = "the label has one passphrase: expected right, wrong or too-short in `label_tries`";
            return Err((phone.model.span(), message.into()));
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

/// The code on the label, and what is read by whoever is not to read it.
fn check_code(scenario: &Scenario) -> Result<(), Contradiction> {
    let device = &scenario.device;
    if let Some(given) = &device.label_code {
        if device.is_protected() {
            let message = "the code of a protected access point is its passphrase: expected an open one";
            return Err((given.span(), message.into()));
        }
        OwnPassphrase::new(given.get_ref().0.expose(), &device.name.get_ref().0)
            .map_err(|error| (given.span(), error.to_string()))?;
    }
    if device.is_protected() && scenario.expect.passphrase_on_air.is_some() {
        let message =
            "whoever listens to an access point that encrypts hears nothing: expected no `passphrase_on_air`";
        return Err((device.security.span(), message.into()));
    }
    for phone in &scenario.phones {
        let has_code = device.is_protected() || device.label_code.is_some();
        if phone.types_code.is_some() && !has_code {
            return Err((phone.model.span(), "the device has no code: expected `label_code`".into()));
        }
        if phone.expect.read_in_between.is_some() && !phone.in_between {
            return Err((phone.model.span(), "nobody is in between: expected `in_between = true`".into()));
        }
    }
    Ok(())
}

/// A camera types nothing, and not every system has one that joins networks.
fn check_camera(phone: &PhoneSpec) -> Result<(), Contradiction> {
    if *phone.joins_by.get_ref() != JoinsBy::Camera {
        return Ok(());
    }
    if phone.label_tries != [Try::Right] {
        let message = "a camera reads the label, and nobody types: expected no `label_tries`";
        return Err((phone.joins_by.span(), message.into()));
    }
    // An unknown model is told of where the model is.
    let model = phone::by_id(phone.model.get_ref()).ok();
    match model.filter(|model| !model.camera_reads_codes()) {
        Some(model) => Err((
            phone.joins_by.span(),
            format!(
                "{} has no camera that is known to join a network by a code: expected \"settings\" or \"automatically\"",
                model.name
            ),
        )),
        None => Ok(()),
    }
}
