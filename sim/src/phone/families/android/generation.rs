//! What differs between the versions of Android and the makers that changed it. The versions themselves
//! are in `generations`.

use super::request::RequestShape;
use crate::phone::fetch::HttpClient;
use crate::phone::judge::android::Release;
use crate::phone::rule::Rule;
use crate::phone::table::Behaviour;

/// What differs between versions and makers.
#[derive(Debug)]
pub(super) struct Generation {
    pub(super) release: Release,
    /// What is asked over HTTP, over HTTPS beside it, and when both leave a doubt.
    pub(super) http: &'static str,
    pub(super) https: Option<&'static str>,
    pub(super) fallbacks: &'static [&'static str],
    pub(super) shape: RequestShape,
    pub(super) agent: &'static str,
    pub(super) http_client: &'static HttpClient,
    /// That of the fallback probe and of the sheet.
    pub(super) further_client: &'static HttpClient,
    /// Whether the host of the HTTP probe is looked up before either probe begins.
    pub(super) looks_up_first: bool,
    /// Whether a success of the fallback probe counts like one of the HTTP probe.
    pub(super) fallback_counts: bool,
    pub(super) private_address: PrivateAddress,
    /// Whether the captive portal API is asked.
    pub(super) asks_api: bool,
    pub(super) behaviour: Behaviour,
    /// Rules that no table has: requests, timeouts, what is assumed.
    pub(super) facts: &'static [&'static [&'static Rule]],
    /// The same, of this one alone.
    pub(super) own_facts: &'static [&'static Rule],
}

/// What a private address of the HTTP probe's host means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrivateAddress {
    /// Nothing.
    Ignored,
    /// No internet, where the option is on.
    ByOption,
    /// No internet.
    NoInternet,
}
