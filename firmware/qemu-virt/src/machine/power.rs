//! The power switch: SiFive's test device, which ends QEMU or resets the machine.

const SWITCH: usize = 0x0010_0000;

/// Ends QEMU, with this exit code.
pub fn off(code: u16) -> ! {
    turn(if code == 0 { 0x5555 } else { u32::from(code) << 16 | 0x3333 })
}

/// Resets the machine; with `-no-reboot` QEMU ends instead, with exit code 0.
pub fn restart() -> ! {
    turn(0x7777)
}

fn turn(to: u32) -> ! {
    // SAFETY: the machine stops.
    unsafe { super::write(SWITCH, to) };
    loop {
        super::hart::sleep();
    }
}
