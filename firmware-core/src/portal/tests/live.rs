//! The live status: an answer that waits for the result of a join.

use super::*;
use crate::limits::EVENT_WAITERS;

const ASK: &str = "GET /api/events HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";

fn ask_for_event(bench: &mut Bench, connection: usize) {
    bench.portal.handle_open(id(connection), Interface::AccessPoint, bench.now);
    assert_eq!(bench.portal.handle_received(id(connection), ASK.as_bytes(), bench.now), ASK.len());
}

#[test]
fn an_event_comes_with_the_result_and_not_before() {
    for (report, says) in [
        (RadioEvent::Joined(HOME), "\"state\":\"joined\""),
        (RadioEvent::JoinFailed(JoinFailure::WrongPassphrase), "\"code\":\"wrong-passphrase\""),
    ] {
        let mut bench = Bench::open();
        bench.submit(RIGHT);
        ask_for_event(&mut bench, 1);
        bench.wait(Duration::from_secs(10));
        assert_eq!(bench.collect(id(1)), "", "nothing has come of it yet");
        assert_eq!(status(&bench.get("/")), "200", "others are served meanwhile");
        bench.radio(report);
        let answer = bench.collect(id(1));
        assert!(answer.contains("\r\nContent-Type: text/event-stream\r\n"), "{answer}");
        let event = answer.split_once("\r\n\r\n").unwrap().1;
        assert!(event.starts_with("retry: 2000\ndata: {") && event.ends_with("}\n\n"), "{event}");
        assert!(event.contains(says) && !event.contains("horse"), "{event}");
    }
}

#[test]
fn nobody_waits_for_nothing_or_in_anothers_place() {
    let mut bench = Bench::open();
    ask_for_event(&mut bench, 1);
    assert!(bench.collect(id(1)).contains("\"state\":\"setup\""), "nothing is tried");
    bench.portal.handle_closed(id(1));
    bench.submit(RIGHT);
    for connection in 0..EVENT_WAITERS {
        ask_for_event(&mut bench, connection);
        assert_eq!(bench.collect(id(connection)), "", "{connection}");
    }
    ask_for_event(&mut bench, EVENT_WAITERS);
    assert!(
        bench.collect(id(EVENT_WAITERS)).contains("\"state\":\"joining\""),
        "one too many is told at once"
    );
}
