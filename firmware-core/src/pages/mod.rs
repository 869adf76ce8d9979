//! The pages that the owner sees, written through a [`ByteWindow`] for each piece of an answer.
//!
//! They need no JavaScript: a phone's sign-in sheet, an old WebView and a text browser all do the
//! same; a script makes them better where there is one. Nothing here decides which page is shown, and
//! nothing from outside is written but through `escape`.
//!
//! | what | where |
//! |---|---|
//! | the markup, in fragments | `*.html` |
//! | what they say, in each language | `languages/*.txt` |
//! | both compiled, so that nothing is missing | `build.rs` |
//! | how they look, and what scripts add | `style.css`, `script.js` |
//! | which fragment and which sentence is written when | `setup`, `fields`, `outcome`, `words` |

mod context;
mod fields;
mod frame;
mod language;
mod markup;
mod notice;
mod outcome;
mod setup;
#[cfg(test)]
mod tests;
mod words;
mod writer;

use core::fmt;
use core::net::Ipv4Addr;

pub use context::{ApplicationContent, PageContext, PageSeal, WriteNote};
pub use language::Language;
pub use notice::Notice;
pub(crate) use words::{code, sentences};

use frame::Frame;
use outcome::JoinedNetwork;
use writer::Writer;

pub use crate::branding::{Branding, Colour};
use crate::byte_window::ByteWindow;
pub use crate::csrf_token::CsrfToken;
use crate::escape;
pub use crate::escape::{Escaped, Shown};
use crate::http::{File, Format, Status};
pub use crate::setup_form::{
    CSRF_TOKEN_FIELD, NETWORK_FIELD, PASSPHRASE_FIELD, RESCAN_ACTION, SEALED_FIELD, SETUP_ACTION, SSID_FIELD,
    SSID_HEX_FIELD, chosen_network,
};
use crate::ssid::Ssid;

/// The `Content-Type` of every page.
pub const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// A test holds its hash against the policy below.
#[cfg(test)]
const STYLE: &str = frame::STYLE;

/// The script of the pages, which work without it, too.
pub(crate) static SCRIPT: File =
    File::new("text/javascript; charset=utf-8", include_bytes!(concat!(env!("OUT_DIR"), "/script.js")));

/// Where it is.
pub(crate) const SCRIPT_PATH: &[u8] = b"/portal.js";

/// What the script seals forms with: a file of its own, as old browsers cannot read it and most of it is other
/// people's. Every browser that can takes gzip, so there is nothing else.
#[cfg(feature = "sealed")]
pub(crate) static SEALING_SCRIPT: File =
    File::only_gzip("text/javascript; charset=utf-8", include_bytes!("../../sealed/bundle.js.gz"));

/// Where that is.
#[cfg(feature = "sealed")]
pub(crate) const SEALING_SCRIPT_PATH: &[u8] = b"/seal.js";

/// The script of the pages that is at this path.
pub(crate) fn script(path: &[u8]) -> Option<&'static File> {
    match path {
        SCRIPT_PATH => Some(&SCRIPT),
        #[cfg(feature = "sealed")]
        SEALING_SCRIPT_PATH => Some(&SEALING_SCRIPT),
        _ => None,
    }
}

/// The hash of the pages' style sheet, for the policy below. A test computes it.
macro_rules! style_hash {
    () => {
        "sha256-l8/PD3g5tbc9TxMt3Zgij1swqpmCdYx/THfBncIjYOw="
    };
}

/// The Content-Security-Policy and its kin. The pages need the style sheet that is in them, the device's script,
/// and requests to the device. Everything else is forbidden, so that injected markup could run nothing and send
/// nothing elsewhere. No other site may show the pages in a frame (clickjacking), and no client may guess a
/// type other than the one that is sent.
///
/// No policy on `Referer`: with one, browsers would say `Origin: null` to the device's own forms.
macro_rules! headers {
    ($default:literal, $more:literal) => {
        concat!(
            "Content-Security-Policy: default-src ",
            $default,
            "; script-src 'self'; connect-src 'self'; style-src ",
            $more,
            "'",
            style_hash!(),
            "'; img-src ",
            $more,
            "data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n",
            "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
        )
    };
}

/// The headers of every page of the portal's: those of [`RATE_LIMITED_HEADERS`] up to its last, so that the
/// text is there once.
pub(crate) const HEADERS: &str = RATE_LIMITED_HEADERS.split_at(headers!("'none'", "").len()).0;

/// The same for a client that has to wait; in seconds, what the rate limit of submissions says.
pub(crate) const RATE_LIMITED_HEADERS: &str = concat!(headers!("'none'", ""), "Retry-After: 5\r\n");

/// The headers of the application's pages that bring none of their own: they may also use the
/// device's own files, scripts among them, and no script within the page.
pub(crate) const APPLICATION_HEADERS: &str = headers!("'self'", "'self' ");

/// A page, with what it alone knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The form: which network, which passphrase.
    Setup {
        /// The problem with the attempt before, shown first.
        notice: Option<Notice>,
        /// The network picked or typed before, so that nobody picks it twice; empty at first.
        chosen: Ssid,
    },
    /// The device is joining. The page asks for `/` every two seconds; where the radio cannot be both it
    /// says that the access point goes, and does not go on by itself.
    Joining {
        /// The network.
        ssid: Ssid,
    },
    /// The device has joined, told on its own access point.
    Joined {
        /// The network.
        ssid: Ssid,
        /// The device's address there.
        address: Ipv4Addr,
        /// The port of its pages there.
        port: u16,
        /// Whether the flash has taken it.
        remembered: bool,
        /// Whether it answers with a sign-in page what the device asks for.
        captive: bool,
    },
    /// The device's page as the home network sees it.
    Home {
        /// The network.
        ssid: Ssid,
        /// The device's address there.
        address: Ipv4Addr,
        /// The port of its pages there.
        port: u16,
        /// Whether the flash has taken it.
        remembered: bool,
        /// Whether it answers with a sign-in page what the device asks for.
        captive: bool,
    },
    /// The body of a redirect to the setup page, for clients that do not follow it by themselves. Some
    /// clients take an empty answer for a failure, or for the Internet.
    Redirect {
        /// The device's address on its access point.
        address: Ipv4Addr,
        /// The port of its pages there.
        port: u16,
    },
    /// Nothing but a status, for requests of what is not there or not allowed.
    Error {
        /// The status.
        status: Status,
        /// How it is written.
        format: Format,
    },
}

impl Page {
    /// Writes the page: the same bytes each time, of which the window keeps a part.
    ///
    /// ```
    /// use vestibule_core::pages::{ApplicationContent, Language, Page, PageContext, CsrfToken};
    /// use vestibule_core::{Ssid, ByteWindow, RadioCapabilities};
    ///
    /// let context = PageContext {
    ///     device_name: b"Lamp",
    ///     networks: &[],
    ///     scanning: false,
    ///     left_out: 0,
    ///     csrf_token: CsrfToken::new([7; 16]), // random, on a device
    ///     seal: None,
    ///     host_name: "lamp",
    ///     language: Language::ENGLISH,
    ///     radio: RadioCapabilities::DEFAULT,
    ///     reopens: true,
    ///     application: ApplicationContent::NONE,
    /// };
    /// let page = Page::Joining { ssid: Ssid::EMPTY };
    /// let mut buffer = [0; 15];
    /// let mut window = ByteWindow::new(0, &mut buffer);
    /// page.write(&context, &mut window);
    /// assert_eq!(window.written(), b"<!doctype html>");
    /// assert_eq!(window.length(), page.length(&context));
    /// ```
    pub fn write(&self, context: &PageContext<'_>, out: &mut ByteWindow<'_>) {
        match *self {
            Self::Setup { notice, chosen } => setup::render(notice, chosen, context, out),
            Self::Joining { ssid } => outcome::joining(ssid, context, out),
            Self::Joined { ssid, address, port, remembered, captive } => {
                outcome::joined(&JoinedNetwork { ssid, address, port, remembered, captive }, context, out);
            }
            Self::Home { ssid, address, port, remembered, captive } => {
                outcome::home(&JoinedNetwork { ssid, address, port, remembered, captive }, context, out);
            }
            Self::Redirect { address, port } => outcome::redirect(address, port, context, out),
            Self::Error { status, format } => outcome::error(status, format, context, out),
        }
    }

    /// The length of the page in bytes, for `Content-Length`.
    #[must_use]
    pub fn length(&self, context: &PageContext<'_>) -> usize {
        ByteWindow::measure(|out| self.write(context, out))
    }
}

/// A page of the application's in the look of the portal's: `main` writes the markup of its
/// contents, in English. What comes from outside goes through [`Escaped`] or [`Shown`].
///
/// # Errors
/// Those of `main`.
///
/// ```
/// use core::fmt::Write;
/// use vestibule_core::ByteWindow;
/// use vestibule_core::pages::{Shown, document};
///
/// let mut buffer = [0; 32_768];
/// let mut window = ByteWindow::new(0, &mut buffer);
/// document(&mut window, "Lamp", |out| write!(out, "<p>It is {}.</p>", Shown(b"on & bright")))?;
/// let page = String::from_utf8(window.written().to_vec()).unwrap();
/// assert!(page.contains("<p>It is on &amp; bright.</p>"));
/// # Ok::<(), core::fmt::Error>(())
/// ```
pub fn document(
    out: &mut ByteWindow<'_>,
    title: &str,
    main: impl FnOnce(&mut ByteWindow<'_>) -> fmt::Result,
) -> fmt::Result {
    let mut page = Writer::new(Language::ENGLISH, out);
    frame::top(Frame::PLAIN, &mut page);
    escape::put_shown(title.as_bytes(), page.out);
    frame::body(Frame::PLAIN, &mut page);
    main(page.out)?;
    Writer::new(Language::ENGLISH, out).put(markup::END);
    Ok(())
}
