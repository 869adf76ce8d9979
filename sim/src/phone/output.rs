//! What a phone asks of its driver, and what it shows its owner.

use super::exchange::{Exchange, ExchangeId};
use super::finding::Finding;
use super::rule::Rule;
use super::verdict::Verdict;

/// What the phone does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Begin an exchange.
    Open {
        /// Its name from here on.
        id: ExchangeId,
        /// What to send, and where.
        exchange: Exchange,
    },
    /// The phone has lost interest: close it, report nothing more.
    Abandon(ExchangeId),
    /// One evaluation of the network ended.
    Verdict {
        /// What the phone now believes.
        verdict: Verdict,
        /// The rule that decided.
        rule: &'static Rule,
    },
    /// A notification asks the owner to sign in.
    Notify {
        /// The page that a tap would open.
        url: String,
        /// Why that page.
        rule: &'static Rule,
    },
    /// A dialog asks whether to stay on a network without internet.
    AskToStay {
        /// Why it is asked.
        rule: &'static Rule,
    },
    /// The sign-in sheet opened, or the browser in its place: [`super::Model::presents`] says which.
    SheetOpened {
        /// The page it loads.
        url: String,
        /// The `User-Agent` of its browser.
        user_agent: String,
        /// Why that page.
        rule: &'static Rule,
    },
    /// A portal was found, and the sign-in sheet waits until its owner has the Wi-Fi settings or a networking
    /// app in front.
    SheetWaits {
        /// Why.
        rule: &'static Rule,
    },
    /// The sign-in sheet closed.
    SheetClosed {
        /// Why.
        why: SheetClosed,
    },
    /// Apple's sheet now shows this button.
    SheetButton(Button),
    /// The phone leaves the network of its own accord, or of its owner's.
    Left {
        /// Why.
        why: Departure,
    },
    /// Something a portal's author will want to know.
    Finding(Finding),
}

/// The button in the corner of Apple's sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Button {
    /// Leaves the network.
    Cancel,
    /// Closes the sheet and stays.
    Done,
}

/// Why a sheet closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SheetClosed {
    /// The network was validated (Android 11 and later).
    Validated,
    /// The network was validated, and the Custom Tab went to the back (Android 12 and later).
    SentToBack,
    /// The sheet's own check was answered 204 (Android 10).
    CheckSucceeded,
    /// The network went away.
    NetworkLost,
    /// The owner closed it.
    Cancelled,
    /// The owner pressed Done.
    Done,
    /// The owner uses the network as it is.
    UsedAsIs,
    /// The owner does not want the network.
    NotWanted,
}

/// Why a phone left a network of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Departure {
    /// Cancel on Apple's sheet disassociates.
    SheetCancelled,
    /// The owner said so.
    NotWanted,
    /// It has waited for the internet long enough ([`super::Options::leaves_without_internet`]).
    NoInternet,
}
