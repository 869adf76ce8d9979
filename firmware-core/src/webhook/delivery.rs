//! When to try, and when to stop trying.

use core::time::Duration;

use super::post::Reply;
use crate::entropy::Entropy;
use crate::limits::{WEBHOOK_ANSWER_TIMEOUT, WEBHOOK_ATTEMPTS, WEBHOOK_FIRST_DELAY, WEBHOOK_LONGEST_DELAY};
use crate::time::Instant;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The receiver answered.
    Answered(Reply),
    /// It could not be reached, or its answer was none.
    Failed,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The next attempt is due at this moment: make it when
    /// [`Delivery::poll_attempt`] says so.
    Waiting(Instant),
    /// An attempt is being made. It has failed if nothing has come of it by this moment: drop its
    /// connection and call [`Delivery::handle_timeout`].
    Attempting(Instant),
    /// The receiver has it.
    Delivered,
    /// It is not tried any more: the receiver refused it, or did not take it often enough.
    GivenUp,
}

/// One webhook on its way.
///
/// | the receiver's answer | what follows |
/// |---|---|
/// | 2xx | delivered |
/// | none, 408, 425, 429, 5xx | another attempt |
/// | anything else, redirects included | given up: it would be the same again |
///
/// The waits double from [`WEBHOOK_FIRST_DELAY`] to [`WEBHOOK_LONGEST_DELAY`]. Half of each is chance,
/// so that devices that lost the same receiver do not all come back at once. A longer `Retry-After`
/// is kept to, up to the longest wait.
///
/// ```
/// use vestibule_core::Instant;
/// use vestibule_core::mock::MockEntropy;
/// use vestibule_core::webhook::{Attempt, Delivery, Progress};
///
/// let now = Instant::from_micros(0);
/// let mut delivery = Delivery::new(now);
/// assert!(delivery.poll_attempt(now));
/// delivery.handle_attempt(Attempt::Failed, &mut MockEntropy::new(4), now);
/// assert!(matches!(delivery.progress(), Progress::Waiting(due) if due > now));
/// ```
#[derive(Clone, Debug)]
pub struct Delivery {
    progress: Progress,
    attempts: u32,
}

impl Delivery {
    /// A delivery whose first attempt is due at once.
    pub const fn new(now: Instant) -> Self {
        Self { progress: Progress::Waiting(now), attempts: 0 }
    }

    /// How far it is.
    pub const fn progress(&self) -> Progress {
        self.progress
    }

    /// Whether to make an attempt now. `true` begins it: say how it ended with
    /// [`handle_attempt`](Self::handle_attempt).
    #[must_use]
    pub fn poll_attempt(&mut self, now: Instant) -> bool {
        let is_due = matches!(self.progress, Progress::Waiting(due) if due <= now);
        if is_due {
            self.attempts += 1;
            self.progress = Progress::Attempting(now + WEBHOOK_ANSWER_TIMEOUT);
        }
        is_due
    }

    /// The attempt ended. Ignored when none is being made.
    pub fn handle_attempt(&mut self, attempt: Attempt, entropy: &mut impl Entropy, now: Instant) {
        if !matches!(self.progress, Progress::Attempting(_)) {
            return;
        }
        self.progress = match attempt {
            Attempt::Answered(Reply { status: 200..=299, .. }) => Progress::Delivered,
            Attempt::Answered(Reply { status: 408 | 425 | 429 | 500..=599, retry_after }) => {
                self.retry(retry_after, entropy, now)
            }
            Attempt::Answered(_) => Progress::GivenUp,
            Attempt::Failed => self.retry(None, entropy, now),
        };
    }

    /// Does what is due at `now`: an attempt without an answer has failed.
    pub fn handle_timeout(&mut self, entropy: &mut impl Entropy, now: Instant) {
        if matches!(self.progress, Progress::Attempting(until) if until <= now) {
            self.handle_attempt(Attempt::Failed, entropy, now);
        }
    }

    /// When [`poll_attempt`](Self::poll_attempt) or [`handle_timeout`](Self::handle_timeout) is due.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        match self.progress {
            Progress::Waiting(due) | Progress::Attempting(due) => Some(due),
            Progress::Delivered | Progress::GivenUp => None,
        }
    }

    fn retry(&self, retry_after: Option<u32>, entropy: &mut impl Entropy, now: Instant) -> Progress {
        if self.attempts >= WEBHOOK_ATTEMPTS {
            return Progress::GivenUp;
        }
        let doublings = self.attempts.saturating_sub(1).min(16);
        let whole = (WEBHOOK_FIRST_DELAY * (1 << doublings)).min(WEBHOOK_LONGEST_DELAY);
        let mut chance = [0; 2];
        entropy.fill(&mut chance);
        let wait = whole / 2 + whole / 2 * u32::from(u16::from_le_bytes(chance)) / u32::from(u16::MAX);
        let asked = Duration::from_secs(retry_after.unwrap_or(0).into()).min(WEBHOOK_LONGEST_DELAY);
        Progress::Waiting(now + wait.max(asked))
    }
}
