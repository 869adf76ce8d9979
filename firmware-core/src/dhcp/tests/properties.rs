//! Any bytes, and any history of messages, against what must always hold.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::limits::{LEASES, OFFER_TIMEOUT, QUARANTINE_TIMEOUT, QUARANTINED};

/// As many as the table has entries: of more, the longest silent is forgotten, which the tests of
/// the table check.
const CLIENTS: u16 = LEASES as u16;
const SOME_TIME: Duration = Duration::from_secs(40);

/// What happens, as a client or the clock does it.
#[derive(Clone, Copy, Debug)]
enum HistoryStep {
    Discover {
        client: u16,
        wish: Option<u8>,
    },
    /// Takes what it was last given, the four ways there are.
    Take {
        client: u16,
        how: u8,
    },
    /// Asks for any address, as a client with a memory of another device does.
    Guess {
        client: u16,
        host: u8,
        renews: bool,
    },
    Decline {
        client: u16,
        host: Option<u8>,
    },
    Release {
        client: u16,
        host: Option<u8>,
    },
    Inform {
        client: u16,
        host: u8,
    },
    Wait(Duration),
    PowerCut,
}

fn any_step() -> impl Strategy<Value = HistoryStep> {
    let client = || 0..CLIENTS;
    let host = || prop_oneof![0..40_u8, Just(255)];
    prop_oneof![
        8 => (client(), proptest::option::of(host())).prop_map(|(client, wish)| HistoryStep::Discover { client, wish }),
        12 => (client(), 0..4_u8).prop_map(|(client, how)| HistoryStep::Take { client, how }),
        3 => (client(), host(), any::<bool>())
            .prop_map(|(client, host, renews)| HistoryStep::Guess { client, host, renews }),
        2 => (client(), proptest::option::weighted(0.2, host()))
            .prop_map(|(client, host)| HistoryStep::Decline { client, host }),
        2 => (client(), proptest::option::weighted(0.2, host()))
            .prop_map(|(client, host)| HistoryStep::Release { client, host }),
        1 => (client(), host()).prop_map(|(client, host)| HistoryStep::Inform { client, host }),
        4 => prop_oneof![Just(SOME_TIME), Just(OFFER_TIMEOUT), Just(LEASE / 2), Just(LEASE), Just(QUARANTINE_TIMEOUT)]
            .prop_map(HistoryStep::Wait),
        1 => Just(HistoryStep::PowerCut),
    ]
}

/// What the clients believe: the record by which the server is judged.
struct Street {
    bench: Bench,
    last: BTreeMap<u16, Ipv4Addr>,
    /// The client that has each address or is kept it, and until when.
    held: BTreeMap<Ipv4Addr, (u16, Instant)>,
    declined: Vec<(Ipv4Addr, Instant)>,
}

impl Street {
    fn new(first: u8, last: u8) -> Self {
        let (held, declined) = (BTreeMap::new(), Vec::new());
        Self { bench: Bench::lending(first, last), last: BTreeMap::new(), held, declined }
    }

    fn carry_out(&mut self, step: HistoryStep) {
        let known = |street: &Self, client| street.last.get(&client).copied();
        match step {
            HistoryStep::Discover { client, wish } => {
                let ask = ClientMessage::new(DISCOVER, client);
                self.send(client, &wish.map_or(ask.clone(), |wish| ask.requested_ip(at(wish))));
            }
            HistoryStep::Take { client, how } => {
                let Some(address) = known(self, client) else { return };
                let ask = ClientMessage::new(REQUEST, client);
                self.send(
                    client,
                    &match how {
                        0 => ask.requested_ip(address).server_id(SERVER),
                        1 => ask.requested_ip(address).server_id(OTHER_SERVER),
                        2 => ask.requested_ip(address),
                        _ => ask.ciaddr(address),
                    },
                );
            }
            HistoryStep::Guess { client, host, renews: false } => {
                self.send(client, &ClientMessage::new(REQUEST, client).requested_ip(at(host)));
            }
            HistoryStep::Guess { client, host, renews: true } => {
                self.send(client, &ClientMessage::new(REQUEST, client).ciaddr(at(host)));
            }
            HistoryStep::Decline { client, host } => {
                let Some(address) = host.map(at).or(known(self, client)) else { return };
                self.send(
                    client,
                    &ClientMessage::new(DECLINE, client).requested_ip(address).server_id(SERVER),
                );
                let now = self.bench.now;
                let own = |(holder, until): &(u16, Instant)| *holder == client && now < *until;
                if self.held.get(&address).is_some_and(own) {
                    self.held.remove(&address);
                    self.declined.push((address, now + QUARANTINE_TIMEOUT));
                }
            }
            HistoryStep::Release { client, host } => {
                let Some(address) = host.map(at).or(known(self, client)) else { return };
                self.send(client, &ClientMessage::new(RELEASE, client).ciaddr(address).server_id(SERVER));
                if self.held.get(&address).is_some_and(|(holder, _)| *holder == client) {
                    self.held.remove(&address);
                }
            }
            HistoryStep::Inform { client, host } => {
                self.send(client, &ClientMessage::new(INFORM, client).ciaddr(at(host)));
            }
            HistoryStep::Wait(time) => self.bench.wait(time),
            // Clients keep what they have; the device knows of nothing.
            HistoryStep::PowerCut => {
                self.bench.server = Server::new();
                self.held.clear();
                self.declined.clear();
            }
        }
        self.check_table();
    }

    fn send(&mut self, client: u16, ask: &ClientMessage) {
        let now = self.bench.now;
        let Some(reply) = self.bench.ask(ask) else { return };
        let address = reply.message.yiaddr();
        let until = match reply.message_type() {
            MessageType::Offer => now + OFFER_TIMEOUT,
            MessageType::Ack if address.is_unspecified() => return, // of an INFORM
            MessageType::Ack => now + LEASE,
            MessageType::Nak => return,
            other => panic!("{other:?}"),
        };
        self.check_given(client, address);
        let before = self.held.get(&address).map_or(until, |(_, before)| *before);
        self.held.retain(|_, (holder, _)| *holder != client);
        let until = if reply.message_type() == MessageType::Offer { until.max(before) } else { until };
        self.held.insert(address, (client, until));
        self.last.insert(client, address);
    }

    fn check_given(&self, client: u16, address: Ipv4Addr) {
        let now = self.bench.now;
        let Settings { first, last, .. } = self.bench.settings;
        assert!((first..=last).contains(&address) && address != SERVER, "{address} is not to be lent");
        if let Some((holder, until)) = self.held.get(&address) {
            assert!(*holder == client || *until <= now, "{address} is {holder}'s and was given to {client}");
        }
        let newest = self.declined.iter().rev().take(QUARANTINED);
        for (declined, until) in newest {
            assert!(*declined != address || *until <= now, "{address} was declined");
        }
    }

    /// The server's own table, from outside.
    fn check_table(&self) {
        let leases: Vec<_> = self.bench.server.leases(self.bench.now).collect();
        let addresses: BTreeSet<_> = leases.iter().map(|lease| lease.address).collect();
        let clients: BTreeSet<_> = leases.iter().map(|lease| lease.chaddr.0).collect();
        assert_eq!((addresses.len(), clients.len()), (leases.len(), leases.len()));
        for (address, (holder, until)) in &self.held {
            let kept = leases.iter().any(|lease| lease.address == *address && lease.chaddr.0 == mac(*holder));
            assert!(kept || *until <= self.bench.now, "{address} of {holder} is forgotten");
        }
    }
}

proptest! {
    #[test]
    fn any_history_gives_no_address_twice(
        size in 1..20_u8,
        steps in proptest::collection::vec(any_step(), 0..200),
    ) {
        let mut street = Street::new(1, 1 + size);
        for step in steps {
            // Another server's offer gives ours back; whose word that was is checked elsewhere.
            if let HistoryStep::Take { client, how: 1 } = step {
                let now = street.bench.now;
                let offers: Vec<_> = street.bench.server.leases(now)
                    .filter(|lease| lease.hold == Hold::Offered && lease.chaddr.0 == mac(client))
                    .map(|lease| lease.address)
                    .collect();
                street.held.retain(|address, _| !offers.contains(address));
            }
            street.carry_out(step);
        }
        // Once all leases, offers and quarantines have ended, every address can be lent again.
        street.bench.wait(LEASE.max(QUARANTINE_TIMEOUT).max(OFFER_TIMEOUT));
        for client in 1000..1000 + u16::from(size).min(LEASES as u16) {
            prop_assert!(street.bench.joins(client).is_some());
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..700), room in 0..700_usize) {
        prop_assert_eq!(Bench::new().ask_bytes(&bytes, room), None);
    }

    #[test]
    fn any_options_behind_a_good_head_are_survived(
        message_type in 0..10_u8,
        ciaddr: [u8; 4],
        giaddr in prop_oneof![Just([0; 4]), Just([192, 168, 4, 9]), any::<[u8; 4]>()],
        fields in proptest::collection::vec(any::<u8>(), 192),
        tail in proptest::collection::vec(any::<u8>(), 0..300),
        overload in 0..5_u8,
        prefix: u8,
    ) {
        let mut bench = Bench::new();
        bench.settings.prefix = prefix;
        let ask = ClientMessage::new(message_type, 1).ciaddr(ciaddr.into()).giaddr(giaddr.into()).with(52, &[overload]);
        let (file, sname) = fields.split_at(128);
        let ask = ClientMessage { file: file.to_vec(), sname: sname.to_vec(), ..ask };
        let bytes = [ask.unended(), tail].concat();
        if let Some((answer, reply)) = bench.ask_bytes(&bytes, DHCP_REPLY_BYTES) {
            prop_assert!(reply.len() <= DHCP_REPLY_BYTES && reply.len() == answer.length);
            prop_assert!(Message::decode(&mut Decoder::new(&reply)).is_ok());
            prop_assert_eq!(bench.ask_bytes(&reply, DHCP_REPLY_BYTES), None, "no two servers that never stop");
        }
    }

    #[test]
    fn any_options_that_are_well_formed_are_answered(
        options in proptest::collection::vec(
            ((1..255_u8).prop_filter("read", |code| ![50, 52, 53, 54, 57].contains(code)),
             proptest::collection::vec(any::<u8>(), 0..80)),
            0..10,
        ),
        size in proptest::option::of(any::<u16>()),
    ) {
        let ask = options.iter().fold(ClientMessage::new(DISCOVER, 1), |ask, (code, data)| ask.with(*code, data));
        let ask = size.map_or(ask.clone(), |size| ask.with(57, &size.to_be_bytes()));
        let reply = Bench::new().ask(&ask);
        prop_assert!(reply.is_some_and(|reply| reply.message_type() == MessageType::Offer && reply.length <= 548));
    }
}
