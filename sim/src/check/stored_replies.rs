//! What a browser stores of a portal's replies and takes out again when it is at home: a portal answers for names that
//! are not its own, and what is stored under such a name is wrong wherever the real one can be reached.
//! Told as a warning; no verdict hangs on it.

use super::access::PortalAccess;
use crate::phone::Reply;

/// A name that a person may type, and no check asks for (RFC 2606).
const NAME: &str = "example.com";

/// Asks for a page as a browser does in which a person has typed a name, and says what is stored of the reply.
pub(super) async fn stored_reply(portal: &PortalAccess) -> Option<String> {
    let request = format!("GET / HTTP/1.1\r\nHost: {NAME}\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
    stored(&portal.reply_head(&request).await?)
}

/// What is stored of the reply to a request for somebody else's name.
fn stored(reply: &Reply) -> Option<String> {
    let directives = CacheControl::of(reply);
    if directives.no_store || directives.max_age == Some(0) {
        return None;
    }
    match (reply.status, directives.max_age) {
        // Fresh for ever unless a header says otherwise (RFC 9110 sections 15.4.2 and 15.4.9; Chromium,
        // `HttpResponseHeaders::GetFreshnessLifetimes`).
        (301 | 308, _) => Some(format!(
            "http://{NAME}/ is answered {}, a permanent redirect: a browser in which it was typed stores that and goes to \
             {} at home, too. Answer 302, or add \"Cache-Control: no-store\"",
            reply.status,
            reply.header("location").unwrap_or("nowhere"),
        )),
        (200..=299 | 302 | 303 | 307, Some(seconds)) => Some(format!(
            "http://{NAME}/ is answered with what a browser stores for {seconds} s (Cache-Control): at home it still shows \
             the portal. Answer with \"Cache-Control: no-store\""
        )),
        _ => None,
    }
}

/// What a reply says of being stored (RFC 9111 section 5.2.2).
#[derive(Default)]
struct CacheControl {
    no_store: bool,
    /// Seconds.
    max_age: Option<u64>,
}

impl CacheControl {
    fn of(reply: &Reply) -> Self {
        let mut found = Self::default();
        let lines = reply.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cache-control"));
        for directive in lines.flat_map(|(_, value)| value.split(',')) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                // With no-cache it is stored and asked about each time, and at home the right one answers.
                "no-store" | "no-cache" => found.no_store = true,
                "max-age" => found.max_age = value.trim().trim_matches('"').parse().ok(),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::Reader;

    fn told(head: &str) -> Option<String> {
        let mut reader = Reader::new();
        reader.push(format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n").as_bytes()).unwrap();
        stored(&reader.into_reply())
    }

    #[test]
    fn a_permanent_redirect_stays_in_the_browser() {
        for status in [301, 308] {
            let head = format!("{status} Moved\r\nLocation: http://192.168.4.1/");
            let told_of = told(&head).unwrap();
            assert!(told_of.contains("goes to http://192.168.4.1/ at home"), "{told_of}");
            for mended in ["no-store", "max-age=0", "private, NO-STORE", "no-cache"] {
                assert_eq!(told(&format!("{head}\r\nCache-Control: {mended}")), None, "{mended}");
            }
        }
        assert_eq!(told("302 Found\r\nLocation: http://192.168.4.1/"), None);
    }

    #[test]
    fn a_page_is_stored_as_long_as_it_says() {
        let told_of = told("200 OK\r\nCache-Control: public, max-age=86400").unwrap();
        assert!(told_of.contains("stores for 86400 s"), "{told_of}");
        assert!(told("302 Found\r\nCache-Control: max-age=600\r\nLocation: /").is_some());
        for head in ["200 OK", "200 OK\r\nCache-Control: max-age=0", "200 OK\r\nCache-Control: max-age=x"] {
            assert_eq!(told(head), None, "{head}");
        }
    }
}
