//! A journey through pages as they were sent: no script is run, and an owner's request is what a browser without
//! scripts would send; a form that the page's script seals is sealed here as by it.

use std::collections::VecDeque;

use tokio::time::sleep_until;
use url::Url;
use vestibule_core::Instant;

use super::story::{ShownPage, Story, without_query};
use super::{JourneyEnding, Reads};
use crate::check::{Checked, PortalAccess};
use crate::owner::{Habits, Input, Method, Output, Owner, Page, Request, parse};
use crate::tls::random_bytes;

/// What the sheet's browser says it is, where it opens no page of the system's own.
const AGENT: &str = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0 \
                     Mobile Safari/537.36";

/// Pages as they were sent.
pub(super) struct ReadPages;

impl Reads for ReadPages {
    const RUNS_SCRIPTS: bool = false;

    async fn travel(
        &self,
        access: &PortalAccess,
        _: &Checked,
        first: Url,
        story: &mut Story<'_>,
    ) -> JourneyEnding {
        travel(access, first, story).await
    }
}

/// Loads a page, and unpacks it.
async fn load(access: &PortalAccess, request: Request) -> Result<ShownPage, String> {
    let loaded = access.load(request, AGENT).await?;
    let html = loaded.text().map_err(|why| format!("{} {why}", without_query(&loaded.url)))?;
    Ok(ShownPage { url: loaded.url, status: loaded.reply.status, html })
}

/// Most frames of a page, and those in them, that are loaded. Chosen.
const FRAMES: usize = 8;

/// Reads a page with what its frames show, each of which is loaded as a browser does: where it does not come, nothing
/// is seen in it.
async fn read(access: &PortalAccess, loaded: &ShownPage, story: &mut Story<'_>) -> Page {
    let mut page = parse(&loaded.html, &loaded.url);
    let mut frames = VecDeque::from(std::mem::take(&mut page.frames));
    for _ in 0..FRAMES {
        let Some(frame) = frames.pop_front() else { break };
        story.look_at_frame(&loaded.url, &frame);
        let shown = match frame.html {
            Some(html) => Ok(ShownPage { url: frame.url, status: 200, html }),
            None => load(access, Request::get(frame.url)).await,
        };
        match shown {
            Ok(shown) => {
                story.look_at_markup(&shown);
                story.tell(format!("in a frame: {} ({})", without_query(&shown.url), shown.status));
                let mut inner = parse(&shown.html, &shown.url);
                frames.extend(std::mem::take(&mut inner.frames));
                page.take_in(inner);
            }
            Err(why) => story.tell(format!("in a frame: {why}")),
        }
    }
    story.go_by_hints(&mut page);
    if story.sent && page.says == Some(true) {
        // By a hint it is the result, whatever else it asks.
        page.forms.clear();
    }
    page
}

/// Lets the owner do what an owner does, from the first page on.
async fn travel(access: &PortalAccess, first: Url, story: &mut Story<'_>) -> JourneyEnding {
    let mut owner = Owner::new(story.home.clone(), Habits::hurried());
    owner.reads_label(story.knows.code.clone());
    owner.handle(Input::SheetOpened { url: first.clone() }, story.now());
    let mut loads = Some(Request::get(first.clone()));
    loop {
        if let Some(request) = loads.take() {
            let input = match load(access, request.clone()).await {
                Ok(loaded) => {
                    if request.method == Method::Post {
                        story.unanswered = None;
                        story.look_at_answer(&loaded.url, loaded.status);
                    }
                    story.look_at_markup(&loaded);
                    let page = read(access, &loaded, story).await;
                    story.tell_page(&loaded, &page);
                    story.look_at_form(&page);
                    Input::PageLoaded { url: loaded.url, status: loaded.status, page: Box::new(page) }
                }
                Err(why) => {
                    if story.holds_passphrase(&request) {
                        story.unanswered = Some(why.clone());
                    }
                    story.tell(why);
                    Input::PageFailed { url: request.url }
                }
            };
            owner.handle(input, story.now());
        }
        while let Some(output) = owner.poll() {
            match output {
                Output::Load(request) => {
                    story.look_at_address(&request.url);
                    story.sent |= story.holds_passphrase(&request);
                    let to = without_query(&request.url);
                    let code = story.knows.code.as_deref().unwrap_or_default();
                    story.tell(match (&request.body, request.seals_for) {
                        (Some(_), Some(device)) => {
                            let with = if device.takes_code && !code.is_empty() { "with the label's" } else { "without a" };
                            format!("sends the form to {to}, sealed for the device as its page's script seals it {with} code")
                        }
                        (Some(_), None) => format!("sends the form to {to}"),
                        (None, _) => format!("goes on to {to}"),
                    });
                    loads = Some(request.sealed(random_bytes(), code));
                }
                Output::ComeBack | Output::TapNotification | Output::OpenBrowser => {
                    story.tell("opens the portal again".into());
                    owner.handle(Input::SheetOpened { url: first.clone() }, story.now());
                    loads = Some(Request::get(first.clone()));
                }
                Output::Read(result) => {
                    story.tell(format!("reads that the device is on the network at {}", result.address));
                    return JourneyEnding::Joined;
                }
                Output::TakeForSetUp => return JourneyEnding::TakenForSetUp,
                Output::GaveUp(why) => return JourneyEnding::of_given_up(&owner, why),
                _ => {}
            }
        }
        if loads.is_none() {
            let Some(at) = owner.poll_timeout() else { return JourneyEnding::TimedOut };
            sleep_until(story.began + at.since(Instant::from_micros(0))).await;
            owner.handle(Input::Deadline, story.now());
        }
    }
}
