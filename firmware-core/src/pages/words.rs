//! The sentences of the pages that depend on what happened: what it was, and what helps.

use super::{Notice, Problem};
use crate::{BadPassphrase, JoinFailure, Security};

/// What went wrong, and what the owner can do about it: one sentence each.
pub(crate) fn notice(notice: Notice) -> (&'static str, &'static str) {
    match notice {
        Notice::Failed(failure) => match failure {
            JoinFailure::WrongPassphrase => (
                "The network did not accept the password.",
                "Type the password again; capitals and small letters count.",
            ),
            JoinFailure::NotFound => (
                "The network was not heard.",
                "Move the device closer to the router, and check that the router offers 2.4 GHz.",
            ),
            JoinFailure::Refused => (
                "The router turned the device away.",
                "Check whether the router limits which devices or how many may join, then try again.",
            ),
            JoinFailure::NoAddress => (
                "The network was joined, but its router gave the device no address.",
                "Restart the router, then try again.",
            ),
            JoinFailure::Unsure => (
                "The network gave no clear answer.",
                "Check the password, move the device closer to the router, then try again.",
            ),
        },
        Notice::Problem(problem) => match problem {
            Problem::NoNetwork => ("No network was chosen.", "Choose one from the list, or type its name."),
            Problem::NetworkNameTooLong => (
                "The network name is too long.",
                "A name has at most 32 letters, and fewer with accents or symbols.",
            ),
            Problem::NetworkNameNotText => {
                ("The network name cannot be used.", "Choose the network from the list instead.")
            }
            Problem::BadPassphrase(bad) => passphrase(bad),
            Problem::Unreadable => ("The form did not arrive whole.", "Fill it in again."),
            Problem::Busy => {
                ("The device is still trying the network before.", "Wait a moment, then try again.")
            }
            Problem::Enterprise => (
                "This network asks for a user name or a certificate, which this device does not support.",
                "Choose another network: a guest network or a phone's hotspot, say.",
            ),
            Problem::PassphraseMissing => {
                ("This network needs a password.", "Type it; it often stands on the back of the router.")
            }
            Problem::Field => ("Some entries need another look.", "What to change stands beside each."),
            Problem::FieldsTooLong => {
                ("The entries are too long together.", "Shorten some of them, then try again.")
            }
            Problem::Stale => (
                "This page was out of date.",
                "Choose the network again and type its password; the page is a fresh one now.",
            ),
            Problem::TooMany => ("That was too often.", "Wait a minute, then try again."),
            Problem::Foreign => {
                ("Another site has sent this.", "Open the device's own page and send it from there.")
            }
            Problem::InAddress => (
                "The address holds what belongs into the form.",
                "Send it in the body: addresses are kept in histories and logs.",
            ),
            Problem::MediaType => ("This is neither a form nor JSON.", "Say in Content-Type which it is."),
            Problem::Joined => (
                "The device has joined a network already.",
                "Wait until it has closed its setup network, or reset it.",
            ),
            Problem::Storage => ("The device could not forget its network.", "Try again."),
            Problem::NoTimeout => {
                ("The time is missing.", "Send timeout and a number of seconds from 1 to 120.")
            }
            Problem::Misdirected => (
                "This device is not known by that name.",
                "Use its address, or its name with or without .local.",
            ),
            Problem::NotFound => ("Nothing is here.", "See the description of the interface."),
            Problem::NotAllowed => ("This cannot be asked like that.", "See Allow for the methods."),
            Problem::PassphraseNotText => {
                ("The password cannot be read.", "Type it again by hand instead of pasting it.")
            }
        },
    }
}

/// The same in one word, for programs. These never change.
pub(crate) fn code(notice: Notice) -> &'static str {
    match notice {
        Notice::Failed(failure) => match failure {
            JoinFailure::WrongPassphrase => "wrong-passphrase",
            JoinFailure::NotFound => "network-not-found",
            JoinFailure::Refused => "refused",
            JoinFailure::NoAddress => "no-address",
            JoinFailure::Unsure => "unsure",
        },
        Notice::Problem(problem) => match problem {
            Problem::NoNetwork => "no-network",
            Problem::NetworkNameTooLong => "network-name-too-long",
            Problem::NetworkNameNotText => "network-name-not-text",
            Problem::BadPassphrase(BadPassphrase::TooShort) => "passphrase-too-short",
            Problem::BadPassphrase(BadPassphrase::TooLong) => "passphrase-too-long",
            Problem::BadPassphrase(BadPassphrase::NotHex) => "passphrase-not-hex",
            Problem::PassphraseMissing => "passphrase-missing",
            Problem::PassphraseNotText => "passphrase-not-text",
            Problem::Unreadable => "unreadable",
            Problem::Busy => "busy",
            Problem::Enterprise => "enterprise",
            Problem::Field => "field",
            Problem::FieldsTooLong => "fields-too-long",
            Problem::Stale => "stale",
            Problem::TooMany => "too-many",
            Problem::Foreign => "foreign",
            Problem::InAddress => "in-address",
            Problem::MediaType => "media-type",
            Problem::Joined => "joined",
            Problem::Storage => "storage",
            Problem::NoTimeout => "no-timeout",
            Problem::Misdirected => "misdirected",
            Problem::NotFound => "not-found",
            Problem::NotAllowed => "not-allowed",
        },
    }
}

fn passphrase(bad: BadPassphrase) -> (&'static str, &'static str) {
    match bad {
        BadPassphrase::TooShort => {
            ("The password is too short.", "A Wi-Fi password has at least 8 characters.")
        }
        BadPassphrase::TooLong => {
            ("The password is too long.", "A Wi-Fi password has at most 63 characters.")
        }
        BadPassphrase::NotHex => (
            "A password of 64 characters must be a key.",
            "A key has only the digits 0 to 9 and the letters a to f; a password has at most 63 characters.",
        ),
    }
}

/// A network's protection in the owner's words.
pub(super) fn security(security: Security) -> &'static str {
    match security {
        Security::Open => "open, no password",
        Security::Wpa2 | Security::Wpa2Wpa3 | Security::Wpa3 => "password needed",
        Security::Enterprise => "not supported: asks for a user name",
    }
}

/// How well a network is heard, in four steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strength {
    Weak,
    Fair,
    Good,
    Strong,
}

impl Strength {
    /// The steps are this project's choice; no standard sets them.
    pub(super) fn of(signal_dbm: i8) -> Self {
        match signal_dbm {
            -55.. => Self::Strong,
            -67..-55 => Self::Good,
            -77..-67 => Self::Fair,
            _ => Self::Weak,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Strong => "strong signal",
            Self::Good => "good signal",
            Self::Fair => "fair signal",
            Self::Weak => "weak signal",
        }
    }

    /// How many of the four bars are full.
    pub(super) fn bars(self) -> usize {
        match self {
            Self::Weak => 1,
            Self::Fair => 2,
            Self::Good => 3,
            Self::Strong => 4,
        }
    }
}
