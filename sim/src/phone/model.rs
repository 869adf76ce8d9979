//! The catalogue of phones.

use std::fmt;
use std::time::Duration;

use super::android::{Android, rules as android};
use super::apple::{Apple, Generation, SheetPage, rules as apple};
use super::judge::{self, Release};
use super::{Checker, Rule};

/// One phone: an operating system in one of its versions.
pub struct Model {
    /// As in scenarios and on the command line, `android-14` say.
    pub id: &'static str,
    /// As people call it.
    pub name: &'static str,
    /// The versions that behave this way.
    pub versions: &'static str,
    rules: &'static [&'static [&'static Rule]],
    system: System,
}

enum System {
    Android(Release),
    Apple(Generation),
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
        self.new_checker_with(seed, Options::default())
    }

    /// A phone of this model.
    pub fn new_checker_with(&'static self, seed: u64, options: Options) -> Box<dyn Checker> {
        match &self.system {
            System::Android(release) => Box::new(Android::new(self, *release, seed, options)),
            System::Apple(generation) => Box::new(Apple::new(self, generation, seed, options)),
        }
    }

    /// Every rule that it follows.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        self.rules.iter().flat_map(|group| group.iter().copied())
    }

    /// The client that judges a recorded reply to this model's HTTP probe.
    pub fn client(&self) -> judge::Client {
        match &self.system {
            System::Android(release) => judge::Client::Android(*release),
            System::Apple(_) => judge::Client::Apple,
        }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({})", self.id)
    }
}

const fn android_model(
    id: &'static str,
    name: &'static str,
    version: &'static str,
    major: u8,
    rules: &'static [&'static [&'static Rule]],
) -> Model {
    Model { id, name, versions: version, rules, system: System::Android(Release::new(major, 0)) }
}

static ANDROID_10: &[&[&Rule]] = &[judge::android::RULES, android::COMMON, android::ONLY_10];
static ANDROID_11: &[&[&Rule]] = &[judge::android::RULES, android::COMMON, android::FROM_11];
static IOS_14: &[&[&Rule]] = &[judge::apple::RULES, apple::COMMON, apple::ONLY_14];
static IOS_15: &[&[&Rule]] = &[judge::apple::RULES, apple::COMMON, apple::FROM_15_TO_16];
static IOS_17: &[&[&Rule]] = &[judge::apple::RULES, apple::COMMON, apple::ONLY_17];
static IOS_18: &[&[&Rule]] = &[judge::apple::RULES, apple::COMMON, apple::ONLY_18];

static MODELS: [Model; 12] = [
    android_model("android-10", "Android 10", "10", 10, ANDROID_10),
    android_model("android-11", "Android 11", "11", 11, ANDROID_11),
    android_model("android-12", "Android 12", "12 and 12L", 12, ANDROID_11),
    android_model("android-13", "Android 13", "13", 13, ANDROID_11),
    android_model("android-14", "Android 14", "14", 14, ANDROID_11),
    android_model("android-15", "Android 15", "15", 15, ANDROID_11),
    Model {
        id: "ios-14",
        name: "iOS 14",
        versions: "14",
        rules: IOS_14,
        system: System::Apple(Generation {
            network_support: "407.40.1",
            system: "14_0",
            service_question: false,
            sheet: SheetPage::Probe(&apple::SHEET_PROBE_URL),
        }),
    },
    Model {
        id: "ios-15",
        name: "iOS 15",
        versions: "15",
        rules: IOS_15,
        system: System::Apple(Generation {
            network_support: "428.120.3",
            system: "15_0",
            service_question: false,
            sheet: SheetPage::Redirect(&apple::SHEET_URL_UNVERIFIED),
        }),
    },
    Model {
        id: "ios-16",
        name: "iOS 16",
        versions: "16",
        rules: IOS_15,
        system: System::Apple(Generation {
            network_support: "443.120.3",
            system: "16_0",
            service_question: false,
            sheet: SheetPage::Redirect(&apple::SHEET_URL_UNVERIFIED),
        }),
    },
    Model {
        id: "ios-17",
        name: "iOS 17",
        versions: "17",
        rules: IOS_17,
        system: System::Apple(Generation {
            network_support: "461.80.2",
            system: "17_0",
            service_question: true,
            sheet: SheetPage::Redirect(&apple::SHEET_URL_UNVERIFIED),
        }),
    },
    Model {
        id: "ios-18",
        name: "iOS 18.3",
        versions: "18.0 to 18.3",
        rules: IOS_18,
        system: System::Apple(Generation {
            network_support: "480.60.4",
            system: "18_3",
            service_question: true,
            sheet: SheetPage::Redirect(&apple::SHEET_REDIRECT_URL),
        }),
    },
    Model {
        id: "ios-18.4",
        name: "iOS 18.4",
        versions: "18.4 and later",
        rules: IOS_18,
        system: System::Apple(Generation {
            network_support: "491.100.3",
            system: "18_4",
            service_question: true,
            sheet: SheetPage::Redirect(&apple::SHEET_REDIRECT_URL),
        }),
    },
];

/// Every model, oldest first within its family.
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
