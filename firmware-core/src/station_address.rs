//! The device's address on the home network.

use core::net::Ipv4Addr;

/// The device's address on the home network, its subnet and its router.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vestibule_core::StationAddress;
///
/// let gateway = Some(Ipv4Addr::new(192, 168, 4, 254));
/// let link = StationAddress { address: Ipv4Addr::new(192, 168, 4, 77), prefix: 24, gateway };
/// assert!(link.overlaps(Ipv4Addr::new(192, 168, 4, 1), 24), "the access point must use other addresses");
/// assert!(!link.overlaps(Ipv4Addr::new(172, 29, 4, 1), 24));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StationAddress {
    /// The device's own address there.
    pub address: Ipv4Addr,
    /// How many bits of it are the network's own.
    pub prefix: u8,
    /// The router to other networks: the one that DHCP named (RFC 2132 section 3.5) or the application
    /// chose, if it answers ARP. None if none was named, or if it does not answer.
    pub gateway: Option<Ipv4Addr>,
}

impl StationAddress {
    /// Whether a subnet with a host of this address and a mask of this length shares addresses with
    /// the home network's.
    pub fn overlaps(&self, address: Ipv4Addr, prefix: u8) -> bool {
        let bits = u32::from(self.prefix.min(prefix).min(32));
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        (self.address.to_bits() ^ address.to_bits()) & mask == 0
    }
}
