//! What is read off an Ethernet frame on its way.

use vestibule_core::MacAddress;

/// Everybody's hardware address.
pub(super) const BROADCAST: MacAddress = MacAddress([0xff; 6]);

/// To which hardware address a frame goes.
pub(super) fn receiver(frame: &[u8]) -> Option<MacAddress> {
    Some(MacAddress(frame.get(..6)?.try_into().ok()?))
}
