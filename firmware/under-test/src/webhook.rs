//! The device's webhook, where the host asks for one. This module decides the receiver, the body and when
//! a delivery begins; the request and the retries are the core's.

use core::fmt::Write;
use core::net::SocketAddrV4;

use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::Instant;
use heapless::String;
use log::{info, warn};
use vestibule_core::StationAddress;
use vestibule_core::limits::WEBHOOK_HEAD_BYTES;
use vestibule_core::webhook::{Key, Post};
use vestibule_device_protocol::WEBHOOK_SECRET;
use vestibule_firmware::webhook::{Buffers, Outcome, deliver};

use crate::entropy::Seeded;

/// The receiver's name in the request.
const AUTHORITY: &str = "hooks.example";

/// The most bytes of a body: that with the longest address.
const BODY_BYTES: usize = 64;

/// Room for a request, and for what a socket holds of it and of its answer.
const REQUEST_BYTES: usize = WEBHOOK_HEAD_BYTES + BODY_BYTES;

static JOINED: Signal<CriticalSectionRawMutex, StationAddress> = Signal::new();

/// A webhook that the host asks for.
#[derive(Clone, Copy)]
pub struct Webhook {
    /// Where the receiver listens, on the home network's router.
    pub port: u16,
    /// The time of day when this machine was switched on, in seconds since 1970.
    pub power_on: u64,
}

/// To be called when the device has joined, with its address.
pub fn notify_joined(link: StationAddress) {
    JOINED.signal(link);
}

/// Posts each time that the device has joined, and says when a sign-in page has answered. Never returns.
pub async fn post(webhook: Webhook, home: Stack<'static>, mut random: Seeded, captive: impl Fn()) -> ! {
    let mut link = JOINED.wait().await;
    loop {
        // A join in the middle of a delivery: the address has changed, so the delivery begins anew.
        link = match select(deliver_once(webhook, link, home, &mut random, &captive), JOINED.wait()).await {
            Either::First(()) => JOINED.wait().await,
            Either::Second(link) => link,
        };
    }
}

async fn deliver_once(
    webhook: Webhook,
    link: StationAddress,
    home: Stack<'static>,
    random: &mut Seeded,
    captive: impl Fn(),
) {
    let mut body = String::<BODY_BYTES>::new();
    let written = write!(body, r#"{{"event":"joined","address":"{}"}}"#, link.address);
    let router = home.config_v4().and_then(|config| config.gateway);
    let (Ok(()), Some(router), Ok(key)) = (written, router, Key::new(WEBHOOK_SECRET)) else {
        warn!("there is no receiver to post to");
        return;
    };
    let Ok(post) = Post::new(AUTHORITY, "/device", body.as_bytes()) else { return };
    let (mut receive, mut send, mut request) = ([0; 512], [0; REQUEST_BYTES], [0; REQUEST_BYTES]);
    let buffers = Buffers { receive: &mut receive, send: &mut send, request: &mut request };
    let seconds = || webhook.power_on + Instant::now().as_secs();
    let to = SocketAddrV4::new(router, webhook.port);
    match deliver(home, to, &post, &key, seconds, random, buffers).await {
        Outcome::Delivered => info!("the webhook was delivered"),
        Outcome::GivenUp => warn!("the webhook was given up"),
        Outcome::SignIn => captive(),
    }
}
