//! What the messages of a device mean for its world, and which messages tell the device what its radio reports.

use vestibule_core::{Event, Instant, RadioCommand, RadioEvent};
use vestibule_device_protocol::{FromDevice, FromHost, Mode, Start, StationEvent, VERSION};

use super::External;
use super::error::{DeviceFault, ExternalError};
use crate::device::DeviceMessage;
use crate::random_streams::{RandomStream, number};
use crate::scenario::Action;
use crate::webhook::BEGINNING;
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
        let config = self.world.device().config().clone();
        if let Some(host) = config.redirect_host {
            let host = host.try_into().map_err(|_| ExternalError::LongName)?;
            self.send_message(&FromHost::RedirectHost(host)).await;
        }
        if let Some(url) = config.captive_portal {
            // An option of DHCP has room for no longer one.
            if let Ok(url) = url.as_str().try_into() {
                self.send_message(&FromHost::CaptivePortal(url)).await;
            }
        }
        if self.world.device().has_webhook() {
            let seconds = BEGINNING + self.now().as_micros() / 1_000_000;
            self.send_message(&FromHost::Webhook { port: RECEIVER_PORT, seconds }).await;
        }
        let seed = number(self.seed, RandomStream::Machine, self.boots);
        self.send_message(&FromHost::Start(Start { seed, config })).await;
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
        if let Some(message) = to_message(event, self.attempt, has_sockets) {
            self.send_message(&message).await;
        }
    }
}

/// The message that tells the device of a radio event.
fn to_message(event: RadioEvent, attempt: u32, has_sockets: bool) -> Option<FromHost> {
    let of_station = |event| FromHost::Station { attempt, event };
    Some(match event {
        RadioEvent::AccessPointUp => FromHost::AccessPointUp,
        RadioEvent::AccessPointDown => FromHost::AccessPointDown,
        RadioEvent::NetworkFound(record) => FromHost::NetworkFound(record),
        RadioEvent::ScanFinished => FromHost::ScanFinished,
        RadioEvent::Joined(link) if has_sockets => of_station(StationEvent::Joined(link)),
        // A device with a stack of its own has reported this itself.
        RadioEvent::Joined(_) => return None,
        RadioEvent::JoinFailed(failure) => of_station(StationEvent::JoinFailed(failure)),
        RadioEvent::JoinAborted { reason, stage } => of_station(StationEvent::JoinAborted { reason, stage }),
        RadioEvent::Disconnected => of_station(StationEvent::Disconnected),
        unknown => {
            tracing::warn!("the device protocol has no message for {unknown:?}");
            return None;
        }
    })
}
