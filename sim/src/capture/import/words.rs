//! Text of which nothing is kept but words on a list, version numbers and punctuation: what is typed, an
//! identifier or a name has other words in it, and these become as many `x`.

/// Words of user agents, of header lines that tell clients apart, of vendor classes and of pages' titles.
const WORDS: &[&str] = &[
    // User agents.
    "Mozilla",
    "Linux",
    "U",
    "X",
    "x",
    "X11",
    "x86",
    "Android",
    "Windows",
    "NT",
    "Win64",
    "x64",
    "WOW64",
    "Macintosh",
    "Intel",
    "Mac",
    "OS",
    "CPU",
    "iPhone",
    "iPad",
    "iPod",
    "like",
    "AppleWebKit",
    "KHTML",
    "Gecko",
    "Chrome",
    "Chromium",
    "HeadlessChrome",
    "Google",
    "Safari",
    "Mobile",
    "Tablet",
    "Version",
    "Firefox",
    "rv",
    "Edg",
    "EdgA",
    "Edge",
    "OPR",
    "CriOS",
    "FxiOS",
    "SamsungBrowser",
    "wv",
    "K",
    "Build",
    "Dalvik",
    "CaptiveNetworkSupport",
    "wispr",
    "Microsoft",
    "NCSI",
    "compatible",
    "MSIE",
    "Trident",
    "Windows",
    "CrOS",
    "Ubuntu",
    "Fedora",
    "Debian",
    "curl",
    "Wget",
    "NetworkManager",
    "CaptivePortalLogin",
    "Kindle",
    "Silk",
    "Nintendo",
    "Switch",
    "aarch64",
    "arm",
    "i686",
    "armv7l",
    "armv8l",
    // Accept, Accept-Encoding, Connection, Cache-Control, Sec-Fetch and others.
    "text",
    "html",
    "plain",
    "xml",
    "json",
    "css",
    "javascript",
    "application",
    "xhtml",
    "image",
    "avif",
    "webp",
    "apng",
    "png",
    "svg",
    "jpeg",
    "gif",
    "captive",
    "signed",
    "exchange",
    "v",
    "b3",
    "q",
    "gzip",
    "deflate",
    "br",
    "zstd",
    "identity",
    "chunked",
    "keep",
    "alive",
    "close",
    "no",
    "cache",
    "store",
    "max",
    "age",
    "must",
    "revalidate",
    "private",
    "public",
    "navigate",
    "document",
    "empty",
    "none",
    "cross",
    "site",
    "same",
    "origin",
    "cors",
    "u",
    "i",
    "on",
    "charset",
    "utf",
    "iso",
    "XMLHttpRequest",
    "com",
    "android",
    "captiveportallogin",
    "WebView",
    "Not",
    "Brand",
    // Vendor classes (DHCP option 60).
    "dhcp",
    "dhcpcd",
    "udhcp",
    "udhcpc",
    "MSFT",
    "HUAWEI",
    "Xbox",
    "PS4",
    "PS5",
    "systemd",
    "dhclient",
    // Titles.
    "Success",
    "Login",
    "Log",
    "Sign",
    "in",
    "to",
    "the",
    "Welcome",
    "Hotspot",
    "Wi",
    "Fi",
    "WiFi",
    "Setup",
    "Portal",
    "Internet",
    "Network",
    "Guest",
    "Access",
    "Redirect",
    "Moved",
    "Permanently",
    "Temporarily",
    "Found",
    "Object",
    "Error",
    "Bad",
    "Request",
    "Unauthorized",
    "Forbidden",
    "Connect",
    "Test",
];

/// Punctuation that is kept.
const PUNCTUATION: &str = " ,;:/()*=._-+\"?";

/// Most digits of a number, and most numbers of a version: a longer one may be somebody's.
const DIGITS: usize = 4;
const NUMBERS: u8 = 4;

/// What stood before a piece of text.
#[derive(Clone, Copy)]
enum Before<'a> {
    Nothing,
    Word(&'a str),
    /// So many numbers of a version.
    Numbers(u8),
}

/// The text with everything that is on no list replaced; as long as it was.
pub(super) fn listed_words(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let (mut before, mut between) = (Before::Nothing, None);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match first.is_ascii_alphanumeric() {
            true => rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(end);
        rest = after;
        if !first.is_ascii_alphanumeric() {
            // Two of them in a row end a version.
            before = if between.replace(first).is_some() { Before::Nothing } else { before };
            let is_kept = PUNCTUATION.contains(first);
            shown += &if is_kept { piece.to_owned() } else { "x".repeat(end) };
            continue;
        }
        let now = kept(piece, before, between.take());
        match now {
            Before::Nothing => shown += &"x".repeat(end),
            _ => shown += piece,
        }
        before = now;
    }
    shown
}

/// What a piece of letters and digits is, if it is kept.
fn kept<'a>(piece: &'a str, before: Before<'_>, between: Option<char>) -> Before<'a> {
    if WORDS.iter().any(|word| word.eq_ignore_ascii_case(piece)) {
        return Before::Word(piece);
    }
    let is_number = piece.len() <= DIGITS && piece.bytes().all(|byte| byte.is_ascii_digit());
    match (before, between) {
        (Before::Word(_), Some('/' | ' ' | '-' | ':' | '=' | '_' | '.')) if is_number => Before::Numbers(1),
        (Before::Numbers(count), Some('.' | '_')) if is_number && count < NUMBERS => {
            Before::Numbers(count + 1)
        }
        (Before::Word("Mobile"), Some('/')) if is_apple_build(piece) => Before::Numbers(NUMBERS),
        _ => Before::Nothing,
    }
}

/// A build of iOS, `14E304` say: millions have the same.
fn is_apple_build(piece: &str) -> bool {
    let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
    let major = piece.len() - rest.len();
    let minor = rest.get(1..).unwrap_or_default();
    (1..=2).contains(&major)
        && rest.starts_with(|c: char| c.is_ascii_uppercase())
        && (1..=4).contains(&minor.len())
        && minor.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agents_keep_their_versions_and_lose_names() {
        let same = [
            "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.43 Mobile Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 10_3_1 like Mac OS X) AppleWebKit/603.1.30 (KHTML, like Gecko) Mobile/14E304",
            "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20 Firefox/153.0",
            "CaptiveNetworkSupport-390.60.1 wispr",
            "android-dhcp-9",
            "MSFT 5.0",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        ];
        for text in same {
            assert_eq!(listed_words(text), text);
        }
        let changed = [
            (
                "Dalvik/2.1.0 (Linux; U; Android 6.0.1; Nexus 7 Build/MOB30X)",
                "Dalvik/2.1.0 (Linux; U; Android 6.0.1; xxxxx x Build/xxxxxx)",
            ),
            ("hunter22secret", "xxxxxxxxxxxxxx"),
            ("Welcome to Ärger", "Welcome to xxxxxx"),
            ("Mobile/3c0630aabbcc", "Mobile/xxxxxxxxxxxx"),
            ("Version/12345 Chrome/1.2.3.4.5.6", "Version/xxxxx Chrome/1.2.3.4.x.x"),
            ("%68%75 Android 49  170", "xxxxxx Android 49  xxx"),
        ];
        for (text, shown) in changed {
            assert_eq!(listed_words(text), shown);
        }
    }
}
