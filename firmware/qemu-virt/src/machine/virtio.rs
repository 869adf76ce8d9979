//! The virtio devices: where they are, and memory that they and the hart share.

use alloc::alloc::{Layout, alloc_zeroed, dealloc};
use core::ptr::NonNull;

use virtio_drivers::transport::DeviceType;
use virtio_drivers::transport::Transport;
use virtio_drivers::transport::mmio::{MmioTransport, VirtIOHeader};
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

/// Slots for devices.
pub const SLOTS: usize = 8;

const FIRST: usize = 0x1000_1000;
const SLOT_BYTES: usize = 0x1000;

/// Registers of a device (virtio 1.2, section 4.2.2).
const INTERRUPT_STATUS: usize = 0x60;
const INTERRUPT_ACK: usize = 0x64;

/// The device in a slot, if it is of that type. To be called once for each slot.
pub fn device(slot: usize, device_type: DeviceType) -> Option<MmioTransport<'static>> {
    assert!(slot < SLOTS, "a slot of the machine");
    let header = NonNull::new((FIRST + slot * SLOT_BYTES) as *mut VirtIOHeader)?;
    // SAFETY: a slot's registers. Only the transport uses them, except `acknowledge`, which touches no
    // register that the transport uses.
    let transport = unsafe { MmioTransport::new(header, SLOT_BYTES) }.ok()?;
    (transport.device_type() == device_type).then_some(transport)
}

/// Acknowledges a device's interrupt.
pub(super) fn acknowledge(slot: usize) {
    let registers = FIRST + slot * SLOT_BYTES;
    // SAFETY: registers of a slot; acknowledging makes the device withdraw its interrupt.
    unsafe {
        let status: u32 = super::read(registers + INTERRUPT_STATUS);
        super::write(registers + INTERRUPT_ACK, status);
    }
}

/// Memory as this machine has it: devices see the same addresses as the hart, and the same bytes.
pub struct SharedMemory;

fn pages_layout(pages: usize) -> Layout {
    Layout::from_size_align(pages * PAGE_SIZE, PAGE_SIZE).expect("a few pages")
}

// SAFETY: memory comes zeroed and aligned from the allocator, which hands it out once; addresses
// are the same on both sides, so sharing is nothing to do.
unsafe impl Hal for SharedMemory {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        // SAFETY: the layout is not empty: nobody asks for no pages.
        let memory = unsafe { alloc_zeroed(pages_layout(pages)) };
        (memory as usize as PhysAddr, NonNull::new(memory).expect("the heap has room for the devices"))
    }

    unsafe fn dma_dealloc(_: PhysAddr, memory: NonNull<u8>, pages: usize) -> i32 {
        // SAFETY: the caller's promise: it came from `dma_alloc` with as many pages.
        unsafe { dealloc(memory.as_ptr(), pages_layout(pages)) };
        0
    }

    unsafe fn mmio_phys_to_virt(address: PhysAddr, _: usize) -> NonNull<u8> {
        NonNull::new(address as usize as *mut u8).expect("no register is at address 0")
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        buffer.cast::<u8>().as_ptr() as usize as PhysAddr
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}
