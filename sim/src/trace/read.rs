//! Reads a trace back from its file of JSON Lines. A line that is no record is refused with its place and with
//! what was expected there.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use thiserror::Error;
use vestibule_core::Instant;

use super::{Layer, Record, What};
use crate::text::{FilePosition, io_words};

/// Why a file is no trace.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{}: {message}", path.display(), place.map(|place| format!(":{place}")).unwrap_or_default())]
pub struct TraceError {
    /// The file.
    pub path: PathBuf,
    /// Where in it; `None` for all of it.
    pub place: Option<FilePosition>,
    /// What is wrong, and what was expected.
    pub message: String,
}

/// Reads the trace in a file.
///
/// # Errors
/// [`TraceError`] when the file cannot be read, or a line of it is no record, or there is none.
pub fn read(path: &Path) -> Result<Vec<Record>, TraceError> {
    let text = std::fs::read_to_string(path).map_err(|error| TraceError {
        path: path.to_owned(),
        place: None,
        message: format!("cannot be read: {why}", why = io_words(&error)),
    })?;
    parse(&text, path)
}

/// Reads a trace from text; `path` is only for errors.
///
/// # Errors
/// As [`read`].
///
/// [`Record`] has an example.
pub fn parse(text: &str, path: &Path) -> Result<Vec<Record>, TraceError> {
    let refuse = |line: usize, column: usize, message: String| TraceError {
        path: path.to_owned(),
        place: Some(FilePosition { line, column }),
        message,
    };
    let mut records = Vec::new();
    for (number, line) in (0..).zip(text.lines()) {
        let record = record(line, number).map_err(|(byte, message)| {
            refuse(records.len() + 1, FilePosition::of(line, byte).column, message)
        })?;
        records.push(record);
    }
    if records.is_empty() {
        return Err(refuse(1, 1, "expected a record, one JSON object a line; the file is empty".into()));
    }
    Ok(records)
}

/// A byte of a line, and what is wrong there.
type Wrong = (usize, String);

/// What every record has; the rest depends on the event.
#[derive(Deserialize)]
#[serde(expecting = "an object with the members us, node, layer and event")]
struct Fields<'a> {
    #[serde(borrow)]
    us: &'a RawValue,
    #[serde(borrow)]
    node: &'a RawValue,
    #[serde(borrow)]
    layer: &'a RawValue,
    #[serde(borrow)]
    event: &'a RawValue,
}

fn record(line: &str, number: u64) -> Result<Record, Wrong> {
    let fields: Fields<'_> = serde_json::from_str(line).map_err(|error| {
        let expected = if error.is_data() { "a record" } else { "one JSON object a line" };
        (error.column().saturating_sub(1), format!("expected {expected}: {}", without_place(&error)))
    })?;
    let micros = field(line, fields.us, "microseconds since the world began")?;
    let node: String = field(line, fields.node, "a node's name")?;
    let layer: Layer = field(line, fields.layer, "a layer")?;
    let _: String = field(line, fields.event, "an event's name")?;
    let what: What = serde_json::from_str(line).map_err(|error| {
        (byte_offset(line, fields.event), format!("event {}: {}", fields.event, without_place(&error)))
    })?;
    if what.layer() != layer {
        let message = format!("event {} belongs to another layer than {}", fields.event, fields.layer);
        return Err((byte_offset(line, fields.layer), message));
    }
    Ok(Record { number, at: Instant::from_micros(micros), node: node.into(), layer, what })
}

fn field<T: DeserializeOwned>(line: &str, value: &RawValue, expected: &str) -> Result<T, Wrong> {
    serde_json::from_str(value.get()).map_err(|error| {
        (byte_offset(line, value), format!("expected {expected}: {}", without_place(&error)))
    })
}

/// At which byte of a line a value of it stands.
fn byte_offset(line: &str, value: &RawValue) -> usize {
    (value.get().as_ptr() as usize).saturating_sub(line.as_ptr() as usize)
}

/// An error's words; the place that `serde_json` counts is one inside the line or the value.
fn without_place(error: &serde_json::Error) -> String {
    let words = error.to_string();
    words.rsplit_once(" at line ").map_or(words.clone(), |(words, _)| words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Trace, json};

    #[test]
    fn what_was_written_is_read_back() {
        let events = [
            ("world", What::Begins { scenario: "a \"run\"".into(), seed: u64::MAX }),
            ("device", What::Power { on: true }),
            ("device", What::Joined { ssid: "\\x00<&>é".into(), address: "192.168.1.77".into() }),
            ("1/ios-17", What::Associated),
            (
                "1/ios-17",
                What::Frame { on: None, to: "device".into(), bytes: (0..=255).collect(), redacted: 0 },
            ),
            (
                "device",
                What::Frame { on: Some("2/Home".into()), to: "everybody".into(), bytes: vec![], redacted: 3 },
            ),
        ];
        let mut trace = Trace::default();
        for (index, (node, what)) in (0..).zip(&events) {
            trace.add(Instant::from_micros(index * 1000), &(*node).into(), what.clone());
        }
        let text: String = trace.records().map(|record| json(record) + "\n").collect();
        let read = parse(&text, Path::new("t.jsonl")).unwrap();
        assert_eq!(read.len(), events.len());
        for (read, written) in read.iter().zip(trace.records()) {
            assert_eq!((read.number, read.at, &read.node), (written.number, written.at, &written.node));
            assert_eq!((read.layer, &read.what), (written.layer, &written.what));
        }
    }

    #[test]
    fn a_line_that_is_no_record_is_told_with_its_place() {
        let good = r#"{"us":0,"node":"device","layer":"power","event":"power","on":true}"#;
        for (line, expected) in [
            ("", "2:1: expected one JSON object a line: EOF while parsing a value"),
            ("{\"us\":0,", "2:8: expected one JSON object a line: EOF while parsing a value"),
            ("[]", "2:2: expected a record: invalid length 0, expected an object"),
            (r#"{"us":0,"node":"device"}"#, "2:24: expected a record: missing field `layer`"),
            (
                r#"{"us":-1,"node":"d","layer":"power","event":"power","on":true}"#,
                "2:7: expected microseconds since the world began: invalid value",
            ),
            (
                r#"{"us":0,"node":7,"layer":"power","event":"power","on":true}"#,
                "2:16: expected a node's name: invalid type",
            ),
            (
                r#"{"us":0,"node":"d","layer":"sky","event":"power","on":true}"#,
                "2:28: expected a layer: unknown variant `sky`",
            ),
            (
                r#"{"us":0,"node":"d","layer":"power","event":"bang"}"#,
                "2:44: event \"bang\": unknown variant `bang`",
            ),
            (
                r#"{"us":0,"node":"d","layer":"power","event":"power"}"#,
                "2:44: event \"power\": missing field `on`",
            ),
            (
                r#"{"us":0,"node":"d","layer":"radio","event":"power","on":true}"#,
                "2:28: event \"power\" belongs to another layer than \"radio\"",
            ),
            (
                r#"{"us":0,"node":"d","layer":"frame","event":"frame","to":"x","bytes":"0g"}"#,
                "2:44: event \"frame\": expected pairs of hexadecimal digits in `bytes`",
            ),
        ] {
            let error = parse(&format!("{good}\n{line}\n{good}\n"), Path::new("t.jsonl")).unwrap_err();
            let told = error.to_string();
            assert!(told.starts_with(&format!("t.jsonl:{expected}")), "{line}\n{told}");
        }
        let empty = parse("", Path::new("t.jsonl")).unwrap_err().to_string();
        assert_eq!(empty, "t.jsonl:1:1: expected a record, one JSON object a line; the file is empty");
    }
}
