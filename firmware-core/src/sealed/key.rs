//! The key of one form: HKDF-SHA256 (RFC 5869) over everything that both sides know of it. No byte of a form
//! comes here.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::limits::SEALING_KEY_BYTES;

/// Names the format and its version, so that no other use of the same keys makes the same key.
pub(super) const LABEL: &[u8] = b"vestibule sealed 1";

/// Salt: the label's code, or nothing. Secret: what X25519 gave. Info: [`LABEL`], the device's public key, the
/// page's, and the token as text, which is last because it alone has no fixed length.
pub(super) fn derive(
    shared: &[u8; SEALING_KEY_BYTES],
    device: &[u8; SEALING_KEY_BYTES],
    page: &[u8; SEALING_KEY_BYTES],
    token: &[u8],
    code: &[u8],
) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let derived = Hkdf::<Sha256>::new(Some(code), shared)
        .expand_multi_info(&[LABEL, device, page, token], key.as_mut());
    // It fails for keys of more than 8,160 bytes alone.
    debug_assert!(derived.is_ok(), "a key of 32 bytes is one that HKDF can make");
    key
}
