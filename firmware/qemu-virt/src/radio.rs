//! The radio: the machine has none, and asks its host for one.

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::channel::Channel;
use vestibule_core::{AccessPoint, Credentials, JoinFailure, RadioCapabilities, ScanRecord};
use vestibule_device_protocol::{FromDevice, FromHost, StationEvent};
use vestibule_firmware::{Association, JoinError, WifiDriver};

use crate::control::send;

/// The host's answers, in their order.
pub type Answers = Channel<NoopRawMutex, FromHost, 8>;

/// The host's radio.
pub struct HostRadio<'a> {
    answers: &'a Answers,
    capabilities: RadioCapabilities,
    /// The last join's number.
    attempt: u32,
    /// The network that was joined is gone. It may be reported while something else is waited for.
    is_gone: bool,
}

impl<'a> HostRadio<'a> {
    /// A radio whose answers come by this channel, and of which the host has said what it can do.
    pub fn new(answers: &'a Answers, capabilities: RadioCapabilities) -> Self {
        Self { answers, capabilities, attempt: 0, is_gone: false }
    }

    /// The host's next answer.
    async fn answer(&mut self) -> FromHost {
        let answer = self.answers.receive().await;
        // A router may end a join that the host has said to stand already.
        if let FromHost::Station {
            attempt,
            event: StationEvent::Disconnected | StationEvent::JoinFailed(_) | StationEvent::JoinAborted { .. },
        } = answer
        {
            self.is_gone |= attempt == self.attempt;
        }
        answer
    }

    /// Begins a new attempt: an answer to the one before has another number and is ignored.
    fn begin_attempt(&mut self) -> u32 {
        self.is_gone = false;
        self.attempt = self.attempt.wrapping_add(1);
        self.attempt
    }
}

impl WifiDriver for HostRadio<'_> {
    fn capabilities(&self) -> RadioCapabilities {
        self.capabilities
    }

    async fn raise_access_point(&mut self, access_point: &AccessPoint) -> bool {
        send(&FromDevice::RaiseAccessPoint(access_point.clone()));
        loop {
            match self.answer().await {
                FromHost::AccessPointUp => return true,
                FromHost::AccessPointDown => return false,
                _ => {}
            }
        }
    }

    async fn drop_access_point(&mut self) {
        send(&FromDevice::DropAccessPoint);
        while !matches!(self.answer().await, FromHost::AccessPointDown) {}
    }

    async fn scan(&mut self, mut found: impl FnMut(ScanRecord)) {
        send(&FromDevice::Scan);
        loop {
            match self.answer().await {
                FromHost::NetworkFound(record) => found(record),
                FromHost::ScanFinished => return,
                _ => {}
            }
        }
    }

    async fn join(&mut self, credentials: &Credentials) -> Result<Association, JoinError> {
        let attempt = self.begin_attempt();
        send(&FromDevice::Join { attempt, credentials: credentials.clone() });
        loop {
            match self.answer().await {
                FromHost::Station { attempt: of, event } if of == attempt => match event {
                    StationEvent::Associated => return Ok(Association::WithoutAddress),
                    StationEvent::Joined(link) => return Ok(Association::WithAddress(link)),
                    StationEvent::JoinFailed(reason) => return Err(JoinError::Failed(reason)),
                    StationEvent::JoinAborted { reason, stage } => {
                        return Err(JoinError::Aborted { reason, stage });
                    }
                    StationEvent::Disconnected => return Err(JoinError::Failed(JoinFailure::Unknown)),
                },
                _ => {}
            }
        }
    }

    async fn leave(&mut self) {
        self.begin_attempt();
        send(&FromDevice::Leave);
    }

    async fn wait_for_disconnect(&mut self) {
        while !self.is_gone {
            self.answer().await;
        }
    }
}
