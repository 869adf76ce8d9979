//! The serial port, which the log goes to.

use log::{LevelFilter, Log};

const TRANSMIT: usize = 0x1000_0000;

/// Sends bytes; QEMU takes them at once.
pub fn send(bytes: &[u8]) {
    for byte in bytes {
        // SAFETY: the transmitter's register.
        unsafe { super::write(TRANSMIT, *byte) };
    }
}

/// Has `logger` get what is logged. This chip cannot swap a pointer in one step, so it must be
/// called once, first of all.
pub fn log_to(logger: &'static dyn Log, level: LevelFilter) {
    // SAFETY: one hart, no interrupts: nobody logs meanwhile.
    unsafe {
        log::set_max_level_racy(level);
        // Fails when it is called a second time, which changes nothing.
        let _ = log::set_logger_racy(logger);
    }
}
