//! Known bugs of a whole build (the feature `known-bugs`), of which `VESTIBULE_KNOWN_BUG` chooses one: `early-commit`,
//! `erase-first`, or a `leak-` of [`super::leak`]. A campaign that does not find them finds nothing.

use std::sync::OnceLock;

use crate::flash::Flash;

/// The bug that is chosen; empty if none is.
pub(super) fn chosen() -> &'static str {
    static CHOSEN: OnceLock<String> = OnceLock::new();
    CHOSEN.get_or_init(|| std::env::var("VESTIBULE_KNOWN_BUG").unwrap_or_default())
}

/// What the owner typed is stored before it has joined.
pub(in crate::world) fn commit_early(flash: &Flash, credentials: &vestibule_core::Credentials) {
    if chosen() != "early-commit" {
        return;
    }
    let mut memory = vestibule_core::credentials::Memory::new();
    memory.remember(credentials.clone());
    // Whether it can be stored is not part of the bug.
    let _ = crate::device::store_in_clear(flash, &memory);
}

/// What the flash holds is erased once what the owner typed has joined, before that is stored.
pub(in crate::world) fn erase_first(device: &mut crate::device::Device, flash: &Flash) {
    use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
    use vestibule_core::provisioning::ProvisioningState;

    let is_joining =
        |portal: &mut crate::device::SimulatedPortal| portal.state() == ProvisioningState::Joining;
    if chosen() != "erase-first" || !device.portal().is_some_and(is_joining) {
        return;
    }
    let mut flash = flash.clone();
    let end = u32::try_from(flash.capacity()).unwrap_or(0);
    // A power cut in between is what the campaign is to find.
    let _ = flash.erase(0, end);
}
