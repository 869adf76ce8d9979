//! What of a request and of the reply to it is kept: a request is written anew of what is on a list, and so
//! is a reply. What stands on no list cannot get into a recording, however it is written.
//!
//! Of a request: method, host (as `redact` shows it), path (one that a check asks for, else `/path-N`),
//! version, and the header lines below. Of a reply: version, status, the lines below, and of its body what
//! clients look for; the rest of it is `x`, as long as it was.

use url::Url;

use super::redact::Redactor;
use super::words::listed_words;
use crate::capture::filler;
use crate::phone::{Reply, known};

/// Header lines of requests that tell clients apart and say nothing of anybody.
const REQUEST_LINES: [&str; 25] = [
    "user-agent",
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "proxy-connection",
    "cache-control",
    "pragma",
    "upgrade-insecure-requests",
    "dnt",
    "sec-gpc",
    "priority",
    "save-data",
    "te",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-user",
    "sec-fetch-dest",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "x-requested-with",
    "x-hwcloud-reqid",
    "purpose",
    "sec-purpose",
];

/// Header lines of replies that clients, or readers of a recording, go by.
const REPLY_LINES: [&str; 4] = ["content-type", "content-encoding", "connection", "cache-control"];

impl Redactor {
    /// A request as it may be kept.
    pub(super) fn request(&mut self, head: &str) -> Result<String, &'static str> {
        let lines = head.strip_suffix("\r\n\r\n").ok_or("expected a request that ends with CRLF CRLF")?;
        let mut lines = lines.split("\r\n");
        if lines.clone().any(|line| line.contains(['\r', '\n'])) {
            return Err("expected lines that end with CRLF and nothing else");
        }
        let first: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let [method @ ("GET" | "HEAD"), target, version @ ("HTTP/1.0" | "HTTP/1.1")] = first[..] else {
            return Err("expected a first line like \"GET /path HTTP/1.1\"");
        };
        if !target.starts_with('/') {
            return Err("expected a path that begins with /");
        }
        let mut shown = format!("{method} {} {version}\r\n", self.path(target));
        for line in lines {
            // A line that begins with a blank goes on with the one before, whose value is no known one then.
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            match self.request_line(name, value.trim()) {
                Some(value) => shown += &format!("{name}: {value}\r\n"),
                None => self.lines += 1,
            }
        }
        Ok(shown + "\r\n")
    }

    /// A header line's value as it may be kept; `None` if the line may not.
    fn request_line(&mut self, name: &str, value: &str) -> Option<String> {
        let lower = name.to_ascii_lowercase();
        if lower == "host" {
            return Some(self.authority(value));
        }
        if !REQUEST_LINES.contains(&lower.as_str()) {
            return None;
        }
        Some(match known().has_line(&lower, value) {
            true => value.to_owned(),
            // Which languages somebody reads is nobody's business.
            false if lower == "accept-language" => "en".to_owned(),
            false => listed_words(value),
        })
    }

    /// A path as it may be kept: that of a check, or a number in its place, the same wherever it stands.
    pub(super) fn path(&mut self, target: &str) -> String {
        let whole = target.split('#').next().unwrap_or_default();
        let bare = whole.split('?').next().unwrap_or_default();
        let kept = [whole, bare].into_iter().find(|path| *path == "/" || known().has_path(path));
        kept.map_or_else(|| self.numbered_path(bare), str::to_owned)
    }

    /// Where a redirect leads, without its query.
    pub(super) fn location(&mut self, value: &str) -> String {
        let (scheme, rest) = match value.split_once("//") {
            Some((scheme @ ("" | "http:" | "https:" | "HTTP:" | "HTTPS:"), rest)) => (scheme, rest),
            _ if value.starts_with('/') => return self.path(value),
            _ if value.is_empty() => return String::new(),
            _ => return "x".to_owned(),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let authority = authority.rsplit('@').next().unwrap_or_default();
        let path = if path.starts_with('/') { self.path(path) } else { String::new() };
        format!("{scheme}//{}{path}", self.authority(authority))
    }

    /// A host and its port.
    fn authority(&mut self, authority: &str) -> String {
        let (host, port) = match authority.rfind(':') {
            Some(at) if !authority.ends_with(']') => authority.split_at(at),
            _ => (authority, ""),
        };
        let is_port = port.len() <= 6 && port.bytes().skip(1).all(|byte| byte.is_ascii_digit());
        self.name(host) + if is_port { port } else { "" }
    }

    /// A reply as it may be kept; `None` if it cannot be read.
    pub(super) fn reply(&mut self, bytes: &[u8]) -> Option<String> {
        let reply = Reply::parse(bytes, true).ok()?;
        let version = if bytes.starts_with(b"HTTP/1.0") { "HTTP/1.0" } else { "HTTP/1.1" };
        let status = hyper::StatusCode::from_u16(reply.status).ok()?;
        let mut shown =
            format!("{version} {} {}\r\n", reply.status, status.canonical_reason().unwrap_or("x"));
        let body = body(&reply);
        let mut is_chunked = false;
        for (name, value) in &reply.headers {
            let value = match name.to_ascii_lowercase().as_str() {
                "location" => self.location(value.trim()),
                "content-length" if value.trim().bytes().all(|byte| byte.is_ascii_digit()) => {
                    body.len().to_string()
                }
                "transfer-encoding" if value.to_ascii_lowercase().contains("chunked") => {
                    is_chunked = true;
                    "chunked".to_owned()
                }
                lower if REPLY_LINES.contains(&lower) => listed_words(value),
                _ => continue,
            };
            shown += &format!("{name}: {value}\r\n");
        }
        shown += "\r\n";
        match (is_chunked, body.is_empty()) {
            (true, true) => shown += "0\r\n\r\n",
            (true, false) => shown += &format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
            (false, _) => shown += &body,
        }
        Some(shown)
    }
}

/// A body in which nothing stands but what clients look for, as long as the reply's.
fn body(reply: &Reply) -> String {
    let length = usize::try_from(reply.body_bytes).unwrap_or(usize::MAX).min(reply.body.len());
    let text = String::from_utf8_lossy(&reply.body);
    if known().has_body(&text) {
        return text.into_owned();
    }
    let mut kept =
        title(&text).map(|title| format!("<title>{}</title>", listed_words(title))).unwrap_or_default();
    for part in known().parts_of(&text) {
        kept += &format!("<!-- {part} -->");
    }
    filler::fill(&kept, length)
}

/// What stands in the first title.
fn title(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let begins = lower.find("<title>")? + "<title>".len();
    let ends = begins + lower[begins..].find("</title>")?;
    text.get(begins..ends)
}

/// What a request asks for, if that is a URL.
pub(super) fn url(head: &str, host: &str) -> Option<Url> {
    let path = head.split(' ').nth(1)?;
    Url::parse(&format!("http://{host}{path}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(head: &str) -> String {
        Redactor::new(false).request(head).unwrap()
    }

    #[test]
    fn a_checks_request_stays_as_it_is() {
        let probe = "GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\nConnection: close\r\n\
            User-Agent: CaptiveNetworkSupport-390.60.1 wispr\r\n\r\n";
        assert_eq!(kept(probe), probe);
    }

    #[test]
    fn of_any_other_what_is_on_a_list_stays() {
        let head = "GET /wifi/hunter2?password=hunter2&a=b HTTP/1.1\r\nHOST: secret.example.net:8080\r\n\
            COOKIE: a=b\r\nX-Auth: me\r\nAccept-Language: de-CH\r\nUser-Agent: Tom's/1.0\r\nReferer: http://x/\r\n\
            Accept: */*\r\n more\r\n\r\n";
        let mut redactor = Redactor::new(false);
        assert_eq!(
            redactor.request(head).unwrap(),
            "GET /path-1 HTTP/1.1\r\nHOST: name-1.example:8080\r\nAccept-Language: en\r\n\
             User-Agent: xxxxx/x.x\r\nAccept: */*\r\n\r\n"
        );
        assert_eq!(redactor.lines, 4);
        assert_eq!(redactor.path("/wifi/hunter2#x"), "/path-1");
        assert_eq!(redactor.path("/generate_204?who=me"), "/generate_204");
    }

    #[test]
    fn a_redirect_leads_to_the_same_place_without_its_query() {
        let mut redactor = Redactor::new(false);
        let mut location = |value: &str| redactor.location(value);
        assert_eq!(location("http://192.168.4.1/?mac=3c0630aabbcc"), "http://192.168.4.1/");
        assert_eq!(
            location("https://me:pw@portal.hotel.example:8443/a/b?c#d"),
            "https://name-1.example:8443/path-1"
        );
        assert_eq!(location("http://portal.hotel.example?x"), "http://name-1.example");
        assert_eq!(location("//192.168.4.1/a/b"), "//192.168.4.1/path-1");
        assert_eq!(location("/a/b?x"), "/path-1");
        assert_eq!([location("login.html?u=me"), location("javascript:me"), location("")], ["x", "x", ""]);
    }

    #[test]
    fn of_a_reply_its_status_its_length_and_what_clients_look_for_stay() {
        let portal = "HTTP/1.1 200 All right, Tom\r\nServer: Tom's\r\nContent-Length: 60\r\nSet-Cookie: a=b\r\n\
            Content-Type: text/html; charset=tom\r\n\r\n<title>Login for Tom</title><input value=hunter2 name='abcdef'>"
            .replace("Content-Length: 60", "Content-Length: 63");
        let shown = Redactor::new(false).reply(portal.as_bytes()).unwrap();
        let (head, body) = shown.split_once("\r\n\r\n").unwrap();
        assert_eq!(head, "HTTP/1.1 200 OK\r\nContent-Length: 63\r\nContent-Type: text/html; charset=xxx");
        assert_eq!(body, format!("<title>Login xxx xxx</title>{}", "x".repeat(35)));
        let success = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nsuccess\n\r\n0\r\n\r\n";
        assert_eq!(Redactor::new(false).reply(success.as_bytes()).unwrap(), success);
        assert_eq!(Redactor::new(false).reply(b"no reply"), None);
    }
}
