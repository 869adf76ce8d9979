//! The sentences of the pages that depend on what happened: what it was, and what helps.

use super::language::Text;
use super::notice::Notice;
use crate::join_failure::JoinFailure;
use crate::passphrase::BadPassphrase;
use crate::problem::Problem;
use crate::scan_record::Security;

/// The problem; its remedy is [`Text::remedy`].
pub(super) fn reason(notice: Notice) -> Text {
    match notice {
        Notice::Failed(JoinFailure::WrongPassphrase) => Text::WRONG_PASSPHRASE,
        Notice::Failed(JoinFailure::NotFound) => Text::NOT_HEARD,
        Notice::Failed(JoinFailure::Refused) => Text::REFUSED,
        Notice::Failed(JoinFailure::NoAddress) => Text::NO_ADDRESS,
        Notice::Failed(JoinFailure::NoGateway) => Text::NO_GATEWAY,
        Notice::Failed(JoinFailure::Unknown) => Text::UNKNOWN,
        Notice::NotAscii(_) => Text::NOT_ASCII,
        Notice::StoredUnreadable => Text::STORED_UNREADABLE,
        Notice::Restarted => Text::RESTARTED,
        Notice::Problem(problem) => match problem {
            Problem::NoNetwork => Text::NO_NETWORK,
            Problem::NetworkNameTooLong => Text::NAME_TOO_LONG,
            Problem::NetworkNameNotText => Text::NAME_NOT_TEXT,
            Problem::NetworkNameAlike => Text::NAME_ALIKE,
            Problem::BadPassphrase(BadPassphrase::TooShort) => Text::TOO_SHORT,
            Problem::BadPassphrase(BadPassphrase::TooLong) => Text::TOO_LONG,
            Problem::BadPassphrase(BadPassphrase::NotHex) => Text::NOT_HEX,
            Problem::Enterprise => Text::ASKS_FOR_USER,
            Problem::Unsupported => Text::OTHER_PROTECTION,
            Problem::PassphraseMissing => Text::PASSWORD_MISSING,
            Problem::PassphraseNeedless => Text::PASSWORD_NEEDLESS,
            Problem::PassphraseNotText | Problem::BadPassphrase(BadPassphrase::Control) => {
                Text::PASSWORD_NOT_TEXT
            }
            Problem::Field => Text::FIELD_WRONG,
            Problem::FieldsTooLong => Text::FIELDS_TOO_LONG,
            Problem::Stale => Text::STALE,
            Problem::SealBroken => Text::SEAL_BROKEN,
            Problem::WrongCode => Text::WRONG_CODE,
            Problem::SentBefore => Text::SENT_BEFORE,
            Problem::NotSealed => Text::NOT_SEALED,
            Problem::TooMany => Text::TOO_OFTEN,
            // Problems that no form of these pages causes.
            _ => Text::NOT_WHOLE,
        },
    }
}

/// The problem and its remedy, for programs: one sentence each, in English.
pub(crate) fn sentences(notice: Notice) -> (&'static str, &'static str) {
    match notice {
        Notice::Problem(Problem::Busy) => {
            ("The device is still trying the network before.", "Wait a moment, then try again.")
        }
        Notice::Problem(Problem::Foreign) => {
            ("Another site has sent this.", "Open the device's own page and send it from there.")
        }
        Notice::Problem(Problem::InAddress) => (
            "The address holds what belongs into the form.",
            "Send it in the body: addresses are kept in histories and logs.",
        ),
        Notice::Problem(Problem::MediaType) => {
            ("This is neither a form nor JSON.", "Say in Content-Type which it is.")
        }
        Notice::Problem(Problem::Joined) => (
            "The device has joined a network already.",
            "Wait until it has closed its setup network, or reset it.",
        ),
        Notice::Problem(Problem::Storage) => ("The device could not forget its network.", "Try again."),
        Notice::Problem(Problem::NoTimeout) => {
            ("The time is missing.", "Send timeout and a number of seconds from 1 to 120.")
        }
        Notice::Problem(Problem::Misdirected) => {
            ("This device is not known by that name.", "Use its address, or its name with or without .local.")
        }
        Notice::Problem(Problem::NotFound) => ("Nothing is here.", "See the description of the interface."),
        Notice::Problem(Problem::NotAllowed) => {
            ("This cannot be asked like that.", "See Allow for the methods.")
        }
        _ => {
            let reason = reason(notice);
            (reason.in_english(), reason.remedy().in_english())
        }
    }
}

/// The same in one word, for programs. These never change.
pub(crate) fn code(notice: Notice) -> &'static str {
    match notice {
        Notice::NotAscii(_) => "passphrase-not-ascii",
        Notice::StoredUnreadable => "stored-unreadable",
        Notice::Failed(failure) => match failure {
            JoinFailure::WrongPassphrase => "wrong-passphrase",
            JoinFailure::NotFound => "network-not-found",
            JoinFailure::Refused => "refused",
            JoinFailure::NoAddress => "no-address",
            JoinFailure::NoGateway => "no-gateway",
            JoinFailure::Unknown => "unknown",
        },
        Notice::Restarted => "restarted",
        Notice::Problem(problem) => problem.code(),
    }
}

/// A network's protection in the owner's words.
pub(super) const fn security(security: Security) -> Text {
    match security {
        Security::Open => Text::OPEN,
        Security::Wpa2 | Security::Wpa2Wpa3 | Security::Wpa3 => Text::PROTECTED,
        Security::Enterprise => Text::ENTERPRISE,
        Security::Unsupported => Text::UNSUPPORTED,
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
    pub(super) const fn of(signal_dbm: i8) -> Self {
        match signal_dbm {
            -55.. => Self::Strong,
            -67..-55 => Self::Good,
            -77..-67 => Self::Fair,
            _ => Self::Weak,
        }
    }

    pub(super) const fn words(self) -> Text {
        match self {
            Self::Strong => Text::STRONG,
            Self::Good => Text::GOOD,
            Self::Fair => Text::FAIR,
            Self::Weak => Text::WEAK,
        }
    }

    /// How many of the four bars are full.
    pub(super) const fn bars(self) -> i32 {
        match self {
            Self::Weak => 1,
            Self::Fair => 2,
            Self::Good => 3,
            Self::Strong => 4,
        }
    }
}
