//! A device that asks for more than a network and has a page of its own, on simulated radio and flash:
//! the same application goes to the chip unchanged.
//!
//! `cargo run --example own_fields_and_pages` prints its setup page.

#![allow(clippy::print_stdout, reason = "a program that prints what it has found")]

use std::fmt::{self, Write};

use vestibule::flash::Flash;
use vestibule_core::application::{Application, Field, FieldKind, Route};
use vestibule_core::http::{Response, Status, Transfer};
use vestibule_core::pages::document;
use vestibule_core::{
    ByteWindow, Config, ConnectionId, Entropy, Instant, Interface, Portal, RadioEvent, Ssid,
};

/// A thermostat: that is all of it.
struct Thermostat {
    degrees: u8,
}

impl Application for Thermostat {
    type Page = u8;

    fn fields(&self) -> &[Field] {
        const { &[Field::new("room", "Which room is it in?", FieldKind::Text).required().longest(30)] }
    }

    fn routes(&self) -> &'static [Route<Self>] {
        const { &[Route::get("/now", |this: &mut Self, _| Response::page(Status::Ok, this.degrees))] }
    }

    fn write_page(&self, degrees: &u8, out: &mut ByteWindow<'_>) -> fmt::Result {
        document(out, "Thermostat", |out| write!(out, "<p>It is {degrees} degrees.</p>"))
    }
}

/// Random bytes. Those of a real device are random.
struct Dice(u8);

impl Entropy for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(37).wrapping_add(11);
            *byte = self.0;
        }
    }
}

type Device = Portal<Flash, Dice, Thermostat>;

fn main() {
    let mut device = device();
    println!("{}", get(&mut device, "/"));
}

/// A device in setup, its access point up.
fn device() -> Device {
    let (now, flash) = (Instant::from_micros(0), Flash::in_memory(2));
    let config = Config::new(Ssid::new(b"Thermostat-4F2A").expect("a short name"));
    let mut device = Portal::with_application(config, flash, Dice(1), Thermostat { degrees: 21 });
    device.connect_or_setup(now);
    // What a radio would report: nothing was heard, and the access point is up.
    device.handle_radio(RadioEvent::ScanFinished, now);
    device.handle_radio(RadioEvent::AccessPointUp, now);
    device
}

/// What a browser on the access point is answered.
fn get(device: &mut Device, path: &str) -> String {
    let (now, connection) = (Instant::from_micros(1_000_000), ConnectionId::ALL[0]);
    let request = format!("GET {path} HTTP/1.1\r\nHost: 192.168.4.1\r\nConnection: close\r\n\r\n");
    device.handle_open(connection, Interface::AccessPoint, now);
    let _ = device.handle_received(connection, request.as_bytes(), now);
    let (mut answer, mut piece) = (Vec::new(), [0; 512]);
    while let Transfer::Bytes(length) = device.poll_send(connection, &mut piece, now) {
        answer.extend_from_slice(&piece[..length]);
    }
    device.handle_closed(connection);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn the_setup_page_asks_for_the_room_and_the_own_page_is_there() {
    let mut device = device();
    assert!(get(&mut device, "/").contains("Which room is it in?"));
    let own = get(&mut device, "/now");
    assert!(own.starts_with("HTTP/1.1 200") && own.contains("It is 21 degrees."), "{own}");
}
