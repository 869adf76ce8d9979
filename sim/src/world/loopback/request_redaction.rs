//! Redaction of recorded HTTP requests: replaces what an owner typed in a client's stream, which is the
//! body of a request and the query of its first line, and every header line that tells nothing about how the
//! device answers: cookies, a referrer with a query, anything unheard of. The device receives the bytes unchanged.
//!
//! Where the end of a request is not certain, everything is redacted: after a body of unknown length, a
//! change of protocol, a method that is not known, or a head that is too long.

/// Replaces each redacted byte.
const MASK: u8 = b'x';

/// The device refuses a longer head.
const HEAD_BYTES: usize = 16 * 1024;

/// How the first line of a request begins.
const METHODS: [&str; 9] =
    ["GET ", "HEAD ", "POST ", "PUT ", "PATCH ", "DELETE ", "OPTIONS ", "TRACE ", "CONNECT "];

/// The header lines that are shown.
const SHOWN: [&str; 19] = [
    "host",
    "user-agent",
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "cache-control",
    "pragma",
    "content-type",
    "content-length",
    "transfer-encoding",
    "expect",
    "upgrade",
    "upgrade-insecure-requests",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-dest",
    "sec-fetch-user",
    "x-requested-with",
];

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
                head.push(byte);
                let is_shown = byte.is_ascii_whitespace() || is_shown(head);
                let next = after(head).or((!is_request(head)).then_some(RequestPart::Unknown));
                (!is_shown, next)
            }
        };
        if let Some(next) = next {
            self.part = next;
        }
        is_secret
    }
}

/// Whether a head may be the beginning of a request.
fn is_request(head: &[u8]) -> bool {
    METHODS.iter().any(|method| head.iter().zip(method.bytes()).all(|(byte, expected)| *byte == expected))
}

/// Whether the last byte of a head is shown.
fn is_shown(head: &[u8]) -> bool {
    let line = head.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.len() == head.len() {
        let is_in_query =
            line[..line.len() - 1].contains(&b'?') && line.iter().filter(|byte| **byte == b' ').count() == 1;
        return is_request(line) && !is_in_query;
    }
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let has_value = name.len() < line.len();
    SHOWN.iter().any(|shown| match has_value {
        true => name.eq_ignore_ascii_case(shown.as_bytes()),
        false => shown.as_bytes().get(..name.len()).is_some_and(|begins| name.eq_ignore_ascii_case(begins)),
    })
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
    fn header_lines_that_say_nothing_of_the_answer_are_hidden() {
        let sent = "GET /a?b=secret HTTP/1.1\r\nhost: a:80\r\nCookie: id=secret; b\r\nAuthorization: Basic secret\r\n\
            Referer: http://a/?passphrase=secret\r\nUser-Agent: Phone 7\r\nsecret\r\nX-Secret: secret\r\n\r\n";
        for size in [1, 7, 1000] {
            let (shown, _) = in_pieces(&[sent.as_bytes(), GET].concat(), size);
            let shown = String::from_utf8(shown).unwrap();
            assert!(!shown.to_lowercase().contains("secret") && !shown.contains("pass"), "{shown}");
            assert!(shown.starts_with("GET /a?xxxxxxxx HTTP/1.1\r\nhost: a:80\r\n"), "{shown}");
            assert!(shown.contains("\r\nUser-Agent: Phone 7\r\n"), "{shown}");
            assert!(shown.ends_with("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), "{shown}");
        }
    }

    #[test]
    fn what_follows_a_request_without_a_length_is_hidden() {
        for begins in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", ""] {
            let (shown, _) = in_pieces(format!("{begins}passphrase=secret&b=c\r\n\r\nsecret").as_bytes(), 7);
            let shown = String::from_utf8(shown).unwrap();
            assert!(
                !shown.contains("secret") && !shown.contains("pass") && !shown.contains("b=c"),
                "{shown}"
            );
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
        let mut endless = b"GET /".to_vec();
        endless.resize(HEAD_BYTES + 10, b'a');
        assert_eq!(in_pieces(&endless, 1000).1, 10);
    }
}
