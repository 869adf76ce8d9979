//! The messages for a device that has this project's firmware and runs outside the simulator: what it is to be, and what
//! its radio reports. Which way they go is each driver's.

use vestibule_core::RadioEvent;
use vestibule_device_protocol::{DeviceSecret, FromHost, Start, StationEvent};

use super::World;
use crate::webhook::BEGINNING;

/// The name that redirects go to is longer than a name of the DNS.
#[derive(Debug)]
pub(super) struct LongName;

/// What tells the device that has booted what it is to be, the start last. `seed` is that of its random bytes; the receiver
/// of its webhook listens at `receiver_port`, and the run has lasted for so many seconds.
pub(super) fn start(
    world: &mut World,
    seed: u64,
    receiver_port: u16,
    seconds: u64,
) -> Result<Vec<FromHost>, LongName> {
    let mut messages = Vec::new();
    let config = world.device().config().clone();
    if let Some(host) = config.redirect_host {
        messages.push(FromHost::RedirectHost(host.try_into().map_err(|_| LongName)?));
    }
    if let Some(url) = config.captive_portal {
        // An option of DHCP has room for no longer one.
        if let Ok(url) = url.as_str().try_into() {
            messages.push(FromHost::CaptivePortal(url));
        }
    }
    if world.device().has_webhook() {
        messages.push(FromHost::Webhook { port: receiver_port, seconds: BEGINNING + seconds });
    }
    if let Some(code) = config.label_code {
        messages.push(FromHost::LabelCode(code.clone()));
    }
    if let Some(key) = world.device().key() {
        messages.push(FromHost::DeviceKey(DeviceSecret(*key.expose())));
    }
    messages.push(FromHost::Start(Start { seed, config }));
    Ok(messages)
}

/// The message that tells the device of a radio event. `decides` says that the air decides on the station's address; a
/// device with a stack of its own on the home network has reported that itself.
pub(super) fn of_radio(event: RadioEvent, attempt: u32, decides: bool) -> Option<FromHost> {
    let of_station = |event| FromHost::Station { attempt, event };
    Some(match event {
        RadioEvent::AccessPointUp => FromHost::AccessPointUp,
        RadioEvent::AccessPointDown => FromHost::AccessPointDown,
        RadioEvent::NetworkFound(record) => FromHost::NetworkFound(record),
        RadioEvent::ScanFinished => FromHost::ScanFinished,
        RadioEvent::Joined(link) if decides => of_station(StationEvent::Joined(link)),
        RadioEvent::Joined(_) => return None,
        RadioEvent::JoinFailed(failure) => of_station(StationEvent::JoinFailed(failure)),
        RadioEvent::JoinAborted { reason, stage } => of_station(StationEvent::JoinAborted { reason, stage }),
        RadioEvent::Disconnected => of_station(StationEvent::Disconnected),
        unknown => {
            tracing::warn!("the device protocol has no message for {unknown:?}");
            return None;
        }
    })
}
