//! What the maker of a device chooses about its radio. Nothing here asks the radio anything.

use vestibule_core::{Channels, Country, RadioCapabilities};

/// The choices, each with a default that may be used anywhere in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadioSettings {
    /// The country where the device is used. Without one it obeys the strictest rules: its access point is on one of the
    /// channels 1 to 11, and on 12 and 13 it only listens until it hears a network (ESP-IDF's country "01").
    pub country: Option<Country>,
    /// The most transmit power in dBm, 2 to 20. 15 by default: esp-radio knows of boards whose power supply does not bear
    /// more, and its own 5 dBm does not reach through a house.
    pub transmit_power: u8,
    /// Whether the station sleeps between its router's beacons. It does not by default: answers come later, and the access
    /// point's phones wait for nothing.
    pub power_save: bool,
    /// Whether networks may be joined that have nothing better than WPA, which is broken. They may not by default: whoever
    /// poses as the home network could offer it in place of WPA2.
    pub joins_wpa: bool,
}

impl RadioSettings {
    /// The defaults.
    pub const DEFAULT: Self = Self { country: None, transmit_power: 15, power_save: false, joins_wpa: false };

    /// What the radio can do with them: both roles at once on one channel of 2.4 GHz.
    pub(crate) const fn capabilities(&self) -> RadioCapabilities {
        const EVERYWHERE: Channels = Channels::of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        const MOST: Channels = Channels::of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
        let channels = if self.country.is_some() { MOST } else { EVERYWHERE };
        RadioCapabilities { channels, country: self.country, ..RadioCapabilities::DEFAULT }
    }

    /// The country's letters for the driver.
    pub(crate) fn letters(&self) -> [u8; 2] {
        self.country.map_or(*b"01", Country::letters)
    }

    /// The power in quarters of a dBm, as the driver counts it.
    pub(crate) fn quarters(&self) -> i8 {
        self.transmit_power.clamp(2, 20) as i8 * 4
    }
}

impl Default for RadioSettings {
    fn default() -> Self {
        Self::DEFAULT
    }
}
