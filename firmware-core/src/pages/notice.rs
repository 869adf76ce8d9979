//! What the setup page says first: why the attempt before failed.

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
///     csrf_token: CsrfToken::new([7; 16]),
///     seal: None,
///     host_name: "",
///     language: Language::ENGLISH,
///     radio: RadioCapabilities::DEFAULT,
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
    /// The owner's submission could not be used.
    Problem(Problem),
}
