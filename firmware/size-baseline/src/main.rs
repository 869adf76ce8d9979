//! The firmware of a device with the same radio but without a portal: access point and station, two network
//! stacks, a UDP and a TCP socket, flash, a log. The portal's share of an image is the difference to this one.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use embassy_net::tcp::TcpSocket;
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};
use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use esp_hal::clock::CpuClock;
use esp_hal::ram;
use esp_hal::timer::timg::TimerGroup;
use esp_radio::wifi::ap::AccessPointConfig;
use esp_radio::wifi::scan::ScanConfig;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{AuthenticationMethodConfig, Interface, WifiController};
use log::{LevelFilter, info};
use static_cell::StaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    esp_println::println!("{info}");
    esp_hal::system::software_reset()
}

#[embassy_executor::task(pool_size = 2)]
async fn run_stack(mut runner: Runner<'static, Interface>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn echo_datagrams(stack: Stack<'static>) {
    let (mut receive_meta, mut send_meta) = ([PacketMetadata::EMPTY; 4], [PacketMetadata::EMPTY; 4]);
    let (mut receive, mut send, mut buffer) = ([0; 1536], [0; 1536], [0; 548]);
    let mut socket = UdpSocket::new(stack, &mut receive_meta, &mut receive, &mut send_meta, &mut send);
    if socket.bind(53).is_err() {
        return;
    }
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        let _ = socket.send_to(&buffer[..length], from).await;
    }
}

#[embassy_executor::task]
async fn echo_bytes(stack: Stack<'static>) {
    let (mut receive, mut send, mut buffer) = ([0; 1536], [0; 1536], [0; 512]);
    loop {
        let mut socket = TcpSocket::new(stack, &mut receive, &mut send);
        if socket.accept(80).await.is_ok()
            && let Ok(length) = socket.read(&mut buffer).await
        {
            let _ = socket.write(&buffer[..length]).await;
            let _ = socket.flush().await;
        }
    }
}

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    esp_println::logger::init_logger(LevelFilter::Info);
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    esp_alloc::heap_allocator!(#[ram(reclaimed)] size: 64 * 1024);
    esp_alloc::heap_allocator!(size: 32 * 1024);
    esp_rtos::start(TimerGroup::new(chip.TIMG0).timer0, chip.FROM_CPU_INTR0);

    let mut flash = esp_storage::FlashStorage::new(chip.FLASH);
    let mut word = [0; 4];
    if ReadNorFlash::read(&mut flash, 0x3f_0000, &mut word).is_ok() && word == [0; 4] {
        let _ = NorFlash::erase(&mut flash, 0x3f_0000, 0x3f_1000);
        let _ = NorFlash::write(&mut flash, 0x3f_0000, &[1, 2, 3, 4]);
    }

    let Ok(mut controller) = WifiController::new(chip.WIFI, Default::default()) else { return };
    let mut configure = || {
        let password = AuthenticationMethodConfig::Wpa("a passphrase".try_into()?);
        let station = StationConfig::default().with_ssid("Home".try_into()?).with_authentication(password);
        let access_point = AccessPointConfig::default().with_ssid("Lamp".try_into()?);
        controller.set_config(&esp_radio::wifi::Config::AccessPointStation(station, access_point))?;
        Ok::<_, esp_radio::wifi::WifiError>(())
    };
    info!("configured: {:?}", configure());

    let address = Ipv4Address::new(192, 168, 4, 1);
    let fixed = StaticConfigV4 {
        address: Ipv4Cidr::new(address, 24),
        gateway: None,
        dns_servers: Default::default(),
    };
    static ACCESS_POINT: StaticCell<StackResources<11>> = StaticCell::new();
    static HOME: StaticCell<StackResources<8>> = StaticCell::new();
    let (access_point, for_access_point) = embassy_net::new(
        Interface::access_point(),
        Config::ipv4_static(fixed),
        ACCESS_POINT.init(StackResources::new()),
        1,
    );
    let (home, for_home) = embassy_net::new(
        Interface::station(),
        Config::dhcpv4(Default::default()),
        HOME.init(StackResources::new()),
        2,
    );
    let tasks = (
        run_stack(for_access_point),
        run_stack(for_home),
        echo_datagrams(access_point),
        echo_bytes(access_point),
    );
    if let (Ok(first), Ok(second), Ok(datagrams), Ok(bytes)) = tasks {
        spawner.spawn(first);
        spawner.spawn(second);
        spawner.spawn(datagrams);
        spawner.spawn(bytes);
    }
    loop {
        let found = controller.scan_async(&ScanConfig::default()).await.map_or(0, |found| found.len());
        info!("networks found: {found}");
        if controller.connect_async().await.is_ok() {
            home.wait_config_up().await;
            let _ = controller.wait_for_disconnect_async().await;
        }
        let _ = controller.disconnect_async().await;
    }
}
