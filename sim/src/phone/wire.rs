//! A phone's side of its driver: numbered exchanges, the queue of outputs, seeded randomness.

use std::collections::VecDeque;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use vestibule_core::Instant;

use super::lookup::ServiceQuestion;
use super::{Exchange, ExchangeId, Output, Progress};

/// How long a question is still waited for whose asker has gone on without it. Only what it says
/// then is reported; nothing depends on it.
const LATE: Duration = Duration::from_secs(1);

pub(super) struct Wire {
    next: u32,
    outputs: VecDeque<Output>,
    random: ChaCha8Rng,
    late: Vec<(ServiceQuestion, Instant)>,
}

impl Wire {
    pub(super) fn new(random: ChaCha8Rng) -> Self {
        Self { next: 0, outputs: VecDeque::new(), random, late: Vec::new() }
    }

    pub(super) fn open(&mut self, exchange: Exchange) -> ExchangeId {
        let id = ExchangeId(self.next);
        self.next = self.next.wrapping_add(1);
        self.outputs.push_back(Output::Open { id, exchange });
        id
    }

    pub(super) fn abandon(&mut self, id: ExchangeId) {
        self.outputs.push_back(Output::Abandon(id));
    }

    pub(super) fn report(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(super) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Waits a little longer for the answer to a question whose asker has gone on without it.
    pub(super) fn wait_for(&mut self, question: ServiceQuestion, now: Instant) {
        self.late.push((question, now + LATE));
    }

    /// Progress of an exchange, if it is one that is waited for.
    pub(super) fn late_exchange(&mut self, id: ExchangeId, progress: Progress<'_>) {
        let Some(place) = self.late.iter().position(|(question, _)| question.owns(id)) else { return };
        let (question, until) = self.late.remove(place);
        if !question.exchange(self, progress) {
            self.late.push((question, until));
        }
    }

    /// Gives up, with a report, what `now` is too late for.
    pub(super) fn late_due(&mut self, now: Instant) {
        while let Some(place) = self.late.iter().position(|(_, until)| *until <= now) {
            let (question, _) = self.late.remove(place);
            question.finish(self, true);
        }
    }

    pub(super) fn late_timeout(&self) -> Option<Instant> {
        self.late.iter().map(|(_, until)| *until).min()
    }

    /// The network is gone, and with it every answer.
    pub(super) fn late_abandon(&mut self) {
        while let Some((question, _)) = self.late.pop() {
            question.finish(self, false);
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
