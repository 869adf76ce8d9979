//! What the portal's pages have of the application's: name, colour and logo.

use crate::Window;

/// The application's look. What it leaves out is the portal's own.
///
/// ```
/// use vestibule_core::pages::{Colour, Look};
///
/// const LOOK: Look = Look {
///     name: "Aurora lamp",
///     colour: Some(Colour([0xb8, 0x36, 0x5d])),
///     logo: "<svg viewBox=\"0 0 24 24\"><circle cx=\"12\" cy=\"12\" r=\"9\" fill=\"currentColor\"/></svg>",
/// };
/// assert_ne!(LOOK, Look::PLAIN);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
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

impl Look {
    /// The portal's own.
    pub const PLAIN: Self = Self { name: "", colour: None, logo: "" };
}

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    pub(super) fn write(self, out: &mut Window<'_>) {
        out.put(b"#");
        super::escape::put_hex(&self.0, out);
    }
}
