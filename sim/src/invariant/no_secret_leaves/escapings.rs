//! How a secret looks in each escaping that the product writes: in pages, in addresses and forms, in JSON, in logs, on
//! labels, in hexadecimal digits. They are written here anew, so that a mistake in the product's does not hide itself.

use std::fmt::Write;

use url::form_urlencoded;

/// The secret as it is, and in each escaping.
pub(super) fn of(secret: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(secret);
    let log = secret.escape_ascii().to_string();
    let form: String = form_urlencoded::byte_serialize(secret).collect();
    let upper = percent(secret, false);
    let lower = percent(secret, true);
    let (html, page) = (markup(&text, false), markup(&text, true));
    let digits: String = secret.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    let all = [
        json(&text),
        json(&log),
        // A page's text within JSON, and JSON within a page.
        json(&page),
        markup(&json(&text), true),
        log,
        form,
        upper,
        lower,
        html,
        page,
        json(&label(&text)),
        label(&text),
        digits.to_uppercase(),
        digits,
    ];
    all.into_iter().map(String::into_bytes).chain([secret.to_vec()]).collect()
}

/// As on a label: a backslash before each of `\ ; , : "`.
fn label(text: &str) -> String {
    text.chars().fold(String::new(), |mut written, character| {
        if "\\;,:\"".contains(character) {
            written.push('\\');
        }
        written.push(character);
        written
    })
}

/// As in markup: what a text has to escape there, and what an attribute has to besides, if `quotes`.
fn markup(text: &str, quotes: bool) -> String {
    text.chars().fold(String::new(), |mut written, character| {
        match character {
            '&' => written += "&amp;",
            '<' => written += "&lt;",
            '>' => written += "&gt;",
            '"' if quotes => written += "&quot;",
            '\'' if quotes => written += "&#39;",
            other => written.push(other),
        }
        written
    })
}

/// As in an address: every byte but letters, digits and `-._~` by its two digits (RFC 3986 section 2.1).
fn percent(secret: &[u8], lower: bool) -> String {
    secret.iter().fold(String::new(), |mut written, byte| {
        let _ = match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) => {
                written.push(char::from(*byte));
                Ok(())
            }
            byte if lower => write!(written, "%{byte:02x}"),
            byte => write!(written, "%{byte:02X}"),
        };
        written
    })
}

/// As in a string of JSON, without the quotes around it.
fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}
