//! The chip's radio: esp-radio's Wi-Fi controller, one thing at a time.
//!
//! The driver restarts its radio when its mode changes, which throws everybody off. So the
//! station is part of the mode from the moment that the access point is raised, a join beside it
//! changes no mode, and when the access point goes the station joins once more, quietly.

use embassy_time::{Duration, Timer};
use esp_radio::wifi::ap::{AccessPointConfig, AccessPointInfo};
use esp_radio::wifi::scan::ScanConfig;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{
    AuthenticationMethod, AuthenticationMethodConfig, Config, ConnectionError, WifiController, WifiError,
};
use log::{info, warn};
use vestibule_core::limits::SCAN_RECORDS;
use vestibule_core::{
    AccessPoint, AccessPointSecurity, Credentials, JoinFailure, MacAddress, Passphrase, ScanRecord, Security,
    Ssid,
};
use vestibule_firmware::{Link, WifiDriver};

use crate::reasons::failure;

/// How often the home network is joined again when the access point has gone, and the wait between.
const REJOINS: u32 = 3;
const REJOIN_PAUSE: Duration = Duration::from_secs(1);

/// The radio.
pub(crate) struct EspRadio {
    controller: WifiController<'static>,
    access_point: Option<AccessPointConfig>,
    station: StationConfig,
    /// The station has joined, and was not told to leave.
    joined: bool,
}

impl EspRadio {
    pub(crate) fn new(controller: WifiController<'static>) -> Self {
        Self { controller, access_point: None, station: StationConfig::default(), joined: false }
    }

    /// Applies what is wanted now.
    fn configure(&mut self) -> Result<(), WifiError> {
        let station = self.station.clone();
        self.controller.set_config(&match self.access_point.clone() {
            Some(access_point) => Config::AccessPointStation(station, access_point),
            None => Config::Station(station),
        })
    }

    async fn connect(&mut self) -> Result<(), JoinFailure> {
        match self.controller.connect_async().await {
            Ok(_) => {
                self.joined = true;
                Ok(())
            }
            Err(ConnectionError::Failed(info)) => {
                info!("the join failed: {:?}", info.reason);
                Err(failure(info.reason))
            }
            Err(error) => {
                warn!("the join failed: {error:?}");
                Err(JoinFailure::Unsure)
            }
        }
    }
}

impl WifiDriver for EspRadio {
    async fn raise_access_point(&mut self, access_point: &AccessPoint) -> bool {
        let config = || {
            let config = AccessPointConfig::default()
                .with_ssid(access_point.ssid.as_bytes().try_into()?)
                .with_channel(access_point.channel)
                .with_authentication(own_authentication(&access_point.security)?);
            Ok::<_, WifiError>(config)
        };
        match config() {
            Ok(config) => self.access_point = Some(config),
            Err(error) => {
                warn!("the access point's name or passphrase does not suit the driver: {error:?}");
                return false;
            }
        }
        match self.configure() {
            Ok(()) => true,
            Err(error) => {
                warn!("the driver could not raise the access point: {error:?}");
                false
            }
        }
    }

    async fn drop_access_point(&mut self) {
        self.access_point = None;
        if let Err(error) = self.configure() {
            warn!("the driver could not take the access point down: {error:?}");
        }
        if !self.joined {
            return;
        }
        for _ in 0..REJOINS {
            if self.connect().await.is_ok() {
                return;
            }
            Timer::after(REJOIN_PAUSE).await;
        }
        // `lost` says so.
    }

    async fn scan(&mut self, mut heard: impl FnMut(ScanRecord)) {
        if self.access_point.is_none() && !self.joined {
            // The driver scans in a mode that has a station.
            if let Err(error) = self.configure() {
                warn!("the driver cannot scan: {error:?}");
                return;
            }
        }
        match self.controller.scan_async(&ScanConfig::default().with_max(2 * SCAN_RECORDS)).await {
            Ok(found) => found.iter().filter_map(record).for_each(&mut heard),
            Err(error) => warn!("the scan failed: {error:?}"),
        }
    }

    async fn join(&mut self, credentials: &Credentials) -> Result<Link, JoinFailure> {
        self.leave().await;
        let station = || {
            let station = StationConfig::default()
                .with_ssid(credentials.ssid.as_bytes().try_into()?)
                .with_authentication(authentication(&credentials.passphrase)?);
            Ok::<_, WifiError>(station)
        };
        self.station = station().map_err(|error| {
            warn!("the driver does not take these credentials: {error:?}");
            JoinFailure::Unsure
        })?;
        self.configure().map_err(|error| {
            warn!("the driver cannot join: {error:?}");
            JoinFailure::Unsure
        })?;
        self.connect().await?;
        Ok(Link::Associated)
    }

    async fn leave(&mut self) {
        self.joined = false;
        // An error says that there was nothing to leave.
        let _ = self.controller.disconnect_async().await;
    }

    async fn lost(&mut self) {
        // An error says that it is gone already.
        match self.controller.wait_for_disconnect_async().await {
            Ok(info) => info!("the home network is gone: {:?}", info.reason),
            Err(_) => info!("the home network is gone"),
        }
        self.joined = false;
    }
}

/// The weakest protection that the driver is to accept, with its passphrase (`wifi_scan_threshold_t`,
/// source). WPA's, so that a router which offers nothing better is joined as well; that WPA2 and
/// WPA3 are taken then has not been tried on a board.
fn authentication(passphrase: &Passphrase) -> Result<AuthenticationMethodConfig, WifiError> {
    if passphrase.is_open() {
        return Ok(AuthenticationMethodConfig::Open);
    }
    // 64 hexadecimal digits or ASCII, as a rule; the driver's type takes text only.
    let text = core::str::from_utf8(passphrase.expose()).map_err(|_| WifiError::InvalidPassword)?;
    Ok(AuthenticationMethodConfig::Wpa(text.try_into()?))
}

/// How the device's own access point is protected. esp-radio has no WPA3 for access points: where both
/// may be used it is WPA2, and where WPA3 alone is asked for there is no access point, rather than one
/// that is weaker than its maker chose.
fn own_authentication(security: &AccessPointSecurity) -> Result<AuthenticationMethodConfig, WifiError> {
    let own = match security {
        AccessPointSecurity::Open => return Ok(AuthenticationMethodConfig::Open),
        AccessPointSecurity::Wpa2(own) | AccessPointSecurity::Wpa2Wpa3(own) => own,
        AccessPointSecurity::Wpa3(_) => return Err(WifiError::Unsupported),
    };
    let text = core::str::from_utf8(own.expose()).map_err(|_| WifiError::InvalidPassword)?;
    Ok(AuthenticationMethodConfig::Wpa2Personal(text.try_into()?))
}

/// A network that the scan heard. A name that is not UTF-8 is left out: esp-radio hands out its
/// beginning only, which could not be joined.
fn record(info: &AccessPointInfo) -> Option<ScanRecord> {
    let name = info.ssid.as_str().as_bytes();
    if name.len() != info.ssid.len() {
        return None;
    }
    Some(ScanRecord {
        ssid: Ssid::new(name).ok()?,
        bssid: MacAddress(info.bssid),
        channel: info.channel,
        signal: info.signal_strength,
        security: security(info.auth_method),
    })
}

fn security(method: Option<AuthenticationMethod>) -> Security {
    match method {
        Some(AuthenticationMethod::None | AuthenticationMethod::Owe) => Security::Open,
        Some(AuthenticationMethod::Wpa2Wpa3Personal | AuthenticationMethod::Wpa3ExtPskMixed) => {
            Security::Wpa2Wpa3
        }
        Some(AuthenticationMethod::Wpa3Personal | AuthenticationMethod::Wpa3ExtPsk) => Security::Wpa3,
        Some(
            AuthenticationMethod::Wpa2Enterprise
            | AuthenticationMethod::Wpa3EntSuiteB192Bit
            | AuthenticationMethod::Wpa3Enterprise
            | AuthenticationMethod::Wpa2Wpa3Enterprise
            | AuthenticationMethod::WpaEnterprise,
        ) => Security::Enterprise,
        // WEP and the rest ask for a secret too.
        _ => Security::Wpa2,
    }
}
