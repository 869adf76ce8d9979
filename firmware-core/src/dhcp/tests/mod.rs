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
struct Ask {
    start: [u8; 4],
    transaction: u32,
    flags: u16,
    own: Ipv4Addr,
    relay: Ipv4Addr,
    hardware: [u8; 6],
    server_name: Vec<u8>,
    boot_file: Vec<u8>,
    cookie: [u8; 4],
    options: Vec<u8>,
}

impl Ask {
    fn bare(client: u16) -> Self {
        Self {
            start: [1, 1, 6, 0],
            transaction: 0x1234_5678,
            flags: 0,
            own: Ipv4Addr::UNSPECIFIED,
            relay: Ipv4Addr::UNSPECIFIED,
            hardware: mac(client),
            server_name: Vec::new(),
            boot_file: Vec::new(),
            cookie: [99, 130, 83, 99],
            options: Vec::new(),
        }
    }

    fn new(kind: u8, client: u16) -> Self {
        Self::bare(client).with(53, &[kind])
    }

    fn with(mut self, code: u8, data: &[u8]) -> Self {
        self.options.extend([code, data.len() as u8]);
        self.options.extend(data);
        self
    }

    fn wanting(self, address: Ipv4Addr) -> Self {
        self.with(50, &address.octets())
    }

    fn naming(self, server: Ipv4Addr) -> Self {
        self.with(54, &server.octets())
    }

    fn having(self, own: Ipv4Addr) -> Self {
        Self { own, ..self }
    }

    fn through(self, relay: Ipv4Addr) -> Self {
        Self { relay, ..self }
    }

    /// A REQUEST that takes an offer of ours.
    fn selecting(client: u16, address: Ipv4Addr) -> Self {
        Self::new(REQUEST, client).wanting(address).naming(SERVER)
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
            &self.transaction.to_be_bytes(),
            &[0, 7],
            &self.flags.to_be_bytes(),
            &self.own.octets(),
            &[0; 8],
            &self.relay.octets(),
            &field(&self.hardware, 16),
            &field(&self.server_name, 64),
            &field(&self.boot_file, 128),
            &self.cookie,
            &self.options,
        ]
        .concat()
    }
}

/// An answer, as an independent codec reads it.
struct Told {
    to: Destination,
    length: usize,
    message: Message,
}

impl Told {
    fn kind(&self) -> MessageType {
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
    fn ask(&mut self, ask: &Ask) -> Option<Told> {
        let (answer, bytes) = self.ask_bytes(&ask.bytes(), DHCP_REPLY_BYTES)?;
        assert!((300..=DHCP_REPLY_BYTES).contains(&bytes.len()), "{}", bytes.len());
        let message = Message::decode(&mut Decoder::new(&bytes)).expect("an answer is well-formed");
        assert_eq!(message.opcode(), Opcode::BootReply);
        assert_eq!((message.xid(), message.chaddr()), (ask.transaction, &ask.hardware[..]));
        assert_eq!((message.secs(), message.hops(), message.giaddr()), (0, 0, ask.relay));
        assert_eq!((message.sname(), message.fname()), (None, None));
        let server = message.opts().get(OptionCode::ServerIdentifier);
        assert_eq!(server, Some(&DhcpOption::ServerIdentifier(self.settings.address)));
        Some(Told { to: answer.to, length: answer.length, message })
    }

    /// What a DISCOVER is offered.
    fn offered(&mut self, client: u16) -> Option<Ipv4Addr> {
        let told = self.ask(&Ask::new(DISCOVER, client))?;
        assert_eq!(told.kind(), MessageType::Offer);
        Some(told.message.yiaddr())
    }

    /// DISCOVER, OFFER, REQUEST, ACK.
    fn joins(&mut self, client: u16) -> Option<Ipv4Addr> {
        let address = self.offered(client)?;
        assert_eq!(self.acked(&Ask::selecting(client, address)), Some(address));
        Some(address)
    }

    /// The address that a REQUEST was given, or `None` for a NAK.
    fn acked(&mut self, request: &Ask) -> Option<Ipv4Addr> {
        let told = self.ask(request).expect("an ACK or a NAK");
        match told.kind() {
            MessageType::Ack => Some(told.message.yiaddr()),
            MessageType::Nak => {
                assert_eq!(told.message.yiaddr(), Ipv4Addr::UNSPECIFIED);
                None
            }
            other => panic!("{other:?}"),
        }
    }

    fn holders(&self) -> usize {
        self.server.leases(self.now).count()
    }
}
