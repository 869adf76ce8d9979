//! What goes wrong between the boards' layer and the driver of a chip's radio, as scenarios say it and as the device is told.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_device_protocol as protocol;

/// A call of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DriverCall {
    /// The access point is to be raised.
    Raise,
    /// The access point is to be dropped.
    Drop,
    /// A scan.
    Scan,
    /// A network is to be joined.
    Join,
    /// The network is to be left.
    Leave,
    /// The end of the network that was joined is waited for.
    Wait,
    /// The radio is to be restarted.
    Restart,
}

impl DriverCall {
    /// Every call.
    pub const ALL: [Self; 7] =
        [Self::Raise, Self::Drop, Self::Scan, Self::Join, Self::Leave, Self::Wait, Self::Restart];

    fn of_protocol(self) -> protocol::DriverCall {
        match self {
            Self::Raise => protocol::DriverCall::Raise,
            Self::Drop => protocol::DriverCall::Drop,
            Self::Scan => protocol::DriverCall::Scan,
            Self::Join => protocol::DriverCall::Join,
            Self::Leave => protocol::DriverCall::Leave,
            Self::Wait => protocol::DriverCall::Wait,
            Self::Restart => protocol::DriverCall::Restart,
        }
    }
}

impl fmt::Display for DriverCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.of_protocol().name())
    }
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DriverDoes {
    /// It fails, and the radio does nothing any more: neither access point nor station.
    Fails,
    /// Nothing happens, and it never returns.
    Hangs,
    /// It is done, and its event is lost: it never returns.
    LosesEvent,
    /// It returns at once and nothing has happened. Of `wait`: an event of before comes twice.
    ReturnsEarly,
    /// The firmware panics in it, and the chip starts anew.
    Resets,
    /// It takes the event of an earlier call for its own, and fails by it. The radio does what it was asked for, and the call's
    /// own event comes when nobody waits for it. Of `wait`: as `returns-early`.
    TakesAnotherEvent,
}

impl DriverDoes {
    /// Everything that goes wrong with a call, but that it is late.
    pub const ALL: [Self; 6] = [
        Self::Fails,
        Self::Hangs,
        Self::LosesEvent,
        Self::ReturnsEarly,
        Self::Resets,
        Self::TakesAnotherEvent,
    ];

    fn of_protocol(self) -> protocol::DriverFaultKind {
        match self {
            Self::Fails => protocol::DriverFaultKind::Fails,
            Self::Hangs => protocol::DriverFaultKind::Hangs,
            Self::LosesEvent => protocol::DriverFaultKind::EventLost,
            Self::ReturnsEarly => protocol::DriverFaultKind::Early,
            Self::Resets => protocol::DriverFaultKind::Resets,
            Self::TakesAnotherEvent => protocol::DriverFaultKind::OutOfOrder,
        }
    }
}

impl fmt::Display for DriverDoes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fails => "fails",
            Self::Hangs => "hangs",
            Self::LosesEvent => "loses its event",
            Self::ReturnsEarly => "returns early",
            Self::Resets => "resets the chip",
            Self::TakesAnotherEvent => "takes another's event",
        })
    }
}

/// What the device is told of a call that goes wrong.
pub(crate) fn goes_wrong(call: DriverCall, does: DriverDoes, times: u8) -> protocol::DriverFault {
    let (call, kind) = (call.of_protocol(), does.of_protocol());
    protocol::DriverFault { call, kind, times: times.into() }
}

/// What the device is told of a call that is late.
pub(crate) fn is_late(call: DriverCall, by: Duration, times: u8) -> protocol::DriverFault {
    let (call, kind) = (call.of_protocol(), protocol::DriverFaultKind::Late(by));
    protocol::DriverFault { call, kind, times: times.into() }
}

/// What the device is told of a driver that says false strengths, or the true ones again.
pub(crate) fn says_signal(is_false: bool) -> protocol::DriverFault {
    let kind = protocol::DriverFaultKind::FalseSignal;
    protocol::DriverFault { call: protocol::DriverCall::Scan, kind, times: is_false.into() }
}

/// What takes back whatever is left of the faults of a call.
pub(crate) fn is_well(call: DriverCall) -> protocol::DriverFault {
    goes_wrong(call, DriverDoes::Fails, 0)
}
