//! What can be done to a world, whoever does it: a step of a script, or a person at the
//! dashboard.

use std::fmt;

use vestibule_core::Ssid;

use crate::client::Misbehaviour;
use crate::radio::PhoneId;

/// Something that is done to a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// The device loses its power and gets it back at once.
    Restart,
    /// The device loses its power.
    PowerOff,
    /// The device gets its power back.
    PowerOn,
    /// The device is told to forget its network, and opens its portal.
    Clear,
    /// The device's button is pressed: it opens its portal, whatever is stored.
    Setup,
    /// The network comes onto the air.
    NetworkOn(Ssid),
    /// The network goes off the air.
    NetworkOff(Ssid),
    /// The network gets another passphrase, which its owner knows.
    NewPassphrase(Ssid),
    /// The network moves to another channel and announces that.
    ChannelMove(Ssid, u8),
    /// The network is heard that strong from now on, in dBm.
    Signal(Ssid, i8),
    /// The phone's owner joins the device's access point.
    PhoneJoins(PhoneId),
    /// The phone leaves the device's access point.
    PhoneLeaves(PhoneId),
    /// So many clients on the phone do that to the device.
    Misbehave(PhoneId, Misbehaviour, usize),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restart => f.write_str("the device loses its power and gets it back"),
            Self::PowerOff => f.write_str("the device loses its power"),
            Self::PowerOn => f.write_str("the device gets its power back"),
            Self::Clear => f.write_str("the device is told to forget its network"),
            Self::Setup => f.write_str("the device's button is pressed"),
            Self::NetworkOn(ssid) => write!(f, "\"{ssid}\" comes onto the air"),
            Self::NetworkOff(ssid) => write!(f, "\"{ssid}\" goes off the air"),
            Self::NewPassphrase(ssid) => write!(f, "\"{ssid}\" gets another passphrase"),
            Self::ChannelMove(ssid, to) => write!(f, "\"{ssid}\" moves to channel {to}"),
            Self::Signal(ssid, signal) => write!(f, "\"{ssid}\" is heard at {signal} dBm"),
            Self::PhoneJoins(phone) => write!(f, "the owner of phone {} looks for the device", phone + 1),
            Self::PhoneLeaves(phone) => write!(f, "phone {} leaves the device", phone + 1),
            Self::Misbehave(phone, misbehaviour, count) => {
                write!(f, "something on phone {} {misbehaviour}, {count} times at once", phone + 1)
            }
        }
    }
}
