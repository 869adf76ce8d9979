//! Sealed forms: whatever is sent as one is refused or opened, and what a page has sealed is taken as it would be in
//! clear, unless a bit of it has changed on its way.
#![no_main]

use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};
use hkdf::Hkdf;
use libfuzzer_sys::fuzz_target;
use sha2::Sha256;
use vestibule_core::http::Transfer;
use vestibule_core::mock::{MockEntropy, MockFlash};
use vestibule_core::{Config, ConnectionId, Event, Instant, Interface, Portal, RadioEvent, Ssid};
use x25519_dalek::{PublicKey, StaticSecret};

const NOW: Instant = Instant::from_micros(0);

type Device = Portal<MockFlash, MockEntropy>;

fn device() -> Box<Device> {
    let config = Config::new(Ssid::new(b"Lamp").expect("4 bytes"));
    let mut portal = Box::new(Device::new(config, MockFlash::new(), MockEntropy::new(1)));
    portal.connect_or_setup(NOW);
    portal.handle_radio(RadioEvent::ScanFinished, NOW);
    portal.handle_radio(RadioEvent::AccessPointUp, NOW);
    portal
}

fn ask(portal: &mut Device, request: &str) -> String {
    let id = ConnectionId::ALL[0];
    portal.handle_open(id, Interface::AccessPoint, NOW);
    let _ = portal.handle_received(id, request.as_bytes(), NOW);
    let (mut answer, mut out) = (Vec::new(), [0; 1460]);
    while let Transfer::Bytes(length) = portal.poll_send(id, &mut out, NOW) {
        answer.extend_from_slice(&out[..length]);
    }
    portal.handle_closed(id);
    String::from_utf8(answer).expect("an answer is text")
}

/// The status of the answer to this form, and whether a network was submitted by it.
fn post(portal: &mut Device, form: &str) -> (String, bool) {
    while portal.poll_event().is_some() {}
    let head =
        "POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let answer = ask(portal, &format!("{head}Content-Length: {}\r\n\r\n{form}", form.len()));
    let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
    (status, std::iter::from_fn(|| portal.poll_event()).any(|event| matches!(event, Event::Submitted { .. })))
}

/// The key and the token in the setup page.
fn page(portal: &mut Device) -> ([u8; 32], String) {
    let page = ask(portal, "GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n");
    let after =
        |mark: &str| page.split(mark).nth(1).and_then(|rest| rest.split('"').next()).expect("it is there");
    let digits = after("data-key=\"");
    let key = std::array::from_fn(|at| u8::from_str_radix(&digits[2 * at..][..2], 16).expect("digits"));
    (key, after("name=\"token\" value=\"").to_owned())
}

fn seal(device: &[u8; 32], token: &str, form: &[u8]) -> Vec<u8> {
    let secret = StaticSecret::from([9; 32]);
    let (own, shared) = (PublicKey::from(&secret), secret.diffie_hellman(&PublicKey::from(*device)));
    let info = [b"vestibule sealed 1", &device[..], own.as_bytes(), token.as_bytes()].concat();
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(b""), shared.as_bytes()).expand(&info, &mut key).expect("32 bytes");
    let mut padded = form.to_vec();
    padded.resize(form.len().max(512).next_multiple_of(128), 0);
    let tag = ChaCha20Poly1305::new(&key.into())
        .encrypt_inout_detached(&[0; 12].into(), b"", padded.as_mut_slice().into())
        .expect("it is short");
    // The label's code is not in the key.
    [&[0], &own.as_bytes()[..], &padded, &tag].concat()
}

fn encoded(sealed: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(sealed)
}

fuzz_target!(|input: &[u8]| {
    let Some(([kind, first, second], rest)) = input.split_first_chunk::<3>() else { return };
    let mut portal = device();
    let (key, token) = page(&mut portal);
    // Anything at all in its place, as text and as bytes.
    if kind % 3 == 0 {
        let text: String =
            rest.iter().filter(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect();
        for sealed in [text, encoded(rest)] {
            let (_, submitted) = post(&mut portal, &format!("token={token}&sealed={sealed}"));
            assert!(!submitted, "a form that nobody has sealed is taken");
        }
        return;
    }
    // No bytes of zero: these fill a form up.
    let form: Vec<u8> = rest.iter().copied().filter(|byte| *byte != 0).take(640).collect();
    let mut sealed = seal(&key, &token, &form);
    if kind % 3 == 1 {
        let at = usize::from(u16::from_le_bytes([*first, *second])) % (sealed.len() * 8);
        sealed[at / 8] ^= 1 << (at % 8);
        let (status, submitted) = post(&mut portal, &format!("token={token}&sealed={}", encoded(&sealed)));
        // The highest bit of a public key counts for nothing (RFC 7748 section 5), but it goes into the key.
        // The first byte says whether the label's code is in the key: it is refused as a wrong code then, or as no form.
        let refused = status == "400" || at / 8 == 0 && status == "403";
        assert!(refused && !submitted, "{status} to a form that was changed");
        return;
    }
    let in_clear = form.iter().map(|byte| char::from(*byte)).collect::<String>();
    let as_sealed = post(&mut portal, &format!("token={token}&sealed={}", encoded(&sealed)));
    assert_ne!(as_sealed.0, "403", "the token is of this opening");
    if form.is_ascii() && !in_clear.contains("sealed") {
        let as_clear = post(&mut device(), &format!("token={token}&{in_clear}"));
        assert_eq!(as_sealed.1, as_clear.1, "sealed and in clear: {in_clear}");
    }
});
