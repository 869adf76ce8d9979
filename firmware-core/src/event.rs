//! What the portal reports: everything that an application, a log or a trace may want to know,
//! and no secret.

use core::fmt;

use crate::connection_id::ConnectionId;
use crate::credentials::StoreError;
use crate::detection::Client;
use crate::interface::Interface;
use crate::join_failure::JoinFailure;
use crate::problem::Problem;
use crate::provisioning::{Input, ProvisioningState};
use crate::result_delivery::ResultDelivery;
use crate::ssid::Ssid;
use crate::station_address::StationAddress;

/// Something happened, from [`crate::Portal::poll_event`].
///
/// ```
/// use vestibule_core::{Event, JoinFailure, Ssid};
///
/// /// A line for a display.
/// fn line(event: &Event) -> Option<String> {
///     match event {
///         Event::JoinFailed { ssid, .. } => Some(format!("{ssid}: try again")),
///         Event::Joined { link, .. } => Some(link.address.to_string()),
///         _ => None,
///     }
/// }
///
/// let ssid = Ssid::new(b"Home").unwrap();
/// let event = Event::JoinFailed { ssid, reason: JoinFailure::WrongPassphrase };
/// assert_eq!(line(&event).as_deref(), Some("Home: try again"));
/// assert_eq!(line(&Event::Forgotten), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The provisioning state machine took an edge.
    State {
        /// Where it was.
        from: ProvisioningState,
        /// The input that it took.
        on: Input,
        /// Where it is.
        to: ProvisioningState,
    },
    /// The access point came up or went down.
    AccessPoint {
        /// Whether it is up.
        up: bool,
    },
    /// A request was answered.
    Answered {
        /// On which connection.
        connection: ConnectionId,
        /// On which interface it came.
        interface: Interface,
        /// The status that was sent.
        status: u16,
        /// The kind of answer.
        answer: Answer,
    },
    /// The owner submitted credentials that are tried now.
    Submitted {
        /// For which network.
        ssid: Ssid,
    },
    /// The owner's submission cannot be tried.
    Rejected(Problem),
    /// A join failed.
    JoinFailed {
        /// Which network.
        ssid: Ssid,
        /// Why, as far as the radio could tell.
        reason: JoinFailure,
    },
    /// The home network is joined.
    Joined {
        /// Which network.
        ssid: Ssid,
        /// The device's address on it.
        link: StationAddress,
    },
    /// The device's address on the home network that is joined has changed.
    AddressChanged {
        /// The one that it has now; none for the time being, perhaps.
        link: Option<StationAddress>,
    },
    /// The credentials are stored.
    Stored {
        /// For which network.
        ssid: Ssid,
    },
    /// The stored network was forgotten.
    Forgotten,
    /// The owner has been handed the result in full, for the first time.
    ResultDelivered(ResultDelivery),
    /// Every stored network was tried in vain, and the portal does not open by itself ([`crate::MayOpen`]); they are
    /// tried on and on. Whoever wants the portal unplugs the device and plugs it in again, or asks for it.
    StaysClosed,
    /// The home network has a captive portal ([`Portal::handle_captive_home`](crate::Portal::handle_captive_home)).
    CaptiveHome,
    /// The flash failed; the device goes on without it.
    StorageFault(StorageFault),
}

/// The kind of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// A connectivity check, sent to the portal.
    Captured(Client),
    /// A connectivity check, answered as on the Internet.
    LetGo(Client),
    /// Any other foreign address, sent to the portal.
    Redirected,
    /// The page to choose a network on.
    SetupPage,
    /// The page that says that the network is being tried.
    JoiningPage,
    /// The page with the result.
    ResultPage,
    /// The page on the home network.
    HomePage,
    /// The script of the pages.
    Script,
    /// A form was taken and its sender is sent back to the page.
    FormTaken,
    /// The application's answer.
    Application,
    /// The JSON interface's answer.
    Data,
    /// A page that is still open sent its keep-alive.
    KeptAlive,
    /// A request that cannot be served.
    Refused,
}

/// Why the flash could not be used.
///
/// ```
/// use vestibule_core::StorageFault;
///
/// assert_eq!(StorageFault::TooSmall.to_string(), "the flash's partition is too small");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StorageFault {
    /// The flash itself failed, or power went while it was written.
    Flash,
    /// It holds no record that this firmware can read, and counts as empty.
    Unreadable,
    /// The partition is too small.
    TooSmall,
}

impl StorageFault {
    /// Every fault.
    pub const ALL: [Self; 3] = [Self::Flash, Self::Unreadable, Self::TooSmall];
}

impl fmt::Display for StorageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flash => "the flash failed, or lost its power while it was written",
            Self::Unreadable => "what the flash holds is no record of this device",
            Self::TooSmall => "the flash's partition is too small",
        })
    }
}

impl core::error::Error for StorageFault {}

impl From<&StoreError> for StorageFault {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Flash(_) | StoreError::NotKept => Self::Flash,
            StoreError::Unreadable => Self::Unreadable,
            StoreError::TooSmall { .. } => Self::TooSmall,
        }
    }
}

// Other crates cannot match these enums without a wildcard, so this is what stops to compile when one of them
// grows. Then add the value to `write` and `read` in `device-protocol/src/event.rs`, to its test's
// `every_event`, and to `World::log_event` in `sim`.
#[cfg(test)]
const _: fn(Event, Answer) = |event, answer| {
    match event {
        Event::State { .. }
        | Event::AccessPoint { .. }
        | Event::Answered { .. }
        | Event::Submitted { .. }
        | Event::Rejected(_)
        | Event::JoinFailed { .. }
        | Event::Joined { .. }
        | Event::AddressChanged { .. }
        | Event::Stored { .. }
        | Event::Forgotten
        | Event::ResultDelivered(_)
        | Event::StaysClosed
        | Event::CaptiveHome
        | Event::StorageFault(_) => {}
    }
    match answer {
        Answer::Captured(_)
        | Answer::LetGo(_)
        | Answer::Redirected
        | Answer::SetupPage
        | Answer::JoiningPage
        | Answer::ResultPage
        | Answer::HomePage
        | Answer::Script
        | Answer::FormTaken
        | Answer::Application
        | Answer::Data
        | Answer::KeptAlive
        | Answer::Refused => {}
    }
};
