//! More clients than the device has places, and none of them fails.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use tokio::runtime::Runtime;
use vestibule::trace::What;
use vestibule::world::loopback::{Loopback, Ports};
use vestibule_tests::{Device, scenario};

const CLOSING: &[u8] =
    b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\nConnection: close\r\n\r\n";
const KEEPING: &[u8] = b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n";

/// Clients, and the requests of each.
const CLOSING_CLIENTS: usize = 200;
const KEEPING_CLIENTS: usize = 12;
const CHECKS: usize = 5;
const KEPT_CHECKS: usize = 100;

/// Lets so many clients do this at once; returns what went wrong.
fn at_once(clients: usize, client: impl Fn() -> Vec<String> + Sync) -> Vec<String> {
    thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(&client)).collect();
        clients.into_iter().flat_map(|client| client.join().expect("a client ends")).collect()
    })
}

#[test]
fn two_hundred_clients_at_once_wait_and_each_is_answered() {
    let device = Device::start();
    let failed = at_once(CLOSING_CLIENTS, || {
        let answers = (0..CHECKS).map(|_| device.ask(CLOSING));
        answers.filter(|answer| !answer.starts_with("HTTP/1.1 302 ")).collect()
    });
    assert!(failed.is_empty(), "{} failed: {:?}", failed.len(), failed.first());
}

/// A request on a kept connection that the device gives up at that moment, for one more client, is answered.
#[test]
fn twelve_clients_that_keep_their_connections_lose_no_request() {
    let device = Device::start();
    let failed = at_once(KEEPING_CLIENTS, || {
        let (mut kept, mut failed) = (None, Vec::new());
        for _ in 0..KEPT_CHECKS {
            let mut stream = kept.take().unwrap_or_else(|| device.connect());
            match ask(&mut stream) {
                // Whoever is told that the connection ends takes another one.
                Ok(answer) if answer.contains("Connection: close") => {}
                Ok(_) => kept = Some(stream),
                Err(error) => failed.push(error),
            }
        }
        failed
    });
    assert!(failed.is_empty(), "{} failed: {:?}", failed.len(), failed.first());
}

/// An idle connection ends all the same once its client is silent: it does not hold on to anything of the device's.
#[test]
fn a_connection_given_up_for_others_ends_soon_if_its_client_is_silent() {
    let device = Device::start();
    let mut idle = device.connect();
    ask(&mut idle).expect("an answer");
    // They take all other places.
    let others: Vec<TcpStream> = (0..7).map(|_| device.connect()).collect();
    idle.set_read_timeout(Some(Duration::from_secs(3))).expect("a timeout");
    assert_eq!(idle.read(&mut [0]).expect("it ends before a kept connection otherwise does"), 0);
    drop(others);
    assert!(device.serves_the_page());
}

/// Nothing is recorded that nobody asked for.
#[test]
fn who_wants_the_story_alone_is_told_it_and_nothing_is_kept() {
    let answers_recorded = |story_only| {
        let runtime = Runtime::new().expect("a runtime");
        let alone = scenario("name = \"a device alone\"");
        let world = runtime.block_on(Loopback::start(&alone, 1, Ports::default(), None)).expect("free ports");
        let mut records = world.follow();
        if story_only {
            world.tell_story_only();
        }
        runtime.block_on(async {
            world.power_on();
            while !world.access_point_is_up() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let answer = ask(&mut TcpStream::connect(world.portal()).expect("the portal listens"));
        assert!(answer.is_ok(), "{answer:?}");
        let followed: Vec<_> = std::iter::from_fn(|| records.try_recv().ok()).collect();
        assert!(followed.iter().any(|record| matches!(record.what, What::AccessPoint { up: true })));
        let answered = followed.iter().filter(|record| matches!(record.what, What::Answered { .. })).count();
        (answered, world.records().len())
    };
    assert_eq!(answers_recorded(true), (0, 0));
    let (answered, kept) = answers_recorded(false);
    assert!(answered == 1 && kept > 1, "{answered} {kept}");
}

/// The answer to a check.
fn ask(stream: &mut TcpStream) -> Result<String, String> {
    stream.write_all(KEEPING).map_err(|error| error.to_string())?;
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return Err(format!("it ended after {}", answer.escape_ascii())),
            Ok(length) => answer.extend_from_slice(&piece[..length]),
            Err(error) => return Err(error.to_string()),
        }
        let text = String::from_utf8_lossy(&answer);
        if is_whole(&text) {
            return match text.starts_with("HTTP/1.1 302 ") {
                true => Ok(text.into_owned()),
                false => Err(text.into_owned()),
            };
        }
    }
}

fn is_whole(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
