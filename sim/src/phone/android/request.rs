//! What Android's probes ask, byte for byte, and how patient they are.

use std::time::Duration;

use url::Url;

use crate::phone::fetch::{Manner, Reads};
use crate::phone::lookup::Plan;

pub(super) const HTTP_PROBE: &str = "http://connectivitycheck.gstatic.com/generate_204";
pub(super) const HTTPS_PROBE: &str = "https://www.google.com/generate_204";
pub(super) const FALLBACKS: [&str; 2] =
    ["http://www.google.com/gen_204", "http://play.googleapis.com/generate_204"];

/// The same from 8 to 14 and later.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36";

static PLAN: Plan = Plan {
    repeats: &[Duration::from_secs(5), Duration::from_secs(10)],
    give_up: Some(Duration::from_millis(12_500)),
    service_first: false,
};

pub(super) static MANNER: Manner = Manner {
    lookup: &PLAN,
    connect: Some(Duration::from_secs(10)),
    silence: Some(Duration::from_secs(10)),
    reads: Reads::HeadAndFirstByte,
};

/// The request of a probe.
pub(in crate::phone) fn probe(url: &Url) -> Vec<u8> {
    format!(
        "GET {} HTTP/1.1\r\nConnection: close\r\nUser-Agent: {USER_AGENT}\r\nHost: {}\r\n\
         Accept-Encoding: gzip\r\n\r\n",
        url.path(),
        url.host_str().unwrap_or_default(),
    )
    .into_bytes()
}

/// The request of the sheet's own check on Android 10.
pub(super) fn sheet_check(url: &Url) -> Vec<u8> {
    format!(
        "GET {} HTTP/1.1\r\nUser-Agent: {USER_AGENT}\r\nHost: {}\r\nConnection: Keep-Alive\r\n\
         Accept-Encoding: gzip\r\n\r\n",
        url.path(),
        url.host_str().unwrap_or_default(),
    )
    .into_bytes()
}
