//! Everything that goes on at once, as one future that a board awaits.

use embassy_futures::join::{join, join_array, join4};
use embassy_net::Stack;
use embedded_storage::nor_flash::NorFlash;
use vestibule_core::application::Application;
use vestibule_core::limits::CONNECTIONS;
use vestibule_core::{DHCP_PORT, DNS_PORT, Entropy, Interface};

use crate::connections::{self, HOME_SOCKETS, Place, SOCKETS, TCP_BUFFER};
use crate::datagrams::{self, UDP_BUFFER};
use crate::device::Device;
use crate::mdns;
use crate::wifi::{self, WifiDriver};

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

/// The networks that a device is on. Their stacks are run by somebody else.
#[derive(Clone, Copy)]
pub struct Networks<'a> {
    /// Its own access point's, of at least [`CONNECTIONS`] and two more sockets.
    pub access_point: Stack<'a>,
    /// The home network's, of at least [`HOME_SOCKETS`] and three more.
    pub home: Stack<'a>,
    /// Where the portal's own page is served on the home network: [`vestibule_core::Config::home_port`],
    /// or `None` if an application serves a page of its own, and says its name itself.
    pub home_page: Option<u16>,
    /// The port of the access point's pages: [`vestibule_core::Config::http_port`].
    pub http_port: u16,
    /// What the device is called when it asks the home network for an address: at most 32 letters,
    /// digits and hyphens.
    pub host_name: &'a str,
}

/// Drives the device: datagrams, connections, deadlines, the radio. Never returns.
pub async fn run<F: NorFlash, E: Entropy, A: Application, R: WifiDriver>(
    device: &Device<F, E, A>,
    radio: &mut R,
    networks: Networks<'_>,
    buffers: &mut Buffers,
) -> ! {
    let [dns, dhcp, mdns] = &mut buffers.udp;
    let (mut access_point, mut home) = buffers.tcp.split_at_mut(CONNECTIONS);
    let captive: [_; CONNECTIONS] = core::array::from_fn(|socket| {
        let place = Place {
            stack: networks.access_point,
            interface: Interface::AccessPoint,
            port: networks.http_port,
            socket,
        };
        serve_one(device, Some(place), access_point.split_off_first_mut())
    });
    let at_home: [_; HOME_SOCKETS] = core::array::from_fn(|socket| {
        let place = networks.home_page.map(|port| Place {
            stack: networks.home,
            interface: Interface::Home,
            port,
            socket: CONNECTIONS + socket,
        });
        serve_one(device, place, home.split_off_first_mut())
    });
    let datagrams = join(
        datagrams::answer(device, networks.access_point, DNS_PORT, dns),
        datagrams::answer(device, networks.access_point, DHCP_PORT, dhcp),
    );
    let radio = wifi::operate(device, radio, networks);
    let name = async {
        match networks.home_page {
            Some(port) => mdns::say_name(device, networks.home, port, mdns).await,
            None => core::future::pending().await,
        }
    };
    let radio = join(radio, name);
    join(join4(join_array(captive), join_array(at_home), datagrams, radio), device.keep_time()).await.1
}

/// Serves at a place, if there is one.
async fn serve_one<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    place: Option<Place<'_>>,
    buffers: Option<&mut [[u8; TCP_BUFFER]; 2]>,
) -> ! {
    match (place, buffers) {
        (Some(place), Some(buffers)) => connections::serve(device, place, buffers).await,
        _ => core::future::pending().await,
    }
}
