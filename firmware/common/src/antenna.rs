//! The core's end of the radio: its commands wait here until the board's radio can take them.
//!
//! A command that a later one has made pointless is not carried out, so that there are never more
//! than three, however often somebody presses a button while the radio is busy. This module knows
//! nothing of any radio.

use vestibule_core::{AccessPoint, Credentials};

/// What the portal asked of its radio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Raise the access point, or raise it anew.
    RaiseAccessPoint(AccessPoint),
    /// Take it down.
    DropAccessPoint,
    /// Listen for networks.
    Scan,
    /// Join a network; a join in progress, or a network joined, is given up.
    Join(Credentials),
    /// Leave it, or give up joining.
    Leave,
}

/// What a command is about. Of each kind only the last one counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    AccessPoint,
    Scanner,
    Station,
}

impl Command {
    fn part(&self) -> Part {
        match self {
            Self::RaiseAccessPoint(_) | Self::DropAccessPoint => Part::AccessPoint,
            Self::Scan => Part::Scanner,
            Self::Join(_) | Self::Leave => Part::Station,
        }
    }

    /// Whether it ends what the station is doing.
    pub(crate) fn is_for_station(&self) -> bool {
        self.part() == Part::Station
    }
}

/// A radio that only remembers what it is asked.
#[derive(Debug, Default)]
pub struct Antenna {
    /// The oldest first; one of each kind at most.
    waiting: [Option<Command>; 3],
}

impl Antenna {
    /// The oldest command, which is now the caller's to carry out.
    #[must_use]
    pub fn take(&mut self) -> Option<Command> {
        self.take_if(|_| true)
    }

    /// The oldest command that `wanted` wants.
    #[must_use]
    pub fn take_if(&mut self, wanted: impl Fn(&Command) -> bool) -> Option<Command> {
        let slot = self.waiting.iter_mut().find(|slot| slot.as_ref().is_some_and(&wanted))?;
        let command = slot.take();
        self.close_up();
        command
    }

    fn push(&mut self, command: Command) {
        for slot in &mut self.waiting {
            slot.take_if(|waiting| waiting.part() == command.part());
        }
        self.close_up();
        // One of the three is free: there are three kinds, and none of this kind is left.
        if let Some(free) = self.waiting.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(command);
        }
    }

    /// Moves what waits to the front, in its order.
    fn close_up(&mut self) {
        let mut left = core::mem::take(&mut self.waiting).into_iter().flatten();
        self.waiting = core::array::from_fn(|_| left.next());
    }
}

impl vestibule_core::Radio for Antenna {
    fn raise_access_point(&mut self, access_point: &AccessPoint) {
        self.push(Command::RaiseAccessPoint(access_point.clone()));
    }

    fn drop_access_point(&mut self) {
        self.push(Command::DropAccessPoint);
    }

    fn scan(&mut self) {
        self.push(Command::Scan);
    }

    fn join(&mut self, credentials: &Credentials) {
        self.push(Command::Join(credentials.clone()));
    }

    fn leave(&mut self) {
        self.push(Command::Leave);
    }
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;

    use vestibule_core::{AccessPointSecurity, Passphrase, Radio as _, Ssid};

    use super::*;

    fn home(name: &[u8]) -> Credentials {
        Credentials { ssid: Ssid::new(name).unwrap(), passphrase: Passphrase::open() }
    }

    #[test]
    fn commands_come_in_their_order() {
        let mut antenna = Antenna::default();
        let access_point = AccessPoint {
            ssid: Ssid::EMPTY,
            security: AccessPointSecurity::Open,
            channel: 1,
            address: Ipv4Addr::LOCALHOST,
        };
        antenna.leave();
        antenna.raise_access_point(&access_point);
        antenna.scan();
        assert_eq!(antenna.take(), Some(Command::Leave));
        assert_eq!(antenna.take(), Some(Command::RaiseAccessPoint(access_point)));
        assert_eq!(antenna.take(), Some(Command::Scan));
        assert_eq!(antenna.take(), None);
    }

    #[test]
    fn what_a_later_command_undoes_is_not_done() {
        let mut antenna = Antenna::default();
        for _ in 0..100 {
            antenna.join(&home(b"First"));
            antenna.scan();
            antenna.leave();
            antenna.join(&home(b"Second"));
            antenna.drop_access_point();
        }
        assert_eq!(antenna.take(), Some(Command::Scan));
        assert_eq!(antenna.take(), Some(Command::Join(home(b"Second"))));
        assert_eq!(antenna.take(), Some(Command::DropAccessPoint));
        assert_eq!(antenna.take(), None);
    }

    #[test]
    fn the_station_can_be_stopped_past_what_waits() {
        let mut antenna = Antenna::default();
        antenna.scan();
        antenna.leave();
        assert_eq!(antenna.take_if(Command::is_for_station), Some(Command::Leave));
        assert_eq!(antenna.take(), Some(Command::Scan));
    }
}
