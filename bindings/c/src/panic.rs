//! Where a panic ends: in the C program, which knows how its device is started anew.

use core::panic::PanicInfo;

unsafe extern "C" {
    /// Written by the C program, see the header.
    fn vestibule_panicked(file: *const u8, length: usize, line: u32);
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    let (file, line) = info.location().map_or(("", 0), |at| (at.file(), at.line()));
    // SAFETY: the C program must have this function, or it is not linked; the text is a constant and outlives the call.
    unsafe { vestibule_panicked(file.as_ptr(), file.len(), line) };
    // It was not to return. There is nothing sound left to do, and a watchdog ends this where there is one.
    loop {}
}

/// Rust's own `core` for systems that unwind names this function, and calls it only where something unwinds: nowhere here.
#[cfg(not(target_os = "none"))]
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
