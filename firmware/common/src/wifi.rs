//! The trait for a board's Wi-Fi driver, and what goes wrong with one.

use core::fmt;

use embassy_time::{Duration, Timer};
use vestibule_core::{
    AccessPoint, AccessPointSecurity, Credentials, JoinFailure, JoinStage, RadioCapabilities, RadioEvent,
    ScanRecord, Ssid, StationAddress,
};

/// How often a driver that does not report the end of a network is asked for it.
const ASK_INTERVAL: Duration = Duration::from_millis(250);

/// A network that has been joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Association {
    /// The station has no address yet; DHCP gives it one.
    WithoutAddress,
    /// The radio has got this address for the station.
    WithAddress(StationAddress),
}

/// The driver could not do what it was asked for, and may have ended more than that: its access point, its station.
/// What is the matter is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriverFailed;

impl fmt::Display for DriverFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the radio's driver failed")
    }
}

impl core::error::Error for DriverFailed {}

/// The radio could not be started three times since power came, or has not come back from its start, so there is neither a
/// portal nor a home network. A board returns this in place of its [`Parts`](crate::Parts), and stops its watchdog: nothing more
/// happens until power comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadioFailed;

impl fmt::Display for RadioFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the radio could not be started three times in a row: unplug the device, and plug it in again",
        )
    }
}

impl core::error::Error for RadioFailed {}

/// Why a driver could not join a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinError {
    /// The driver knows.
    Failed(JoinFailure),
    /// For a reason that is a code of its own: what it means the portal knows
    /// ([`JoinFailure::from_reason`]).
    Aborted {
        /// The code.
        reason: u16,
        /// How far the join had come, if the driver says that.
        stage: JoinStage,
    },
    /// The driver failed ([`DriverFailed`]).
    Driver,
}

impl JoinError {
    /// What the portal is told.
    pub(crate) fn event(self) -> RadioEvent {
        match self {
            Self::Failed(failure) => RadioEvent::JoinFailed(failure),
            Self::Aborted { reason, stage } => RadioEvent::JoinAborted { reason, stage },
            Self::Driver => RadioEvent::JoinFailed(JoinFailure::Unknown),
        }
    }
}

/// A board's Wi-Fi driver. It does one thing at a time, and is the asynchronous counterpart of the core's
/// [`Radio`](vestibule_core::Radio), whose commands return at once.
///
/// A driver may fail and may hang. Each of its futures is dropped when it takes too long, and whatever comes next follows:
/// the next command, or [`WifiDriver::restart`]. A report that is lost is found by [`WifiDriver::is_joined`].
///
/// A driver whose radio cannot be access point and station at once is not asked to be both: its access point
/// has been dropped when a join begins, and its network left when the access point is raised.
#[expect(async_fn_in_trait, reason = "an executor of one thread needs no Send")]
pub trait WifiDriver {
    /// What the radio can do. The device's configuration is given it when the device starts.
    fn capabilities(&self) -> RadioCapabilities;

    /// Whether the access point can be protected like this. A device that is configured otherwise does not start.
    fn can_protect(&self, security: &AccessPointSecurity) -> bool;

    /// Raises the access point, or raises it again with these settings.
    ///
    /// # Errors
    /// [`DriverFailed`].
    async fn raise_access_point(&mut self, access_point: &AccessPoint) -> Result<(), DriverFailed>;

    /// Takes the access point down. A home network that is joined stays so.
    ///
    /// # Errors
    /// [`DriverFailed`].
    async fn drop_access_point(&mut self) -> Result<(), DriverFailed>;

    /// Listens for networks, and calls `found` for each: for all, or for those of one name, which it asks for by it, as
    /// hidden networks answer to nothing else. Their records have the name then.
    ///
    /// # Errors
    /// [`DriverFailed`].
    async fn scan(&mut self, ssid: Option<Ssid>, found: impl FnMut(ScanRecord)) -> Result<(), DriverFailed>;

    /// Joins a network.
    ///
    /// # Errors
    /// Why it could not, as far as the driver knows.
    async fn join(&mut self, credentials: &Credentials) -> Result<Association, JoinError>;

    /// Leaves the network, or gives up joining it.
    ///
    /// # Errors
    /// [`DriverFailed`]. That there was nothing to leave is none.
    async fn leave(&mut self) -> Result<(), DriverFailed>;

    /// Returns once the network that was joined is gone. By default the driver is asked for it now and then.
    async fn wait_for_disconnect(&mut self) {
        while self.is_joined() != Some(false) {
            Timer::after(ASK_INTERVAL).await;
        }
    }

    /// Whether a network is joined, which the driver is asked after a silence. `None` if the driver cannot say; a report
    /// that it loses is lost then.
    fn is_joined(&mut self) -> Option<bool>;

    /// Whether the access point is up, which the driver is asked now and then while it should be, and when it says that it
    /// has been raised or dropped. `None` if the driver cannot say: what it says wrongly is believed then, and whether it stands
    /// is known by the link of its network device alone, some seconds later. esp-radio 1.0.0-beta.1 is so: it keeps the state
    /// of its access point for that link.
    fn access_point_is_up(&mut self) -> Option<bool> {
        None
    }

    /// How strongly the network that is joined is heard, in dBm, if the driver can say.
    fn signal(&mut self) -> Option<i8> {
        None
    }

    /// Starts the radio anew, as after power came: neither access point nor station. Called when the driver goes on failing.
    ///
    /// # Errors
    /// [`DriverFailed`].
    async fn restart(&mut self) -> Result<(), DriverFailed>;
}
