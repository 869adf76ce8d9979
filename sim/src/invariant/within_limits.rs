//! Every buffer stays inside its limit, as far as it can be seen from outside: connections, DNS
//! answers, frames.

use std::collections::BTreeSet;

use vestibule_core::DNS_PORT;
use vestibule_core::limits::{CONNECTIONS, DNS_REPLY_BYTES};

use super::{Invariant, Observation, View};

/// The longest frame: an Ethernet header and 1500 bytes.
const FRAME: usize = 14 + 1500;

/// See the module.
#[derive(Default)]
pub(super) struct WithinLimits {
    open: BTreeSet<usize>,
}

impl Invariant for WithinLimits {
    fn name(&self) -> &'static str {
        "within-limits"
    }

    fn says(&self) -> &'static str {
        "Every buffer stays within its limit, as far as that is seen from outside."
    }

    fn check(&mut self, view: &View<'_>) -> Result<(), String> {
        for observation in view.observations {
            match observation {
                Observation::Opened(number) if *number >= CONNECTIONS || !self.open.insert(*number) => {
                    return Err(format!("connection {number} of {CONNECTIONS} is opened twice or is none"));
                }
                Observation::Closed(number) => {
                    self.open.remove(number);
                }
                Observation::Answered(DNS_PORT, answer) if answer.len() > DNS_REPLY_BYTES => {
                    return Err(format!("a DNS answer has {} bytes", answer.len()));
                }
                Observation::Frame(frame) if frame.len() > FRAME => {
                    return Err(format!("a frame has {} bytes", frame.len()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
