//! A portal that an input drives: radio, time, several clients with roles, an application's fields, a flash that fails.
//! The driver and what must hold are those of the test `random_portal`, which takes its choices from seeds.
#![no_main]

#[expect(dead_code, reason = "seeds are for the test")]
#[path = "../../firmware-core/tests/random_portal/driver/mod.rs"]
mod driver;

use driver::choices::Bytes;
use libfuzzer_sys::fuzz_target;

/// Most steps of one input: a long one is no better than many.
const STEPS: usize = 2000;

fuzz_target!(|input: &[u8]| {
    if let Err(wrong) = driver::run(&mut Bytes(input), STEPS) {
        panic!("{wrong}");
    }
});
