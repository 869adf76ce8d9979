//! The chips' partition table: what `espflash` will write from the file in the repository.

use esp_idf_part::PartitionTable;

/// Bytes of the flash of the smallest boards with these chips.
const FLASH: u32 = 4 * 1024 * 1024;

const SECTOR: u32 = 4096;

#[test]
fn the_partition_table_is_valid_and_has_what_the_firmware_looks_for() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../esp32/partitions.csv");
    let text = std::fs::read(file).expect("the partition table is in the repository");
    let table = PartitionTable::try_from(text).expect("it can be read");
    table.validate().expect("it is valid");
    for (name, sectors) in [("credentials", 2), ("panics", 1)] {
        let partition = table.find(name).unwrap_or_else(|| panic!("there is a partition called {name}"));
        assert!(partition.size() >= sectors * SECTOR, "{name} is too small");
        assert!(partition.offset() + partition.size() <= FLASH, "{name} is beyond the flash");
    }
}
