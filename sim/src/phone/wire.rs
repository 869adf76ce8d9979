//! A phone's side of its driver: numbered exchanges, the queue of outputs, seeded randomness.

use std::collections::VecDeque;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use vestibule_core::Instant;

use super::exchange::{Exchange, ExchangeId, Progress};
use super::finding::Finding;
use super::output::Output;
use super::service_question::{Reaction, ServiceQuestion};

/// How long the answer to a service question may still come after its fetch has ended. It is only
/// reported; nothing depends on it.
const LATE_TIMEOUT: Duration = Duration::from_secs(1);

/// The way that a check's traffic takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CheckRoute {
    /// Onto the network.
    #[default]
    Direct,
    /// Nowhere: the system drops it.
    Dropped,
    /// To a proxy that is not there; names are asked for directly.
    Proxy,
}

pub(super) struct Wire {
    next: u32,
    route: CheckRoute,
    /// Connections that the proxy has refused.
    refused: VecDeque<ExchangeId>,
    outputs: VecDeque<Output>,
    random: ChaCha8Rng,
    late: Vec<(ServiceQuestion, Instant)>,
}

impl Wire {
    pub(super) fn new(random: ChaCha8Rng, route: CheckRoute) -> Self {
        Self { next: 0, route, refused: VecDeque::new(), outputs: VecDeque::new(), random, late: Vec::new() }
    }

    pub(super) fn open(&mut self, exchange: Exchange) -> ExchangeId {
        let id = ExchangeId(self.next);
        self.next = self.next.wrapping_add(1);
        match (self.route, &exchange) {
            (CheckRoute::Dropped, _) => {}
            (CheckRoute::Proxy, Exchange::Stream { .. } | Exchange::Tls { .. }) => self.refused.push_back(id),
            (CheckRoute::Direct | CheckRoute::Proxy, _) => {
                self.outputs.push_back(Output::Open { id, exchange });
            }
        }
        id
    }

    /// A connection that was refused before it came onto the network.
    pub(super) fn poll_refused(&mut self) -> Option<ExchangeId> {
        self.refused.pop_front()
    }

    pub(super) fn abandon(&mut self, id: ExchangeId) {
        let is_refused = self.refused.contains(&id);
        self.refused.retain(|refused| *refused != id);
        if self.route != CheckRoute::Dropped && !is_refused {
            self.outputs.push_back(Output::Abandon(id));
        }
    }

    pub(super) fn report(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(super) fn report_finding(&mut self, finding: Finding) {
        self.report(Output::Finding(finding));
    }

    pub(super) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Reports what the progress of a service question's exchange says. Returns the question while it
    /// waits on.
    pub(super) fn service_exchange(
        &mut self,
        question: ServiceQuestion,
        progress: Progress<'_>,
    ) -> Option<ServiceQuestion> {
        match question.read(progress) {
            Reaction::Waits(finding) => {
                finding.into_iter().for_each(|finding| self.report_finding(finding));
                return Some(question);
            }
            Reaction::Answered(findings) => {
                self.abandon(question.id());
                findings.into_iter().for_each(|finding| self.report_finding(finding));
            }
            Reaction::Failed(finding) => self.report_finding(finding),
        }
        None
    }

    /// Closes a service question that was not answered in time, and says so.
    pub(super) fn service_timeout(&mut self, question: &ServiceQuestion) {
        self.report_finding(question.unanswered());
        self.abandon(question.id());
    }

    /// Waits a little longer for the answer to a service question whose fetch has ended.
    pub(super) fn wait_for(&mut self, question: ServiceQuestion, now: Instant) {
        self.late.push((question, now + LATE_TIMEOUT));
    }

    /// Progress of an exchange, if it is that of a late question.
    pub(super) fn late_exchange(&mut self, id: ExchangeId, progress: Progress<'_>) {
        let Some(index) = self.late.iter().position(|(question, _)| question.id() == id) else { return };
        let (question, until) = self.late.remove(index);
        if let Some(question) = self.service_exchange(question, progress) {
            self.late.push((question, until));
        }
    }

    /// Gives up, with a report, the late questions whose time is over.
    pub(super) fn late_due(&mut self, now: Instant) {
        while let Some(index) = self.late.iter().position(|(_, until)| *until <= now) {
            let (question, _) = self.late.remove(index);
            self.service_timeout(&question);
        }
    }

    pub(super) fn late_timeout(&self) -> Option<Instant> {
        self.late.iter().map(|(_, until)| *until).min()
    }

    /// The network is gone, and with it every answer.
    pub(super) fn late_abandon(&mut self) {
        while let Some((question, _)) = self.late.pop() {
            self.abandon(question.id());
        }
    }

    /// A DNS identifier.
    pub(super) fn identifier(&mut self) -> u16 {
        (self.random.next_u32() >> 16) as u16
    }

    /// A number below `choices`, near enough to uniform for a handful of choices.
    pub(super) fn choose(&mut self, choices: usize) -> usize {
        let choices = choices.max(1) as u64;
        usize::try_from(self.random.next_u64() % choices).unwrap_or(0)
    }

    /// A random word of `shortest` to `longest` small letters.
    pub(super) fn word(&mut self, shortest: usize, longest: usize) -> String {
        let length = shortest + self.choose(longest.saturating_sub(shortest) + 1);
        (0..length).map(|_| char::from(b'a' + u8::try_from(self.choose(26)).unwrap_or(0))).collect()
    }
}
