//! The device's end of the simulated air: the core's `Radio`, whose commands wait here until the
//! world carries them to the air.

use std::collections::VecDeque;

use vestibule_core::{AccessPoint, Credentials, Radio};

/// What the portal asked of its radio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Raise the access point.
    RaiseAccessPoint(AccessPoint),
    /// Take it down.
    DropAccessPoint,
    /// Listen for networks.
    Scan,
    /// Join a network.
    Join(Credentials),
    /// Leave it, or give up joining.
    Leave,
}

/// A radio that only writes down what it is asked.
#[derive(Debug, Default)]
pub struct Antenna {
    commands: VecDeque<Command>,
}

impl Antenna {
    /// The oldest command that was not taken yet.
    #[must_use]
    pub fn take(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }
}

impl Radio for Antenna {
    fn raise_access_point(&mut self, access_point: &AccessPoint) {
        self.commands.push_back(Command::RaiseAccessPoint(access_point.clone()));
    }

    fn drop_access_point(&mut self) {
        self.commands.push_back(Command::DropAccessPoint);
    }

    fn scan(&mut self) {
        self.commands.push_back(Command::Scan);
    }

    fn join(&mut self, credentials: &Credentials) {
        self.commands.push_back(Command::Join(credentials.clone()));
    }

    fn leave(&mut self) {
        self.commands.push_back(Command::Leave);
    }
}
