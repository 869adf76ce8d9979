//! What the programs for `qemu-system-riscv32 -machine virt` share. The command line that the
//! machine needs is in `qemu-tests/src/machine.rs`.
#![no_std]

extern crate alloc;

pub mod board;
pub mod control;
pub mod flash;
pub mod logger;
pub mod machine;
pub mod net;
pub mod radio;
pub mod sleep;

use core::panic::PanicInfo;

use vestibule_firmware::panics::Panics;

/// Logs the panic, counts it in flash, and resets the machine.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    logger::print(format_args!("PANIC: {info}\n"));
    if !Panics::new(flash::panics()).add() {
        logger::print(format_args!("PANIC: it could not be counted\n"));
    }
    machine::power::restart()
}
