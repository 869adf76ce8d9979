//! The test rig that all tests share: a machine, the messages that its host sends, and the owner's tools.

use std::net::Ipv4Addr;
use std::process::Command;

use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{
    Config, Credentials, Event, MacAddress, Passphrase, ScanRecord, Security, Ssid, StationAddress,
};
use vestibule_device_protocol::{FromDevice, FromHost, Start, StationEvent};

use crate::{AccessPointLink, FlashImage, Machine};

/// The home network.
pub const HOME: &str = "Home";

/// What it gives the device.
pub const HOME_LINK: StationAddress = StationAddress {
    address: Ipv4Addr::new(192, 168, 1, 77),
    prefix: 24,
    gateway: Some(Ipv4Addr::new(192, 168, 1, 1)),
};

/// Its passphrase.
pub const PASSPHRASE: &str = "four green lanterns";

/// A machine whose portal has been started.
pub struct Rig {
    /// The machine.
    pub machine: Machine,
}

impl Rig {
    /// With the defaults.
    pub fn start(flash: Option<&FlashImage>) -> Self {
        Self::start_with(flash, |_| {})
    }

    /// With other choices.
    pub fn start_with(flash: Option<&FlashImage>, choose: impl FnOnce(&mut Config)) -> Self {
        Self::linked(flash, &AccessPointLink::Forwarded, choose)
    }

    /// With other choices, and an access point that is linked otherwise.
    pub fn linked(
        flash: Option<&FlashImage>,
        link: &AccessPointLink<'_>,
        choose: impl FnOnce(&mut Config),
    ) -> Self {
        let mut machine = Machine::on(flash, link);
        machine.control.expect("ready", |message| matches!(message, FromDevice::Ready { .. }).then_some(()));
        let mut config = Config::new(Ssid::new(b"Lamp-4F2A").expect("9 bytes"));
        choose(&mut config);
        machine.control.send(&FromHost::Start(Start { seed: 1, config }));
        Self { machine }
    }

    /// A scan hears the home network and the access point comes up. Returns the microseconds from
    /// power-on until the portal was serving.
    pub fn open_portal(&mut self) -> u64 {
        let control = &mut self.machine.control;
        control.expect("scan", |message| matches!(message, FromDevice::Scan).then_some(()));
        for (name, security) in [(HOME, Security::Wpa2), ("Cafe", Security::Open)] {
            let ssid = Ssid::new(name.as_bytes()).expect("a short name");
            let bssid = MacAddress([2, 0, 0, 0, 0, 9]);
            control.send(&FromHost::NetworkFound(ScanRecord {
                ssid,
                bssid,
                channel: 6,
                signal: -50,
                security,
            }));
        }
        control.send(&FromHost::ScanFinished);
        let raised = |message: &FromDevice| match message {
            FromDevice::RaiseAccessPoint(access_point) => Some(access_point.clone()),
            _ => None,
        };
        assert_eq!(control.expect("raise", raised).ssid.as_bytes(), b"Lamp-4F2A");
        control.send(&FromHost::AccessPointUp);
        let served = |message: &FromDevice| match message {
            FromDevice::Serving { micros } => Some(*micros),
            _ => None,
        };
        let serving = control.expect("serving", served);
        control.expect_state(ProvisioningState::PortalOpen);
        serving
    }

    /// Waits for a join with this passphrase; returns its number.
    pub fn expect_join(&mut self, passphrase: &'static str) -> u32 {
        self.expect_join_with_one_of([passphrase]).0
    }

    /// Waits for a join with one of these passphrases; returns its number and which it was.
    pub fn expect_join_with_one_of<const N: usize>(
        &mut self,
        passphrases: [&'static str; N],
    ) -> (u32, &'static str) {
        let known = passphrases.map(|passphrase| (passphrase, credentials(passphrase)));
        self.machine.control.expect("join", |message| match message {
            FromDevice::Join { attempt, credentials } => {
                let (passphrase, _) = known.iter().find(|(_, known)| known == credentials)?;
                Some((*attempt, *passphrase))
            }
            _ => None,
        })
    }

    /// Waits until the station is told to leave.
    pub fn expect_leave(&mut self) {
        self.machine.control.expect("leave", |message| matches!(message, FromDevice::Leave).then_some(()));
    }

    /// Waits until the access point is to be taken down, and takes it down.
    pub fn expect_drop(&mut self) {
        self.machine
            .control
            .expect("drop", |message| matches!(message, FromDevice::DropAccessPoint).then_some(()));
        self.machine.control.send(&FromHost::AccessPointDown);
    }

    /// Reports what has become of a join.
    pub fn report(&mut self, attempt: u32, event: StationEvent) {
        self.machine.control.send(&FromHost::Station { attempt, event });
    }

    /// The most of its stack that the firmware has used, in bytes: until its tasks ran, and since.
    pub fn stack(&mut self) -> (u32, u32) {
        self.machine.control.send(&FromHost::MeasureStack);
        self.machine.control.expect("stack", |message| match message {
            FromDevice::StackDepth { start, running } => Some((*start, *running)),
            _ => None,
        })
    }

    /// Where a path of the access point's pages is.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.machine.ports.http)
    }

    /// Sends the setup page's form, and returns the path of the page to which that leads: the device knows its owner
    /// by it.
    pub fn submit(&self, passphrase: &str) -> String {
        // The page names networks by their bytes in hexadecimal.
        let network: String = HOME.bytes().map(|byte| format!("{byte:02x}")).collect();
        let page = curl(&[&self.url("/")]);
        let token = page.split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let form = format!("network={network}&token={}", token.expect("a form with a token"));
        let passphrase = format!("passphrase={passphrase}");
        let answer = curl(&[&self.url("/setup"), "-i", "-d", &form, "--data-urlencode", &passphrase]);
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        let query = answer.split("/?token=").nth(1).and_then(|rest| rest.split_whitespace().next());
        format!("/?token={}", query.expect("a page of its own"))
    }
}

fn credentials(passphrase: &str) -> Credentials {
    let ssid = Ssid::new(HOME.as_bytes()).expect("4 bytes");
    Credentials { ssid, passphrase: Passphrase::new(passphrase.as_bytes()).expect("a passphrase") }
}

/// Sets a device up, so that its flash holds [`HOME`] with this passphrase; then takes its power.
pub fn store(flash: &FlashImage, passphrase: &'static str) {
    let mut rig = Rig::start(Some(flash));
    rig.open_portal();
    rig.submit(passphrase);
    let attempt = rig.expect_join(passphrase);
    rig.report(attempt, StationEvent::Joined(HOME_LINK));
    rig.machine.control.expect_event("stored", |event| matches!(event, Event::Stored { .. }));
    rig.machine.cut();
}

/// What `curl` gets. The device goes by the address that it has on its access point, unless
/// another header is given.
pub fn curl(arguments: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "20"]);
    if !arguments.contains(&"-H") {
        command.args(["-H", "Host: 192.168.4.1"]);
    }
    output(command.args(arguments))
}

/// What `dig` gets for a name: addresses, one a line.
pub fn dig(port: u16, name: &str) -> String {
    let port = port.to_string();
    output(Command::new("dig").args(["@127.0.0.1", "-p", &port, "+short", "+time=5", "+tries=2", name]))
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
