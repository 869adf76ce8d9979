//! What lies in the caller's memory: a head that tells whether there is a portal and whether a call is in it, the tables
//! that its application was given, and the portal.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use vestibule_core::{Instant, OwnPassphrase, PortalSlot};

use crate::application::CApplication;
use crate::border::Border;
use crate::error::{Answer, Error};
use crate::fields::FieldTable;
use crate::platform::{CFlash, CRandomBytes};
use crate::routes::RouteTable;
use crate::scope::Scope;

/// The bytes that vestibule_portal_new needs. The exact number is said by vestibule_portal_size; it may become less
/// without notice, and more with another VESTIBULE_ABI_MINOR.
#[cfg(target_pointer_width = "64")]
pub const VESTIBULE_PORTAL_SIZE: usize = 32 * 1024;
/// The bytes that vestibule_portal_new needs. The exact number is said by vestibule_portal_size; it may become less
/// without notice, and more with another VESTIBULE_ABI_MINOR.
#[cfg(target_pointer_width = "32")]
pub const VESTIBULE_PORTAL_SIZE: usize = 28 * 1024;

/// What the address of that memory must be a multiple of.
pub const VESTIBULE_PORTAL_ALIGN: usize = 8;

const _: () = assert!(size_of::<Held>() <= VESTIBULE_PORTAL_SIZE);
const _: () = assert!(align_of::<Held>() == VESTIBULE_PORTAL_ALIGN);

/// A portal, in memory that vestibule_portal_new was given.
pub struct Portal {
    _private: [u8; 0],
}

/// cbindgen:ignore
pub(crate) type CorePortal = vestibule_core::Portal<CFlash, CRandomBytes, CApplication>;
/// cbindgen:ignore
pub(crate) type Slot = PortalSlot<CFlash, CRandomBytes, CApplication>;

/// Says that there is a portal: nothing that memory holds by chance.
const MAGIC: u32 = 0x5e57_1b1e;

#[repr(C, align(8))]
pub(crate) struct Held {
    /// [`MAGIC`], or 0.
    magic: AtomicU32,
    /// Whether a call is under way.
    busy: AtomicBool,
    /// Which connections were opened and not closed yet, a bit each.
    pub(crate) open: UnsafeCell<u8>,
    /// Where it is: a copy somewhere else is no portal.
    address: UnsafeCell<usize>,
    /// The latest moment that was passed in.
    latest: UnsafeCell<u64>,
    /// What the callback that runs may reach.
    pub(crate) scope: UnsafeCell<Scope>,
    /// What the application asks for and answers; written when the portal is made, and never after that.
    pub(crate) tables: MaybeUninit<Tables>,
    pub(crate) slot: UnsafeCell<MaybeUninit<Slot>>,
}

/// What the portal refers to for as long as it is there.
pub(crate) struct Tables {
    pub(crate) fields: FieldTable,
    pub(crate) routes: RouteTable,
    pub(crate) code: Option<OwnPassphrase>,
}

/// Where a portal is, its head checked.
#[derive(Clone, Copy)]
pub(crate) struct Head(*mut Held);

impl Head {
    /// Memory for a portal, which must be zero where its head will be.
    ///
    /// # Safety
    /// C vouches that the address is null or that of so many bytes.
    pub(crate) unsafe fn claim(memory: *mut u8, size: usize) -> Result<Self, Error> {
        let held = memory.cast::<Held>();
        if held.is_null() {
            return Err(Error::Null);
        }
        if !held.is_aligned() {
            return Err(Error::Misaligned);
        }
        if size < VESTIBULE_PORTAL_SIZE {
            return Err(Error::TooSmall);
        }
        if memory.addr().checked_add(size).is_none() {
            return Err(Error::TooLong);
        }
        // SAFETY: there is room for a head at this address, as just checked; the bytes before the portal may have any value,
        // atomics and numbers do.
        let is_zero = unsafe {
            (*held).magic.load(Ordering::Relaxed) == 0
                && !(&raw const (*held).busy).cast::<u8>().read().eq(&1)
                && (*held).address.get().read() == 0
        };
        if is_zero { Ok(Self(held)) } else { Err(Error::InUse) }
    }

    /// A portal's place, or what else C takes for one.
    ///
    /// # Safety
    /// C vouches that the address is null or of its own memory.
    pub(crate) unsafe fn find(portal: *const Portal) -> Result<Self, Error> {
        let held = portal.cast_mut().cast::<Held>();
        if held.is_null() {
            return Err(Error::Null);
        }
        if !held.is_aligned() {
            return Err(Error::Misaligned);
        }
        // SAFETY: aligned; memory of the program's own, whose bytes may have any value here.
        let (magic, address) =
            unsafe { ((*held).magic.load(Ordering::Relaxed), (*held).address.get().read()) };
        if magic == MAGIC && address == held.addr() { Ok(Self(held)) } else { Err(Error::NotAPortal) }
    }

    pub(crate) fn held(self) -> *mut Held {
        self.0
    }

    pub(crate) fn handle(self) -> *mut Portal {
        self.0.cast()
    }

    /// The addresses that are the portal's.
    pub(crate) fn border(self) -> Border {
        let start = self.0.addr();
        Border::around(start..start + size_of::<Held>())
    }

    /// Begins a call, unless one is under way.
    fn begin(self) -> Result<(), Error> {
        // SAFETY: the head is there: it was found, or was claimed.
        let busy = unsafe { &(*self.0).busy };
        // Where a chip has no such instruction there is one thread in here, as the header asks for.
        #[cfg(target_has_atomic = "8")]
        let was = busy.swap(true, Ordering::Acquire);
        #[cfg(not(target_has_atomic = "8"))]
        let was = {
            let was = busy.load(Ordering::Acquire);
            busy.store(true, Ordering::Release);
            was
        };
        if was { Err(Error::Busy) } else { Ok(()) }
    }

    fn end(self) {
        // SAFETY: as above.
        unsafe { (*self.0).busy.store(false, Ordering::Release) };
    }

    /// Says that there will be a portal here, and that a call is in it.
    pub(crate) fn found(self) {
        // SAFETY: the place was claimed, so it is memory for this and nobody else is in it. Each field is written before it
        // is read.
        unsafe {
            (*self.0).open.get().write(0);
            (*self.0).latest.get().write(0);
            (*self.0).scope.get().write(Scope::Nothing);
            (*self.0).address.get().write(self.0.addr());
            (*self.0).busy.store(true, Ordering::Release);
            (*self.0).magic.store(MAGIC, Ordering::Release);
        }
    }

    /// The portal is made: other calls may come.
    pub(crate) fn made(self) {
        self.end();
    }

    /// Wipes all of it.
    pub(crate) fn wipe(self) {
        let bytes = self.0.cast::<u8>();
        for place in 0..size_of::<Held>() {
            // SAFETY: each of these bytes is the portal's, which nobody uses any more. Volatile, so that it is not left out:
            // there were secrets.
            unsafe { bytes.add(place).write_volatile(0) };
        }
    }

    fn at(self, now: u64) -> Result<Instant, Error> {
        // SAFETY: the head is there, and this call alone is in it.
        let latest = unsafe { &mut *(*self.0).latest.get() };
        if now < *latest {
            return Err(Error::WentBack);
        }
        *latest = now;
        Ok(Instant::from_micros(now))
    }
}

/// A call that has a portal to itself.
pub(crate) struct Inside<'p> {
    pub(crate) place: Head,
    pub(crate) portal: &'p mut CorePortal,
    pub(crate) border: Border,
}

impl Inside<'_> {
    /// The moment of this call, once everything else is checked.
    pub(crate) fn at(&self, now: u64) -> Result<Instant, Error> {
        self.place.at(now)
    }
}

/// Carries out a call in a portal, if there is one and no other call is in it.
///
/// # Safety
/// C vouches that the address is null or of its own memory.
pub(crate) unsafe fn enter(portal: *const Portal, act: impl FnOnce(Inside<'_>) -> Answer) -> i32 {
    // SAFETY: C vouches for it.
    let entered = unsafe { Head::find(portal) }.and_then(|place| place.begin().map(|()| place));
    let place = match entered {
        Ok(place) => place,
        Err(error) => return error as i32,
    };
    // SAFETY: there is a portal, since its magic is set only once it is made or by a call that is in it; and no other call is
    // in it, or this one had not begun. Nothing but this reference reaches the slot: callbacks reach the head alone.
    let slot = unsafe { (*(*place.held()).slot.get()).assume_init_mut() };
    let answer = act(Inside { place, portal: slot.portal(), border: place.border() });
    place.end();
    crate::error::number(answer)
}

/// As [`enter`], for the call that ends the portal: it is not there any more afterwards.
///
/// # Safety
/// C vouches that the address is null or of its own memory.
pub(crate) unsafe fn leave(portal: *const Portal) -> Answer {
    // SAFETY: C vouches for it.
    let place = unsafe { Head::find(portal)? };
    place.begin()?;
    // SAFETY: as in `enter`. Nobody enters again: `busy` stays until the wipe, after which there is no magic.
    unsafe {
        (*(*place.held()).slot.get()).assume_init_drop();
        (*place.held()).tables.assume_init_drop();
    }
    place.wipe();
    Ok(0)
}
