//! Why a scenario cannot be played with machine code: the scenario is not for it, or the machine
//! failed.

use std::path::PathBuf;

use thiserror::Error;
use vestibule_device_protocol::VERSION;

use crate::fault::Fault;
use crate::scenario::Scenario;

/// How to build the firmware, for a message that it is missing.
const BUILD: &str = "cd firmware && CARGO_TARGET_DIR=../target/firmware cargo build --release --locked -p vestibule-qemu-virt";

/// What a scenario asks for that a device under QEMU cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unfit {
    /// A fault.
    #[error("\"{fault}\": {why}")]
    Fault {
        /// Which.
        fault: Fault,
        /// Why not.
        why: &'static str,
    },
    /// The device is to have a known bug.
    #[error("the device is to have a known bug on purpose: the firmware under QEMU has none")]
    Mutant,
    /// Judgement by liveness.
    #[error("it is judged by liveness, which may take hours: only virtual time has them")]
    Liveness,
}

/// Whether a scenario can be played with the device's machine code under QEMU.
///
/// # Errors
/// The first thing that it asks for and QEMU does not have.
pub fn can_be_on_qemu(scenario: &Scenario) -> Result<(), Unfit> {
    if scenario.expect.liveness {
        return Err(Unfit::Liveness);
    }
    if scenario.device.mutant.is_some() {
        return Err(Unfit::Mutant);
    }
    let faults = scenario.faults.iter().map(|fault| &fault.get_ref().fault);
    let mut unfit = faults.filter_map(|fault| Some((fault, fault.why_not_on_qemu()?)));
    match unfit.next() {
        Some((fault, why)) => Err(Unfit::Fault { fault: fault.clone(), why }),
        None => Ok(()),
    }
}

/// Why a run under QEMU did not come to its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum QemuError {
    /// The scenario is not for it.
    #[error("not under QEMU: {0}; use `--driver virtual`")]
    Unfit(#[from] Unfit),
    /// It has no room for the name.
    #[error("the name that redirects go to is longer than the 253 bytes that a name of the DNS may have")]
    LongName,
    /// There is no firmware.
    #[error("there is no firmware at {}; build it with `{BUILD}`, or name another file with `--firmware`", .0.display())]
    NoFirmware(PathBuf),
    /// QEMU could not be started.
    #[error("qemu-system-riscv32 cannot be started ({0}); on Debian it is in the package qemu-system-misc")]
    NoQemu(std::io::Error),
    /// QEMU has refused its command line, or ended before the firmware could say anything.
    #[error("QEMU has ended at once and says: {0}")]
    Refused(String),
    /// The firmware is of another version than this program.
    #[error(
        "the firmware speaks version {0} of the control protocol and this program {VERSION}; build both anew"
    )]
    OtherVersion(u32),
    /// The firmware does not say that it runs.
    #[error("{} does not say that it runs: is it the firmware for QEMU?", .0.display())]
    Silent(PathBuf),
    /// The machine has reset itself or ended.
    #[error("the device's machine has ended by itself; the end of its log:\n{0}")]
    Ended(String),
    /// A socket or a file of the machine failed.
    #[error("the machine's {what} failed: {source}")]
    Io {
        /// Which.
        what: &'static str,
        /// What the operating system says.
        source: std::io::Error,
    },
}

/// An error of the operating system, told with what it was about.
pub(super) fn about(what: &'static str) -> impl FnOnce(std::io::Error) -> QemuError {
    move |source| QemuError::Io { what, source }
}
