//! Links that carry Ethernet frames to a real device: a TAP interface, an interface of this machine, the network of an
//! emulator. They carry bytes and know nothing of what is in them; whoever uses one brings its own TCP/IP stack, so
//! that nothing passes through the machine's.

mod impairment;
#[cfg(unix)]
mod interface;
mod recording;
mod spec;
#[cfg(unix)]
mod stream;
#[cfg(target_os = "linux")]
mod tap;
#[cfg(test)]
mod tests;
mod udp;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{sleep_until, timeout};
use vestibule_core::MacAddress;

use impairment::ImpairedWay;
pub use impairment::Impairments;
pub use spec::{LinkSpec, LinkSpecError};

/// Most bytes of a frame: an Ethernet header, a VLAN tag and what Ethernet carries.
const FRAME_BYTES: usize = 1518;

/// How long the link may take to take a frame, before nobody is believed to read at its other end.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a link cannot be used, or no longer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// There is no such interface.
    #[error("there is no interface {name}; this machine has {others}")]
    NoInterface {
        /// What was asked for.
        name: String,
        /// Those that there are.
        others: String,
    },
    /// The interface is down, or nothing is connected to it.
    #[error("{name} {why}")]
    NotReady {
        /// The interface.
        name: String,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// The system does not allow it.
    #[error(
        "{link} needs the right to send frames (root, or on Linux the capability CAP_NET_RAW or CAP_NET_ADMIN)"
    )]
    NotAllowed {
        /// The link as it was given.
        link: String,
    },
    /// The other end is not there.
    #[error("nobody connected to {} within {seconds} s", path.display())]
    NoPeer {
        /// The socket's path.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// The other end has gone.
    #[error("{link} was closed by its other end")]
    Closed {
        /// The link as it was given.
        link: String,
    },
    /// The other end is there, and reads nothing.
    #[error("{link} takes no more frames: its other end has read none for {seconds} s")]
    Stuck {
        /// The link as it was given.
        link: String,
        /// How long was waited.
        seconds: u64,
    },
    /// A length on a stream that no frame has.
    #[error(
        "{link} announced a frame of {length} bytes; a stream has a length of four bytes, big endian, before each frame"
    )]
    BadLength {
        /// The link as it was given.
        link: String,
        /// What was announced.
        length: u32,
    },
    /// A recording has been heard to its end.
    #[error(
        "{link} is a recording: all {frames} frames of it were heard, and nobody there answers what a phone sends"
    )]
    RecordingOver {
        /// The link as it was given.
        link: String,
        /// How many frames it has.
        frames: usize,
    },
    /// Such a link cannot be had on this system.
    #[error("{link} cannot be had on this system; {instead}")]
    Unsupported {
        /// The link as it was given.
        link: String,
        /// What can.
        instead: &'static str,
    },
    /// The system refuses something else.
    #[error("{link}: {error}")]
    Io {
        /// The link as it was given.
        link: String,
        /// What the system said.
        error: io::Error,
    },
}

/// A link that is open.
pub struct FrameLink {
    spec: LinkSpec,
    kind: Kind,
    impaired: Option<ImpairedLink>,
}

/// The frames that are under way on an impaired link.
struct ImpairedLink {
    out: ImpairedWay,
    back: ImpairedWay,
}

enum Kind {
    #[cfg(target_os = "linux")]
    Tap(tap::Tap),
    #[cfg(unix)]
    Interface(interface::Interface),
    #[cfg(unix)]
    Stream(stream::FrameStream),
    Udp(udp::Udp),
    Recording(recording::Recording),
}

impl Kind {
    async fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Tap(tap) => tap.send(frame).await,
            #[cfg(unix)]
            Self::Interface(interface) => interface.send(frame).await,
            #[cfg(unix)]
            Self::Stream(stream) => stream.send(frame).await,
            Self::Udp(udp) => udp.send(frame).await,
            // Nobody hears it.
            Self::Recording(_) => Ok(()),
        }
    }

    async fn receive(&mut self, spec: &LinkSpec) -> Result<Vec<u8>, LinkError> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Tap(tap) => tap.receive().await.map_err(|error| lost(spec, error)),
            #[cfg(unix)]
            Self::Interface(interface) => interface.receive().await.map_err(|error| lost(spec, error)),
            #[cfg(unix)]
            Self::Stream(stream) => stream.receive(spec).await,
            Self::Udp(udp) => udp.receive().await.map_err(|error| lost(spec, error)),
            Self::Recording(recording) => {
                recording.next().map_err(|frames| LinkError::RecordingOver { link: spec.to_string(), frames })
            }
        }
    }
}

impl FrameLink {
    /// Opens a link.
    ///
    /// # Errors
    ///
    /// If it is not there, not up, or not allowed; the error says what to do.
    pub async fn open(spec: &LinkSpec) -> Result<Self, LinkError> {
        let kind = match spec {
            #[cfg(target_os = "linux")]
            LinkSpec::Tap { name } => Kind::Tap(tap::Tap::open(spec, name)?),
            #[cfg(not(target_os = "linux"))]
            LinkSpec::Tap { .. } => return Err(unsupported(spec, "`interface:` sends on an interface")),
            #[cfg(unix)]
            LinkSpec::Interface { name } => Kind::Interface(interface::Interface::open(spec, name)?),
            #[cfg(unix)]
            LinkSpec::Unix { path } => Kind::Stream(stream::FrameStream::open(spec, path).await?),
            #[cfg(not(unix))]
            LinkSpec::Interface { .. } | LinkSpec::Unix { .. } => {
                return Err(unsupported(spec, "`udp:LOCAL,PEER` works everywhere"));
            }
            LinkSpec::Udp { local, peer } => Kind::Udp(udp::Udp::open(spec, *local, *peer).await?),
            LinkSpec::Pcap { path } => {
                let opened = recording::Recording::open(path);
                Kind::Recording(opened.map_err(|error| LinkError::Io { link: spec.to_string(), error })?)
            }
        };
        Ok(Self { spec: spec.clone(), kind, impaired: None })
    }

    /// The same link, on which this happens to frames from now on.
    #[must_use]
    pub fn impaired(self, impairments: Impairments) -> Self {
        let is_impaired = Impairments { seed: 0, ..impairments } != Impairments::default();
        let way = |index| ImpairedWay::new(impairments, index);
        let impaired = is_impaired.then(|| ImpairedLink { out: way(0), back: way(1) });
        Self { impaired, ..self }
    }

    /// Sends a frame.
    ///
    /// # Errors
    ///
    /// If the link is no longer there, or its other end does not read.
    pub async fn send(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        match &mut self.impaired {
            Some(impaired) => {
                impaired.out.set_out(frame);
                self.send_arrived().await
            }
            None => self.send_now(frame).await,
        }
    }

    /// Passes on those frames that are through their delay.
    async fn send_arrived(&mut self) -> Result<(), LinkError> {
        while let Some(frame) = self.impaired.as_mut().and_then(|impaired| impaired.out.arrived()) {
            self.send_now(&frame).await?;
        }
        Ok(())
    }

    async fn send_now(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        let sent = timeout(SEND_TIMEOUT, self.kind.send(frame)).await;
        let seconds = SEND_TIMEOUT.as_secs();
        let sent = sent.map_err(|_| LinkError::Stuck { link: self.spec.to_string(), seconds })?;
        sent.map_err(|error| lost(&self.spec, error))
    }

    /// Waits for the next frame. A call that is given up loses none.
    ///
    /// # Errors
    ///
    /// If the link is no longer there.
    pub async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        loop {
            self.send_arrived().await?;
            let Some(impaired) = &mut self.impaired else { return self.kind.receive(&self.spec).await };
            if let Some(frame) = impaired.back.arrived() {
                return Ok(frame);
            }
            let next = [impaired.out.next(), impaired.back.next()].into_iter().flatten().min();
            tokio::select! {
                frame = self.kind.receive(&self.spec) => impaired.back.set_out(&frame?),
                () = sleep_until(next.unwrap_or_else(tokio::time::Instant::now)), if next.is_some() => {}
            }
        }
    }

    /// The only hardware address that may send on it, if it allows no other: an adapter that has joined an access
    /// point as a station sends from its own address or not at all.
    pub fn only_address(&self) -> Option<MacAddress> {
        match &self.kind {
            #[cfg(unix)]
            Kind::Interface(interface) => interface.only_address(),
            _ => None,
        }
    }
}

#[cfg_attr(target_os = "linux", allow(dead_code, reason = "every link can be had on Linux"))]
fn unsupported(spec: &LinkSpec, instead: &'static str) -> LinkError {
    LinkError::Unsupported { link: spec.to_string(), instead }
}

/// What Linux says of an interface that is gone (EBADFD of a TAP's file; ENODEV, ENXIO) and of a TAP that is down (EIO).
const REMOVED_TAP: i32 = 77;
const NO_DEVICE: i32 = 19;
const NO_ADDRESS: i32 = 6;
const TAP_DOWN: i32 = 5;

/// What an error of an open link means.
fn lost(spec: &LinkSpec, error: io::Error) -> LinkError {
    let link = spec.to_string();
    match (error.kind(), spec) {
        (io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset, _) => {
            LinkError::Closed { link }
        }
        (_, LinkSpec::Tap { name } | LinkSpec::Interface { name })
            if matches!(error.raw_os_error(), Some(REMOVED_TAP | NO_DEVICE | NO_ADDRESS)) =>
        {
            LinkError::NotReady { name: name.clone(), why: "was removed".into() }
        }
        // What `pnet` makes of an error that it has not asked for: the interface's file is of no more use.
        (io::ErrorKind::Other, LinkSpec::Interface { name }) => {
            LinkError::NotReady { name: name.clone(), why: "went down or was removed".into() }
        }
        (_, LinkSpec::Tap { name }) if error.raw_os_error() == Some(TAP_DOWN) => {
            LinkError::NotReady { name: name.clone(), why: "went down".into() }
        }
        (io::ErrorKind::NetworkDown, LinkSpec::Tap { name } | LinkSpec::Interface { name }) => {
            LinkError::NotReady { name: name.clone(), why: "went down".into() }
        }
        _ => LinkError::Io { link, error },
    }
}

/// What an error of opening a link means.
/// Whether this machine has an interface of that name. Where interfaces cannot be listed nothing is known.
///
/// # Errors
/// It has none; the error names those that are there.
#[cfg(feature = "cli")]
pub(crate) fn interface_is_here(name: &str) -> Result<(), LinkError> {
    #[cfg(unix)]
    return interface::is_here(name);
    #[cfg(not(unix))]
    {
        let _ = name;
        Ok(())
    }
}

#[cfg(unix)]
fn refused(spec: &LinkSpec, error: io::Error) -> LinkError {
    match error.kind() {
        io::ErrorKind::PermissionDenied => LinkError::NotAllowed { link: spec.to_string() },
        _ => LinkError::Io { link: spec.to_string(), error },
    }
}
