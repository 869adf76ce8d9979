//! The choices of one device, as C fills them in.

use core::net::Ipv4Addr;
use core::time::Duration;

use vestibule_core::dhcp::CaptivePortalUrl;
use vestibule_core::{
    AccessPointSecurity, Channels, ClearForms, Config as CoreConfig, Country, OwnPassphrase,
    RadioCapabilities, Ssid, StaticAddress, WhenLost, WithoutGateway,
};

use crate::border::Border;
use crate::error::{Answer, Error, NO, number};
use crate::names;
use crate::text::Text;

/// Most bytes of a network's name.
#[expect(dead_code, reason = "it is for the header")]
pub const VESTIBULE_NAME_BYTES: u8 = 32;

/// Most bytes of a passphrase.
#[expect(dead_code, reason = "it is for the header")]
pub const VESTIBULE_PASSPHRASE_BYTES: u8 = 64;

/// The choices of one device. vestibule_config_init gives each its default; the texts stay with the portal, the
/// passphrases are copied. Times are milliseconds.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Config {
    /// The access point's name.
    pub name: [u8; 32],
    /// How many of its bytes count.
    pub name_length: u8,
    /// Whether the radio can be access point and station at once (1, the default) or not (0).
    pub concurrent: u8,
    /// The country in which it may send, two capital letters; two zeros are none.
    pub country: [u8; 2],
    /// The channel of the access point; 0, the default, is the best one.
    pub channel: u8,
    /// How the access point is protected, a vestibule_security: VESTIBULE_SECURITY_OPEN, _WPA2, _WPA2_WPA3 or _WPA3.
    pub security: u8,
    /// Whether forms may come that are not sealed (1, the default) or not (0).
    pub clear_forms: u8,
    /// Whether a home network that has no router to others is joined (1) or refused (0, the default).
    pub without_gateway: u8,
    /// How often what is stored is tried before the portal opens.
    pub stored_attempts: u8,
    /// When the portal may open by itself, a vestibule_may_open.
    pub may_open: u8,
    /// After how many failed joins the portal opens when the home network is lost; 0 is never.
    pub attempts_when_lost: u8,
    /// What phones' checks are answered once the network is joined, a vestibule_afterwards.
    pub after_joining: u8,
    /// The device's address on its access point.
    pub address: [u8; 4],
    /// The device's address on the home network if it is not to ask for one; zeros are none.
    pub home_address: [u8; 4],
    /// The router there; zeros are none.
    pub home_router: [u8; 4],
    /// How many bits of that address are the network's; 0 is no such address.
    pub home_prefix: u8,
    /// The port of HTTP on the access point.
    pub http_port: u16,
    /// The port of HTTP on the home network.
    pub home_port: u16,
    /// How long phones may keep their addresses.
    pub lease_ms: u32,
    /// How long after power came the portal may open by itself.
    pub opening_window_ms: u32,
    /// After how long without a request it closes; 0 is never.
    pub idle_timeout_ms: u32,
    /// After how long it closes in any case; 0 is never.
    pub absolute_timeout_ms: u32,
    /// How long it waits between failed joins.
    pub backoff_ms: u32,
    /// How long a scan may take.
    pub scan_timeout_ms: u32,
    /// How long a join may take.
    pub join_timeout_ms: u32,
    /// How long it waits before it tries again what is stored, while the portal is open.
    pub retry_interval_ms: u32,
    /// How long the access point stays for an owner who has not read the result.
    pub result_timeout_ms: u32,
    /// How long it stays once the result was read.
    pub ap_shutdown_delay_ms: u32,
    /// The channels that the radio has: bits 1 to 14 for those channels, and from bit 15 on for 36, 40, 44 and so on.
    pub channels: u64,
    /// The passphrase of the access point, 8 to 63 bytes, where it is protected.
    pub passphrase: Text,
    /// The code on the label of a device whose access point is open, 8 to 63 bytes; empty is none.
    pub label_code: Text,
    /// The address for DHCP's option 114, `https`; empty is none.
    pub captive_portal: Text,
    /// The name that phones are sent to in place of the address; empty is none.
    pub redirect_host: Text,
}

/// Gives every choice its default.
///
/// `config` is written to; `name` has `name_length` bytes, up to 32. Returns 0, or VESTIBULE_ERROR_NULL, _MISALIGNED or
/// _TOO_LONG.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_config_init(
    config: *mut Config,
    name: *const u8,
    name_length: usize,
) -> i32 {
    let init = || -> Answer {
        let border = Border::anywhere();
        let place = border.place(config)?;
        // SAFETY: C vouches for the name.
        let name = unsafe { border.values(name, name_length)? };
        let name = Ssid::new(name).map_err(|_| Error::TooLong)?;
        // SAFETY: C vouches for the place.
        unsafe { place.put(Config::default_of(name)) };
        NO
    };
    number(init())
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

fn duration(millis: u32) -> Duration {
    Duration::from_millis(millis.into())
}

/// A flag of C's.
fn flag(byte: u8) -> Result<bool, Error> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Error::Number),
    }
}

fn address(octets: [u8; 4]) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::from(octets)).filter(|address| !address.is_unspecified())
}

impl Config {
    fn default_of(name: Ssid) -> Self {
        let config = CoreConfig::new(name);
        let mut bytes = [0; 32];
        let used = name.as_bytes().len();
        bytes[..used].copy_from_slice(name.as_bytes());
        let empty = Text { bytes: core::ptr::null(), length: 0 };
        Self {
            name: bytes,
            name_length: used as u8,
            concurrent: config.radio.concurrent.into(),
            country: config.radio.country.map_or([0; 2], Country::letters),
            channel: config.channel.unwrap_or(0),
            security: names::Security::Open as u8,
            clear_forms: (config.clear_forms == ClearForms::Allow).into(),
            without_gateway: (config.without_gateway == WithoutGateway::Accept).into(),
            stored_attempts: config.stored_attempts,
            may_open: names::may_open_number(config.may_open),
            attempts_when_lost: match config.when_lost {
                WhenLost::Retry => 0,
                WhenLost::OpenAfter(attempts) => attempts,
            },
            after_joining: names::Afterwards::LetGo as u8,
            address: config.address.octets(),
            home_address: [0; 4],
            home_router: [0; 4],
            home_prefix: 0,
            http_port: config.http_port,
            home_port: config.home_port,
            lease_ms: millis(config.lease),
            opening_window_ms: millis(config.opening_window),
            idle_timeout_ms: config.idle_timeout.map_or(0, millis),
            absolute_timeout_ms: config.absolute_timeout.map_or(0, millis),
            backoff_ms: millis(config.backoff),
            scan_timeout_ms: millis(config.scan_timeout),
            join_timeout_ms: millis(config.join_timeout),
            retry_interval_ms: millis(config.retry_interval),
            result_timeout_ms: millis(config.result_timeout),
            ap_shutdown_delay_ms: millis(config.ap_shutdown_delay),
            channels: config.radio.channels.bits() << 1,
            passphrase: empty,
            label_code: empty,
            captive_portal: empty,
            redirect_host: empty,
        }
    }

    pub(crate) fn name(&self) -> Result<Ssid, Error> {
        let name = self.name.get(..self.name_length.into()).ok_or(Error::TooLong)?;
        let name = Ssid::new(name).map_err(|_| Error::TooLong)?;
        if name.is_empty() { Err(Error::Text) } else { Ok(name) }
    }

    /// The label's code.
    ///
    /// # Safety
    /// C vouches for the text.
    pub(crate) unsafe fn code(&self, border: &Border) -> Result<Option<OwnPassphrase>, Error> {
        // SAFETY: C vouches for the text; it is copied.
        let code = unsafe { self.label_code.kept(border)? };
        if code.is_empty() {
            return Ok(None);
        }
        OwnPassphrase::new(code.as_bytes(), &self.name()?).map(Some).map_err(|_| Error::Passphrase)
    }

    /// # Safety
    /// C vouches for the text.
    unsafe fn security(&self, border: &Border) -> Result<AccessPointSecurity, Error> {
        use vestibule_core::Security;
        // SAFETY: C vouches for the text; it is copied.
        let passphrase = unsafe { self.passphrase.kept(border)? };
        let own = || OwnPassphrase::new(passphrase.as_bytes(), &self.name()?).map_err(|_| Error::Passphrase);
        Ok(match names::security(self.security)? {
            Security::Open if passphrase.is_empty() => AccessPointSecurity::Open,
            // It was meant to be protected.
            Security::Open => return Err(Error::Passphrase),
            Security::Wpa2 => AccessPointSecurity::Wpa2(own()?),
            Security::Wpa2Wpa3 => AccessPointSecurity::Wpa2Wpa3(own()?),
            Security::Wpa3 => AccessPointSecurity::Wpa3(own()?),
            Security::Enterprise | Security::Unsupported => return Err(Error::Number),
        })
    }

    fn radio(&self) -> Result<RadioCapabilities, Error> {
        let country = match self.country {
            [0, 0] => None,
            letters => Some(Country::new(letters).ok_or(Error::Text)?),
        };
        let channels = Channels::from_bits(self.channels >> 1);
        if channels.bits() << 1 != self.channels {
            return Err(Error::Number);
        }
        Ok(RadioCapabilities { concurrent: flag(self.concurrent)?, channels, country })
    }

    fn home(&self) -> Result<Option<StaticAddress>, Error> {
        match (address(self.home_address), self.home_prefix) {
            (None, 0) => Ok(None),
            (Some(own), prefix @ 1..=30) => {
                Ok(Some(StaticAddress { address: own, prefix, router: address(self.home_router) }))
            }
            _ => Err(Error::Number),
        }
    }

    /// The core's choices.
    ///
    /// # Safety
    /// C vouches for the texts, which stay as they are for as long as the portal does.
    pub(crate) unsafe fn read(&self, border: &Border) -> Result<CoreConfig, Error> {
        let mut config = CoreConfig::new(self.name()?);
        // SAFETY: C vouches for the texts.
        let (security, url, host) = unsafe {
            (
                self.security(border)?,
                self.captive_portal.kept_for_header(border)?,
                self.redirect_host.kept_for_header(border)?,
            )
        };
        config.access_point_security = security;
        if !url.is_empty() {
            config.captive_portal = Some(CaptivePortalUrl::new(url).map_err(|_| Error::Text)?);
        }
        config.redirect_host = Some(host).filter(|host| !host.is_empty());
        config.radio = self.radio()?;
        config.channel = Some(self.channel).filter(|channel| *channel != 0);
        if config.channel.is_some_and(|channel| !config.radio.may_use(channel)) {
            return Err(Error::Number);
        }
        config.clear_forms = if flag(self.clear_forms)? { ClearForms::Allow } else { ClearForms::Refuse };
        config.without_gateway =
            if flag(self.without_gateway)? { WithoutGateway::Accept } else { WithoutGateway::Refuse };
        config.stored_attempts = self.stored_attempts;
        config.may_open = names::may_open(self.may_open)?;
        config.when_lost = match self.attempts_when_lost {
            0 => WhenLost::Retry,
            attempts => WhenLost::OpenAfter(attempts),
        };
        config.after_joining = names::afterwards(self.after_joining)?;
        config.address = address(self.address).ok_or(Error::Number)?;
        config.home_address = self.home()?;
        (config.http_port, config.home_port) = (self.http_port, self.home_port);
        if self.http_port == 0 || self.home_port == 0 {
            return Err(Error::Number);
        }
        self.read_times(&mut config);
        Ok(config)
    }

    fn read_times(&self, config: &mut CoreConfig) {
        let or_never = |millis| Some(duration(millis)).filter(|duration| !duration.is_zero());
        config.lease = duration(self.lease_ms);
        config.opening_window = duration(self.opening_window_ms);
        config.idle_timeout = or_never(self.idle_timeout_ms);
        config.absolute_timeout = or_never(self.absolute_timeout_ms);
        config.backoff = duration(self.backoff_ms);
        config.scan_timeout = duration(self.scan_timeout_ms);
        config.join_timeout = duration(self.join_timeout_ms);
        config.retry_interval = duration(self.retry_interval_ms);
        config.result_timeout = duration(self.result_timeout_ms);
        config.ap_shutdown_delay = duration(self.ap_shutdown_delay_ms);
    }
}
