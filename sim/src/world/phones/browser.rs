//! A phone's browsers: that of the sign-in sheet, and the ordinary one. One page loads at a time.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use url::{Host, Url};

use super::SecureHosts;
use crate::owner::{Opens, Request, is_tried_over_https};
use crate::phone::{Button, OwnerAction};
use crate::scenario::PhoneSpec;
use crate::world::{Load, SecurePage};

/// The `User-Agent` of the phone's ordinary browser: a placeholder, as the device looks for the
/// checks' own names alone.
const BROWSER_AGENT: &str = "Mozilla/5.0";

/// A site that people open to be led to a portal, because it has no HTTPS.
const SITE: &str = "http://neverssl.com/";

/// The way of a phone's ordinary browser, apart from the Wi-Fi without internet.
#[derive(Clone, Debug, Default)]
pub(super) struct DefaultRoute {
    /// It prefers mobile data to a Wi-Fi without internet.
    mobile_data: bool,
    /// It may go through a VPN only.
    vpn: bool,
    /// It goes by a proxy.
    proxy: bool,
    /// It asks for names at this provider only.
    name_provider: Option<String>,
    /// Its owner opens a site there, and not the device's address.
    opens_site: bool,
}

impl DefaultRoute {
    pub(super) fn of(spec: &PhoneSpec) -> Self {
        Self {
            mobile_data: spec.mobile_data,
            vpn: *spec.vpn.get_ref(),
            proxy: *spec.proxy.get_ref(),
            name_provider: spec.private_dns.get_ref().provider().map(str::to_owned),
            opens_site: spec.opens == Opens::Site,
        }
    }
}

#[derive(Default)]
pub(super) struct PhoneBrowser {
    /// The address of the device's page, which the owner reads off the label.
    device_url: Option<Url>,
    sheet_agent: String,
    /// The button that the sheet shows, where it has one.
    button: Option<Button>,
    sheet_is_open: bool,
    route: DefaultRoute,
    /// Whether the sign-in page is an ordinary browser's as well.
    is_computer: bool,
    /// The number of the latest load: what belongs to an earlier one is void.
    latest_load: u64,
    /// What the sheet or the browser is loading.
    loading: Option<Url>,
    /// What its pages' scripts draw keys from; none where it runs no scripts.
    page_keys: Option<ChaCha8Rng>,
    /// What the owner types where a page asks for the code on the label.
    code: String,
    /// How long the ordinary browser tries HTTPS, as long as it tries that first.
    tries_https: Option<Duration>,
    /// What becomes of a page over HTTPS.
    https: SecurePage,
}

impl PhoneBrowser {
    pub(super) fn new(route: DefaultRoute, is_computer: bool) -> Self {
        Self { route, is_computer, ..Self::default() }
    }

    /// Has its ordinary browser try HTTPS first, for so long.
    pub(super) fn tries_https(self, tries_https: Option<Duration>) -> Self {
        Self { tries_https, ..self }
    }

    /// Has its loads of pages over HTTPS end so.
    pub(super) fn meets(self, https: SecurePage) -> Self {
        Self { https, ..self }
    }

    /// Has it run scripts, which draw their keys from this.
    pub(super) fn runs_scripts(self, page_keys: Option<ChaCha8Rng>) -> Self {
        Self { page_keys, ..self }
    }

    /// Has its owner type this where a page asks for the code on the label.
    pub(super) fn types_code(self, code: String) -> Self {
        Self { code, ..self }
    }

    /// What the page's script makes of a request.
    pub(super) fn as_scripts_send(&mut self, request: Request) -> Request {
        match self.page_keys.as_mut().filter(|_| request.seals_for.is_some()) {
            Some(random) => {
                let mut secret = [0; 32];
                random.fill_bytes(&mut secret);
                request.sealed(secret, &self.code)
            }
            None => request,
        }
    }

    /// A page came. Its host, if HTTPS failed there, is asked over HTTP from now on: the device has no other.
    pub(super) fn page_came(&mut self, url: &Url) {
        if is_tried_over_https(url) {
            self.tries_https = None;
        }
    }

    /// Whether what it loads now is the sign-in page of a phone, which is bound to its network.
    fn is_bound(&self) -> bool {
        self.sheet_is_open && !self.is_computer
    }

    /// What the owner opens in the ordinary browser.
    pub(super) fn start_url(&self) -> Option<Url> {
        match self.route.opens_site {
            true => Url::parse(SITE).ok(),
            false => self.device_url.clone(),
        }
    }

    pub(super) fn set_device_url(&mut self, url: Option<Url>) {
        self.device_url = url;
    }

    pub(super) fn sheet_is_open(&self) -> bool {
        self.sheet_is_open
    }

    pub(super) fn sheet_opened(&mut self, user_agent: String) {
        self.sheet_is_open = true;
        self.sheet_agent = user_agent;
        self.button = None;
    }

    pub(super) fn sheet_closed(&mut self) {
        self.sheet_is_open = false;
        self.button = None;
        self.latest_load += 1;
        self.loading = None;
    }

    pub(super) fn shows_button(&mut self, button: Button) {
        self.button = Some(button);
    }

    /// What leaves the sheet: "Done" where the sheet shows that, else its only way out.
    pub(super) fn way_out(&self) -> OwnerAction<'static> {
        if self.button == Some(Button::Done) { OwnerAction::Done } else { OwnerAction::Cancel }
    }

    /// A new number for a load. Whatever was loading is given up for it.
    pub(super) fn next_load(&mut self) -> u64 {
        self.latest_load += 1;
        self.latest_load
    }

    /// Begins the load of that number in the sheet, or in the ordinary browser without one.
    pub(super) fn begin(&mut self, request: Request, id: u64) -> Load {
        self.loading = Some(request.url.clone());
        let user_agent = if self.sheet_is_open { self.sheet_agent.as_str() } else { BROWSER_AGENT };
        let finds_names = self.is_bound() || self.route.name_provider.is_none();
        let tries_https = self.tries_https.filter(|_| !self.sheet_is_open);
        if tries_https.is_some() && is_tried_over_https(&request.url) {
            // Once that has failed the host is asked over HTTP.
            self.tries_https = None;
        }
        Load { id, request, user_agent: user_agent.into(), finds_names, tries_https, https: self.https }
    }

    /// A page that the owner visits from the home network, by the sheet's `User-Agent`.
    pub(super) fn visit(&mut self, request: Request) -> Load {
        // There the provider of names can be reached.
        Load {
            id: self.next_load(),
            request,
            user_agent: self.sheet_agent.clone(),
            finds_names: true,
            tries_https: None,
            // The device refuses them there.
            https: SecureHosts::default().end_a_page(),
        }
    }

    /// A load has ended. Returns whether it is the latest one.
    pub(super) fn ended(&mut self, load: u64) -> bool {
        let is_latest = load == self.latest_load;
        if is_latest {
            self.loading = None;
        }
        is_latest
    }

    /// The network is gone. Returns what an ordinary browser was loading: it stays open, and that
    /// page does not come.
    pub(super) fn interrupted(&mut self) -> Option<Url> {
        let url = self.loading.take().filter(|_| !self.sheet_is_open)?;
        self.latest_load += 1;
        Some(url)
    }

    /// Why a page of the device cannot be reached at all. A phone's sheet is bound to its network; an
    /// ordinary browser goes by the default route, and that stays on mobile data, or on a computer's cable,
    /// where there is any, until the Wi-Fi is taken for one with internet
    /// (docs/clients.md#android-staying-and-leaving, reports; Apple, rank "Never", decompiled). A computer
    /// reaches an address of the Wi-Fi's own network all the same. That it fails at once is chosen: a
    /// browser may wait for long.
    pub(super) fn unreachable(
        &self,
        url: &Url,
        is_on_wifi: bool,
        wifi_is_default: bool,
    ) -> Option<&'static str> {
        let is_neighbour = self.is_computer && matches!(url.host(), Some(Host::Ipv4(_)));
        if !is_on_wifi {
            Some("the phone is off the network")
        } else if self.is_bound() {
            None
        } else if self.route.vpn {
            Some("the browser may go through the VPN only, which does not come up without internet")
        } else if self.route.proxy {
            Some("the browser goes by a proxy, which is not on this network")
        } else if self.route.mobile_data && !(wifi_is_default || is_neighbour) {
            Some("the browser goes by mobile data, and there is no device")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computers_sign_in_page_goes_by_its_other_connection() {
        let redirect = Url::parse("http://www.msftconnecttest.com/redirect").unwrap();
        let address = Url::parse("http://192.168.4.1/").unwrap();
        for (is_computer, has_other, url, is_reached) in [
            (false, true, &redirect, true),
            (true, false, &redirect, true),
            (true, true, &redirect, false),
            (true, true, &address, true),
        ] {
            let mut browser = PhoneBrowser::new(
                DefaultRoute { mobile_data: has_other, ..DefaultRoute::default() },
                is_computer,
            );
            browser.sheet_opened("Mozilla/5.0".to_owned());
            assert_eq!(browser.unreachable(url, true, false).is_none(), is_reached, "{is_computer} {url}");
            assert!(
                browser.unreachable(url, true, true).is_none()
                    && browser.unreachable(url, false, true).is_some()
            );
        }
        // An address in a phone's ordinary browser leads nowhere.
        let mobile = DefaultRoute { mobile_data: true, ..DefaultRoute::default() };
        assert!(PhoneBrowser::new(mobile, false).unreachable(&address, true, false).is_some());
    }
}
