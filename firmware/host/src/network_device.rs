//! A cable with a network device at each end, under `embassy-net`. Frames pass while it is plugged in.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Waker};

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};

/// Bytes of the longest frame: 1500 and the header.
const FRAME_BYTES: usize = 1514;

#[derive(Default)]
struct Inbox {
    frames: VecDeque<Vec<u8>>,
    waker: Option<Waker>,
}

/// A network device.
pub struct Nic {
    address: [u8; 6],
    inbox: Rc<RefCell<Inbox>>,
    other: Rc<RefCell<Inbox>>,
    is_plugged: Rc<Cell<bool>>,
}

/// Two devices at a cable, and whether it is plugged in.
pub(crate) fn cable(addresses: [[u8; 6]; 2]) -> ([Nic; 2], Rc<Cell<bool>>) {
    let inboxes = [Rc::<RefCell<Inbox>>::default(), Rc::default()];
    let is_plugged = Rc::new(Cell::new(false));
    let nic = |own: usize, other: usize| Nic {
        address: addresses[own],
        inbox: Rc::clone(&inboxes[own]),
        other: Rc::clone(&inboxes[other]),
        is_plugged: Rc::clone(&is_plugged),
    };
    ([nic(0, 1), nic(1, 0)], is_plugged)
}

impl Nic {
    /// The next frame that came by the cable, for whoever has no stack.
    pub(crate) fn take_frame(&self) -> Option<Vec<u8>> {
        self.inbox.borrow_mut().frames.pop_front()
    }

    /// Sends a frame by the cable.
    pub(crate) fn put_frame(&self, frame: Vec<u8>) {
        if self.is_plugged.get() {
            let mut other = self.other.borrow_mut();
            other.frames.push_back(frame);
            if let Some(waker) = other.waker.take() {
                waker.wake();
            }
        }
    }
}

/// A frame that was received.
pub struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, read: F) -> R {
        read(&mut self.0)
    }
}

/// Room for a frame to send.
pub struct ToSend<'a>(&'a Nic);

impl TxToken for ToSend<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let written = write(&mut frame);
        self.0.put_frame(frame);
        written
    }
}

impl Driver for Nic {
    type RxToken<'a> = Received;
    type TxToken<'a> = ToSend<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Received, ToSend<'_>)> {
        let frame = {
            let mut inbox = self.inbox.borrow_mut();
            inbox.waker = Some(context.waker().clone());
            inbox.frames.pop_front()
        };
        frame.map(|frame| (Received(frame), ToSend(self)))
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<ToSend<'_>> {
        Some(ToSend(self))
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = FRAME_BYTES;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.address)
    }
}
