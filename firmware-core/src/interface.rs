//! The two networks that the device is on: its own access point's and the owner's.

/// Where a datagram or a connection arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interface {
    /// The device's own access point.
    AccessPoint,
    /// The home network.
    Home,
}
