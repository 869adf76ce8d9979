//! The device goes on serving after every input: each open connection has a deadline that is not far, and
//! what is due is done, so that no client can block the portal for ever.

use std::time::Duration;

use vestibule_core::limits::{BODY_TIMEOUT, SEND_TIMEOUT};

use super::{Invariant, View};

/// Longer than any timeout of a connection.
const FAR: Duration =
    if BODY_TIMEOUT.as_secs() > SEND_TIMEOUT.as_secs() { BODY_TIMEOUT } else { SEND_TIMEOUT };

/// How long something due may wait for the driver. A clock that jumps makes things overdue at once.
const GRACE: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Default)]
pub(super) struct KeepsServing {
    /// Since when something is overdue.
    overdue: Option<Duration>,
}

impl Invariant for KeepsServing {
    fn name(&self) -> &'static str {
        "keeps-serving"
    }

    fn says(&self) -> &'static str {
        "No client can block the portal: each connection has a deadline, and what is due is done."
    }

    fn check(&mut self, view: &View<'_>) -> Result<(), String> {
        let Some(clock) = view.clock else {
            self.overdue = None;
            return Ok(());
        };
        for (number, deadline) in view.connections {
            match deadline {
                None => return Err(format!("connection {number} is open and has no deadline")),
                Some(deadline) if *deadline > clock + FAR => {
                    return Err(format!("connection {number} may stay idle for {:?}", deadline.since(clock)));
                }
                Some(_) => {}
            }
        }
        if view.due.is_none_or(|due| due > clock) {
            self.overdue = None;
            return Ok(());
        }
        let since = *self.overdue.get_or_insert(view.at);
        if view.at > since + GRACE {
            return Err(format!("something is due since {:.3} s and is not done", since.as_secs_f64()));
        }
        Ok(())
    }
}
