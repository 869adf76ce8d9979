//! A phone's browsers: that of the sign-in sheet, and the ordinary one. One page loads at a time.

use url::Url;

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
    /// The number of the latest load: what belongs to an earlier one is void.
    latest_load: u64,
    /// What the sheet or the browser is loading.
    loading: Option<Url>,
}

impl PhoneBrowser {
    pub(super) fn new(has_mobile_data: bool) -> Self {
        Self { has_mobile_data, ..Self::default() }
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

    /// Why a page of the device cannot be reached at all. A sheet is bound to its network; an
    /// ordinary browser goes by the default route, and that stays on mobile data, where there is
    /// any, until the Wi-Fi is taken for one with internet (docs/clients.md#android-staying-and-leaving,
    /// reports; Apple, rank "Never", decompiled). That it fails at once is chosen: a browser may
    /// wait for long.
    pub(super) fn unreachable(&self, is_on_wifi: bool, wifi_is_default: bool) -> Option<&'static str> {
        if !is_on_wifi {
            Some("the phone is off the network")
        } else if !self.sheet_is_open && self.has_mobile_data && !wifi_is_default {
            Some("the browser goes by mobile data, and there is no device")
        } else {
            None
        }
    }
}
