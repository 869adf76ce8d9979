//! A signature's header and a receiver's answer: no stranger's header is genuine.
#![no_main]

use core::time::Duration;

use libfuzzer_sys::fuzz_target;
use vestibule_core::webhook::{Key, Post, read_reply};

fuzz_target!(|input: &[u8]| {
    let key = Key::new(b"a key that nobody else has").expect("long enough");
    let tolerance = Duration::from_secs(300);
    assert!(key.verify(input, b"{}", 1_790_000_000, tolerance).is_err());
    let header = key.sign(1_790_000_000, input).to_string();
    assert_eq!(key.verify(header.as_bytes(), input, 1_790_000_000, tolerance), Ok(()));
    if let Ok(Some(reply)) = read_reply(input) {
        assert!(!(100..200).contains(&reply.status));
    }
    if let Ok(text) = core::str::from_utf8(input) {
        let (authority, path) = text.split_at(text.find('/').unwrap_or(text.len()));
        if let Ok(post) = Post::new(authority, path, b"{}") {
            let mut out = [0; 1024];
            let length = post.write(&key, 0, &mut out).expect("there is room");
            assert_eq!(out[..length].windows(4).filter(|bytes| bytes == b"\r\n\r\n").count(), 1);
        }
    }
});
