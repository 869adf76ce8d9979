//! Invariants: what must always hold, even while faults are active. Each safety invariant is a small file
//! here and is checked after every event; [`recovery`] is the liveness that must follow the last fault.
//!
//! An invariant sees the world from outside: what was sent, what the flash holds, what was written
//! down. It changes nothing.

mod committed_after_joining;
mod credentials_survive;
mod keeps_serving;
mod no_secret_leaves;
mod opens_as_configured;
mod radio_can;
pub(crate) mod recovery;
mod replies_are_well_formed;
mod sealed_at_rest;
#[cfg(test)]
mod tests;
mod within_limits;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_core::{Credentials, Instant};

use crate::radio::Unsupported;

/// Whether something bad has happened or something good has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViolationKind {
    /// Something happened that must never happen.
    Safety,
    /// Something did not happen that must happen in time.
    Liveness,
}

/// An invariant that was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Violation {
    /// The invariant's name.
    pub invariant: String,
    /// Its kind.
    pub kind: ViolationKind,
    /// When, from the beginning of the run.
    pub at: Duration,
    /// What was found.
    pub found: String,
    /// What each part of the world waits for at that moment; empty for safety.
    pub waits: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ViolationKind::Safety => "SAFETY",
            ViolationKind::Liveness => "LIVENESS",
        };
        write!(f, "{kind} {} after {:.3} s: {}", self.invariant, self.at.as_secs_f64(), self.found)?;
        self.waits.iter().try_for_each(|wait| write!(f, "\n         {wait}"))
    }
}

/// Something that happened to the device and that an invariant checks. It may hold credentials, so it has no
/// `Debug`.
#[derive(Clone)]
pub(crate) enum Observation {
    /// A connection to the device was opened.
    Opened(usize),
    /// The device sent this on a connection.
    Sent(usize, Vec<u8>),
    /// A connection is gone.
    Closed(usize),
    /// The device answered a datagram that came to this port.
    Answered(u16, Vec<u8>),
    /// The device put a frame onto the air.
    Frame(Vec<u8>),
    /// A network was joined with these.
    Joined(Credentials),
    /// The device's radio was told to raise the access point.
    Raised {
        /// It is protected as the device is configured.
        is_protected: bool,
        /// The device may open its portal: somebody has asked for it since power came, or nobody needs to.
        is_asked_for: bool,
    },
    /// The device's radio was asked for what it cannot do.
    Unsupported(Unsupported),
    /// The device was told to forget.
    Cleared,
    /// The flash of a device that seals what it stores holds this now, the whole of it.
    Flash(Vec<u8>),
    /// A bit of the flash has flipped while the flash did not hold everything twice, so the credentials may
    /// be lost without a fault of the device.
    BitRot,
}

/// What an invariant sees after each event.
pub(crate) struct View<'a> {
    /// The moment, from the beginning of the run.
    pub at: Duration,
    /// What has happened since the last check.
    pub observations: &'a [Observation],
    /// The records since the last check, as lines of a trace file.
    pub lines: &'a [String],
    /// The networks that the flash holds, the one joined last first.
    pub held: &'a [Credentials],
    /// Every passphrase of the world, and every password of an application's field.
    pub secrets: &'a [Vec<u8>],
    /// The name of every network of the world.
    pub names: &'a [Vec<u8>],
    /// The device's clock; `None` without power.
    pub clock: Option<Instant>,
    /// When the device next has something due, by its clock.
    pub due: Option<Instant>,
    /// The device's open connections and their deadlines, by its clock.
    pub connections: &'a [(usize, Option<Instant>)],
}

/// Something that must hold after every event.
pub(crate) trait Invariant: Send {
    /// Its name in reports.
    fn name(&self) -> &'static str;

    /// What must hold, in a sentence for whoever reads a report.
    fn says(&self) -> &'static str;

    /// Checks it. `Err` says what is wrong, without a secret.
    ///
    /// # Errors
    /// What was found.
    fn check(&mut self, view: &View<'_>) -> Result<(), String>;
}

/// Every safety invariant, for one run.
pub(crate) struct Safety(Vec<Box<dyn Invariant>>);

impl Default for Safety {
    fn default() -> Self {
        Self(vec![
            // First, because credentials that have not joined also take the place of others.
            Box::new(committed_after_joining::CommittedAfterJoining::default()),
            Box::new(credentials_survive::CredentialsSurvive::default()),
            Box::new(no_secret_leaves::NoSecretLeaves::default()),
            Box::new(keeps_serving::KeepsServing::default()),
            Box::new(within_limits::WithinLimits::default()),
            Box::new(replies_are_well_formed::RepliesAreWellFormed::default()),
            Box::new(radio_can::RadioCan),
            Box::new(opens_as_configured::OpensAsConfigured),
            Box::new(sealed_at_rest::SealedAtRest::default()),
        ])
    }
}

impl Safety {
    /// Those that can be judged of a device of which nothing is known inside.
    pub(crate) fn of_foreign() -> Self {
        Self(vec![
            Box::new(no_secret_leaves::NoSecretLeaves::default()),
            Box::new(replies_are_well_formed::RepliesAreWellFormed::default()),
            Box::new(radio_can::RadioCan),
        ])
    }

    /// The names of those that need a look inside, and are left out there. `credentials-survive` is not among them: the
    /// driver of such a device judges it by what the device joins with.
    pub(crate) const NEED_A_LOOK_INSIDE: [&str; 5] = [
        "committed-after-joining",
        "keeps-serving",
        "within-limits",
        "opens-as-configured",
        "sealed-at-rest",
    ];

    /// The names of all invariants, safety first.
    pub(crate) fn all_names() -> impl Iterator<Item = &'static str> {
        Self::all().map(|(name, _)| name)
    }

    /// The names of all invariants and what each says, safety first.
    pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        let safety: Vec<_> =
            Self::default().0.iter().map(|invariant| (invariant.name(), invariant.says())).collect();
        safety.into_iter().chain(recovery::ALL)
    }

    /// The first invariant that does not hold.
    ///
    /// # Errors
    /// The violation.
    pub(crate) fn check(&mut self, view: &View<'_>) -> Result<(), Violation> {
        self.0.iter_mut().try_for_each(|invariant| {
            invariant.check(view).map_err(|found| Violation {
                invariant: invariant.name().into(),
                kind: ViolationKind::Safety,
                at: view.at,
                found,
                waits: Vec::new(),
            })
        })
    }
}
