//! DHCP messages on the wire (RFC 2131 section 2, RFC 2132): a client's is read, ours is written.
//!
//! No decision stands here, and nothing is remembered.

use core::net::Ipv4Addr;

use crate::MacAddress;

/// The codes of RFC 2132, and of RFC 8910 for the last.
pub(super) mod option {
    pub(in crate::dhcp) const PAD: u8 = 0;
    pub(in crate::dhcp) const SUBNET_MASK: u8 = 1;
    pub(in crate::dhcp) const ROUTER: u8 = 3;
    pub(in crate::dhcp) const DNS_SERVER: u8 = 6;
    pub(in crate::dhcp) const REQUESTED_ADDRESS: u8 = 50;
    pub(in crate::dhcp) const LEASE_TIME: u8 = 51;
    pub(in crate::dhcp) const OVERLOAD: u8 = 52;
    pub(in crate::dhcp) const MESSAGE_TYPE: u8 = 53;
    pub(in crate::dhcp) const SERVER: u8 = 54;
    pub(in crate::dhcp) const ASKED_FOR: u8 = 55;
    pub(in crate::dhcp) const MESSAGE_SIZE: u8 = 57;
    pub(in crate::dhcp) const RENEWAL_TIME: u8 = 58;
    pub(in crate::dhcp) const REBINDING_TIME: u8 = 59;
    pub(in crate::dhcp) const CLIENT: u8 = 61;
    pub(in crate::dhcp) const CAPTIVE_PORTAL: u8 = 114;
    pub(in crate::dhcp) const END: u8 = 255;
}

const OP_REQUEST: u8 = 1;
const OP_REPLY: u8 = 2;
const ETHERNET: u8 = 1;
const MAGIC_COOKIE: [u8; 4] = [99, 130, 83, 99];
/// The top bit of the flags: the client takes no frame for an address that it does not have yet.
const BROADCAST: u16 = 1 << 15;

/// Server name and boot file, which may hold options instead (RFC 2132 section 9.3).
const SERVER_NAME_BYTES: usize = 64;
const BOOT_FILE_BYTES: usize = 128;
/// An answer is filled up to what BOOTP's fields take (RFC 951): some clients drop a shorter one.
pub(super) const SHORTEST: usize = 300;
/// What may be sent to a client that said nothing, or less (RFC 2131 section 2, RFC 2132
/// section 9.10), and the headers that count.
const SMALLEST_MAXIMUM: u16 = 576;
const IP_AND_UDP_HEADERS: usize = 28;

/// What a message is, RFC 2132 section 9.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Discover = 1,
    Offer = 2,
    Request = 3,
    Decline = 4,
    Ack = 5,
    Nak = 6,
    Release = 7,
    Inform = 8,
}

impl Kind {
    /// A client's message; a server's is not for us.
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

/// Who a client is: what it calls itself in option 61, or else its hardware type and address
/// (RFC 2131 section 4.2).
///
/// A hash stands for it, because a name has up to 255 bytes. By chance, two clients among twelve
/// share one of 64 bits once in some 10^17 tables. Somebody who makes one on purpose gains what
/// sending the other's name gives as well: nothing in DHCP proves who a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Client(u64);

impl Client {
    /// FNV-1a, chosen because it is two lines.
    fn new<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Self {
        Self(parts.flatten().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }

    /// A number below `count`, always the same one for the same client; 0 if `count` is.
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
    pub(super) kind: Kind,
    pub(super) client: Client,
    pub(super) hardware: MacAddress,
    transaction: [u8; 4],
    flags: u16,
    /// The address that the client has and answers to.
    pub(super) own: Option<Ipv4Addr>,
    /// The agent on another link that passed this on.
    pub(super) relay: Option<Ipv4Addr>,
    /// The address that it would like.
    pub(super) wanted: Option<Ipv4Addr>,
    /// The server that it speaks to.
    pub(super) server: Option<Ipv4Addr>,
    largest: u16,
    options: Options<'a>,
}

impl<'a> Request<'a> {
    /// Reads a message; `None` for what is no DHCP client's on Ethernet (whose frames Wi-Fi's
    /// drivers hand out, too), or is malformed.
    pub(super) fn read(message: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(message);
        let [op, hardware_type, hardware_length, _hops] = reader.array()?;
        if (op, hardware_type, hardware_length) != (OP_REQUEST, ETHERNET, 6) {
            return None;
        }
        let transaction = reader.array()?;
        let [_seconds_high, _seconds_low, flags_high, flags_low] = reader.array()?;
        let own = reader.address()?;
        let _yours: [u8; 4] = reader.array()?;
        let _next_server: [u8; 4] = reader.array()?;
        let relay = reader.address()?;
        let hardware: [u8; 6] = reader.array()?;
        let _rest_of_hardware: [u8; 10] = reader.array()?;
        let server_name = reader.take(SERVER_NAME_BYTES)?;
        let boot_file = reader.take(BOOT_FILE_BYTES)?;
        if reader.array()? != MAGIC_COOKIE {
            return None;
        }
        let options = Options::read(reader.0, boot_file, server_name)?;
        let [kind] = options.fixed(option::MESSAGE_TYPE)??;
        Some(Self {
            kind: Kind::from_client(kind)?,
            client: options.client(hardware),
            hardware: MacAddress(hardware),
            transaction,
            flags: u16::from_be_bytes([flags_high, flags_low]),
            own,
            relay,
            wanted: options.fixed(option::REQUESTED_ADDRESS)?.map(Ipv4Addr::from_octets),
            server: options.fixed(option::SERVER)?.map(Ipv4Addr::from_octets),
            largest: options.fixed(option::MESSAGE_SIZE)?.map_or(0, u16::from_be_bytes),
            options,
        })
    }

    pub(super) fn wants_broadcast(&self) -> bool {
        self.flags & BROADCAST != 0
    }

    /// What the client asks for, in its order; `None` when it leaves that to the server.
    pub(super) fn asked_for(&self) -> Option<impl Iterator<Item = u8>> {
        let mut lists = self.options.all(option::ASKED_FOR).peekable();
        lists.peek()?;
        Some(lists.flatten().copied())
    }

    /// Begins an answer. `yours` is the address that the client is given, `None` for none.
    pub(super) fn answer<'b>(
        &self,
        kind: Kind,
        yours: Option<Ipv4Addr>,
        buffer: &'b mut [u8],
    ) -> Option<Writer<'b>> {
        let most = usize::from(self.largest.max(SMALLEST_MAXIMUM)) - IP_AND_UDP_HEADERS;
        let room = buffer.len().min(most);
        let mut out = Writer { buffer: buffer.get_mut(..room)?, length: 0 };
        // RFC 2131 table 3. A relay is to broadcast a refusal: the client's address is wrong.
        let (own, flags) = match kind {
            Kind::Ack => (self.own, self.flags),
            Kind::Nak if self.relay.is_some() => (None, self.flags | BROADCAST),
            _ => (None, self.flags),
        };
        let octets = |address: Option<Ipv4Addr>| address.map_or([0; 4], |address| address.octets());
        out.put(&[OP_REPLY, ETHERNET, 6, 0])?;
        out.put(&self.transaction)?;
        out.put(&[0, 0])?;
        out.put(&flags.to_be_bytes())?;
        out.put(&octets(own))?;
        out.put(&octets(yours))?;
        out.put(&[0; 4])?;
        out.put(&octets(self.relay))?;
        out.put(&self.hardware.0)?;
        out.put(&[0; 10 + SERVER_NAME_BYTES + BOOT_FILE_BYTES])?;
        out.put(&MAGIC_COOKIE)?;
        out.option(option::MESSAGE_TYPE, &[kind as u8]).then_some(out)
    }

    /// Gives the client the name back that it called itself (RFC 6842), if there is room for it.
    pub(super) fn echo_client(&self, out: &mut Writer<'_>) {
        let mut names = self.options.all(option::CLIENT);
        // A name in several pieces is longer than any client's.
        if let (Some(name), None) = (names.next(), names.next()) {
            out.option(option::CLIENT, name);
        }
    }
}

/// The options of a message, checked: none reaches past the end of its field.
#[derive(Clone, Debug)]
struct Options<'a> {
    /// In the order in which they are to be read (RFC 3396 section 5).
    fields: [&'a [u8]; 3],
}

impl<'a> Options<'a> {
    fn read(options: &'a [u8], boot_file: &'a [u8], server_name: &'a [u8]) -> Option<Self> {
        let alone = Self { fields: [options, &[], &[]] };
        is_well_formed(options).then_some(())?;
        let fields = match alone.fixed(option::OVERLOAD)? {
            None => return Some(alone),
            Some([1]) => [options, boot_file, &[]],
            Some([2]) => [options, server_name, &[]],
            Some([3]) => [options, boot_file, server_name],
            Some(_) => return None,
        };
        fields.into_iter().all(is_well_formed).then_some(Self { fields })
    }

    /// Every occurrence of an option. Together they are one (RFC 3396 section 4).
    fn all(&self, wanted: u8) -> All<'a> {
        let [first, later @ ..] = self.fields;
        All { wanted, walk: Walk(first), later }
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

    /// Who sent this. A name of less than two bytes is none (RFC 2132 section 9.14).
    fn client(&self, hardware: [u8; 6]) -> Client {
        if self.all(option::CLIENT).flatten().nth(1).is_some() {
            Client::new(self.all(option::CLIENT))
        } else {
            Client::new([&[ETHERNET][..], &hardware].into_iter())
        }
    }
}

/// Every occurrence of one option, field after field.
struct All<'a> {
    wanted: u8,
    walk: Walk<'a>,
    later: [&'a [u8]; 2],
}

impl<'a> Iterator for All<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            match self.walk.next() {
                Some((code, data)) if code == self.wanted => return Some(data),
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
