//! The portal's commands for its radio: they are filled in here when the driver takes them. When one is
//! given is decided by the provisioning machine (`machine`).

use embedded_storage::nor_flash::NorFlash;

use super::Portal;
use super::joining::NameSearch;
use crate::application::Application;
use crate::radio::commands::Waiting;
use crate::{AccessPoint, Credentials, Entropy, Radio, RadioCommand};

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// The next command for the radio. At most one command of a kind waits (the access point, a scan, the
    /// station): a later one replaces one that was not taken.
    #[must_use]
    pub fn poll_radio(&mut self) -> Option<RadioCommand> {
        let waiting = self.radio_commands.take(|_| true)?;
        self.radio_command(waiting)
    }

    /// As [`Portal::poll_radio`], but only [`RadioCommand::Join`] or [`RadioCommand::Leave`], past what else
    /// waits: for a driver that carries out one command after the other, while it waits for a join that
    /// such a command ends.
    #[must_use]
    pub fn poll_radio_for_station(&mut self) -> Option<RadioCommand> {
        let waiting = self.radio_commands.take(Waiting::is_for_station)?;
        self.radio_command(waiting)
    }

    /// Carries everything that the radio is to do to it: [`Portal::poll_radio`] until `None`.
    pub fn drive_radio(&mut self, radio: &mut impl Radio) {
        while let Some(command) = self.poll_radio() {
            radio.command(command);
        }
    }

    fn radio_command(&self, waiting: Waiting) -> Option<RadioCommand> {
        Some(match waiting {
            Waiting::RaiseAccessPoint => RadioCommand::RaiseAccessPoint(AccessPoint {
                ssid: self.config.name,
                security: self.config.access_point_security.clone(),
                channel: self.soft_ap.channel,
                address: self.soft_ap.address,
            }),
            Waiting::DropAccessPoint => RadioCommand::DropAccessPoint,
            Waiting::Scan => match self.joining.name_search {
                NameSearch::UnderWay => RadioCommand::ScanFor(self.joining.ssid),
                _ => RadioCommand::Scan,
            },
            Waiting::Join => RadioCommand::Join(self.to_join()?.clone()),
            Waiting::Leave => RadioCommand::Leave,
        })
    }

    /// The credentials of the network that is being tried: those that the owner submitted, or else those that are
    /// stored. When both are gone, a command to leave has replaced the one to join.
    fn to_join(&self) -> Option<&Credentials> {
        let stored = || self.storage.credentials(self.joining.ssid);
        self.joining.submitted.as_ref().or_else(stored)
    }
}
