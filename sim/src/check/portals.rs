//! Portals inside this process: a profile's, and the built-in device's own.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::time::Duration;

use vestibule_core::http::Transfer;
use vestibule_core::limits::DNS_REPLY_BYTES;
use vestibule_core::{Arrival, ConnectionId, DNS_PORT, Instant, Interface};

use super::in_process::{ExchangeStep, Portal};
use crate::phone::Exchange;
use crate::profile::answer::Treatment;
use crate::profile::{DeviceSetup, HttpsAnswer, Profile};
use crate::scenario::load;
use crate::tls::{self, Client, ClientEvent, ServerCertificate, Trust};
use crate::world::{Layout, World};

/// The connection that an exchange has for itself.
const CONNECTION: ConnectionId = ConnectionId::ALL[0];

/// What the certificate of a portal is for that signed it itself.
const PORTAL_NAME: &str = "portal.example";

/// The port of HTTP.
const HTTP_PORT: u16 = 80;

/// Where a client's datagram comes from; the device only answers to it.
const CLIENT: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 168, 4, 10), 40_000);

/// A portal that answers as a profile says.
pub struct ProfilePortal<'a>(pub &'a Profile);

impl Portal for ProfilePortal<'_> {
    fn address(&self) -> Ipv4Addr {
        self.0.address()
    }

    fn announces(&self) -> Option<&str> {
        self.0.dhcp.as_ref()?.option_114.as_deref()
    }

    fn intercepts(&self) -> bool {
        self.0.intercepts
    }

    fn answer(&mut self, exchange: &Exchange, now: Instant) -> Vec<ExchangeStep> {
        let Self(profile) = self;
        // A check sends no form.
        let mut setup = DeviceSetup::default();
        let now = now.since(Instant::from_micros(0));
        if profile.is_away(&setup, now) {
            return Vec::new();
        }
        match exchange {
            Exchange::Datagram { payload, .. } => profile
                .answer_question(payload, profile.address())
                .map(ExchangeStep::Received)
                .into_iter()
                .collect(),
            Exchange::Tls { server_name, payload, verifies, .. } => match profile.https.answer {
                HttpsAnswer::Refused => vec![ExchangeStep::Refused],
                HttpsAnswer::Accepted => {
                    handshake(Trust::simulated().client(server_name, payload.clone(), *verifies))
                }
                HttpsAnswer::Silence => Vec::new(),
            },
            Exchange::Stream { to, .. } if to.port() != profile.port() => vec![ExchangeStep::Refused],
            Exchange::Stream { payload, .. } => {
                match profile.answer_request(payload, &profile.place(), &mut setup, now) {
                    Treatment::Keep(bytes) => {
                        let kept = [ExchangeStep::Connected, ExchangeStep::Received(bytes)];
                        kept.into_iter().chain(profile.idle().map(ExchangeStep::EndedAfter)).collect()
                    }
                    // A check sends no form, for which alone a device takes its time.
                    Treatment::Later(..) => vec![ExchangeStep::Connected],
                    Treatment::Reply(bytes) => {
                        vec![ExchangeStep::Connected, ExchangeStep::Received(bytes), ExchangeStep::Ended]
                    }
                    Treatment::Silence => vec![ExchangeStep::Connected],
                    Treatment::Close => vec![ExchangeStep::Connected, ExchangeStep::Ended],
                    Treatment::Reset => vec![ExchangeStep::Connected, ExchangeStep::Reset],
                    Treatment::Endless(head, more) => {
                        vec![
                            ExchangeStep::Connected,
                            ExchangeStep::Received(head),
                            ExchangeStep::Endless(more),
                        ]
                    }
                }
            }
        }
    }
}

/// What a phone's handshake with a portal comes to that has no certificate but its own, and no more to say.
fn handshake(mut client: Client) -> Vec<ExchangeStep> {
    let Some(mut server) = ServerCertificate::SelfSigned.server(PORTAL_NAME, Vec::new()) else {
        return vec![ExchangeStep::Reset];
    };
    let events = tls::exchange(&mut client, &mut server);
    events
        .into_iter()
        .map(|event| match event {
            ClientEvent::Established => ExchangeStep::Connected,
            ClientEvent::Received(bytes) => ExchangeStep::Received(bytes),
            ClientEvent::Closed => ExchangeStep::Ended,
            ClientEvent::Failed(problem) => ExchangeStep::HandshakeFailed(problem),
            ClientEvent::Broken => ExchangeStep::Reset,
        })
        .collect()
}

/// The built-in device, in setup, its access point up: the very core that is flashed.
pub struct BuiltIn {
    world: World,
    address: Ipv4Addr,
    /// When its access point came up.
    up: Instant,
}

impl BuiltIn {
    /// A device that has nothing stored and nobody's network in sight.
    pub fn start() -> Self {
        let scenario = load::parse("name = \"a device in setup\"", Path::new("built-in"))
            .unwrap_or_else(|error| unreachable!("the scenario above: {error}"));
        let address = Ipv4Addr::new(192, 168, 4, 1);
        let layout =
            Layout { device: address, http_port: HTTP_PORT, home_port: HTTP_PORT, homes: Vec::new() };
        let mut world = World::new(&scenario, 1, &layout, None);
        let mut now = Instant::from_micros(0);
        world.start(now);
        while !world.air().access_point_is_up() {
            // Without credentials a device has nothing to do but to raise it.
            now = world.poll_timeout().unwrap_or(now + Duration::from_secs(1)).max(now);
            world.handle_timeout(now);
        }
        Self { world, address, up: now }
    }

    fn request(&mut self, payload: &[u8], now: Instant) -> Vec<ExchangeStep> {
        let mut steps = vec![ExchangeStep::Connected];
        let mut out = [0; 2048];
        let mut taken = 0;
        self.world.device_open(CONNECTION, Interface::AccessPoint, now);
        loop {
            let more = self.world.device_received(CONNECTION, &payload[taken..], now);
            taken += more;
            loop {
                match self.world.device_send(CONNECTION, &mut out, now) {
                    Transfer::Bytes(length) => steps.push(ExchangeStep::Received(out[..length].to_vec())),
                    Transfer::Idle => break,
                    Transfer::Finish | Transfer::Close => {
                        steps.push(ExchangeStep::Ended);
                        self.world.device_closed(CONNECTION);
                        return steps;
                    }
                }
            }
            if more == 0 {
                // The connection is kept; the phone closes it when it has what it wants.
                self.world.device_closed(CONNECTION);
                return steps;
            }
        }
    }
}

impl Portal for BuiltIn {
    fn address(&self) -> Ipv4Addr {
        self.address
    }

    fn intercepts(&self) -> bool {
        false
    }

    fn answer(&mut self, exchange: &Exchange, now: Instant) -> Vec<ExchangeStep> {
        // The phone's clock begins when it joins, the device's when it gets power.
        let now = self.up + now.since(Instant::from_micros(0));
        match exchange {
            Exchange::Datagram { payload, .. } => {
                let arrival = Arrival { interface: Interface::AccessPoint, from: CLIENT, port: DNS_PORT };
                let mut reply = [0; DNS_REPLY_BYTES];
                let answer = self.world.device_datagram(arrival, payload, &mut reply, now);
                answer
                    .map(|answer| ExchangeStep::Received(reply[..answer.length].to_vec()))
                    .into_iter()
                    .collect()
            }
            Exchange::Stream { to, payload } if to.port() == HTTP_PORT => self.request(payload, now),
            Exchange::Stream { .. } | Exchange::Tls { .. } => vec![ExchangeStep::Refused],
        }
    }
}
