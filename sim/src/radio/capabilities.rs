//! What the device's radio can do, and what becomes of a command that goes beyond that.
//!
//! # How faithfully
//!
//! A radio that cannot be access point and station at once refuses what would make it both, as a driver does whose
//! chip has one mode at a time; the command has no other effect. A radio hears nothing on a channel that it
//! lacks or that its country forbids, so it finds no network there and joins none. Real ones listen on some
//! channels where they may not send; that is left out, as they could not join there either.

use std::fmt;

use vestibule_core::{JoinFailure, RadioCapabilities, RadioCommand, RadioEvent};

use super::{Air, Report, Station};

/// A command that the device's radio cannot carry out, whatever is on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsupported {
    /// To join a network beside its access point.
    Join,
    /// To listen for networks beside its access point.
    Scan,
    /// To raise an access point beside the network that it joins or has joined.
    AccessPoint,
    /// To raise an access point on a channel that it lacks, or that its country forbids.
    Channel(u8),
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Join => f.write_str("a join beside its access point"),
            Self::Scan => f.write_str("a scan beside its access point"),
            Self::AccessPoint => f.write_str("an access point beside a network"),
            Self::Channel(channel) => write!(f, "an access point on channel {channel}"),
        }
    }
}

impl Air {
    /// The device has such a radio.
    pub(crate) fn set_capabilities(&mut self, capabilities: RadioCapabilities) {
        self.capabilities = capabilities;
    }

    /// The device's driver says how far a join had come that failed.
    pub(crate) fn set_tells_stage(&mut self, tells_stage: bool) {
        self.tells_stage = tells_stage;
    }

    /// Why the radio cannot carry out a command, if it cannot.
    pub(super) fn unsupported(&self, command: &RadioCommand) -> Option<Unsupported> {
        let has_one_role = !self.capabilities.concurrent;
        match command {
            RadioCommand::Join(_) if has_one_role && self.access_point.is_some() => Some(Unsupported::Join),
            RadioCommand::Scan | RadioCommand::ScanFor(_) if has_one_role && self.access_point.is_some() => {
                Some(Unsupported::Scan)
            }
            RadioCommand::RaiseAccessPoint(_) if has_one_role && self.station != Station::Off => {
                Some(Unsupported::AccessPoint)
            }
            RadioCommand::RaiseAccessPoint(raised) if !self.capabilities.may_use(raised.channel) => {
                Some(Unsupported::Channel(raised.channel))
            }
            _ => None,
        }
    }

    /// The driver refuses a command. A join that was refused has failed, and a scan has heard nothing.
    pub(super) fn refuse_command(&mut self, command: &RadioCommand, why: Unsupported) {
        self.reports.push_back(Report::Unsupported(why));
        match command {
            RadioCommand::Join(_) => {
                let failed = RadioEvent::JoinFailed(JoinFailure::Unknown);
                self.reports.push_back(Report::Device(failed));
            }
            RadioCommand::Scan | RadioCommand::ScanFor(_) => {
                self.reports.push_back(Report::Device(RadioEvent::ScanFinished));
            }
            RadioCommand::RaiseAccessPoint(_) | RadioCommand::DropAccessPoint | RadioCommand::Leave => {}
        }
    }
}
