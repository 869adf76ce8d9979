//! Every rule in time, messages made and read by an independent parser (`hickory-proto`), and two
//! devices on one network that want the same name.

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;
use std::string::{String, ToString};
use std::vec::Vec;

use hickory_proto::op::{Message as Theirs, MessageType, OpCode, Query};
use hickory_proto::rr::rdata::{A, PTR, SRV, TXT};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use proptest::prelude::*;

use super::*;
use crate::entropy::Entropy;
use crate::limits::{MDNS_MESSAGE_BYTES, MDNS_UNICASTS};
use crate::time::Instant;

const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 7);
const OTHER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);
const PHONE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 20), MDNS_PORT);
const HOST: &str = "lamp.local.";
const INSTANCE: &str = "lamp._http._tcp.local.";
const SERVICE: &str = "_http._tcp.local.";
const FLUSH: u16 = 0x8001;

/// Bytes that are all alike: pauses are the shortest.
struct Dice;

impl Entropy for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn at(millis: u64) -> Instant {
    Instant::from_micros(millis * 1000)
}

fn responder() -> Responder {
    let service = Service::new(80, &["path=/", "v=1"]).unwrap();
    let mut responder = Responder::new(HostName::new("lamp").unwrap(), service);
    responder.handle_link(ADDRESS, 24, &mut Dice, at(0));
    responder
}

/// What is sent at this moment, parsed.
fn sent(responder: &mut Responder, now: Instant) -> Vec<(SocketAddrV4, Theirs)> {
    let mut out = [0; MDNS_MESSAGE_BYTES];
    core::iter::from_fn(|| {
        let Transmit { to, length } = responder.poll_send(&mut out, now)?;
        Some((to, Theirs::from_vec(&out[..length]).expect("malformed")))
    })
    .collect()
}

/// Sends what is due until this moment; returns when and what.
fn run(responder: &mut Responder, until: Instant) -> Vec<(Instant, Theirs)> {
    let mut all = Vec::new();
    while let Some(now) = responder.poll_timeout().filter(|due| *due <= until) {
        all.extend(sent(responder, now).into_iter().map(|(_, message)| (now, message)));
    }
    all
}

/// A responder that has its name, three seconds after its start.
fn established() -> Responder {
    let mut responder = responder();
    run(&mut responder, at(3000));
    assert!(responder.is_established() && responder.poll_timeout().is_none());
    responder
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn record(owner: &str, ttl: u32, class: u16, data: RData) -> Record {
    let mut record = Record::from_rdata(name(owner), ttl, data);
    record.dns_class = DNSClass::from(class);
    record
}

fn address(ttl: u32, address: Ipv4Addr) -> Record {
    record(HOST, ttl, FLUSH, RData::A(A(address)))
}

fn pointer(ttl: u32) -> Record {
    record(SERVICE, ttl, 1, RData::PTR(PTR(name(INSTANCE))))
}

/// A query for these names and types, of this class.
fn query(questions: &[(&str, RecordType)], class: u16) -> Theirs {
    let mut message = Theirs::new(0, MessageType::Query, OpCode::Query);
    for (owner, kind) in questions {
        let mut query = Query::query(name(owner), *kind);
        query.set_query_class(DNSClass::from(class));
        message.add_query(query);
    }
    message
}

fn response(records: Vec<Record>) -> Theirs {
    let mut message = Theirs::new(0, MessageType::Response, OpCode::Query);
    message.metadata.authoritative = true;
    message.answers = records;
    message
}

fn receive(responder: &mut Responder, message: &Theirs, from: SocketAddrV4, now: Instant) {
    responder.handle_datagram(&message.to_vec().unwrap(), from, &mut Dice, now);
}

/// Each record's name and type, in order.
fn keys(records: &[Record]) -> Vec<(String, u16)> {
    records.iter().map(|record| (record.name.to_string(), record.record_type().into())).collect()
}

/// The types of the answers to a query that everybody gets, and of what goes along.
fn answered(owner: &str, kind: RecordType) -> (Vec<u16>, Vec<u16>) {
    let mut responder = established();
    receive(&mut responder, &query(&[(owner, kind)], 1), PHONE, at(9000));
    let sent = run(&mut responder, at(9999));
    assert!(sent.len() <= 1);
    let kinds = |records: &[Record]| keys(records).into_iter().map(|(_, kind)| kind).collect();
    sent.first().map_or_else(Default::default, |(_, message)| {
        assert_eq!(message.metadata.message_type, MessageType::Response);
        assert!(message.metadata.authoritative && message.queries.is_empty() && message.metadata.id == 0);
        (kinds(&message.answers), kinds(&message.additionals))
    })
}

#[test]
fn three_probes_and_two_announcements() {
    let sent = run(&mut responder(), at(60_000));
    let times: Vec<u64> = sent.iter().map(|(time, _)| time.as_micros() / 1000).collect();
    assert_eq!(times, [0, 250, 500, 750, 1750]);
    for (_, probe) in &sent[..3] {
        assert_eq!(probe.metadata.message_type, MessageType::Query);
        assert!(probe.queries.iter().all(|query| u16::from(query.query_class) == FLUSH), "unicast wanted");
        assert!(probe.queries.iter().all(|query| query.query_type == RecordType::ANY));
        assert_eq!(probe.queries[0].name, name(HOST));
        assert_eq!(probe.queries[1].name, name(INSTANCE));
        assert!(probe.authorities.iter().all(|record| record.dns_class == DNSClass::IN), "no flush bit yet");
        assert_eq!(keys(&probe.authorities).len(), 3);
    }
    for (_, announcement) in &sent[3..] {
        assert_eq!(announcement.metadata.message_type, MessageType::Response);
        let classes: Vec<u16> =
            announcement.answers.iter().map(|record| u16::from(record.dns_class)).collect();
        assert_eq!(classes, [1, 1, FLUSH, FLUSH, FLUSH], "only what is the device's alone replaces");
        let ttls: Vec<u32> = announcement.answers.iter().map(|record| record.ttl).collect();
        assert_eq!(ttls, [4500, 4500, 120, 4500, 120]);
        let data: Vec<&RData> = announcement.answers.iter().map(|record| &record.data).collect();
        assert_eq!(data[0], &RData::PTR(PTR(name(INSTANCE))));
        assert_eq!(data[1], &RData::PTR(PTR(name(SERVICE))));
        assert_eq!(data[2], &RData::SRV(SRV::new(0, 0, 80, name(HOST))));
        assert_eq!(data[3], &RData::TXT(TXT::new(std::vec!["path=/".to_string(), "v=1".to_string()])));
        assert_eq!(data[4], &RData::A(A(ADDRESS)));
    }
}

#[test]
fn questions_and_their_answers() {
    let nothing = (Vec::new(), Vec::new());
    assert_eq!(answered("LAMP.Local.", RecordType::A), (std::vec![1], Vec::new()));
    assert_eq!(answered(HOST, RecordType::ANY), (std::vec![1], Vec::new()));
    assert_eq!(answered(INSTANCE, RecordType::SRV), (std::vec![33], std::vec![1]));
    assert_eq!(answered(INSTANCE, RecordType::TXT), (std::vec![16], Vec::new()));
    assert_eq!(answered(INSTANCE, RecordType::ANY), (std::vec![33, 16], std::vec![1]));
    assert_eq!(answered(SERVICE, RecordType::PTR), (std::vec![12], std::vec![33, 16, 1]));
    assert_eq!(answered("_services._dns-sd._udp.local.", RecordType::PTR), (std::vec![12], Vec::new()));
    for (owner, kind) in
        [("lamp2.local.", RecordType::A), ("lamp.", RecordType::A), ("a.lamp.local.", RecordType::A)]
    {
        assert_eq!(answered(owner, kind), nothing, "{owner}");
    }
    assert_eq!(answered(SERVICE, RecordType::A), nothing, "a shared name denies nothing");
}

#[test]
fn what_does_not_exist_is_said_not_to() {
    for (owner, kind, bits) in
        [(HOST, RecordType::AAAA, &[0, 1, 0x40][..]), (INSTANCE, RecordType::A, &[0, 5, 0, 0, 0x80, 0, 0x40])]
    {
        let mut responder = established();
        receive(&mut responder, &query(&[(owner, kind)], 1), PHONE, at(9000));
        let mut out = [0; MDNS_MESSAGE_BYTES];
        let length = responder.poll_send(&mut out, at(9000)).unwrap().length;
        let parsed = Theirs::from_vec(&out[..length]).unwrap();
        assert_eq!(keys(&parsed.answers), [(owner.to_string(), 47)]);
        assert_eq!(parsed.answers[0].dns_class, DNSClass::from(FLUSH));
        let wire: Vec<u8> =
            owner.split('.').flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat()).collect();
        assert!(out[..length].ends_with(&[&wire[..], bits].concat()), "the next name is the name itself");
    }
}

#[test]
fn shared_answers_pause_and_unique_ones_do_not() {
    for (owner, kind, delay) in [(HOST, RecordType::A, 0), (SERVICE, RecordType::PTR, 20)] {
        let mut responder = established();
        receive(&mut responder, &query(&[(owner, kind)], 1), PHONE, at(9000));
        assert_eq!(responder.poll_timeout(), Some(at(9000 + delay)));
    }
}

#[test]
fn known_answers_are_not_repeated() {
    for (ttl, known) in [(4500, true), (2250, true), (2249, false), (0, false)] {
        let mut responder = established();
        let mut asked = query(&[(SERVICE, RecordType::PTR)], 1);
        asked.answers.push(pointer(ttl));
        receive(&mut responder, &asked, PHONE, at(9000));
        assert_eq!(responder.poll_timeout().is_none(), known, "{ttl}");
    }
    let mut responder = established();
    let mut asked = query(&[(HOST, RecordType::A)], 1);
    asked.answers.push(address(120, OTHER));
    receive(&mut responder, &asked, PHONE, at(9000));
    assert!(responder.poll_timeout().is_some(), "it knows another address");
}

#[test]
fn known_answers_may_come_in_several_messages() {
    for from in [PHONE, SocketAddrV4::new(OTHER, MDNS_PORT)] {
        let mut responder = established();
        let mut asked = query(&[(SERVICE, RecordType::PTR)], 1);
        asked.metadata.truncation = true;
        receive(&mut responder, &asked, PHONE, at(9000));
        assert_eq!(responder.poll_timeout(), Some(at(9400)));
        let mut rest = query(&[], 1);
        rest.answers.push(pointer(4500));
        receive(&mut responder, &rest, from, at(9100));
        assert_eq!(run(&mut responder, at(20_000)).is_empty(), from == PHONE, "only the asker's own count");
    }
}

#[test]
fn no_record_is_multicast_twice_a_second() {
    let mut responder = established();
    let mut times = Vec::new();
    for tick in 0..40 {
        receive(&mut responder, &query(&[(HOST, RecordType::A)], 1), PHONE, at(9000 + tick * 100));
        times.extend(run(&mut responder, at(9000 + tick * 100)).into_iter().map(|(time, _)| time));
    }
    assert_eq!(times, [at(9000), at(10_000), at(11_000), at(12_000)]);
}

#[test]
fn a_name_is_defended_against_a_probe() {
    let mut responder = established();
    let mut probe = query(&[(HOST, RecordType::ANY)], 1);
    probe.authorities.push(record(HOST, 120, 1, RData::A(A(OTHER))));
    for (asked, sent) in [(9000, 9000), (9010, 9250)] {
        receive(&mut responder, &probe, PHONE, at(asked));
        assert_eq!(responder.poll_timeout(), Some(at(sent)));
        assert_eq!(run(&mut responder, at(sent))[0].1.answers[0].data, RData::A(A(ADDRESS)));
    }
    assert!(responder.is_established());
}

#[test]
fn unicast_where_it_was_asked_for_and_everybody_knows() {
    let mut responder = established();
    let asked = query(&[(HOST, RecordType::A)], FLUSH);
    receive(&mut responder, &asked, PHONE, at(9000));
    let all = sent(&mut responder, at(9000));
    assert_eq!((all.len(), all[0].0), (1, PHONE));
    assert_eq!(all[0].1.answers[0].dns_class, DNSClass::from(FLUSH));
    receive(&mut responder, &asked, PHONE, at(9000 + 30_001));
    assert_eq!(sent(&mut responder, at(39_001))[0].0, MDNS_GROUP, "a quarter of its time has passed");
}

#[test]
fn a_plain_resolver_is_answered_plainly() {
    let mut responder = established();
    let from = SocketAddrV4::new(*PHONE.ip(), 50_000);
    let mut asked = query(&[(HOST, RecordType::A)], 1);
    asked.metadata.id = 4711;
    receive(&mut responder, &asked, from, at(9000));
    let all = sent(&mut responder, at(9000));
    let [(to, reply)] = &all[..] else { panic!("{all:?}") };
    assert_eq!((*to, reply.metadata.id), (from, 4711));
    assert_eq!(reply.queries, asked.queries, "the question comes back");
    assert_eq!((reply.answers[0].ttl, reply.answers[0].dns_class), (10, DNSClass::IN));
    for _ in 0..20 {
        receive(&mut responder, &asked, from, at(9000));
    }
    assert_eq!(sent(&mut responder, at(9000)).len(), MDNS_UNICASTS, "what waits does not grow");
}

/// RFC 6762 section 6.7: the question comes back as it was asked, letters and class.
#[test]
fn a_plain_resolver_gets_its_question_back_byte_by_byte() {
    let from = SocketAddrV4::new(*PHONE.ip(), 50_000);
    let service = "\x04lAmP\x05_hTTp\x04_TCP\x05LOcaL";
    for (name, qtype, qclass) in [
        ("\x04LAMP\x05local", 1, 1_u16),
        ("\x04lAmP\x05LocaL", 1, 255),
        ("\x04lamp\x05local", 255, 0x8001),
        (service, 33, 255),
        ("\x09_SERVICES\x07_dns-SD\x04_udp\x05local", 12, 1),
    ] {
        let mut question = name.as_bytes().to_vec();
        question.extend([0, 0, qtype]);
        question.extend(qclass.to_be_bytes());
        let asked = [b"\x12\x67\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", &question[..]].concat();
        let mut responder = established();
        responder.handle_datagram(&asked, from, &mut Dice, at(9000));
        let mut out = [0; MDNS_MESSAGE_BYTES];
        let reply = responder.poll_send(&mut out, at(9000)).expect(name);
        assert_eq!(reply.to, from);
        assert!(out.starts_with(b"\x12\x67\x84\x00\x00\x01"), "{name}");
        assert_eq!(
            out[12..12 + question.len()].escape_ascii().to_string(),
            question.escape_ascii().to_string()
        );
        Theirs::from_vec(&out[..reply.length]).unwrap();
    }
}

#[test]
fn a_name_that_is_taken_gets_a_number() {
    let mut responder = responder();
    run(&mut responder, at(300));
    for (number, expected) in [(2, "lamp-2"), (3, "lamp-3")] {
        let taken = if number == 2 { HOST.to_string() } else { "lamp-2.local.".to_string() };
        let records = std::vec![record(&taken, 120, FLUSH, RData::A(A(OTHER)))];
        receive(&mut responder, &response(records), PHONE, at(300));
        assert_eq!(responder.name().as_str(), expected);
    }
    let sent = run(&mut responder, at(10_000));
    assert_eq!(sent.len(), 5, "it starts over");
    assert_eq!(keys(&sent[4].1.answers)[4], ("lamp-3.local.".to_string(), 1));
    assert!(responder.is_established());
}

#[test]
fn what_is_no_conflict() {
    let mine = || address(120, ADDRESS);
    let gone = || address(0, OTHER);
    let elsewhere = record("lamp.example.", 120, 1, RData::A(A(OTHER)));
    for records in [std::vec![mine()], std::vec![gone()], std::vec![elsewhere], std::vec![pointer(4500)]] {
        let mut responder = responder();
        receive(&mut responder, &response(records), PHONE, at(10));
        run(&mut responder, at(3000));
        assert_eq!(responder.name().as_str(), "lamp");
        assert!(responder.is_established());
    }
    let mut responder = responder();
    let conflict = response(std::vec![address(120, OTHER)]);
    receive(&mut responder, &conflict, SocketAddrV4::new(*PHONE.ip(), 50_000), at(10));
    receive(&mut responder, &conflict, SocketAddrV4::new(Ipv4Addr::new(10, 0, 1, 20), MDNS_PORT), at(10));
    assert_eq!(responder.name().as_str(), "lamp", "wrong port, another network");
}

#[test]
fn a_conflict_later_means_asking_again() {
    let mut responder = established();
    receive(&mut responder, &response(std::vec![address(120, OTHER)]), PHONE, at(9000));
    assert!(!responder.is_established());
    assert_eq!(responder.name().as_str(), "lamp", "it may have been the other who was wrong");
    receive(&mut responder, &response(std::vec![address(120, OTHER)]), PHONE, at(9100));
    assert_eq!(responder.name().as_str(), "lamp-2");
}

#[test]
fn many_conflicts_slow_it_down() {
    let mut responder = responder();
    for _ in 0..15 {
        let host = responder.name().as_str().to_string() + ".local.";
        let taken = response(std::vec![record(&host, 120, FLUSH, RData::A(A(OTHER)))]);
        assert!(responder.poll_timeout().unwrap() <= at(1000));
        receive(&mut responder, &taken, PHONE, at(1000));
    }
    assert_eq!(responder.poll_timeout(), Some(at(6000)));
    assert_eq!(responder.name().as_str(), "lamp-16");
}

/// A probe for the host's name with these records.
fn rival(records: &[RData]) -> Theirs {
    let mut probe = query(&[(HOST, RecordType::ANY)], FLUSH);
    probe.authorities = records.iter().map(|data| record(HOST, 120, 1, data.clone())).collect();
    probe
}

#[test]
fn ties_are_broken_as_the_rfc_says() {
    let a = |last| RData::A(A(Ipv4Addr::new(10, 0, 0, last)));
    let text = || RData::TXT(TXT::new(std::vec!["x".to_string()]));
    for (records, loses) in [
        (std::vec![a(8)], true),
        (std::vec![a(6)], false),
        (std::vec![a(7)], false),
        (std::vec![a(7), text()], true),
        (std::vec![text()], true),
        (std::vec![text(), a(6)], false),
        (std::vec![a(7), a(7)], true),
        (std::vec![], false),
    ] {
        let mut responder = responder();
        run(&mut responder, at(300));
        receive(&mut responder, &rival(&records), PHONE, at(400));
        let expected = if loses { 1400 } else { 500 };
        assert_eq!(responder.poll_timeout(), Some(at(expected)), "{records:?}");
        assert_eq!(responder.name().as_str(), "lamp", "it asks for it again");
    }
}

#[test]
fn goodbye() {
    let mut responder = established();
    responder.stop();
    let all = sent(&mut responder, at(9000));
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].1.answers.len(), 5);
    assert!(all[0].1.answers.iter().all(|record| record.ttl == 0));
    receive(&mut responder, &query(&[(HOST, RecordType::A)], 1), PHONE, at(9000));
    assert!(sent(&mut responder, at(20_000)).is_empty() && responder.poll_timeout().is_none());
    let mut undecided = self::responder();
    undecided.stop();
    assert!(sent(&mut undecided, at(0)).is_empty(), "nobody was told anything");
}

#[test]
fn what_others_let_end_is_said_again() {
    for (ttl, again) in [(0, true), (59, true), (60, false)] {
        let mut responder = established();
        receive(&mut responder, &response(std::vec![address(ttl, ADDRESS)]), PHONE, at(9000));
        assert_eq!(responder.poll_timeout().is_some(), again, "{ttl}");
        assert!(responder.is_established());
    }
}

#[test]
fn numbered_names_fit_a_label() {
    let numbered = |name: &str, number| HostName::new(name).unwrap().numbered(number).as_str().to_string();
    assert_eq!(numbered("lamp", 2), "lamp-2");
    assert_eq!(numbered("lamp", u16::MAX), "lamp-65535");
    assert_eq!(numbered(&"x".repeat(63), 10), "x".repeat(60) + "-10");
    assert_eq!(numbered(&("x".repeat(60) + "-xx"), 10), "x".repeat(60) + "-10");
    for bad in ["", "-a", "a-", "a.b", "a b", "é", &"x".repeat(64)] {
        assert_eq!(HostName::new(bad), Err(BadHostName), "{bad}");
    }
}

#[test]
fn the_longest_message_has_room() {
    let service = Service::new(80, &[&"x".repeat(crate::limits::MDNS_TEXT_BYTES - 1)]).unwrap();
    assert!(Service::new(80, &[&"x".repeat(crate::limits::MDNS_TEXT_BYTES)]).is_err());
    let long = "x".repeat(63);
    let mut responder = Responder::new(HostName::new(&long).unwrap(), service);
    responder.handle_link(ADDRESS, 24, &mut Dice, at(0));
    assert_eq!(run(&mut responder, at(3000)).len(), 5);
    let (host, instance) = (long.clone() + ".local.", long + "._http._tcp.local.");
    let every = [
        (&host[..], RecordType::AAAA),
        (&host, RecordType::A),
        (&instance, RecordType::A),
        (&instance, RecordType::ANY),
        (SERVICE, RecordType::PTR),
        ("_services._dns-sd._udp.local.", RecordType::PTR),
    ];
    receive(&mut responder, &query(&every, 1), PHONE, at(9000));
    assert_eq!(run(&mut responder, at(9999))[0].1.answers.len(), 7);
}

/// Two devices that want the same name on a network that delivers at once.
fn two(start: u64) -> [Responder; 2] {
    let mut devices = [ADDRESS, OTHER]
        .map(|_| Responder::new(HostName::new("lamp").unwrap(), Service::new(80, &[]).unwrap()));
    devices[0].handle_link(ADDRESS, 24, &mut Dice, at(0));
    devices[1].handle_link(OTHER, 24, &mut Dice, at(start));
    let mut out = [0; MDNS_MESSAGE_BYTES];
    while let Some(now) = devices.iter().filter_map(Responder::poll_timeout).min() {
        assert!(now < at(60_000), "they do not agree");
        for (index, from) in [(0, ADDRESS), (1, OTHER)] {
            while let Some(Transmit { length, to }) = devices[index].poll_send(&mut out, now) {
                // A group's members hear themselves, too.
                for (device, address) in devices.iter_mut().zip([ADDRESS, OTHER]) {
                    if to == MDNS_GROUP || *to.ip() == address {
                        let from = SocketAddrV4::new(from, MDNS_PORT);
                        device.handle_datagram(&out[..length], from, &mut Dice, now);
                    }
                }
            }
        }
    }
    devices
}

#[test]
fn two_devices_agree_on_two_names() {
    for start in (0..4000).step_by(50) {
        let devices = two(start);
        let mut names: Vec<&str> = devices.iter().map(|device| device.name().as_str()).collect();
        assert!(devices.iter().all(Responder::is_established), "{start}");
        names.sort_unstable();
        assert_eq!(names, ["lamp", "lamp-2"], "{start}");
    }
}

fn any_message() -> impl Strategy<Value = Vec<u8>> {
    let names =
        proptest::sample::select(&[HOST, INSTANCE, SERVICE, "_services._dns-sd._udp.local.", "x.", "."][..]);
    let kind = proptest::sample::select(&[1_u16, 12, 16, 28, 33, 47, 255][..]);
    let class = proptest::sample::select(&[1_u16, 255, 0x8001, 3][..]);
    let questions = proptest::collection::vec((names.clone(), kind, class.clone()), 0..4);
    let data = prop_oneof![
        any::<[u8; 4]>().prop_map(|octets| RData::A(A(octets.into()))),
        Just(RData::A(A(ADDRESS))),
        Just(RData::PTR(PTR(name(INSTANCE)))),
        Just(RData::SRV(SRV::new(0, 0, 80, name(HOST)))),
        Just(RData::TXT(TXT::new(std::vec!["x".to_string()]))),
    ];
    let records = proptest::collection::vec((names, 0..5000_u32, class, data, 0..3_usize), 0..5);
    (any::<bool>(), questions, records).prop_map(|(is_response, questions, records)| {
        let kind = if is_response { MessageType::Response } else { MessageType::Query };
        let mut message = Theirs::new(0, kind, OpCode::Query);
        for (owner, kind, class) in questions {
            let mut query = Query::query(name(owner), RecordType::from(kind));
            query.set_query_class(DNSClass::from(class));
            message.add_query(query);
        }
        for (owner, ttl, class, data, section) in records {
            let record = record(owner, ttl, class, data);
            match section {
                0 => message.answers.push(record),
                1 => message.authorities.push(record),
                _ => message.additionals.push(record),
            }
        }
        message.to_vec().unwrap()
    })
}

proptest! {
    #[test]
    fn whatever_is_heard_it_speaks_properly_and_rarely(
        heard in proptest::collection::vec((any_message(), 0..2000_u64, any::<bool>()), 1..12),
        flip: (prop::sample::Index, u8),
    ) {
        let mut responder = responder();
        let mut now = at(0);
        let mut last: Vec<(Vec<u8>, Instant)> = Vec::new();
        for (mut message, delay, legacy) in heard {
            if delay % 3 == 0 {
                let place = flip.0.index(message.len());
                message[place] ^= flip.1;
            }
            now = now + Duration::from_millis(delay);
            let port = if legacy { 50_000 } else { MDNS_PORT };
            responder.handle_datagram(&message, SocketAddrV4::new(*PHONE.ip(), port), &mut Dice, now);
            for (time, sent) in run(&mut responder, now) {
                last.push((sent.to_vec().unwrap(), time));
            }
            prop_assert!(sent(&mut responder, now).len() <= MDNS_UNICASTS + 1);
            prop_assert!(responder.poll_timeout().is_none_or(|due| due > now && due - now < Duration::from_secs(6)));
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200), counts: [u8; 4]) {
        let mut responder = established();
        responder.handle_datagram(&bytes, PHONE, &mut Dice, at(9000));
        let mut message = std::vec![0, 0, 0, 0];
        message.extend(counts.iter().flat_map(|count| u16::from(count % 4).to_be_bytes()));
        message.extend(&bytes);
        for flags in [0, 0x84] {
            message[2] = flags;
            responder.handle_datagram(&message, PHONE, &mut Dice, at(9000));
            let _ = sent(&mut responder, at(9000));
        }
    }
}
