//! What the portals of this folder share: the access point's DHCP and DNS, of edge-dhcp and edge-captive as their
//! documentation shows them, the page, and what becomes of its form.

mod device;
#[path = "../../../../bindings/rust/vestibule_wifi.rs"]
mod vestibule_wifi;

use core::net::Ipv4Addr;
use std::net::SocketAddr;
use std::time::Duration;

use edge_dhcp::server::{Server, ServerOptions};
use edge_nal::UdpBind;

/// The address of the access point.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

/// Where every other request is led.
pub const PORTAL: &str = "http://192.168.4.1/";

/// The page with the form.
pub const PAGE: &str = "<!doctype html><title>Set up</title><meta name=viewport content=\"width=device-width\">\
    <h1>Set up</h1><form method=post action=/save><label>Network <select name=ssid><option>Home<option>Neighbour</select></label>\
    <label>Password <input type=password name=password></label><button>Save</button></form>";

/// What is done with a form, and the page after it. Outside of scenarios it is said for the runner, which compares it
/// with what was typed. Names are the owner's own: nothing here is shown to anybody else.
pub fn save(ssid: &str, password: &str) -> String {
    let address = if let Some(device) = device::get() {
        device.join(ssid, password)
    } else {
        let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        println!("told {} {}", hex(ssid), hex(password));
        Some(Ipv4Addr::new(192, 168, 1, 23))
    };
    let ssid = ssid.replace('&', "&amp;").replace('<', "&lt;");
    let said = match address {
        Some(address) => format!("<h1>Joined {ssid}</h1><p>The device is at {address} there."),
        None => "<h1>Not joined</h1><p role=alert>The password is wrong.</p><p><a href=/>Again</a>".to_owned(),
    };
    format!("<!doctype html><title>Set up</title>{said}")
}

/// Answers DHCP and DNS on threads of their own, and says where HTTP listens. In a scenario the host has DHCP.
#[must_use]
pub fn raise() -> SocketAddr {
    let any = |port| SocketAddr::from(([0, 0, 0, 0], port));
    let (dns, http) = match device::power_on() {
        Some(device) => device.listens(),
        None => {
            std::thread::spawn(|| {
                futures_lite::future::block_on(leases()).unwrap_or_else(|error| panic!("edge-dhcp: {error}"));
            });
            (any(53), any(80))
        }
    };
    std::thread::spawn(move || {
        futures_lite::future::block_on(names(dns)).unwrap_or_else(|error| panic!("edge-captive: {error}"));
    });
    http
}

async fn leases() -> Result<(), String> {
    let stack = edge_nal_std::Stack::new();
    let local = SocketAddr::from(([0, 0, 0, 0], 67));
    let mut socket = stack.bind(local).await.map_err(|error| error.to_string())?;
    let (mut gateway, dns, mut buffer) = ([Ipv4Addr::UNSPECIFIED], [ADDRESS], [0; 1500]);
    let mut options = ServerOptions::new(ADDRESS, Some(&mut gateway));
    options.dns = &dns;
    let mut server = Server::<_, 64>::new_with_et(ADDRESS);
    edge_dhcp::io::server::run(&mut server, &options, &mut socket, &mut buffer)
        .await
        .map_err(|error| format!("{error:?}"))
}

async fn names(local: SocketAddr) -> Result<(), String> {
    let stack = edge_nal_std::Stack::new();
    let (mut send, mut receive) = ([0; 1500], [0; 1500]);
    edge_captive::io::run(&stack, local, &mut send, &mut receive, ADDRESS, Duration::from_secs(60))
        .await
        .map_err(|error| error.to_string())
}
