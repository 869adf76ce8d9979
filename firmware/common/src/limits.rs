//! How many sockets a board's two network stacks have, and how large their buffers are. The core's own
//! limits are in [`vestibule_core::limits`].

use vestibule_core::limits::CONNECTIONS;

/// TCP sockets that listen on the home network.
pub const HOME_SOCKETS: usize = 2;

/// TCP sockets in all: every connection of the portal can have one on the access point, and those on the
/// home network take a connection while they need one. Each has its own [`TCP_BUFFER`] in each direction.
pub const SOCKETS: usize = CONNECTIONS + HOME_SOCKETS;

/// Bytes that a TCP socket holds in each direction: a segment of 1460 bytes, as Wi-Fi carries it, fits.
pub const TCP_BUFFER: usize = 1536;

/// Bytes that a UDP socket holds in each direction: two datagrams of the longest sort that clients send.
pub const UDP_BUFFER: usize = 1536;

/// Datagrams that a UDP socket holds in each direction.
pub const UDP_DATAGRAMS: usize = 4;

/// Sockets of the home network's stack that are an application's. Chosen: a webhook and some to spare.
pub const APPLICATION_SOCKETS: usize = 4;

/// Sockets of the access point's stack: the portal's connections, DNS and DHCP.
pub const ACCESS_POINT_STACK_SOCKETS: usize = CONNECTIONS + 2;

/// Sockets of the home network's stack: the page's, mDNS, the DHCP client, the ARP request for the router,
/// and an application's.
pub const HOME_STACK_SOCKETS: usize = HOME_SOCKETS + 3 + APPLICATION_SOCKETS;
