//! The device's name on the home network, where another host has it already or asks for it later: in
//! virtual time, where there are other hosts. What single messages say is tested in the core.

use vestibule::internal::{ask_address, read_address};
use vestibule::trace::What;
use vestibule::world::loopback::{Loopback, Ports};
use vestibule::world::virtual_time::VirtualTime;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_tests::scenario;

/// The names that the device took in turn, and what the owner's phone opened.
fn played(network: &str, phone: &str) -> (Vec<String>, Vec<String>) {
    let scenario = scenario(&format!(
        "name = \"names\"\n[device]\nname = \"Lamp\"\nap_shutdown_delay = \"1s\"\n[[network]]\nssid = \"Home\"\n{network}\n\
         [[phone]]\nmodel = \"ios-17\"\nwants = \"Home\"\nhabits = \"hurried\"\n{phone}\n\
         [expect]\nwithin = \"90s\"\nstate = \"connected\""
    ));
    let (mut names, mut seen) = (Vec::new(), Vec::new());
    let outcome = VirtualTime::new(&scenario, 1).run(&scenario, |record| match &record.what {
        What::Named { name } => names.push(name.clone()),
        What::Sees { title, .. } => seen.push(title.clone()),
        _ => {}
    });
    assert!(outcome.unmet.is_empty() && outcome.violation.is_none(), "{outcome:?}");
    (names, seen)
}

#[test]
fn the_name_is_its_own_where_nobody_objects() {
    let (names, seen) = played("", "visits = true\nby_name = true\nexpect = { visited = true }");
    assert_eq!(names, ["Lamp"]);
    assert!(seen.last().is_some_and(|title| title.contains("Lamp on your network")), "{seen:?}");
}

#[test]
fn a_name_that_another_host_has_is_left_to_it() {
    let (names, _) = played("namesake = \"lamp\"", "visits = true\nexpect = { visited = true }");
    assert_eq!(names, ["Lamp-2"], "asked for three times, objected to, and another one taken");
}

#[test]
fn over_loopback_single_hosts_are_answered() {
    let scenario = scenario(
        "name = \"names\"\n[device]\nname = \"Lamp\"\nstored = \"Home\"\n[[network]]\nssid = \"Home\"",
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = Loopback::start(&scenario, 1, Ports::default(), None).await.unwrap();
        world.power_on();
        while world.run_state().state != Some(ProvisioningState::Connected) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let question = ask_address(7, "LAMP.local").unwrap();
        let mut answer = [0; 512];
        // Its name is its own only after it has asked for it.
        let address = loop {
            socket.send_to(&question, world.mdns()).await.unwrap();
            let soon = std::time::Duration::from_millis(300);
            if let Ok(Ok(length)) = tokio::time::timeout(soon, socket.recv(&mut answer)).await {
                assert_eq!(answer[..2], [0, 7], "the asker's own number: it knows nothing of mDNS");
                break read_address(&answer[..length]);
            }
        };
        assert_eq!(address.map(std::net::IpAddr::V4), Some(world.home().ip()));
        world.stop().await;
    });
}
