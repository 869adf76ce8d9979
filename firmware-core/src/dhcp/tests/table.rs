//! The table: smaller than the range, and never full of what has expired.

use super::*;
use crate::dhcp::leases::{Pool, Table};
use crate::dhcp::message::ClientId;
use crate::limits::{LEASES, OFFER_TIMEOUT, QUARANTINE_TIMEOUT, QUARANTINED};

/// The script in which one known server refuses every new client until it is restarted, and here
/// without a wait: more phones come by than the table has entries, none of which says goodbye.
#[test]
fn more_clients_than_entries_are_served_at_once() {
    let mut bench = Bench::new();
    let mut given: Vec<_> = (0..3 * LEASES as u16).map(|client| bench.joins(client).unwrap()).collect();
    given.sort_unstable();
    given.dedup();
    assert!(given.len() > 2 * LEASES, "an address is seldom given again");
    assert_eq!(bench.holders(), LEASES);
}

#[test]
fn who_is_forgotten_keeps_its_address_when_it_renews() {
    let mut bench = Bench::new();
    let first = bench.joins(0).unwrap();
    for client in 1..=LEASES as u16 {
        bench.wait(Duration::from_secs(1));
        bench.joins(client).unwrap();
    }
    assert!(bench.server.table.addresses().all(|address| address != first), "it is forgotten");
    let renewed = bench.ask(&ClientMessage::new(REQUEST, 0).ciaddr(first)).unwrap();
    assert_eq!((renewed.message_type(), renewed.message.yiaddr()), (MessageType::Ack, first));
}

/// Two thousand hardware addresses come by, as one hostile neighbour makes them up, and one phone that stays and
/// renews: nobody else is ever given its address, though the table has forgotten it again and again.
#[test]
fn an_address_that_its_holder_renews_is_never_lent_to_another() {
    for client in [0, 1, 2] {
        let mut bench = Bench::new();
        let own = bench.joins(client).unwrap();
        for stranger in 100..2100 {
            if stranger % 100 == 0 {
                bench.wait(LEASE / 2);
                let renewed = bench.ask(&ClientMessage::new(REQUEST, client).ciaddr(own)).unwrap();
                assert_eq!((renewed.message_type(), renewed.message.yiaddr()), (MessageType::Ack, own));
            }
            assert_ne!(bench.joins(stranger), Some(own), "{stranger} turned away or given {client}'s");
            assert!(bench.joins(stranger).is_some());
        }
        // Nor to one that says it had it before, and to its holder it is confirmed.
        let reboots = bench.ask(&ClientMessage::new(REQUEST, 5000).requested_ip(own)).unwrap();
        assert_eq!(reboots.message_type(), MessageType::Nak);
        assert_ne!(
            bench.ask(&ClientMessage::new(DISCOVER, 5000).requested_ip(own)).unwrap().message.yiaddr(),
            own
        );
        let renewed = bench.ask(&ClientMessage::new(REQUEST, client).ciaddr(own)).unwrap();
        assert_eq!(renewed.message_type(), MessageType::Ack);
        // Once it is gone, its address is lent again in time, even after all others.
        bench.wait(LEASE * 3);
        assert!((6000..6253).any(|stranger| bench.joins(stranger) == Some(own)));
    }
}

/// As long as there are addresses that nobody was lent, a lease in force is no other client's either.
#[test]
fn who_is_forgotten_before_it_renews_keeps_its_address_too() {
    let mut bench = Bench::new();
    let given: std::collections::BTreeSet<_> = (0..253).map(|client| bench.joins(client).unwrap()).collect();
    assert_eq!(given.len(), 253, "every address once");
    assert!(bench.joins(253).is_some(), "and then those whose holders have not been heard of since");
}

#[test]
fn who_was_heard_of_lately_is_not_forgotten() {
    let mut bench = Bench::new();
    let addresses: Vec<_> = (0..LEASES as u16).map(|client| bench.joins(client).unwrap()).collect();
    bench.wait(Duration::from_secs(1));
    bench.ask(&ClientMessage::new(REQUEST, 0).ciaddr(addresses[0])).unwrap();
    for client in 100..99 + LEASES as u16 {
        bench.joins(client).unwrap();
        assert!(bench.server.table.addresses().any(|address| address == addresses[0]), "{client}");
    }
    bench.wait(Duration::from_secs(1));
    bench.joins(200).unwrap();
    assert!(bench.server.table.addresses().all(|address| address != addresses[0]), "now it is the oldest");
}

#[test]
fn a_thousand_clients_in_a_row_are_served() {
    for lease_seconds in [60, 600] {
        let mut bench = Bench::new();
        bench.settings.lease = Duration::from_secs(lease_seconds);
        for client in 0..1000 {
            assert!(bench.joins(client).is_some(), "client {client}");
            bench.wait(Duration::from_secs(lease_seconds.div_ceil(LEASES as u64)));
        }
    }
}

#[test]
fn a_thousand_clients_that_only_ask_leave_room_for_one_that_means_it() {
    let mut bench = Bench::new();
    for client in 0..1000 {
        assert!(bench.offered(client).is_some());
        bench.wait(OFFER_TIMEOUT.div_f32(10.0));
    }
    bench.wait(OFFER_TIMEOUT);
    assert!(bench.joins(1000).is_some());
}

#[test]
fn a_range_smaller_than_the_table_is_used_up_and_used_again() {
    let mut bench = Bench::lending(2, 4);
    for round in 0..5 {
        for client in 0..3 {
            assert!(bench.joins(round * 10 + client).is_some());
        }
        assert_eq!(bench.offered(round * 10 + 3), None);
        bench.wait(LEASE);
    }
}

#[test]
fn what_is_missed_least_goes_first() {
    let mut bench = Bench::new();
    let second = Duration::from_secs(1);
    let addresses: Vec<_> = (0..LEASES as u16 - 2)
        .map(|client| {
            bench.wait(second);
            bench.joins(client).unwrap()
        })
        .collect();
    bench.wait(LEASE);
    let offered = [100, 101].map(|client| bench.offered(client).unwrap());
    bench.wait(OFFER_TIMEOUT);
    assert_eq!(bench.holders(), 0);
    assert_eq!(bench.server.table.addresses().count(), LEASES);
    bench.joins(200).unwrap();
    bench.joins(201).unwrap();
    bench.joins(202).unwrap();
    let remembered: Vec<_> = bench.server.table.addresses().collect();
    assert!(offered.iter().all(|address| !remembered.contains(address)), "offers before leases");
    assert!(!remembered.contains(&addresses[0]), "then the lease that ended first");
    assert!(addresses[1..].iter().all(|address| remembered.contains(address)));
}

#[test]
fn declining_everything_takes_nothing_from_others() {
    let mut bench = Bench::new();
    for _ in 0..1000 {
        let address = bench.offered(1).unwrap();
        assert!(bench.ask(&ClientMessage::new(DECLINE, 1).requested_ip(address).server_id(SERVER)).is_none());
    }
    for client in 2..2 + LEASES as u16 {
        assert!(bench.joins(client).is_some());
    }
}

#[test]
fn a_range_all_declined_is_lent_again_in_time() {
    let mut bench = Bench::lending(2, 3);
    for _ in 0..2 {
        let address = bench.offered(1).unwrap();
        assert!(bench.ask(&ClientMessage::new(DECLINE, 1).requested_ip(address)).is_none());
    }
    assert_eq!(bench.offered(1), None);
    bench.wait(QUARANTINE_TIMEOUT);
    assert!(bench.joins(1).is_some());
}

#[test]
fn the_first_of_too_many_declined_addresses_goes_back() {
    let mut bench = Bench::lending(2, 40);
    let mut declined = Vec::new();
    for _ in 0..=QUARANTINED {
        let address = bench.offered(1).unwrap();
        assert!(bench.ask(&ClientMessage::new(DECLINE, 1).requested_ip(address)).is_none());
        bench.wait(Duration::from_secs(1));
        declined.push(address);
    }
    for (number, address) in declined.into_iter().enumerate() {
        let wish = bench.ask(&ClientMessage::new(DISCOVER, 2 + number as u16).requested_ip(address)).unwrap();
        assert_eq!(wish.message.yiaddr() == address, number == 0, "{number}");
    }
}

#[test]
fn a_clock_that_jumps_stops_nothing() {
    let mut bench = Bench::new();
    for client in 0..LEASES as u16 {
        bench.joins(client).unwrap();
    }
    bench.wait(Duration::from_secs(u64::MAX / 1_000_000));
    for client in 100..100 + LEASES as u16 {
        assert!(bench.joins(client).is_some(), "far ahead, all has ended");
    }
    bench.now = Instant::from_micros(0);
    assert!(bench.offered(200).is_some());
    assert_eq!(bench.holders(), LEASES, "back again, what is lent is lent");
    bench.wait(LEASE);
    assert_eq!(bench.holders(), 0, "but no longer than if it had been lent then");
    for client in 200..200 + LEASES as u16 {
        assert!(bench.joins(client).is_some());
    }
}

#[test]
fn only_hosts_of_the_network_are_lent() {
    let mut bench = Bench::new();
    bench.settings.prefix = 29;
    (bench.settings.first, bench.settings.last) = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST);
    let mut lent: Vec<_> = (0..5).map(|client| bench.joins(client).unwrap()).collect();
    lent.sort_unstable();
    assert_eq!(lent, [2, 3, 4, 5, 6].map(at));
    assert_eq!(bench.offered(5), None);
    let settings = bench.settings;
    for prefix in [0, 31, 32, 33, 255] {
        bench.settings = Settings { prefix, ..settings };
        let _ = bench.offered(9);
    }
    bench.settings = Settings { first: at(9), last: at(3), ..settings };
    assert_eq!(bench.offered(10), None, "an empty range");
}

#[test]
fn other_settings_drop_what_they_do_not_lend() {
    let mut bench = Bench::new();
    let address = bench.joins(1).unwrap();
    bench.settings.address = address;
    let other = bench.offered(1).unwrap();
    assert_ne!(other, address, "the device's own now");
}

#[test]
fn places_are_spread_over_the_range() {
    let pool = Pool { first: at(2).to_bits(), last: at(254).to_bits(), server: SERVER };
    let mut table = Table::new();
    let mut hosts: Vec<_> = (0..LEASES as u64)
        .map(|number| {
            let now = Instant::from_micros(0);
            let chaddr = MacAddress(mac(0));
            table.offer(&pool, ClientId::numbered(number), chaddr, None, now).unwrap().octets()[3]
        })
        .collect();
    hosts.sort_unstable();
    let gaps = hosts.windows(2).filter(|pair| pair[1] - pair[0] > 1).count();
    assert!(gaps > LEASES / 2, "{hosts:?}");
}
