//! Which requests are let in: by host, by origin, by CSRF token, and by the rate limit. `SECURITY.md` lists what
//! the guards protect from and what not.
//!
//! Nothing is answered here and nothing of a form is used but its token.

use core::net::Ipv4Addr;
use core::time::Duration;

use super::body;
use crate::application::Sent;
use crate::csrf_token::ClientId;
use crate::http::{Method, Request};
use crate::limits::{CLIENT_ID_BYTES, CSRF_TOKEN_BYTES, SUBMISSIONS_PER_MINUTE, TOKEN_BYTES};
use crate::pages::{CSRF_TOKEN_FIELD, CsrfToken};
use crate::text::Dotted;
use crate::{Entropy, Instant, Problem};

/// The checks on the portal's forms: the CSRF token and the rate limit.
pub(in crate::portal) struct Guard {
    /// The CSRF token that the forms of this opening of the portal carry.
    pub(in crate::portal) csrf_token: CsrfToken,
    pub(super) rate_limiter: RateLimiter,
    /// The rate limit of scans, which keep the radio from everybody's answers.
    pub(super) scan_limiter: RateLimiter,
}

impl Guard {
    #[inline(always)]
    pub(in crate::portal) const fn new() -> Self {
        let (rate_limiter, scan_limiter) = (RateLimiter::full(), RateLimiter::full());
        Self { csrf_token: CsrfToken::new([0; CSRF_TOKEN_BYTES]), rate_limiter, scan_limiter }
    }

    /// The portal opens: forms of an earlier opening are not taken any more.
    pub(in crate::portal) fn renew_csrf_token(&mut self, entropy: &mut impl Entropy) {
        let mut random = [0; CSRF_TOKEN_BYTES];
        entropy.fill(&mut random);
        self.csrf_token = CsrfToken::new(random);
    }

    /// What this client's pages carry.
    pub(in crate::portal) fn token(&self, client: Option<ClientId>) -> CsrfToken {
        self.csrf_token.of(client.unwrap_or(ClientId([0; CLIENT_ID_BYTES])))
    }
}

/// The rate limit of submissions: as many at once as a minute allows, and then one after the other.
pub(super) struct RateLimiter {
    left: u8,
    /// Up to which moment `left` counts what has come back.
    refilled_at: Instant,
}

impl RateLimiter {
    /// After which time one more may be made.
    const INTERVAL: Duration = Duration::from_secs(60 / SUBMISSIONS_PER_MINUTE as u64);

    const fn full() -> Self {
        Self { left: SUBMISSIONS_PER_MINUTE, refilled_at: Instant::from_micros(0) }
    }

    /// Whether one more submission may be made now. It counts as made.
    pub(super) fn allow(&mut self, now: Instant) -> bool {
        while self.left < SUBMISSIONS_PER_MINUTE && now >= self.refilled_at + Self::INTERVAL {
            self.left += 1;
            self.refilled_at = self.refilled_at + Self::INTERVAL;
        }
        if self.left == SUBMISSIONS_PER_MINUTE {
            self.refilled_at = now;
        }
        self.left.checked_sub(1).map(|left| self.left = left).is_some()
    }
}

/// Whether the request names this device. A client that names no host (HTTP/1.0) means whom it speaks
/// to.
///
/// On the access point it is the device's address there, with or without a port, and the name that
/// redirects go to. On the home network it is its address, or its name, alone or as mDNS has it, and
/// after a rename the new one: any other name may be another site's, made to
/// point here so that its pages may read this device's (DNS rebinding).
pub(super) fn is_own_host(request: &Request<'_>, address: Option<Ipv4Addr>, name: Option<&[u8]>) -> bool {
    let Some(host) = request.host else {
        return true;
    };
    let asked = match host.iter().position(|byte| *byte == b':') {
        Some(colon) => &host[..colon],
        None => host,
    };
    address.is_some_and(|address| Dotted(address).is(asked))
        || name.is_some_and(|name| is_own_name(asked, name))
}

fn is_own_name(name: &[u8], own: &[u8]) -> bool {
    // The dot at the end says that a name is whole (RFC 1034 section 3.1).
    let name = name.strip_suffix(b".").unwrap_or(name);
    const LOCAL: &[u8] = b".local";
    let bare = match name.len().checked_sub(LOCAL.len()).and_then(|at| name.split_at_checked(at)) {
        Some((bare, suffix)) if suffix.eq_ignore_ascii_case(LOCAL) => bare,
        _ => name,
    };
    !own.is_empty() && (bare.eq_ignore_ascii_case(own) || name.eq_ignore_ascii_case(own))
}

/// The site whose page made a request, as far as the browser reveals it (Fetch standard, `Origin`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// This device's, or the client is no browser, or an old one.
    Own,
    /// The browser does not reveal it.
    Opaque,
    /// Another site's.
    Foreign,
}

impl Origin {
    /// Where a request comes from that may change something. Reading is left to the browser: no answer
    /// says that another site may read it.
    pub(super) fn of(request: &Request<'_>) -> Self {
        // A WebSocket is opened with GET, and then both reads and changes.
        let upgrades = request.header("upgrade").is_some();
        let reads = matches!(request.method, Method::Get | Method::Head) && !upgrades;
        match request.header("origin").filter(|_| !reads) {
            // Browsers from before `Origin` went with every form name the page in `Referer`.
            None if !reads => match request.header("referer") {
                Some(page) if !is_page_of(page, request.host) => Self::Foreign,
                _ => Self::Own,
            },
            None => Self::Own,
            Some(b"null") => Self::Opaque,
            Some(origin) => match (origin.strip_prefix(b"http://"), request.host) {
                (Some(authority), Some(host)) if is_same_authority(authority, host) => Self::Own,
                _ => Self::Foreign,
            },
        }
    }
}

/// Whether a page's address is on this host.
fn is_page_of(page: &[u8], host: Option<&[u8]>) -> bool {
    let authority = page.strip_prefix(b"http://").and_then(|rest| rest.split(|byte| *byte == b'/').next());
    matches!((authority, host), (Some(authority), Some(host)) if is_same_authority(authority, host))
}

/// Whether a site and the `Host` of a request are one: browsers leave the default port out of the first, and some
/// clients do not leave it out of the second.
fn is_same_authority(site: &[u8], host: &[u8]) -> bool {
    let strip = |authority| <[u8]>::strip_suffix(authority, b":80").unwrap_or(authority);
    strip(site).eq_ignore_ascii_case(strip(host))
}

/// The check against cross-site request forgery (CSRF): whether a request comes from this portal's own page
/// or from a program. It is a form with the CSRF token, or JSON, which no browser lets another site send
/// unasked.
pub(super) fn check_csrf(request: &Request<'_>, token: &CsrfToken, origin: Origin) -> Result<(), Problem> {
    let sent = body::read(request)?;
    let proof = client(sent, token).is_some() || (matches!(sent, Sent::Json(_)) && origin == Origin::Own);
    if proof { Ok(()) } else { Err(Problem::Stale) }
}

/// The client that a request says it is from, by the token in its query or its body, or by its cookie.
pub(super) fn client_of(request: &Request<'_>, token: &CsrfToken) -> Option<ClientId> {
    if !matches!(request.method, Method::Get | Method::Head) {
        return client(body::read(request).ok()?, token);
    }
    // What reads changes nothing, so the client alone is asked for. A cookie comes with whatever another site's page
    // makes a browser send, so that it proves nothing where something changes.
    let named = Sent::Form(request.query).find(CSRF_TOKEN_FIELD);
    let Some(named) = named else { return request.client.map(ClientId) };
    let mut digits = [0; 2 * TOKEN_BYTES];
    ClientId::read(named.decode(&mut digits).ok()?)
}

fn client(sent: Sent<'_>, token: &CsrfToken) -> Option<ClientId> {
    let mut digits = [0; 2 * TOKEN_BYTES];
    token.client(sent.find(CSRF_TOKEN_FIELD)?.decode(&mut digits).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_limit_is_used_up_and_fills_again() {
        let mut limiter = RateLimiter::full();
        let begin = Instant::from_micros(7_000_000);
        let taken = (0..100).filter(|_| limiter.allow(begin)).count();
        assert_eq!(taken, usize::from(SUBMISSIONS_PER_MINUTE));
        let almost = begin + (RateLimiter::INTERVAL - Duration::from_micros(1));
        assert!(!limiter.allow(almost));
        assert!(
            limiter.allow(begin + RateLimiter::INTERVAL) && !limiter.allow(begin + RateLimiter::INTERVAL)
        );
        let later = begin + Duration::from_secs(3600);
        let taken = (0..100).filter(|_| limiter.allow(later)).count();
        assert_eq!(taken, usize::from(SUBMISSIONS_PER_MINUTE), "an hour saves up no more than a minute's");
        let in_a_minute =
            (1..=60).filter(|second| limiter.allow(later + Duration::from_secs(*second))).count();
        assert_eq!(in_a_minute, usize::from(SUBMISSIONS_PER_MINUTE));
    }

    #[test]
    fn a_site_is_the_host_with_and_without_the_default_port() {
        for (site, host, are_one) in [
            ("192.168.4.1", "192.168.4.1", true),
            ("192.168.4.1", "192.168.4.1:80", true),
            ("192.168.4.1:80", "192.168.4.1", true),
            ("LAMP.local", "lamp.local:80", true),
            ("192.168.4.1:8080", "192.168.4.1", false),
            ("192.168.4.1", "192.168.4.1:8080", false),
            ("192.168.4.1:80:80", "192.168.4.1", false),
            ("evil.example", "192.168.4.1:80", false),
        ] {
            assert_eq!(is_same_authority(site.as_bytes(), host.as_bytes()), are_one, "{site} {host}");
            let page = [b"http://", site.as_bytes(), b"/setup"].concat();
            assert_eq!(is_page_of(&page, Some(host.as_bytes())), are_one, "a Referer: {site} {host}");
        }
    }

    #[test]
    fn names() {
        for (name, is_own) in [
            ("Lamp", true),
            ("lamp.LOCAL", true),
            ("lamp.local.", true),
            ("lamp.", true),
            ("lamp.local..", false),
            ("lamp.local.evil.example", false),
            ("lamp.evil.example", false),
            ("evil-lamp", false),
            (".local", false),
            ("", false),
        ] {
            assert_eq!(is_own_name(name.as_bytes(), b"Lamp"), is_own, "{name}");
        }
        assert!(!is_own_name(b"", b"") && !is_own_name(b".local", b""));
    }
}
