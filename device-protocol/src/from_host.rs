//! The messages of the host.

use core::fmt::{self, Write};
use core::net::Ipv4Addr;
use core::time::Duration;

use heapless::String;
use vestibule_core::{
    Channels, Config, JoinFailure, JoinStage, OwnPassphrase, RadioCapabilities, ScanRecord, StaticAddress,
    StationAddress, WhenLost,
};

use crate::names::Named;
use crate::text::{AddressFields, CountryField, Fields, Hex, SecurityFields};

/// The most bytes of a name that redirects go to: a name of the DNS (RFC 1035 section 2.3.4).
pub const HOST_BYTES: usize = 253;

/// The most bytes of a URL in a DHCP option, whose length is a byte (RFC 2132 section 2).
pub const URL_BYTES: usize = 255;

/// A message of the host. `Debug` hides passphrases; [`FromHost::write`] does not.
///
/// This enum is exhaustive on purpose, as [`FromDevice`](crate::FromDevice) is: the host relies on a device
/// that does what it is sent.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is no allocator to box into, and few are kept")]
pub enum FromHost {
    /// `start SEED ...`: make a portal of this configuration and start it; [`Start`] has the fields. Only
    /// `redirect-host`, `captive-portal`, `webhook`, `label-code` and `device-key` come before it.
    Start(Start),
    /// `welcome VERSION`: the host speaks this version, and the device may begin. For a device whose portal is not
    /// this project's.
    Welcome {
        /// [`VERSION`](crate::VERSION) of the host.
        version: u32,
    },
    /// `redirect-host NAME`: where the access point's redirects go to ([`Config::redirect_host`]). Before
    /// `start`.
    RedirectHost(String<HOST_BYTES>),
    /// `captive-portal URL`: the API that DHCP names ([`Config::captive_portal`]). Before `start`.
    CaptivePortal(String<URL_BYTES>),
    /// `webhook PORT SECONDS`: each time that the device has joined it is to post that to the home
    /// network's router, signed with [`crate::WEBHOOK_SECRET`]. Before `start`.
    Webhook {
        /// The port at which the receiver listens.
        port: u16,
        /// The time of day in seconds since 1970, which other devices would ask the home network for.
        seconds: u64,
    },
    /// `label-code CODE`: the code on the label of a device whose access point is open ([`Config::label_code`]). Before
    /// `start`.
    LabelCode(OwnPassphrase),
    /// `device-key SECRET`: the secret of the device's chip, with which it seals what it stores: 64 digits. Before `start`.
    /// Without one it has none.
    DeviceKey(DeviceSecret),
    /// `access-point-up`.
    AccessPointUp,
    /// `access-point-down`: it is down, or could not be raised.
    AccessPointDown,
    /// `network-found NAME BSSID CHANNEL SIGNAL SECURITY`: the scan has heard a network.
    NetworkFound(ScanRecord),
    /// `scan-finished`.
    ScanFinished,
    /// `associated ATTEMPT`, `joined ATTEMPT ADDRESS PREFIX GATEWAY` with 0.0.0.0 for no gateway,
    /// `join-failed ATTEMPT REASON`, `disconnected ATTEMPT`: the result of a `join`, or its end. The device
    /// ignores one of any attempt but its last.
    Station {
        /// The number of the `join`.
        attempt: u32,
        /// Its result, or its end.
        event: StationEvent,
    },
    /// `setup`: the owner asks for the portal.
    Setup,
    /// `factory-reset`: the owner has the device forget everything.
    FactoryReset,
    /// `power-cut-at N UNDONE`: stop in the middle of the N-th flash operation from now, counted from 1;
    /// 0 takes an earlier request back. An operation is the erasure of a sector or the programming of a
    /// word. The bits that are set in UNDONE have not changed then, in the word or in each word of the
    /// sector; the others have. The device sends `power-cut` and hangs.
    PowerCutAt {
        /// Which operation.
        operation: u32,
        /// The bits of it that are not done.
        undone: u32,
    },
    /// `panic`: panic.
    Panic,
    /// `measure-stack`: send `stack-depth`.
    MeasureStack,
}

/// The secret of a chip that has no chip: its host hands it out. `Debug` hides it.
#[derive(Clone)]
pub struct DeviceSecret(pub [u8; 32]);

impl fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceSecret").finish_non_exhaustive()
    }
}

/// The result of a join, or its end. Exhaustive on purpose: a device that ignored one would wait for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StationEvent {
    /// The network is joined; its own DHCP server gives the address.
    Associated,
    /// The network is joined and this is what it gave.
    Joined(StationAddress),
    /// The network could not be joined.
    JoinFailed(JoinFailure),
    /// The network could not be joined, for a reason that is a code.
    JoinAborted {
        /// The code.
        reason: u16,
        /// How far the join had come.
        stage: JoinStage,
    },
    /// The network that was joined is gone.
    Disconnected,
}

/// The seed and the configuration of a device. The fields of its line are, in this order: the seed; the name, `address`,
/// `http_port`, `home_port`, channel (0 where the portal chooses), security and passphrase of the access
/// point; `stored_attempts` and `after_joining`; in milliseconds `lease`, `backoff`, `join_timeout`,
/// `retry_interval`, `result_timeout`, `ap_shutdown_delay`, `scan_timeout`, `opening_window`,
/// `idle_timeout` and `absolute_timeout`, where 0 stands for no timeout; `may_open`; the failures after which the portal opens
/// when the network is lost, 0 for never; the address, prefix and router of `home_address`, 0.0.0.0 for
/// none; `without_gateway`; and of `radio` whether it is concurrent, its channels
/// as [`Channels::bits`] and its country, `-` for none.
#[derive(Clone, Debug)]
pub struct Start {
    /// The seed of its random bytes.
    pub seed: u64,
    /// Its configuration. [`Config::captive_portal`] is not carried over: a device under test has none.
    /// [`Config::redirect_host`] has a message of its own, [`FromHost::RedirectHost`].
    pub config: Config,
}

impl Start {
    fn write(&self, out: &mut impl Write) -> fmt::Result {
        let Config { address, http_port, home_port, channel, stored_attempts, .. } = self.config;
        let (seed, name) = (self.seed, Hex(self.config.name.as_bytes()));
        let secret = SecurityFields(&self.config.access_point_security);
        // There is no channel 0.
        let channel = channel.unwrap_or(0);
        write!(out, "start {seed} {name} {address} {http_port} {home_port} {channel} {secret}")?;
        write!(out, " {stored_attempts} {}", self.config.after_joining.name())?;
        let durations = [
            self.config.lease,
            self.config.backoff,
            self.config.join_timeout,
            self.config.retry_interval,
            self.config.result_timeout,
            self.config.ap_shutdown_delay,
            self.config.scan_timeout,
            self.config.opening_window,
            self.config.idle_timeout.unwrap_or(Duration::ZERO),
            self.config.absolute_timeout.unwrap_or(Duration::ZERO),
        ];
        durations.iter().try_for_each(|duration| write!(out, " {}", duration.as_millis()))?;
        let failures = match self.config.when_lost {
            WhenLost::Retry => 0,
            WhenLost::OpenAfter(failures) => failures,
        };
        write!(out, " {} {failures}", self.config.may_open.name())?;
        let none = StaticAddress { address: Ipv4Addr::UNSPECIFIED, prefix: 0, router: None };
        let StaticAddress { address, prefix, router } = self.config.home_address.unwrap_or(none);
        write!(out, " {}", AddressFields(&StationAddress { address, prefix, gateway: router }))?;
        write!(out, " {}", self.config.without_gateway.name())?;
        let RadioCapabilities { concurrent, channels, country } = self.config.radio;
        write!(out, " {concurrent} {} {}", channels.bits(), CountryField(country))
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let seed = fields.value()?;
        let mut config = Config::new(fields.ssid()?);
        config.address = fields.address()?;
        config.http_port = fields.value()?;
        config.home_port = fields.value()?;
        config.channel = Some(fields.value()?).filter(|channel| *channel != 0);
        config.access_point_security = fields.security()?;
        config.stored_attempts = fields.value()?;
        config.after_joining = fields.name()?;
        config.lease = fields.millis()?;
        config.backoff = fields.millis()?;
        config.join_timeout = fields.millis()?;
        config.retry_interval = fields.millis()?;
        config.result_timeout = fields.millis()?;
        config.ap_shutdown_delay = fields.millis()?;
        config.scan_timeout = fields.millis()?;
        config.opening_window = fields.millis()?;
        config.idle_timeout = Some(fields.millis()?).filter(|timeout| !timeout.is_zero());
        config.absolute_timeout = Some(fields.millis()?).filter(|timeout| !timeout.is_zero());
        config.may_open = fields.name()?;
        config.when_lost = match fields.value()? {
            0 => WhenLost::Retry,
            failures => WhenLost::OpenAfter(failures),
        };
        let StationAddress { address, prefix, gateway: router } = fields.link()?;
        config.home_address =
            (!address.is_unspecified()).then_some(StaticAddress { address, prefix, router });
        config.without_gateway = fields.name()?;
        config.radio = RadioCapabilities {
            concurrent: fields.value()?,
            channels: Channels::from_bits(fields.value()?),
            country: fields.country()?,
        };
        Some(Self { seed, config })
    }
}

impl FromHost {
    /// Writes the message, without its line feed.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> fmt::Result {
        match self {
            Self::Start(start) => start.write(out),
            Self::Welcome { version } => write!(out, "welcome {version}"),
            Self::RedirectHost(host) => write!(out, "redirect-host {host}"),
            Self::CaptivePortal(url) => write!(out, "captive-portal {url}"),
            Self::Webhook { port, seconds } => write!(out, "webhook {port} {seconds}"),
            Self::LabelCode(code) => write!(out, "label-code {}", Hex(code.expose())),
            Self::DeviceKey(DeviceSecret(secret)) => write!(out, "device-key {}", Hex(secret)),
            Self::AccessPointUp => out.write_str("access-point-up"),
            Self::AccessPointDown => out.write_str("access-point-down"),
            Self::NetworkFound(record) => {
                let ScanRecord { ssid, bssid, channel, signal, security } = record;
                let (name, bssid) = (Hex(ssid.as_bytes()), Hex(&bssid.0));
                write!(out, "network-found {name} {bssid} {channel} {signal} {}", security.name())
            }
            Self::ScanFinished => out.write_str("scan-finished"),
            Self::Station { attempt, event } => match event {
                StationEvent::Associated => write!(out, "associated {attempt}"),
                StationEvent::Joined(link) => write!(out, "joined {attempt} {}", AddressFields(link)),
                StationEvent::JoinFailed(reason) => write!(out, "join-failed {attempt} {}", reason.name()),
                StationEvent::JoinAborted { reason, stage } => {
                    write!(out, "join-aborted {attempt} {reason} {}", stage.name())
                }
                StationEvent::Disconnected => write!(out, "disconnected {attempt}"),
            },
            Self::Setup => out.write_str("setup"),
            Self::FactoryReset => out.write_str("factory-reset"),
            Self::PowerCutAt { operation, undone } => write!(out, "power-cut-at {operation} {undone}"),
            Self::Panic => out.write_str("panic"),
            Self::MeasureStack => out.write_str("measure-stack"),
        }
    }

    /// Reads a line, without its line feed; `None` for one that this version does not know.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let mut fields = Fields::of(line);
        let message = match fields.word()? {
            "start" => Self::Start(Start::read(&mut fields)?),
            "welcome" => Self::Welcome { version: fields.value()? },
            "redirect-host" => Self::RedirectHost(fields.value()?),
            "captive-portal" => Self::CaptivePortal(fields.value()?),
            "webhook" => Self::Webhook { port: fields.value()?, seconds: fields.value()? },
            "label-code" => Self::LabelCode(fields.own_passphrase()?),
            "device-key" => Self::DeviceKey(DeviceSecret(fields.bytes()?)),
            "access-point-up" => Self::AccessPointUp,
            "access-point-down" => Self::AccessPointDown,
            "network-found" => {
                let (ssid, bssid) = (fields.ssid()?, fields.mac()?);
                let (channel, signal) = (fields.value()?, fields.value()?);
                Self::NetworkFound(ScanRecord { ssid, bssid, channel, signal, security: fields.name()? })
            }
            "scan-finished" => Self::ScanFinished,
            "associated" => Self::Station { attempt: fields.value()?, event: StationEvent::Associated },
            "joined" => {
                let attempt = fields.value()?;
                Self::Station { attempt, event: StationEvent::Joined(fields.link()?) }
            }
            "join-failed" => {
                let attempt = fields.value()?;
                Self::Station { attempt, event: StationEvent::JoinFailed(fields.name()?) }
            }
            "join-aborted" => {
                let (attempt, reason, stage) = (fields.value()?, fields.value()?, fields.name()?);
                Self::Station { attempt, event: StationEvent::JoinAborted { reason, stage } }
            }
            "disconnected" => Self::Station { attempt: fields.value()?, event: StationEvent::Disconnected },
            "setup" => Self::Setup,
            "factory-reset" => Self::FactoryReset,
            "power-cut-at" => Self::PowerCutAt { operation: fields.value()?, undone: fields.value()? },
            "panic" => Self::Panic,
            "measure-stack" => Self::MeasureStack,
            _ => return None,
        };
        fields.end()?;
        Some(message)
    }
}
