//! What Android's probes ask, byte for byte, and their timeouts.

use std::time::Duration;

use url::Url;

use crate::phone::fetch::{HttpClient, Reads};
use crate::phone::lookup::Resolver;

/// The same from 8 to 14 and later.
pub(in crate::phone) const CHROME_60: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36";
/// 7.1.
pub(in crate::phone) const CHROME_52: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.82 Safari/537.36";

static RESOLVER: Resolver = Resolver {
    retry_delays: &[Duration::from_secs(5), Duration::from_secs(10)],
    timeout: Some(Duration::from_millis(12_500)),
    service_first: false,
};

/// Samsung's watchdog waits 3 s for a name.
static WATCHDOG_RESOLVER: Resolver = Resolver {
    retry_delays: &[Duration::from_secs(1)],
    timeout: Some(Duration::from_secs(3)),
    service_first: false,
};

const TEN_SECONDS: Option<Duration> = Some(Duration::from_secs(10));

pub(super) static HTTP_CLIENT: HttpClient = HttpClient {
    resolver: &RESOLVER,
    connect_timeout: TEN_SECONDS,
    idle_timeout: TEN_SECONDS,
    reads: Reads::HeadAndFirstByte,
};

pub(super) static WATCHDOG_HTTP_CLIENT: HttpClient = HttpClient {
    resolver: &WATCHDOG_RESOLVER,
    connect_timeout: TEN_SECONDS,
    idle_timeout: TEN_SECONDS,
    reads: Reads::HeadAndFirstByte,
};

/// The header lines of a probe and their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::phone) enum RequestShape {
    /// Connection: close first, from 10 on.
    Closing,
    /// Connection: Keep-Alive behind User-Agent and Host, before 10 and in the sheet.
    KeepingAlive,
}

/// The request of a probe.
pub(in crate::phone) fn probe(url: &Url, shape: RequestShape, agent: &str) -> Vec<u8> {
    let (path, host) = (url.path(), url.host_str().unwrap_or_default());
    match shape {
        RequestShape::Closing => format!(
            "GET {path} HTTP/1.1\r\nConnection: close\r\nUser-Agent: {agent}\r\nHost: {host}\r\n\
             Accept-Encoding: gzip\r\n\r\n"
        ),
        RequestShape::KeepingAlive => format!(
            "GET {path} HTTP/1.1\r\nUser-Agent: {agent}\r\nHost: {host}\r\nConnection: Keep-Alive\r\n\
             Accept-Encoding: gzip\r\n\r\n"
        ),
    }
    .into_bytes()
}
