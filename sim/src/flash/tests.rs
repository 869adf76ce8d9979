//! Every rule of the simulated flash, one by one.

use proptest::prelude::*;

use super::*;

fn read<const N: usize>(flash: &mut Flash, at: u32) -> [u8; N] {
    let mut bytes = [0; N];
    flash.read(at, &mut bytes).unwrap();
    bytes
}

/// A chip on which every word is `word`.
fn filled(sectors: usize, word: u32) -> Flash {
    Flash::holding(word.to_le_bytes().repeat(sectors * SECTOR / WORD))
}

#[test]
fn it_begins_erased_and_keeps_what_is_programmed() {
    let mut flash = Flash::in_memory(3);
    assert_eq!(flash.capacity(), 3 * SECTOR);
    assert!(flash.bytes().iter().all(|byte| *byte == 0xff));
    flash.write(SECTOR as u32 + 8, b"abcdefgh").unwrap();
    assert_eq!(&read::<16>(&mut flash, SECTOR as u32 + 4), b"\xff\xff\xff\xffabcdefgh\xff\xff\xff\xff");
    assert_eq!(flash.bytes().iter().filter(|byte| **byte != 0xff).count(), 8);
}

#[test]
fn a_word_may_lose_bits_twice_and_gains_none() {
    let mut flash = Flash::in_memory(1);
    flash.write(4, &[0xf0, 0xff, 0xff, 0xff]).unwrap();
    flash.write(4, &[0x70, 0x0f, 0xff, 0xff]).unwrap();
    let before = (flash.bytes(), flash.operations());
    let refused = flash.write(0, &[0, 0, 0, 0, 0x71, 0, 0, 0]);
    assert!(matches!(refused, Err(FlashError::SetsBits { address: 4 })), "{refused:?}");
    assert_eq!((flash.bytes(), flash.operations()), before, "a refused write changes nothing");
}

#[test]
fn sectors_are_erased_whole_and_wear() {
    let mut flash = filled(4, 0);
    flash.erase(SECTOR as u32, 3 * SECTOR as u32).unwrap();
    flash.erase(2 * SECTOR as u32, 3 * SECTOR as u32).unwrap();
    assert_eq!(flash.wear(), [0, 1, 2, 0]);
    let bytes = flash.bytes();
    let erased = |sector: usize| bytes[sector * SECTOR..][..SECTOR].iter().all(|byte| *byte == 0xff);
    assert_eq!([0, 1, 2, 3].map(erased), [false, true, true, false]);
    assert_eq!(flash.operations(), 3);
}

#[test]
fn alignment_is_checked() {
    let mut flash = Flash::in_memory(2);
    let unaligned = [
        flash.read(1, &mut [0; 4]),
        flash.read(0, &mut [0; 3]),
        flash.write(2, &[0; 4]),
        flash.write(0, &[0; 6]),
        flash.erase(4, SECTOR as u32),
        flash.erase(0, 8),
    ];
    for refused in unaligned {
        assert_eq!(refused.unwrap_err().kind(), NorFlashErrorKind::NotAligned);
    }
    assert_eq!(flash.operations(), 0);
}

#[test]
fn bounds_are_checked() {
    let mut flash = Flash::in_memory(2);
    let end = 2 * SECTOR as u32;
    let outside = [
        flash.read(end, &mut [0; 4]),
        flash.read(u32::MAX - 3, &mut [0; 4]),
        flash.write(end - 4, &[0; 8]),
        flash.erase(SECTOR as u32, 3 * SECTOR as u32),
        flash.erase(SECTOR as u32, 0),
    ];
    for refused in outside {
        assert_eq!(refused.unwrap_err().kind(), NorFlashErrorKind::OutOfBounds);
    }
    assert_eq!(flash.operations(), 0);
}

#[test]
fn a_cut_comes_at_its_operation_and_lasts_until_power_is_on() {
    for whole in 0..3 {
        let mut flash = Flash::in_memory(1);
        flash.cut_power_after(whole, Tear::NOTHING_DONE);
        assert!(matches!(flash.write(0, &[0; 12]), Err(FlashError::PowerCut)));
        assert!(!flash.is_powered());
        assert_eq!(flash.operations(), whole + 1);
        assert!(matches!(flash.read(0, &mut [0; 4]), Err(FlashError::PowerCut)));
        assert!(matches!(flash.write(0, &[0; 4]), Err(FlashError::PowerCut)));
        assert!(matches!(flash.erase(0, SECTOR as u32), Err(FlashError::PowerCut)));
        assert_eq!(flash.operations(), whole + 1);
        flash.power_on();
        let words =
            read::<12>(&mut flash, 0).as_chunks::<WORD>().0.iter().filter(|word| **word == [0; 4]).count();
        assert_eq!(words as u64, whole);
        flash.write(0, &[0; 12]).unwrap();
    }
}

#[test]
fn a_cut_that_has_not_come_survives_power_off_and_on() {
    let mut flash = Flash::in_memory(1);
    flash.cut_power_after(1, Tear::ALL_DONE);
    flash.cut_power();
    assert!(matches!(flash.write(0, &[0; 4]), Err(FlashError::PowerCut)));
    flash.power_on();
    flash.write(0, &[0; 4]).unwrap();
    assert!(matches!(flash.write(4, &[0; 4]), Err(FlashError::PowerCut)));
    assert_eq!(flash.bytes()[..8], [0; 8], "done, but nobody was told");
}

/// What the first sector of `flash`, full of the word `old`, holds after its erasure is torn.
fn torn_erasure(old: u32, sector: TornSector) -> Vec<u8> {
    let mut flash = filled(2, old);
    flash.cut_power_after(0, Tear { word: 0, sector });
    assert!(matches!(flash.erase(0, 2 * SECTOR as u32), Err(FlashError::PowerCut)));
    assert_eq!(flash.wear(), [1, 0]);
    let bytes = flash.bytes();
    let (torn, rest) = bytes.split_at(SECTOR);
    assert_eq!(rest, old.to_le_bytes().repeat(SECTOR / WORD), "the next sector is untouched");
    torn.to_vec()
}

#[test]
fn a_torn_erasure_leaves_what_was_chosen() {
    let old = 0x1234_5678_u32;
    let words = |count: usize, word: u32| word.to_le_bytes().repeat(count);
    let all = SECTOR / WORD;
    assert_eq!(torn_erasure(old, TornSector::Raised(0)), words(all, old));
    assert_eq!(torn_erasure(old, TornSector::Raised(0xf000_0001)), words(all, 0xf234_5679));
    assert_eq!(torn_erasure(old, TornSector::Raised(u32::MAX)), words(all, u32::MAX));
    assert_eq!(torn_erasure(old, TornSector::Zeroed), words(all, 0));
    assert_eq!(torn_erasure(old, TornSector::First(3)), [words(3, u32::MAX), words(all - 3, old)].concat());
    assert_eq!(torn_erasure(old, TornSector::Last(3)), [words(all - 3, old), words(3, u32::MAX)].concat());
    let undefined = torn_erasure(old, TornSector::Undefined(7));
    assert_eq!(undefined, torn_erasure(old, TornSector::Undefined(7)), "the seed decides");
    assert_ne!(undefined, torn_erasure(old, TornSector::Undefined(8)));
}

#[test]
fn handles_share_a_chip_and_copies_do_not() {
    let mut flash = Flash::in_memory(1);
    let (mut handle, mut copy) = (flash.clone(), flash.copy());
    handle.write(0, b"kept").unwrap();
    assert_eq!(&read::<4>(&mut flash, 0), b"kept");
    assert_eq!(read::<4>(&mut copy, 0), [0xff; 4]);
}

#[test]
fn a_file_remembers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flash.bin");
    let mut flash = Flash::in_file(&path, 2).unwrap();
    assert_eq!(flash.bytes(), vec![0xff; 2 * SECTOR]);
    flash.write(SECTOR as u32, b"kept").unwrap();
    flash.write(0, &[0; 4]).unwrap();
    flash.erase(0, SECTOR as u32).unwrap();
    flash.cut_power_after(0, Tear { word: 0xffff_0000, sector: TornSector::Zeroed });
    flash.write(8, b"torn").unwrap_err();
    let held = flash.bytes();
    assert_eq!(held[8..12], *b"to\xff\xff");
    drop(flash);
    let mut again = Flash::in_file(&path, 2).unwrap();
    assert_eq!(again.bytes(), held);
    assert_eq!(&read::<4>(&mut again, SECTOR as u32), b"kept");
}

#[test]
fn a_file_of_another_size_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "dear reader").unwrap();
    let error = Flash::in_file(&path, 2).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("letter.txt holds 11 bytes, but this flash has 8192"), "{message}");
    assert_eq!(std::fs::read(&path).unwrap(), b"dear reader");
    assert!(matches!(Flash::in_file(folder.path(), 2), Err(FlashError::File { .. })));
}

#[test]
fn what_it_holds_is_not_shown() {
    let mut flash = Flash::in_memory(1);
    flash.write(0, b"a passphrase").unwrap();
    assert_eq!(format!("{flash:?}"), "Flash { sectors: 1, powered: true, operations: 3, .. }");
}

proptest! {
    #[test]
    fn a_torn_word_is_between_old_and_new(old: u32, wanted: u32, mask: u32) {
        let new = old & wanted;
        let mut flash = filled(1, old);
        flash.cut_power_after(0, Tear { word: mask, sector: TornSector::Zeroed });
        prop_assert!(matches!(flash.write(4, &new.to_le_bytes()), Err(FlashError::PowerCut)));
        let words: Vec<u32> =
            flash.bytes().as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
        prop_assert_eq!(words[1], old & (new | mask));
        prop_assert!(words.iter().enumerate().all(|(at, word)| at == 1 || *word == old));
    }

    #[test]
    fn a_word_is_accepted_exactly_when_it_sets_no_bit(old: u32, wanted: u32, extra in 0..32_u32, sets: bool) {
        let new = old & wanted | u32::from(sets) << extra;
        let mut flash = filled(1, old);
        let accepted = flash.write(0, &new.to_le_bytes());
        prop_assert_eq!(accepted.is_ok(), new & !old == 0);
        let expected = if accepted.is_ok() { new } else { old };
        prop_assert_eq!(read::<4>(&mut flash, 0), expected.to_le_bytes());
    }
}
