//! DHCP messages on the wire (RFC 2131 section 2, RFC 2132): a client's is read, ours is written.
//!
//! No decision stands here, and nothing is remembered.

use core::net::Ipv4Addr;

use crate::mac_address::MacAddress;

/// The codes of RFC 2132 by their names there, and that of RFC 8910.
pub(super) mod option {
    pub(in crate::dhcp) const PAD: u8 = 0;
    pub(in crate::dhcp) const SUBNET_MASK: u8 = 1;
    pub(in crate::dhcp) const ROUTER: u8 = 3;
    pub(in crate::dhcp) const DOMAIN_NAME_SERVER: u8 = 6;
    pub(in crate::dhcp) const REQUESTED_IP_ADDRESS: u8 = 50;
    pub(in crate::dhcp) const IP_ADDRESS_LEASE_TIME: u8 = 51;
    pub(in crate::dhcp) const OPTION_OVERLOAD: u8 = 52;
    pub(in crate::dhcp) const DHCP_MESSAGE_TYPE: u8 = 53;
    pub(in crate::dhcp) const SERVER_IDENTIFIER: u8 = 54;
    pub(in crate::dhcp) const PARAMETER_REQUEST_LIST: u8 = 55;
    pub(in crate::dhcp) const MAXIMUM_DHCP_MESSAGE_SIZE: u8 = 57;
    pub(in crate::dhcp) const RENEWAL_TIME_VALUE: u8 = 58;
    pub(in crate::dhcp) const REBINDING_TIME_VALUE: u8 = 59;
    pub(in crate::dhcp) const CLIENT_IDENTIFIER: u8 = 61;
    pub(in crate::dhcp) const CAPTIVE_PORTAL: u8 = 114;
    pub(in crate::dhcp) const END: u8 = 255;
}

const BOOTREQUEST: u8 = 1;
const BOOTREPLY: u8 = 2;
const ETHERNET: u8 = 1;
const MAGIC_COOKIE: [u8; 4] = [99, 130, 83, 99];
/// The BROADCAST bit of `flags`.
const BROADCAST: u16 = 1 << 15;

/// The fields `sname` and `file`, which may hold options instead (RFC 2132 section 9.3).
const SNAME_BYTES: usize = 64;
const FILE_BYTES: usize = 128;
/// An answer is filled up to what BOOTP's fields take (RFC 951): some clients drop a shorter one.
pub(super) const SHORTEST: usize = 300;
/// How long a message may be for a client that names no maximum, or a smaller one (RFC 2131 section 2, RFC
/// 2132 section 9.10), and the headers that are part of that length.
const LEAST_MAX_MESSAGE_SIZE: u16 = 576;
const IP_AND_UDP_HEADERS: usize = 28;

/// The type of a message, RFC 2132 section 9.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageType {
    Discover = 1,
    Offer = 2,
    Request = 3,
    Decline = 4,
    Ack = 5,
    Nak = 6,
    Release = 7,
    Inform = 8,
}

impl MessageType {
    /// The type of a client's message; a server's messages are not for this server.
    fn from_client(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Discover),
            3 => Some(Self::Request),
            4 => Some(Self::Decline),
            7 => Some(Self::Release),
            8 => Some(Self::Inform),
            _ => None,
        }
    }
}

/// By what a client is known: its client identifier (option 61), or else `htype` and `chaddr` (RFC 2131
/// section 4.2).
///
/// A hash stands for it, because an identifier has up to 255 bytes. By chance, two clients among twelve
/// have the same 64 bits once in some 10^17 tables. An attacker who computes a collision gains no more
/// than by sending the other client's identifier: DHCP does not authenticate clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClientId(u64);

impl ClientId {
    /// FNV-1a, chosen because it is two lines.
    fn new<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Self {
        Self(parts.flatten().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }

    /// A number below `count`, always the same one for the same client; 0 if `count` is 0.
    pub(super) fn spread(self, count: u32) -> u32 {
        ((self.0 >> 32) as u32 ^ self.0 as u32).checked_rem(count).unwrap_or(0)
    }

    #[cfg(test)]
    pub(super) fn numbered(number: u64) -> Self {
        Self::new([&number.to_be_bytes()[..]].into_iter())
    }
}

/// A client's message.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub(super) message_type: MessageType,
    pub(super) client: ClientId,
    /// The client's hardware address.
    pub(super) chaddr: MacAddress,
    /// The number by which the client knows the answer to its message.
    xid: [u8; 4],
    flags: u16,
    /// The address that the client has and answers to.
    pub(super) ciaddr: Option<Ipv4Addr>,
    /// The relay agent on another link that passed this on.
    pub(super) giaddr: Option<Ipv4Addr>,
    /// The address that the client asks for.
    pub(super) requested_ip: Option<Ipv4Addr>,
    /// The server that the message is for.
    pub(super) server_id: Option<Ipv4Addr>,
    max_message_size: u16,
    options: Options<'a>,
}

impl<'a> Request<'a> {
    /// Reads a message; `None` for what is no DHCP client's on Ethernet (whose frames Wi-Fi's
    /// drivers hand out, too), or is malformed.
    pub(super) fn read(message: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(message);
        let [op, htype, hlen, _hops] = reader.array()?;
        if (op, htype, hlen) != (BOOTREQUEST, ETHERNET, 6) {
            return None;
        }
        let xid = reader.array()?;
        let [_secs_high, _secs_low, flags_high, flags_low] = reader.array()?;
        let ciaddr = reader.address()?;
        let _yiaddr: [u8; 4] = reader.array()?;
        let _siaddr: [u8; 4] = reader.array()?;
        let giaddr = reader.address()?;
        let chaddr: [u8; 6] = reader.array()?;
        let _chaddr_padding: [u8; 10] = reader.array()?;
        let sname = reader.take(SNAME_BYTES)?;
        let file = reader.take(FILE_BYTES)?;
        if reader.array()? != MAGIC_COOKIE {
            return None;
        }
        let options = Options::read(reader.0, file, sname)?;
        let [message_type] = options.fixed(option::DHCP_MESSAGE_TYPE)??;
        Some(Self {
            message_type: MessageType::from_client(message_type)?,
            client: options.client(chaddr),
            chaddr: MacAddress(chaddr),
            xid,
            flags: u16::from_be_bytes([flags_high, flags_low]),
            ciaddr,
            giaddr,
            requested_ip: options.fixed(option::REQUESTED_IP_ADDRESS)?.map(Ipv4Addr::from_octets),
            server_id: options.fixed(option::SERVER_IDENTIFIER)?.map(Ipv4Addr::from_octets),
            max_message_size: options.fixed(option::MAXIMUM_DHCP_MESSAGE_SIZE)?.map_or(0, u16::from_be_bytes),
            options,
        })
    }

    /// Whether the client takes no frame for an address that it does not have yet.
    pub(super) fn wants_broadcast(&self) -> bool {
        self.flags & BROADCAST != 0
    }

    /// The options that the client asks for, in its order; `None` when it leaves that to the server.
    pub(super) fn parameter_request_list(&self) -> Option<impl Iterator<Item = u8>> {
        let mut lists = self.options.all(option::PARAMETER_REQUEST_LIST).peekable();
        lists.peek()?;
        Some(lists.flatten().copied())
    }

    /// Begins an answer. `yiaddr` is the address that the client is given, `None` for none.
    pub(super) fn answer<'b>(
        &self,
        message_type: MessageType,
        yiaddr: Option<Ipv4Addr>,
        buffer: &'b mut [u8],
    ) -> Option<Writer<'b>> {
        let most = usize::from(self.max_message_size.max(LEAST_MAX_MESSAGE_SIZE)) - IP_AND_UDP_HEADERS;
        let room = buffer.len().min(most);
        let mut out = Writer { buffer: buffer.get_mut(..room)?, length: 0 };
        // RFC 2131 table 3. A relay agent is to broadcast a DHCPNAK, because the client's address is wrong.
        let (ciaddr, flags) = match message_type {
            MessageType::Ack => (self.ciaddr, self.flags),
            MessageType::Nak if self.giaddr.is_some() => (None, self.flags | BROADCAST),
            _ => (None, self.flags),
        };
        let octets = |address: Option<Ipv4Addr>| address.map_or([0; 4], |address| address.octets());
        out.put(&[BOOTREPLY, ETHERNET, 6, 0])?;
        out.put(&self.xid)?;
        out.put(&[0, 0])?; // secs
        out.put(&flags.to_be_bytes())?;
        out.put(&octets(ciaddr))?;
        out.put(&octets(yiaddr))?;
        out.put(&[0; 4])?; // siaddr
        out.put(&octets(self.giaddr))?;
        out.put(&self.chaddr.0)?;
        out.put(&[0; 10 + SNAME_BYTES + FILE_BYTES])?;
        out.put(&MAGIC_COOKIE)?;
        out.option(option::DHCP_MESSAGE_TYPE, &[message_type as u8]).then_some(out)
    }

    /// Copies the client identifier into the answer (RFC 6842), if there is room for it.
    pub(super) fn echo_client_identifier(&self, out: &mut Writer<'_>) {
        let mut identifiers = self.options.all(option::CLIENT_IDENTIFIER);
        // One in several pieces is longer than any client's.
        if let (Some(identifier), None) = (identifiers.next(), identifiers.next()) {
            out.option(option::CLIENT_IDENTIFIER, identifier);
        }
    }
}

/// An option, there once, of another server's DHCPACK to this client.
pub(super) fn acknowledged(message: &[u8], client: MacAddress, code: u8) -> Option<&[u8]> {
    let mut reader = Reader(message);
    let head: [u8; 4] = reader.array()?;
    let _xid_to_giaddr: [u8; 24] = reader.array()?;
    let chaddr: [u8; 6] = reader.array()?;
    let _chaddr_padding: [u8; 10] = reader.array()?;
    let sname = reader.take(SNAME_BYTES)?;
    let file = reader.take(FILE_BYTES)?;
    let is_reply = matches!(head, [BOOTREPLY, ETHERNET, 6, _]) && reader.array()? == MAGIC_COOKIE;
    let options = Options::read(reader.0, file, sname).filter(|_| is_reply && chaddr == client.0)?;
    let is_ack = options.fixed(option::DHCP_MESSAGE_TYPE)? == Some([MessageType::Ack as u8]);
    options.once(code)?.filter(|_| is_ack)
}

/// The options of a message, checked: none reaches past the end of its field.
#[derive(Clone, Debug)]
struct Options<'a> {
    /// In the order in which they are to be read (RFC 3396 section 5).
    fields: [&'a [u8]; 3],
}

impl<'a> Options<'a> {
    fn read(options: &'a [u8], file: &'a [u8], sname: &'a [u8]) -> Option<Self> {
        let alone = Self { fields: [options, &[], &[]] };
        is_well_formed(options).then_some(())?;
        let fields = match alone.fixed(option::OPTION_OVERLOAD)? {
            None => return Some(alone),
            Some([1]) => [options, file, &[]],
            Some([2]) => [options, sname, &[]],
            Some([3]) => [options, file, sname],
            Some(_) => return None,
        };
        fields.into_iter().all(is_well_formed).then_some(Self { fields })
    }

    /// Every occurrence of an option. Together they are one (RFC 3396 section 4).
    fn all(&self, code: u8) -> All<'a> {
        let [first, later @ ..] = self.fields;
        All { code, walk: Walk(first), later }
    }

    /// An option of `N` bytes; `Some(None)` if there is none, `None` if it has another length.
    fn fixed<const N: usize>(&self, code: u8) -> Option<Option<[u8; N]>> {
        match self.once(code)? {
            None => Some(None),
            Some(data) => data.try_into().ok().map(Some),
        }
    }

    /// An option that may be there once.
    #[inline(never)]
    fn once(&self, code: u8) -> Option<Option<&'a [u8]>> {
        let mut found = self.all(code);
        let first = found.next();
        found.next().is_none().then_some(first)
    }

    /// By what the sender is known. An identifier of less than two bytes is none (RFC 2132 section 9.14).
    fn client(&self, chaddr: [u8; 6]) -> ClientId {
        if self.all(option::CLIENT_IDENTIFIER).flatten().nth(1).is_some() {
            ClientId::new(self.all(option::CLIENT_IDENTIFIER))
        } else {
            ClientId::new([&[ETHERNET][..], &chaddr].into_iter())
        }
    }
}

/// Every occurrence of one option, field after field.
struct All<'a> {
    code: u8,
    walk: Walk<'a>,
    later: [&'a [u8]; 2],
}

impl<'a> Iterator for All<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            match self.walk.next() {
                Some((found, data)) if found == self.code => return Some(data),
                Some(_) => {}
                None => {
                    let [next, last] = self.later;
                    if next.is_empty() {
                        return None;
                    }
                    (self.walk, self.later) = (Walk(next), [last, &[]]);
                }
            }
        }
    }
}

/// Whether no option reaches past the end of the field. That the last one is [`option::END`] is
/// not insisted on: nothing is lost without it.
fn is_well_formed(field: &[u8]) -> bool {
    let mut walk = Walk(field);
    walk.by_ref().for_each(drop);
    walk.0.is_empty()
}

/// The options of one field, up to its end or to the first that reaches past it.
struct Walk<'a>(&'a [u8]);

impl<'a> Iterator for Walk<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.0 {
                [option::PAD, rest @ ..] => self.0 = rest,
                [option::END, ..] => {
                    self.0 = &[];
                    return None;
                }
                [code, length, rest @ ..] => {
                    let (data, rest) = rest.split_at_checked(usize::from(*length))?;
                    self.0 = rest;
                    return Some((*code, data));
                }
                _ => return None,
            }
        }
    }
}

/// The bytes not yet read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// An address, of which 0.0.0.0 means none.
    fn address(&mut self) -> Option<Option<Ipv4Addr>> {
        let address = Ipv4Addr::from_octets(self.array()?);
        Some((!address.is_unspecified()).then_some(address))
    }
}

/// The answer so far, in as much of the buffer as the client takes.
pub(super) struct Writer<'a> {
    buffer: &'a mut [u8],
    length: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.length + bytes.len();
        self.buffer.get_mut(self.length..end)?.copy_from_slice(bytes);
        self.length = end;
        Some(())
    }

    /// Adds an option if it fits, with the end behind it; tells whether it did.
    pub(super) fn option(&mut self, code: u8, data: &[u8]) -> bool {
        let Ok(length) = u8::try_from(data.len()) else {
            return false;
        };
        if self.length + 2 + data.len() + 1 > self.buffer.len() {
            return false;
        }
        self.put(&[code, length]).and_then(|()| self.put(data)).is_some()
    }

    /// Ends the options and fills the answer up; returns its length.
    pub(super) fn finish(mut self) -> Option<usize> {
        self.put(&[option::END])?;
        if let Some(rest) = self.buffer.get_mut(self.length..SHORTEST) {
            rest.fill(option::PAD);
            self.length = SHORTEST;
        }
        Some(self.length)
    }
}
