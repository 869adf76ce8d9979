//! Parses requests as far as the bugs about requests need it.

/// Whether a whole request is there: its head, and as much of a body as that announces.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let Some(head) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let announced = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    bytes.len() - (head + 4) >= announced.unwrap_or(0)
}

/// A request for the page in the place of one for something that is none: another host's, an icon, a
/// proxy's settings. `None` where it is left as it is.
pub(super) fn for_the_page(request: &[u8], own: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(request).ok()?;
    let (line, headers) = text.split_once("\r\n")?;
    let path = line.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1")?;
    let is_host = |header: &&str| header.to_ascii_lowercase().starts_with("host:");
    let is_own = headers.lines().find(is_host).is_some_and(|header| header.ends_with(own));
    let is_no_page = ["/wpad.dat", "/favicon.ico", "/apple-touch-icon.png"].contains(&path);
    if is_own && !is_no_page {
        return None;
    }
    let kept = headers.split("\r\n").filter(|header| !is_host(header)).collect::<Vec<_>>().join("\r\n");
    Some(format!("GET / HTTP/1.1\r\nHost: {own}\r\n{kept}").into_bytes())
}

/// The token in the form of a page.
pub(super) fn token(page: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(page);
    let (_, rest) = text.split_once("name=\"token\" value=\"")?;
    rest.split_once('"').map(|(token, _)| token.to_owned())
}

/// A form that another site's page has sent, as the device's own page would have sent it. `None` where it is
/// none.
pub(super) fn as_own_form(request: &[u8], token: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(request).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let is_form =
        head.starts_with("POST /setup ") && head.contains("\r\nOrigin: ") && body.contains("network=");
    if !is_form || body.contains("token=") {
        return None;
    }
    let drops = |line: &&str| {
        !["origin:", "content-length:"].iter().any(|name| line.to_ascii_lowercase().starts_with(name))
    };
    let head = head.split("\r\n").filter(drops).collect::<Vec<_>>().join("\r\n");
    let body = format!("token={token}&{body}");
    Some(format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_whole_with_the_last_byte_of_its_body() {
        let post = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b";
        assert!(is_whole(post) && is_whole(b"GET / HTTP/1.1\r\n\r\n"));
        assert!((0..post.len()).all(|end| !is_whole(&post[..end])));
    }

    #[test]
    fn a_form_of_another_site_becomes_the_devices_own() {
        let page = b"<form><input type=\"hidden\" name=\"token\" value=\"abc\"><input>";
        assert_eq!(token(page).as_deref(), Some("abc"));
        let head = "POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\n";
        let foreign = format!("{head}Origin: http://a.example\r\nContent-Length: 10\r\n\r\nnetwork=41");
        let own = format!("{head}Content-Length: 20\r\n\r\ntoken=abc&network=41");
        assert_eq!(as_own_form(foreign.as_bytes(), "abc"), Some(own.clone().into_bytes()));
        assert_eq!(as_own_form(own.as_bytes(), "abc"), None);
    }

    #[test]
    fn what_is_no_page_becomes_one() {
        let asked = |path: &str, host: &str| {
            let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n\r\n");
            for_the_page(request.as_bytes(), "192.168.4.1").map(|page| String::from_utf8(page).unwrap())
        };
        let page = "GET / HTTP/1.1\r\nHost: 192.168.4.1\r\nAccept: */*\r\n\r\n";
        assert_eq!(asked("/generate_204", "example.org").as_deref(), Some(page));
        assert_eq!(asked("/favicon.ico", "192.168.4.1").as_deref(), Some(page));
        assert_eq!(asked("/setup", "192.168.4.1"), None);
    }
}
