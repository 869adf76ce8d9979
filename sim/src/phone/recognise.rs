//! Tells which client sent a request or asked for a name, by what the models themselves send.

use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use super::catalogue;
use super::judge::{Client, Release};
use super::model::{Family, Model, Presents};

/// The client that a request comes from.
#[derive(Clone, Debug)]
pub struct Recognised {
    /// What it is a version of.
    pub family: Family,
    /// The models that send it, or what comes nearest to it.
    pub models: Vec<&'static Model>,
    /// By what it was recognised.
    pub how: How,
}

/// By what a client was recognised, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum How {
    /// Every byte.
    Bytes,
    /// The header lines, their order and the user agent, but for Host and path.
    Lines,
    /// The user agent of a sign-in page's browser.
    Browser,
    /// The vendor class that it gives in DHCP (option 60).
    VendorClass,
    /// The user agent's name.
    Agent,
    /// The host and the path, or the name that is asked for.
    Place,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "every byte",
            Self::Lines => "header lines and user agent",
            Self::Browser => "the browser of a sign-in page",
            Self::VendorClass => "vendor class in DHCP",
            Self::Agent => "user agent",
            Self::Place => "host and path",
        })
    }
}

impl fmt::Display for Recognised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let models: Vec<_> = self.models.iter().map(|model| model.id).collect();
        write!(f, "{} (by {})", models.join(", "), self.how)
    }
}

/// The client that sends this request; `None` if it is like no model's.
///
/// ```
/// use vestibule::phone::recognise::{How, request};
///
/// let request = request(b"GET /connecttest.txt HTTP/1.1\r\nConnection: Close\r\n\
///     User-Agent: Microsoft NCSI\r\nHost: www.msftconnecttest.com\r\n\r\n").unwrap();
/// assert_eq!(request.how, How::Bytes);
/// assert!(request.models.iter().any(|model| model.id == "windows-10"));
/// ```
pub fn request(bytes: &[u8]) -> Option<Recognised> {
    let asked = Request::read(bytes)?;
    let judged = SENT.iter().filter_map(|(model, own)| Some((likeness(model, own, bytes, &asked)?, *model)));
    nearest(judged.collect())
}

/// A request of a model's, as it is sent and as it is read.
struct Own {
    bytes: Vec<u8>,
    read: Option<Request>,
}

/// What every model sends, made once: a capture has many requests to hold it against.
static SENT: LazyLock<Vec<(&'static Model, Vec<Own>)>> = LazyLock::new(|| {
    let own = |bytes: Vec<u8>| Own { read: Request::read(&bytes), bytes };
    let sent = |model: &Model| model.system.requests().into_iter().map(|(_, bytes)| own(bytes)).collect();
    catalogue::all().iter().map(|model| (model, sent(model))).collect()
});

/// The client that asks for this name; `None` if no model does.
pub fn name(name: &str) -> Option<Recognised> {
    let name = name.trim_end_matches('.');
    let asks = |model: &&Model| model.system.asks_for_name(name);
    nearest(catalogue::all().iter().filter(asks).map(|model| (How::Place, model)).collect())
}

/// Something that a client sent, by which it may be told.
pub(crate) enum Evidence<'e> {
    /// A request.
    Request(&'e [u8]),
    /// A question for this name, and when it was asked.
    Name(String, Option<Duration>),
    /// The vendor class of a DHCP message.
    VendorClass(&'e [u8]),
}

/// Names that checks ask for and programs without a check as well: none of them tells a client.
const EVERYBODYS: [&str; 7] = [
    "www.google.com",
    "www.apple.com",
    "www.gstatic.com",
    "play.googleapis.com",
    "accounts.google.com",
    "example.org",
    "wpad",
];

/// How long after the first of its three random names Chromium has asked for the last.
const RANDOM_NAMES_SPAN: Duration = Duration::from_secs(2);

/// The client that sent all this, by the surest of it, and what of the rest speaks for another one.
pub(crate) fn client<'e>(sent: impl IntoIterator<Item = Evidence<'e>>) -> Option<(Recognised, Vec<String>)> {
    let mut all: Vec<(u8, Recognised)> = Vec::new();
    let mut words: Vec<(String, Option<Duration>)> = Vec::new();
    for evidence in sent {
        let told = match evidence {
            Evidence::Request(bytes) => request(bytes).map(|whose| (0, whose)),
            Evidence::VendorClass(class) => vendor_class(class).map(|whose| (0, whose)),
            Evidence::Name(asked, _) if EVERYBODYS.iter().any(|name| asked.eq_ignore_ascii_case(name)) => {
                None
            }
            Evidence::Name(asked, at) if !asked.contains('.') => {
                words.push((asked, at));
                None
            }
            Evidence::Name(asked, _) => name(&asked).map(|whose| (1, whose)),
        };
        all.extend(told);
    }
    all.extend(random_names(&words).map(|whose| (1, whose)));
    let surest = all.iter().min_by_key(|(rank, whose)| (whose.how, *rank))?;
    let mut chosen = surest.1.clone();
    let mut against = Vec::new();
    for (_, whose) in &all {
        let narrowed: Vec<_> =
            chosen.models.iter().copied().filter(|own| whose.models.iter().any(|m| m.id == own.id)).collect();
        // What names a version narrows down what several versions send.
        if !narrowed.is_empty() && matches!(whose.how, How::VendorClass | How::Agent) {
            chosen.models = narrowed;
        } else if whose.family != chosen.family {
            against.push(whose.to_string());
        }
    }
    against.sort_unstable();
    against.dedup();
    Some((chosen, against))
}

/// The operating systems whose checks are among these requests, a model of each: one client has one. Browsers and their
/// engines run on several and are none.
#[cfg(feature = "cli")]
pub(crate) fn systems<'r>(requests: impl IntoIterator<Item = &'r [u8]>) -> Vec<&'static str> {
    let mut found: Vec<(Family, &'static str)> = Vec::new();
    for whose in requests.into_iter().filter_map(request) {
        let is_system = !matches!(whose.family, Family::Chromium | Family::Firefox);
        let is_sure = matches!(whose.how, How::Bytes | How::Lines | How::Agent);
        let Some(model) = whose.models.first().filter(|_| is_system && is_sure) else { continue };
        if found.iter().all(|(family, _)| *family != whose.family) {
            found.push((whose.family, model.id));
        }
    }
    found.into_iter().map(|(_, id)| id).collect()
}

/// Three different random names within seconds, and no further word, are Chromium's.
fn random_names(words: &[(String, Option<Duration>)]) -> Option<Recognised> {
    let mut different: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
    different.sort_unstable();
    different.dedup();
    let times = || words.iter().filter_map(|(_, at)| *at);
    let took = times().max().unwrap_or_default() - times().min().unwrap_or_default();
    let repeated = words.len() > different.len();
    (different.len() == 3 && (took <= RANDOM_NAMES_SPAN || repeated)).then_some(())?;
    let whose: Option<Vec<Recognised>> = different.into_iter().map(name).collect();
    whose?.pop().filter(|whose| whose.family == Family::Chromium)
}

/// Whose vendor class this is: `android-dhcp-9`, or Windows' `MSFT 5.0` (all since 2000).
fn vendor_class(class: &[u8]) -> Option<Recognised> {
    let class = std::str::from_utf8(class).ok()?;
    let version = class.strip_prefix("android-dhcp-");
    let is_own = |model: &&Model| match (model.family, version) {
        (Family::Android, Some(version)) => is_release(model, version),
        (Family::Windows, None) => class == "MSFT 5.0",
        _ => false,
    };
    nearest(catalogue::all().iter().filter(is_own).map(|model| (How::VendorClass, model)).collect())
}

/// Whether a model is this release of Android, `6.0.1` say. What follows the first number counts where models differ by
/// it.
fn is_release(model: &Model, version: &str) -> bool {
    let Client::Android(own) = model.client() else { return false };
    let mut numbers = version.split('.').map(|number| number.parse::<u8>().unwrap_or_default());
    let mut number = || numbers.next().unwrap_or_default();
    let (major, minor, patch) = (number(), number(), number());
    let is_modelled = |release: &Release| {
        catalogue::all().iter().any(|model| matches!(model.client(), Client::Android(r) if r == *release))
    };
    let nearest = [Release::patched(major, minor, patch), Release::new(major, minor), Release::new(major, 0)];
    nearest.into_iter().find(is_modelled) == Some(own)
}

/// The release that an agent names: `Android 6.0.1`.
fn android_version(agent: &str) -> Option<&str> {
    let (_, version) = agent.split_once("Android ")?;
    version.split([';', ')', ' ']).next()
}

/// The release of Android that sent this, if it is older than every model's.
pub(crate) fn older_android(request: &[u8]) -> Option<String> {
    let agent = Request::read(request)?.agent.filter(|agent| agent.starts_with("Dalvik/"))?;
    let version = android_version(&agent)?;
    let is_version = version.len() <= 8 && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let (major, minor) = version.split_once('.').unwrap_or((version, ""));
    let minor = minor.split('.').next()?.parse().unwrap_or_default();
    let release = Release::new(major.parse().ok()?, minor);
    let is_older = |model: &Model| !matches!(model.client(), Client::Android(own) if own <= release);
    (is_version && catalogue::all().iter().all(is_older)).then(|| format!("Android {version}"))
}

/// Whether two agents are the same program's of the same release, on whatever device.
fn is_same_dalvik(own: &str, other: &str, model: &Model) -> bool {
    let is_dalvik = |agent: &str| agent.starts_with("Dalvik/") && agent.contains(" Build/");
    is_dalvik(own)
        && is_dalvik(other)
        && android_version(other).is_some_and(|version| is_release(model, version))
}

fn nearest(judged: Vec<(How, &'static Model)>) -> Option<Recognised> {
    let how = judged.iter().map(|(how, _)| *how).min()?;
    let models: Vec<_> = judged.into_iter().filter(|(own, _)| *own == how).map(|(_, model)| model).collect();
    Some(Recognised { family: models.first()?.family, models, how })
}

fn likeness(model: &'static Model, own: &[Own], bytes: &[u8], asked: &Request) -> Option<How> {
    if own.iter().any(|own| own.bytes == bytes) {
        return Some(How::Bytes);
    }
    let read = || own.iter().filter_map(|own| own.read.as_ref());
    // Without a user agent the lines say too little.
    if asked.agent.is_some() && read().any(|own| own.is_like(asked, model)) {
        return Some(How::Lines);
    }
    // An ordinary browser's says nothing.
    let is_sheet = matches!(model.presents, Presents::Sheet | Presents::SheetOnTap);
    let browser = model.system.behaviour().browser;
    if is_sheet && asked.agent.as_deref() == Some(browser) {
        return Some(How::Browser);
    }
    let is_own_agent = || model.family == Family::Android && read().any(|own| own.agent == asked.agent);
    if asked.agent.as_deref().is_some_and(|agent| is_named_like(model, agent) || is_own_agent()) {
        return Some(How::Agent);
    }
    model.system.asks_for_page(&asked.method, &asked.host, &asked.path).then_some(How::Place)
}

/// Whether a request has the agent of a system's check, which no browser has and no application.
pub(crate) fn is_checks_agent(request: &[u8]) -> bool {
    let Some(asked) = Request::read(request) else { return false };
    let agent = asked.agent.as_deref().unwrap_or_default();
    let mut androids =
        SENT.iter().filter(|(model, _)| model.family == Family::Android).flat_map(|(_, own)| own);
    agent.starts_with("CaptiveNetworkSupport")
        || agent == "Microsoft NCSI"
        || (!agent.starts_with("Dalvik/")
            && androids.any(|own| own.read.as_ref().is_some_and(|own| own.agent.as_deref() == Some(agent))))
}

/// The part of a user agent that names the family for certain.
fn is_named_like(model: &Model, agent: &str) -> bool {
    match model.family {
        // A probe, or a WebView that says neither Version nor Safari.
        Family::Apple => {
            // Behind the engine a sheet's agent names nothing, or an iPhone's build.
            let is_sheet = agent.split_once("like Gecko)").is_some_and(|(_, rest)| {
                rest.is_empty() || (rest.starts_with(" Mobile/") && !rest.contains("Safari/"))
            });
            let is_macintosh = model.system.behaviour().browser.contains("Macintosh");
            agent.starts_with("CaptiveNetworkSupport")
                || (is_sheet && agent.contains("iPhone") && !is_macintosh)
                || (is_sheet && agent.contains("Macintosh") && is_macintosh)
        }
        // With the version, if it says one.
        Family::Android => {
            (agent.starts_with("Dalvik/") || agent.contains("; wv)"))
                && android_version(agent).is_none_or(|version| is_release(model, version))
        }
        Family::Windows => agent == "Microsoft NCSI",
        _ => false,
    }
}

/// What of a request tells clients apart.
struct Request {
    method: String,
    path: String,
    version: String,
    host: String,
    agent: Option<String>,
    names: Vec<String>,
}

impl Request {
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.split("\r\n");
        let mut first = lines.next()?.split(' ').map(str::to_owned);
        let (method, path, version) = (first.next()?, first.next()?, first.next()?);
        let headers: Vec<(&str, &str)> =
            lines.take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(": ")).collect();
        let value = |name: &str| {
            headers
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| (*value).to_owned())
        };
        Some(Self {
            method,
            path,
            version,
            host: value("host").unwrap_or_default(),
            agent: value("user-agent"),
            names: headers.iter().map(|(name, _)| (*name).to_owned()).collect(),
        })
    }

    fn is_like(&self, other: &Self, model: &Model) -> bool {
        let same_agent = match (&self.agent, &other.agent) {
            (Some(own), Some(other)) => own == other || is_same_dalvik(own, other, model),
            _ => false,
        };
        self.method == other.method
            && self.version == other.version
            && same_agent
            && self.names == other.names
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;

    #[test]
    fn one_client_is_of_one_system_whatever_it_browses_with() {
        let of = |ids: &[&str]| -> Vec<&'static str> {
            let requests: Vec<Vec<u8>> = ids
                .iter()
                .flat_map(|id| catalogue::by_id(id).unwrap().system.requests())
                .map(|(_, bytes)| bytes)
                .collect();
            systems(requests.iter().map(Vec::as_slice))
        };
        for model in catalogue::all() {
            assert!(of(&[model.id]).len() <= 1, "{}: {:?}", model.id, of(&[model.id]));
        }
        assert_eq!(of(&["ios-17", "android-14"]).len(), 2);
        assert_eq!(of(&["windows-11", "ios-17", "android-14"]).len(), 3);
    }
}
