//! A device's DNS for tests, and how the phones take its ways.

use std::net::Ipv4Addr;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::super::question::{Question, Reading};
use vestibule_core::Instant;

use super::super::{Exchange, Finding, Output, Verdict};
use super::conversation::{Conversation, Portal, reply};
use super::{AP, at};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Dns {
    /// A: this address. Everything else: no data.
    Wildcard(Ipv4Addr),
    /// An A record for every question, of whatever type.
    AForEverything,
    /// As a wildcard, but other types are refused.
    OthersRefused,
    /// As a wildcard, but other types are not answered.
    OthersSilent,
    NoSuchName,
    /// Success, but no address.
    NoData,
    Silent,
    WrongIdentifier,
    OtherQuestion,
    OtherOwner,
    Garbage,
    /// An answer that says that it is not whole, and nobody on port 53 of TCP.
    Truncated,
    /// The same, and the whole answer over TCP.
    WholeOverTcp,
}

/// What a question over TCP gets, its length before it; `None` where nobody listens.
pub(super) fn over_tcp(dns: Dns, question: &[u8]) -> Option<Vec<u8>> {
    let (length, question) = question.split_first_chunk()?;
    assert_eq!(usize::from(u16::from_be_bytes(*length)), question.len());
    let whole = answer(Dns::Wildcard(AP), question).remove(0);
    let length = u16::try_from(whole.len()).unwrap().to_be_bytes();
    (dns == Dns::WholeOverTcp).then(|| [length.as_slice(), &whole].concat())
}

pub(super) fn answer(dns: Dns, question: &[u8]) -> Vec<Vec<u8>> {
    let question = Message::from_vec(question).unwrap();
    let query = question.queries[0].clone();
    let mut message = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(query.clone());
    let is_address = query.query_type == RecordType::A;
    let mut record = Record::from_rdata(query.name.clone(), 0, RData::A(A(AP)));
    match dns {
        Dns::Silent | Dns::OthersSilent if dns == Dns::Silent || !is_address => return Vec::new(),
        Dns::Garbage => return vec![b"not DNS".to_vec()],
        Dns::NoSuchName => message.metadata.response_code = ResponseCode::NXDomain,
        Dns::OthersRefused if !is_address => message.metadata.response_code = ResponseCode::Refused,
        Dns::Truncated | Dns::WholeOverTcp => message.metadata.truncation = true,
        Dns::WrongIdentifier => message.metadata.id ^= 1,
        Dns::OtherQuestion => message.queries[0].name = Name::from_ascii("example.org.").unwrap(),
        Dns::OtherOwner => record.name = Name::from_ascii("example.org.").unwrap(),
        Dns::Wildcard(address) => record.data = RData::A(A(address)),
        _ => {}
    }
    let has_record = match dns {
        Dns::AForEverything => true,
        Dns::NoSuchName | Dns::NoData | Dns::Truncated | Dns::WholeOverTcp => false,
        _ => is_address,
    };
    if has_record {
        message.add_answer(record);
    }
    vec![message.to_vec().unwrap()]
}

const REDIRECT: &str =
    "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nContent-Length: 5\r\n\r\nsetup";

fn join(model: &str, dns: Dns) -> Conversation {
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>Setup.";
    let portal =
        Portal::by_request(
            move |request| {
                if request.contains("Host: 192.168.4.1") { reply(page) } else { reply(REDIRECT) }
            },
        );
    let mut conversation = Conversation::begin(model, portal.with_dns(dns));
    conversation.run_until(60.0);
    conversation
}

#[test]
fn a_wildcard_with_no_data_for_other_types_leaves_nothing_to_find() {
    for model in super::super::models() {
        let conversation = join(model.id, Dns::Wildcard(AP));
        let first = conversation.verdicts().remove(0).1;
        assert_eq!(first.word(), model.at_a_setup_portal().0, "{model:?}");
        assert_eq!(conversation.findings(), [], "{model:?}");
    }
}

#[test]
fn a_records_for_every_type_are_found_where_other_types_are_asked() {
    let found = |model| {
        let conversation = join(model, Dns::AForEverything);
        assert!(conversation.last_verdict().0.is_portal());
        conversation.findings()
    };
    assert_eq!(found("android-14"), []);
    assert_eq!(found("ios-16"), []);
    for model in ["ios-17", "ios-18", "ios-18.4"] {
        let expected = Finding::UnaskedRecord {
            name: "captive.apple.com".to_owned(),
            asked: "HTTPS".to_owned(),
            got: "A".to_owned(),
        };
        assert_eq!(found(model), [expected]);
    }
}

#[test]
fn an_https_question_refused_or_unanswered_is_found() {
    let expected = Finding::QuestionFailed {
        name: "captive.apple.com".to_owned(),
        asked: "HTTPS".to_owned(),
        code: ResponseCode::Refused.to_string(),
    };
    assert_eq!(join("ios-18", Dns::OthersRefused).findings(), [expected]);
    let expected = Finding::Unanswered { name: "captive.apple.com".to_owned(), asked: "HTTPS".to_owned() };
    assert_eq!(join("ios-18", Dns::OthersSilent).findings(), [expected]);
}

#[test]
fn without_an_address_android_has_no_internet_and_apple_assumes_it() {
    let failing = [
        Dns::NoSuchName,
        Dns::NoData,
        Dns::Silent,
        Dns::WrongIdentifier,
        Dns::OtherQuestion,
        Dns::OtherOwner,
        Dns::Garbage,
    ];
    for dns in failing {
        let android = join("android-14", dns);
        assert_eq!(android.last_verdict(), (Verdict::NoInternet, "android.probe.no-address"), "{dns:?}");
        assert!(android.requests().is_empty());
        let apple = join("ios-16", dns);
        assert_eq!(apple.last_verdict().0, Verdict::Inconclusive, "{dns:?}");
        assert!(apple.requests().is_empty() && apple.sheet().is_none());
        if dns != Dns::NoData {
            assert!(!android.findings().is_empty() && !apple.findings().is_empty(), "{dns:?}");
        }
    }
}

#[test]
fn android_asks_twice_five_seconds_apart_and_its_http_engine_does_so_again() {
    let mut conversation =
        Conversation::begin("android-14", Portal::always(reply(REDIRECT)).with_dns(Dns::Silent));
    conversation.run_until(19.9);
    let first: Vec<_> = conversation
        .datagrams()
        .into_iter()
        .filter(|(_, payload)| payload.windows(17).any(|part| part == b"connectivitycheck"))
        .collect();
    assert_eq!(
        first.iter().map(|(when, _)| *when).collect::<Vec<_>>(),
        [at(0.0), at(5.0), at(10.0), at(15.0)]
    );
    assert!(first.iter().all(|(_, payload)| *payload == first[0].1));
    assert!(conversation.findings().is_empty());
    conversation.run_until(20.0);
    // The names of the two probes, and that of the fallback.
    assert_eq!(conversation.findings().len(), 3);
}

/// When the phone connected to port 53, and what it said there.
fn questions_over_tcp(conversation: &Conversation) -> Vec<(Instant, Vec<u8>)> {
    conversation
        .seen
        .iter()
        .filter_map(|(when, output)| match output {
            Output::Open { exchange: Exchange::Stream { to, payload }, .. } if to.port() == 53 => {
                Some((*when, payload.clone()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_truncated_answer_is_asked_for_again_over_tcp_once_a_lookup() {
    let nobody = join("android-14", Dns::Truncated);
    let (when, verdict, _) = nobody.verdicts().remove(0);
    assert!(verdict == Verdict::NoInternet && when < at(1.0), "{verdict:?} at {when:?}");
    let asked = questions_over_tcp(&nobody);
    let (_, payload) = &asked[0];
    assert_eq!(usize::from(u16::from_be_bytes([payload[0], payload[1]])), payload.len() - 2);
    // Both lookups of a host, of HTTP's and of HTTPS's, and the fallback's.
    assert_eq!(asked.iter().filter(|(asked, _)| *asked <= when).count(), 5);
    assert!(nobody.findings().iter().any(|finding| matches!(finding, Finding::Truncated { .. })));
}

#[test]
fn every_model_takes_the_whole_answer_over_tcp() {
    for model in super::super::models() {
        let (whole, wildcard) = (join(model.id, Dns::WholeOverTcp), join(model.id, Dns::Wildcard(AP)));
        assert_eq!(whole.verdicts().remove(0).1, wildcard.verdicts().remove(0).1, "{model:?}");
        assert!(!questions_over_tcp(&whole).is_empty(), "{model:?}");
    }
}

#[test]
fn an_alias_is_followed_and_a_stranger_is_not() {
    let question = Question::new(5, "captive.apple.com", RecordType::A).unwrap();
    let name = |text: &str| Name::from_ascii(text).unwrap();
    let mut message = Message::from_vec(&question.to_bytes().unwrap()).unwrap();
    message.metadata.message_type = MessageType::Response;
    message.add_answer(Record::from_rdata(
        name("captive.apple.com."),
        60,
        RData::CNAME(CNAME(name("cdn.example."))),
    ));
    message.add_answer(Record::from_rdata(name("evil.example."), 60, RData::A(A::new(6, 6, 6, 6))));
    message.add_answer(Record::from_rdata(name("CDN.example."), 60, RData::A(A::new(17, 2, 3, 4))));
    let Reading::Answer { addresses, findings, .. } = question.read(&message.to_vec().unwrap()) else {
        panic!("not an answer")
    };
    assert_eq!(addresses, [Ipv4Addr::new(17, 2, 3, 4)]);
    assert!(matches!(findings.as_slice(), [Finding::OtherOwner { .. }]));
}

#[test]
fn an_echo_of_the_question_is_no_answer() {
    let question = Question::new(5, "captive.apple.com", RecordType::A).unwrap();
    let echo = question.to_bytes().unwrap();
    assert!(matches!(question.read(&echo), Reading::Foreign(Finding::OtherQuestion { .. })));
}
