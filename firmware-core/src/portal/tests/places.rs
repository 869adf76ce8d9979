//! Which clients get one of the few connections, and which have to go.

use super::*;
use crate::limits::{CONTENDED_ANSWER_TIMEOUT, CONTENDED_TIMEOUT, EVENT_TIMEOUT, OLD_PAGE_TIMEOUT};

const PAGE: &[u8] = b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";

impl Bench {
    /// Opens a connection in a place that is free, if one is; those that are to be closed are.
    fn opens(&mut self) -> Option<ConnectionId> {
        for id in ConnectionId::ALL {
            if !self.portal.is_open(id)
                && self.portal.poll_send(id, &mut [0; 64], self.now) == Transfer::Close
            {
                self.portal.handle_closed(id);
            }
        }
        let free = ConnectionId::ALL.into_iter().find(|id| !self.portal.is_open(*id))?;
        self.portal.handle_open(free, Interface::AccessPoint, self.now);
        Some(free)
    }

    /// How long it takes until one who comes now has its page.
    fn waits_for_the_page(&mut self) -> Duration {
        let came = self.now;
        loop {
            if let Some(id) = self.opens() {
                assert_eq!(self.portal.handle_received(id, PAGE, self.now), PAGE.len());
                assert_eq!(status(&self.collect(id)), "200");
                self.portal.handle_received_end(id, self.now);
                return Duration::from_micros(self.now.as_micros() - came.as_micros());
            }
            self.wait(Duration::from_millis(10));
        }
    }
}

#[test]
fn silent_connections_make_room_once_they_had_their_time_and_none_is_closed_before() {
    let mut bench = Bench::open();
    for _ in 0..20 {
        while bench.opens().is_some() {}
        assert!(bench.waits_for_the_page() <= CONTENDED_TIMEOUT + Duration::from_millis(10));
    }
    // Twelve at once: those that find a place are answered, the others wait for one.
    let mut bench = Bench::open();
    let mut asked: Vec<_> = core::iter::from_fn(|| bench.opens()).collect();
    assert_eq!(asked.len(), CONNECTIONS);
    for id in asked.drain(..) {
        assert_eq!(bench.portal.handle_received(id, PAGE, bench.now), PAGE.len());
        let answer = bench.collect(id);
        assert_eq!(status(&answer), "200", "none is closed for the next");
        // Its client goes if it was told so.
        if answer.contains("Connection: close") {
            bench.portal.handle_received_end(id, bench.now);
        }
    }
    for _ in CONNECTIONS..12 {
        assert_eq!(bench.waits_for_the_page(), Duration::ZERO, "one that was answered makes room at once");
    }
}

/// Who holds places and says nothing is many, and goes sooner.
#[test]
fn once_eight_that_were_silent_had_to_go_the_next_ones_go_after_thirty_milliseconds() {
    let mut bench = Bench::open();
    let tick = Duration::from_millis(5);
    let mut waits = Vec::new();
    for _ in 0..5 * CONNECTIONS {
        let came = bench.now;
        while bench.opens().is_none() {
            bench.wait(tick);
        }
        waits.push(bench.now - came);
    }
    assert_eq!(waits[..CONNECTIONS], [Duration::ZERO; CONNECTIONS]);
    assert_eq!(waits[CONNECTIONS], CONTENDED_TIMEOUT, "the first of them had its time");
    let longest = waits[CONNECTIONS + 1..].iter().max().unwrap();
    assert!((Duration::from_millis(30)..Duration::from_millis(40)).contains(longest), "{waits:?}");
}

#[test]
fn slow_readers_and_waiters_do_not_hold_every_place() {
    let mut bench = Bench::open();
    while let Some(id) = bench.opens() {
        assert_eq!(bench.portal.handle_received(id, PAGE, bench.now), PAGE.len());
    }
    // Each takes a byte now and then.
    let mut waited = Duration::ZERO;
    while bench.opens().is_none() {
        for id in ConnectionId::ALL {
            let _ = bench.portal.poll_send(id, &mut [0], bench.now);
        }
        bench.wait(Duration::from_millis(100));
        waited += Duration::from_millis(100);
    }
    assert!(waited <= CONTENDED_ANSWER_TIMEOUT + Duration::from_millis(100), "{waited:?}");

    let mut bench = Bench::open();
    bench.submit(RIGHT);
    let events = b"GET /api/events HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";
    let waits = bench.opens().unwrap();
    assert_eq!(bench.portal.handle_received(waits, events, bench.now), events.len());
    assert_eq!(bench.portal.deadline(waits), Some(bench.now + EVENT_TIMEOUT));
}

/// A page that is on its way shows one list to its end, so that a newer one waits for it; not for ever.
#[test]
fn slow_readers_do_not_keep_the_newest_list_from_everybody_else() {
    let mut bench = Bench::open();
    let half_read = |bench: &mut Bench, place: usize| {
        let id = ConnectionId::ALL[place];
        bench.portal.handle_open(id, Interface::AccessPoint, bench.now);
        assert_eq!(bench.portal.handle_received(id, PAGE, bench.now), PAGE.len());
        assert_eq!(bench.portal.poll_send(id, &mut [0; 64], bench.now), Transfer::Bytes(64));
        id
    };
    let first = half_read(&mut bench, 4);
    bench.hears_network(b"Newcomer", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    let lists = |bench: &mut Bench| bench.look("/").contains("Newcomer");
    assert!(!lists(&mut bench));
    let mut waited = Duration::ZERO;
    let mut slow = std::vec![first];
    while !lists(&mut bench) {
        // The next one begins before the last one ends, and each takes a byte now and then.
        for id in &slow {
            let _ = bench.portal.poll_send(*id, &mut [0], bench.now);
        }
        if slow.len() < 4 {
            slow.push(half_read(&mut bench, 4 + slow.len()));
        }
        bench.wait(Duration::from_secs(2));
        waited += Duration::from_secs(2);
        assert!(waited <= OLD_PAGE_TIMEOUT, "{waited:?}");
    }
    assert_eq!(waited, OLD_PAGE_TIMEOUT, "a page has a fair time");
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
/// its time, and the next one then.
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
    assert_eq!(bench.portal.poll_send(id(0), &mut out, bench.now), Transfer::Idle, "it has its time");
    bench.wait(CONTENDED_TIMEOUT);
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

/// Found by a benchmark over sockets: a driver that accepts eight before it reads from any. The one that was told to hurry
/// then went on to its body, which has a time of its own, and nobody else was told.
#[test]
fn when_the_one_that_was_hurried_goes_on_another_is() {
    for begun in [
        &b"P"[..],
        b"POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\
          Content-Length: 400\r\n\r\n",
    ] {
        let mut bench = Bench::open();
        let all: Vec<_> = core::iter::from_fn(|| bench.opens()).collect();
        assert_eq!(all.len(), CONNECTIONS);
        bench.wait(Duration::from_millis(5));
        for id in all {
            assert_eq!(bench.portal.handle_received(id, begun, bench.now), begun.len());
        }
        bench.wait(CONTENDED_TIMEOUT);
        for id in ConnectionId::ALL {
            bench.collect(id);
        }
        assert!(bench.opens().is_some(), "one makes room after its time: {}", begun.len());
    }
}
