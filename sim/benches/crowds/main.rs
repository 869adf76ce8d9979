//! How long one good client waits for the page over loopback sockets while a crowd of others holds the device's few
//! places: `cargo bench --bench crowds`. What `portal/tests/crowd.rs` of the core says in virtual time.
//!
//! The crowd connects at once; then the page is loaded every quarter of a second for ten seconds. A load that is not
//! answered with the whole page counts as refused, and then the benchmark fails, as it does when the median is a second
//! or the worst two.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use vestibule::scenario::load::parse;
use vestibule::world::loopback::{Loopback, Ports};

const LOADS_FOR: Duration = Duration::from_secs(10);
const LOAD_EVERY: Duration = Duration::from_millis(250);
const BYTE_EVERY: Duration = Duration::from_millis(500);
const LOAD_TIMEOUT: Duration = Duration::from_secs(30);

/// What each of a crowd does once it has connected.
#[derive(Clone, Copy)]
enum Crowd {
    Silent,
    /// Sends a byte of a head now and then.
    SlowHeads,
    /// Sends a head, and a byte of a body now and then.
    SlowBodies,
    /// Asks for the page and takes a byte now and then.
    SlowReaders,
}

fn main() {
    // `cargo test --benches` asks for a trial; nothing is to be measured then.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let portal = device();
    println!("{:<34} {:>10} {:>10} {:>8}", "one good client beside", "median", "worst", "refused");
    let mut is_good = true;
    for (what, crowd, count) in [
        ("nobody", Crowd::Silent, 0),
        ("200 silent connections", Crowd::Silent, 200),
        ("200 slow heads", Crowd::SlowHeads, 200),
        ("200 slow bodies", Crowd::SlowBodies, 200),
        ("eight slow readers", Crowd::SlowReaders, 8),
    ] {
        let over = Arc::new(AtomicBool::new(false));
        let members: Vec<_> = (0..count).map(|_| connect(portal)).collect();
        let crowd = thread::spawn({
            let over = Arc::clone(&over);
            move || act(crowd, members, portal, &over)
        });
        is_good &= row(what, loads(portal));
        over.store(true, Ordering::Relaxed);
        crowd.join().expect("the crowd goes home");
        // Its last connections end.
        thread::sleep(Duration::from_secs(3));
    }
    is_good &= row("twelve at once that ask 300 ms later", in_advance(portal, 12));
    assert!(is_good, "a good client waits a second, two at worst, and is never refused");
}

/// Starts the device on a thread of its own and returns where its HTTP is.
fn device() -> SocketAddr {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let scenario = parse("name = \"benchmark\"", Path::new("benchmark")).expect("a scenario");
            let world = Loopback::start(&scenario, 1, Ports::default(), None).await.expect("free ports");
            world.stop_recording();
            world.power_on();
            while !world.access_point_is_up() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            tell.send(world.portal()).expect("somebody waits");
            std::future::pending::<()>().await;
        });
    });
    told.recv().expect("the device's thread tells")
}

fn connect(portal: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(portal).expect("the device listens");
    stream.set_nodelay(true).expect("a socket option");
    stream
}

/// What every client asks with.
fn ask(portal: SocketAddr) -> String {
    format!("GET / HTTP/1.1\r\nHost: {portal}\r\nConnection: close\r\n\r\n")
}

/// Lets a crowd do what it does until it is over.
fn act(crowd: Crowd, members: Vec<TcpStream>, portal: SocketAddr, over: &AtomicBool) {
    let head = format!(
        "POST /setup HTTP/1.1\r\nHost: {portal}\r\nContent-Type: text/plain\r\nContent-Length: 900\r\n\r\n"
    );
    let begins = match crowd {
        Crowd::Silent | Crowd::SlowHeads => String::new(),
        Crowd::SlowBodies => head.clone(),
        Crowd::SlowReaders => ask(portal),
    };
    for mut member in &members {
        let _ = member.write_all(begins.as_bytes());
        member.set_nonblocking(true).expect("a socket option");
    }
    let mut bytes = head.bytes().chain(std::iter::repeat(b'x'));
    while !over.load(Ordering::Relaxed) {
        let byte = [bytes.next().unwrap_or(b'x')];
        for mut member in &members {
            // Most of them have been closed before long.
            let _ = match crowd {
                Crowd::Silent => Ok(0),
                Crowd::SlowHeads | Crowd::SlowBodies => member.write(&byte),
                Crowd::SlowReaders => member.read(&mut [0]),
            };
        }
        thread::sleep(BYTE_EVERY);
    }
}

/// Loads the page again and again; how long each load took, `None` for one that was refused.
fn loads(portal: SocketAddr) -> Vec<Option<Duration>> {
    let began = Instant::now();
    let mut loads = Vec::new();
    while began.elapsed() < LOADS_FOR {
        loads.push(thread::spawn(move || load(connect(portal), portal, Instant::now())));
        thread::sleep(LOAD_EVERY);
    }
    loads.into_iter().map(|load| load.join().expect("a load ends")).collect()
}

/// So many connections at once, of which each asks 300 ms later.
fn in_advance(portal: SocketAddr, count: usize) -> Vec<Option<Duration>> {
    let streams: Vec<_> = (0..count).map(|_| connect(portal)).collect();
    thread::sleep(Duration::from_millis(300));
    let asks = Instant::now();
    let loads: Vec<_> =
        streams.into_iter().map(|stream| thread::spawn(move || load(stream, portal, asks))).collect();
    loads.into_iter().map(|load| load.join().expect("a load ends")).collect()
}

/// Loads the page on a connection; how long since `began` it took until all of it was there.
fn load(mut stream: TcpStream, portal: SocketAddr, began: Instant) -> Option<Duration> {
    stream.set_read_timeout(Some(LOAD_TIMEOUT)).expect("a socket option");
    stream.write_all(ask(portal).as_bytes()).ok()?;
    let (mut answer, mut piece) = (Vec::new(), [0; 2048]);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&piece[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    let is_whole = answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(b"</html>\n");
    is_whole.then(|| began.elapsed())
}

/// Prints a row. Returns whether it is as it should be.
fn row(what: &str, loads: Vec<Option<Duration>>) -> bool {
    let refused = loads.iter().filter(|load| load.is_none()).count();
    let mut waits: Vec<_> = loads.into_iter().flatten().collect();
    waits.sort_unstable();
    let median = waits.get(waits.len() / 2).copied().unwrap_or(LOAD_TIMEOUT);
    let worst = waits.last().copied().unwrap_or(LOAD_TIMEOUT);
    println!("{what:<36} {:>8} ms {:>7} ms {refused:>8}", median.as_millis(), worst.as_millis());
    refused == 0 && median < Duration::from_secs(1) && worst < Duration::from_secs(2)
}
