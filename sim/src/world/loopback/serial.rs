//! The device's serial line: a pseudo terminal, whose other end any program opens as it opens a board's. What the device
//! would log comes over it too, a whole line at a time, between Improv's packets. Nothing is decided here.
//!
//! Whatever nobody reads is lost, as on a wire.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use vestibule_core::improv::PACKET_BYTES;

use super::{DEVICE, Shared};
use crate::trace::{Record, Timeline, line as plain};

/// How often the device looks whether something has come, as a board does, and whether it has something to say.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// Bytes read at once.
const BUFFER_BYTES: usize = 512;

/// A pseudo terminal, of which the device has one end.
pub(super) struct Line {
    device: OwnedFd,
    path: PathBuf,
    /// The other end, which stays open while no program has it: otherwise reading fails.
    _other: File,
}

impl Line {
    /// Opens one, without echo and line editing.
    pub(super) fn open() -> io::Result<Self> {
        let device = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&device)?;
        unlockpt(&device)?;
        let name = ptsname(&device, Vec::new())?;
        let path = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
        let other = OpenOptions::new().read(true).write(true).open(&path)?;
        let mut settings = tcgetattr(&other)?;
        settings.make_raw();
        tcsetattr(&other, OptionalActions::Now, &settings)?;
        fcntl_setfl(&device, fcntl_getfl(&device)? | OFlags::NONBLOCK)?;
        Ok(Self { device, path, _other: other })
    }

    /// Where other programs open it.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes what has come; returns how much that is.
    fn read(&self, buffer: &mut [u8]) -> usize {
        // Without anything it fails.
        rustix::io::read(&self.device, buffer).unwrap_or(0)
    }

    /// Sends what there is room for.
    fn write(&self, bytes: &[u8]) {
        let _ = rustix::io::write(&self.device, bytes);
    }
}

/// Serves the device's end until the task is ended.
pub(super) async fn serve(shared: Arc<Shared>, line: Line) {
    let (mut records, mut timeline) = (shared.records.subscribe(), Timeline::default());
    let (mut received, mut taken, mut length) = ([0; BUFFER_BYTES], 0, 0);
    loop {
        if taken == length {
            (taken, length) = (0, line.read(&mut received));
        }
        if taken < length {
            taken += shared.with(|world, now| world.device_serial(&received[taken..length], now));
        }
        send(&shared, &line);
        log(&mut records, &mut timeline, &line);
        if length == 0 {
            tokio::time::sleep(LOOK_INTERVAL).await;
        } else {
            // Whoever sends without end does not hold up the phones.
            tokio::task::yield_now().await;
        }
    }
}

/// Sends the packets that the device has.
fn send(shared: &Arc<Shared>, line: &Line) {
    let mut packet = [0; PACKET_BYTES];
    loop {
        let length = shared.with(|world, now| world.poll_device_serial(&mut packet, now));
        if length == 0 {
            return;
        }
        line.write(&packet[..length]);
    }
}

/// Writes the device's part of the story, without colours.
fn log(records: &mut Receiver<Arc<Record>>, timeline: &mut Timeline, line: &Line) {
    loop {
        match records.try_recv() {
            Ok(record) if &*record.node == DEVICE && timeline.line(&record).is_some() => {
                line.write(format!("{}\r\n", plain(&record)).as_bytes());
            }
            Ok(_) | Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return,
        }
    }
}
