//! Tells the linker where the chip's memory is. The last three sectors of the flash are not the program's: src/flash.rs.

use std::path::Path;

/// RP2040, 2 MiB: a second boot loader comes first (RP2040 datasheet 2.8.1.3.1). Where it is put, embassy-rp's script says.
const PICO_W: &str = "MEMORY {
    BOOT2 : ORIGIN = 0x10000000, LENGTH = 0x100
    FLASH : ORIGIN = 0x10000100, LENGTH = 2048K - 0x100 - 12K
    RAM : ORIGIN = 0x20000000, LENGTH = 264K
}
";

/// RP2350, 4 MiB: what the boot loader looks for is in the first 4 KiB (RP2350 datasheet 5.1.5.1).
const PICO_2_W: &str = "MEMORY {
    FLASH : ORIGIN = 0x10000000, LENGTH = 4096K - 12K
    RAM : ORIGIN = 0x20000000, LENGTH = 512K
}
SECTIONS {
    .start_block : ALIGN(4) { KEEP(*(.start_block)); } > FLASH
} INSERT AFTER .vector_table;
_stext = ADDR(.start_block) + SIZEOF(.start_block);
";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is_first = std::env::var_os("CARGO_FEATURE_PICO_W").is_some();
    let folder = std::env::var("OUT_DIR").expect("cargo sets it");
    let memory = if is_first { PICO_W } else { PICO_2_W };
    std::fs::write(Path::new(&folder).join("memory.x"), memory).expect("cargo's own folder can be written");
    println!("cargo:rustc-link-search={folder}");
    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    if is_first {
        println!("cargo:rustc-link-arg-bins=-Tlink-rp.x");
    }
}
