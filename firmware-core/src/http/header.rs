//! Header lines: names, values, and lists in values (RFC 9112 section 5, RFC 9110 section 5.6.1).
//!
//! The meaning of a header is not known here.

use super::scan::is_token_byte;

/// A header line, without the space around its value.
#[derive(Clone, Copy)]
pub(super) struct Header<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
}

impl<'a> Header<'a> {
    /// Reads a line without its end; `None` if it is none (RFC 9112 section 5).
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        match line.split_at(line.iter().position(|&byte| !is_token_byte(byte))?) {
            (name @ [_, ..], [b':', value @ ..]) => Some(Self { name, value: value.trim_ascii() }),
            _ => None,
        }
    }
}

/// Header lines without their ends, up to the empty one.
pub(super) fn lines(fields: &[u8]) -> impl Iterator<Item = &[u8]> {
    fields.split(|&byte| byte == b'\n').map(without_line_end).take_while(|line| !line.is_empty())
}

/// Names and values of header lines that were read before.
pub(super) fn headers(fields: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    lines(fields).filter_map(Header::parse).map(|header| (header.name, header.value))
}

/// The values of all headers of this name among header lines that were read before.
pub(super) fn values<'a>(fields: &'a [u8], name: &'static str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    lines(fields).filter_map(move |line| value(line, name))
}

/// The value of a header line, if it has this name. That the colon stands elsewhere rules most lines out
/// before letters are compared.
pub(super) fn value<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    match line.split_at_checked(name.len())? {
        (sent, [b':', value @ ..]) if sent.eq_ignore_ascii_case(name.as_bytes()) => Some(value.trim_ascii()),
        _ => None,
    }
}

/// The members of a comma-separated list (RFC 9110 section 5.6.1).
pub(super) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

/// A line without its LF or CRLF.
pub(super) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
