//! Takes out of recorded bytes what is a stranger's: hardware addresses and host names are replaced,
//! each by the same wherever it stands; lines with cookies and credentials are taken out.
//!
//! What is not known to be harmless goes.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hickory_proto::op::Message;
use hickory_proto::rr::Name;

use super::link::Mac;
use crate::phone::recognise;

/// Header lines that carry a session, a credential or a way that somebody came.
const TAKEN_OUT: [&str; 9] = [
    "cookie",
    "cookie2",
    "set-cookie",
    "set-cookie2",
    "authorization",
    "proxy-authorization",
    "www-authenticate",
    "proxy-authenticate",
    "referer",
];

/// What the name of a query's parameter has in it whose value is nobody's business.
const CREDENTIALS: [&str; 15] = [
    "pass", "pwd", "psk", "token", "session", "sid", "auth", "key", "secret", "sig", "user", "login", "mail",
    "phone", "code",
];

/// DHCP options that say nothing of whose the client is (RFC 2132; 80: RFC 4039; 108: RFC 8925;
/// 116: RFC 2563): address, lease, type, server, parameters, size, times, vendor class, auto-configuration.
const HARMLESS_OPTIONS: [u8; 12] = [50, 51, 53, 54, 55, 57, 58, 59, 60, 80, 108, 116];
/// The host's name and its full one (RFC 2132, RFC 4702), the client's identifier (RFC 2132).
const HOST_NAME: u8 = 12;
const FULL_NAME: u8 = 81;
const CLIENT_ID: u8 = 61;
/// Where a DHCP message has its client's hardware address, its two names, and its options.
const DHCP_MAC: usize = 28;
const DHCP_NAMES: std::ops::Range<usize> = 44..236;
const DHCP_OPTIONS: usize = 240;

/// Replaces, and remembers by what.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    all_names: bool,
    macs: BTreeMap<Mac, Mac>,
    names: BTreeMap<String, String>,
    /// Lines that were taken out.
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

    /// A name as it may be shown.
    pub(super) fn name(&mut self, name: &str) -> String {
        let (bare, lower) = (name.trim_end_matches('.'), name.trim_end_matches('.').to_ascii_lowercase());
        let is_probes = bare.contains('.') && recognise::name(&lower).is_some();
        let host = bare.trim_start_matches('[').trim_end_matches(']');
        if self.all_names || bare.is_empty() || is_probes || host.parse::<IpAddr>().is_ok() || is_ours(&lower)
        {
            return bare.to_owned();
        }
        let number = self.names.len() + 1;
        self.names.entry(lower).or_insert_with(|| format!("name-{number}.example")).clone()
    }

    /// A question with its name replaced.
    pub(super) fn question(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        let mut message = Message::from_vec(payload).ok()?;
        let query = message.queries.first_mut()?;
        let asked = query.name.to_ascii();
        let shown = self.name(&asked);
        if shown == asked.trim_end_matches('.') {
            return Some(payload.to_vec());
        }
        let mut name = Name::from_ascii(&shown).ok()?;
        name.set_fqdn(true);
        query.name = name;
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
                hide_option(option, value, mac);
            }
            at += 2 + length;
        }
        message.get_mut(at.saturating_add(1)..).into_iter().for_each(|rest| rest.fill(0));
        message
    }

    /// The head of a message without what is a stranger's.
    pub(super) fn head(&mut self, head: &str) -> String {
        let (mut shown, mut is_out) = (String::new(), false);
        for (number, line) in head.split_inclusive('\n').enumerate() {
            let bare = line.trim_end_matches(['\r', '\n']);
            let end = &line[bare.len()..];
            let (name, value) = bare.split_once(':').unwrap_or((bare, ""));
            // A line that begins with a blank continues the one before; one with a bare CR in it may
            // be read as two.
            is_out = match bare.starts_with([' ', '\t']) {
                true => is_out,
                false => TAKEN_OUT.iter().any(|secret| name.trim().eq_ignore_ascii_case(secret)),
            } || bare.contains('\r');
            if is_out && number > 0 {
                self.lines += 1;
            } else if name.eq_ignore_ascii_case("host") && number > 0 {
                let (host, port) = split_port(value.trim());
                let host = self.name(host);
                shown += &format!("{name}: {host}{port}{end}");
            } else {
                shown += &self.text(bare);
                shown += end;
            }
        }
        shown
    }

    /// Text without strangers' names, addresses and credentials.
    pub(super) fn text(&mut self, text: &str) -> String {
        let text = hide_values(text);
        let text = self.hide_hosts(&text);
        let text = self.names.iter().fold(text, |text, (name, shown)| text.replace(name.as_str(), shown));
        self.hide_macs(&text)
    }

    /// Replaces the hosts of URLs.
    fn hide_hosts(&mut self, text: &str) -> String {
        let mut pieces = text.split("://");
        let mut hidden = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let end = piece.find(|c: char| !(c.is_ascii_alphanumeric() || ".-_".contains(c)));
            let (host, rest) = piece.split_at(end.unwrap_or(piece.len()));
            hidden += "://";
            hidden += &self.name(host);
            hidden += rest;
        }
        hidden
    }

    /// Replaces what is written like a hardware address.
    fn hide_macs(&mut self, text: &str) -> String {
        let mut hidden = String::with_capacity(text.len());
        let mut rest = text;
        let mut after_digit = false;
        while let Some(first) = rest.chars().next() {
            let found = if after_digit { None } else { written_mac(rest) };
            let length = match found {
                Some((mac, between, length)) => {
                    let shown = self.mac(mac).map(|byte| format!("{byte:02x}")).join(between);
                    hidden += &shown;
                    length
                }
                None => {
                    hidden.push(first);
                    first.len_utf8()
                }
            };
            after_digit = found.is_none() && first.is_ascii_hexdigit();
            rest = &rest[length..];
        }
        hidden
    }
}

/// Names that this importer itself gives.
fn is_ours(name: &str) -> bool {
    name.starts_with("name-") && name.ends_with(".example")
}

fn split_port(host: &str) -> (&str, &str) {
    match host.rfind(':') {
        Some(at) if host[at + 1..].bytes().all(|byte| byte.is_ascii_digit()) => host.split_at(at),
        _ => (host, ""),
    }
}

fn hide_option(option: u8, value: &mut [u8], mac: Mac) {
    match option {
        HOST_NAME => value.fill(b'x'),
        // Flags and two bytes that mean nothing any more stand before it.
        FULL_NAME => value.iter_mut().skip(3).for_each(|byte| *byte = b'x'),
        CLIENT_ID if value.len() == 7 => value[1..].copy_from_slice(&mac),
        _ if HARMLESS_OPTIONS.contains(&option) => {}
        _ => value.fill(0),
    }
}

/// A hardware address at the beginning of a text, what stands between its bytes, and its length.
fn written_mac(text: &str) -> Option<(Mac, &'static str, usize)> {
    let bytes = text.as_bytes();
    let between = [":", "-", "%3A", "%3a"]
        .into_iter()
        .find(|b| bytes.get(2..).is_some_and(|rest| rest.starts_with(b.as_bytes())))?;
    let step = 2 + between.len();
    let mut mac = Mac::default();
    for (index, byte) in mac.iter_mut().enumerate() {
        let pair = std::str::from_utf8(bytes.get(index * step..index * step + 2)?).ok()?;
        if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
        let follows = bytes.get(index * step + 2..).unwrap_or_default();
        if index < 5 && !follows.starts_with(between.as_bytes()) {
            return None;
        }
    }
    let length = 5 * step + 2;
    let goes_on = bytes.get(length).is_some_and(u8::is_ascii_hexdigit);
    (!goes_on).then_some((mac, between, length))
}

/// Replaces the values of parameters that may be credentials.
fn hide_values(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('=') {
        let (before, after) = rest.split_at(at);
        let name = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c))).next();
        let name = name.unwrap_or_default();
        hidden += before;
        hidden.push('=');
        let is_parameter = before[..before.len() - name.len()].ends_with(['?', '&', ';']);
        let lower = name.to_ascii_lowercase();
        let ends = |c: char| c.is_whitespace() || "&;\"'<>#".contains(c);
        let value = after[1..].find(ends).map_or(&after[1..], |end| &after[1..=end]);
        rest = &after[1..];
        if is_parameter && !value.is_empty() && CREDENTIALS.iter().any(|word| lower.contains(word)) {
            hidden.push('x');
            rest = &rest[value.len()..];
        }
    }
    hidden + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_replaced_the_same_way_everywhere() {
        let mut redactor = Redactor::new(false);
        assert_eq!(redactor.name("captive.apple.com"), "captive.apple.com");
        assert_eq!(redactor.name("192.168.4.1"), "192.168.4.1");
        assert_eq!(redactor.name("Printer.home."), "name-1.example");
        let text =
            redactor.text("Location: http://printer.home/?mac=aa-bb-cc-dd-ee-ff&token=abc&x=1 printer.home");
        assert_eq!(text, "Location: http://name-1.example/?mac=02-00-00-00-00-01&token=x&x=1 name-1.example");
        assert_eq!(redactor.text("m=AA%3ABB%3ACC%3ADD%3AEE%3AFF"), "m=02%3A00%3A00%3A00%3A00%3A01");
        assert_eq!(redactor.text("aa:bb:cc:dd:ee:f 12aa:bb:cc:dd:ee"), "aa:bb:cc:dd:ee:f 12aa:bb:cc:dd:ee");
        let mut asked = Redactor::new(true);
        assert_eq!(asked.name("printer.home"), "printer.home");
    }

    #[test]
    fn lines_with_sessions_are_taken_out() {
        let mut redactor = Redactor::new(false);
        let head = "GET /?password=hunter2&a=b HTTP/1.1\r\nHost: secret.example.net:8080\r\nCOOKIE: a=b\r\n\
            Authorization: Basic eHg=\r\nReferer: http://x/\r\nAccept: */*\r\n\r\n";
        let shown = redactor.head(head);
        assert_eq!(
            shown,
            "GET /?password=x&a=b HTTP/1.1\r\nHost: name-1.example:8080\r\nAccept: */*\r\n\r\n"
        );
        assert_eq!(redactor.lines, 3);
    }

    #[test]
    fn sloppy_lines_with_sessions_are_taken_out_too() {
        let head = "HTTP/1.1 200 OK\nSet-Cookie : a=b\n more=c\nA: b\rSet-Cookie: c\r\nServer: x\n\n";
        assert_eq!(Redactor::new(false).head(head), "HTTP/1.1 200 OK\nServer: x\n\n");
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
