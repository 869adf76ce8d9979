//! What an owner submits, a network with its passphrase and the application's fields, and whether it can be
//! tried. The same rules hold for every front end; how each of them spells a submission is its own.

use core::fmt;

use crate::application::{self, Field, Kept, Sent};
use crate::credentials::Values;
use crate::scan_list::ScanList;
use crate::{BadPassphrase, Credentials, Passphrase, Problem, Security, Ssid};

/// A network to try, as the owner entered it: the argument of [`Portal::submit`](crate::Portal::submit).
///
/// ```
/// use vestibule_core::{FieldValues, Ssid, Submission};
///
/// let submission = Submission {
///     ssid: Ssid::new(b"Home")?,
///     passphrase: b"correct horse",
///     fields: FieldValues::from_pairs(&[("broker", "10.0.0.2"), ("quiet", "on")]),
/// };
/// assert_eq!(format!("{submission:?}"), r#"Submission { ssid: "Home", .. }"#, "no secret is shown");
/// # Ok::<(), vestibule_core::SsidTooLong>(())
/// ```
#[derive(Clone, Copy)]
pub struct Submission<'a> {
    /// The network's name.
    pub ssid: Ssid,
    /// Its passphrase as it was entered, not checked yet; empty for an open network.
    pub passphrase: &'a [u8],
    /// The values that were entered into the application's fields.
    pub fields: FieldValues<'a>,
}

/// Shows the network's name alone.
impl fmt::Debug for Submission<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission").field("ssid", &self.ssid).finish_non_exhaustive()
    }
}

/// What an owner entered into the fields that the application declares
/// ([`Application::fields`](application::Application::fields)): values by the fields' names, unchecked.
///
/// A field that is left out keeps its value, as one does that a form leaves out. The exceptions are a form's,
/// too: a [`Checkbox`](application::FieldKind::Checkbox) that is left out is not ticked, and of
/// [`Buttons`](application::FieldKind::Buttons) that are left out none was pressed.
///
/// ```
/// use vestibule_core::FieldValues;
///
/// let typed = FieldValues::from_pairs(&[("broker", "mqtt.local"), ("port", "1883")]);
/// let posted = FieldValues::from_form(b"broker=mqtt.local&port=1883");
/// # let _ = (typed, posted);
/// ```
#[derive(Clone, Copy)]
pub struct FieldValues<'a>(Sent<'a>);

impl<'a> FieldValues<'a> {
    /// Nothing was entered.
    pub const NONE: Self = Self(Sent::Pairs(&[]));

    /// Names and values as plain text: from a serial line, Bluetooth or another program. Of several values
    /// of one name the first counts.
    pub const fn from_pairs(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self(Sent::Pairs(pairs))
    }

    /// The body of an HTML form (`application/x-www-form-urlencoded`).
    pub const fn from_form(body: &'a [u8]) -> Self {
        Self(Sent::Form(body))
    }

    /// The values of a request, in any of its formats.
    pub(super) const fn from_request(sent: Sent<'a>) -> Self {
        Self(sent)
    }
}

/// Shows nothing of them: some are secret.
impl fmt::Debug for FieldValues<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FieldValues(hidden)")
    }
}

/// A submission that can be tried.
pub(super) struct CheckedSubmission {
    pub(super) credentials: Credentials,
    pub(super) values: Values,
}

/// Whether a submission can be tried, given what the last scan heard. A field that it leaves out has the
/// value that is stored.
pub(super) fn check(
    submission: &Submission<'_>,
    networks: &ScanList,
    fields: &[Field],
    kept: Kept<'_>,
) -> Result<CheckedSubmission, Problem> {
    let credentials = credentials(submission, networks.security(&submission.ssid))?;
    let values = application::read_values(fields, submission.fields.0, kept)?;
    Ok(CheckedSubmission { credentials, values })
}

/// The credentials for a network with this protection; `None` if the last scan has not found it.
fn credentials(submission: &Submission<'_>, security: Option<Security>) -> Result<Credentials, Problem> {
    let ssid = submission.ssid;
    if ssid.is_empty() {
        return Err(Problem::NoNetwork);
    }
    suits(security, !submission.passphrase.is_empty())?;
    Ok(Credentials { ssid, passphrase: passphrase(submission.passphrase)? })
}

/// Whether a network that was heard with this protection can be joined with a passphrase, or without one. One that was
/// not heard is tried.
pub(super) const fn suits(security: Option<Security>, with_passphrase: bool) -> Result<(), Problem> {
    match (security, with_passphrase) {
        (Some(Security::Enterprise), _) => Err(Problem::Enterprise),
        (Some(Security::Unsupported), _) => Err(Problem::Unsupported),
        // Its owner meant a protected one, which this may be a twin of.
        (Some(Security::Open), true) => Err(Problem::PassphraseNeedless),
        (Some(Security::Wpa2 | Security::Wpa2Wpa3 | Security::Wpa3), false) => {
            Err(Problem::PassphraseMissing)
        }
        _ => Ok(()),
    }
}

fn passphrase(entered: &[u8]) -> Result<Passphrase, Problem> {
    if entered.len() > Passphrase::MAX {
        return Err(Problem::BadPassphrase(BadPassphrase::TooLong));
    }
    if core::str::from_utf8(entered).is_err() {
        return Err(Problem::PassphraseNotText);
    }
    Passphrase::new(entered).map_err(|bad| match bad {
        BadPassphrase::Control => Problem::PassphraseNotText,
        bad => Problem::BadPassphrase(bad),
    })
}
