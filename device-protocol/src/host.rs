//! What the host says.

use core::fmt::{self, Write};
use core::net::Ipv4Addr;
use core::time::Duration;

use heapless::String;
use vestibule_core::{Config, HomeLink, JoinFailure, ScanRecord, StaticAddress, WhenLost};

use crate::names::Named;
use crate::text::{Fields, Given, Hex, Protection};

/// Most bytes of a name that redirects go to: a name of the DNS (RFC 1035 section 2.3.4).
pub const HOST_BYTES: usize = 253;

/// A message of the host. `Debug` hides passphrases; [`FromHost::write`] does not.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is no allocator to box into, and few are kept")]
pub enum FromHost {
    /// `start SEED NAME ADDRESS HTTP-PORT HOME-PORT CHANNEL PASSPHRASE ATTEMPTS AFTER-JOINING`, and
    /// then in milliseconds `LEASE ATTEMPT-PAUSE JOIN-PATIENCE KNOCK-INTERVAL RESULT-PATIENCE
    /// RESULT-LINGER SURVEY-PATIENCE IDLE-TIMEOUT ABSOLUTE-TIMEOUT`, 0 for no
    /// timeout, `MAY-OPEN FAILURES`, 0 for retrying after a loss for ever, `HOME-ADDRESS PREFIX
    /// ROUTER`, 0.0.0.0 for none, and `WITHOUT-GATEWAY`: make a portal of this configuration and start
    /// it. Channel 0 is the portal's own choice. The first message.
    Start(Start),
    /// `redirect NAME`: what the access point's redirects go to ([`Config::redirect_host`]). Before
    /// `start`.
    RedirectTo(String<HOST_BYTES>),
    /// `webhook PORT SECONDS`: whenever it has joined, the device is to post so to the home
    /// network's router at this port, signed with [`crate::WEBHOOK_SECRET`]; and it is now so many
    /// seconds since 1970. Before `start`.
    Webhook {
        /// Where the receiver listens.
        port: u16,
        /// The time of day, which other devices ask the home network for.
        seconds: u64,
    },
    /// `up`: the access point is up.
    Up,
    /// `down`: the access point is down, or could not be raised.
    Down,
    /// `found NAME BSSID CHANNEL SIGNAL SECURITY`: the scan heard a network.
    Found(ScanRecord),
    /// `scanned`: the scan is over.
    Scanned,
    /// `joined ATTEMPT ADDRESS PREFIX GATEWAY`, 0.0.0.0 for none, `associated ATTEMPT`, `failed ATTEMPT REASON`, `lost ATTEMPT`: what
    /// came of a `join`. Of an attempt that is not the last one it is ignored.
    Station {
        /// The `join`'s number.
        attempt: u32,
        /// What came of it.
        outcome: Outcome,
    },
    /// `setup`: the owner asks for the portal.
    Setup,
    /// `clear`: the owner has the device forget its network.
    Clear,
    /// `cut-at N UNDONE`: stop in the middle of the N-th flash operation from now, counted from 1;
    /// 0 takes an earlier one back. An operation is the erasure of a sector or the programming of
    /// a word. The bits that are set in UNDONE have not changed then, in the word or in each word
    /// of the sector; the others have. The guest says `cut` and hangs.
    CutAt {
        /// Which operation.
        operation: u32,
        /// What of it is not done.
        undone: u32,
    },
    /// `panic`: panic.
    Panic,
    /// `measure`: say `stack`.
    Measure,
}

/// What came of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The network is joined; its own DHCP server gives the address.
    Associated,
    /// The network is joined and this is what it gave.
    Joined(HomeLink),
    /// The network could not be joined.
    Failed(JoinFailure),
    /// The network that was joined is gone.
    Lost,
}

/// What the device is to be.
#[derive(Clone, Debug)]
pub struct Start {
    /// What its random bytes come of.
    pub seed: u64,
    /// Its choices. [`Config::captive_portal`] is not carried over; the guest has none.
    /// [`Config::redirect_host`] has a message of its own, [`FromHost::RedirectTo`].
    pub config: Config,
}

impl Start {
    fn write(&self, out: &mut impl Write) -> fmt::Result {
        let Config { address, http_port, home_port, channel, stored_attempts, .. } = self.config;
        let (seed, name) = (self.seed, Hex(self.config.name.as_bytes()));
        let secret = Protection(&self.config.access_point_security);
        // There is no channel 0.
        let channel = channel.unwrap_or(0);
        write!(out, "start {seed} {name} {address} {http_port} {home_port} {channel} {secret}")?;
        write!(out, " {stored_attempts} {}", self.config.after_joining.name())?;
        let durations = [
            self.config.lease,
            self.config.attempt_pause,
            self.config.join_patience,
            self.config.knock_interval,
            self.config.result_patience,
            self.config.result_linger,
            self.config.survey_patience,
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
        write!(out, " {}", Given(&HomeLink { address, prefix, gateway: router }))?;
        write!(out, " {}", self.config.without_gateway.name())
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
        config.attempt_pause = fields.millis()?;
        config.join_patience = fields.millis()?;
        config.knock_interval = fields.millis()?;
        config.result_patience = fields.millis()?;
        config.result_linger = fields.millis()?;
        config.survey_patience = fields.millis()?;
        config.idle_timeout = Some(fields.millis()?).filter(|timeout| !timeout.is_zero());
        config.absolute_timeout = Some(fields.millis()?).filter(|timeout| !timeout.is_zero());
        config.may_open = fields.name()?;
        config.when_lost = match fields.value()? {
            0 => WhenLost::Retry,
            failures => WhenLost::OpenAfter(failures),
        };
        let HomeLink { address, prefix, gateway: router } = fields.link()?;
        config.home_address =
            (!address.is_unspecified()).then_some(StaticAddress { address, prefix, router });
        config.without_gateway = fields.name()?;
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
            Self::RedirectTo(host) => write!(out, "redirect {host}"),
            Self::Webhook { port, seconds } => write!(out, "webhook {port} {seconds}"),
            Self::Up => out.write_str("up"),
            Self::Down => out.write_str("down"),
            Self::Found(record) => {
                let ScanRecord { ssid, bssid, channel, signal, security } = record;
                let (name, bssid) = (Hex(ssid.as_bytes()), Hex(&bssid.0));
                write!(out, "found {name} {bssid} {channel} {signal} {}", security.name())
            }
            Self::Scanned => out.write_str("scanned"),
            Self::Station { attempt, outcome } => match outcome {
                Outcome::Associated => write!(out, "associated {attempt}"),
                Outcome::Joined(link) => write!(out, "joined {attempt} {}", Given(link)),
                Outcome::Failed(reason) => write!(out, "failed {attempt} {}", reason.name()),
                Outcome::Lost => write!(out, "lost {attempt}"),
            },
            Self::Setup => out.write_str("setup"),
            Self::Clear => out.write_str("clear"),
            Self::CutAt { operation, undone } => write!(out, "cut-at {operation} {undone}"),
            Self::Panic => out.write_str("panic"),
            Self::Measure => out.write_str("measure"),
        }
    }

    /// Reads a line, without its line feed; `None` for one that this version does not know.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let mut fields = Fields::of(line);
        let message = match fields.word()? {
            "start" => Self::Start(Start::read(&mut fields)?),
            "redirect" => Self::RedirectTo(fields.value()?),
            "webhook" => Self::Webhook { port: fields.value()?, seconds: fields.value()? },
            "up" => Self::Up,
            "down" => Self::Down,
            "found" => {
                let (ssid, bssid) = (fields.ssid()?, fields.mac()?);
                let (channel, signal) = (fields.value()?, fields.value()?);
                Self::Found(ScanRecord { ssid, bssid, channel, signal, security: fields.name()? })
            }
            "scanned" => Self::Scanned,
            "associated" => Self::Station { attempt: fields.value()?, outcome: Outcome::Associated },
            "joined" => {
                let attempt = fields.value()?;
                Self::Station { attempt, outcome: Outcome::Joined(fields.link()?) }
            }
            "failed" => {
                let attempt = fields.value()?;
                Self::Station { attempt, outcome: Outcome::Failed(fields.name()?) }
            }
            "lost" => Self::Station { attempt: fields.value()?, outcome: Outcome::Lost },
            "setup" => Self::Setup,
            "clear" => Self::Clear,
            "cut-at" => Self::CutAt { operation: fields.value()?, undone: fields.value()? },
            "panic" => Self::Panic,
            "measure" => Self::Measure,
            _ => return None,
        };
        fields.end()?;
        Some(message)
    }
}
