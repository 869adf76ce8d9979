//! The reader's phone: a window on the dashboard through which the reader's own browser uses the
//! device's page over real sockets.
//!
//! The device forbids every page to frame its own (`frame-ancestors`), as it should. So this server
//! stands between: whatever it is asked it asks the device, byte for byte but for the names of the two,
//! and it hands the answer on with that one line changed, for the dashboard alone, and with a script that tells the dashboard
//! which keys were pressed where nothing is typed (`keys.js`): they are the dashboard's buttons wherever the focus is. It has
//! a port of its own, so that the device's page and the dashboard are of two origins and neither can read the other.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use reqwest::Client;
use reqwest::redirect::Policy;

use super::{Served, guard};

/// Most bytes of a request: more than the device takes.
const BODY_BYTES: usize = 64 * 1024;

/// What a browser's request is passed on with.
const PASSED: [HeaderName; 6] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    header::CONTENT_TYPE,
    header::IF_NONE_MATCH,
    header::USER_AGENT,
];

/// What of an answer is the connection's business and not the page's.
const NOT_PASSED: [HeaderName; 4] =
    [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::X_FRAME_OPTIONS];

/// The script that a page on the reader's phone has besides its own.
const KEYS: &str = include_str!("page/keys.js");
const KEYS_PATH: &str = "/vestibule-dashboard-keys.js";
const KEYS_TAG: &str = "<script src=\"/vestibule-dashboard-keys.js\" defer></script>";

/// What the phone shows where nobody answers.
const NOBODY: &str = "<!doctype html><meta name=\"viewport\" content=\"width=device-width\"><title>No answer</title>\
    <p style=\"font: 1rem system-ui; padding: 1rem\">Nobody answers: the device has no power, or its access point is down.";

/// The window's routes.
pub(super) fn routes(served: Arc<Served>) -> Router {
    let keys = ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], KEYS);
    Router::new()
        .route(KEYS_PATH, get(move || std::future::ready(keys.clone())))
        .fallback(pass)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(&served), guard::device_proxy))
        .with_state(served)
}

/// Asks the device what the browser asks.
async fn pass(
    State(served): State<Arc<Served>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match ask(&served, method, &uri, &headers, body).await {
        Some(answer) => answer,
        None => no_answer(&served, &headers),
    }
}

/// What the frame shows while nobody answers. A page that has just lost its device asks for its script all the same, and
/// gets nothing of another type.
fn no_answer(served: &Served, headers: &HeaderMap) -> Response {
    let (kind, body) = match part_of_a_page(headers) {
        Some(kind) => (kind, ""),
        None => ("text/html; charset=utf-8", NOBODY),
    };
    (
        StatusCode::BAD_GATEWAY,
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (
                header::CONTENT_SECURITY_POLICY,
                format!(
                    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors {}",
                    served.origins()
                ),
            ),
        ],
        body,
    )
        .into_response()
}

/// The type of what a page asks for besides itself, as its browser says.
fn part_of_a_page(headers: &HeaderMap) -> Option<&'static str> {
    match headers.get("sec-fetch-dest")?.to_str().ok()? {
        "script" => Some("text/javascript; charset=utf-8"),
        "style" => Some("text/css; charset=utf-8"),
        _ => None,
    }
}

async fn ask(
    served: &Served,
    method: Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Bytes,
) -> Option<Response> {
    let (device, is_home) = served.world.with(|world, _| match world.air() {
        air if air.access_point_is_up() => Some((served.world.portal(), false)),
        // The phone is back on its home network, and so is the device.
        air => air.joined_network().map(|_| (served.world.home(), true)),
    })?;
    let client = Client::builder().no_proxy().redirect(Policy::none()).build().ok()?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = client.request(method, format!("http://{device}{path}"));
    for name in PASSED {
        if let Some(value) = headers.get(&name) {
            request = request.header(name, value);
        }
    }
    // The browser's word for its own page is the window's name; the device's is its own.
    if let Some(origin) = headers.get(header::ORIGIN) {
        let own = format!("http://{}", served.device_proxy);
        let is_own = origin.to_str().is_ok_and(|origin| origin == own);
        let device = HeaderValue::from_str(&format!("http://{device}")).ok()?;
        request = request.header(header::ORIGIN, if is_own { device } else { origin.clone() });
    }
    let answer = request.body(body).send().await.ok()?;
    let status = answer.status();
    // Between a page of the access point and its script the device has left: what it refuses at home was not asked of it there.
    if is_home && status == StatusCode::NOT_FOUND && part_of_a_page(headers).is_some() {
        return None;
    }
    let mut passed = HeaderMap::new();
    for (name, value) in answer.headers() {
        if !NOT_PASSED.contains(name) {
            passed.append(name.clone(), value.clone());
        }
    }
    framed_by_the_dashboard(&mut passed, &served.origins());
    named_as_the_window(&mut passed, &format!("http://{device}"));
    let is_page =
        passed.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let body = answer.bytes().await.ok()?;
    let body = if is_page { with_keys(&body) } else { body };
    Some((status, passed, Body::from(body)).into_response())
}

/// The page with the script for keys in its head.
fn with_keys(page: &Bytes) -> Bytes {
    match page.windows(7).position(|part| part == b"</head>") {
        Some(place) => [&page[..place], KEYS_TAG.as_bytes(), &page[place..]].concat().into(),
        None => page.clone(),
    }
}

/// Lets the dashboard frame the page, and nobody else, and the script for keys run.
fn framed_by_the_dashboard(headers: &mut HeaderMap, dashboard: &str) {
    let policy = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let others = policy.into_iter().flat_map(|policy| policy.split(';')).map(str::trim);
    let others = others.filter(|rule| !rule.is_empty() && !rule.starts_with("frame-ancestors"));
    let mut rules: Vec<String> = others.map(str::to_owned).collect();
    if !rules.iter().any(|rule| rule.starts_with("script-src")) {
        rules.push("script-src 'self'".into());
    }
    rules.push(format!("frame-ancestors {dashboard}"));
    if let Ok(policy) = HeaderValue::from_str(&rules.join("; ")) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// A redirect to the device is one to the window.
fn named_as_the_window(headers: &mut HeaderMap, device: &str) {
    let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
    let path = location.and_then(|location| location.strip_prefix(device));
    if let Some(Ok(path)) = path.map(|path| HeaderValue::from_str(if path.is_empty() { "/" } else { path })) {
        headers.insert(header::LOCATION, path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_script_for_keys_in_its_head_and_nothing_else_changes() {
        let page = Bytes::from_static(b"<html><head><title>x</title></head><body></head></body></html>");
        let told = String::from_utf8(with_keys(&page).to_vec()).unwrap();
        assert_eq!(told.replacen(KEYS_TAG, "", 1).as_bytes(), &page[..]);
        assert!(told.contains(&format!("{KEYS_TAG}</head><body>")) && KEYS_TAG.contains(KEYS_PATH), "{told}");
        assert_eq!(with_keys(&Bytes::from_static(b"no page")), &b"no page"[..]);
    }

    #[test]
    fn only_who_may_frame_the_page_changes() {
        let mut headers = HeaderMap::new();
        let policy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'";
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.parse().unwrap());
        framed_by_the_dashboard(&mut headers, "http://127.0.0.1:7");
        assert_eq!(
            headers[header::CONTENT_SECURITY_POLICY],
            "default-src 'none'; form-action 'self'; script-src 'self'; frame-ancestors http://127.0.0.1:7"
        );
        let policy = "default-src 'none'; script-src 'self'; frame-ancestors 'none'";
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.parse().unwrap());
        framed_by_the_dashboard(&mut headers, "http://127.0.0.1:7");
        assert_eq!(
            headers[header::CONTENT_SECURITY_POLICY],
            "default-src 'none'; script-src 'self'; frame-ancestors http://127.0.0.1:7"
        );
        headers.insert(header::LOCATION, "http://127.67.1.1:80/result".parse().unwrap());
        named_as_the_window(&mut headers, "http://127.67.1.1:80");
        assert_eq!(headers[header::LOCATION], "/result");
        headers.insert(header::LOCATION, "http://elsewhere.example/".parse().unwrap());
        named_as_the_window(&mut headers, "http://127.67.1.1:80");
        assert_eq!(headers[header::LOCATION], "http://elsewhere.example/");
    }
}
