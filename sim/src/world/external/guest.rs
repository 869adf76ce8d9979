//! A device with power, whichever it is: its control channel and its frames.

use std::path::Path;

use vestibule_core::Interface;
use vestibule_device_protocol::FromHost;

use super::control::{Control, Received};
use super::error::{DeviceFault, ExternalError};
use super::machine::Machine;
use super::network_device::NetworkDevice;
use super::program::Program;

pub(super) enum Guest {
    /// The firmware under QEMU.
    Machine(Machine),
    /// A program of this machine.
    Program(Program),
}

/// Something that a device sent.
pub(super) enum GuestEvent {
    /// Over the control channel.
    Line(Received),
    /// A frame that it sends on one of its networks.
    Frame(Interface, Vec<u8>),
}

impl Guest {
    fn parts(&mut self) -> (&mut Control, &NetworkDevice, &NetworkDevice) {
        match self {
            Self::Machine(machine) => (&mut machine.control, &machine.access_point, &machine.home),
            Self::Program(program) => (&mut program.control, &program.access_point, &program.home),
        }
    }

    /// Waits for the next event. Cancel safe: nothing is lost if the future is dropped.
    pub(super) async fn next_event(&mut self) -> GuestEvent {
        let (control, access_point, home) = self.parts();
        tokio::select! {
            biased;
            received = control.receive() => GuestEvent::Line(received),
            frame = access_point.receive() => GuestEvent::Frame(Interface::AccessPoint, frame),
            frame = home.receive() => GuestEvent::Frame(Interface::Home, frame),
        }
    }

    /// Sends it a message. If it has ended, [`Guest::next_event`] says so.
    pub(super) async fn send(&mut self, message: &FromHost) {
        self.parts().0.send(message).await;
    }

    /// Sends it a frame.
    pub(super) fn send_frame(&mut self, on: Interface, frame: &[u8]) {
        let (_, access_point, home) = self.parts();
        match on {
            Interface::AccessPoint => access_point.send(frame),
            Interface::Home => home.send(frame),
        }
    }

    /// Whether it takes no lines.
    pub(super) fn is_stuck(&mut self) -> bool {
        self.parts().0.is_stuck()
    }

    /// The error of a device that has ended by itself.
    pub(super) async fn ended(&mut self) -> ExternalError {
        match self {
            Self::Machine(machine) => ExternalError::Ended(machine.log()),
            Self::Program(program) => {
                let how = program.how_ended().await;
                DeviceFault::Ended { how, log: program.log() }.into()
            }
        }
    }

    /// The error of a device that has not said in time that it is ready.
    pub(super) fn not_ready(&self, firmware: Option<&Path>, seconds: u64) -> ExternalError {
        match self {
            Self::Machine(_) => ExternalError::Silent(firmware.map(Path::to_owned).unwrap_or_default()),
            Self::Program(program) => DeviceFault::NotReady { seconds, log: program.log() }.into(),
        }
    }
}
