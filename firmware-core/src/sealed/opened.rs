//! Which forms were opened already: who has recorded one and sends it again changes nothing.
//!
//! A page draws a key pair for each form, so the first bytes of its public key tell forms apart. Of more forms than
//! are remembered the oldest is forgotten.

use crate::limits::SEALED_FORMS_REMEMBERED;

/// So many bytes of a public key: nobody who does not know the secret makes another that begins like it.
type Name = [u8; 8];

pub(super) struct Opened {
    names: [Name; SEALED_FORMS_REMEMBERED],
    /// Where the next one is written.
    next: u8,
}

impl Opened {
    pub(super) const fn none() -> Self {
        // No page draws a key that begins like this, or one in 2^64.
        Self { names: [[0xff; 8]; SEALED_FORMS_REMEMBERED], next: 0 }
    }

    pub(super) fn holds(&self, public: &[u8; 32]) -> bool {
        let name = name(public);
        self.names.contains(&name)
    }

    pub(super) fn add(&mut self, public: &[u8; 32]) {
        if let Some(oldest) = self.names.get_mut(usize::from(self.next)) {
            *oldest = name(public);
        }
        self.next = (self.next + 1) % SEALED_FORMS_REMEMBERED as u8;
    }
}

fn name(public: &[u8; 32]) -> Name {
    let [a, b, c, d, e, f, g, h, ..] = *public;
    [a, b, c, d, e, f, g, h]
}
