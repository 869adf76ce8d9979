//! Packets of IP, as a client and its server send them to each other: what captures are made of.

use std::net::IpAddr;

use etherparse::{IpHeaders, PacketBuilder, PacketBuilderStep};

/// An address of hardware.
pub(crate) type Mac = [u8; 6];

/// One end.
#[derive(Clone, Copy)]
pub(crate) struct Host {
    pub(crate) mac: Mac,
    pub(crate) address: IpAddr,
}

/// A client and its server.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) client: Host,
    pub(crate) server: Host,
}

/// A packet of IP, and between whom it is on the link.
#[derive(Clone)]
pub(crate) struct Packet {
    pub(crate) from: Mac,
    pub(crate) to: Mac,
    pub(crate) ip: Vec<u8>,
}

impl Packet {
    /// The type that Ethernet gives it.
    pub(crate) fn kind(&self) -> [u8; 2] {
        if self.ip[0] >> 4 == 6 { [0x86, 0xdd] } else { [8, 0] }
    }
}

/// A segment of TCP, to the server's port or from it.
pub(crate) struct Segment<'a> {
    pub(crate) ports: (u16, u16),
    pub(crate) from_client: bool,
    pub(crate) sequence: u32,
    pub(crate) acknowledged: u32,
    /// `S` begins, `A` acknowledges, `F` ends.
    pub(crate) flags: &'a str,
    pub(crate) bytes: &'a [u8],
}

pub(crate) fn pair(client: (Mac, impl Into<IpAddr>), server: (Mac, impl Into<IpAddr>)) -> Pair {
    Pair {
        client: Host { mac: client.0, address: client.1.into() },
        server: Host { mac: server.0, address: server.1.into() },
    }
}

impl Pair {
    fn ends(self, from_client: bool) -> (Host, Host) {
        if from_client { (self.client, self.server) } else { (self.server, self.client) }
    }

    fn ip(self, from_client: bool) -> PacketBuilderStep<IpHeaders> {
        let (from, to) = self.ends(from_client);
        match (from.address, to.address) {
            (IpAddr::V4(from), IpAddr::V4(to)) => PacketBuilder::ipv4(from.octets(), to.octets(), 64),
            (IpAddr::V6(from), IpAddr::V6(to)) => PacketBuilder::ipv6(from.octets(), to.octets(), 64),
            _ => panic!("addresses of one kind"),
        }
    }

    fn packet(self, from_client: bool, write: impl FnOnce(&mut Vec<u8>)) -> Packet {
        let ((from, to), mut ip) = (self.ends(from_client), Vec::new());
        write(&mut ip);
        Packet { from: from.mac, to: to.mac, ip }
    }

    /// A datagram from one port to another.
    pub(crate) fn udp(self, from_client: bool, (from, to): (u16, u16), payload: &[u8]) -> Packet {
        let builder = self.ip(from_client).udp(from, to);
        self.packet(from_client, |ip| builder.write(ip, payload).unwrap())
    }

    /// A question for a name.
    pub(crate) fn asks(self, message: &[u8]) -> Packet {
        self.udp(true, (5000, 53), message)
    }

    pub(crate) fn tcp(self, segment: &Segment<'_>) -> Packet {
        let Segment { ports, from_client, sequence, acknowledged, flags, bytes } = *segment;
        let (from, to) = if from_client { ports } else { (ports.1, ports.0) };
        let mut builder = self.ip(from_client).tcp(from, to, sequence, 1000);
        if flags.contains('S') {
            builder = builder.syn();
        }
        if flags.contains('A') {
            builder = builder.ack(acknowledged);
        }
        if flags.contains('F') {
            builder = builder.fin();
        }
        self.packet(from_client, |ip| builder.write(ip, bytes).unwrap())
    }

    /// A connection from one port to another, which is open already.
    pub(crate) fn connection(self, ports: (u16, u16)) -> Connection {
        Connection { pair: self, ports, sent: 1, received: 100, packets: Vec::new() }
    }

    /// A connection on which the client says `sent`, in these pieces, and hears `received`.
    pub(crate) fn exchange(self, ports: (u16, u16), sent: &[&[u8]], received: &[u8]) -> Vec<Packet> {
        let mut connection = self.connection(ports).open();
        for piece in sent {
            connection = connection.says(piece);
        }
        connection.hears(received).close()
    }
}

/// A connection of TCP, and what was sent on it so far.
pub(crate) struct Connection {
    pair: Pair,
    ports: (u16, u16),
    sent: u32,
    received: u32,
    pub(crate) packets: Vec<Packet>,
}

impl Connection {
    fn sends(&mut self, from_client: bool, flags: &str, bytes: &[u8]) {
        let (own, other) = match from_client {
            true => (&mut self.sent, self.received),
            false => (&mut self.received, self.sent),
        };
        let beginning = u32::from(flags.contains('S'));
        let segment = Segment {
            ports: self.ports,
            from_client,
            sequence: own.wrapping_sub(beginning),
            acknowledged: other,
            flags,
            bytes,
        };
        *own = own.wrapping_add(u32::try_from(bytes.len()).unwrap() + u32::from(flags.contains('F')));
        self.packets.push(self.pair.tcp(&segment));
    }

    /// Begins it.
    pub(crate) fn open(mut self) -> Self {
        self.sends(true, "S", b"");
        self.sends(false, "SA", b"");
        self.sends(true, "A", b"");
        self
    }

    pub(crate) fn says(mut self, bytes: &[u8]) -> Self {
        self.sends(true, "A", bytes);
        self
    }

    pub(crate) fn hears(mut self, bytes: &[u8]) -> Self {
        self.sends(false, "A", bytes);
        self
    }

    /// Both ends close it.
    pub(crate) fn close(mut self) -> Vec<Packet> {
        self.sends(false, "AF", b"");
        self.sends(true, "AF", b"");
        self.packets
    }
}

/// A question for a name's record of this type.
pub(crate) fn question(identifier: u16, name: &str, kind: u16) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let labels: Vec<u8> = labels
        .flat_map(|label| [&[u8::try_from(label.len()).unwrap()][..], label.as_bytes()].concat())
        .collect();
    let head = [&identifier.to_be_bytes()[..], &[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]].concat();
    [&head[..], &labels, &[0], &kind.to_be_bytes(), &[0, 1]].concat()
}

/// A DHCP message (RFC 2131 section 2): its type, the client's hardware address, the address that it is
/// given, and its options.
pub(crate) fn dhcp(kind: u8, mac: Mac, yiaddr: [u8; 4], options: &[(u8, &[u8])]) -> Vec<u8> {
    let is_reply = matches!(kind, 2 | 5 | 6);
    let mut message = vec![if is_reply { 2 } else { 1 }, 1, 6, 0, 0, 0, 0x12, 0x34];
    message.resize(16, 0);
    message.extend(yiaddr);
    message.resize(28, 0);
    message.extend(mac);
    message.resize(236, 0);
    message.extend([99, 130, 83, 99, 53, 1, kind]);
    for (option, value) in options {
        message.extend([*option, u8::try_from(value.len()).unwrap()]);
        message.extend(*value);
    }
    message.push(255);
    message
}
