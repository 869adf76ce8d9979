//! The panic handler: it logs the panic and notes it in memory that a reset does not clear. The panic is counted in flash at
//! the next start and not here, because it may have come from within a flash operation.

use core::panic::PanicInfo;

use vestibule_firmware::ResetMemory as _;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    crate::log::print(format_args!("PANIC: {info}\r\n"));
    crate::memory::Scratch.note_panic();
    cortex_m::peripheral::SCB::sys_reset()
}
