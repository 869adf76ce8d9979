//! The catalogue of phones, and of the computers and consoles that join like them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use vestibule_core::Instant;

use super::android::sheet::Sheet;
use super::features::Feature;
use super::machine::table::Behaviour;
use super::machine::{Check, Machine, Situation};
use super::plain::{self, Asking};
use super::wire::Wire;
use super::{Checker, Link, Rule, judge};
use super::{android, apple, chromeos, chromium, firefox, kindle, network_manager, nintendo, windows};
use crate::radio::PhoneId;
use crate::random_streams::{RandomStream, stream};

/// One phone: an operating system in one of its versions.
///
/// ```
/// let android = vestibule::phone::by_id("android-14").unwrap();
/// assert_eq!(android.at_a_setup_portal(), ("portal", true));
/// assert!(android.rules().all(|rule| !rule.source.is_empty()));
/// ```
#[derive(Clone, Copy)]
pub struct Model {
    /// As in scenarios and on the command line, `android-14` say.
    pub id: &'static str,
    /// As people call it.
    pub name: &'static str,
    /// The versions that behave this way.
    pub versions: &'static str,
    /// What it is a version of.
    pub family: Family,
    pub(super) system: System,
    /// What a portal brings before its owner.
    pub presents: Presents,
    /// What a portal must be for that, where a redirect is not enough.
    pub need: Option<&'static Need>,
    /// What the browser of its sign-in page has and lacks, as far as that is known.
    pub features: &'static [Feature],
}

/// Clients that are versions of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Android, the makers' and Fire OS.
    Android,
    /// iOS, iPadOS and macOS.
    Apple,
    /// Windows' NCSI.
    Windows,
    /// ChromeOS.
    ChromeOs,
    /// Chromium's own detector.
    Chromium,
    /// Firefox's.
    Firefox,
    /// NetworkManager on Linux.
    NetworkManager,
    /// Kindle's readers.
    Kindle,
    /// Nintendo's consoles.
    Nintendo,
}

/// What the owner gets to see of a portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presents {
    /// A sheet opens by itself.
    Sheet,
    /// A notification asks; a tap opens the sheet.
    SheetOnTap,
    /// A browser opens by itself.
    Browser,
    /// A notification or a bar asks; a tap opens a page in the browser.
    BrowserOnTap,
    /// Nothing that leads to the portal.
    Nothing,
}

/// What a model wants of a portal beyond an answer that says so.
#[derive(Debug)]
pub struct Need {
    /// What, in words.
    pub what: &'static str,
    /// What it concludes without, as [`super::Verdict::word`] says it.
    pub otherwise: &'static str,
    /// Where that is known from.
    pub rule: &'static Rule,
}

#[derive(Clone, Copy)]
pub(super) enum System {
    Android(&'static android::Generation),
    Apple(&'static apple::Generation),
    Plain(&'static plain::Plan),
    RandomNames(&'static chromium::RandomNames),
}

impl System {
    pub(super) fn behaviour(self) -> Behaviour {
        match self {
            Self::Android(generation) => generation.behaviour,
            Self::Apple(generation) => generation.behaviour,
            Self::Plain(plan) => plan.behaviour,
            Self::RandomNames(plan) => plan.behaviour,
        }
    }

    /// Begins a check.
    pub(super) fn start(self, wire: &mut Wire, situation: &Situation, now: Instant) -> Box<dyn Check> {
        match self {
            Self::Android(generation) => android::start(generation, wire, situation, now),
            Self::Apple(generation) => apple::start(generation, wire, situation, now),
            Self::Plain(plan) => Asking::start(plan, wire, situation, now),
            Self::RandomNames(plan) => chromium::start(plan, wire, situation, now),
        }
    }

    /// What asks the probe's URL from inside the sign-in page, where that is done.
    pub(super) fn page_checks(self, link: Link, url: &str) -> Option<Sheet> {
        match self {
            Self::Android(generation) => android::page_checks(generation, link, url),
            _ => None,
        }
    }

    /// Rules that are in no table.
    fn facts(self) -> Vec<&'static Rule> {
        match self {
            Self::Android(generation) => generation.facts.iter().copied().flatten().copied().collect(),
            Self::Apple(generation) => {
                let facts = generation.facts.iter().copied().flatten().copied();
                facts.chain([generation.sheet.rule()]).collect()
            }
            Self::Plain(plan) => {
                let secure = plan.secure.map(|secure| [secure.alone, secure.missing]);
                let name = plan.name.map(|name| name.rule);
                plan.facts.iter().copied().chain(secure.into_iter().flatten()).chain(name).collect()
            }
            Self::RandomNames(plan) => plan.facts.to_vec(),
        }
    }
}

/// Behaviour that some phones of a model have and others have not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Android 11 and later: a private address of the probe's host means no internet. Off by
    /// default; some makers are said to switch it on.
    pub private_address_is_no_internet: bool,
    /// The phone leaves a network on which it has not come to believe in the internet this long
    /// after joining, whatever is open. Never by default: no source gives a time for any system
    /// (unverified, so an option); Apple's sheet is known to end in leaving when it times out
    /// (decompiled), after a time that is not known.
    pub leaves_without_internet: Option<Duration>,
}

/// No model has that id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no phone model \"{asked}\"; {hint}: {}", near.join(", "))]
pub struct UnknownModel {
    asked: String,
    hint: &'static str,
    near: Vec<&'static str>,
}

impl Model {
    /// A phone of this model with default [`Options`]. The same seed gives the same bytes.
    pub fn new_checker(&'static self, seed: u64) -> Box<dyn Checker> {
        self.new_checker_with(seed, 0, Options::default())
    }

    /// A phone of this model, one of several that draw from one seed: each number has a stream of its own.
    pub fn new_checker_with(&'static self, seed: u64, number: PhoneId, options: Options) -> Box<dyn Checker> {
        Box::new(Machine::new(self, stream(seed, RandomStream::Checker, number as u64), options))
    }

    /// Every rule that it follows, each once: those of its tables in their order, then the others.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        let behaviour = self.system.behaviour();
        let cases = self.cases().map(|case| case.rule);
        let steps = behaviour.steps.iter().map(|step| step.rule);
        let waits = behaviour.waits.iter().map(|wait| wait.rule);
        let dialog = behaviour.dialog.map(|dialog| dialog.rule);
        let need = self.need.map(|need| need.rule);
        let features = self.features.iter().map(|feature| feature.rule);
        let all = cases.chain(steps).chain(waits).chain(dialog).chain(self.system.facts()).chain(need);
        let mut seen = BTreeSet::new();
        let distinct: Vec<_> = all.chain(features).filter(|rule| seen.insert(rule.id)).collect();
        distinct.into_iter()
    }

    /// The rows by which it judges a reply, without those that cannot come about.
    pub(super) fn cases(&self) -> impl Iterator<Item = &'static judge::case::Case> + use<> {
        let minds_private = match self.system {
            System::Android(generation) => generation.private_address != android::PrivateAddress::Ignored,
            _ => true,
        };
        let cases = match self.system {
            System::RandomNames(_) => &[][..],
            _ => self.client().cases(),
        };
        let is_private = judge::case::When::Failed(&[judge::Failure::PrivateAddress]);
        cases.iter().filter(move |case| minds_private || !case.when.contains(&is_private))
    }

    /// The client that judges a recorded reply to this model's HTTP probe.
    pub fn client(&self) -> judge::Client {
        match self.system {
            System::Android(generation) => judge::Client::Android(generation.release),
            System::Apple(_) => judge::Client::Apple,
            System::Plain(plan) => plan.client,
            System::RandomNames(plan) => plan.client,
        }
    }

    /// What it concludes first of a portal in setup that redirects everything to itself, on a
    /// private address, and refuses what is not HTTP on port 80: the verdict's word, and whether
    /// the owner gets to see the portal.
    pub fn at_a_setup_portal(&self) -> (&'static str, bool) {
        match (self.need, self.family, self.system) {
            (Some(need), ..) => (need.otherwise, false),
            (None, _, System::RandomNames(_)) => ("names-redirected", false),
            // Their tests know no portals.
            (None, Family::Nintendo, _) => ("no-internet", false),
            (None, ..) => ("portal", self.presents != Presents::Nothing),
        }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({})", self.id)
    }
}

impl fmt::Display for Presents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sheet => "sheet",
            Self::SheetOnTap => "sheet on a tap",
            Self::Browser => "browser",
            Self::BrowserOnTap => "browser on a tap",
            Self::Nothing => "nothing",
        })
    }
}

static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
    let computers = [windows::models(), chromeos::models(), chromium::models(), firefox::models()];
    let others = [network_manager::models(), kindle::models(), nintendo::models()];
    android::models()
        .chain(apple::models())
        .chain(computers.into_iter().flatten())
        .chain(others.into_iter().flatten())
        .copied()
        .collect()
});

/// Every model, oldest first within its family.
///
/// ```
/// use vestibule::phone::{Family, models};
///
/// assert!(models().iter().any(|model| model.family == Family::Nintendo));
/// ```
pub fn all() -> &'static [Model] {
    &MODELS
}

/// The model of that id.
///
/// # Errors
///
/// There is none; the error names those that are near.
///
/// ```
/// let ios = vestibule::phone::by_id("ios-17")?;
/// assert_eq!(ios.name, "iOS 17");
/// let error = vestibule::phone::by_id("ios-99").unwrap_err();
/// assert!(error.to_string().contains("ios-18"));
/// # Ok::<(), vestibule::phone::UnknownModel>(())
/// ```
pub fn by_id(id: &str) -> Result<&'static Model, UnknownModel> {
    if let Some(model) = all().iter().find(|model| model.id == id) {
        return Ok(model);
    }
    let family = id.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_lowercase();
    let is_near = |model: &&Model| !family.is_empty() && model.id.starts_with(&family);
    let near: Vec<_> = all().iter().filter(is_near).map(|model| model.id).collect();
    Err(match near.is_empty() {
        true => UnknownModel {
            asked: id.to_owned(),
            hint: "there are",
            near: all().iter().map(|model| model.id).collect(),
        },
        false => UnknownModel { asked: id.to_owned(), hint: "near it are", near },
    })
}
