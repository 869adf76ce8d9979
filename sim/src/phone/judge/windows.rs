//! What a reply to Windows' active probe (NCSI) means.

use super::case::{Case, PortalPage, Then, When};
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
#[non_exhaustive]
pub enum Expected {
    /// `/connecttest.txt`, since Windows 10 1607.
    ConnectTest,
    /// `/ncsi.txt`, before.
    Ncsi,
}

impl Expected {
    /// The table of the version that expects it.
    pub fn cases(self) -> &'static [Case] {
        match self {
            Self::ConnectTest => &CONNECT_TEST,
            Self::Ncsi => &NCSI,
        }
    }
}

static CONNECT_TEST: [Case; 3] = cases(&[When::Status(200, 200), When::Body("Microsoft Connect Test")]);
static NCSI: [Case; 3] = cases(&[When::Status(200, 200), When::Body("Microsoft NCSI")]);

const fn cases(success: &'static [When]) -> [Case; 3] {
    [
        Case { when: &[When::NoReply], then: Then::NoInternet, rule: &NO_INTERNET },
        Case { when: success, then: Then::Online, rule: &SUCCESS },
        Case { when: &[], then: Then::Portal(PortalPage::Fixed(BROWSER_URL)), rule: &HOTSPOT },
    ]
}
