//! A window on some bytes of a text that is written again for each piece, so that an answer of any length goes
//! out through a small buffer and none of it is kept.

use core::fmt;

/// Receives a text from its beginning and keeps only the part that starts at an offset and fits
/// a buffer.
///
/// ```
/// use core::fmt::Write;
/// use vestibule_core::ByteWindow;
///
/// let mut buffer = [0; 4];
/// let mut window = ByteWindow::new(3, &mut buffer);
/// write!(window, "one two three").unwrap();
/// assert_eq!(window.written(), b" two");
/// assert_eq!(window.length(), 13);
/// ```
pub struct ByteWindow<'a> {
    skip: usize,
    length: usize,
    buffer: &'a mut [u8],
    filled: usize,
}

impl<'a> ByteWindow<'a> {
    /// A window that passes over `skip` bytes and then fills `buffer`.
    pub fn new(skip: usize, buffer: &'a mut [u8]) -> Self {
        Self { skip, length: 0, buffer, filled: 0 }
    }

    /// The length of the text that `write` writes.
    pub fn measure(write: impl FnOnce(&mut ByteWindow<'_>)) -> usize {
        let mut window = ByteWindow::new(0, &mut []);
        write(&mut window);
        window.length
    }

    /// Takes the next bytes of the text.
    pub fn put(&mut self, bytes: &[u8]) {
        let seen = self.skip.saturating_sub(self.length);
        self.length += bytes.len();
        let (Some(wanted), Some(room)) = (bytes.get(seen..), self.buffer.get_mut(self.filled..)) else {
            return;
        };
        let taken = wanted.len().min(room.len());
        room[..taken].copy_from_slice(&wanted[..taken]);
        self.filled += taken;
    }

    /// Takes a number, in decimal digits.
    pub fn put_number(&mut self, number: usize) {
        let (mut digits, mut rest) = ([0; 20], number);
        for (index, place) in digits.iter_mut().enumerate().rev() {
            *place = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                return self.put(digits.get(index..).unwrap_or_default());
            }
        }
    }

    /// The bytes that fell into the window.
    pub fn written(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }

    /// The length of the whole text so far, in bytes.
    pub fn length(&self) -> usize {
        self.length
    }
}

/// Never fails: what does not fit is counted and left out.
impl fmt::Write for ByteWindow<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_the_library_writes_them() {
        for number in [0, 7, 10, 204, 255, 65535, 131_072, usize::MAX] {
            let mut buffer = [0; 20];
            let mut window = ByteWindow::new(0, &mut buffer);
            window.put_number(number);
            assert_eq!(window.written(), std::format!("{number}").as_bytes());
        }
    }

    #[test]
    fn every_window_shows_its_part_whatever_the_pieces() {
        let text = b"abcdefghij";
        for piece in 1..=text.len() {
            for skip in 0..=text.len() + 1 {
                for size in 0..=text.len() {
                    let mut buffer = [0; 10];
                    let mut window = ByteWindow::new(skip, &mut buffer[..size]);
                    for part in text.chunks(piece) {
                        window.put(part);
                    }
                    let start = skip.min(text.len());
                    assert_eq!(window.written(), &text[start..(start + size).min(text.len())]);
                    assert_eq!(window.length(), text.len());
                }
            }
        }
    }
}
