//! Crowds of clients that hold places, and one good client beside them that loads the page again and again: in virtual
//! time, with a queue in which newcomers wait for a place, as they do in a stack's.

use std::collections::VecDeque;

use super::*;

const PAGE: &[u8] = b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\nConnection: close\r\n\r\n";
const FORM: &[u8] =
    b"POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\
    Content-Length: 400\r\n\r\n";

/// How far the clock goes at once.
const TICK: Duration = Duration::from_millis(5);

/// How slowly slow clients send or take a byte.
const BYTE_EVERY: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    /// Says nothing.
    Silent,
    /// Sends a request at this moment, and takes the answer at once.
    Asks(Instant),
    SlowHead,
    SlowBody,
    SlowReader,
}

/// A client that has connected.
struct Connected {
    client: Client,
    since: Instant,
    place: Option<ConnectionId>,
    sent: usize,
    next_byte: Instant,
    answer: String,
    ended: bool,
}

impl Connected {
    fn new(client: Client, now: Instant) -> Self {
        let answer = String::new();
        Self { client, since: now, place: None, sent: 0, next_byte: now, answer, ended: false }
    }

    /// What it has to send by now.
    fn says(&mut self, now: Instant) -> &'static [u8] {
        let is_due = self.next_byte <= now;
        let (until, text) = match self.client {
            Client::Silent => return b"",
            Client::Asks(at) if at <= now => (PAGE.len(), PAGE),
            Client::Asks(_) => return b"",
            Client::SlowReader => (PAGE.len(), PAGE),
            Client::SlowBody if self.sent < FORM.len() => (FORM.len(), FORM),
            Client::SlowBody => return if is_due { b"x" } else { b"" },
            Client::SlowHead => (self.sent + usize::from(is_due), FORM),
        };
        text.get(self.sent..until).unwrap_or_default()
    }

    /// Lets it send and take what it has to. Its place is free once it has gone.
    fn act(&mut self, bench: &mut Bench) {
        let Some(id) = self.place.filter(|_| !self.ended) else { return };
        let bytes = self.says(bench.now);
        if !bytes.is_empty() {
            self.sent += bench.portal.handle_received(id, bytes, bench.now);
            self.next_byte = bench.now + BYTE_EVERY;
        }
        let reads_slowly = self.client == Client::SlowReader;
        let is_good = matches!(self.client, Client::Asks(_));
        let mut out = [0; 1460];
        let room = if reads_slowly { 1 } else { out.len() };
        if reads_slowly && self.next_byte > bench.now && !bytes.is_empty() {
            return;
        }
        loop {
            match bench.portal.poll_send(id, &mut out[..room], bench.now) {
                Transfer::Bytes(length) => {
                    self.answer.push_str(core::str::from_utf8(&out[..length]).unwrap_or("?"));
                    if reads_slowly {
                        return;
                    }
                }
                // Who means no good does not go of itself.
                Transfer::Finish if is_good => bench.portal.handle_received_end(id, bench.now),
                Transfer::Finish | Transfer::Idle => return,
                Transfer::Close => {
                    self.ended = true;
                    return bench.portal.handle_closed(id);
                }
            }
        }
    }
}

/// The clients, those that wait for a place in their order.
struct Crowd {
    bench: Bench,
    queue: VecDeque<Connected>,
    connected: Vec<Connected>,
}

impl Crowd {
    fn new(clients: impl IntoIterator<Item = Client>) -> Self {
        let bench = Bench::open();
        let queue = clients.into_iter().map(|client| Connected::new(client, bench.now)).collect();
        Self { bench, queue, connected: Vec::new() }
    }

    /// Time passes. Returns those that are over.
    fn tick(&mut self) -> Vec<Connected> {
        loop {
            let before = self.queue.len();
            self.connected.iter_mut().for_each(|client| client.act(&mut self.bench));
            let taken = |id: &ConnectionId| self.connected.iter().any(|c| c.place == Some(*id) && !c.ended);
            let free = ConnectionId::ALL.into_iter().find(|id| !taken(id));
            if let Some(place) = free
                && let Some(mut next) = self.queue.pop_front()
            {
                self.bench.portal.handle_open(place, Interface::AccessPoint, self.bench.now);
                next.place = Some(place);
                self.connected.push(next);
            }
            if self.queue.len() == before {
                break;
            }
        }
        self.bench.wait(TICK);
        self.connected.extract_if(.., |client| client.ended).collect()
    }

    /// Loads the page every quarter of a second for ten seconds; returns how long each took, the shortest first.
    fn waits(&mut self) -> Vec<Duration> {
        let (began, mut waits, mut next) = (self.bench.now, Vec::new(), self.bench.now);
        let mut asked = 0;
        while waits.len() < asked || self.bench.now - began < Duration::from_secs(10) {
            if next <= self.bench.now && self.bench.now - began < Duration::from_secs(10) {
                self.queue.push_back(Connected::new(Client::Asks(self.bench.now), self.bench.now));
                next = next + Duration::from_millis(250);
                asked += 1;
            }
            for over in self.tick() {
                if let Client::Asks(_) = over.client {
                    assert_eq!(
                        status(&over.answer),
                        "200",
                        "refused after {:?}",
                        self.bench.now - over.since
                    );
                    assert!(over.answer.ends_with("</html>\n"), "{}", over.answer);
                    waits.push(self.bench.now - over.since);
                }
            }
            assert!(self.bench.now - began < Duration::from_secs(60), "{asked} loads, {} done", waits.len());
        }
        waits.sort_unstable();
        waits
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the numbers are worth seeing")]
fn a_crowd_leaves_a_good_client_its_page_within_a_second_and_two_at_worst() {
    let begun = Instant::from_micros(0);
    for (what, clients) in [
        ("twelve that ask at once", std::vec![Client::Asks(begun); 12]),
        ("200 slow heads", std::vec![Client::SlowHead; 200]),
        ("200 slow bodies", std::vec![Client::SlowBody; 200]),
        ("300 silent ones", std::vec![Client::Silent; 300]),
        ("eight slow readers", std::vec![Client::SlowReader; 8]),
    ] {
        let waits = Crowd::new(clients).waits();
        let (median, worst) = (waits[waits.len() / 2], waits[waits.len() - 1]);
        std::println!("{what}: median {median:?}, worst {worst:?}");
        assert!(
            median < Duration::from_secs(1) && worst < Duration::from_secs(2),
            "{what}: {median:?}, {worst:?}"
        );
    }
}

/// A browser opens connections in advance and asks on them once it knows what its page needs. As many as find a place
/// are answered, and those that wait behind them, too: none loses its connection.
#[test]
fn connections_that_are_opened_in_advance_are_not_lost() {
    for (count, after) in [(8, 400), (12, 300), (16, 300)] {
        let at = |millis| Instant::from_micros(0) + Duration::from_millis(millis);
        let mut crowd = Crowd::new(std::vec![Client::Asks(at(after)); count]);
        let mut answered = 0;
        while answered < count {
            for over in crowd.tick() {
                assert_eq!(
                    status(&over.answer),
                    "200",
                    "{count} that ask after {after} ms: {answered} were answered"
                );
                answered += 1;
            }
            assert!(crowd.bench.now < at(2000), "{count}: {answered}");
        }
    }
}
