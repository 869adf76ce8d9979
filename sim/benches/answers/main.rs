//! What an answer costs `vestibule serve`, as users start it, beside `dnsmasq` and `nginx` under the same load in the same
//! run: `cargo bench --bench answers`.
//!
//! What counts is **processor time of the server for each answer**. Answers a second do not tell servers apart: the load
//! costs more than the server, so one that costs twice as much is as fast, as long as it is not at its limit. Each server
//! has a processor of its own and the load another one, where there are two. The rounds alternate between the servers,
//! and medians are told. What failed counts for nothing and is told, too; and so is each aim that is missed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

mod load;
mod servers;

use std::time::Duration;

use load::Work;
use servers::Server;

/// Rounds of each server, and the time of one.
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_millis(300);

/// Clients at once.
const CLIENTS: [usize; 4] = [1, 8, 32, 200];

fn main() {
    // `cargo test --benches` asks for a trial; nothing is to be measured then.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    servers::pin_load();
    println!(
        "median of {ROUNDS} rounds of {} ms; processor time of the server for each answer",
        ROUND.as_millis()
    );
    let mut aims = Vec::new();
    for (work, what, peer) in [
        (Work::Names, "DNS answers", "dnsmasq"),
        (Work::ChecksClosing, "checks, a connection each", "nginx"),
        (Work::ChecksKept, "checks, connections kept", "nginx"),
    ] {
        let all = [Server::vestibule(work), servers::peer(peer)];
        let servers: Vec<&Server> = all.iter().flatten().collect();
        assert!(servers.first().is_some_and(|first| first.name == "vestibule"), "serve did not start");
        for clients in CLIENTS {
            let rows = compare(work, what, clients, &servers);
            aims.extend(aim(what, clients, &rows));
        }
    }
    println!("\naims");
    aims.iter().for_each(|aim| println!("{aim}"));
}

/// A server's rounds.
struct Row {
    name: &'static str,
    /// Microseconds of processor time for each answer, by round.
    cost: Vec<f64>,
    took: Vec<u32>,
    failed: usize,
}

impl Row {
    fn median_cost(&self) -> f64 {
        self.cost[self.cost.len() / 2]
    }

    /// The time within which so many of a hundred answers came, in microseconds.
    fn percentile(&self, of_hundred: usize) -> u32 {
        let at = (self.took.len() * of_hundred / 100).min(self.took.len().saturating_sub(1));
        self.took.get(at).copied().unwrap_or(u32::MAX)
    }
}

/// Measures the servers in turn and prints a row for each.
fn compare(work: Work, what: &str, clients: usize, servers: &[&Server]) -> Vec<Row> {
    let row = |server: &&Server| Row { name: server.name, cost: Vec::new(), took: Vec::new(), failed: 0 };
    let mut rows: Vec<Row> = servers.iter().map(row).collect();
    for _ in 0..ROUNDS {
        for (server, row) in servers.iter().zip(&mut rows) {
            let before = server.processor_time();
            let answers = load::ask(work, server.at, clients, ROUND);
            let spent = server.processor_time().saturating_sub(before);
            row.cost.push(spent.as_secs_f64() * 1e6 / answers.took.len().max(1) as f64);
            row.took.extend(answers.took);
            row.failed += answers.failed;
        }
    }
    for row in &mut rows {
        row.cost.sort_by(f64::total_cmp);
        row.took.sort_unstable();
        println!(
            "{what:<26} {clients:>3} clients  {:<10} {:>6.2} us [{:.2} to {:.2}]  p50 {:>6} us  p99 {:>7} us  {} failed of {}",
            row.name,
            row.median_cost(),
            row.cost[0],
            row.cost[row.cost.len() - 1],
            row.percentile(50),
            row.percentile(99),
            row.failed,
            row.failed + row.took.len()
        );
    }
    rows
}

/// Whether ours costs no more than the peer, and fails nobody.
fn aim(what: &str, clients: usize, rows: &[Row]) -> Vec<String> {
    let Some(ours) = rows.first() else { return Vec::new() };
    let met = |is_met| if is_met { "met   " } else { "MISSED" };
    let mut aims =
        vec![format!("{} no failure: {what}, {clients} clients: {}", met(ours.failed == 0), ours.failed)];
    if let Some(peer) = rows.get(1) {
        let ratio = ours.median_cost() / peer.median_cost();
        aims.push(format!(
            "{} no dearer than {}: {what}, {clients} clients: {ratio:.2} of it",
            met(ratio <= 1.0),
            peer.name
        ));
    }
    aims
}
