//! What was done to the live world so far, and the scenario that does the same: the demo's own world, the
//! lines of the buttons that were pressed, and a phone that types what the reader typed.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::time::Duration;

use toml::{Table, Value};
use vestibule_core::{Instant, Ssid};

use super::{compose, lines};
use crate::text::Name;
use crate::trace::{Record, What};
use crate::world::World;

/// The phone that stands for the reader in a saved scenario.
const READERS_PHONE: &str = "android-14";

/// How long before the first form the reader's phone may have joined, in a saved scenario.
const TO_THE_FORM: Duration = Duration::from_secs(3);

/// How long after a phone's form was sent it is the one that the device takes.
const FORM_ON_ITS_WAY: Duration = Duration::from_secs(3);

/// The live world's past.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// The lines of each button, and how many steps had been carried out before.
    pressed: Vec<(Table, usize)>,
    /// From which step on the script was left out.
    script_ends: Option<usize>,
}

impl Session {
    /// A button was pressed.
    pub(super) fn note(&mut self, lines: Table, steps_before: usize) {
        self.pressed.push((lines, steps_before));
    }

    /// The rest of the script was left out after so many steps.
    pub(super) fn script_ended(&mut self, after: usize) {
        self.script_ends.get_or_insert(after);
    }

    /// The scenario that reproduces the world up to now. `base` is the world's own.
    pub(super) fn scenario(&self, base: &str, world: &mut World, now: Instant) -> Result<String, String> {
        let records: Vec<_> = world.trace().records().cloned().collect();
        let names: Vec<Ssid> = world.air().networks().iter().map(|network| network.ssid).collect();
        let text = self.told(base, &records, &names)?;
        compose::expecting(&text, &world.run_state(), now - Instant::from_micros(0))
    }

    /// The same by the world's records and the names of its networks, without what it expects.
    fn told<R: Borrow<Record>>(&self, base: &str, records: &[R], names: &[Ssid]) -> Result<String, String> {
        let mut text = match self.script_ends {
            Some(steps) => compose::with_steps(base, steps)?,
            None => base.to_owned(),
        };
        let mut inserted = 0;
        for (lines, steps_before) in &self.pressed {
            text = compose::with_lines(&text, lines, steps_before + inserted)?;
            inserted += usize::from(lines.contains_key("step"));
        }
        for reader in readers(records, names) {
            text = compose::with_lines(&text, &lines::lines("phone", reader), 0)?;
        }
        Ok(text)
    }
}

/// The reader's attempts as phones: one for each time that the device was set up. What comes of a form ends its attempt,
/// so that a stored network that fails later is not taken for it.
fn readers<R: Borrow<Record>>(records: &[R], names: &[Ssid]) -> Vec<Table> {
    let mut phones = Vec::new();
    let mut attempts: Vec<Attempt> = Vec::new();
    // When each phone's form was sent: those submissions are not the reader's.
    let mut sent: BTreeMap<&str, Instant> = BTreeMap::new();
    // Whether the last attempt is under way.
    let mut tried = false;
    for record in records.iter().map(Borrow::<Record>::borrow) {
        match &record.what {
            What::Loads { method, .. } if method == "POST" => {
                sent.insert(&record.node, record.at);
            }
            What::Rejected { .. } | What::Submitted { .. } => {
                let phone = sent.iter().find(|(_, at)| record.at - **at < FORM_ON_ITS_WAY);
                if let Some(phone) = phone.map(|(phone, _)| *phone) {
                    sent.remove(phone);
                    tried = false;
                    continue;
                }
                let (ssid, tries) = match &record.what {
                    What::Submitted { ssid } => (Some(ssid.clone()), "right"),
                    _ => (None, "too-short"),
                };
                tried = ssid.is_some();
                attempts.push(Attempt { at: record.at, ssid, tries });
            }
            What::JoinFailed { reason, .. } if tried => {
                if let Some(last) = attempts.last_mut().filter(|_| reason == "WrongPassphrase") {
                    last.tries = "wrong";
                }
                tried = false;
            }
            What::Joined { .. } if tried => {
                tried = false;
                phones.extend(phone(&std::mem::take(&mut attempts), names));
            }
            What::Forgotten => {
                tried = false;
                phones.extend(phone(&std::mem::take(&mut attempts), names));
            }
            _ => {}
        }
    }
    phones.extend(phone(&attempts, names));
    phones
}

/// A form that the reader sent.
struct Attempt {
    at: Instant,
    /// For which network, as the trace writes it.
    ssid: Option<String>,
    /// What was typed, as scenarios call it.
    tries: &'static str,
}

fn phone(attempts: &[Attempt], names: &[Ssid]) -> Option<Table> {
    let first = attempts.first()?.at - Instant::from_micros(0);
    let wanted = attempts.iter().rev().find_map(|attempt| attempt.ssid.as_deref())?;
    let ssid: Ssid = names.iter().copied().find(|ssid| ssid.to_string() == wanted)?;
    let mut phone = Table::new();
    phone.insert("model".into(), READERS_PHONE.into());
    phone.insert("joins".into(), lines::time(first.saturating_sub(TO_THE_FORM)).into());
    phone.insert("wants".into(), Value::try_from(Name(ssid)).ok()?);
    let tries = attempts.iter().map(|attempt| Value::from(attempt.tries)).collect();
    phone.insert("tries".into(), Value::Array(tries));
    phone.insert("habits".into(), "hurried".into());
    Some(phone)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::lines::{Button, LiveContext};
    use super::*;
    use crate::demo;
    use crate::scenario::{Scenario, load};
    use crate::world::virtual_time::{VirtualRunOutcome, VirtualTime};

    fn run(text: &str) -> (Scenario, Vec<Record>, VirtualRunOutcome) {
        let scenario =
            load::parse(text, Path::new("x.toml")).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut records = Vec::new();
        let world = VirtualTime::new(&scenario, 1).record_frames();
        let outcome = world.run(&scenario, |record| records.push(record.clone()));
        (scenario, records, outcome)
    }

    /// What became of the device: forms, joins, and what was forgotten. What it tries again and again is told once.
    fn story(records: &[Record]) -> Vec<String> {
        let mut told: Vec<String> = Vec::new();
        for record in records {
            let is_story = matches!(
                record.what,
                What::Submitted { .. }
                    | What::Rejected { .. }
                    | What::JoinFailed { .. }
                    | What::Stored { .. }
                    | What::Forgotten
                    | What::Power { .. }
            );
            let words = crate::trace::words(&record.what);
            if is_story && told.last() != Some(&words) {
                told.push(words);
            }
        }
        told
    }

    /// What a reader types, and when the page is opened.
    fn reader(joins: u64, tries: &[bool]) -> Table {
        let mut phone = Table::new();
        phone.insert("model".into(), READERS_PHONE.into());
        phone.insert("joins".into(), lines::time(Duration::from_secs(joins)).into());
        phone.insert("wants".into(), "Home".into());
        let tries = tries.iter().map(|right| Value::from(if *right { "right" } else { "wrong" }));
        phone.insert("tries".into(), Value::Array(tries.chain(["right".into()]).collect()));
        phone.insert("habits".into(), "hurried".into());
        lines::lines("phone", phone)
    }

    const BUTTONS: [Button; 6] = [
        Button::NewPassphrase,
        Button::PowerCut,
        Button::ChannelMove,
        Button::RouterReboot,
        Button::Clear,
        Button::NewPassphrase,
    ];

    /// Lives through a session: a reader sets the device up, and again where it was told to forget; buttons are pressed.
    /// Returns what was saved of it, and its story.
    fn lived(tries: &[bool], presses: &[(usize, u64)]) -> (String, Vec<String>) {
        let base = demo::text(false);
        let mut session = Session::default();
        let mut text = compose::with_lines(&base, &reader(5, tries), 0).unwrap();
        let mut readers = vec!["1/android-14".to_owned()];
        let (mut at, mut steps) = (Duration::from_secs(100), 0);
        let home = Ssid::new(b"Home").unwrap();
        for (button, gap) in presses {
            let button = &BUTTONS[*button];
            let lines = button.lines(at, &LiveContext { home, channel: 6, phones: 0 }).unwrap();
            text = compose::with_lines(&text, &lines, steps).unwrap();
            steps += usize::from(lines.contains_key("step"));
            session.note(lines, 0);
            at += Duration::from_secs(*gap);
            if *button == Button::Clear {
                readers.push(format!("{}/android-14", readers.len() + 1));
                text = compose::with_lines(&text, &reader(at.as_secs(), &[]), 0).unwrap();
                at += Duration::from_secs(60);
            }
        }
        let (scenario, mut records, outcome) = run(&compose::lasting(&text, at).unwrap());
        let lived = story(&records);
        // The reader is nobody's phone: what its browser loads is written down by no one.
        records.retain(|record| !readers.iter().any(|reader| reader.as_str() == &*record.node));
        let names: Vec<Ssid> = scenario.networks.iter().map(|network| network.ssid.get_ref().0).collect();
        let saved = session.told(&base, &records, &names).unwrap();
        let mut state = outcome.run_state;
        state.phones.clear();
        (compose::expecting(&saved, &state, at).unwrap(), lived)
    }

    fn tells_the_same(tries: &[bool], presses: &[(usize, u64)]) {
        let (saved, lived) = lived(tries, presses);
        let (_, records, outcome) = run(&saved);
        assert_eq!((story(&records), outcome.unmet, outcome.violation), (lived, vec![], None), "{saved}");
    }

    #[test]
    fn what_fails_later_is_not_taken_for_what_the_reader_typed() {
        // The right passphrase, and then the router gets another one.
        tells_the_same(&[], &[(0, 40)]);
        let (saved, _) = lived(&[false], &[(0, 40)]);
        assert!(saved.contains(r#"tries = ["wrong", "right"]"#), "{saved}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        /// Whatever was typed and pressed: the file that is saved tells the same story.
        #[test]
        fn a_saved_session_tells_the_same_story(
            tries in proptest::collection::vec(any::<bool>(), 0..=1),
            presses in proptest::collection::vec((0..BUTTONS.len(), 40..70u64), 0..5),
        ) {
            tells_the_same(&tries, &presses);
        }
    }
}
