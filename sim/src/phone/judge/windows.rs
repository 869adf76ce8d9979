//! What a reply to Windows' active probe (NCSI) means.

use super::{Failure, Judgement, Reply, Verdict};
use crate::phone::rule::{Grade, Rule};

/// What Windows' default browser opens once a hotspot is found.
pub const BROWSER_URL: &str = "http://www.msftconnecttest.com/redirect";

const DOCUMENT: &str =
    "MicrosoftDocs windowsserverdocs, ncsi-overview.md and ncsi-frequently-asked-questions.md";

/// The one success.
pub static SUCCESS: Rule = Rule {
    id: "windows.probe.success",
    says: "200 with exactly the expected body means internet",
    source: DOCUMENT,
    grade: Grade::B,
};
/// Everything else that is a reply.
pub static HOTSPOT: Rule = Rule {
    id: "windows.probe.hotspot",
    says: "any other reply, 302 for example, is a hotspot's; the default browser opens \
           http://www.msftconnecttest.com/redirect",
    source: "MicrosoftDocs windowsserverdocs, ncsi-overview.md; KB 4494446",
    grade: Grade::B,
};
/// No reply.
pub static NO_INTERNET: Rule = Rule {
    id: "windows.probe.no-internet",
    says: "no reply means no internet, and no browser opens",
    source: DOCUMENT,
    grade: Grade::B,
};

/// The body that a version of the probe expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// `/connecttest.txt`, since Windows 10 1607.
    ConnectTest,
    /// `/ncsi.txt`, before.
    Ncsi,
}

impl Expected {
    /// The bytes of the body.
    pub fn body(self) -> &'static [u8] {
        match self {
            Self::ConnectTest => b"Microsoft Connect Test",
            Self::Ncsi => b"Microsoft NCSI",
        }
    }
}

pub(super) fn judge(expects: Expected, outcome: &Result<Reply, Failure>) -> Judgement {
    match outcome {
        Ok(reply) if reply.status == 200 && reply.body == expects.body() => {
            Judgement::new(Verdict::Online, &SUCCESS)
        }
        Ok(_) => Judgement::new(Verdict::Portal { url: BROWSER_URL.to_owned() }, &HOTSPOT),
        Err(_) => Judgement::new(Verdict::NoInternet, &NO_INTERNET),
    }
}
