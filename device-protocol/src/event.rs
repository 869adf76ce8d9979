//! The portal's events as fields of a line.

use core::fmt::{self, Write};

use vestibule_core::{Answer, ConnectionId, Event, Problem, ResultDelivery};

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
        Event::Rejected(problem) => write!(out, "rejected {}", problem.code()),
        Event::JoinFailed { ssid, reason } => {
            write!(out, "join-failed {} {}", Hex(ssid.as_bytes()), reason.name())
        }
        Event::Joined { ssid, link } => {
            write!(out, "joined {} {}", Hex(ssid.as_bytes()), AddressFields(&link))
        }
        Event::AddressChanged { link: Some(link) } => {
            write!(out, "address-changed {}", AddressFields(&link))
        }
        Event::AddressChanged { link: None } => out.write_str("address-lost"),
        Event::Stored { ssid } => write!(out, "stored {}", Hex(ssid.as_bytes())),
        Event::Forgotten => out.write_str("forgotten"),
        Event::ResultDelivered(ResultDelivery { over, interface }) => {
            write!(out, "result-delivered {} {}", over.name(), interface.map_or("-", Named::name))
        }
        Event::StaysClosed => out.write_str("stays-closed"),
        Event::CaptiveHome => out.write_str("captive-home"),
        Event::StorageFault(fault) => write!(out, "storage-fault {}", fault.name()),
        // An event that the core has and this protocol lacks. The host logs a line that it cannot read.
        _ => out.write_str("?"),
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
            Event::Rejected(Problem::ALL.into_iter().find(|problem| problem.code() == word)?)
        }
        "join-failed" => Event::JoinFailed { ssid: fields.ssid()?, reason: fields.name()? },
        "joined" => Event::Joined { ssid: fields.ssid()?, link: fields.link()? },
        "address-changed" => Event::AddressChanged { link: Some(fields.link()?) },
        "address-lost" => Event::AddressChanged { link: None },
        "stored" => Event::Stored { ssid: fields.ssid()? },
        "forgotten" => Event::Forgotten,
        "result-delivered" => {
            let over = fields.name()?;
            let interface = match fields.word()? {
                "-" => None,
                name => Some(Named::named(name)?),
            };
            Event::ResultDelivered(ResultDelivery { over, interface })
        }
        "stays-closed" => Event::StaysClosed,
        "captive-home" => Event::CaptiveHome,
        "storage-fault" => Event::StorageFault(fields.name()?),
        _ => return None,
    })
}

/// The words for an answer: its kind, and the client whose check it answered.
fn answer_words(answer: Answer) -> (&'static str, &'static str) {
    match answer {
        Answer::Captured(client) => ("Captured", client.name()),
        Answer::LetGo(client) => ("LetGo", client.name()),
        Answer::Redirected => ("Redirected", "-"),
        Answer::SetupPage => ("SetupPage", "-"),
        Answer::JoiningPage => ("JoiningPage", "-"),
        Answer::ResultPage => ("ResultPage", "-"),
        Answer::HomePage => ("HomePage", "-"),
        Answer::Script => ("Script", "-"),
        Answer::FormTaken => ("FormTaken", "-"),
        Answer::Application => ("Application", "-"),
        Answer::Data => ("Data", "-"),
        Answer::KeptAlive => ("KeptAlive", "-"),
        Answer::Refused => ("Refused", "-"),
        // As an event without a word.
        _ => ("?", "-"),
    }
}

fn read_answer(fields: &mut Fields<'_>) -> Option<Answer> {
    let answer = match fields.word()? {
        "Captured" => return Some(Answer::Captured(fields.name()?)),
        "LetGo" => return Some(Answer::LetGo(fields.name()?)),
        "Redirected" => Answer::Redirected,
        "SetupPage" => Answer::SetupPage,
        "JoiningPage" => Answer::JoiningPage,
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
