//! What is left when power fails inside any word or sector of any operation: in clear, sealed with the device's key, and where
//! an update brings the key.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use embedded_storage::nor_flash::NorFlashErrorKind;
use vestibule::flash::{Flash, SECTOR, Tear, TornSector, WORD};
use vestibule_core::credentials::{Store, StoreError};
use vestibule_core::{Credentials, FlashKey};

use super::{Chip, Firmware, Secrets, StoreOperation, network};

/// What happened to a flash.
#[derive(Clone)]
struct History {
    sectors: usize,
    steps: Vec<StoreOperation>,
    /// Whose last step is cut, and who goes on from there.
    firmware: Firmware,
    /// Who did the steps before that.
    earlier: Firmware,
}

/// Every sequence of up to `longest` steps of which each saves another network or clears, on
/// chips of two and of three sectors.
fn histories(longest: u32, firmware: Firmware) -> Vec<History> {
    let mut all = vec![];
    for (sectors, length) in [2, 3].into_iter().flat_map(|n| (1..=longest).map(move |length| (n, length))) {
        for bits in 0..1 << length {
            let step =
                |at| if bits >> at & 1 == 0 { StoreOperation::Save(at) } else { StoreOperation::Clear };
            let steps = (0..length as usize).map(step).collect();
            all.push(History { sectors, steps, firmware, earlier: firmware });
        }
    }
    all
}

/// The same by a firmware that knew no key, and then the first step of one that does: its start, or another save or wipe
/// where that had no effect yet.
fn updates(longest: u32) -> Vec<History> {
    let nexts = [StoreOperation::Repair, StoreOperation::Save(6), StoreOperation::Clear];
    let updated = |history: History| {
        nexts.map(|next| History {
            steps: [&history.steps[..], &[next]].concat(),
            firmware: Firmware::Sealing,
            ..history.clone()
        })
    };
    histories(longest, Firmware::InClear).into_iter().flat_map(updated).collect()
}

/// Words torn at each bit, both ways, at each byte, and not at all.
fn torn_words() -> Vec<Tear> {
    let bits = (0..32).flat_map(|bit| [1 << bit, !(1 << bit)]);
    let bytes = (0..4).flat_map(|byte| [0xff << (8 * byte), !(0xff << (8 * byte))]);
    let masks = bits.chain(bytes).chain([0, u32::MAX, 0xffff_0000, 0x0000_ffff, 0x5555_5555]);
    masks.map(|word| Tear { word, sector: TornSector::Raised(0) }).collect()
}

/// Sectors torn in every way that [`TornSector`] knows: at each word of a record, and so on.
fn torn_sectors() -> Vec<Tear> {
    let words = SECTOR / WORD;
    let raised = torn_words().into_iter().map(|tear| TornSector::Raised(tear.word));
    let counts = (0..=32).chain(words - 33..=words);
    let partly = counts.flat_map(|count| [TornSector::First(count), TornSector::Last(count)]);
    let undefined = (0..16).map(TornSector::Undefined);
    raised
        .chain(partly)
        .chain(undefined)
        .chain([TornSector::Zeroed])
        .map(|sector| Tear { word: 0, sector })
        .collect()
}

/// Few of them, for cuts after cuts. A word or sector not begun is one more done before.
fn a_few() -> Vec<Tear> {
    let torn = |word, sector| Tear { word, sector };
    vec![
        Tear::ALL_DONE,
        torn(0x5555_5555, TornSector::Last(1008)),
        torn(0xffff_0000, TornSector::Undefined(1)),
    ]
}

/// Runs `step` on copies of `flash`, cut at each operation and torn in each way, and hands over
/// every distinct state that this leaves, with power back on.
fn cut_everywhere(
    flash: &Flash,
    (step, firmware): (StoreOperation, Firmware),
    words: &[Tear],
    sectors: &[Tear],
    mut left: impl FnMut(Flash),
) {
    let whole = flash.copy();
    step.run_by(firmware, &whole).unwrap();
    let hasher = RandomState::new();
    let mut seen = HashSet::new();
    let mut erasures = 0;
    for operation in 0..whole.operations() {
        let cut = |tear: Tear| {
            let torn = flash.copy();
            torn.cut_power_after(operation, tear);
            assert_eq!(step.run_by(firmware, &torn), Err(StoreError::Flash(NorFlashErrorKind::Other)));
            torn.power_on();
            torn
        };
        let begun = cut(Tear::NOTHING_DONE).wear().iter().sum();
        let tears = if begun > erasures { sectors } else { words };
        erasures = begun;
        for torn in tears.iter().map(|tear| cut(*tear)) {
            if seen.insert(hasher.hash_one(torn.bytes())) {
                left(torn);
            }
        }
    }
}

/// Asserts that `flash` holds one of `allowed`, still does when asked again, and holds no secret
/// if there are none. Returns what it holds.
///
/// `secrets` is `None` for a chip on which no step has ever been completed: what a torn first
/// save leaves there cannot be told from another's data, and waits for a save or a clear.
pub(super) fn assert_holds(
    flash: &Flash,
    firmware: Firmware,
    allowed: &[Option<Credentials>],
    secrets: Option<&Secrets>,
) -> Option<Credentials> {
    let held = firmware.load(flash).unwrap();
    assert!(allowed.contains(&held), "{held:?} is none of {allowed:?}");
    assert_eq!(firmware.load(flash).unwrap(), held, "asked again, it says something else");
    let seals = firmware == Firmware::Sealing;
    if let Some(secrets) = secrets.filter(|_| held.is_none() || seals) {
        let booted = flash.copy();
        StoreOperation::Repair.run_by(firmware, &booted).unwrap();
        assert!(!secrets.are_in(&booted), "nothing is stored in clear, but a secret is still there");
        if held.is_some() {
            let key = FlashKey::derive(&mut Chip(2)).ok();
            let other = Store::new(booted).sealed(key).load();
            assert_eq!(
                other,
                Err(StoreError::Unreadable),
                "another device neither reads it nor finds nothing"
            );
        }
    }
    held
}

/// A chip after all steps but the last, the last step, and what is stored before and after it.
fn before_last(history: &History) -> (Flash, StoreOperation, [Option<Credentials>; 2]) {
    let flash = Flash::in_memory(history.sectors);
    let (last, earlier) = history.steps.split_last().unwrap();
    earlier.iter().for_each(|step| step.run_by(history.earlier, &flash).unwrap());
    let before = earlier.iter().fold(None, |before, step| step.outcome(before));
    let after = last.outcome(before.clone());
    (flash, *last, [before, after])
}

/// Cuts the last step of every history everywhere. Returns how many states that left.
fn cut_once(histories: &[History]) -> usize {
    let secrets = Secrets::new();
    let mut states = 0;
    for history in histories {
        let all = DEEP || history.firmware == Firmware::InClear;
        let (words, erasures) = if all { (torn_words(), torn_sectors()) } else { (a_few(), a_few()) };
        let (firmware, never_clear) = (history.firmware, history.earlier == Firmware::Sealing);
        let (flash, last, allowed) = before_last(history);
        let wiped = (history.steps.len() > 1).then_some(&secrets);
        cut_everywhere(&flash, (last, firmware), &words, &erasures, |torn| {
            states += 1;
            assert!(!never_clear || !secrets.are_in(&torn), "what was never in clear is there");
            assert_holds(&torn, firmware, &allowed, wiped);
            let cleared = torn.copy();
            StoreOperation::Save(7).run_by(firmware, &torn).unwrap();
            assert_holds(&torn, firmware, &[Some(network(7))], wiped);
            StoreOperation::Clear.run_by(firmware, &cleared).unwrap();
            assert_holds(&cleared, firmware, &[None], Some(&secrets));
        });
    }
    eprintln!("{states} distinct flash states after one cut");
    states
}

/// The same, and then cuts whatever the device does next.
fn cut_twice(histories: &[History]) -> usize {
    let (few, secrets) = (a_few(), Secrets::new());
    let mut states = 0;
    for history in histories {
        let firmware = history.firmware;
        let (flash, last, allowed) = before_last(history);
        let wiped = (history.steps.len() > 1).then_some(&secrets);
        cut_everywhere(&flash, (last, firmware), &few, &few, |torn| {
            let held = assert_holds(&torn, firmware, &allowed, wiped);
            for next in [StoreOperation::Save(7), StoreOperation::Clear, StoreOperation::Repair] {
                let allowed = [held.clone(), next.outcome(held.clone())];
                cut_everywhere(&torn, (next, firmware), &few, &few, |torn| {
                    states += 1;
                    assert_holds(&torn, firmware, &allowed, wiped);
                });
            }
        });
    }
    eprintln!("{states} distinct flash states after two cuts");
    states
}

/// How long histories are: as long as fits a test without optimisation, or twice that.
const DEEP: bool = !cfg!(debug_assertions);

/// One network saved by that firmware, and a last step by the one that seals: where nothing is optimised.
fn one_sealed(earlier: Firmware, last: StoreOperation) -> Vec<History> {
    let steps = vec![StoreOperation::Save(0), last];
    vec![History { sectors: 2, steps, firmware: Firmware::Sealing, earlier }]
}

#[test]
fn a_cut_anywhere_leaves_the_old_or_the_new() {
    let (depth, states) = if DEEP { (4, 190_000) } else { (2, 5_000) };
    let mut histories = histories(depth, Firmware::InClear);
    histories.retain(|history| DEEP || history.sectors == 2);
    assert!(cut_once(&histories) > states);
}

#[test]
fn a_cut_anywhere_leaves_the_old_or_the_new_of_what_is_sealed() {
    if DEEP {
        assert!(cut_once(&histories(3, Firmware::Sealing)) > 100_000);
    } else {
        assert!(cut_once(&one_sealed(Firmware::Sealing, StoreOperation::Save(1))) > 200);
    }
}

#[test]
fn a_cut_anywhere_in_an_update_that_seals_leaves_the_old_or_the_new() {
    if DEEP {
        assert!(cut_once(&updates(2)) > 100_000);
    } else {
        assert!(cut_once(&one_sealed(Firmware::InClear, StoreOperation::Repair)) > 200);
    }
}

#[test]
fn a_second_cut_anywhere_does_no_more_harm() {
    if DEEP {
        assert!(cut_twice(&histories(2, Firmware::InClear)) > 200_000);
    } else {
        let save = StoreOperation::Save(0);
        let history = |last| History {
            sectors: 2,
            steps: vec![save, last],
            firmware: Firmware::InClear,
            earlier: Firmware::InClear,
        };
        let [saves, clears] = [StoreOperation::Save(1), StoreOperation::Clear].map(history);
        assert!(cut_twice(&[saves, clears]) > 10_000);
    }
}

#[test]
fn a_second_cut_anywhere_does_no_more_harm_to_what_is_sealed_or_being_sealed() {
    if DEEP {
        let mut all = [histories(2, Firmware::Sealing), updates(1)].concat();
        all.retain(|history| history.sectors == 2);
        assert!(cut_twice(&all) > 200_000);
    }
}
