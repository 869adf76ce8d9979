//! The address that option 114 carries (RFC 8910). Only one that phones use can be made.

use core::fmt;

/// Where a portal describes itself to phones, as RFC 8908 says: an `https` address.
///
/// Android and Apple's systems ignore a plain `http` one (docs/clients.md#option-114), and an
/// iPhone that gets a usable one asks there **instead of** sending its check; so this is for
/// devices that have a certificate which phones trust. RFC 8910 section 2 advises against a number
/// in place of a host name.
///
/// ```
/// use vestibule_core::dhcp::{BadCaptivePortalUrl, CaptivePortalUrl};
///
/// assert!(CaptivePortalUrl::new("https://portal.example.com/api").is_ok());
/// assert_eq!(CaptivePortalUrl::new("http://192.168.4.1/"), Err(BadCaptivePortalUrl::NotHttps));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptivePortalUrl(&'static str);

impl CaptivePortalUrl {
    /// Most bytes: what one option holds.
    pub const MAX: usize = 255;

    /// Takes an `https` address of at most 255 bytes.
    ///
    /// # Errors
    /// [`BadCaptivePortalUrl`] says what phones would not accept.
    pub const fn new(url: &'static str) -> Result<Self, BadCaptivePortalUrl> {
        let bytes = url.as_bytes();
        if bytes.len() > Self::MAX {
            return Err(BadCaptivePortalUrl::TooLong);
        }
        let Some((scheme, rest)) = bytes.split_at_checked(b"https://".len()) else {
            return Err(BadCaptivePortalUrl::NotHttps);
        };
        if !scheme.eq_ignore_ascii_case(b"https://") {
            return Err(BadCaptivePortalUrl::NotHttps);
        }
        if matches!(rest.first(), None | Some(b'/' | b':' | b'?' | b'#')) {
            return Err(BadCaptivePortalUrl::NoHost);
        }
        let mut i = 0;
        while i < rest.len() {
            if !rest[i].is_ascii_graphic() {
                return Err(BadCaptivePortalUrl::NotAscii);
            }
            i += 1;
        }
        Ok(Self(url))
    }

    /// The address.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// Why an address is none that a captive portal can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadCaptivePortalUrl {
    /// It does not begin with `https://`.
    NotHttps,
    /// It names no host.
    NoHost,
    /// It has more bytes than an option holds.
    TooLong,
    /// It has a space, a control character or a letter outside ASCII, which belong escaped.
    NotAscii,
}

impl fmt::Display for BadCaptivePortalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotHttps => "a captive portal's address must begin with https://",
            Self::NoHost => "a captive portal's address must name a host",
            Self::TooLong => "a captive portal's address has at most 255 bytes",
            Self::NotAscii => "a captive portal's address has only ASCII letters, digits and signs, no space",
        })
    }
}

impl core::error::Error for BadCaptivePortalUrl {}

#[cfg(test)]
mod tests {
    use super::*;
    use BadCaptivePortalUrl::{NoHost, NotAscii, NotHttps, TooLong};

    #[test]
    fn only_what_phones_use_can_be_made() {
        let longest: &str = std::format!("https://{}", "x".repeat(247)).leak();
        for good in ["https://a", "HTTPS://portal.example.com:8443/api?device=1", longest] {
            assert_eq!(CaptivePortalUrl::new(good).map(CaptivePortalUrl::as_str), Ok(good));
        }
        let too_long = std::format!("{longest}x").leak();
        for (bad, why) in [
            ("", NotHttps),
            ("https:/", NotHttps),
            ("http://192.168.4.1/", NotHttps),
            ("ftp://portal.example.com", NotHttps),
            (" https://portal.example.com", NotHttps),
            ("https://", NoHost),
            ("https:///api", NoHost),
            ("https://:443", NoHost),
            ("https://a/ b", NotAscii),
            ("https://b\u{fc}cher.example", NotAscii),
            ("https://a/\n", NotAscii),
            (too_long, TooLong),
        ] {
            assert_eq!(CaptivePortalUrl::new(bad), Err(why), "{bad:?}");
        }
    }
}
