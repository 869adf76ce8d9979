//! Which network the device joins and how far that has come: the state of the provisioning machine, the
//! joins that failed, and what the owner has submitted.
//!
//! Which edge is taken when is [`crate::provisioning`]; what is stored is `storage`.

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

pub(super) struct Joining {
    pub(super) state: ProvisioningState,
    /// When the wait that belongs to the state is over.
    pub(super) timer: Option<Instant>,
    /// The network that is tried, or was tried last.
    pub(super) ssid: Ssid,
    /// When what was submitted is tried, if it waits for the answer to the owner to leave first.
    pub(super) starts_at: Option<Instant>,
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
