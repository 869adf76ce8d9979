//! What a driver reports to a phone.

use super::exchange::{ExchangeId, Link, Progress};

/// What happened to the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input<'a> {
    /// The phone joined a network as [`super::Options::joins_by`] says and has an address. A second one without
    /// [`Input::Left`] between them counts as leaving first.
    Joined(Link),
    /// DHCP option 114 of the network that will be joined next (RFC 8910); `None` when it has none.
    /// Kept for every later join.
    Announced {
        /// The URL of its captive portal API.
        captive_portal_api: Option<&'a str>,
    },
    /// The network is gone: out of range, switched off, or the owner left it.
    Left,
    /// Something about an exchange.
    Exchange {
        /// Which one.
        id: ExchangeId,
        /// What.
        progress: Progress<'a>,
    },
    /// The moment of [`super::Checker::poll_timeout`] has come.
    Deadline,
    /// The owner, or the sheet's browser on the owner's behalf, did something.
    Owner(OwnerAction<'a>),
}

/// What the owner does, and what the browser inside the sheet reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OwnerAction<'a> {
    /// Taps the sign-in notification.
    TapNotification,
    /// The sheet's browser began to load a page.
    PageStarted {
        /// Its address.
        url: &'a str,
    },
    /// The sheet's browser finished loading a page.
    PageFinished {
        /// Its address.
        url: &'a str,
    },
    /// Opens the Wi-Fi settings, or a networking app such as Safari.
    OpensNetworkingApp,
    /// Cancel on Apple's sheet; on Android, closing the sign-in page.
    Cancel,
    /// Done on Apple's sheet.
    Done,
    /// "Use this network as is" (Android), "Use Without Internet" (Apple), or "stay" in answer
    /// to [`super::Output::AskToStay`].
    UseAsIs,
    /// "Do not use this network" (Android), or "leave" in answer to [`super::Output::AskToStay`].
    DoNotUse,
}
