//! Which clients get one of the few connections, and which have to go.

use super::*;
use crate::limits::CONTENDED_REQUEST_TIMEOUT;

#[test]
fn idle_connections_make_room_and_the_page_still_loads() {
    let mut bench = Bench::open();
    let mut out = [0; 64];
    for _ in 0..300 {
        let free = ConnectionId::ALL
            .into_iter()
            .find(|id| !bench.portal.is_open(*id))
            .expect("a place is always kept");
        bench.portal.handle_open(free, Interface::AccessPoint, bench.now);
        for id in ConnectionId::ALL {
            if bench.portal.poll_send(id, &mut out, bench.now) == Transfer::Close {
                bench.portal.handle_closed(id);
            }
        }
        bench.wait(Duration::from_millis(1));
    }
    let free = ConnectionId::ALL.into_iter().find(|id| !bench.portal.is_open(*id)).unwrap();
    bench.portal.handle_open(free, Interface::AccessPoint, bench.now);
    let request = b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";
    assert_eq!(bench.portal.handle_received(free, request, bench.now), request.len());
    assert_eq!(status(&bench.collect(free)), "200");
}

/// Found by a benchmark: four clients that connect again as soon as they have been answered.
#[test]
fn a_request_on_its_way_is_not_lost_while_another_connection_is_about_to_end() {
    let mut bench = Bench::open();
    let request = b"GET /generate_204 HTTP/1.1\r\nHost: gstatic.com\r\nConnection: close\r\n\r\n";
    for id in &ConnectionId::ALL[..CONNECTIONS / 2] {
        bench.portal.handle_open(*id, Interface::AccessPoint, bench.now);
        assert_eq!(bench.portal.handle_received(*id, request, bench.now), request.len());
        assert_eq!(status(&bench.collect(*id)), "302");
    }
    for id in &ConnectionId::ALL[CONNECTIONS / 2..] {
        bench.portal.handle_open(*id, Interface::AccessPoint, bench.now);
    }
    for id in &ConnectionId::ALL[CONNECTIONS / 2..] {
        assert_eq!(bench.portal.handle_received(*id, request, bench.now), request.len());
        assert_eq!(status(&bench.collect(*id)), "302");
    }
}

/// Slow clients in every place: the first of them goes as soon as somebody comes, once it has had
/// its second, and the next one then.
#[test]
fn of_requests_that_arrive_slowly_the_oldest_makes_room() {
    let mut bench = Bench::open();
    let mut out = [0; 64];
    let begun = b"POST /setup HTTP/1.1\r\n";
    for id in &ConnectionId::ALL[..CONNECTIONS - 1] {
        bench.portal.handle_open(*id, Interface::AccessPoint, bench.now);
        assert_eq!(bench.portal.handle_received(*id, begun, bench.now), begun.len());
        bench.wait(Duration::from_millis(1));
    }
    let last = ConnectionId::LAST;
    bench.portal.handle_open(last, Interface::AccessPoint, bench.now);
    assert_eq!(bench.portal.poll_send(id(0), &mut out, bench.now), Transfer::Idle, "it has a second");
    bench.wait(CONTENDED_REQUEST_TIMEOUT);
    assert!(bench.collect(id(0)).starts_with("HTTP/1.1 408 "));
    bench.portal.handle_closed(last);
    bench.portal.handle_closed(id(0));
    // The others were not hurried, until the last place is taken again.
    bench.portal.handle_open(last, Interface::AccessPoint, bench.now);
    assert_eq!(bench.portal.poll_send(id(1), &mut out, bench.now), Transfer::Idle);
    bench.portal.handle_open(id(0), Interface::AccessPoint, bench.now);
    let request = b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";
    assert_eq!(bench.portal.handle_received(id(0), request, bench.now), request.len());
    assert_eq!(status(&bench.collect(id(0))), "200");
}
