//! A phone and a network reduced to what the owner needs: pages come from a closure, and time is
//! a number.

use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::super::{Input, Output, Owner, Request, parse};

pub(super) const PORTAL: &str = "http://192.168.4.1/";
const LATENCY: Duration = Duration::from_millis(50);

/// What comes back for a request.
pub(super) enum Answer {
    Page(u16, String),
    Nothing,
    /// The phone loses the network and finds it again much later.
    NetworkLost,
}

pub(super) fn at(seconds: f64) -> Instant {
    Instant::from_micros((seconds * 1e6) as u64)
}

pub(super) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// Plays until nothing is left to happen. Returns what the owner did, and when it ended.
pub(super) fn play(
    owner: &mut Owner,
    mut portal: impl FnMut(&Request, Instant) -> Answer,
) -> (Vec<Output>, Instant) {
    let mut now = at(1.0);
    let mut did = Vec::new();
    owner.handle(Input::Notified, now);
    loop {
        while let Some(output) = owner.poll() {
            let asked = match &output {
                // The sheet is there again at once, however the owner comes back.
                Output::TapNotification | Output::ComeBack => {
                    owner.handle(Input::SheetOpened { url: url(PORTAL) }, now);
                    Some(Request::get(url(PORTAL)))
                }
                Output::OpenBrowser => {
                    owner.handle(Input::BrowserOpened, now);
                    Some(Request::get(url(PORTAL)))
                }
                Output::CloseSheet => {
                    owner.handle(Input::SheetClosed, now);
                    None
                }
                Output::Load(request) => Some(request.clone()),
                _ => None,
            };
            did.push(output);
            if let Some(request) = asked {
                now = now + LATENCY;
                match portal(&request, now) {
                    Answer::Page(status, html) => {
                        let page = Box::new(parse(&html, &request.url));
                        owner.handle(Input::PageLoaded { url: request.url, status, page }, now);
                    }
                    Answer::Nothing => owner.handle(Input::PageFailed { url: request.url }, now),
                    Answer::NetworkLost => {
                        owner.handle(Input::SheetClosed, now);
                        now = now + Duration::from_secs(30);
                        owner.handle(Input::Notified, now);
                    }
                }
            }
        }
        let Some(next) = owner.poll_timeout() else { return (did, now) };
        now = next.max(now);
        owner.handle(Input::Deadline, now);
    }
}
