//! Liveness: after the last fault, within a bounded time, the device is on a home network, or
//! offers a portal, or has said that it opens one when it is unplugged and plugged in again, and does. At that portal
//! every owner who retries with the right passphrase succeeds and learns the outcome, and every phone shows its sheet.
//!
//! This module only judges. [`crate::world::virtual_time`] waits, lets owners start over who have given up, and unplugs
//! the device.

use std::time::Duration;

use vestibule_core::Ssid;
use vestibule_core::provisioning::ProvisioningState;

use super::{Violation, ViolationKind};

/// How long after the last fault, and after the last step of the script, all must be well. Chosen:
/// twice the longest wait that the portal has by default (a retry a minute, a result that waits
/// two), and time for a person, who may have to unplug the device before.
pub(crate) const BOUND: Duration = Duration::from_secs(10 * 60);

/// Virtual time after which a run is over, whatever happens.
pub(crate) const LONGEST: Duration = Duration::from_secs(4 * 3600);

/// The properties that are checked here and by the driver, which checks that a run ends: the name of each, and what it
/// says.
pub(crate) const ALL: [(&str, &str); 4] = [
    ("device-settles", "After the last fault the device is on a home network, or offers its portal."),
    ("owner-learns", "Whoever has submitted a network learns what came of it."),
    ("portal-shows", "Every phone at an open portal shows its sheet."),
    ("run-ends", "The world comes to rest: no run goes on without end."),
];

/// The state of a run after its last fault.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecoveryState {
    /// The device's state; `None` without power.
    pub state: Option<ProvisioningState>,
    /// The network that it is on.
    pub joined: Option<Ssid>,
    /// What is wrong with the address that it says that it has there.
    pub stale_address: Option<String>,
    /// Networks on the air for which there is an owner who wants the device there and knows the passphrase.
    pub wanted: Vec<Ssid>,
    /// Whether anything that an owner has submitted since then has joined.
    pub submitted: bool,
    /// Whether an owner has been told the outcome since then, or no owner can be told any more.
    pub told: bool,
    /// A phone that has not shown its sheet since then.
    pub without_sheet: Option<String>,
}

/// What the world has not recovered from. `None` once it has recovered.
#[must_use]
pub(crate) fn missing(state: &RecoveryState) -> Option<(&'static str, String)> {
    let told = !state.submitted || state.told;
    match (state.state, state.joined) {
        (Some(ProvisioningState::Connected), Some(_)) if state.stale_address.is_some() => {
            Some(("device-settles", state.stale_address.clone()?))
        }
        (Some(ProvisioningState::Connected), Some(_)) if told => None,
        (Some(ProvisioningState::Connected), Some(ssid)) => {
            Some(("owner-learns", format!("it joined \"{ssid}\" by what an owner typed, and none was told")))
        }
        (Some(_), _) if state.wanted.is_empty() => {
            let name = state.without_sheet.as_ref()?;
            Some(("portal-shows", format!("{name} shows no sheet, and the device is on no home network")))
        }
        (Some(device), _) => {
            let wanted: Vec<String> = state.wanted.iter().map(|ssid| format!("\"{ssid}\"")).collect();
            let wanted = wanted.join(", ");
            Some(("device-settles", format!("it is {device:?} and on no home network; owners want {wanted}")))
        }
        (None, _) => Some(("device-settles", "it has no power".into())),
    }
}

/// A violation of liveness.
#[must_use]
pub(crate) fn violation(name: &str, at: Duration, found: String, waits: Vec<String>) -> Violation {
    Violation { invariant: name.into(), kind: ViolationKind::Liveness, at, found, waits }
}
