//! What a board's radio can do, as far as the portal has to know: whether it can be access point and
//! station at once, its channels, its country. Nothing here asks a radio anything.

use core::fmt;

use crate::limits::DEFAULT_CHANNEL;

/// What a radio can do. A board says so ([`Radio::capabilities`](crate::Radio::capabilities)), and the
/// portal is told by [`Config::radio`](crate::Config::radio).
///
/// ```
/// use vestibule_core::{Channels, Country, RadioCapabilities};
///
/// // A chip that is either access point or station, sold in the United States.
/// let radio = RadioCapabilities {
///     concurrent: false,
///     channels: Channels::of(&[1, 6, 11, 13]),
///     country: Country::new(*b"US"),
/// };
/// assert!(radio.may_use(11) && !radio.may_use(13), "the country has the last word");
/// assert!(!radio.may_use(3), "the radio cannot");
/// assert!(RadioCapabilities::DEFAULT.concurrent);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadioCapabilities {
    /// Whether it can be access point and station at once, on one channel. Without this the portal closes
    /// its access point while it tries a network.
    pub concurrent: bool,
    /// The channels that it has.
    pub channels: Channels,
    /// The country whose rules hold for it. None by default: then the channels alone decide.
    pub country: Option<Country>,
}

impl RadioCapabilities {
    /// Those of most chips that have Wi-Fi: both at once, all channels of 2.4 GHz.
    pub const DEFAULT: Self =
        Self { concurrent: true, channels: Channels::TWO_POINT_FOUR_GHZ, country: None };

    /// Whether it has this channel, and may use it in its country.
    #[inline(never)]
    pub fn may_use(&self, channel: u8) -> bool {
        self.channels.contains(channel) && self.country.is_none_or(|country| country.allows(channel))
    }

    /// The channel on which an access point is raised when nothing speaks for another: the lowest. A radio
    /// that has none at all is left to say so.
    pub fn first_channel(&self) -> u8 {
        (1..=LAST_CHANNEL).find(|channel| self.may_use(*channel)).unwrap_or(DEFAULT_CHANNEL)
    }

    /// Whether it can use networks on 5 GHz.
    pub fn has_five_ghz(&self) -> bool {
        self.channels.bits() >> FIRST_FIVE_GHZ_BIT != 0
    }
}

/// Bits of a set of channels: 1 to 14 for 2.4 GHz, and from this one on for 5 GHz.
const FIRST_FIVE_GHZ_BIT: u8 = 15;

/// A set of channels of 2.4 GHz (1 to 14) and 5 GHz (36 to 177).
///
/// ```
/// use vestibule_core::Channels;
///
/// let both = Channels::of(&[1, 6, 11, 36, 149]);
/// assert!(both.contains(149) && !both.contains(150) && !both.contains(2));
/// assert!(both.iter().eq([1, 6, 11, 36, 149]));
/// assert_eq!(Channels::of(&[0, 15, 37, 200]), Channels::of(&[]), "there are none of these numbers");
/// assert!(Channels::TWO_POINT_FOUR_GHZ.iter().eq(1..=14));
/// assert_eq!(Channels::from_bits(both.bits()), both);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
// Two words of a chip's: one number of 64 bits would cost more code, and more room in what holds it.
pub struct Channels([u32; 2]);

impl Channels {
    /// All that there are in 2.4 GHz.
    pub const TWO_POINT_FOUR_GHZ: Self = Self::of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);

    /// The set of these. A number that is no channel's is left out.
    pub const fn of(channels: &[u8]) -> Self {
        let mut bits = 0;
        let mut rest = channels;
        while let Some((channel, others)) = rest.split_first() {
            if let Some(bit) = bit(*channel) {
                bits |= 1 << bit;
            }
            rest = others;
        }
        Self::from_bits(bits)
    }

    /// The set that [`Self::bits`] has written. A bit that is no channel's is left out.
    pub const fn from_bits(bits: u64) -> Self {
        let bits = bits & Self::ALL;
        Self([bits as u32, (bits >> u32::BITS) as u32])
    }

    /// The set as one number, for a line between programs: [`Self::from_bits`] reads it.
    pub const fn bits(self) -> u64 {
        let Self([low, high]) = self;
        (high as u64) << u32::BITS | low as u64
    }

    /// A bit for every channel that there is.
    const ALL: u64 = {
        let (mut bits, mut channel) = (0, 0);
        while channel < LAST_CHANNEL {
            channel += 1;
            if let Some(bit) = bit(channel) {
                bits |= 1 << bit;
            }
        }
        bits
    };

    /// Whether the channel is one of them.
    pub const fn contains(self, channel: u8) -> bool {
        match bit(channel) {
            Some(bit) => {
                let Self([low, high]) = self;
                let word = if (bit as u32) < u32::BITS { low } else { high };
                word >> (bit as u32 % u32::BITS) & 1 != 0
            }
            None => false,
        }
    }

    /// All of them, the lowest first.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..=LAST_CHANNEL).filter(move |channel| self.contains(*channel))
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The highest channel of 5 GHz.
const LAST_CHANNEL: u8 = 177;

/// The bit of a channel. Those of 5 GHz are 20 MHz wide, so every fourth number is one: 36 to 144, and
/// from 149 on (IEEE 802.11-2020 annex E).
const fn bit(channel: u8) -> Option<u8> {
    match channel {
        1..=14 => Some(channel),
        36..=144 if channel.is_multiple_of(4) => Some(FIRST_FIVE_GHZ_BIT + (channel - 36) / 4),
        149..=LAST_CHANNEL if channel % 4 == 1 => Some(FIRST_FIVE_GHZ_BIT + (channel - 36) / 4),
        _ => None,
    }
}

/// A country by its two letters (ISO 3166-1 alpha-2).
///
/// ```
/// use vestibule_core::Country;
///
/// let germany = Country::new(*b"DE").unwrap();
/// assert_eq!(germany.to_string(), "DE");
/// assert!(germany.allows(13) && !germany.allows(14));
/// assert_eq!(Country::new(*b"d1"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Country([u8; 2]);

impl Country {
    /// The country of these letters; `None` if they are no capital letters. Whether there is such a
    /// country is not looked up.
    pub const fn new(letters: [u8; 2]) -> Option<Self> {
        let [first, second] = letters;
        if first.is_ascii_uppercase() && second.is_ascii_uppercase() { Some(Self(letters)) } else { None }
    }

    /// Its letters, as drivers want them.
    pub const fn letters(self) -> [u8; 2] {
        self.0
    }

    /// Whether a channel may be used there, as far as the rules for 2.4 GHz differ: 12 and 13 may not in the
    /// United States and Canada, 14 may in Japan alone (ESP-IDF's table of countries). Of 5 GHz the board's
    /// maker has to know.
    pub fn allows(self, channel: u8) -> bool {
        match channel {
            12 | 13 => !matches!(&self.0, b"US" | b"CA"),
            14 => self.0 == *b"JP",
            _ => true,
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.0.map(char::from);
        write!(f, "{first}{second}")
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
