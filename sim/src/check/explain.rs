//! Why a client in a recording showed its sheet, or did not: each of its checks with what it was answered then, what it
//! concluded by which rule, and what to change. It sends nothing; `capture::replay` is for that.

use super::Seconds;
use super::advice;
use crate::capture::{By, Capture, Judge, Sent};
use crate::phone::judge::{Judgement, judge};
use crate::phone::{Reply, judge_of};

/// One check of a client in a recording.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExplainedCheck {
    /// When, from the first thing in the recording on.
    pub at: Option<Seconds>,
    /// What it asked.
    pub asked: String,
    /// What it was answered, in words.
    pub came: String,
    /// What it concluded, if an answer is recorded.
    pub judgement: Option<Judgement>,
    /// What to change in the portal, where this brought no sheet.
    pub change: Option<String>,
}

/// The checks of a recording, in their order.
///
/// ```
/// use vestibule::capture::load;
/// use vestibule::check::explain;
///
/// let text = r#"{"vestibule": "capture/1", "name": "android-10-check", "client": "Android 10", "judge": {"android": "10"}, "source": "a recording", "grade": "C", "concludes": "portal", "notes": "its HTTP check"}
/// {"provenance": "reconstructed", "what": "made up", "by": "probe", "http": "GET /generate_204 HTTP/1.1\r\nConnection: close\r\nHost: connectivitycheck.gstatic.com\r\n\r\n", "recorded_reply": "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"}"#;
/// let capture = load::parse(text, "android-10-check.jsonl".as_ref())?;
/// let checks = explain(&capture);
/// assert!(checks[0].change.as_ref().is_some_and(|change| change.contains("and not with 404")));
/// # Ok::<(), vestibule::capture::load::CaptureError>(())
/// ```
pub fn explain(capture: &Capture) -> Vec<ExplainedCheck> {
    let Judge::Client(client) = capture.judge else { return Vec::new() };
    let checks = capture.exchanges.iter().filter_map(|exchange| match &exchange.sent {
        Sent::Request { request, by: By::Probe, recorded_reply, .. } => {
            let url = request.url();
            let reply = recorded_reply.as_ref().map(|text| Reply::parse(text.as_bytes(), true));
            let (came, judgement) = match &reply {
                None => (exchange.what.clone().unwrap_or_else(|| "no reply is recorded".into()), None),
                Some(Err(bad)) => (bad.to_string(), None),
                Some(Ok(reply)) => {
                    let judgement = judge(judge_of(client, url), url.as_str(), &Ok(reply.clone()));
                    let came = match reply.header("location") {
                        Some(location) => format!("{} to {location}", reply.status),
                        None => reply.to_string(),
                    };
                    (came, Some(judgement))
                }
            };
            let shows = judgement.as_ref().is_some_and(|judgement| judgement.verdict.is_portal());
            let answered = reply.as_ref().and_then(|reply| reply.as_ref().ok());
            let change = (!shows).then(|| advice::for_a_recorded_check(url.as_str(), answered));
            let asked = format!("GET {url}");
            Some(ExplainedCheck { at: exchange.at.map(Seconds), asked, came, judgement, change })
        }
        _ => None,
    });
    checks.collect()
}
