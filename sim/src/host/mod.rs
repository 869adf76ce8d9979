//! A host on a network: its TCP/IP stack, its DHCP client, and the exchanges of a phone's connectivity check over
//! whole Ethernet frames. It knows neither the air nor a real network: a driver moves the frames, on the simulated air
//! or on a link of this machine.

pub(crate) mod dhcp_client;
pub(crate) mod dhcp_host;
pub(crate) mod dhcp_message;
mod exchanges;
pub(crate) mod frame;
mod redaction;
pub(crate) mod stack;

pub(crate) use dhcp_host::DhcpHost;
pub(crate) use exchanges::{Exchanges, FIRST_PORT};
pub(crate) use stack::Stack;
