//! A journey in a browser engine: the owner sees what the engine shows, scripts included, types and taps there, and reads
//! what the page says in the end. The engine sends what the page makes of it.

use std::path::Path;
use std::time::Duration;

use tokio::time::{sleep, sleep_until};
use url::Url;
use vestibule_core::Instant;

use super::story::{ShownPage, Story, without_query};
use super::{JourneyEnding, Reads};
use crate::check::{Checked, PortalAccess};
use crate::engine::{EngineSettings, OnScreen, Programs, UsedPage, step_picture};
use crate::owner::{
    ControlKind, Habits, HomeNetwork, Input, Output, Owner, Page, Request, Touch, network_link, parse,
    result, setup_form,
};

/// How long an owner looks at a page after the form that says nothing yet. Chosen.
const RESULT_TIMEOUT: Duration = Duration::from_secs(30);

/// How often such a page is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Where the links of what only a script follows lead, as the engine numbers them.
const BY_SCRIPT: &str = "/by-script/";

/// An engine, and where pictures of each step go.
pub(super) struct InBrowser<'a> {
    programs: &'a Programs,
    pictures: Option<&'a Path>,
}

impl<'a> InBrowser<'a> {
    /// Each of these engines.
    pub(super) fn each(engines: &'a EngineSettings) -> Vec<Self> {
        let pictures = engines.pictures.as_deref();
        engines.engines.iter().map(|programs| Self { programs, pictures }).collect()
    }
}

impl Reads for InBrowser<'_> {
    const RUNS_SCRIPTS: bool = true;

    async fn travel(
        &self,
        access: &PortalAccess,
        checked: &Checked,
        first: Url,
        story: &mut Story<'_>,
    ) -> JourneyEnding {
        let mut page = match UsedPage::open(self.programs, checked, access).await {
            Ok(page) => page,
            Err(why) => return JourneyEnding::NoEngine(why),
        };
        let name = page.name();
        story.tell(format!("{name} opens {}", without_query(&first)));
        story.engine = Some(name);
        if let Err(why) = page.go(&first).await {
            return JourneyEnding::NoEngine(why);
        }
        let mut owner = Owner::new(story.home.clone(), Habits::hurried());
        owner.reads_label(story.knows.code.clone());
        let hand = Hand { reader: self, phone: checked.model.id, page, story, sent: None, tapped: None };
        hand.travel(owner, first).await
    }
}

/// The owner's hand in the sheet.
struct Hand<'a, 'b> {
    reader: &'a InBrowser<'a>,
    phone: &'static str,
    page: UsedPage,
    story: &'a mut Story<'b>,
    sent: Option<Sent>,
    /// The document in whose list the network was tapped.
    tapped: Option<Vec<f64>>,
}

/// The form was sent.
#[derive(Clone)]
struct Sent {
    /// From this document.
    document: Vec<f64>,
    /// Where the form was.
    portal: Url,
    /// What that said of the network before.
    said: Option<bool>,
    had_result: bool,
    /// So many requests had been made.
    requests: usize,
}

impl Hand<'_, '_> {
    async fn travel(mut self, mut owner: Owner, first: Url) -> JourneyEnding {
        owner.handle(Input::SheetOpened { url: first.clone() }, self.story.now());
        let mut is_news = true;
        loop {
            if is_news {
                match self.next_page().await {
                    Ok(input) => owner.handle(input, self.story.now()),
                    Err(why) => {
                        self.story.tell(why);
                        owner.handle(Input::PageFailed { url: first.clone() }, self.story.now());
                    }
                }
            }
            is_news = false;
            while let Some(output) = owner.poll() {
                match output {
                    Output::Load(request) => {
                        is_news = true;
                        if let Err(ending) = self.carry_out(request).await {
                            return ending;
                        }
                    }
                    Output::ComeBack | Output::TapNotification | Output::OpenBrowser => {
                        self.story.tell("opens the portal again".into());
                        owner.handle(Input::SheetOpened { url: first.clone() }, self.story.now());
                        if let Err(why) = self.page.go(&first).await {
                            return JourneyEnding::NoEngine(why);
                        }
                        is_news = true;
                    }
                    Output::Read(result) => {
                        let address = result.address;
                        self.story.tell(format!("reads that the device is on the network at {address}"));
                        return JourneyEnding::Joined;
                    }
                    Output::TakeForSetUp => return JourneyEnding::TakenForSetUp,
                    Output::GaveUp(why) => return JourneyEnding::of_given_up(&owner, why),
                    _ => {}
                }
            }
            if !is_news {
                let Some(at) = owner.poll_timeout() else { return JourneyEnding::TimedOut };
                sleep_until(self.story.began + at.since(Instant::from_micros(0))).await;
                owner.handle(Input::Deadline, self.story.now());
            }
        }
    }

    /// The page that the owner sees next. After the form it is waited for one that says something.
    ///
    /// # Errors
    /// None comes, and why not.
    async fn next_page(&mut self) -> Result<Input, String> {
        let mut shown = self.page.settled().await?;
        self.look_at_requests();
        let mut page = self.read(&shown);
        if let Some(sent) = self.sent.clone() {
            if shown.is_waiting && shown.document == sent.document {
                let why = "the form is not answered in time";
                self.story.unanswered = Some(why.into());
                return Err(why.into());
            }
            self.story.unanswered = None;
            (shown, page) = self.wait_for_word(shown, page, &sent).await?;
        } else if let Some(after) = self.tap_network(&shown, &page).await {
            page = self.read(&after);
            shown = after;
        }
        let loaded = ShownPage { html: shown.markup(), url: shown.url, status: shown.status };
        self.story.tell_page(&loaded, &page);
        self.story.look_at_form(&page);
        if !shown.is_legible && !self.story.shows_secret(&loaded.html) {
            self.take_picture().await;
        }
        Ok(Input::PageLoaded { url: loaded.url, status: loaded.status, page: Box::new(page) })
    }

    /// Waits until the page after the form says how it went, or asks again, or has said nothing for long enough.
    async fn wait_for_word(
        &mut self,
        mut shown: OnScreen,
        mut page: Page,
        sent: &Sent,
    ) -> Result<(OnScreen, Page), String> {
        let until = tokio::time::Instant::now() + RESULT_TIMEOUT;
        let mut told = None;
        loop {
            let ssid = &self.story.home.ssid;
            let is_other = shown.document != sent.document;
            let has_result =
                result(&page, ssid, Some(&sent.portal)).is_some() && (is_other || !sent.had_result);
            let word = self.story.word(&page).filter(|word| is_other || sent.said != Some(*word));
            if has_result || word.is_some() {
                // A page that is not replaced has its form still.
                page.forms.clear();
                return Ok((shown, page));
            }
            let asks_again = is_other && setup_form(&page, false).is_some();
            if asks_again || shown.status >= 400 || page.alert.is_some() {
                return Ok((shown, page));
            }
            if tokio::time::Instant::now() >= until {
                let seconds = RESULT_TIMEOUT.as_secs();
                self.story
                    .tell(format!("the page after the form says nothing of the network for {seconds} s"));
                return Ok((shown, page));
            }
            if told.as_ref() != Some(&page.text) && is_other {
                let seen = ShownPage { url: shown.url.clone(), status: shown.status, html: shown.markup() };
                self.story.tell_page(&seen, &page);
            }
            told = Some(page.text);
            sleep(LOOK).await;
            shown = self.page.settled().await?;
            self.look_at_requests();
            page = self.read(&shown);
        }
    }

    /// The page as the owner reads it, with what its frames show. What goes on by itself does so in the engine. A frame of
    /// another origin that shows nothing is one whose page a phone cannot reach.
    fn read(&mut self, shown: &OnScreen) -> Page {
        let mut page = parse(&shown.html, &shown.url);
        let mut frames = std::mem::take(&mut page.frames);
        let at = without_query(&shown.url);
        for frame in &shown.frames {
            frames.retain(|other| other.url != frame.source);
            match &frame.page {
                Some((url, html)) => {
                    let mut inner = parse(html, url);
                    // Each of them is looked into by itself.
                    inner.frames.clear();
                    page.take_in(inner);
                }
                None => self.story.note(format!(
                    "{at} shows {} in a frame, and no page comes from there: bring it along",
                    without_query(&frame.source)
                )),
            }
        }
        for frame in frames {
            self.story.look_at_frame(&shown.url, &frame);
        }
        self.story.go_by_hints(&mut page);
        page.refresh = None;
        page
    }

    /// Taps the network in a list of a script's, which fills the form in or shows the rest of it. Returns what is to be
    /// seen then.
    async fn tap_network(&mut self, shown: &OnScreen, page: &Page) -> Option<OnScreen> {
        if self.tapped.as_ref() == Some(&shown.document) || setup_form(page, true).is_none() {
            return None;
        }
        let entry = network_link(page, &self.story.home.ssid)?;
        if !entry.url.path().starts_with(BY_SCRIPT) {
            return None;
        }
        self.tapped = Some(shown.document.clone());
        for touch in &entry.touches {
            if let Err(why) = self.page.touch(touch).await {
                self.story.note(format!("the network in the list cannot be tapped: {why}"));
                return None;
            }
        }
        self.story.tell("taps the network in the list".into());
        self.page.settled().await.ok()
    }

    /// Does what the owner decided: types and taps, or loads an address.
    async fn carry_out(&mut self, request: Request) -> Result<(), JourneyEnding> {
        let Some((last, before)) = request.touches.split_last() else {
            self.story.tell(format!("goes on to {}", without_query(&request.url)));
            return self.page.go(&request.url).await.map_err(JourneyEnding::NoEngine);
        };
        let is_form = before.iter().any(|touch| matches!(touch, Touch::Type { .. }));
        for touch in before {
            match self.page.touch(touch).await {
                Ok(true) => {}
                Ok(false) => self.story.note(
                    "a field does not hold all that is typed into it: see its maxlength, and what its script takes away"
                        .into(),
                ),
                Err(why) => self.story.note(format!("a field cannot be filled in: {why}")),
            }
        }
        if is_form {
            self.before_sending(&request).await;
        }
        let is_code = |touch: &Touch| matches!(touch, Touch::Type { text, .. } if self.story.knows.code.as_ref() == Some(text));
        self.story.tell(match (is_form, before.iter().any(is_code)) {
            (true, true) => "fills the form in, the code on the label too, and sends it".into(),
            (true, false) => "fills the form in and sends it".into(),
            (false, _) => "goes on by a button or a link".into(),
        });
        if let Err(why) = self.page.touch(last).await {
            self.story.note(format!("the button cannot be tapped: {why}"));
        }
        Ok(())
    }

    /// Keeps how things are before the form is sent.
    async fn before_sending(&mut self, request: &Request) {
        let requests = self.page.requests();
        if let Ok(shown) = self.page.settled().await {
            let (page, markup) = (self.read(&shown), shown.markup());
            let ssid = &self.story.home.ssid;
            self.sent = Some(Sent {
                document: shown.document,
                portal: shown.url.clone(),
                said: self.story.word(&page),
                had_result: result(&page, ssid, Some(&shown.url)).is_some(),
                requests,
            });
            let is_legible = shown.is_legible || is_legible(request, &page, self.story.home);
            if !is_legible && !self.story.shows_secret(&markup) {
                self.take_picture().await;
            }
        }
        self.story.sent = true;
    }

    /// What the page asked for since the form was sent.
    fn look_at_requests(&mut self) {
        let Some(sent) = &mut self.sent else { return };
        let asked = self.page.asked_since(sent.requests);
        for one in &asked {
            self.story.look_at_address(&one.url);
        }
        if let Some((one, status)) = asked.first().and_then(|one| Some((one, one.status?))) {
            self.story.look_at_answer(&one.url, status);
        }
    }

    async fn take_picture(&mut self) {
        let Some(folder) = self.reader.pictures else { return };
        let step = self.story.pictures.len() + 1;
        let path = step_picture(folder, self.phone, self.reader.programs, step);
        if self.page.picture(&path).await {
            self.story.pictures.push(path);
        } else {
            self.story.note("the engine took a picture of a page not in time".into());
        }
    }
}

/// Whether the passphrase can be read where it is typed, so that no picture may be taken of it.
fn is_legible(request: &Request, page: &Page, home: &HomeNetwork) -> bool {
    let controls = || page.forms.iter().flat_map(|form| &form.controls);
    let is_covered = |element: usize| {
        controls().any(|one| one.element == Some(element) && one.kind == ControlKind::Password)
    };
    request.touches.iter().any(|touch| match touch {
        Touch::Type { element, text } => home.passphrases.contains(text) && !is_covered(*element),
        _ => false,
    })
}
