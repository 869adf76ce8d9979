//! The panic handler: it logs the panic, and notes it in memory that a reset does not clear.

use core::panic::PanicInfo;

use esp_println::println;
use vestibule_firmware::ResetMemory as _;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    println!("PANIC: {info}");
    crate::memory::Kept.note_panic();
    esp_hal::system::software_reset()
}
