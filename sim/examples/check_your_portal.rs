//! Checks a portal with every phone, from a `cargo test` of your own project: run your firmware on a
//! bench or in an emulator, say where it answers, and fail the build when a phone would show no sheet.
//!
//! `cargo run --example check_your_portal -- 192.168.4.1` checks that portal; without an address it
//! checks the device that comes with the simulator.

#![allow(clippy::print_stdout, reason = "a program that prints what it has found")]

use std::error::Error;
use std::net::Ipv4Addr;

use vestibule::capture::{BuiltIn, Target};
use vestibule::check::{Checked, Settings, Trust, over_network};
use vestibule::phone::models;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let silent = match std::env::args().nth(1) {
        Some(address) => phones_without_a_sheet(at(address.parse()?)).await,
        None => phones_without_a_sheet(BuiltIn::start().await?.target()).await,
    };
    match silent.is_empty() {
        true => println!("every phone shows the portal's page"),
        false => println!("no sheet on: {}", silent.join(", ")),
    }
    Ok(())
}

/// A portal with its usual ports.
fn at(address: Ipv4Addr) -> Target {
    Target { http: (address, 80).into(), dns: (address, 53).into(), address }
}

/// The phones on which nothing is to be seen, with what is to be changed.
async fn phones_without_a_sheet(target: Target) -> Vec<String> {
    let settings =
        Settings { target, https_port: None, trust: Trust::public(), intercepts: false, at_once: 2 };
    let phones: Vec<_> = models().iter().collect();
    let checked = over_network(settings, &phones, |_| {}).await;
    let failed = checked.into_iter().filter(Checked::failed);
    failed.map(|one| format!("{} ({})", one.model.id, one.change.unwrap_or_default())).collect()
}

#[tokio::test]
async fn every_phone_shows_our_portal() {
    // Yours: `at(Ipv4Addr::new(192, 168, 4, 1))`.
    let device = BuiltIn::start().await.expect("free sockets");
    assert_eq!(phones_without_a_sheet(device.target()).await, [""; 0]);
    device.stop().await;
}
