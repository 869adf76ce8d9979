//! How an owner goes about the setup: how fast, for how long, and how the portal is opened and left.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

/// How the owner leaves the sheet after reading the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leaving {
    /// By its "Done" button.
    PressDone,
    /// By closing it.
    Close,
}

/// Where the owner opens the portal, once the phone has found it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Opens {
    /// In the sign-in sheet, by a tap on the notification where the sheet does not open automatically.
    #[default]
    Sheet,
    /// In the phone's ordinary browser, at the address on the device's label, instead of tapping the
    /// notification; in the sheet, once that has failed. A sheet that opens automatically is used, because it
    /// covers everything else; but where a computer's browser has opened at another page, the address is typed there.
    Browser,
    /// In the same browser, at a site of the internet, in the hope that the portal answers in its place.
    Site,
}

impl Opens {
    /// Whether it is the ordinary browser.
    pub fn is_browser(self) -> bool {
        matches!(self, Self::Browser | Self::Site)
    }
}

/// How the owner goes about the setup. The defaults are an owner who is neither hasty nor slow.
#[derive(Clone, Debug)]
pub struct Habits {
    /// From a notification to the tap on it.
    pub noticing: Duration,
    /// From scanning the label to opening the Wi-Fi settings where no page has come, as the label says. `None`
    /// where the phone was joined there, or where nothing says so.
    pub opening_settings: Option<Duration>,
    /// Reading a page, before anything is done about it.
    pub reading: Duration,
    /// Typing one character.
    pub typing: Duration,
    /// How long the device's access point stays away until the owner takes the device for set up, where its
    /// page had said so. The page says a minute.
    pub absence: Duration,
    /// From a page that failed to load to the next try.
    pub reloading: Duration,
    /// How often a page may fail to load in a row.
    pub reloads: u32,
    /// How often the same passphrase is sent again, when it is not to blame or the last one.
    pub repeats: u32,
    /// After how many pages the owner gives up.
    pub pages: u32,
    /// How long after the first sign of the portal the owner gives up.
    pub timeout: Duration,
    /// Where the portal is opened.
    pub opens: Opens,
    /// Whether the sign-in page is in a browser, in which another address can be typed: a computer's.
    pub has_address_bar: bool,
    /// How the sheet is left.
    pub leaving: Leaving,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            noticing: Duration::from_secs(3),
            opening_settings: None,
            reading: Duration::from_secs(4),
            typing: Duration::from_millis(300),
            absence: Duration::from_secs(70),
            reloading: Duration::from_secs(5),
            reloads: 6,
            repeats: 2,
            pages: 200,
            timeout: Duration::from_secs(15 * 60),
            opens: Opens::Sheet,
            has_address_bar: false,
            leaving: Leaving::PressDone,
        }
    }
}

impl Habits {
    /// An owner who reads at a glance and types at once: for runs in real time.
    pub fn hurried() -> Self {
        Self {
            noticing: Duration::from_millis(200),
            reading: Duration::from_millis(200),
            typing: Duration::from_millis(10),
            // Before a join that hangs has ended: such an owner finds out when the access point is back.
            absence: Duration::from_secs(15),
            reloading: Duration::from_millis(500),
            ..Self::default()
        }
    }

    /// An owner who takes minutes: reads every word, searches every key. Chosen, no source.
    pub fn slow() -> Self {
        Self {
            noticing: Duration::from_secs(45),
            reading: Duration::from_secs(25),
            typing: Duration::from_secs(3),
            absence: Duration::from_secs(3 * 60),
            reloading: Duration::from_secs(20),
            ..Self::default()
        }
    }
}
