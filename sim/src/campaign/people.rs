//! What people do to a device under a seed, and who else comes along: they press its button, reset it, have it forget
//! its networks, at any moment or just when it is in a state that is soon over; an owner goes away and comes back minutes
//! later; a second phone of the owner's or a stranger's joins. With these come the settings of a device that people and time
//! treat so: what it has stored, in another home perhaps, when its portal closes, a radio that does one thing at a
//! time.
//!
//! They make a campaign take every edge of the provisioning machine. They are drawn from a stream of their own, so that
//! the faults and settings of a seed stay what they are without them.

use std::time::Duration;

use toml::{Table, Value};

use super::dice::Dice;
use super::drawn_setting::{Setting, another, device};
use crate::fault::{Fault, Timed};
use crate::phone::models;
use crate::random_streams::RandomStream;
use crate::scenario::{Scenario, Try};

/// Most that people do in one run: few, as with faults.
const MOST: u64 = 2;

/// People do something in the first part of a run, as faults happen; at most this late.
const LATEST: Duration = Duration::from_secs(60);

/// The first seconds, in which a device starts, scans and connects.
const START: Duration = Duration::from_secs(8);

/// The setting that makes the radio one that is station or access point, never both.
const ONE_ROLE: u64 = 1;

/// How long scans of a radio may not end: longer than a portal waits for one.
const STUCK: Duration = Duration::from_secs(20);

/// How long a device keeps its access point up for an owner who may read the result late.
const OWNERS_TIME: Duration = Duration::from_secs(60);

/// What people do to a device that has just come to a state, and for which radio: only one that can be access point and
/// station at once (`Some(false)`), only one that cannot (`Some(true)`).
const MOMENTS: [(&str, &str, Option<bool>); 19] = [
    ("scanning-stored", "clear", None),
    ("scanning-stored", "setup", None),
    ("connecting", "clear", None),
    ("connecting", "setup", None),
    ("backoff", "clear", None),
    ("backoff", "setup", None),
    ("scanning", "clear", None),
    ("portal-open", "clear", None),
    ("failed", "clear", None),
    ("connected", "clear", None),
    ("connected", "setup", None),
    ("retrying-stored", "clear", Some(false)),
    ("joining", "clear", Some(false)),
    ("result-pending", "clear", Some(false)),
    ("closing", "clear", Some(false)),
    ("closing-to-join", "clear", Some(true)),
    ("joining-alone", "clear", Some(true)),
    ("retrying-alone", "clear", Some(true)),
    ("retrying-alone", "setup", Some(true)),
];

/// How long after it has come to that state they do it at most, if not at once; an owner goes away as soon.
const A_MOMENT: Duration = Duration::from_secs(3);

/// The home that the device was in before. No scenario has such a network.
const OLD_HOME: &str = "Old home";

/// What people do under a seed in a world with the settings of that seed.
pub(super) fn faults(seed: u64, scenario: &Scenario) -> Vec<Timed> {
    let mut dice = Dice::new(seed, RandomStream::People, 0);
    let latest = scenario.expect.within.min(LATEST);
    let number = dice.below(MOST + 1);
    (0..number)
        .filter_map(|_| {
            let latest = if dice.below(2) == 0 { latest.min(START) } else { latest };
            let at = dice.time(latest);
            Some(Timed { at, fault: dice.of_people(scenario)? })
        })
        .collect()
}

/// The settings of a seed, each to be left out where it contradicts the rest.
pub(super) fn settings(seed: u64, scenario: &Scenario) -> Vec<Vec<Setting>> {
    let mut dice = Dice::new(seed, RandomStream::People, 1);
    let mut settings = Vec::new();
    let mut has_one_role = !*scenario.device.radio.concurrent.get_ref();
    for kind in 0..10 {
        if dice.below(4) == 0 {
            has_one_role |= kind == ONE_ROLE;
            settings.push(dice.settings_of_people(kind, scenario, has_one_role));
        }
    }
    settings
}

impl Dice {
    fn of_people(&mut self, scenario: &Scenario) -> Option<Fault> {
        Some(match self.below(5) {
            0 | 1 => Fault::SetupButton,
            2 => Fault::FactoryReset,
            3 => {
                let phone = 1 + self.below(scenario.phones.len() as u64) as usize;
                (phone <= scenario.phones.len()).then_some(Fault::ClearRequest { phone })?
            }
            _ => Fault::StuckScan { lasts: self.time(STUCK) },
        })
    }

    fn settings_of_people(&mut self, kind: u64, scenario: &Scenario, has_one_role: bool) -> Vec<Setting> {
        match kind {
            0 => self.stored(scenario),
            ONE_ROLE => {
                vec![device("radio", Value::Table(Table::from_iter([("concurrent".into(), false.into())])))]
            }
            2 => self.timeouts(),
            3 => vec![device("retry_interval", self.seconds(5, 60))],
            // Longer than owners take to start over.
            4 => vec![device("result_timeout", self.seconds(110, 180))],
            5 => vec![device("starts", "connect".into())],
            6 => self.another_phone(scenario, has_one_role),
            7 => self.old_home(scenario),
            8 => self.at_a_moment(scenario, has_one_role),
            _ => self.owner_goes_away(scenario),
        }
    }

    /// A device that was in another home before: what it has stored is not here, or not alone, or its router does not answer.
    fn old_home(&mut self, scenario: &Scenario) -> Vec<Setting> {
        let silent = Value::Table(Table::from_iter([("stage".to_owned(), "handshake".into())]));
        let (key, value) = if self.below(2) == 0 { ("on_air", false.into()) } else { ("ends_join", silent) };
        let network = Table::from_iter([("ssid".to_owned(), OLD_HOME.into()), (key.to_owned(), value)]);
        let homes: Vec<_> = scenario.networks.iter().filter(|home| !home.another_unit).collect();
        let also = self.any(&homes).filter(|_| self.below(2) == 0);
        let also = also.and_then(|home| Value::try_from(home.ssid.get_ref()).ok());
        let mut settings = vec![another("network", network), device("stored", OLD_HOME.into())];
        settings.extend(also.map(|also| device("also_stored", Value::Array(vec![also]))));
        // So often that something else happens meanwhile.
        if self.below(2) == 0 {
            settings.push(device("retry_interval", self.seconds(2, 15)));
        }
        settings
    }

    /// Somebody presses or holds the button when the device has just come to a state. What it tries while nobody uses the
    /// portal comes while an owner is away.
    fn at_a_moment(&mut self, scenario: &Scenario, has_one_role: bool) -> Vec<Setting> {
        let suits = |radio: &Option<bool>| radio.is_none_or(|one_role| one_role == has_one_role);
        let moments: Vec<_> = MOMENTS.iter().filter(|(_, _, radio)| suits(radio)).collect();
        let Some((state, does, _)) = self.any(&moments) else { return Vec::new() };
        let mut step =
            Table::from_iter([("after".to_owned(), (*state).into()), ("do".to_owned(), (*does).into())]);
        if self.below(2) == 0 {
            step.insert("wait".into(), self.a_moment());
        }
        let step = another("step", step);
        let away = self.any(&owners(scenario)).filter(|_| state.starts_with("retrying"));
        match away {
            Some(phone) => {
                let [leaves, returns] = self.goes_away(phone, "portal-open");
                vec![leaves, step, returns]
            }
            None => vec![step],
        }
    }

    /// An owner who goes away with the portal open, or when the join has failed, and comes back minutes later.
    fn owner_goes_away(&mut self, scenario: &Scenario) -> Vec<Setting> {
        let Some(phone) = self.any(&owners(scenario)) else { return Vec::new() };
        let state = self.one(&["portal-open", "failed"]);
        self.goes_away(phone, state).into()
    }

    /// Before an owner in a hurry is through, and for minutes.
    fn goes_away(&mut self, phone: i64, state: &str) -> [Setting; 2] {
        let step = |does: &str, wait: Value| {
            let keys = [("do", Value::from(does)), ("phone", phone.into()), ("wait", wait)];
            Table::from_iter(keys.map(|(key, value)| (key.to_owned(), value)))
        };
        let mut leaves = step("phone-leaves", self.a_moment());
        leaves.insert("after".into(), state.into());
        [another("step", leaves), another("step", step("phone-joins", self.seconds(120, 480)))]
    }

    fn a_moment(&mut self) -> Value {
        format!("{}ms", self.time(A_MOMENT).as_millis()).into()
    }

    /// As scenarios write it.
    fn seconds(&mut self, from: u64, to: u64) -> Value {
        format!("{}s", from + self.below(to - from + 1)).into()
    }

    /// One or two networks that the device has been on before.
    fn stored(&mut self, scenario: &Scenario) -> Vec<Setting> {
        let homes: Vec<_> = scenario.networks.iter().filter(|home| !home.another_unit).collect();
        let Some(first) = self.any(&homes) else { return Vec::new() };
        let other = self.any(&homes).filter(|other| other.ssid.get_ref() != first.ssid.get_ref());
        let name = |name| Value::try_from(name).ok();
        let stored = name(first.ssid.get_ref()).map(|stored| device("stored", stored));
        let other = other.and_then(|other| name(other.ssid.get_ref()));
        let other = other.map(|other| device("also_stored", Value::Array(vec![other])));
        stored.into_iter().chain(other).collect()
    }

    /// A portal that closes, late enough that an owner who starts over can be through by then.
    fn timeouts(&mut self) -> Vec<Setting> {
        match self.below(2) {
            0 => vec![device("idle_timeout", self.seconds(90, 300))],
            _ => vec![device("absolute_timeout", self.seconds(300, 600))],
        }
    }

    /// The owner's second phone, or that of a stranger, who does not know the passphrase. (One who only looks would not
    /// come back to show its sheet again.)
    fn another_phone(&mut self, scenario: &Scenario, has_one_role: bool) -> Vec<Setting> {
        // A device that leaves its owner no time to read the result has none, and whose name has to be typed is not
        // found in the list.
        let is_brief = scenario.device.result_timeout.is_some_and(|timeout| timeout < OWNERS_TIME);
        if is_brief || scenario.phones.iter().any(|phone| phone.types_name.is_some()) {
            return Vec::new();
        }
        let shows = models().iter().filter(|model| model.at_a_setup_portal().1 && model.checks_again());
        let shows: Vec<_> = shows.map(|model| model.id).collect();
        let Some(model) = self.any(&shows) else { return Vec::new() };
        let joins = format!("{}ms", self.time(LATEST).as_millis());
        let mut phone =
            Table::from_iter([("model".to_owned(), model.into()), ("joins".to_owned(), joins.into())]);
        let knowing =
            scenario.phones.iter().filter(|phone| phone.tries.last().is_some_and(Try::may_be_right));
        let wants = knowing.filter_map(|phone| Some(phone.wants.as_ref()?.get_ref())).next();
        let nearby =
            || scenario.networks.iter().find(|home| !home.another_unit).map(|home| home.ssid.get_ref());
        let Some(wants) = wants.or_else(nearby).and_then(|name| Value::try_from(name).ok()) else {
            return Vec::new();
        };
        phone.insert("wants".into(), wants);
        phone.insert("habits".into(), "hurried".into());
        // Who tries wrong passphrases without end keeps a radio with one role away from everybody else.
        if self.below(2) == 0 && !has_one_role {
            phone.insert("tries".into(), Value::Array(vec!["wrong".into()]));
        }
        vec![another("phone", phone)]
    }
}

/// Phones, by their place in the file, whose owners want the device on a network.
fn owners(scenario: &Scenario) -> Vec<i64> {
    let numbers = scenario.phones.iter().zip(1_i64..);
    numbers.filter_map(|(phone, number)| phone.wants.as_ref().map(|_| number)).collect()
}
