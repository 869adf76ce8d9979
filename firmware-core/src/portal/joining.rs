//! Which network the device joins and how far that has come: the state of the provisioning machine, the
//! joins that failed, and what the owner has submitted.
//!
//! Which edge is taken when is [`crate::provisioning`]; what is stored is `storage`.

use core::time::Duration;

use super::submission::CheckedSubmission;
use crate::credentials::Values;
use crate::provisioning::{Input, ProvisioningState};
use crate::{Credentials, Instant, Ssid};

/// What the device does when joins of stored networks fail while the portal is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenJoinsFail {
    /// The portal opens when each has been tried so often.
    OpenAfter(u8),
    /// They are tried again without end.
    GoOn,
    /// The device is idle when each has been tried as often as is configured.
    Rest,
}

/// The scan for a name that the owner submitted and that no scan has heard, which comes before its join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameSearch {
    /// There is none, the answer to the owner leaves first, or it was in vain.
    No,
    /// It begins when the scan under way is over.
    Waits,
    /// It has begun.
    UnderWay,
}

pub(super) struct Joining {
    pub(super) state: ProvisioningState,
    /// When the wait that belongs to the state is over.
    pub(super) timer: Option<Instant>,
    /// The network that is tried, or was tried last.
    pub(super) ssid: Ssid,
    /// When what was submitted is tried, if it waits: for the answer to the owner to leave, or for a scan for its
    /// name, which may end before.
    pub(super) starts_at: Option<Instant>,
    pub(super) name_search: NameSearch,
    /// Nothing answered to this network's name when it was asked for. An owner who tries it again and again does not
    /// take the radio away from everybody for a scan each time: a join looks for it, too.
    pub(super) is_unheard: bool,
    pub(super) submitted: Option<Credentials>,
    /// What the owner entered into the application's fields, until it is stored.
    pub(super) submitted_values: Option<Values>,
    /// Joins of stored networks that have failed since the last start or success.
    failed_attempts: u16,
    when_joins_fail: WhenJoinsFail,
}

impl Joining {
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self {
            state: ProvisioningState::Idle,
            timer: None,
            ssid: Ssid::EMPTY,
            starts_at: None,
            name_search: NameSearch::No,
            is_unheard: false,
            submitted: None,
            submitted_values: None,
            failed_attempts: 0,
            when_joins_fail: WhenJoinsFail::Rest,
        }
    }

    /// Starts to count the failed joins of stored networks from zero.
    pub(super) fn begin_attempts(&mut self, when_joins_fail: WhenJoinsFail) {
        self.when_joins_fail = when_joins_fail;
        self.failed_attempts = 0;
    }

    /// A network is joined.
    pub(super) fn succeeded(&mut self) {
        self.failed_attempts = 0;
    }

    /// Whether the join waits for a scan.
    pub(super) fn waits_for_scan(&self) -> bool {
        self.name_search != NameSearch::No && self.starts_at.is_some()
    }

    /// Whether a join has begun: what the radio reports before is of one that was given up.
    pub(super) fn is_under_way(&self) -> bool {
        self.state.is_joining() && self.starts_at.is_none()
    }

    /// A join failed: what that is to the provisioning machine, with so many networks stored, each of
    /// which is tried so often.
    pub(super) fn failed(&mut self, stored: usize, stored_attempts: u8) -> Input {
        if self.state.tries_submitted() {
            // Its passphrase has served.
            self.submitted = None;
            return Input::JoinFailed;
        }
        self.failed_attempts = self.failed_attempts.wrapping_add(1);
        let tried = |rounds: u8| usize::from(self.failed_attempts) >= usize::from(rounds) * stored;
        match self.when_joins_fail {
            _ if self.state != ProvisioningState::Connecting => Input::JoinFailed,
            WhenJoinsFail::OpenAfter(rounds) if tried(rounds) => Input::LastJoinFailed,
            WhenJoinsFail::Rest if tried(stored_attempts) => Input::GaveUp,
            _ => Input::JoinFailed,
        }
    }

    /// They are tried without end from now on.
    pub(super) fn go_on(&mut self) {
        self.when_joins_fail = WhenJoinsFail::GoOn;
    }

    /// The wait before so many stored networks are tried again: `first`, and where they are tried without end twice
    /// as long each time, up to `longest`.
    pub(super) fn backoff(&self, stored: usize, first: Duration, longest: Duration) -> Duration {
        if self.when_joins_fail != WhenJoinsFail::GoOn {
            return first;
        }
        let rounds = usize::from(self.failed_attempts).checked_div(stored).unwrap_or(0);
        let doublings = rounds.saturating_sub(1).min(10);
        // By adding: a product of durations is divided in 64 bits, which is a kilobyte of code.
        let doubled = (0..doublings).fold(first, |time, _| time.saturating_add(time));
        doubled.min(longest.max(first))
    }

    /// Which of so many stored networks is tried next.
    pub(super) fn turn(&self, stored: usize) -> usize {
        usize::from(self.failed_attempts).checked_rem(stored).unwrap_or(0)
    }

    /// Whether this is what is being tried already.
    pub(super) fn is_trying(&self, submission: &CheckedSubmission) -> bool {
        matches!(self.state, ProvisioningState::Joining | ProvisioningState::ClosingToJoin)
            && self.submitted.as_ref() == Some(&submission.credentials)
            && self.submitted_values.as_ref() == Some(&submission.values)
    }

    /// Forgets what the owner submitted.
    pub(super) fn forget_submitted(&mut self) {
        self.submitted = None;
        self.submitted_values = None;
    }
}
