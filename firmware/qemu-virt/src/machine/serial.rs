//! The serial port (a 16550), which the log and Improv's packets go to and from which a client's come.

use log::{LevelFilter, Log};

/// Its registers: data both ways, the control of its queues, and its state.
const DATA: usize = 0x1000_0000;
const QUEUES: usize = DATA + 2;
const STATE: usize = DATA + 5;

/// Both queues are used, and empty.
const QUEUES_ON: u8 = 0b111;

/// Something has come.
const HAS_COME: u8 = 1;

/// Has the port keep up to 16 bytes that have come.
pub fn init() {
    // SAFETY: the queues' register.
    unsafe { super::write(QUEUES, QUEUES_ON) };
}

/// Sends bytes; QEMU takes them at once.
pub fn send(bytes: &[u8]) {
    for byte in bytes {
        // SAFETY: the transmitter's register.
        unsafe { super::write(DATA, *byte) };
    }
}

/// Takes what has come, as much as there is room for; returns how much that is.
pub fn receive(room: &mut [u8]) -> usize {
    let mut length = 0;
    for byte in room {
        // SAFETY: the port's state, and the byte that has come, which is taken by that.
        unsafe {
            if super::read::<u8>(STATE) & HAS_COME == 0 {
                break;
            }
            *byte = super::read(DATA);
        }
        length += 1;
    }
    length
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
