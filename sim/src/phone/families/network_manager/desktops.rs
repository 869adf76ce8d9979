//! What the desktops of Linux make of a portal that NetworkManager has found: a window that opens by
//! itself, or a notification. None of them is bound to the network that was checked.

use crate::phone::features::{self, Feature};
use crate::phone::judge::case::PortalPage;
use crate::phone::model::Presents;
use crate::phone::output::SheetClosed;
use crate::phone::rule::{Grade, Rule, rule};
use crate::phone::table::{Event, PhoneAction, PhoneState, SheetState, Transition};
use crate::phone::transitions;

const GNOME_SHELL: &str =
    "GNOME gnome-shell @8f782086, js/ui/status/network.js; js/portalHelper/main.js @046cc0e6";

rule!(
    GNOME_OPENS,
    "nm.gnome.opens",
    "GNOME up to 46 opens its portal helper by itself, once for a connection until there is internet",
    "GNOME gnome-shell @0015e8b3, js/ui/status/network.js, before 57de9ee874; 43.9 of Debian 12, run",
    A
);
rule!(
    GNOME_NOTIFIES,
    "nm.gnome.notifies",
    "GNOME from 47 on shows a notification to sign in; a tap opens its portal helper",
    GNOME_SHELL,
    A
);
rule!(
    GNOME_BROWSES,
    "nm.gnome.browses",
    "Debian builds GNOME 48 without the portal helper: a tap opens the check's own URL in the browser",
    "gnome-shell 48.7-0+deb13u2 of Debian 13: no helper in the package; misc/config.js and js/ui/status/network.js in it",
    A
);
pub(super) static GNOME_PAGE: Rule = Rule {
    id: "nm.gnome.page",
    says: "the portal helper loads the check's own URL; before GNOME 43 it loaded http://nmcheck.gnome.org",
    source: "gnome-shell 43.9 of Debian 12, run; js/ui/status/network.js in 48.7-0+deb13u2 of Debian 13; before: GNOME \
             gnome-shell @0015e8b3",
    grade: Grade::A,
};
rule!(
    GNOME_RECHECKS,
    "nm.gnome.rechecks",
    "a page of the portal helper that begins has NetworkManager check again, at most every 5 s (30 s in 43), a limit \
     that is not modelled; internet found so closes the helper",
    "GNOME gnome-shell @8f782086, js/ui/status/network.js; js/portalHelper/main.js @046cc0e6; 43.9 of Debian 12, run",
    A
);
rule!(
    GNOME_CLOSED,
    "nm.gnome.closed",
    "closing the portal helper changes nothing, and neither helper nor notification comes again",
    GNOME_SHELL,
    A
);
rule!(
    GNOME_WINDOWS,
    "nm.gnome.windows",
    "the portal helper is a WebKit view that opens a new window's page in its own, if a click asked for it",
    GNOME_SHELL,
    A
);
rule!(
    GNOME_FORGETS,
    "nm.gnome.forgets",
    "the portal helper's session is ephemeral and uses no proxy",
    GNOME_SHELL,
    A
);
rule!(
    GNOME_CERTIFICATES,
    "nm.gnome.certificates",
    "the portal helper loads a page again whose certificate fails, and then takes that certificate for its host; it \
     says that the connection is not secure",
    GNOME_SHELL,
    A
);
rule!(
    KDE_NOTIFIES,
    "nm.kde.notifies",
    "Plasma shows a notification, \"Log in\" opens http://networkcheck.kde.org in the browser",
    "KDE plasma-nm @0600c4eb, kded/connectivitymonitor.cpp; 5.27.5 of Debian 12, run",
    A
);
rule!(
    PHOSH_NOTIFIES,
    "nm.phosh.notifies",
    "Phosh shows a notification, a tap opens the check's own URL in the browser",
    "PhoshMobi/phosh @87e94860, src/connectivity-manager.c",
    A
);
rule!(
    ELEMENTARY_OPENS,
    "nm.elementary.opens",
    "elementary's Captive Network Assistant opens by itself",
    "elementary/capnet-assist @0fd24341, README.md; that it is once for a network is assumed",
    B
);
pub(super) static ELEMENTARY_PAGE: Rule = Rule {
    id: "nm.elementary.page",
    says: "the Captive Network Assistant loads http://capnet.elementary.io",
    source: "elementary/capnet-assist, src/MainWindow.vala",
    grade: Grade::A,
};
pub(super) static HELPER_AGENT: Rule = Rule {
    id: "nm.gnome.agent",
    says: "the portal helper names itself as WebKitGTK does",
    source: "recorded of gnome-shell 43.9 with WebKitGTK 2.50.6 (Debian 12's), in the namespaces of \
             ci/long/interop-desktops.sh",
    grade: Grade::C,
};
pub(super) static BROWSER_AGENT: Rule = Rule {
    id: "nm.browser.agent",
    says: "the user agents of other windows and of browsers are placeholders",
    source: "unverified",
    grade: Grade::E,
};

/// A desktop: what it shows of a portal, and which page.
#[derive(Clone, Copy)]
pub(super) struct Desktop {
    pub(super) presents: Presents,
    pub(super) page: PortalPage,
    pub(super) transitions: &'static [Transition],
    pub(super) browser: &'static str,
    pub(super) features: &'static [Feature],
}

const WEBKIT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/60.5 \
                      Safari/605.1.15";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

const GNOME_ONLINE: Transition = Transition {
    state: &[],
    sheet: &[SheetState::Open],
    on: &[Event::Online],
    to: Some(PhoneState::Online),
    actions: &[PhoneAction::Unnotify, PhoneAction::ClosePage(SheetClosed::Validated)],
    rule: &GNOME_RECHECKS,
};
const GNOME_PAGE_BEGINS: Transition = Transition {
    state: &[],
    sheet: &[SheetState::Open],
    on: &[Event::PageStarted],
    to: None,
    actions: &[PhoneAction::Check],
    rule: &GNOME_RECHECKS,
};
const CLOSE_HELPER: Transition = Transition { rule: &GNOME_CLOSED, ..transitions::CLOSE_TAB };

static GNOME_46_TRANSITIONS: [Transition; 7] = [
    transitions::portal_again(&GNOME_OPENS),
    transitions::portal(&[PhoneAction::OpenPage], &GNOME_OPENS),
    GNOME_ONLINE,
    transitions::online(&super::FULL),
    transitions::failed(&super::NOT_FULL),
    GNOME_PAGE_BEGINS,
    CLOSE_HELPER,
];
static GNOME_TRANSITIONS: [Transition; 8] = [
    transitions::still_portal(&GNOME_NOTIFIES),
    transitions::portal(&[PhoneAction::Notify], &GNOME_NOTIFIES),
    GNOME_ONLINE,
    transitions::online(&super::FULL),
    transitions::failed(&super::NOT_FULL),
    transitions::tap(&GNOME_NOTIFIES),
    GNOME_PAGE_BEGINS,
    CLOSE_HELPER,
];
static GNOME_BROWSER_TRANSITIONS: [Transition; 6] = notifying(&GNOME_BROWSES);
static KDE_TRANSITIONS: [Transition; 6] = notifying(&KDE_NOTIFIES);
static PHOSH_TRANSITIONS: [Transition; 6] = notifying(&PHOSH_NOTIFIES);
static ELEMENTARY_TRANSITIONS: [Transition; 5] = [
    transitions::portal_again(&ELEMENTARY_OPENS),
    transitions::portal(&[PhoneAction::OpenPage], &ELEMENTARY_OPENS),
    transitions::online(&super::FULL),
    transitions::failed(&super::NOT_FULL),
    transitions::CLOSE_TAB,
];

const fn notifying(rule: &'static Rule) -> [Transition; 6] {
    [
        transitions::still_portal(rule),
        transitions::portal(&[PhoneAction::Notify], rule),
        transitions::online(&super::FULL),
        transitions::failed(&super::NOT_FULL),
        transitions::tap(rule),
        transitions::CLOSE_TAB,
    ]
}

const HELPER: &[Feature] = &[
    Feature::has(features::ANY_CERTIFICATE, &GNOME_CERTIFICATES),
    Feature::lacks("windows of their own", &GNOME_WINDOWS),
    Feature::lacks("anything kept after it is closed", &GNOME_FORGETS),
];

pub(super) const GNOME: Desktop = Desktop {
    presents: Presents::BrowserOnTap,
    page: PortalPage::Probe,
    transitions: &GNOME_TRANSITIONS,
    browser: WEBKIT,
    features: HELPER,
};
pub(super) const GNOME_46: Desktop =
    Desktop { presents: Presents::Browser, transitions: &GNOME_46_TRANSITIONS, ..GNOME };
/// GNOME without its portal helper.
pub(super) const GNOME_WITHOUT_HELPER: Desktop = Desktop {
    transitions: &GNOME_BROWSER_TRANSITIONS,
    browser: FIREFOX,
    features: features::WHOLE_BROWSER,
    ..GNOME
};
pub(super) const KDE: Desktop = Desktop {
    presents: Presents::BrowserOnTap,
    page: PortalPage::Fixed("http://networkcheck.kde.org/"),
    transitions: &KDE_TRANSITIONS,
    browser: FIREFOX,
    features: features::WHOLE_BROWSER,
};
pub(super) const PHOSH: Desktop =
    Desktop { page: PortalPage::Probe, transitions: &PHOSH_TRANSITIONS, browser: WEBKIT, ..KDE };
pub(super) const ELEMENTARY: Desktop = Desktop {
    presents: Presents::Browser,
    page: PortalPage::Fixed("http://capnet.elementary.io/"),
    transitions: &ELEMENTARY_TRANSITIONS,
    browser: WEBKIT,
    features: features::NO_BROWSER,
};
