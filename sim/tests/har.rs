//! The HAR of every scenario's run is read by a model of HAR 1.2 (the specification of the Web
//! Performance group, archived by W3C) that knows every field and takes no other: a reader's side of
//! the format, which shares nothing with the writer.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use vestibule::export;
use vestibule::scenario::load;
use vestibule::world::virtual_time::VirtualTime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that a field can be read is what is tested")]
struct Log {
    version: String,
    creator: Program,
    browser: Option<Program>,
    pages: Option<Vec<Value>>,
    entries: Vec<Entry>,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that a field can be read is what is tested")]
struct Program {
    name: String,
    version: String,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "that a field can be read is what is tested")]
struct Entry {
    pageref: Option<String>,
    started_date_time: String,
    time: f64,
    request: Request,
    response: Response,
    cache: Cache,
    timings: Timings,
    #[serde(rename = "serverIPAddress")]
    server_ip_address: Option<String>,
    connection: Option<String>,
    comment: Option<String>,
    /// Names that begin with an underscore are anybody's own.
    #[serde(flatten)]
    own: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "that a field can be read is what is tested")]
struct Request {
    method: String,
    url: String,
    http_version: String,
    cookies: Vec<Value>,
    headers: Vec<Pair>,
    query_string: Vec<Pair>,
    post_data: Option<PostData>,
    headers_size: i64,
    body_size: i64,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "that a field can be read is what is tested")]
struct PostData {
    mime_type: String,
    params: Vec<Pair>,
    text: String,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "that a field can be read is what is tested")]
struct Response {
    status: u16,
    status_text: String,
    http_version: String,
    cookies: Vec<Value>,
    headers: Vec<Pair>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: String,
    headers_size: i64,
    body_size: i64,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "that a field can be read is what is tested")]
struct Content {
    size: i64,
    compression: Option<i64>,
    mime_type: String,
    text: Option<String>,
    encoding: Option<String>,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that a field can be read is what is tested")]
struct Pair {
    name: String,
    value: String,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "that a field can be read is what is tested")]
struct Cache {
    before_request: Option<Value>,
    after_request: Option<Value>,
    comment: Option<String>,
}

/// In milliseconds; -1 where a phase does not apply, which the first three and `ssl` may be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that a field can be read is what is tested")]
struct Timings {
    blocked: Option<f64>,
    dns: Option<f64>,
    connect: Option<f64>,
    send: f64,
    wait: f64,
    receive: f64,
    ssl: Option<f64>,
    comment: Option<String>,
}

/// What the specification says beyond names and types.
fn check(entry: &Entry) {
    let Entry { request, response, timings, .. } = entry;
    assert!(entry.own.keys().all(|name| name.starts_with('_')), "{:?}", entry.own);
    // ISO 8601, with a zone.
    humantime::parse_rfc3339(&entry.started_date_time).unwrap();
    assert!([timings.send, timings.wait, timings.receive].iter().all(|time| *time >= 0.0));
    let phases = [timings.blocked, timings.dns, timings.connect, Some(timings.send), Some(timings.wait)];
    let sum: f64 = phases.into_iter().flatten().chain([timings.receive]).filter(|time| *time >= 0.0).sum();
    assert!((entry.time - sum).abs() < 1e-9, "{} is not {sum}", entry.time);

    let url = url::Url::parse(&request.url).unwrap();
    assert_eq!(url.fragment(), None);
    assert_eq!(request.query_string.len(), url.query_pairs().count());
    let posted = request.post_data.as_ref().map_or(0, |data| data.text.len() as i64);
    assert_eq!(request.body_size, posted);
    assert!(request.headers_size > 0 && request.http_version.starts_with("HTTP/1."), "{}", request.url);

    let header = |name: &str| response.headers.iter().find(|pair| pair.name.eq_ignore_ascii_case(name));
    assert_eq!(response.redirect_url, header("location").map_or("", |pair| pair.value.as_str()));
    assert!(response.headers_size >= -1 && response.body_size >= -1);
    let text = response.content.text.as_ref().filter(|_| response.content.encoding.is_none());
    assert!(text.is_none_or(|text| text.len() as i64 == response.content.size));
    assert!(response.status == 0 || response.status >= 100, "{}", response.status);
}

#[test]
fn every_runs_har_is_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scenarios");
    let mut entries = 0;
    for name in ["first-join-ios", "first-join-android", "ordinary-browser", "two-phones", "no-address"] {
        let scenario = load::load(&folder.join(format!("{name}.toml"))).unwrap();
        let mut records = Vec::new();
        VirtualTime::new(&scenario, 1).record_frames().run(&scenario, |record| records.push(record.clone()));
        let text = export::har(&records).unwrap();
        let har: Har = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        assert_eq!(har.log.version, "1.2");
        har.log.entries.iter().for_each(check);
        entries += har.log.entries.len();
    }
    assert!(entries > 20, "{entries}");
}
