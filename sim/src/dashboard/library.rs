//! The runs over HTTP: what there is, one to be looked at, a new one, and each as files.
//!
//! The live world is one of them, called `live`; the others are numbers.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::events::EventJson;
use super::lines::Button;
use super::runs::Run;
use super::{Refusal, Served, refused};
use crate::export;
use crate::trace::{self, Record, Timeline, What};

/// The live world.
const LIVE: &str = "live";

/// What a page that a phone saw may do on the dashboard: be looked at.
const PAGE_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                           frame-ancestors 'self'";

/// What is asked for: a run of one of these.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Wanted {
    /// The demo's journey (`journey`), or what was done to the live world so far (`live`).
    Known { of: String },
    /// Another run with a button pressed at that moment, in microseconds.
    Pressed { run: usize, at: u64, press: Button },
    /// A file: a trace, or a scenario and a seed, with the faults of a campaign or without.
    File {
        text: String,
        name: String,
        #[serde(default)]
        seed: Option<u64>,
        #[serde(default)]
        campaign: bool,
    },
}

const EXPECTED: &str = "expected {\"of\":\"journey\"}, {\"of\":\"live\"}, {\"run\":1,\"at\":2500000,\"press\":{\"do\":…}} \
                        or {\"name\":…,\"text\":…,\"seed\":7,\"campaign\":true}";

/// `POST /runs`
pub(super) async fn make(State(served): State<Arc<Served>>, body: Bytes) -> Response {
    let wanted: Wanted = match serde_json::from_slice(&body) {
        Ok(wanted) => wanted,
        Err(error) => return refused((StatusCode::BAD_REQUEST, format!("{EXPECTED}: {error}"))),
    };
    // A run takes as long as it takes; others are answered meanwhile.
    let made = tokio::task::spawn_blocking(move || carry_out(&served, wanted)).await;
    match made {
        Ok(Ok(run)) => Json(json!({ "id": run.id })).into_response(),
        Ok(Err(refusal)) => refused(refusal),
        Err(_) => refused((StatusCode::INTERNAL_SERVER_ERROR, "the run has ended in a panic".into())),
    }
}

fn carry_out(served: &Served, wanted: Wanted) -> Result<Arc<Run>, Refusal> {
    let bad = |why: String| (StatusCode::BAD_REQUEST, why);
    let runs = &served.runs;
    match wanted {
        Wanted::Known { of } if of == "journey" => {
            runs.carry_out(&crate::demo::text(true), "the demo's journey", served.seed, None, None)
        }
        Wanted::Known { of } if of == LIVE => {
            let text = scenario_of_live(served).map_err(bad)?;
            runs.carry_out(&text, "what you did", served.seed, None, None)
        }
        Wanted::Known { of } => return Err(bad(format!("{EXPECTED}, not \"{of}\""))),
        Wanted::Pressed { run, at, press } => {
            let run = runs.get(run).ok_or_else(|| gone(&run.to_string()))?;
            runs.press(&run, &press, Duration::from_micros(at))
        }
        Wanted::File { text, name, seed, campaign } => runs.open(&text, &name, seed, campaign),
    }
    .map_err(bad)
}

fn scenario_of_live(served: &Served) -> Result<String, String> {
    served.world.with(|world, now| served.session().scenario(&served.base, world, now))
}

fn gone(id: &str) -> Refusal {
    (StatusCode::NOT_FOUND, format!("there is no run {id}, or not any more"))
}

/// `GET /runs`
pub(super) async fn list(State(served): State<Arc<Served>>) -> Json<Value> {
    let runs: Vec<_> = served.runs.all().iter().map(|run| about(run)).collect();
    Json(json!({ "opened": served.opened, "runs": runs }))
}

fn about(run: &Run) -> Value {
    json!({
        "id": run.id, "title": run.title, "parent": run.parent, "line": run.line, "carried": run.scenario,
        "end": run.records.last().map_or(0, |record| record.at.as_micros()),
    })
}

/// `GET /runs/{id}`: everything that happened in it, as the live world's events are told.
pub(super) async fn show_run(State(served): State<Arc<Served>>, Path(id): Path<usize>) -> Response {
    let Some(run) = served.runs.get(id) else { return refused(gone(&id.to_string())) };
    let mut timeline = Timeline::default();
    let told: Vec<_> = run.records.iter().map(|record| EventJson::new(record, &mut timeline)).collect();
    Json(json!({ "run": about(&run), "records": told })).into_response()
}

/// `GET /runs/{id}/{file}`: a download.
pub(super) async fn file(
    State(served): State<Arc<Served>>,
    Path((id, name)): Path<(String, String)>,
) -> Response {
    match tokio::task::spawn_blocking(move || download(&served, &id, &name)).await {
        Ok(Ok(file)) => file,
        Ok(Err(refusal)) => refused(refusal),
        Err(_) => refused((StatusCode::INTERNAL_SERVER_ERROR, "the file could not be made".into())),
    }
}

fn download(served: &Served, id: &str, name: &str) -> Result<Response, Refusal> {
    let no_frames = |error: trace::NoFrames| (StatusCode::CONFLICT, error.to_string());
    let records = || records(served, id);
    let (kind, bytes) = match name {
        "trace.jsonl" => {
            let lines: String = records()?.iter().map(|record| trace::json(record) + "\n").collect();
            ("application/jsonl", lines.into_bytes())
        }
        "frames.pcapng" => ("application/x-pcapng", trace::pcapng(&records()?).map_err(no_frames)?),
        "requests.har" => ("application/json", export::har(&records()?).map_err(no_frames)?.into_bytes()),
        "timeline.svg" => ("image/svg+xml", trace::svg(&records()?).into_bytes()),
        "scenario.toml" => ("application/toml", scenario(served, id)?.into_bytes()),
        _ => return Err((StatusCode::NOT_FOUND, format!("there is no file {name} of a run"))),
    };
    let disposition =
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"vestibule-{id}-{name}\""));
    Ok((served.headers(kind), [disposition], bytes).into_response())
}

/// A run's records, beginning with which run it is.
fn records(served: &Served, id: &str) -> Result<Vec<Record>, Refusal> {
    if id != LIVE {
        return Ok(run(served, id)?.records.clone());
    }
    let so_far = served.world.with(|world, _| world.trace().records().cloned().collect::<Vec<_>>());
    let mut records = vec![Record::begins("the demo, live", served.seed)];
    records.extend(so_far.iter().map(|record| Record::clone(record)));
    Ok(records)
}

fn run(served: &Served, id: &str) -> Result<Arc<Run>, Refusal> {
    id.parse().ok().and_then(|number| served.runs.get(number)).ok_or_else(|| gone(id))
}

fn scenario(served: &Served, id: &str) -> Result<String, Refusal> {
    if id == LIVE {
        return scenario_of_live(served).map_err(|why| (StatusCode::CONFLICT, why));
    }
    let run = run(served, id)?;
    let saved = || (StatusCode::CONFLICT, "a saved trace does not hold its scenario".to_owned());
    run.scenario.as_ref().map(|carried| carried.text.clone()).ok_or_else(saved)
}

/// `GET /runs/{id}/pages/{number}`: the page that the record of that number holds, as the phone was
/// given it. Nothing in it runs, and nothing leads out of it.
pub(super) async fn page(
    State(served): State<Arc<Served>>,
    Path((id, number)): Path<(String, u64)>,
) -> Response {
    let held = |record: &Record| match &record.what {
        What::Page { html, .. } if record.number == number => Some(html.clone()),
        _ => None,
    };
    let html = match id == LIVE {
        true => served.world.with(|world, _| world.trace().records().find_map(|record| held(record))),
        false => run(&served, &id).ok().and_then(|run| run.records.iter().find_map(held)),
    };
    let Some(html) = html else {
        return refused((StatusCode::NOT_FOUND, format!("record {number} of {id} holds no page")));
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
    ];
    (headers, still(&html)).into_response()
}

/// The page without what would run or lead on by itself: the sandbox lets neither, and a browser complains of each.
fn still(html: &str) -> String {
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((place, end)) = moving(rest) {
        kept.push_str(&rest[..place]);
        rest = rest[place..].find(end).map_or("", |found| &rest[place + found + end.len()..]);
    }
    kept + rest
}

/// Where the next script or refresh begins, and with what it ends.
fn moving(html: &str) -> Option<(usize, &'static str)> {
    let lower = html.to_ascii_lowercase();
    let script = lower.find("<script").map(|place| (place, "</script>"));
    let refresh = lower.match_indices("<meta").find(|(place, _)| {
        let tag = lower[*place..].split('>').next().unwrap_or_default();
        tag.contains("http-equiv") && tag.contains("refresh")
    });
    [script, refresh.map(|(place, _)| (place, ">"))].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_shown_without_what_moves() {
        for (page, shown) in [
            ("<p>x</p>", "<p>x</p>"),
            ("<head><script src=\"/portal.js\" defer></script><title>é</title>", "<head><title>é</title>"),
            (
                "<noscript><META http-equiv=\"Refresh\" content=\"2; url=/\"></noscript>y",
                "<noscript></noscript>y",
            ),
            (
                "<meta charset=\"utf-8\"><SCRIPT>if (1 > 0) go()</script>z<script>open",
                "<meta charset=\"utf-8\">z",
            ),
        ] {
            assert_eq!(still(page), shown, "{page}");
        }
    }
}
