//! A recorded HTTP request: its bytes, and as much of their meaning as a replay needs. Written for
//! recordings, which are well-formed or refused; it shares nothing with the device's reader.

use url::{Position, Url};

/// Header lines that carry a session.
const SESSIONS: [&str; 3] = ["Cookie", "Authorization", "Proxy-Authorization"];

/// A text is no request that can be replayed: this was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct BadRequest(&'static str);

/// A `GET` or `HEAD` request without a body, exactly as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    text: String,
    url: Url,
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    ///
    /// [`BadRequest`] where it is not well-formed (RFC 9112 section 2.1).
    ///
    /// ```
    /// use vestibule::capture::Request;
    ///
    /// let request = Request::parse("GET /x HTTP/1.0\r\nHost: example.org\r\n\r\n")?;
    /// assert_eq!(request.url().as_str(), "http://example.org/x");
    /// assert!(Request::parse("GET /x HTTP/1.0\nHost: example.org\n\n").is_err());
    /// # Ok::<(), vestibule::capture::BadRequest>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, BadRequest> {
        let head = text.strip_suffix("\r\n\r\n").ok_or(BadRequest("a request that ends with CRLF CRLF"))?;
        let mut lines = head.split("\r\n");
        if head.split("\r\n").any(|line| line.contains(['\r', '\n'])) {
            return Err(BadRequest("lines that end with CRLF and nothing else"));
        }
        let first: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let ["GET" | "HEAD", path, "HTTP/1.0" | "HTTP/1.1"] = first[..] else {
            return Err(BadRequest("a first line like \"GET /path HTTP/1.1\""));
        };
        let mut host = None;
        for line in lines {
            let (name, value) =
                line.split_once(": ").ok_or(BadRequest("header lines like \"Name: value\""))?;
            if name.is_empty() || !name.bytes().all(is_token) {
                return Err(BadRequest("header names of letters, digits and hyphens"));
            }
            if SESSIONS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
                return Err(BadRequest(
                    "no line with somebody's session (Cookie, Authorization): take it out, say so in `notes`",
                ));
            }
            if name.eq_ignore_ascii_case("host") && host.replace(value).is_some() {
                return Err(BadRequest("one Host line, not two"));
            }
        }
        let host = host.ok_or(BadRequest("a Host line: without one it is not known what was asked"))?;
        let url = Url::parse(&format!("http://{host}{path}"))
            .ok()
            .filter(|_| path.starts_with('/'))
            .ok_or(BadRequest("a path that begins with / and a Host that together are a URL"))?;
        Ok(Self { text: text.to_owned(), url })
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// What it asks for.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The first line and the Host.
    pub fn summary(&self) -> String {
        let first = self.text.split("\r\n").next().unwrap_or_default();
        format!("{first} ({})", &self.url[Position::BeforeHost..Position::AfterPort])
    }

    /// What this client sends when it is redirected: the same lines for another URL, as Apple's
    /// probe does (grade C, log of macOS 11).
    #[must_use]
    pub fn redirected_to(&self, url: &Url) -> Self {
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let lines = self.text.split("\r\n").enumerate().map(|(number, line)| match line.split_once(": ") {
            _ if number == 0 => {
                let version = line.rsplit(' ').next().unwrap_or_default();
                format!("GET {path} {version}")
            }
            Some((name, _)) if name.eq_ignore_ascii_case("host") => format!("{name}: {host}"),
            _ => line.to_owned(),
        });
        Self { text: lines.collect::<Vec<_>>().join("\r\n"), url: url.clone() }
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISPR: &str = "GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\n\
        Connection: close\r\nUser-Agent: CaptiveNetworkSupport-407.40.1 wispr\r\n\r\n";

    #[test]
    fn the_redirected_probe_is_the_one_that_was_recorded() {
        let probe = Request::parse(WISPR).unwrap();
        assert_eq!(probe.as_bytes(), WISPR.as_bytes());
        let next = probe.redirected_to(&Url::parse("http://192.168.4.1/ledtest").unwrap());
        let recorded = "GET /ledtest HTTP/1.0\r\nHost: 192.168.4.1\r\nConnection: close\r\n\
            User-Agent: CaptiveNetworkSupport-407.40.1 wispr\r\n\r\n";
        assert_eq!(next, Request::parse(recorded).unwrap());
    }

    #[test]
    fn what_is_not_well_formed_is_refused_with_what_was_expected() {
        let refused = [
            ("GET / HTTP/1.1\r\nHost: a\r\n", "ends with CRLF CRLF"),
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", "end with CRLF and nothing else"),
            ("PUT / HTTP/1.1\r\nHost: a\r\n\r\n", "a first line like"),
            ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "a first line like"),
            ("GET / HTTP/2\r\nHost: a\r\n\r\n", "a first line like"),
            ("GET / HTTP/1.1\r\nHost a\r\n\r\n", "header lines like"),
            ("GET / HTTP/1.1\r\nHo st: a\r\n\r\n", "header names"),
            ("GET / HTTP/1.1\r\nHost: a\r\ncookie: b\r\n\r\n", "somebody's session"),
            ("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", "one Host line"),
            ("GET / HTTP/1.1\r\nAccept: a\r\n\r\n", "a Host line"),
            ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", "a path that begins with /"),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n", "header lines like"),
        ];
        for (text, expected) in refused {
            let error = Request::parse(text).unwrap_err();
            let error = error.to_string();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }
}
