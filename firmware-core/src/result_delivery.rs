//! Who was handed the result of a setup, and over what: what a front end says when it has done it, and what
//! the event about it says.

use crate::interface::Interface;

/// By which way an owner is reached.
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

/// Who was handed the result of a setup, for [`Portal::result_delivered`](crate::Portal::result_delivered).
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
    /// What it was handed out over.
    pub over: FrontEnd,
    /// On which of the device's networks the owner's client is; `None` for one that is on neither.
    pub interface: Option<Interface>,
}
