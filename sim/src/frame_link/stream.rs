//! Frames on a Unix socket, each after its length: QEMU's `-netdev stream`. Who is there first listens.

use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use super::{FRAME_BYTES, LinkError, LinkSpec, lost, refused};

/// How long the other end may take to connect.
const PEER_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of a length.
const LENGTH_BYTES: usize = 4;

/// A connected stream.
pub(super) struct FrameStream {
    stream: UnixStream,
    received: Vec<u8>,
    /// What is still to be sent: a call that was given up in the middle of a frame leaves its rest.
    unsent: Vec<u8>,
}

impl FrameStream {
    pub(super) async fn open(spec: &LinkSpec, path: &Path) -> Result<Self, LinkError> {
        let stream = match UnixStream::connect(path).await {
            Ok(stream) => stream,
            Err(error) if error.kind() == io::ErrorKind::NotFound => accept(spec, path).await?,
            // The socket of somebody who has gone without removing it, interrupted while waiting, say.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused && is_socket(path) => {
                std::fs::remove_file(path).map_err(|error| refused(spec, error))?;
                accept(spec, path).await?
            }
            Err(error) => return Err(refused(spec, error)),
        };
        Ok(Self { stream, received: Vec::new(), unsent: Vec::new() })
    }

    pub(super) async fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
        self.unsent.extend(length.to_be_bytes());
        self.unsent.extend(frame);
        while !self.unsent.is_empty() {
            let sent = self.stream.write(&self.unsent).await?;
            self.unsent.drain(..sent);
        }
        Ok(())
    }

    pub(super) async fn receive(&mut self, spec: &LinkSpec) -> Result<Vec<u8>, LinkError> {
        loop {
            if let Some(frame) = self.next_frame(spec)? {
                return Ok(frame);
            }
            match self.stream.read_buf(&mut self.received).await {
                Ok(0) => return Err(LinkError::Closed { link: spec.to_string() }),
                Ok(_) => {}
                Err(error) => return Err(lost(spec, error)),
            }
        }
    }

    fn next_frame(&mut self, spec: &LinkSpec) -> Result<Option<Vec<u8>>, LinkError> {
        let Some(length) = self.received.first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
        let length = u32::from_be_bytes(*length);
        let bytes = usize::try_from(length).ok().filter(|bytes| *bytes <= FRAME_BYTES);
        let Some(bytes) = bytes else { return Err(LinkError::BadLength { link: spec.to_string(), length }) };
        if self.received.len() < LENGTH_BYTES + bytes {
            return Ok(None);
        }
        let rest = self.received.split_off(LENGTH_BYTES + bytes);
        let frame = self.received.split_off(LENGTH_BYTES);
        self.received = rest;
        Ok(Some(frame))
    }
}

fn is_socket(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket())
}

/// Waits for the other end at a socket of our own, which is removed again.
async fn accept(spec: &LinkSpec, path: &Path) -> Result<UnixStream, LinkError> {
    let listener = UnixListener::bind(path).map_err(|error| refused(spec, error))?;
    let accepted = timeout(PEER_TIMEOUT, listener.accept()).await;
    // Nobody else is to connect; a name that cannot be removed harms nobody.
    let _ = std::fs::remove_file(path);
    match accepted {
        Ok(accepted) => Ok(accepted.map_err(|error| lost(spec, error))?.0),
        Err(_) => Err(LinkError::NoPeer { path: path.to_owned(), seconds: PEER_TIMEOUT.as_secs() }),
    }
}
