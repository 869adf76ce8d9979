//! How the result of a setup reached its owner: a front end reports it, and an event passes it on.

use crate::interface::Interface;

/// The way by which an owner is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FrontEnd {
    /// The portal's own pages.
    Page,
    /// The portal's JSON interface.
    Json,
    /// A WebSocket of the application's.
    WebSocket,
    /// A serial line.
    Serial,
    /// Bluetooth.
    Bluetooth,
    /// Anything else of the application's: a page of its own, a display.
    Application,
}

impl FrontEnd {
    /// Every front end.
    pub const ALL: [Self; 6] =
        [Self::Page, Self::Json, Self::WebSocket, Self::Serial, Self::Bluetooth, Self::Application];
}

/// How the result of a setup was delivered to its owner, for
/// [`Portal::result_delivered`](crate::Portal::result_delivered).
///
/// ```
/// use vestibule_core::{FrontEnd, Interface, ResultDelivery};
///
/// let on_the_page = ResultDelivery { over: FrontEnd::Page, interface: Some(Interface::AccessPoint) };
/// let over_the_cable = ResultDelivery { over: FrontEnd::Serial, interface: None };
/// # assert_ne!(on_the_page, over_the_cable);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultDelivery {
    /// The front end that delivered it.
    pub over: FrontEnd,
    /// On which of the device's networks the owner's client is; `None` for one that is on neither.
    pub interface: Option<Interface>,
}
