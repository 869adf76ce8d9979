//! A phone's browsers: that of the sign-in sheet, and the ordinary one. One page loads at a time.

use url::{Host, Url};

use crate::owner::Request;
use crate::phone::{Button, OwnerAction};
use crate::world::Load;

/// The `User-Agent` of the phone's ordinary browser: a placeholder, as the device looks for the
/// checks' own names alone.
const BROWSER_AGENT: &str = "Mozilla/5.0";

#[derive(Default)]
pub(super) struct PhoneBrowser {
    /// The address of the device's page, which the owner reads off the label.
    device_url: Option<Url>,
    sheet_agent: String,
    /// The button that the sheet shows, where it has one.
    button: Option<Button>,
    sheet_is_open: bool,
    /// Whether the phone has mobile data, which an ordinary browser prefers to a Wi-Fi without internet.
    has_mobile_data: bool,
    /// Whether the sign-in page is an ordinary browser's as well.
    is_computer: bool,
    /// The number of the latest load: what belongs to an earlier one is void.
    latest_load: u64,
    /// What the sheet or the browser is loading.
    loading: Option<Url>,
}

impl PhoneBrowser {
    pub(super) fn new(has_mobile_data: bool, is_computer: bool) -> Self {
        Self { has_mobile_data, is_computer, ..Self::default() }
    }

    pub(super) fn device_url(&self) -> Option<&Url> {
        self.device_url.as_ref()
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
        Load { id, request, user_agent: user_agent.into() }
    }

    /// A page that the owner visits from the home network, by the sheet's `User-Agent`.
    pub(super) fn visit(&mut self, request: Request) -> Load {
        Load { id: self.next_load(), request, user_agent: self.sheet_agent.clone() }
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
        let is_bound = self.sheet_is_open && !self.is_computer;
        let is_neighbour = self.is_computer && matches!(url.host(), Some(Host::Ipv4(_)));
        if !is_on_wifi {
            Some("the phone is off the network")
        } else if self.has_mobile_data && !(wifi_is_default || is_bound || is_neighbour) {
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
            let mut browser = PhoneBrowser::new(has_other, is_computer);
            browser.sheet_opened("Mozilla/5.0".to_owned());
            assert_eq!(browser.unreachable(url, true, false).is_none(), is_reached, "{is_computer} {url}");
            assert!(
                browser.unreachable(url, true, true).is_none()
                    && browser.unreachable(url, false, true).is_some()
            );
        }
        // An address in a phone's ordinary browser leads nowhere.
        assert!(PhoneBrowser::new(true, false).unreachable(&address, true, false).is_some());
    }
}
