//! The air by itself: commands in, reports out.

mod capabilities;
mod late_driver;
mod phones;
mod stale_key;

use vestibule_core::{AccessPointSecurity, Credentials, MacAddress, Passphrase, Security};

use super::network::tests::network;
use super::*;

/// An air, its time, and what it has reported.
struct Bench {
    air: Air,
    now: Instant,
    reports: Vec<(u64, Report)>,
}

impl Bench {
    fn new(networks: Vec<Network>) -> Self {
        Self { air: Air::new(networks, 1), now: Instant::from_micros(0), reports: Vec::new() }
    }

    fn command(&mut self, command: RadioCommand) {
        self.air.command(command, self.now);
    }

    fn join(&mut self, name: &str, passphrase: &[u8]) {
        self.command(RadioCommand::Join(credentials(name, passphrase)));
    }

    fn raise(&mut self) {
        self.raise_with(AccessPointSecurity::Open);
    }

    fn raise_with(&mut self, security: AccessPointSecurity) {
        self.command(RadioCommand::RaiseAccessPoint(AccessPoint {
            ssid: Ssid::new(b"Device").unwrap(),
            security,
            channel: 1,
            address: Ipv4Addr::new(192, 168, 4, 1),
        }));
        self.wait(200);
    }

    /// Lets so many milliseconds pass, from one due moment to the next.
    fn wait(&mut self, millis: u64) -> &mut Self {
        let end = self.now + Duration::from_millis(millis);
        while let Some(due) = self.air.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            while let Some(report) = self.air.poll(self.now) {
                self.reports.push((self.now.as_micros() / 1000, report));
            }
        }
        self.now = end;
        self
    }

    /// The messages so far, `>` from the device, `!` lost.
    fn dialogue(&self) -> Vec<String> {
        let said = self.reports.iter().filter_map(|(_, report)| match report {
            Report::Message { sender, message, lost, .. } => {
                let way = if *sender == Sender::Device { "> " } else { "< " };
                Some(format!("{way}{message}{}", if *lost { " !" } else { "" }))
            }
            _ => None,
        });
        said.collect()
    }

    fn has(&self, wanted: &Report) -> bool {
        self.reports.iter().any(|(_, report)| report == wanted)
    }

    /// How the last join ended: at which stage, with which code, as which failure, and when.
    fn death(&self) -> Option<(JoinStage, u16, JoinFailure, u64)> {
        let died = self.reports.iter().rev().find_map(|(_, report)| match report {
            Report::JoinAborted { stage, reason, .. } => Some((*stage, *reason)),
            _ => None,
        })?;
        self.reports.iter().rev().find_map(|(at, report)| match report {
            Report::Device(RadioEvent::JoinFailed(failure)) => Some((died.0, died.1, *failure, *at)),
            Report::Device(RadioEvent::JoinAborted { reason, stage }) => {
                Some((died.0, died.1, JoinFailure::from_reason(*reason, *stage, None), *at))
            }
            _ => None,
        })
    }

    fn is_joined(&self) -> bool {
        self.air.joined_network().is_some()
    }

    fn separations(&self) -> Vec<(u64, Separation)> {
        let left = self.reports.iter().filter_map(|(at, report)| match report {
            Report::PhoneLeft { how, .. } => Some((*at, *how)),
            _ => None,
        });
        left.collect()
    }
}

const RIGHT: &[u8] = b"passphrase";

fn credentials(name: &str, passphrase: &[u8]) -> Credentials {
    let passphrase = Passphrase::new(passphrase).unwrap();
    Credentials { ssid: Ssid::new(name.as_bytes()).unwrap(), passphrase }
}

fn secured(security: Security) -> Network {
    let mut network = network("Home");
    network.security = security;
    if matches!(security, Security::Open | Security::Enterprise) {
        network.passphrase = Passphrase::open();
    }
    network
}

fn with_signal(signal: i8) -> Network {
    Network { signal, ..network("Home") }
}

#[test]
fn a_wpa2_join_is_open_authentication_association_and_four_messages() {
    let mut bench = Bench::new(vec![network("Home")]);
    bench.join("Home", RIGHT);
    assert!(bench.wait(6000).is_joined());
    assert_eq!(
        bench.dialogue(),
        [
            "> authentication, open system",
            "< authentication, open system",
            "> association",
            "< association",
            "< 4-way handshake, message 1",
            "> 4-way handshake, message 2",
            "< 4-way handshake, message 3",
            "> 4-way handshake, message 4",
        ]
    );
}

#[test]
fn a_station_that_can_both_joins_wpa3_and_mixed_networks_by_sae() {
    for security in [Security::Wpa3, Security::Wpa2Wpa3] {
        let mut bench = Bench::new(vec![secured(security)]);
        bench.join("Home", RIGHT);
        assert!(bench.wait(6000).is_joined());
        assert_eq!(
            bench.dialogue()[..5],
            [
                "> authentication, SAE commit",
                "< authentication, SAE commit",
                "> authentication, SAE confirm",
                "< authentication, SAE confirm",
                "> association",
            ]
        );
    }
}

#[test]
fn a_wrong_passphrase_dies_in_the_handshake_or_in_the_confirm() {
    let mut bench = Bench::new(vec![network("Home")]);
    bench.join("Home", b"another one");
    let death = bench.wait(10_000).death().unwrap();
    assert_eq!((death.0, death.1, death.2), (JoinStage::Handshake, 15, JoinFailure::WrongPassphrase));
    let first = bench.dialogue().iter().filter(|line| line.contains("message 1")).count();
    assert_eq!(first, 4, "{:?}", bench.dialogue());
    assert_eq!(
        bench.dialogue().last().map(String::as_str),
        Some("< deauthentication, reason 15 (4-way handshake timeout)")
    );
    // All channels, authentication and association, then 0.1 s and three times 1 s.
    assert_eq!(death.3, 2790 + 20 + 3100);

    let mut bench = Bench::new(vec![secured(Security::Wpa3)]);
    bench.join("Home", b"another one");
    let death = bench.wait(10_000).death().unwrap();
    assert_eq!((death.0, death.1, death.2), (JoinStage::SaeConfirm, 202, JoinFailure::WrongPassphrase));
    assert_eq!(bench.dialogue().last().map(String::as_str), Some("< authentication refused, status 15"));
}

/// The core drops a command to leave that waits when a later one to join comes, so a join is all that the radio
/// is told.
#[test]
fn a_station_that_joins_while_it_is_associated_deauthenticates_first() {
    let silent = Network { address: None, ..network("Home") };
    let away = Network { channel: 11, address: Some(Ipv4Addr::new(192, 168, 2, 77)), ..network("Away") };
    for (home, has_address) in [(network("Home"), true), (silent, false)] {
        let mut bench = Bench::new(vec![home, away.clone()]);
        bench.join("Home", RIGHT);
        assert_eq!(bench.wait(6000).is_joined(), has_address);
        let attempt = bench.air.association().expect("it is associated at least").attempt;
        bench.reports.clear();

        bench.join("Away", RIGHT);
        assert_eq!(bench.air.association(), None);
        bench.wait(6000);
        let (network, sender, lost) = (0, Sender::Device, false);
        let leaves = Report::Message { network, sender, message: Message::Deauthentication(3), lost };
        assert_eq!(bench.reports.first().map(|(_, report)| report), Some(&leaves), "before anything else");
        assert_eq!(bench.dialogue()[1], "> authentication, open system");
        assert_eq!(bench.air.association(), Some(Association { attempt: attempt + 1, network: 1 }));
        assert!(bench.is_joined() && !bench.has(&Report::Device(RadioEvent::Disconnected)));
    }
    // One that is not associated has nobody to tell.
    let mut bench = Bench::new(vec![network("Home")]);
    bench.join("Home", RIGHT);
    bench.join("Home", RIGHT);
    assert!(bench.wait(6000).is_joined() && bench.dialogue()[0].starts_with("> authentication"));
}

#[test]
fn what_cannot_be_joined_is_not_even_asked() {
    for (network, passphrase, code, failure) in [
        (secured(Security::Enterprise), RIGHT, 210, JoinFailure::Refused),
        (secured(Security::Open), RIGHT, 211, JoinFailure::Refused),
        (secured(Security::Wpa2), b"".as_slice(), 210, JoinFailure::Refused),
        (network("Away"), RIGHT, 201, JoinFailure::NotFound),
    ] {
        let mut bench = Bench::new(vec![network]);
        bench.join("Home", passphrase);
        let death = bench.wait(10_000).death().unwrap();
        assert_eq!((death.0, death.1, death.2), (JoinStage::Scan, code, failure));
        assert_eq!(bench.dialogue(), [] as [&str; 0]);
    }
    let mut bench = Bench::new(vec![secured(Security::Open)]);
    bench.join("Home", b"");
    assert!(bench.wait(6000).is_joined());
    assert_eq!(bench.dialogue().len(), 4);
}

#[test]
fn a_router_that_stops_answering_costs_its_time_out_and_accuses_nobody() {
    let mut bench = Bench::new(vec![network("Home")]);
    bench.join("Home", RIGHT);
    // Found, and gone before the first answer.
    bench.wait(2791);
    bench.air.set_on_air(b"Home", false, bench.now);
    let death = bench.wait(10_000).death().unwrap();
    assert_eq!(death, (JoinStage::OpenAuthentication, 2, JoinFailure::Unknown, 2790 + 1000));
}

#[test]
fn the_strongest_of_one_name_decides_and_a_twin_that_is_stronger_fails_the_join() {
    let mut twin = Network { bssid: MacAddress([6; 6]), channel: 11, signal: -40, ..network("Home") };
    let mut bench = Bench::new(vec![network("Home"), twin.clone()]);
    bench.join("Home", RIGHT);
    bench.wait(6000);
    assert_eq!(bench.air.joined_network().map(|network| network.channel), Some(11));
    assert!(bench.air.can_be_joined(&twin.ssid));

    twin.passphrase = Passphrase::new(b"not the same").unwrap();
    let mut bench = Bench::new(vec![network("Home"), twin.clone()]);
    bench.join("Home", RIGHT);
    assert_eq!(bench.wait(10_000).death().map(|death| death.1), Some(15));
    assert!(!bench.air.can_be_joined(&twin.ssid));
}

#[test]
fn a_scan_reports_channel_by_channel_and_a_join_looks_there_first() {
    let far = Network { channel: 13, ..network("Far") };
    let hidden = Network { channel: 2, hidden: true, ..network("Hidden") };
    let mut bench = Bench::new(vec![far, network("Home"), hidden]);
    bench.command(RadioCommand::Scan);
    bench.wait(5000);
    let found: Vec<(u64, u8, bool)> = bench
        .reports
        .iter()
        .filter_map(|(at, report)| match report {
            Report::Device(RadioEvent::NetworkFound(record)) => {
                Some((*at, record.channel, record.ssid.is_empty()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(found, [(270, 2, true), (870, 6, false), (2400, 13, false)]);
    assert_eq!(bench.reports.last(), Some(&(2790, Report::Device(RadioEvent::ScanFinished))));
    bench.join("Home", RIGHT);
    // 120 ms to look, 35 to speak, 700 for the address.
    assert!(!bench.wait(854).is_joined() && bench.wait(1).is_joined());
    bench.command(RadioCommand::Leave);
    bench.join("Hidden", RIGHT);
    assert!(!bench.wait(3524).is_joined() && bench.wait(1).is_joined());
}

#[test]
fn a_scan_for_a_name_hears_hidden_networks_and_forgets_no_others() {
    let hidden = Network { channel: 2, hidden: true, security: Security::Wpa3, ..network("Hidden") };
    let unseen = Network { channel: 13, hidden: true, beacon_phase: Duration::ZERO, ..network("Hidden") };
    let mut bench = Bench::new(vec![network("Home"), hidden, unseen]);
    bench.command(RadioCommand::Scan);
    bench.wait(5000);
    bench.reports.clear();
    bench.command(RadioCommand::ScanFor(Ssid::new(b"Hidden").unwrap()));
    bench.wait(5000);
    let found: Vec<(String, u8, Security)> = bench
        .reports
        .iter()
        .filter_map(|(_, report)| match report {
            Report::Device(RadioEvent::NetworkFound(record)) => {
                Some((record.ssid.to_string(), record.channel, record.security))
            }
            _ => None,
        })
        .collect();
    // On 13 it may ask where it has heard a beacon.
    assert_eq!(found, [("Hidden".into(), 2, Security::Wpa3), ("Hidden".into(), 13, Security::Wpa2)]);
    assert!(matches!(bench.reports.last(), Some((_, Report::Device(RadioEvent::ScanFinished)))));
    assert_eq!(bench.air.last_scan.len(), 2, "a join looks for either where it is");
}

#[test]
fn while_it_listens_elsewhere_the_access_point_is_deaf() {
    let mut bench = Bench::new(vec![network("Home")]);
    bench.raise();
    bench.command(RadioCommand::Scan);
    let began = bench.now;
    let deaf = |bench: &Bench, millis| bench.air.is_deaf(began + Duration::from_millis(millis));
    // Channel 1 is its own, channel 2 is not, and between two it is back.
    assert!(!deaf(&bench, 50) && deaf(&bench, 160) && !deaf(&bench, 280) && deaf(&bench, 300));
    bench.wait(5000);
    bench.join("Home", RIGHT);
    let began = bench.now;
    assert!(bench.air.is_deaf(began) && !bench.air.is_deaf(began + Duration::from_millis(120)));
}

#[test]
fn a_weak_network_is_heard_now_and_then_and_joined_now_and_then() {
    let (mut heard, mut joined, mut deaths) = (0, 0, Vec::new());
    for seed in 0..200 {
        let mut bench = Bench { air: Air::new(vec![with_signal(-95)], seed), ..Bench::new(Vec::new()) };
        bench.command(RadioCommand::Scan);
        bench.wait(5000);
        heard += usize::from(!bench.air.last_scan.is_empty());
        bench.join("Home", RIGHT);
        bench.wait(20_000);
        joined += usize::from(bench.is_joined());
        deaths.extend(bench.death().map(|death| death.2));
    }
    assert!((10..120).contains(&heard), "{heard}");
    assert!((1..60).contains(&joined), "{joined}");
    for failure in [JoinFailure::NotFound, JoinFailure::Unknown] {
        assert!(deaths.contains(&failure), "{failure:?}");
    }
    // One that is strong is always heard and joined: nothing is drawn.
    let mut bench = Bench::new(vec![with_signal(-80)]);
    bench.join("Home", RIGHT);
    assert!(bench.wait(6000).is_joined());
}

#[test]
fn a_router_boots_for_as_long_as_it_takes() {
    let slow = Network { boots_in: Duration::from_secs(8), ..network("Home") };
    let mut bench = Bench::new(vec![slow]);
    assert!(!bench.wait(7999).air.networks()[0].on_air && bench.wait(1).air.networks()[0].on_air);
    bench.air.set_on_air(b"Home", false, bench.now);
    bench.air.set_on_air(b"Home", true, bench.now);
    assert!(!bench.wait(4000).air.networks()[0].on_air);
    // Switched off and on again: it boots anew.
    bench.air.set_on_air(b"Home", false, bench.now);
    bench.air.set_on_air(b"Home", true, bench.now);
    assert!(!bench.wait(7999).air.networks()[0].on_air && bench.wait(1).air.networks()[0].on_air);
}

fn joined() -> Bench {
    let mut bench = Bench::new(vec![network("Home")]);
    bench.raise();
    bench.join("Home", RIGHT);
    assert!(bench.wait(6000).is_joined());
    bench.reports.clear();
    bench
}

#[test]
fn a_lost_network_is_noticed_by_its_silence_or_by_what_it_says() {
    let mut silent = joined();
    silent.air.set_on_air(b"Home", false, silent.now);
    assert!(silent.wait(5999).is_joined() && !silent.wait(1).is_joined());
    assert!(silent.has(&Report::LinkLost { reason: 200 }));

    let mut back = joined();
    back.air.interrupt(b"Home", Duration::from_secs(2), back.now);
    assert!(back.wait(1999).is_joined() && !back.wait(1).is_joined());
    assert!(back.has(&Report::LinkLost { reason: 7 }));

    let mut changed = joined();
    changed.air.set_passphrase(b"Home", &Passphrase::new(b"a new one").unwrap());
    assert!(!changed.wait(1).is_joined() && changed.has(&Report::LinkLost { reason: 3 }));

    let mut faded = joined();
    faded.air.fade(b"Home", 20, Duration::from_secs(60), faded.now);
    assert!(faded.wait(10_000).is_joined(), "-70 dBm is enough");
    faded.air.fade(b"Home", 40, Duration::from_secs(60), faded.now);
    assert!(faded.wait(5999).is_joined() && !faded.wait(1).is_joined());
    faded.wait(60_000);
    assert_eq!(faded.air.networks()[0].strength(), -50);
}

#[test]
fn a_router_that_moves_takes_the_station_and_its_access_point_along() {
    let mut bench = joined();
    for (phone, on_switch) in
        [ChannelSwitch::Follows, ChannelSwitch::Loses, ChannelSwitch::Leaves].into_iter().enumerate()
    {
        bench.air.phone_joins(phone, &Passphrase::open(), on_switch, bench.now);
    }
    bench.wait(1000);
    bench.air.move_network(b"Home", 11, bench.now);
    bench.wait(511);
    assert_eq!((bench.air.channel(), bench.separations()), (6, vec![]));
    bench.wait(1);
    assert!(bench.is_joined() && bench.air.channel() == 11 && bench.has(&Report::ChannelMoved { to: 11 }));
    let how: Vec<Separation> = bench.separations().into_iter().map(|(_, how)| how).collect();
    assert_eq!(how, [Separation::ChannelMoved; 2]);
    assert!(bench.air.phone_is_on(0) && !bench.air.phone_is_on(1));
    assert_eq!(bench.dialogue(), ["< channel switch announcement, to channel 11"]);
    // Raised anew beside the network, it stays on the network's channel.
    bench.raise();
    assert_eq!(bench.air.channel(), 11);
}

/// A bench with a phone on the access point.
fn with_a_phone() -> Bench {
    let mut bench = Bench::new(Vec::new());
    bench.raise();
    bench.air.phone_joins(0, &Passphrase::open(), ChannelSwitch::Leaves, bench.now);
    bench.wait(800);
    assert!(bench.air.phone_is_on(0));
    bench
}

#[test]
fn an_access_point_that_goes_in_order_says_so() {
    let mut bench = with_a_phone();
    bench.command(RadioCommand::DropAccessPoint);
    assert_eq!(bench.wait(0).separations(), [(1000, Separation::Deauthenticated(3))]);
}

#[test]
fn a_phone_notices_a_power_cut_by_the_silence() {
    let mut bench = with_a_phone();
    bench.air.device_off(bench.now);
    assert!(!bench.air.phone_is_on(0), "nothing passes");
    // Seven beacons, five probes.
    assert_eq!(bench.wait(3216).separations(), []);
    assert_eq!(bench.wait(1).separations(), [(4216, Separation::Silence)]);
    assert_eq!(Separation::Silence.reason(), Some(4));
}

#[test]
fn a_phone_that_the_access_point_does_not_know_any_more_is_told_so() {
    let mut bench = with_a_phone();
    bench.air.device_off(bench.now);
    bench.wait(500).raise();
    bench.wait(10_000);
    // 1500 ms and 100 ms to raise it, one beacon.
    assert_eq!(bench.separations(), [(1702, Separation::Deauthenticated(7))]);
    // Left by itself meanwhile, nobody is told anything.
    let mut bench = with_a_phone();
    bench.air.device_off(bench.now);
    bench.air.phone_leaves(0);
    assert_eq!(bench.wait(10_000).separations(), [(1000, Separation::Left)]);
}
