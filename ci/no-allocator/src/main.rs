//! The whole core in a program that has neither a standard library nor an allocator. It drives a
//! portal through a question, a lease, a check and a form, and exits with 0 if all were answered.
#![no_std]
#![no_main]

use core::net::{Ipv4Addr, SocketAddrV4};

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use vestibule_core::http::Transfer;
use vestibule_core::{
    Arrival, Config, ConnectionId, DHCP_PORT, DNS_PORT, Entropy, Instant, Interface, Portal, RadioEvent,
    Ssid, StationAddress,
};

// Set by the check that tries whether this program could ask for memory after all.
#[cfg(stray_allocation)]
extern crate alloc;

// The platform's memcpy and start-up code, nothing else of it.
#[link(name = "c")]
unsafe extern "C" {}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

struct Constant;

impl Entropy for Constant {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(4);
    }
}

struct Memory([u8; 8192]);

impl ErrorType for Memory {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Memory {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        let from = self.0.get(offset as usize..).and_then(|rest| rest.get(..bytes.len()));
        bytes.copy_from_slice(from.ok_or(NorFlashErrorKind::OutOfBounds)?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl NorFlash for Memory {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        let sectors = self.0.get_mut(from as usize..to as usize);
        sectors.ok_or(NorFlashErrorKind::OutOfBounds)?.fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        let to = self.0.get_mut(offset as usize..).and_then(|rest| rest.get_mut(..bytes.len()));
        to.ok_or(NorFlashErrorKind::OutOfBounds)?.copy_from_slice(bytes);
        Ok(())
    }
}

type Device = Portal<Memory, Constant>;

const NOW: Instant = Instant::from_micros(0);

/// The one connection.
const CONNECTION: ConnectionId = ConnectionId::ALL[0];

/// Sends a request on a connection of its own; whether the answer begins with `status`.
fn answers(device: &mut Device, request: &[u8], status: &[u8]) -> bool {
    device.handle_open(CONNECTION, Interface::AccessPoint, NOW);
    let _ = device.handle_received(CONNECTION, request, NOW);
    let mut out = [0; 4096];
    let answered = match device.poll_send(CONNECTION, &mut out, NOW) {
        Transfer::Bytes(length) => out.get(..length).is_some_and(|answer| answer.starts_with(status)),
        _ => false,
    };
    device.handle_closed(CONNECTION);
    answered
}

fn journey() -> Option<bool> {
    let config = Config::new(Ssid::new(b"Lamp").ok()?);
    let mut device = Device::new(config, Memory([0xff; 8192]), Constant);
    device.connect_or_setup(NOW);
    device.handle_radio(RadioEvent::ScanFinished, NOW);
    device.handle_radio(RadioEvent::AccessPointUp, NOW);

    let question = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01x\0\0\x01\0\x01";
    let from = SocketAddrV4::new(Ipv4Addr::new(192, 168, 4, 2), 5353);
    let arrival = Arrival { interface: Interface::AccessPoint, from, port: DNS_PORT };
    device.handle_datagram(arrival, question, &mut [0; 512], NOW)?;

    let mut discover = [0; 244];
    discover.get_mut(..4)?.copy_from_slice(&[1, 1, 6, 0]);
    discover.get_mut(236..)?.copy_from_slice(&[99, 130, 83, 99, 53, 1, 1, 255]);
    let arrival = Arrival { port: DHCP_PORT, ..arrival };
    device.handle_datagram(arrival, &discover, &mut [0; 548], NOW)?;

    let check = b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n";
    let form = b"POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: 84\r\n\r\n\
                 network=486f6d65&passphrase=long+word&token=0404040404040404040404040404040404040404";
    let page = b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";
    let asked = answers(&mut device, check, b"HTTP/1.1 302") && answers(&mut device, form, b"HTTP/1.1 303");
    // Once the answer has left, the name is scanned for, which no scan has heard; then it is joined.
    device.handle_timeout(device.poll_timeout()?);
    device.handle_radio(RadioEvent::ScanFinished, NOW);
    let (address, gateway) = (Ipv4Addr::new(192, 168, 1, 77), Some(Ipv4Addr::new(192, 168, 1, 1)));
    device.handle_radio(RadioEvent::Joined(StationAddress { address, prefix: 24, gateway }), NOW);
    Some(asked && device.has_credentials() && answers(&mut device, page, b"HTTP/1.1 200"))
}

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    #[cfg(stray_allocation)]
    core::hint::black_box(alloc::vec![0_u8; 3]);
    i32::from(journey() != Some(true))
}
