//! The Steam Deck in its gaming mode: Steam asks a page of its own and offers a window to sign in. In desktop mode it is
//! NetworkManager's.

use crate::phone::judge::case::{Case, PortalPage, Table, Then, When};
use crate::phone::judge::client::Client;
use crate::phone::model::{Family, Model, Presents};
use crate::phone::rule::rule;
use crate::phone::table::{Behaviour, PhoneAction, Transition};
use crate::phone::url_probe::ProbePlan;
use crate::phone::{features, transitions};

rule!(
    REQUEST,
    "steam.request",
    "test.steampowered.com/204 over HTTP; the header lines were not seen",
    "connection logs of Steam, ValveSoftware/SteamOS#1616",
    D
);
rule!(
    SUCCESS,
    "steam.probe.204",
    "204 is the internet's answer",
    "unverified: Valve's steamos-log-submitter asks the same page and wants that (A); Steam itself was not read",
    E
);
rule!(PORTAL, "steam.probe.portal", "any other reply is a portal's", "unverified: assumed", E);
rule!(NO_REPLY, "steam.probe.no-reply", "without a reply there is no internet", "unverified: assumed", E);
rule!(
    WINDOW,
    "steam.window",
    "at a portal the Wi-Fi settings have a button that opens a window to sign in",
    "reports: ValveSoftware/steam-for-linux#12599, ValveSoftware/SteamOS#1461",
    D
);
rule!(
    PAGE,
    "steam.window.page",
    "the window opens on the check's own URL",
    "unverified: a report of a client of October 2025 has it open a page by https, which fails at a portal \
     (ValveSoftware/steam-for-linux#12556), another sees the portal's page (#12599)",
    E
);
rule!(USED, "steam.online", "the network is used", "unverified: assumed", E);
rule!(FAILED, "steam.failed", "Steam stays offline", "ValveSoftware/SteamOS#2257", D);
rule!(AGENT, "steam.window.agent", "the window's user agent is a placeholder", "unverified", E);
rule!(
    TIMEOUTS,
    "steam.timeout",
    "a name is waited for 10 s, a connection or a reply 10 s; it does not ask again",
    "unverified: chosen",
    E
);

static CASES: [Case; 3] = [
    Case { when: &[When::NoReply], then: Then::NoInternet, rule: &NO_REPLY },
    Case { when: &[When::Status(204, 204)], then: Then::Online, rule: &SUCCESS },
    Case { when: &[], then: Then::Portal(PortalPage::Probe), rule: &PORTAL },
];
static TABLE: Table = Table { client: "Steam", cases: &CASES };

static TRANSITIONS: [Transition; 6] = [
    transitions::still_portal(&WINDOW),
    transitions::portal(&[PhoneAction::Notify], &WINDOW),
    transitions::online(&USED),
    transitions::failed(&FAILED),
    transitions::tap(&WINDOW),
    transitions::CLOSE_TAB,
];

static PLAN: ProbePlan = ProbePlan::one_page(
    &["http://test.steampowered.com/204"],
    Client::Other(&TABLE),
    Behaviour::new(
        &TRANSITIONS,
        &[],
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Steam",
    ),
    &[&REQUEST, &PAGE, &TIMEOUTS, &AGENT],
);

static MODELS: [Model; 1] = [Model {
    id: "steam-deck",
    name: "Steam Deck, gaming mode",
    versions: "SteamOS 3",
    family: Family::Steam,
    system: &PLAN,
    presents: Presents::BrowserOnTap,
    need: None,
    features: features::NO_BROWSER,
}];

pub(in crate::phone) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}
