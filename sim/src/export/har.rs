//! A trace's requests as HAR 1.2 (HTTP Archive), which the developer tools of browsers open: those of
//! phones' checks and those of their sheets, put together from the frames.
//!
//! No secret is in it: the frames hold none, for what the owner typed is replaced in them, and lines
//! that carry sessions are left out.

use std::io::Cursor;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::capture::import::exchanges;
use crate::capture::import::http::{Exchanged, Message};
use crate::trace::{NoFrames, Record, pcapng};

/// Header lines that carry a session.
const SESSIONS: [&str; 4] = ["cookie", "set-cookie", "authorization", "proxy-authorization"];

#[derive(Serialize)]
struct Har {
    log: Log,
}

#[derive(Serialize)]
struct Log {
    version: &'static str,
    creator: Creator,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Creator {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    started_date_time: String,
    time: f64,
    request: Request,
    response: Response,
    cache: Empty,
    timings: Timings,
    /// A field of our own begins with an underscore.
    #[serde(rename = "_client")]
    client: IpAddr,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    http_version: String,
    cookies: [Pair; 0],
    headers: Vec<Pair>,
    query_string: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<PostData>,
    headers_size: usize,
    body_size: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostData {
    mime_type: String,
    params: [Pair; 0],
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status: u16,
    status_text: String,
    http_version: String,
    cookies: [Pair; 0],
    headers: Vec<Pair>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: String,
    headers_size: i64,
    body_size: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    size: usize,
    mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

#[derive(Serialize)]
struct Pair {
    name: String,
    value: String,
}

/// In milliseconds.
#[derive(Serialize)]
struct Timings {
    send: f64,
    wait: f64,
    receive: f64,
}

/// The trace's requests as a HAR file's text.
///
/// # Errors
/// [`NoFrames`].
///
/// ```
/// use vestibule::export::har;
/// use vestibule::scenario::load;
/// use vestibule::trace::{pcapng, svg};
/// use vestibule::world::virtual_time::VirtualTime;
///
/// let text = r#"
///     name = "a first join"
///     [[network]]
///     ssid = "Home"
///     [[phone]]
///     model = "ios-17"
///     wants = "Home"
///     expect = { told = true }
///     [expect]
///     stored = "Home"
/// "#;
/// let scenario = load::parse(text, "first-join.toml".as_ref()).unwrap();
/// let mut records = Vec::new();
/// let world = VirtualTime::new(&scenario, 7).record_frames();
/// let _ = world.run(&scenario, |record| records.push(record.clone()));
///
/// assert!(har(&records).unwrap().contains("hotspot-detect.html"));
/// // For Wireshark: every frame, as it was on the air.
/// assert!(pcapng(&records).unwrap().starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]));
/// assert!(svg(&records).starts_with("<svg"));
///
/// records.clear();
/// assert!(har(&records).is_err() && pcapng(&records).is_err());
/// ```
pub fn har(records: &[Record]) -> Result<String, NoFrames> {
    // What this program itself has just written can be read.
    let exchanged = exchanges(Cursor::new(pcapng(records)?)).map_err(|_| NoFrames)?;
    let entries = exchanged.iter().map(|(client, exchanged)| entry(*client, exchanged)).collect();
    let creator = Creator { name: "vestibule", version: env!("CARGO_PKG_VERSION") };
    let har = Har { log: Log { version: "1.2", creator, entries } };
    Ok(serde_json::to_string_pretty(&har).unwrap_or_default())
}

fn entry(client: IpAddr, exchanged: &Exchanged) -> Entry {
    let Exchanged { request, reply } = exchanged;
    let millis = |from: u64, to: u64| to.saturating_sub(from) as f64 / 1000.0;
    let timings = Timings {
        send: millis(request.at, request.until),
        wait: reply.as_ref().map_or(0.0, |reply| millis(request.until, reply.at)),
        receive: reply.as_ref().map_or(0.0, |reply| millis(reply.at, reply.until)),
    };
    let started = SystemTime::UNIX_EPOCH + Duration::from_micros(request.at);
    Entry {
        started_date_time: humantime::format_rfc3339_micros(started).to_string(),
        time: timings.send + timings.wait + timings.receive,
        request: asked(request),
        response: answered(reply.as_ref()),
        cache: Empty {},
        timings,
        client,
    }
}

/// The first line's three parts, the header lines, and the body.
fn parts(message: &Message) -> ([String; 3], Vec<Pair>, &[u8]) {
    let (head, body) = message.bytes.split_at(message.head.min(message.bytes.len()));
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().splitn(3, ' ').map(str::to_owned);
    let first = [(); 3].map(|()| first.next().unwrap_or_default());
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| !SESSIONS.iter().any(|secret| name.trim().eq_ignore_ascii_case(secret)))
        .map(|(name, value)| Pair { name: name.to_owned(), value: value.trim().to_owned() })
        .collect();
    (first, headers, body)
}

fn asked(request: &Message) -> Request {
    let ([method, path, http_version], headers, body) = parts(request);
    let url = format!("http://{}{path}", request.header("host").unwrap_or("unknown"));
    let query = url::Url::parse(&url).ok();
    let query = query.iter().flat_map(url::Url::query_pairs);
    let post_data = (!body.is_empty()).then(|| PostData {
        mime_type: request.header("content-type").unwrap_or_default().to_owned(),
        params: [],
        text: String::from_utf8_lossy(body).into_owned(),
    });
    let query_string =
        query.map(|(name, value)| Pair { name: name.into_owned(), value: value.into_owned() }).collect();
    Request {
        method,
        http_version,
        cookies: [],
        headers,
        query_string,
        post_data,
        headers_size: request.head,
        body_size: body.len(),
        url,
    }
}

/// Where nothing came, the status is 0, as browsers write it.
fn answered(reply: Option<&Message>) -> Response {
    let none = Message::default();
    let message = reply.unwrap_or(&none);
    let ([http_version, status, status_text], headers, body) = parts(message);
    let size = |size: usize| if reply.is_some() { i64::try_from(size).unwrap_or(-1) } else { -1 };
    Response {
        status: status.parse().unwrap_or(0),
        status_text,
        http_version,
        cookies: [],
        headers,
        content: Content {
            size: body.len(),
            mime_type: message.header("content-type").unwrap_or("x-unknown").to_owned(),
            text: std::str::from_utf8(body).ok().filter(|text| !text.is_empty()).map(str::to_owned),
        },
        redirect_url: message.header("location").unwrap_or_default().to_owned(),
        headers_size: size(message.head),
        body_size: size(body.len()),
    }
}
