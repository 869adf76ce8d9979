//! A query to the catch-all: an answer, if there is one, fits, can be parsed, and is never answered.
#![no_main]

use core::net::Ipv4Addr;

use libfuzzer_sys::fuzz_target;
use vestibule_core::dns::answer;
use vestibule_core::limits::DNS_REPLY_BYTES;

const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

fuzz_target!(|query: &[u8]| {
    let mut reply = [0; DNS_REPLY_BYTES];
    let Some(length) = answer(query, ADDRESS, &mut reply) else { return };
    hickory_proto::op::Message::from_vec(&reply[..length]).expect("malformed reply");
    assert_eq!(answer(&reply[..length], ADDRESS, &mut [0; DNS_REPLY_BYTES]), None, "a packet loop");
});
