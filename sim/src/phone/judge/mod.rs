//! What a client concludes from a complete reply to its check, or from having got none.
//!
//! Pure functions, used by the phones of this module and by the replay of recorded traffic. A
//! conclusion of several probes together (Android's HTTP beside HTTPS) is not made here.

pub mod android;
pub mod apple;
pub mod case;
pub mod names;
pub mod windows;

use super::{Reply, Rule, Verdict};
use case::{Case, Table};

pub use android::Release;

/// Why a check got no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Failure {
    /// The name has no address, or nobody said.
    #[error("the name has no address")]
    NameUnresolved,
    /// The connection was refused.
    #[error("the connection was refused")]
    Refused,
    /// There is no way to the host.
    #[error("the host cannot be reached")]
    Unreachable,
    /// The connection was reset, or ended before the reply did.
    #[error("the connection was lost")]
    Lost,
    /// What came is not HTTP.
    #[error("the reply is not HTTP")]
    NotHttp,
    /// Nothing came in time.
    #[error("nothing came in time")]
    Timeout,
    /// The TLS handshake failed.
    #[error("the TLS handshake failed")]
    Untrusted,
    /// The name has a private address, and this client does not ask such a one.
    #[error("the name has a private address")]
    PrivateAddress,
}

/// A client whose recorded checks can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Android's HTTP probe.
    Android(Release),
    /// Apple's probe, in all its systems.
    Apple,
    /// Windows' active HTTP probe (NCSI).
    Windows {
        /// The body that it expects.
        expects: windows::Expected,
    },
    /// Any other, by its table.
    Other(&'static Table),
}

impl Client {
    /// The table by which it judges.
    pub fn cases(self) -> &'static [Case] {
        match self {
            Self::Android(release) => android::cases(release),
            Self::Apple => apple::CASES,
            Self::Windows { expects } => expects.cases(),
            Self::Other(table) => table.cases,
        }
    }
}

/// A conclusion and the rule that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What the client believes.
    pub verdict: Verdict,
    /// Why.
    pub rule: &'static Rule,
}

impl Judgement {
    pub(super) fn new(verdict: Verdict, rule: &'static Rule) -> Self {
        Self { verdict, rule }
    }
}

/// What `client` concludes from the `outcome` of one check of `probe_url`.
///
/// For Android a successful HTTP probe counts as [`Verdict::Online`], as if the HTTPS probe
/// agreed; for Apple a redirect that would be followed counts as [`Verdict::Portal`], as if the
/// page behind it did not say `Success`. A recording of a single reply cannot say more.
///
/// ```
/// use vestibule::phone::judge::{Client, Release, judge};
/// use vestibule::phone::{Reply, Verdict};
///
/// let empty = Reply::parse(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true)?;
/// let url = "http://connectivitycheck.gstatic.com/generate_204";
/// let android = |release| judge(Client::Android(release), url, &Ok(empty.clone())).verdict;
/// assert_eq!(android(Release::new(9, 0)), Verdict::Online);
/// assert_eq!(android(Release::new(10, 0)), Verdict::NoInternet);
/// # Ok::<(), vestibule::phone::BadReply>(())
/// ```
pub fn judge(client: Client, probe_url: &str, outcome: &Result<Reply, Failure>) -> Judgement {
    case::judge(client.cases(), probe_url, outcome)
}
