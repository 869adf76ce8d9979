//! A panic: told on the log, noted where a reset does not reach, counted in flash at the next
//! start. Not at once: it may have come from within a flash operation.

use core::panic::PanicInfo;
use core::sync::atomic::Ordering;

use esp_hal::ram;
use esp_println::println;

/// What the note holds after a panic: something that memory does not hold by chance after power-on.
const FELL: u32 = 0x7061_6e63;

/// Kept while the chip has power.
#[ram(unstable(rtc_fast, persistent))]
static NOTE: portable_atomic::AtomicU32 = portable_atomic::AtomicU32::new(0);

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    println!("PANIC: {info}");
    NOTE.store(FELL, Ordering::Relaxed);
    esp_hal::system::software_reset()
}

/// Whether the firmware panicked before this start. Says so once.
pub(crate) fn take_note() -> bool {
    let note = NOTE.load(Ordering::Relaxed);
    NOTE.store(0, Ordering::Relaxed);
    note == FELL
}
