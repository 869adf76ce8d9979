//! Things that the application wants done later, or every so often. Sans-IO like the portal: its
//! driver waits for the earlier of the two deadlines.
//!
//! It knows no clock and calls nothing: what is due is handed out.

use core::time::Duration;

use crate::time::Instant;
use crate::time::earliest;

/// Up to `N` jobs, each with a task of the application's that it stands for.
///
/// ```
/// use core::time::Duration;
/// use vestibule_core::Instant;
/// use vestibule_core::schedule::Schedule;
///
/// let start = Instant::from_micros(0);
/// let mut schedule = Schedule::<&str, 4>::new();
/// let blink = schedule.every(Duration::from_secs(1), "blink", start)?;
/// schedule.once(Duration::from_millis(1500), "ring", start)?;
///
/// let due = schedule.poll_timeout().unwrap();
/// assert_eq!(due, start + Duration::from_secs(1));
/// assert_eq!(schedule.poll(due), Some("blink"));
/// assert_eq!(schedule.poll(due), None);
///
/// schedule.cancel(blink);
/// assert_eq!(schedule.poll(start + Duration::from_secs(9)), Some("ring"));
/// assert_eq!(schedule.poll_timeout(), None);
/// # Ok::<(), vestibule_core::schedule::ScheduleFull>(())
/// ```
#[derive(Clone, Debug)]
pub struct Schedule<T, const N: usize> {
    jobs: [Option<Entry<T>>; N],
    next: u32,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    job: Job,
    due: Instant,
    /// None for what happens once.
    period: Option<Duration>,
    task: T,
}

/// A job, for [`Schedule::cancel`]. One that is over is never mistaken for a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job(u32);

impl<T: Clone, const N: usize> Schedule<T, N> {
    /// A schedule without jobs.
    pub const fn new() -> Self {
        Self { jobs: [const { None }; N], next: 0 }
    }

    /// A task every `period`, first one period from now. A driver that comes late is given it once,
    /// and the next one when it would have been due anyway: neither a burst nor a drift.
    ///
    /// # Errors
    /// [`ScheduleFull`] when there are `N` jobs already.
    pub fn every(&mut self, period: Duration, task: T, now: Instant) -> Result<Job, ScheduleFull> {
        // A period of nothing would be due for ever.
        let period = period.max(Duration::from_micros(1));
        self.add(now + period, Some(period), task)
    }

    /// A task after a wait.
    ///
    /// # Errors
    /// [`ScheduleFull`] when there are `N` jobs already.
    pub fn once(&mut self, wait: Duration, task: T, now: Instant) -> Result<Job, ScheduleFull> {
        self.add(now + wait, None, task)
    }

    fn add(&mut self, due: Instant, period: Option<Duration>, task: T) -> Result<Job, ScheduleFull> {
        let free = self.jobs.iter_mut().find(|place| place.is_none()).ok_or(ScheduleFull)?;
        let job = Job(self.next);
        self.next = self.next.wrapping_add(1);
        *free = Some(Entry { job, due, period, task });
        Ok(job)
    }

    /// Takes a job back. Returns whether it was still to come.
    pub fn cancel(&mut self, job: Job) -> bool {
        let place = self.jobs.iter_mut().find(|place| place.as_ref().is_some_and(|entry| entry.job == job));
        place.and_then(Option::take).is_some()
    }

    /// A task that is due, the one that waited longest first. Call it until there is none.
    #[must_use]
    pub fn poll(&mut self, now: Instant) -> Option<T> {
        let is_due = |place: &&mut Option<Entry<T>>| place.as_ref().is_some_and(|entry| entry.due <= now);
        let place = self.jobs.iter_mut().filter(is_due).min_by_key(|place| place.as_ref().map(|e| e.due))?;
        let entry = place.as_mut()?;
        let task = entry.task.clone();
        match entry.period {
            None => *place = None,
            Some(period) => entry.due = next_after(entry.due, period, now),
        }
        Some(task)
    }

    /// When something is next due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.jobs.iter().flatten().fold(None, |soonest, entry| earliest(soonest, Some(entry.due)))
    }
}

impl<T: Clone, const N: usize> Default for Schedule<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The first moment after `now` that is whole periods after `due`.
fn next_after(due: Instant, period: Duration, now: Instant) -> Instant {
    let micros = u64::try_from(period.as_micros()).unwrap_or(u64::MAX).max(1);
    let late = now.as_micros().saturating_sub(due.as_micros());
    due + Duration::from_micros((late / micros + 1).saturating_mul(micros))
}

/// There is no room for another job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduleFull;

impl core::fmt::Display for ScheduleFull {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the schedule has as many jobs as it has room for")
    }
}

impl core::error::Error for ScheduleFull {}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    fn due<const N: usize>(schedule: &mut Schedule<u8, N>, millis: u64) -> Vec<u8> {
        core::iter::from_fn(|| schedule.poll(at(millis))).collect()
    }

    #[test]
    fn late_drivers_get_neither_a_burst_nor_a_drift() {
        let mut schedule = Schedule::<u8, 2>::new();
        schedule.every(Duration::from_millis(100), 1, at(0)).unwrap();
        assert!(due(&mut schedule, 99).is_empty());
        assert_eq!(due(&mut schedule, 130), [1]);
        assert_eq!(schedule.poll_timeout(), Some(at(200)));
        assert_eq!(due(&mut schedule, 1050), [1], "once, however late");
        assert_eq!(schedule.poll_timeout(), Some(at(1100)));
    }

    #[test]
    fn what_is_over_or_cancelled_makes_room_and_stays_over() {
        let mut schedule = Schedule::<u8, 2>::new();
        let first = schedule.once(Duration::from_millis(10), 1, at(0)).unwrap();
        let second = schedule.every(Duration::from_millis(5), 2, at(0)).unwrap();
        assert_eq!(schedule.once(Duration::ZERO, 3, at(0)), Err(ScheduleFull));
        assert_eq!(due(&mut schedule, 10), [2, 1], "the one that waited longer first");
        assert!(!schedule.cancel(first), "it is over");
        schedule.once(Duration::ZERO, 3, at(10)).unwrap();
        assert!(!schedule.cancel(first), "another one has its place");
        assert!(schedule.cancel(second));
        assert_eq!(due(&mut schedule, 1000), [3]);
        assert_eq!(schedule.poll_timeout(), None);
    }

    #[test]
    fn extremes_are_survived() {
        let mut schedule = Schedule::<u8, 2>::new();
        schedule.every(Duration::ZERO, 1, at(0)).unwrap();
        schedule.every(Duration::MAX, 2, at(0)).unwrap();
        assert_eq!(due(&mut schedule, 1), [1]);
        let end = Instant::from_micros(u64::MAX);
        assert!(schedule.poll(end).is_some() && schedule.poll_timeout().is_some());
    }

    proptest! {
        #[test]
        fn no_period_is_missed_by_a_driver_that_is_on_time(period in 1..50_u64, until in 0..500_u64) {
            let mut schedule = Schedule::<u8, 1>::new();
            schedule.every(Duration::from_millis(period), 1, at(0)).unwrap();
            let mut runs = 0;
            while let Some(moment) = schedule.poll_timeout().filter(|moment| *moment <= at(until)) {
                runs += core::iter::from_fn(|| schedule.poll(moment)).count() as u64;
            }
            prop_assert_eq!(runs, until / period);
        }
    }
}
