//! A radio that cannot do everything: what it refuses, and what it does not hear.

use vestibule_core::{Channels, Country, RadioCapabilities};

use super::*;

const ONE_ROLE: RadioCapabilities = RadioCapabilities { concurrent: false, ..RadioCapabilities::DEFAULT };

fn bench(capabilities: RadioCapabilities, networks: Vec<Network>) -> Bench {
    let mut bench = Bench::new(networks);
    bench.air.set_capabilities(capabilities);
    bench
}

fn refused(bench: &Bench) -> Vec<Unsupported> {
    let refused = bench.reports.iter().filter_map(|(_, report)| match report {
        Report::Unsupported(why) => Some(*why),
        _ => None,
    });
    refused.collect()
}

#[test]
fn one_role_at_a_time_is_refused_the_other() {
    let mut bench = bench(ONE_ROLE, vec![network("Home")]);
    bench.raise();
    bench.join("Home", RIGHT);
    bench.command(RadioCommand::Scan);
    bench.wait(5000);
    assert_eq!(refused(&bench), [Unsupported::Join, Unsupported::Scan]);
    assert!(bench.air.access_point_is_up() && bench.air.joined_network().is_none());
    let reported = |event: RadioEvent| {
        bench.reports.iter().filter(|(_, report)| *report == Report::Device(event)).count()
    };
    assert_eq!(reported(RadioEvent::JoinFailed(JoinFailure::Unknown)), 1);
    assert_eq!(reported(RadioEvent::ScanFinished), 1);
}

#[test]
fn one_role_after_the_other_is_carried_out() {
    let mut bench = bench(ONE_ROLE, vec![network("Home")]);
    bench.raise();
    bench.command(RadioCommand::DropAccessPoint);
    bench.join("Home", RIGHT);
    bench.wait(5000);
    assert!(bench.air.association().is_some());
    bench.raise();
    assert_eq!(refused(&bench), [Unsupported::AccessPoint]);
    bench.command(RadioCommand::Leave);
    bench.raise();
    assert!(bench.air.access_point_is_up());
    assert_eq!(refused(&bench).len(), 1);
}

#[test]
fn nothing_is_heard_or_raised_on_a_channel_that_it_may_not_use() {
    let american = RadioCapabilities { country: Country::new(*b"US"), ..RadioCapabilities::DEFAULT };
    let without = RadioCapabilities { channels: Channels::of(&[1, 6]), ..RadioCapabilities::DEFAULT };
    for (capabilities, channel) in [(american, 13), (without, 11)] {
        let mut far = network("Home");
        far.channel = channel;
        let mut bench = bench(capabilities, vec![far]);
        assert!(!bench.air.can_be_joined(&Ssid::new(b"Home").unwrap()));
        bench.command(RadioCommand::Scan);
        bench.wait(5000);
        let heard =
            |(_, report): &(u64, Report)| matches!(report, Report::Device(RadioEvent::NetworkFound(_)));
        assert!(!bench.reports.iter().any(heard), "{channel}");
        bench.join("Home", RIGHT);
        bench.wait(10_000);
        let failed = Report::Device(RadioEvent::JoinAborted { reason: 201, stage: JoinStage::Unknown });
        assert!(bench.reports.iter().any(|(_, report)| *report == failed), "{channel}");
        bench.command(RadioCommand::RaiseAccessPoint(AccessPoint {
            ssid: Ssid::new(b"Device").unwrap(),
            security: AccessPointSecurity::Open,
            channel,
            address: Ipv4Addr::new(192, 168, 4, 1),
        }));
        bench.wait(200);
        assert_eq!(refused(&bench), [Unsupported::Channel(channel)]);
        assert!(!bench.air.access_point_is_up());
    }
}

#[test]
fn a_network_that_moves_out_of_reach_of_the_radio_is_lost() {
    let american = RadioCapabilities { country: Country::new(*b"US"), ..RadioCapabilities::DEFAULT };
    let mut bench = bench(american, vec![network("Home")]);
    bench.join("Home", RIGHT);
    bench.wait(10_000);
    assert!(bench.air.association().is_some());
    let now = bench.now;
    bench.air.move_network(b"Home", 13, now);
    bench.wait(20_000);
    assert!(bench.air.association().is_none());
}
