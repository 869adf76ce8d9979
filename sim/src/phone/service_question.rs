//! The HTTPS question (type 65) that newer Apple systems ask beside the address. Its answer changes
//! nothing; what is odd about it, silence included, is reported.

use super::exchange::{ExchangeId, Progress};
use super::finding::Finding;
use super::question::{Question, Reading};

pub(super) struct ServiceQuestion {
    question: Question,
    id: ExchangeId,
}

/// What the progress of the exchange means to the question.
pub(super) enum Reaction {
    /// It waits on; this is to be reported.
    Waits(Option<Finding>),
    /// It has its answer, so the exchange is to be closed; these are to be reported.
    Answered(Vec<Finding>),
    /// The exchange has ended without an answer.
    Failed(Finding),
}

impl ServiceQuestion {
    pub(super) fn new(question: Question, id: ExchangeId) -> Self {
        Self { question, id }
    }

    pub(super) fn id(&self) -> ExchangeId {
        self.id
    }

    pub(super) fn read(&self, progress: Progress<'_>) -> Reaction {
        match progress {
            Progress::Received(datagram) => match self.question.read(datagram) {
                Reading::Foreign(finding) => Reaction::Waits(Some(finding)),
                Reading::Answer { findings, .. } => Reaction::Answered(findings),
            },
            Progress::Connected => Reaction::Waits(None),
            _ => Reaction::Failed(self.unanswered()),
        }
    }

    pub(super) fn unanswered(&self) -> Finding {
        self.question.unanswered()
    }
}
