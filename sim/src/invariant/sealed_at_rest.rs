//! What a device with a key of its own stores is sealed: neither the name nor the passphrase of a network is anywhere in
//! the whole image of its flash, whatever was cut and when.
//!
//! A device that has just been given a key may still hold what its firmware stored before: until that is sealed for the
//! first time, or the device has joined.

use memchr::memmem;

use super::{Invariant, Observation, View};

/// Shorter names are found by chance among bytes that look random.
const SHORTEST: usize = 4;

/// See the module.
#[derive(Default)]
pub(super) struct SealedAtRest {
    /// The latest image, if it is in clear.
    in_clear: bool,
    /// Nothing in clear is excused any more.
    is_due: bool,
}

impl Invariant for SealedAtRest {
    fn name(&self) -> &'static str {
        "sealed-at-rest"
    }

    fn says(&self) -> &'static str {
        "A device with a key of its own stores no name and no passphrase in clear."
    }

    fn check(&mut self, view: &View<'_>) -> Result<(), String> {
        for observation in view.observations {
            match observation {
                Observation::Flash(image) => {
                    let texts = view.secrets.iter().chain(view.names);
                    let mut texts = texts.filter(|text| text.len() >= SHORTEST);
                    self.in_clear = texts.any(|text| memmem::find(image, text).is_some());
                    self.is_due |= !self.in_clear;
                }
                Observation::Joined(_) => self.is_due = true,
                _ => {}
            }
        }
        match self.in_clear && self.is_due {
            true => Err("a network's name or its passphrase is in the flash in clear".into()),
            false => Ok(()),
        }
    }
}
