//! What Android's probes ask, byte for byte, and their timeouts.

use std::time::Duration;

use url::Url;

use crate::phone::fetch::{Addresses, HttpClient, Reads};
use crate::phone::lookup::Resolver;
use crate::phone::reader_rules::{Interim, ReaderRules, Skips, StatusLine, Unpacks};

/// The same from 8 to 14 and later.
pub(in crate::phone) const CHROME_60: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36";
/// 7.1.
pub(in crate::phone) const CHROME_52: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.82 Safari/537.36";

/// The system's resolver: two questions, 5 s apart.
const RESOLVER: Resolver = Resolver {
    retry_delays: &[Duration::from_secs(5)],
    timeout: Some(Duration::from_secs(10)),
    asks_again_at_once: true,
    ..Resolver::ONE_LOOKUP
};

/// Samsung's watchdog waits 3 s for a name.
static WATCHDOG_RESOLVER: Resolver = Resolver {
    retry_delays: &[Duration::from_secs(1)],
    timeout: Some(Duration::from_secs(3)),
    service_first: false,
    ..Resolver::ONE_LOOKUP
};

const TEN_SECONDS: Option<Duration> = Some(Duration::from_secs(10));

/// Android's HTTP engine, from 6 on (a fork of OkHttp 2).
const ENGINE: ReaderRules = ReaderRules {
    status_line: StatusLine::OneOf(&["HTTP/1.0 ", "HTTP/1.1 ", "ICY "]),
    skips: Skips::Nothing,
    passes_over: Interim::Continue,
    last_line_counts: true,
    joins_folded_lines: false,
    unpacks: Unpacks::Whole,
    rules: &[],
    ..ReaderRules::TOLERANT
};

/// That of 5 takes any version that begins with 1.
const ENGINE_OF_5: ReaderRules = ReaderRules {
    status_line: StatusLine::OneOf(&[
        "HTTP/1.0 ",
        "HTTP/1.1 ",
        "HTTP/1.2 ",
        "HTTP/1.3 ",
        "HTTP/1.4 ",
        "HTTP/1.5 ",
        "HTTP/1.6 ",
        "HTTP/1.7 ",
        "HTTP/1.8 ",
        "HTTP/1.9 ",
        "ICY ",
    ]),
    ..ENGINE
};

/// The fallback probe's and the sheet's from 8 on: the engine looks the name up by itself.
pub(super) static HTTP_CLIENT: HttpClient = HttpClient {
    resolver: &RESOLVER,
    connect_timeout: TEN_SECONDS,
    idle_timeout: TEN_SECONDS,
    reads: Reads::HeadAndFirstByte,
    reader: &ENGINE,
    addresses: Addresses::Drawn,
    verifies: true,
};

/// The probes' from 8 on: a lookup that failed is made a second time, by the engine.
pub(super) static PROBE_CLIENT: HttpClient = HttpClient {
    resolver: &Resolver { further_lookups: 1, ..RESOLVER },
    connect_timeout: TEN_SECONDS,
    idle_timeout: TEN_SECONDS,
    reads: Reads::HeadAndFirstByte,
    reader: &ENGINE,
    addresses: Addresses::Drawn,
    verifies: true,
};

/// From 6 to 7.1.1.
pub(super) static HTTP_CLIENT_BEFORE_8: HttpClient = HttpClient {
    resolver: &RESOLVER,
    connect_timeout: TEN_SECONDS,
    idle_timeout: TEN_SECONDS,
    reads: Reads::Head,
    reader: &ENGINE,
    addresses: Addresses::All,
    verifies: true,
};

pub(super) static HTTP_CLIENT_OF_5: HttpClient = HttpClient {
    resolver: &RESOLVER,
    connect_timeout: TEN_SECONDS,
    idle_timeout: TEN_SECONDS,
    reads: Reads::Head,
    reader: &ENGINE_OF_5,
    addresses: Addresses::All,
    verifies: true,
};

pub(super) static WATCHDOG_HTTP_CLIENT: HttpClient = HttpClient {
    resolver: &WATCHDOG_RESOLVER,
    connect_timeout: TEN_SECONDS,
    idle_timeout: TEN_SECONDS,
    reads: Reads::Head,
    reader: &ENGINE,
    addresses: Addresses::All,
    verifies: true,
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
