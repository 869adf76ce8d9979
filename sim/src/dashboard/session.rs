//! What was done to the live world so far, and the scenario that does the same: the demo's own world, the
//! lines of the buttons that were pressed, and a phone that types what the reader typed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use toml::{Table, Value};
use vestibule_core::{Instant, Ssid};

use super::{compose, lines};
use crate::radio::Network;
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
        let mut text = match self.script_ends {
            Some(steps) => compose::with_steps(base, steps)?,
            None => base.to_owned(),
        };
        let mut inserted = 0;
        for (lines, steps_before) in &self.pressed {
            text = compose::with_lines(&text, lines, steps_before + inserted)?;
            inserted += usize::from(lines.contains_key("step"));
        }
        let records: Vec<_> = world.trace().records().cloned().collect();
        for reader in readers(&records, world.air().networks()) {
            text = compose::with_lines(&text, &lines::lines("phone", reader), 0)?;
        }
        compose::expecting(&text, &world.run_state(), now - Instant::from_micros(0))
    }
}

/// The reader's attempts as phones: one for each time that the device was set up anew.
fn readers(records: &[Arc<Record>], networks: &[Network]) -> Vec<Table> {
    let mut phones = Vec::new();
    let mut attempts: Vec<Attempt> = Vec::new();
    // When each phone's form was sent: those submissions are not the reader's.
    let mut sent: BTreeMap<&str, Instant> = BTreeMap::new();
    for record in records {
        match &record.what {
            What::Loads { method, .. } if method == "POST" => {
                sent.insert(&record.node, record.at);
            }
            What::Rejected { .. } | What::Submitted { .. } => {
                let phone = sent.iter().find(|(_, at)| record.at - **at < FORM_ON_ITS_WAY);
                if let Some(phone) = phone.map(|(phone, _)| *phone) {
                    sent.remove(phone);
                    continue;
                }
                let (ssid, tries) = match &record.what {
                    What::Submitted { ssid } => (Some(ssid.clone()), "right"),
                    _ => (None, "too-short"),
                };
                attempts.push(Attempt { at: record.at, ssid, tries });
            }
            What::JoinFailed { reason, .. } if reason == "WrongPassphrase" => {
                if let Some(last) = attempts.last_mut() {
                    last.tries = "wrong";
                }
            }
            What::Forgotten => phones.extend(phone(&std::mem::take(&mut attempts), networks)),
            _ => {}
        }
    }
    phones.extend(phone(&attempts, networks));
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

fn phone(attempts: &[Attempt], networks: &[Network]) -> Option<Table> {
    let first = attempts.first()?.at - Instant::from_micros(0);
    let wanted = attempts.iter().rev().find_map(|attempt| attempt.ssid.as_deref())?;
    let ssid: Ssid = networks.iter().map(|network| network.ssid).find(|ssid| ssid.to_string() == wanted)?;
    let mut phone = Table::new();
    phone.insert("model".into(), READERS_PHONE.into());
    phone.insert("joins".into(), lines::time(first.saturating_sub(TO_THE_FORM)).into());
    phone.insert("wants".into(), Value::try_from(Name(ssid)).ok()?);
    let tries = attempts.iter().map(|attempt| Value::from(attempt.tries)).collect();
    phone.insert("tries".into(), Value::Array(tries));
    phone.insert("habits".into(), "hurried".into());
    Some(phone)
}
