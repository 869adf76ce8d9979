//! The trait for a board's Wi-Fi driver, and the loop that passes the portal's commands to it and its
//! reports back.

use embassy_futures::select::{Either, select};
use embassy_net::{ConfigV4, Stack};
use embassy_time::{Duration, Timer, with_timeout};
use embedded_storage::nor_flash::NorFlash;
use log::{info, warn};
use vestibule_core::application::Application;
use vestibule_core::{
    AccessPoint, Credentials, Entropy, JoinFailure, JoinStage, RadioCapabilities, RadioCommand, RadioEvent,
    ScanRecord, StaticAddress, StationAddress,
};

use crate::device::Device;
use crate::networks::{Networks, access_point_ipv4, dhcp_ipv4, radio_ipv4, static_ipv4, wait_for_arp_reply};

/// The wait before an access point that could not be raised is tried again. Chosen: short for an owner
/// who waits for it.
const AP_RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// How long DHCP on the home network may take. It is shorter than
/// [`Config::join_timeout`](vestibule_core::Config::join_timeout), so that the owner is told the right
/// reason. Chosen: `embassy-net` repeats its request after 10 s at the latest.
pub const DHCP_TIMEOUT: Duration = Duration::from_secs(12);

/// How long the home network's router may take to answer ARP, after [`DHCP_TIMEOUT`]. Chosen: four
/// requests, because the stack sends one each second.
const ARP_TIMEOUT: Duration = Duration::from_secs(4);

/// A network that has been joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Association {
    /// The station has no address yet; DHCP gives it one.
    WithoutAddress,
    /// The radio has got this address for the station.
    WithAddress(StationAddress),
}

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
}

impl JoinError {
    /// What the portal is told.
    fn event(self) -> RadioEvent {
        match self {
            Self::Failed(failure) => RadioEvent::JoinFailed(failure),
            Self::Aborted { reason, stage } => RadioEvent::JoinAborted { reason, stage },
        }
    }
}

/// A board's Wi-Fi driver. It does one thing at a time, and is the asynchronous counterpart of the core's
/// [`Radio`](vestibule_core::Radio), whose commands return at once.
///
/// The futures of [`WifiDriver::join`] and [`WifiDriver::wait_for_disconnect`] may be dropped before they
/// are done; [`WifiDriver::leave`] or another join follows. All others run to their end, so they must have
/// one.
///
/// A driver whose radio cannot be access point and station at once is not asked to be both: its access point
/// has been dropped when a join begins, and its network left when the access point is raised.
#[expect(async_fn_in_trait, reason = "an executor of one thread needs no Send")]
pub trait WifiDriver {
    /// What the radio can do. The device's configuration is given it when the device starts.
    fn capabilities(&self) -> RadioCapabilities;

    /// Raises the access point, or raises it again with these settings. Returns whether the driver could.
    async fn raise_access_point(&mut self, access_point: &AccessPoint) -> bool;

    /// Takes the access point down. A home network that is joined stays so.
    async fn drop_access_point(&mut self);

    /// Listens for networks, and calls `found` for each.
    async fn scan(&mut self, found: impl FnMut(ScanRecord));

    /// Joins a network.
    ///
    /// # Errors
    /// Why it could not, as far as the driver knows.
    async fn join(&mut self, credentials: &Credentials) -> Result<Association, JoinError>;

    /// Leaves the network, or gives up joining it.
    async fn leave(&mut self);

    /// Returns once the network that was joined is gone.
    async fn wait_for_disconnect(&mut self);
}

/// Gives the portal's commands to the driver. Never returns.
pub(crate) async fn drive<F: NorFlash, E: Entropy, A: Application, W: WifiDriver>(
    device: &Device<F, E, A>,
    driver: &mut W,
    networks: Networks<'_>,
) -> ! {
    let mut is_joined = false;
    loop {
        let command = if is_joined {
            match select(device.command(), driver.wait_for_disconnect()).await {
                Either::First(command) => command,
                Either::Second(()) => {
                    is_joined = false;
                    networks.home.set_config_v4(ConfigV4::None);
                    device.handle_radio(RadioEvent::Disconnected);
                    continue;
                }
            }
        } else {
            device.command().await
        };
        match command {
            RadioCommand::Join(credentials) => {
                is_joined = join_last_commanded(device, driver, networks, credentials).await;
            }
            RadioCommand::Leave => {
                leave(driver, networks.home).await;
                is_joined = false;
            }
            RadioCommand::RaiseAccessPoint(access_point) => {
                raise(device, driver, networks.access_point, &access_point).await;
            }
            RadioCommand::DropAccessPoint => {
                driver.drop_access_point().await;
                device.handle_radio(RadioEvent::AccessPointDown);
            }
            RadioCommand::Scan => {
                driver.scan(|record| device.handle_radio(RadioEvent::NetworkFound(record))).await;
                device.handle_radio(RadioEvent::ScanFinished);
            }
        }
    }
}

/// Leaves the network, or gives up joining it.
async fn leave<W: WifiDriver>(driver: &mut W, home: Stack<'_>) {
    home.set_config_v4(ConfigV4::None);
    driver.leave().await;
}

/// Joins, and returns whether a network is joined then. A later command for the station replaces the join.
async fn join_last_commanded<F: NorFlash, E: Entropy, A: Application, W: WifiDriver>(
    device: &Device<F, E, A>,
    driver: &mut W,
    networks: Networks<'_>,
    mut credentials: Credentials,
) -> bool {
    let Networks { home, host_name, .. } = networks;
    loop {
        home.set_config_v4(ConfigV4::None);
        let join = join(driver, home, device.home_address(), host_name, &credentials);
        match select(device.command_for_station(), join).await {
            Either::First(RadioCommand::Join(later)) => credentials = later,
            Either::First(_) => {
                leave(driver, home).await;
                return false;
            }
            Either::Second(Ok(link)) => {
                device.handle_radio(RadioEvent::Joined(link));
                return true;
            }
            Either::Second(Err(error)) => {
                // The portal commands the driver to leave.
                device.handle_radio(error.event());
                return false;
            }
        }
    }
}

/// Raises the access point. Its stack gets another address where the home network has the subnet of the
/// old one.
async fn raise<F: NorFlash, E: Entropy, A: Application, W: WifiDriver>(
    device: &Device<F, E, A>,
    driver: &mut W,
    stack: Stack<'_>,
    access_point: &AccessPoint,
) {
    let config = access_point_ipv4(access_point.address);
    if stack.config_v4().is_none_or(|current| current.address != config.address) {
        stack.set_config_v4(ConfigV4::Static(config));
    }
    // The portal is of no use without an access point, so that it is retried while the portal wants one.
    while device.state().has_access_point() {
        if driver.raise_access_point(access_point).await {
            device.handle_radio(RadioEvent::AccessPointUp);
            return;
        }
        warn!("the radio could not raise the access point; it is tried again");
        Timer::after(AP_RETRY_INTERVAL).await;
    }
}

/// Joins, gets an address and looks for the router.
async fn join<W: WifiDriver>(
    driver: &mut W,
    home: Stack<'_>,
    chosen: Option<StaticAddress>,
    host_name: &str,
    credentials: &Credentials,
) -> Result<StationAddress, JoinError> {
    match (driver.join(credentials).await?, chosen) {
        (_, Some(chosen)) => home.set_config_v4(ConfigV4::Static(static_ipv4(chosen))),
        (Association::WithAddress(link), None) => {
            home.set_config_v4(ConfigV4::Static(radio_ipv4(link)));
            return Ok(link);
        }
        (Association::WithoutAddress, None) => home.set_config_v4(dhcp_ipv4(host_name)),
    }
    // A router that throws the station off meanwhile is neither one without addresses nor one without a way out.
    match select(established(home), driver.wait_for_disconnect()).await {
        Either::First(link) => link,
        Either::Second(()) => Err(JoinError::Failed(JoinFailure::Unknown)),
    }
}

/// Waits for the address and for the router to answer.
async fn established(home: Stack<'_>) -> Result<StationAddress, JoinError> {
    let config = async {
        home.wait_config_up().await;
        home.config_v4()
    };
    let Ok(Some(config)) = with_timeout(DHCP_TIMEOUT, config).await else {
        return Err(JoinError::Failed(JoinFailure::NoAddress));
    };
    info!("address on the home network: {}", config.address);
    let gateway = match config.gateway {
        Some(router) if with_timeout(ARP_TIMEOUT, wait_for_arp_reply(home, router)).await.is_ok() => {
            Some(router)
        }
        _ => None,
    };
    if gateway.is_none() {
        warn!("no router to other networks answers; the network named {:?}", config.gateway);
    }
    Ok(StationAddress { address: config.address.address(), prefix: config.address.prefix_len(), gateway })
}
