//! Sealed forms against the documents that they are made of, against what the page's own script makes, and against
//! whatever else may be sent.

use std::string::String;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::limits::{SEALED_FORM_BYTES, SEALED_FORMS_REMEMBERED};

/// Gives the same bytes each time.
struct Fixed([u8; 32]);

impl crate::Entropy for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0);
    }
}

fn key_pair(secret: [u8; 32]) -> KeyPair {
    let mut pair = KeyPair::none();
    pair.draw(&mut Fixed(secret));
    pair
}

/// Seals a form as a page does, with a key pair of this secret.
pub(crate) fn seal(device: &[u8; 32], token: &str, code: &str, form: &[u8], secret: [u8; 32]) -> String {
    seal_padded(device, token, code, form, form.len().max(SEALED_FORM_BYTES).next_multiple_of(128), secret)
}

fn seal_padded(
    device: &[u8; 32],
    token: &str,
    code: &str,
    form: &[u8],
    length: usize,
    secret: [u8; 32],
) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};
    use x25519_dalek::{PublicKey, StaticSecret};

    let secret = StaticSecret::from(secret);
    let (page, shared) = (PublicKey::from(&secret), secret.diffie_hellman(&PublicKey::from(*device)));
    let info = [b"vestibule sealed 1", &device[..], page.as_bytes(), token.as_bytes()].concat();
    let mut key = [0; 32];
    hkdf::Hkdf::<sha2::Sha256>::new(Some(code.as_bytes()), shared.as_bytes())
        .expand(&info, &mut key)
        .unwrap();
    let mut padded = form.to_vec();
    padded.resize(length, 0);
    let tag = ChaCha20Poly1305::new(&key.into())
        .encrypt_inout_detached(&[0; 12].into(), b"", padded.as_mut_slice().into())
        .unwrap();
    let sealed = [&[u8::from(!code.is_empty())], &page.as_bytes()[..], &padded, &tag].concat();
    let mut text = std::vec![0; sealed.len() * 2];
    Base64UrlUnpadded::encode(&sealed, &mut text).unwrap().into()
}

/// By a device whose label has this code, or none.
fn open(pair: &mut KeyPair, text: &str, token: &str, code: &str) -> Result<Vec<u8>, NotOpened> {
    let mut bytes = text.as_bytes().to_vec();
    let code = Some(code.as_bytes()).filter(|code| !code.is_empty());
    let length = pair.open(&mut bytes, token.as_bytes(), code)?;
    assert!(bytes[length..].iter().all(|byte| *byte == 0), "nothing is left behind the form");
    bytes.truncate(length);
    Ok(bytes)
}

fn hex<const N: usize>(digits: &str) -> [u8; N] {
    core::array::from_fn(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
}

const TOKEN: &str = "abababababababababababababababab";
const FORM: &[u8] = b"token=x&network=486f6d65&ssid=&passphrase=correct+horse";

/// Of the device whose secret is 32 sevens and a page whose secret is 1 to 32: what sealed/bundle.js made of [`FORM`].
const BY_THE_SCRIPT: &str = concat!(
    "AAejfLwUIJPIt1XcGxDobLQmN0rRaqhT7QvfwLK4bRx8CsV4vhKWnBRjSRqnBsmJ_CHeajo0JxIXdJpID_0aIZ8Eh25HYepBD6M0",
    "wUSNgxLtA01Sfxnc_3LbUXP8tUVyoYwq2jQDQfuo54b7fJRETyq3A7el6d_-CHE9jc2E3TSPL2ZXrm6mt6mMhZA6CSDy8zNgXQga",
    "pEBS0-nvBLBq713IfThefs0DqW5wgFkaGWutzZYUShUGGupSoAqIdUDkpxU0Dd8U_ZM_DWoJbLwRQ690GEBfU9Xrtpv6xnpvv6CQ",
    "obFn8Z6FYLO-GmLG236H8vKyKVJSQ-RDsNYi5ySSdXWdzJelO-_XYKsm9BCn93u_mHWMIUsiyglKgSW8Jo_3s0yjN6ng5xXDT3zo",
    "NFtsyNlme26t1ENvTP6ShTBNFI-5RHOc8cY079iktwCxh24nj8sihBfmxUo6vHR5KLcbmmy5BA9PFtWfGx9_PDG8WgTLz8U02-rz",
    "EoHucwoSimACoKxQO-HF4PHattQO8mKMIzTVR2h2wwnmpOjsxhzmkBV2Pc3HVdig7bufDK6cDKuenDz8GCqNT2deBaGtq4aDYMUy",
    "DOxa_OUV_8tbSpdXujHjtYay9j6GJ0ijR38gnmc_xJdwLU0cCeVIN0HsdvCpfk4ySX5pKsczCNUPuiryEtxhtyXghxbtZo0NvKLU",
    "r_RJIO_G0METbjPBow2eorfWDuhNJp2IFsdpEu2WVFln0qf0",
);

/// The same with a code of the label, and a shorter form.
const BY_THE_SCRIPT_WITH_CODE: &str = concat!(
    "AQejfLwUIJPIt1XcGxDobLQmN0rRaqhT7QvfwLK4bRx8ym-iy7U5dCJzp6X-Uxqhq3vUNogFaTYM5l7NzdOrqQ9h0PpHyVuGJibD",
    "QEoq4kruJqqV9vIiTrpv9hG5sVI8isCH0GzEam1sZA7TcuW3wKhBzjxvMTzmthP70GIwVFxXLodBW3eCd_nardL1MQJPMVy8X4a9",
    "sxwXEOH_1K3u7ck5aanOVDG4CYOxwMu8U_L40REoUMJdsJEd9jXp9TC44suKxwC_UmBIAnLNMiYDZXwCohWYRr0yDSqj9LnB3zn9",
    "Qft2zUuA3r6h3mm-J0p_5heIjNfGxweAVWyI4Kyq_7VLUALfXZv58UEf7A8ulN1GSze_BfNhrIy6rsTK5lPWD3Mjdh_t0MC1bjtr",
    "7hiQWn-trOjrVRB8G8_k8ox_kZnOE5B6l4sY7JlCxe5EHNHuBTJAByacxshuC6CSjgqW006x_Jj7pNRbUt2ZHuvHnbYAd7PU19YH",
    "FJLK7dpRJfQjiaHwvp-QxNRCogLUWY0iqJsg_lHwguilZaCmS1dU9ZX5-WI8w-8iDyZl0uDrCcSvwa0X03pnx8ssSGq02TDTKTqZ",
    "cCyZ-3KZne7L9MrmIKGguV8oEHND10LQImjAkg2PAJ2SVRnJGLU-lfndpe7r_tbovvI5MLs2_PyHpeTyoAqeAaHAxSfosLnOAVH_",
    "2cZm7Nou2qDR3nibgq6s__KqleGk6g8NznUYzCqxWDE38EOA",
);

const CODE: &str = "K7MPQ2X9RT4B";

#[test]
fn what_the_pages_script_seals_is_opened() {
    let mut pair = key_pair([7; 32]);
    assert_eq!(*pair.public(), hex("13be4feaeaf204c7fd3358fc9c00721881d174278128227ec674f37f7fe97b6d"));
    assert_eq!(open(&mut pair, BY_THE_SCRIPT, TOKEN, "").unwrap(), FORM);
    let secret = core::array::from_fn(|at| at as u8 + 1);
    assert_eq!(seal(pair.public(), TOKEN, "", FORM, secret), BY_THE_SCRIPT);
    let mut pair = key_pair([7; 32]);
    assert_eq!(open(&mut pair, BY_THE_SCRIPT_WITH_CODE, TOKEN, CODE).unwrap(), b"passphrase=correct+horse");
}

#[test]
fn x25519_is_that_of_rfc_7748() {
    // Section 6.1: Bob's key pair, Alice's public key, their secret.
    let bob = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    let public = hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    assert_eq!(*key_pair(bob).public(), public);
    let alice = hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    let shared = x25519_dalek::StaticSecret::from(bob).diffie_hellman(&x25519_dalek::PublicKey::from(alice));
    let secret = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    assert_eq!(*shared.as_bytes(), secret);
}

#[test]
fn hkdf_is_that_of_rfc_5869() {
    // Appendix A.1.
    let salt: [u8; 13] = core::array::from_fn(|at| at as u8);
    let info: [u8; 10] = core::array::from_fn(|at| 0xf0 + at as u8);
    let mut key = [0; 42];
    hkdf::Hkdf::<sha2::Sha256>::new(Some(&salt), &[0x0b; 22]).expand(&info, &mut key).unwrap();
    let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
    assert_eq!(key, hex(expected));
}

#[test]
fn chacha20_poly1305_is_that_of_rfc_8439() {
    use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};

    // Section 2.8.2.
    let key: [u8; 32] = core::array::from_fn(|at| 0x80 + at as u8);
    let (nonce, aad) = (hex::<12>("070000004041424344454647"), hex::<12>("50515253c0c1c2c3c4c5c6c7"));
    let mut text = *b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
        future, sunscreen would be it.";
    let tag = ChaCha20Poly1305::new(&key.into())
        .encrypt_inout_detached(&nonce.into(), &aad, text.as_mut_slice().into())
        .unwrap();
    assert_eq!(text[..16], hex::<16>("d31a8d34648e60db7b86afbc53ef7ec2"));
    assert_eq!(tag[..], hex::<16>("1ae10b594f09e26a7e902ecbd0600691"));
}

#[test]
fn one_that_was_opened_is_not_opened_again() {
    let mut pair = key_pair([7; 32]);
    let first = seal(pair.public(), TOKEN, "", FORM, [1; 32]);
    assert!(open(&mut pair, &first, TOKEN, "").is_ok());
    assert_eq!(open(&mut pair, &first, TOKEN, ""), Err(NotOpened::SentBefore));
    // Even if more come between than owners send.
    for number in 1..SEALED_FORMS_REMEMBERED {
        let another = seal(pair.public(), TOKEN, "", FORM, [number as u8 + 100; 32]);
        assert!(open(&mut pair, &another, TOKEN, "").is_ok());
        assert_eq!(open(&mut pair, &first, TOKEN, ""), Err(NotOpened::SentBefore));
    }
    // One that was refused is not remembered: its page may send it again with another token.
    let refused = seal(pair.public(), "other", "", FORM, [99; 32]);
    assert_eq!(open(&mut pair, &refused, TOKEN, ""), Err(NotOpened::Broken));
    assert!(open(&mut pair, &refused, "other", "").is_ok());
}

#[test]
fn one_for_another_device_token_or_code_stays_closed() {
    let (mut pair, other) = (key_pair([7; 32]), key_pair([8; 32]));
    let public = *pair.public();
    for (sealed, label, why) in [
        (seal(other.public(), TOKEN, "", FORM, [1; 32]), CODE, NotOpened::Broken),
        (seal(&public, "another", "", FORM, [1; 32]), CODE, NotOpened::Broken),
        (seal(other.public(), TOKEN, CODE, FORM, [1; 32]), CODE, NotOpened::OtherCode),
        (seal(&public, TOKEN, "K7MPQ2X9RT4C", FORM, [1; 32]), CODE, NotOpened::OtherCode),
        (seal(&public, TOKEN, CODE, FORM, [1; 32]), "", NotOpened::Broken),
    ] {
        assert_eq!(open(&mut pair, &sealed, TOKEN, label), Err(why), "{sealed} {label}");
    }
    let right = seal(&public, TOKEN, CODE, FORM, [1; 32]);
    assert_eq!(open(&mut pair, &right, TOKEN, CODE).unwrap(), FORM);
    // The code is the owner's to use or not.
    let without = seal(&public, TOKEN, "", FORM, [3; 32]);
    assert_eq!(open(&mut pair, &without, TOKEN, CODE).unwrap(), FORM);
    // The portal closes, or opens anew.
    let next = seal(&public, TOKEN, CODE, FORM, [2; 32]);
    pair.forget();
    assert_eq!(open(&mut pair, &next, TOKEN, CODE), Err(NotOpened::Broken));
    pair.draw(&mut Fixed([9; 32]));
    // That it is another key cannot be told from another code.
    assert_eq!(open(&mut pair, &next, TOKEN, CODE), Err(NotOpened::OtherCode));
}

#[test]
fn one_whose_length_tells_something_is_not_opened() {
    let mut pair = key_pair([7; 32]);
    let public = *pair.public();
    for length in [FORM.len(), SEALED_FORM_BYTES - 1] {
        let sealed = seal_padded(&public, TOKEN, "", FORM, length, [1; 32]);
        assert_eq!(open(&mut pair, &sealed, TOKEN, ""), Err(NotOpened::Broken), "{length}");
    }
    for length in [SEALED_FORM_BYTES, SEALED_FORM_BYTES + 1, 1024] {
        let sealed = seal_padded(&public, TOKEN, "", FORM, length, [(length % 251) as u8; 32]);
        assert_eq!(open(&mut pair, &sealed, TOKEN, "").unwrap(), FORM, "{length}");
    }
}

#[test]
fn one_that_says_nothing_known_of_its_key_is_not_opened() {
    use base64ct::{Base64UrlUnpadded, Encoding};

    let mut pair = key_pair([7; 32]);
    let right = seal(pair.public(), TOKEN, "", FORM, [1; 32]);
    let mut bytes = [0; 800];
    let length = Base64UrlUnpadded::decode(&right, &mut bytes).unwrap().len();
    for (how, why) in [(1, NotOpened::OtherCode), (2, NotOpened::Broken), (255, NotOpened::Broken)] {
        bytes[0] = how;
        let mut text = [0; 1200];
        let changed = Base64UrlUnpadded::encode(&bytes[..length], &mut text).unwrap();
        assert_eq!(open(&mut pair, changed, TOKEN, CODE), Err(why), "{how}");
    }
    assert!(open(&mut pair, &right, TOKEN, CODE).is_ok(), "what was refused is not remembered");
}

#[test]
fn a_public_key_that_makes_the_same_secret_everywhere_is_refused() {
    use base64ct::{Base64UrlUnpadded, Encoding};

    // RFC 7748 section 6.1: 0 and 1 are points of small order. Whoever sends one knows the secret, which is 0.
    for point in [0, 1] {
        let mut pair = key_pair([7; 32]);
        let mut page = [0; 32];
        page[0] = point;
        let key = key::derive(&[0; 32], pair.public(), &page, TOKEN.as_bytes(), b"");
        let mut padded = [0; SEALED_FORM_BYTES];
        padded[..FORM.len()].copy_from_slice(FORM);
        let tag = chacha20poly1305::AeadInOut::encrypt_inout_detached(
            &<chacha20poly1305::ChaCha20Poly1305 as chacha20poly1305::KeyInit>::new((&*key).into()),
            &[0; 12].into(),
            b"",
            padded.as_mut_slice().into(),
        )
        .unwrap();
        let mut text = [0; 800];
        let sealed =
            Base64UrlUnpadded::encode(&[&[0], &page[..], &padded, &tag].concat(), &mut text).unwrap();
        assert_eq!(open(&mut pair, sealed, TOKEN, ""), Err(NotOpened::Broken), "{point}");
    }
}

proptest! {
    #[test]
    fn a_form_comes_out_as_it_went_in(
        form in "[ -~]{0,700}",
        token in "[0-9a-f]{0,32}",
        code in "[0-9A-Z]{0,20}",
        secret: [u8; 32],
        page: [u8; 32],
    ) {
        let mut pair = key_pair(secret);
        let sealed = seal(pair.public(), &token, &code, form.as_bytes(), page);
        prop_assert_eq!(open(&mut pair, &sealed, &token, &code).unwrap(), form.as_bytes());
    }

    #[test]
    fn one_that_was_changed_or_cut_stays_closed(at in 0..748_usize, bit in 0..6_u8, cut in 0..748_usize) {
        let mut pair = key_pair([7; 32]);
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut changed = BY_THE_SCRIPT.as_bytes().to_vec();
        let value = digits.iter().position(|digit| *digit == changed[at]).unwrap();
        changed[at] = digits[value ^ (1 << bit)];
        let changed = String::from_utf8(changed).unwrap();
        prop_assert_eq!(open(&mut pair, &changed, TOKEN, ""), Err(NotOpened::Broken));
        prop_assert_eq!(open(&mut pair, &BY_THE_SCRIPT[..cut], TOKEN, ""), Err(NotOpened::Broken));
    }

    #[test]
    fn nothing_panics(mut text: Vec<u8>, token: Vec<u8>, code: Option<Vec<u8>>) {
        prop_assert!(key_pair([7; 32]).open(&mut text, &token, code.as_deref()).is_err());
    }

    #[test]
    fn nothing_that_looks_like_one_panics(mut text in "[A-Za-z0-9_-]{700,900}", token: Vec<u8>) {
        let mut text = core::mem::take(&mut text).into_bytes();
        prop_assert!(key_pair([7; 32]).open(&mut text, &token, None).is_err());
    }
}
