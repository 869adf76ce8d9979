//! Signed requests, a receiver that checks them, a notification.
//! For a device these are one thing: when it has joined it posts a signed webhook.

use vestibule::internal::{BEGINNING, Receiver, SECRET, TOLERANCE};
use vestibule::world::loopback::{Loopback, Ports};
use vestibule::world::virtual_time::VirtualTime;
use vestibule_core::webhook::{Key, Post, SIGNATURE_HEADER};
use vestibule_tests::scenario;

const BODY: &[u8] = br#"{"event":"joined"}"#;

fn signed(time: u64) -> Vec<u8> {
    let mut request = vec![0; 1024];
    let post = Post::new("hooks.example", "/device", BODY).unwrap();
    let length = post.write(&Key::new(SECRET).unwrap(), time, &mut request).unwrap();
    request.truncate(length);
    request
}

fn status(receiver: &mut Receiver, request: &[u8], now: u64) -> u16 {
    receiver.answer(request, now).expect("all of it is there")[9..12].parse().unwrap()
}

#[test]
fn requests_are_signed_over_their_time_and_their_content() {
    let text = String::from_utf8(signed(BEGINNING)).unwrap();
    // HMAC-SHA256 of "1790000000." and the body: `openssl dgst -sha256 -hmac SECRET` says the same.
    let code = "ede5e1ca55bbd06fffacc0392b024215874872db050ce34ec8bfafbff82a95b8";
    assert!(text.contains(&format!("\r\n{SIGNATURE_HEADER}: t=1790000000,v1={code}\r\n")), "{text}");
    assert!(text.ends_with(r#"{"event":"joined"}"#));
}

#[test]
fn the_receiver_takes_what_is_genuine_and_fresh_and_nothing_else() {
    let genuine = signed(BEGINNING);
    let receive = |request: &[u8], now| status(&mut Receiver::default(), request, now);
    assert_eq!(receive(&genuine, BEGINNING), 204);
    assert_eq!(receive(&genuine, BEGINNING + TOLERANCE + 1), 403, "old");
    assert_eq!(receive(&genuine, BEGINNING - TOLERANCE - 1), 403, "from the future");
    // Any part of it may have been altered on the way.
    let from = genuine.windows(2).position(|two| two == b"v1").unwrap() + 3;
    for place in (from..from + 64).chain(genuine.len() - BODY.len()..genuine.len()) {
        let mut altered = genuine.clone();
        altered[place] ^= 1;
        assert_ne!(receive(&altered, BEGINNING), 204, "byte {place}");
    }
    let mut receiver = Receiver::default();
    assert_eq!(status(&mut receiver, &genuine, BEGINNING), 204);
    assert_eq!(status(&mut receiver, &genuine, BEGINNING), 403, "a recording of it");
}

/// A device that joins by itself, and a receiver that is busy so often before it takes the webhook.
fn world(busy: u8) -> vestibule::scenario::Scenario {
    scenario(&format!(
        "name = \"notification\"\n[device]\nstored = \"Home\"\nwebhook = {{ busy = {busy} }}\n\
         [[network]]\nssid = \"Home\"\n[expect]\nwithin = \"60s\"\nnotified = true"
    ))
}

#[test]
fn the_owner_is_notified_when_the_device_has_joined() {
    for busy in [0, 3] {
        let scenario = world(busy);
        let mut answers = Vec::new();
        let outcome = VirtualTime::new(&scenario, 1).run(&scenario, |record| {
            if let vestibule::trace::What::Webhook { status } = record.what {
                answers.push(status);
            }
        });
        assert!(outcome.unmet.is_empty(), "{:?}", outcome.unmet);
        let expected = std::iter::repeat_n(503, busy.into()).chain([204]);
        assert_eq!(answers, expected.collect::<Vec<_>>(), "tried until it was taken, and no more");
    }
}

#[test]
fn over_real_sockets_too() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let scenario = world(1);
        let world = Loopback::start(&scenario, 1, Ports::default(), None).await.unwrap();
        world.power_on();
        let outcome = world.judge(&scenario).await;
        world.stop().await;
        assert!(outcome.unmet.is_empty(), "{:?}", outcome.unmet);
    });
}
