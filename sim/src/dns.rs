//! DNS messages as whoever watches them reads them, and the plain question that a browser's
//! resolver asks. Written with `hickory-proto`; shares nothing with the device's DNS.

use std::net::Ipv4Addr;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};

/// A question for a name's IPv4 address; `None` for what is no name.
pub fn ask_address(id: u16, name: &str) -> Option<Vec<u8>> {
    let mut name = Name::from_ascii(name).ok()?;
    name.set_fqdn(true);
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, RecordType::A));
    message.to_vec().ok()
}

/// The first IPv4 address in an answer.
pub fn read_address(answer: &[u8]) -> Option<Ipv4Addr> {
    read_addresses(answer).first().copied()
}

/// All IPv4 addresses in an answer, in their order.
pub(crate) fn read_addresses(answer: &[u8]) -> Vec<Ipv4Addr> {
    let Ok(message) = Message::from_vec(answer) else { return Vec::new() };
    let address = |record: &hickory_proto::rr::Record| match &record.data {
        RData::A(address) => Some(address.0),
        _ => None,
    };
    message.answers.iter().filter_map(address).collect()
}

/// The name and the type that a datagram asks for, as text.
pub(crate) fn describe_question(datagram: &[u8]) -> (String, String) {
    match Message::from_vec(datagram).ok().and_then(|message| message.queries.into_iter().next()) {
        Some(query) => (bare(&query.name), query.query_type.to_string()),
        None => ("?".into(), "?".into()),
    }
}

/// What an answer says, in a few words.
pub(crate) fn describe_answer(datagram: &[u8]) -> String {
    let Ok(message) = Message::from_vec(datagram) else {
        return "an unreadable answer".into();
    };
    if message.metadata.response_code != ResponseCode::NoError {
        return message.metadata.response_code.to_string();
    }
    let answers: Vec<String> = message.answers.iter().map(|record| record.data.to_string()).collect();
    if answers.is_empty() { "no such record".into() } else { answers.join(", ") }
}

fn bare(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_and_the_devices_answer_are_told() {
        let question = ask_address(7, "example.org").unwrap();
        assert_eq!(describe_question(&question), ("example.org".into(), "A".into()));
        let mut reply = [0; 512];
        let address = Ipv4Addr::new(192, 168, 4, 1);
        let length = vestibule_core::dns::answer(&question, address, &mut reply).unwrap();
        assert_eq!(read_address(&reply[..length]), Some(address));
        assert_eq!(describe_answer(&reply[..length]), "192.168.4.1");
    }

    #[test]
    fn what_is_no_message_is_said_to_be_none() {
        assert_eq!(describe_question(b"?"), ("?".into(), "?".into()));
        assert_eq!(describe_answer(b"?"), "an unreadable answer");
        assert_eq!(read_address(b"?"), None);
        assert_eq!(ask_address(1, "a..b"), None);
    }
}
