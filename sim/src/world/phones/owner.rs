//! What a phone's owner does with it: what the owner sees of it goes to the [`Owner`], what the
//! person does is carried out on the phone.

use std::collections::VecDeque;

use url::Url;
use vestibule_core::Instant;

use super::PhoneNode;
use crate::owner::{self, Deviation, Owner, Request};
use crate::phone::{Button, Input, OwnerAction};
use crate::radio::Air;
use crate::trace::{Trace, What};
use crate::world::{Effect, Load, Loaded};

/// How the phone's ordinary browser calls itself: a placeholder, as the device looks for the
/// checks' own names alone.
const BROWSER_AGENT: &str = "Mozilla/5.0";

impl PhoneNode {
    /// An owner who begins; what the owner before still meant to do on the way stays to be done.
    pub(super) fn new_person(&self) -> Option<Owner> {
        let mut person = Owner::new(self.home.clone()?, self.habits.clone());
        let deviations = self.person.as_ref().map_or(&[][..], Owner::deviations);
        deviations.iter().for_each(|deviation| person.deviates(*deviation));
        Some(person)
    }

    /// The owner will do this on the way.
    pub(in crate::world) fn deviates(&mut self, deviation: Deviation) {
        if let Some(person) = &mut self.person {
            person.deviates(deviation);
        }
    }

    pub(super) fn tell_person(&mut self, input: owner::Input, now: Instant) {
        if let Some(person) = &mut self.person {
            person.handle(input, now);
        }
    }

    /// A page is there that the sheet or the browser loaded, or none came.
    pub(in crate::world) fn loaded(&mut self, load: u64, loaded: Loaded, now: Instant, trace: &mut Trace) {
        if load != self.loads {
            return;
        }
        self.loading = None;
        match loaded {
            Loaded::Page { url, status, html } => {
                let page = Box::new(owner::parse(&html, &url));
                for finding in &page.foreign {
                    trace.add(now, &self.name, What::Finding { finding: finding.clone() });
                    self.run_state.findings += 1;
                }
                let says = page.alert.clone().or_else(|| page.status.clone()).unwrap_or_default();
                trace.add(now, &self.name, What::Sees { status, title: page.title.clone(), says });
                let at = url.to_string();
                trace.detail(now, &self.name, || What::Page { url: at.clone(), html });
                self.tell_person(owner::Input::PageLoaded { url, status, page }, now);
                if self.sheet_is_open {
                    self.checker.handle(Input::Owner(OwnerAction::PageFinished { url: &at }), now);
                }
            }
            Loaded::Failed { url, why } => self.load_fails(url, why, now, trace),
        }
    }

    fn load_fails(&mut self, url: Url, why: String, now: Instant, trace: &mut Trace) {
        trace.add(now, &self.name, What::LoadFailed { why });
        self.tell_person(owner::Input::PageFailed { url }, now);
    }

    /// The sheet or the browser loads something; an older load is given up.
    pub(super) fn load(
        &mut self,
        request: Request,
        now: Instant,
        trace: &mut Trace,
        effects: &mut VecDeque<Effect>,
    ) {
        // Without the query: a portal whose form is sent by GET would put the passphrase there.
        let mut shown = request.url.clone();
        shown.set_query(None);
        let method = format!("{:?}", request.method).to_uppercase();
        trace.add(now, &self.name, What::Loads { method, url: shown.to_string() });
        if self.sheet_is_open {
            self.checker.handle(Input::Owner(OwnerAction::PageStarted { url: shown.as_str() }), now);
        }
        self.loads += 1;
        if let Some(why) = self.unreachable() {
            return self.load_fails(request.url, why.into(), now, trace);
        }
        self.loading = Some(request.url.clone());
        let user_agent = if self.sheet_is_open { self.sheet_agent.as_str() } else { BROWSER_AGENT };
        let load = Load { id: self.loads, request, user_agent: user_agent.into() };
        effects.push_back(Effect::Load { phone: self.id, load });
    }

    /// Why a page of the device cannot be reached at all. A sheet is bound to its network; an
    /// ordinary browser goes by the default route, and that stays on mobile data, where there is
    /// any, until the Wi-Fi is taken for one with internet (docs/clients.md#android-staying-and-leaving,
    /// reports; Apple, rank "Never", decompiled). That it fails at once is chosen: a browser may
    /// wait for long.
    fn unreachable(&self) -> Option<&'static str> {
        if !self.is_on {
            Some("the phone is off the network")
        } else if !self.sheet_is_open && self.mobile_data && !self.wifi_is_default {
            Some("the browser goes by mobile data, and there is no device")
        } else {
            None
        }
    }

    fn open_browser(&mut self, now: Instant, trace: &mut Trace, effects: &mut VecDeque<Effect>) {
        let Some(url) = self.label.clone() else { return };
        trace.add(now, &self.name, What::BrowserOpened { url: url.to_string() });
        self.tell_person(owner::Input::BrowserOpened, now);
        self.load(Request::get(url), now, trace, effects);
    }

    /// The owner wants the portal back, by what this phone offers at this moment.
    fn comes_back(&mut self, now: Instant, air: &Air, trace: &mut Trace, effects: &mut VecDeque<Effect>) {
        if !self.looks || self.sheet_is_open {
            return;
        }
        match (self.is_on, self.is_notified, self.has_concluded) {
            (false, _, _) if air.access_point_is_up() => {
                self.joins_at.get_or_insert(now);
            }
            (true, true, _) => self.checker.handle(Input::Owner(OwnerAction::TapNotification), now),
            (true, false, true) => self.open_browser(now, trace, effects),
            // The access point comes up, or the check ends; or the owner tries again.
            (false, _, _) | (true, false, false) => {}
        }
    }

    pub(super) fn person_does(
        &mut self,
        output: owner::Output,
        now: Instant,
        air: &Air,
        trace: &mut Trace,
        effects: &mut VecDeque<Effect>,
    ) {
        match output {
            owner::Output::TapNotification => {
                self.checker.handle(Input::Owner(OwnerAction::TapNotification), now);
            }
            owner::Output::OpenBrowser => self.open_browser(now, trace, effects),
            owner::Output::ComeBack => self.comes_back(now, air, trace, effects),
            owner::Output::Deviates(deviation) => {
                trace.add(now, &self.name, What::Deviates { does: deviation.to_string() });
            }
            owner::Output::Load(request) => self.load(request, now, trace, effects),
            // Where there is no "Done", the sheet is left by its only way out; and the other way
            // round.
            owner::Output::PressDone | owner::Output::CloseSheet => {
                let action =
                    if self.button == Some(Button::Done) { OwnerAction::Done } else { OwnerAction::Cancel };
                self.checker.handle(Input::Owner(action), now);
            }
            owner::Output::Read(outcome) => {
                self.visit.told(outcome.address);
                let (network, address) = (outcome.network, outcome.address.to_string());
                trace.add(now, &self.name, What::Reads { network, address });
                self.run_state.told = true;
            }
            owner::Output::GaveUp(why) => trace.add(now, &self.name, What::GaveUp { why: why.to_string() }),
        }
    }
}
