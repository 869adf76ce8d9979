//! A portal that ends, or hangs, under a check: told once, with what it was asked last, and not as a fault that each
//! later phone has found. It asks nothing itself.

use std::collections::BTreeMap;

use super::linked_phone::not_checked;
use super::{Checked, ExchangeSummary, Reached};
use crate::phone::Model;

/// After so many phones in a row that were told nothing, the one that was answered last asks again. Chosen: two check at
/// the same time, and a phone may ask for a name that a portal does not know.
const SILENT: usize = 4;

/// After so many phones that no server answered at all, where none ever was, others are asked together. Chosen: those that
/// check first.
const UNANSWERED: usize = 2;

/// So many phones back what ended the portal is looked for: others were under way with the one that did it.
const SUSPECTS: usize = 3;

/// Whether the portal replied to a phone's requests.
pub(super) fn is_answered(checked: &Checked) -> bool {
    checked.exchanges.iter().any(|exchange| exchange.reached == Reached::Reply)
}

/// Whether anything was said to a phone.
fn is_told(checked: &Checked) -> bool {
    checked.exchanges.iter().any(|exchange| matches!(exchange.reached, Reached::Answer | Reached::Reply))
}

/// The phones of a check in the order in which they ended.
#[derive(Default)]
pub(super) struct Silence {
    ended: Vec<usize>,
    in_a_row: usize,
    last_answered: Option<&'static Model>,
    /// The phone that was answered last was answered again, so there is one that answers: not everybody.
    is_choosy: bool,
    /// Somebody was told anything.
    is_told: bool,
    /// After so many that were told nothing, nobody is.
    whole_at: Option<usize>,
}

impl Silence {
    /// A phone has ended.
    pub(super) fn note(&mut self, number: usize, checked: &Checked) {
        self.ended.push(number);
        self.in_a_row += 1;
        self.is_told |= is_told(checked);
        if is_answered(checked) {
            self.in_a_row = 0;
            self.last_answered = Some(checked.model);
        }
    }

    /// The phone that is to ask again, if it now depends on it.
    pub(super) fn witness(&self) -> Option<&'static Model> {
        self.last_answered.filter(|_| self.in_a_row >= SILENT && !self.is_choosy)
    }

    /// That one was answered again.
    pub(super) fn answered_again(&mut self) {
        self.is_choosy = true;
    }

    /// Whether nothing was ever answered, so that others are to be asked before everybody waits as long.
    pub(super) fn wants_samples(&self) -> bool {
        !self.is_told && self.in_a_row >= UNANSWERED && self.whole_at.is_none()
    }

    /// So many others check next.
    pub(super) fn sampled(&mut self, samples: usize) {
        self.whole_at = Some(self.in_a_row + samples);
    }

    /// Whether those were not answered either.
    pub(super) fn is_whole(&self) -> bool {
        !self.is_told && self.whole_at.is_some_and(|at| self.in_a_row >= at)
    }

    /// Takes the phones since the last one that was answered out of the count, and says what the portal was asked last.
    pub(super) fn tell(&self, checked: &mut BTreeMap<usize, Checked>) -> String {
        let since = self.ended.len() - self.in_a_row;
        let suspect = self.what_ended_it(since, checked);
        for number in &self.ended[since..] {
            if let Some(one) = checked.get_mut(number) {
                one.portal_gone = suspect.as_ref().is_none_or(|(model, _)| model.id != one.model.id);
            }
        }
        let whose = suspect.map_or("it was asked nothing unusual before".to_owned(), |(model, exchange)| {
            let ExchangeSummary { asked, came, .. } = exchange;
            format!("the last that it was asked is {asked}, by {} ({came}): look for a crash in how it reads that", model.id)
        });
        format!("the portal has gone while it was checked: from then on it replies to nothing; {whose}")
    }

    fn what_ended_it(
        &self,
        since: usize,
        checked: &BTreeMap<usize, Checked>,
    ) -> Option<(&'static Model, ExchangeSummary)> {
        // The one that ended it may have had no reply of its own.
        let first = self.ended[since..].iter().take(SUSPECTS);
        let last = self.ended[..since].iter().rev().take(SUSPECTS).filter_map(|number| checked.get(number));
        let left_open = |one: &Checked| {
            let mut exchanges = one.exchanges.iter();
            exchanges
                .find(|exchange| exchange.reached == Reached::Server)
                .map(|exchange| (one.model, exchange.clone()))
        };
        let found = first.filter_map(|number| checked.get(number)).chain(last.clone()).find_map(left_open);
        found.or_else(|| last.clone().find_map(|one| Some((one.model, one.exchanges.last()?.clone()))))
    }
}

/// A phone whose turn came when the portal had ended.
pub(super) fn after_the_end(model: &'static Model) -> Checked {
    Checked {
        portal_gone: true,
        findings: Vec::new(),
        change: None,
        ..not_checked(model, (String::new(), String::new()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::check::Seconds;
    use crate::phone::by_id;

    fn phone(id: &str, asked: &str, reached: Reached) -> Checked {
        let exchange = ExchangeSummary {
            at: Seconds(Duration::ZERO),
            asked: asked.into(),
            came: "something".into(),
            reached,
        };
        Checked { exchanges: vec![exchange], portal_gone: false, ..after_the_end(by_id(id).unwrap()) }
    }

    fn silence(phones: &[Checked]) -> (Silence, BTreeMap<usize, Checked>) {
        let mut silence = Silence::default();
        for (number, one) in phones.iter().enumerate() {
            silence.note(number, one);
        }
        (silence, phones.iter().cloned().enumerate().collect())
    }

    #[test]
    fn a_portal_that_ends_is_told_once_with_what_it_was_asked_last() {
        let mut phones =
            vec![phone("android-14", "GET /a", Reached::Reply), phone("chromium", "HEAD /", Reached::Server)];
        phones.extend(["firefox", "nm-gnome", "connman"].map(|id| phone(id, "GET /b", Reached::Nobody)));
        let (silence, mut checked) = silence(&phones);
        assert_eq!(silence.witness().unwrap().id, "android-14");
        let told = silence.tell(&mut checked);
        assert!(told.contains("the last that it was asked is HEAD /, by chromium (something)"), "{told}");
        let gone: Vec<_> = checked.values().map(|one| one.portal_gone).collect();
        assert_eq!(gone, [false, false, true, true, true]);
    }

    #[test]
    fn a_portal_that_answers_again_is_not_over() {
        let mut phones = vec![phone("android-14", "GET /a", Reached::Reply)];
        phones.extend(
            ["ios-17", "ios-18", "firefox", "nm-gnome"].map(|id| phone(id, "DNS A b", Reached::Nobody)),
        );
        let (mut choosy, _) = silence(&phones);
        choosy.answered_again();
        assert!(choosy.witness().is_none());
        phones.push(phone("windows-11", "GET /c", Reached::Reply));
        assert!(silence(&phones).0.witness().is_none());
    }

    #[test]
    fn where_nobody_is_told_anything_others_are_asked_before_it_is_said_of_all() {
        let silent = |id| phone(id, "DNS A b", Reached::Nobody);
        let (mut silence, _) = silence(&[silent("android-14"), silent("ios-17")]);
        assert!(silence.wants_samples() && !silence.is_whole());
        silence.sampled(1);
        assert!(!silence.wants_samples() && !silence.is_whole());
        silence.note(2, &silent("windows-11"));
        assert!(silence.is_whole());
        silence.note(3, &phone("firefox", "DNS A b", Reached::Answer));
        assert!(!silence.is_whole());
    }
}
