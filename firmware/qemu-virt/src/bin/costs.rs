//! What the core's work costs on the chip's instruction set: instructions and stack for one of
//! each kind of request, and the size of its types. To be run with QEMU's `-icount shift=0`.
//!
//! Prints `NAME NUMBER UNIT` lines and ends QEMU. No network is involved: the calls are those that
//! a driver makes, and the counting is around them alone.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::net::{Ipv4Addr, SocketAddrV4};

use embedded_storage::nor_flash::NorFlash as _;
use vestibule_core::http::{Connection, Transfer};
use vestibule_core::pages::Page;
use vestibule_core::{
    Arrival, Config, ConnectionId, DNS_PORT, Entropy, Instant, Interface, MacAddress, Portal, RadioEvent,
    ScanRecord, Security, Ssid, StationAddress,
};
use vestibule_firmware::Partition;
use vestibule_qemu_virt::flash::{self, Flash};
use vestibule_qemu_virt::logger::print;
use vestibule_qemu_virt::machine::{hart, memory, power, stack};
use vestibule_under_test::entropy::Seeded;

type Measured = Portal<Partition<Flash>, Constant>;

/// Random bytes that are none, so that the form's token is known here.
struct Constant;

impl Entropy for Constant {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(4);
    }
}

const NOW: Instant = Instant::from_micros(0);

/// The one connection.
const CONNECTION: ConnectionId = ConnectionId::ALL[0];

/// As Android asks: `fixtures/captures/android-10-check.jsonl`.
const PROBE: &[u8] =
    b"GET /generate_204 HTTP/1.1\r\nConnection: close\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) \
    AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36\r\n\
    Host: connectivitycheck.gstatic.com\r\nAccept-Encoding: gzip\r\n\r\n";
const PAGE: &[u8] = b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\nConnection: keep-alive\r\n\
    User-Agent: Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36\r\n\
    Accept: text/html\r\nAccept-Encoding: gzip, deflate\r\nAccept-Language: en\r\n\r\n";
const FORM: &[u8] = b"POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: 93\r\n\
    Content-Type: application/x-www-form-urlencoded\r\nOrigin: http://192.168.4.1\r\n\r\n\
    token=0404040404040404040404040404040404040404&network=486f6d65&passphrase=four+green+lantern";
const QUESTION: &[u8] =
    b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x11connectivitycheck\x07gstatic\x03com\0\0\x01\0\x01";

/// Counts what `work` takes, and prints it.
fn measure<T>(name: &str, work: impl FnOnce() -> T) -> T {
    stack::paint();
    let (base, before) = (stack::now(), hart::instructions());
    let result = work();
    let instructions = hart::instructions() - before;
    let deep = stack::deepest().saturating_sub(base);
    print(format_args!("{name} {instructions} instructions\n{name}-stack {deep} bytes\n"));
    result
}

/// A request on a connection of its own, as a driver carries it with its buffer for the answer.
/// Returns how many bytes went back, or ends QEMU with a failure if the answer is not the one that is
/// being measured.
fn request(device: &mut Measured, out: &mut [u8; 1536], request: &[u8], status: &[u8]) -> usize {
    let mut sent = 0;
    device.handle_open(CONNECTION, Interface::AccessPoint, NOW);
    let taken = device.handle_received(CONNECTION, request, NOW);
    while let Transfer::Bytes(length) = device.poll_send(CONNECTION, out, NOW) {
        if taken != request.len() || (sent == 0 && !out.starts_with(status)) {
            print(format_args!("not the answer that was to be measured\n"));
            power::off(1);
        }
        sent += length;
    }
    while device.poll_event().is_some() {}
    device.handle_closed(CONNECTION);
    sent
}

fn neighbour(number: u8) -> ScanRecord {
    let names: [&[u8]; 4] = [b"Home", b"FRITZ!Box 7590 AB", b"Neighbour's <network>", b"\xe2\x98\x95 cafe"];
    let ssid = Ssid::new(names[usize::from(number) % names.len()]).unwrap_or(Ssid::EMPTY);
    let bssid = MacAddress([2, 0, 0, 0, 0, number]);
    ScanRecord { ssid, bssid, channel: 6, signal: -40 - number as i8, security: Security::Wpa2 }
}

/// Measures one thing after the other.
#[riscv_rt::entry]
fn main() -> ! {
    memory::init();
    let mut credentials = flash::credentials();
    if credentials.erase(0, 8192).is_err() {
        print(format_args!("no flash\n"));
        power::off(1);
    }
    print(format_args!("portal-size {} bytes\n", size_of::<Portal<Partition<Flash>, Seeded>>()));
    print(format_args!("connection-size {} bytes\n", size_of::<Connection<Page>>()));

    let config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap_or(Ssid::EMPTY));
    let mut device = Measured::new(config, credentials, Constant);
    device.connect_or_setup(NOW);
    (0..4).for_each(|number| device.handle_radio(RadioEvent::NetworkFound(neighbour(number)), NOW));
    device.handle_radio(RadioEvent::ScanFinished, NOW);
    device.handle_radio(RadioEvent::AccessPointUp, NOW);

    let from = SocketAddrV4::new(Ipv4Addr::new(192, 168, 4, 2), 5353);
    let arrival = Arrival { interface: Interface::AccessPoint, from, port: DNS_PORT };
    let answered =
        measure("dns", || device.handle_datagram(arrival, black_box(QUESTION), &mut [0; 548], NOW));
    if answered.is_none() {
        power::off(1);
    }
    let mut out = [0; 1536];
    measure("probe", || request(&mut device, &mut out, black_box(PROBE), b"HTTP/1.1 302"));
    let page = measure("page", || request(&mut device, &mut out, black_box(PAGE), b"HTTP/1.1 200"));
    print(format_args!("page-length {page} bytes\n"));
    measure("form", || request(&mut device, &mut out, black_box(FORM), b"HTTP/1.1 303"));
    let (address, gateway) = (Ipv4Addr::new(192, 168, 1, 77), Some(Ipv4Addr::new(192, 168, 1, 1)));
    let link = StationAddress { address, prefix: 24, gateway };
    // The join begins once the answer has left.
    if let Some(begins) = device.poll_timeout() {
        device.handle_timeout(begins);
    }
    measure("commit", || device.handle_radio(RadioEvent::Joined(link), NOW));
    if !device.has_credentials() {
        power::off(1);
    }
    power::off(0)
}
