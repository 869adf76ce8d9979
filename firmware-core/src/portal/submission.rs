//! From the owner's form to credentials that can be tried and the application's values, or to what is
//! wrong with it.

use core::time::Duration;

use zeroize::Zeroize;

use crate::application::{self, Field};
use crate::credentials::Values;
use crate::http::form;
use crate::limits::ALIVE_LIMIT;
use crate::networks::Networks;
use crate::pages::{NETWORK_FIELD, PASSPHRASE_FIELD, Problem, SSID_FIELD, chosen_network};
use crate::{BadPassphrase, Credentials, Passphrase, Security, Ssid};

/// A form that cannot be tried, and what of it goes back into the page. Never the passphrase.
pub(super) struct Rejected {
    pub(super) problem: Problem,
    pub(super) kept: Ssid,
}

/// A form that can be tried.
pub(super) struct Submission {
    pub(super) credentials: Credentials,
    pub(super) values: Values,
}

/// What the setup page's form says; a value that it leaves out is the one of `kept`.
pub(super) fn read(
    body: &[u8],
    networks: &Networks,
    fields: &[Field],
    kept: &Values,
) -> Result<Submission, Rejected> {
    let credentials = credentials(body, networks)?;
    let rejected = |problem| Rejected { problem, kept: credentials.ssid };
    let values = application::read_values(fields, body, kept).map_err(rejected)?;
    Ok(Submission { credentials, values })
}

/// The credentials in the setup page's form. What the fields mean is [`crate::pages`]'s.
fn credentials(body: &[u8], networks: &Networks) -> Result<Credentials, Rejected> {
    let ssid = network(body).map_err(|problem| Rejected { problem, kept: Ssid::EMPTY })?;
    let rejected = |problem| Rejected { problem, kept: ssid };
    let security = networks.security(&ssid);
    if security == Some(Security::Enterprise) {
        return Err(rejected(Problem::Enterprise));
    }
    if security == Some(Security::Open) {
        return Ok(Credentials { ssid, passphrase: Passphrase::open() });
    }
    let passphrase = passphrase(body).map_err(rejected)?;
    if security.is_some() && passphrase.is_open() {
        return Err(rejected(Problem::PassphraseMissing));
    }
    Ok(Credentials { ssid, passphrase })
}

/// The time in the field `timeout` of a ping, in seconds: 1 to [`ALIVE_LIMIT`].
pub(super) fn seconds(body: &[u8]) -> Option<Duration> {
    let mut digits = [0; 3];
    let text = core::str::from_utf8(field(body, "timeout", &mut digits).ok()?).ok()?;
    let seconds = Duration::from_secs(text.parse().ok()?);
    (!seconds.is_zero() && seconds <= ALIVE_LIMIT).then_some(seconds)
}

fn network(body: &[u8]) -> Result<Ssid, Problem> {
    let (mut picked, mut typed) = ([0; 2 * Ssid::MAX], [0; Ssid::MAX]);
    let picked = field(body, NETWORK_FIELD, &mut picked).map_err(|_| Problem::Unreadable)?;
    // A typed name counts only when nothing is picked, so only then can it be too long.
    let typed = match field(body, SSID_FIELD, &mut typed) {
        Err(_) if picked.is_empty() => return Err(Problem::NetworkNameTooLong),
        Err(_) => &[],
        Ok(typed) => typed,
    };
    chosen_network(picked, typed)
}

/// A field's value; nothing when the form has no such field.
fn field<'a>(body: &[u8], name: &str, buffer: &'a mut [u8]) -> Result<&'a [u8], form::TooLong> {
    form::find(body, name).map_or(Ok(&[]), |value| value.decode(buffer))
}

fn passphrase(body: &[u8]) -> Result<Passphrase, Problem> {
    let mut secret = [0; Passphrase::MAX];
    let outcome = match field(body, PASSPHRASE_FIELD, &mut secret) {
        Err(_) => Err(Problem::BadPassphrase(BadPassphrase::TooLong)),
        Ok(bytes) if core::str::from_utf8(bytes).is_err() => Err(Problem::PassphraseNotText),
        Ok(bytes) => Passphrase::new(bytes).map_err(Problem::BadPassphrase),
    };
    secret.zeroize();
    outcome
}
