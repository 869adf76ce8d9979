//! Known bugs of a whole build, by its features: a campaign that does not find them finds nothing.

use crate::flash::Flash;

/// What the owner typed is stored before it has joined.
#[cfg(feature = "mutant-early-commit")]
pub(in crate::world) fn commit_early(flash: &Flash, credentials: &vestibule_core::Credentials) {
    let mut memory = vestibule_core::credentials::Memory::new();
    memory.remember(credentials.clone());
    // Whether it can be stored is not part of the bug.
    let _ = vestibule_core::credentials::Store::new(flash.clone()).save(&memory);
}

/// What the flash holds is erased once what the owner typed has joined, before that is stored.
#[cfg(feature = "mutant-erase-first")]
pub(in crate::world) fn erase_first(device: &mut crate::device::Device, flash: &Flash) {
    use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
    use vestibule_core::provisioning::ProvisioningState;

    if device.portal().is_none_or(|portal| portal.state() != ProvisioningState::Joining) {
        return;
    }
    let mut flash = flash.clone();
    let end = u32::try_from(flash.capacity()).unwrap_or(0);
    // A power cut in between is what the campaign is to find.
    let _ = flash.erase(0, end);
}
