//! The radio command queue: what the portal has asked of its radio waits here until the driver takes it.
//!
//! There are three kinds of commands, and of each kind at most one waits: a later command replaces the one
//! that was not taken yet, however often somebody presses a button while the radio is busy. The queue holds
//! no name and no passphrase. [`Portal::poll_radio`](crate::Portal::poll_radio) fills a command in when it
//! is taken, so a passphrase that has been replaced is not here to be wiped.

/// A command that waits, without what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    RaiseAccessPoint,
    DropAccessPoint,
    Scan,
    Join,
    Leave,
}

/// The part of the radio that a command concerns. Of each kind only the last command counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CommandKind {
    AccessPoint,
    Scan,
    Station,
}

/// How many kinds there are.
const COMMAND_KINDS: usize = 3;

impl Waiting {
    const fn kind(self) -> CommandKind {
        match self {
            Self::RaiseAccessPoint | Self::DropAccessPoint => CommandKind::AccessPoint,
            Self::Scan => CommandKind::Scan,
            Self::Join | Self::Leave => CommandKind::Station,
        }
    }

    /// Whether it ends what the station is doing.
    pub(crate) fn is_for_station(self) -> bool {
        self.kind() == CommandKind::Station
    }
}

/// The commands that wait, the oldest first. There may be empty places between them.
#[derive(Debug, Default)]
pub(crate) struct RadioCommandQueue([Option<Waiting>; COMMAND_KINDS]);

impl RadioCommandQueue {
    pub(crate) const fn new() -> Self {
        Self([None; COMMAND_KINDS])
    }

    /// Lets a command wait, behind the others, in place of an earlier one of its kind.
    pub(crate) fn push(&mut self, command: Waiting) {
        let mut others = 0;
        for place in 0..COMMAND_KINDS {
            let waiting = self.0[place].take();
            if waiting.is_some_and(|waiting| waiting.kind() != command.kind()) {
                self.0[others] = waiting;
                others += 1;
            }
        }
        // There is room: the others are of other kinds, and of each there is one at most.
        if let Some(free) = self.0.get_mut(others) {
            *free = Some(command);
        }
    }

    /// Takes the oldest command that `wanted` wants.
    pub(crate) fn take(&mut self, wanted: impl Fn(Waiting) -> bool) -> Option<Waiting> {
        self.0.iter_mut().find(|place| place.is_some_and(&wanted))?.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(queue: &mut RadioCommandQueue) -> Option<Waiting> {
        queue.take(|_| true)
    }

    #[test]
    fn commands_come_in_their_order() {
        let mut queue = RadioCommandQueue::new();
        queue.push(Waiting::Leave);
        queue.push(Waiting::RaiseAccessPoint);
        queue.push(Waiting::Scan);
        assert_eq!(next(&mut queue), Some(Waiting::Leave));
        assert_eq!(next(&mut queue), Some(Waiting::RaiseAccessPoint));
        assert_eq!(next(&mut queue), Some(Waiting::Scan));
        assert_eq!(next(&mut queue), None);
    }

    #[test]
    fn what_a_later_command_undoes_is_not_done() {
        let mut queue = RadioCommandQueue::new();
        for _ in 0..100 {
            queue.push(Waiting::Join);
            queue.push(Waiting::RaiseAccessPoint);
            queue.push(Waiting::Scan);
            queue.push(Waiting::Leave);
            queue.push(Waiting::Join);
            queue.push(Waiting::DropAccessPoint);
        }
        assert_eq!(next(&mut queue), Some(Waiting::Scan));
        assert_eq!(next(&mut queue), Some(Waiting::Join));
        assert_eq!(next(&mut queue), Some(Waiting::DropAccessPoint));
        assert_eq!(next(&mut queue), None);
    }

    #[test]
    fn the_station_can_be_stopped_past_what_waits() {
        let mut queue = RadioCommandQueue::new();
        queue.push(Waiting::Scan);
        queue.push(Waiting::Leave);
        assert_eq!(queue.take(Waiting::is_for_station), Some(Waiting::Leave));
        assert_eq!(next(&mut queue), Some(Waiting::Scan));
    }
}
