//! Checks over a link to a real device: each phone brings its own TCP/IP stack, asks the device for an address, and
//! checks. Nothing passes through the stack of this machine, and nothing leaves the link.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::timeout;
use vestibule_core::{Instant, MacAddress};

use super::Checked;
use super::linked_phone::LinkedPhone;
use crate::frame_link::{FrameLink, LinkError};
use crate::phone::{Model, Presents};
use crate::tls::Trust;

/// What a check over a link came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct LinkResults {
    /// The phones that concluded, in their order.
    pub checked: Vec<Checked>,
    /// Why the others did not: the link is gone.
    pub ended: Option<LinkError>,
}

/// Checks the device behind a link with these phones, `at_once` of them at a time. `done` is called as each has
/// concluded.
/// `trust`: whose certificates they trust.
///
/// A phone that is through makes room for the next, which has the same hardware address: a device need not have
/// addresses for all of them. On a link that only one hardware address may use (an adapter that has joined an access
/// point) one phone checks at a time.
///
/// ```no_run
/// use vestibule::check::{FrameLink, Trust, over_link};
/// use vestibule::phone::by_id;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut link = FrameLink::open(&"tap:tap0".parse()?).await?;
/// let results = over_link(&mut link, &[by_id("ios-17")?], &Trust::public(), 1, |_| {}).await;
/// for one in &results.checked {
///     println!("{}: {}, {:?}", one.model.id, one.sheet.word(), one.lease);
/// }
/// # Ok(())
/// # }
/// ```
pub async fn over_link(
    link: &mut FrameLink,
    models: &[&'static Model],
    trust: &Trust,
    at_once: usize,
    done: impl Fn(&Checked),
) -> LinkResults {
    let mut checks = LinkChecks::new(link, models, trust, at_once);
    let mut checked = BTreeMap::new();
    let ended = loop {
        let now = checks.now();
        let (frames, through) = checks.advance(now);
        if let Err(error) = send_all(link, &frames).await {
            break Some(error);
        }
        let went_on = !through.is_empty();
        for (number, one) in through {
            done(&one);
            checked.insert(number, one);
        }
        if checks.are_over() {
            break None;
        }
        if went_on {
            continue;
        }
        match timeout(checks.wait(now), link.receive()).await {
            Ok(Ok(frame)) => checks.receive(&frame),
            Ok(Err(error)) => break Some(error),
            Err(_) => {}
        }
    };
    LinkResults { checked: checked.into_values().collect(), ended }
}

async fn send_all(link: &mut FrameLink, frames: &[Vec<u8>]) -> Result<(), LinkError> {
    for frame in frames {
        link.send(frame).await?;
    }
    Ok(())
}

/// The phones on a link, those that wait for their turn, and the hardware addresses that they have.
struct LinkChecks<'a> {
    waiting: std::iter::Enumerate<std::slice::Iter<'a, &'static Model>>,
    phones: Vec<LinkedPhone>,
    free: Vec<MacAddress>,
    trust: &'a Trust,
    is_empty: bool,
    /// Whether any frame came.
    heard: bool,
    began: tokio::time::Instant,
}

impl<'a> LinkChecks<'a> {
    fn new(link: &FrameLink, models: &'a [&'static Model], trust: &'a Trust, at_once: usize) -> Self {
        let free = match link.only_address() {
            Some(mac) => vec![mac],
            None => (0..at_once.clamp(1, usize::from(u8::MAX))).rev().map(phone_mac).collect(),
        };
        let began = tokio::time::Instant::now();
        Self {
            waiting: models.iter().enumerate(),
            phones: Vec::new(),
            free,
            trust,
            is_empty: false,
            heard: false,
            began,
        }
    }

    fn now(&self) -> Instant {
        Instant::from_micros(0) + self.began.elapsed()
    }

    fn are_over(&self) -> bool {
        self.is_empty && self.phones.is_empty()
    }

    /// Carries on every phone. Returns what they send, and those that are through.
    fn advance(&mut self, now: Instant) -> (Vec<Vec<u8>>, Vec<(usize, Checked)>) {
        while let Some(mac) = self.free.last().copied() {
            let Some((number, model)) = self.waiting.next() else {
                self.is_empty = true;
                break;
            };
            self.free.pop();
            self.phones.push(LinkedPhone::join(number, model, mac, self.trust.clone(), now));
        }
        let mut frames = Vec::new();
        let mut through = Vec::new();
        for phone in &mut self.phones {
            phone.advance(now, &mut frames);
            if let Some(checked) = phone.checked(now, &mut frames) {
                through.push((phone.number, checked));
                self.free.push(phone.mac());
            }
        }
        // Where nothing at all was heard, the others would wait as long and hear as little.
        if !self.heard
            && let Some((_, silent)) = through.last().cloned()
        {
            for (number, model) in self.waiting.by_ref() {
                through.push((number, told_of(&silent, model)));
            }
        }
        self.phones.retain(|phone| through.iter().all(|(number, _)| *number != phone.number));
        (frames, through)
    }

    /// How long to wait for a frame.
    fn wait(&mut self, now: Instant) -> Duration {
        let next = self.phones.iter_mut().map(|phone| phone.timeout(now)).min();
        next.map_or(Duration::ZERO, |next| next.since(self.now()))
    }

    fn receive(&mut self, frame: &[u8]) {
        self.heard = true;
        let now = self.now();
        for phone in &mut self.phones {
            phone.receive(frame, now);
        }
    }
}

/// What came of one phone, told of another of which nothing else could come.
fn told_of(one: &Checked, model: &'static Model) -> Checked {
    Checked { model, counts: model.presents != Presents::Nothing, ..one.clone() }
}

/// The hardware address of a place: locally administered, as those that phones draw for themselves.
fn phone_mac(place: usize) -> MacAddress {
    MacAddress([0x02, 0x56, 0x45, 0x53, 0x54, u8::try_from(place).unwrap_or(u8::MAX)])
}
