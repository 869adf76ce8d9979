//! Messages to a responder, each after its length: what it sends can be parsed, and it does not talk
//! without end.
#![no_main]

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use libfuzzer_sys::fuzz_target;
use vestibule_core::limits::MDNS_MESSAGE_BYTES;
use vestibule_core::mdns::{HostName, Responder, Service};
use vestibule_core::{Entropy, Instant};

struct Dice;

impl Entropy for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Sends what is due until this moment.
fn drain(responder: &mut Responder, until: Instant) {
    let mut out = [0; MDNS_MESSAGE_BYTES];
    let mut count = 0;
    loop {
        let due = responder.poll_timeout().filter(|due| *due <= until).unwrap_or(until);
        while let Some(datagram) = responder.poll_send(&mut out, due) {
            hickory_proto::op::Message::from_vec(&out[..datagram.length]).expect("malformed message");
            count += 1;
            assert!(count < 100, "it talks without end");
        }
        if due == until {
            return;
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let service = Service::new(80, &["path=/"]).expect("short");
    let mut responder = Responder::new(HostName::new("lamp").expect("a name"), service);
    let mut now = Instant::from_micros(0);
    responder.handle_link(Ipv4Addr::new(10, 0, 0, 7), 24, &mut Dice, now);
    let mut rest = input;
    while let [high, low, pause, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (message, after) = after.split_at(length);
        rest = after;
        now = now + Duration::from_millis(u64::from(pause >> 1) * 40);
        drain(&mut responder, now);
        let port = if pause & 1 == 0 { 5353 } else { 50_000 };
        let from = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 20), port);
        responder.handle_datagram(message, from, &mut Dice, now);
        drain(&mut responder, now);
    }
});
