//! The state of a device that reports none, as it can be seen from outside: by its access point, its joins, and the
//! network that it is on.

use vestibule_core::Event;
use vestibule_core::provisioning::{Input, ProvisioningState};

use crate::radio::Air;
use crate::scenario::StateName;

/// Whether a step can wait for this state of a device that reports none.
pub(super) fn can_be_seen(state: StateName) -> bool {
    matches!(state, StateName::Connecting | StateName::PortalOpen | StateName::Joining | StateName::Connected)
}

/// The state that can be seen. A device that keeps its access point once it has joined counts as connected.
pub(super) fn state(air: &Air, joins: bool) -> ProvisioningState {
    match (air.joined_network().is_some(), joins, air.access_point_is_up()) {
        (true, _, _) => ProvisioningState::Connected,
        (false, true, true) => ProvisioningState::Joining,
        (false, true, false) => ProvisioningState::Connecting,
        (false, false, true) => ProvisioningState::PortalOpen,
        (false, false, false) => ProvisioningState::Idle,
    }
}

/// The event for a change of what can be seen. What has led to it is supposed.
pub(super) fn change(from: ProvisioningState, to: ProvisioningState) -> Event {
    let on = match (from, to) {
        (_, ProvisioningState::Connected) => Input::Joined,
        (_, ProvisioningState::Joining) => Input::Submitted,
        (_, ProvisioningState::Connecting) => Input::StartStored,
        (ProvisioningState::Joining | ProvisioningState::Connecting, _) => Input::JoinFailed,
        (ProvisioningState::Connected, _) => Input::Disconnected,
        (_, ProvisioningState::PortalOpen) => Input::StartEmpty,
        _ => Input::Timeout,
    };
    Event::State { from, on, to }
}
