//! Measures how long each part of a run takes in real time, for a benchmark. It measures only when asked to,
//! and changes nothing of a run.

use std::time::{Duration, Instant};

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Making the world.
    Making,
    /// Deadlines of the device, of phones' checks and of their owners.
    Deadlines,
    /// The device: its stacks and sockets, and the portal.
    Device,
    /// Home networks: routers, the device's station, visitors.
    Home,
    /// Phones: their stacks and sockets, their checks, and owners who read pages.
    Phones,
    /// Frames on their way: the hash and the impairments.
    Frames,
    /// Records: as JSON and into the hash.
    Writing,
    /// Safety invariants.
    Invariants,
    /// Judging whether the scenario's expectations hold.
    Judging,
    /// Finding out when something is next due.
    EventQueue,
}

impl Part {
    /// All of them, in their order.
    pub const ALL: [Self; 10] = [
        Self::Making,
        Self::Deadlines,
        Self::Device,
        Self::Home,
        Self::Phones,
        Self::Frames,
        Self::Writing,
        Self::Invariants,
        Self::Judging,
        Self::EventQueue,
    ];
}

/// Adds up how long the parts of runs took.
#[derive(Clone, Debug)]
pub struct Stopwatch {
    spent: [Duration; Part::ALL.len()],
    since: Instant,
}

impl Default for Stopwatch {
    fn default() -> Self {
        Self { spent: Default::default(), since: Instant::now() }
    }
}

impl Stopwatch {
    /// The time since the last call belongs to no part.
    pub fn start(&mut self) {
        self.since = Instant::now();
    }

    /// The time since the last call belongs to this part.
    pub fn lap(&mut self, part: Part) {
        let now = Instant::now();
        self.spent[part as usize] += now - self.since;
        self.since = now;
    }

    /// How long a part took.
    pub fn spent(&self, part: Part) -> Duration {
        self.spent[part as usize]
    }
}
