//! The board's radio: cyw43's driver, which is access point or station.

use core::str::from_utf8;

use cyw43::{
    BssInfo, Control, JoinAuth, JoinError as Cyw43Error, JoinOptions, NetDriver, ScanOptions, ScanType,
};
use log::{info, warn};
use vestibule_core::{
    AccessPoint, AccessPointSecurity, Channels, Credentials, JoinFailure, MacAddress, RadioCapabilities,
    ScanRecord, Security, Ssid,
};
use vestibule_firmware::{Association, DriverFailed, JoinError, OneRole, Role, WifiDriver};

/// The group to which mDNS is sent, 224.0.0.251: the radio passes on no group that it was not told of.
const MDNS_GROUP: [u8; 6] = [0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb];

/// A passphrase of so many bytes is a key in hexadecimal digits, which WPA3 has no use for.
const KEY_DIGITS: usize = 64;

/// The bit of a beacon's capabilities that says that a network is protected (IEEE 802.11-2020 9.4.1.4).
const PRIVACY: u16 = 1 << 4;

/// The radio.
pub struct PicoRadio {
    pub(crate) control: Control<'static>,
    pub(crate) network: &'static OneRole<NetDriver<'static>>,
    pub(crate) is_raised: bool,
}

impl WifiDriver for PicoRadio {
    /// The driver sets the strictest country, "XX", and has no call for another.
    fn capabilities(&self) -> RadioCapabilities {
        let channels = const { Channels::of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) };
        RadioCapabilities { concurrent: false, channels, country: None }
    }

    /// The driver has no WPA3 for access points. Beside WPA2's handshake it offers WPA's, with AES alone.
    fn can_protect(&self, security: &AccessPointSecurity) -> bool {
        matches!(security, AccessPointSecurity::Open | AccessPointSecurity::Wpa2(_))
    }

    async fn raise_access_point(&mut self, access_point: &AccessPoint) -> Result<(), DriverFailed> {
        self.drop_access_point().await?;
        let text = |bytes| from_utf8(bytes).map_err(|_| DriverFailed);
        let name = text(access_point.ssid.as_bytes())?;
        // Whatever comes of it: a call that takes too long is dropped.
        self.is_raised = true;
        match &access_point.security {
            AccessPointSecurity::Open => self.control.start_ap_open(name, access_point.channel).await,
            AccessPointSecurity::Wpa2(own) => {
                self.control.start_ap_wpa2(name, text(own.expose())?, access_point.channel).await;
            }
            AccessPointSecurity::Wpa2Wpa3(_) | AccessPointSecurity::Wpa3(_) => return Err(DriverFailed),
        }
        self.network.set_role(Role::AccessPoint);
        Ok(())
    }

    async fn drop_access_point(&mut self) -> Result<(), DriverFailed> {
        if self.is_raised {
            self.network.set_role(Role::Nothing);
            self.control.close_ap().await;
            self.is_raised = false;
        }
        Ok(())
    }

    async fn scan(
        &mut self,
        ssid: Option<Ssid>,
        mut found: impl FnMut(ScanRecord),
    ) -> Result<(), DriverFailed> {
        let mut options = ScanOptions::default();
        // Where it may not ask, the radio only listens by itself, as its country has it.
        options.scan_type = ScanType::Active;
        if let Some(ssid) = &ssid {
            // No network of such a name could be joined.
            let Ok(name) = from_utf8(ssid.as_bytes()) else { return Ok(()) };
            options.ssid = name.try_into().ok();
        }
        let mut scanner = self.control.scan(options).await;
        while let Some(heard) = scanner.next().await {
            record(&heard).into_iter().for_each(&mut found);
        }
        Ok(())
    }

    async fn join(&mut self, credentials: &Credentials) -> Result<Association, JoinError> {
        self.leave().await.map_err(|DriverFailed| JoinError::Driver)?;
        // The driver takes names that are text.
        let name =
            from_utf8(credentials.ssid.as_bytes()).map_err(|_| JoinError::Failed(JoinFailure::Unknown))?;
        let secret = credentials.passphrase.expose();
        // By default WPA2 or WPA3, with AES: nothing older.
        let mut options = if secret.is_empty() { JoinOptions::new_open() } else { JoinOptions::new(secret) };
        if secret.len() == KEY_DIGITS {
            options.auth = JoinAuth::Wpa2;
        }
        self.network.set_role(Role::Station);
        self.control.join(name, options).await.map_err(|error| {
            info!("the join failed: {error:?}");
            JoinError::Failed(match error {
                Cyw43Error::NetworkNotFound => JoinFailure::NotFound,
                Cyw43Error::AuthenticationFailure => JoinFailure::WrongPassphrase,
                Cyw43Error::JoinFailure(_) => JoinFailure::Unknown,
            })
        })?;
        self.network.has_joined();
        if self.control.add_multicast_address(MDNS_GROUP).await.is_err() {
            warn!("the device's name is not announced: the radio takes no more groups");
        }
        Ok(Association::WithoutAddress)
    }

    async fn leave(&mut self) -> Result<(), DriverFailed> {
        if !self.is_raised {
            self.network.set_role(Role::Nothing);
            self.control.leave().await;
        }
        Ok(())
    }

    // That the network is gone the driver does not report, and its strength is known by a call that waits: the layer asks for the
    // one, and nobody is told the other.
    fn is_joined(&mut self) -> Option<bool> {
        Some(self.network.is_linked())
    }

    /// The driver starts a radio once. One that hangs is started anew with everything else.
    async fn restart(&mut self) -> Result<(), DriverFailed> {
        warn!("the radio does not answer any more: the board is reset");
        cortex_m::peripheral::SCB::sys_reset()
    }
}

/// A network that the scan has found, if its name is text: it could not be joined by another. The driver keeps only whether it is
/// protected, not how: one with WEP or with user names is listed as if it took a passphrase.
fn record(heard: &BssInfo) -> Option<ScanRecord> {
    let is_protected = heard.capability & PRIVACY != 0;
    let name = from_utf8(heard.ssid.get(..usize::from(heard.ssid_len))?).ok()?;
    Some(ScanRecord {
        ssid: Ssid::new(name.as_bytes()).ok()?,
        bssid: MacAddress(heard.bssid),
        channel: heard.ctl_ch,
        signal: heard.rssi.clamp(-127, 0) as i8,
        security: if is_protected { Security::Wpa2 } else { Security::Open },
    })
}
