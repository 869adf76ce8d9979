//! The whole core for the chip's instruction set, linked with nothing else: no allocator, no
//! network stack, no start-up code. It links, so the core needs none of them; its size is what the core adds
//! to the flash of a firmware. It never runs.
//!
//! Every method of the portal is called with values that the linker cannot foresee, so that nothing is
//! optimised away.
#![no_std]
#![no_main]

use core::hint::black_box;

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use vestibule_core::{
    Arrival, Config, ConnectionId, Entropy, Instant, Interface, Portal, Radio, RadioCapabilities,
    RadioCommand, RadioEvent, Ssid,
};

// Set by the check that tries whether this program could ask for memory after all.
#[cfg(stray_allocation)]
extern crate alloc;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// A radio, a flash and a source of random bytes that weigh nothing.
struct Nothing;

impl Radio for Nothing {
    fn capabilities(&self) -> RadioCapabilities {
        RadioCapabilities::DEFAULT
    }

    fn command(&mut self, command: RadioCommand) {
        black_box(command);
    }
}

impl Entropy for Nothing {
    fn fill(&mut self, bytes: &mut [u8]) {
        black_box(bytes);
    }

    #[cfg(feature = "sealed-at-rest")]
    fn flash_key(&mut self) -> Option<vestibule_core::FlashKey> {
        vestibule_core::FlashKey::derive(self).ok()
    }
}

#[cfg(feature = "sealed-at-rest")]
impl vestibule_core::DeviceKey for Nothing {
    fn derive(&mut self, purpose: &[u8], key: &mut [u8; 32]) -> Result<(), vestibule_core::NoDeviceKey> {
        black_box((purpose, key));
        Ok(())
    }
}

impl ErrorType for Nothing {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Nothing {
    const READ_SIZE: usize = 4;

    fn read(&mut self, _: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        black_box(bytes);
        Ok(())
    }

    fn capacity(&self) -> usize {
        black_box(8192)
    }
}

impl NorFlash for Nothing {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    fn erase(&mut self, _: u32, _: u32) -> Result<(), NorFlashErrorKind> {
        Ok(())
    }

    fn write(&mut self, _: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        black_box(bytes);
        Ok(())
    }
}

fn everything() {
    let now = Instant::from_micros(black_box(0));
    let Ok(name) = Ssid::new(black_box(b"Lamp")) else { return };
    let Some(connection) = ConnectionId::new(black_box(0)) else { return };
    let mut portal = Portal::new(black_box(Config::new(name)), Nothing, Nothing);
    // As a driver has it, somewhere else: not in the frame of the function that calls it.
    let portal = black_box(&mut portal);
    portal.connect_or_setup(now);
    portal.connect(now);
    portal.setup(now);
    let _ = black_box(portal.factory_reset(now));
    portal.handle_radio(black_box(RadioEvent::ScanFinished), now);
    let mut buffer = [0; 1500];
    let arrival = black_box(Arrival {
        interface: Interface::AccessPoint,
        from: core::net::SocketAddrV4::new(core::net::Ipv4Addr::UNSPECIFIED, 68),
        port: 67,
    });
    black_box(portal.handle_datagram(arrival, black_box(&[0; 300]), &mut buffer, now));
    portal.handle_open(connection, black_box(Interface::Home), now);
    black_box(portal.handle_received(connection, black_box(b"GET / HTTP/1.1\r\n"), now));
    portal.handle_received_end(connection, now);
    portal.handle_closed(connection);
    portal.handle_timeout(now);
    black_box(portal.poll_send(connection, &mut buffer, now));
    black_box((portal.poll_event(), portal.poll_ready(), portal.poll_radio_for_station()));
    portal.drive_radio(&mut Nothing);
    black_box((portal.poll_timeout(), portal.state(), portal.home(), portal.leases(now).count()));
    black_box((portal.has_credentials(), portal.stored_networks().count(), portal.values()));
}

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    #[cfg(stray_allocation)]
    black_box(alloc::vec![0_u8; 3]);
    everything();
    loop {
        core::hint::spin_loop();
    }
}
