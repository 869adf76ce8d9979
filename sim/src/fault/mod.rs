//! Faults: what goes wrong in a world, each at its time and for a limited time. A scenario lists them,
//! or a campaign makes them up from a seed. Faults of frames are injected by the drivers that carry
//! frames (`impairment`), all others by the world; contradictions in them are found where a scenario is read.

mod driver;
mod text;

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use driver::{DriverCall, DriverDoes};
pub(crate) use driver::{goes_wrong, is_late, is_well, says_signal};

use crate::owner::Deviation;
use crate::radio::{SWITCH_COUNTDOWN, reason_words};
use crate::text::{Name, TimeText, time};

pub(crate) use text::is_fault;

/// A fault and its moment, counted from the beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed {
    /// When it begins.
    pub at: Duration,
    /// What goes wrong.
    pub fault: Fault,
}

impl Timed {
    /// When it is over and none of its effects goes on.
    pub fn ends(&self) -> Duration {
        self.at + self.fault.lasts()
    }
}

/// The sender of a frame on one of the device's networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The device.
    Device,
    /// Anybody else: a phone on the access point, a router at home.
    Phones,
}

/// Something that goes wrong. Shares of frames are in percent.
///
/// ```
/// use std::time::Duration;
/// use vestibule::scenario::{Fault, Timed};
///
/// let loss = Fault::Loss { percent: 20, lasts: Duration::from_secs(5) };
/// assert!(loss.is_of_frames() && !loss.can_be_on_loopback());
/// assert_eq!(Timed { at: Duration::from_secs(3), fault: loss }.ends(), Duration::from_secs(8));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// Packet loss: frames are lost, each independently of the others.
    Loss {
        /// How many.
        percent: u8,
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// Packet loss in bursts: the model of Gilbert and Elliott, with a quiet and a bad state
    /// of the air.
    Bursts {
        /// How many on average.
        percent: u8,
        /// How many frames in a row on average.
        length: u8,
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// Every frame takes longer, all by the same time.
    Delay {
        /// By how much.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        by: Duration,
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// Every frame takes longer, each by a time of its own.
    Jitter {
        /// By how much at most.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        by: Duration,
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// Frames are held back, so that those behind them overtake.
    Reorder {
        /// How many.
        percent: u8,
        /// By how much.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        by: Duration,
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// Frames arrive twice.
    Duplicate {
        /// How many.
        percent: u8,
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// Frames arrive with a bit turned behind the Ethernet header.
    Corrupt {
        /// How many.
        percent: u8,
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// Nothing that one side sends arrives; what the other side sends does.
    OneWay {
        /// Whose frames are lost.
        from: Side,
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// A phone is thrown off the device's access point.
    Deauthenticate {
        /// Which: its place in the file, from 1 on.
        phone: usize,
        /// The reason code that it is told: 7, as tools that do this say, unless said otherwise.
        #[serde(default = "not_associated")]
        reason: u16,
    },
    /// A router moves its network to another channel, and announces that.
    ChannelMove {
        /// Which network.
        network: Name,
        /// To which channel.
        channel: u8,
    },
    /// A network is weaker at the device, as if something stood between them.
    Fade {
        /// Which network.
        network: Name,
        /// How much weaker it is, in dB.
        by: u8,
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// A router restarts: its network goes off the air and returns.
    RouterReboot {
        /// Which network.
        network: Name,
        /// How long it is off the air.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// The device loses its power and gets it back.
    PowerCut {
        /// After how long it gets it back.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// The device loses its power within a flash operation, if it does as many in time.
    FlashPowerCut {
        /// How many more words are programmed or sectors erased before.
        operations: u64,
        /// Which bits of the word or sector that is interrupted are not changed yet: all of them
        /// means that the operation did nothing, none that it was done.
        undone: u32,
        /// By when it must come about, or else it does not.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        within: Duration,
        /// After how long the power is back.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// A bit of the flash turns.
    BitRot {
        /// Which, counted from the flash's first; beyond its end they are counted anew.
        bit: u32,
    },
    /// The device's clock jumps ahead. (Its moments never go back: the core's driver must see to
    /// that, see [`vestibule_core::Portal`].)
    ClockJump {
        /// By how much.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        by: Duration,
    },
    /// The device's random bytes repeat.
    RepeatEntropy {
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// A phone goes to another network without its owner, even while a page is open, and its owner brings it
    /// back.
    GoesElsewhere {
        /// Which: its place in the file, from 1 on.
        phone: usize,
        /// For how long it is away.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// A phone's owner deviates from the setup once, on the first page on which that is possible.
    Deviation {
        /// Whose: the phone's place in the file, from 1 on.
        phone: usize,
        /// What the owner does.
        does: Deviation,
    },
    /// Somebody presses the device's button: it opens its portal, whatever is stored.
    SetupButton,
    /// Somebody holds the device's button: it forgets everything and opens its portal.
    FactoryReset,
    /// Something on a phone asks the device to forget its networks (`POST /api/clear`).
    ClearRequest {
        /// Which: its place in the file, from 1 on.
        phone: usize,
    },
    /// Scans of the device's radio do not end.
    StuckScan {
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// The next calls of the driver of the device's radio go wrong. Only the boards' layer has one (`--driver firmware`).
    Driver {
        /// Which calls.
        call: DriverCall,
        /// How they go wrong.
        does: DriverDoes,
        /// How many.
        #[serde(default = "once")]
        times: u8,
        /// After how long none of them goes wrong any more.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// The next calls of that driver return late.
    DriverLate {
        /// Which calls.
        call: DriverCall,
        /// By how much.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        by: Duration,
        /// How many.
        #[serde(default = "once")]
        times: u8,
        /// After how long none of them is late any more.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// Each change of the flash holds the device's processor up, while its radio wants service. Only with the boards' layer.
    SlowFlash {
        /// For how long each.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        by: Duration,
        /// For how long they do.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// That driver says false strengths of networks, as no radio hears them: over 0 dBm, the least that there is. Only with the
    /// boards' layer.
    FalseSignal {
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
    /// A router keeps another address for the device, and refuses the one that it has when the device asks to keep it.
    LeaseChange {
        /// Which network's.
        network: Name,
        /// For how long that router lends an address, from the beginning of the run; else it is a day. The device asks when half
        /// of that is over.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lease: Duration,
    },
    /// A phone's owner looks elsewhere.
    StalledOwner {
        /// Whose: the phone's place in the file, from 1 on.
        phone: usize,
        /// For how long.
        #[serde(with = "time")]
        #[schemars(with = "TimeText")]
        lasts: Duration,
    },
}

fn not_associated() -> u16 {
    7
}

fn once() -> u8 {
    1
}

impl Fault {
    /// How long it may go on; zero for what happens in one moment.
    pub fn lasts(&self) -> Duration {
        match self {
            Self::Loss { lasts, .. }
            | Self::Bursts { lasts, .. }
            | Self::Duplicate { lasts, .. }
            | Self::Corrupt { lasts, .. }
            | Self::OneWay { lasts, .. }
            | Self::RouterReboot { lasts, .. }
            | Self::Fade { lasts, .. }
            | Self::PowerCut { lasts }
            | Self::RepeatEntropy { lasts }
            | Self::GoesElsewhere { lasts, .. }
            | Self::StuckScan { lasts }
            | Self::Driver { lasts, .. }
            | Self::FalseSignal { lasts }
            | Self::LeaseChange { lease: lasts, .. }
            | Self::StalledOwner { lasts, .. } => *lasts,
            // What was held back last arrives that much later.
            Self::DriverLate { by, lasts, .. }
            | Self::SlowFlash { by, lasts }
            | Self::Delay { by, lasts }
            | Self::Jitter { by, lasts }
            | Self::Reorder { by, lasts, .. } => *lasts + *by,
            Self::FlashPowerCut { within, lasts, .. } => *within + *lasts,
            Self::ChannelMove { .. } => SWITCH_COUNTDOWN,
            Self::Deauthenticate { .. }
            | Self::BitRot { .. }
            | Self::ClockJump { .. }
            | Self::SetupButton
            | Self::FactoryReset
            | Self::ClearRequest { .. }
            | Self::Deviation { .. } => Duration::ZERO,
        }
    }

    /// Whether it affects single frames. Only a driver that carries frames can inject such a fault.
    pub fn is_of_frames(&self) -> bool {
        matches!(
            self,
            Self::Loss { .. }
                | Self::Bursts { .. }
                | Self::Delay { .. }
                | Self::Jitter { .. }
                | Self::Reorder { .. }
                | Self::Duplicate { .. }
                | Self::Corrupt { .. }
                | Self::OneWay { .. }
        )
    }

    /// Whether it can be injected on real sockets in real time, where only the air, the power and people are
    /// simulated.
    pub fn can_be_on_loopback(&self) -> bool {
        matches!(
            self,
            Self::Deauthenticate { .. }
                | Self::ChannelMove { .. }
                | Self::Fade { .. }
                | Self::RouterReboot { .. }
                | Self::PowerCut { .. }
                | Self::GoesElsewhere { .. }
                | Self::Deviation { .. }
                | Self::SetupButton
                | Self::FactoryReset
                | Self::ClearRequest { .. }
                | Self::StuckScan { .. }
                | Self::StalledOwner { .. }
        )
    }

    /// Why it cannot be injected under QEMU; `None` if it can. The air, the power and people are simulated
    /// there as by every driver, and frames are carried; but time, the flash chip and the random source belong to the emulated
    /// machine.
    pub fn why_not_on_qemu(&self) -> Option<&'static str> {
        match self {
            Self::Deauthenticate { .. }
            | Self::ChannelMove { .. }
            | Self::Fade { .. }
            | Self::RouterReboot { .. }
            | Self::PowerCut { .. }
            | Self::GoesElsewhere { .. }
            | Self::Deviation { .. }
            | Self::StalledOwner { .. }
            | Self::SetupButton
            | Self::FactoryReset
            | Self::ClearRequest { .. }
            | Self::StuckScan { .. }
            | Self::FlashPowerCut { .. }
            | Self::Loss { .. }
            | Self::Bursts { .. }
            | Self::Delay { .. }
            | Self::Jitter { .. }
            | Self::Reorder { .. }
            | Self::Duplicate { .. }
            | Self::Corrupt { .. }
            | Self::OneWay { .. } => None,
            Self::BitRot { .. } => Some("QEMU reads the flash image when it starts and not again"),
            Self::ClockJump { .. } => Some("the machine's clock cannot be set ahead"),
            Self::RepeatEntropy { .. } => Some("the machine draws its random bytes from its own seed"),
            Self::LeaseChange { .. } => Some("a router changes its mind in virtual time only"),
            Self::Driver { .. }
            | Self::DriverLate { .. }
            | Self::SlowFlash { .. }
            | Self::FalseSignal { .. } => Some(ONLY_BOARDS),
        }
    }
}

/// Why faults of a driver are left out.
const ONLY_BOARDS: &str =
    "only the boards' layer in virtual time has a driver that can fail; use `--driver firmware`";

impl Fault {
    /// Why it cannot be injected into the simulated device; `None` if it can.
    pub fn why_not_simulated(&self) -> Option<&'static str> {
        match self {
            Self::Driver { .. }
            | Self::DriverLate { .. }
            | Self::SlowFlash { .. }
            | Self::FalseSignal { .. } => Some(ONLY_BOARDS),
            _ => None,
        }
    }

    /// Why it cannot be injected into a device of which nothing is known inside, and which runs in real time; `None` if
    /// it can. The power that is to fail within a flash operation fails so many hundredths of a second after a join.
    pub fn why_not_on_foreign(&self) -> Option<&'static str> {
        match self {
            Self::BitRot { .. } => Some("where a device of your own stores is not known"),
            Self::ClockJump { .. } => Some("the clock of a device of your own cannot be set ahead"),
            Self::RepeatEntropy { .. } => Some("a device of your own draws its random bytes by itself"),
            Self::SetupButton => Some("the button of a device of your own is not known"),
            Self::ClearRequest { .. } => Some("what a page of a device of your own clears by is not known"),
            other => other.why_not_on_qemu(),
        }
    }
}

impl Fault {
    /// A fault of a network's router, in words.
    fn tell_of_network(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: &Duration| humantime::format_duration(*time);
        match self {
            Self::RouterReboot { network, lasts } => {
                write!(f, "the router of \"{}\" restarts, off the air for {}", network.0, time(lasts))
            }
            Self::ChannelMove { network, channel } => {
                write!(f, "the router of \"{}\" moves to channel {channel}", network.0)
            }
            Self::Fade { network, by, lasts } => {
                write!(f, "\"{}\" is {by} dB weaker for {}", network.0, time(lasts))
            }
            Self::LeaseChange { network, .. } => {
                write!(f, "the router of \"{}\" keeps another address for the device", network.0)
            }
            _ => Ok(()),
        }
    }

    /// A fault of the driver of the device's radio, or of its flash chip, in words.
    fn tell_of_board(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: &Duration| humantime::format_duration(*time);
        match self {
            Self::Driver { call, does, times, lasts } => {
                let lasts = time(lasts);
                write!(f, "the radio's driver {does} in its next {times} of {call}, for {lasts} at most")
            }
            Self::DriverLate { call, by, times, lasts } => {
                let (by, lasts) = (time(by), time(lasts));
                write!(
                    f,
                    "the radio's driver is {by} late in its next {times} of {call}, for {lasts} at most"
                )
            }
            Self::SlowFlash { by, lasts } => {
                write!(f, "each change of the flash takes {} for {}", time(by), time(lasts))
            }
            Self::FalseSignal { lasts } => {
                write!(f, "the radio's driver says false strengths for {}", time(lasts))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: &Duration| humantime::format_duration(*time);
        match self {
            Self::Loss { percent, lasts } => write!(f, "{percent} % of frames are lost for {}", time(lasts)),
            Self::Bursts { percent, length, lasts } => {
                write!(f, "{percent} % of frames are lost, {length} in a row, for {}", time(lasts))
            }
            Self::Delay { by, lasts } => {
                write!(f, "frames are delayed by {} for {}", time(by), time(lasts))
            }
            Self::Jitter { by, lasts } => {
                write!(f, "frames are delayed by up to {} for {}", time(by), time(lasts))
            }
            Self::Reorder { percent, by, lasts } => {
                write!(
                    f,
                    "{percent} % of frames are overtaken for {}, held back by {}",
                    time(lasts),
                    time(by)
                )
            }
            Self::Duplicate { percent, lasts } => {
                write!(f, "{percent} % of frames arrive twice for {}", time(lasts))
            }
            Self::Corrupt { percent, lasts } => {
                write!(f, "{percent} % of frames are corrupted for {}", time(lasts))
            }
            Self::OneWay { from: Side::Device, lasts } => {
                write!(f, "nobody hears the device for {}", time(lasts))
            }
            Self::OneWay { from: Side::Phones, lasts } => {
                write!(f, "the device hears nobody for {}", time(lasts))
            }
            Self::Deauthenticate { phone, reason } => {
                let words = reason_words(*reason);
                write!(f, "phone {phone} is thrown off the access point, reason {reason} ({words})")
            }
            Self::RouterReboot { .. }
            | Self::ChannelMove { .. }
            | Self::Fade { .. }
            | Self::LeaseChange { .. } => self.tell_of_network(f),
            Self::PowerCut { lasts } => write!(f, "the device has no power for {}", time(lasts)),
            Self::FlashPowerCut { operations, .. } => {
                write!(f, "the power will fail within the flash operation after {operations} more")
            }
            Self::BitRot { bit } => write!(f, "bit {bit} of the flash turns"),
            Self::ClockJump { by } => write!(f, "the device's clock jumps ahead by {}", time(by)),
            Self::RepeatEntropy { lasts } => {
                write!(f, "the device's random bytes repeat for {}", time(lasts))
            }
            Self::GoesElsewhere { phone, lasts } => {
                write!(f, "phone {phone} goes to another network for {}", time(lasts))
            }
            Self::Deviation { phone, does } => write!(f, "the owner of phone {phone} {does}, once"),
            Self::SetupButton => f.write_str("somebody presses the device's button"),
            Self::FactoryReset => f.write_str("somebody resets the device"),
            Self::ClearRequest { phone } => write!(f, "phone {phone} asks the device to forget all"),
            Self::StuckScan { lasts } => write!(f, "scans do not end for {}", time(lasts)),
            Self::Driver { .. }
            | Self::DriverLate { .. }
            | Self::SlowFlash { .. }
            | Self::FalseSignal { .. } => self.tell_of_board(f),
            Self::StalledOwner { phone, lasts } => {
                write!(f, "the owner of phone {phone} looks elsewhere for {}", time(lasts))
            }
        }
    }
}

#[cfg(test)]
mod tests;
