//! The process of a device: started in a group of its own, connected to, and ended with everything that it has started.

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// The time that a process has to open the control channel. QEMU takes some 0.1 s on an idle machine.
pub(super) const START_TIMEOUT: Duration = Duration::from_secs(20);

/// The bytes at the end of the log that an error message shows.
const LOG_TAIL_BYTES: u64 = 2000;

/// Waits until a process opens the control channel. `None` means that it has ended instead, or that its time is over.
pub(super) async fn connected(
    listener: &TcpListener,
    process: &mut Child,
) -> std::io::Result<Option<TcpStream>> {
    const POLL_INTERVAL: Duration = Duration::from_millis(20);
    let until = tokio::time::Instant::now() + START_TIMEOUT;
    loop {
        if let Ok(accepted) = tokio::time::timeout(POLL_INTERVAL, listener.accept()).await {
            return accepted.map(|(stream, _)| Some(stream));
        }
        if process.try_wait()?.is_some() || tokio::time::Instant::now() > until {
            return Ok(None);
        }
    }
}

/// Has a process and what it starts be one group, which [`end_group`] ends.
pub(super) fn in_a_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Ends a process and whatever it has started, at once, as a power cut would.
pub(super) fn end_group(process: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(process.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    end(process);
}

/// Ends a process at once.
pub(super) fn end(process: &mut Child) {
    // It may have ended by itself.
    let _ = process.kill();
    let _ = process.wait();
}

/// The end of a log, as an error shows it.
pub(super) fn end_of_log(path: &Path) -> String {
    let read = || {
        use std::io::{Read as _, Seek as _, SeekFrom};
        let mut log = std::fs::File::open(path)?;
        let length = log.metadata()?.len();
        log.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
        let mut tail = Vec::new();
        log.take(LOG_TAIL_BYTES).read_to_end(&mut tail)?;
        std::io::Result::Ok(tail)
    };
    match read().unwrap_or_default() {
        printed if printed.trim_ascii().is_empty() => "(nothing)".into(),
        printed => String::from_utf8_lossy(&printed).into_owned(),
    }
}
