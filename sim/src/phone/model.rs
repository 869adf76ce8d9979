//! A model of phone, computer or console: what it is called, and what it is built of. All of them are
//! listed by `catalogue`; each family makes its own.

use std::collections::BTreeSet;
use std::fmt;

use super::dhcp::{self, DhcpFingerprint};
use super::features::{ANY_CERTIFICATE, Feature};
use super::judge::case::Case;
use super::judge::client::Client;
use super::output::SheetClosed;
use super::rule::Rule;
use super::system::System;
use super::table::PhoneAction;

/// One phone: an operating system in one of its versions.
///
/// ```
/// let android = vestibule::phone::by_id("android-14").unwrap();
/// assert_eq!(android.at_a_setup_portal(), ("portal", true));
/// assert!(android.rules().all(|rule| !rule.source.is_empty()));
/// ```
#[derive(Clone, Copy)]
pub struct Model {
    /// As in scenarios and on the command line, `android-14` say.
    pub id: &'static str,
    /// As people call it.
    pub name: &'static str,
    /// The versions that behave this way.
    pub versions: &'static str,
    /// What it is a version of.
    pub family: Family,
    pub(super) system: &'static dyn System,
    /// What a portal brings before its owner.
    pub presents: Presents,
    /// What a portal must be for that, where a redirect is not enough.
    pub need: Option<&'static Need>,
    /// What the browser of its sign-in page has and lacks, as far as that is known.
    pub features: &'static [Feature],
}

/// Clients that are versions of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Android, the makers' and Fire OS.
    Android,
    /// iOS, iPadOS and macOS.
    Apple,
    /// HarmonyOS without Android.
    HarmonyOs,
    /// Windows' NCSI.
    Windows,
    /// ChromeOS.
    ChromeOs,
    /// Chromium's own detector.
    Chromium,
    /// Firefox's.
    Firefox,
    /// NetworkManager on Linux.
    NetworkManager,
    /// ConnMan, on Linux that is built in.
    ConnMan,
    /// Kindle's readers.
    Kindle,
    /// Nintendo's consoles.
    Nintendo,
    /// Valve's Steam Deck.
    Steam,
}

/// What the owner gets to see of a portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Presents {
    /// A sheet opens by itself.
    Sheet,
    /// A notification asks; a tap opens the sheet.
    SheetOnTap,
    /// A browser opens by itself.
    Browser,
    /// A notification or a bar asks; a tap opens a page in the browser.
    BrowserOnTap,
    /// Nothing that leads to the portal.
    Nothing,
}

/// What a model wants of a portal beyond an answer that says so.
#[derive(Debug)]
pub struct Need {
    /// What, in words.
    pub what: &'static str,
    /// What it concludes without, as [`super::Verdict::word`] says it.
    pub otherwise: &'static str,
    /// Where that is known from.
    pub rule: &'static Rule,
}

impl Model {
    /// Every rule that it follows, each once: those of its tables in their order, then the others.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        let behaviour = self.system.behaviour();
        let cases = self.cases().map(|case| case.rule);
        let transitions = behaviour.transitions.iter().map(|row| row.rule);
        let rechecks = behaviour.rechecks.iter().map(|recheck| recheck.rule);
        let dialog = behaviour.dialog.map(|dialog| dialog.rule);
        let need = self.need.map(|need| need.rule);
        let features = self.features.iter().map(|feature| feature.rule);
        let dhcp = self.dhcp();
        let all =
            cases.chain(transitions).chain(rechecks).chain(dialog).chain(self.system.facts()).chain(need);
        let all = all.chain(features).chain([dhcp.rule, dhcp.address_rule]);
        let mut seen = BTreeSet::new();
        let distinct: Vec<_> = all.filter(|rule| seen.insert(rule.id)).collect();
        distinct.into_iter()
    }

    /// How it asks for an address, and from which hardware address.
    pub fn dhcp(&self) -> DhcpFingerprint {
        match self.family {
            Family::Android => dhcp::android(self.id),
            Family::Apple => dhcp::apple(self.id),
            Family::Windows => dhcp::windows(self.id),
            Family::NetworkManager => dhcp::NETWORK_MANAGER_CLIENT,
            Family::ConnMan => dhcp::CONNMAN_CLIENT,
            _ => dhcp::PLAIN,
        }
    }

    /// The rows by which it judges a reply, without those that cannot come about.
    pub(super) fn cases(&self) -> impl Iterator<Item = &'static Case> + use<> {
        self.system.cases().into_iter()
    }

    /// The client that judges a recorded reply to this model's HTTP probe.
    pub fn client(&self) -> Client {
        self.system.client()
    }

    /// Whether the browser of its sign-in page minds whose certificate it is shown.
    pub(crate) fn page_verifies(&self) -> bool {
        !self.features.iter().any(|feature| feature.is_there && feature.what == ANY_CERTIFICATE)
    }

    /// By which rule its sign-in page closes by itself, where it does so for this reason.
    pub(crate) fn closes_by(&self, why: SheetClosed) -> Option<&'static Rule> {
        let closes = PhoneAction::ClosePage(why);
        let mut rows = self.system.behaviour().transitions.iter();
        rows.find(|row| row.actions.contains(&closes)).map(|row| row.rule)
    }

    /// Whether it makes a check again by itself, as far as its model says.
    pub(crate) fn checks_again(&self) -> bool {
        !self.system.behaviour().rechecks.is_empty()
    }

    /// The pages that it asks for beside its check, and whose answers change nothing.
    pub(crate) fn side_pages(&self) -> Vec<&'static str> {
        self.system.side_pages()
    }

    /// Whether its sign-in page goes by the network that was checked. A computer's does not: its browser
    /// follows the default route.
    pub(crate) fn page_is_bound(&self) -> bool {
        self.system.page_is_bound()
    }

    /// Whether somebody has said what its check does where a VPN is always on. Apple's is one of iOS and iPadOS.
    pub fn is_known_under_vpn(&self) -> bool {
        self.system.under_vpn().is_some() && !self.id.starts_with("macos")
    }

    /// Whether somebody has said what its check does where the system's proxy is set.
    pub fn is_known_under_proxy(&self) -> bool {
        self.system.under_proxy().is_some()
    }

    /// Whether its ordinary browser tries HTTPS first, as Chrome does: Android from 10 on.
    pub(crate) fn browser_tries_https(&self) -> bool {
        self.system.browser_tries_https()
    }

    /// Whether it has the setting "Private DNS": Android from 9 on.
    pub fn has_private_dns(&self) -> bool {
        self.system.has_private_dns()
    }

    /// Whether a Custom Tab may take the place of its sheet: Android from 12 on.
    pub fn has_custom_tabs(&self) -> bool {
        self.system.has_custom_tabs()
    }

    /// Whether a camera that comes with it is known to join a network by the code on a label: phones' and tablets'
    /// are, Apple's from iOS 11 on (Apple, "Scan a QR code with your iPhone, iPad or iPod touch", grade B; the
    /// others' unverified). Of computers, consoles and readers nobody has said so.
    pub fn camera_reads_codes(&self) -> bool {
        let major = |rest: &str| rest.split(['.', '-']).next().and_then(|digits| digits.parse::<u32>().ok());
        match self.family {
            Family::Android | Family::HarmonyOs => true,
            Family::Apple => match self.id.strip_prefix("ios-") {
                Some(version) => major(version).is_some_and(|version| version >= 11),
                None => self.id.starts_with("ipados-"),
            },
            _ => false,
        }
    }

    /// What it concludes first of a portal in setup that redirects everything to itself, on a
    /// private address, and refuses what is not HTTP on port 80: the verdict's word, and whether
    /// the owner gets to see the portal.
    pub fn at_a_setup_portal(&self) -> (&'static str, bool) {
        match self.need {
            Some(need) => (need.otherwise, false),
            None => (self.system.concludes_at_a_portal(), self.presents != Presents::Nothing),
        }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({})", self.id)
    }
}

impl fmt::Display for Presents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sheet => "sheet",
            Self::SheetOnTap => "sheet on a tap",
            Self::Browser => "browser",
            Self::BrowserOnTap => "browser on a tap",
            Self::Nothing => "nothing",
        })
    }
}
