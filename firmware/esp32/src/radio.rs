//! The chip's radio: esp-radio's Wi-Fi controller, one thing at a time.
//!
//! The controller restarts its radio when its mode changes, which disconnects every client. So the station
//! is part of the mode as soon as the access point is raised, and a join changes no mode. When the access
//! point is taken down the mode does change; the station then joins again without a report.

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
    AccessPoint, AccessPointSecurity, Channels, Credentials, JoinFailure, JoinStage, MacAddress, Passphrase,
    RadioCapabilities, ScanRecord, Security, Ssid,
};
use vestibule_firmware::{Association, JoinError, WifiDriver};

use crate::reasons::number;

/// How often the home network is joined again after the access point was taken down, and the wait between.
const REJOIN_ATTEMPTS: u32 = 3;
const REJOIN_INTERVAL: Duration = Duration::from_secs(1);

/// The radio.
pub struct EspRadio {
    controller: WifiController<'static>,
    access_point: Option<AccessPointConfig>,
    station: StationConfig,
    /// The station has joined a network and not left it.
    is_joined: bool,
}

impl EspRadio {
    pub(crate) fn new(controller: WifiController<'static>) -> Self {
        Self { controller, access_point: None, station: StationConfig::default(), is_joined: false }
    }

    /// Applies the configuration of access point and station.
    fn configure(&mut self) -> Result<(), WifiError> {
        let station = self.station.clone();
        self.controller.set_config(&match self.access_point.clone() {
            Some(access_point) => Config::AccessPointStation(station, access_point),
            None => Config::Station(station),
        })
    }

    async fn connect(&mut self) -> Result<(), JoinError> {
        match self.controller.connect_async().await {
            Ok(_) => {
                self.is_joined = true;
                Ok(())
            }
            Err(ConnectionError::Failed(info)) => {
                info!("the join failed: {:?}", info.reason);
                // The driver does not say how far the join had come.
                Err(JoinError::Aborted { reason: number(info.reason), stage: JoinStage::Unknown })
            }
            Err(error) => {
                warn!("the join failed: {error:?}");
                Err(JoinError::Failed(JoinFailure::Unknown))
            }
        }
    }
}

impl WifiDriver for EspRadio {
    /// Both at once on one channel of 2.4 GHz; esp-radio's default country has 13 of them.
    fn capabilities(&self) -> RadioCapabilities {
        const CHANNELS: Channels = Channels::of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
        RadioCapabilities { channels: CHANNELS, ..RadioCapabilities::DEFAULT }
    }

    async fn raise_access_point(&mut self, access_point: &AccessPoint) -> bool {
        let config = || {
            let config = AccessPointConfig::default()
                .with_ssid(access_point.ssid.as_bytes().try_into()?)
                .with_channel(access_point.channel)
                .with_authentication(access_point_authentication(&access_point.security)?);
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
        if !self.is_joined {
            return;
        }
        for _ in 0..REJOIN_ATTEMPTS {
            if self.connect().await.is_ok() {
                return;
            }
            Timer::after(REJOIN_INTERVAL).await;
        }
        // `wait_for_disconnect` reports it.
    }

    async fn scan(&mut self, mut found: impl FnMut(ScanRecord)) {
        if self.access_point.is_none() && !self.is_joined {
            // The controller scans only in a mode that has a station.
            if let Err(error) = self.configure() {
                warn!("the driver cannot scan: {error:?}");
                return;
            }
        }
        match self.controller.scan_async(&ScanConfig::default().with_max(2 * SCAN_RECORDS)).await {
            Ok(records) => records.iter().filter_map(record).for_each(&mut found),
            Err(error) => warn!("the scan failed: {error:?}"),
        }
    }

    async fn join(&mut self, credentials: &Credentials) -> Result<Association, JoinError> {
        self.leave().await;
        let station = || {
            let station = StationConfig::default()
                .with_ssid(credentials.ssid.as_bytes().try_into()?)
                .with_authentication(authentication(&credentials.passphrase)?);
            Ok::<_, WifiError>(station)
        };
        self.station = station().map_err(|error| {
            warn!("the driver does not take these credentials: {error:?}");
            JoinError::Failed(JoinFailure::Unknown)
        })?;
        self.configure().map_err(|error| {
            warn!("the driver cannot join: {error:?}");
            JoinError::Failed(JoinFailure::Unknown)
        })?;
        self.connect().await?;
        Ok(Association::WithoutAddress)
    }

    async fn leave(&mut self) {
        self.is_joined = false;
        // An error means that there was nothing to leave.
        let _ = self.controller.disconnect_async().await;
    }

    async fn wait_for_disconnect(&mut self) {
        // An error means that it is gone already.
        match self.controller.wait_for_disconnect_async().await {
            Ok(info) => info!("the home network is gone: {:?}", info.reason),
            Err(_) => info!("the home network is gone"),
        }
        self.is_joined = false;
    }
}

/// The weakest security that the driver is to accept, with the passphrase (`wifi_scan_threshold_t`,
/// source). It is WPA, so that a router which offers nothing better can be joined. That WPA2 and WPA3 are
/// accepted then was not tried on a board.
fn authentication(passphrase: &Passphrase) -> Result<AuthenticationMethodConfig, WifiError> {
    if passphrase.is_open() {
        return Ok(AuthenticationMethodConfig::Open);
    }
    // 64 hexadecimal digits or ASCII, as a rule; the driver's type takes text only.
    let text = core::str::from_utf8(passphrase.expose()).map_err(|_| WifiError::InvalidPassword)?;
    Ok(AuthenticationMethodConfig::Wpa(text.try_into()?))
}

/// The security of the device's own access point. esp-radio has no WPA3 for access points: where both may
/// be used it is WPA2, and where only WPA3 may be used there is no access point, because one with WPA2
/// would be weaker than the maker of the device chose.
fn access_point_authentication(
    security: &AccessPointSecurity,
) -> Result<AuthenticationMethodConfig, WifiError> {
    let own = match security {
        AccessPointSecurity::Open => return Ok(AuthenticationMethodConfig::Open),
        AccessPointSecurity::Wpa2(own) | AccessPointSecurity::Wpa2Wpa3(own) => own,
        AccessPointSecurity::Wpa3(_) => return Err(WifiError::Unsupported),
    };
    let text = core::str::from_utf8(own.expose()).map_err(|_| WifiError::InvalidPassword)?;
    Ok(AuthenticationMethodConfig::Wpa2Personal(text.try_into()?))
}

/// A network that the scan has found. One whose name is not UTF-8 is left out: esp-radio returns only the
/// beginning of the name, with which it cannot be joined.
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
