//! The body of a request: a form of the setup page, or a program's form or JSON document. The
//! names of the fields are those of [`crate::pages`].
//!
//! Nothing is judged here but whether it can be read; what may be submitted is `submission`'s.

use core::time::Duration;

use zeroize::Zeroize;

use super::endpoint::Caller;
use crate::application::Sent;
use crate::http::{Request, form};
use crate::json;
use crate::limits::LONGEST_ALIVE_TIMEOUT;
use crate::pages::{
    CSRF_TOKEN_FIELD, NETWORK_FIELD, PASSPHRASE_FIELD, SEALED_FIELD, SSID_FIELD, SSID_HEX_FIELD,
    chosen_network,
};
use crate::{Passphrase, Problem, Ssid};

/// A body by its `Content-Type`, and a form where there is none. Without content it is an empty document.
pub(super) fn read<'a>(request: &Request<'a>) -> Result<Sent<'a>, Problem> {
    let kind =
        request.content_type.map(|kind| kind.split(|byte| *byte == b';').next().unwrap_or(kind).trim_ascii());
    match kind {
        None => Ok(Sent::Form(request.body)),
        Some(kind) if kind.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") => {
            Ok(Sent::Form(request.body))
        }
        Some(kind) if kind.eq_ignore_ascii_case(b"application/json") => {
            let body = if request.body.is_empty() { b"{}" } else { request.body };
            let document = json::Object::parse(body).map_err(|_| Problem::Unreadable)?;
            let flat = |value| !matches!(value, json::Value::Null | json::Value::Nested);
            let texts = [SSID_FIELD, SSID_HEX_FIELD, PASSPHRASE_FIELD, CSRF_TOKEN_FIELD, SEALED_FIELD];
            let is_text = |name| document.get(name).is_none_or(|value| matches!(value, json::Value::Text(_)));
            if !document.members().all(|member| flat(member.value)) || !texts.into_iter().all(is_text) {
                return Err(Problem::Unreadable);
            }
            Ok(Sent::Json(document))
        }
        Some(_) => Err(Problem::MediaType),
    }
}

/// A field's value; nothing when there is no such field.
fn field<'a>(sent: Sent<'_>, name: &str, buffer: &'a mut [u8]) -> Result<&'a [u8], form::TooLong> {
    sent.find(name).map_or(Ok(&[]), |value| value.decode(buffer))
}

/// The network that is meant: its bytes as digits, if they are there, or else its name.
pub(super) fn network(sent: Sent<'_>, caller: Caller) -> Result<Ssid, Problem> {
    let digits = match caller {
        Caller::Page => NETWORK_FIELD,
        Caller::Program => SSID_HEX_FIELD,
    };
    let (mut picked, mut typed) = ([0; 2 * Ssid::MAX], [0; Ssid::MAX]);
    let picked = field(sent, digits, &mut picked).map_err(|_| Problem::Unreadable)?;
    // A typed name counts only when nothing is picked, so only then can it be too long.
    let typed = match field(sent, SSID_FIELD, &mut typed) {
        Err(_) if picked.is_empty() => return Err(Problem::NetworkNameTooLong),
        Err(_) => &[],
        Ok(typed) => typed,
    };
    chosen_network(picked, typed)
}

/// Calls `with` with the passphrase as it was entered, and wipes the copy. One that is too long is passed on as
/// too many bytes, whose values do not matter.
pub(super) fn with_passphrase<T>(sent: Sent<'_>, with: impl FnOnce(&[u8]) -> T) -> T {
    const TOO_LONG: &[u8] = &[0; Passphrase::MAX + 1];
    let mut secret = [0; Passphrase::MAX];
    let outcome = with(field(sent, PASSPHRASE_FIELD, &mut secret).unwrap_or(TOO_LONG));
    secret.zeroize();
    outcome
}

/// The time in the field `timeout` of a ping, in seconds: 1 to [`LONGEST_ALIVE_TIMEOUT`].
pub(super) fn timeout(sent: Sent<'_>) -> Result<Duration, Problem> {
    let mut digits = [0; 3];
    let digits = field(sent, "timeout", &mut digits).unwrap_or_default();
    let seconds = core::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    let timeout = seconds.map(Duration::from_secs);
    timeout.filter(|time| !time.is_zero() && *time <= LONGEST_ALIVE_TIMEOUT).ok_or(Problem::NoTimeout)
}
