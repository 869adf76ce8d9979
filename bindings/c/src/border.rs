//! Pointers and lengths of the caller's, checked before a reference is made of them.
//!
//! What cannot be checked is that an address which is neither null, nor misaligned, nor beyond the end of memory is the
//! program's own; whoever has such a pointer could not follow it in C either.

use core::ops::Range;
use core::slice;

use crate::error::Error;

/// Most bytes of anything that comes over the border: more than any of these programs has at once, and a positive `int32_t`.
const MOST: usize = i32::MAX as usize;

/// The addresses that no buffer may reach into: the portal's own memory.
#[derive(Clone)]
pub(crate) struct Border {
    own: Range<usize>,
}

/// A place for a result, checked and not written to yet.
pub(crate) struct Output<T>(*mut T);

impl Border {
    /// The border of a portal whose memory that is.
    pub(crate) fn around(own: Range<usize>) -> Self {
        Self { own }
    }

    /// There is no portal yet, or none is concerned.
    pub(crate) fn anywhere() -> Self {
        Self { own: 0..0 }
    }

    fn check<T>(&self, pointer: *const T, count: usize) -> Result<(), Error> {
        if pointer.is_null() {
            return Err(Error::Null);
        }
        if !pointer.is_aligned() {
            return Err(Error::Misaligned);
        }
        let bytes = count.checked_mul(size_of::<T>()).filter(|bytes| *bytes <= MOST).ok_or(Error::TooLong)?;
        let first = pointer.addr();
        let end = first.checked_add(bytes).ok_or(Error::TooLong)?;
        if first < self.own.end && self.own.start < end {
            return Err(Error::Overlap);
        }
        Ok(())
    }

    /// What a pointer to a value points to.
    ///
    /// # Safety
    /// The address is null, misaligned, or that of such a value.
    pub(crate) unsafe fn value<T: Copy>(&self, pointer: *const T) -> Result<T, Error> {
        self.check(pointer, 1)?;
        // SAFETY: not null and aligned, as just checked; the caller vouches for the rest. It is copied, so nothing is borrowed.
        Ok(unsafe { pointer.read() })
    }

    /// Some values. A null pointer is none, if it says so.
    ///
    /// # Safety
    /// The address is null, misaligned, or that of so many values, which nobody changes for `'a`.
    pub(crate) unsafe fn values<'a, T>(&self, pointer: *const T, count: usize) -> Result<&'a [T], Error> {
        if count == 0 {
            return Ok(&[]);
        }
        self.check(pointer, count)?;
        // SAFETY: not null, aligned, of less than 2 GB and within the address space, as just checked; the caller vouches for
        // the rest.
        Ok(unsafe { slice::from_raw_parts(pointer, count) })
    }

    /// Room for some bytes. A null pointer is none, if it says so.
    ///
    /// # Safety
    /// The address is null, or that of so many bytes, which nobody else reaches for `'a`.
    pub(crate) unsafe fn room<'a>(&self, pointer: *mut u8, count: usize) -> Result<&'a mut [u8], Error> {
        if count == 0 {
            return Ok(&mut []);
        }
        self.check(pointer, count)?;
        // SAFETY: as above. Bytes may be anything, so it does not matter whether they were written to before: the room is
        // only written to.
        Ok(unsafe { slice::from_raw_parts_mut(pointer, count) })
    }

    /// A place for a result.
    pub(crate) fn place<T: Copy>(&self, pointer: *mut T) -> Result<Output<T>, Error> {
        self.check(pointer, 1).map(|()| Output(pointer))
    }
}

impl<T: Copy> Output<T> {
    /// Puts it there.
    ///
    /// # Safety
    /// The address that the place was made of is null, misaligned, or that of room for such a value.
    pub(crate) unsafe fn put(self, value: T) {
        // SAFETY: not null and aligned, or there were no place; the caller vouches for the rest.
        unsafe { self.0.write(value) };
    }
}

/// Refuses bytes that are read from where others are written to.
pub(crate) fn apart(read: &[u8], written: *const u8, room: usize) -> Result<(), Error> {
    let (first, other) = (read.as_ptr().addr(), written.addr());
    let overlap = first < other.saturating_add(room) && other < first.saturating_add(read.len());
    if overlap && !read.is_empty() && room > 0 { Err(Error::Overlap) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_is_refused_and_what_touches_is_not() {
        let bytes = [0u8; 16];
        let own = bytes.as_ptr().addr();
        let border = Border::around(own + 4..own + 8);
        let check = |from: usize, count| border.check(bytes.as_ptr().wrapping_add(from), count);
        assert_eq!((check(0, 4), check(8, 8)), (Ok(()), Ok(())));
        assert_eq!((check(0, 5), check(7, 2)), (Err(Error::Overlap), Err(Error::Overlap)));
        assert_eq!(check(0, usize::MAX), Err(Error::TooLong));
        assert_eq!(border.check(usize::MAX as *const u8, 2), Err(Error::TooLong));
        assert_eq!(border.check(core::ptr::null::<u8>(), 0), Err(Error::Null));
        assert_eq!(border.check(bytes.as_ptr().wrapping_add(1) as *const u64, 1).is_err(), true);
        assert_eq!(apart(&bytes[..8], bytes[8..].as_ptr(), 8), Ok(()));
        assert_eq!(apart(&bytes[..9], bytes[8..].as_ptr(), 8), Err(Error::Overlap));
    }
}
