//! Reads a recording and refuses one that contradicts itself: with the file, the line, the column
//! and what was expected there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use thiserror::Error;

use super::{By, Capture, Conclusion, Exchange, Judge, Request, Sent, release};
use crate::phone::judge::Client;
use crate::phone::judge::names::RecordedQuestion;
use crate::phone::judge::windows::Expected;
use crate::phone::{Grade, by_id};
use crate::text::{FilePosition, from_hex, io_words};

/// The format that is read.
const FORMAT: &str = "capture/1";

/// Where a DHCP message has its client hardware address (RFC 2131 section 2).
const HARDWARE_ADDRESS: usize = 28;

/// Where a DHCP message has its options' cookie, and the cookie (RFC 2131 section 3).
const COOKIE: (usize, [u8; 4]) = (236, [99, 130, 83, 99]);

/// The first byte of every hardware address in a recording: locally administered, nobody's.
const NOBODYS: u8 = 0x02;

/// Why a recording cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{}: {message}", path.display(), place.map(|place| format!(":{place}")).unwrap_or_default())]
pub struct CaptureError {
    /// The file.
    pub path: PathBuf,
    /// Where in it; `None` for all of it.
    pub place: Option<FilePosition>,
    /// What is wrong, and what was expected.
    pub message: String,
}

/// Reads the recording in a file.
///
/// # Errors
/// [`CaptureError`] when the file cannot be read, or is no recording, or contradicts itself.
pub fn load(path: &Path) -> Result<Capture, CaptureError> {
    let text = std::fs::read_to_string(path).map_err(|error| CaptureError {
        path: path.to_owned(),
        place: None,
        message: format!("cannot be read: {why}", why = io_words(&error)),
    })?;
    parse(&text, path)
}

/// Reads a recording from text; `path` is only for errors.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, path: &Path) -> Result<Capture, CaptureError> {
    let mut lines = Line::all(text, path);
    let first = lines.next().unwrap_or(Line { text: "", number: 1, path });
    let mut capture = header(&first)?;
    for line in lines {
        let before = capture.exchanges.iter().rev().find_map(|exchange| exchange.at);
        capture.exchanges.push(exchange(&line, capture.judge, before.unwrap_or_default())?);
    }
    if capture.exchanges.is_empty() {
        return Err(first.refuse(first.text.len(), "expected a line for each exchange after this one"));
    }
    Ok(capture)
}

/// One line of a file.
struct Line<'a> {
    text: &'a str,
    number: usize,
    path: &'a Path,
}

impl<'a> Line<'a> {
    fn all(text: &'a str, path: &'a Path) -> impl Iterator<Item = Self> {
        text.lines().enumerate().map(move |(index, text)| Self { text, number: index + 1, path })
    }

    /// An error at a byte of this line.
    fn refuse(&self, byte: usize, message: impl Into<String>) -> CaptureError {
        let column = FilePosition::of(self.text, byte).column;
        CaptureError {
            path: self.path.to_owned(),
            place: Some(FilePosition { line: self.number, column }),
            message: message.into(),
        }
    }

    /// An error at a value of this line.
    fn refuse_value(&self, value: &RawValue, message: impl Into<String>) -> CaptureError {
        let byte = (value.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.refuse(byte, message)
    }

    /// The fields of this line, none of them unknown.
    fn fields<T: Deserialize<'a>>(&self) -> Result<T, CaptureError> {
        serde_json::from_str(self.text).map_err(|error| {
            let message = error.to_string();
            let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
            let message = match error.is_data() {
                true => what.to_owned(),
                false => format!("expected one JSON object a line: {what}"),
            };
            self.refuse(error.column().saturating_sub(1), message)
        })
    }

    /// A value, or an error with what was `expected`.
    fn read<T: DeserializeOwned>(&self, value: &RawValue, expected: &str) -> Result<T, CaptureError> {
        serde_json::from_str(value.get())
            .map_err(|_| self.refuse_value(value, format!("expected {expected}")))
    }

    fn text(&self, value: &RawValue) -> Result<String, CaptureError> {
        let text: String = self.read(value, "text")?;
        if text.trim().is_empty() {
            Err(self.refuse_value(value, "expected text, not nothing"))
        } else {
            Ok(text)
        }
    }

    fn bytes(&self, value: &RawValue) -> Result<Vec<u8>, CaptureError> {
        let digits: String = self.read(value, "a datagram as hexadecimal digits")?;
        from_hex(&digits).ok_or_else(|| self.refuse_value(value, "expected pairs of hexadecimal digits"))
    }

    fn required<'v>(&self, value: Option<&'v RawValue>, name: &str) -> Result<&'v RawValue, CaptureError> {
        value.ok_or_else(|| self.refuse(0, format!("expected `{name}` in this object")))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    #[serde(borrow)]
    vestibule: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    client: Option<&'a RawValue>,
    #[serde(borrow)]
    judge: Option<&'a RawValue>,
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    #[serde(borrow)]
    grade: Option<&'a RawValue>,
    #[serde(borrow)]
    recorded: Option<&'a RawValue>,
    #[serde(borrow)]
    concludes: Option<&'a RawValue>,
    #[serde(borrow)]
    recorded_conclusion: Option<&'a RawValue>,
    #[serde(borrow)]
    notes: Option<&'a RawValue>,
}

/// Whose rules judge, as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum JudgeText {
    Android(String),
    Apple,
    Windows(WindowsText),
    Model(String),
    Names,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum WindowsText {
    ConnectTest,
    Ncsi,
}

fn header(line: &Line<'_>) -> Result<Capture, CaptureError> {
    let fields: Header<'_> = line.fields()?;
    let format = line.required(fields.vestibule, "vestibule")?;
    if line.read::<String>(format, "text")? != FORMAT {
        return Err(
            line.refuse_value(format, format!("expected \"{FORMAT}\", the format that is understood"))
        );
    }
    let judge = judge(line, line.required(fields.judge, "judge")?)?;
    let concludes = line.required(fields.concludes, "concludes")?;
    let conclusion = conclusion(line, concludes)?;
    if (judge == Judge::Names) != (conclusion == Conclusion::EVERY_NAME) {
        let message =
            format!("expected \"{}\" with the judge \"names\", and only there", Conclusion::EVERY_NAME);
        return Err(line.refuse_value(concludes, message));
    }
    Ok(Capture {
        path: line.path.to_owned(),
        name: line.text(line.required(fields.name, "name")?)?,
        client: line.text(line.required(fields.client, "client")?)?,
        judge,
        source: line.text(line.required(fields.source, "source")?)?,
        grade: grade(line, line.required(fields.grade, "grade")?)?,
        recorded: fields.recorded.map(|value| line.read(value, "a year")).transpose()?,
        notes: fields.notes.map(|value| line.text(value)).transpose()?,
        concludes: conclusion,
        recorded_conclusion: fields
            .recorded_conclusion
            .map(|value| self::conclusion(line, value))
            .transpose()?,
        exchanges: Vec::new(),
    })
}

fn judge(line: &Line<'_>, value: &RawValue) -> Result<Judge, CaptureError> {
    let expected = "\"apple\", \"names\", {\"android\": \"6.0\"}, {\"windows\": \"connecttest\"}, \
                    {\"windows\": \"ncsi\"} or {\"model\": \"firefox\"}";
    let client = match line.read(value, expected)? {
        JudgeText::Names => return Ok(Judge::Names),
        JudgeText::Apple => Client::Apple,
        JudgeText::Model(id) => {
            by_id(&id).map_err(|error| line.refuse_value(value, error.to_string()))?.client()
        }
        JudgeText::Windows(WindowsText::ConnectTest) => Client::Windows { expects: Expected::ConnectTest },
        JudgeText::Windows(WindowsText::Ncsi) => Client::Windows { expects: Expected::Ncsi },
        JudgeText::Android(version) => {
            let release = release(&version).ok_or_else(|| {
                line.refuse_value(
                    value,
                    format!("expected a release from 5 on, like \"6.0\", not \"{version}\""),
                )
            })?;
            Client::Android(release)
        }
    };
    Ok(Judge::Client(client))
}

fn conclusion(line: &Line<'_>, value: &RawValue) -> Result<Conclusion, CaptureError> {
    let text: String = line.read(value, "text")?;
    Conclusion::from_text(&text).ok_or_else(|| {
        let all = Conclusion::ALL.map(|known| format!("\"{known}\"")).join(", ");
        line.refuse_value(value, format!("expected one of {all}"))
    })
}

fn grade(line: &Line<'_>, value: &RawValue) -> Result<Grade, CaptureError> {
    let text: String = line.read(value, "a grade")?;
    Grade::from_text(&text).ok_or_else(|| {
        line.refuse_value(value, "expected a grade: \"A\", \"A-\", \"B\", \"C\", \"D\" or \"E\"")
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    #[serde(borrow)]
    at_us: Option<&'a RawValue>,
    #[serde(borrow)]
    provenance: Option<&'a RawValue>,
    #[serde(borrow)]
    what: Option<&'a RawValue>,
    #[serde(borrow)]
    asks: Option<&'a RawValue>,
    #[serde(borrow)]
    dns: Option<&'a RawValue>,
    #[serde(borrow)]
    by: Option<&'a RawValue>,
    #[serde(borrow)]
    http: Option<&'a RawValue>,
    #[serde(borrow)]
    recorded_reply: Option<&'a RawValue>,
    #[serde(borrow)]
    reply_at_us: Option<&'a RawValue>,
    #[serde(borrow)]
    dhcp: Option<&'a RawValue>,
}

fn exchange(line: &Line<'_>, judge: Judge, before: Duration) -> Result<Exchange, CaptureError> {
    let fields: Fields<'_> = line.fields()?;
    let provenance = line.required(fields.provenance, "provenance")?;
    Ok(Exchange {
        line: line.number,
        at: fields.at_us.map(|value| time(line, value, before)).transpose()?,
        provenance: line.read(provenance, "\"captured\", \"partly-captured\" or \"reconstructed\"")?,
        what: fields.what.map(|value| line.text(value)).transpose()?,
        sent: sent(line, &fields, judge)?,
    })
}

fn time(line: &Line<'_>, value: &RawValue, before: Duration) -> Result<Duration, CaptureError> {
    let at = Duration::from_micros(line.read(value, "microseconds since the first exchange")?);
    if at < before {
        let message = format!("expected {} or more: lines stand in their order", before.as_micros());
        return Err(line.refuse_value(value, message));
    }
    Ok(at)
}

fn sent(line: &Line<'_>, fields: &Fields<'_>, judge: Judge) -> Result<Sent, CaptureError> {
    let stray = |value: Option<&RawValue>, with: &str| match value {
        Some(value) => Err(line.refuse_value(value, format!("expected this only beside `{with}`"))),
        None => Ok(()),
    };
    if fields.dns.is_none() {
        stray(fields.asks, "dns")?;
    }
    if fields.http.is_none() {
        stray(fields.by, "http")?;
        stray(fields.recorded_reply, "http")?;
        stray(fields.reply_at_us, "http")?;
    }
    match (fields.dns, fields.http, fields.dhcp) {
        (Some(dns), None, None) => question(line, dns, line.required(fields.asks, "asks")?),
        (None, Some(http), None) => {
            let sent = request(line, http, fields)?;
            match sent {
                Sent::Request { by: By::Probe, .. } if judge == Judge::Names => {
                    Err(line
                        .refuse_value(http, "expected no probe: the judge \"names\" judges questions alone"))
                }
                sent => Ok(sent),
            }
        }
        (None, None, Some(dhcp)) => message(line, dhcp),
        _ => Err(line.refuse(0, "expected exactly one of `dns`, `http` and `dhcp` in this object")),
    }
}

fn question(line: &Line<'_>, dns: &RawValue, asks: &RawValue) -> Result<Sent, CaptureError> {
    let payload = line.bytes(dns)?;
    let asked = RecordedQuestion::from_bytes(&payload)
        .ok_or_else(|| line.refuse_value(dns, "expected a DNS query with one question"))?;
    let said: String = line.read(asks, "a type and a name, like \"A www.example.org\"")?;
    if said != asked.to_string() {
        return Err(line.refuse_value(asks, format!("expected \"{asked}\", which is what the bytes ask")));
    }
    Ok(Sent::Question { payload, asked })
}

fn request(line: &Line<'_>, http: &RawValue, fields: &Fields<'_>) -> Result<Sent, CaptureError> {
    let text: String = line.read(http, "a request as text")?;
    let by = line.required(fields.by, "by")?;
    Ok(Sent::Request {
        request: Request::parse(&text).map_err(|error| line.refuse_value(http, error.to_string()))?,
        by: line.read(by, "\"probe\", \"browser\" or \"other\"")?,
        recorded_reply: fields.recorded_reply.map(|value| reply(line, value)).transpose()?,
        replied: fields
            .reply_at_us
            .map(|value| line.read(value, "microseconds since the first exchange").map(Duration::from_micros))
            .transpose()?,
    })
}

/// A recorded reply must be one, and carry nobody's session.
fn reply(line: &Line<'_>, value: &RawValue) -> Result<String, CaptureError> {
    let text: String = line.read(value, "a reply as text")?;
    let reply = crate::phone::Reply::parse(text.as_bytes(), true)
        .map_err(|error| line.refuse_value(value, format!("expected a whole HTTP reply: {error}")))?;
    match reply.header("set-cookie") {
        Some(_) => {
            Err(line.refuse_value(value, "expected no Set-Cookie line: take it out and say so in `notes`"))
        }
        None => Ok(text),
    }
}

fn message(line: &Line<'_>, dhcp: &RawValue) -> Result<Sent, CaptureError> {
    let payload = line.bytes(dhcp)?;
    let (at, cookie) = COOKIE;
    if payload.get(at..at + cookie.len()) != Some(&cookie[..]) {
        return Err(line.refuse_value(dhcp, "expected a DHCP message: fixed fields, cookie, options"));
    }
    if payload.get(HARDWARE_ADDRESS) != Some(&NOBODYS) {
        let message = "expected a client hardware address that is nobody's, 02:…, wherever it stands";
        return Err(line.refuse_value(dhcp, message));
    }
    Ok(Sent::Dhcp { payload })
}
