//! Redaction of recorded HTTP requests: replaces what an owner typed in a client's stream, which is the
//! body of a request and the query of its first line. The device receives the bytes unchanged.
//!
//! Where the end of a request is not certain, everything is redacted: after a body of unknown length, a
//! change of protocol, or a head that is too long.

/// Replaces each redacted byte.
const MASK: u8 = b'x';

/// The device refuses a longer head.
const HEAD_BYTES: usize = 16 * 1024;

/// The part of a request that the next byte belongs to.
#[derive(Debug)]
enum RequestPart {
    /// The head, of which this much has arrived.
    Head(Vec<u8>),
    /// The body, of which so many bytes are left.
    Body(usize),
    /// Not certain: all that follows is redacted.
    Unknown,
}

/// Reads what a client sends on one connection.
#[derive(Debug)]
pub(super) struct RequestRedaction {
    part: RequestPart,
}

impl RequestRedaction {
    /// A new connection.
    pub(super) fn new() -> Self {
        Self { part: RequestPart::Head(Vec::new()) }
    }

    /// The next bytes as they may be recorded, and how many of them are redacted.
    pub(super) fn redact(&mut self, bytes: &[u8]) -> (Vec<u8>, usize) {
        let mut shown = Vec::with_capacity(bytes.len());
        let mut redacted = 0;
        for byte in bytes {
            let is_secret = self.advance(*byte);
            redacted += usize::from(is_secret);
            shown.push(if is_secret { MASK } else { *byte });
        }
        (shown, redacted)
    }

    /// Reads one byte. Returns whether it is to be redacted.
    fn advance(&mut self, byte: u8) -> bool {
        let (is_secret, next) = match &mut self.part {
            RequestPart::Unknown => return true,
            RequestPart::Body(left) => {
                *left -= 1;
                (true, (*left == 0).then(|| RequestPart::Head(Vec::new())))
            }
            RequestPart::Head(head) => {
                let is_secret = is_in_query(head) && !byte.is_ascii_whitespace();
                head.push(byte);
                (is_secret, after(head))
            }
        };
        if let Some(next) = next {
            self.part = next;
        }
        is_secret
    }
}

/// Whether the next byte of a head belongs to the query of its first line.
fn is_in_query(head: &[u8]) -> bool {
    !head.contains(&b'\n') && head.contains(&b'?') && head.iter().filter(|byte| **byte == b' ').count() == 1
}

/// The part that follows a head, once it is complete.
fn after(head: &[u8]) -> Option<RequestPart> {
    if !head.ends_with(b"\n\r\n") && !head.ends_with(b"\n\n") {
        return (head.len() >= HEAD_BYTES).then_some(RequestPart::Unknown);
    }
    let mut length = None;
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"transfer-encoding") || name.eq_ignore_ascii_case(b"upgrade") {
            return Some(RequestPart::Unknown);
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            let stated = std::str::from_utf8(value).ok().and_then(|digits| digits.parse::<usize>().ok());
            match (stated, length) {
                (Some(stated), None) => length = Some(stated),
                _ => return Some(RequestPart::Unknown),
            }
        }
    }
    Some(match length {
        None | Some(0) => RequestPart::Head(Vec::new()),
        Some(length) => RequestPart::Body(length),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORM: &[u8] =
        b"POST /setup?p=secret HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\nssid=a&p=secr";
    const SHOWN: &[u8] =
        b"POST /setup?xxxxxxxx HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\nxxxxxxxxxxxxx";
    const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    fn in_pieces(stream: &[u8], size: usize) -> (Vec<u8>, usize) {
        let mut redaction = RequestRedaction::new();
        let pieces: Vec<_> = stream.chunks(size).map(|piece| redaction.redact(piece)).collect();
        (
            pieces.iter().flat_map(|(shown, _)| shown.clone()).collect(),
            pieces.iter().map(|(_, redacted)| redacted).sum(),
        )
    }

    proptest! {
        #[test]
        fn a_form_is_hidden_however_it_is_cut_and_nothing_else(size in 1_usize..200) {
            let (shown, redacted) = in_pieces(&[GET, FORM, GET, FORM].concat(), size);
            let expected = [GET, SHOWN, GET, SHOWN].concat();
            prop_assert_eq!(String::from_utf8_lossy(&shown), String::from_utf8_lossy(&expected));
            prop_assert_eq!(redacted, 2 * 21);
        }
    }

    #[test]
    fn whatever_is_not_certain_is_hidden() {
        for head in [
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: 4\r\nContent-Length: 400\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
            "GET /live HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        ] {
            let (shown, redacted) = in_pieces(format!("{head}secretsecret").as_bytes(), 7);
            assert!(shown.ends_with(b"xxxxxxxxxxxx") && redacted == 12, "{head}");
        }
        let endless = [b'a'; HEAD_BYTES + 10];
        assert_eq!(in_pieces(&endless, 1000).1, 10);
    }
}
