//! The portal's events as fields of a line.

use core::fmt::{self, Write};

use vestibule_core::{Answer, BadPassphrase, ConnectionId, Event, Problem};

use crate::names::Named;
use crate::text::{AddressFields, Fields, Hex};

pub(crate) fn write(event: &Event, out: &mut impl Write) -> fmt::Result {
    match *event {
        Event::State { from, on, to } => write!(out, "state {} {} {}", from.name(), on.name(), to.name()),
        Event::AccessPoint { up } => write!(out, "access-point {up}"),
        Event::Answered { connection, interface, status, answer } => {
            let (interface, (kind, client)) = (interface.name(), answer_words(answer));
            write!(out, "answered {connection} {interface} {status} {kind} {client}")
        }
        Event::Submitted { ssid } => write!(out, "submitted {}", Hex(ssid.as_bytes())),
        Event::Rejected(problem) => write!(out, "rejected {}", problem_word(problem)),
        Event::JoinFailed { ssid, reason } => {
            write!(out, "join-failed {} {}", Hex(ssid.as_bytes()), reason.name())
        }
        Event::Joined { ssid, link } => {
            write!(out, "joined {} {}", Hex(ssid.as_bytes()), AddressFields(&link))
        }
        Event::Stored { ssid } => write!(out, "stored {}", Hex(ssid.as_bytes())),
        Event::Forgotten => out.write_str("forgotten"),
        Event::ResultRead => out.write_str("result-read"),
        Event::StorageFault(fault) => write!(out, "storage-fault {}", fault.name()),
    }
}

pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Event> {
    Some(match fields.word()? {
        "state" => Event::State { from: fields.name()?, on: fields.name()?, to: fields.name()? },
        "access-point" => Event::AccessPoint { up: fields.value()? },
        "answered" => Event::Answered {
            connection: ConnectionId::new(fields.value()?)?,
            interface: fields.name()?,
            status: fields.value()?,
            answer: read_answer(fields)?,
        },
        "submitted" => Event::Submitted { ssid: fields.ssid()? },
        "rejected" => {
            let word = fields.word()?;
            Event::Rejected(PROBLEMS.into_iter().find(|problem| problem_word(*problem) == word)?)
        }
        "join-failed" => Event::JoinFailed { ssid: fields.ssid()?, reason: fields.name()? },
        "joined" => Event::Joined { ssid: fields.ssid()?, link: fields.link()? },
        "stored" => Event::Stored { ssid: fields.ssid()? },
        "forgotten" => Event::Forgotten,
        "result-read" => Event::ResultRead,
        "storage-fault" => Event::StorageFault(fields.name()?),
        _ => return None,
    })
}

/// What an answer was, and whose check it answered.
fn answer_words(answer: Answer) -> (&'static str, &'static str) {
    match answer {
        Answer::Captured(client) => ("Captured", client.name()),
        Answer::LetGo(client) => ("LetGo", client.name()),
        Answer::Redirected => ("Redirected", "-"),
        Answer::SetupPage => ("SetupPage", "-"),
        Answer::TryingPage => ("TryingPage", "-"),
        Answer::ResultPage => ("ResultPage", "-"),
        Answer::HomePage => ("HomePage", "-"),
        Answer::Script => ("Script", "-"),
        Answer::FormTaken => ("FormTaken", "-"),
        Answer::Application => ("Application", "-"),
        Answer::Data => ("Data", "-"),
        Answer::KeptAlive => ("KeptAlive", "-"),
        Answer::Refused => ("Refused", "-"),
    }
}

fn read_answer(fields: &mut Fields<'_>) -> Option<Answer> {
    let answer = match fields.word()? {
        "Captured" => return Some(Answer::Captured(fields.name()?)),
        "LetGo" => return Some(Answer::LetGo(fields.name()?)),
        "Redirected" => Answer::Redirected,
        "SetupPage" => Answer::SetupPage,
        "TryingPage" => Answer::TryingPage,
        "ResultPage" => Answer::ResultPage,
        "HomePage" => Answer::HomePage,
        "Script" => Answer::Script,
        "FormTaken" => Answer::FormTaken,
        "Application" => Answer::Application,
        "Data" => Answer::Data,
        "KeptAlive" => Answer::KeptAlive,
        "Refused" => Answer::Refused,
        _ => return None,
    };
    (fields.word()? == "-").then_some(answer)
}

/// Every problem, so that one can be found by its word.
pub(crate) const PROBLEMS: [Problem; 24] = [
    Problem::NoNetwork,
    Problem::NetworkNameTooLong,
    Problem::NetworkNameNotText,
    Problem::BadPassphrase(BadPassphrase::TooShort),
    Problem::BadPassphrase(BadPassphrase::TooLong),
    Problem::BadPassphrase(BadPassphrase::NotHex),
    Problem::Unreadable,
    Problem::Busy,
    Problem::Enterprise,
    Problem::PassphraseMissing,
    Problem::PassphraseNotText,
    Problem::Field,
    Problem::FieldsTooLong,
    Problem::Stale,
    Problem::TooMany,
    Problem::Foreign,
    Problem::InAddress,
    Problem::MediaType,
    Problem::Joined,
    Problem::Storage,
    Problem::NoTimeout,
    Problem::Misdirected,
    Problem::NotFound,
    Problem::NotAllowed,
];

fn problem_word(problem: Problem) -> &'static str {
    match problem {
        Problem::NoNetwork => "NoNetwork",
        Problem::NetworkNameTooLong => "NetworkNameTooLong",
        Problem::NetworkNameNotText => "NetworkNameNotText",
        Problem::BadPassphrase(BadPassphrase::TooShort) => "PassphraseTooShort",
        Problem::BadPassphrase(BadPassphrase::TooLong) => "PassphraseTooLong",
        Problem::BadPassphrase(BadPassphrase::NotHex) => "PassphraseNotHex",
        Problem::Unreadable => "Unreadable",
        Problem::Busy => "Busy",
        Problem::Enterprise => "Enterprise",
        Problem::PassphraseMissing => "PassphraseMissing",
        Problem::PassphraseNotText => "PassphraseNotText",
        Problem::Field => "Field",
        Problem::FieldsTooLong => "FieldsTooLong",
        Problem::Stale => "Stale",
        Problem::TooMany => "TooMany",
        Problem::Foreign => "Foreign",
        Problem::InAddress => "InAddress",
        Problem::MediaType => "MediaType",
        Problem::Joined => "Joined",
        Problem::Storage => "Storage",
        Problem::NoTimeout => "NoTimeout",
        Problem::Misdirected => "Misdirected",
        Problem::NotFound => "NotFound",
        Problem::NotAllowed => "NotAllowed",
    }
}
