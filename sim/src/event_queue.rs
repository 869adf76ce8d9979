//! An event queue: a heap keyed by time and then by the order in which events were
//! scheduled, so that two events of one moment have a fixed order.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use vestibule_core::Instant;

#[derive(Debug)]
struct Entry<T> {
    at: Instant,
    sequence: u64,
    what: T,
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Reversed: the heap hands out its greatest.
        (other.at, other.sequence).cmp(&(self.at, self.sequence))
    }
}

/// Events that are to happen, in order.
#[derive(Debug)]
pub(crate) struct EventQueue<T> {
    entries: BinaryHeap<Entry<T>>,
    sequence: u64,
}

impl<T> Default for EventQueue<T> {
    fn default() -> Self {
        Self { entries: BinaryHeap::new(), sequence: 0 }
    }
}

impl<T> EventQueue<T> {
    /// Schedules an event.
    pub(crate) fn schedule(&mut self, at: Instant, what: T) {
        self.sequence += 1;
        self.entries.push(Entry { at, sequence: self.sequence, what });
    }

    /// When the first event is due.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.entries.peek().map(|entry| entry.at)
    }

    /// Removes the events that `keep` returns `false` for.
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.entries.retain(|entry| keep(&entry.what));
    }

    /// The first event, if it is not after `end`.
    pub(crate) fn pop_until(&mut self, end: Instant) -> Option<(Instant, T)> {
        if self.entries.peek()?.at > end {
            return None;
        }
        self.entries.pop().map(|entry| (entry.at, entry.what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_moment_keep_their_order() {
        let mut event_queue = EventQueue::default();
        let at = Instant::from_micros;
        for (micros, what) in [(5, 'c'), (3, 'a'), (5, 'd'), (3, 'b'), (9, 'e')] {
            event_queue.schedule(at(micros), what);
        }
        let order: String =
            std::iter::from_fn(|| event_queue.pop_until(at(5))).map(|(_, what)| what).collect();
        assert_eq!(order, "abcd");
    }
}
