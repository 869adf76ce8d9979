//! The responder: which messages are sent when, and what is done about conflicts.

use core::cmp::Ordering;
use core::fmt;
use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use super::name::{Capitals, HostName, Owner};
use super::query::{Message, additional_to};
use super::record::{Facts, OwnRecord, RecordSet, TOP_BIT};
use super::{MDNS_GROUP, MDNS_PORT, tie};
use crate::dns::{CLASS_IN, TYPE_ANY, Writer};
use crate::entropy::Entropy;
use crate::limits::{MDNS_RECEIVED_BYTES, MDNS_TEXT_BYTES, MDNS_UNICASTS};
use crate::time::Instant;
use crate::time::earliest;

/// RFC 6762 section 8.1: three probes, a quarter of a second apart, after a random delay; and many
/// conflicts slow it down.
const PROBES: u8 = 3;
const PROBE_INTERVAL: Duration = Duration::from_millis(250);
const MANY_CONFLICTS: u8 = 15;
const CONFLICT_DELAY: Duration = Duration::from_secs(5);
/// Section 8.2: a device that loses a tie probes again after this long.
const TIE_DELAY: Duration = Duration::from_secs(1);
/// Section 8.3: two announcements, a second apart.
const ANNOUNCEMENTS: u8 = 2;
const ANNOUNCE_INTERVAL: Duration = Duration::from_secs(1);
/// Section 6: no record is multicast more often, except to defend it against a probe.
const RECORD_INTERVAL: Duration = Duration::from_secs(1);
const DEFENCE_INTERVAL: Duration = Duration::from_millis(250);
/// Section 6, in milliseconds: the delay before an answer that others may give, too.
const SHARED_DELAY: (u16, u16) = (20, 120);
/// Section 7.2, in milliseconds: the delay when more known answers are announced.
const TRUNCATED_DELAY: (u16, u16) = (400, 500);
/// Section 6.7: the longest that a resolver may keep which knows nothing of mDNS.
const LEGACY_TTL: u32 = 10;

/// The web server that is advertised.
///
/// ```
/// use vestibule_core::mdns::{Service, TextTooLong};
///
/// assert!(Service::new(80, &["path=/", "model=Aurora"]).is_ok());
/// assert_eq!(Service::new(80, &["x".repeat(200).as_str()]).unwrap_err(), TextTooLong);
/// ```
#[derive(Clone, Debug)]
pub struct Service {
    port: u16,
    text: heapless::Vec<u8, MDNS_TEXT_BYTES>,
}

impl Service {
    /// A server on this port; `text` holds strings such as `path=/` for those who browse (RFC 6763
    /// section 6). It is public.
    ///
    /// # Errors
    /// [`TextTooLong`] when a string has more than 255 bytes or all have more than
    /// [`MDNS_TEXT_BYTES`], each with a byte for its length.
    pub fn new(port: u16, text: &[&str]) -> Result<Self, TextTooLong> {
        let mut bytes = heapless::Vec::new();
        for string in text {
            bytes.push(u8::try_from(string.len()).map_err(|_| TextTooLong)?).map_err(|_| TextTooLong)?;
            bytes.extend_from_slice(string.as_bytes()).map_err(|_| TextTooLong)?;
        }
        Ok(Self { port, text: bytes })
    }
}

/// The strings of a service are too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextTooLong;

impl fmt::Display for TextTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the strings that describe the service are too long")
    }
}

impl core::error::Error for TextTooLong {}

/// A datagram to send, from port 5353: the first bytes of the buffer that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub to: SocketAddrV4,
    /// How many bytes.
    pub length: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ResponderState {
    /// No network.
    Off,
    Probing {
        sent: u8,
        next: Instant,
    },
    Announcing {
        sent: u8,
        next: Instant,
    },
    Established,
}

/// Where the device is on the home network.
#[derive(Clone, Copy)]
struct Link {
    address: Ipv4Addr,
    prefix: u8,
}

impl Link {
    /// Section 11: datagrams from other networks are ignored.
    fn has(&self, other: Ipv4Addr) -> bool {
        let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix.min(32))).unwrap_or(0);
        (self.address.to_bits() ^ other.to_bits()) & mask == 0
    }
}

/// An answer to one asker.
#[derive(Clone, Copy)]
struct Unicast {
    to: SocketAddrV4,
    answers: RecordSet,
    legacy: Option<LegacyQuestion>,
}

/// What a resolver that knows nothing of mDNS wants back (RFC 6762 section 6.7): the ID of its query, and the question
/// letter for letter.
#[derive(Clone, Copy)]
struct LegacyQuestion {
    id: u16,
    owner: Owner,
    capitals: Capitals,
    qtype: u16,
    qclass: u16,
}

/// A query whose known answers have not all come.
#[derive(Clone, Copy)]
struct TruncatedQuery {
    from: SocketAddrV4,
    answers: RecordSet,
    due: Instant,
}

/// Answers for the device on the home network.
///
/// The driver calls [`handle_link`](Self::handle_link) when the device has an address there, then
/// [`handle_datagram`](Self::handle_datagram) for what arrives; after each, and when
/// [`poll_timeout`](Self::poll_timeout) is due, it sends what [`poll_send`](Self::poll_send) gives
/// until that is `None`.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vestibule_core::limits::MDNS_MESSAGE_BYTES;
/// use vestibule_core::mdns::{HostName, MDNS_GROUP, Responder, Service};
/// use vestibule_core::Instant;
/// use vestibule_core::mock::MockEntropy;
///
/// let service = Service::new(80, &["path=/"]).unwrap();
/// let mut responder = Responder::new(HostName::new("lamp").unwrap(), service);
/// responder.handle_link(Ipv4Addr::new(10, 0, 0, 7), 24, &mut MockEntropy::new(4), Instant::from_micros(0));
///
/// let mut out = [0; MDNS_MESSAGE_BYTES];
/// while !responder.is_established() {
///     let now = responder.poll_timeout().unwrap();
///     while let Some(datagram) = responder.poll_send(&mut out, now) {
///         assert_eq!(datagram.to, MDNS_GROUP); // three probes, two announcements
///     }
/// }
/// assert_eq!(responder.name().as_str(), "lamp");
/// ```
pub struct Responder {
    wanted: HostName,
    name: HostName,
    /// The number that is appended to the name; 1 for none.
    number: u16,
    service: Service,
    link: Link,
    state: ResponderState,
    /// When each record is to be multicast.
    due: [Option<Instant>; OwnRecord::ALL.len()],
    /// When each record last was.
    multicast: [Option<Instant>; OwnRecord::ALL.len()],
    unicasts: heapless::Deque<Unicast, MDNS_UNICASTS>,
    truncated: Option<TruncatedQuery>,
    goodbye: bool,
    /// Since the name was last established.
    conflicts: u8,
}

impl Responder {
    /// A responder that wants this name, and is silent until there is a network.
    pub fn new(name: HostName, service: Service) -> Self {
        Self {
            wanted: name,
            name,
            number: 1,
            service,
            link: Link { address: Ipv4Addr::UNSPECIFIED, prefix: 0 },
            state: ResponderState::Off,
            due: [None; OwnRecord::ALL.len()],
            multicast: [None; OwnRecord::ALL.len()],
            unicasts: heapless::Deque::new(),
            truncated: None,
            goodbye: false,
            conflicts: 0,
        }
    }

    /// The name that it has, or asks for now.
    pub fn name(&self) -> &HostName {
        &self.name
    }

    /// Whether the name is the device's own and everybody has been told.
    pub fn is_established(&self) -> bool {
        self.state == ResponderState::Established
    }

    /// The home network is joined, or the address there has changed. `prefix` is the length of the
    /// network's mask. A name that another device took once is not asked for again.
    pub fn handle_link(&mut self, address: Ipv4Addr, prefix: u8, entropy: &mut impl Entropy, now: Instant) {
        self.handle_link_lost();
        self.link = Link { address, prefix };
        self.conflicts = 0;
        self.probe(between(entropy, 0, 250), now);
    }

    /// The home network is gone, without a goodbye.
    pub fn handle_link_lost(&mut self) {
        self.state = ResponderState::Off;
        self.goodbye = false;
        self.multicast = [None; OwnRecord::ALL.len()];
        self.forget();
    }

    /// Leaves the network in good order: everybody is told to forget the device's records (section
    /// 10.1). Drain [`poll_send`](Self::poll_send) before leaving.
    pub fn stop(&mut self) {
        self.goodbye = matches!(self.state, ResponderState::Announcing { .. } | ResponderState::Established);
        self.state = ResponderState::Off;
        self.forget();
    }

    /// Takes a datagram that arrived on port 5353. What is malformed, comes from another network or
    /// is longer than [`MDNS_RECEIVED_BYTES`] is ignored.
    pub fn handle_datagram(
        &mut self,
        datagram: &[u8],
        from: SocketAddrV4,
        entropy: &mut impl Entropy,
        now: Instant,
    ) {
        if self.state == ResponderState::Off
            || !self.link.has(*from.ip())
            || datagram.len() > MDNS_RECEIVED_BYTES
        {
            return;
        }
        let Some(message) = Message::read(datagram) else { return };
        if message.is_response() {
            if from.port() == MDNS_PORT {
                self.handle_response(message, entropy, now);
            }
        } else if let ResponderState::Probing { .. } = self.state {
            self.handle_rival(message, now);
        } else if from.port() == MDNS_PORT {
            self.handle_query(message, from, entropy, now);
        } else {
            self.handle_legacy_query(message, from);
        }
    }

    /// When [`poll_send`](Self::poll_send) has something to send.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let state = match self.state {
            ResponderState::Probing { next, .. } | ResponderState::Announcing { next, .. } => Some(next),
            ResponderState::Off | ResponderState::Established => None,
        };
        let truncated = self.truncated.map(|query| query.due);
        self.due.iter().copied().fold(earliest(state, truncated), earliest)
    }

    /// Writes the next datagram to the beginning of `out`, which must have room for
    /// [`MDNS_MESSAGE_BYTES`](crate::limits::MDNS_MESSAGE_BYTES).
    #[must_use]
    pub fn poll_send(&mut self, out: &mut [u8], now: Instant) -> Option<Transmit> {
        let mut out = Writer { buffer: out, length: 0 };
        let to = self.write_next(&mut out, now)?;
        Some(Transmit { to, length: out.length })
    }

    fn write_next(&mut self, out: &mut Writer<'_>, now: Instant) -> Option<SocketAddrV4> {
        if core::mem::take(&mut self.goodbye) {
            self.write_response(RecordSet::ANNOUNCED, Some(0), None, out)?;
            return Some(MDNS_GROUP);
        }
        if let Some(unicast) = self.unicasts.pop_front() {
            self.write_response(unicast.answers, None, unicast.legacy, out)?;
            return Some(unicast.to);
        }
        match self.state {
            ResponderState::Probing { sent, next } if next <= now && sent < PROBES => {
                self.state = ResponderState::Probing { sent: sent + 1, next: now + PROBE_INTERVAL };
                self.write_probe(out)?;
                return Some(MDNS_GROUP);
            }
            ResponderState::Probing { next, .. } if next <= now => {
                self.state = ResponderState::Announcing { sent: 0, next: now }
            }
            _ => {}
        }
        if let ResponderState::Announcing { sent, next } = self.state
            && next <= now
        {
            self.state = if sent + 1 < ANNOUNCEMENTS {
                ResponderState::Announcing { sent: sent + 1, next: now + ANNOUNCE_INTERVAL }
            } else {
                self.conflicts = 0;
                ResponderState::Established
            };
            return self.multicast(RecordSet::ANNOUNCED, out, now);
        }
        if let Some(query) = self.truncated.take_if(|query| query.due <= now) {
            self.schedule(query.answers, Duration::ZERO, RECORD_INTERVAL, now);
        }
        let is_due = |(_, due): &(OwnRecord, Option<Instant>)| due.is_some_and(|due| due <= now);
        let due = OwnRecord::ALL.into_iter().zip(self.due).filter(is_due);
        let answers = due.fold(RecordSet::EMPTY, |set, (own, _)| set | own.into());
        if answers.is_empty() { None } else { self.multicast(answers, out, now) }
    }

    fn handle_response(&mut self, message: Message<'_>, entropy: &mut impl Entropy, now: Instant) {
        let is_probing = matches!(self.state, ResponderState::Probing { .. });
        let mut conflict = false;
        let mut renewed = RecordSet::EMPTY;
        for (_, record) in message.all_records() {
            let facts = self.facts();
            let same = OwnRecord::ALL.into_iter().find(|own| record.has_key_of(*own, facts.host));
            match same {
                Some(own) if record.says(own, &facts) => {
                    // Section 6.6: somebody says it as if it were about to end.
                    let ends = record.ttl < own.ttl() / 2;
                    renewed |= if ends { own.into() } else { RecordSet::EMPTY };
                }
                _ if record.ttl == 0 => {}
                // Section 8.1: any record under the name means that it is taken.
                _ if is_probing => {
                    conflict |=
                        record.is_of(Owner::Host, facts.host) || record.is_of(Owner::Instance, facts.host);
                }
                Some(OwnRecord::Address | OwnRecord::Service | OwnRecord::Text) => conflict = true,
                _ => {}
            }
        }
        if conflict {
            self.handle_conflict(is_probing, entropy, now);
        } else if !is_probing {
            self.schedule(renewed & RecordSet::ANNOUNCED, Duration::ZERO, RECORD_INTERVAL, now);
        }
    }

    /// Section 9: a name that was the device's own is asked for once more; one that is asked for is
    /// given up.
    fn handle_conflict(&mut self, is_probing: bool, entropy: &mut impl Entropy, now: Instant) {
        self.conflicts = self.conflicts.saturating_add(1);
        if is_probing {
            self.number = self.number.saturating_add(1);
            self.name = self.wanted.numbered(self.number);
        }
        let many = self.conflicts >= MANY_CONFLICTS;
        let delay = if many { CONFLICT_DELAY } else { between(entropy, 0, 250) };
        self.probe(delay, now);
    }

    /// Another device asks for the same name in the same moment.
    fn handle_rival(&mut self, message: Message<'_>, now: Instant) {
        let facts = self.facts();
        let loses = |owner| tie::compare(message, owner, &facts) == Ordering::Less;
        if loses(Owner::Host) || loses(Owner::Instance) {
            self.probe(TIE_DELAY, now);
        }
    }

    fn handle_query(
        &mut self,
        message: Message<'_>,
        from: SocketAddrV4,
        entropy: &mut impl Entropy,
        now: Instant,
    ) {
        let known = message.known(&self.facts());
        if message.questions == 0 {
            // Section 7.2: the rest of what the sender of an earlier query knows.
            if let Some(query) = self.truncated.as_mut().filter(|query| query.from == from) {
                query.answers = query.answers & !known;
            }
            return;
        }
        let (mut all, mut alone) = (RecordSet::EMPTY, RecordSet::EMPTY);
        for question in message.questions() {
            let answers = question.answers(&self.name) & !known;
            if question.wants_unicast() {
                alone |= answers;
            } else {
                all |= answers;
            }
        }
        // Section 5.4: what has not been multicast for a quarter of its time goes to all.
        let stale = |own: &OwnRecord| {
            let fresh_for = Duration::from_secs(u64::from(own.ttl()) / 4);
            self.multicast_of(*own).is_none_or(|last| now - last > fresh_for)
        };
        all |= alone.iter().filter(stale).fold(RecordSet::EMPTY, |set, own| set | own.into());
        alone = alone & !all;
        if !alone.is_empty() {
            // If there is no room, the host asks again.
            let _ = self.unicasts.push_back(Unicast { to: from, answers: alone, legacy: None });
        }
        let is_probe = message.records(super::query::Section::Authority).next().is_some();
        if message.is_truncated() && self.truncated.is_none() {
            let due = now + between(entropy, TRUNCATED_DELAY.0, TRUNCATED_DELAY.1);
            self.truncated = Some(TruncatedQuery { from, answers: all, due });
        } else if all.iter().all(OwnRecord::is_unique) {
            let interval = if is_probe { DEFENCE_INTERVAL } else { RECORD_INTERVAL };
            self.schedule(all, Duration::ZERO, interval, now);
        } else {
            let delay = between(entropy, SHARED_DELAY.0, SHARED_DELAY.1);
            self.schedule(all, delay, RECORD_INTERVAL, now);
        }
    }

    /// Section 6.7: a plain resolver is answered alone and at once. It asks one question.
    fn handle_legacy_query(&mut self, message: Message<'_>, from: SocketAddrV4) {
        let mut questions = message.questions();
        let (Some(question), None) = (questions.next(), questions.next()) else { return };
        let answers = question.answers(&self.name) & !message.known(&self.facts());
        if let (Some(owner), false) = (question.owner(&self.name), answers.is_empty()) {
            let legacy = Some(LegacyQuestion {
                id: message.id,
                owner,
                capitals: question.capitals(),
                qtype: question.qtype,
                qclass: question.qclass,
            });
            let _ = self.unicasts.push_back(Unicast { to: from, answers, legacy });
        }
    }

    fn probe(&mut self, delay: Duration, now: Instant) {
        self.state = ResponderState::Probing { sent: 0, next: now + delay };
        self.forget();
    }

    /// Drops what waits to be said.
    fn forget(&mut self) {
        self.due = [None; OwnRecord::ALL.len()];
        self.unicasts.clear();
        self.truncated = None;
    }

    /// Has records multicast after a delay, and not sooner than an interval after the last time.
    fn schedule(&mut self, records: RecordSet, delay: Duration, interval: Duration, now: Instant) {
        for (index, own) in OwnRecord::ALL.into_iter().enumerate().filter(|(_, own)| records.contains(*own)) {
            let allowed = self.multicast_of(own).map_or(now, |last| last + interval);
            if let Some(due) = self.due.get_mut(index) {
                *due = earliest(*due, Some((now + delay).max(allowed)));
            }
        }
    }

    fn multicast_of(&self, own: OwnRecord) -> Option<Instant> {
        OwnRecord::ALL.iter().zip(self.multicast).find(|(one, _)| **one == own).and_then(|(_, last)| last)
    }

    fn multicast(&mut self, answers: RecordSet, out: &mut Writer<'_>, now: Instant) -> Option<SocketAddrV4> {
        for ((own, due), last) in OwnRecord::ALL.iter().zip(&mut self.due).zip(&mut self.multicast) {
            if answers.contains(*own) {
                *due = None;
                *last = Some(now);
            }
        }
        self.write_response(answers, None, None, out)?;
        Some(MDNS_GROUP)
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            host: &self.name,
            address: self.link.address,
            port: self.service.port,
            text: &self.service.text,
        }
    }

    /// Section 8.1: may anything be there under these names, and this is what it is to be.
    fn write_probe(&self, out: &mut Writer<'_>) -> Option<()> {
        let facts = self.facts();
        let owners = [Owner::Host, Owner::Instance];
        let proposed = [OwnRecord::Address, OwnRecord::Service, OwnRecord::Text];
        write_head(out, [0, 0, owners.len() as u16, 0, proposed.len() as u16, 0])?;
        for owner in owners {
            write_question(out, owner, &facts, TYPE_ANY, CLASS_IN | TOP_BIT)?;
        }
        proposed.iter().try_for_each(|own| own.write(&facts, own.ttl(), false, out))
    }

    fn write_response(
        &self,
        answers: RecordSet,
        ttl: Option<u32>,
        legacy: Option<LegacyQuestion>,
        out: &mut Writer<'_>,
    ) -> Option<()> {
        const RESPONSE_AUTHORITATIVE: u16 = 0x8400;
        let facts = self.facts();
        let additional = if ttl.is_some() { RecordSet::EMPTY } else { additional_to(answers) };
        let (id, questions) = legacy.map_or((0, 0), |asked| (asked.id, 1));
        let counts = [answers, additional].map(|set| set.iter().count() as u16);
        write_head(out, [id, RESPONSE_AUTHORITATIVE, questions, counts[0], 0, counts[1]])?;
        if let Some(asked) = legacy {
            let begins = out.length;
            write_question(out, asked.owner, &facts, asked.qtype, asked.qclass)?;
            asked.capitals.restore(out.buffer.get_mut(begins..out.length - 4)?);
        }
        for own in answers.iter().chain(additional.iter()) {
            let most = if legacy.is_some() { LEGACY_TTL } else { u32::MAX };
            own.write(&facts, ttl.unwrap_or(own.ttl()).min(most), legacy.is_none(), out)?;
        }
        Some(())
    }
}

fn write_head(out: &mut Writer<'_>, numbers: [u16; 6]) -> Option<()> {
    numbers.into_iter().try_for_each(|number| out.put_u16(number))
}

fn write_question(
    out: &mut Writer<'_>,
    owner: Owner,
    facts: &Facts<'_>,
    qtype: u16,
    qclass: u16,
) -> Option<()> {
    owner.write(facts.host, out)?;
    out.put_u16(qtype)?;
    out.put_u16(qclass)
}

/// A random time between these milliseconds.
fn between(entropy: &mut impl Entropy, least: u16, most: u16) -> Duration {
    let mut bytes = [0; 2];
    entropy.fill(&mut bytes);
    let chance = u32::from(u16::from_le_bytes(bytes)) % u32::from(most - least + 1);
    Duration::from_millis(u64::from(least) + u64::from(chance))
}
