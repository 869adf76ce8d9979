//! Every rule by hand-made bytes, then whole families of queries read by an independent parser.

use std::string::String;
use std::vec::Vec;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, RecordType};
use proptest::prelude::*;

use super::*;

const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);
const EDNS: &[u8] = b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x00";

/// What is answered, or `None` for silence.
fn ask(query: &[u8]) -> Option<Vec<u8>> {
    let mut reply = [0xee; 600];
    let length = answer(query, ADDRESS, &mut reply)?;
    assert!(length <= DNS_REPLY_BYTES, "{length}");
    assert!(reply[length..].iter().all(|byte| *byte == 0xee), "wrote past what it returned");
    Some(reply[..length].to_vec())
}

/// What is answered, as an independent parser reads it.
fn ask_parsed(query: &[u8]) -> Message {
    Message::from_vec(&ask(query).expect("silence")).expect("malformed reply")
}

fn rcode(query: &[u8]) -> Option<u8> {
    ask(query).map(|reply| reply[3] & 0xf)
}

/// A query of these counts and this body.
fn packet(counts: [u16; 4], body: &[&[u8]]) -> Vec<u8> {
    let mut packet = b"\xab\xcd\x01\x00".to_vec();
    packet.extend(counts.iter().flat_map(|count| count.to_be_bytes()));
    packet.extend(body.concat());
    packet
}

/// A query of one question of class IN.
fn question(name: &[u8], kind: u16) -> Vec<u8> {
    packet([1, 0, 0, 0], &[name, &kind.to_be_bytes(), b"\x00\x01"])
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Labels of these lengths and the root.
fn name_of(labels: &[usize]) -> Vec<u8> {
    let mut name: Vec<u8> = labels
        .iter()
        .flat_map(|length| core::iter::once(*length as u8).chain(core::iter::repeat_n(b'x', *length)))
        .collect();
    name.push(0);
    name
}

fn assert_no_records(reply: &Message) {
    assert_eq!(reply.answers, []);
    let [soa] = &reply.authorities[..] else { panic!("{:?}", reply.authorities) };
    let RData::SOA(data) = &soa.data else { panic!("{soa:?}") };
    assert!(soa.name.is_root());
    assert_eq!((soa.ttl, data.minimum), (TIME_TO_LIVE, TIME_TO_LIVE));
}

#[test]
fn a_recorded_query_gets_the_devices_address() {
    let query = from_hex("99a5010000010000000000000373736c076773746174696303636f6d0000010001");
    let expected = from_hex(concat!(
        "99a5858000010001000000000373736c076773746174696303636f6d0000010001",
        "c00c000100010000000a0004c0a80401"
    ));
    assert_eq!(ask(&query), Some(expected));
}

#[test]
fn any_is_answered_as_a() {
    assert!(ask(&question(b"\x01x\x00", 255)).unwrap().ends_with(&ADDRESS.octets()));
}

#[test]
fn other_types_do_not_exist_and_that_can_be_cached() {
    for kind in [0, 2, 5, 6, 12, 16, 28, 33, 64, 65, 257, u16::MAX] {
        let reply = ask_parsed(&question(b"\x07captive\x05apple\x03com\x00", kind));
        assert_eq!(reply.metadata.response_code, ResponseCode::NoError, "{kind}");
        assert!(reply.metadata.authoritative);
        assert_no_records(&reply);
    }
}

#[test]
fn private_relay_does_not_exist() {
    for name in [&b"\x04mask\x06icloud\x03com\x00"[..], b"\x07mAsK-H2\x06ICLOUD\x03com\x00"] {
        for kind in [1, 28, 65, 255] {
            let reply = ask_parsed(&question(name, kind));
            assert_eq!(reply.metadata.response_code, ResponseCode::NXDomain);
            assert_no_records(&reply);
        }
    }
    let others: [&[u8]; 3] =
        [b"\x06icloud\x03com\x00", b"\x01x\x04mask\x06icloud\x03com\x00", b"\x0bmask.icloud\x03com\x00"];
    for name in others {
        assert!(ask(&question(name, 1)).unwrap().ends_with(&ADDRESS.octets()));
    }
}

#[test]
fn firefox_is_told_to_ask_the_networks_own_names() {
    for kind in [1, 28, 65, 255] {
        let reply = ask_parsed(&question(b"\x13Use-Application-DNS\x03net\x00", kind));
        assert_eq!(reply.metadata.response_code, ResponseCode::NXDomain);
        assert_no_records(&reply);
    }
}

#[test]
fn the_question_comes_back_letter_for_letter() {
    let query = question(b"\x03WwW\x07eXaMpLe\x00", 1);
    let reply = ask(&query).unwrap();
    assert_eq!(reply[..2], query[..2]);
    assert_eq!(reply[12..query.len()], query[12..]);
    assert_eq!(reply[query.len()..][..2], *b"\xc0\x0c", "the answer's owner points at the question");
}

#[test]
fn recursion_desired_comes_back_and_nothing_else_does() {
    let mut query = question(b"\x01x\x00", 1);
    for (sent, returned) in [([0x01, 0x00], [0x85, 0x80]), ([0x00, 0x00], [0x84, 0x80])] {
        query[2..4].copy_from_slice(&sent);
        assert_eq!(ask(&query).unwrap()[2..4], returned);
    }
    query[2..4].copy_from_slice(&[0x06, 0xff]); // AA, TC, RA, Z, AD, CD and an rcode, in a query
    assert_eq!(ask(&query).unwrap()[2..4], [0x84, 0x80]);
}

#[test]
fn responses_are_dropped_its_own_above_all() {
    let mut query = question(b"\x01x\x00", 1);
    for query in [query.clone(), question(b"\x01x\x00", 28), packet([0; 4], &[]), packet([9; 4], &[])] {
        assert_eq!(ask(&ask(&query).unwrap()), None);
    }
    query[2] |= 0x80;
    assert_eq!(ask(&query), None);
}

#[test]
fn other_opcodes_are_not_implemented() {
    let mut query = question(b"\x01x\x00", 1);
    for opcode in 1..16 {
        query[2] = opcode << 3 | 1;
        let reply = ask(&query).unwrap();
        // Without the bits of recursion, which belong to QUERY.
        assert_eq!(reply, [0xab, 0xcd, 0x80 | opcode << 3, 0x04, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}

#[test]
fn other_classes_are_refused() {
    let reply = ask_parsed(&packet([1, 0, 0, 0], &[b"\x07version\x04bind\x00\x00\x10\x00\x03"]));
    assert_eq!(reply.metadata.response_code, ResponseCode::Refused);
    assert!(!reply.metadata.authoritative);
    assert_eq!(reply.queries[0].query_class, DNSClass::CH);
    assert!(reply.answers.is_empty() && reply.authorities.is_empty());
}

#[test]
fn exactly_one_question() {
    let one = b"\x01x\x00\x00\x01\x00\x01";
    assert_eq!(rcode(&packet([1, 0, 0, 0], &[one])), Some(0));
    assert_eq!(rcode(&packet([0, 0, 0, 0], &[])), Some(1));
    assert_eq!(rcode(&packet([2, 0, 0, 0], &[one, one])), Some(1));
    assert_eq!(rcode(&packet([u16::MAX, 0, 0, 0], &[one])), Some(1));
}

#[test]
fn names_end_where_the_rfc_says() {
    assert_eq!(rcode(&question(&name_of(&[]), 1)), Some(0), "the root");
    assert_eq!(rcode(&question(&name_of(&[63, 63, 63, 61]), 1)), Some(0), "255 bytes");
    assert_eq!(rcode(&question(&name_of(&[63, 63, 63, 62]), 1)), Some(1), "256 bytes");
    assert_eq!(rcode(&question(&name_of(&[1; 127]), 1)), Some(0), "255 bytes");
    assert_eq!(rcode(&question(&name_of(&[1; 128]), 1)), Some(1), "257 bytes");
    assert_eq!(rcode(&question(&name_of(&[64]), 1)), Some(1), "a label of 64");
    assert_eq!(rcode(&question(&name_of(&[128]), 1)), Some(1), "a reserved label type");
    assert_eq!(rcode(&question(b"\xc0\x0c", 1)), Some(1), "a pointer to itself");
    assert_eq!(rcode(&question(b"\x01x\xc0\x0c", 1)), Some(1), "a pointer after a label");
}

#[test]
fn less_than_a_header_is_met_with_silence() {
    let query = question(b"\x01x\x00", 1);
    for length in 0..query.len() {
        let expected = (length >= 12).then_some(1);
        assert_eq!(rcode(&query[..length]), expected, "{length} bytes");
    }
}

#[test]
fn records_after_the_question_are_tolerated() {
    let one = b"\x01x\x00\x00\x01\x00\x01";
    let record = b"\x01y\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x00\x00\x02hi";
    assert_eq!(rcode(&packet([1, 1, 1, 1], &[one, record, record, record])), Some(0));
    assert_eq!(rcode(&packet([1, 0, 0, 0], &[one, b"bytes after the end"])), Some(0));
}

#[test]
fn malformed_records_are_not() {
    let one: &[u8] = b"\x01x\x00\x00\x01\x00\x01";
    let record = b"\x01y\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x00\x00\x02hi";
    for length in 0..record.len() {
        for section in 1..4 {
            let mut counts = [1, 0, 0, 0];
            counts[section] = 1;
            assert_eq!(rcode(&packet(counts, &[one, &record[..length]])), Some(1), "{length}");
        }
    }
    for name in [&b"\x80"[..], b"\x40", &name_of(&[63, 63, 63, 62])] {
        assert_eq!(rcode(&packet([1, 1, 0, 0], &[one, name, &record[4..]])), Some(1));
    }
}

#[test]
fn edns_is_answered_with_edns() {
    let one = b"\x01x\x00\x00\x01\x00\x01";
    let reply = ask_parsed(&packet([1, 0, 0, 1], &[one, EDNS]));
    let edns = reply.edns.as_ref().expect("no OPT record");
    assert_eq!((edns.version(), edns.rcode_high(), edns.max_payload()), (0, 0, 512));
    assert!(edns.flags().dnssec_ok, "the DO bit comes back");
    assert_eq!(reply.answers.len(), 1);
    assert!(ask_parsed(&packet([1, 0, 0, 0], &[one])).edns.is_none());
    let with_option = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x0c\x00\x0a\x00\x08cookie!!";
    let reply = ask_parsed(&packet([1, 0, 0, 1], &[one, with_option]));
    assert!(reply.edns.is_some_and(|edns| !edns.flags().dnssec_ok && edns.options().as_ref().is_empty()));
}

/// RFC 6891 section 6.1.1.
#[test]
fn every_error_has_an_opt_record_if_the_query_had_one() {
    let one: &[u8] = b"\x01x\x00\x00\x01\x00\x01";
    let record: &[u8] = b"\x01y\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x00\x00\x02hi";
    let chaos: &[u8] = b"\x01x\x00\x00\x10\x00\x03";
    let mut notify = packet([1, 0, 0, 1], &[one, EDNS]);
    notify[2] = 4 << 3;
    let mut update = packet([1, 1, 1, 2], &[one, record, record, record, EDNS]);
    update[2] = 5 << 3;
    for (query, code) in [
        (notify, 4),
        (update, 4),
        (packet([1, 0, 0, 1], &[chaos, EDNS]), 5),
        (packet([0, 0, 0, 1], &[EDNS]), 1),
        (packet([2, 0, 0, 1], &[one, one, EDNS]), 1),
        (packet([1, 0, 0, 2], &[one, EDNS, EDNS]), 1),
        (packet([1, 1, 0, 0], &[one, EDNS]), 1),
    ] {
        let reply = ask_parsed(&query);
        assert_eq!(u16::from(reply.metadata.response_code), code, "{query:02x?}");
        let edns = reply.edns.unwrap_or_else(|| panic!("no OPT record: {query:02x?}"));
        assert!((edns.version(), edns.rcode_high(), edns.flags().dnssec_ok) == (0, 0, true));
    }
    for query in
        [packet([1, 0, 0, 1], &[one, &EDNS[..8]]), packet([0; 4], &[]), packet([2, 0, 0, 0], &[one, one])]
    {
        assert!(ask_parsed(&query).edns.is_none(), "{query:02x?}");
    }
}

#[test]
fn an_unknown_edns_version_is_bad() {
    let one = b"\x01x\x00\x00\x01\x00\x01";
    for version in [1, 7, 255] {
        let mut opt = EDNS.to_vec();
        opt[6] = version;
        let reply = ask_parsed(&packet([1, 0, 0, 1], &[one, &opt]));
        assert_eq!(u16::from(reply.metadata.response_code), 16, "BADVERS, a number it shares with BADSIG");
        assert_eq!(reply.edns.map(|edns| edns.version()), Some(0), "says which version is known");
        assert!(reply.answers.is_empty() && reply.authorities.is_empty());
    }
}

#[test]
fn a_malformed_opt_record_is_malformed() {
    let one: &[u8] = b"\x01x\x00\x00\x01\x00\x01";
    assert_eq!(rcode(&packet([1, 0, 0, 2], &[one, EDNS, EDNS])), Some(1), "two");
    assert_eq!(rcode(&packet([1, 1, 0, 0], &[one, EDNS])), Some(1), "among the answers");
    assert_eq!(rcode(&packet([1, 0, 0, 1], &[one, b"\x01x", EDNS])), Some(1), "not at the root");
    let option = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x05\x00\x0a\x00\x08c";
    assert_eq!(rcode(&packet([1, 0, 0, 1], &[one, option])), Some(1), "an option past its end");
}

#[test]
fn a_reply_that_does_not_fit_is_not_sent() {
    let queries =
        [question(&name_of(&[63, 63, 63, 61]), 1), question(b"\x01x\x00", 28), question(b"\x40", 1)];
    for query in queries {
        let whole = ask(&query).unwrap();
        for room in 0..whole.len() {
            assert_eq!(answer(&query, ADDRESS, &mut std::vec![0; room]), None, "{room}");
        }
        assert_eq!(answer(&query, ADDRESS, &mut std::vec![0; whole.len()]), Some(whole.len()));
    }
}

/// Names as they may stand on the wire: any bytes, up to 255 of them.
fn any_name() -> impl Strategy<Value = Name> {
    proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..=63), 0..8).prop_filter_map(
        "over 255 bytes",
        |labels| {
            let bytes = 1 + labels.iter().map(|label| 1 + label.len()).sum::<usize>();
            (bytes <= NAME_BYTES).then(|| {
                labels.iter().fold(Name::root(), |name, label| name.append_label(&label[..]).unwrap())
            })
        },
    )
}

fn any_edns() -> impl Strategy<Value = Option<Edns>> {
    proptest::option::of((any::<u16>(), any::<bool>()).prop_map(|(size, dnssec)| {
        let mut edns = Edns::new();
        edns.set_max_payload(size).set_dnssec_ok(dnssec);
        edns
    }))
}

prop_compose! {
    fn any_query()(
        id: u16,
        desired: bool,
        name in any_name(),
        kind in prop_oneof![Just(1), Just(28), Just(65), Just(255), any::<u16>()],
        edns in any_edns(),
    ) -> Message {
        let mut message = Message::new(id, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = desired;
        message.add_query(Query::query(name, RecordType::from(kind)));
        message.edns = edns;
        message
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..700), room in 0..600_usize) {
        let mut reply = std::vec![0; room];
        if let Some(length) = answer(&bytes, ADDRESS, &mut reply) {
            prop_assert!(length <= room.min(DNS_REPLY_BYTES));
            prop_assert!(Message::from_vec(&reply[..length]).is_ok());
            prop_assert_eq!(ask(&reply[..length]), None);
        }
    }

    #[test]
    fn any_bytes_behind_a_good_header_are_survived(
        counts: [u8; 4], body in proptest::collection::vec(any::<u8>(), 0..300)
    ) {
        let query = packet(counts.map(|count| (count % 3).into()), &[&body]);
        let reply = ask(&query).expect("there is an ID to answer");
        prop_assert!(Message::from_vec(&reply).is_ok());
    }

    #[test]
    fn any_well_formed_query_is_answered(query in any_query()) {
        let reply = ask_parsed(&query.to_vec().unwrap());
        let (asked, told) = (&query.metadata, &reply.metadata);
        prop_assert_eq!(told.id, asked.id);
        prop_assert_eq!(told.message_type, MessageType::Response);
        prop_assert_eq!(told.response_code, ResponseCode::NoError);
        prop_assert_eq!(told.recursion_desired, asked.recursion_desired);
        prop_assert!(told.authoritative && told.recursion_available && !told.truncation);
        prop_assert_eq!(&reply.queries, &query.queries);
        prop_assert!(reply.queries[0].name.eq_case(&query.queries[0].name));
        prop_assert_eq!(reply.edns.is_some(), query.edns.is_some());
        if matches!(query.queries[0].query_type, RecordType::A | RecordType::ANY) {
            prop_assert_eq!(reply.answers.len(), 1);
            let record = &reply.answers[0];
            prop_assert!(record.name.eq_case(&query.queries[0].name));
            prop_assert_eq!(&record.data, &RData::A(ADDRESS.into()));
            prop_assert_eq!(record.ttl, TIME_TO_LIVE);
            prop_assert!(reply.authorities.is_empty());
        } else {
            assert_no_records(&reply);
        }
    }

    #[test]
    fn a_query_cut_short_is_malformed_or_met_with_silence(query in any_query()) {
        let bytes = query.to_vec().unwrap();
        for length in 0..bytes.len() {
            prop_assert_eq!(rcode(&bytes[..length]), (length >= HEADER_BYTES).then_some(1));
        }
    }

    #[test]
    fn private_relay_in_any_case_of_letters(upper: [bool; 18], h2: bool) {
        let name = if h2 { "mask-h2.icloud.com." } else { "mask.icloud.com." };
        let mixed: String = name
            .chars()
            .zip(upper.into_iter().cycle())
            .map(|(letter, upper)| if upper { letter.to_ascii_uppercase() } else { letter })
            .collect();
        let mut query = Message::query();
        query.add_query(Query::query(Name::from_ascii(&mixed).unwrap(), RecordType::A));
        let reply = ask_parsed(&query.to_vec().unwrap());
        prop_assert_eq!(reply.metadata.response_code, ResponseCode::NXDomain);
        prop_assert!(reply.queries[0].name.eq_case(&query.queries[0].name));
    }
}
