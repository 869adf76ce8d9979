//! A virtio network device under `embassy-net`: frames in, frames out.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::task::Context;

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use log::warn;
use virtio_drivers::device::net::VirtIONet;
use virtio_drivers::transport::DeviceType;
use virtio_drivers::transport::mmio::MmioTransport;

use crate::machine::virtio::{SharedMemory, device};
use crate::sleep;

/// The slots of the two network devices.
pub const ACCESS_POINT: usize = 0;
/// See [`ACCESS_POINT`].
pub const HOME: usize = 1;

/// Buffers in each direction.
const BUFFERS: usize = 16;

/// Bytes of a buffer: a frame and virtio's header.
const BUFFER_BYTES: usize = 2048;

/// Most bytes of a frame, as on Wi-Fi: 1500 and the header.
const FRAME_BYTES: usize = 1514;

/// A network device.
pub struct Nic {
    /// Boxed, because it is large and moves with its stack's runner.
    device: Box<VirtIONet<SharedMemory, MmioTransport<'static>, BUFFERS>>,
    slot: usize,
}

impl Nic {
    /// The network device in a slot, if there is one.
    pub fn new(slot: usize) -> Option<Self> {
        let mut device = VirtIONet::new(device(slot, DeviceType::Network)?, BUFFER_BYTES).ok()?;
        device.enable_interrupts();
        Some(Self { device: Box::new(device), slot })
    }
}

/// A frame that was received.
pub struct ReceivedFrame(Vec<u8>);

impl RxToken for ReceivedFrame {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, read: F) -> R {
        read(&mut self.0)
    }
}

/// Room for a frame to send.
pub struct FrameToSend<'a>(&'a mut Nic);

impl TxToken for FrameToSend<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut buffer = self.0.device.new_tx_buffer(length);
        let written = write(buffer.packet_mut());
        if let Err(error) = self.0.device.send(buffer) {
            warn!("a frame could not be sent: {error:?}");
        }
        written
    }
}

impl Driver for Nic {
    type RxToken<'a> = ReceivedFrame;
    type TxToken<'a> = FrameToSend<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(ReceivedFrame, FrameToSend<'_>)> {
        sleep::register(self.slot, context.waker());
        let buffer = self.device.receive().ok()?;
        let frame = buffer.packet().to_vec();
        if let Err(error) = self.device.recycle_rx_buffer(buffer) {
            warn!("a buffer for frames is lost: {error:?}");
        }
        Some((ReceivedFrame(frame), FrameToSend(self)))
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<FrameToSend<'_>> {
        // Sending waits for the host, which is quick.
        Some(FrameToSend(self))
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        // Whether the radio is linked to a network, the host knows.
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = FRAME_BYTES;
        capabilities.max_burst_size = Some(BUFFERS);
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.device.mac_address())
    }
}
