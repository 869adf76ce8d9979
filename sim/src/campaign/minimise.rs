//! Makes a small scenario of a failure: deletes faults, settings and steps of the script until nothing more
//! can go, and writes what is left as a scenario file that fails for the same reason.

use toml::{Table, Value};

use super::Case;
use super::drawn_setting::Setting;
use super::settings::MadeUp;
use crate::fault::Timed;
use crate::invariant::Violation;
use crate::scenario::{Scenario, load};

/// A failure made small.
#[derive(Clone, Debug)]
pub struct Minimised {
    /// The scenario file.
    pub text: String,
    /// How many faults are left.
    pub faults: usize,
    /// How many settings that the seed makes up are left.
    pub settings: usize,
    /// How many steps are left.
    pub steps: usize,
    /// How it fails.
    pub violation: Violation,
}

/// What is left of a failing run.
#[derive(Clone)]
struct Rest<'a> {
    case: &'a Case,
    seed: u64,
    faults: Vec<Timed>,
    settings: Vec<Setting>,
    /// The file's own steps, by their place there.
    steps: Vec<usize>,
}

/// Makes the failure of a case under a seed small. `None` when it does not fail by `invariant`.
///
/// ```
/// use vestibule::campaign::{Case, minimise, written};
/// use vestibule::scenario::load;
///
/// let text = "name = \"alone\"\n";
/// let scenario = load::parse(text, "alone.toml".as_ref())?;
/// let case = Case { path: "alone.toml".into(), text: text.into(), scenario, firmware: None };
/// assert!(minimise(&case, 1, "credentials-survive").is_none(), "nothing fails");
/// assert!(written(&case, 1).unwrap().contains("[[fault]]"), "what the seed makes up, as a file");
/// # Ok::<(), vestibule::scenario::load::ScenarioError>(())
/// ```
#[must_use]
pub fn minimise(case: &Case, seed: u64, invariant: &str) -> Option<Minimised> {
    let mut rest = Rest::whole(case, seed);
    rest.fails(invariant)?;
    loop {
        let smaller = rest.smaller().find(|smaller| smaller.fails(invariant).is_some());
        let Some(smaller) = smaller else { break };
        rest = smaller;
    }
    // The text was read back and run, so that the file is known to fail as it says.
    let (text, violation) = (rest.text()?, rest.fails(invariant)?);
    let (faults, settings, steps) = (rest.faults.len(), rest.settings.len(), rest.steps.len());
    Some(Minimised { text, faults, settings, steps, violation })
}

/// The scenario file of a case as a campaign runs it under a seed: with the faults and settings that the seed makes
/// up, judged by the invariants alone. `None` when the case's text is none or the seed is too large for a
/// file.
///
/// [`minimise()`] has an example.
#[must_use]
pub fn written(case: &Case, seed: u64) -> Option<String> {
    Rest::whole(case, seed).text()
}

impl<'a> Rest<'a> {
    /// The case's own faults and those that the seed makes up, its settings, and all of its steps.
    fn whole(case: &'a Case, seed: u64) -> Self {
        let own = case.scenario.faults.iter().map(|fault| fault.get_ref().clone());
        let (MadeUp { settings, .. }, made_up) = case.made_up(seed);
        let faults = own.chain(made_up).collect();
        Self { case, seed, faults, settings, steps: (0..case.scenario.steps.len()).collect() }
    }

    /// Every way to leave one item out.
    fn smaller(&self) -> impl Iterator<Item = Rest<'a>> {
        let without_fault = (0..self.faults.len()).map(|item| {
            let mut smaller = self.clone();
            smaller.faults.remove(item);
            smaller
        });
        let without_setting = (0..self.settings.len()).map(|item| {
            let mut smaller = self.clone();
            smaller.settings.remove(item);
            smaller
        });
        let without_step = (0..self.steps.len()).map(|item| {
            let mut smaller = self.clone();
            smaller.steps.remove(item);
            smaller
        });
        without_fault.chain(without_setting).chain(without_step)
    }

    fn fails(&self, invariant: &str) -> Option<Violation> {
        let scenario = self.scenario()?;
        let outcome = self.case.world(&scenario, self.seed).run(&scenario, |_| {});
        outcome.violation.filter(|violation| violation.invariant == invariant)
    }

    fn scenario(&self) -> Option<Scenario> {
        load::parse(&self.text()?, &self.case.path).ok()
    }

    /// The scenario's own text with what is left, judged by the invariants alone.
    fn text(&self) -> Option<String> {
        let mut table: Table = self.case.text.parse().ok()?;
        table.insert("seed".into(), Value::Integer(i64::try_from(self.seed).ok()?));
        if let Some(Value::Array(steps)) = table.remove("step") {
            let left = self.steps.iter().filter_map(|place| steps.get(*place).cloned()).collect();
            table.insert("step".into(), Value::Array(left));
        }
        self.settings.iter().for_each(|setting| setting.insert(&mut table));
        if let Some(Value::Array(phones)) = table.get_mut("phone") {
            for phone in phones.iter_mut().filter_map(Value::as_table_mut) {
                phone.remove("expect");
            }
        }
        let faults = self.faults.iter().map(Value::try_from).collect::<Result<_, _>>().ok()?;
        table.insert("fault".into(), Value::Array(faults));
        table.retain(|_, value| value.as_array().is_none_or(|items| !items.is_empty()));
        let judged = Table::from_iter([("liveness".to_owned(), Value::Boolean(true))]);
        table.insert("expect".into(), Value::Table(judged));
        toml::to_string(&table).ok()
    }
}
