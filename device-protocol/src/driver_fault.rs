//! What goes wrong between the boards' layer and a chip's driver, for a device in virtual time.

use core::fmt::{self, Write};
use core::time::Duration;

use crate::text::Fields;

/// A call of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriverCall {
    /// The access point is to be raised.
    Raise,
    /// The access point is to be dropped.
    Drop,
    /// A scan.
    Scan,
    /// A network is to be joined.
    Join,
    /// The network is to be left.
    Leave,
    /// The end of the network that was joined is waited for.
    Wait,
    /// The radio is to be restarted.
    Restart,
}

impl DriverCall {
    /// Every call.
    pub const ALL: [Self; 7] =
        [Self::Raise, Self::Drop, Self::Scan, Self::Join, Self::Leave, Self::Wait, Self::Restart];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Raise => "raise",
            Self::Drop => "drop",
            Self::Scan => "scan",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Wait => "wait",
            Self::Restart => "restart",
        }
    }
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriverFaultKind {
    /// It fails, and the radio does nothing any more: neither access point nor station.
    Fails,
    /// Nothing happens, and it never returns.
    Hangs,
    /// It is done, and its event is lost: it never returns.
    EventLost,
    /// It takes so much longer.
    Late(Duration),
    /// It returns at once and nothing has happened. Of [`DriverCall::Wait`]: an event of before comes twice.
    Early,
    /// The firmware panics in it, and the chip starts anew.
    Resets,
    /// An event of an earlier call comes in the place of its own, which comes later and is nobody's: it ends as if that were
    /// its end, and the chip does what it was asked for.
    OutOfOrder,
    /// What it says of the strength of networks is false. It is no call's: from then on for all, until it is taken back with 0 times.
    FalseSignal,
}

/// A fault: the next calls of this sort go wrong like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriverFault {
    /// Which calls.
    pub call: DriverCall,
    /// How.
    pub kind: DriverFaultKind,
    /// How many; 0 takes back what is left of all faults of this call.
    pub times: u32,
}

impl DriverFault {
    /// Writes it: `CALL HOW MILLISECONDS TIMES`.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> fmt::Result {
        let (how, millis) = match self.kind {
            DriverFaultKind::Fails => ("fails", 0),
            DriverFaultKind::Hangs => ("hangs", 0),
            DriverFaultKind::EventLost => ("event-lost", 0),
            DriverFaultKind::Late(by) => ("late", by.as_millis()),
            DriverFaultKind::Early => ("early", 0),
            DriverFaultKind::Resets => ("resets", 0),
            DriverFaultKind::OutOfOrder => ("out-of-order", 0),
            DriverFaultKind::FalseSignal => ("false-signal", 0),
        };
        write!(out, "{} {how} {millis} {}", self.call.name(), self.times)
    }

    /// Reads one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut fields = Fields::of(text);
        let call = fields.word()?;
        let call = DriverCall::ALL.into_iter().find(|known| known.name() == call)?;
        let (how, by) = (fields.word()?, fields.millis()?);
        let kind = match how {
            "fails" => DriverFaultKind::Fails,
            "hangs" => DriverFaultKind::Hangs,
            "event-lost" => DriverFaultKind::EventLost,
            "late" => DriverFaultKind::Late(by),
            "early" => DriverFaultKind::Early,
            "resets" => DriverFaultKind::Resets,
            "out-of-order" => DriverFaultKind::OutOfOrder,
            "false-signal" => DriverFaultKind::FalseSignal,
            _ => return None,
        };
        let times = fields.value()?;
        fields.end()?;
        Some(Self { call, kind, times })
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::*;

    #[test]
    fn a_fault_reads_as_it_was_written() {
        let late = DriverFaultKind::Late(Duration::from_millis(2500));
        let (order, resets) = (DriverFaultKind::OutOfOrder, DriverFaultKind::Resets);
        let signal = DriverFaultKind::FalseSignal;
        for kind in [DriverFaultKind::Fails, DriverFaultKind::EventLost, late, resets, order, signal] {
            let fault = DriverFault { call: DriverCall::Join, kind, times: 3 };
            let mut text = String::new();
            fault.write(&mut text).unwrap();
            assert_eq!(DriverFault::read(&text), Some(fault), "{text}");
        }
        assert_eq!(DriverFault::read("join late 0"), None);
    }
}
