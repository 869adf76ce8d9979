//! What every answer must be, whatever was asked: whole, as long as it says, text that ends, and without what SECURITY.md
//! says never to be sent.

use vestibule_core::Interface;

/// Looks at everything that was sent on a connection. Returns whether the last answer is whole; it may be under way.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(bytes: &[u8], interface: Interface) -> Result<bool, String> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some(end) = rest.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(false) };
        let head = std::str::from_utf8(&rest[..end]).map_err(|_| "a head is no text")?;
        let status = head.strip_prefix("HTTP/1.1 ").ok_or_else(|| format!("no status line: {head:.60}"))?;
        let after = &rest[end + 4..];
        if status.starts_with("100") {
            rest = after;
            continue;
        }
        let length = header(head, "Content-Length").map_or(Ok(0), str::parse::<usize>);
        let length = length.map_err(|_| "a length that is none")?;
        check_head(head)?;
        let Some((body, next)) = after.split_at_checked(length) else { return Ok(false) };
        check_body(head, body, interface)?;
        rest = next;
    }
    Ok(true)
}

/// A header's value.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn check_head(head: &str) -> Result<(), String> {
    if head.contains("Access-Control-") {
        return Err("a CORS header is sent".into());
    }
    // What sends on has a link in it and nothing else.
    let is_page = header(head, "Content-Type").is_some_and(|kind| kind.starts_with("text/html"))
        && header(head, "Location").is_none();
    let guarded = ["Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options"];
    match guarded.into_iter().find(|name| header(head, name).is_none()).filter(|_| is_page) {
        Some(name) => Err(format!("a page without {name}")),
        None => Ok(()),
    }
}

fn check_body(head: &str, body: &[u8], interface: Interface) -> Result<(), String> {
    let kind = header(head, "Content-Type").unwrap_or_default();
    if body.is_empty() || header(head, "Content-Encoding").is_some() {
        return Ok(());
    }
    let text = std::str::from_utf8(body).map_err(|_| "a body that is no text")?;
    if kind.starts_with("text/html") && !text.trim_end().ends_with("</html>") && !text.contains("<a href") {
        return Err(format!("a page that does not end: {:?}", &text[text.len().saturating_sub(60)..]));
    }
    if kind.starts_with("application/json") && serde_json::from_str::<serde_json::Value>(text).is_err() {
        return Err(format!("JSON that is none: {text}"));
    }
    if interface == Interface::Home && (text.contains("name=\"token\"") || text.contains("\"token\":")) {
        return Err("the setup page's token on the home network".into());
    }
    Ok(())
}
