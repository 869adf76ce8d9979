//! Sets a world up as its scenario says: the device's configuration, the networks, and what the device has
//! stored beforehand.

use std::net::Ipv4Addr;
use std::time::Duration;

use vestibule_core::credentials::{Memory, Store};
use vestibule_core::detection::AfterJoining;
use vestibule_core::{Config, Credentials, MacAddress, Passphrase, Security, Ssid, StaticAddress, WhenLost};

use super::Layout;
use super::mutant::make;
use super::passphrases::typed;
use crate::device::{SeededEntropy, SimulatedKey};
use crate::flash::Flash;
use crate::radio::neighbours::neighbours;
use crate::radio::{BEACON_INTERVAL, Network, Presence, SecurityKind, made_up_passphrase, signal_at};
use crate::random_streams::{self, RandomStream};
use crate::scenario::{DeviceSpec, Mutant, NetworkSpec, Scenario, StoredSeal, Try};

pub(super) fn config(spec: &DeviceSpec, seed: u64, layout: &Layout) -> Config {
    let mut config = Config::new(spec.name.get_ref().0);
    config.access_point_security = spec.protection(seed);
    config.label_code = spec.code_of_open();
    config.address = spec.address.as_ref().map_or(layout.device, |address| *address.get_ref());
    config.http_port = layout.http_port;
    config.home_port = layout.home_port;
    let override_with = |choice: &mut std::time::Duration, given: Option<std::time::Duration>| {
        if let Some(given) = given {
            *choice = given;
        }
    };
    override_with(&mut config.retry_interval, spec.retry_interval);
    override_with(&mut config.join_timeout, spec.join_timeout);
    override_with(&mut config.result_timeout, spec.result_timeout);
    override_with(&mut config.ap_shutdown_delay, spec.ap_shutdown_delay);
    override_with(&mut config.opening_window, spec.opening_window);
    config.radio = spec.radio.capabilities();
    config.channel = spec.channel.as_ref().map(|channel| *channel.get_ref());
    if let Some(attempts) = spec.stored_attempts {
        config.stored_attempts = attempts;
        config.when_lost = WhenLost::OpenAfter(attempts);
    }
    config.captive_portal = spec.captive_portal.map(|api| api.0);
    config.idle_timeout = spec.idle_timeout;
    config.absolute_timeout = spec.absolute_timeout;
    config.may_open = spec.may_open.into();
    config.without_gateway = spec.without_gateway.into();
    // A configuration holds static text. Leaking is harmless: there are few scenarios, and they live as long as
    // the program.
    config.redirect_host = spec.redirect_host.as_ref().map(|host| &*host.clone().leak());
    config.home_address = spec.home_address.as_ref().map(|address| StaticAddress {
        address: *address.get_ref(),
        prefix: 24,
        router: None,
    });
    if spec.stay_captive {
        config.after_joining = AfterJoining::StayCaptive;
    }
    config
}

/// The signal of a network for which the scenario gives none, in dBm: a router in the next room.
const SIGNAL: i8 = -55;

/// The networks of a scenario and its neighbours, with the addresses that each gives the device.
pub(super) fn networks(scenario: &Scenario, seed: u64, layout: &Layout) -> Vec<Network> {
    let own = scenario.networks.iter().enumerate();
    let own = own.map(|(number, spec)| {
        let network = network(spec, number, seed, layout.homes.get(number).copied());
        let is_named_by_make = spec.another_unit && scenario.device.mutant == Some(Mutant::NamedByMake);
        if is_named_by_make { Network { ssid: make(network.ssid), ..network } } else { network }
    });
    let home = scenario.networks.first().map(|network| network.ssid.get_ref().0);
    let others = neighbours(*scenario.neighbours.get_ref(), seed, home.as_ref());
    own.chain(others).collect()
}

fn network(spec: &NetworkSpec, number: usize, seed: u64, address: Option<Ipv4Addr>) -> Network {
    let security = Security::from(spec.security);
    let passphrase = match (&spec.passphrase, security) {
        (_, Security::Open | Security::Enterprise | Security::Unsupported) => Passphrase::open(),
        (Some(secret), _) => secret.0.clone(),
        (None, _) => made_up_passphrase(seed, number),
    };
    Network {
        ssid: spec.ssid.get_ref().0,
        // Locally administered, so that it belongs to no manufacturer.
        bssid: MacAddress([0x02, 0x76, 0x65, 0x73, 0x00, number as u8]),
        security,
        passphrase,
        channel: *spec.channel.get_ref(),
        signal: match &spec.distance {
            Some(metres) => signal_at(*metres.get_ref()),
            None => spec.signal.unwrap_or(SIGNAL),
        },
        on_air: spec.on_air,
        boots_in: spec.boots_in,
        beacon_phase: beacon_phase(seed, number),
        hidden: spec.hidden,
        subnet: spec.home_subnet(),
        address,
        five_ghz: spec.five_ghz,
        only_fast_transition: spec.security == SecurityKind::FtPsk,
        ends_join: spec.ends_join.as_ref().map(|end| *end.get_ref()),
        presence: Presence::default(),
    }
}

/// When in each interval a network sends its beacon. It depends on when the router was started, so the seed
/// decides.
fn beacon_phase(seed: u64, number: usize) -> Duration {
    let interval = u64::try_from(BEACON_INTERVAL.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random_streams::number(seed, RandomStream::BeaconPhase, number as u64) % interval)
}

/// The secret of the device's chip, if it has one.
pub(super) fn device_key(spec: &DeviceSpec, seed: u64) -> Option<SimulatedKey> {
    spec.seal_flash.then(|| SimulatedKey::of_seed(seed, OWN))
}

/// The numbers of chips with a secret: the device's own, and one that its flash may have been written with before.
const OWN: u64 = 0;
const ANOTHER: u64 = 1;

pub(super) fn store_beforehand(spec: &DeviceSpec, networks: &[Network], flash: &Flash, seed: u64) {
    let mut memory = Memory::new();
    let mut remember = |ssid: Ssid, which: &Try| {
        let right = networks.iter().find(|network| network.ssid == ssid).map(|network| &network.passphrase);
        let secret = typed(which, right.unwrap_or(&Passphrase::open()), &ssid);
        if let Ok(passphrase) = Passphrase::new(&secret) {
            memory.remember(Credentials { ssid, passphrase });
        }
    };
    for earlier in spec.also_stored.iter().rev() {
        remember(earlier.get_ref().0, &Try::Right);
    }
    if let Some(stored) = &spec.stored {
        remember(stored.get_ref().0, &spec.stored_passphrase);
    }
    if !memory.is_empty() {
        let key = match spec.stored_seal() {
            StoredSeal::InClear => None,
            StoredSeal::OwnKey => SimulatedKey::of_seed(seed, OWN).flash_key(),
            StoredSeal::AnotherKey => SimulatedKey::of_seed(seed, ANOTHER).flash_key(),
        };
        let mut random = SeededEntropy::of(seed, RandomStream::StoredBefore);
        // Saving cannot fail on a new flash in memory.
        let _ = Store::new(flash.clone()).sealed(key).save(&memory, &mut random);
    }
}
