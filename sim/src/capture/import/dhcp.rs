//! The fields of a DHCP message that say whose an address is (RFC 2131 section 2, RFC 2132). Nothing is kept here.

use std::net::Ipv4Addr;

use super::link::Mac;

/// The types that matter here (RFC 2132 section 9.6).
pub(super) const REQUEST: u8 = 3;
pub(super) const ACK: u8 = 5;
pub(super) const NAK: u8 = 6;
pub(super) const INFORM: u8 = 8;

/// Options.
const SUBNET_MASK: u8 = 1;
const ROUTERS: u8 = 3;
const REQUESTED_ADDRESS: u8 = 50;
const MESSAGE_TYPE: u8 = 53;

/// Where a message has its first two addresses, its client's hardware address, and its options.
const CIADDR: usize = 12;
const YIADDR: usize = 16;
const CHADDR: usize = 28;
const COOKIE: std::ops::Range<usize> = 236..240;

/// Ethernet's addresses, which are six bytes long (RFC 1700).
const ETHERNET: [u8; 2] = [1, 6];

/// An option's value.
pub(super) fn option(message: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut rest = message.get(COOKIE.end..)?;
    loop {
        rest = match rest {
            [0, rest @ ..] => rest,
            [kind, length, rest @ ..] if *kind != 255 => {
                let value = rest.get(..usize::from(*length))?;
                if *kind == wanted {
                    return Some(value);
                }
                &rest[value.len()..]
            }
            _ => return None,
        };
    }
}

/// Whether this has the options of DHCP, which BOOTP's messages have not.
pub(super) fn has_options(message: &[u8]) -> bool {
    message.get(COOKIE) == Some(&[99, 130, 83, 99])
}

/// The message's type.
pub(super) fn kind(message: &[u8]) -> Option<u8> {
    has_options(message).then(|| option(message, MESSAGE_TYPE)?.first().copied())?
}

/// Whose it is: a relay may have sent it on.
pub(super) fn chaddr(message: &[u8]) -> Option<Mac> {
    let is_ethernet = message.get(1..3) == Some(&ETHERNET);
    message.get(CHADDR..CHADDR + 6)?.try_into().ok().filter(|mac| is_ethernet && *mac != [0; 6])
}

/// The address that the client asks for, or says that it has.
pub(super) fn requested(message: &[u8]) -> Option<Ipv4Addr> {
    address(option(message, REQUESTED_ADDRESS)).or_else(|| address(message.get(CIADDR..CIADDR + 4)))
}

/// The address that the server gives, or says that the client has.
pub(super) fn given(message: &[u8]) -> Option<Ipv4Addr> {
    address(message.get(YIADDR..YIADDR + 4)).or_else(|| address(message.get(CIADDR..CIADDR + 4)))
}

/// How many bits of an address are its subnet's.
pub(super) fn subnet_bits(message: &[u8]) -> Option<u32> {
    address(option(message, SUBNET_MASK)).map(|mask| mask.to_bits().leading_ones())
}

/// The routers that the server names.
pub(super) fn routers(message: &[u8]) -> impl Iterator<Item = Ipv4Addr> {
    option(message, ROUTERS).unwrap_or_default().chunks_exact(4).filter_map(|four| address(Some(four)))
}

fn address(bytes: Option<&[u8]>) -> Option<Ipv4Addr> {
    let bytes: [u8; 4] = bytes?.try_into().ok()?;
    Some(Ipv4Addr::from(bytes)).filter(|address| !address.is_unspecified())
}
