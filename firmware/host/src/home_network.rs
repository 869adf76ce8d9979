//! The home network: a router with a stack of its own, which hands out addresses.

use std::cell::{Cell, RefCell};
use std::net::Ipv4Addr;
use std::rc::Rc;

use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{ConfigV4, Ipv4Cidr, Stack, StackResources, StaticConfigV4};
use embassy_time::{Duration, Timer};
use vestibule_core::limits::DHCP_REPLY_BYTES;
use vestibule_core::{Instant, dhcp};

use crate::clock::Tasks;
use crate::network_device::Nic;

/// The router's address, while it hands out [`Addresses::First`].
pub const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

/// Its address while it hands out [`Addresses::Second`].
const OTHER_ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 9, 1);

/// For how long an address is lent.
const LEASE: std::time::Duration = std::time::Duration::from_secs(600);

/// How often the router looks whether it is to hand out other addresses.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// What the router hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// Addresses of 10.0.0.0/24.
    First,
    /// Addresses of 10.0.9.0/24, as after its settings were changed.
    Second,
    /// None.
    None,
}

impl Addresses {
    fn router(self) -> Ipv4Addr {
        if self == Self::Second { OTHER_ROUTER } else { ROUTER }
    }
}

/// The name under which the router lists the device: option 12 of what it sent last (RFC 2132 section 3.14).
pub(crate) type HostName = Rc<RefCell<Option<String>>>;

/// Lets the router run on this network device.
pub(crate) fn spawn(nic: Nic, addresses: &Rc<Cell<Addresses>>, host_name: &HostName, tasks: &mut Tasks) {
    let resources: &'static mut StackResources<4> = Box::leak(Box::new(StackResources::new()));
    let (stack, mut runner) = embassy_net::new(nic, embassy_net::Config::default(), resources, 7);
    tasks.spawn(async move {
        runner.run().await;
    });
    tasks.spawn(follow(stack, Rc::clone(addresses)));
    tasks.spawn(serve(stack, Rc::clone(addresses), Rc::clone(host_name)));
}

/// Gives the router the address that belongs to what it hands out.
async fn follow(stack: Stack<'static>, addresses: Rc<Cell<Addresses>>) -> ! {
    let mut configured = None;
    loop {
        let router = addresses.get().router();
        if configured != Some(router) {
            configured = Some(router);
            stack.set_config_v4(ConfigV4::Static(StaticConfigV4 {
                address: Ipv4Cidr::new(router, 24),
                gateway: None,
                dns_servers: Default::default(),
            }));
        }
        Timer::after(LOOK_INTERVAL).await;
    }
}

/// Answers what DHCP clients ask.
async fn serve(stack: Stack<'static>, addresses: Rc<Cell<Addresses>>, host_name: HostName) -> ! {
    let (mut receive_meta, mut send_meta) = ([PacketMetadata::EMPTY; 4], [PacketMetadata::EMPTY; 4]);
    let (mut receive, mut send) = ([0; 4096], [0; 4096]);
    let mut socket = UdpSocket::new(stack, &mut receive_meta, &mut receive, &mut send_meta, &mut send);
    socket.bind(67).expect("nobody else is bound to it");
    let (mut server, mut served) = (dhcp::Server::new(), Addresses::First);
    loop {
        let mut message = [0; 1024];
        let Ok((length, _)) = socket.recv_from(&mut message).await else { continue };
        *host_name.borrow_mut() = name_in(&message[..length]);
        let current = addresses.get();
        if current == Addresses::None {
            continue;
        }
        if served != current {
            (server, served) = (dhcp::Server::new(), current);
        }
        let settings = dhcp::Settings::new(current.router(), LEASE);
        let now = Instant::from_micros(embassy_time::Instant::now().as_micros());
        let mut reply = [0; DHCP_REPLY_BYTES];
        let Some(answer) = server.answer(&settings, &message[..length], now, &mut reply) else { continue };
        let to = match answer.to {
            dhcp::Destination::NewClient(..) => dhcp::Destination::Broadcast.address(),
            other => other.address(),
        };
        let _ = socket.send_to(&reply[..answer.length], to).await;
    }
}

/// The host name in a DHCP message.
fn name_in(message: &[u8]) -> Option<String> {
    let mut options = message.get(240..)?;
    while let [code, length, rest @ ..] = options {
        let (value, others) = rest.split_at_checked(usize::from(*length))?;
        if *code == 12 {
            return String::from_utf8(value.to_vec()).ok();
        }
        options = others;
    }
    None
}
