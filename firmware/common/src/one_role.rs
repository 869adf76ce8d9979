//! The one network device of a radio that is access point or station, as two: one for each stack. At most one of them has
//! a link, and frames go to and come from that one.
//!
//! Both stacks must run in one task, as [`Stacks::run`](crate::Stacks::run) has them: they share the device's one waker.

use core::cell::{Cell, RefCell};
use core::task::{Context, Waker};

use embassy_net::driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::WakerRegistration;

/// The longest frame.
const FRAME: usize = 1514;

/// What a radio is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Neither access point nor station.
    Nothing,
    /// The access point.
    AccessPoint,
    /// A station: linked once the network device says so.
    Station,
}

/// The radio's network device, and what the radio is. In a static, for as long as the stacks run.
pub struct OneRole<D> {
    device: RefCell<D>,
    /// The frame that a stack reads. The device must be free meanwhile: the stack answers before it has read on.
    frame: RefCell<[u8; FRAME]>,
    role: Cell<Role>,
    is_linked: Cell<bool>,
    waker: RefCell<WakerRegistration>,
}

impl<D: Driver> OneRole<D> {
    /// Of a radio that is nothing yet.
    pub fn new(device: D) -> Self {
        Self {
            device: RefCell::new(device),
            frame: RefCell::new([0; FRAME]),
            role: Cell::new(Role::Nothing),
            is_linked: Cell::new(false),
            waker: RefCell::new(WakerRegistration::new()),
        }
    }

    /// The network devices of the access point and of the station.
    pub fn split(&'static self) -> [RoleDevice<D>; 2] {
        [Role::AccessPoint, Role::Station].map(|role| RoleDevice { shared: self, role })
    }

    /// The radio is this from now on. What it has received as something else is dropped.
    pub fn set_role(&self, role: Role) {
        self.role.set(role);
        self.is_linked.set(false);
        let mut device = self.device.borrow_mut();
        while let Some((frame, _)) = device.receive(&mut Context::from_waker(Waker::noop())) {
            frame.consume(|_| ());
        }
        self.waker.borrow_mut().wake();
    }

    /// What the radio is.
    pub fn role(&self) -> Role {
        self.role.get()
    }

    /// The driver has said that the station has joined. Its stack may not have seen the link yet.
    pub fn has_joined(&self) {
        self.is_linked.set(true);
    }

    /// Whether the station is linked, as far as its stack has seen.
    pub fn is_linked(&self) -> bool {
        self.role.get() == Role::Station && self.is_linked.get()
    }
}

/// The network device in one of the roles.
pub struct RoleDevice<D: 'static> {
    shared: &'static OneRole<D>,
    role: Role,
}

impl<D: Driver> Driver for RoleDevice<D> {
    type RxToken<'a> = Frame<D>;
    type TxToken<'a> = Room<D>;

    fn receive(&mut self, cx: &mut Context<'_>) -> Option<(Frame<D>, Room<D>)> {
        let Self { shared, role } = *self;
        if shared.role.get() != role {
            return None;
        }
        let mut device = shared.device.borrow_mut();
        let (received, _) = device.receive(cx)?;
        let length = received.consume(|bytes| {
            shared.frame.borrow_mut()[..bytes.len()].copy_from_slice(bytes);
            bytes.len()
        });
        Some((Frame { shared, length }, Room { shared }))
    }

    fn transmit(&mut self, cx: &mut Context<'_>) -> Option<Room<D>> {
        let Self { shared, role } = *self;
        let has_room = shared.role.get() == role && shared.device.borrow_mut().transmit(cx).is_some();
        has_room.then_some(Room { shared })
    }

    fn link_state(&mut self, cx: &mut Context<'_>) -> LinkState {
        let shared = self.shared;
        shared.waker.borrow_mut().register(cx.waker());
        let link = shared.device.borrow_mut().link_state(cx);
        match self.role {
            role if role != shared.role.get() => LinkState::Down,
            // A driver knows a link of the station only.
            Role::AccessPoint => LinkState::Up,
            _ => {
                shared.is_linked.set(link == LinkState::Up);
                link
            }
        }
    }

    fn capabilities(&self) -> Capabilities {
        self.shared.device.borrow().capabilities()
    }

    fn hardware_address(&self) -> HardwareAddress {
        self.shared.device.borrow().hardware_address()
    }
}

/// A frame that was received.
pub struct Frame<D: 'static> {
    shared: &'static OneRole<D>,
    length: usize,
}

impl<D: Driver> RxToken for Frame<D> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, read: F) -> R {
        read(&mut self.shared.frame.borrow_mut()[..self.length])
    }
}

/// Room for a frame.
pub struct Room<D: 'static> {
    shared: &'static OneRole<D>,
}

impl<D: Driver> TxToken for Room<D> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut device = self.shared.device.borrow_mut();
        match device.transmit(&mut Context::from_waker(Waker::noop())) {
            Some(room) => room.consume(length, write),
            // Nobody else sends between the question for room and this.
            None => write(&mut [0; FRAME][..length]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;
    use std::collections::VecDeque;
    use std::vec;
    use std::vec::Vec;

    use super::*;

    /// A device whose frames are set here; what is sent is kept.
    #[derive(Default)]
    struct Wire {
        arrives: VecDeque<Vec<u8>>,
        sent: Vec<Vec<u8>>,
        is_linked: bool,
    }

    struct Arrived(Vec<u8>);

    impl RxToken for Arrived {
        fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, read: F) -> R {
            read(&mut self.0)
        }
    }

    struct Sending<'a>(&'a mut Vec<Vec<u8>>);

    impl TxToken for Sending<'_> {
        fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
            let mut frame = vec![0; length];
            let written = write(&mut frame);
            self.0.push(frame);
            written
        }
    }

    impl Driver for Wire {
        type RxToken<'a> = Arrived;
        type TxToken<'a> = Sending<'a>;

        fn receive(&mut self, _: &mut Context<'_>) -> Option<(Arrived, Sending<'_>)> {
            let frame = self.arrives.pop_front()?;
            Some((Arrived(frame), Sending(&mut self.sent)))
        }

        fn transmit(&mut self, _: &mut Context<'_>) -> Option<Sending<'_>> {
            Some(Sending(&mut self.sent))
        }

        fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
            if self.is_linked { LinkState::Up } else { LinkState::Down }
        }

        fn capabilities(&self) -> Capabilities {
            Capabilities::default()
        }

        fn hardware_address(&self) -> HardwareAddress {
            HardwareAddress::Ethernet([2; 6])
        }
    }

    fn radio() -> (&'static OneRole<Wire>, RoleDevice<Wire>, RoleDevice<Wire>) {
        let radio: &'static OneRole<Wire> = Box::leak(Box::new(OneRole::new(Wire::default())));
        let [access_point, station] = radio.split();
        (radio, access_point, station)
    }

    fn arrives(radio: &OneRole<Wire>, frame: &[u8]) {
        radio.device.borrow_mut().arrives.push_back(frame.to_vec());
    }

    /// Answers a frame while it is being read, as a stack does.
    fn answer(device: &mut RoleDevice<Wire>) -> Option<Vec<u8>> {
        let mut context = Context::from_waker(Waker::noop());
        let (frame, room) = device.receive(&mut context)?;
        Some(frame.consume(|read| {
            room.consume(3, |write| write.copy_from_slice(b"yes"));
            read.to_vec()
        }))
    }

    #[test]
    fn frames_are_those_of_what_the_radio_is() {
        let (radio, mut access_point, mut station) = radio();
        arrives(radio, b"early");
        assert_eq!((answer(&mut access_point), answer(&mut station)), (None, None), "it is nothing yet");
        radio.set_role(Role::AccessPoint);
        arrives(radio, b"phone");
        assert_eq!(answer(&mut station), None);
        assert_eq!(answer(&mut access_point), Some(b"phone".to_vec()), "and what came early is gone");
        assert_eq!(radio.device.borrow().sent, [b"yes"]);
        arrives(radio, b"late");
        radio.set_role(Role::Station);
        arrives(radio, b"router");
        assert_eq!(answer(&mut access_point), None);
        assert_eq!(answer(&mut station), Some(b"router".to_vec()), "what a phone sent is not the station's");
        let mut context = Context::from_waker(Waker::noop());
        assert!(station.transmit(&mut context).is_some() && access_point.transmit(&mut context).is_none());
    }

    #[test]
    fn the_other_role_has_no_link() {
        let (radio, mut access_point, mut station) = radio();
        let mut context = Context::from_waker(Waker::noop());
        let mut links = || {
            [&mut access_point, &mut station].map(|device| device.link_state(&mut context) == LinkState::Up)
        };
        radio.device.borrow_mut().is_linked = true;
        assert_eq!(links(), [false, false]);
        radio.set_role(Role::AccessPoint);
        assert_eq!(links(), [true, false]);
        assert!(!radio.is_linked(), "an access point is no station");
        radio.set_role(Role::Station);
        assert!(!radio.is_linked(), "nobody has seen it");
        assert_eq!(links(), [false, true]);
        assert!(radio.is_linked());
        radio.device.borrow_mut().is_linked = false;
        assert_eq!(links(), [false, false]);
        assert!(!radio.is_linked());
        radio.has_joined();
        assert!(radio.is_linked(), "before its stack has seen it");
    }

    #[test]
    fn whoever_waits_is_woken_by_another_role() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicBool, Ordering};

        struct Woken(AtomicBool);

        impl std::task::Wake for Woken {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Ordering::Relaxed);
            }
        }

        let (radio, mut access_point, _) = radio();
        let woken = Arc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&woken));
        access_point.link_state(&mut Context::from_waker(&waker));
        assert!(!woken.0.load(Ordering::Relaxed));
        radio.set_role(Role::AccessPoint);
        assert!(woken.0.load(Ordering::Relaxed));
    }
}
