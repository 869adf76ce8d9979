//! Which connection is named as ready, and when: what a driver is told that does not ask each of them.

use super::*;
use crate::limits::CONTENDED_TIMEOUT;

const PAGE: &str = "GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";

impl Bench {
    fn request(&mut self, number: usize, request: &str) {
        self.portal.handle_open(id(number), Interface::AccessPoint, self.now);
        assert_eq!(self.portal.handle_received(id(number), request.as_bytes(), self.now), request.len());
    }

    /// Everything that is named, without sending anything.
    fn named(&mut self) -> Vec<usize> {
        core::iter::from_fn(|| self.portal.poll_ready()).map(ConnectionId::index).collect()
    }
}

#[test]
fn who_has_an_answer_is_named_once_until_all_of_it_is_sent() {
    let mut bench = Bench::open();
    bench.portal.handle_open(id(2), Interface::AccessPoint, bench.now);
    assert!(bench.named().is_empty(), "nobody has asked anything");
    bench.request(3, PAGE);
    bench.request(5, PAGE);
    assert_eq!(bench.named(), [3, 5]);
    let mut out = [0; 100];
    assert_eq!(bench.portal.poll_send(id(3), &mut out, bench.now), Transfer::Bytes(100));
    bench.request(4, PAGE);
    assert_eq!(bench.named(), [4], "the others are not sent yet: their sockets are full, say");
    for number in [3, 4, 5] {
        bench.collect(id(number));
    }
    assert!(bench.named().is_empty());
    assert_eq!(bench.portal.handle_received(id(3), PAGE.as_bytes(), bench.now), PAGE.len());
    assert_eq!(bench.named(), [3], "it has asked again");
}

#[test]
fn who_is_to_be_closed_is_named_and_a_number_is_another_connection_after_it() {
    let mut bench = Bench::open();
    for number in 0..CONNECTIONS {
        bench.portal.handle_open(id(number), Interface::AccessPoint, bench.now);
        bench.wait(Duration::from_millis(1));
    }
    assert!(bench.named().is_empty(), "each has its time to ask");
    bench.wait(CONTENDED_TIMEOUT);
    assert_eq!(bench.named(), [0], "the last place was taken, so the oldest silent one makes room");
    bench.portal.handle_closed(id(0));
    bench.request(0, PAGE);
    assert_eq!(bench.named(), [1, 0], "it is another one now, and the next silent one has had its time");
}

#[test]
fn who_is_given_up_while_its_socket_is_full_is_named_again() {
    let takes_nothing = |then: fn(&mut Bench)| {
        let mut bench = Bench::open();
        bench.request(6, PAGE);
        assert_eq!(bench.named(), [6]);
        assert_eq!(bench.portal.poll_send(id(6), &mut [0; 10], bench.now), Transfer::Bytes(10));
        then(&mut bench);
        assert_eq!((bench.named(), bench.portal.is_open(id(6))), ([6].into(), false));
        assert_eq!(bench.portal.poll_send(id(6), &mut [0; 10], bench.now), Transfer::Close);
        assert!(bench.named().is_empty());
    };
    takes_nothing(|bench| bench.wait(Duration::from_secs(60)));
    takes_nothing(|bench| bench.radio(RadioEvent::AccessPointDown));
}

#[test]
fn no_connection_is_left_out_by_one_that_always_has_something() {
    let mut bench = Bench::open();
    for number in 0..3 {
        bench.request(number, PAGE);
    }
    let mut served = Vec::new();
    for _ in 0..6 {
        let ready = bench.portal.poll_ready().expect("somebody has something");
        served.push(ready.index());
        bench.collect(ready);
        assert_eq!(bench.portal.handle_received(ready, PAGE.as_bytes(), bench.now), PAGE.len());
    }
    assert_eq!(served, [0, 1, 2, 0, 1, 2]);
}

#[test]
fn an_answer_to_one_that_answers_another_names_that_one_too() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.request(1, "GET /api/events HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n");
    assert!(bench.named().is_empty(), "it waits");
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    assert_eq!(bench.named(), [1]);
}

/// Exactly the connections that have something to send are named: compared with asking each of them.
#[test]
fn whoever_is_not_named_has_nothing_to_send() {
    let mut bench = Bench::open();
    let requests = [
        PAGE,
        "GET /",
        "POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 192.168.4.1\r\nConnection: close\r\n\r\n",
        "nonsense\r\n\r\n",
    ];
    let mut out = [0; 333];
    for round in 0..500_usize {
        let connection = id(round * 5 % CONNECTIONS);
        match round % 7 {
            0..4 => {
                bench.portal.handle_open(connection, Interface::AccessPoint, bench.now);
                let request = requests[round % requests.len()];
                let _ = bench.portal.handle_received(connection, request.as_bytes(), bench.now);
            }
            4 => bench.portal.handle_received_end(connection, bench.now),
            5 => bench.wait(Duration::from_millis(900)),
            _ => bench.portal.handle_closed(connection),
        }
        while let Some(ready) = bench.portal.poll_ready() {
            let mut sent = 0;
            while let Transfer::Bytes(_) | Transfer::Finish =
                bench.portal.poll_send(ready, &mut out, bench.now)
            {
                sent += 1;
                assert!(sent < 100, "{ready} does not end");
            }
        }
        for connection in ConnectionId::ALL {
            let transfer = bench.portal.poll_send(connection, &mut out, bench.now);
            assert_eq!(transfer, Transfer::Idle, "{connection} was not named");
        }
        bench.drain();
    }
}
