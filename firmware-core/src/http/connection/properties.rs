//! What holds for every input: no panic, no limit exceeded, and the same answers however the
//! bytes were cut, in and out.

use std::string::{String, ToString};
use std::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::ByteWindow;
use crate::http::{Method, Version};
use crate::limits::{HEAD_BYTES, HEADERS, REQUEST_BYTES, REQUEST_LINE_BYTES};

const NOW: Instant = Instant::from_micros(0);

/// Everything about a request that a route can see.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    method: Method,
    version: Version,
    path: Vec<u8>,
    query: Vec<u8>,
    host: Option<Vec<u8>>,
    content_type: Option<Vec<u8>>,
    body: Vec<u8>,
    fields: Vec<u8>,
}

impl Seen {
    fn of(request: Request<'_>) -> Self {
        assert!(request.path.len() + request.query.len() < REQUEST_LINE_BYTES);
        assert!(request.fields.len() < HEAD_BYTES);
        assert!(request.body.len() + request.fields.len() < REQUEST_BYTES);
        Self {
            method: request.method,
            version: request.version,
            path: request.path.to_vec(),
            query: request.query.to_vec(),
            host: request.host.map(<[u8]>::to_vec),
            content_type: request.content_type.map(<[u8]>::to_vec),
            body: request.body.to_vec(),
            fields: request.fields.to_vec(),
        }
    }
}

/// What a client and the routes saw of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Transcript {
    requests: Vec<Seen>,
    output: Vec<u8>,
    answered: Vec<Answered>,
    finished: bool,
}

/// Drives a connection as the contract says.
struct Driver {
    connection: Connection<u8>,
    transcript: Transcript,
    /// Received and not yet consumed.
    waiting: Vec<u8>,
    out: Vec<u8>,
}

/// A page whose length and content differ from request to request.
fn render(page: &u8, _: Option<Request<'_>>, window: &mut ByteWindow<'_>) {
    for line in 0..*page {
        window.put(&[b'0' + line % 10; 3]);
    }
}

impl Driver {
    fn new(out: usize) -> Self {
        let mut connection = Connection::new();
        connection.open(NOW);
        Self { connection, transcript: Transcript::default(), waiting: Vec::new(), out: std::vec![0; out] }
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        loop {
            let consumed = self.connection.receive(&self.waiting, NOW);
            self.waiting.drain(..consumed);
            self.respond();
            self.send();
            if self.waiting.is_empty() {
                return;
            }
        }
    }

    fn respond(&mut self) {
        let Some(request) = self.connection.request() else { return };
        self.transcript.requests.push(Seen::of(request));
        let page = self.transcript.requests.len().min(9) as u8 * 20;
        let length = ByteWindow::measure(|window| render(&page, None, window));
        self.connection.respond(Response::page(Status::Ok, page), length, NOW);
        assert!(self.connection.buffer.is_wiped());
    }

    fn send(&mut self) {
        loop {
            let transfer = self.connection.send(&mut self.out, NOW, render);
            self.transcript.answered.extend(self.connection.take_answered());
            match transfer {
                Transfer::Bytes(length) => self.transcript.output.extend_from_slice(&self.out[..length]),
                Transfer::Finish => {
                    assert!(!self.transcript.finished, "said once");
                    self.transcript.finished = true;
                }
                Transfer::Idle => return,
                Transfer::Close => panic!("nothing here ends a connection at once"),
            }
        }
    }
}

/// Feeds `pieces` one after the other, sending through a buffer of `out` bytes.
fn run<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, out: usize) -> Transcript {
    let mut driver = Driver::new(out);
    for piece in pieces {
        driver.receive(piece);
    }
    driver.transcript
}

fn whole(input: &[u8]) -> Transcript {
    run([input], 4096)
}

/// `input` cut at these places, which are taken modulo its length.
fn cut<'a>(input: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut % (input.len() + 1)).collect();
    places.sort_unstable();
    let mut pieces = Vec::new();
    let mut start = 0;
    for place in places {
        pieces.push(&input[start..place]);
        start = place;
    }
    pieces.push(&input[start..]);
    pieces
}

/// Inputs that reach each state and each kind of refusal.
const SAMPLES: &[&str] = &[
    "GET /a?b HTTP/1.1\r\nHost: c\r\n\r\nHEAD / HTTP/1.0\r\n\r\nignored",
    "\r\nPOST / HTTP/1.1\nHost: c\nContent-Length: 3\nExpect: 100-continue\n\nabc\r\nGET",
    "POST / HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n02\r\nbc\r\n0\r\nT: u\r\n\r\nG\0",
    "POST / HTTP/1.1\r\nHost: c\r\nContent-Length: 9999\r\n\r\nmore and more",
    "GET / HTTP/1.1\r\nHost: c\r\n folded: d\r\n\r\n",
    "GET /\r\nrest",
    "\x16\x03\x01\x00\x05hello",
];

#[test]
fn every_pair_of_cuts_gives_the_same() {
    for sample in SAMPLES {
        let input = sample.as_bytes();
        let expected = whole(input);
        assert!(!expected.output.is_empty());
        for first in 0..=input.len() {
            for second in first..=input.len() {
                assert_eq!(run(cut(input, &[first, second]), 512), expected, "{sample:?} {first} {second}");
            }
        }
        assert_eq!(run(input.chunks(1), 1), expected, "{sample:?}, byte by byte, in and out");
    }
}

#[test]
fn every_byte_after_a_valid_beginning_is_survived() {
    for sample in SAMPLES {
        for end in 0..sample.len() {
            for byte in 0..=u8::MAX {
                let input = [&sample.as_bytes()[..end], &[byte]].concat();
                assert_eq!(run(input.chunks(1), 64), whole(&input));
            }
        }
    }
}

/// Pieces of requests, right and wrong, among random bytes.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(std::vec![
        "GET ",
        "POST ",
        "HEAD ",
        "/",
        "/x?y ",
        "* ",
        "http://a/ ",
        "HTTP/1.1",
        "HTTP/1.0",
        "HTTP/3.0",
        "\r\n",
        "\n",
        "\r\n\r\n",
        "\r",
        " ",
        "Host: a\r\n",
        "Host: a\n",
        "Connection: close\r\n",
        "Connection: keep-alive\r\n",
        "Content-Length: 3\r\n",
        "Content-Length: 700\r\n",
        "Content-Length: 2000\r\n",
        "X: y\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Expect: 100-continue\r\n",
        "3\r\nabc\r\n",
        "0\r\n\r\n",
        "abc",
        "6c0\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    ]);
    let piece = prop_oneof![
        8 => word.prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..6),
        1 => (any::<u8>(), 0..900_usize).prop_map(|(byte, times)| std::vec![byte; times]),
        1 => (0..40_usize).prop_map(|times| "A: b\r\n".repeat(times).into_bytes()),
    ];
    vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

/// A request and how a route must see it.
fn request() -> impl Strategy<Value = (Vec<u8>, Seen)> {
    let token = "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}";
    let value = "[!-~]([ -~\u{e4}]{0,20}[!-~])?";
    let name = token.prop_filter("has a meaning", |name: &String| {
        let known = ["host", "content-length", "content-type", "transfer-encoding", "connection", "expect"];
        !known.iter().any(|known| name.eq_ignore_ascii_case(known))
    });
    let method = prop::sample::select(std::vec![
        ("GET", Method::Get),
        ("POST", Method::Post),
        ("HEAD", Method::Head),
        ("PUT", Method::Put)
    ]);
    let fields = vec((name, value, prop::sample::select(std::vec!["", " ", "\t "])), 0..8);
    let chunk_sizes = prop::option::of(vec(1..200_usize, 0..6));
    (
        method,
        "/[a-zA-Z0-9/%._-]{0,40}",
        prop::option::of("[a-z0-9=&?/]{0,30}"),
        "[a-z0-9.-]{1,20}(:[0-9]{1,5})?",
        any::<bool>(),
        prop::option::of(value),
        fields,
        vec(any::<u8>(), 0..REQUEST_BYTES - HEAD_BYTES),
        chunk_sizes,
        any::<bool>(),
    )
        .prop_map(
            |((name, method), path, query, host, absolute, content_type, fields, body, chunks, bare)| {
                let target = match &query {
                    Some(query) => [&path, "?", query].concat(),
                    None => path.clone(),
                };
                let (prefix, host_line) =
                    if absolute { (["http://", &host].concat(), "other") } else { (String::new(), &*host) };
                let mut lines = header_lines(host_line, &fields, content_type.as_deref());
                let sent = match &chunks {
                    Some(sizes) => {
                        lines += "Transfer-Encoding: chunked\r\n";
                        encode_chunks(&body, sizes)
                    }
                    None => {
                        lines += &std::format!("Content-Length: {}\r\n", body.len());
                        body.clone()
                    }
                };
                let mut head = std::format!("{name} {prefix}{target} HTTP/1.1\r\n{lines}\r\n");
                if bare {
                    head = head.replace("\r\n", "\n");
                    lines = lines.replace("\r\n", "\n");
                }
                let fields = [lines.as_bytes(), if bare { b"\n" } else { &b"\r\n"[..] }].concat();
                let seen = Seen {
                    method,
                    version: Version::Http11,
                    path: path.into_bytes(),
                    query: query.unwrap_or_default().into_bytes(),
                    host: Some(host.into_bytes()),
                    content_type: content_type.map(String::into_bytes),
                    body,
                    fields,
                };
                ([head.into_bytes(), sent].concat(), seen)
            },
        )
}

/// The header fields that do not say how long the body is.
fn header_lines(host: &str, fields: &[(String, String, &str)], content_type: Option<&str>) -> String {
    let mut lines = std::format!("Host: {host}\r\n");
    for (name, value, space) in fields {
        lines += &std::format!("{name}:{space}{value}{space}\r\n");
    }
    if let Some(content_type) = content_type {
        lines += &std::format!("content-TYPE: {content_type}\r\n");
    }
    lines
}

fn encode_chunks(body: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut encoded = Vec::new();
    let mut rest = body;
    let mut sizes = sizes.iter();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(sizes.next().map_or(rest.len(), |size| *size.min(&rest.len())));
        encoded.extend_from_slice(std::format!("{:x}\r\n", chunk.len()).as_bytes());
        encoded.extend_from_slice(chunk);
        encoded.extend_from_slice(b"\r\n");
        rest = after;
    }
    encoded.extend_from_slice(b"0\r\n\r\n");
    encoded
}

/// Reads the output as a client would: the status codes, one for each answer.
fn statuses(mut output: &[u8], requests: &[Seen]) -> Result<Vec<u16>, String> {
    let mut statuses = Vec::new();
    let mut answered = 0;
    while !output.is_empty() {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let head = match response.parse(output) {
            Ok(httparse::Status::Complete(head)) => head,
            other => return Err(std::format!("{other:?}")),
        };
        let code = response.code.unwrap();
        statuses.push(code);
        let length = response.headers.iter().find(|header| header.name == "Content-Length");
        let length: usize =
            length.map_or(0, |header| core::str::from_utf8(header.value).unwrap().parse().unwrap());
        if code == 100 {
            output = &output[head..];
            continue;
        }
        let without = requests.get(answered).is_some_and(|request| request.method == Method::Head);
        answered += 1;
        // The refusal of a HEAD request is the last answer, and has no content either.
        let end = if without { head } else { head + length };
        output = output.get(end.min(output.len())..).ok_or("cut")?;
        if end > head + length {
            return Err("answer is cut".to_string());
        }
    }
    Ok(statuses)
}

proptest! {
    #[test]
    fn any_input_at_any_cut(input in soup(), cuts in vec(any::<usize>(), 0..8), out in 1..200_usize) {
        let expected = whole(&input);
        prop_assert_eq!(&run(cut(&input, &cuts), out), &expected);
        prop_assert_eq!(&run(input.chunks(1), out), &expected);
        let codes = statuses(&expected.output, &expected.requests).map_err(TestCaseError::fail)?;
        let answers = codes.iter().filter(|&&code| code != 100).count();
        let refusals = codes.iter().filter(|&&code| code >= 400).count();
        prop_assert_eq!(answers, expected.answered.len());
        prop_assert_eq!(answers, expected.requests.len() + refusals, "every request is answered once");
        prop_assert!(refusals == 0 || expected.finished, "a refusal ends the connection");
    }

    #[test]
    fn random_bytes(input in vec(any::<u8>(), 0..3000), cuts in vec(any::<usize>(), 0..8)) {
        prop_assert_eq!(run(cut(&input, &cuts), 512), whole(&input));
    }

    #[test]
    fn valid_requests_are_seen_as_sent(
        sent in vec(request(), 1..4),
        cuts in vec(any::<usize>(), 0..8),
    ) {
        let input: Vec<u8> = sent.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        let seen: Vec<Seen> = sent.into_iter().map(|(_, seen)| seen).collect();
        let transcript = run(cut(&input, &cuts), 512);
        let codes = statuses(&transcript.output, &transcript.requests).map_err(TestCaseError::fail)?;
        prop_assert!(codes.iter().all(|&code| code == 200), "{:?}", codes);
        prop_assert_eq!(transcript.requests, seen);
        prop_assert!(!transcript.finished);
    }

    /// Finds a header as a search of the lines would.
    #[test]
    fn headers_are_found((bytes, seen) in request()) {
        let mut connection = Connection::<u8>::new();
        connection.open(NOW);
        prop_assert_eq!(connection.receive(&bytes, NOW), bytes.len());
        let request = connection.request().unwrap();
        let text = String::from_utf8(seen.fields).unwrap();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (name, _) = line.split_once(':').unwrap();
            let first = text.lines().find_map(|line| {
                let (other, value) = line.split_once(':')?;
                other.eq_ignore_ascii_case(name).then_some(value.trim())
            });
            let found = request.header(&name.to_uppercase()).map(|value| core::str::from_utf8(value).unwrap());
            prop_assert_eq!(found, first);
        }
    }
}
