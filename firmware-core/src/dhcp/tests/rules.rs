//! Every message in every state: what is answered, and where to.

use super::*;
use crate::limits::{OFFER_TIMEOUT, QUARANTINE_TIMEOUT};

#[test]
fn a_client_is_offered_an_address_and_gets_it() {
    let mut bench = Bench::new();
    let offer = bench.ask(&ClientMessage::new(DISCOVER, 1)).unwrap();
    let address = offer.message.yiaddr();
    assert_eq!(offer.message_type(), MessageType::Offer);
    assert_eq!(offer.to, Destination::NewClient(address, MacAddress(mac(1))));
    let ack = bench.ask(&ClientMessage::selecting(1, address)).unwrap();
    assert_eq!((ack.message_type(), ack.message.yiaddr()), (MessageType::Ack, address));
    assert_eq!(ack.to, offer.to);
    assert_eq!(ack.to.address(), SocketAddrV4::new(address, 68));
    assert_eq!(ack.to.chaddr(), Some(MacAddress(mac(1))));
    let lease = *bench.server.leases(bench.now).next().unwrap();
    assert_eq!((lease.address, lease.hold), (address, Hold::Lent));
    assert_eq!((lease.chaddr, lease.until), (MacAddress(mac(1)), bench.now + LEASE));
}

/// The script in which one known server offers .2, .2 and, after the DECLINE, .2 again.
#[test]
fn three_clients_get_three_addresses_and_a_declined_one_is_not_offered_again() {
    let mut bench = Bench::lending(2, 20);
    let offers = [1, 2, 3].map(|client| bench.offered(client).unwrap());
    assert!(offers[0] != offers[1] && offers[1] != offers[2] && offers[0] != offers[2], "{offers:?}");
    assert_eq!(bench.acked(&ClientMessage::selecting(1, offers[0])), Some(offers[0]));
    assert!(bench.ask(&ClientMessage::new(DECLINE, 1).requested_ip(offers[0]).server_id(SERVER)).is_none());
    for client in [1, 4, 5, 6, 7] {
        let wish = bench.ask(&ClientMessage::new(DISCOVER, client).requested_ip(offers[0])).unwrap();
        assert_ne!(wish.message.yiaddr(), offers[0]);
    }
    assert_eq!(bench.acked(&ClientMessage::new(REQUEST, 8).requested_ip(offers[0])), None);
    bench.wait(QUARANTINE_TIMEOUT);
    let wish = bench.ask(&ClientMessage::new(DISCOVER, 9).requested_ip(offers[0])).unwrap();
    assert_eq!(wish.message.yiaddr(), offers[0], "withheld for a while, not for ever");
}

#[test]
fn an_offer_is_kept_for_its_client_and_for_a_while_only() {
    let mut bench = Bench::lending(2, 2);
    assert_eq!(bench.offered(1), Some(at(2)));
    assert_eq!(bench.offered(2), None);
    assert_eq!(bench.acked(&ClientMessage::selecting(2, at(2))), None);
    assert_eq!(bench.offered(1), Some(at(2)), "the same again");
    bench.wait(OFFER_TIMEOUT - Duration::from_micros(1));
    assert_eq!(bench.offered(2), None);
    bench.wait(Duration::from_micros(1));
    assert_eq!(bench.offered(2), Some(at(2)));
    assert_eq!(bench.acked(&ClientMessage::selecting(1, at(2))), None, "it is too late");
}

#[test]
fn a_late_request_is_taken_while_nobody_else_has_the_address() {
    let mut bench = Bench::new();
    let address = bench.offered(1).unwrap();
    bench.wait(2 * OFFER_TIMEOUT);
    assert_eq!(bench.acked(&ClientMessage::selecting(1, address)), Some(address));
}

#[test]
fn a_client_finds_its_address_again() {
    let mut bench = Bench::new();
    let address = bench.joins(1).unwrap();
    assert_eq!(bench.offered(1), Some(address), "while it is lent");
    bench.wait(2 * LEASE);
    bench.joins(2).unwrap();
    assert_eq!(bench.offered(1), Some(address), "and after");
    bench.server = Server::new();
    assert_eq!(bench.offered(1), Some(address), "and when all is forgotten");
}

#[test]
fn a_wish_is_granted_if_the_address_is_free() {
    let mut bench = Bench::lending(2, 100);
    let wish = |client, host| ClientMessage::new(DISCOVER, client).requested_ip(at(host));
    assert_eq!(bench.ask(&wish(1, 77)).unwrap().message.yiaddr(), at(77));
    for (client, host) in [(2, 77), (3, 1), (4, 101), (5, 0), (6, 255)] {
        let offered = bench.ask(&wish(client, host)).unwrap().message.yiaddr();
        assert!(offered != at(host) && (at(2)..=at(100)).contains(&offered), "{offered}");
    }
}

#[test]
fn a_discover_in_a_clients_name_does_not_shorten_its_lease() {
    let mut bench = Bench::lending(2, 2);
    bench.joins(1).unwrap();
    assert_eq!(bench.offered(1), Some(at(2)));
    bench.wait(2 * OFFER_TIMEOUT);
    assert_eq!(bench.offered(2), None);
}

#[test]
fn a_client_that_takes_another_servers_offer_gives_ours_back() {
    let mut bench = Bench::lending(2, 2);
    bench.offered(1).unwrap();
    assert!(bench.ask(&ClientMessage::new(REQUEST, 1).requested_ip(at(2)).server_id(OTHER_SERVER)).is_none());
    assert_eq!(bench.joins(2), Some(at(2)));
    assert!(bench.ask(&ClientMessage::new(REQUEST, 2).requested_ip(at(2)).server_id(OTHER_SERVER)).is_none());
    assert_eq!(bench.offered(3), None, "a lease is not given back that way");
}

#[test]
fn what_was_not_offered_is_refused() {
    let mut bench = Bench::new();
    let address = bench.offered(1).unwrap();
    let other = if address == at(9) { at(10) } else { at(9) };
    let nak = bench.ask(&ClientMessage::selecting(1, other)).unwrap();
    assert_eq!((nak.message_type(), nak.to), (MessageType::Nak, Destination::Broadcast));
    assert_eq!(nak.to.address(), SocketAddrV4::new(Ipv4Addr::BROADCAST, 68));
    assert_eq!((nak.message.yiaddr(), nak.message.ciaddr()), (Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED));
    assert_eq!(nak.message.opts().len(), 2, "its type and its sender");
    assert_eq!(bench.acked(&ClientMessage::selecting(1, address)), Some(address), "the offer still stands");
}

#[test]
fn a_phone_that_comes_back_confirms_its_address() {
    let mut bench = Bench::new();
    let confirm = |client, address| ClientMessage::new(REQUEST, client).requested_ip(address);
    let address = bench.joins(1).unwrap();
    assert_eq!(bench.acked(&confirm(1, address)), Some(address));
    let other = if address == at(9) { at(10) } else { at(9) };
    assert_eq!(bench.acked(&confirm(1, other)), None, "it has another");
    assert_eq!(bench.acked(&confirm(2, address)), None, "another has it");
    for elsewhere in [SERVER, at(0), at(255), Ipv4Addr::new(192, 168, 1, 23), Ipv4Addr::new(10, 0, 0, 5)] {
        assert_eq!(bench.acked(&confirm(3, elsewhere)), None, "{elsewhere}");
    }
    bench.server = Server::new(); // a power cut
    assert_eq!(bench.acked(&confirm(1, address)), Some(address), "it goes on with what it had");
    assert_eq!(bench.acked(&confirm(2, address)), None);
}

#[test]
fn a_lease_is_renewed_until_it_is_another_clients() {
    let mut bench = Bench::lending(2, 2);
    let renew = |client, address| ClientMessage::new(REQUEST, client).ciaddr(address);
    bench.joins(1).unwrap();
    bench.wait(LEASE / 2);
    let ack = bench.ask(&renew(1, at(2))).unwrap();
    assert_eq!((ack.message_type(), ack.message.yiaddr()), (MessageType::Ack, at(2)));
    assert_eq!((ack.message.ciaddr(), ack.to), (at(2), Destination::Client(at(2))));
    assert_eq!(ack.to.address(), SocketAddrV4::new(at(2), 68));
    bench.wait(LEASE - Duration::from_secs(1));
    assert_eq!(bench.offered(2), None, "it counts from the renewal");
    bench.wait(Duration::from_secs(1));
    assert_eq!(bench.acked(&renew(1, at(2))), Some(at(2)), "late, but nobody else wanted it");
    bench.wait(LEASE);
    assert_eq!(bench.joins(2), Some(at(2)));
    let nak = bench.ask(&renew(1, at(2))).unwrap();
    assert_eq!((nak.message_type(), nak.to), (MessageType::Nak, Destination::Broadcast));
    assert_eq!(nak.message.ciaddr(), Ipv4Addr::UNSPECIFIED);
    assert_eq!(bench.acked(&renew(3, Ipv4Addr::new(192, 168, 1, 23))), None, "of another network");
}

/// A client that renews has its address in `ciaddr`; it must not fill in option 50 (RFC 2131 section 4.3.2), and one that
/// does keeps what it has.
#[test]
fn who_renews_keeps_its_address_whatever_else_it_names() {
    let mut bench = Bench::new();
    let own = bench.joins(1).unwrap();
    let ack = bench.ask(&ClientMessage::new(REQUEST, 1).ciaddr(own).requested_ip(at(77))).unwrap();
    assert_eq!((ack.message_type(), ack.message.yiaddr()), (MessageType::Ack, own));
    assert_eq!(ack.to, Destination::Client(own));
}

#[test]
fn a_device_that_has_lost_its_memory_renews_what_is_free() {
    let mut bench = Bench::new();
    let renew = |client, address| ClientMessage::new(REQUEST, client).ciaddr(address);
    assert_eq!(bench.acked(&renew(1, at(7))), Some(at(7)));
    assert_eq!(bench.acked(&renew(2, at(7))), None);
    assert_eq!(bench.acked(&renew(3, SERVER)), None);
}

#[test]
fn a_request_for_nothing_is_met_with_silence() {
    assert!(Bench::new().ask(&ClientMessage::new(REQUEST, 1)).is_none());
    assert!(Bench::new().ask(&ClientMessage::new(REQUEST, 1).server_id(SERVER)).is_none());
}

#[test]
fn only_its_client_can_decline_or_release_an_address() {
    let mut bench = Bench::lending(2, 2);
    let decline = |client, server| ClientMessage::new(DECLINE, client).requested_ip(at(2)).server_id(server);
    let release = |client, server| ClientMessage::new(RELEASE, client).ciaddr(at(2)).server_id(server);
    bench.joins(1).unwrap();
    for ask in [decline(2, SERVER), decline(1, OTHER_SERVER), release(2, SERVER), release(1, OTHER_SERVER)] {
        assert!(bench.ask(&ask).is_none());
        assert_eq!(bench.holders(), 1);
        assert_eq!(bench.acked(&ClientMessage::new(REQUEST, 1).ciaddr(at(2))), Some(at(2)), "{ask:?}");
    }
    for ask in
        [ClientMessage::new(DECLINE, 1).requested_ip(at(9)), ClientMessage::new(RELEASE, 1).ciaddr(at(9))]
    {
        assert!(bench.ask(&ask).is_none());
        assert_eq!(bench.holders(), 1, "not the address that it has: {ask:?}");
    }
    assert!(bench.ask(&release(1, SERVER)).is_none());
    assert_eq!(bench.holders(), 0);
    assert!(bench.ask(&decline(1, SERVER)).is_none(), "what it had");
    assert_eq!(bench.joins(2), Some(at(2)));
}

#[test]
fn a_released_address_is_remembered_for_its_client() {
    let mut bench = Bench::lending(2, 3);
    let address = bench.joins(1).unwrap();
    assert!(bench.ask(&ClientMessage::new(RELEASE, 1).ciaddr(address).server_id(SERVER)).is_none());
    assert_ne!(bench.offered(2), Some(address), "as long as there is another");
    assert_eq!(bench.offered(1), Some(address));
}

#[test]
fn a_client_with_an_address_of_its_own_is_told_the_rest() {
    let mut bench = Bench::new();
    let reply = bench.ask(&ClientMessage::new(INFORM, 1).ciaddr(at(7))).unwrap();
    assert_eq!((reply.message_type(), reply.to), (MessageType::Ack, Destination::Client(at(7))));
    assert_eq!((reply.message.ciaddr(), reply.message.yiaddr()), (at(7), Ipv4Addr::UNSPECIFIED));
    for code in [OptionCode::AddressLeaseTime, OptionCode::Renewal, OptionCode::Rebinding] {
        assert_eq!(reply.option(code), None);
    }
    assert_eq!(reply.option(OptionCode::Router), Some(&DhcpOption::Router(std::vec![SERVER])));
    assert_eq!(bench.holders(), 0);
    for ciaddr in [Ipv4Addr::UNSPECIFIED, SERVER, at(0), at(255), Ipv4Addr::new(192, 168, 1, 23)] {
        assert!(bench.ask(&ClientMessage::new(INFORM, 1).ciaddr(ciaddr)).is_none(), "{ciaddr}");
    }
}

#[test]
fn answers_go_where_the_client_hears_them() {
    let mut bench = Bench::new();
    let broadcast = ClientMessage { flags: 0x8000, ..ClientMessage::new(DISCOVER, 1) };
    let reply = bench.ask(&broadcast).unwrap();
    assert_eq!((reply.to, reply.message.flags().broadcast()), (Destination::Broadcast, true));
    let address = reply.message.yiaddr();
    let reply = bench.ask(&ClientMessage { flags: 0x8000, ..ClientMessage::selecting(1, address) }).unwrap();
    assert_eq!(reply.to, Destination::Broadcast);
    let renewal = ClientMessage { flags: 0x8000, ..ClientMessage::new(REQUEST, 1).ciaddr(address) };
    assert_eq!(bench.ask(&renewal).unwrap().to, Destination::Client(address));

    let giaddr = at(200);
    for ask in [broadcast.giaddr(giaddr), ClientMessage::selecting(1, address).giaddr(giaddr)] {
        let reply = bench.ask(&ask).unwrap();
        assert_eq!(reply.to, Destination::Relay(giaddr));
        assert_eq!(reply.to.address(), SocketAddrV4::new(giaddr, 67));
    }
    let nak = bench.ask(&ClientMessage::selecting(2, address).giaddr(giaddr)).unwrap();
    assert_eq!((nak.message_type(), nak.to), (MessageType::Nak, Destination::Relay(giaddr)));
    assert!(nak.message.flags().broadcast(), "the relay is to broadcast it");
    for elsewhere in [Ipv4Addr::new(192, 168, 1, 1), Ipv4Addr::new(8, 8, 8, 8), SERVER, at(255)] {
        assert!(bench.ask(&ClientMessage::new(DISCOVER, 3).giaddr(elsewhere)).is_none(), "{elsewhere}");
    }
}

#[test]
fn clients_are_who_they_say_they_are() {
    let mut bench = Bench::new();
    let named = |chaddr, name: &[u8]| ClientMessage::new(DISCOVER, chaddr).with(61, name);
    let mut offered = |ask: ClientMessage| bench.ask(&ask).unwrap().message.yiaddr();
    let address = offered(named(1, b"\0phone"));
    assert_eq!(offered(named(2, b"\0phone")), address, "one name, two hardware addresses");
    assert_ne!(offered(named(1, b"\0table")), address, "two names, one hardware address");
    assert_eq!(offered(named(1, b"\0ph").with(61, b"one")), address, "a name in two pieces");
    let nameless = offered(ClientMessage::new(DISCOVER, 5));
    assert_eq!(offered(named(5, b"")), nameless);
    assert_eq!(offered(named(5, b"x")), nameless, "a name of one byte is none");
    let long = [7; 255];
    let mut almost = long;
    almost[254] = 8;
    assert_ne!(offered(named(6, &long)), offered(named(6, &almost)));
}
