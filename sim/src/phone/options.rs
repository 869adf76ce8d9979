//! What an owner or a maker may have switched on or off.

use std::time::Duration;

/// Behaviour that some phones of a model have and others have not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Android 11 and later: a private address of the probe's host means no internet. Off by
    /// default; some makers are said to switch it on.
    pub private_address_is_no_internet: bool,
    /// The phone leaves a network on which it has not come to believe in the internet this long
    /// after joining, whatever is open. Never by default: no source gives a time for any system
    /// (unverified, so an option); Apple's sheet is known to end in leaving when it times out
    /// (decompiled), after a time that is not known.
    pub leaves_without_internet: Option<Duration>,
}
