//! Every phone against every portal that there is a profile of, and against the built-in device:
//! who pops up where, and which rule says so. Computed in virtual time, so that it can be kept in
//! the repository and compared.

mod html;
mod markdown;
mod setup;
mod svg;

use rayon::prelude::*;

use super::in_process::{Portal, in_process};
use super::{BuiltIn, Checked, ProfilePortal};
use crate::phone::{Grade, Model, Rule};
use crate::profile::Profile;
use setup::PortalSetup;

/// What the built-in device is called.
const OURS: &str = "Vestibule";

/// What the cells of [`Matrix::rows`] mean.
pub const SIGNS: &str =
    "+ shows the portal's page, o an empty sheet, x a sheet that closes by itself, - no sheet";

fn sign(checked: &Checked) -> &'static str {
    match checked.sheet.word() {
        "yes" => "+",
        "empty" => "o",
        "closes" => "x",
        _ => "-",
    }
}

/// The table.
pub struct Matrix {
    phones: Vec<&'static Model>,
    columns: Vec<Column>,
    reasons: Vec<Reason>,
}

/// One portal.
struct Column {
    name: String,
    what: String,
    /// In which version, and of when.
    version: String,
    /// Where its profile is; `None` for the built-in device.
    file: Option<String>,
    /// Its page, form, result and lease.
    setup: PortalSetup,
    /// How many facts its profile has, and how many of them are unverified.
    facts: Option<(usize, usize)>,
    /// A cell a phone.
    cells: Vec<Checked>,
}

/// Why cells are as they are: the number that they carry.
struct Reason {
    sheet: &'static str,
    rule: Option<&'static Rule>,
}

impl Reason {
    fn of(checked: &Checked) -> Self {
        Self { sheet: checked.sheet.word(), rule: checked.rule }
    }

    fn is_that_of(&self, checked: &Checked) -> bool {
        let id = |rule: Option<&Rule>| rule.map(|rule| rule.id);
        self.sheet == checked.sheet.word() && id(self.rule) == id(checked.rule)
    }

    /// What came of it, in words.
    fn outcome(&self) -> &'static str {
        match self.sheet {
            "yes" => "sheet",
            "empty" => "sheet, but empty",
            "closes" => "sheet, but it closes by itself",
            _ => "no sheet",
        }
    }
}

impl Matrix {
    /// Checks the built-in device and a stand-in of each profile with each of these phones.
    pub fn of(phones: &[&'static Model], profiles: &[Profile]) -> Self {
        let ours = std::iter::once(None);
        let portals: Vec<Option<&Profile>> = ours.chain(profiles.iter().map(Some)).collect();
        let columns: Vec<Column> = portals
            .into_par_iter()
            .map(|profile| match profile {
                None => Column::ours(phones),
                Some(profile) => Column::of(phones, profile),
            })
            .collect();
        let mut reasons: Vec<Reason> = Vec::new();
        for checked in columns.iter().flat_map(|column| &column.cells) {
            if !reasons.iter().any(|reason| reason.is_that_of(checked)) {
                reasons.push(Reason::of(checked));
            }
        }
        Self { phones: phones.to_vec(), columns, reasons }
    }

    /// For a terminal: the cells as signs ([`SIGNS`] says which), a row a phone below the portals' numbers; and the portals, a
    /// row each, with number, name, and how many phones show the page.
    pub fn rows(&self) -> [Vec<Vec<String>>; 2] {
        let numbers = (1..=self.columns.len()).map(|number| number.to_string());
        let mut cells = vec![["phone".to_owned()].into_iter().chain(numbers).collect()];
        for (place, phone) in self.phones.iter().enumerate() {
            let row = self.columns.iter().filter_map(|column| column.cells.get(place));
            let signs = row.map(|checked| sign(checked).to_owned());
            cells.push([phone.id.to_owned()].into_iter().chain(signs).collect());
        }
        let portals = (1..).zip(&self.columns).map(|(number, column): (usize, _)| {
            vec![number.to_string(), column.name.clone(), format!("{} show the page", column.shown())]
        });
        [cells, portals.collect()]
    }

    /// As Markdown, for a repository's page.
    pub fn markdown(&self) -> String {
        markdown::write(self)
    }

    /// As a page of HTML that needs nothing else.
    pub fn html(&self) -> String {
        html::write(self)
    }

    /// As a picture.
    pub fn svg(&self) -> String {
        svg::write(self)
    }

    /// The number of a cell's reason, from 1 on.
    fn number(&self, checked: &Checked) -> usize {
        self.reasons.iter().position(|reason| reason.is_that_of(checked)).map_or(0, |place| place + 1)
    }

    /// A cell in a word and the number of its reason; a question mark where the rule is unverified.
    fn cell(&self, checked: &Checked) -> String {
        let doubt = if is_unverified(checked.rule) { "?" } else { "" };
        format!("{} {}{doubt}", checked.sheet.word(), self.number(checked))
    }
}

/// The exchange that decided, without the length of what came: pages grow and shrink, and the table
/// is not about that.
fn briefly(checked: &Checked) -> Option<String> {
    let told = checked.decided_by.as_ref()?;
    let came = told.came.split(" with ").next().unwrap_or_default();
    Some(format!("{}: {came}", told.asked))
}

/// How a cell is coloured: apart where a portal is not to be blamed.
fn class(checked: &Checked) -> &'static str {
    if checked.passed() || checked.failed() { checked.sheet.word() } else { "apart" }
}

fn is_unverified(rule: Option<&Rule>) -> bool {
    rule.is_some_and(|rule| rule.grade == Grade::E)
}

impl Column {
    fn ours(phones: &[&'static Model]) -> Self {
        Self {
            name: OURS.into(),
            what: "the built-in device: the core that is flashed".into(),
            version: concat!("vestibule ", env!("CARGO_PKG_VERSION")).into(),
            file: None,
            setup: PortalSetup::ours(),
            facts: None,
            // A device of its own for each phone: nobody comes second.
            cells: phones.iter().map(|model| in_process(&mut BuiltIn::start(), model)).collect(),
        }
    }

    fn of(phones: &[&'static Model], profile: &Profile) -> Self {
        let mut portal = ProfilePortal(profile);
        let portal: &mut dyn Portal = &mut portal;
        Self {
            name: profile.name.get_ref().clone(),
            what: profile.what.clone(),
            version: profile.dated(),
            setup: PortalSetup::of(profile),
            file: profile.path.file_name().map(|name| name.to_string_lossy().into_owned()),
            facts: Some((profile.sources().len(), profile.unverified())),
            cells: phones.iter().map(|model| in_process(portal, model)).collect(),
        }
    }

    /// What would have to be changed, each with the phones that ask for it, and the exchange that
    /// shows it.
    fn changes(&self) -> Vec<(String, Vec<&Checked>)> {
        let mut changes: Vec<(String, Vec<&Checked>)> = Vec::new();
        for checked in &self.cells {
            let Some(change) = &checked.change else { continue };
            match changes.iter_mut().find(|(known, _)| known == change) {
                Some((_, who)) => who.push(checked),
                None => changes.push((change.clone(), vec![checked])),
            }
        }
        changes
    }

    /// How well it is known.
    fn known(&self) -> String {
        match self.facts {
            None => "it answers for itself".into(),
            Some((all, unverified)) => format!("{all} facts, {unverified} of them unverified"),
        }
    }

    /// How many phones show its page, of those that count, and how many of the others do not by a reading that
    /// not every source has.
    fn shown(&self) -> String {
        let count = |is: fn(&Checked) -> bool| self.cells.iter().filter(|checked| is(checked)).count();
        let shown = count(Checked::passed);
        let disputed = count(|checked| checked.counts && !checked.passed() && !checked.failed());
        let all = format!("{shown} of {}", shown + count(Checked::failed) + disputed);
        if disputed == 0 { all } else { format!("{all}, {disputed} disputed") }
    }
}
