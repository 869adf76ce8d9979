//! The board: the machine's devices as the parts of a device.

use vestibule_core::{RadioCapabilities, WithDeviceKey};
use vestibule_firmware::{Board, Parts};

use crate::flash::{self, Flash};
use crate::net::{self, Nic};
use crate::radio::{Answers, HostRadio};
use vestibule_under_test::entropy::Seeded;
use vestibule_under_test::key::HostKey;

/// QEMU's `virt` machine.
pub struct Virt;

impl Board for Virt {
    type NetworkDevice = Nic;
    type Flash = Flash;
    type Entropy = WithDeviceKey<Seeded, Option<HostKey>>;
    type Wifi = HostRadio<'static>;
}

/// The parts, or `None` if a network device is missing. The host's answers to the radio come by `answers`,
/// and the host has said what its air lets the radio do and what secret the chip has.
pub fn parts(
    answers: &'static Answers,
    capabilities: RadioCapabilities,
    entropy: Seeded,
    key: Option<HostKey>,
) -> Option<Parts<Virt>> {
    Some(Parts {
        wifi: HostRadio::new(answers, capabilities),
        access_point: Nic::new(net::ACCESS_POINT)?,
        station: Nic::new(net::HOME)?,
        entropy: WithDeviceKey { entropy, key },
        credentials: flash::credentials(),
        panics: flash::panics(),
        // The panic handler counts each by itself.
        has_panicked: false,
        watchdog: None,
    })
}
