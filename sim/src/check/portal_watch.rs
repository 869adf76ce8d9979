//! Watches whether a portal is there while it is checked: one question for a name twice a second. An access point that
//! restarts over and over, a radio that is on other channels, a device that crashes are seen so, and told as that and
//! not by what they did to each phone.
//!
//! It judges no phone; [`blame`] says whose request was the last, and takes the phones after it out of the count.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep_until, timeout};

use super::access::PortalAccess;
use super::{Checked, Settings};
use crate::dns::{ask_address, read_addresses};

/// The name that is asked for: a check's, as every portal must answer it.
const NAME: &str = "captive.apple.com";

/// The identifier of its questions, from which a reader of a capture knows them.
const QUESTION: u16 = 0x5658;

/// From one question to the next.
const INTERVAL: Duration = Duration::from_millis(500);

/// So many questions in a row without an answer are an absence: fewer are a loss, or a busy moment. Chosen.
const ABSENT: u32 = 3;

/// One absence that is told; shorter ones only if there are several. Chosen.
const LONG: Duration = Duration::from_secs(3);

/// How long it is watched at least: one that restarts every few seconds is to be seen by one phone's check too. Chosen.
const LEAST: Duration = Duration::from_secs(3);

/// How long a portal that answers no names is asked for them. Chosen.
const HOPE: Duration = Duration::from_secs(6);

/// How long it is watched on, when something was seen.
const LONGER: Duration = Duration::from_secs(9);

/// What was seen.
#[derive(Debug, Default)]
pub struct PortalWatch {
    /// How long nobody was there, each time.
    absences: Vec<Duration>,
    /// How long it was watched.
    watched: Duration,
    /// When the last answer came, if none came any more.
    gone: Option<Duration>,
    /// Addresses that stood in an answer beside the portal's own.
    foreign: BTreeSet<Ipv4Addr>,
}

/// Watches a portal while `checks` are under way, and a while longer if it was not always there.
pub async fn watched<T>(settings: Settings, checks: impl Future<Output = T>) -> (T, PortalWatch) {
    watched_by(PortalAccess::Sockets(settings), checks).await
}

/// The same by whatever way a portal is reached. Over a link it is watched after the phones, from the host that asks what
/// they do not: one more host beside them would be one more that a small device has no room for.
pub(super) async fn watched_by<T>(access: PortalAccess, checks: impl Future<Output = T>) -> (T, PortalWatch) {
    let (over, mut is_over) = tokio::sync::watch::channel(false);
    let mut watch = Watching::new(access);
    // One that dies under the first request was there before it.
    watch.step().await;
    let watching = async {
        while watch.goes_on(*is_over.borrow_and_update()) {
            watch.step().await;
        }
        watch.end().await
    };
    let checks = async {
        let checked = checks.await;
        // Nobody may be watching any more.
        let _ = over.send(true);
        checked
    };
    tokio::join!(checks, watching)
}

struct Watching {
    access: PortalAccess,
    began: Instant,
    next: Instant,
    /// When the checks were over.
    over: Option<Instant>,
    /// Questions that were refused at once.
    refused: u32,
    missed: u32,
    last_answer: Option<Instant>,
    watch: PortalWatch,
}

impl Watching {
    fn new(access: PortalAccess) -> Self {
        let now = Instant::now();
        Self {
            access,
            began: now,
            next: now,
            over: None,
            refused: 0,
            missed: 0,
            last_answer: None,
            watch: PortalWatch::default(),
        }
    }

    fn goes_on(&mut self, is_over: bool) -> bool {
        // A portal that answers no names at all is the phones' to tell.
        let is_hopeless = self.refused >= ABSENT || self.began.elapsed() >= HOPE;
        if is_hopeless && self.last_answer.is_none() {
            return false;
        }
        if !is_over || (self.last_answer.is_some() && self.began.elapsed() < LEAST) {
            return true;
        }
        let since = self.over.get_or_insert(Instant::now()).elapsed();
        // An absence that has just begun is seen to its end.
        let is_suspect = self.missed > 0 || !self.watch.absences.is_empty();
        is_suspect && since < LONGER && self.watch.absences.len() < 2
    }

    async fn step(&mut self) {
        sleep_until(self.next).await;
        self.next = Instant::now() + INTERVAL;
        let asked = Instant::now();
        let answer = match timeout(INTERVAL, ask(&self.access)).await {
            Ok(Some(answer)) => answer,
            missed => {
                self.missed += 1;
                self.refused += u32::from(missed.is_ok());
                return;
            }
        };
        self.look_at(&answer);
        if let Some(last) = self.last_answer.filter(|_| self.missed >= ABSENT) {
            self.watch.absences.push(asked - last);
        }
        self.missed = 0;
        self.last_answer = Some(Instant::now());
    }

    fn look_at(&mut self, answer: &[u8]) {
        let addresses = read_addresses(answer);
        let (own, http) = (self.access.link().router, self.access.http().ip());
        let is_own = |address: &Ipv4Addr| *address == own || IpAddr::V4(*address) == http;
        if addresses.iter().any(is_own) {
            self.watch.foreign.extend(addresses.into_iter().filter(|address| !is_own(address)));
        }
    }

    async fn end(mut self) -> PortalWatch {
        self.watch.watched = self.began.elapsed();
        if let Some(last) = self.last_answer.filter(|_| self.missed >= ABSENT)
            && !is_answering(&self.access).await
        {
            self.watch.gone = Some(last - self.began);
        }
        self.watch
    }
}

/// Asks for a name, and returns what comes back.
async fn ask(access: &PortalAccess) -> Option<Vec<u8>> {
    access.ask(&ask_address(QUESTION, NAME)?).await
}

/// Whether a request is answered with anything.
async fn is_answering(access: &PortalAccess) -> bool {
    let answered = timeout(LONG, async {
        let mut stream = access.connect().await?;
        let request = format!("GET / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        stream.read(&mut [0; 16]).await.ok().filter(|length| *length > 0)
    });
    answered.await.ok().flatten().is_some()
}

impl PortalWatch {
    /// What is odd about it, a sentence each.
    pub fn odd(&self) -> Vec<String> {
        self.absent().into_iter().chain(self.mixed()).collect()
    }

    /// A name with several addresses, of which one is the portal's.
    fn mixed(&self) -> Option<String> {
        let foreign: Vec<String> = self.foreign.iter().map(ToString::to_string).collect();
        (!foreign.is_empty()).then(|| {
            format!(
                "the answer for {NAME} has {} beside the portal's own address: a phone that takes it finds nobody there. \
                 Answer with the portal's address alone",
                foreign.join(", ")
            )
        })
    }

    fn absent(&self) -> Option<String> {
        let longest = self.absences.iter().max()?;
        if self.absences.len() < 2 && *longest < LONG {
            return None;
        }
        let times = match self.absences.len() {
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        Some(format!(
            "within {:.0} s the portal was away {times}, for {:.1} s at the longest, and came back: an access point that \
             restarts over and over, or a radio that scans other channels for so long, loses the phones on it. Find out what \
             restarts it; scan before the access point comes up, or when the owner asks, a channel at a time",
            self.watched.as_secs_f64(),
            longest.as_secs_f64()
        ))
    }
}

/// Says which request a portal that is gone was last sent, and takes the phones that came after it out of the count.
/// `checked` has the phones with the time at which each was through. `None` if the portal is still there.
pub fn blame(watch: &PortalWatch, checked: &mut [(Duration, Checked)]) -> Option<String> {
    let gone = watch.gone?;
    checked.sort_by_key(|(through, _)| *through);
    let is_unanswered = |came: &str| came.ends_with("without a reply") || came.ends_with("then nothing came");
    let mut last = None;
    for (through, one) in checked.iter_mut() {
        if one.passed() || *through + INTERVAL < gone {
            continue;
        }
        let mut requests = one.exchanges.iter().filter(|exchange| {
            let is_request = !exchange.asked.starts_with("DNS") && !exchange.asked.starts_with("TLS");
            is_request && is_unanswered(&exchange.came)
        });
        match requests.next() {
            Some(first) if last.is_none() => {
                // Several are under way at once, and it cannot be seen which of them it was.
                let together = requests.filter(|other| other.at.0 < first.at.0 + INTERVAL);
                let all: Vec<&str> =
                    [first].into_iter().chain(together).map(|one| one.asked.as_str()).collect();
                last = Some((all.join(" and "), one.model.id));
            }
            _ => one.portal_gone = true,
        }
    }
    let whose = last.map_or("it was asked nothing unusual before".to_owned(), |(asked, phone)| {
        format!("the last that it was asked is {asked}, by {phone}: look for a crash in how it reads that")
    });
    Some(format!(
        "{:.1} s after the first question the portal has gone: from then on it answers neither names nor pages; {whose}",
        gone.as_secs_f64()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_short_absence_is_none_and_several_are_told() {
        let watch = |absences: &[u64]| PortalWatch {
            absences: absences.iter().map(|millis| Duration::from_millis(*millis)).collect(),
            watched: Duration::from_secs(12),
            gone: None,
            foreign: BTreeSet::new(),
        };
        assert!(watch(&[]).odd().is_empty() && watch(&[1800]).odd().is_empty());
        assert!(watch(&[3500]).odd()[0].contains("away once, for 3.5 s"));
        assert!(watch(&[1800, 2000]).odd()[0].contains("away 2 times, for 2.0 s at the longest"));
    }
}
