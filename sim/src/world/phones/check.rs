//! A phone's connectivity check, the exchanges that it has under way, and its conclusions about the
//! network that the phone is on.

use std::collections::BTreeMap;

use vestibule_core::Instant;

use super::exchange_summary::ExchangeSummary;
use crate::phone::{
    Checker, Exchange, ExchangeId, Input, Link, Model, Options, Output, OwnerAction, Progress, Verdict,
};
use crate::radio::PhoneId;
use crate::trace::{What, seconds};

pub(super) struct PhoneCheck {
    checker: Box<dyn Checker>,
    exchanges: BTreeMap<ExchangeId, ExchangeSummary>,
    /// Whether the notification of a portal is there to be tapped.
    is_notified: bool,
    /// Whether the check has come to a conclusion on this network.
    has_concluded: bool,
    /// Whether the phone takes the Wi-Fi for one with internet, and makes it the default route.
    wifi_is_default: bool,
}

impl PhoneCheck {
    pub(super) fn new(model: &'static Model, seed: u64, id: PhoneId, options: Options) -> Self {
        Self {
            checker: model.new_checker_with(seed, id, options),
            exchanges: BTreeMap::new(),
            is_notified: false,
            has_concluded: false,
            wifi_is_default: false,
        }
    }

    pub(super) fn model(&self) -> &'static Model {
        self.checker.model()
    }

    pub(super) fn is_notified(&self) -> bool {
        self.is_notified
    }

    pub(super) fn has_concluded(&self) -> bool {
        self.has_concluded
    }

    pub(super) fn wifi_is_default(&self) -> bool {
        self.wifi_is_default
    }

    pub(super) fn poll(&mut self) -> Option<Output> {
        self.checker.poll()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.checker.poll_timeout()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.checker.poll_timeout().is_some_and(|due| due <= now) {
            self.checker.handle(Input::Deadline, now);
        }
    }

    pub(super) fn owner(&mut self, action: OwnerAction<'_>, now: Instant) {
        self.checker.handle(Input::Owner(action), now);
    }

    /// The phone has an address, and was told of this captive portal API or of none: an API that another
    /// network announced is not kept.
    pub(super) fn joined(&mut self, link: Link, captive_portal_api: Option<&str>, now: Instant) {
        self.forget_conclusions();
        self.checker.handle(Input::Announced { captive_portal_api }, now);
        self.checker.handle(Input::Joined(link), now);
    }

    /// The phone is off the network.
    pub(super) fn left(&mut self, now: Instant) {
        self.exchanges.clear();
        self.checker.handle(Input::Left, now);
        self.forget_conclusions();
    }

    /// Conclusions are about the network that the phone was on.
    fn forget_conclusions(&mut self) {
        (self.is_notified, self.has_concluded, self.wifi_is_default) = (false, false, false);
    }

    /// An exchange begins. Returns its record.
    pub(super) fn opened(&mut self, id: ExchangeId, exchange: &Exchange) -> What {
        let (summary, what) = ExchangeSummary::new(exchange);
        self.exchanges.insert(id, summary);
        what
    }

    pub(super) fn abandoned(&mut self, id: ExchangeId) {
        self.exchanges.remove(&id);
    }

    /// An exchange goes on. Returns the record of its outcome, once that is known.
    pub(super) fn progress(&mut self, id: ExchangeId, progress: Progress<'_>, now: Instant) -> Option<What> {
        let outcome = self.exchanges.get_mut(&id).and_then(|summary| summary.progress(&progress));
        self.checker.handle(Input::Exchange { id, progress }, now);
        outcome
    }

    pub(super) fn concluded(&mut self, verdict: &Verdict) {
        self.has_concluded = true;
        self.wifi_is_default =
            matches!(verdict, Verdict::Online | Verdict::NotCaptive | Verdict::Inconclusive);
        self.is_notified &= *verdict != Verdict::Online;
    }

    pub(super) fn notified(&mut self) {
        self.is_notified = true;
    }

    /// What it waits for, in words.
    pub(super) fn waits(&self) -> String {
        match self.checker.poll_timeout() {
            Some(at) => format!("its check goes on at {:.3} s at the latest", seconds(at)),
            None => "its check waits for nothing".into(),
        }
    }
}
