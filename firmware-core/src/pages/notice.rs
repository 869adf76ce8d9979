//! What the setup page says first: why the attempt before failed, mostly, or why the device knows nothing any more.

use core::fmt;

use crate::join_failure::JoinFailure;
use crate::problem::Problem;

/// What the setup page says first.
///
/// ```
/// use vestibule_core::pages::{ApplicationContent, Language, Notice, Page, PageContext, CsrfToken};
/// use vestibule_core::{JoinFailure, Ssid, ByteWindow, RadioCapabilities};
///
/// let context = PageContext {
///     device_name: b"Lamp",
///     networks: &[],
///     scanning: false,
///     left_out: 0,
///     csrf_token: CsrfToken::new([7; 16]),
///     seal: None,
///     host_name: "",
///     language: Language::ENGLISH,
///     radio: RadioCapabilities::DEFAULT,
///     reopens: true,
///     application: ApplicationContent::NONE,
/// };
/// let chosen = Ssid::new(b"Home").unwrap();
/// let page = Page::Setup { notice: Some(Notice::Failed(JoinFailure::WrongPassphrase)), chosen };
/// let mut buffer = [0; 32_768];
/// let mut window = ByteWindow::new(0, &mut buffer);
/// page.write(&context, &mut window);
/// let page = String::from_utf8(window.written().to_vec()).unwrap();
/// assert!(page.contains("The network did not accept the password."));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The network could not be joined.
    Failed(JoinFailure),
    /// The network could not be joined, probably because its passphrase has characters beyond ASCII: IEEE 802.11-2020
    /// annex J.4 knows ASCII alone, and routers and keyboards write the others in ways of their own.
    NotAscii(JoinFailure),
    /// The firmware has failed and restarted several times in a row ([`crate::Portal::handle_restarts`]).
    Restarted,
    /// The owner's submission could not be used.
    Problem(Problem),
    /// What the flash holds could not be read, by this firmware or with this chip's key, so that the device knows nothing.
    StoredUnreadable,
}

/// For a log or a terminal. What an owner reads is on the pages.
///
/// ```
/// use vestibule_core::JoinFailure;
/// use vestibule_core::pages::Notice;
///
/// assert_eq!(Notice::Failed(JoinFailure::NotFound).to_string(), "no network of this name was found");
/// ```
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => write!(f, "{failure}"),
            Self::NotAscii(failure) => write!(f, "{failure}; the passphrase has characters beyond ASCII"),
            Self::Restarted => f.write_str("the firmware has failed and restarted several times"),
            Self::Problem(problem) => write!(f, "{problem}"),
            Self::StoredUnreadable => f.write_str("what the flash holds could not be read"),
        }
    }
}
