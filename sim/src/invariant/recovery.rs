//! Liveness: after the last fault, within a bounded time, the device is on a home network, or
//! offers a portal at which every owner who retries with the right passphrase succeeds and learns
//! the outcome, and every phone shows its sheet.
//!
//! This is only the judgement. [`crate::world::virtual_time`] waits, and sends owners back who have
//! given up.

use std::time::Duration;

use vestibule_core::Ssid;
use vestibule_core::provisioning::State;

use super::{Kind, Violation};

/// How long after the last fault, and after the last step of the script, all must be well. Chosen:
/// twice the longest wait that the portal has by default (a knock a minute, a result that waits
/// two), and time for a person.
pub const BOUND: Duration = Duration::from_secs(10 * 60);

/// Virtual time after which a run is over, whatever happens.
pub const LONGEST: Duration = Duration::from_secs(4 * 3600);

/// The names of what is asked here, and by whoever waits: a run that goes round in circles has no end.
pub const NAMES: [&str; 4] = ["device-settles", "owner-learns", "portal-shows", "run-ends"];

/// How the world stands after the last fault.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// The device's state; `None` without power.
    pub state: Option<State>,
    /// The network that it is on.
    pub joined: Option<Ssid>,
    /// Networks that it could be got onto by an owner who wants one and knows its passphrase.
    pub wanted: Vec<Ssid>,
    /// Whether anything that an owner has submitted since then has joined.
    pub submitted: bool,
    /// Whether an owner has been told the outcome since then, or none is left who could be.
    pub told: bool,
    /// The phones and whether each has shown its sheet since then.
    pub sheets: Vec<(String, bool)>,
}

/// What is not well yet. `None` when all is.
#[must_use]
pub fn missing(standing: &Standing) -> Option<(&'static str, String)> {
    let told = !standing.submitted || standing.told;
    match (standing.state, standing.joined) {
        (Some(State::Connected), Some(_)) if told => None,
        (Some(State::Connected), Some(ssid)) => {
            Some(("owner-learns", format!("it joined \"{ssid}\" by what an owner typed, and none was told")))
        }
        (Some(_), _) if standing.wanted.is_empty() => {
            let (name, _) = standing.sheets.iter().find(|(_, sheet)| !sheet)?;
            Some(("portal-shows", format!("{name} shows no sheet, and the device is on no home network")))
        }
        (Some(state), _) => {
            let wanted: Vec<String> = standing.wanted.iter().map(|ssid| format!("\"{ssid}\"")).collect();
            let wanted = wanted.join(", ");
            Some(("device-settles", format!("it is {state:?} and on no home network; owners want {wanted}")))
        }
        (None, _) => Some(("device-settles", "it has no power".into())),
    }
}

/// A violation of liveness.
#[must_use]
pub fn violation(name: &str, at: Duration, found: String, waits: Vec<String>) -> Violation {
    Violation { invariant: name.into(), kind: Kind::Liveness, at, found, waits }
}
