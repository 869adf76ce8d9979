//! The core's credential store on the simulated flash: what it keeps, what it wipes, and what is left when power fails.

mod power_cuts;

use std::collections::HashSet;

use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use proptest::prelude::*;
use vestibule::flash::{Flash, FlashError, SECTOR, Tear, TornSector, WORD};
use vestibule_core::credentials::{Memory, Store, StoreError};
use vestibule_core::{Credentials, DeviceKey, Entropy, FlashKey, NoDeviceKey, Passphrase, Ssid};

use power_cuts::assert_holds;

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

/// A chip whose secret is this byte over and over.
struct Chip(u8);

impl DeviceKey for Chip {
    fn derive(&mut self, _: &[u8], key: &mut [u8; 32]) -> Result<(), NoDeviceKey> {
        key.fill(self.0);
        Ok(())
    }
}

/// Random bytes that repeat, which must do no harm.
struct Sevens;

impl Entropy for Sevens {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// What the device's firmware does with what it stores.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Firmware {
    /// It knows no key.
    InClear,
    /// It seals with the key of its chip.
    Sealing,
}

impl Firmware {
    fn store(self, flash: &Flash) -> Store<Flash> {
        let key = (self == Self::Sealing).then(|| FlashKey::derive(&mut Chip(1)).unwrap());
        Store::new(flash.clone()).sealed(key)
    }

    fn load(self, flash: &Flash) -> Result<Option<Credentials>, StoreError> {
        first(self.store(flash).load())
    }
}

fn first(memory: Result<Memory, StoreError>) -> Result<Option<Credentials>, StoreError> {
    memory.map(|memory| memory.networks().first().cloned())
}

fn load(flash: &Flash) -> Result<Option<Credentials>, StoreError> {
    Firmware::InClear.load(flash)
}

fn save(flash: &Flash, memory: &Memory) -> Result<(), StoreError> {
    Store::new(flash.clone()).save(memory, &mut Sevens)
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
        self.run_by(Firmware::InClear, flash)
    }

    fn run_by(self, firmware: Firmware, flash: &Flash) -> Result<(), StoreError> {
        let mut store = firmware.store(flash);
        match self {
            Self::Save(number) => store.save(&only(&network(number)), &mut Sevens),
            Self::Clear => store.clear(),
            Self::Repair => store.repair(&mut Sevens),
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
        const BLOCK: usize = 64;
        let bytes = flash.bytes();
        // Most of it is blank.
        let written = bytes.chunks(BLOCK).enumerate().filter(|(_, block)| **block != [0xff; BLOCK]);
        let mut around = written.map(|(number, _)| {
            let start = number * BLOCK;
            &bytes[start.saturating_sub(3)..bytes.len().min(start + BLOCK + 3)]
        });
        around.any(|part| part.windows(4).any(|window| self.0.contains(window)))
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
            save(&flash, &only(&kept)).unwrap();
            assert_eq!(load(&flash), Ok(Some(kept)));
        }
    }
    for secret in [&[b'f'; 64][..], b""] {
        let kept = credentials(b"Home", secret);
        save(&flash, &only(&kept)).unwrap();
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
        assert_eq!(store.save(&only(&network(0)), &mut Sevens), Err(too_small));
        assert_eq!(store.repair(&mut Sevens), Err(too_small));
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
        record[8] = 3;
        let crc = checksum(record);
        record[12..16].copy_from_slice(&crc);
    }
    let flash = Flash::holding(bytes);
    assert_eq!(load(&flash), Err(StoreError::Unreadable), "not the ones before it");
    let cleared = flash.copy();
    StoreOperation::Save(2).run(&flash).unwrap();
    assert_eq!(load(&flash), Ok(Some(network(2))));
    StoreOperation::Clear.run(&cleared).unwrap();
    assert_holds(&cleared, Firmware::InClear, &[None], Some(&Secrets::new()));
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
    assert_eq!(store.save(&only(&network(1)), &mut Sevens), Err(StoreError::NotKept));
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
            save(&flash, &only(&kept)).unwrap();
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
