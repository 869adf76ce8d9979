//! What a scenario may not say of what goes wrong in it.

use super::super::{PhoneSpec, Scenario};
use crate::fault::Fault;

/// What contradicts itself in a fault, in this world.
///
/// # Errors
/// What was expected instead.
pub(crate) fn check_fault(fault: &Fault, scenario: &Scenario) -> Result<(), String> {
    match fault {
        Fault::Loss { percent, .. }
        | Fault::Reorder { percent, .. }
        | Fault::Duplicate { percent, .. }
        | Fault::Corrupt { percent, .. }
            if !(1..=100).contains(percent) =>
        {
            Err("expected `percent` from 1 to 100".into())
        }
        Fault::Bursts { percent, .. } if !(1..=90).contains(percent) => {
            Err("expected `percent` from 1 to 90".into())
        }
        Fault::Driver { times: 0, .. } | Fault::DriverLate { times: 0, .. } => {
            Err("expected `times` from 1 on".into())
        }
        Fault::Bursts { length: 0, .. } => Err("expected `length` from 1 on".into()),
        Fault::Deauthenticate { phone, .. }
        | Fault::StalledOwner { phone, .. }
        | Fault::ClearRequest { phone }
        | Fault::GoesElsewhere { phone, .. } => phone_of(scenario, *phone).map(|_| ()),
        Fault::Deviation { phone, .. } => match phone_of(scenario, *phone)?.wants {
            Some(_) => Ok(()),
            None => Err(format!("phone {phone} has no `wants`: its owner only looks, and fills in no form")),
        },
        Fault::RouterReboot { network, .. }
        | Fault::ChannelMove { network, .. }
        | Fault::Fade { network, .. }
        | Fault::LeaseChange { network, .. }
            if !scenario.networks.iter().any(|there| there.ssid.get_ref() == network) =>
        {
            Err(format!("no [[network]] is called \"{}\"", network.0))
        }
        Fault::ChannelMove { channel, .. } if !(1..=14).contains(channel) => {
            Err("expected a channel from 1 to 14".into())
        }
        _ => Ok(()),
    }
}

fn phone_of(scenario: &Scenario, number: usize) -> Result<&PhoneSpec, String> {
    let phone = number.checked_sub(1).and_then(|index| scenario.phones.get(index));
    phone.ok_or_else(|| match scenario.phones.len() {
        0 => format!("there is no phone {number}: there are none"),
        phones => format!("there is no phone {number}: expected one from 1 to {phones}"),
    })
}
