//! Everything that drives the device, as one future that a board awaits.

use embassy_futures::join::{join, join_array, join4};
use embedded_storage::nor_flash::NorFlash;
use vestibule_core::application::Application;
use vestibule_core::limits::CONNECTIONS;
use vestibule_core::{DHCP_PORT, DNS_PORT, Entropy, Interface};

use crate::connections::{self, Listener};
use crate::datagrams;
use crate::device::Device;
use crate::limits::{HOME_SOCKETS, SOCKETS, TCP_BUFFER, UDP_BUFFER};
use crate::mdns;
use crate::networks::Networks;
use crate::radio;
use crate::wifi::WifiDriver;

/// The memory of the sockets. Large: a board keeps it in a static.
pub struct Buffers {
    tcp: [[[u8; TCP_BUFFER]; 2]; SOCKETS],
    udp: [[[u8; UDP_BUFFER]; 2]; 3],
}

impl Buffers {
    /// Empty ones.
    pub const fn new() -> Self {
        Self { tcp: [[[0; TCP_BUFFER]; 2]; SOCKETS], udp: [[[0; UDP_BUFFER]; 2]; 3] }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

/// Drives the device: datagrams, connections, deadlines, the radio. Never returns.
pub async fn run<F: NorFlash, E: Entropy, A: Application, R: WifiDriver>(
    device: &Device<F, E, A>,
    driver: &mut R,
    networks: Networks<'_>,
    buffers: &mut Buffers,
) -> ! {
    let [dns, dhcp, mdns] = &mut buffers.udp;
    let (mut access_point, mut home) = buffers.tcp.split_at_mut(CONNECTIONS);
    let access_point_sockets: [_; CONNECTIONS] = core::array::from_fn(|socket| {
        let listener = Listener {
            stack: networks.access_point,
            interface: Interface::AccessPoint,
            port: networks.http_port,
            socket,
        };
        serve_one(device, Some(listener), access_point.split_off_first_mut())
    });
    let home_sockets: [_; HOME_SOCKETS] = core::array::from_fn(|socket| {
        let listener = networks.home_page.map(|port| Listener {
            stack: networks.home,
            interface: Interface::Home,
            port,
            socket: CONNECTIONS + socket,
        });
        serve_one(device, listener, home.split_off_first_mut())
    });
    let datagrams = join(
        datagrams::serve(device, networks.access_point, DNS_PORT, dns),
        datagrams::serve(device, networks.access_point, DHCP_PORT, dhcp),
    );
    let radio = radio::drive(device, driver, networks);
    let name = async {
        match networks.home_page {
            Some(port) => mdns::announce_name(device, networks.home, port, mdns).await,
            None => core::future::pending().await,
        }
    };
    let radio = join(radio, name);
    join(
        join4(join_array(access_point_sockets), join_array(home_sockets), datagrams, radio),
        device.run_timer(),
    )
    .await
    .1
}

/// Serves one socket, if there is one.
async fn serve_one<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    listener: Option<Listener<'_>>,
    buffers: Option<&mut [[u8; TCP_BUFFER]; 2]>,
) -> ! {
    match (listener, buffers) {
        (Some(listener), Some(buffers)) => connections::serve(device, listener, buffers).await,
        _ => core::future::pending().await,
    }
}
