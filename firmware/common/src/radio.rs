//! The seam for a board's radio, and the one loop that carries the portal's commands to it and its
//! reports back.

use embassy_futures::select::{Either, select};
use embassy_net::{ConfigV4, Stack};
use embassy_time::{Duration, Timer, with_timeout};
use embedded_storage::nor_flash::NorFlash;
use log::{info, warn};
use vestibule_core::application::Application;
use vestibule_core::{
    AccessPoint, Credentials, Entropy, HomeLink, JoinFailure, RadioEvent, ScanRecord, StaticAddress,
};

use crate::antenna::Command;
use crate::device::Device;
use crate::networks::{Networks, answers, asked_for, chosen, fixed, known};

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

/// A board's radio: what its driver can do, one thing at a time.
///
/// [`Radio::join`] and [`Radio::lost`] may be dropped before they are done; [`Radio::leave`] or
/// another join follows. The others run to their end, so they must have one.
#[expect(async_fn_in_trait, reason = "an executor of one thread needs no Send")]
pub trait Radio {
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
pub(crate) async fn operate<F: NorFlash, E: Entropy, A: Application, R: Radio>(
    device: &Device<F, E, A>,
    radio: &mut R,
    networks: Networks<'_>,
) -> ! {
    let Networks { access_point, home, host_name, .. } = networks;
    let mut station = Station::Off;
    loop {
        let command = match station {
            Station::Off => device.command(|_| true).await,
            Station::Joined => match select(device.command(|_| true), radio.lost()).await {
                Either::First(command) => command,
                Either::Second(()) => {
                    station = Station::Off;
                    home.set_config_v4(ConfigV4::None);
                    device.report(RadioEvent::Lost);
                    continue;
                }
            },
        };
        if command.is_for_station() {
            station = station_to(device, radio, home, host_name, command).await;
        } else {
            carry_out(device, radio, access_point, command).await;
        }
    }
}

/// Leaves or joins; a later command for the station ends it.
async fn station_to<F: NorFlash, E: Entropy, A: Application, R: Radio>(
    device: &Device<F, E, A>,
    radio: &mut R,
    home: Stack<'_>,
    host_name: &str,
    mut command: Command,
) -> Station {
    loop {
        home.set_config_v4(ConfigV4::None);
        let Command::Join(credentials) = command else {
            radio.leave().await;
            return Station::Off;
        };
        let joined = join(radio, home, device.home_address(), host_name, &credentials);
        match select(device.command(Command::is_for_station), joined).await {
            Either::First(later) => command = later,
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

async fn carry_out<F: NorFlash, E: Entropy, A: Application, R: Radio>(
    device: &Device<F, E, A>,
    radio: &mut R,
    stack: Stack<'_>,
    command: Command,
) {
    match command {
        Command::RaiseAccessPoint(access_point) => {
            // Its subnet moves where the home network has it.
            let address = fixed(access_point.address);
            if stack.config_v4().is_none_or(|config| config.address != address.address) {
                stack.set_config_v4(ConfigV4::Static(address));
            }
            // The portal is of no use without it, so it is tried for as long as it is wanted.
            while device.state().has_access_point() {
                if radio.raise_access_point(&access_point).await {
                    device.report(RadioEvent::AccessPointUp);
                    return;
                }
                warn!("the radio could not raise the access point; it is tried again");
                Timer::after(RAISE_AGAIN).await;
            }
        }
        Command::DropAccessPoint => {
            radio.drop_access_point().await;
            device.report(RadioEvent::AccessPointDown);
        }
        Command::Scan => {
            radio.scan(|record| device.report(RadioEvent::NetworkFound(record))).await;
            device.report(RadioEvent::ScanFinished);
        }
        // These are `station_to`'s.
        Command::Join(_) | Command::Leave => {}
    }
}

/// Joins, gets an address and looks for the router.
async fn join<R: Radio>(
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
