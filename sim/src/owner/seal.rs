//! What the script of a Vestibule page does with its form before it is sent: it seals it for the device, by the
//! format of `docs/sealed.md`. Written from that document and not from the device's code, so that each checks the
//! other.
//!
//! Whether a browser runs scripts at all is decided elsewhere.

use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use url::form_urlencoded::{self, Serializer};
use x25519_dalek::{PublicKey, StaticSecret};

use super::form::Request;

/// A form is filled up to this length, and a longer one to a multiple of the step.
const LEAST: usize = 512;
const STEP: usize = 128;

impl Request {
    /// The request that the page's script makes of this one, with a key pair of this secret: the same where the
    /// page has no such script.
    pub(crate) fn sealed(self, secret: [u8; 32]) -> Self {
        let (Some(device), Some(form)) = (self.seals_for, &self.body) else { return self };
        let Some(token) =
            form_urlencoded::parse(form).find_map(|(name, value)| (name == "token").then_some(value))
        else {
            return self;
        };
        let sealed = seal(device, &token, "", form, secret);
        let body = Serializer::new(String::new())
            .append_pair("token", &token)
            .append_pair("sealed", &sealed)
            .finish();
        Self { body: Some(body.into_bytes()), ..self }
    }
}

/// A text sealed for the device of this public key.
fn seal(device: [u8; 32], token: &str, code: &str, text: &[u8], secret: [u8; 32]) -> String {
    let secret = StaticSecret::from(secret);
    let public = PublicKey::from(&secret);
    let shared = secret.diffie_hellman(&PublicKey::from(device));
    let mut info = b"vestibule sealed 1".to_vec();
    info.extend(device);
    info.extend(public.as_bytes());
    info.extend(token.as_bytes());
    let mut key = Key::default();
    let hkdf = Hkdf::<Sha256>::new(Some(code.as_bytes()), shared.as_bytes());
    hkdf.expand(&info, &mut key).expect("HKDF makes keys of 32 bytes");

    let mut sealed = text.to_vec();
    sealed.resize(text.len().max(LEAST).next_multiple_of(STEP), 0);
    let tag = ChaCha20Poly1305::new(&key)
        .encrypt_inout_detached(&Nonce::default(), &[], sealed.as_mut_slice().into())
        .expect("a form is no longer than ChaCha20-Poly1305 takes");
    let whole = [&public.as_bytes()[..], &sealed, &tag].concat();
    let mut text = vec![0; Base64UrlUnpadded::encoded_len(&whole)];
    Base64UrlUnpadded::encode(&whole, &mut text).expect("the room was measured").to_owned()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::owner::Method;

    #[test]
    fn only_a_form_of_a_page_that_seals_is_sealed() {
        let url = Url::parse("http://192.168.4.1/setup").unwrap();
        let form = b"token=abab&passphrase=correct+horse".to_vec();
        let clear = Request { method: Method::Post, body: Some(form), ..Request::get(url) };
        assert_eq!(clear.clone().sealed([1; 32]), clear);
        let sealed = Request { seals_for: Some([9; 32]), ..clear.clone() }.sealed([1; 32]);
        let body = String::from_utf8(sealed.body.unwrap()).unwrap();
        assert!(body.starts_with("token=abab&sealed=") && !body.contains("horse"), "{body}");
        let other =
            Request { seals_for: Some([9; 32]), body: Some(b"token=abab&passphrase=x".to_vec()), ..clear };
        assert_eq!(other.sealed([2; 32]).body.unwrap().len(), body.len(), "the length tells nothing");
    }
}
