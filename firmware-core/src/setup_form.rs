//! The setup form's names, and what its network fields mean together.
//!
//! The page writes these names and the routes read them. The form's encoding is not decoded here.

use crate::escape::is_text;
use crate::problem::Problem;
use crate::ssid::Ssid;

/// Where the setup form is posted to.
///
/// A client that fills the form in without a browser sends this, with the token of the page:
///
/// ```
/// use vestibule_core::http::form;
/// use vestibule_core::pages::{NETWORK_FIELD, PASSPHRASE_FIELD, SETUP_ACTION, CSRF_TOKEN_FIELD, CsrfToken};
///
/// let token = CsrfToken::new([7; 16]);
/// let body = format!("{CSRF_TOKEN_FIELD}={token}&{NETWORK_FIELD}=486f6d65&{PASSPHRASE_FIELD}=correct+horse");
/// assert!(form::find(body.as_bytes(), "passphrase").unwrap().is("correct horse"));
/// assert_eq!(SETUP_ACTION, "/setup");
/// ```
pub const SETUP_ACTION: &str = "/setup";

/// Where the button that searches for networks again posts to.
pub const RESCAN_ACTION: &str = "/rescan";

/// The network picked from the list: its name's bytes as hexadecimal digits, or nothing for
/// "another network".
pub const NETWORK_FIELD: &str = "network";

/// The name typed by hand. Counts only when no network is picked: the page keeps what was typed
/// before, whichever network is picked now.
pub const SSID_FIELD: &str = "ssid";

/// The passphrase.
pub const PASSPHRASE_FIELD: &str = "passphrase";

/// The network's name as hexadecimal digits, in the JSON interface: for names that are not text.
pub const SSID_HEX_FIELD: &str = "ssid_hex";

/// The CSRF token, which shows that a form comes from a page of this portal: see
/// [`CsrfToken`](crate::csrf_token::CsrfToken).
pub const CSRF_TOKEN_FIELD: &str = "token";

/// A sealed form: the whole form that would be sent without, see `docs/sealed.md`. The token stands beside it.
pub const SEALED_FIELD: &str = "sealed";

/// The network that the owner means, from the decoded values of [`NETWORK_FIELD`] and
/// [`SSID_FIELD`]; a missing field is an empty one.
///
/// # Errors
/// The [`Problem`] to show.
///
/// ```
/// use vestibule_core::Problem;
/// use vestibule_core::pages::chosen_network;
///
/// assert_eq!(chosen_network(b"486f6d65", b"").unwrap().as_bytes(), b"Home");
/// assert_eq!(chosen_network(b"", b"Hidden").unwrap().as_bytes(), b"Hidden");
/// assert_eq!(chosen_network(b"486f6d65", b"typed earlier").unwrap().as_bytes(), b"Home");
/// assert_eq!(chosen_network(b"", b""), Err(Problem::NoNetwork));
/// ```
pub fn chosen_network(picked: &[u8], typed: &[u8]) -> Result<Ssid, Problem> {
    if !picked.is_empty() {
        return decode_hex(picked).filter(|ssid| !ssid.is_empty()).ok_or(Problem::Unreadable);
    }
    if typed.is_empty() {
        return Err(Problem::NoNetwork);
    }
    let ssid = Ssid::new(typed).map_err(|_| Problem::NetworkNameTooLong)?;
    if is_text(typed) { Ok(ssid) } else { Err(Problem::NetworkNameNotText) }
}

/// The name that hexadecimal digits of either case stand for.
fn decode_hex(digits: &[u8]) -> Option<Ssid> {
    let mut name = [0; Ssid::MAX];
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let name = name.get_mut(..pairs.len())?;
    for (byte, &[high, low]) in name.iter_mut().zip(pairs) {
        let digit = |of: u8| char::from(of).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Ssid::new(name).ok()
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn hex(bytes: &[u8]) -> std::string::String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    proptest! {
        #[test]
        fn any_name_survives_the_form(name in proptest::collection::vec(any::<u8>(), 1..=Ssid::MAX)) {
            let value = hex(&name);
            prop_assert_eq!(chosen_network(value.as_bytes(), b""), Ok(Ssid::new(&name).unwrap()));
            prop_assert_eq!(
                chosen_network(value.to_uppercase().as_bytes(), b""),
                Ok(Ssid::new(&name).unwrap())
            );
        }

        #[test]
        fn nothing_panics(picked: Vec<u8>, typed: Vec<u8>) {
            let _ = chosen_network(&picked, &typed);
        }
    }

    #[test]
    fn what_no_list_offered_is_unreadable() {
        for picked in [&b"4"[..], b"4g", b"486f6d6", b"+1", &[b'4'; 66], b"\xff\xff"] {
            assert_eq!(chosen_network(picked, b"Home"), Err(Problem::Unreadable), "{picked:?}");
        }
    }

    #[test]
    fn a_typed_name_has_at_most_32_bytes_of_text() {
        assert!(chosen_network(b"", "🏠".repeat(8).as_bytes()).is_ok());
        assert_eq!(chosen_network(b"", &[b'x'; 33]), Err(Problem::NetworkNameTooLong));
        assert_eq!(chosen_network(b"", b"caf\xe9"), Err(Problem::NetworkNameNotText));
        assert_eq!(chosen_network(b"", b"a\0b"), Err(Problem::NetworkNameNotText));
    }
}
