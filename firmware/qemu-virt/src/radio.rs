//! The radio: there is none. The host's air is asked.

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::channel::Channel;
use vestibule_core::{AccessPoint, Credentials, JoinFailure, ScanRecord};
use vestibule_device_protocol::{FromDevice, FromHost, StationEvent};
use vestibule_firmware::{Link, WifiDriver};

use crate::control::say;

/// What the host's air answers, in its order.
pub type Answers = Channel<NoopRawMutex, FromHost, 8>;

/// The host's air.
pub struct HostRadio<'a> {
    answers: &'a Answers,
    /// The last join's number.
    attempt: u32,
    /// The network that was joined is gone; said while something else was waited for.
    gone: bool,
}

impl<'a> HostRadio<'a> {
    /// A radio whose answers come there.
    pub fn new(answers: &'a Answers) -> Self {
        Self { answers, attempt: 0, gone: false }
    }

    /// The host's next answer.
    async fn answer(&mut self) -> FromHost {
        let answer = self.answers.receive().await;
        if let FromHost::Station { attempt, event: StationEvent::Disconnected } = answer {
            self.gone |= attempt == self.attempt;
        }
        answer
    }

    /// Says something about the station, of a new number: what still comes of the one before is
    /// not of this one.
    fn begin(&mut self) -> u32 {
        self.gone = false;
        self.attempt = self.attempt.wrapping_add(1);
        self.attempt
    }
}

impl WifiDriver for HostRadio<'_> {
    async fn raise_access_point(&mut self, access_point: &AccessPoint) -> bool {
        say(&FromDevice::RaiseAccessPoint(access_point.clone()));
        loop {
            match self.answer().await {
                FromHost::AccessPointUp => return true,
                FromHost::AccessPointDown => return false,
                _ => {}
            }
        }
    }

    async fn drop_access_point(&mut self) {
        say(&FromDevice::DropAccessPoint);
        while !matches!(self.answer().await, FromHost::AccessPointDown) {}
    }

    async fn scan(&mut self, mut heard: impl FnMut(ScanRecord)) {
        say(&FromDevice::Scan);
        loop {
            match self.answer().await {
                FromHost::NetworkFound(record) => heard(record),
                FromHost::ScanFinished => return,
                _ => {}
            }
        }
    }

    async fn join(&mut self, credentials: &Credentials) -> Result<Link, JoinFailure> {
        let attempt = self.begin();
        say(&FromDevice::Join { attempt, credentials: credentials.clone() });
        loop {
            match self.answer().await {
                FromHost::Station { attempt: of, event } if of == attempt => match event {
                    StationEvent::Associated => return Ok(Link::Associated),
                    StationEvent::Joined(link) => return Ok(Link::Addressed(link)),
                    StationEvent::JoinFailed(reason) => return Err(reason),
                    StationEvent::Disconnected => return Err(JoinFailure::Unsure),
                },
                _ => {}
            }
        }
    }

    async fn leave(&mut self) {
        self.begin();
        say(&FromDevice::Leave);
    }

    async fn lost(&mut self) {
        while !self.gone {
            self.answer().await;
        }
    }
}
