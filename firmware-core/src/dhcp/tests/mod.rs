//! The server against clients of bytes, its answers read by a codec that is not ours.

mod properties;
mod rules;
mod table;
mod wire;

use std::vec::Vec;

use dhcproto::v4::{DhcpOption, Message, MessageType, Opcode, OptionCode};
use dhcproto::{Decodable, Decoder};

use super::*;
use crate::limits::DHCP_REPLY_BYTES;

const SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);
const OTHER_SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
const LEASE: Duration = Duration::from_secs(600);

const DISCOVER: u8 = 1;
const REQUEST: u8 = 3;
const DECLINE: u8 = 4;
const RELEASE: u8 = 7;
const INFORM: u8 = 8;

fn at(host: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 4, host)
}

fn mac(client: u16) -> [u8; 6] {
    let [high, low] = client.to_be_bytes();
    [2, 0, 0, 0, high, low]
}

/// A client's message, in the making.
#[derive(Clone, Debug)]
struct ClientMessage {
    start: [u8; 4],
    xid: u32,
    flags: u16,
    ciaddr: Ipv4Addr,
    giaddr: Ipv4Addr,
    chaddr: [u8; 6],
    sname: Vec<u8>,
    file: Vec<u8>,
    cookie: [u8; 4],
    options: Vec<u8>,
}

impl ClientMessage {
    fn bare(client: u16) -> Self {
        Self {
            start: [1, 1, 6, 0],
            xid: 0x1234_5678,
            flags: 0,
            ciaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: Ipv4Addr::UNSPECIFIED,
            chaddr: mac(client),
            sname: Vec::new(),
            file: Vec::new(),
            cookie: [99, 130, 83, 99],
            options: Vec::new(),
        }
    }

    fn new(message_type: u8, client: u16) -> Self {
        Self::bare(client).with(53, &[message_type])
    }

    fn with(mut self, code: u8, data: &[u8]) -> Self {
        self.options.extend([code, data.len() as u8]);
        self.options.extend(data);
        self
    }

    fn requested_ip(self, address: Ipv4Addr) -> Self {
        self.with(50, &address.octets())
    }

    fn server_id(self, server: Ipv4Addr) -> Self {
        self.with(54, &server.octets())
    }

    fn ciaddr(self, ciaddr: Ipv4Addr) -> Self {
        Self { ciaddr, ..self }
    }

    fn giaddr(self, giaddr: Ipv4Addr) -> Self {
        Self { giaddr, ..self }
    }

    /// A REQUEST that takes an offer of ours.
    fn selecting(client: u16, address: Ipv4Addr) -> Self {
        Self::new(REQUEST, client).requested_ip(address).server_id(SERVER)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.unended();
        bytes.push(255);
        bytes
    }

    fn unended(&self) -> Vec<u8> {
        let field = |bytes: &[u8], length| {
            let mut field = bytes.to_vec();
            field.resize(length, 0);
            field
        };
        [
            &self.start[..],
            &self.xid.to_be_bytes(),
            &[0, 7],
            &self.flags.to_be_bytes(),
            &self.ciaddr.octets(),
            &[0; 8],
            &self.giaddr.octets(),
            &field(&self.chaddr, 16),
            &field(&self.sname, 64),
            &field(&self.file, 128),
            &self.cookie,
            &self.options,
        ]
        .concat()
    }
}

/// An answer, as an independent codec reads it.
struct ServerReply {
    to: Destination,
    length: usize,
    message: Message,
}

impl ServerReply {
    fn message_type(&self) -> MessageType {
        self.message.opts().msg_type().expect("every answer says what it is")
    }

    fn option(&self, code: OptionCode) -> Option<&DhcpOption> {
        self.message.opts().get(code)
    }
}

struct Bench {
    server: Server,
    settings: Settings,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        // Not the origin, so that a clock can jump back.
        let now = Instant::from_micros(3_600_000_000);
        Self { server: Server::new(), settings: Settings::new(SERVER, LEASE), now }
    }

    /// A server that lends only these addresses.
    fn lending(first: u8, last: u8) -> Self {
        let mut bench = Self::new();
        (bench.settings.first, bench.settings.last) = (at(first), at(last));
        bench
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    fn ask_bytes(&mut self, message: &[u8], room: usize) -> Option<(Answer, Vec<u8>)> {
        let mut reply = std::vec![0xaa; room];
        let answer = self.server.answer(&self.settings, message, self.now, &mut reply)?;
        reply.truncate(answer.length);
        Some((answer, reply))
    }

    /// What every answer must have is checked here, for all tests.
    fn ask(&mut self, ask: &ClientMessage) -> Option<ServerReply> {
        let (answer, bytes) = self.ask_bytes(&ask.bytes(), DHCP_REPLY_BYTES)?;
        assert!((300..=DHCP_REPLY_BYTES).contains(&bytes.len()), "{}", bytes.len());
        let message = Message::decode(&mut Decoder::new(&bytes)).expect("an answer is well-formed");
        assert_eq!(message.opcode(), Opcode::BootReply);
        assert_eq!((message.xid(), message.chaddr()), (ask.xid, &ask.chaddr[..]));
        assert_eq!((message.secs(), message.hops(), message.giaddr()), (0, 0, ask.giaddr));
        assert_eq!((message.sname(), message.fname()), (None, None));
        let server = message.opts().get(OptionCode::ServerIdentifier);
        assert_eq!(server, Some(&DhcpOption::ServerIdentifier(self.settings.address)));
        Some(ServerReply { to: answer.to, length: answer.length, message })
    }

    /// What a DISCOVER is offered.
    fn offered(&mut self, client: u16) -> Option<Ipv4Addr> {
        let reply = self.ask(&ClientMessage::new(DISCOVER, client))?;
        assert_eq!(reply.message_type(), MessageType::Offer);
        Some(reply.message.yiaddr())
    }

    /// DISCOVER, OFFER, REQUEST, ACK.
    fn joins(&mut self, client: u16) -> Option<Ipv4Addr> {
        let address = self.offered(client)?;
        assert_eq!(self.acked(&ClientMessage::selecting(client, address)), Some(address));
        Some(address)
    }

    /// The address that a REQUEST was given, or `None` for a NAK.
    fn acked(&mut self, request: &ClientMessage) -> Option<Ipv4Addr> {
        let reply = self.ask(request).expect("an ACK or a NAK");
        match reply.message_type() {
            MessageType::Ack => Some(reply.message.yiaddr()),
            MessageType::Nak => {
                assert_eq!(reply.message.yiaddr(), Ipv4Addr::UNSPECIFIED);
                None
            }
            other => panic!("{other:?}"),
        }
    }

    fn holders(&self) -> usize {
        self.server.leases(self.now).count()
    }
}
