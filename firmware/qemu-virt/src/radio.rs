//! The radio: the machine has none, and asks its host for one.

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::channel::Channel;
use vestibule_core::{
    AccessPoint, AccessPointSecurity, Credentials, JoinFailure, RadioCapabilities, ScanRecord, Ssid,
};
use vestibule_device_protocol::{FromDevice, FromHost, StationEvent};
use vestibule_firmware::{Association, DriverFailed, JoinError, WifiDriver};

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

    /// The host's air protects an access point in every way.
    fn can_protect(&self, _: &AccessPointSecurity) -> bool {
        true
    }

    async fn raise_access_point(&mut self, access_point: &AccessPoint) -> Result<(), DriverFailed> {
        send(&FromDevice::RaiseAccessPoint(access_point.clone()));
        loop {
            match self.answer().await {
                FromHost::AccessPointUp => return Ok(()),
                FromHost::AccessPointDown => return Err(DriverFailed),
                _ => {}
            }
        }
    }

    async fn drop_access_point(&mut self) -> Result<(), DriverFailed> {
        send(&FromDevice::DropAccessPoint);
        while !matches!(self.answer().await, FromHost::AccessPointDown) {}
        Ok(())
    }

    async fn scan(
        &mut self,
        ssid: Option<Ssid>,
        mut found: impl FnMut(ScanRecord),
    ) -> Result<(), DriverFailed> {
        send(&ssid.map_or(FromDevice::Scan, FromDevice::ScanFor));
        loop {
            match self.answer().await {
                FromHost::NetworkFound(record) => found(record),
                FromHost::ScanFinished => return Ok(()),
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

    async fn leave(&mut self) -> Result<(), DriverFailed> {
        self.begin_attempt();
        send(&FromDevice::Leave);
        Ok(())
    }

    async fn wait_for_disconnect(&mut self) {
        while !self.is_gone {
            self.answer().await;
        }
    }

    /// The host loses no report, and is not asked.
    fn is_joined(&mut self) -> Option<bool> {
        None
    }

    /// The host does not say.
    fn signal(&mut self) -> Option<i8> {
        None
    }

    /// The host's radio does not get stuck.
    async fn restart(&mut self) -> Result<(), DriverFailed> {
        Ok(())
    }
}
