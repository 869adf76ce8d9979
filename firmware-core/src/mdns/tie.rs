//! Two devices that want one name at the same time: RFC 6762 section 8.2. Both compare what they
//! mean to say under it, and come to the same conclusion.

use core::cmp::Ordering;

use super::name::Owner;
use super::query::{Message, Section};
use super::record::{Facts, OwnRecord, Record};
use crate::dns::CLASS_IN;

/// Compares what the device wants to say under a name with what the sender of a probe does. `Less`
/// means that the name is the other's; `Equal` that both are the same device, or that the sender says
/// nothing under this name.
pub(super) fn compare(message: Message<'_>, owner: Owner, facts: &Facts<'_>) -> Ordering {
    let theirs = || message.records(Section::Authority).filter(|record| record.is_of(owner, facts.host));
    if theirs().next().is_none() {
        return Ordering::Equal;
    }
    // In the order in which they are compared: by class, by type, by data.
    let ours: &[OwnRecord] = match owner {
        Owner::Host => &[OwnRecord::Address],
        _ => &[OwnRecord::Text, OwnRecord::Service],
    };
    let mut last: Option<(usize, Record<'_>)> = None;
    for own in ours {
        let next = theirs().enumerate().filter(|one| follows(one, last.as_ref())).min_by(order);
        let Some(next) = next else { return Ordering::Greater };
        let data = own.data(facts);
        let ordering = (CLASS_IN, own.rtype())
            .cmp(&(next.1.class, next.1.rtype))
            .then_with(|| data.iter().copied().cmp(next.1.plain_data()));
        if ordering.is_ne() {
            return ordering;
        }
        last = Some(next);
    }
    if theirs().count() > ours.len() { Ordering::Less } else { Ordering::Equal }
}

/// The order of records in a list, and of equal ones by their place, so that each is taken once.
fn order(a: &(usize, Record<'_>), b: &(usize, Record<'_>)) -> Ordering {
    let key = |record: &Record<'_>| (record.class, record.rtype);
    key(&a.1).cmp(&key(&b.1)).then_with(|| a.1.plain_data().cmp(b.1.plain_data())).then(a.0.cmp(&b.0))
}

fn follows(one: &(usize, Record<'_>), last: Option<&(usize, Record<'_>)>) -> bool {
    last.is_none_or(|last| order(one, last).is_gt())
}
