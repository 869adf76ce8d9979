//! What an engine asked of a portal and what came, as its proxy saw it.

use url::Url;

use super::phone_network::NotConnected;
use super::request_lines::{RequestLine, end_of_head};
use crate::owner::REDIRECTS;

/// Most bytes that a page may bring, all that it loads included. A phone would have given up long before a small device
/// had sent them. Chosen.
pub(super) const MOST_BYTES: u64 = 8 << 20;

/// Most requests that are kept.
const MOST_REQUESTS: usize = 500;

/// Most bytes of the head of a reply.
const HEAD_BYTES: usize = 64 * 1024;

/// Everything that went through the proxy.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    /// Connections that the engine made to the proxy.
    pub(super) connections: usize,
    /// Where it wanted to and did not get.
    pub(super) refused: Vec<(String, u16, NotConnected)>,
    pub(super) fetched: Vec<Fetched>,
    /// How many requests there were, those that are not kept included.
    pub(super) requests: usize,
    /// Bytes that came back.
    pub(super) bytes: u64,
    /// Connections that are open.
    pub(super) open: usize,
}

/// A request and what came.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    pub(super) url: String,
    pub(super) status: Option<u16>,
    /// The media type, as it was sent.
    pub(super) kind: Option<String>,
    pub(super) coding: Option<String>,
    /// Where it redirects to.
    pub(super) location: Option<String>,
    pub(super) is_attachment: bool,
    /// Bytes of the reply, its head included.
    pub(super) bytes: u64,
}

impl Traffic {
    /// A request begins. Returns its place, if it is kept.
    pub(super) fn begin(&mut self, request: &RequestLine, secure: bool) -> Option<usize> {
        self.requests += 1;
        if self.fetched.len() >= MOST_REQUESTS {
            return None;
        }
        let scheme = if secure { "https" } else { "http" };
        let url = format!("{scheme}://{}{}", request.host, request.target);
        self.fetched.push(Fetched { url, ..Fetched::default() });
        Some(self.fetched.len() - 1)
    }

    /// Whether more came than any page should bring.
    pub(super) fn is_too_much(&self) -> bool {
        self.bytes > MOST_BYTES
    }

    /// How many replies redirect.
    pub(super) fn redirects(&self) -> usize {
        self.fetched.iter().filter(|one| matches!(one.status, Some(301..=303 | 307 | 308))).count()
    }

    /// The reply that is the page at this address, redirects followed.
    pub(super) fn document(&self, url: &str) -> Option<&Fetched> {
        let mut url = Url::parse(url).ok()?;
        let mut found = None;
        for _ in 0..=REDIRECTS {
            url.set_fragment(None);
            let is_asked = |one: &&Fetched| Url::parse(&one.url).is_ok_and(|asked| asked == url);
            let Some(one) = self.fetched.iter().rfind(is_asked) else { break };
            found = Some(one);
            let is_redirect = matches!(one.status, Some(301..=303 | 307 | 308));
            let next = one.location.as_ref().filter(|_| is_redirect).and_then(|to| url.join(to).ok());
            let Some(next) = next else { break };
            url = next;
        }
        found
    }

    /// Whether the engine wanted to the host of this address, which is one of http, by https, and did not get there.
    pub(super) fn was_asked_by_https(&self, url: &str) -> bool {
        let Some(url) = Url::parse(url).ok().filter(|url| url.scheme() == "http") else { return false };
        self.refused.iter().any(|(host, port, _)| *port == 443 && url.host_str() == Some(host.as_str()))
    }

    /// Whether something was asked for that has not been answered.
    pub(super) fn is_waiting(&self) -> bool {
        self.open > 0 && self.fetched.iter().any(|one| one.status.is_none())
    }
}

/// Reads the heads of replies on one connection.
#[derive(Debug, Default)]
pub(super) struct ReplyHeads {
    head: Vec<u8>,
    /// The request whose reply is read.
    of: Option<usize>,
    is_read: bool,
}

impl ReplyHeads {
    /// What comes now is the reply to this request.
    pub(super) fn expect(&mut self, of: Option<usize>) {
        *self = Self { head: Vec::new(), of, is_read: false };
    }

    /// Bytes came.
    pub(super) fn push(&mut self, bytes: &[u8], traffic: &mut Traffic) {
        traffic.bytes += bytes.len() as u64;
        let Some(fetched) = self.of.and_then(|of| traffic.fetched.get_mut(of)) else { return };
        fetched.bytes += bytes.len() as u64;
        if self.is_read {
            return;
        }
        self.head.extend_from_slice(bytes);
        match end_of_head(&self.head) {
            Some(ends) => {
                read_head(&self.head[..ends], fetched);
                self.is_read = true;
            }
            None => self.is_read = self.head.len() > HEAD_BYTES,
        }
    }
}

fn read_head(head: &[u8], fetched: &mut Fetched) {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    fetched.status = status;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-type" => fetched.kind = Some(value.to_owned()),
            "content-encoding" => fetched.coding = Some(value.to_ascii_lowercase()),
            "location" => fetched.location = Some(value.to_owned()),
            "content-disposition" => {
                fetched.is_attachment = value.to_ascii_lowercase().starts_with("attachment")
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_told_request_by_request() {
        let mut traffic = Traffic::default();
        let mut heads = ReplyHeads::default();
        let request = RequestLine { target: "/".into(), host: "esp".into() };
        let first = traffic.begin(&request, false);
        heads.expect(first);
        heads.push(b"HTTP/1.1 302 Found\r\nLoc", &mut traffic);
        assert!(traffic.fetched[0].status.is_none());
        heads.push(b"ation: /a\r\n\r\nHTTP/1.1 not a head", &mut traffic);
        let second = traffic.begin(&request, false);
        heads.expect(second);
        heads.push(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: BR\r\n\r\nx",
            &mut traffic,
        );
        assert_eq!(traffic.redirects(), 1);
        assert!(traffic.document("http://esp/#top").is_some_and(|one| one.status == Some(200)));
        let fetched = &traffic.fetched[1];
        assert_eq!((fetched.status, fetched.url.as_str()), (Some(200), "http://esp/"));
        assert_eq!((fetched.kind.as_deref(), fetched.coding.as_deref()), (Some("text/html"), Some("br")));
    }
}
