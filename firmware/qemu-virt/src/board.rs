//! The board: the machine's devices as the parts of a device.

use vestibule_core::RadioCapabilities;
use vestibule_firmware::{Board, Parts};

use crate::entropy::Seeded;
use crate::flash::{self, Flash};
use crate::net::{self, Nic};
use crate::radio::{Answers, HostRadio};

/// QEMU's `virt` machine.
pub struct Virt;

impl Board for Virt {
    type NetworkDevice = Nic;
    type Flash = Flash;
    type Entropy = Seeded;
    type Wifi = HostRadio<'static>;
}

/// The parts, or `None` if a network device is missing. The host's answers to the radio come by `answers`,
/// and the host has said what its air lets the radio do.
pub fn parts(
    answers: &'static Answers,
    capabilities: RadioCapabilities,
    entropy: Seeded,
) -> Option<Parts<Virt>> {
    Some(Parts {
        wifi: HostRadio::new(answers, capabilities),
        access_point: Nic::new(net::ACCESS_POINT)?,
        station: Nic::new(net::HOME)?,
        entropy,
        credentials: flash::credentials(),
        panics: flash::panics(),
        // The panic handler counts each by itself.
        has_panicked: false,
    })
}
