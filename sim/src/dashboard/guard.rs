//! Answers only requests that name this server as their host and that no page of another site sent.
//!
//! A page of the web can make a browser send requests to 127.0.0.1, and with a name whose address
//! it changes (DNS rebinding) it can even read the answers. Such a request names that page's host
//! in `Host`, or its origin in `Origin`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::Served;

/// Lets a request to the dashboard through, or answers 403, to two hosts 400.
pub(super) async fn dashboard(State(served): State<Arc<Served>>, request: Request, next: Next) -> Response {
    at(served.address, request, next).await
}

/// Lets a request to the reader's phone through, or answers 403, to two hosts 400.
pub(super) async fn device_proxy(
    State(served): State<Arc<Served>>,
    request: Request,
    next: Next,
) -> Response {
    at(served.device_proxy, request, next).await
}

async fn at(own: SocketAddr, request: Request, next: Next) -> Response {
    let target = request.uri().authority();
    let target_is_own = target.is_none_or(|target| is_own(target.as_str(), own));
    match objection(request.headers(), own) {
        None if target_is_own => next.run(request).await,
        objection => {
            let (status, why) = objection.unwrap_or((StatusCode::FORBIDDEN, "This server is no proxy."));
            super::refused((status, why.into()))
        }
    }
}

fn objection(headers: &HeaderMap, own: SocketAddr) -> Option<(StatusCode, &'static str)> {
    let forbidden = |why| Some((StatusCode::FORBIDDEN, why));
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    if hosts.next().is_some() {
        // One of the two may be what a program before this one went by (RFC 9112 section 3.2).
        return Some((StatusCode::BAD_REQUEST, "The request names two hosts."));
    }
    if !host.is_some_and(|host| is_own(host, own)) {
        return forbidden("The dashboard answers only to its own address: Host names another one.");
    }
    let own_origin = |origin: &str| origin.strip_prefix("http://").is_some_and(|host| is_own(host, own));
    match headers.get(header::ORIGIN) {
        Some(origin) if !origin.to_str().is_ok_and(own_origin) => {
            forbidden("The dashboard answers only to its own page: Origin names another one.")
        }
        _ => None,
    }
}

/// Whether `host`, with the port if it is not 80, is this server.
fn is_own(host: &str, own: SocketAddr) -> bool {
    let Ok(host) = host.parse::<Authority>() else {
        return false;
    };
    let name = host.host();
    let named = name.eq_ignore_ascii_case("localhost") || name == own.ip().to_string();
    named && !host.as_str().contains('@') && host.port_u16().unwrap_or(80) == own.port()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_names_are_its_own_and_no_other() {
        let own: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        for (host, expected) in [
            ("127.0.0.1:8080", true),
            ("localhost:8080", true),
            ("LocalHost:8080", true),
            ("127.0.0.1", false),
            ("127.0.0.1:80", false),
            ("127.0.0.2:8080", false),
            ("rebound.example:8080", false),
            ("localhost.example:8080", false),
            ("user@localhost:8080", false),
            ("localhost:8080/", false),
            ("", false),
        ] {
            assert_eq!(is_own(host, own), expected, "{host}");
        }
        assert!(is_own("localhost", "127.0.0.1:80".parse().unwrap()));
    }

    #[test]
    fn a_foreign_origin_is_refused_and_none_is_not() {
        let own: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        let asked = |origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            objection(&headers, own).is_none()
        };
        assert!(asked(None) && asked(Some("http://localhost:8080")));
        for foreign in ["null", "http://example.org", "https://127.0.0.1:8080", "http://127.0.0.1:8081"] {
            assert!(!asked(Some(foreign)), "{foreign}");
        }
        assert!(objection(&HeaderMap::new(), own).is_some(), "no Host at all");
        let mut twice = HeaderMap::new();
        for host in ["127.0.0.1:8080", "evil.example"] {
            twice.append(header::HOST, host.parse().unwrap());
        }
        assert_eq!(objection(&twice, own).map(|(status, _)| status), Some(StatusCode::BAD_REQUEST));
    }
}
