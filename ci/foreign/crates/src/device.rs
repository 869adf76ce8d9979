//! What is not a portal's in a device of a scenario: it joins with what was typed, stores that in a file that it replaces as
//! a whole, and joins with it again when it is switched on; until it has joined once, its access point is up.

use core::net::Ipv4Addr;
use std::env;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use crate::ADDRESS;
use crate::vestibule_wifi::Wifi;

static DEVICE: OnceLock<Device> = OnceLock::new();

pub struct Device {
    wifi: Mutex<Wifi>,
    file: PathBuf,
}

/// The device, in a scenario.
pub fn get() -> Option<&'static Device> {
    DEVICE.get()
}

/// Switches it on, in a scenario. Comes back when its access point is up, and not at all once it is set up.
pub fn power_on() -> Option<&'static Device> {
    env::var("VESTIBULE_CONTROL").ok()?;
    let wifi = Wifi::begin().unwrap_or_else(|error| panic!("the control channel: {error}"));
    let file = wifi.folder().join("wifi");
    let device = DEVICE.get_or_init(|| Device { wifi: Mutex::new(wifi), file });
    if let Ok(stored) = fs::read_to_string(&device.file) {
        let (ssid, password) = stored.split_once('\n').unwrap_or_default();
        while device.join(ssid, password).is_none() {
            thread::sleep(Duration::from_secs(2));
        }
        loop {
            // Its application.
            thread::park();
        }
    }
    device.with(|wifi| wifi.raise_access_point("Lamp-4F2A", 6, ADDRESS, ""));
    Some(device)
}

impl Device {
    fn with<T>(&self, ask: impl FnOnce(&mut Wifi) -> T) -> T {
        ask(&mut self.wifi.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Its address at home.
    pub fn join(&self, ssid: &str, password: &str) -> Option<Ipv4Addr> {
        let link = self.with(|wifi| wifi.join(ssid.as_bytes(), password.as_bytes())).ok()?;
        self.store(ssid, password).unwrap_or_else(|error| panic!("the file: {error}"));
        Some(link.address)
    }

    fn store(&self, ssid: &str, password: &str) -> io::Result<()> {
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{ssid}\n{password}"))?;
        fs::rename(new, &self.file)
    }

    /// Where its DNS and its HTTP listen: ports that are free, which the host was told.
    pub fn listens(&self) -> (SocketAddr, SocketAddr) {
        let dns = self.with(|wifi| wifi.bind_udp(53)).and_then(|socket| socket.local_addr());
        let http = self.with(|wifi| wifi.listen_tcp(80)).and_then(|listener| listener.local_addr());
        let port = |bound: io::Result<SocketAddr>| bound.unwrap_or_else(|error| panic!("a port: {error}"));
        (port(dns), port(http))
    }
}
