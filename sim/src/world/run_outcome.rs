//! How a run in real time ended. A run in virtual time ends with more:
//! [`VirtualRunOutcome`](super::virtual_time::VirtualRunOutcome).

use std::time::Duration;

use crate::scenario::judge::Unmet;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunOutcome {
    /// The expectations that did not hold. Empty when the scenario has passed.
    pub unmet: Vec<Unmet>,
    /// How long it took.
    pub took: Duration,
}
