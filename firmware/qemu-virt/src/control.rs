//! The control channel to the host: lines over a virtio console. [`vestibule_device_protocol`] says what
//! they mean.

use core::cell::RefCell;
use core::future::poll_fn;
use core::task::Poll;

use critical_section::Mutex;
use heapless::{String, Vec};
use log::warn;
use vestibule_device_protocol::{FromDevice, FromHost, LINE_BYTES};
use virtio_drivers::device::console::VirtIOConsole;
use virtio_drivers::transport::DeviceType;
use virtio_drivers::transport::mmio::MmioTransport;

use crate::machine::virtio::{SharedMemory, device};
use crate::sleep;

/// The slot of the console.
pub const SLOT: usize = 2;

type Console = VirtIOConsole<SharedMemory, MmioTransport<'static>>;

static CONSOLE: Mutex<RefCell<Option<Console>>> = Mutex::new(RefCell::new(None));

/// Opens the channel. `false` if the machine has no console.
pub fn init() -> bool {
    let console = device(SLOT, DeviceType::Console).and_then(|transport| VirtIOConsole::new(transport).ok());
    critical_section::with(|cs| {
        let opened = console.is_some();
        *CONSOLE.borrow_ref_mut(cs) = console;
        opened
    })
}

/// Sends a message to the host. Without a channel it is lost.
pub fn send(message: &FromDevice) {
    let mut line = String::<LINE_BYTES>::new();
    if message.write(&mut line).is_err() || line.push('\n').is_err() {
        warn!("a message is too long for a line");
        return;
    }
    critical_section::with(|cs| {
        let mut console = CONSOLE.borrow_ref_mut(cs);
        if let Some(Err(error)) = console.as_mut().map(|console| console.send_bytes(line.as_bytes())) {
            warn!("a message to the host could not be sent: {error:?}");
        }
    });
}

/// Reads what the host sends. There must be one reader only.
#[derive(Default)]
pub struct Reader {
    line: Vec<u8, LINE_BYTES>,
}

impl Reader {
    /// The next message. A line that is no message is a warning in the log, without its content, which may
    /// be a secret.
    pub async fn next(&mut self) -> FromHost {
        loop {
            let byte = poll_fn(|context| {
                sleep::register(SLOT, context.waker());
                let byte = critical_section::with(|cs| {
                    CONSOLE.borrow_ref_mut(cs).as_mut().and_then(|console| console.recv(true).ok().flatten())
                });
                byte.map_or(Poll::Pending, Poll::Ready)
            })
            .await;
            if byte != b'\n' {
                if self.line.push(byte).is_err() {
                    self.line.clear();
                }
                continue;
            }
            let message = core::str::from_utf8(&self.line).ok().and_then(FromHost::read);
            self.line.clear();
            match message {
                Some(message) => return message,
                None => warn!("the host sent a line that is no message"),
            }
        }
    }
}
