//! A whole setup on any portal, over its sockets or over a link, from DHCP on: the sheet opens, the owner finds the network and types its passphrase,
//! sends the form, and waits for what the device says. Nothing inside the device is looked at: what it says is the
//! result.
//!
//! What the owner typed is in no result: a page that shows it is told without it. No script is run, so a form that only
//! a script makes or sends is not found, and told as that.

mod junit;
mod typed;

use std::time::Duration;

use serde::Serialize;
use tokio::time::{sleep_until, timeout};
use url::{Position, Url};
use vestibule_core::Instant;

use crate::check::{
    Checked, FrameLink, LinkError, PortalAccess, Seconds, Settings, Sheet, check_from, over_network, phone_on,
};
use crate::owner::{GaveUp, Habits, HomeNetwork, Input, Output, Owner, Request, parse, said};
use crate::phone::Model;

pub use junit::junit;

/// How long a journey may take, with all that a device does meanwhile.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Characters of a page's text that are told.
const TOLD: usize = 120;

/// What the sheet's browser says it is, where it opens no page of the system's own.
const AGENT: &str = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0 \
                     Mobile Safari/537.36";

/// One phone's journey.
#[derive(Debug)]
#[non_exhaustive]
pub struct Journey {
    /// The phone.
    pub model: &'static Model,
    /// Its check, as [`crate::check`] tells it.
    pub checked: Checked,
    /// How it ended.
    pub ending: JourneyEnding,
    /// What happened, with the time since the sheet opened.
    pub story: Vec<(Seconds, String)>,
    /// What else is odd.
    pub odd: Vec<String>,
}

/// How a journey ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JourneyEnding {
    /// The device said that it has joined.
    Joined,
    /// The same, without the device's new address.
    JoinedSomewhere,
    /// The device said that it could not join.
    NotJoined,
    /// The access point went away as the page had said it would.
    TakenForSetUp,
    /// The owner gave up.
    GaveUp(GaveUp),
    /// No sheet opened, or there was nothing in it.
    NoPage,
    /// Nothing came to an end in time.
    TimedOut,
}

impl JourneyEnding {
    /// Whether the owner knows that the device is set up.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Joined | Self::JoinedSomewhere | Self::TakenForSetUp)
    }

    /// In words.
    pub fn says(&self) -> String {
        match self {
            Self::Joined => "the device said that it has joined".into(),
            Self::JoinedSomewhere => "the device said that it has joined, and not where it is now".into(),
            Self::NotJoined => "the device said that it could not join".into(),
            Self::TakenForSetUp => "the access point went away, as the page had said".into(),
            Self::GaveUp(why) => why.to_string(),
            Self::NoPage => "no sheet with a page".into(),
            Self::TimedOut => format!("nothing came to an end within {} s", TIMEOUT.as_secs()),
        }
    }

    /// What is to be changed, unless it went well.
    pub fn change(&self) -> Option<&'static str> {
        match self {
            Self::GaveUp(GaveUp::NoForm) => Some(
                "Show a form with the networks and a password field on the page that a sheet opens, or one link to it that \
                 says so. No script was run: if only a script makes it, this journey cannot judge it.",
            ),
            Self::GaveUp(GaveUp::NetworkNotOffered) => {
                Some("List the networks, or let a name be typed that is not in the list.")
            }
            Self::GaveUp(GaveUp::Unanswered(_)) => {
                Some("Require nothing of an owner but the network and its passphrase.")
            }
            Self::GaveUp(GaveUp::NotTold) => Some(
                "Say on the page after the form whether the device has joined: keep the access point up for the try, load \
                 that page again by itself (<meta http-equiv=refresh>), and say the result with the device's new address.",
            ),
            Self::NotJoined | Self::GaveUp(GaveUp::NothingWorked) => Some(
                "If name and passphrase are right, look at what the device received: its log, before the join.",
            ),
            Self::GaveUp(GaveUp::NoPage) => {
                Some("Answer the form before the radio changes its channel or the access point goes away.")
            }
            Self::GaveUp(GaveUp::Broken(_)) => Some("Answer the form that the page itself has with a page."),
            _ => None,
        }
    }
}

impl Serialize for Journey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::json!({
            "phone": self.model.id, "good": self.ending.is_good(), "ending": self.ending.says(),
            "change": self.ending.change(), "odd": self.odd, "check": self.checked,
            "story": self.story.iter().map(|(at, what)| serde_json::json!({ "at": at, "what": what })).collect::<Vec<_>>(),
        })
        .serialize(serializer)
    }
}

/// Sets the device behind a portal up with one phone after another, each with an owner of its own.
///
/// ```no_run
/// use vestibule::check::Settings;
/// use vestibule::journey::journeys;
/// use vestibule::owner::HomeNetwork;
/// use vestibule::phone::by_id;
///
/// # async fn example(settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
/// let home = HomeNetwork { ssid: b"Home".to_vec(), typed: None, passphrases: vec!["four green lanterns".into()] };
/// for journey in journeys(settings, &[by_id("ios-17")?], &home, |_| {}).await {
///     assert!(journey.ending.is_good(), "{}", journey.ending.says());
/// }
/// # Ok(())
/// # }
/// ```
pub async fn journeys(
    settings: Settings,
    models: &[&'static Model],
    home: &HomeNetwork,
    done: impl Fn(&Journey),
) -> Vec<Journey> {
    let mut journeys = Vec::new();
    // One after the other: a device is set up by one owner at a time.
    for &model in models {
        let checked = over_network(settings, &[model], |_| {}).await;
        let Some(checked) = checked.into_iter().next() else { continue };
        let journey = journey(Some(PortalAccess::Sockets(settings)), model, checked, home).await;
        done(&journey);
        journeys.push(journey);
    }
    journeys
}

/// What journeys over a link came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct LinkJourneys {
    /// Those that ended, in their order.
    pub journeys: Vec<Journey>,
    /// Why the others did not: the link is gone.
    pub ended: Option<LinkError>,
}

/// The same over a link to a real device: each phone asks for an address with its own stack, checks, and its owner goes
/// on with the same stack. Nothing leaves the link.
pub async fn journeys_over_link(
    link: &mut FrameLink,
    models: &[&'static Model],
    home: &HomeNetwork,
    done: impl Fn(&Journey),
) -> LinkJourneys {
    let mut journeys = Vec::new();
    for (number, &model) in models.iter().enumerate() {
        let host = phone_on(link, number, Some(model));
        let whole = async {
            let (checked, access) = check_from(&host, model).await;
            journey(access, model, checked, home).await
        };
        match host.during(link, whole).await {
            Ok(journey) => {
                done(&journey);
                journeys.push(journey);
            }
            Err(error) => return LinkJourneys { journeys, ended: Some(error) },
        }
    }
    LinkJourneys { journeys, ended: None }
}

async fn journey(
    access: Option<PortalAccess>,
    model: &'static Model,
    checked: Checked,
    home: &HomeNetwork,
) -> Journey {
    let url = match &checked.sheet {
        Sheet::Shown { url, .. } | Sheet::Closes { url, .. } => Url::parse(url).ok(),
        Sheet::Empty { .. } | Sheet::None => None,
    };
    let mut story = Story {
        began: tokio::time::Instant::now(),
        lines: Vec::new(),
        odd: Vec::new(),
        sent: false,
        said: None,
        home,
    };
    let ending = match access.zip(url) {
        None => JourneyEnding::NoPage,
        Some((access, url)) => match timeout(TIMEOUT, travel(&access, url, &mut story)).await {
            Ok(ending) => ending,
            Err(_) => JourneyEnding::TimedOut,
        },
    };
    let ending = story.in_words(ending);
    if story.sent && !ending.is_good() {
        story.odd.extend(typed::awkward(home));
    }
    Journey { model, checked, ending, story: story.lines, odd: story.odd }
}

/// An address without its query, which may hold what was typed.
fn without_query(url: &Url) -> &str {
    &url[..Position::AfterPath]
}

/// A page that is on the screen.
struct ShownPage {
    url: Url,
    status: u16,
    html: String,
}

/// What is told of a journey, without what was typed.
struct Story<'a> {
    began: tokio::time::Instant,
    lines: Vec<(Seconds, String)>,
    odd: Vec<String>,
    /// The form was sent.
    sent: bool,
    /// What the last page after it said of the join, in words.
    said: Option<bool>,
    home: &'a HomeNetwork,
}

impl Story<'_> {
    fn now(&self) -> Instant {
        Instant::from_micros(0) + self.began.elapsed()
    }

    /// An owner who reads words is content with what they say.
    fn in_words(&self, ending: JourneyEnding) -> JourneyEnding {
        match (ending, self.said) {
            (JourneyEnding::GaveUp(GaveUp::NotTold | GaveUp::NoPage), Some(true)) => {
                JourneyEnding::JoinedSomewhere
            }
            (JourneyEnding::GaveUp(GaveUp::NotTold | GaveUp::NothingWorked), Some(false)) => {
                JourneyEnding::NotJoined
            }
            (ending, _) => ending,
        }
    }

    fn tell(&mut self, what: String) {
        self.lines.push((Seconds(self.began.elapsed()), what));
    }

    /// Whether a request is the form.
    fn holds_passphrase(&self, request: &Request) -> bool {
        request.body.is_some()
            || request.url.query().is_some_and(|query| query.contains('=')) && {
                let name = String::from_utf8_lossy(&self.home.ssid);
                request.url.query_pairs().any(|(_, value)| value == name)
            }
    }

    /// A passphrase in an address stays in histories, and in every log on the way.
    fn look_at_request(&mut self, request: &Request) {
        let is_typed =
            |value: &str| self.home.passphrases.iter().any(|typed| !typed.is_empty() && typed == value);
        if request.url.query_pairs().any(|(_, value)| is_typed(&value)) {
            let at = without_query(&request.url);
            let odd = format!("the form sends the passphrase in the address of {at}: send it by POST");
            if !self.odd.contains(&odd) {
                self.odd.push(odd);
            }
        }
    }

    /// Tells of a page by its title or text; a page that shows a passphrase is odd, and told without its text.
    fn tell_page(&mut self, loaded: &ShownPage, title: &str, text: &str) {
        let at = without_query(&loaded.url);
        if let Some(odd) = typed::unescaped(&loaded.html, at, self.home)
            && !self.odd.contains(&odd)
        {
            self.odd.push(odd);
        }
        if self.sent {
            self.said = said(text, &self.home.ssid).or(self.said);
        }
        let is_shown =
            |passphrase: &String| !passphrase.is_empty() && loaded.html.contains(passphrase.as_str());
        if self.home.passphrases.iter().any(is_shown) {
            let odd = format!("{at} shows the passphrase that was typed");
            if !self.odd.contains(&odd) {
                self.odd.push(odd);
            }
            return self.tell(format!("{at} ({})", loaded.status));
        }
        let words = if title.trim().is_empty() { text } else { title };
        let words: String = words.trim().chars().take(TOLD).collect();
        self.tell(format!("{at} ({}): {words}", loaded.status));
    }
}

/// Loads a page, and unpacks it.
async fn load(access: &PortalAccess, request: Request) -> Result<ShownPage, String> {
    let loaded = access.load(request, AGENT).await?;
    let html = loaded.text().map_err(|why| format!("{} {why}", without_query(&loaded.url)))?;
    Ok(ShownPage { url: loaded.url, status: loaded.reply.status, html })
}

/// Lets the owner do what an owner does, from the first page on.
async fn travel(access: &PortalAccess, first: Url, story: &mut Story<'_>) -> JourneyEnding {
    let mut owner = Owner::new(story.home.clone(), Habits::hurried());
    owner.handle(Input::SheetOpened { url: first.clone() }, story.now());
    let mut loads = Some(Request::get(first.clone()));
    loop {
        if let Some(request) = loads.take() {
            let input = match load(access, request.clone()).await {
                Ok(loaded) => {
                    let page = parse(&loaded.html, &loaded.url);
                    story.tell_page(&loaded, &page.title, &page.text);
                    Input::PageLoaded { url: loaded.url, status: loaded.status, page: Box::new(page) }
                }
                Err(why) => {
                    story.tell(why);
                    Input::PageFailed { url: request.url }
                }
            };
            owner.handle(input, story.now());
        }
        while let Some(output) = owner.poll() {
            match output {
                Output::Load(request) => {
                    story.look_at_request(&request);
                    story.sent |= story.holds_passphrase(&request);
                    story.tell(match request.body {
                        Some(_) => format!("sends the form to {}", without_query(&request.url)),
                        None => format!("goes on to {}", without_query(&request.url)),
                    });
                    loads = Some(request);
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
                Output::GaveUp(why) => return JourneyEnding::GaveUp(why),
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
