//! Somebody on the access point, who reads a page.

use std::cell::{Cell, RefCell};
use std::net::Ipv4Addr;
use std::rc::Rc;

use embassy_net::tcp::TcpSocket;
use embassy_net::{Ipv4Cidr, Stack, StackResources, StaticConfigV4};

use crate::clock::Tasks;
use crate::network_device::Nic;

/// The device's address, where its configuration says no other.
const DEVICE: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

/// The visitor's.
const OWN: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 2);

/// What comes of a request, once it has come.
pub(crate) type Page = Rc<RefCell<Option<String>>>;

/// The visitor, who is away until they first ask for a page.
pub(crate) struct Visitor {
    stack: Stack<'static>,
    is_near: Rc<Cell<bool>>,
}

impl Visitor {
    /// A visitor with this network device, of which frames pass once it `is_near`.
    pub(crate) fn new(nic: Nic, is_near: Rc<Cell<bool>>, tasks: &mut Tasks) -> Self {
        let resources: &'static mut StackResources<2> = Box::leak(Box::new(StackResources::new()));
        let config = embassy_net::Config::ipv4_static(StaticConfigV4 {
            address: Ipv4Cidr::new(OWN, 24),
            gateway: None,
            dns_servers: Default::default(),
        });
        let (stack, mut runner) = embassy_net::new(nic, config, resources, 8);
        tasks.spawn(async move {
            runner.run().await;
        });
        Self { stack, is_near }
    }

    /// Asks for a page.
    pub(crate) fn get(&self, path: &'static str, tasks: &mut Tasks) -> Page {
        self.is_near.set(true);
        let (stack, page) = (self.stack, Page::default());
        let read = Rc::clone(&page);
        tasks.spawn(async move {
            let answer = get(stack, path).await;
            read.replace(answer);
        });
        page
    }
}

/// The answer, head and all; `None` where there is none.
async fn get(stack: Stack<'static>, path: &str) -> Option<String> {
    let (mut receive, mut send) = ([0; 4096], [0; 1024]);
    let mut socket = TcpSocket::new(stack, &mut receive, &mut send);
    socket.connect((DEVICE, 80)).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {DEVICE}\r\nConnection: close\r\n\r\n");
    let mut rest = request.as_bytes();
    while !rest.is_empty() {
        let written = socket.write(rest).await.ok()?;
        rest = &rest[written..];
    }
    let mut answer = Vec::new();
    loop {
        let mut part = [0; 1024];
        match socket.read(&mut part).await {
            Ok(0) | Err(_) => return String::from_utf8(answer).ok(),
            Ok(length) => answer.extend_from_slice(&part[..length]),
        }
    }
}
