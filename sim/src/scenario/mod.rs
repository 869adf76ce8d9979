//! Scenarios: a world, a script and what must come of it, in TOML.
//!
//! The same file runs under every driver. This module is what a file may say; [`mod@load`] reads
//! one, `contradiction` is what it refuses, [`mod@judge`] holds a run against its expectations.

mod action;
mod contradiction;
pub mod judge;
pub mod load;
mod mutant;
mod names;
mod phone_spec;
mod protection;
mod radio;
pub mod schema;
mod secure;
mod step;
mod text;

use std::net::Ipv4Addr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use smoltcp::wire::Ipv4Cidr;
use toml::Spanned;

pub use crate::client::Misbehaviour;
pub use crate::fault::{DriverCall, DriverDoes, Fault, Side, Timed};
pub use crate::phone::{JoinsBy, PrivateDns};
pub use crate::radio::{ChannelSwitch, EndsAt, Gateway, JoinEnd, SecurityKind, Subnet};
pub use crate::text::{Api, FilePosition, Name, Secret};
use crate::text::{TimeText, time};
pub use action::Action;
#[cfg(test)]
pub(crate) use contradiction::check_fault;
pub use mutant::Mutant;
pub use names::{FailureName, LeadsNowhere, Opening, Starts, StateName, StoredSeal};
pub use phone_spec::{HardwareAddress, Haste, PhoneExpectSpec, PhoneSpec, Try};
pub use radio::{CountryText, RadioSpec};
pub use secure::{CaptivePortalApiSpec, Certificate, HttpsAnswer};
pub use step::{ActionName, StepSpec};
pub use text::Joins;

/// A whole file.
///
/// ```
/// use vestibule::scenario::load;
///
/// let text = r#"
///     name = "the router restarts"
///     [[network]]
///     ssid = "Home"
///     [[fault]]
///     at = "3s"
///     kind = "router-reboot"
///     network = "Home"
///     lasts = "4s"
/// "#;
/// let scenario = load::parse(text, "restart.toml".as_ref())?;
/// assert_eq!((scenario.networks.len(), scenario.phones.len()), (1, 0));
/// assert_eq!(scenario.faults[0].get_ref().ends().as_secs(), 7);
/// # Ok::<(), vestibule::scenario::load::ScenarioError>(())
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What happens, in a few words.
    pub name: String,
    /// Why it matters.
    #[serde(default)]
    pub about: String,
    /// Which of the failures that portals are known for it is about: headings of `docs/field-failures.md`, as
    /// its links write them.
    #[serde(default)]
    pub known_issues: Vec<String>,
    /// The known bugs with each of which it must fail, in virtual time.
    #[serde(default)]
    pub must_fail_with: Vec<Mutant>,
    /// The seed it is run with, unless the command says another.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The device.
    #[serde(default)]
    pub device: DeviceSpec,
    /// Networks on the air, the device's own left out.
    #[serde(default, rename = "network")]
    pub networks: Vec<NetworkSpec>,
    /// How many neighbours there are besides, made up from the seed, many with hostile names.
    #[serde(default = "none")]
    #[schemars(with = "usize")]
    pub neighbours: Spanned<usize>,
    /// Phones and their owners.
    #[serde(default, rename = "phone")]
    pub phones: Vec<PhoneSpec>,
    /// What happens by itself, in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<StepSpec>,
    /// What goes wrong.
    #[serde(default, rename = "fault")]
    #[schemars(with = "Vec<Timed>")]
    pub faults: Vec<Spanned<Timed>>,
    /// What must come of it.
    #[serde(default)]
    pub expect: ExpectSpec,
}

/// The device.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeviceSpec {
    /// Its name.
    #[schemars(with = "Name")]
    pub name: Spanned<Name>,
    /// Its address on its access point, if it is not to be 192.168.4.1 (on loopback one of loopback's).
    #[schemars(with = "Option<Ipv4Addr>")]
    pub address: Option<Spanned<Ipv4Addr>>,
    /// How its access point is protected: open unless said otherwise.
    #[schemars(with = "SecurityKind")]
    pub security: Spanned<SecurityKind>,
    /// The passphrase of its access point, which is on its label. Without one, the seed makes one up.
    #[schemars(with = "Option<Secret>")]
    pub passphrase: Option<Spanned<Secret>>,
    /// The code on its label, where its access point is open: its owners may seal what they send with it. Of a
    /// protected one that is its passphrase.
    #[schemars(with = "Option<Secret>")]
    pub label_code: Option<Spanned<Secret>>,
    /// A network that it has stored before the scenario begins.
    #[schemars(with = "Option<Name>")]
    pub stored: Option<Spanned<Name>>,
    /// Networks that it has joined before that one, and stored: the last one first.
    #[schemars(with = "Vec<Name>")]
    pub also_stored: Vec<Spanned<Name>>,
    /// That network's passphrase as the device knows it: the right one, unless said otherwise.
    pub stored_passphrase: Try,
    /// Whether its chip has a key of its own, with which it seals what it stores.
    pub seal_flash: bool,
    /// How that is sealed which it has stored before the scenario begins: with its own key if it has one, unless said
    /// otherwise.
    #[schemars(with = "Option<StoredSeal>")]
    pub stored_seal: Option<Spanned<StoredSeal>>,
    /// The channel on which its access point starts; by itself it takes the strongest network's.
    #[schemars(with = "Option<u8>")]
    pub channel: Option<Spanned<u8>>,
    /// What its radio can do: by default access point and station at once, on all channels of 2.4 GHz.
    pub radio: RadioSpec,
    /// How often stored credentials are tried before the portal opens.
    pub stored_attempts: Option<u8>,
    /// The wait between tries of the stored networks while the portal is open.
    #[serde(deserialize_with = "time::deserialize_optional")]
    #[schemars(with = "Option<TimeText>")]
    pub retry_interval: Option<Duration>,
    /// How long a join may take.
    #[serde(deserialize_with = "time::deserialize_optional")]
    #[schemars(with = "Option<TimeText>")]
    pub join_timeout: Option<Duration>,
    /// How long the result waits for its reader.
    #[serde(deserialize_with = "time::deserialize_optional")]
    #[schemars(with = "Option<TimeText>")]
    pub result_timeout: Option<Duration>,
    /// How long the access point stays once the result was read.
    #[serde(deserialize_with = "time::deserialize_optional")]
    #[schemars(with = "Option<TimeText>")]
    pub ap_shutdown_delay: Option<Duration>,
    /// Whether phones stay captive until the access point goes down.
    pub stay_captive: bool,
    /// The address of a captive portal API that the device names by DHCP (option 114). What answers there, says
    /// `captive_portal_api`, and without that `https`.
    pub captive_portal: Option<Api>,
    /// The server of that API. The device has no certificate, so this is another host that phones reach by it.
    #[schemars(with = "Option<CaptivePortalApiSpec>")]
    pub captive_portal_api: Option<Spanned<CaptivePortalApiSpec>>,
    /// What meets a phone that asks over HTTPS: the device refuses, unless something else is to stand there.
    pub https: HttpsAnswer,
    /// After how long without activity the portal closes.
    #[serde(deserialize_with = "time::deserialize_optional")]
    #[schemars(with = "Option<TimeText>")]
    pub idle_timeout: Option<Duration>,
    /// After how long it closes in any case.
    #[serde(deserialize_with = "time::deserialize_optional")]
    #[schemars(with = "Option<TimeText>")]
    pub absolute_timeout: Option<Duration>,
    /// What its program has it do when power comes. Not under QEMU, where that is compiled in.
    pub starts: Starts,
    /// When the portal may open by itself.
    pub may_open: Opening,
    /// How long after power came a device that knows a network may open it by itself.
    #[serde(deserialize_with = "time::deserialize_optional")]
    #[schemars(with = "Option<TimeText>")]
    pub opening_window: Option<Duration>,
    /// What becomes of a network that leads nowhere.
    pub without_gateway: LeadsNowhere,
    /// The name that its redirects go to. Not under QEMU, where it would have to be compiled in.
    pub redirect_host: Option<String>,
    /// Its address on home networks, if it does not ask for one. On loopback it has loopback's there.
    #[schemars(with = "Option<Ipv4Addr>")]
    pub home_address: Option<Spanned<Ipv4Addr>>,
    /// A known bug that it has on purpose. Not under QEMU.
    pub mutant: Option<Mutant>,
    /// Whether it tells a receiver on the home network when it has joined. Not under QEMU.
    pub webhook: Option<WebhookSpec>,
}

/// The receiver of the device's webhook.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookSpec {
    /// How often it answers that it is busy, before it takes one.
    pub busy: u8,
}

impl Default for DeviceSpec {
    fn default() -> Self {
        Self {
            name: Spanned::new(0..0, Name::from_text("Vestibule-4F2A")),
            address: None,
            security: Spanned::new(0..0, SecurityKind::Open),
            passphrase: None,
            label_code: None,
            stored: None,
            also_stored: Vec::new(),
            stored_passphrase: Try::Right,
            seal_flash: false,
            stored_seal: None,
            channel: None,
            radio: RadioSpec::default(),
            stored_attempts: None,
            retry_interval: None,
            join_timeout: None,
            result_timeout: None,
            ap_shutdown_delay: None,
            stay_captive: false,
            captive_portal: None,
            captive_portal_api: None,
            https: HttpsAnswer::Refused,
            idle_timeout: None,
            absolute_timeout: None,
            starts: Starts::ConnectOrSetup,
            may_open: Opening::AfterPowerUp,
            opening_window: None,
            without_gateway: LeadsNowhere::Refuse,
            redirect_host: None,
            home_address: None,
            mutant: None,
            webhook: None,
        }
    }
}

impl DeviceSpec {
    /// How that is sealed which it has stored before.
    pub(crate) fn stored_seal(&self) -> StoredSeal {
        let by_itself = if self.seal_flash { StoredSeal::OwnKey } else { StoredSeal::InClear };
        self.stored_seal.as_ref().map_or(by_itself, |seal| *seal.get_ref())
    }
}

/// A router's network, or a neighbour's.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Its name.
    #[schemars(with = "Name")]
    pub ssid: Spanned<Name>,
    /// Its security: WPA2 unless said otherwise.
    #[serde(default = "wpa2")]
    pub security: SecurityKind,
    /// Its passphrase. Without one, the seed makes one up; the owner knows it all the same.
    #[serde(default)]
    pub passphrase: Option<Secret>,
    /// Its channel.
    #[serde(default = "channel")]
    #[schemars(with = "u8")]
    pub channel: Spanned<u8>,
    /// Whether it is on 5 GHz alone, where the device's radio does not listen. A phone's does.
    #[serde(default)]
    pub five_ghz: bool,
    /// How strong the device hears it, in dBm: -55 unless said otherwise.
    #[serde(default)]
    pub signal: Option<i8>,
    /// How far away it is, in metres, in place of `signal`, as homes weaken it (ITU-R P.1238).
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub distance: Option<Spanned<f64>>,
    /// Whether it is on the air from the beginning.
    #[serde(default = "yes")]
    pub on_air: bool,
    /// How long its router takes to boot, from the beginning or from when it is switched on.
    #[serde(default, deserialize_with = "time::deserialize")]
    #[schemars(with = "TimeText")]
    pub boots_in: Duration,
    /// Whether it hides its name.
    #[serde(default)]
    pub hidden: bool,
    /// Whether it is another unit of the device's make, whose setup access point this is.
    #[serde(default)]
    pub another_unit: bool,
    /// A stage at which its router ends joins, although nothing is wrong with the passphrase.
    #[serde(default)]
    #[schemars(with = "Option<JoinEnd>")]
    pub ends_join: Option<Spanned<JoinEnd>>,
    /// The subnet behind it: 192.168.1.0/24 unless said otherwise. Of virtual time only, as its
    /// addresses: loopback has addresses of its own.
    #[serde(default, deserialize_with = "text::optional_subnet")]
    #[schemars(with = "Option<text::SubnetText>")]
    pub subnet: Option<Spanned<Ipv4Cidr>>,
    /// Its router's address: the subnet's first unless said otherwise.
    #[serde(default)]
    #[schemars(with = "Option<Ipv4Addr>")]
    pub router: Option<Spanned<Ipv4Addr>>,
    /// The address that it gives the device: the subnet's 77th unless said otherwise.
    #[serde(default)]
    #[schemars(with = "Option<Ipv4Addr>")]
    pub address: Option<Spanned<Ipv4Addr>>,
    /// Whether it hands out addresses.
    #[serde(default = "yes")]
    pub dhcp: bool,
    /// Whether it has IPv6 alone: its router advertises a prefix of IPv6 and hands out no IPv4 address.
    #[serde(default)]
    pub ipv6_only: bool,
    /// Whether it leads to other networks.
    #[serde(default)]
    pub gateway: Gateway,
    /// A name that another host there has, over mDNS. Of virtual time and QEMU: on loopback nobody
    /// else is asked.
    #[serde(default)]
    pub namesake: Option<String>,
    /// What it says of a captive portal of its own, by DHCP option 114 (RFC 8910): an address, or the URN of a network
    /// without one. Not on loopback, where nothing is said by DHCP.
    #[serde(default)]
    pub captive_portal: Option<String>,
    /// How long it takes before it offers an address.
    #[serde(default, deserialize_with = "time::deserialize")]
    #[schemars(with = "TimeText")]
    pub dhcp_delay: Duration,
}

impl NetworkSpec {
    /// What is behind its access point.
    pub fn home_subnet(&self) -> Subnet {
        let subnet = self.subnet.as_ref().map(|subnet| *subnet.get_ref());
        let address = |given: &Option<Spanned<Ipv4Addr>>| given.as_ref().map(|given| *given.get_ref());
        let subnet = Subnet::new(subnet, address(&self.router), address(&self.address));
        let (dhcp, dhcp_delay, gateway) = (self.dhcp, self.dhcp_delay, self.gateway);
        Subnet {
            dhcp,
            ipv6_only: self.ipv6_only,
            dhcp_delay,
            gateway,
            namesake: self.namesake.clone(),
            captive_portal: self.captive_portal.clone(),
            ..subnet
        }
    }
}

fn wpa2() -> SecurityKind {
    SecurityKind::Wpa2
}

fn channel() -> Spanned<u8> {
    Spanned::new(0..0, 6)
}

fn none() -> Spanned<usize> {
    Spanned::new(0..0, 0)
}

fn yes() -> bool {
    true
}

/// What must come of the whole.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExpectSpec {
    /// By when all of it must hold, at the latest.
    #[serde(deserialize_with = "time::deserialize")]
    #[schemars(with = "TimeText")]
    pub within: Duration,
    /// From when on it is judged at all: something is still to happen until then.
    #[serde(deserialize_with = "time::deserialize")]
    #[schemars(with = "TimeText")]
    pub not_before: Duration,
    /// Judge the run by its invariants, recovery from every fault included, and by nothing else
    /// that is said here.
    pub liveness: bool,
    /// The state in which the device ends.
    pub state: Option<StateName>,
    /// The network on which it ends.
    #[schemars(with = "Option<Name>")]
    pub joined: Option<Spanned<Name>>,
    /// The network that its flash holds in the end.
    #[schemars(with = "Option<Name>")]
    pub stored: Option<Spanned<Name>>,
    /// The joins that failed, in order: no more and no fewer.
    pub failures: Option<Vec<FailureName>>,
    /// How often the access point is raised among the addresses of the home network that was joined
    /// before. Of virtual time.
    pub clashes: Option<usize>,
    /// Whether the receiver has taken a webhook of the device's.
    pub notified: Option<bool>,
    /// Whether somebody who has heard every frame on the device's open access point finds a passphrase in them. Of
    /// virtual time.
    pub passphrase_on_air: Option<bool>,
}

impl Scenario {
    /// Whether whatever happens is what it expects.
    pub fn expects_nothing(&self) -> bool {
        let expect = &self.expect;
        let says_nothing = expect.state.is_none()
            && expect.joined.is_none()
            && expect.stored.is_none()
            && expect.failures.is_none()
            && expect.clashes.is_none()
            && expect.notified.is_none()
            && expect.passphrase_on_air.is_none()
            && !expect.liveness;
        let default = PhoneExpectSpec::default();
        says_nothing && self.steps.is_empty() && self.phones.iter().all(|phone| phone.expect == default)
    }
}

impl Default for ExpectSpec {
    fn default() -> Self {
        Self {
            within: Duration::from_secs(30),
            not_before: Duration::ZERO,
            liveness: false,
            state: None,
            joined: None,
            stored: None,
            failures: None,
            clashes: None,
            notified: None,
            passphrase_on_air: None,
        }
    }
}
