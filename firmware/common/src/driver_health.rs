//! When a radio that does not do its work is started anew: after some failures in a row, and not too often.

use embassy_time::{Duration, Instant};

/// So many failures in a row, and the radio is started anew. Chosen: one may be chance, and what was asked for is
/// asked for again after each.
const FAILURES: u8 = 3;

/// The least time between two restarts, which doubles up to [`LONGEST`]. Chosen.
const SHORTEST: Duration = Duration::from_secs(10);

/// See [`SHORTEST`].
const LONGEST: Duration = Duration::from_secs(600);

/// A radio that has gone without a restart for this long begins at [`SHORTEST`] again.
const WELL: Duration = Duration::from_secs(1800);

/// How the driver has done lately.
pub(crate) struct DriverHealth {
    failures: u8,
    /// When it was last started anew.
    restarted: Option<Instant>,
    interval: Duration,
}

impl DriverHealth {
    pub(crate) const fn new() -> Self {
        Self { failures: 0, restarted: None, interval: SHORTEST }
    }

    /// The driver has done what it was asked for.
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// It has failed, or has not returned.
    pub(crate) fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// What it failed at leaves no other way than a restart.
    pub(crate) fn failed_for_good(&mut self) {
        self.failures = FAILURES;
    }

    /// When the radio is to be started anew, if it is to be.
    pub(crate) fn restart_at(&self) -> Option<Instant> {
        let earliest = self.restarted.map_or(Instant::MIN, |restarted| restarted + self.interval);
        (self.failures >= FAILURES).then_some(earliest)
    }

    /// It is being started anew. A restart that fails is tried again after the next interval.
    pub(crate) fn restarts(&mut self, now: Instant) {
        let is_rare = self.restarted.is_none_or(|restarted| now - restarted >= WELL);
        self.interval = if is_rare { SHORTEST } else { (self.interval * 2).min(LONGEST) };
        self.restarted = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(seconds: u64) -> Instant {
        Instant::from_secs(seconds)
    }

    #[test]
    fn three_failures_in_a_row_and_a_longer_wait_each_time() {
        let mut health = DriverHealth::new();
        health.failed();
        health.failed();
        health.succeeded();
        health.failed();
        health.failed();
        assert_eq!(health.restart_at(), None);
        health.failed();
        assert_eq!(health.restart_at(), Some(Instant::MIN));

        let (mut now, mut waits) = (second(5), std::vec::Vec::new());
        for _ in 0..9 {
            health.restarts(now);
            let next = health.restart_at().unwrap();
            waits.push((next - now).as_secs());
            now = next;
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 600, 600, 600]);
        health.restarts(now + WELL);
        assert_eq!(health.restart_at(), Some(now + WELL + SHORTEST), "it was well for long");
    }

    #[test]
    fn what_cannot_be_borne_is_one_failure() {
        let mut health = DriverHealth::new();
        health.failed_for_good();
        assert_eq!(health.restart_at(), Some(Instant::MIN));
        health.succeeded();
        assert_eq!(health.restart_at(), None);
    }
}
