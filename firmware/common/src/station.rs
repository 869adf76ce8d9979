//! The station on the home network: joined, with an address and a router, and whether the address stays the device's.

use core::cell::Cell;
use core::net::Ipv4Addr;

use embassy_futures::select::{Either, select};
use embassy_net::{ConfigV4, Ipv4Cidr, Stack};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use log::{info, warn};
use vestibule_core::{Credentials, JoinFailure, RadioEvent, Ssid, StaticAddress, StationAddress};

use crate::networks::{dhcp_ipv4, radio_ipv4, static_ipv4, wait_for_arp_reply};
use crate::wifi::{Association, JoinError, WifiDriver};

/// How long DHCP on the home network may take. It is shorter than
/// [`Config::join_timeout`](vestibule_core::Config::join_timeout), so that the owner is told the right
/// reason. Chosen: `embassy-net` repeats its request after 10 s at the latest.
pub const DHCP_TIMEOUT: Duration = Duration::from_secs(12);

/// How long the home network's router may take to answer ARP, after [`DHCP_TIMEOUT`]. Chosen: four
/// requests, because the stack sends one each second.
const ARP_TIMEOUT: Duration = Duration::from_secs(4);

/// A driver that has not reported the end of a join after this long is asked whether it has joined. Chosen: longer
/// than a search of all channels and a handshake, shorter than a join may take.
const SILENCE: Duration = Duration::from_secs(10);

/// How often it is asked from then on.
const ASK_INTERVAL: Duration = Duration::from_millis(250);

/// A network that hands out no address any more is left after this long, and joined anew. Chosen: a router restarts
/// in less.
const WITHOUT_ADDRESS: Duration = Duration::from_secs(120);

/// The station of a home network that is joined.
pub(crate) struct Station {
    pub(crate) address: StationAddress,
    /// What DHCP gave, if the address comes from there.
    lease: Option<Lease>,
}

/// What DHCP gave last.
struct Lease {
    given: Option<Given>,
    /// Since when there is none.
    lost_at: Option<Instant>,
}

type Given = (Ipv4Cidr, Option<Ipv4Addr>);

impl Station {
    /// What has become of the address since the last look, for the portal.
    pub(crate) async fn look(&mut self, home: Stack<'_>) -> Option<RadioEvent> {
        let lease = self.lease.as_mut()?;
        let now = Instant::now();
        let current = given(home);
        if current.is_none() && lease.lost_at.is_some_and(|lost| now - lost >= WITHOUT_ADDRESS) {
            warn!("the home network hands out no address any more");
            return Some(RadioEvent::Disconnected);
        }
        if current == lease.given {
            return None;
        }
        lease.given = current;
        lease.lost_at = current.is_none().then_some(now);
        Some(match current {
            Some(given) => {
                self.address = address(home, given).await;
                RadioEvent::AddressChanged(self.address)
            }
            None => RadioEvent::AddressLost,
        })
    }
}

/// Joins, gets an address and looks for the router. `device` is its name and the address that its maker has chosen.
/// `is_silent` is set as long as the driver has reported nothing.
pub(crate) async fn join<W: WifiDriver>(
    driver: &mut W,
    home: Stack<'_>,
    device: (&Ssid, Option<StaticAddress>),
    credentials: &Credentials,
    is_silent: &Cell<bool>,
) -> Result<Station, JoinError> {
    let (device_name, chosen) = device;
    is_silent.set(true);
    let association = associate(driver, credentials).await;
    is_silent.set(false);
    match (association?, chosen) {
        (_, Some(chosen)) => home.set_config_v4(ConfigV4::Static(static_ipv4(chosen))),
        (Association::WithAddress(address), None) => {
            home.set_config_v4(ConfigV4::Static(radio_ipv4(address)));
            return Ok(Station { address, lease: None });
        }
        (Association::WithoutAddress, None) => home.set_config_v4(dhcp_ipv4(device_name)),
    }
    // A router that throws the station off meanwhile is neither one without addresses nor one without a way out.
    match select(established(home, chosen.is_none()), gone(driver)).await {
        Either::First(link) => link,
        Either::Second(()) => Err(JoinError::Failed(JoinFailure::Unknown)),
    }
}

/// Joins the network; a driver whose report is lost is asked.
async fn associate<W: WifiDriver>(
    driver: &mut W,
    credentials: &Credentials,
) -> Result<Association, JoinError> {
    if driver.is_joined().is_none() {
        return driver.join(credentials).await;
    }
    if let Ok(reported) = with_timeout(SILENCE, driver.join(credentials)).await {
        return reported;
    }
    // The portal gives the join up when it has taken too long.
    while driver.is_joined() != Some(true) {
        Timer::after(ASK_INTERVAL).await;
    }
    warn!("the driver did not report that the network is joined");
    Ok(Association::WithoutAddress)
}

/// Returns once the network is gone. A report of one before it counts for nothing.
async fn gone<W: WifiDriver>(driver: &mut W) {
    loop {
        driver.wait_for_disconnect().await;
        if driver.is_joined() != Some(true) {
            return;
        }
        Timer::after(ASK_INTERVAL).await;
    }
}

/// Waits for the address and for the router to answer.
async fn established(home: Stack<'_>, has_lease: bool) -> Result<Station, JoinError> {
    let config = async {
        home.wait_config_up().await;
        given(home)
    };
    let Ok(Some(given)) = with_timeout(DHCP_TIMEOUT, config).await else {
        return Err(JoinError::Failed(JoinFailure::NoAddress));
    };
    let lease = has_lease.then_some(Lease { given: Some(given), lost_at: None });
    Ok(Station { address: address(home, given).await, lease })
}

/// What the stack is configured with.
fn given(home: Stack<'_>) -> Option<Given> {
    home.config_v4().map(|config| (config.address, config.gateway))
}

/// The address that was given, with the router if it answers.
async fn address(home: Stack<'_>, (address, named): Given) -> StationAddress {
    info!("address on the home network: {address}");
    let gateway = match named {
        Some(router) if with_timeout(ARP_TIMEOUT, wait_for_arp_reply(home, router)).await.is_ok() => {
            Some(router)
        }
        _ => None,
    };
    if gateway.is_none() {
        warn!("no router to other networks answers; the network named {named:?}");
    }
    StationAddress { address: address.address(), prefix: address.prefix_len(), gateway }
}
