//! What goes in and out between a phone and its owner: what the phone shows, what the owner does.

use std::fmt;

use thiserror::Error;
use url::Url;

use super::deviation::Deviation;
use super::form::Request;
use super::page::Page;
use super::reading::SetupResult;

/// What the owner knows of the home network.
#[derive(Clone)]
pub struct HomeNetwork {
    /// Its name, any bytes.
    pub ssid: Vec<u8>,
    /// What the owner types for its name at first, in place of choosing it; another name, or the same.
    pub typed: Option<Vec<u8>>,
    /// What to try, in this order: mistakes first, the right one last. None for an open network.
    pub passphrases: Vec<String>,
}

impl fmt::Debug for HomeNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HomeNetwork({}, {} passphrases hidden)", self.ssid.escape_ascii(), self.passphrases.len())
    }
}

/// What the phone shows its owner.
#[non_exhaustive]
pub enum Input {
    /// A notification of the portal.
    Notified,
    /// The sign-in sheet opened. It loads `url` automatically; the page follows as
    /// [`Input::PageLoaded`] or [`Input::PageFailed`].
    SheetOpened {
        /// What it loads.
        url: Url,
    },
    /// The sheet went away.
    SheetClosed,
    /// The phone is off the device's access point.
    AccessPointLost,
    /// The phone is on the device's access point.
    AccessPointJoined,
    /// The phone's ordinary browser is on the screen. It loads the portal; the page follows as for
    /// the sheet.
    BrowserOpened,
    /// A page is on the screen.
    PageLoaded {
        /// Where it came from, after redirections.
        url: Url,
        /// Its status.
        status: u16,
        /// What it shows.
        page: Box<Page>,
    },
    /// No page came: no connection, no answer.
    PageFailed {
        /// What was asked for.
        url: Url,
    },
    /// The moment of [`super::Owner::poll_timeout`] has come.
    Deadline,
    /// The owner is removed from the world and does nothing more.
    Deactivate,
}

/// What the owner does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Taps the notification.
    TapNotification,
    /// Opens the phone's ordinary browser at the device's address.
    OpenBrowser,
    /// Opens the phone's Wi-Fi settings.
    OpenWifiSettings,
    /// Wants the portal back on the screen, by what the phone offers at that moment: the notification, the
    /// browser, or joining the access point again.
    ComeBack,
    /// Deviates from the setup. The outputs after this one are part of the deviation.
    Deviates(Deviation),
    /// Makes the browser load something: a form sent, a page followed or loaded again.
    Load(Request),
    /// Has read the result.
    Read(SetupResult),
    /// Takes the device for set up: its access point stays away, as its page had said it would.
    TakeForSetUp,
    /// Presses the sheet's "Done".
    PressDone,
    /// Closes the sheet.
    CloseSheet,
    /// Gives up; says why.
    GaveUp(GaveUp),
}

/// Why the owner gave up.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GaveUp {
    /// The page asks for nothing that would set a device up.
    #[error("the page has no form for a network and its passphrase")]
    NoForm,
    /// The network can neither be picked nor typed.
    #[error("the page neither lists the network nor lets its name be typed")]
    NetworkNotOffered,
    /// The form insists on something else.
    #[error("the form insists on an answer to \"{0}\"")]
    Unanswered(String),
    /// Every passphrase was tried, the last one several times.
    #[error("no passphrase led to a connection")]
    NothingWorked,
    /// The form was sent, and no page said with which result.
    #[error("the page after the form neither says the result nor goes on")]
    NotTold,
    /// Page after page failed to load.
    #[error("no page came, time after time")]
    NoPage,
    /// Page after page was a server's error.
    #[error("the server answered with status {0}, time after time")]
    Broken(u16),
    /// [`super::Habits::pages`] were seen.
    #[error("so many pages and no end")]
    TooManyPages,
    /// [`super::Habits::timeout`] is over.
    #[error("it took too long")]
    TimedOut,
}
