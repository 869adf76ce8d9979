//! Carries out what a phone's check asks for: on the driver, on the browsers, and before the owner.

use std::collections::VecDeque;

use url::Url;
use vestibule_core::Instant;

use super::PhoneNode;
use crate::owner::{Input as Shown, Request};
use crate::phone::{Departure, Output, OwnerAction, Rule, Verdict};
use crate::radio::Air;
use crate::trace::{Trace, What};
use crate::world::Effect;

impl PhoneNode {
    pub(super) fn carry_out_check(
        &mut self,
        output: Output,
        now: Instant,
        air: &mut Air,
        trace: &mut Trace,
        effects: &mut VecDeque<Effect>,
    ) {
        match output {
            Output::Open { id, exchange } => {
                trace.add(now, &self.name, self.check.opened(id, &exchange));
                if !self.handshakes.opened(id, &exchange, now) {
                    effects.push_back(Effect::Open { phone: self.id, id, exchange });
                }
            }
            Output::Abandon(id) => {
                self.check.abandoned(id);
                self.handshakes.abandoned(id);
                effects.push_back(Effect::Abandon { phone: self.id, id });
            }
            Output::Verdict { verdict, rule } => self.concluded(&verdict, rule, now, trace),
            Output::Notify { .. } => {
                trace.add(now, &self.name, What::Notified);
                self.check.notified();
                self.owner.notify(Shown::Notified, now);
            }
            Output::SheetOpened { url, user_agent, .. } => {
                trace.add(now, &self.name, What::SheetOpened { url: url.clone() });
                self.run_state.sheet = true;
                self.browser.sheet_opened(user_agent);
                if let Ok(url) = Url::parse(&url) {
                    self.owner.notify(Shown::SheetOpened { url: url.clone() }, now);
                    self.load(Request::get(url), now, trace, effects);
                }
            }
            Output::SheetWaits { .. } => trace.add(now, &self.name, What::SheetWaits),
            Output::SheetClosed { why } => {
                trace.add(now, &self.name, What::SheetClosed { why: format!("{why:?}") });
                self.browser.sheet_closed();
                self.owner.notify(Shown::SheetClosed, now);
            }
            Output::SheetButton(button) => {
                trace.add(now, &self.name, What::SheetButton { label: format!("{button:?}") });
                self.browser.shows_button(button);
            }
            Output::AskToStay { .. } => self.check.owner(OwnerAction::UseAsIs, now),
            Output::Left { why } => self.departs(why, now, air, trace),
            Output::Finding(finding) => {
                trace.add(now, &self.name, What::Finding { finding: finding.to_string() });
                self.run_state.findings += 1;
            }
        }
    }

    fn concluded(&mut self, verdict: &Verdict, rule: &'static Rule, now: Instant, trace: &mut Trace) {
        self.check.concluded(verdict);
        let verdict = verdict.word();
        let (rule, grade) = (rule.id.into(), rule.grade.to_string());
        trace.add(now, &self.name, What::Verdict { verdict: verdict.into(), rule, grade });
        self.run_state.first_verdict.get_or_insert(verdict);
        self.run_state.last_verdict = Some(verdict);
    }

    /// The phone leaves the access point by itself. An owner who still wants to know the result comes back.
    fn departs(&mut self, why: Departure, now: Instant, air: &mut Air, trace: &mut Trace) {
        trace.add(now, &self.name, What::Departs { why: in_words(why).into() });
        if self.run_state.told || self.owner.is_finished() {
            self.stays_away();
        } else {
            self.wifi.returns(now);
        }
        air.phone_leaves(self.id);
    }
}

fn in_words(why: Departure) -> &'static str {
    match why {
        Departure::SheetCancelled => "its sheet was cancelled",
        Departure::NotWanted => "its owner does not want the network",
        Departure::NoInternet => "there was no internet for too long",
    }
}
