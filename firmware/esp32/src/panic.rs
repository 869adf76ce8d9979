//! The panic handler: it logs the panic, and notes it in memory that a reset does not clear. The panic is
//! counted in flash at the next start and not here, because it may have come from within a flash operation.

use core::panic::PanicInfo;
use core::sync::atomic::Ordering;

use esp_hal::ram;
use esp_println::println;

/// What the note holds after a panic: a value that memory does not hold by chance after power-on.
const PANICKED: u32 = 0x7061_6e63;

/// Kept while the chip has power.
#[ram(unstable(rtc_fast, persistent))]
static NOTE: portable_atomic::AtomicU32 = portable_atomic::AtomicU32::new(0);

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    println!("PANIC: {info}");
    NOTE.store(PANICKED, Ordering::Relaxed);
    esp_hal::system::software_reset()
}

/// Whether the firmware panicked before this start; `true` once for each panic.
pub(crate) fn take_note() -> bool {
    let note = NOTE.load(Ordering::Relaxed);
    NOTE.store(0, Ordering::Relaxed);
    note == PANICKED
}
