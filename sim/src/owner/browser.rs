//! What an owner's browser allows a page, whichever driver loads it.

use std::time::Duration;

use url::{Host, Url};

/// Redirects that a browser follows: 20 in Chromium (net/url_request) and in WebKit.
pub(crate) const REDIRECTS: usize = 20;

/// How long a page may take. Chosen; browsers wait longer than owners.
pub(crate) const PAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long Chrome tries HTTPS before it falls back to HTTP (chrome/browser/ssl/https_upgrades_navigation_throttle.cc).
pub(crate) const HTTPS_FALLBACK: Duration = Duration::from_secs(3);

/// Whether Chrome tries HTTPS before it opens this address over HTTP: where the host's name could have a
/// certificate. Of the public suffixes only the first level is known here: two letters, or one of the oldest and
/// most used of the others.
pub(crate) fn is_tried_over_https(url: &Url) -> bool {
    const TOP_LEVEL: [&str; 10] =
        ["app", "biz", "cloud", "com", "dev", "info", "net", "online", "org", "site"];
    let Some(Host::Domain(name)) = url.host() else { return false };
    let top_level = name.trim_end_matches('.').rsplit_once('.').map_or("", |(_, last)| last);
    url.scheme() == "http" && (top_level.len() == 2 || TOP_LEVEL.contains(&top_level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_tried_where_a_certificate_could_be() {
        for (url, tried) in [
            ("http://setup.example.com/", true),
            ("http://lamp.example.io/?a", true),
            ("https://setup.example.com/", false),
            ("http://192.168.4.1/", false),
            ("http://lamp/", false),
            ("http://lamp.local/", false),
            ("http://lamp-4f2a.internal/", false),
            ("http://lamp.setup/", false),
        ] {
            assert_eq!(is_tried_over_https(&Url::parse(url).unwrap()), tried, "{url}");
        }
    }
}
