//! An interface of this machine, on which whole frames are sent and received beside the machine's own stack
//! (`AF_PACKET` on Linux, BPF on macOS). The machine must have no address on it: its stack would answer too.

use std::io;
use std::path::Path;
use std::time::Duration;

use pnet_datalink::{Channel, Config, DataLinkSender, NetworkInterface, channel, interfaces};
use tokio::sync::mpsc::{Receiver, Sender, channel as queue};
use vestibule_core::MacAddress;

use super::{LinkError, LinkSpec, refused};

/// How often the thread that receives looks whether anybody still wants its frames.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// How long the interface may take to take a frame.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// Frames that wait to be taken. More than that are lost, as on any link.
const QUEUE: usize = 256;

/// An open interface.
pub(super) struct Interface {
    sender: Box<dyn DataLinkSender>,
    received: Receiver<io::Result<Vec<u8>>>,
    only_address: Option<MacAddress>,
}

impl Interface {
    pub(super) fn open(spec: &LinkSpec, name: &str) -> Result<Self, LinkError> {
        let interface = find(name)?;
        let only_address = is_wireless(name).then_some(interface.mac).flatten();
        // A send that waits would hold up the whole check.
        let config = Config {
            read_timeout: Some(CHECK_INTERVAL),
            write_timeout: Some(WRITE_TIMEOUT),
            ..Config::default()
        };
        let opened = channel(&interface, config).map_err(|error| refused(spec, error))?;
        let Channel::Ethernet(sender, mut receiver) = opened else {
            let error = io::Error::other("it carries no Ethernet");
            return Err(LinkError::Io { link: spec.to_string(), error });
        };
        let (queue, received) = queue(QUEUE);
        std::thread::spawn(move || {
            while let Some(frame) = next(receiver.next()) {
                if !pass_on(&queue, frame) {
                    return;
                }
            }
        });
        Ok(Self { sender, received, only_address: only_address.map(|mac| MacAddress(mac.octets())) })
    }

    pub(super) async fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        self.sender.send_to(frame, None).unwrap_or(Ok(()))
    }

    pub(super) async fn receive(&mut self) -> io::Result<Vec<u8>> {
        self.received.recv().await.unwrap_or(Err(io::ErrorKind::UnexpectedEof.into()))
    }

    pub(super) fn only_address(&self) -> Option<MacAddress> {
        self.only_address
    }
}

/// What was received, if anything: `Some(None)` after a pause.
#[expect(clippy::option_option, reason = "the thread goes on after a pause")]
fn next(received: io::Result<&[u8]>) -> Option<Option<io::Result<Vec<u8>>>> {
    match received {
        Ok(frame) => Some(Some(Ok(frame.to_vec()))),
        Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) => {
            Some(None)
        }
        Err(error) => Some(Some(Err(error))),
    }
}

/// Puts a frame into the queue. Returns whether anybody still wants more.
fn pass_on(queue: &Sender<io::Result<Vec<u8>>>, frame: Option<io::Result<Vec<u8>>>) -> bool {
    match frame {
        None => !queue.is_closed(),
        Some(Ok(frame)) => {
            // A full queue loses it.
            let _ = queue.try_send(Ok(frame));
            !queue.is_closed()
        }
        Some(Err(error)) => {
            let _ = queue.blocking_send(Err(error));
            false
        }
    }
}

/// Whether this machine has an interface of that name.
#[cfg(feature = "cli")]
pub(super) fn is_here(name: &str) -> Result<(), LinkError> {
    let all = interfaces();
    match all.iter().any(|one| one.name == name) {
        true => Ok(()),
        false => Err(LinkError::NoInterface { name: name.to_owned(), others: names(&all) }),
    }
}

fn names(interfaces: &[NetworkInterface]) -> String {
    interfaces.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join(", ")
}

fn find(name: &str) -> Result<NetworkInterface, LinkError> {
    let all = interfaces();
    let not_ready = |why: String| LinkError::NotReady { name: name.to_owned(), why };
    let Some(interface) = all.iter().find(|one| one.name == name) else {
        return Err(LinkError::NoInterface { name: name.to_owned(), others: names(&all) });
    };
    if interface.is_loopback() || interface.mac.is_none() {
        return Err(not_ready(
            "has no hardware address, so nothing that speaks Ethernet is behind it".into(),
        ));
    }
    if !interface.is_up() {
        return Err(not_ready(format!("is down: `ip link set {name} up` sets it up")));
    }
    if !interface.is_running() {
        return Err(not_ready("has no carrier: no cable, or not on the device's access point".into()));
    }
    if let Some(address) = interface.ips.iter().find(|address| address.is_ipv4()) {
        return Err(not_ready(format!(
            "has the address {} of this machine, whose own stack would answer beside the phones: \
             `ip address flush dev {name}` takes it away",
            address.ip()
        )));
    }
    Ok(interface.clone())
}

/// Whether an interface is an 802.11 station, as Linux says it.
fn is_wireless(name: &str) -> bool {
    Path::new("/sys/class/net").join(name).join("phy80211").exists()
}
