//! A sealed form as it is sent: base64url without padding (RFC 4648 section 5) of a byte that says whether the label's
//! code is in the key, the page's public key, the form encrypted with ChaCha20-Poly1305 (RFC 8439), and its tag. Before,
//! zeros fill the form up, so that its length does not tell how long the passphrase in it is.
//!
//! Where the key comes from is decided elsewhere.

use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};
use zeroize::Zeroize;

use crate::limits::{SEALED_FORM_BYTES, SEALING_KEY_BYTES};

const TAG_BYTES: usize = 16;

/// What stands before the form: the byte that says how the key is made, and the page's public key.
const HEAD_BYTES: usize = 1 + SEALING_KEY_BYTES;

/// A key opens one form, so there is one number that is used once with it.
const NONCE: [u8; 12] = [0; 12];

/// The parts of a sealed form, in the buffer in which it was sent.
pub(super) struct SealedForm<'a> {
    /// Whether the label's code is in the key.
    pub(super) with_code: bool,
    /// The page's public key.
    pub(super) public: &'a [u8; SEALING_KEY_BYTES],
    encrypted: &'a mut [u8],
    tag: &'a [u8; TAG_BYTES],
}

/// Decodes `text` in its place and takes it apart. `None` if it is no sealed form.
pub(super) fn parse(text: &mut [u8]) -> Option<SealedForm<'_>> {
    let length = Base64UrlUnpadded::decode_in_place(text).ok()?.len();
    let sealed = text.get_mut(..length)?;
    let (how, sealed) = sealed.split_first_mut()?;
    let with_code = match how {
        0 => false,
        1 => true,
        _ => return None,
    };
    let (public, rest) = sealed.split_first_chunk_mut::<SEALING_KEY_BYTES>()?;
    let (encrypted, tag) = rest.split_last_chunk_mut::<TAG_BYTES>()?;
    // One that is shorter tells how long the passphrase is: no page sends it.
    (encrypted.len() >= SEALED_FORM_BYTES).then_some(SealedForm { with_code, public, encrypted, tag })
}

/// Decrypts it, if its tag is right, and returns how long the form is without what fills it up.
pub(super) fn open(sealed: SealedForm<'_>, key: &[u8; 32]) -> Option<usize> {
    let SealedForm { encrypted, tag, .. } = sealed;
    let cipher = ChaCha20Poly1305::new(key.into());
    cipher.decrypt_inout_detached(&NONCE.into(), &[], (&mut *encrypted).into(), tag.into()).ok()?;
    Some(encrypted.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1))
}

/// Moves a form of this length that was opened to the beginning of its text, and wipes the rest.
pub(super) fn to_the_beginning(text: &mut [u8], length: usize) {
    text.copy_within(HEAD_BYTES..HEAD_BYTES + length, 0);
    if let Some(rest) = text.get_mut(length..) {
        rest.zeroize();
    }
}
