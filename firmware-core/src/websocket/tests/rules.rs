//! Frame by frame.

use super::*;
use crate::limits::{WEBSOCKET_CLOSE_TIMEOUT, WEBSOCKET_PING_INTERVAL, WEBSOCKET_PONG_TIMEOUT};

#[test]
fn the_seven_defects_of_embedded_websocket() {
    assert_refused(&[0x81, 0x05], Violation::NoMask);
    assert_refused(&[0xc1], Violation::ReservedBit);
    assert_refused(&[0x89, 0x80 | 126], Violation::LongControl);
    assert_refused(&[0x09], Violation::FragmentedControl);
    assert_refused(&frame(0x81, b"\xff"), Violation::NotUtf8);
    assert_refused(&frame(0x88, b"\x03"), Violation::BadClose);
    assert_refused(&[0x82, 0xff, 0x80, 0, 0, 0, 0, 1, 0, 0], Violation::LengthEncoding);
}

#[test]
fn reserved_bits_and_opcodes() {
    for bit in [0x10, 0x20, 0x40] {
        assert_refused(&[0x82 | bit], Violation::ReservedBit);
    }
    for opcode in [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        assert_refused(&[0x80 | opcode], Violation::ReservedOpcode);
    }
}

#[test]
fn every_frame_is_masked() {
    for opcode in [0x1, 0x2, 0x8, 0x9, 0xa] {
        assert_refused(&[0x80 | opcode, 0], Violation::NoMask);
    }
}

#[test]
fn control_frames_are_short_and_whole() {
    for opcode in [0x8, 0x9, 0xa] {
        assert_refused(&[0x80 | opcode, 0x80 | 126], Violation::LongControl);
        assert_refused(&[0x80 | opcode, 0x80 | 127], Violation::LongControl);
        assert_refused(&[opcode], Violation::FragmentedControl);
    }
    let longest = [b'x'; 125];
    assert_eq!(outcome(&frame(0x8a, &longest)).0, [Seen::Pong(longest.to_vec())]);
    let expected = [&[0x8a, 125][..], &longest].concat();
    assert_eq!(outcome(&frame(0x89, &longest)), (Vec::new(), expected));
}

#[test]
fn lengths_are_written_as_short_as_they_can_be() {
    for length in [0, 1, 125_u16] {
        let [high, low] = length.to_be_bytes();
        assert_refused(&[0x82, 0x80 | 126, high, low], Violation::LengthEncoding);
    }
    for length in [0, 126, 0xffff_u64] {
        assert_refused(&[&[0x82, 0xff][..], &length.to_be_bytes()].concat(), Violation::LengthEncoding);
    }
    for length in [0, 1, 125, 126, 127, 1000] {
        let payload = std::vec![7; length];
        assert_eq!(outcome(&frame(0x82, &payload)).0, [Seen::Binary(payload)], "{length}");
    }
}

#[test]
fn the_longest_message_and_one_byte_more() {
    let longest = std::vec![b'x'; WEBSOCKET_MESSAGE_BYTES];
    assert_eq!(outcome(&frame(0x82, &longest)).0, [Seen::Binary(longest.clone())]);
    let [high, low] = (WEBSOCKET_MESSAGE_BYTES as u16 + 1).to_be_bytes();
    assert_refused(&[0x82, 0x80 | 126, high, low], Violation::TooBig);
    assert_refused(&[0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0], Violation::TooBig);
    assert_refused(&[0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Violation::TooBig);
    let parts = [frame(0x02, &longest[1..]), frame(0x00, b"x"), std::vec![0x80, 0x81]].concat();
    assert_refused(&parts, Violation::TooBig);
    let fits = [frame(0x02, &longest[1..]), frame(0x89, b"ping"), frame(0x80, b"x")].concat();
    assert_eq!(outcome(&fits).0, [Seen::Binary(longest)], "control frames do not count");
}

#[test]
fn fragments_are_joined_and_control_frames_may_come_between() {
    let bytes = [
        frame(0x01, b"a\xf0\x9f"),
        frame(0x89, b"?"),
        frame(0x00, b""),
        frame(0x8a, b"!"),
        frame(0x80, b"\x98\x80b"),
    ];
    let (events, sent) = outcome(&bytes.concat());
    assert_eq!(events, [Seen::Pong(b"!".to_vec()), Seen::Text("a\u{1f600}b".to_string())]);
    assert_eq!(sent, b"\x8a\x01?");
    let empty = [frame(0x01, b""), frame(0x80, b""), frame(0x82, b"")].concat();
    assert_eq!(outcome(&empty).0, [Seen::Text(String::new()), Seen::Binary(Vec::new())]);
}

#[test]
fn fragments_in_disorder() {
    assert_refused(&[0x80], Violation::OrphanContinuation);
    assert_refused(&[0x00], Violation::OrphanContinuation);
    for first in [0x81, 0x01, 0x82, 0x02] {
        assert_refused(&[frame(0x01, b"a"), std::vec![first]].concat(), Violation::Interrupted);
    }
    assert_refused(
        &[frame(0x01, b"a"), frame(0x80, b"b"), std::vec![0x80]].concat(),
        Violation::OrphanContinuation,
    );
}

#[test]
fn text_fails_at_the_first_byte_that_cannot_be() {
    for text in [
        &b"\x80"[..],
        b"ok\xc0",
        b"\xe0\x80",
        b"\xed\xa0", // a surrogate
        b"\xf4\x90", // beyond the last character
        b"\xf5",
        b"\xce\xba\xff",
    ] {
        let (mut head, rest) = (frame(0x81, &[text, b"further"].concat()), b"further".len());
        head.truncate(head.len() - rest);
        assert_refused(&head, Violation::NotUtf8);
        let mut across = frame(0x01, &text[..1]);
        if text.len() > 1 {
            across.extend(frame(0x80, &[&text[1..], b"further"].concat()));
            across.truncate(across.len() - rest);
            assert_refused(&across, Violation::NotUtf8);
        }
    }
    for cut in [&b"\xce"[..], b"\xe2\x82", b"\xf0\x9f\x98"] {
        assert_refused(&frame(0x81, cut), Violation::NotUtf8);
        assert_refused(&[frame(0x01, cut), frame(0x80, b"")[..6].to_vec()].concat(), Violation::NotUtf8);
    }
    assert_eq!(outcome(&frame(0x82, b"\xff\xfe")).0, [Seen::Binary(b"\xff\xfe".to_vec())]);
}

#[test]
fn a_close_is_answered_with_its_code() {
    assert_eq!(
        outcome(&frame(0x88, b"")),
        (std::vec![Seen::Closed(None, String::new())], b"\x88\x00".to_vec())
    );
    let (events, sent) = outcome(&frame(0x88, b"\x03\xe9bye"));
    assert_eq!(events, [Seen::Closed(Some(1001), "bye".to_string())]);
    assert_eq!(sent, b"\x88\x02\x03\xe9");
    assert_eq!(outcome(&[frame(0x88, b""), frame(0x81, b"late")].concat()).0.len(), 1, "nothing after it");
}

#[test]
fn close_codes() {
    for number in 0..=u16::MAX {
        let allowed = matches!(number, 1000..=1003 | 1007..=1014 | 3000..=4999);
        assert_eq!(CloseCode::new(number).is_some(), allowed, "{number}");
        if !allowed && (number % 97 == 0 || (999..1020).contains(&number)) {
            assert_refused(&frame(0x88, &number.to_be_bytes()), Violation::BadClose);
        }
    }
    assert_refused(&frame(0x88, b"\x03\xe8\xff"), Violation::NotUtf8);
    let reason = [&b"\x03\xe8"[..], &[b'r'; 123]].concat();
    assert_eq!(outcome(&frame(0x88, &reason)).0, [Seen::Closed(Some(1000), "r".repeat(123))]);
}

#[test]
fn the_device_closes() {
    let mut socket = Socket::new(NOW);
    socket.close(CloseCode::GOING_AWAY, "joined", NOW);
    assert_eq!(socket.send(Message::Text("late")), Err(SendError::Closed));
    assert_eq!(sent(&mut socket), b"\x88\x08\x03\xe9joined");
    assert!(!socket.is_finished(), "the client's answer is due");
    let late = [frame(0x81, b"late"), frame(0x89, b"late")].concat();
    assert_eq!(receive(&mut socket, &late), [], "what crosses the close is dropped");
    assert_eq!(receive(&mut socket, &frame(0x88, b"\x03\xe9")), [Seen::Closed(Some(1001), String::new())]);
    assert_eq!(sent(&mut socket), b"", "no second close");
    assert!(socket.is_finished());
}

#[test]
fn a_close_that_is_not_answered() {
    let mut socket = Socket::new(NOW);
    socket.close(CloseCode::NORMAL, &"é".repeat(100), NOW);
    socket.close(CloseCode::POLICY, "", NOW);
    let sent = sent(&mut socket);
    assert_eq!(sent.len(), 2 + 2 + 122, "cut between characters, and sent once");
    let due = NOW + WEBSOCKET_CLOSE_TIMEOUT;
    assert_eq!(socket.poll_timeout(), Some(due));
    socket.handle_timeout(due);
    assert_eq!(socket.poll_event(), Some(Event::Closed(Ending::Disconnected)));
    assert!(socket.is_finished() && socket.poll_timeout().is_none() && socket.poll_event().is_none());
}

#[test]
fn a_silent_client_is_asked_and_then_given_up() {
    let mut socket = Socket::new(NOW);
    let asked = NOW + WEBSOCKET_PING_INTERVAL;
    socket.handle_timeout(asked);
    assert_eq!(sent(&mut socket), b"\x89\x00");
    let lost = asked + WEBSOCKET_PONG_TIMEOUT;
    assert_eq!(socket.poll_timeout(), Some(lost));
    // Bytes without a complete frame are no sign of life.
    assert_eq!(socket.handle_received(&[0x81], asked), 1);
    assert_eq!(socket.poll_timeout(), Some(lost));
    let mut twin = Socket::new(NOW);
    twin.handle_timeout(asked);
    assert_eq!(twin.handle_received(&frame(0x8a, b""), asked), 6);
    assert_eq!(twin.poll_event(), Some(Event::Pong(b"")));
    assert_eq!(twin.poll_timeout(), Some(asked + WEBSOCKET_PING_INTERVAL));
    socket.handle_timeout(lost);
    assert_eq!(socket.poll_event(), Some(Event::Closed(Ending::Disconnected)));
    assert!(socket.is_finished());
}

#[test]
fn a_broken_connection_is_lost_once() {
    let mut socket = Socket::new(NOW);
    assert!(socket.send(Message::Text("unsent")).is_ok());
    socket.handle_received_end();
    assert_eq!(socket.poll_event(), Some(Event::Closed(Ending::Disconnected)));
    socket.handle_received_end();
    assert_eq!(sent(&mut socket), b"");
    assert!(socket.is_finished());
}

#[test]
fn what_waits_does_not_grow() {
    let mut socket = Socket::new(NOW);
    let chunk = [b'x'; 100];
    let mut accepted = 0;
    while socket.send(Message::Binary(&chunk)).is_ok() {
        accepted += 1;
    }
    assert_eq!(accepted, WEBSOCKET_OUTBOX_BYTES / 102);
    assert_eq!(socket.send(Message::Binary(&chunk)), Err(SendError::Full));
    assert_eq!(socket.send(Message::Binary(&[0; WEBSOCKET_OUTBOX_BYTES])), Err(SendError::TooLong));
    assert_eq!(socket.send_ping(&[0; 126]), Err(SendError::TooLong));
    for number in 0..50_u8 {
        assert_eq!(receive(&mut socket, &frame(0x89, &[number; 125])), []);
    }
    assert_eq!(receive(&mut socket, &[0x03]), [Seen::Violation(Violation::ReservedOpcode)]);
    let sent = sent(&mut socket);
    assert!(sent.ends_with(b"\x03\xeaan opcode is reserved"), "a close always fits");
    let mut socket = Socket::new(NOW);
    for number in 0..50_u8 {
        let _ = receive(&mut socket, &frame(0x89, &[number]));
    }
    assert_eq!(self::sent(&mut socket), [0x8a, 1, 49], "only the last ping is answered");
}

/// RFC 6455 section 5.5.2: a ping that came in the middle of a message is answered before the message is.
#[test]
fn a_pong_goes_before_the_message_that_is_sent_after_it() {
    let mut socket = Socket::new(NOW);
    let pieces = [frame(0x01, b"Hel"), frame(0x89, b"?"), frame(0x80, b"lo")].concat();
    assert_eq!(receive(&mut socket, &pieces), [Seen::Text("Hello".into())]);
    socket.send(Message::Text("Hello")).unwrap();
    assert_eq!(sent(&mut socket), *b"\x8a\x01?\x81\x05Hello");
    // Where there is no room for it, the message waits as well.
    let mut socket = Socket::new(NOW);
    while socket.send(Message::Binary(&[0; 60])).is_ok() {}
    let _ = receive(&mut socket, &frame(0x89, &[7; 100]));
    assert_eq!(socket.send(Message::Text("")), Err(SendError::Full));
    let mut out = [0; 62];
    while socket.poll_send(&mut out) == 62 {}
    socket.send(Message::Text("")).unwrap();
}

#[test]
fn messages_in_parts() {
    let mut socket = Socket::new(NOW);
    socket.send_part(Message::Text("a"), false).unwrap();
    assert_eq!(socket.send(Message::Text("x")), Err(SendError::Unfinished));
    assert_eq!(socket.send_part(Message::Binary(b"x"), true), Err(SendError::Unfinished));
    socket.send_ping(b"?").unwrap();
    socket.send_part(Message::Text("b"), false).unwrap();
    socket.send_part(Message::Text("c"), true).unwrap();
    socket.send(Message::Binary(&[0; 126])).unwrap();
    let sent = sent_in(&mut socket, 3);
    assert!(sent.starts_with(b"\x01\x01a\x89\x01?\x00\x01b\x80\x01c\x82\x7e\x00\x7e"), "{sent:x?}");
}
