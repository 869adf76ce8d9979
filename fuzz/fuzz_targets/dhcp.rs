//! Several messages to one server, each after its length: no address is lent to two clients.
#![no_main]

use core::net::Ipv4Addr;
use core::time::Duration;

use libfuzzer_sys::fuzz_target;
use vestibule_core::Instant;
use vestibule_core::dhcp::{Server, Settings};
use vestibule_core::limits::{DHCP_REPLY_BYTES, LEASES};

fuzz_target!(|input: &[u8]| {
    let settings = Settings::new(Ipv4Addr::new(192, 168, 4, 1), Duration::from_secs(60));
    let mut server = Server::new();
    let mut now = Instant::from_micros(0);
    let mut rest = input;
    while let [high, low, seconds, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (message, after) = after.split_at(length);
        rest = after;
        now = now + Duration::from_secs((*seconds).into());
        let mut reply = [0; DHCP_REPLY_BYTES];
        if let Some(answer) = server.answer(&settings, message, now, &mut reply) {
            assert!(answer.length <= reply.len());
            assert_eq!(reply[0], 2, "no reply");
        }
        let lent: Vec<Ipv4Addr> = server.leases(now).map(|lease| lease.address).collect();
        let mut distinct = lent.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert!(lent.len() <= LEASES && distinct.len() == lent.len(), "{lent:?}");
    }
});
