//! The chip's radio: esp-radio's Wi-Fi controller, one thing at a time.
//!
//! The controller restarts its radio when its mode changes, which disconnects every client. So the station
//! is part of the mode as soon as the access point is raised, and a join changes no mode. When the access
//! point is taken down the mode does change; the station then joins again without a report.

use embassy_time::{Duration, Timer, with_timeout};
use esp_hal::peripherals::WIFI;
use esp_hal::time::Duration as TimeOnChannel;
use esp_radio::wifi::ap::{AccessPointConfig, AccessPointInfo};
use esp_radio::wifi::scan::{ScanConfig, ScanTypeConfig};
use esp_radio::wifi::sta::{ScanMethod, StationConfig};
use esp_radio::wifi::{
    AuthenticationMethod, AuthenticationMethodConfig, Config, ConnectionError, ControllerConfig, CountryInfo,
    PowerSaveMode, WifiController, WifiError,
};
use log::{info, warn};
use vestibule_core::limits::SCAN_RECORDS;
use vestibule_core::{
    AccessPoint, AccessPointSecurity, Credentials, JoinFailure, JoinStage, MacAddress, Passphrase,
    RadioCapabilities, ScanRecord, Security, Ssid,
};
use vestibule_firmware::{Association, DriverFailed, JoinError, WifiDriver};

use crate::radio_settings::RadioSettings;
use crate::reasons::number;

/// How often the home network is joined again after the access point was taken down, and the wait between.
const REJOIN_ATTEMPTS: u32 = 3;
const REJOIN_INTERVAL: Duration = Duration::from_secs(1);

/// How long one of these may take.
const REJOIN_LIMIT: Duration = Duration::from_secs(8);

/// The highest channel of 2.4 GHz that esp-radio uses.
const LAST_CHANNEL: u8 = 13;

/// How long one channel is searched, as ESP-IDF does where nothing else is said (`wifi_scan_time_t`, documentation).
const ACTIVE: ScanTypeConfig =
    ScanTypeConfig::Active { min: TimeOnChannel::from_millis(0), max: TimeOnChannel::from_millis(120) };
const PASSIVE: ScanTypeConfig = ScanTypeConfig::Passive(TimeOnChannel::from_millis(360));

/// Every how many beacons the access point sends what it has kept for phones that sleep: one number or the other, a tenth of
/// a second apart. esp-radio passes no configuration on that its driver has already; with the other number it does.
const DTIM_PERIODS: [u8; 2] = [2, 3];

/// The radio.
pub struct EspRadio {
    controller: WifiController<'static>,
    access_point: Option<AccessPointConfig>,
    /// Which of [`DTIM_PERIODS`] the access point has.
    dtim_period: usize,
    station: StationConfig,
    /// The station has joined a network and not left it.
    is_joined: bool,
    settings: RadioSettings,
}

impl EspRadio {
    /// Starts the radio.
    pub(crate) fn new(wifi: WIFI<'static>, settings: RadioSettings) -> Result<Self, WifiError> {
        let country = CountryInfo::from(settings.letters());
        let mut controller =
            WifiController::new(wifi, ControllerConfig::default().with_country_info(country))?;
        // The settings know no channel of 5 GHz, and the access point cannot follow the station there.
        #[cfg(feature = "esp32c5")]
        controller.set_band_mode(esp_radio::wifi::BandMode::_2_4G)?;
        if settings.power_save {
            controller.set_power_saving(PowerSaveMode::Minimum)?;
        }
        let mut radio = Self {
            controller,
            access_point: None,
            dtim_period: 0,
            station: StationConfig::default(),
            is_joined: false,
            settings,
        };
        radio.set_power();
        Ok(radio)
    }

    /// Sets the transmit power, which counts while the radio runs.
    fn set_power(&mut self) {
        if let Err(error) = self.controller.set_max_tx_power(self.settings.quarters()) {
            warn!("the transmit power could not be set: {error:?}");
        }
    }

    /// Applies the configuration of access point and station. After a failure the controller has stopped the radio: there
    /// is neither.
    fn configure(&mut self) -> Result<(), DriverFailed> {
        let station = self.station.clone();
        let config = match self.access_point.clone() {
            Some(access_point) => Config::AccessPointStation(station, access_point),
            None => Config::Station(station),
        };
        self.controller.set_config(&config).map_err(|error| {
            warn!("the controller does not take the configuration: {error:?}");
            self.is_joined = false;
            DriverFailed
        })?;
        self.set_power();
        Ok(())
    }

    /// Has the driver take this configuration of an access point even if it has it already, where the radio is on another
    /// channel: a join has taken it there, and the portal wants it back.
    fn renewed(&mut self, config: AccessPointConfig, channel: u8) -> AccessPointConfig {
        let is_elsewhere = self.controller.channel().is_ok_and(|(current, _)| current != channel);
        let config = config.with_dtim_period(DTIM_PERIODS[self.dtim_period]);
        if !is_elsewhere || self.access_point.as_ref() != Some(&config) {
            return config;
        }
        info!("the radio is not on channel {channel}, and is told so again");
        self.dtim_period = 1 - self.dtim_period;
        config.with_dtim_period(DTIM_PERIODS[self.dtim_period])
    }

    /// Searches one channel, or all of them.
    async fn search(
        &mut self,
        config: ScanConfig,
        found: &mut impl FnMut(ScanRecord),
    ) -> Result<(), DriverFailed> {
        match self.controller.scan_async(&config.with_max(2 * SCAN_RECORDS)).await {
            Ok(records) => {
                records.iter().filter_map(record).for_each(found);
                Ok(())
            }
            Err(error) => {
                warn!("the scan failed: {error:?}");
                Err(DriverFailed)
            }
        }
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
    fn capabilities(&self) -> RadioCapabilities {
        self.settings.capabilities()
    }

    /// esp-radio has no WPA3 for access points, and one with WPA2 alone is not what "WPA2 or WPA3" was chosen for.
    fn can_protect(&self, security: &AccessPointSecurity) -> bool {
        matches!(security, AccessPointSecurity::Open | AccessPointSecurity::Wpa2(_))
    }

    async fn raise_access_point(&mut self, access_point: &AccessPoint) -> Result<(), DriverFailed> {
        let config = || {
            let config = AccessPointConfig::default()
                .with_ssid(access_point.ssid.as_bytes().try_into()?)
                .with_channel(access_point.channel)
                .with_authentication(access_point_authentication(&access_point.security)?);
            Ok::<_, WifiError>(config)
        };
        let config = config().map_err(|error| {
            warn!("the access point's name or passphrase does not suit the driver: {error:?}");
            DriverFailed
        })?;
        self.access_point = Some(self.renewed(config, access_point.channel));
        self.configure()
    }

    async fn drop_access_point(&mut self) -> Result<(), DriverFailed> {
        let was_joined = self.is_joined;
        self.access_point = None;
        self.configure()?;
        if !was_joined {
            return Ok(());
        }
        for _ in 0..REJOIN_ATTEMPTS {
            if let Ok(Ok(())) = with_timeout(REJOIN_LIMIT, self.connect()).await {
                break;
            }
            Timer::after(REJOIN_INTERVAL).await;
        }
        // `wait_for_disconnect` and `is_joined` say if it did not.
        Ok(())
    }

    async fn scan(
        &mut self,
        ssid: Option<Ssid>,
        mut found: impl FnMut(ScanRecord),
    ) -> Result<(), DriverFailed> {
        if self.access_point.is_none() && !self.is_joined {
            // The controller scans only in a mode that has a station.
            self.configure()?;
        }
        // One channel after the other: on those that may be forbidden here the radio must not ask, only listen.
        let RadioCapabilities { channels, country, .. } = self.settings.capabilities();
        for channel in 1..=LAST_CHANNEL {
            let may_ask = channels.contains(channel) && country.is_none_or(|country| country.allows(channel));
            let how = if may_ask { ACTIVE } else { PASSIVE };
            let mut one = ScanConfig::default().with_channel(channel).with_scan_type(how);
            if let Some(ssid) = ssid {
                // The driver takes every name that a network can have.
                let name = ssid.as_bytes().try_into().map_err(|_| DriverFailed)?;
                one = one.with_ssid(name).with_show_hidden(true);
            }
            self.search(one, &mut found).await?;
        }
        Ok(())
    }

    async fn join(&mut self, credentials: &Credentials) -> Result<Association, JoinError> {
        self.leave().await.map_err(|DriverFailed| JoinError::Driver)?;
        let station = || {
            let station = StationConfig::default()
                .with_ssid(credentials.ssid.as_bytes().try_into()?)
                .with_authentication(authentication(&credentials.passphrase, self.settings.joins_wpa)?)
                // The strongest access point of this name, not the first: a house may have several.
                .with_scan_method(ScanMethod::AllChannels);
            Ok::<_, WifiError>(station)
        };
        self.station = station().map_err(|error| {
            warn!("the driver does not take these credentials: {error:?}");
            JoinError::Failed(JoinFailure::Unknown)
        })?;
        self.configure().map_err(|DriverFailed| JoinError::Driver)?;
        self.connect().await?;
        Ok(Association::WithoutAddress)
    }

    async fn leave(&mut self) -> Result<(), DriverFailed> {
        self.is_joined = false;
        match self.controller.disconnect_async().await {
            Ok(_) | Err(WifiError::NotConnected) => Ok(()),
            Err(error) => {
                warn!("the driver cannot leave: {error:?}");
                Err(DriverFailed)
            }
        }
    }

    async fn wait_for_disconnect(&mut self) {
        // An error means that it is gone already.
        match self.controller.wait_for_disconnect_async().await {
            Ok(info) => info!("the home network is gone: {:?}", info.reason),
            Err(_) => info!("the home network is gone"),
        }
        self.is_joined = false;
    }

    fn is_joined(&mut self) -> Option<bool> {
        self.is_joined = self.controller.is_connected();
        Some(self.is_joined)
    }

    fn signal(&mut self) -> Option<i8> {
        self.controller.rssi().ok().and_then(|signal| i8::try_from(signal).ok())
    }

    async fn restart(&mut self) -> Result<(), DriverFailed> {
        self.access_point = None;
        self.station = StationConfig::default();
        // The controller has no call that stops the radio, but it does so when it is given what no radio takes: a station
        // that waits for no beacon. The next configuration starts it.
        let impossible = Config::Station(StationConfig::default().with_beacon_timeout(0));
        if self.controller.set_config(&impossible).is_ok() {
            warn!("the controller has not stopped the radio");
        }
        self.configure()
    }
}

/// The weakest security that the driver is to accept, with the passphrase (`wifi_scan_threshold_t`,
/// source). That WPA3 is accepted then was not tried on a board.
fn authentication(passphrase: &Passphrase, joins_wpa: bool) -> Result<AuthenticationMethodConfig, WifiError> {
    if passphrase.is_open() {
        return Ok(AuthenticationMethodConfig::Open);
    }
    // 64 hexadecimal digits or ASCII, as a rule; the driver's type takes text only.
    let text = core::str::from_utf8(passphrase.expose()).map_err(|_| WifiError::InvalidPassword)?;
    let text = text.try_into()?;
    Ok(if joins_wpa {
        AuthenticationMethodConfig::Wpa(text)
    } else {
        AuthenticationMethodConfig::Wpa2Personal(text)
    })
}

/// The security of the device's own access point, as far as `can_protect` allows.
fn access_point_authentication(
    security: &AccessPointSecurity,
) -> Result<AuthenticationMethodConfig, WifiError> {
    let own = match security {
        AccessPointSecurity::Open => return Ok(AuthenticationMethodConfig::Open),
        AccessPointSecurity::Wpa2(own) => own,
        AccessPointSecurity::Wpa2Wpa3(_) | AccessPointSecurity::Wpa3(_) => {
            return Err(WifiError::Unsupported);
        }
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

/// What the driver says of a network, as far as joining depends on it. esp-radio's scan shows
/// networks with OWE, WEP and WAPI, and its station is configured for none of them.
fn security(method: Option<AuthenticationMethod>) -> Security {
    match method {
        Some(AuthenticationMethod::None) => Security::Open,
        Some(
            AuthenticationMethod::Wpa
            | AuthenticationMethod::Wpa2Personal
            | AuthenticationMethod::WpaWpa2Personal,
        ) => Security::Wpa2,
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
        // WEP, WAPI, OWE, and what a later driver may know.
        _ => Security::Unsupported,
    }
}
