//! The application's name, colour and logo on the portal's pages.

use crate::byte_window::ByteWindow;
use crate::escape::put_hex;

/// Name, colour and logo of an application. What it leaves out is the portal's own.
///
/// ```
/// use vestibule_core::pages::{Branding, Colour};
///
/// const BRANDING: Branding = Branding {
///     name: "Aurora lamp",
///     colour: Some(Colour([0xb8, 0x36, 0x5d])),
///     logo: "<svg viewBox=\"0 0 24 24\"><circle cx=\"12\" cy=\"12\" r=\"9\" fill=\"currentColor\"/></svg>",
/// };
/// assert_ne!(BRANDING, Branding::PLAIN);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branding {
    /// What the pages call the device; its access point's name if this is empty.
    pub name: &'static str,
    /// The colour of the band at the top of each page. No text stands on it, so that any colour can be
    /// read.
    pub colour: Option<Colour>,
    /// Markup of one inline SVG picture, written into the pages as it is: it must not come from
    /// outside. It is shown 48 pixels high and is passed over by screen readers. The pages' policy
    /// lets it have no styles and no scripts; `currentColor` suits light and dark pages.
    pub logo: &'static str,
}

impl Branding {
    /// The portal's own.
    pub const PLAIN: Self = Self { name: "", colour: None, logo: "" };
}

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    pub(crate) fn write(self, out: &mut ByteWindow<'_>) {
        out.put(b"#");
        put_hex(&self.0, out);
    }
}
