//! What differs between the reply that a recording has and the one that came now: for the reader of
//! a replay. It judges nothing, and it does not know what a client makes of either.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::{Sent, filler};
use crate::phone::Reply;
use crate::phone::judge::Failure;

/// How the reply that came now compares with the recorded one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What is not as it was recorded.
    pub differs: Vec<Difference>,
    /// How long its first byte took when it was recorded, where that is known.
    #[serde(rename = "recorded_us", serialize_with = "microseconds")]
    pub then: Option<Duration>,
    /// How long it took now; `None` when nothing came.
    #[serde(rename = "now_us", serialize_with = "microseconds")]
    pub now: Option<Duration>,
}

/// One thing that is not as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "part", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Difference {
    /// No reply came.
    Reply {
        /// Why.
        now: String,
    },
    /// The status code.
    Status {
        /// When it was recorded.
        recorded: u16,
        /// Now.
        now: u16,
    },
    /// The `Location`.
    Location {
        /// When it was recorded.
        recorded: Option<String>,
        /// Now.
        now: Option<String>,
    },
    /// The body.
    Body {
        /// How many bytes it had when it was recorded.
        recorded: u64,
        /// How many it has now.
        now: u64,
        /// The first byte that is another one, from 0 on; the end of the shorter one, if it is the
        /// beginning of the other.
        from: usize,
    },
}

fn microseconds<S: serde::Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)).serialize(serializer)
}

/// Compares what came now, after `took`, with what is recorded of the exchange. `None` where
/// nothing is.
pub(super) fn compare(
    sent: &Sent,
    at: Option<Duration>,
    came: &Result<Reply, Failure>,
    took: Option<Duration>,
) -> Option<Comparison> {
    let Sent::Request { recorded_reply: Some(recorded), replied, .. } = sent else { return None };
    // The loader has read it once.
    let recorded = Reply::parse(recorded.as_bytes(), true).ok()?;
    let differs = match came {
        Ok(came) => differences(&recorded, came),
        Err(failure) => vec![Difference::Reply { now: failure.to_string() }],
    };
    let then = replied.zip(at).map(|(replied, at)| replied.saturating_sub(at));
    Some(Comparison { differs, then, now: took })
}

fn differences(recorded: &Reply, now: &Reply) -> Vec<Difference> {
    let mut differs = Vec::new();
    if recorded.status != now.status {
        differs.push(Difference::Status { recorded: recorded.status, now: now.status });
    }
    let location = |reply: &Reply| reply.header("location").map(str::to_owned);
    // Recordings keep no queries.
    let has_query = location(recorded).is_some_and(|location| location.contains('?'));
    let compared = |reply: &Reply| match location(reply) {
        Some(location) if !has_query => location.split('?').next().map(str::to_owned),
        location => location,
    };
    if compared(recorded) != compared(now) {
        differs.push(Difference::Location { recorded: location(recorded), now: location(now) });
    }
    let is_same_as_far_as_kept = filler::is_filler(&recorded.body) && recorded.body_bytes == now.body_bytes;
    if !is_same_as_far_as_kept && (recorded.body != now.body || recorded.body_bytes != now.body_bytes) {
        let same = recorded.body.iter().zip(&now.body).take_while(|(one, other)| one == other).count();
        differs.push(Difference::Body { recorded: recorded.body_bytes, now: now.body_bytes, from: same });
    }
    differs
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |location: &Option<String>| location.clone().unwrap_or_else(|| "none".into());
        match self {
            Self::Reply { now } => write!(f, "no reply ({now})"),
            Self::Status { recorded, now } => write!(f, "status {now}, not {recorded}"),
            Self::Location { recorded, now } => {
                write!(f, "Location {}, not {}", named(now), named(recorded))
            }
            Self::Body { recorded, now, from } => {
                write!(f, "a body of {now} bytes, not {recorded}, another one from byte {from} on")
            }
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.differs.iter().map(ToString::to_string).collect();
        match all.is_empty() {
            true => f.write_str("as recorded")?,
            false => f.write_str(&all.join("; "))?,
        }
        match (self.now, self.then) {
            (Some(now), Some(then)) => {
                write!(f, "; after {}, not {}", milliseconds(now), milliseconds(then))
            }
            _ => Ok(()),
        }
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
