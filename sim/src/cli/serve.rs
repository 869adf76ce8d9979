//! `vestibule serve`: the portal on a real interface, for real phones.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use clap::Args;
use tokio::sync::broadcast::error::RecvError;

use super::terminal::print_line;
use super::{Exit, Usage, interrupt};
use crate::demo;
use crate::frame_link::interface_is_here;
use crate::trace::Timeline;
use crate::world::loopback::{Loopback, Ports};

/// Serve the portal on an address of this machine, for real phones on a laptop's hotspot.
///
/// Ctrl-C ends it.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    place: ServedAt,
}

/// Where a portal listens.
#[derive(Debug, Args)]
pub(super) struct ServedAt {
    /// The portal's address: one that this machine has on the hotspot, 10.42.0.1 say.
    ///
    /// All names are answered with it.
    #[arg(long, value_name = "IPV4", default_value = "127.0.0.1")]
    pub(super) address: Ipv4Addr,
    /// The port of DNS (UDP): 53 for real phones, 0 is a free one.
    #[arg(long, value_name = "PORT", default_value_t = 53)]
    dns_port: u16,
    /// The port of the portal (TCP): 80 for real phones, 0 is a free one.
    #[arg(long, value_name = "PORT", default_value_t = 80)]
    http_port: u16,
    /// Also lend addresses, on this network interface: where nothing else does.
    ///
    /// Linux only.
    #[arg(long, value_name = "INTERFACE")]
    pub(super) dhcp: Option<String>,
    /// The device's address on its home network, one that this machine has: once it has joined, its
    /// page is there, and all of that network learns its name by mDNS.
    #[arg(long, value_name = "IPV4")]
    home: Option<Ipv4Addr>,
    /// Give the device a serial line, a pseudo terminal, on which it logs and takes Improv.
    ///
    /// Linux and macOS. A web page that sets a device up over the cable, or any other program that speaks Improv, opens it as it
    /// opens a board's.
    #[arg(long)]
    serial: bool,
    /// End by itself after this time, `10s` say.
    #[arg(long, value_name = "TIME", value_parser = crate::text::time::parse, allow_hyphen_values = true)]
    pub(super) exit_after: Option<Duration>,
}

impl ServedAt {
    pub(super) fn ports(&self) -> Result<Ports, Usage> {
        if let Some(interface) = &self.dhcp {
            interface_is_here(interface).map_err(|error| Usage(format!("--dhcp: {error}")))?;
        }
        if self.address.is_unspecified() || self.address.is_multicast() || self.address.is_broadcast() {
            return Err(Usage(format!(
                "--address {}: expected the one address that phones are to be given",
                self.address
            )));
        }
        Ok(Ports {
            dns: self.dns_port,
            http: self.http_port,
            one_address: true,
            address: Some(self.address),
            dhcp: self.dhcp.clone(),
            home: self.home,
        })
    }

    /// Starts the device of the demo here, with its portal open.
    pub(super) async fn device(&self) -> Result<Arc<Loopback>, Usage> {
        let scenario = demo::scenario(false);
        let mut world = Loopback::start(&scenario, 1, self.ports()?, None).await.map_err(Usage::from)?;
        if self.serial {
            print_line(&format!("Serial  {}", serial_line(&mut world)?.display()));
        }
        Ok(Arc::new(world))
    }

    /// Waits until somebody ends the command, or its time is over.
    pub(super) async fn until_ended(&self, asked_to_end: impl Future<Output = ()>) {
        let time = async {
            match self.exit_after {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = asked_to_end => {}
            () = time => {}
        }
    }
}

impl Serve {
    pub(super) async fn run(self) -> Result<Exit, Usage> {
        let asked_to_end = interrupt::asked_to_end()?;
        let world = self.place.device().await?;
        print_addresses(&world.portal().to_string(), &world.dns().to_string(), self.place.dhcp.as_deref());
        world.tell_story_only();
        tokio::select! {
            () = print_apart(&world) => {}
            () = self.place.until_ended(asked_to_end) => {}
        }
        Ok(Exit::Well)
    }
}

/// Gives the device a serial line, and says where its other end is.
#[cfg(unix)]
pub(super) fn serial_line(world: &mut Loopback) -> Result<PathBuf, Usage> {
    world.open_serial_line().map_err(Usage::from)
}

/// There are no pseudo terminals.
#[cfg(not(unix))]
pub(super) fn serial_line(_: &mut Loopback) -> Result<PathBuf, Usage> {
    Err(Usage("--serial: this system has no pseudo terminals; Linux and macOS have".into()))
}

/// Lines that a terminal which stands still may be behind before some are lost.
const LINES_BEHIND: usize = 1024;

/// Gives the device its power and tells what happens. The lines are printed by a thread of their own: a terminal that
/// takes none for a while (Ctrl-S, a full pipe) does not hold up the phones, which the one other thread serves.
async fn print_apart(world: &Loopback) {
    let (printer, lines) = mpsc::sync_channel::<String>(LINES_BEHIND);
    std::thread::spawn(move || lines.iter().for_each(|line| print_line(&line)));
    tell_events(world, |line| {
        let _ = printer.try_send(line);
    })
    .await;
}

/// Says where phones find the portal.
pub(super) fn print_addresses(http: &str, dns: &str, dhcp: Option<&str>) {
    print_line(&format!("Portal  http://{http}/"));
    print_line(&format!("DNS     {dns} (UDP)"));
    if let Some(interface) = dhcp {
        print_line(&format!("DHCP    on {interface}"));
    }
    print_line("Ctrl-C ends it.");
}

/// Gives the device its power and tells what happens.
pub(super) async fn print_events(world: &Loopback) {
    tell_events(world, |line| print_line(&line)).await;
}

async fn tell_events(world: &Loopback, mut tell: impl FnMut(String)) {
    let (mut records, mut timeline) = (world.follow(), Timeline::default());
    world.power_on();
    loop {
        match records.recv().await {
            Ok(record) => timeline.line(&record).into_iter().for_each(&mut tell),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
