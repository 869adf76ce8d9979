//! What cannot be with the radio that the device is said to have.

use super::Contradiction;
use crate::scenario::{PhoneSpec, Scenario};

pub(super) fn check(scenario: &Scenario) -> Result<(), Contradiction> {
    let (device, radio) = (&scenario.device, &scenario.device.radio);
    let capabilities = radio.capabilities();
    if let Some(channels) = &radio.channels {
        if channels.get_ref().iter().any(|channel| !(1..=14).contains(channel)) {
            return Err((channels.span(), "expected channels from 1 to 14".into()));
        }
        if !channels.get_ref().iter().any(|channel| capabilities.may_use(*channel)) {
            let message = "a radio without a channel does nothing: expected one that its country allows";
            return Err((channels.span(), message.into()));
        }
    }
    if let Some(channel) = device.channel.as_ref().filter(|channel| !capabilities.may_use(*channel.get_ref()))
    {
        let message = "the radio may not use this channel: expected one of `radio` that its country allows";
        return Err((channel.span(), message.into()));
    }
    if capabilities.concurrent {
        return Ok(());
    }
    if device.result_timeout.is_some() || device.ap_shutdown_delay.is_some() || device.stay_captive {
        let message = "the access point of a radio that is not concurrent is closed before there is a result: \
                       expected no `result_timeout`, `ap_shutdown_delay` or `stay_captive`";
        return Err((radio.concurrent.span(), message.into()));
    }
    scenario.phones.iter().try_for_each(check_phone)
}

fn check_phone(phone: &PhoneSpec) -> Result<(), Contradiction> {
    if phone.visits && !phone.by_name {
        let message = "with a radio that is not concurrent no owner is told the device's address: expected \
                       `by_name = true` beside `visits = true`";
        return Err((phone.model.span(), message.into()));
    }
    Ok(())
}
