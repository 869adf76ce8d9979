//! From the owner's form to credentials that can be tried and the application's values, or to what is
//! wrong with it.

use core::time::Duration;

use zeroize::Zeroize;

use crate::application::{self, Field, Sent};
use crate::credentials::Values;
use crate::http::form;
use crate::limits::LONGEST_ALIVE_TIMEOUT;
use crate::pages::{NETWORK_FIELD, PASSPHRASE_FIELD, SSID_FIELD, SSID_HEX_FIELD, chosen_network};
use crate::scan_list::ScanList;
use crate::{BadPassphrase, Credentials, Passphrase, Problem, Security, Ssid};

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

/// Who sends a submission, and gets its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The setup page.
    Page,
    /// A program, through the JSON interface.
    Program,
}

/// What a submission says; a value that it leaves out is the one of `kept`.
pub(super) fn read(
    sent: Sent<'_>,
    by: By,
    networks: &ScanList,
    fields: &[Field],
    kept: &Values,
) -> Result<Submission, Rejected> {
    let credentials = credentials(sent, by, networks)?;
    let rejected = |problem| Rejected { problem, kept: credentials.ssid };
    let values = application::read_values(fields, sent, kept).map_err(rejected)?;
    Ok(Submission { credentials, values })
}

/// The credentials in a submission. What the fields mean is [`crate::pages`]'s.
fn credentials(sent: Sent<'_>, by: By, networks: &ScanList) -> Result<Credentials, Rejected> {
    let ssid = network(sent, by).map_err(|problem| Rejected { problem, kept: Ssid::EMPTY })?;
    let rejected = |problem| Rejected { problem, kept: ssid };
    let security = networks.security(&ssid);
    if security == Some(Security::Enterprise) {
        return Err(rejected(Problem::Enterprise));
    }
    if security == Some(Security::Open) {
        return Ok(Credentials { ssid, passphrase: Passphrase::open() });
    }
    let passphrase = passphrase(sent).map_err(rejected)?;
    if security.is_some() && passphrase.is_open() {
        return Err(rejected(Problem::PassphraseMissing));
    }
    Ok(Credentials { ssid, passphrase })
}

/// The time in the field `timeout` of a ping, in seconds: 1 to [`LONGEST_ALIVE_TIMEOUT`].
pub(super) fn seconds(sent: Sent<'_>) -> Option<Duration> {
    let mut digits = [0; 3];
    let text = core::str::from_utf8(field(sent, "timeout", &mut digits).ok()?).ok()?;
    let seconds = Duration::from_secs(text.parse().ok()?);
    (!seconds.is_zero() && seconds <= LONGEST_ALIVE_TIMEOUT).then_some(seconds)
}

/// The network that is meant: its bytes as digits, if they are there, or else its name.
pub(super) fn network(sent: Sent<'_>, by: By) -> Result<Ssid, Problem> {
    let digits = match by {
        By::Page => NETWORK_FIELD,
        By::Program => SSID_HEX_FIELD,
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

/// A field's value; nothing when there is no such field.
fn field<'a>(sent: Sent<'_>, name: &str, buffer: &'a mut [u8]) -> Result<&'a [u8], form::TooLong> {
    sent.find(name).map_or(Ok(&[]), |value| value.decode(buffer))
}

fn passphrase(sent: Sent<'_>) -> Result<Passphrase, Problem> {
    let mut secret = [0; Passphrase::MAX];
    let outcome = match field(sent, PASSPHRASE_FIELD, &mut secret) {
        Err(_) => Err(Problem::BadPassphrase(BadPassphrase::TooLong)),
        Ok(bytes) if core::str::from_utf8(bytes).is_err() => Err(Problem::PassphraseNotText),
        Ok(bytes) => Passphrase::new(bytes).map_err(Problem::BadPassphrase),
    };
    secret.zeroize();
    outcome
}
