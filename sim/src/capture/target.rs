//! Where recordings are sent: a portal's two sockets, and nothing else; by default those of the
//! built-in device.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::broadcast::error::RecvError;

use crate::scenario::load;
use crate::trace::What;
use crate::world::loopback::{Loopback, LoopbackError, Ports};

/// How long the built-in device may take to raise its access point: many times what it takes.
const RISING: Duration = Duration::from_secs(10);

/// A portal that recordings are sent to.
///
/// ```
/// use std::net::Ipv4Addr;
/// use vestibule::capture::Target;
///
/// let address = Ipv4Addr::new(192, 168, 4, 1);
/// let bench = Target { http: (address, 80).into(), dns: (address, 53).into(), address };
/// assert_eq!(bench.http.to_string(), "192.168.4.1:80");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where it answers questions for names.
    pub dns: SocketAddr,
    /// Where it answers requests.
    pub http: SocketAddr,
    /// The address that it gives itself: in its answers to questions and in its redirects. That
    /// of `http`, unless something stands between.
    pub address: Ipv4Addr,
}

impl Target {
    /// The address that a phone beside the target has: another one of its loopback network, where
    /// there is one.
    pub(crate) fn source(&self, to: SocketAddr) -> SocketAddr {
        let address: IpAddr = match to.ip() {
            IpAddr::V4(address) if address.is_loopback() && address != Ipv4Addr::LOCALHOST => {
                let [a, b, c, _] = address.octets();
                Ipv4Addr::new(a, b, c, 10).into()
            }
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        (address, 0).into()
    }
}

/// Why there is no built-in device to send to.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NoDevice {
    /// Its sockets cannot be had.
    #[error(transparent)]
    Sockets(#[from] LoopbackError),
    /// Its world cannot be read.
    #[error(transparent)]
    World(#[from] load::ScenarioError),
    /// Its access point did not come up.
    #[error("the device's access point is not up after {} s", RISING.as_secs())]
    NoAccessPoint,
}

/// A device without credentials beside one home network, its access point up, on sockets of this
/// machine: until it is dropped.
///
/// [`replay`](super::replay::replay()) has an example.
pub struct BuiltIn {
    world: Loopback,
}

impl BuiltIn {
    /// Starts it and waits for its access point.
    ///
    /// # Errors
    ///
    /// It cannot be started, or does not get ready.
    pub async fn start() -> Result<Self, NoDevice> {
        let text = "name = \"a device in setup\"\n[[network]]\nssid = \"Home\"\n";
        let scenario = load::parse(text, Path::new("built-in"))?;
        let world = Loopback::start(&scenario, 1, Ports::default(), None).await?;
        let mut records = world.follow();
        world.power_on();
        let up = async {
            loop {
                match records.recv().await {
                    Ok(record) if record.what == (What::AccessPoint { up: true }) => return true,
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return false,
                }
            }
        };
        match tokio::time::timeout(RISING, up).await {
            Ok(true) => Ok(Self { world }),
            _ => Err(NoDevice::NoAccessPoint),
        }
    }

    /// Where it is.
    pub fn target(&self) -> Target {
        Target { dns: self.world.dns(), http: self.world.portal(), address: self.world.layout().device }
    }

    /// Ends it.
    pub async fn stop(self) {
        self.world.stop().await;
    }
}
