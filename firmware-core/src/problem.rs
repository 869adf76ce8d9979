//! Why something that an owner or a client asked for was not done: one vocabulary for the commands, the
//! guards, the events, the pages and the JSON interface.
//!
//! The texts for the owner are in [`crate::pages`]; the HTTP front end chooses the status.

use core::fmt;

use crate::passphrase::BadPassphrase;

/// Why something that was asked for was not done.
///
/// ```
/// use vestibule_core::{BadPassphrase, Problem};
///
/// let problem = Problem::BadPassphrase(BadPassphrase::TooShort);
/// assert_eq!(problem.to_string(), "the passphrase: a Wi-Fi passphrase has at least 8 characters");
/// assert_eq!(Problem::Stale.code(), "stale");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// No network was picked and none typed.
    NoNetwork,
    /// The typed name has more than 32 bytes.
    NetworkNameTooLong,
    /// The typed name is not UTF-8 or has control characters.
    NetworkNameNotText,
    /// No network of the typed name was heard, but one that differs from it in what is easily mistyped: blanks at
    /// the ends, capitals, the kind of apostrophe. The same name again is taken as it is.
    NetworkNameAlike,
    /// The passphrase breaks a rule of Wi-Fi.
    BadPassphrase(BadPassphrase),
    /// The form was too long or not one that these pages sent.
    Unreadable,
    /// Another attempt is still under way.
    Busy,
    /// The network asks for a user name or a certificate, which these pages do not.
    Enterprise,
    /// The network is protected in a way that the device does not have ([`crate::Security::Unsupported`]).
    Unsupported,
    /// The network asks for a passphrase and none was typed.
    PassphraseMissing,
    /// A passphrase was typed, and what was heard of the name is an open network: the one that was meant may not have
    /// been heard. Without a passphrase the open one is chosen.
    PassphraseNeedless,
    /// The passphrase is not UTF-8 or has control characters, so no keyboard has typed it.
    PassphraseNotText,
    /// A field of the application does not take what was entered; the page says which and why.
    Field,
    /// The values of the application's fields are too long together.
    FieldsTooLong,
    /// The form comes from a page of an earlier opening of the portal, or from none.
    Stale,
    /// A sealed form could not be opened.
    SealBroken,
    /// A sealed form could not be opened by the code on the device's label, with which it says that it was sealed.
    WrongCode,
    /// A sealed form was opened before.
    SentBefore,
    /// The form is not sealed, and must be.
    NotSealed,
    /// Too many submissions came in a minute.
    TooMany,
    /// Another site made the browser send this.
    Foreign,
    /// The query of the address holds a field that belongs into the body: addresses end up in histories and logs.
    InAddress,
    /// It is neither a form nor JSON.
    MediaType,
    /// The device has joined a network; there is nothing to set up.
    Joined,
    /// The portal is not open; nothing can be set up before it is.
    PortalClosed,
    /// The flash could not be wiped.
    Storage,
    /// A ping does not say for how long.
    NoTimeout,
    /// The host that was asked for is not this device.
    Misdirected,
    /// The path is not there.
    NotFound,
    /// The path does not take this method.
    NotAllowed,
}

impl Problem {
    /// Every problem.
    pub const ALL: [Self; 33] = [
        Self::NoNetwork,
        Self::NetworkNameTooLong,
        Self::NetworkNameNotText,
        Self::NetworkNameAlike,
        Self::BadPassphrase(BadPassphrase::TooShort),
        Self::BadPassphrase(BadPassphrase::TooLong),
        Self::BadPassphrase(BadPassphrase::NotHex),
        Self::BadPassphrase(BadPassphrase::Control),
        Self::Unreadable,
        Self::Busy,
        Self::Enterprise,
        Self::Unsupported,
        Self::PassphraseMissing,
        Self::PassphraseNeedless,
        Self::PassphraseNotText,
        Self::Field,
        Self::FieldsTooLong,
        Self::Stale,
        Self::SealBroken,
        Self::WrongCode,
        Self::SentBefore,
        Self::NotSealed,
        Self::TooMany,
        Self::Foreign,
        Self::InAddress,
        Self::MediaType,
        Self::Joined,
        Self::PortalClosed,
        Self::Storage,
        Self::NoTimeout,
        Self::Misdirected,
        Self::NotFound,
        Self::NotAllowed,
    ];

    /// The problem in one word, for programs. These words never change.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoNetwork => "no-network",
            Self::NetworkNameTooLong => "network-name-too-long",
            Self::NetworkNameNotText => "network-name-not-text",
            Self::NetworkNameAlike => "network-name-alike",
            Self::BadPassphrase(BadPassphrase::TooShort) => "passphrase-too-short",
            Self::BadPassphrase(BadPassphrase::TooLong) => "passphrase-too-long",
            Self::BadPassphrase(BadPassphrase::NotHex) => "passphrase-not-hex",
            Self::BadPassphrase(BadPassphrase::Control) => "passphrase-with-control",
            Self::PassphraseMissing => "passphrase-missing",
            Self::PassphraseNeedless => "passphrase-needless",
            Self::PassphraseNotText => "passphrase-not-text",
            Self::Unreadable => "unreadable",
            Self::Busy => "busy",
            Self::Enterprise => "enterprise",
            Self::Unsupported => "unsupported",
            Self::Field => "field",
            Self::FieldsTooLong => "fields-too-long",
            Self::Stale => "stale",
            Self::SealBroken => "seal-broken",
            Self::WrongCode => "wrong-code",
            Self::SentBefore => "sent-before",
            Self::NotSealed => "not-sealed",
            Self::TooMany => "too-many",
            Self::Foreign => "foreign",
            Self::InAddress => "in-address",
            Self::MediaType => "media-type",
            Self::Joined => "joined",
            Self::PortalClosed => "portal-closed",
            Self::Storage => "storage",
            Self::NoTimeout => "no-timeout",
            Self::Misdirected => "misdirected",
            Self::NotFound => "not-found",
            Self::NotAllowed => "not-allowed",
        }
    }
}

/// For a log or a terminal. What an owner reads is on the pages.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadPassphrase(bad) => return write!(f, "the passphrase: {bad}"),
            Self::NoNetwork => "no network was named",
            Self::NetworkNameTooLong => "the network's name has more than 32 bytes",
            Self::NetworkNameNotText => "the network's name is not text",
            Self::NetworkNameAlike => "a network of nearly that name was heard, and none of it",
            Self::Unreadable => "what was sent cannot be read",
            Self::Busy => "a network is still being tried",
            Self::Enterprise => "the network asks for a user name or a certificate",
            Self::Unsupported => "the device does not have the network's protection",
            Self::PassphraseMissing => "the network asks for a passphrase",
            Self::PassphraseNeedless => "the network heard asks for no passphrase",
            Self::PassphraseNotText => "the passphrase is not text",
            Self::Field => "one of the application's fields does not take its value",
            Self::FieldsTooLong => "the values of the application's fields are too long together",
            Self::Stale => "the form carries no valid CSRF token",
            Self::SealBroken => "the sealed form cannot be opened",
            Self::WrongCode => "the sealed form cannot be opened by the label's code",
            Self::SentBefore => "the sealed form was opened before",
            Self::NotSealed => "the form is not sealed",
            Self::TooMany => "the rate limit is reached",
            Self::Foreign => "the request comes from another site's page",
            Self::InAddress => "the query holds what belongs into the body",
            Self::MediaType => "the body is neither a form nor JSON",
            Self::Joined => "the device has joined a network",
            Self::PortalClosed => "the portal is not open",
            Self::Storage => "the flash could not be wiped",
            Self::NoTimeout => "the timeout is missing or out of range",
            Self::Misdirected => "the device is not known by this host name",
            Self::NotFound => "the path does not exist",
            Self::NotAllowed => "the path does not take this method",
        })
    }
}

impl core::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::string::ToString;

    use super::*;

    #[test]
    fn no_two_problems_have_the_same_words() {
        let codes: BTreeSet<_> = Problem::ALL.map(Problem::code).into();
        let texts: BTreeSet<_> = Problem::ALL.map(|problem| problem.to_string()).into();
        assert_eq!((codes.len(), texts.len()), (Problem::ALL.len(), Problem::ALL.len()));
        assert!(codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    }
}
