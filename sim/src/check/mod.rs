//! Every phone against one portal, whosesoever it is: does its sheet pop up, and if not, which rule
//! says so, which exchange decided, and what is to be changed in the portal. Where a sheet opens, the check
//! stays for the checks that follow its page, which may close it.
//!
//! The same check of a phone runs over real sockets ([`over_network()`], for `vestibule check`), over frames on a
//! link to a real device ([`over_link()`], for `vestibule check --link`) and inside this process in virtual time
//! ([`in_process`], for the [`matrix`]). Over sockets nothing but the portal's own two is ever contacted: HTTP goes
//! to the given port whatever the URL says, and what a phone would send to another address is not sent; the phone
//! sees that nobody is there, and the report says so. Over a link a phone sends what it would send; nothing leaves
//! the link.
//!
//! Each phone has a clock of its own. It runs with the real one while anything is awaited from the
//! portal, and is put forward when the phone only waits for itself, between retries say. TLS is spoken in
//! earnest: what a portal's certificate comes to is judged by a handshake ([`Trust`]).

mod access;
mod advice;
#[cfg(feature = "cli")]
mod answer_changes;
mod changes;
mod explain;
pub mod in_process;
mod junit;
mod lease;
mod lease_questions;
mod linked_phone;
mod local_name;
mod log;
pub mod matrix;
mod outside_sources;
mod over_link;
mod over_network;
mod page_fetch;
mod page_judge;
mod page_text;
mod page_view;
mod phone_check;
mod portal_address;
mod portal_profile;
mod portal_questions;
mod portal_watch;
mod portals;
mod presence;
mod project;
mod settings;
mod sheet;
mod silence;
mod stored_replies;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::phone::{Dispute, Model, Rule, Verdict};

pub use crate::frame_link::{FrameLink, Impairments, LinkError, LinkSpec, LinkSpecError};
pub use crate::markup::NoXml;
pub use crate::tls::{Trust, TrustError};
pub(crate) use access::PortalAccess;
#[cfg(feature = "cli")]
pub(crate) use answer_changes::{AnswerChanges, AnswerSample, AnswerState};
pub use changes::{Change, ChangeWords, changes};
pub use explain::{ExplainedCheck, explain};
pub use junit::junit;
pub use lease::LeaseSummary;
pub use lease_questions::{LeaseAnswer, LeaseAnswers, lease_questions};
pub(crate) use outside_sources::outside_host;
pub use over_link::{LinkResults, over_link};
pub(crate) use over_link::{check_from, phone_on};
pub use over_network::over_network;
pub use page_view::PageView;
pub use portal_profile::{WrittenProfile, portal_profile, portal_profile_over_link};
pub use portal_questions::{portal_questions, portal_questions_over_link};
pub use portal_watch::{PortalWatch, blame, watched};
pub use portals::{BuiltIn, ProfilePortal};
pub use presence::{Nobody, is_there};
pub use settings::Settings;

/// What a check of one phone came to.
///
/// It comes from [`over_network()`], which has an example.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Checked {
    /// The phone.
    pub model: &'static Model,
    /// Whether its sheet popped up, and what is to be seen in it.
    pub sheet: Sheet,
    /// What the phone concluded; `None` if nothing in two minutes.
    pub verdict: Option<Verdict>,
    /// By which rule.
    pub rule: Option<&'static Rule>,
    /// After which time on its own clock, beginning when it had an address.
    pub took: Option<Seconds>,
    /// The exchange that decided.
    pub decided_by: Option<ExchangeSummary>,
    /// Everything that was asked, the sheet's page included.
    pub exchanges: Vec<ExchangeSummary>,
    /// What else is odd about the portal.
    pub findings: Vec<String>,
    /// What is to be changed in the portal, unless all is well.
    pub change: Option<String>,
    /// How that is told where it helps other phones too ([`changes`]).
    pub change_words: ChangeWords,
    /// Whether a portal is to be blamed if nothing is to be seen on this phone: not where the client
    /// shows nobody anything.
    pub counts: bool,
    /// What sources contradict each other about, where it would have come out otherwise under another
    /// reading.
    pub disputed: Vec<&'static Dispute>,
    /// Whether a portal fails this phone by a disputed reading as well.
    pub strict: bool,
    /// The portal was gone before it was through, so that nothing here is this phone's.
    pub portal_gone: bool,
    /// What it was given by DHCP, where it had to ask ([`over_link()`]).
    pub lease: Option<LeaseSummary>,
    /// What the browser of its sheet says that it is (`User-Agent`), if a sheet opened.
    pub agent: Option<String>,
    /// What real browser engines showed of the sheet's page, where any were asked. Otherwise it was judged by its
    /// bytes.
    pub views: Vec<PageView>,
    /// Whose portal it is, as far as what this phone was answered tells.
    project: Option<project::Project>,
}

/// Whether a sheet popped up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sheet {
    /// It did, and there is a page in it.
    Shown {
        /// The page it opened on.
        url: String,
        /// What came.
        page: String,
    },
    /// It did, and nothing is to be seen in it.
    Empty {
        /// The page it opened on.
        url: String,
        /// Why.
        why: String,
    },
    /// It did, its page was to be seen, and a moment later it closed by itself, on the owner who reads it.
    Closes {
        /// The page it opened on.
        url: String,
        /// What came.
        page: String,
        /// Why it closed.
        why: String,
    },
    /// It did not.
    None,
}

impl Sheet {
    /// In one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Shown { .. } => "yes",
            Self::Empty { .. } => "empty",
            Self::Closes { .. } => "closes",
            Self::None => "no",
        }
    }
}

/// An exchange as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExchangeSummary {
    /// When it began, on the phone's own clock.
    pub at: Seconds,
    /// What was asked.
    pub asked: String,
    /// What came.
    pub came: String,
    /// How far it got.
    #[serde(skip)]
    pub reached: Reached,
}

/// How far an exchange got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reached {
    /// Nobody.
    Nobody,
    /// A server that accepted a request's connection and said nothing.
    Server,
    /// A DNS server that answered, or one that took a handshake.
    Answer,
    /// A reply to a request.
    Reply,
}

/// A time on a phone's clock, told in seconds.
///
/// ```
/// use std::time::Duration;
/// use vestibule::check::Seconds;
///
/// assert_eq!(Seconds(Duration::from_millis(1240)).to_string(), "1.2 s");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.0.as_secs_f64())
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64((self.0.as_secs_f64() * 1000.0).round() / 1000.0)
    }
}

impl Checked {
    /// Whether the owner of this phone gets to see the portal.
    pub fn passed(&self) -> bool {
        matches!(self.sheet, Sheet::Shown { .. }) && self.views.iter().all(|view| view.unusable.is_none())
    }

    /// Takes over whose portal it is, which is known when all are through.
    #[cfg(feature = "cli")]
    pub(crate) fn of_the_same_portal_as(&mut self, other: Option<&Self>) {
        self.project = other.map_or(self.project, |other| other.project);
    }

    /// Whether the portal fails this phone.
    pub fn failed(&self) -> bool {
        let is_right = match self.strict {
            true => self.passed() && self.disputed.is_empty(),
            false => self.passed() || self.is_excused(),
        };
        self.counts && !is_right && !self.portal_gone
    }

    /// Whether no sheet came by a reading that not every source has.
    fn is_excused(&self) -> bool {
        let is_deciding = |dispute: &&Dispute| self.rule.is_some_and(|rule| dispute.is_decided_by(rule));
        self.sheet == Sheet::None && self.disputed.iter().any(is_deciding)
    }

    /// What the phone concluded, in one word.
    pub fn concluded(&self) -> &'static str {
        self.verdict.as_ref().map_or("nothing", Verdict::word)
    }
}

impl Serialize for Checked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (url, page, why) = match &self.sheet {
            Sheet::Shown { url, page } => (Some(url), Some(page), None),
            Sheet::Empty { url, why } => (Some(url), None, Some(why)),
            Sheet::Closes { url, page, why } => (Some(url), Some(page), Some(why)),
            Sheet::None => (None, None, None),
        };
        let disputed: Vec<_> = self.disputed.iter().map(|dispute| dispute_as_json(dispute)).collect();
        let mut fields = serializer.serialize_struct("Checked", 20)?;
        fields.serialize_field("phone", self.model.id)?;
        fields.serialize_field("name", self.model.name)?;
        fields.serialize_field("sheet", self.sheet.word())?;
        fields.serialize_field("counts", &self.counts)?;
        fields.serialize_field("url", &url)?;
        fields.serialize_field("page", &page)?;
        fields.serialize_field("why", &why)?;
        fields.serialize_field("verdict", self.concluded())?;
        fields.serialize_field("seconds", &self.took)?;
        fields.serialize_field("rule", &self.rule.map(rule_as_json))?;
        fields.serialize_field("disputed", &disputed)?;
        fields.serialize_field("failed", &self.failed())?;
        fields.serialize_field("decided_by", &self.decided_by)?;
        fields.serialize_field("change", &self.change)?;
        fields.serialize_field("findings", &self.findings)?;
        fields.serialize_field("exchanges", &self.exchanges)?;
        fields.serialize_field("portal_gone", &self.portal_gone)?;
        fields.serialize_field("lease", &self.lease)?;
        fields.serialize_field("agent", &self.agent)?;
        fields.serialize_field("views", &self.views)?;
        fields.end()
    }
}

fn rule_as_json(rule: &Rule) -> serde_json::Value {
    serde_json::json!({
        "id": rule.id, "says": rule.says, "source": rule.source, "grade": rule.grade.to_string(),
    })
}

fn dispute_as_json(dispute: &Dispute) -> serde_json::Value {
    let readings: Vec<_> = dispute.readings.iter().map(|rule| rule_as_json(rule)).collect();
    serde_json::json!({
        "question": dispute.question, "readings": readings, "settled_by": dispute.settled_by,
    })
}
