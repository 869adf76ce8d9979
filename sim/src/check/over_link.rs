//! Checks over a link to a real device: each phone brings its own TCP/IP stack, asks the device for an address, and
//! checks. Nothing passes through the stack of this machine, and nothing leaves the link.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::timeout;
use vestibule_core::{Instant, MacAddress};

use super::Checked;
use super::access::{LinkAccess, PortalAccess};
use super::lease::{LeaseSummary, findings_of, without_address};
use super::linked_phone::{ADDRESS_TIMEOUT, LinkedPhone, not_checked, phone_host, told_by};
use super::over_network::check;
use super::silence::{Silence, after_the_end, is_answered};
use crate::frame_link::{FrameLink, LinkError};
use crate::linked_host::LinkedHost;
use crate::phone::{Model, Presents};
use crate::tls::Trust;

/// After so many phones without an address, where none was given one, nobody is waited for. Chosen: the first may have met
/// a device that was busy.
const WITHOUT_LEASE: usize = 2;

/// Where nothing answers, one in so many of the phones that wait checks before the others are told the same: they ask for
/// other names. Chosen.
const SAMPLED: usize = 8;

/// What a check over a link came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct LinkResults {
    /// The phones that concluded, in their order.
    pub checked: Vec<Checked>,
    /// What the portal was asked last, if it ended while it was checked; the phones after that say so of themselves.
    pub gone: Option<String>,
    /// Why the others did not: the link is gone.
    pub ended: Option<LinkError>,
}

/// Checks the device behind a link with these phones, `at_once` of them at a time. `done` is called as each has
/// concluded. `trust`: whose certificates they trust.
///
/// A phone that is through makes room for the next, which has the same hardware address, or another where its system has
/// another kind of it: a device need not have addresses for all of them. On a link that only one hardware address may use (an adapter that has joined an access
/// point) one phone checks at a time.
///
/// ```no_run
/// use vestibule::check::{FrameLink, Trust, over_link};
/// use vestibule::phone::by_id;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut link = FrameLink::open(&"tap:tap0".parse()?).await?;
/// let results = over_link(&mut link, &[by_id("ios-17")?], Trust::public(), 1, |_| {}).await;
/// for one in &results.checked {
///     println!("{}: {}, {:?}", one.model.id, one.sheet.word(), one.lease);
/// }
/// # Ok(())
/// # }
/// ```
pub async fn over_link(
    link: &mut FrameLink,
    models: &[&'static Model],
    trust: Trust,
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
            if number == models.len() {
                checks.has_asked_again(&one);
                continue;
            }
            done(&one);
            checks.silence.note(number, &one);
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
    let gone = checks.has_ended.then(|| checks.silence.tell(&mut checked));
    LinkResults { checked: checked.into_values().collect(), gone, ended }
}

async fn send_all(link: &mut FrameLink, frames: &[Vec<u8>]) -> Result<(), LinkError> {
    for frame in frames {
        link.send(frame).await?;
    }
    Ok(())
}

/// The phones on a link, those that wait for their turn, and the hardware addresses that they have.
struct LinkChecks {
    /// How many there are; the phone that asks again has this number.
    models: usize,
    waiting: VecDeque<(usize, &'static Model)>,
    phones: Vec<LinkedPhone>,
    /// The only hardware address that the link allows, if so.
    only: Option<MacAddress>,
    /// How many check at once, and the places that are free.
    places: usize,
    free: Vec<usize>,
    trust: Trust,
    is_empty: bool,
    /// Whether any frame came.
    heard: bool,
    /// Whether any phone was given an address, and how many were not.
    is_leased: bool,
    without_lease: usize,
    silence: Silence,
    /// The phone that was answered last asks again, or did.
    has_witness: bool,
    /// It was not answered again: the portal has ended.
    has_ended: bool,
    began: tokio::time::Instant,
}

impl LinkChecks {
    fn new(link: &FrameLink, models: &[&'static Model], trust: Trust, at_once: usize) -> Self {
        let only = link.only_address();
        let places = if only.is_some() { 1 } else { at_once.clamp(1, usize::from(u8::MAX)) };
        let began = tokio::time::Instant::now();
        Self {
            models: models.len(),
            waiting: models.iter().copied().enumerate().collect(),
            phones: Vec::new(),
            only,
            places,
            free: (0..places).rev().collect(),
            trust,
            is_empty: false,
            heard: false,
            is_leased: false,
            without_lease: 0,
            silence: Silence::default(),
            has_witness: false,
            has_ended: false,
            began,
        }
    }

    fn now(&self) -> Instant {
        Instant::from_micros(0) + self.began.elapsed()
    }

    fn are_over(&self) -> bool {
        self.is_empty && self.phones.is_empty()
    }

    /// The phone that was answered last has asked again, before a portal is said to have ended.
    fn has_asked_again(&mut self, checked: &Checked) {
        self.has_ended = !is_answered(checked);
        if !self.has_ended {
            self.silence.answered_again();
        }
    }

    /// Carries on every phone. Returns what they send, and those that are through.
    fn advance(&mut self, now: Instant) -> (Vec<Vec<u8>>, Vec<(usize, Checked)>) {
        while let Some(place) = self.free.last().copied() {
            let Some((number, model)) = self.next() else {
                self.is_empty = true;
                break;
            };
            self.free.pop();
            let mac = self.only.unwrap_or_else(|| address_of(place, Some(model)));
            self.phones.push(LinkedPhone::join((number, place), model, mac, self.trust, now));
        }
        let mut frames = Vec::new();
        let mut through = Vec::new();
        for phone in &mut self.phones {
            phone.advance(now, &mut frames);
            if let Some(checked) = phone.checked(now, &mut frames) {
                through.push((phone.number, checked));
                self.free.push(phone.place);
            }
        }
        self.phones.retain(|phone| through.iter().all(|(number, _)| *number != phone.number));
        self.give_up_waiting(&mut through);
        (frames, through)
    }

    /// The phone that checks next: the one that was answered last, where it depends on it whether the portal has ended.
    fn next(&mut self) -> Option<(usize, &'static Model)> {
        if let Some(model) = self.silence.witness().filter(|_| !self.has_witness) {
            self.has_witness = true;
            return Some((self.models, model));
        }
        self.waiting.pop_front()
    }

    /// Tells of the phones that wait what is known of them without their check, where they would wait long and hear nothing:
    /// on a link on which nothing at all was heard, where nobody gives an address, and where the portal has ended.
    fn give_up_waiting(&mut self, through: &mut Vec<(usize, Checked)>) {
        if self.has_ended {
            let under_way = self.phones.drain(..).map(|phone| (phone.number, phone.model));
            let left = under_way.chain(self.waiting.drain(..));
            through.extend(left.map(|(number, model)| (number, after_the_end(model))));
            self.is_empty = true;
            return;
        }
        let Some((_, silent)) = through.last().cloned() else { return };
        self.is_leased |= silent.lease.is_some();
        self.without_lease += usize::from(silent.lease.is_none());
        let is_served = self.is_leased || self.without_lease < WITHOUT_LEASE;
        if !self.heard || !is_served || self.silence.is_whole() {
            through.extend(self.waiting.drain(..).map(|(number, model)| (number, told_of(&silent, model))));
        } else if self.silence.wants_samples() {
            let (samples, others): (Vec<_>, Vec<_>) =
                self.waiting.drain(..).enumerate().partition(|(index, _)| index % SAMPLED == 0);
            self.silence.sampled(samples.len());
            // Nobody is there whom they could be too many for.
            if self.only.is_none() {
                let places = self.places..self.places + samples.len();
                self.free.extend(places.filter(|place| *place < usize::from(u8::MAX)));
            }
            self.waiting = samples.into_iter().chain(others).map(|(_, phone)| phone).collect();
        }
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

/// The host of a phone that joins a link: for what follows its check, a journey say. `number` is its place among the
/// phones. It needs to be moved by [`LinkedHost::during`].
pub(crate) fn phone_on(link: &FrameLink, number: usize, model: Option<&'static Model>) -> LinkedHost {
    let mac = link.only_address().unwrap_or_else(|| address_of(number, model));
    LinkedHost::join(|now| phone_host(number, model, mac, now))
}

/// Checks the device behind a link from a host that was just made, and returns the host's way to the portal, if it was
/// given an address.
pub(crate) async fn check_from(
    host: &LinkedHost,
    model: &'static Model,
    trust: Trust,
) -> (Checked, Option<PortalAccess>) {
    let Some(access) = way_from(host, trust).await else {
        let told = host.with(|host| without_address(host.requests(), ADDRESS_TIMEOUT));
        return (not_checked(model, told), None);
    };
    let mut checked = check(&access, model, None).await;
    host.with(|host| {
        checked.findings.extend(findings_of(host));
        checked.lease = LeaseSummary::of(host);
    });
    (checked, Some(access))
}

/// The way to the portal behind a link, once the host has an address.
pub(super) async fn way_from(host: &LinkedHost, trust: Trust) -> Option<PortalAccess> {
    host.lease(ADDRESS_TIMEOUT).await;
    let (link, announced) =
        host.with(|host| host.lease().map(|(lease, _)| (told_by(lease), lease.captive_portal_api.clone())))?;
    Some(PortalAccess::Link(LinkAccess { host: host.clone(), link, announced, trust }))
}

/// What came of one phone, told of another of which nothing else could come.
fn told_of(one: &Checked, model: &'static Model) -> Checked {
    Checked { model, counts: model.presents != Presents::Nothing, ..one.clone() }
}

/// The hardware address of a place, as the system has one there: drawn, and marked as locally administered
/// (IEEE 802-2014 section 8.4), or its adapter's, which here is one of documentation (RFC 9542 section 2.1.2).
fn address_of(place: usize, model: Option<&Model>) -> MacAddress {
    let place = u8::try_from(place).unwrap_or(u8::MAX);
    match model {
        Some(model) if !model.dhcp().draws_address => MacAddress([0x00, 0x00, 0x5e, 0x00, 0x53, place]),
        _ => MacAddress([0x02, 0x56, 0x45, 0x53, 0x54, place]),
    }
}
