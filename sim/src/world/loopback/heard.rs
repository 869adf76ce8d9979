//! What of the bytes on a client's connection must not be written down: what an owner typed, which is
//! the body of a request and what follows a question mark in its first line.
//!
//! Whatever cannot be told apart for certain is hidden: all that follows a body of unknown length, a
//! change of protocol, or a head that goes on for ever.

/// What stands in place of a hidden byte.
const MASK: u8 = b'x';

/// A head longer than this is none that the device would take.
const HEAD_BYTES: usize = 16 * 1024;

/// Where in a client's stream of requests one is.
#[derive(Debug)]
enum Place {
    /// In a request's head, of which this much has come.
    Head(Vec<u8>),
    /// So many bytes before the end of a body.
    Body(usize),
    /// Where nothing is certain any more.
    Unknown,
}

/// Follows what a client sends on one connection.
#[derive(Debug)]
pub(super) struct Heard {
    place: Place,
}

impl Heard {
    /// A new connection.
    pub(super) fn new() -> Self {
        Self { place: Place::Head(Vec::new()) }
    }

    /// The next bytes as they may be shown, and how many of them are hidden.
    pub(super) fn shown(&mut self, bytes: &[u8]) -> (Vec<u8>, usize) {
        let mut shown = Vec::with_capacity(bytes.len());
        let mut hidden = 0;
        for byte in bytes {
            let hides = self.takes(*byte);
            hidden += usize::from(hides);
            shown.push(if hides { MASK } else { *byte });
        }
        (shown, hidden)
    }

    /// Goes one byte on; whether that is to be hidden.
    fn takes(&mut self, byte: u8) -> bool {
        let (hides, next) = match &mut self.place {
            Place::Unknown => return true,
            Place::Body(left) => {
                *left -= 1;
                (true, (*left == 0).then(|| Place::Head(Vec::new())))
            }
            Place::Head(head) => {
                let hides = is_in_query(head) && !byte.is_ascii_whitespace();
                head.push(byte);
                (hides, after(head))
            }
        };
        if let Some(next) = next {
            self.place = next;
        }
        hides
    }
}

/// Whether the next byte of a head belongs to the query of its first line.
fn is_in_query(head: &[u8]) -> bool {
    !head.contains(&b'\n') && head.contains(&b'?') && head.iter().filter(|byte| **byte == b' ').count() == 1
}

/// What follows a head, once it is whole.
fn after(head: &[u8]) -> Option<Place> {
    if !head.ends_with(b"\n\r\n") && !head.ends_with(b"\n\n") {
        return (head.len() >= HEAD_BYTES).then_some(Place::Unknown);
    }
    let mut length = None;
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"transfer-encoding") || name.eq_ignore_ascii_case(b"upgrade") {
            return Some(Place::Unknown);
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            let said = std::str::from_utf8(value).ok().and_then(|digits| digits.parse::<usize>().ok());
            match (said, length) {
                (Some(said), None) => length = Some(said),
                _ => return Some(Place::Unknown),
            }
        }
    }
    Some(match length {
        None | Some(0) => Place::Head(Vec::new()),
        Some(length) => Place::Body(length),
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
        let mut heard = Heard::new();
        let pieces: Vec<_> = stream.chunks(size).map(|piece| heard.shown(piece)).collect();
        (
            pieces.iter().flat_map(|(shown, _)| shown.clone()).collect(),
            pieces.iter().map(|(_, hidden)| hidden).sum(),
        )
    }

    proptest! {
        #[test]
        fn a_form_is_hidden_however_it_is_cut_and_nothing_else(size in 1_usize..200) {
            let (shown, hidden) = in_pieces(&[GET, FORM, GET, FORM].concat(), size);
            let expected = [GET, SHOWN, GET, SHOWN].concat();
            prop_assert_eq!(String::from_utf8_lossy(&shown), String::from_utf8_lossy(&expected));
            prop_assert_eq!(hidden, 2 * 21);
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
            let (shown, hidden) = in_pieces(format!("{head}secretsecret").as_bytes(), 7);
            assert!(shown.ends_with(b"xxxxxxxxxxxx") && hidden == 12, "{head}");
        }
        let endless = [b'a'; HEAD_BYTES + 10];
        assert_eq!(in_pieces(&endless, 1000).1, 10);
    }
}
