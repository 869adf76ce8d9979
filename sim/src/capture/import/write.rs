//! Writes recordings: the format of `fixtures/captures/README.md`, which `load` reads.

use serde::Serialize;

use crate::capture::{By, Provenance};

/// What the first line says, but for its name and source.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) client: String,
    pub(super) judge: JudgeText,
    pub(super) recorded: Option<u16>,
    pub(super) concludes: &'static str,
    pub(super) recorded_conclusion: Option<&'static str>,
    pub(super) notes: String,
}

/// Whose rules judge, as it is written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum JudgeText {
    Android(String),
    Apple,
    Windows(WindowsText),
    Model(&'static str),
    Names,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum WindowsText {
    ConnectTest,
    Ncsi,
}

#[derive(Serialize)]
struct First<'a> {
    vestibule: &'static str,
    name: &'a str,
    client: &'a str,
    judge: &'a JudgeText,
    source: &'a str,
    grade: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<u16>,
    concludes: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_conclusion: Option<&'static str>,
    notes: &'a str,
}

/// One exchange, as it is written.
#[derive(Debug, Default, Serialize)]
pub(super) struct Line {
    pub(super) at_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provenance: Option<Provenance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) what: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asks: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dns: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<By>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) http: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reply_at_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recorded_reply: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dhcp: Option<String>,
}

/// A recording's text.
pub(super) fn jsonl(header: &Header, lines: &[Line], name: &str, source: &str) -> String {
    let first = First {
        vestibule: "capture/1",
        name,
        client: &header.client,
        judge: &header.judge,
        source,
        grade: "C",
        recorded: header.recorded,
        concludes: header.concludes,
        recorded_conclusion: header.recorded_conclusion,
        notes: &header.notes,
    };
    let mut text = json(&first) + "\n";
    for line in lines {
        text += &json(line);
        text.push('\n');
    }
    text
}

/// Text, numbers and lists of them: there is always JSON for these.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
