//! Recorded traffic: what real clients sent, byte for byte, and what each of them must conclude of
//! a device that is being set up.
//!
//! The format is described in `fixtures/captures/README.md`. [`load`](mod@load) reads a file and
//! refuses one that contradicts itself, [`replay`](mod@replay) sends a recording to a [`Target`]
//! and judges what comes back by the rules of `phone::judge`, [`compare`](mod@compare) tells how it
//! differs from the recorded reply; [`import`](mod@import) writes recordings, of the captures of other
//! programs or of what a portal hears. Nothing is ever sent to an address that the target does not name.

pub mod compare;
mod filler;
mod forward;
pub mod import;
pub mod load;
pub mod record;
pub mod replay;
mod request;
mod target;
#[cfg(test)]
mod tests;
mod wire;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::phone::judge::names::RecordedQuestion;
use crate::phone::judge::windows::Expected;
use crate::phone::judge::{Client, Release};
use crate::phone::{Grade, Verdict};

pub use crate::text::FilePosition;
pub use request::{BadRequest, Request};
pub use target::{BuiltIn, NoDevice, Target};

/// A recording: a file.
///
/// ```
/// use vestibule::capture::{Conclusion, load};
///
/// let text = r#"{"vestibule": "capture/1", "name": "android-10-check", "client": "Android 10", "judge": {"android": "10"}, "source": "a recording", "grade": "C", "concludes": "portal", "notes": "its HTTP check"}
/// {"provenance": "reconstructed", "what": "the order of the lines", "by": "probe", "http": "GET /generate_204 HTTP/1.1\r\nConnection: close\r\nHost: connectivitycheck.gstatic.com\r\n\r\n"}"#;
/// let capture = load::parse(text, "android-10-check.jsonl".as_ref())?;
/// assert_eq!(capture.name, "android-10-check");
/// assert_eq!(capture.concludes, Conclusion::PORTAL);
/// assert!(!capture.exchanges.is_empty());
/// # Ok::<(), vestibule::capture::load::CaptureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Capture {
    /// Where it was read from.
    pub path: PathBuf,
    /// Its name, a word.
    pub name: String,
    /// What sent it, in words.
    pub client: String,
    /// Whose rules judge what comes back.
    pub judge: Judge,
    /// Where it is from.
    pub source: String,
    /// How well it is known.
    pub grade: Grade,
    /// The year in which it was recorded, if that is known.
    pub recorded: Option<u16>,
    /// What else there is to know.
    pub notes: Option<String>,
    /// What the client must conclude of a portal that is in setup.
    pub concludes: Conclusion,
    /// What it concluded when it was recorded, if the recording shows it.
    pub recorded_conclusion: Option<Conclusion>,
    /// What it sent, in order.
    pub exchanges: Vec<Exchange>,
}

/// Whose rules judge a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Judge {
    /// A client with a connectivity check.
    Client(Client),
    /// Nobody's in particular: there are only questions for names in it.
    Names,
}

impl fmt::Display for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(Client::Android(release)) => write!(f, "Android {release}"),
            Self::Client(Client::Apple) => f.write_str("Apple"),
            Self::Client(Client::Windows { expects: Expected::ConnectTest }) => {
                f.write_str("Windows (connecttest)")
            }
            Self::Client(Client::Windows { expects: Expected::Ncsi }) => f.write_str("Windows (ncsi)"),
            Self::Client(Client::Other(table)) => f.write_str(table.client),
            Self::Names => f.write_str("names"),
        }
    }
}

/// What a client concludes, in the words of the files.
///
/// ```
/// use vestibule::capture::Conclusion;
/// use vestibule::phone::Verdict;
///
/// assert_eq!(Conclusion::from_text("portal"), Some(Conclusion::PORTAL));
/// assert_eq!(Conclusion::of(&Verdict::Online).to_string(), "online");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conclusion(&'static str);

impl Conclusion {
    /// The owner has to sign in: the one that brings a sheet.
    pub const PORTAL: Self = Self("portal");
    /// There is nothing but names in the recording, and all of them lead to the device.
    pub const EVERY_NAME: Self = Self("every name is the device");
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::PORTAL,
        Self("online"),
        Self("partial"),
        Self("not-captive"),
        Self("inconclusive"),
        Self("no-internet"),
        Self("names-redirected"),
        Self::EVERY_NAME,
    ];

    /// The conclusion that is written like this.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|conclusion| conclusion.0 == text)
    }

    /// The conclusion that a verdict is.
    pub fn of(verdict: &Verdict) -> Self {
        Self(verdict.word())
    }
}

impl fmt::Display for Conclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// One thing that the client sent: a line.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The line of the file, from 1 on.
    pub line: usize,
    /// When, from the first one on; `None` where it is not known.
    pub at: Option<Duration>,
    /// How far its bytes are recorded.
    pub provenance: Provenance,
    /// What it is, where its bytes do not say so.
    pub what: Option<String>,
    /// What was sent.
    pub sent: Sent,
}

/// How far bytes are recorded ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Provenance {
    /// All of them.
    Captured,
    /// Some; the notes say which.
    PartlyCaptured,
    /// None: built from what is known of them.
    Reconstructed,
}

/// What was sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Sent {
    /// A question for a name: a UDP datagram to port 53.
    Question {
        /// The datagram.
        payload: Vec<u8>,
        /// What it asks.
        asked: RecordedQuestion,
    },
    /// A request: the bytes of a TCP connection to port 80.
    Request {
        /// The request.
        request: Request,
        /// On whose behalf.
        by: By,
        /// What came back when it was recorded.
        recorded_reply: Option<String>,
        /// When that began to come, from the first exchange on.
        replied: Option<Duration>,
    },
    /// A DHCP message: a UDP datagram to port 67. Kept for readers; it is not replayed.
    Dhcp {
        /// The message.
        payload: Vec<u8>,
    },
}

/// The part of a client that sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The system's connectivity check.
    Probe,
    /// A browser, that of the sign-in sheet most often: it shows a page to a person.
    Browser,
    /// Anything else on it: kept for readers; it is not replayed, for nobody knows what it concludes.
    Other,
}

/// The release that is written like `6.0`, `7.1.2` or `10`.
fn release(text: &str) -> Option<Release> {
    let numbers: Vec<u8> = text.split('.').map(|number| number.parse::<u8>().ok()).collect::<Option<_>>()?;
    let release = match *numbers.as_slice() {
        [major] => Release::new(major, 0),
        [major, minor] => Release::new(major, minor),
        [major, minor, patch] => Release::patched(major, minor, patch),
        _ => return None,
    };
    release.is_at_least(5).then_some(release)
}
