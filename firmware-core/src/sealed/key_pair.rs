//! The device's key pair: one for each opening of the portal, so that what was sealed for an earlier one can be
//! opened by nobody any more.

use x25519_dalek::{PublicKey, StaticSecret, X25519_BASEPOINT_BYTES};
use zeroize::Zeroize;

use super::opened::Opened;
use super::{NotOpened, form, key};
use crate::entropy::Entropy;
use crate::limits::SEALING_KEY_BYTES;

/// The device's key pair, and which forms were opened with it.
pub(crate) struct KeyPair {
    /// None while no portal is open. It is wiped when it is dropped.
    secret: Option<StaticSecret>,
    /// Stays when the secret goes: a page that is still under way must not change.
    public: [u8; SEALING_KEY_BYTES],
    opened: Opened,
}

impl KeyPair {
    /// Without a secret: nothing can be opened before [`Self::draw`].
    pub(crate) const fn none() -> Self {
        Self { secret: None, public: [0; SEALING_KEY_BYTES], opened: Opened::none() }
    }

    /// Draws another one. What was sealed for the one before stays closed.
    pub(crate) fn draw(&mut self, entropy: &mut impl Entropy) {
        let mut random = [0; SEALING_KEY_BYTES];
        entropy.fill(&mut random);
        let secret = StaticSecret::from(random);
        random.zeroize();
        // RFC 7748 section 6.1. By the library's own way from a secret to its public key, which is faster, the code
        // would be 3 KB longer.
        self.public = *secret.diffie_hellman(&PublicKey::from(X25519_BASEPOINT_BYTES)).as_bytes();
        self.secret = Some(secret);
        self.opened = Opened::none();
    }

    /// Wipes the secret.
    pub(crate) fn forget(&mut self) {
        self.secret = None;
    }

    /// What forms are sealed for.
    pub(crate) const fn public(&self) -> &[u8; SEALING_KEY_BYTES] {
        &self.public
    }

    /// Opens a sealed form where it lies: `text` as it was sent becomes the form and nothing else, of which
    /// the length is returned, and zeros. `token` is the text of the token that came with it, and `code` what
    /// the label says, which counts if the form says that it was sealed with it.
    ///
    /// # Errors
    /// [`NotOpened`]; `text` holds nothing of a form then.
    pub(crate) fn open(
        &mut self,
        text: &mut [u8],
        token: &[u8],
        code: Option<&[u8]>,
    ) -> Result<usize, NotOpened> {
        let secret = self.secret.as_ref().ok_or(NotOpened::Broken)?;
        let sealed = form::parse(text).ok_or(NotOpened::Broken)?;
        if self.opened.holds(sealed.public) {
            return Err(NotOpened::SentBefore);
        }
        let with_code = sealed.with_code;
        let code = if with_code { code.ok_or(NotOpened::Broken)? } else { &[] };
        let shared = secret.diffie_hellman(&PublicKey::from(*sealed.public));
        // A point of small order makes the same secret with every device (RFC 7748 section 6.1).
        if !shared.was_contributory() {
            return Err(NotOpened::Broken);
        }
        let key = key::derive(shared.as_bytes(), &self.public, sealed.public, token, code);
        let public = *sealed.public;
        let why = if with_code { NotOpened::OtherCode } else { NotOpened::Broken };
        let length = form::open(sealed, &key).ok_or(why)?;
        self.opened.add(&public);
        form::to_the_beginning(text, length);
        Ok(length)
    }
}
