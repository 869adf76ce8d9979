//! Why a scenario cannot be played with a device outside this process: the scenario is not for it, there is no such
//! device, or the device does not do as the protocol says.

use std::path::PathBuf;

use thiserror::Error;
use vestibule_device_protocol::VERSION;

use crate::fault::Fault;
use crate::scenario::{Action, Scenario, Starts, StateName};

/// How to build the firmware, for a message that it is missing.
const BUILD: &str = "cd firmware && CARGO_TARGET_DIR=../target/firmware cargo build --release --locked -p vestibule-qemu-virt";

/// What a scenario asks for that a device outside this process cannot be given.
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
    #[error("the device is to have a known bug on purpose, which can be put into the simulated one alone")]
    Mutant,
    /// The device's program is to do something else at its start.
    #[error("what the device does when power comes is decided by its own program")]
    Starts,
    /// The device's button is pressed.
    #[error("the device's button is to be pressed, and where a device of your own has it is not known")]
    Button,
    /// The label has a code of its own.
    #[error("the code of the device's label is compiled into its own program")]
    LabelCode,
    /// Judgement by liveness.
    #[error("it is judged by liveness, which may take hours: only virtual time has them")]
    Liveness,
    /// A network is to be stored beforehand.
    #[error("a network is to be stored beforehand, and where a device of your own stores it is not known")]
    Stored,
    /// A step waits for a state that cannot be seen from outside.
    #[error(
        "a step waits for the state {0:?}, which cannot be seen from outside; connecting, portal-open, joining and \
         connected can"
    )]
    State(StateName),
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
    fits_program(scenario)?;
    fits_faults(scenario, Fault::why_not_on_qemu)
}

/// Whether a scenario can be played with the simulated device.
///
/// # Errors
/// The first thing that it asks for and that one does not have.
pub fn can_be_simulated(scenario: &Scenario) -> Result<(), Unfit> {
    fits_faults(scenario, Fault::why_not_simulated)
}

/// Whether a scenario can be played with the boards' layer in virtual time.
///
/// # Errors
/// The first thing that it asks for and there is not.
pub fn can_be_on_firmware(scenario: &Scenario) -> Result<(), Unfit> {
    if scenario.device.mutant.is_some() {
        return Err(Unfit::Mutant);
    }
    if scenario.device.starts != Starts::default() {
        return Err(Unfit::Starts);
    }
    Ok(())
}

/// Whether a scenario can be played with a device of one's own.
///
/// # Errors
/// The first thing that it asks for and such a device cannot be given.
pub fn can_be_foreign(scenario: &Scenario) -> Result<(), Unfit> {
    let device = &scenario.device;
    if device.mutant.is_some() {
        return Err(Unfit::Mutant);
    }
    if device.stored.is_some() || !device.also_stored.is_empty() {
        return Err(Unfit::Stored);
    }
    let awaited = scenario.steps.iter().filter_map(|step| step.after.as_ref().map(|after| *after.get_ref()));
    if let Some(state) = awaited.into_iter().find(|state| !super::seen::can_be_seen(*state)) {
        return Err(Unfit::State(state));
    }
    if device.label_code.is_some() {
        return Err(Unfit::LabelCode);
    }
    fits_program(scenario)?;
    if scenario.steps.iter().any(|step| step.action() == Some(Action::Setup)) {
        return Err(Unfit::Button);
    }
    fits_faults(scenario, Fault::why_not_on_foreign)
}

fn fits_program(scenario: &Scenario) -> Result<(), Unfit> {
    if scenario.device.starts == Starts::default() { Ok(()) } else { Err(Unfit::Starts) }
}

fn fits_faults(scenario: &Scenario, why_not: fn(&Fault) -> Option<&'static str>) -> Result<(), Unfit> {
    let faults = scenario.faults.iter().map(|fault| &fault.get_ref().fault);
    let mut unfit = faults.filter_map(|fault| Some((fault, why_not(fault)?)));
    match unfit.next() {
        Some((fault, why)) => Err(Unfit::Fault { fault: fault.clone(), why }),
        None => Ok(()),
    }
}

/// What a device does that the protocol does not allow: the device's fault, and so a verdict on it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeviceFault {
    /// It has not connected.
    #[error(
        "the device has not connected to the address in VESTIBULE_CONTROL within {seconds} s; the end of what it \
         printed:\n{log}"
    )]
    NotConnected {
        /// How long was waited.
        seconds: u64,
        /// The end of what it printed.
        log: String,
    },
    /// It has connected and says nothing.
    #[error(
        "the device has connected and not said `ready` within {seconds} s; the end of what it printed:\n{log}"
    )]
    NotReady {
        /// How long was waited.
        seconds: u64,
        /// The end of what it printed.
        log: String,
    },
    /// It speaks another version.
    #[error(
        "the device speaks version {0} of the device protocol and this program {VERSION}: bring both to one version"
    )]
    OtherVersion(u32),
    /// It has said something before `ready`, or `ready` twice.
    #[error("the device's first line is not `ready {VERSION} MODE`, or it has said that twice")]
    OutOfTurn,
    /// It says that it is this project's firmware.
    #[error(
        "the device says `ready {VERSION} portal`, which is for the firmware under QEMU: say `sockets` or `frames`"
    )]
    NotForeign,
    /// It has sent a line that is none.
    #[error("the device sent a line that is none of the device protocol; it begins with \"{0}\"")]
    Garbage(String),
    /// It takes no lines.
    #[error("the device reads nothing from its control channel")]
    Stuck,
    /// It has ended.
    #[error("the device's program has ended by itself ({how}); the end of what it printed:\n{log}")]
    Ended {
        /// How, as the operating system says it.
        how: String,
        /// The end of what it printed.
        log: String,
    },
}

/// Why a run with a device outside this process did not come to its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExternalError {
    /// The scenario is not for it.
    #[error("not with a device outside this process: {0}; use `--driver virtual`")]
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
    /// The shell could not be started.
    #[error("no shell can be started for the device's command: {0}")]
    NoShell(std::io::Error),
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
    /// A device of one's own does not do as the protocol says.
    #[error(transparent)]
    Device(#[from] DeviceFault),
    /// A socket or a file of the device failed.
    #[error("the device's {what} failed: {source}")]
    Io {
        /// Which.
        what: &'static str,
        /// What the operating system says.
        source: std::io::Error,
    },
}

/// An error of the operating system, told with what it was about.
pub(super) fn about(what: &'static str) -> impl FnOnce(std::io::Error) -> ExternalError {
    move |source| ExternalError::Io { what, source }
}
