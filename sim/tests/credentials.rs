//! The core's credential store on the simulated flash: what it keeps, what it wipes, and what is
//! left when power fails inside any word or sector of any operation.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use proptest::prelude::*;
use vestibule::flash::{Flash, FlashError, SECTOR, Tear, TornSector, WORD};
use vestibule_core::credentials::{Memory, Store, StoreError};
use vestibule_core::{Credentials, Passphrase, Ssid};

/// One of many networks that have no four bytes in a row in common.
fn network(number: usize) -> Credentials {
    let letter = |offset: usize| char::from(b'A' + (number * 2 + offset) as u8);
    let ssid: String = (10..24).map(|n| format!("{}{n}", letter(0))).collect();
    let secret: String = (10..31).map(|n| format!("{}{n}", letter(1))).collect();
    credentials(&ssid.as_bytes()[..32], &secret.as_bytes()[..63])
}

fn credentials(ssid: &[u8], secret: &[u8]) -> Credentials {
    Credentials { ssid: Ssid::new(ssid).unwrap(), passphrase: Passphrase::new(secret).unwrap() }
}

fn load(flash: &Flash) -> Result<Option<Credentials>, StoreError> {
    Store::new(flash.clone()).load().map(|memory| memory.networks().first().cloned())
}

fn only(credentials: &Credentials) -> Memory {
    let mut memory = Memory::new();
    memory.remember(credentials.clone());
    memory
}

/// What a device does to its flash.
#[derive(Clone, Copy, Debug, PartialEq)]
enum StoreOperation {
    Save(usize),
    Clear,
    /// What a device does at each start.
    Repair,
}

impl StoreOperation {
    fn run(self, flash: &Flash) -> Result<(), StoreError> {
        let mut store = Store::new(flash.clone());
        match self {
            Self::Save(number) => store.save(&only(&network(number))),
            Self::Clear => store.clear(),
            Self::Repair => store.repair(),
        }
    }

    /// What is stored after it, if `before` was.
    fn outcome(self, before: Option<Credentials>) -> Option<Credentials> {
        match self {
            Self::Save(number) => Some(network(number)),
            Self::Clear => None,
            Self::Repair => before,
        }
    }
}

/// Every sequence of up to `longest` steps of which each saves another network or clears, on
/// chips of two and of three sectors.
fn histories(longest: u32) -> Vec<(usize, Vec<StoreOperation>)> {
    let mut all = vec![];
    for (sectors, length) in [2, 3].into_iter().flat_map(|n| (1..=longest).map(move |length| (n, length))) {
        for bits in 0..1 << length {
            let step =
                |at| if bits >> at & 1 == 0 { StoreOperation::Save(at) } else { StoreOperation::Clear };
            all.push((sectors, (0..length as usize).map(step).collect()));
        }
    }
    all
}

/// Whether four bytes in a row of any [`network`] are anywhere in the flash.
struct Secrets(HashSet<[u8; 4]>);

impl Secrets {
    fn new() -> Self {
        let windows = |bytes: &[u8]| bytes.windows(4).map(|w| w.try_into().unwrap()).collect::<Vec<_>>();
        let networks = (0..8).map(network);
        Self(
            networks
                .flat_map(|n| [windows(n.ssid.as_bytes()), windows(n.passphrase.expose())].concat())
                .collect(),
        )
    }

    fn are_in(&self, flash: &Flash) -> bool {
        let bytes = flash.bytes();
        bytes.windows(4).any(|window| window[0] != 0xff && self.0.contains(window))
    }
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
    step: StoreOperation,
    words: &[Tear],
    sectors: &[Tear],
    mut left: impl FnMut(Flash),
) {
    let whole = flash.copy();
    step.run(&whole).unwrap();
    let hasher = RandomState::new();
    let mut seen = HashSet::new();
    let mut erasures = 0;
    for operation in 0..whole.operations() {
        let cut = |tear: Tear| {
            let torn = flash.copy();
            torn.cut_power_after(operation, tear);
            assert_eq!(step.run(&torn), Err(StoreError::Flash(NorFlashErrorKind::Other)));
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
fn assert_holds(
    flash: &Flash,
    allowed: &[Option<Credentials>],
    secrets: Option<&Secrets>,
) -> Option<Credentials> {
    let held = load(flash).unwrap();
    assert!(allowed.contains(&held), "{held:?} is none of {allowed:?}");
    assert_eq!(load(flash).unwrap(), held, "asked again, it says something else");
    if let (None, Some(secrets)) = (&held, secrets) {
        let booted = flash.copy();
        StoreOperation::Repair.run(&booted).unwrap();
        assert!(!secrets.are_in(&booted), "nothing is stored, but a secret is still there");
    }
    held
}

/// A chip after all steps but the last, the last step, and what is stored before and after it.
fn before_last(
    sectors: usize,
    history: &[StoreOperation],
) -> (Flash, StoreOperation, [Option<Credentials>; 2]) {
    let flash = Flash::in_memory(sectors);
    let (last, earlier) = history.split_last().unwrap();
    earlier.iter().for_each(|step| step.run(&flash).unwrap());
    let before = earlier.iter().fold(None, |before, step| step.outcome(before));
    let after = last.outcome(before.clone());
    (flash, *last, [before, after])
}

/// Cuts the last step of every history everywhere. Returns how many states that left.
fn cut_once(histories: &[(usize, Vec<StoreOperation>)]) -> usize {
    let (words, erasures, secrets) = (torn_words(), torn_sectors(), Secrets::new());
    let mut states = 0;
    for (sectors, history) in histories {
        let (flash, last, allowed) = before_last(*sectors, history);
        let wiped = (history.len() > 1).then_some(&secrets);
        cut_everywhere(&flash, last, &words, &erasures, |torn| {
            states += 1;
            assert_holds(&torn, &allowed, wiped);
            let cleared = torn.copy();
            StoreOperation::Save(7).run(&torn).unwrap();
            assert_holds(&torn, &[Some(network(7))], wiped);
            StoreOperation::Clear.run(&cleared).unwrap();
            assert_holds(&cleared, &[None], Some(&secrets));
        });
    }
    eprintln!("{states} distinct flash states after one cut");
    states
}

/// The same, and then cuts whatever the device does next.
fn cut_twice(histories: &[(usize, Vec<StoreOperation>)]) -> usize {
    let (few, secrets) = (a_few(), Secrets::new());
    let mut states = 0;
    for (sectors, history) in histories {
        let (flash, last, allowed) = before_last(*sectors, history);
        let wiped = (history.len() > 1).then_some(&secrets);
        cut_everywhere(&flash, last, &few, &few, |torn| {
            let held = assert_holds(&torn, &allowed, wiped);
            for next in [StoreOperation::Save(7), StoreOperation::Clear, StoreOperation::Repair] {
                let allowed = [held.clone(), next.outcome(held.clone())];
                cut_everywhere(&torn, next, &few, &few, |torn| {
                    states += 1;
                    assert_holds(&torn, &allowed, wiped);
                });
            }
        });
    }
    eprintln!("{states} distinct flash states after two cuts");
    states
}

/// How long histories are: as long as fits a test without optimisation, or twice that.
const DEEP: bool = !cfg!(debug_assertions);

#[test]
fn a_cut_anywhere_leaves_the_old_or_the_new() {
    let (depth, states) = if DEEP { (4, 190_000) } else { (2, 5_000) };
    let mut histories = histories(depth);
    histories.retain(|(sectors, _)| DEEP || *sectors == 2);
    assert!(cut_once(&histories) > states);
}

#[test]
fn a_second_cut_anywhere_does_no_more_harm() {
    if DEEP {
        assert!(cut_twice(&histories(2)) > 200_000);
    } else {
        let [a, b] = [StoreOperation::Save(0), StoreOperation::Save(1)];
        assert!(cut_twice(&[(2, vec![a, b]), (2, vec![a, StoreOperation::Clear])]) > 10_000);
    }
}

#[test]
fn clearing_leaves_nothing_but_the_word_that_it_was_cleared() {
    let secrets = Secrets::new();
    for sectors in 2..6 {
        for saves in 0..8 {
            let flash = Flash::in_memory(sectors);
            (0..saves).for_each(|number| StoreOperation::Save(number).run(&flash).unwrap());
            assert_eq!(secrets.are_in(&flash), saves > 0, "the search for secrets finds them");
            StoreOperation::Clear.run(&flash).unwrap();
            assert!(!secrets.are_in(&flash));
            assert!(flash.bytes().iter().filter(|byte| **byte != 0xff).count() <= 64 * sectors);
            assert_eq!(load(&flash), Ok(None));
            let wear = flash.wear();
            StoreOperation::Clear.run(&flash).unwrap();
            assert_eq!(flash.wear(), wear, "what is clear needs no clearing");
        }
    }
}

#[test]
fn every_byte_value_comes_back() {
    let flash = Flash::in_memory(2);
    for byte in 0..=255_u8 {
        // A passphrase has no control bytes.
        let secret_byte = if byte.is_ascii_control() { b' ' } else { byte };
        for (name, secret) in [(1, 8), (32, 63), (31, 9), (2, 62)] {
            let kept = credentials(&vec![byte; name], &vec![secret_byte; secret]);
            Store::new(flash.clone()).save(&only(&kept)).unwrap();
            assert_eq!(load(&flash), Ok(Some(kept)));
        }
    }
    for secret in [&[b'f'; 64][..], b""] {
        let kept = credentials(b"Home", secret);
        Store::new(flash.clone()).save(&only(&kept)).unwrap();
        assert_eq!(load(&flash), Ok(Some(kept)));
    }
}

#[test]
fn saving_wears_all_sectors_alike() {
    let flash = Flash::in_memory(3);
    (0..30).for_each(|number| StoreOperation::Save(number % 8).run(&flash).unwrap());
    assert_eq!(flash.wear(), [30, 30, 30], "each holds a copy");
}

#[test]
fn too_small_a_flash_is_said_to_be() {
    for sectors in [0, 1] {
        let mut store = Store::new(Flash::in_memory(sectors));
        let too_small = StoreError::TooSmall { sectors };
        assert_eq!(store.load(), Err(too_small));
        assert_eq!(store.save(&only(&network(0))), Err(too_small));
        assert_eq!(store.repair(), Err(too_small));
        assert_eq!(store.clear(), Err(too_small));
        assert_eq!(store.flash_mut().operations(), 0);
    }
}

#[test]
fn a_cell_that_forgets_takes_one_copy_with_it_and_the_next_start_makes_another() {
    let flash = Flash::in_memory(2);
    StoreOperation::Save(0).run(&flash).unwrap();
    let whole = flash.bytes();
    for bit in 0..2 * 8 * SECTOR as u32 {
        let rotten = Flash::holding(whole.clone());
        rotten.rot(bit);
        assert_eq!(load(&rotten), Ok(Some(network(0))), "bit {bit}");
        if bit % 97 == 0 {
            StoreOperation::Repair.run(&rotten).unwrap();
            // Behind the record that counts, what a sector holds does no harm.
            assert!(rotten.bytes() == whole || bit as usize / 8 % SECTOR >= 128, "bit {bit}");
        }
    }
}

#[test]
fn what_is_whole_needs_no_repair() {
    let flash = Flash::in_memory(3);
    (0..3).for_each(|number| StoreOperation::Save(number).run(&flash).unwrap());
    let operations = flash.operations();
    StoreOperation::Repair.run(&flash).unwrap();
    assert_eq!(flash.operations(), operations);
}

/// CRC-32 as in IEEE 802.3, by long division, to forge records with.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for bit in 0..bytes.len() * 8 {
        let odd = crc ^ u32::from(bytes[bit / 8] >> (bit % 8));
        crc >>= 1;
        if odd & 1 == 1 {
            crc ^= 0xedb8_8320;
        }
    }
    !crc
}

#[test]
fn a_record_of_a_later_version_is_unreadable_and_can_be_replaced() {
    let flash = Flash::in_memory(2);
    StoreOperation::Save(0).run(&flash).unwrap();
    StoreOperation::Save(1).run(&flash).unwrap();
    let mut bytes = flash.bytes();
    for record in bytes.chunks_mut(SECTOR).map(|sector| &mut sector[..128]) {
        let checksum = |record: &[u8]| crc32(&[&record[..12], &record[16..]].concat()).to_le_bytes();
        assert_eq!(record[12..16], checksum(record));
        record[8] = 2;
        let crc = checksum(record);
        record[12..16].copy_from_slice(&crc);
    }
    let flash = Flash::holding(bytes);
    assert_eq!(load(&flash), Err(StoreError::Unreadable), "not the ones before it");
    let cleared = flash.copy();
    StoreOperation::Save(2).run(&flash).unwrap();
    assert_eq!(load(&flash), Ok(Some(network(2))));
    StoreOperation::Clear.run(&cleared).unwrap();
    assert_holds(&cleared, &[None], Some(&Secrets::new()));
}

/// A flash with one cell that cannot be programmed any more.
struct Worn(Flash);

impl ErrorType for Worn {
    type Error = FlashError;
}

impl ReadNorFlash for Worn {
    const READ_SIZE: usize = WORD;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.0.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl NorFlash for Worn {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.0.erase(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        let mut kept = bytes.to_vec();
        kept[20] |= 0x80;
        self.0.write(offset, &kept)
    }
}

#[test]
fn worn_flash_is_noticed_and_the_old_credentials_stay() {
    let flash = Flash::in_memory(2);
    StoreOperation::Save(0).run(&flash).unwrap();
    let mut store = Store::new(Worn(flash.clone()));
    assert_eq!(store.save(&only(&network(1))), Err(StoreError::NotKept));
    assert_eq!(store.load(), Ok(only(&network(0))));
}

fn any_credentials() -> impl Strategy<Value = Credentials> {
    let secret = prop_oneof![
        Just(vec![]),
        proptest::collection::vec(
            any::<u8>().prop_filter("a control byte", |byte| !byte.is_ascii_control()),
            8..64
        ),
        "[0-9a-fA-F]{64}".prop_map(String::into_bytes),
    ];
    let name = proptest::collection::vec(any::<u8>(), 1..=32);
    (name, secret).prop_map(|(name, secret)| credentials(&name, &secret))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_credentials_come_back(all in proptest::collection::vec(any_credentials(), 1..8), sectors in 2..6_usize) {
        let flash = Flash::in_memory(sectors);
        for kept in all {
            Store::new(flash.clone()).save(&only(&kept)).unwrap();
            prop_assert_eq!(load(&flash), Ok(Some(kept)));
        }
    }

    #[test]
    fn garbage_is_nothing_and_saving_repairs_it(seed: u64, sectors in 2..5_usize, word: u32, cut in 0..33_u64) {
        let mut garbage = Flash::in_memory(sectors);
        for sector in 0..sectors as u32 {
            garbage.cut_power_after(0, Tear { word, sector: TornSector::Undefined(seed ^ u64::from(sector)) });
            garbage.erase(sector * SECTOR as u32, (sector + 1) * SECTOR as u32).unwrap_err();
            garbage.power_on();
        }
        prop_assert_eq!(load(&garbage), Ok(None));
        let torn = garbage.copy();
        torn.cut_power_after(cut, Tear { word, sector: TornSector::Undefined(seed) });
        prop_assert!(StoreOperation::Save(0).run(&torn).is_err());
        torn.power_on();
        prop_assert!([Ok(None), Ok(Some(network(0)))].contains(&load(&torn)));
        StoreOperation::Save(1).run(&garbage).unwrap();
        prop_assert_eq!(load(&garbage), Ok(Some(network(1))));
        StoreOperation::Clear.run(&garbage).unwrap();
        prop_assert_eq!(load(&garbage), Ok(None));
        prop_assert!(garbage.bytes().iter().filter(|byte| **byte != 0xff).count() <= 64 * sectors);
    }
}
