//! How a link is written on the command line.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// A link as it is written: `tap:tap0`, `interface:wlan1`, `unix:/tmp/net.sock`, `udp:127.0.0.1:4000,127.0.0.1:4001`.
///
/// ```
/// use vestibule::check::LinkSpec;
///
/// let link: LinkSpec = "tap:tap0".parse()?;
/// assert_eq!(link.to_string(), "tap:tap0");
/// assert!("tap0".parse::<LinkSpec>().is_err());
/// # Ok::<(), vestibule::check::LinkSpecError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkSpec {
    /// A TAP interface of Linux, which is made if there is none of that name.
    Tap {
        /// Its name.
        name: String,
    },
    /// An interface of this machine: an Ethernet port, or an adapter that has joined the device's access point.
    Interface {
        /// Its name.
        name: String,
    },
    /// A Unix socket on which each frame follows its length in four bytes, big endian: `-netdev stream` of QEMU.
    Unix {
        /// Its path. If nobody listens there, the other end may connect.
        path: PathBuf,
    },
    /// A frame a datagram: `-netdev dgram` of QEMU.
    Udp {
        /// The address of this end.
        local: SocketAddr,
        /// That of the other.
        peer: SocketAddr,
    },
    /// The frames of a capture file, which are heard and which nobody answers.
    Pcap {
        /// The file.
        path: PathBuf,
    },
}

/// A link that is not written as one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}: {why}; a link is tap:NAME, interface:NAME, unix:PATH, udp:LOCAL,PEER or pcap:FILE")]
pub struct LinkSpecError {
    text: String,
    why: &'static str,
}

/// Most bytes of an interface's name on Linux (IFNAMSIZ, without its final NUL).
const NAME_BYTES: usize = 15;

impl FromStr for LinkSpec {
    type Err = LinkSpecError;

    fn from_str(text: &str) -> Result<Self, LinkSpecError> {
        let wrong = |why| LinkSpecError { text: text.to_owned(), why };
        let (kind, rest) = text.split_once(':').ok_or_else(|| wrong("expected a kind and a colon"))?;
        if rest.is_empty() {
            return Err(wrong("nothing follows the colon"));
        }
        let name = || match rest.len() {
            ..=NAME_BYTES if !rest.contains(['/', ' ']) => Ok(rest.to_owned()),
            _ => Err(wrong("no interface has such a name")),
        };
        match kind {
            "tap" => Ok(Self::Tap { name: name()? }),
            "interface" => Ok(Self::Interface { name: name()? }),
            "unix" => Ok(Self::Unix { path: rest.into() }),
            "pcap" => Ok(Self::Pcap { path: rest.into() }),
            "udp" => {
                let address = |text: &str| text.trim().parse().ok();
                let both =
                    rest.split_once(',').and_then(|(local, peer)| Some((address(local)?, address(peer)?)));
                let (local, peer) =
                    both.ok_or_else(|| wrong("expected two addresses with ports and a comma"))?;
                Ok(Self::Udp { local, peer })
            }
            _ => Err(wrong("there is no such kind")),
        }
    }
}

impl fmt::Display for LinkSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tap { name } => write!(f, "tap:{name}"),
            Self::Interface { name } => write!(f, "interface:{name}"),
            Self::Unix { path } => write!(f, "unix:{}", path.display()),
            Self::Udp { local, peer } => write!(f, "udp:{local},{peer}"),
            Self::Pcap { path } => write!(f, "pcap:{}", path.display()),
        }
    }
}
