//! What the device answers is well-formed for parsers that share no code with it: DNS for
//! `hickory-proto`, HTTP for the phones' own reader.

use std::collections::BTreeMap;

use hickory_proto::op::Message;
use vestibule_core::DNS_PORT;

use super::{Invariant, Observation, View};
use crate::phone::{Ending, Reader};

/// See the module.
#[derive(Default)]
pub(super) struct RepliesAreWellFormed {
    /// The answer under way on each connection.
    readers: BTreeMap<usize, Reader>,
}

impl Invariant for RepliesAreWellFormed {
    fn name(&self) -> &'static str {
        "replies-are-well-formed"
    }

    fn says(&self) -> &'static str {
        "What the device answers is well-formed for parsers that share no code with it."
    }

    fn check(&mut self, view: &View<'_>) -> Result<(), String> {
        for observation in view.observations {
            match observation {
                Observation::Answered(DNS_PORT, answer) => {
                    Message::from_vec(answer).map_err(|error| format!("a DNS answer: {error}"))?;
                }
                Observation::Opened(number) | Observation::Closed(number) => {
                    self.readers.remove(number);
                }
                Observation::Sent(number, bytes) => {
                    let reader = self.readers.entry(*number).or_default();
                    reader.push(bytes).map_err(|error| format!("an answer: {error}"))?;
                    if reader.head().is_some_and(|reply| reply.ending == Ending::Complete) {
                        self.readers.remove(number);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
