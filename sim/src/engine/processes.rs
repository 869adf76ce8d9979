//! The processes of an engine: its driver, the browser that the driver starts, and what that starts. None outlives the
//! page that it was started for.
//!
//! A browser starts others that leave the driver's process group, so those are found by who started whom, while
//! the driver is still there to say so.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

/// Most lines of what an engine says that are kept, and most bytes of one.
const MOST_LINES: usize = 200;
const LINE_BYTES: usize = 400;

/// Variables of the environment that lead a program to a proxy of its own choice, or to the session of whoever runs
/// this.
const REMOVED: [&str; 11] = [
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "DBUS_SESSION_BUS_ADDRESS",
    "WAYLAND_DISPLAY",
    "SSLKEYLOGFILE",
];

/// A program and everything that it has started. All of it ends when this is dropped.
pub(super) struct Processes {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Processes {
    /// Starts a program whose files all go into `home`.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn start(mut command: Command, home: &Path) -> std::io::Result<Self> {
        for name in REMOVED {
            command.env_remove(name);
        }
        for name in
            ["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"]
        {
            command.env(name, home);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let said = Arc::new(Mutex::new(Vec::new()));
        if let Some(out) = child.stdout.take() {
            tokio::spawn(keep(out, Arc::clone(&said)));
        }
        if let Some(errors) = child.stderr.take() {
            tokio::spawn(keep(errors, Arc::clone(&said)));
        }
        Ok(Self { child, said })
    }

    /// The first lines that it has said.
    pub(super) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        if let Some(id) = self.child.id() {
            end_all(id);
        }
        // Whatever came of that, this one ends.
        let _ = self.child.start_kill();
    }
}

/// Keeps the first lines, and reads the others so that whoever writes them is not held up.
async fn keep(from: impl AsyncRead + Unpin, said: Arc<Mutex<Vec<String>>>) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        let Ok(piece) = from.fill_buf().await else { return };
        if piece.is_empty() {
            return;
        }
        let ends = piece.iter().position(|byte| *byte == b'\n');
        let length = ends.unwrap_or(piece.len());
        line.extend_from_slice(&piece[..length.min(LINE_BYTES.saturating_sub(line.len()))]);
        let consumed = length + usize::from(ends.is_some());
        from.consume(consumed);
        if ends.is_some() {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.len() < MOST_LINES {
                said.push(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            line.clear();
        }
    }
}

/// Ends a process and those that it and they have started.
#[cfg(target_os = "linux")]
fn end_all(first: u32) {
    use rustix::process::{Pid, Signal, kill_process};

    let end = |id: u32| {
        let id = i32::try_from(id).ok().and_then(Pid::from_raw);
        // It may have ended meanwhile.
        id.map(|id| kill_process(id, Signal::KILL))
    };
    let parents: Vec<(u32, u32)> = started_by_whom();
    let mut tree = vec![first];
    let mut next = 0;
    while next < tree.len() {
        let parent = tree[next];
        tree.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
        next += 1;
    }
    for id in tree {
        end(id);
    }
}

/// Each process of this machine with the one that started it (proc(5), `/proc/PID/stat`).
#[cfg(target_os = "linux")]
fn started_by_whom() -> Vec<(u32, u32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name in parentheses may hold anything.
        let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
        Some((id, parent))
    })
    .collect()
}

/// Elsewhere a driver ends what it has started, and is ended by whoever started it.
#[cfg(not(target_os = "linux"))]
fn end_all(_: u32) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Whether a process is there and no zombie.
    fn is_there(id: u32) -> bool {
        std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
    }

    #[tokio::test]
    async fn what_a_program_has_started_ends_with_it() {
        let home = tempfile::tempdir().unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", "setsid sleep 300 & echo $!; wait"]);
        let processes = Processes::start(shell, home.path()).unwrap();
        let sleeps = loop {
            if let Some(line) = processes.said().first() {
                break line.parse().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert!(is_there(sleeps));
        drop(processes);
        for _ in 0..100 {
            if !is_there(sleeps) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it is still there");
    }
}
