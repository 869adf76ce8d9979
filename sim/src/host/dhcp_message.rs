//! The messages of DHCP servers (RFC 2131), with the codec of `dhcproto`: a client's message is read, a reply to it written.
//! Who gets which address on which terms is decided elsewhere. Nothing is shared with the device's own server.

use std::net::Ipv4Addr;

use dhcproto::v4::{DhcpOption, Message, MessageType, Opcode, OptionCode};
use dhcproto::{Decodable, Decoder, Encodable, Encoder};

/// Bytes of a hardware address.
const HARDWARE_BYTES: u8 = 6;

/// A client's message.
pub(crate) struct Request {
    pub(crate) message: Message,
    /// The client's hardware address (`chaddr`).
    pub(crate) client: [u8; 6],
    pub(crate) kind: MessageType,
}

impl Request {
    /// Reads a message that came to a server's port.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let message = Message::decode(&mut Decoder::new(bytes)).ok()?;
        // `dhcproto` trusts the message for the length of `chaddr`, which has only 16 bytes.
        if message.opcode() != Opcode::BootRequest || message.hlen() != HARDWARE_BYTES {
            return None;
        }
        let client = message.chaddr().try_into().ok()?;
        let kind = message.opts().msg_type()?;
        Some(Self { message, client, kind })
    }

    /// Whether it asks for an option.
    pub(crate) fn asks_for(&self, option: OptionCode) -> bool {
        let list = self.message.opts().get(OptionCode::ParameterRequestList);
        matches!(list, Some(DhcpOption::ParameterRequestList(list)) if list.contains(&option))
    }

    /// The address that it asks for: by option 50, or else the one that it has (`ciaddr`).
    pub(crate) fn requested(&self) -> Ipv4Addr {
        self.option_50().unwrap_or(self.message.ciaddr())
    }

    /// The address in option 50, which a client that renews its lease leaves out.
    pub(crate) fn option_50(&self) -> Option<Ipv4Addr> {
        match self.message.opts().get(OptionCode::RequestedIpAddress) {
            Some(DhcpOption::RequestedIpAddress(address)) => Some(*address),
            _ => None,
        }
    }

    /// The reply of `server`. With `lent` it has that address (`yiaddr`) and these options; without, it is a refusal.
    pub(crate) fn reply(
        &self,
        kind: MessageType,
        server: Ipv4Addr,
        lent: Option<(Ipv4Addr, Vec<DhcpOption>)>,
    ) -> Option<Vec<u8>> {
        let mut reply = Message::default();
        reply
            .set_opcode(Opcode::BootReply)
            .set_xid(self.message.xid())
            .set_flags(self.message.flags())
            .set_chaddr(self.message.chaddr());
        reply.opts_mut().insert(DhcpOption::MessageType(kind));
        reply.opts_mut().insert(DhcpOption::ServerIdentifier(server));
        if let Some((address, options)) = lent {
            reply.set_yiaddr(address).set_ciaddr(self.message.ciaddr());
            for option in options {
                reply.opts_mut().insert(option);
            }
        }
        let mut bytes = Vec::new();
        reply.encode(&mut Encoder::new(&mut bytes)).ok()?;
        Some(bytes)
    }
}
