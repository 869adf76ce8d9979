//! One direction of a TCP connection, put back into order: lost, repeated, overlapping and reordered
//! segments, within a bounded memory.

/// Bytes that wait for what comes before them: of one direction.
const WAITING_BYTES: usize = 64 * 1024;

/// Segments that wait.
const WAITING: usize = 64;

/// One direction of a connection.
#[derive(Default)]
pub(super) struct Stream {
    /// The sequence number that it began with, if that was seen.
    first: Option<u32>,
    /// The sequence number of the next byte; `None` before anything came.
    next: Option<u32>,
    waiting: Vec<(u32, Vec<u8>)>,
    /// The sequence number after the last byte.
    end: Option<u32>,
    lost: bool,
}

impl Stream {
    /// The sender began here (RFC 9293 section 3.4).
    pub(super) fn begins(&mut self, sequence: u32) {
        if self.first.is_none() {
            self.first = Some(sequence);
            self.next = Some(sequence.wrapping_add(1));
        }
    }

    /// The first byte that is waited for, where its beginning was not seen.
    pub(super) fn goes_on_at(&mut self, sequence: u32) {
        self.next.get_or_insert(sequence);
    }

    /// Whether this is another connection's beginning, not this one's once more.
    pub(super) fn is_another(&self, sequence: u32) -> bool {
        self.has_begun() && self.first != Some(sequence)
    }

    /// Whether anything came.
    pub(super) fn has_begun(&self) -> bool {
        self.next.is_some()
    }

    /// The sender will send nothing after this.
    pub(super) fn ends(&mut self, sequence: u32) {
        self.end.get_or_insert(sequence);
    }

    /// Whether all of it came.
    pub(super) fn is_over(&self) -> bool {
        self.end.is_some() && self.end == self.next
    }

    /// How many segments wait for one that was never seen.
    pub(super) fn missing(&self) -> Option<u32> {
        let next = self.next?;
        self.waiting.iter().map(|(sequence, _)| sequence.wrapping_sub(next)).min()
    }

    /// Takes a segment and hands out what is in order now. Returns whether it goes on: `false` once
    /// too much waits for what is missing.
    pub(super) fn take(&mut self, sequence: u32, bytes: &[u8], mut out: impl FnMut(&[u8])) -> bool {
        if bytes.is_empty() || self.lost {
            return !self.lost;
        }
        let next = *self.next.get_or_insert(sequence);
        match fresh(next, sequence, bytes) {
            Some(fresh) => {
                out(fresh);
                self.next = Some(next.wrapping_add(fresh.len() as u32));
                self.release(&mut out);
            }
            None if distance(next, sequence) > 0 => {
                self.waiting.push((sequence, bytes.to_vec()));
                let held: usize = self.waiting.iter().map(|(_, bytes)| bytes.len()).sum();
                self.lost = held > WAITING_BYTES || self.waiting.len() > WAITING;
                if self.lost {
                    self.waiting = Vec::new();
                }
            }
            None => {}
        }
        !self.lost
    }

    fn release(&mut self, out: &mut impl FnMut(&[u8])) {
        while let Some(next) = self.next {
            let Some(place) = self.waiting.iter().position(|(sequence, _)| distance(next, *sequence) <= 0)
            else {
                return;
            };
            let (sequence, bytes) = self.waiting.swap_remove(place);
            if let Some(fresh) = fresh(next, sequence, &bytes) {
                out(fresh);
                self.next = Some(next.wrapping_add(fresh.len() as u32));
            }
        }
    }
}

/// From one sequence number to another: they wrap around (RFC 9293 section 3.4).
fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

/// The part of a segment that continues the stream; `None` where all of it came before, or it lies
/// ahead. What came first is kept.
fn fresh(next: u32, sequence: u32, bytes: &[u8]) -> Option<&[u8]> {
    let known = usize::try_from(distance(sequence, next)).ok()?;
    bytes.get(known..).filter(|fresh| !fresh.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn too_much_that_waits_is_given_up() {
        let mut stream = Stream::default();
        stream.begins(0);
        assert!(stream.take(10, &[1; 40_000], |_| panic!("nothing is in order")));
        assert_eq!(stream.missing(), Some(9));
        assert!(!stream.take(50_000, &[1; 40_000], |_| panic!("nothing is in order")));
        assert!(!stream.is_another(0) && stream.is_another(1));
    }

    #[test]
    fn what_came_first_is_kept_and_the_end_is_known() {
        let (mut stream, mut out) = (Stream::default(), Vec::new());
        stream.begins(u32::MAX - 1);
        stream.take(u32::MAX, b"ab", |bytes| out.extend(bytes));
        stream.take(0, b"Xcd", |bytes| out.extend(bytes));
        stream.ends(3);
        assert_eq!((out.as_slice(), stream.is_over()), (&b"abcd"[..], true));
    }

    proptest! {
        #[test]
        fn any_order_with_repeats_and_overlaps_is_the_same_stream(
            start: u32,
            pieces in proptest::collection::vec((0_usize..400, 1_usize..60), 0..40),
            shuffled in Just((0..20_usize).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let text: Vec<u8> = (0..400_u32).map(|n| (n % 251) as u8).collect();
            let mut stream = Stream::default();
            stream.begins(start.wrapping_sub(1));
            let mut out: Vec<u8> = Vec::new();
            let whole = shuffled.into_iter().map(|index| (index * 20, 20));
            for (at, length) in pieces.into_iter().take(40).chain(whole) {
                let bytes = &text[at..text.len().min(at + length)];
                prop_assert!(stream.take(start.wrapping_add(at as u32), bytes, |bytes| out.extend(bytes)));
            }
            prop_assert_eq!(out, text);
        }
    }
}
