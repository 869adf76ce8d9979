//! One exchange of a phone's check in the words of a trace: what it asks, and its outcome.

use crate::phone::{Exchange, Progress};
use crate::trace::What;

/// Bytes of a reply that are kept for its first line.
const REPLY_BYTES: usize = 512;

/// An exchange under way: what it asks, and the beginning of the reply.
pub(super) struct ExchangeSummary {
    what: String,
    is_dns: bool,
    reply: Vec<u8>,
    /// The reply's first line has been recorded.
    is_recorded: bool,
}

impl ExchangeSummary {
    /// The summary of an exchange that begins, and its record.
    pub(super) fn new(exchange: &Exchange) -> (Self, What) {
        let summary = |what: String, is_dns| Self { what, is_dns, reply: Vec::new(), is_recorded: false };
        match exchange {
            Exchange::Datagram { payload, .. } => {
                let (name, kind) = crate::dns::describe_question(payload);
                (summary(format!("{kind} {name}"), true), What::Question { name, kind })
            }
            Exchange::Stream { payload, .. } => {
                let head = String::from_utf8_lossy(payload);
                let line = head.lines().next().unwrap_or_default().to_owned();
                let host = head.lines().find_map(|line| line.strip_prefix("Host: "));
                let host = host.unwrap_or_default().to_owned();
                (summary(format!("{line} ({host})"), false), What::Request { line, host })
            }
            Exchange::Tls { server_name, .. } => {
                let host = server_name.clone();
                (summary(format!("https to {server_name}"), false), What::Secure { host })
            }
        }
    }

    /// The exchange goes on. Returns the record of its outcome, once that is known.
    pub(super) fn progress(&mut self, progress: &Progress<'_>) -> Option<What> {
        if let Progress::Received(bytes) = progress {
            let room = REPLY_BYTES.saturating_sub(self.reply.len());
            self.reply.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        let result = self.outcome(progress)?;
        Some(What::Outcome { of: self.what.clone(), result })
    }

    fn outcome(&mut self, progress: &Progress<'_>) -> Option<String> {
        match progress {
            Progress::Connected => None,
            Progress::Received(bytes) if self.is_dns => Some(crate::dns::describe_answer(bytes)),
            Progress::Received(_) if self.is_recorded => None,
            Progress::Received(_) => {
                let end = self.reply.iter().position(|byte| *byte == b'\n')?;
                self.is_recorded = true;
                Some(String::from_utf8_lossy(&self.reply[..end]).trim_end().to_owned())
            }
            Progress::Ended if self.reply.is_empty() => Some("closed without an answer".into()),
            Progress::Ended => None,
            Progress::HandshakeFailed(problem) => Some(problem.to_string()),
            Progress::Reset => Some("reset".into()),
            Progress::Refused => Some("refused".into()),
            Progress::Unreachable => Some("unreachable".into()),
        }
    }
}
