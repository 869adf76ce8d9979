//! What an application decides about its portal. Every choice has a default that suits most
//! devices; nothing here changes while the portal runs.

use core::net::Ipv4Addr;
use core::time::Duration;

use crate::access_point::AccessPointSecurity;
use crate::detection::AfterJoining;
use crate::dhcp::{self, CaptivePortalUrl};
#[cfg(feature = "sealed")]
use crate::own_passphrase::OwnPassphrase;
use crate::radio_capabilities::RadioCapabilities;
use crate::ssid::Ssid;

/// When the portal may open without [`crate::Portal::setup`] being called. Stored networks are tried without end
/// wherever it may not.
///
/// ```
/// use vestibule_core::{Config, MayOpen, Ssid};
///
/// let name = Ssid::new(b"Lock-4F2A").unwrap();
/// assert_eq!(Config::new(name).may_open, MayOpen::AfterPowerUp);
/// let config = Config { may_open: MayOpen::WhenAsked, ..Config::new(name) };
/// assert_ne!(config.may_open, MayOpen::AfterPowerUp);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MayOpen {
    /// Whenever nothing is stored or what is stored cannot be joined. Whoever makes the home network fail, by
    /// jamming it for a minute, opens the portal as well.
    Always,
    /// Whenever nothing is stored; otherwise for [`Config::opening_window`] after power came, if what is stored
    /// cannot be joined. Nobody opens it from afar: an owner after a move unplugs the device and plugs it in again.
    AfterPowerUp,
    /// As [`MayOpen::Always`], once: when it has closed again by a timeout, or a network was joined
    /// and lost, it stays shut until power returns. Nobody can wait near the device for its network
    /// to fail, and open it then.
    OnceAfterPowerUp,
    /// Never: only [`crate::Portal::setup`] opens it, usually because of a button.
    WhenAsked,
}

/// What a device does when it has lost the network that it was on, as far as [`MayOpen`] allows.
///
/// ```
/// use vestibule_core::{Config, Ssid, WhenLost};
///
/// let mut config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap());
/// assert_eq!(config.when_lost, WhenLost::OpenAfter(2));
/// config.when_lost = WhenLost::Retry;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenLost {
    /// It tries to join again without end.
    Retry,
    /// It opens its portal when each stored network has been tried so often, and goes on trying while the
    /// portal is open. With 1 the portal opens soon.
    OpenAfter(u8),
}

/// What the device does when the network that an owner entered hands out an address but has no router to
/// other networks ([`crate::StationAddress::gateway`]).
///
/// It concerns networks that are being set up, while somebody is there to choose another. One that is
/// stored is joined either way: its router may be down for a while, and a device that left would lose
/// the home network, too.
///
/// ```
/// use vestibule_core::{Config, Ssid, WithoutGateway};
///
/// let mut config = Config::new(Ssid::new(b"Sensor-4F2A").unwrap());
/// assert_eq!(config.without_gateway, WithoutGateway::Refuse);
/// config.without_gateway = WithoutGateway::Accept;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutGateway {
    /// It counts as a join that failed: the owner is told why, and nothing is stored.
    Refuse,
    /// It is joined as any other: for devices that people put onto networks of their own on purpose.
    Accept,
}

/// An address on the home network that nobody hands out.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vestibule_core::{Config, Ssid, StaticAddress};
///
/// let mut config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap());
/// assert_eq!(config.home_address, None, "it asks for one");
/// let router = Some(Ipv4Addr::new(10, 0, 0, 1));
/// config.home_address = Some(StaticAddress { address: Ipv4Addr::new(10, 0, 0, 7), prefix: 24, router });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaticAddress {
    /// The address.
    pub address: Ipv4Addr,
    /// How many bits of it are the network's own.
    pub prefix: u8,
    /// The way to other networks, and the name server, if the device is to have them. Without one the
    /// network needs none, whatever [`Config::without_gateway`] says.
    pub router: Option<Ipv4Addr>,
}

/// Whether a form may come that is not sealed (`SECURITY.md` and `docs/sealed.md`): from a browser that runs no
/// script, or from a program that does not seal.
///
/// ```
/// use vestibule_core::{ClearForms, Config, Ssid};
///
/// let mut config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap());
/// assert_eq!(config.clear_forms, ClearForms::Allow);
/// config.clear_forms = ClearForms::Refuse;
/// ```
#[cfg(feature = "sealed")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClearForms {
    /// It may: the portal works in every browser, and where there is no script whoever listens reads the form.
    Allow,
    /// It may not: the page lets nobody fill the form in before its script can seal it.
    Refuse,
}

/// The choices of one device.
///
/// ```
/// use vestibule_core::{Config, Ssid};
///
/// let mut config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap());
/// config.stored_attempts = 3;
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// The device's name: its access point's SSID and the title of its pages. Make it unique
    /// (the end of the hardware address, say) and print it on the case.
    pub name: Ssid,
    /// The device's address on its access point, and the answer of its DNS. 192.168.4.1 by
    /// default. If the home network was seen to use its subnet, another is taken when the access point
    /// is next raised ([`crate::limits::SPARE_ADDRESSES`]). Phones are given the addresses around it: see [`crate::dhcp::Settings::new`]. Some phones are reported to show no sheet for a private address
    /// (espressif/arduino-esp32 issue 10330, report); AOSP's defaults and Apple's do.
    pub address: Ipv4Addr,
    /// For how long a phone is lent an address. 10 minutes by default: longer than a setup takes,
    /// and short enough that phones which come with a new hardware address each time do not use
    /// up the table (see [`crate::limits::LEASES`]).
    pub lease: Duration,
    /// Where the portal describes itself to phones that ask (RFC 8910). None by default: it takes
    /// a certificate that phones trust, and iPhones that are given one send no check.
    pub captive_portal: Option<CaptivePortalUrl>,
    /// The name that the access point's redirects go to, so that the sheet shows it in place of the
    /// address: `lamp-4f2a.internal`, say, a domain that ICANN keeps for private use. None by default:
    /// the address works for phones, too, that ask a name server of their own.
    pub redirect_host: Option<&'static str>,
    /// The device's address on the home network, if it is not to ask for one. None by default. The
    /// driver sets it; the network must be one that has it.
    pub home_address: Option<StaticAddress>,
    /// Whether a network that leads nowhere may be set up. Refused by default: mostly it is the wrong
    /// one, another device's or that of a router whose cable is out.
    pub without_gateway: WithoutGateway,
    /// The port that pages and probes are served on: 80, except where only the simulator can
    /// listen.
    pub http_port: u16,
    /// The port that the owner finds the device on at its new address: 80, except in the simulator.
    pub home_port: u16,
    /// What the board's radio can do, which the board says ([`Radio::capabilities`](crate::Radio)). By
    /// default both roles at once on 2.4 GHz. A radio that cannot be access point and station at once makes
    /// the portal close its access point while it tries a network, and open it again if that fails.
    pub radio: RadioCapabilities,
    /// The channel on which the access point starts, 1 to 11 anywhere in the world. By default the
    /// stored network's, or else the strongest network's: an access point goes where the station
    /// goes, and phones that do not follow lose it.
    pub channel: Option<u8>,
    /// How the access point is protected. Open by default, which needs no label and lets everybody in range
    /// read what the owner types. `SECURITY.md` weighs the choices.
    pub access_point_security: AccessPointSecurity,
    /// Whether a form may come that is not sealed. It may by default.
    #[cfg(feature = "sealed")]
    pub clear_forms: ClearForms,
    /// The code on the label of a device whose access point is open. An owner who types it, or opens the address of
    /// the label's second QR code ([`crate::label::CodeAddress`]), has it in the key that seals the form, so that
    /// somebody in between has to guess it. None by default: the page asks for none.
    #[cfg(feature = "sealed")]
    pub label_code: Option<&'static OwnPassphrase>,
    /// How often the stored credentials are tried before the portal opens. 2 by default.
    pub stored_attempts: u8,
    /// When the portal may open by itself. By default a device that knows a network opens it only soon after power
    /// came, [`MayOpen::AfterPowerUp`].
    pub may_open: MayOpen,
    /// How long after power came a device that knows a network may open its portal, and have it open, by itself.
    /// 10 minutes by default; they begin anew when the first tries of what is stored have failed. Somebody who uses it
    /// at the end is not thrown off: it closes when nobody has for five minutes, or by [`Config::absolute_timeout`].
    /// Power came when the portal was first started after it was made: a device that restarts for another reason, and
    /// can tell, sets this to zero then.
    pub opening_window: Duration,
    /// What happens when the home network is lost. By default the portal opens after 2 attempts, if
    /// [`Config::may_open`] allows, and the stored networks are tried further while it is open.
    pub when_lost: WhenLost,
    /// The portal closes after this long without activity; never by default. Activity is a request
    /// that a person or the page makes: not a phone's check, which a phone in a pocket makes, too.
    /// Typing is no activity, so be generous. After the portal has closed, the stored networks are tried, and
    /// it opens again if [`Config::may_open`] allows.
    pub idle_timeout: Option<Duration>,
    /// The portal closes after this long, used or not; never by default.
    pub absolute_timeout: Option<Duration>,
    /// The wait between those attempts. 2 s by default. Where no portal opens it doubles from round to round, up to
    /// [`Config::retry_interval`].
    pub backoff: Duration,
    /// How long the scan may take that precedes the access point. 6 s by default: 13 channels of
    /// 360 ms each, which is ESP-IDF's default where it only listens, and some more.
    pub scan_timeout: Duration,
    /// How long a join may take, the address and the look for the router included. 20 s by default.
    pub join_timeout: Duration,
    /// While the portal is up, the stored credentials are tried again this long after the last
    /// attempt or submission: the router may only have been slow. It is also the longest wait between tries
    /// where no portal may open. 60 s by default.
    pub retry_interval: Duration,
    /// How long the access point stays up for an owner who has not read the result. 120 s by default.
    pub result_timeout: Duration,
    /// How long the access point stays up once the result was delivered: the phone's sheet closes with it, so
    /// this is the time that the owner has to read. 30 s by default.
    pub ap_shutdown_delay: Duration,
    /// What phones' checks are answered once the result was read: as on the Internet, or captive until the
    /// access point goes down.
    pub after_joining: AfterJoining,
}

impl Config {
    /// The defaults, for a device of this name.
    pub const fn new(name: Ssid) -> Self {
        Self {
            name,
            address: Ipv4Addr::new(192, 168, 4, 1),
            lease: Duration::from_secs(10 * 60),
            captive_portal: None,
            redirect_host: None,
            home_address: None,
            without_gateway: WithoutGateway::Refuse,
            http_port: 80,
            home_port: 80,
            radio: RadioCapabilities::DEFAULT,
            channel: None,
            access_point_security: AccessPointSecurity::Open,
            #[cfg(feature = "sealed")]
            clear_forms: ClearForms::Allow,
            #[cfg(feature = "sealed")]
            label_code: None,
            stored_attempts: 2,
            may_open: MayOpen::AfterPowerUp,
            opening_window: Duration::from_secs(10 * 60),
            when_lost: WhenLost::OpenAfter(2),
            idle_timeout: None,
            absolute_timeout: None,
            backoff: Duration::from_secs(2),
            scan_timeout: Duration::from_secs(6),
            join_timeout: Duration::from_secs(20),
            retry_interval: Duration::from_secs(60),
            result_timeout: Duration::from_secs(120),
            ap_shutdown_delay: Duration::from_secs(30),
            after_joining: AfterJoining::LetGo,
        }
    }

    /// The code on the label that an owner may seal the form with: of a protected access point its passphrase, of an
    /// open one [`Config::label_code`].
    ///
    /// ```
    /// use vestibule_core::{AccessPointSecurity, Config, OwnPassphrase, Ssid};
    ///
    /// let mut config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap());
    /// assert_eq!(config.code_on_label(), None);
    /// let code = OwnPassphrase::new(b"h7rk-2mwq-9xtz", &config.name).unwrap();
    /// config.label_code = Some(Box::leak(Box::new(code)));
    /// assert_eq!(config.code_on_label().unwrap().expose(), b"h7rk-2mwq-9xtz");
    /// let own = OwnPassphrase::new(b"green lantern 7 oak", &config.name).unwrap();
    /// config.access_point_security = AccessPointSecurity::Wpa3(own.clone());
    /// assert_eq!(config.code_on_label(), Some(&own));
    /// ```
    #[cfg(feature = "sealed")]
    pub const fn code_on_label(&self) -> Option<&OwnPassphrase> {
        match &self.access_point_security {
            AccessPointSecurity::Open => self.label_code,
            AccessPointSecurity::Wpa2(own)
            | AccessPointSecurity::Wpa2Wpa3(own)
            | AccessPointSecurity::Wpa3(own) => Some(own),
        }
    }

    /// The settings of the access point's DHCP server, when the device has this address.
    pub(crate) const fn dhcp(&self, address: Ipv4Addr) -> dhcp::Settings {
        let mut settings = dhcp::Settings::new(address, self.lease);
        settings.captive_portal = self.captive_portal;
        settings
    }
}
