//! The radio's contract: the commands that the portal gives it, and the events that it reports.
//!
//! It holds no logic of the portal: a chip's driver and the simulated air share it with the core.

pub(crate) mod commands;

use crate::access_point::AccessPoint;
use crate::join_failure::{JoinFailure, JoinStage};
use crate::network_credentials::Credentials;
use crate::radio_capabilities::RadioCapabilities;
use crate::scan_record::ScanRecord;
use crate::ssid::Ssid;
use crate::station_address::StationAddress;

/// An event that a radio reports, through [`crate::Portal::handle_radio`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RadioEvent {
    /// The access point is up and phones can join it.
    AccessPointUp,
    /// The access point is down.
    AccessPointDown,
    /// The scan heard a network. Several may share a name.
    NetworkFound(ScanRecord),
    /// The scan is over; what it heard replaces what the one before heard.
    ScanFinished,
    /// The home network is joined and has handed out an address, and its router was looked for. A
    /// network without one is reported, too, because the portal decides whether to keep it.
    Joined(StationAddress),
    /// The home network could not be joined, and the radio knows why.
    JoinFailed(JoinFailure),
    /// The home network could not be joined, for a reason that is a code of the driver's. What it means depends on
    /// the network's protection, which the portal has heard ([`JoinFailure::from_reason`]).
    JoinAborted {
        /// The code.
        reason: u16,
        /// How far the join had come, if the driver says that.
        stage: JoinStage,
    },
    /// The home network was joined and is gone.
    Disconnected,
    /// The home network that is joined has handed out another address, or one again after [`Self::AddressLost`].
    AddressChanged(StationAddress),
    /// The address on the home network that is joined is the device's no more: its time is over, or the network took
    /// it back. Another may follow.
    AddressLost,
}

/// A command of the portal to its radio, from [`Portal::poll_radio`](crate::Portal::poll_radio). Its result
/// is reported later, through [`Portal::handle_radio`](crate::Portal::handle_radio). One radio serves
/// the access point and the station.
///
/// This enum is exhaustive on purpose: a board must carry out every command, so a new one is to stop its
/// compilation rather than be ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RadioCommand {
    /// Raise the access point, or raise it again with these settings. Reported as
    /// [`RadioEvent::AccessPointUp`].
    RaiseAccessPoint(AccessPoint),
    /// Take the access point down. Reported as [`RadioEvent::AccessPointDown`].
    DropAccessPoint,
    /// Listen for networks. Reported as [`RadioEvent::NetworkFound`] for each and
    /// [`RadioEvent::ScanFinished`] at the end.
    Scan,
    /// Listen for the networks of this name, and ask for them by it: hidden ones answer to nothing else. Reported as
    /// [`RadioCommand::Scan`] is, the name in each record.
    ScanFor(Ssid),
    /// Join a network as a station. Reported as [`RadioEvent::Joined`], [`RadioEvent::JoinFailed`] or
    /// [`RadioEvent::JoinAborted`]; a join in progress is given up without a report, and a network that was
    /// joined is left.
    Join(Credentials),
    /// Leave the home network or give up joining it. Not reported.
    Leave,
}

/// A radio, as the portal sees it: what a board implements, and the simulated air. A command starts
/// something and returns at once.
///
/// [`Portal::drive_radio`](crate::Portal::drive_radio) carries the portal's commands to it. One that only
/// counts:
///
/// ```
/// use vestibule_core::{Credentials, Passphrase, Radio, RadioCapabilities, RadioCommand, Ssid};
///
/// #[derive(Default)]
/// struct Wifi {
///     channel: Option<u8>,
///     joins: u32,
/// }
///
/// impl Radio for Wifi {
///     fn capabilities(&self) -> RadioCapabilities {
///         RadioCapabilities::DEFAULT
///     }
///
///     fn command(&mut self, command: RadioCommand) {
///         match command {
///             RadioCommand::RaiseAccessPoint(access_point) => self.channel = Some(access_point.channel),
///             RadioCommand::DropAccessPoint => self.channel = None,
///             RadioCommand::Join(_) => self.joins += 1,
///             RadioCommand::Scan | RadioCommand::ScanFor(_) | RadioCommand::Leave => {}
///         }
///     }
/// }
///
/// let mut wifi = Wifi::default();
/// let cafe = Credentials { ssid: Ssid::new(b"Cafe").unwrap(), passphrase: Passphrase::open() };
/// wifi.command(RadioCommand::Join(cafe));
/// assert_eq!((wifi.channel, wifi.joins), (None, 1));
/// ```
pub trait Radio {
    /// What it can do: for [`Config::radio`](crate::Config::radio).
    fn capabilities(&self) -> RadioCapabilities;

    /// Begins to carry out a command. The result is reported later.
    fn command(&mut self, command: RadioCommand);
}
