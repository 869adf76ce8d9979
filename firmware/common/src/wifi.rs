//! The seam for a board's Wi-Fi driver, and the one loop that carries the portal's commands to it and its
//! reports back.

use embassy_futures::select::{Either, select};
use embassy_net::{ConfigV4, Stack};
use embassy_time::{Duration, Timer, with_timeout};
use embedded_storage::nor_flash::NorFlash;
use log::{info, warn};
use vestibule_core::application::Application;
use vestibule_core::{
    AccessPoint, Credentials, Entropy, HomeLink, JoinFailure, RadioCommand, RadioEvent, ScanRecord,
    StaticAddress,
};

use crate::device::Device;
use crate::networks::{answers, asked_for, chosen, fixed, known};
use crate::run::Networks;

/// The wait before an access point that could not be raised is tried again. Chosen: short for an owner
/// who waits for it.
const RAISE_AGAIN: Duration = Duration::from_secs(2);

/// How long a network that was joined may take to hand out an address. Shorter than
/// [`Config::join_patience`](vestibule_core::Config::join_patience), so that the owner is told
/// what was wrong. Chosen: `embassy-net` asks again after 10 s at the latest.
pub const ADDRESS_PATIENCE: Duration = Duration::from_secs(12);

/// How long the home network's router may take to answer ARP, beside [`ADDRESS_PATIENCE`]. Chosen: four
/// questions, for the stack asks every second.
const GATEWAY_PATIENCE: Duration = Duration::from_secs(4);

/// What a join gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The station is associated; an address is to be asked for.
    Associated,
    /// The radio knows already what the network gave.
    Addressed(HomeLink),
}

/// A board's Wi-Fi driver: what it can do, one thing at a time. It is the asynchronous counterpart of the
/// core's [`Radio`](vestibule_core::Radio), whose commands return at once.
///
/// [`WifiDriver::join`] and [`WifiDriver::lost`] may be dropped before they are done;
/// [`WifiDriver::leave`] or another join follows. The others run to their end, so they must have one.
#[expect(async_fn_in_trait, reason = "an executor of one thread needs no Send")]
pub trait WifiDriver {
    /// Raises the access point, or raises it anew. `false` when the driver could not.
    async fn raise_access_point(&mut self, access_point: &AccessPoint) -> bool;

    /// Takes the access point down. The home network stays joined.
    async fn drop_access_point(&mut self);

    /// Listens for networks, and calls `heard` for each.
    async fn scan(&mut self, heard: impl FnMut(ScanRecord));

    /// Joins a network.
    ///
    /// # Errors
    /// Why it could not, as far as the driver says.
    async fn join(&mut self, credentials: &Credentials) -> Result<Link, JoinFailure>;

    /// Leaves the network, or gives up joining it.
    async fn leave(&mut self);

    /// Returns once the network that was joined is gone.
    async fn lost(&mut self);
}

/// What the station does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Station {
    Off,
    Joined,
}

/// Carries out what the portal asks of its radio. Never returns.
pub(crate) async fn operate<F: NorFlash, E: Entropy, A: Application, R: WifiDriver>(
    device: &Device<F, E, A>,
    radio: &mut R,
    networks: Networks<'_>,
) -> ! {
    let Networks { access_point, home, host_name, .. } = networks;
    let mut station = Station::Off;
    loop {
        let command = match station {
            Station::Off => device.command().await,
            Station::Joined => match select(device.command(), radio.lost()).await {
                Either::First(command) => command,
                Either::Second(()) => {
                    station = Station::Off;
                    home.set_config_v4(ConfigV4::None);
                    device.report(RadioEvent::Lost);
                    continue;
                }
            },
        };
        match command {
            RadioCommand::Join(credentials) => {
                station = join_until_told_otherwise(device, radio, home, host_name, credentials).await;
            }
            RadioCommand::Leave => {
                leave(radio, home).await;
                station = Station::Off;
            }
            RadioCommand::RaiseAccessPoint(raised) => raise(device, radio, access_point, &raised).await,
            RadioCommand::DropAccessPoint => {
                radio.drop_access_point().await;
                device.report(RadioEvent::AccessPointDown);
            }
            RadioCommand::Scan => {
                radio.scan(|record| device.report(RadioEvent::NetworkFound(record))).await;
                device.report(RadioEvent::ScanFinished);
            }
        }
    }
}

/// Leaves the network, or gives up joining it.
async fn leave<R: WifiDriver>(radio: &mut R, home: Stack<'_>) {
    home.set_config_v4(ConfigV4::None);
    radio.leave().await;
}

/// Joins; a later command for the station ends that, and is carried out in its place.
async fn join_until_told_otherwise<F: NorFlash, E: Entropy, A: Application, R: WifiDriver>(
    device: &Device<F, E, A>,
    radio: &mut R,
    home: Stack<'_>,
    host_name: &str,
    mut credentials: Credentials,
) -> Station {
    loop {
        home.set_config_v4(ConfigV4::None);
        let joined = join(radio, home, device.home_address(), host_name, &credentials);
        match select(device.command_for_station(), joined).await {
            Either::First(RadioCommand::Join(others)) => credentials = others,
            Either::First(_) => {
                leave(radio, home).await;
                return Station::Off;
            }
            Either::Second(Ok(link)) => {
                device.report(RadioEvent::Joined(link));
                return Station::Joined;
            }
            Either::Second(Err(failure)) => {
                // The portal has it leave.
                device.report(RadioEvent::JoinFailed(failure));
                return Station::Off;
            }
        }
    }
}

/// Raises the access point.
async fn raise<F: NorFlash, E: Entropy, A: Application, R: WifiDriver>(
    device: &Device<F, E, A>,
    radio: &mut R,
    stack: Stack<'_>,
    access_point: &AccessPoint,
) {
    // Its subnet moves where the home network has it.
    let address = fixed(access_point.address);
    if stack.config_v4().is_none_or(|config| config.address != address.address) {
        stack.set_config_v4(ConfigV4::Static(address));
    }
    // The portal is of no use without it, so it is tried for as long as it is wanted.
    while device.state().has_access_point() {
        if radio.raise_access_point(access_point).await {
            device.report(RadioEvent::AccessPointUp);
            return;
        }
        warn!("the radio could not raise the access point; it is tried again");
        Timer::after(RAISE_AGAIN).await;
    }
}

/// Joins, gets an address and looks for the router.
async fn join<R: WifiDriver>(
    radio: &mut R,
    home: Stack<'_>,
    own: Option<StaticAddress>,
    host_name: &str,
    credentials: &Credentials,
) -> Result<HomeLink, JoinFailure> {
    match (radio.join(credentials).await?, own) {
        (_, Some(own)) => home.set_config_v4(ConfigV4::Static(chosen(own))),
        (Link::Addressed(link), None) => {
            home.set_config_v4(ConfigV4::Static(known(link)));
            return Ok(link);
        }
        (Link::Associated, None) => home.set_config_v4(asked_for(host_name)),
    }
    let address = async {
        home.wait_config_up().await;
        home.config_v4()
    };
    let Ok(Some(config)) = with_timeout(ADDRESS_PATIENCE, address).await else {
        return Err(JoinFailure::NoAddress);
    };
    info!("address on the home network: {}", config.address);
    let gateway = match config.gateway {
        Some(router) if with_timeout(GATEWAY_PATIENCE, answers(home, router)).await.is_ok() => Some(router),
        _ => None,
    };
    if gateway.is_none() {
        warn!("no router to other networks; named was {:?}", config.gateway);
    }
    Ok(HomeLink { address: config.address.address(), prefix: config.address.prefix_len(), gateway })
}
