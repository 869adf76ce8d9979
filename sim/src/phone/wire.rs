//! A phone's side of its driver: numbered exchanges, the queue of outputs, seeded randomness.

use std::collections::VecDeque;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::{Exchange, ExchangeId, Output};

pub(super) struct Wire {
    next: u32,
    outputs: VecDeque<Output>,
    random: ChaCha8Rng,
}

impl Wire {
    pub(super) fn new(seed: u64) -> Self {
        Self { next: 0, outputs: VecDeque::new(), random: ChaCha8Rng::seed_from_u64(seed) }
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

    /// A DNS identifier.
    pub(super) fn identifier(&mut self) -> u16 {
        (self.random.next_u32() >> 16) as u16
    }

    /// A number below `choices`, near enough to uniform for a handful of choices.
    pub(super) fn choose(&mut self, choices: usize) -> usize {
        let choices = choices.max(1) as u64;
        usize::try_from(self.random.next_u64() % choices).unwrap_or(0)
    }
}
