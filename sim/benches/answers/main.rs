//! How many questions and checks the device answers in a second over loopback sockets, beside
//! `dnsmasq` and `nginx` under the same load in the same run: `cargo bench -p vestibule`.
//!
//! Every server has one thread; the load comes from one other thread. What counts is the ratio:
//! it holds on a slow or busy machine, where the numbers themselves do not. The rounds alternate
//! between the servers, and the median is told.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

mod load;
mod peers;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use vestibule::scenario::load::parse;
use vestibule::world::loopback::{Loopback, Ports};

/// Rounds of each server, and the time of one.
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(800);

fn main() {
    // `cargo test --benches` asks for a trial; nothing is to be measured then.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let (portal, dns) = device();
    let dnsmasq = peers::dnsmasq();
    let nginx = peers::nginx();
    eprintln!("median of {ROUNDS} rounds of {} ms; one thread a server, one for the load", ROUND.as_millis());
    row("DNS answers", "dnsmasq", |at| load::questions(at, ROUND), dns, dnsmasq.as_ref().map(|peer| peer.at));
    let closing = |at| load::checks(at, ROUND, load::CLOSING);
    row("checks, a connection each", "nginx", closing, portal, nginx.as_ref().map(|peer| peer.at));
    let keeping = |at| load::checks(at, ROUND, load::KEEPING);
    row("checks, connections kept", "nginx", keeping, portal, nginx.as_ref().map(|peer| peer.at));
}

/// Starts the device on a thread of its own and returns where its HTTP and its DNS are.
fn device() -> (SocketAddr, SocketAddr) {
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
            tell.send((world.portal(), world.dns())).expect("somebody waits");
            std::future::pending::<()>().await;
        });
    });
    told.recv().expect("the device's thread tells")
}

/// Measures the device and its peer in turn and prints a row.
fn row(
    what: &str,
    peer_name: &str,
    measure: impl Fn(SocketAddr) -> f64,
    device: SocketAddr,
    peer: Option<SocketAddr>,
) {
    let Some(peer) = peer else {
        println!("{what:<28} {:>9.0}/s   {peer_name} is not installed: no ratio", measure(device));
        return;
    };
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (device, peer) = (measure(device), measure(peer));
        ours.push(device);
        theirs.push(peer);
        ratios.push(device / peer);
    }
    let (ours, theirs, ratio) = (median(ours), median(theirs), median(ratios));
    println!("{what:<28} {ours:>9.0}/s   {peer_name} {theirs:>9.0}/s   ratio {ratio:.2}");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
