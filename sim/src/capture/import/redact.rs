//! Whose a client, a host or an address is: replaced, each by the same wherever it stands; questions for
//! names and DHCP messages are built anew of what says nothing of anybody.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::Name;

use super::link::Mac;
use super::words::listed_words;
use crate::phone::recognise;

/// DHCP options whose value is a number or a list of numbers, and its length (RFC 2132; 80: RFC 4039; 108:
/// RFC 8925; 116: RFC 2563): lease, type, size, times, rapid commit, IPv6 only, auto-configuration.
const NUMBERS: [(u8, usize); 8] = [(51, 4), (53, 1), (57, 2), (58, 4), (59, 4), (80, 0), (108, 4), (116, 1)];
/// Which options it asks for: what tells systems apart.
const PARAMETERS: u8 = 55;
/// The address that it wants, and its server's.
const ADDRESSES: [u8; 2] = [50, 54];
const VENDOR_CLASS: u8 = 60;
/// The host's name and its full one (RFC 2132, RFC 4702), the client's identifier (RFC 2132).
const HOST_NAME: u8 = 12;
const FULL_NAME: u8 = 81;
const CLIENT_ID: u8 = 61;
/// Where a DHCP message has its four addresses, its client's hardware address, its two names, and its options.
const DHCP_ADDRESSES: std::ops::Range<usize> = 12..28;
const DHCP_MAC: usize = 28;
const DHCP_NAMES: std::ops::Range<usize> = 44..236;
const DHCP_OPTIONS: usize = 240;

/// Replaces, and remembers by what.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    all_names: bool,
    macs: BTreeMap<Mac, Mac>,
    names: BTreeMap<String, String>,
    addresses: BTreeMap<IpAddr, IpAddr>,
    paths: BTreeMap<String, usize>,
    /// Header lines that were taken out.
    pub(super) lines: usize,
}

impl Redactor {
    pub(super) fn new(all_names: bool) -> Self {
        Self { all_names, ..Self::default() }
    }

    /// Whether names or addresses were replaced.
    pub(super) fn replaced(&self) -> (bool, bool) {
        (!self.names.is_empty(), !self.macs.is_empty())
    }

    /// Nobody's address in place of this one: the same every time.
    pub(super) fn mac(&mut self, mac: Mac) -> Mac {
        let number = u32::try_from(self.macs.len() + 1).unwrap_or(u32::MAX).to_be_bytes();
        *self.macs.entry(mac).or_insert([2, 0, number[0], number[1], number[2], number[3]])
    }

    /// An address as it may be shown: a private one, or one of those kept for documentation (RFC 5737, RFC
    /// 3849) in its place. One of IPv6 may have a hardware address in it.
    pub(super) fn address(&mut self, address: IpAddr) -> IpAddr {
        let is_kept = match address {
            IpAddr::V4(v4) => {
                v4.is_private()
                    || v4.is_link_local()
                    || v4.is_loopback()
                    || v4.is_unspecified()
                    || v4.is_broadcast()
            }
            IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified(),
        };
        if is_kept {
            return address;
        }
        let number = u16::try_from(self.addresses.len() + 1).unwrap_or(u16::MAX);
        let shown = match address {
            IpAddr::V4(_) => Ipv4Addr::new(203, 0, 113, u8::try_from(number).unwrap_or(u8::MAX)).into(),
            IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number).into(),
        };
        *self.addresses.entry(address).or_insert(shown)
    }

    /// A name, or an address in its place, as it may be shown.
    pub(super) fn name(&mut self, name: &str) -> String {
        let (bare, lower) = (name.trim_end_matches('.'), name.trim_end_matches('.').to_ascii_lowercase());
        match bare.trim_start_matches('[').trim_end_matches(']').parse() {
            Ok(IpAddr::V4(address)) => return self.address(address.into()).to_string(),
            Ok(address) => return format!("[{}]", self.address(address)),
            Err(_) => {}
        }
        let is_probes = bare.contains('.') && recognise::name(&lower).is_some();
        let is_name = bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        let is_kept = self.all_names && is_name && !has_hardware_address(&lower);
        if is_kept || bare.is_empty() || is_probes || is_googles(&lower) || is_ours(&lower) {
            return bare.to_owned();
        }
        let number = self.names.len() + 1;
        self.names.entry(lower).or_insert_with(|| format!("name-{number}.example")).clone()
    }

    /// A number in the place of a path: the same for the same one.
    pub(super) fn numbered_path(&mut self, path: &str) -> String {
        let number = self.paths.len() + 1;
        format!("/path-{}", self.paths.entry(path.to_owned()).or_insert(number))
    }

    /// A question for the same type and name, or the one in its place. EDNS stays without its options,
    /// which may hold addresses.
    pub(super) fn question(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        let asked = Message::from_vec(payload).ok()?;
        let query = asked.queries.first()?;
        let mut name = Name::from_ascii(self.name(&query.name.to_ascii())).ok()?;
        name.set_fqdn(true);
        let mut message = Message::new(asked.metadata.id, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = asked.metadata.recursion_desired;
        message.metadata.authentic_data = asked.metadata.authentic_data;
        message.metadata.checking_disabled = asked.metadata.checking_disabled;
        message.add_query(Query::query(name, query.query_type));
        message.edns = asked.edns.map(|asked| {
            let mut edns = Edns::new();
            edns.set_max_payload(asked.max_payload()).set_dnssec_ok(asked.flags().dnssec_ok);
            edns
        });
        message.to_vec().ok()
    }

    /// A DHCP message in which nothing but its length is the stranger's.
    pub(super) fn dhcp(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut message = payload.to_vec();
        let real = message.get(DHCP_MAC..DHCP_MAC + 6).and_then(|mac| Mac::try_from(mac).ok());
        let mac = self.mac(real.unwrap_or_default());
        if let Some(at) = message.get_mut(DHCP_MAC..DHCP_MAC + 16) {
            at.fill(0);
            at[..6].copy_from_slice(&mac);
        }
        message.get_mut(DHCP_NAMES).into_iter().for_each(|names| names.fill(0));
        message.get_mut(DHCP_ADDRESSES).into_iter().for_each(|all| self.addresses(all));
        let mut at = DHCP_OPTIONS;
        while let Some(option) = message.get(at).copied() {
            let length = match option {
                0 => {
                    at += 1;
                    continue;
                }
                255 => break,
                _ => usize::from(message.get(at + 1).copied().unwrap_or_default()),
            };
            let end = message.len().min(at + 2 + length);
            if let Some(value) = message.get_mut(at + 2..end) {
                self.option(option, value, mac);
            }
            at += 2 + length;
        }
        message.get_mut(at.saturating_add(1)..).into_iter().for_each(|rest| rest.fill(0));
        message
    }

    /// Replaces addresses of IPv4, one after another.
    fn addresses(&mut self, bytes: &mut [u8]) {
        for four in bytes.chunks_exact_mut(4) {
            let real = Ipv4Addr::new(four[0], four[1], four[2], four[3]);
            if let IpAddr::V4(shown) = self.address(real.into()) {
                four.copy_from_slice(&shown.octets());
            }
        }
    }

    /// Hides in an option's value what may be somebody's.
    fn option(&mut self, option: u8, value: &mut [u8], mac: Mac) {
        match option {
            HOST_NAME => value.fill(b'x'),
            // Flags and two bytes that mean nothing any more stand before it.
            FULL_NAME => {
                let flags = value.first().map_or(0, |flags| flags & 0x0f);
                value.fill(b'x');
                value.iter_mut().take(3).for_each(|byte| *byte = 0);
                value.iter_mut().take(1).for_each(|byte| *byte = flags);
            }
            CLIENT_ID if value.len() == 7 => {
                value[0] = 1;
                value[1..].copy_from_slice(&mac);
            }
            VENDOR_CLASS => match std::str::from_utf8(value).map(listed_words) {
                Ok(shown) => value.copy_from_slice(shown.as_bytes()),
                Err(_) => value.fill(b'x'),
            },
            PARAMETERS => {}
            _ if ADDRESSES.contains(&option) && value.len() == 4 => self.addresses(value),
            _ if NUMBERS.contains(&(option, value.len())) => {}
            _ => value.fill(0),
        }
    }
}

/// Google's name in a country, at which makers of phones check too (`www.google.eu` in a recording, `www.google.cn`): it
/// says the maker's choice and nobody's secret.
fn is_googles(name: &str) -> bool {
    let Some(place) = name.strip_prefix("www.google.") else { return false };
    let is_label =
        |label: &str| (2..=3).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_lowercase());
    place.split('.').count() <= 2 && place.split('.').all(is_label)
}

/// Names that this importer itself gives.
fn is_ours(name: &str) -> bool {
    name.starts_with("name-") && name.ends_with(".example")
}

/// Whether a name has twelve hexadecimal digits in a row, with or without a separator between pairs.
fn has_hardware_address(name: &str) -> bool {
    let mut digits = 0;
    name.bytes().any(|byte| {
        digits = match byte {
            _ if byte.is_ascii_hexdigit() => digits + 1,
            b'-' | b'_' | b'.' => digits,
            _ => 0,
        };
        digits >= 12
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_replaced_the_same_way_everywhere() {
        let mut redactor = Redactor::new(false);
        assert_eq!(redactor.name("captive.apple.com"), "captive.apple.com");
        for googles in ["www.google.eu", "www.google.cn", "www.google.co.uk"] {
            assert_eq!(redactor.name(googles), googles);
        }
        assert_eq!(redactor.name("192.168.4.1"), "192.168.4.1");
        assert_eq!(redactor.name("Printer.home."), "name-1.example");
        assert_eq!(redactor.name("printer.home"), "name-1.example");
        assert_eq!(redactor.name("name-1.example"), "name-1.example");
        assert_eq!(redactor.name("8.8.8.8"), "203.0.113.1");
        assert_eq!(redactor.name("[fe80::a85c:2cff:fe01:203]"), "[2001:db8::2]");
        assert_eq!([redactor.mac([9; 6]), redactor.mac([9; 6])], [[2, 0, 0, 0, 0, 1]; 2]);
        let mut asked = Redactor::new(true);
        assert_eq!(asked.name("printer.home"), "printer.home");
        for whose in ["cam-3c0630aabbcc.home", "3c-06-30-aa-bb-cc.home", "printer home"] {
            assert!(asked.name(whose).ends_with(".example"), "{whose}");
        }
    }

    #[test]
    fn a_question_keeps_its_name_and_type_and_nothing_beside_them() {
        let question = [
            &b"\x99\xa5\x01\x20\0\x01\0\0\0\0\0\x01\x07captive\x05apple\x03com\0\0\x1c\0\x01"[..],
            b"\0\0\x29\x04\xd0\0\0\x80\0\0\x0a\xfd\xe9\0\x06\x3c\x06\x30\xaa\xbb\xcc",
        ]
        .concat();
        let shown = Redactor::new(false).question(&question).unwrap();
        let (name, options) = question.split_at(question.len() - 12);
        assert_eq!(options.len(), 12);
        assert_eq!(shown, [name, &[0, 0]].concat());
    }

    #[test]
    fn a_dhcp_message_keeps_what_tells_systems_apart() {
        let mut message = vec![0; 240];
        message[28..34].copy_from_slice(&[0xa8; 6]);
        message[44..48].copy_from_slice(b"name");
        message.extend([53, 1, 1, 0, 12, 3, b'T', b'o', b'm', 61, 7, 1]);
        message.extend([0xa8; 6]);
        message.extend([60, 4]);
        message.extend(b"MSFT\x7d\x02id\xff");
        message.extend(b"tail");
        let shown = Redactor::new(false).dhcp(&message);
        assert_eq!(shown.len(), message.len());
        let options = [
            &[53, 1, 1, 0, 12, 3][..],
            b"xxx",
            &[61, 7, 1, 2, 0, 0, 0, 0, 1, 60, 4],
            b"MSFT",
            &[125, 2, 0, 0, 255, 0, 0, 0, 0],
        ];
        assert_eq!(shown[240..], options.concat());
        assert_eq!(shown[28..34], [2, 0, 0, 0, 0, 1]);
        assert!(shown[44..236].iter().all(|byte| *byte == 0));
    }
}
