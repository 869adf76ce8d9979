//! The address that option 114 carries (RFC 8910). Only one that phones use can be made; a home network's is read by the
//! same rules.

use core::fmt;

use super::message::{acknowledged, option};
use crate::mac_address::MacAddress;

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
        match Self::check(url.as_bytes()) {
            Ok(()) => Ok(Self(url)),
            Err(bad) => Err(bad),
        }
    }

    const fn check(bytes: &[u8]) -> Result<(), BadCaptivePortalUrl> {
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
        Ok(())
    }

    /// The address.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// Whether this DHCPACK of a home network's server to the device says that the network has a captive portal: by an address in
/// option 114 that a [`CaptivePortalUrl`] could be. A network without one may say so by a URN there (RFC 8910 section 2), and
/// boot servers put other addresses there, which are not of `https`. An address in several pieces (RFC 3396) is longer than one
/// that counts. Whether the portal has let the device in already says only the address, by TLS; so that is not asked.
///
/// A driver whose DHCP client asks for option 114 passes on what it has received, and tells
/// [`Portal::handle_captive_home`](crate::Portal::handle_captive_home) once the network is joined.
///
/// ```
/// use vestibule_core::MacAddress;
/// use vestibule_core::dhcp::announces_captive_portal;
///
/// assert!(!announces_captive_portal(b"no DHCP message", MacAddress([2, 0, 0, 0, 0, 1])));
/// ```
#[must_use]
pub fn announces_captive_portal(message: &[u8], client: MacAddress) -> bool {
    acknowledged(message, client, option::CAPTIVE_PORTAL)
        .is_some_and(|url| CaptivePortalUrl::check(url).is_ok())
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
    use std::vec::Vec;

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

    const DEVICE: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);

    /// A server's message of this type to this client, with these options behind the type.
    fn reply(message_type: u8, client: MacAddress, options: &[u8]) -> Vec<u8> {
        let mut message = std::vec![2, 1, 6, 0];
        message.resize(28, 0);
        message.extend(client.0);
        message.resize(236, 0);
        message.extend([99, 130, 83, 99, 53, 1, message_type]);
        message.extend(options);
        message.push(255);
        message
    }

    fn option_114(text: &str) -> Vec<u8> {
        [&[114, u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat()
    }

    #[test]
    fn a_network_that_names_its_portal_has_one() {
        let says = |text: &str| announces_captive_portal(&reply(5, DEVICE, &option_114(text)), DEVICE);
        assert!(says("https://portal.example/api"));
        assert!(says(&std::format!("https://{}", "x".repeat(247))), "as long as an option can be");
        for none in [
            "",
            "urn:ietf:params:capport:unrestricted",
            "http://10.0.0.1/onie-installer",
            "https://",
            "https://a/ b",
            "\0",
        ] {
            assert!(!says(none), "{none:?}");
        }
        assert!(!announces_captive_portal(&reply(5, DEVICE, &[]), DEVICE));
    }

    #[test]
    fn only_what_was_acknowledged_to_the_device_counts() {
        let option = option_114("https://portal.example/api");
        for message_type in (0..=u8::MAX).filter(|kind| *kind != 5) {
            assert!(
                !announces_captive_portal(&reply(message_type, DEVICE, &option), DEVICE),
                "{message_type}"
            );
        }
        let other = MacAddress([2, 0, 0, 0, 0, 2]);
        assert!(!announces_captive_portal(&reply(5, other, &option), DEVICE));
        let whole = reply(5, DEVICE, &option);
        let request = [&[1], &whole[1..]].concat();
        assert!(!announces_captive_portal(&request, DEVICE), "a client's");
        let pieces = [option.clone(), option.clone()].concat();
        assert!(!announces_captive_portal(&reply(5, DEVICE, &pieces), DEVICE), "longer than what counts");
        // The end alone may be missing.
        for length in 0..whole.len() - 1 {
            assert!(!announces_captive_portal(&whole[..length], DEVICE), "{length}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_message_is_survived(message in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = announces_captive_portal(&message, DEVICE);
            let _ = announces_captive_portal(&reply(5, DEVICE, &message), DEVICE);
        }
    }
}
