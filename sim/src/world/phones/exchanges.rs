//! What a phone's check asks and what comes of it, in the words of a trace.

use crate::phone::{Exchange, Progress};
use crate::trace::What;

/// An exchange under way: what it asks, and the beginning of what came.
pub(super) struct Asked {
    pub(super) what: String,
    dns: bool,
    pub(super) came: Vec<u8>,
    /// Its first line has been written down.
    told: bool,
}

/// What an exchange asks, in a word for its outcome and as it is written down.
pub(super) fn describe(exchange: &Exchange) -> (Asked, What) {
    let asked = |what: String, dns| Asked { what, dns, came: Vec::new(), told: false };
    match exchange {
        Exchange::Datagram { payload, .. } => {
            let (name, kind) = crate::dns::describe_question(payload);
            (asked(format!("{kind} {name}"), true), What::Question { name, kind })
        }
        Exchange::Stream { payload, .. } => {
            let head = String::from_utf8_lossy(payload);
            let line = head.lines().next().unwrap_or_default().to_owned();
            let host =
                head.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap_or_default().to_owned();
            (asked(format!("{line} ({host})"), false), What::Request { line, host })
        }
        Exchange::Tls { server_name, .. } => {
            (asked(format!("https to {server_name}"), false), What::Secure { host: server_name.clone() })
        }
    }
}

/// What came of it, in words, once that can be said.
pub(super) fn outcome(asked: &mut Asked, progress: &Progress<'_>) -> Option<String> {
    match progress {
        Progress::Connected => None,
        Progress::Received(bytes) if asked.dns => Some(crate::dns::describe_answer(bytes)),
        Progress::Received(_) if asked.told => None,
        Progress::Received(_) => {
            let end = asked.came.iter().position(|byte| *byte == b'\n')?;
            asked.told = true;
            Some(String::from_utf8_lossy(&asked.came[..end]).trim_end().to_owned())
        }
        Progress::Ended if asked.came.is_empty() => Some("closed without an answer".into()),
        Progress::Ended => None,
        Progress::Reset => Some("reset".into()),
        Progress::Refused => Some("refused".into()),
        Progress::Unreachable => Some("unreachable".into()),
    }
}
