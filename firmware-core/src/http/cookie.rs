//! The one cookie that this device sets: the number of the client whose form was taken, so that a sheet which keeps
//! cookies and is opened anew is known for the owner's (RFC 6265). Of the `Cookie` line nothing else is kept: other
//! devices that had the same address may have left kilobytes there.
//!
//! What the number allows is decided by the routes.

use core::fmt::Write;

use crate::byte_window::ByteWindow;
use crate::limits::CLIENT_ID_BYTES;
use crate::text::Hex;

/// Before the value, in `Set-Cookie` and in `Cookie`.
const NAME: &[u8] = b"vestibule=";
const DIGITS: usize = 2 * CLIENT_ID_BYTES;

/// Who may read the cookie, and which requests bring it along: no script, and no other site's form; `Lax` and not
/// `Strict`, because a phone's check leads from another host to this page.
const RULES: &[u8] = b"; Path=/; HttpOnly; SameSite=Lax\r\n";

/// Writes the `Set-Cookie` line.
pub(super) fn write(client: &[u8; CLIENT_ID_BYTES], window: &mut ByteWindow<'_>) {
    window.put(b"Set-Cookie: ");
    window.put(NAME);
    // Writing into a window cannot fail.
    let _ = write!(window, "{}", Hex(client));
    window.put(RULES);
}

/// Reads that cookie off a `Cookie` line, byte by byte.
#[derive(Clone, Copy)]
pub(super) struct CookieScan {
    /// How many bytes of the name and the digits fit so far; `SKIPPED` in another cookie.
    fits: u8,
    value: [u8; CLIENT_ID_BYTES],
    found: bool,
    /// In a `Cookie` line.
    reading: bool,
}

const SKIPPED: u8 = u8::MAX;

impl CookieScan {
    pub(super) const fn new() -> Self {
        Self { fits: 0, value: [0; CLIENT_ID_BYTES], found: false, reading: false }
    }

    /// The client that was named, if one was. Of several cookies of that name the last counts.
    pub(super) fn client(self) -> Option<[u8; CLIENT_ID_BYTES]> {
        self.found.then_some(self.value)
    }

    /// A `Cookie` line has come to its colon.
    pub(super) fn begin(&mut self) {
        (self.fits, self.reading) = (0, true);
    }

    /// Takes the next byte of what is not kept of a head; in a `Cookie` line up to its end it counts.
    pub(super) fn next(&mut self, byte: u8) {
        if !self.reading {
            return;
        }
        let fits = usize::from(self.fits);
        match byte {
            b';' | b'\r' | b'\n' => {
                self.found |= fits == NAME.len() + DIGITS;
                self.fits = 0;
                self.reading = byte == b';';
            }
            b' ' if fits == 0 => {}
            _ if NAME.get(fits) == Some(&byte) => self.fits += 1,
            _ => self.fits = self.take_digit(fits, byte).unwrap_or(SKIPPED),
        }
    }

    fn take_digit(&mut self, fits: usize, byte: u8) -> Option<u8> {
        let place = fits.checked_sub(NAME.len())?;
        let digit = char::from(byte).to_digit(16)? as u8;
        let taken = self.value.get_mut(place / 2)?;
        // What another cookie of that name has said before counts no more.
        self.found = false;
        *taken = *taken << 4 | digit;
        u8::try_from(fits + 1).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<[u8; CLIENT_ID_BYTES]> {
        let mut scan = CookieScan::new();
        // Of another line that is not kept.
        " vestibule=77777777;\r\n".bytes().for_each(|byte| scan.next(byte));
        scan.begin();
        line.bytes().chain(*b"\r\n").for_each(|byte| scan.next(byte));
        scan.client()
    }

    #[test]
    fn the_clients_number_is_found_wherever_it_stands() {
        let number = Some([0x00, 0x17, 0xab, 0xff]);
        for line in [
            " vestibule=0017abff",
            "vestibule=0017abff; b=c",
            " a=b; vestibule=0017abff",
            " a=b;vestibule=0017abff;c",
            " vestibule=11111111; vestibule=0017abff",
            " vestibule=0017abff; vestibule=x",
        ] {
            assert_eq!(read(line), number, "{line:?}");
        }
    }

    #[test]
    fn what_is_not_quite_it_names_nobody() {
        for line in [
            "",
            " vestibule=",
            " vestibule=0017abf",
            " vestibule=0017abff0",
            " vestibule=0017abfg",
            " vestibule=0017 abff",
            " vestibule =0017abff",
            " xvestibule=0017abff",
            " Vestibule=0017abff",
            " a=vestibule=0017abff",
            " a=b vestibule=0017abff",
            " vestibule=0017abff; vestibule=1",
        ] {
            assert_eq!(read(line), None, "{line:?}");
        }
    }
}
