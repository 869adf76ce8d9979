//! Bytes: what is taken, what is met with silence, what an answer holds.

use super::*;

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// A message of an iPhone (2020) as nDPI's test data recorded it, 300 bytes. Its chaddr address
/// and its name are replaced or gone; between the two parts, and at the end, it is zeros.
fn recorded(head: &str, options: &str) -> Vec<u8> {
    let mut message = unhex(head);
    message.resize(236, 0);
    message.extend(unhex(options));
    message.resize(300, 0);
    message
}

#[test]
fn a_real_iphone_gets_its_address() {
    let discover = recorded(
        "01010600b796bad1000000000000000000000000000000000000000002000000000100000000000000000000",
        "638253633501013707017903060f77fc390205dc3d070102000000000133040076a700ff",
    );
    let request = recorded(
        "01010600b796bad1000100000000000000000000000000000000000002000000000100000000000000000000",
        "638253633501033707017903060f77fc390205dc3d07010200000000013204c0a802113604c0a80201ff",
    );
    // The network on which it was recorded.
    let (router, given) = (Ipv4Addr::new(192, 168, 2, 1), Ipv4Addr::new(192, 168, 2, 17));
    let mut bench = Bench::new();
    bench.settings = Settings { first: given, last: given, ..Settings::new(router, LEASE) };
    for (message, message_type) in [(discover, MessageType::Offer), (request, MessageType::Ack)] {
        let (answer, bytes) = bench.ask_bytes(&message, DHCP_REPLY_BYTES).unwrap();
        assert_eq!(answer.to, Destination::NewClient(given, MacAddress([2, 0, 0, 0, 0, 1])));
        let reply = Message::decode(&mut Decoder::new(&bytes)).unwrap();
        assert_eq!(reply.opts().msg_type(), Some(message_type));
        assert_eq!((reply.xid(), reply.yiaddr()), (0xb796_bad1, given));
        let option = |code| reply.opts().get(code).cloned();
        assert_eq!(option(OptionCode::Router), Some(DhcpOption::Router(std::vec![router])));
        assert_eq!(option(OptionCode::AddressLeaseTime), Some(DhcpOption::AddressLeaseTime(600)));
        let name = std::vec![1, 2, 0, 0, 0, 0, 1];
        assert_eq!(option(OptionCode::ClientIdentifier), Some(DhcpOption::ClientIdentifier(name)));
    }
    assert_eq!(bench.holders(), 1);
}

/// Which options an answer has, in their order.
fn codes(bytes: &[u8]) -> Vec<u8> {
    let mut codes = Vec::new();
    let mut rest = &bytes[240..];
    while let [code, length, after @ ..] = rest
        && *code != 255
    {
        codes.push(*code);
        rest = &after[usize::from(*length)..];
    }
    assert_eq!(rest.first(), Some(&255), "the end is marked");
    assert!(rest[1..].iter().all(|byte| *byte == 0));
    codes
}

const PORTAL: &str = "https://portal.example.com/api";

fn with_portal() -> Bench {
    let mut bench = Bench::new();
    bench.settings.captive_portal = Some(CaptivePortalUrl::new(PORTAL).unwrap());
    bench
}

#[test]
fn what_is_asked_for_is_given_in_the_order_of_asking() {
    let mut bench = with_portal();
    for (asked, given) in [
        (None, &[53, 54, 51, 1, 3, 6, 58, 59][..]),
        (Some(&[][..]), &[53, 54, 51, 1]),
        (Some(&[6, 3, 1]), &[53, 54, 51, 1, 6, 3]),
        (Some(&[59, 121, 6, 6, 59, 15]), &[53, 54, 51, 1, 59, 6]),
        (Some(&[114, 3, 114]), &[53, 54, 51, 1, 3, 114]),
    ] {
        for ask in [ClientMessage::new(DISCOVER, 1), ClientMessage::new(REQUEST, 1).requested_ip(at(9))] {
            let mut bench = Bench { server: Server::new(), ..with_portal() };
            let ask = match asked {
                None => ask,
                Some(asked) => ask.with(55, asked),
            };
            let (_, bytes) = bench.ask_bytes(&ask.bytes(), DHCP_REPLY_BYTES).unwrap();
            assert_eq!(codes(&bytes), given, "{asked:?}");
        }
    }
    let split = ClientMessage::new(DISCOVER, 1).with(55, &[6]).with(55, &[3]);
    let (_, bytes) = bench.ask_bytes(&split.bytes(), DHCP_REPLY_BYTES).unwrap();
    assert_eq!(codes(&bytes), [53, 54, 51, 1, 6, 3], "a list in two pieces");
}

#[test]
fn each_option_says_what_the_settings_say() {
    let mut bench = with_portal();
    (bench.settings.prefix, bench.settings.lease) = (20, Duration::from_millis(7_201_999));
    let ask = ClientMessage::new(DISCOVER, 1).with(55, &[1, 3, 6, 58, 59, 114]).with(61, b"\0me");
    let reply = bench.ask(&ask).unwrap();
    for expected in [
        DhcpOption::SubnetMask(Ipv4Addr::new(255, 255, 240, 0)),
        DhcpOption::Router(std::vec![SERVER]),
        DhcpOption::DomainNameServer(std::vec![SERVER]),
        DhcpOption::AddressLeaseTime(7201),
        DhcpOption::Renewal(3600),
        DhcpOption::Rebinding(6300),
        DhcpOption::CaptivePortal(PORTAL.into()),
        DhcpOption::ClientIdentifier(b"\0me".to_vec()),
    ] {
        assert_eq!(reply.option((&expected).into()), Some(&expected));
    }
    // T1 < T2 < lease (RFC 2131 section 4.4.5), however short it is.
    for seconds in 0..20 {
        bench.settings.lease = Duration::from_secs(seconds);
        let reply = bench.ask(&ask).unwrap();
        let (
            Some(DhcpOption::Renewal(t1)),
            Some(DhcpOption::Rebinding(t2)),
            Some(DhcpOption::AddressLeaseTime(lease)),
        ) = (
            reply.option(OptionCode::Renewal),
            reply.option(OptionCode::Rebinding),
            reply.option(OptionCode::AddressLeaseTime),
        )
        else {
            panic!("a time is missing for {seconds} s");
        };
        assert!(0 < *t1 && t1 < t2 && t2 < lease, "{seconds}: {t1} {t2} {lease}");
    }
    for (lease, seconds) in [(Duration::ZERO, 3), (Duration::MAX, u32::MAX - 1)] {
        bench.settings.lease = lease;
        let reply = bench.ask(&ask).unwrap();
        assert_eq!(reply.option(OptionCode::AddressLeaseTime), Some(&DhcpOption::AddressLeaseTime(seconds)));
    }
}

#[test]
fn no_captive_portal_is_named_unless_one_is_set() {
    let mut bench = Bench::new();
    let reply = bench.ask(&ClientMessage::new(DISCOVER, 1).with(55, &[114])).unwrap();
    assert_eq!(reply.option(OptionCode::CaptivePortal), None);
}

#[test]
fn an_answer_is_no_longer_than_its_client_takes() {
    let mut bench = with_portal();
    let longest: &str = std::format!("https://{}", "x".repeat(247)).leak();
    bench.settings.captive_portal = Some(CaptivePortalUrl::new(longest).unwrap());
    let ask = ClientMessage::new(DISCOVER, 1).with(55, &[3, 6, 58, 59, 114]);
    let all = [53, 54, 51, 1, 3, 6, 58, 59, 114];
    let (_, bytes) = bench.ask_bytes(&ask.bytes(), 1472).unwrap();
    assert_eq!(codes(&bytes), all);
    assert_eq!(bytes.len(), 240 + 3 + 7 * 6 + 257 + 1);

    // With a long name of its own, the portal's address has no room in 576 bytes, but in 828.
    let ask = ask.with(61, &[7; 255]);
    let portal = all.len() - 1;
    for (size, fits) in [(0, false), (576, false), (827, false), (828, true), (1500, true), (65535, true)] {
        let sized = ask.clone().with(57, &u16::to_be_bytes(size));
        let (_, bytes) = bench.ask_bytes(&sized.bytes(), 1472).unwrap();
        assert!(bytes.len() + 28 <= usize::from(size.max(576)), "{size}");
        assert_eq!(codes(&bytes)[..portal], all[..portal]);
        assert_eq!(&codes(&bytes)[portal..], if fits { &[61, 114][..] } else { &[61] }, "{size}");
    }
}

#[test]
fn a_small_buffer_gets_nothing_and_changes_nothing() {
    let mut bench = Bench::new();
    for room in 0..300 {
        assert_eq!(bench.ask_bytes(&ClientMessage::new(DISCOVER, 1).bytes(), room), None);
    }
    assert_eq!(bench.holders(), 0);
    assert_eq!(bench.ask_bytes(&ClientMessage::new(DISCOVER, 1).bytes(), 300).unwrap().1.len(), 300);
}

#[test]
fn options_may_stand_in_the_fields_of_server_and_file() {
    let wish = [50, 4, 192, 168, 4, 77, 255];
    let server = [54, 4, 192, 168, 4, 1, 255];
    let bare = ClientMessage::new(REQUEST, 1);
    let in_file = ClientMessage { file: wish.to_vec(), ..bare.clone().with(52, &[1]) };
    let in_name = ClientMessage { sname: wish.to_vec(), ..bare.clone().with(52, &[2]) };
    let in_both =
        ClientMessage { file: wish.to_vec(), sname: server.to_vec(), ..bare.clone().with(52, &[3]) };
    for ask in [in_file, in_name, in_both] {
        assert_eq!(Bench::new().acked(&ask), Some(at(77)), "{ask:?}");
    }
    let not_said = ClientMessage { file: wish.to_vec(), sname: wish.to_vec(), ..bare.clone() };
    assert!(Bench::new().ask(&not_said).is_none(), "a file's name is no option");
    let nested = ClientMessage { file: std::vec![52, 1, 2], sname: wish.to_vec(), ..bare.with(52, &[1]) };
    assert!(Bench::new().ask(&nested).is_none(), "only the options say that the fields hold more");
}

#[test]
fn what_is_no_clients_message_is_met_with_silence() {
    let good = ClientMessage::new(DISCOVER, 1);
    assert!(Bench::new().ask(&good).is_some());
    for (start, what) in [
        ([2, 1, 6, 0], "a server's"),
        ([0, 1, 6, 0], "no operation"),
        ([1, 6, 6, 0], "not Ethernet"),
        ([1, 1, 5, 0], "a shorter address"),
        ([1, 1, 16, 0], "a longer address"),
    ] {
        assert!(Bench::new().ask(&ClientMessage { start, ..good.clone() }).is_none(), "{what}");
    }
    assert!(
        Bench::new().ask(&ClientMessage { cookie: [99, 130, 83, 98], ..good.clone() }).is_none(),
        "no cookie"
    );
    assert!(Bench::new().ask(&ClientMessage::bare(1)).is_none(), "BOOTP, without a message type");
    for message_type in [0, 2, 5, 6, 9, 10, 255] {
        assert!(Bench::new().ask(&ClientMessage::new(message_type, 1)).is_none(), "{message_type}");
    }
    let bytes = good.bytes();
    for length in 0..240 {
        assert!(Bench::new().ask_bytes(&bytes[..length], 548).is_none(), "{length}");
    }
}

#[test]
fn malformed_options_are_met_with_silence() {
    let good = ClientMessage::new(DISCOVER, 1);
    for (code, data) in [
        (50, &[192, 168, 4][..]),
        (50, &[]),
        (54, &[192, 168, 4, 1, 0]),
        (57, &[2]),
        (53, &[1]), // a second one
        (52, &[0]),
        (52, &[4]),
        (52, &[1, 1]),
    ] {
        assert!(Bench::new().ask(&good.clone().with(code, data)).is_none(), "{code} {data:?}");
    }
    for tail in [&[50][..], &[50, 4, 192], &[12, 255, b'x'], &[0, 0, 61]] {
        let bytes = [good.unended(), tail.to_vec()].concat();
        assert!(Bench::new().ask_bytes(&bytes, 548).is_none(), "{tail:?}");
    }
    for field in [std::vec![12; 128], [std::vec![0; 126], std::vec![12, 1]].concat()] {
        let ask = ClientMessage { file: field, ..good.clone().with(52, &[1]) };
        assert!(Bench::new().ask(&ask).is_none());
    }
}

#[test]
fn padding_unknown_options_and_a_missing_end_are_taken() {
    let bare = ClientMessage::bare(1);
    let padded = ClientMessage { options: [&[0, 0, 0][..], &[53, 1, 1], &[0]].concat(), ..bare };
    let odd = ClientMessage::new(DISCOVER, 1).with(12, b"a phone").with(200, &[]).with(254, &[1; 200]);
    for ask in [&padded, &odd] {
        assert!(Bench::new().ask(ask).is_some());
        assert!(Bench::new().ask_bytes(&ask.unended(), 548).is_some());
    }
    let trailing = [odd.bytes(), std::vec![50, 4, 1]].concat();
    assert!(Bench::new().ask_bytes(&trailing, 548).is_some(), "nothing counts behind the end");
}
