//! What is to be changed in a portal: each change once, with the phones that it repairs. Phones ask for hosts and paths of
//! their own, and the same advice for each of them is one change. Nothing is judged here.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Checked;
use super::portal_address::PortalAddress;
use super::project::{ChangeKind, Project};

/// How a change is told where it helps other phones too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeWords {
    /// The call that the change names, if it names one: method, path and host.
    pub(super) call: Option<String>,
    /// What else in it is this phone's own, the longest first.
    pub(super) own: Vec<String>,
    /// The change without its price.
    pub(super) in_short: Option<String>,
    /// What it is about, and where the portal is.
    pub(super) kind: Option<(ChangeKind, PortalAddress)>,
}

/// One change of a portal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Change<'a> {
    /// What to change, in a sentence or two.
    pub says: String,
    /// The phones that it repairs, in their order.
    pub phones: Vec<&'a Checked>,
}

/// The changes that these phones want, that which repairs most first.
///
/// ```
/// use vestibule::check::{BuiltIn, changes, in_process::in_process};
/// use vestibule::phone::by_id;
///
/// let checked = [in_process(&mut BuiltIn::start(), by_id("android-14")?)];
/// assert!(changes(&checked).is_empty());
/// # Ok::<(), vestibule::phone::UnknownModel>(())
/// ```
pub fn changes(checked: &[Checked]) -> Vec<Change<'_>> {
    let mut groups: Vec<(String, Vec<&Checked>)> = Vec::new();
    for one in checked.iter().filter(|one| (one.counts || one.failed()) && !one.portal_gone) {
        let Some(common) = common_words(one) else { continue };
        match groups.iter_mut().find(|(words, _)| *words == common) {
            Some((_, phones)) => phones.push(one),
            None => groups.push((common, vec![one])),
        }
    }
    // A portal shows its page to some phones only, and is the same to all.
    let project = checked.iter().find_map(|one| one.project);
    let told = |phones: Vec<_>| Change { says: in_words_of(project, &phones, said_of_all(&phones)), phones };
    let mut changes: Vec<_> = groups.into_iter().map(|(_, phones)| told(phones)).collect();
    let weight = |change: &Change<'_>| {
        let failed = change.phones.iter().filter(|one| one.failed()).count();
        Reverse((failed, change.phones.len()))
    };
    changes.sort_by_key(weight);
    changes
}

/// The change, and what it is in the project's own words.
fn in_words_of(project: Option<Project>, phones: &[&Checked], said: String) -> String {
    let kind = phones.iter().find_map(|one| one.change_words.kind);
    let Some((project, (kind, place))) = project.zip(kind) else { return said };
    project.words(kind, place).map_or(said.clone(), |words| format!("{said} In {project}: {words}."))
}

/// The change without the words that are this phone's own.
fn common_words(one: &Checked) -> Option<String> {
    let own = one.change_words.call.iter().chain(&one.change_words.own);
    Some(own.fold(one.change.clone()?, |text, word| text.replace(word.as_str(), "…")))
}

/// The change with the call that most of the phones make, and how many others are meant by it.
fn said_of_all(phones: &[&Checked]) -> String {
    let mut calls: BTreeMap<&str, usize> = BTreeMap::new();
    for call in phones.iter().filter_map(|one| one.change_words.call.as_deref()) {
        *calls.entry(call).or_default() += 1;
    }
    let most = calls.values().max().copied();
    let is_usual = |one: &&&Checked| {
        let call = one.change_words.call.as_deref();
        call.and_then(|call| calls.get(call).copied()) == most
    };
    let Some(one) = phones.iter().find(is_usual).or(phones.first()) else { return String::new() };
    let said = one.change_words.in_short.as_ref().or(one.change.as_ref());
    let said = said.cloned().unwrap_or_default();
    match (&one.change_words.call, calls.len()) {
        (Some(call), 2) => said.replacen(call, &format!("{call} (and another call like it)"), 1),
        (Some(call), of @ 3..) => said.replacen(call, &format!("{call} (and {} calls like it)", of - 1), 1),
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::check::in_process::in_process;
    use crate::check::{BuiltIn, ProfilePortal};
    use crate::phone::{by_id, models};
    use crate::profile::load;

    fn told(reply: &str, phones: &[&str]) -> Vec<(String, usize)> {
        let known = "source = \"a test\"\ngrade = \"A\"\n";
        let text = format!(
            "name = \"a portal\"\nwhat = \"of a test\"\naddress = \"4.3.2.1\"\n{known}\
             dns.address = {{ answer = \"portal\", source = \"a test\", grade = \"A\" }}\n\
             dns.other = {{ answer = \"nothing\", source = \"a test\", grade = \"A\" }}\n\
             https = {{ answer = \"silence\", source = \"a test\", grade = \"A\" }}\n[[http]]\n{known}reply = {reply}\n"
        );
        let profile = load::parse(&text, Path::new("test.toml")).unwrap();
        let checked: Vec<_> =
            phones.iter().map(|id| in_process(&mut ProfilePortal(&profile), by_id(id).unwrap())).collect();
        changes(&checked).into_iter().map(|change| (change.says, change.phones.len())).collect()
    }

    #[test]
    fn the_same_mistake_at_every_host_is_one_change() {
        let phones = ["android-14", "xiaomi", "huawei", "android-13", "nm-debian"];
        let told = told("{ status = 404, body = \"no such page\" }", &phones[..4]);
        assert_eq!(told.len(), 1, "{told:#?}");
        let call =
            "GET /generate_204 with Host connectivitycheck.gstatic.com (and 2 calls like it) on TCP port 80";
        assert!(told[0].0.contains(call) && told[0].1 == 4, "{told:#?}");
    }

    #[test]
    fn what_repairs_most_phones_stands_first_and_right_portals_need_nothing() {
        // A page of this title is the internet to Apple's alone.
        let phones = ["ios-17", "android-14", "ios-18", "android-16"];
        let told = told("{ status = 200, body = \"<title>Success</title>\" }", &phones);
        assert!(told[0].0.contains("titled") && told[0].1 == 2, "{told:#?}");
        assert!(told.is_sorted_by(|one, other| one.1 >= other.1), "{told:#?}");
        let right: Vec<_> = models().iter().map(|model| in_process(&mut BuiltIn::start(), model)).collect();
        assert!(changes(&right).iter().all(|change| change.phones.iter().all(|one| !one.failed())));
    }
}
