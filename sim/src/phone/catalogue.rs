//! The catalogue of phones, and of the computers and consoles that join like them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::dispute::Dispute;
use super::families::{
    android, apple, chromeos, chromium, connman, firefox, harmonyos, kindle, network_manager, nintendo,
    steam, windows,
};
use super::model::Model;
use super::rule::Rule;

/// No model has that id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no phone model \"{asked}\"; {hint}: {}", near.join(", "))]
pub struct UnknownModel {
    asked: String,
    hint: &'static str,
    near: Vec<&'static str>,
}

static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
    let computers = [windows::models(), chromeos::models(), chromium::models(), firefox::models()];
    let others =
        [network_manager::models(), connman::models(), kindle::models(), nintendo::models(), steam::models()];
    android::models()
        .chain(harmonyos::models())
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

/// What sources contradict each other about.
pub fn disputes() -> impl Iterator<Item = &'static Dispute> {
    android::DISPUTES.iter().chain(apple::DISPUTES)
}

/// Every rule of every model and every reading of a dispute, each once, in the order of their names.
///
/// ```
/// use vestibule::phone::{Grade, rules};
///
/// assert!(rules().iter().filter(|rule| rule.grade == Grade::A).count() > 100);
/// ```
pub fn rules() -> Vec<&'static Rule> {
    let readings = disputes().flat_map(|dispute| dispute.readings).copied();
    let named = all().iter().flat_map(Model::rules).chain(readings).map(|rule| (rule.id, rule));
    named.collect::<BTreeMap<_, _>>().into_values().collect()
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
