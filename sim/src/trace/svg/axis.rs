//! The time axis: the place on the page for each moment. Time runs to scale, with two exceptions: a long
//! stretch without events is shortened (and can be marked), and events at almost the same time are spread.

use std::time::Duration;

use vestibule_core::Instant;

/// Fewest pixels between two moments, as long as there is room.
const LEAST: f64 = 9.0;

/// A stretch takes at most this much more than its even share.
const MOST: f64 = 2.0;

/// Moments and their places.
pub(super) struct Axis {
    stops: Vec<(Instant, f64)>,
    idle: Vec<Idle>,
}

/// A stretch that is shortened.
pub(super) struct Idle {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) lasts: Duration,
}

impl Axis {
    /// An axis for these moments, which are in order and differ, from `left` on and `width` wide.
    pub(super) fn new(moments: &[Instant], left: f64, width: f64) -> Self {
        let lengths: Vec<Duration> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let share = width / lengths.len().max(1) as f64;
        let (least, most) = (LEAST.min(share / 2.0), share * MOST);
        let wide = |length: Duration, scale: f64| (length.as_secs_f64() * scale).clamp(least, most);
        let scale = scale(|scale| lengths.iter().map(|length| wide(*length, scale)).sum::<f64>() >= width);
        let mut axis = Self { stops: Vec::with_capacity(moments.len()), idle: Vec::new() };
        let mut x = left;
        axis.stops.extend(moments.first().map(|first| (*first, x)));
        for (length, moment) in lengths.iter().zip(moments.iter().skip(1)) {
            let to = x + wide(*length, scale);
            // It is shortened so much that it has to be marked.
            if length.as_secs_f64() * scale > most * 1.05 {
                axis.idle.push(Idle { from: x, to, lasts: *length });
            }
            axis.stops.push((*moment, to));
            x = to;
        }
        axis
    }

    /// The place of one of its moments.
    pub(super) fn x(&self, at: Instant) -> f64 {
        let index = self.stops.partition_point(|(moment, _)| *moment < at);
        self.stops.get(index).or(self.stops.last()).map_or(0.0, |(_, x)| *x)
    }

    /// Its moments that are so far apart that `room` fits after each.
    pub(super) fn ticks(&self, room: f64) -> Vec<(Instant, f64)> {
        let mut ticks: Vec<(Instant, f64)> = Vec::new();
        for stop in &self.stops {
            if ticks.last().is_none_or(|(_, x)| stop.1 >= x + room) {
                ticks.push(*stop);
            }
        }
        ticks
    }

    /// The stretches that are shortened.
    pub(super) fn idle(&self) -> &[Idle] {
        &self.idle
    }

    /// Where it ends.
    pub(super) fn end(&self) -> f64 {
        self.stops.last().map_or(0.0, |(_, x)| *x)
    }
}

/// The least scale, in pixels a second, at which it is wide enough.
fn scale(is_wide_enough: impl Fn(f64) -> bool) -> f64 {
    // Of logarithms: from a pixel in a fortnight to a million in a microsecond.
    let (mut low, mut high) = (-6.0_f64, 12.0_f64);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if is_wide_enough(10_f64.powf(middle)) { high = middle } else { low = middle }
    }
    10_f64.powf(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(millis: &[u64]) -> Axis {
        let moments: Vec<_> = millis.iter().map(|millis| Instant::from_micros(millis * 1000)).collect();
        Axis::new(&moments, 10.0, 900.0)
    }

    #[test]
    fn time_is_to_scale_where_it_can_be() {
        let axis = axis(&[0, 100, 250, 450]);
        let places: Vec<f64> = axis.stops.iter().map(|(_, x)| x.round()).collect();
        assert_eq!(places, [10.0, 210.0, 510.0, 910.0]);
        assert!(axis.idle().is_empty());
    }

    #[test]
    fn idle_stretches_are_shortened_and_marked_and_bursts_are_spread() {
        let axis = axis(&[0, 100, 60_000, 60_001, 60_002, 60_100]);
        assert_eq!(axis.end().round(), 910.0);
        let [idle] = axis.idle() else { panic!("one stretch is idle") };
        assert_eq!(idle.lasts, Duration::from_millis(59_900));
        assert!(idle.to - idle.from < 900.0 / 5.0 * MOST + 0.1);
        for pair in axis.stops.windows(2) {
            assert!(pair[1].1 - pair[0].1 >= LEAST - 0.1, "{:?}", axis.stops);
        }
    }

    #[test]
    fn any_number_of_moments_fits() {
        for count in [1, 2, 3, 50, 5000] {
            let axis = axis(&(0..count).map(|index| index * index).collect::<Vec<_>>());
            assert!((0.0..=910.5).contains(&axis.end()), "{count}: {}", axis.end());
            assert!(axis.stops.windows(2).all(|pair| pair[0].1 < pair[1].1));
        }
    }
}
