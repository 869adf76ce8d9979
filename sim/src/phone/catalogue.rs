//! The catalogue of phones, and of the computers and consoles that join like them.

use std::collections::{BTreeMap, BTreeSet};
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
    let mut near: Vec<_> = all().iter().filter(is_near).map(|model| model.id).collect();
    if near.is_empty() {
        near = family_of(&family).map(|model| model.id).collect();
    }
    if near.is_empty() {
        near = misspelt(id, &family);
    }
    Err(match near.is_empty() {
        true => UnknownModel {
            asked: id.to_owned(),
            hint: "there are",
            near: all().iter().map(|model| model.id).collect(),
        },
        false => UnknownModel { asked: id.to_owned(), hint: "near it are", near },
    })
}

/// The ids that were probably meant, or those of the family.
fn misspelt(id: &str, family: &str) -> Vec<&'static str> {
    let id = id.to_ascii_lowercase();
    let ids = nearest(&id, all().iter().map(|model| model.id));
    match ids.is_empty() {
        true => nearest(family, families()).into_iter().flat_map(family_of).map(|model| model.id).collect(),
        false => ids,
    }
}

/// Those of the words that differ least from this one, if they differ by little.
fn nearest(word: &str, words: impl IntoIterator<Item = &'static str>) -> Vec<&'static str> {
    let words = words.into_iter().map(|meant| (strsim::damerau_levenshtein(word, meant), meant));
    let most = MISSPELT.min(word.chars().count() / 3);
    let near: Vec<_> = words.filter(|(wrong, _)| *wrong <= most).collect();
    let least = near.iter().map(|(wrong, _)| *wrong).min();
    near.into_iter().filter(|(wrong, _)| Some(*wrong) == least).map(|(_, meant)| meant).collect()
}

/// So many letters may be wrong in a word. Chosen: with three, `toaster` would mean a phone.
const MISSPELT: usize = 2;

/// The words that mean several phones.
fn families() -> BTreeSet<&'static str> {
    let of_ids = all().iter().filter_map(|model| model.id.split('-').next());
    FAMILIES.iter().map(|(name, _)| *name).chain(of_ids).collect()
}

/// Every word for phones but patterns: ids and families. Shells complete them.
#[cfg(any(feature = "cli", test))]
pub(crate) fn words() -> BTreeSet<&'static str> {
    let mut words = families();
    words.extend(all().iter().map(|model| model.id));
    words
}

/// What people call phones, and how the ids of those begin.
const FAMILIES: &[(&str, &[&str])] = &[
    ("apple", &["ios-", "ipados-", "macos-"]),
    ("galaxy", &["samsung-"]),
    ("gnome", &["nm-gnome"]),
    ("ipad", &["ipados-"]),
    ("iphone", &["ios-"]),
    ("linux", &["nm-", "connman"]),
    ("mac", &["macos-"]),
    ("networkmanager", &["nm-"]),
    ("pixel", &["android-"]),
];

/// The models of a family, by the word before the dash of their ids or by what people call it.
fn family_of(word: &str) -> impl Iterator<Item = &'static Model> {
    let word = word.to_ascii_lowercase();
    let called = FAMILIES.iter().find(|(name, _)| *name == word).map_or(&[][..], |(_, begins)| begins);
    all().iter().filter(move |model| {
        model.id.split('-').next() == Some(word.as_str())
            || called.iter().any(|begins| model.id.starts_with(begins))
    })
}

/// The models that are meant by these words, each once: ids (`ios-17`), patterns of ids (`android-*`) and families (`samsung`,
/// `iphone`).
///
/// # Errors
///
/// A word means none; the error names those that are near.
///
/// ```
/// use vestibule::phone::select;
///
/// assert!(select(["iphone"])?.iter().all(|model| model.id.starts_with("ios-")));
/// assert_eq!(select(["ios-17", "ios-1*"])?[0].id, "ios-17");
/// assert!(select(["phone"]).is_err());
/// # Ok::<(), vestibule::phone::UnknownModel>(())
/// ```
pub fn select<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Vec<&'static Model>, UnknownModel> {
    let mut selected: Vec<&'static Model> = Vec::new();
    for word in words.into_iter().map(str::trim) {
        let exact = all().iter().find(|model| model.id == word);
        let mut meant: Vec<_> = match (exact, word.split_once('*')) {
            (Some(model), _) => vec![model],
            (None, Some((begins, ends))) => {
                let fits =
                    |model: &&Model| model.id.strip_prefix(begins).is_some_and(|rest| rest.ends_with(ends));
                all().iter().filter(fits).collect()
            }
            (None, None) => family_of(word).collect(),
        };
        if meant.is_empty() {
            meant.push(by_id(word)?);
        }
        for model in meant {
            if !selected.iter().any(|one| one.id == model.id) {
                selected.push(model);
            }
        }
    }
    Ok(selected)
}

/// An Android whose check asks this URL, as owners and makers set it: `None` unless it is one of http. It is like the other
/// models, and none of [`all`].
///
/// ```
/// let model = vestibule::phone::android_that_asks("http://check.example.org/204").unwrap();
/// assert_eq!(model.id, "android@check.example.org");
/// ```
pub fn android_that_asks(url: &str) -> Option<&'static Model> {
    let parsed = url::Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    Some(android::own_host(parsed.host_str()?, parsed.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_and_patterns_mean_their_models_and_ids_mean_themselves() {
        let ids = |word: &str| select([word]).unwrap().iter().map(|model| model.id).collect::<Vec<_>>();
        assert_eq!(ids("firefox"), ["firefox"]);
        assert_eq!(ids("samsung"), ids("samsung-*"));
        assert!(ids("iPhone").contains(&"ios-17") && !ids("iPhone").contains(&"ipados-18"));
        assert!(ids("apple").contains(&"macos-15") && ids("*-private").len() > 2);
        assert_eq!(
            select(["ios-17", "ios-17", "windows"]).unwrap().iter().filter(|one| one.id == "ios-17").count(),
            1
        );
        let error = by_id("iPhone").unwrap_err().to_string();
        assert!(error.contains("near it are: ios-4"), "{error}");
        let near = |word: &str| by_id(word).unwrap_err().near;
        assert_eq!(near("firefx"), ["firefox"]);
        assert_eq!(near("samsng-14"), ["samsung-14"]);
        assert_eq!(near("andriod"), ids("android-*"));
        assert_eq!(near("iphon"), ids("iphone"));
        assert_eq!(near("toaster").len(), all().len());
    }

    #[test]
    fn every_word_means_a_phone() {
        assert!(words().contains("iphone") && words().contains("samsung-14"));
        for word in words() {
            assert!(select([word]).is_ok(), "{word}");
        }
    }
}
