//! One check of a network: what a family implements and the machine runs.

use vestibule_core::Instant;

use super::exchange::{ExchangeId, Link, Progress};
use super::options::Options;
use super::rule::Rule;
use super::side_request::SideRequests;
use super::verdict::Verdict;
use super::wire::Wire;

/// One check of a network, from its questions to a conclusion.
pub(super) trait Check: Send {
    /// Progress of an exchange, of this check or not.
    fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant);

    /// Does what `now` asks for.
    fn due(&mut self, wire: &mut Wire, now: Instant);

    /// Goes as far as its exchanges allow; `Some` ends it.
    fn advance(&mut self, wire: &mut Wire, now: Instant) -> Option<Conclusion>;

    /// When [`Check::due`] is to be called next.
    fn timeout(&self) -> Option<Instant>;

    /// Closes what is still open.
    fn abandon(self: Box<Self>, wire: &mut Wire);

    /// The same after its conclusion, but for what goes on without it.
    fn ended(self: Box<Self>, wire: &mut Wire) -> SideRequests {
        self.abandon(wire);
        SideRequests::default()
    }
}

/// Checks that the sign-in page makes by itself, beside those of the system.
pub(super) trait SheetCheck: Send {
    /// A page began or finished to load.
    fn page_event(&mut self, now: Instant);

    /// Progress of an exchange, of these checks or not.
    fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant);

    /// Does what `now` asks for.
    fn due(&mut self, wire: &mut Wire, now: Instant);

    /// Whether one of them succeeded.
    fn has_succeeded(&self) -> bool;

    /// When [`SheetCheck::due`] is to be called next.
    fn timeout(&self) -> Option<Instant>;

    /// Closes what is still open.
    fn abandon(self: Box<Self>, wire: &mut Wire);
}

/// The verdict of a check, and why.
#[derive(Debug)]
pub(super) struct Conclusion {
    pub(super) verdict: Verdict,
    pub(super) rule: &'static Rule,
    /// Why this sign-in page, where that is a rule of its own.
    pub(super) page_rule: Option<&'static Rule>,
}

impl Conclusion {
    pub(super) fn new(verdict: Verdict, rule: &'static Rule) -> Self {
        Self { verdict, rule, page_rule: None }
    }
}

/// The circumstances in which a check begins.
#[derive(Clone, Debug)]
pub(super) struct Situation {
    pub(super) link: Link,
    pub(super) options: Options,
    /// How many checks this join has seen before.
    pub(super) checks_before: u32,
    /// The page of the sign-in has been opened since joining.
    pub(super) page_was_open: bool,
    /// The sign-in is over: HTTP alone decides.
    pub(super) http_alone: bool,
    /// What DHCP option 114 said.
    pub(super) captive_portal_api: Option<String>,
}
