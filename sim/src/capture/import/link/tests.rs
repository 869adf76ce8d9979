//! Each link type's header, made by hand, and what is found below it.

use super::*;

const SENDER: Mac = [2, 0, 0, 0, 0, 1];
const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];

fn packet(of: Below<'_>) -> (Option<Mac>, u16, Vec<u8>) {
    match of {
        Below::Packet { from, kind, bytes } => (from, kind.0, bytes.to_vec()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_link_types_header_is_taken_off() {
    let expected = (Some(SENDER), 0x0800, b"ip".to_vec());
    let ethernet = [&[9; 6][..], &SENDER, &[8, 0], b"ip"].concat();
    assert_eq!(packet(below(Linktype(1), &ethernet)), expected);
    let cooked = [&[0, 0, 0, 1, 0, 6][..], &SENDER, &[0, 0, 8, 0], b"ip"].concat();
    assert_eq!(packet(below(Linktype(113), &cooked)), expected);
    let cooked = [&[8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6][..], &SENDER, &[0, 0], b"ip"].concat();
    assert_eq!(packet(below(Linktype(276), &cooked)), expected);
    assert_eq!(below(Linktype(101), b"ip"), Below::Ip(b"ip"));
    assert_eq!(below(Linktype(0), b"\x02\0\0\0ip"), Below::Ip(b"ip"));
    assert_eq!(below(Linktype(9), b"\xff\x03\0\x21ip"), Below::Ip(b"ip"));
    assert_eq!(below(Linktype(9), b"\x57ip"), Below::Ip(b"ip"));
    assert_eq!(below(Linktype(9), b"\xc0\x21lcp"), Below::Nothing);
    assert_eq!(packet(below(Linktype(104), b"\x0f\0\x08\0ip")), (None, 0x0800, b"ip".to_vec()));
    assert_eq!(packet(below(Linktype(50), b"\x8f\0\x08\0ip")), (None, 0x0800, b"ip".to_vec()));
    assert_eq!(below(Linktype(147), b"?"), Below::Unknown);
}

#[test]
fn a_frame_of_802_11_goes_four_ways() {
    let body = [&SNAP[..], &[8, 0], b"ip"].concat();
    let expected = (Some(SENDER), 0x0800, b"ip".to_vec());
    let other = [9; 6];
    let frame = |control: u8, flags: u8, addresses: &[&[u8]], rest: &[u8]| {
        let radio = [0, 0, 9, 0, 0, 0, 0, 0, 7];
        let mut frame = [&radio[..], &[control, flags, 0, 0]].concat();
        for (index, address) in addresses.iter().enumerate() {
            if index == 3 {
                frame.extend([0, 0]);
            }
            frame.extend(*address);
        }
        if addresses.len() == 3 {
            frame.extend([0, 0]);
        }
        [frame, rest.to_vec()].concat()
    };
    let plain = frame(0x08, 1, &[&other, &SENDER, &other], &body);
    assert_eq!(packet(below(RADIOTAP, &plain)), expected);
    let down = frame(0x08, 2, &[&other, &other, &SENDER], &body);
    assert_eq!(packet(below(RADIOTAP, &down)), expected);
    let relayed = frame(0x08, 3, &[&other, &other, &other, &SENDER], &body);
    assert_eq!(packet(below(RADIOTAP, &relayed)), expected);
    let of_quality = frame(0x88, 1, &[&other, &SENDER, &other], &[&[0, 0][..], &body].concat());
    assert_eq!(packet(below(RADIOTAP, &of_quality)), expected);
    let encrypted = frame(0x08, 0x41, &[&other, &SENDER, &other], &body);
    assert_eq!(below(RADIOTAP, &encrypted), Below::Encrypted);
    let several = frame(0x88, 1, &[&other, &SENDER, &other], &[&[0x80, 0][..], &body].concat());
    assert_eq!(below(RADIOTAP, &several), Below::Aggregated(&body));
    assert_eq!(below(RADIOTAP, &frame(0x80, 0, &[&other, &other, &other], b"")), Below::Nothing);
}

#[test]
fn what_is_too_short_is_nothing() {
    for link in [0, 1, 9, 50, 104, 105, 113, 119, 127, 163, 192, 239, 258, 276] {
        for length in 0..8 {
            assert_eq!(below(Linktype(link), &[0; 8][..length.min(3)]), Below::Nothing, "{link} {length}");
        }
    }
}

#[test]
fn the_length_of_the_frame_check_sequence_is_no_part_of_the_type() {
    let ethernet = [&[9; 6][..], &SENDER, &[8, 0], b"ip", &[1, 2, 3, 4]].concat();
    for link in [0x1000_0001_u32, 0x3000_0001, 0x1400_0001] {
        let (from, kind, bytes) = packet(below(Linktype(link.cast_signed()), &ethernet));
        assert_eq!((from, kind, &bytes[..2]), (Some(SENDER), 0x0800, &b"ip"[..]), "{link:x}");
    }
}

/// A data frame of 802.11 with its quality of service, whose header is 26 bytes long.
fn of_quality(padding: &[u8]) -> Vec<u8> {
    [
        &[0x88, 1, 0, 0][..],
        &[9; 6],
        &SENDER,
        &[9; 6],
        &[0, 0, 0, 0],
        padding,
        &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0],
        b"ip",
    ]
    .concat()
}

#[test]
fn every_header_of_a_radio_is_taken_off() {
    let (plain, padded) = (of_quality(&[]), of_quality(&[0, 0]));
    let little = |number: u32| number.to_le_bytes();
    let headers = [
        // Radiotap: flags alone; behind a second word of fields; behind that and the time, which is aligned.
        (127, [&[0, 0, 9, 0][..], &little(2), &[0x20]].concat(), &padded),
        (127, [&[0, 0, 13, 0][..], &little(1 << 31 | 2), &little(0), &[0x20]].concat(), &padded),
        (
            127,
            [&[0, 0, 25, 0][..], &little(1 << 31 | 3), &little(0), &[0; 4], &[0x20; 8], &[0x20]].concat(),
            &padded,
        ),
        (127, [&[0, 0, 17, 0][..], &little(3), &[0x20; 8], &[0x10]].concat(), &plain),
        (119, vec![0x44; 144], &plain),
        (119, [&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64][..], &[7; 56]].concat(), &plain),
        (163, [&[0x80, 0x21, 0x10, 2, 0, 0, 0, 64][..], &[7; 56]].concat(), &plain),
        (192, [&[0, 0, 8, 0][..], &little(105)].concat(), &plain),
        (192, [&[0, 0, 12, 0][..], &little(105), &[7; 4]].concat(), &plain),
    ];
    for (number, (link, header, frame)) in headers.iter().enumerate() {
        let bytes = [&header[..], frame].concat();
        assert_eq!(
            packet(below(Linktype(*link), &bytes)),
            (Some(SENDER), 0x0800, b"ip".to_vec()),
            "{number}"
        );
    }
    // Nothing is within itself.
    let within = [&[0, 0, 8, 0][..], &little(192), &[0, 0, 8, 0], &little(105), &plain].concat();
    assert_eq!(below(PPI, &within), Below::Unknown);
}

#[test]
fn an_aggregated_frame_has_several_packets() {
    let subframe = |carried: &[u8]| {
        let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
        let length = u16::try_from(snap.len() + carried.len()).unwrap().to_be_bytes();
        [&[9; 6][..], &SENDER, &length, &snap, carried].concat()
    };
    let body = [&subframe(b"one")[..], &[0; 3], &subframe(b"three"), &[0], &subframe(b"cut")[..24]].concat();
    let found: Vec<_> = subframes(&body).map(packet).collect();
    assert_eq!(found, [&b"one"[..], b"three", b"cu"].map(|bytes| (Some(SENDER), 0x0800, bytes.to_vec())));
    assert_eq!(subframes(&[0; 1000]).filter(|below| *below != Below::Nothing).count(), 0);
}

#[test]
fn apples_header_says_what_follows_it() {
    let header = |kind: u32, link: u32| {
        let mut header = [108_u32, kind, link].map(u32::to_le_bytes).concat();
        header.resize(108, b'e');
        header
    };
    let ethernet = [&[9; 6][..], &SENDER, &[8, 0], b"ip"].concat();
    for link in [PKTAP, USER_2] {
        let bytes = [header(1, 1), ethernet.clone()].concat();
        assert_eq!(packet(below(link, &bytes)), (Some(SENDER), 0x0800, b"ip".to_vec()));
    }
    assert_eq!(below(PKTAP, &[&header(1, 12)[..], b"ip"].concat()), Below::Ip(b"ip"));
    assert_eq!(below(PKTAP, &[header(0, 1), ethernet.clone()].concat()), Below::Nothing);
    // Anybody may use that number for anything.
    assert_eq!(below(USER_2, &ethernet), Below::Unknown);
}

#[test]
fn a_firewalls_log_has_attributes_in_either_byte_order() {
    for little in [true, false] {
        let attribute = |kind: u16, value: &[u8]| {
            let number = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
            let length = 4 + u16::try_from(value.len()).unwrap();
            let mut attribute = [&number(length)[..], &number(kind), value].concat();
            attribute.resize(attribute.len().next_multiple_of(4), 0);
            attribute
        };
        let address = [&[0, 6, 0, 0][..], &SENDER, &[0, 0]].concat();
        let log = [
            &[2, 0, 0, 5][..],
            &attribute(1, &[8, 0, 1, 0]),
            &attribute(10, b"prefix\0"),
            &attribute(8, &address),
        ];
        let log = [log.concat(), attribute(9, b"ip")].concat();
        // The payload ends where it says, not with its padding.
        assert_eq!(packet(below(NETFILTER_LOG, &log)), (Some(SENDER), 0x0800, b"ip".to_vec()), "{little}");
        let without = [&[10, 0, 0, 5][..], &attribute(9, b"ip")].concat();
        assert_eq!(packet(below(NETFILTER_LOG, &without)), (None, 0x86dd, b"ip".to_vec()));
    }
}

#[test]
fn bare_ip_that_is_marked_as_ethernet_is_known_by_its_header() {
    let mut ip = Vec::new();
    etherparse::PacketBuilder::ipv4([8, 0, 0, 1], [8, 0, 0, 2], 64).udp(1, 53).write(&mut ip, b"x").unwrap();
    assert_eq!(below(Linktype::ETHERNET, &ip), Below::Ip(&ip));
    let mut ip = Vec::new();
    etherparse::PacketBuilder::ipv6([0xfd; 16], [0xfe; 16], 64).udp(1, 53).write(&mut ip, b"x").unwrap();
    assert_eq!(below(Linktype::ETHERNET, &ip), Below::Ip(&ip));
    // Of the address 60:…, and a frame that only begins like IP.
    let ethernet = [&[0x60; 6][..], &SENDER, &[8, 0], &[0; 40]].concat();
    assert_eq!(packet(below(Linktype::ETHERNET, &ethernet)).1, 0x0800);
    let ethernet = [&[0x45; 6][..], &SENDER, &[8, 0], &[0; 40]].concat();
    assert_eq!(packet(below(Linktype::ETHERNET, &ethernet)).1, 0x0800);
}
