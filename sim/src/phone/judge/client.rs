//! The clients whose recorded checks can be judged, each with its table.

use super::android::{self, Release};
use super::apple;
use super::case::{self, Case, Table};
use super::failure::Failure;
use super::judgement::Judgement;
use super::windows;
use crate::phone::reply::Reply;

/// A client whose recorded checks can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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

/// What `client` concludes from the `outcome` of one check of `probe_url`.
///
/// For Android a successful HTTP probe counts as [`Verdict::Online`](crate::phone::Verdict::Online), as if the HTTPS probe
/// agreed; for Apple a redirect that would be followed counts as [`Verdict::Portal`](crate::phone::Verdict::Portal), as if the
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
