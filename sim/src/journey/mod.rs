//! A whole setup on any portal, over its sockets or over a link, from DHCP on: the sheet opens, the owner finds the network and types its passphrase,
//! sends the form, and waits for what the device says. Nothing inside the device is looked at: what it says is the
//! result.
//!
//! What the owner typed is in no result: a page that shows it is told without it. By default pages are read as they were
//! sent: no script is run, so a form that only a script makes or sends is not found, and told as that. In a browser
//! engine the owner types and taps, and sees what scripts make.

#[cfg(feature = "cli")]
mod in_browser;
mod junit;
mod knowledge;
mod read_pages;
mod story;
mod typed;

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;
use url::Url;

use crate::check::{
    Checked, FrameLink, LinkError, PortalAccess, Reached, Seconds, Settings, Sheet, Trust, check_from,
    over_network, phone_on,
};
#[cfg(feature = "cli")]
use crate::engine::EngineSettings;
use crate::owner::{GaveUp, Owner};
use crate::phone::{Model, Verdict};
#[cfg(feature = "cli")]
use in_browser::InBrowser;
use read_pages::ReadPages;
use story::Story;

pub use junit::junit;
pub use knowledge::OwnerKnowledge;

/// How long a journey may take, with all that a device does meanwhile.
const TIMEOUT: Duration = Duration::from_secs(120);

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
    /// The browser engine and its version, if the owner used one.
    pub engine: Option<String>,
    /// Pictures of its pages, in their order.
    pub pictures: Vec<PathBuf>,
    /// The form was sent.
    sent: bool,
}

impl Journey {
    /// The same after these: a device that was set up by one of them has no portal any more, as it should. It may be gone,
    /// or answer checks as the internet does until it goes.
    fn after(mut self, earlier: &[Self]) -> Self {
        let Some(last) = earlier.iter().rfind(|one| one.sent) else { return self };
        let was_set_up = last.ending.is_good();
        let is_reached =
            self.checked.exchanges.iter().any(|one| matches!(one.reached, Reached::Server | Reached::Reply));
        let lets_through = matches!(self.checked.verdict, Some(Verdict::Online | Verdict::Partial));
        if self.ending == JourneyEnding::NoPage && (!is_reached || (was_set_up && lets_through)) {
            self.ending = JourneyEnding::NotTried { after: last.model.id, was_set_up };
        }
        self
    }

    /// What is to be changed, unless it went well.
    pub fn change(&self) -> Option<&str> {
        let of_check = self.checked.change.as_deref().filter(|_| self.ending.was_tried());
        self.change_of_ending().or(of_check)
    }

    /// The same, as far as the ending says it.
    fn change_of_ending(&self) -> Option<&'static str> {
        match (&self.engine, &self.ending) {
            (Some(_), JourneyEnding::GaveUp(GaveUp::NoForm)) => Some(
                "Show a form with the networks and a password field on the page that a sheet opens, or one link or button to it \
                 that says so. Scripts were run. If the form is there and nothing says which field is for what, a profile can \
                 (--profile).",
            ),
            _ => self.ending.change(),
        }
    }

    /// Everything that is odd. A portal that is not there is not.
    pub fn all_odd(&self) -> impl Iterator<Item = &String> {
        let of_check = self.checked.findings.iter().filter(|_| self.ending.was_tried());
        self.odd.iter().chain(of_check)
    }
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
    /// The form was sent and not answered, for this reason, and the portal was still there.
    NotAnswered(String),
    /// The owner gave up.
    GaveUp(GaveUp),
    /// No sheet opened, or there was nothing in it.
    NoPage,
    /// Nothing came to an end in time.
    TimedOut,
    /// The browser engine did not show the page, or ended.
    NoEngine(String),
    /// Nobody is there any more: the owner of an earlier phone had sent the form.
    NotTried {
        /// That phone.
        after: &'static str,
        /// Whether the device was set up by it.
        was_set_up: bool,
    },
}

impl JourneyEnding {
    /// Of an owner who has given up. On a wire nobody sees an access point go: that no page comes is all there is.
    fn of_given_up(owner: &Owner, why: GaveUp) -> Self {
        match why {
            GaveUp::NoPage if owner.was_told_of_absence() => Self::TakenForSetUp,
            why => Self::GaveUp(why),
        }
    }

    /// Whether the owner knows that the device is set up.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Joined | Self::JoinedSomewhere | Self::TakenForSetUp)
    }

    /// Whether there was a portal to try. A journey that was not tried is neither good nor bad.
    pub fn was_tried(&self) -> bool {
        !matches!(self, Self::NotTried { .. })
    }

    /// In words.
    pub fn says(&self) -> String {
        match self {
            Self::Joined => "the device said that it has joined".into(),
            Self::JoinedSomewhere => "the device said that it has joined, and not where it is now".into(),
            Self::NotJoined => "the device said that it could not join".into(),
            Self::NotAnswered(why) => format!("the form has no answer: {why}"),
            Self::TakenForSetUp => "the access point went away, as the page had said".into(),
            Self::GaveUp(why) => why.to_string(),
            Self::NoPage => "no sheet with a page".into(),
            Self::TimedOut => format!("nothing came to an end within {} s", TIMEOUT.as_secs()),
            Self::NoEngine(why) => why.clone(),
            Self::NotTried { after, was_set_up: true } => {
                format!("the device was set up by {after}: reset it for another phone")
            }
            Self::NotTried { after, was_set_up: false } => {
                format!("the portal is gone since {after} has sent the form: reset it for another phone")
            }
        }
    }

    /// What is to be changed, unless it went well.
    pub fn change(&self) -> Option<&'static str> {
        match self {
            Self::GaveUp(GaveUp::NoForm) => Some(
                "Show a form with the networks and a password field on the page that a sheet opens, or one link to it that \
                 says so. No script was run: if only a script makes it, this journey cannot judge it. If it is there and \
                 nothing says which field is for what, a profile can (--profile).",
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
            Self::NotAnswered(_) => Some(
                "Answer the form at once, with a page that says what comes next, and join afterwards: no reply to it came while \
                 a phone waits for one.",
            ),
            Self::GaveUp(GaveUp::Broken(_)) => Some("Answer the form that the page itself has with a page."),
            _ => None,
        }
    }
}

impl Serialize for Journey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::json!({
            "phone": self.model.id, "good": self.ending.was_tried().then(|| self.ending.is_good()), "ending": self.ending.says(),
            "change": self.change_of_ending(), "odd": self.odd, "check": self.checked,
            "engine": self.engine, "pictures": self.pictures,
            "story": self.story.iter().map(|(at, what)| serde_json::json!({ "at": at, "what": what })).collect::<Vec<_>>(),
        })
        .serialize(serializer)
    }
}

/// Sets the device behind a portal up with one phone after another, each with an owner of its own.
///
/// ```no_run
/// use vestibule::check::Settings;
/// use vestibule::journey::{OwnerKnowledge, journeys};
/// use vestibule::owner::HomeNetwork;
/// use vestibule::phone::by_id;
///
/// # async fn example(settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
/// let home = HomeNetwork { ssid: b"Home".to_vec(), typed: None, passphrases: vec!["four green lanterns".into()] };
/// let knows = OwnerKnowledge::of(home);
/// for journey in journeys(settings, &[by_id("ios-17")?], &knows, |_| {}).await {
///     assert!(journey.ending.is_good(), "{}", journey.ending.says());
/// }
/// # Ok(())
/// # }
/// ```
pub async fn journeys(
    settings: Settings,
    models: &[&'static Model],
    knows: &OwnerKnowledge,
    done: impl Fn(&Journey),
) -> Vec<Journey> {
    journeys_by(&[ReadPages], settings, models, knows, done).await
}

/// How an owner comes by the pages.
trait Reads {
    /// Whether what scripts make is seen.
    const RUNS_SCRIPTS: bool;

    /// Lets an owner set the device up, from the page on that a sheet has opened.
    async fn travel(
        &self,
        access: &PortalAccess,
        checked: &Checked,
        first: Url,
        story: &mut Story<'_>,
    ) -> JourneyEnding;
}

/// The same as [`journeys`], in each of these engines.
#[cfg(feature = "cli")]
pub(crate) async fn journeys_in_engines(
    engines: &EngineSettings,
    settings: Settings,
    models: &[&'static Model],
    knows: &OwnerKnowledge,
    done: impl Fn(&Journey),
) -> Vec<Journey> {
    journeys_by(&InBrowser::each(engines), settings, models, knows, done).await
}

async fn journeys_by(
    readers: &[impl Reads],
    settings: Settings,
    models: &[&'static Model],
    knows: &OwnerKnowledge,
    done: impl Fn(&Journey),
) -> Vec<Journey> {
    let mut journeys: Vec<Journey> = Vec::new();
    // One after the other: a device is set up by one owner at a time.
    for &model in models {
        for reader in readers {
            let checked = over_network(settings, &[model], |_| {}).await;
            let Some(checked) = checked.into_iter().next() else { continue };
            let access = Some(PortalAccess::Sockets(settings));
            let journey = journey(reader, access, checked, knows).await.after(&journeys);
            done(&journey);
            journeys.push(journey);
        }
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
    knows: &OwnerKnowledge,
    trust: Trust,
    done: impl Fn(&Journey),
) -> LinkJourneys {
    journeys_over_link_by(&[ReadPages], link, models, knows, trust, done).await
}

/// The same in each of these engines.
#[cfg(feature = "cli")]
pub(crate) async fn journeys_in_engines_over_link(
    engines: &EngineSettings,
    link: &mut FrameLink,
    models: &[&'static Model],
    knows: &OwnerKnowledge,
    trust: Trust,
    done: impl Fn(&Journey),
) -> LinkJourneys {
    journeys_over_link_by(&InBrowser::each(engines), link, models, knows, trust, done).await
}

async fn journeys_over_link_by(
    readers: &[impl Reads],
    link: &mut FrameLink,
    models: &[&'static Model],
    knows: &OwnerKnowledge,
    trust: Trust,
    done: impl Fn(&Journey),
) -> LinkJourneys {
    let mut journeys: Vec<Journey> = Vec::new();
    for (number, &model) in models.iter().enumerate() {
        for reader in readers {
            let host = phone_on(link, number, Some(model));
            let whole = async {
                let (checked, access) = check_from(&host, model, trust).await;
                journey(reader, access, checked, knows).await
            };
            match host.during(link, whole).await {
                Ok(journey) => {
                    let journey = journey.after(&journeys);
                    done(&journey);
                    journeys.push(journey);
                }
                Err(error) => return LinkJourneys { journeys, ended: Some(error) },
            }
        }
    }
    LinkJourneys { journeys, ended: None }
}

async fn journey<R: Reads>(
    reader: &R,
    access: Option<PortalAccess>,
    checked: Checked,
    knows: &OwnerKnowledge,
) -> Journey {
    let model = checked.model;
    let url = match &checked.sheet {
        Sheet::Shown { url, .. } | Sheet::Closes { url, .. } => Url::parse(url).ok(),
        Sheet::Empty { url, .. } if R::RUNS_SCRIPTS => Url::parse(url).ok(),
        Sheet::Empty { .. } | Sheet::None => None,
    };
    let mut story = Story::begin(knows);
    let ending = match access.zip(url) {
        None => JourneyEnding::NoPage,
        Some((access, url)) => {
            let travels = reader.travel(&access, &checked, url, &mut story);
            timeout(TIMEOUT, travels).await.unwrap_or(JourneyEnding::TimedOut)
        }
    };
    let ending = story.in_words(ending);
    story.end(&ending);
    let Story { lines, odd, engine, pictures, sent, .. } = story;
    Journey { model, checked, ending, story: lines, odd, engine, pictures, sent }
}
