//! The machine: the only place where registers are touched, and so the only one with unsafe code.
//!
//! Every address is one of QEMU's `virt` machine (hw/riscv/virt.c), which has one hart here and no
//! operating system: nobody else touches them.
#![allow(unsafe_code, reason = "registers of the machine")]

pub mod clock;
pub mod flash;
pub mod hart;
pub mod interrupts;
pub mod memory;
pub mod power;
pub mod serial;
pub mod stack;
pub mod virtio;

/// Reads a register.
///
/// # Safety
/// `address` is that of a register of the machine of this size, or of its flash.
unsafe fn read<T: Copy>(address: usize) -> T {
    // SAFETY: the caller's promise; registers are aligned.
    unsafe { core::ptr::read_volatile(address as *const T) }
}

/// Writes a register.
///
/// # Safety
/// As [`read`], and what the register does harms no memory that Rust knows of.
unsafe fn write<T: Copy>(address: usize, value: T) {
    // SAFETY: the caller's promise; registers are aligned.
    unsafe { core::ptr::write_volatile(address as *mut T, value) }
}
