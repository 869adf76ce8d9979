//! Texts of the caller's: UTF-8 of a given length, never up to a NUL that may not come.

use crate::border::Border;
use crate::error::Error;

/// Most bytes of a text that stays with the portal: longer ones have no place on a page.
const MOST: usize = 4096;

/// A text that stays with the portal; null is the empty one.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Text {
    /// UTF-8, without a NUL at its end. It must stay as it is until the portal has ended.
    pub bytes: *const u8,
    /// How many bytes, up to 4096.
    pub length: usize,
}

impl Text {
    /// The text, which the caller has promised to leave as it is.
    ///
    /// # Safety
    /// The address is null, or that of so many bytes, which stay as they are for as long as the portal does.
    pub(crate) unsafe fn kept(self, border: &Border) -> Result<&'static str, Error> {
        if self.length > MOST {
            return Err(Error::TooLong);
        }
        // SAFETY: the caller vouches for it. `'static` stands for "until the portal has ended", when the last use is over.
        let bytes = unsafe { border.values(self.bytes, self.length)? };
        core::str::from_utf8(bytes).map_err(|_| Error::Text)
    }

    /// The same of a text that goes into a header of HTTP: visible ASCII and spaces.
    ///
    /// # Safety
    /// As [`Text::kept`].
    pub(crate) unsafe fn kept_for_header(self, border: &Border) -> Result<&'static str, Error> {
        // SAFETY: the caller vouches for it.
        let text = unsafe { self.kept(border)? };
        let fits = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        if text.bytes().all(fits) { Ok(text) } else { Err(Error::Text) }
    }
}

/// Copies a text into room of the caller's and says how long it is.
pub(crate) fn copy(text: &[u8], room: &mut [u8]) -> Result<usize, Error> {
    room.get_mut(..text.len()).ok_or(Error::TooSmall)?.copy_from_slice(text);
    Ok(text.len())
}
