//! Carries out what a phone's owner does: on the check, and in the browsers.

use std::collections::VecDeque;

use url::Url;
use vestibule_core::Instant;

use super::PhoneNode;
use crate::owner::{self, Input as Shown, Output, PageMemory, Request};
use crate::phone::OwnerAction;
use crate::radio::Air;
use crate::trace::{Trace, What};
use crate::world::{Effect, Loaded};

impl PhoneNode {
    pub(super) fn carry_out_owner(
        &mut self,
        output: Output,
        now: Instant,
        air: &Air,
        trace: &mut Trace,
        effects: &mut VecDeque<Effect>,
    ) {
        match output {
            Output::TapNotification => self.check.owner(OwnerAction::TapNotification, now),
            Output::OpenBrowser => self.open_browser(now, trace, effects),
            Output::OpenWifiSettings => {
                trace.add(now, &self.name, What::OpensWifiSettings);
                self.check.owner(OwnerAction::OpensNetworkingApp, now);
            }
            Output::ComeBack => self.comes_back(now, air, trace, effects),
            Output::Deviates(deviation) => {
                trace.add(now, &self.name, What::Deviates { does: deviation.to_string() });
            }
            Output::Load(request) => self.load(request, now, trace, effects),
            // A sheet without "Done" is left by its only way out, and so is one that shows "Done".
            Output::PressDone | Output::CloseSheet => self.check.owner(self.browser.way_out(), now),
            Output::Read(result) => {
                self.visit.told(result.address);
                let (network, address) = (result.network, result.address.to_string());
                trace.add(now, &self.name, What::Reads { network, address });
                self.run_state.told = true;
            }
            Output::TakeForSetUp => {
                trace.add(now, &self.name, What::TakesForSetUp);
                self.run_state.told = true;
                self.owner.takes_for_set_up();
                self.stays_away();
                self.visit.goes_by_name(now);
            }
            Output::GaveUp(why) => trace.add(now, &self.name, What::GaveUp { why: why.to_string() }),
        }
    }

    /// The owner wants the portal back, by what this phone offers at this moment.
    fn comes_back(&mut self, now: Instant, air: &Air, trace: &mut Trace, effects: &mut VecDeque<Effect>) {
        if !self.wifi.looks() || self.browser.sheet_is_open() {
            return;
        }
        match (self.wifi.is_on(), self.check.is_notified(), self.check.has_concluded()) {
            (false, _, _) if air.access_point_is_up() => self.wifi.joins_by(now),
            (true, true, _) => self.check.owner(OwnerAction::TapNotification, now),
            (true, false, true) => self.open_browser(now, trace, effects),
            // The access point comes up, or the check ends; or the owner tries again.
            (false, _, _) | (true, false, false) => {}
        }
    }

    fn open_browser(&mut self, now: Instant, trace: &mut Trace, effects: &mut VecDeque<Effect>) {
        let Some(url) = self.browser.start_url() else { return };
        trace.add(now, &self.name, What::BrowserOpened { url: url.to_string() });
        self.owner.notify(Shown::BrowserOpened, now);
        self.load(Request::get(url), now, trace, effects);
        // A sheet that has waited for this covers the browser.
        self.check.owner(OwnerAction::OpensNetworkingApp, now);
    }

    /// The sheet or the browser loads something; an older load is given up.
    pub(super) fn load(
        &mut self,
        request: Request,
        now: Instant,
        trace: &mut Trace,
        effects: &mut VecDeque<Effect>,
    ) {
        let mut request = self.browser.as_scripts_send(request);
        if let Some(in_between) = &mut self.in_between {
            let read;
            (request, read) = in_between.relay_request(request);
            self.run_state.read_in_between |= read.is_some_and(|form| self.owner.has_typed_any_of(&form));
        }
        self.run_state.passphrase_in_address |=
            self.owner.has_typed_any_of(request.url.query().unwrap_or_default().as_bytes());
        self.run_state.passphrase_in_clear |=
            self.owner.has_typed_any_of(request.body.as_deref().unwrap_or_default());
        // Without the query: a portal whose form is sent by GET would put the passphrase there.
        let mut shown = request.url.clone();
        shown.set_query(None);
        let method = format!("{:?}", request.method).to_uppercase();
        trace.add(now, &self.name, What::Loads { method, url: shown.to_string() });
        if self.browser.sheet_is_open() {
            self.check.owner(OwnerAction::PageStarted { url: shown.as_str() }, now);
        }
        let id = self.browser.next_load();
        let (is_on_wifi, wifi_is_default) = (self.wifi.is_on(), self.check.wifi_is_default());
        if let Some(why) = self.browser.unreachable(&request.url, is_on_wifi, wifi_is_default) {
            return self.load_fails(request.url, why.into(), now, trace);
        }
        effects.push_back(Effect::Load { phone: self.id, load: self.browser.begin(request, id) });
    }

    fn load_fails(&mut self, url: Url, why: String, now: Instant, trace: &mut Trace) {
        trace.add(now, &self.name, What::LoadFailed { why });
        self.owner.notify(Shown::PageFailed { url }, now);
    }

    /// A page is there that the sheet or the browser loaded, or none came.
    pub(in crate::world) fn loaded(
        &mut self,
        load: u64,
        loaded: Loaded,
        pages: &mut PageMemory,
        now: Instant,
        trace: &mut Trace,
    ) {
        if !self.browser.ended(load) {
            return;
        }
        match loaded {
            Loaded::Page { url, status, html } => {
                self.browser.page_came(&url);
                let html = match &mut self.in_between {
                    Some(in_between) => in_between.relay_page(html),
                    None => html,
                };
                let page = Box::new(pages.parse(&html, &url));
                for finding in &page.foreign {
                    trace.add(now, &self.name, What::Finding { finding: finding.clone() });
                    self.run_state.findings += 1;
                }
                let alert = page.alert.as_deref();
                self.run_state.passphrase_blamed |= alert.is_some_and(owner::calls_passphrase_wrong);
                self.run_state.sign_in_told |= alert.is_some_and(owner::tells_of_sign_in);
                let message = page.alert.clone().or_else(|| page.status.clone()).unwrap_or_default();
                trace.add(now, &self.name, What::Sees { status, title: page.title.clone(), message });
                let at = url.to_string();
                trace.detail(now, &self.name, || What::Page { url: at.clone(), html });
                self.owner.notify(Shown::PageLoaded { url, status, page }, now);
                if self.browser.sheet_is_open() {
                    self.check.owner(OwnerAction::PageFinished { url: &at }, now);
                }
            }
            Loaded::Failed { url, why } => self.load_fails(url, why, now, trace),
        }
    }
}
