//! An application: a lamp that joins its owner's network by the portal, and then serves a page of
//! its own.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use embassy_net::tcp::TcpSocket;
use embassy_time::Duration;
use esp_hal::clock::CpuClock;
use esp_hal::ram;
use log::{LevelFilter, error};
use vestibule_core::Config;
use vestibule_esp32::{Home, Parts, connect_or_setup, name};

esp_bootloader_esp_idf::esp_app_desc!();

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    esp_println::logger::init_logger(LevelFilter::Info);
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    // The radio's: what the bootloader no longer needs, and some more.
    esp_alloc::heap_allocator!(#[ram(reclaimed)] size: 64 * 1024);
    esp_alloc::heap_allocator!(size: 32 * 1024);
    let parts = Parts {
        timer: chip.TIMG0,
        interrupt: chip.FROM_CPU_INTR0,
        flash: chip.FLASH,
        wifi: chip.WIFI,
        // The pin that chooses the boot mode (esptool's documentation, "Boot Mode Selection").
        #[cfg(any(feature = "esp32c3", feature = "esp32c6"))]
        button: chip.GPIO9.into(),
        #[cfg(any(feature = "esp32", feature = "esp32s2", feature = "esp32s3"))]
        button: chip.GPIO0.into(),
        #[cfg(feature = "status-led")]
        led: chip.GPIO8.into(),
    };
    match connect_or_setup(spawner, parts, Config::new(name("Lamp")), "lamp", None) {
        Ok(home) => serve_own_page(home).await,
        Err(failed) => error!("{failed}"),
    }
}

/// One visitor after the other, on port 80 of the home network.
async fn serve_own_page(home: Home) -> ! {
    const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 15\r\n\r\nThe lamp is on.";
    let (mut receive, mut send) = ([0; 512], [0; 512]);
    loop {
        let mut socket = TcpSocket::new(home.stack, &mut receive, &mut send);
        socket.set_timeout(Some(Duration::from_secs(5)));
        if socket.accept(80).await.is_ok() && socket.read(&mut [0; 512]).await.is_ok() {
            // A visitor who is gone misses it.
            let _ = socket.write(PAGE).await;
            socket.close();
            let _ = socket.flush().await;
        }
    }
}
