//! A form: anything is one, and decoding never makes it longer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_core::http::form;

fuzz_target!(|body: &[u8]| {
    let mut total = 0;
    for field in form::fields(body) {
        let mut room = vec![0; body.len()];
        total += field.name.decode(&mut room).expect("longer than it was").len();
        total += field.value.decode(&mut room).expect("longer than it was").len();
    }
    assert!(total <= body.len());
    let _ = form::find(body, "ssid").map(|value| value.is("x"));
});
