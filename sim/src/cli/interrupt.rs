//! Ctrl-C, and on Unix SIGTERM: the ways in which somebody asks a command to end.

use std::future::Future;

use super::Usage;

/// Listens from now on; what it returns is ready once somebody has asked.
#[cfg(unix)]
pub(super) fn asked_to_end() -> Result<impl Future<Output = ()>, Usage> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt()).map_err(Usage::from)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Usage::from)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Listens from now on; what it returns is ready once somebody has asked.
#[cfg(windows)]
pub(super) fn asked_to_end() -> Result<impl Future<Output = ()>, Usage> {
    let mut interrupt = tokio::signal::windows::ctrl_c().map_err(Usage::from)?;
    Ok(async move {
        interrupt.recv().await;
    })
}
