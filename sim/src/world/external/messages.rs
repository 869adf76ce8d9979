//! What the messages of a device mean for its world, and which messages tell the device what its radio reports.

use vestibule_core::{Event, Instant, RadioCommand, RadioEvent};
use vestibule_device_protocol::{FromDevice, FromHost, Mode, VERSION};

use super::External;
use super::error::{DeviceFault, ExternalError};
use crate::device::DeviceMessage;
use crate::random_streams::{RandomStream, number};
use crate::scenario::Action;
use crate::world::device_messages;
use crate::world::virtual_time::home::RECEIVER_PORT;

impl External {
    /// The device has sent a message.
    pub(super) async fn handle_message(
        &mut self,
        message: FromDevice,
        now: Instant,
    ) -> Result<(), ExternalError> {
        if let Some(foreign) = &mut self.foreign
            && foreign.mode.is_some() == matches!(message, FromDevice::Ready { .. })
        {
            return Err(DeviceFault::OutOfTurn.into());
        }
        let command = match message {
            FromDevice::Ready { version, mode } => {
                self.boot_deadline = None;
                return match self.foreign.is_some() {
                    true => self.welcome(version, mode, now).await,
                    false => self.start_portal(version).await,
                };
            }
            FromDevice::Event(event) => {
                self.handle_device_event(event, now);
                return self.read_flash();
            }
            FromDevice::RaiseAccessPoint(access_point) => RadioCommand::RaiseAccessPoint(access_point),
            FromDevice::DropAccessPoint => {
                // The air reports only what changes, and the device waits for an answer.
                if !self.world.air().access_point_is_up() {
                    self.send_message(&FromHost::AccessPointDown).await;
                }
                RadioCommand::DropAccessPoint
            }
            FromDevice::Scan => RadioCommand::Scan,
            FromDevice::ScanFor(ssid) => RadioCommand::ScanFor(ssid),
            FromDevice::Join { attempt, credentials } => {
                self.attempt = attempt;
                if let Some(foreign) = &mut self.foreign {
                    foreign.join(&credentials);
                }
                RadioCommand::Join(credentials)
            }
            FromDevice::Leave => {
                if let Some(foreign) = &mut self.foreign {
                    foreign.leave();
                }
                RadioCommand::Leave
            }
            FromDevice::PowerCut => {
                // The world powers off a device whose flash has lost its power.
                self.world.flash().cut_power();
                return Ok(());
            }
            FromDevice::Listen { transport, port, local_port } => {
                if let Some(sockets) = self.foreign.as_mut().and_then(|foreign| foreign.sockets.as_mut()) {
                    sockets.listen(transport, port, local_port);
                }
                return Ok(());
            }
            FromDevice::Restart => {
                self.world.act(Action::Restart, now);
                return Ok(());
            }
            FromDevice::Serving { .. } | FromDevice::StackDepth { .. } => return Ok(()),
        };
        self.world.device_message(DeviceMessage::Command(command), now);
        Ok(())
    }

    /// A program has booted.
    async fn welcome(&mut self, version: u32, mode: Mode, now: Instant) -> Result<(), ExternalError> {
        if version != VERSION {
            return Err(DeviceFault::OtherVersion(version).into());
        }
        if mode == Mode::Portal {
            return Err(DeviceFault::NotForeign.into());
        }
        let seed = number(self.seed, RandomStream::DeviceStack, self.boots);
        if let Some(foreign) = &mut self.foreign {
            foreign.ready(mode, seed, &self.bell, now);
        }
        self.send_message(&FromHost::Welcome { version: VERSION }).await;
        Ok(())
    }

    /// The firmware has booted and waits for its configuration.
    async fn start_portal(&mut self, version: u32) -> Result<(), ExternalError> {
        if version != VERSION {
            return Err(ExternalError::OtherVersion(version));
        }
        let seed = number(self.seed, RandomStream::Machine, self.boots);
        let seconds = self.now().as_micros() / 1_000_000;
        let messages = device_messages::start(&mut self.world, seed, RECEIVER_PORT, seconds);
        for message in messages.map_err(|device_messages::LongName| ExternalError::LongName)? {
            self.send_message(&message).await;
        }
        Ok(())
    }

    fn handle_device_event(&mut self, event: Event, now: Instant) {
        // What a program's own events mean is not known, but for the address that its stack was given.
        if self.foreign.is_none() {
            self.world.device_message(DeviceMessage::Event(event), now);
        }
        // The device has got the address from the router, so the air learns it from the device.
        if let (Event::Joined { link, .. }, Some(association)) = (event, self.world.air().association()) {
            self.world.device_configured(association, link, now);
        }
    }

    /// Tells the device what its radio reports.
    pub(super) async fn report(&mut self, event: RadioEvent) {
        let now = self.now();
        let mut has_sockets = false;
        if let Some(foreign) = &mut self.foreign {
            has_sockets = foreign.mode == Some(Mode::Sockets);
            if let Some(event) = foreign.reported(event, now) {
                self.world.device_message(DeviceMessage::Event(event), now);
            }
        }
        if let Some(message) = device_messages::of_radio(event, self.attempt, has_sockets) {
            self.send_message(&message).await;
        }
    }
}
