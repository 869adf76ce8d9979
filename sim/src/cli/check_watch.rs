//! `check --watch`: checks a portal again each time it answers otherwise, until somebody or `--timeout` ends it. For who edits
//! their portal beside it.

use std::cell::Cell;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use super::interrupt::asked_to_end;
use super::terminal::{complain, print_line, waiting};
use super::{Exit, Usage};
use crate::check::{AnswerChanges, AnswerSample, AnswerState, Settings};

/// From one look at a portal to the next. Chosen: who saves a file sees the answer before they have looked up.
const INTERVAL: Duration = Duration::from_secs(1);

/// Checks as often as the answers change. What the last check came to is what all comes to.
pub(super) async fn watch(
    settings: Settings,
    limit: Option<Duration>,
    check: impl AsyncFn() -> Result<Exit, Usage>,
) -> Result<Exit, Usage> {
    let asked = asked_to_end()?;
    let last = Cell::new(None);
    let over = tokio::select! {
        failed = rounds(settings, check, &last) => match failed {
            Err(usage) => return Err(usage),
        },
        () = asked => "it was ended",
        () = tokio::time::sleep(limit.unwrap_or(Duration::MAX)) => "--timeout was over",
    };
    last.get().ok_or_else(|| Usage(format!("--watch: {over} before a check was through")))
}

async fn rounds(
    settings: Settings,
    check: impl AsyncFn() -> Result<Exit, Usage>,
    last: &Cell<Option<Exit>>,
) -> Result<Infallible, Usage> {
    let began = Instant::now();
    let mut changes = AnswerChanges::default();
    loop {
        let change = next_change(settings, &mut changes).await;
        if last.get().is_some() {
            let after = humantime::format_duration(Duration::from_secs(began.elapsed().as_secs()));
            print_line(&format!("\n--- after {after}: {change}\n"));
        }
        last.set(Some(check().await?));
    }
}

/// Waits until the portal answers otherwise, and says what.
async fn next_change(settings: Settings, changes: &mut AnswerChanges) -> String {
    let mut is_told = false;
    let _waiting = waiting("waiting until the portal answers otherwise; Ctrl-C ends it".into());
    loop {
        match changes.see(AnswerSample::take(settings).await) {
            AnswerState::Changed(what) => return what,
            AnswerState::Nobody if !is_told => {
                is_told = true;
                complain(&format!("nobody answers at {}: waiting until somebody does", settings.target.http));
            }
            AnswerState::Nobody | AnswerState::Same | AnswerState::Unsettled => {}
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
