//! The TCP connections of a capture: which are open, who is their client, what was said on them.
//! Bounded: a connection that carries nothing of interest costs an entry, and the idlest make room.

use std::collections::HashMap;
use std::net::IpAddr;

use super::http::{Conversation, Exchanged, begins_like_requests};
use super::link::Mac;
use super::segment::{Carries, Segment};
use super::stream::Stream;

/// Connections that are remembered.
const CONNECTIONS: usize = 1024;

/// The port of DNS. That of HTTP is known by what is said; where nothing can be understood, by its number.
const DNS: u16 = 53;
const HTTP: u16 = 80;

/// What a reply begins with, and how long a request is at least by which a stream is known again.
const REPLY: &[u8] = b"HTTP/1.";
const LONGEST_METHOD: usize = 8;

/// The longest DNS message over TCP that is waited for.
const MESSAGE_BYTES: usize = 4096;

type End = (IpAddr, u16);

/// The client that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asker {
    pub(crate) address: IpAddr,
    pub(crate) mac: Option<Mac>,
    /// Whom it asked.
    pub(crate) server: IpAddr,
}

/// What was said on a connection.
pub(super) enum FlowEvent {
    /// A request, with its reply if one came.
    Http(Asker, Exchanged),
    /// A message to a DNS server.
    Dns(Asker, Vec<u8>),
    /// Some of it is missing: where, and what that costs.
    Missing(u64, String),
}

enum Topic {
    /// Nothing came yet.
    Open,
    /// It began before the capture did, and nothing of it can be read until a request begins. Whether what
    /// came so far can be HTTP.
    Midway {
        is_http: bool,
    },
    Http(Box<Conversation>),
    Dns(Vec<u8>),
    /// Nothing of interest, or nothing more.
    Over,
}

struct Connection {
    client: End,
    server: End,
    mac: Option<Mac>,
    sent: Stream,
    received: Stream,
    topic: Topic,
    seen: u64,
    offset: u64,
}

/// All connections.
#[derive(Default)]
pub(super) struct Flows {
    open: HashMap<(End, End), Connection>,
    packets: u64,
}

impl Flows {
    /// Takes a segment; what was said goes to `out`.
    pub(super) fn take(
        &mut self,
        segment: &Segment<'_>,
        mac: Option<Mac>,
        now: (u64, u64),
        out: &mut Vec<FlowEvent>,
    ) {
        let Carries::Tcp { sequence, acknowledged, syn, fin, reset, bytes, cut } = segment.carries else {
            return;
        };
        self.packets += 1;
        let key = (segment.from.min(segment.to), segment.from.max(segment.to));
        let begins = syn && acknowledged.is_none();
        if begins && self.open.get(&key).is_some_and(|open| open.is_anothers(segment.from, sequence)) {
            self.open.remove(&key).into_iter().for_each(|old| old.finish(out));
        }
        if !self.open.contains_key(&key) {
            if bytes.is_empty() && !syn {
                return;
            }
            // Without its beginning it is the one who asks, or the one who does not answer.
            let from_client = match (syn, begins_like_requests(bytes)) {
                (true, _) => begins,
                (false, asks) => asks || (segment.from.1 > segment.to.1 && !bytes.starts_with(REPLY)),
            };
            self.make_room(out);
            self.open.insert(key, Connection::new(segment, from_client, mac, now.1));
        }
        let Some(connection) = self.open.get_mut(&key) else { return };
        connection.seen = self.packets;
        connection.join(segment, out);
        let from_client = segment.from == connection.client;
        if from_client {
            connection.mac = connection.mac.or(mac);
        }
        if matches!(connection.topic, Topic::Over | Topic::Midway { .. }) {
            return;
        }
        let first = if syn { sequence.wrapping_add(1) } else { sequence };
        let stream = if from_client { &mut connection.sent } else { &mut connection.received };
        if syn {
            stream.begins(sequence);
        }
        if fin {
            stream.ends(first.wrapping_add(bytes.len() as u32));
        }
        connection.handle_segment(from_client, first, bytes, now, out);
        if cut {
            connection.give_up(now.1, "a packet was cut off when it was captured", out);
        }
        let both_over = connection.sent.is_over() && connection.received.is_over();
        if reset || both_over {
            connection.end(out);
        }
    }

    fn make_room(&mut self, out: &mut Vec<FlowEvent>) {
        if self.open.len() < CONNECTIONS {
            return;
        }
        let mut seen: Vec<u64> = self.open.values().map(|connection| connection.seen).collect();
        let (_, middle, _) = seen.select_nth_unstable(CONNECTIONS / 2);
        let middle = *middle;
        let idle = self.open.extract_if(|_, connection| connection.seen < middle);
        idle.for_each(|(_, connection)| connection.finish(out));
    }

    /// The capture has ended.
    pub(super) fn finish(self, out: &mut Vec<FlowEvent>) {
        self.open.into_values().for_each(|connection| connection.finish(out));
    }
}

impl Connection {
    fn new(segment: &Segment<'_>, from_client: bool, mac: Option<Mac>, offset: u64) -> Self {
        let Carries::Tcp { syn, bytes, .. } = segment.carries else {
            unreachable!("only TCP has connections")
        };
        let (client, server) =
            if from_client { (segment.from, segment.to) } else { (segment.to, segment.from) };
        Self {
            client,
            server,
            mac: mac.filter(|_| from_client),
            sent: Stream::default(),
            received: Stream::default(),
            topic: if syn || begins_like_requests(bytes) {
                Topic::Open
            } else {
                Topic::Midway { is_http: server.1 == HTTP }
            },
            seen: 0,
            offset,
        }
    }

    fn is_anothers(&self, from: End, sequence: u32) -> bool {
        from != self.client || self.sent.is_another(sequence) || matches!(self.topic, Topic::Midway { .. })
    }

    /// Where a connection that began before the capture goes on with a request, it is read from there.
    fn join(&mut self, segment: &Segment<'_>, out: &mut Vec<FlowEvent>) {
        let (Topic::Midway { is_http }, Carries::Tcp { acknowledged, bytes, .. }) =
            (&mut self.topic, &segment.carries)
        else {
            return;
        };
        *is_http |= bytes.starts_with(REPLY);
        if bytes.len() < LONGEST_METHOD || !begins_like_requests(bytes) {
            return;
        }
        (self.client, self.server, self.mac) = (segment.from, segment.to, None);
        (self.sent, self.received) = (Stream::default(), Stream::default());
        acknowledged.iter().for_each(|sequence| self.received.goes_on_at(*sequence));
        self.topic = Topic::Open;
        out.push(self.began_before("what was said on it before its next request cannot be read"));
    }

    /// What a connection costs that began before the capture did.
    fn began_before(&self, what: &str) -> FlowEvent {
        let (client, port) = (self.client.0, self.server.1);
        FlowEvent::Missing(
            self.offset,
            format!("a connection of {client} to port {port} began before the capture: {what}"),
        )
    }

    fn asker(&self) -> Asker {
        Asker { address: self.client.0, mac: self.mac, server: self.server.0 }
    }

    fn handle_segment(
        &mut self,
        from_client: bool,
        sequence: u32,
        bytes: &[u8],
        now: (u64, u64),
        out: &mut Vec<FlowEvent>,
    ) {
        let (server, asker) = (self.server.1, self.asker());
        let stream = if from_client { &mut self.sent } else { &mut self.received };
        let (topic, mut exchanged, mut messages) = (&mut self.topic, Vec::new(), Vec::new());
        let (mut followed, mut server_was_first) = (true, false);
        let goes_on = stream.take(sequence, bytes, |bytes| {
            if let (Topic::Open, true) = (&*topic, from_client) {
                *topic = match server {
                    DNS => Topic::Dns(Vec::new()),
                    _ if begins_like_requests(bytes) => Topic::Http(Box::new(Conversation::new())),
                    _ => Topic::Over,
                };
            }
            match topic {
                Topic::Http(conversation) if from_client => followed &= conversation.asks(bytes, now).is_ok(),
                Topic::Http(conversation) => {
                    followed &= conversation.answers(bytes, now, &mut exchanged).is_ok();
                }
                Topic::Dns(held) if from_client => {
                    held.extend(bytes);
                    take_messages(held, &mut messages);
                }
                // A server that speaks before its client does not speak HTTP.
                Topic::Open => {
                    *topic = Topic::Over;
                    server_was_first = true;
                }
                Topic::Midway { .. } | Topic::Dns(_) | Topic::Over => {}
            }
        });
        out.extend(exchanged.into_iter().map(|exchanged| FlowEvent::Http(asker, exchanged)));
        out.extend(messages.into_iter().map(|message| FlowEvent::Dns(asker, message)));
        if server_was_first && self.sent.missing().is_some() {
            let what = format!("bytes are missing: a connection of {} to port {server}", asker.address);
            out.push(FlowEvent::Missing(self.offset, what));
        }
        if !goes_on {
            self.give_up(now.1, "packets are missing that were never captured", out);
        } else if !followed {
            self.give_up(now.1, "what is said is no HTTP that can be followed", out);
        }
    }

    /// What was said so far is kept; nothing more is.
    fn give_up(&mut self, offset: u64, why: &str, out: &mut Vec<FlowEvent>) {
        if matches!(self.topic, Topic::Http(_) | Topic::Dns(_)) {
            let what =
                format!("{why}: the rest of a connection of {} to port {}", self.client.0, self.server.1);
            out.push(FlowEvent::Missing(offset, what));
        }
        if let Topic::Http(conversation) = std::mem::replace(&mut self.topic, Topic::Over) {
            self.report(*conversation, false, out);
        }
    }

    fn end(&mut self, out: &mut Vec<FlowEvent>) {
        let missing = self.sent.missing().into_iter().chain(self.received.missing()).min();
        if let Some(bytes) = missing {
            return self.give_up(self.offset, &format!("{bytes} bytes are missing"), out);
        }
        match std::mem::replace(&mut self.topic, Topic::Over) {
            Topic::Http(conversation) => {
                let orderly = self.received.is_over();
                self.report(*conversation, orderly, out);
            }
            Topic::Midway { is_http: true } => out.push(self.began_before("no request follows on it")),
            _ => {}
        }
    }

    fn report(&self, conversation: Conversation, orderly: bool, out: &mut Vec<FlowEvent>) {
        let (asker, mut exchanged) = (self.asker(), Vec::new());
        conversation.end(orderly, &mut exchanged);
        out.extend(exchanged.into_iter().map(|exchanged| FlowEvent::Http(asker, exchanged)));
    }

    fn finish(mut self, out: &mut Vec<FlowEvent>) {
        self.end(out);
    }
}

/// Takes the whole messages out of what came: each has its length before it (RFC 1035 section 4.2.2).
fn take_messages(held: &mut Vec<u8>, messages: &mut Vec<Vec<u8>>) {
    while let [high, low, rest @ ..] = held.as_slice() {
        let length = usize::from(*high) << 8 | usize::from(*low);
        let Some(message) = rest.get(..length) else {
            if held.len() > MESSAGE_BYTES {
                held.clear();
            }
            return;
        };
        messages.push(message.to_vec());
        held.drain(..2 + length);
    }
}
