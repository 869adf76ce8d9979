//! A phone with a network stack of its own, on the frames of the access point: it gets its address
//! by DHCP, and the page from where DHCP says.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::time::Duration;

use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::{dhcpv4, tcp};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};
use vestibule_qemu_tests::rig::{HOME, Rig};
use vestibule_qemu_tests::{AccessPointLink, erased};

/// Datagrams of one frame each, to and from QEMU.
struct FrameSocket {
    socket: UnixDatagram,
    guest: PathBuf,
}

struct ReceivedFrame(Vec<u8>);
struct FrameToSend<'a>(&'a FrameSocket);

impl RxToken for ReceivedFrame {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

impl TxToken for FrameToSend<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let written = write(&mut frame);
        self.0.socket.send_to(&frame, &self.0.guest).expect("the guest's socket is there");
        written
    }
}

impl Device for FrameSocket {
    type RxToken<'a> = ReceivedFrame;
    type TxToken<'a> = FrameToSend<'a>;

    fn receive(&mut self, _: Instant) -> Option<(ReceivedFrame, FrameToSend<'_>)> {
        let mut frame = vec![0; 2048];
        match self.socket.recv(&mut frame) {
            Ok(length) => {
                frame.truncate(length);
                Some((ReceivedFrame(frame), FrameToSend(self)))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("frames cannot be received: {error}"),
        }
    }

    fn transmit(&mut self, _: Instant) -> Option<FrameToSend<'_>> {
        Some(FrameToSend(self))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}

/// Lets the phone run until `done` returns something.
fn run<T>(
    phone: &mut Interface,
    frames: &mut FrameSocket,
    sockets: &mut SocketSet<'_>,
    what: &str,
    mut done: impl FnMut(&mut Interface, &mut SocketSet<'_>) -> Option<T>,
) -> T {
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while std::time::Instant::now() < until {
        phone.poll(Instant::now(), frames, sockets);
        if let Some(result) = done(phone, sockets) {
            return result;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("{what} did not come");
}

#[test]
fn a_phone_gets_an_address_and_the_page() {
    let folder = tempfile::TempDir::new().expect("a folder for the sockets");
    let (guest, host) = (folder.path().join("guest"), folder.path().join("host"));
    let socket = UnixDatagram::bind(&host).expect("a socket for frames");
    socket.set_nonblocking(true).expect("a socket can be asked without waiting");
    let flash = erased();
    let mut rig = Rig::linked(Some(&flash), &AccessPointLink::Frames { guest: &guest, host: &host }, |_| {});
    rig.open_portal();

    let mut frames = FrameSocket { socket, guest };
    let hardware = EthernetAddress([2, 0, 0, 0, 0, 7]);
    let mut phone = Interface::new(Config::new(hardware.into()), &mut frames, Instant::now());
    let mut sockets = SocketSet::new(Vec::new());
    let dhcp = sockets.add(dhcpv4::Socket::new());
    let (address, router, resolver) =
        run(&mut phone, &mut frames, &mut sockets, "an address", |_, sockets| {
            match sockets.get_mut::<dhcpv4::Socket<'_>>(dhcp).poll() {
                Some(dhcpv4::Event::Configured(config)) => {
                    Some((config.address, config.router, config.dns_servers.first().copied()))
                }
                _ => None,
            }
        });
    let device = router.expect("the device is the router");
    assert_eq!(device.octets(), [192, 168, 4, 1]);
    assert_eq!(resolver, Some(device));
    assert!(address.contains_addr(&device) && address.address() != device);
    phone.update_ip_addrs(|addresses| addresses.push(IpCidr::Ipv4(address)).expect("the first one"));

    let buffer = || tcp::SocketBuffer::new(vec![0; 2048]);
    let http = sockets.add(tcp::Socket::new(buffer(), buffer()));
    let connection = sockets.get_mut::<tcp::Socket<'_>>(http);
    connection.connect(phone.context(), (IpAddress::Ipv4(device), 80), 50_000).expect("a free socket");
    let mut asked = false;
    let mut answer = Vec::new();
    run(&mut phone, &mut frames, &mut sockets, "the page", |_, sockets| {
        let connection = sockets.get_mut::<tcp::Socket<'_>>(http);
        if !asked && connection.can_send() {
            let request = b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\nConnection: close\r\n\r\n";
            connection.send_slice(request).expect("it can send");
            asked = true;
        }
        if connection.can_recv() {
            let read = |bytes: &mut [u8]| (bytes.len(), answer.extend_from_slice(bytes));
            connection.recv(read).expect("it can receive");
        }
        (asked && !connection.may_recv()).then_some(())
    });
    let answer = String::from_utf8(answer).expect("the page is text");
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains(HOME) && answer.ends_with("</html>\n"),
        "{answer}"
    );
}
