//! Requests of an engine, rewritten on their way to a portal: the header lines that say whose browser it is become
//! those of the phone that it stands in for. Sans-IO: the proxy moves the bytes.
//!
//! Bodies, what follows an upgrade, and TLS pass as they are.

/// Most bytes of a head that is rewritten; a longer one passes as it is.
const HEAD_BYTES: usize = 64 * 1024;

/// Header lines that only some engines send, and only over connections that they trust.
const DROPPED: [&str; 5] = ["dnt", "priority", "te", "sec-gpc", "proxy-connection"];

/// The header lines of a phone's browser.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestLines {
    /// `None`: the engine's own.
    pub(super) agent: Option<String>,
    /// What it takes for a page.
    pub(super) accept: Option<&'static str>,
    pub(super) accept_language: &'static str,
    /// The app that shows the page (`X-Requested-With`), where there is one.
    pub(super) app: Option<&'static str>,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestLine {
    pub(super) target: String,
    pub(super) host: String,
}

/// The requests of one connection.
pub(super) struct Rewriter {
    lines: RequestLines,
    stage: Stage,
}

enum Stage {
    /// As much of a head as came.
    Head(Vec<u8>),
    /// So many bytes of a body are still to come.
    Body(usize),
    /// Nothing is looked at any more.
    Raw,
}

impl Rewriter {
    pub(super) fn new(lines: RequestLines) -> Self {
        Self { lines, stage: Stage::Head(Vec::new()) }
    }

    /// Takes what the engine sent. Returns what is to be sent on, and the requests that began.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> (Vec<u8>, Vec<RequestLine>) {
        let (mut out, mut requests) = (Vec::new(), Vec::new());
        while !bytes.is_empty() {
            match &mut self.stage {
                Stage::Raw => {
                    out.extend_from_slice(bytes);
                    break;
                }
                Stage::Body(left) => {
                    let (body, rest) = bytes.split_at(bytes.len().min(*left));
                    out.extend_from_slice(body);
                    *left -= body.len();
                    bytes = rest;
                    if *left == 0 {
                        self.stage = Stage::Head(Vec::new());
                    }
                }
                Stage::Head(head) => {
                    head.extend_from_slice(bytes);
                    bytes = &[];
                    let Some(ends) = end_of_head(head) else {
                        if head.len() > HEAD_BYTES
                            || !head.iter().take(8).all(|byte| matches!(byte, b' '..=b'~'))
                        {
                            out.append(head);
                            self.stage = Stage::Raw;
                        }
                        continue;
                    };
                    let rest = head.split_off(ends);
                    let head = std::mem::take(head);
                    self.stage = self.rewrite(&head, &mut out, &mut requests);
                    let (more, further) = self.push(&rest);
                    out.extend(more);
                    requests.extend(further);
                }
            }
        }
        (out, requests)
    }

    fn rewrite(&self, head: &[u8], out: &mut Vec<u8>, requests: &mut Vec<RequestLine>) -> Stage {
        let Ok(text) = std::str::from_utf8(head) else {
            out.extend_from_slice(head);
            return Stage::Raw;
        };
        let mut lines = text.trim_end_matches("\r\n").split("\r\n");
        let first = lines.next().unwrap_or_default();
        let mut words = first.split(' ');
        let target = words.nth(1).unwrap_or_default();
        out.extend_from_slice(first.as_bytes());
        out.extend_from_slice(b"\r\n");
        let (mut host, mut length, mut is_known) = (String::new(), 0, true);
        for line in lines {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            let (name, value) = (name.to_ascii_lowercase(), value.trim());
            match name.as_str() {
                "host" => value.clone_into(&mut host),
                "content-length" => length = value.parse().unwrap_or(0),
                "upgrade" | "transfer-encoding" => is_known = false,
                _ => {}
            }
            if let Some(line) = self.line(line, &name, value) {
                out.extend_from_slice(line.as_bytes());
                out.extend_from_slice(b"\r\n");
            }
        }
        if let Some(app) = self.lines.app {
            out.extend_from_slice(format!("X-Requested-With: {app}\r\n").as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        requests.push(RequestLine { target: target.to_owned(), host });
        match (is_known, length) {
            (false, _) => Stage::Raw,
            (true, 0) => Stage::Head(Vec::new()),
            (true, length) => Stage::Body(length),
        }
    }

    /// The line as this phone sends it, if it does.
    fn line(&self, line: &str, name: &str, value: &str) -> Option<String> {
        if DROPPED.contains(&name) || name.starts_with("sec-ch-") || name.starts_with("sec-fetch-") {
            return None;
        }
        Some(match (name, &self.lines.agent, self.lines.accept) {
            ("user-agent", Some(agent), _) => format!("User-Agent: {agent}"),
            ("accept", _, Some(accept)) if value.starts_with("text/html") => format!("Accept: {accept}"),
            ("accept-language", ..) => format!("Accept-Language: {}", self.lines.accept_language),
            // Over http no browser offers brotli or zstd.
            ("accept-encoding", ..) => "Accept-Encoding: gzip, deflate".into(),
            _ => line.to_owned(),
        })
    }
}

/// Where a head ends.
pub(super) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webview() -> RequestLines {
        RequestLines {
            agent: Some("Phone/1".into()),
            accept: Some("text/html,of/phone"),
            accept_language: "en-US,en;q=0.9",
            app: Some("com.android.captiveportallogin"),
        }
    }

    #[test]
    fn a_request_says_that_it_is_the_phones() {
        let sent = "GET /a HTTP/1.1\r\nHost: esp\r\nUser-Agent: Engine\r\nAccept: text/html,engine\r\nDNT: 1\r\n\
                    Sec-CH-UA: x\r\nAccept-Encoding: gzip, br\r\nAccept-Language: de\r\nCookie: a=b\r\n\r\n";
        let (out, requests) = Rewriter::new(webview()).push(sent.as_bytes());
        let expected = "GET /a HTTP/1.1\r\nHost: esp\r\nUser-Agent: Phone/1\r\nAccept: text/html,of/phone\r\n\
                        Accept-Encoding: gzip, deflate\r\nAccept-Language: en-US,en;q=0.9\r\nCookie: a=b\r\n\
                        X-Requested-With: com.android.captiveportallogin\r\n\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(requests, [RequestLine { target: "/a".into(), host: "esp".into() }]);
    }

    #[test]
    fn bodies_and_what_is_no_http_pass_as_they_are_however_they_are_cut() {
        let sent = "POST /s HTTP/1.1\r\nContent-Length: 5\r\nAccept: image/png\r\n\r\nDNT: GET /b HTTP/1.1\r\nHost: c\r\n\r\n";
        let lines = RequestLines { accept_language: "en", ..RequestLines::default() };
        for size in [1, 7, sent.len()] {
            let mut rewriter = Rewriter::new(lines.clone());
            let (mut out, mut requests) = (Vec::new(), Vec::new());
            for piece in sent.as_bytes().chunks(size) {
                let (more, further) = rewriter.push(piece);
                out.extend(more);
                requests.extend(further);
            }
            assert_eq!(String::from_utf8(out).unwrap(), sent);
            assert_eq!(requests.len(), 2, "{size}");
            assert_eq!(requests[1].host, "c");
        }
        let hello = [0x16, 3, 1, 0, 5, 1, 2, 3];
        assert_eq!(Rewriter::new(webview()).push(&hello).0, hello);
        let upgrade = "GET /w HTTP/1.1\r\nUpgrade: websocket\r\n\r\n\u{1}raw\r\n\r\n";
        let out = Rewriter::new(lines).push(upgrade.as_bytes()).0;
        assert_eq!(String::from_utf8(out).unwrap(), upgrade);
    }
}
