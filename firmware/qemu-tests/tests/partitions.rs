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
    // An update is written to the slot that does not run, and what starts next to `otadata`.
    let slots = ["ota_0", "ota_1"].map(|name| table.find(name).expect("there are two slots").size());
    assert_eq!(slots[0], slots[1], "an image that fits one slot fits the other");
    assert!(table.find("otadata").is_some_and(|partition| partition.size() == 2 * SECTOR));
    let names: Vec<_> = table.partitions().iter().map(|partition| partition.name()).collect();
    assert_eq!(
        names,
        ["otadata", "ota_0", "ota_1", "credentials", "panics"],
        "nothing is there that nobody uses"
    );
}
