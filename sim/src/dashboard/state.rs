//! The world as it stands, as JSON.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::response::IntoResponse;
use serde::Serialize;
use vestibule_core::provisioning;
use vestibule_core::{Instant, Ssid};

use super::Served;
use crate::phone::models;
use crate::radio::Network;
use crate::trace::meaning;
use crate::world::{World, security_name};

#[derive(Serialize)]
struct DashboardState {
    us: u64,
    /// Whether the world's own script goes on: the reader's turn comes after it.
    journey: bool,
    device: Device,
    home: Home,
    networks: Vec<NetworkState>,
    phones: Vec<Phone>,
    links: Links,
    /// What can be: the states of the device, the models of phones.
    states: Vec<Named>,
    edges: Vec<Edge>,
    models: Vec<Named>,
}

#[derive(Serialize)]
struct Device {
    name: String,
    power: bool,
    /// The state's name; none without power.
    state: Option<String>,
    access_point: bool,
    joined: Option<String>,
    address: Option<String>,
    stored: Option<String>,
}

/// The network that the owners want the device on. The only place beside the terminal where its
/// passphrase shows: the reader is to type what the simulated router uses.
#[derive(Serialize)]
struct Home {
    ssid: String,
    passphrase: String,
}

#[derive(Serialize)]
struct NetworkState {
    ssid: String,
    bssid: String,
    channel: u8,
    signal: i8,
    security: &'static str,
    hidden: bool,
    on_air: bool,
    joined: bool,
}

#[derive(Serialize)]
struct Phone {
    name: String,
    on_access_point: bool,
    sheet_open: bool,
    sheet_seen: bool,
    told: bool,
    first_verdict: Option<String>,
    findings: usize,
}

/// Where the reader's own browser finds the device now.
#[derive(Serialize)]
struct Links {
    portal: Option<String>,
    home: Option<String>,
    dns: String,
    /// The window in which the dashboard shows whatever of it can be reached.
    phone: String,
}

#[derive(Serialize)]
struct Named {
    id: String,
    says: &'static str,
}

/// A row of the core's own table.
#[derive(Serialize)]
struct Edge {
    from: String,
    on: String,
    to: String,
    then: Vec<String>,
}

/// `GET /state`
pub(super) async fn state(Shared(served): Shared<Arc<Served>>) -> impl IntoResponse {
    let state = served.world.with(|world, now| of(world, &served, now));
    let json = serde_json::to_string(&state).unwrap_or_else(|_| "{}".into());
    (served.headers("application/json"), json)
}

fn of(world: &mut World, served: &Served, now: Instant) -> DashboardState {
    let device = device(world);
    let joined = world.air().joined_network();
    let links = Links {
        portal: device.access_point.then(|| format!("http://{}/", served.world.portal())),
        home: joined.map(|_| format!("http://{}/", served.world.home())),
        dns: served.world.dns().to_string(),
        phone: format!("http://{}/", served.device_proxy),
    };
    let is_joined = |network: &Network| joined.is_some_and(|joined| joined.bssid == network.bssid);
    DashboardState {
        us: now.as_micros(),
        home: home(world, served.home),
        networks: world
            .air()
            .networks()
            .iter()
            .map(|network| network_state(network, is_joined(network)))
            .collect(),
        phones: phones(world),
        links,
        states: provisioning::ProvisioningState::ALL
            .into_iter()
            .map(|state| Named { id: format!("{state:?}"), says: meaning(state) })
            .collect(),
        edges: provisioning::EDGES.iter().map(edge).collect(),
        journey: world.script_goes_on(),
        models: models().iter().map(|model| Named { id: model.id.into(), says: model.name }).collect(),
        device,
    }
}

fn edge(edge: &provisioning::Edge) -> Edge {
    let name = |what: &dyn std::fmt::Debug| format!("{what:?}");
    let then = edge.then.iter().map(|action| name(action)).collect();
    Edge { from: name(&edge.from), on: name(&edge.on), to: name(&edge.to), then }
}

fn device(world: &mut World) -> Device {
    let run_state = world.run_state();
    let portal = world.device().portal();
    let address = portal.and_then(|portal| portal.home()).map(|link| link.address.to_string());
    Device {
        name: readable(&world.device().config().name),
        power: run_state.state.is_some(),
        state: run_state.state.map(|state| format!("{state:?}")),
        access_point: world.air().access_point_is_up(),
        joined: run_state.joined.as_ref().map(readable),
        address,
        stored: run_state.stored.as_ref().map(readable),
    }
}

fn home(world: &World, ssid: Ssid) -> Home {
    let network = world.air().networks().iter().find(|network| network.ssid == ssid);
    let passphrase = network.map(|network| network.passphrase.expose()).unwrap_or_default();
    Home { ssid: readable(&ssid), passphrase: String::from_utf8_lossy(passphrase).into_owned() }
}

fn network_state(network: &Network, joined: bool) -> NetworkState {
    let bssid: Vec<_> = network.bssid.0.iter().map(|byte| format!("{byte:02x}")).collect();
    NetworkState {
        ssid: readable(&network.ssid),
        bssid: bssid.join(":"),
        channel: network.channel,
        signal: network.strength(),
        security: security_name(network.security),
        hidden: network.hidden,
        on_air: network.on_air,
        joined,
    }
}

fn phones(world: &World) -> Vec<Phone> {
    let phone = |phone: &crate::world::PhoneNode| Phone {
        name: phone.name().into(),
        on_access_point: phone.is_on(),
        sheet_open: phone.sheet_is_open(),
        sheet_seen: phone.run_state().sheet,
        told: phone.run_state().told,
        first_verdict: phone.run_state().first_verdict.map(str::to_owned),
        findings: phone.run_state().findings,
    };
    world.phones().map(phone).collect()
}

/// A name as people read it, where it is text; else its bytes.
fn readable(ssid: &Ssid) -> String {
    match std::str::from_utf8(ssid.as_bytes()) {
        Ok(text) if !text.chars().any(char::is_control) => text.into(),
        _ => ssid.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_as_text_or_as_its_bytes() {
        let shown = |bytes: &[u8]| readable(&Ssid::new(bytes).unwrap());
        assert_eq!(shown("Café".as_bytes()), "Café");
        assert_eq!(shown(b"a\x1b[2J"), "a\\x1b[2J");
        assert_eq!(shown(b"\xff"), "\\xff");
    }
}
