//! What happens, as server-sent events: one a record, its JSON with two members more, `words`
//! (as the terminal has them) and `story` (whether they belong to the story or are traffic).
//!
//! An event's id is the run and the record's number, so that a browser that comes back goes on
//! where it was, and one that comes back to another run begins anew.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Sse};
use serde::Serialize;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::BroadcastStream;

use super::Served;
use crate::trace::{Record, Timeline, words};

/// After what time a browser comes back when the stream ends.
const COME_BACK: Duration = Duration::from_secs(1);

/// How often a silent stream says that it lives.
const STILL_HERE: Duration = Duration::from_secs(15);

/// A record as the page is told it.
#[derive(Serialize)]
pub(super) struct EventJson<'a> {
    number: u64,
    #[serde(flatten)]
    record: &'a Record,
    words: String,
    story: bool,
}

impl<'a> EventJson<'a> {
    /// To be told in order: the story leaves out what only repeats.
    pub(super) fn new(record: &'a Record, timeline: &mut Timeline) -> Self {
        let mut told = Self { number: record.number, record, words: words(&record.what), story: false };
        told.story = timeline.matters(record);
        told
    }
}

/// `GET /events`
pub(super) async fn events(State(served): State<Arc<Served>>, headers: HeaderMap) -> impl IntoResponse {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let next = last.and_then(|id| next_number(id, &served.run));
    // Both under the world's lock, so that no record falls between them or is told twice.
    let (past, records) = served.world.with(|world, _| {
        let records = world.trace().records();
        let next = next.unwrap_or(0);
        let past: Vec<_> = records.filter(|record| record.number >= next).cloned().collect();
        (past, served.world.follow())
    });
    // A client that lags behind is cut off; when it connects again it gets what it missed.
    let to_come = BroadcastStream::new(records).map_while(Result::ok);
    let run = served.run.clone();
    let mut timeline = Timeline::default();
    let told = tokio_stream::iter(past).chain(to_come).map(move |record| event(&record, &run, &mut timeline));
    let stream = tokio_stream::once(Event::default().retry(COME_BACK)).chain(told);
    Sse::new(stream.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::new().interval(STILL_HERE))
}

fn event(record: &Record, run: &str, timeline: &mut Timeline) -> Event {
    let json = serde_json::to_string(&EventJson::new(record, timeline)).unwrap_or_else(|_| "{}".into());
    Event::default().id(format!("{run}-{}", record.number)).data(json)
}

/// The number of the record after the one with this id; `None` if that is of another run.
fn next_number(id: &str, run: &str) -> Option<u64> {
    let (its_run, number) = id.rsplit_once('-')?;
    number.parse::<u64>().ok().filter(|_| its_run == run)?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_to_the_next_record_of_its_own_run() {
        assert_eq!(next_number("abc-41", "abc"), Some(42));
        for other in ["abd-41", "abc", "abc-", "abc-x", "abc-18446744073709551615", ""] {
            assert_eq!(next_number(other, "abc"), None, "{other}");
        }
    }
}
