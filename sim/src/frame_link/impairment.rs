//! What happens to frames on the way to a real device and back, drawn from a seed: some are lost, some come twice, all
//! come later. It knows nothing of the link below.

use std::collections::VecDeque;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use tokio::time::Instant;

use crate::random_streams::{RandomStream, stream};

/// What happens to the frames of a link, each way.
///
/// ```
/// use std::time::Duration;
/// use vestibule::check::Impairments;
///
/// let weak = Impairments { loss: 0.05, delay: Duration::from_millis(50), ..Impairments::default() };
/// assert_eq!((weak.duplication, weak.seed), (0.0, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Impairments {
    /// The share that is lost, from 0 to 1.
    pub loss: f64,
    /// The share of the others that comes twice.
    pub duplication: f64,
    /// How much later each comes.
    pub delay: Duration,
    /// What the draws come from.
    pub seed: u64,
}

/// One way of an impaired link: the frames that are under way.
pub(super) struct ImpairedWay {
    impairments: Impairments,
    random: ChaCha8Rng,
    under_way: VecDeque<(Instant, Vec<u8>)>,
}

impl ImpairedWay {
    /// `index` tells the two ways apart.
    pub(super) fn new(impairments: Impairments, index: u64) -> Self {
        let random = stream(impairments.seed, RandomStream::LinkImpairment, index);
        Self { impairments, random, under_way: VecDeque::new() }
    }

    /// A frame sets out.
    pub(super) fn set_out(&mut self, frame: &[u8]) {
        let is_lost = self.draws(self.impairments.loss);
        let is_doubled = self.draws(self.impairments.duplication);
        let copies = match (is_lost, is_doubled) {
            (true, _) => 0,
            (false, true) => 2,
            (false, false) => 1,
        };
        let at = Instant::now() + self.impairments.delay;
        self.under_way.extend(std::iter::repeat_n((at, frame.to_vec()), copies));
    }

    /// The next frame that has arrived.
    pub(super) fn arrived(&mut self) -> Option<Vec<u8>> {
        let has_arrived = self.next().is_some_and(|at| at <= Instant::now());
        if has_arrived { self.under_way.pop_front().map(|(_, frame)| frame) } else { None }
    }

    /// When the next one arrives.
    pub(super) fn next(&self) -> Option<Instant> {
        self.under_way.front().map(|(at, _)| *at)
    }

    fn draws(&mut self, share: f64) -> bool {
        // Each frame takes as many draws, whatever the shares: another share is another run of the same frames.
        let drawn = f64::from(self.random.next_u32()) / (f64::from(u32::MAX) + 1.0);
        drawn < share
    }
}
