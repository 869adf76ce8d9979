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
    /// The request that the page's script makes of this one, with a key pair of this secret and the code that the owner
    /// types where the page asks for it: the same where the page has no such script.
    pub(crate) fn sealed(self, secret: [u8; 32], code: &str) -> Self {
        let (Some(device), Some(form)) = (self.seals_for, &self.body) else { return self };
        let Some(token) =
            form_urlencoded::parse(form).find_map(|(name, value)| (name == "token").then_some(value))
        else {
            return self;
        };
        let code = if device.takes_code { code } else { "" };
        let sealed = seal(device.key, &token, code, form, secret);
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
    let key = key(shared.as_bytes(), &device, public.as_bytes(), token, code);
    let mut sealed = text.to_vec();
    sealed.resize(text.len().max(LEAST).next_multiple_of(STEP), 0);
    let tag = ChaCha20Poly1305::new(&key)
        .encrypt_inout_detached(&Nonce::default(), &[], sealed.as_mut_slice().into())
        .expect("a form is no longer than ChaCha20-Poly1305 takes");
    let whole = [&[u8::from(!code.is_empty())], &public.as_bytes()[..], &sealed, &tag].concat();
    let mut text = vec![0; Base64UrlUnpadded::encoded_len(&whole)];
    Base64UrlUnpadded::encode(&whole, &mut text).expect("the room was measured").to_owned()
}

/// The key of one form.
fn key(shared: &[u8; 32], device: &[u8; 32], sender: &[u8; 32], token: &str, code: &str) -> Key {
    let info = [b"vestibule sealed 1", &device[..], sender, token.as_bytes()].concat();
    let mut key = Key::default();
    let hkdf = Hkdf::<Sha256>::new(Some(code.as_bytes()), shared);
    hkdf.expand(&info, &mut key).expect("HKDF makes keys of 32 bytes");
    key
}

/// The public key of a secret.
pub(crate) fn public_key(secret: [u8; 32]) -> [u8; 32] {
    *PublicKey::from(&StaticSecret::from(secret)).as_bytes()
}

/// What was sealed, by whoever has the secret and knows no code: `None` if that is not enough.
pub(crate) fn opened(secret: [u8; 32], token: &str, sealed: &str) -> Option<Vec<u8>> {
    let mut whole = vec![0; sealed.len()];
    let whole = Base64UrlUnpadded::decode(sealed, &mut whole).ok()?;
    // Whatever the first byte says of a code, it is tried without.
    let (sender, rest) = whole.get(1..)?.split_first_chunk::<32>()?;
    let (encrypted, tag) = rest.split_last_chunk::<16>()?;
    let shared = StaticSecret::from(secret).diffie_hellman(&PublicKey::from(*sender));
    let key = key(shared.as_bytes(), &public_key(secret), sender, token, "");
    let mut text = encrypted.to_vec();
    ChaCha20Poly1305::new(&key)
        .decrypt_inout_detached(&Nonce::default(), &[], text.as_mut_slice().into(), tag.into())
        .ok()?;
    let length = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    text.truncate(length);
    Some(text)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::owner::{Method, SealsFor};

    const DEVICE: SealsFor = SealsFor { key: [9; 32], takes_code: false };

    #[test]
    fn only_a_form_of_a_page_that_seals_is_sealed() {
        let url = Url::parse("http://192.168.4.1/setup").unwrap();
        let form = b"token=abab&passphrase=correct+horse".to_vec();
        let clear = Request { method: Method::Post, body: Some(form), ..Request::get(url) };
        assert_eq!(clear.clone().sealed([1; 32], ""), clear);
        let sealed = Request { seals_for: Some(DEVICE), ..clear.clone() }.sealed([1; 32], "");
        let body = String::from_utf8(sealed.body.unwrap()).unwrap();
        assert!(body.starts_with("token=abab&sealed=") && !body.contains("horse"), "{body}");
        let other =
            Request { seals_for: Some(DEVICE), body: Some(b"token=abab&passphrase=x".to_vec()), ..clear };
        assert_eq!(other.sealed([2; 32], "").body.unwrap().len(), body.len(), "the length tells nothing");
    }

    #[test]
    fn the_code_is_in_the_key_only_where_the_page_asks_for_it() {
        let url = Url::parse("http://192.168.4.1/setup").unwrap();
        let form = b"token=abab&passphrase=correct+horse".to_vec();
        let secret = [5; 32];
        for (takes_code, code, is_read) in
            [(false, "", true), (false, "k7mp", true), (true, "", true), (true, "k7mp", false)]
        {
            let seals_for = Some(SealsFor { key: public_key(secret), takes_code });
            let request = Request {
                method: Method::Post,
                body: Some(form.clone()),
                seals_for,
                ..Request::get(url.clone())
            };
            let body = request.sealed([1; 32], code).body.unwrap();
            let sealed = form_urlencoded::parse(&body).find(|(name, _)| name == "sealed").unwrap().1;
            assert_eq!(opened(secret, "abab", &sealed), is_read.then(|| form.clone()), "{takes_code} {code}");
        }
    }
}
