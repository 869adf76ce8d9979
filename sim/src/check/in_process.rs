//! Checks inside this process, in virtual time: no socket, no wall clock, and so the same result on
//! every machine and every run. There is no network to speak of either: names, connections and
//! replies are as a portal means them, and take a millisecond each.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use vestibule_core::{DNS_PORT, Instant};

use super::Checked;
use super::log::ExchangeOwner;
use super::phone_check::{CheckAction, PhoneCheck};
use super::portal_address::PortalAddress;
use crate::event_queue::EventQueue;
use crate::phone::{Exchange, HandshakeProblem, Link, Model, Progress};
use crate::world::destination;

/// How long each step of an exchange takes.
const STEP: Duration = Duration::from_millis(1);

/// A portal that answers inside this process.
///
/// [`in_process()`] has an example with the two that there are.
pub trait Portal {
    /// Its address on its own network.
    fn address(&self) -> Ipv4Addr;

    /// The captive portal API that it names by DHCP (option 114).
    fn announces(&self) -> Option<&str> {
        None
    }

    /// Whether connections to other addresses reach it too, as with a router.
    fn intercepts(&self) -> bool;

    /// What an exchange comes to, step by step. Nothing at all is silence.
    fn answer(&mut self, exchange: &Exchange, now: Instant) -> Vec<ExchangeStep>;
}

/// A step of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExchangeStep {
    /// The connection stands.
    Connected,
    /// There is no TLS connection.
    HandshakeFailed(HandshakeProblem),
    /// These bytes came.
    Received(Vec<u8>),
    /// The same bytes came, over and over, until the phone has had enough.
    Endless(Vec<u8>),
    /// The connection was closed.
    Ended,
    /// The connection was closed, after nothing was said on it for so long.
    EndedAfter(Duration),
    /// The connection was reset.
    Reset,
    /// Nobody listens there.
    Refused,
}

impl ExchangeStep {
    fn progress(&self) -> Progress<'_> {
        match self {
            Self::Connected => Progress::Connected,
            Self::HandshakeFailed(problem) => Progress::HandshakeFailed(*problem),
            Self::Received(bytes) | Self::Endless(bytes) => Progress::Received(bytes),
            Self::Ended | Self::EndedAfter(_) => Progress::Ended,
            Self::Reset => Progress::Reset,
            Self::Refused => Progress::Refused,
        }
    }
}

/// Checks a portal with a phone.
///
/// What other portals do on every phone, from how they answer:
///
/// ```
/// use vestibule::check::in_process::in_process;
/// use vestibule::check::{BuiltIn, ProfilePortal};
/// use vestibule::phone::by_id;
/// use vestibule::profile::load;
///
/// let phone = by_id("android-14")?;
/// let mut device = BuiltIn::start();
/// assert!(in_process(&mut device, phone).passed());
///
/// let text = r#"
/// name = "redirects"
/// what = "a portal that redirects whatever it is asked"
/// address = "192.168.4.1"
/// source = "made up"
/// grade = "C"
/// dns.address = { answer = "portal", source = "made up", grade = "C" }
/// dns.other = { answer = "nothing", source = "made up", grade = "C" }
/// https = { answer = "refused", source = "made up", grade = "C" }
/// [[http]]
/// reply = { status = 302, headers = { Location = "http://{portal}/" } }
/// source = "made up"
/// grade = "C"
/// "#;
/// let profile = load::parse(text, "redirects.toml".as_ref())?;
/// assert_eq!(in_process(&mut ProfilePortal(&profile), phone).concluded(), "portal");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn in_process(portal: &mut dyn Portal, model: &'static Model) -> Checked {
    let router = portal.address();
    let [a, b, c, d] = router.octets();
    let address = [a, b, c, if d == 10 { 11 } else { 10 }].into();
    let link = Link { address, router, resolver: SocketAddrV4::new(router, DNS_PORT) };
    let mut now = Instant::from_micros(0);
    let mut check = PhoneCheck::begin(model, link, PortalAddress::at(router), portal.announces(), now);
    let mut event_queue: EventQueue<(ExchangeOwner, ExchangeStep)> = EventQueue::default();
    loop {
        while let Some(action) = check.poll() {
            match action {
                CheckAction::Abandon(gone) => event_queue.retain(|(of, _)| *of != gone),
                CheckAction::Open { of, exchange } => {
                    if *destination(&exchange).ip() != router && !portal.intercepts() {
                        check.refuse_foreign(of, now);
                        continue;
                    }
                    let mut at = now;
                    for step in portal.answer(&exchange, now) {
                        at = at + STEP;
                        if let ExchangeStep::EndedAfter(idle) = step {
                            at = at + idle;
                        }
                        event_queue.schedule(at, (of, step));
                    }
                }
            }
        }
        if check.is_over(now) {
            return check.checked();
        }
        let due = check.timeout();
        if let Some((at, (of, step))) = event_queue.pop_until(due) {
            now = at;
            if let ExchangeStep::Endless(_) = step {
                event_queue.schedule(at + STEP, (of, step.clone()));
            }
            check.progress(of, step.progress(), now);
        } else {
            now = due;
            check.due(now);
        }
    }
}
