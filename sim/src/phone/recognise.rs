//! Tells which client sent a request or asked for a name, by what the models themselves send.

use std::fmt;

use url::Url;

use super::catalogue;
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
    let judged: Vec<(How, &'static Model)> =
        catalogue::all().iter().filter_map(|model| Some((likeness(model, bytes, &asked)?, model))).collect();
    nearest(judged)
}

/// The client that asks for this name; `None` if no model does.
pub fn name(name: &str) -> Option<Recognised> {
    let name = name.trim_end_matches('.');
    let asks = |model: &&Model| model.system.asks_for_name(name);
    nearest(catalogue::all().iter().filter(asks).map(|model| (How::Place, model)).collect())
}

fn nearest(judged: Vec<(How, &'static Model)>) -> Option<Recognised> {
    let how = judged.iter().map(|(how, _)| *how).min()?;
    let models: Vec<_> = judged.into_iter().filter(|(own, _)| *own == how).map(|(_, model)| model).collect();
    Some(Recognised { family: models.first()?.family, models, how })
}

fn likeness(model: &'static Model, bytes: &[u8], asked: &Request) -> Option<How> {
    let own = model.system.requests();
    if own.iter().any(|(_, request)| request == bytes) {
        return Some(How::Bytes);
    }
    let is_like =
        |(_, request): &(Url, Vec<u8>)| Request::read(request).is_some_and(|own| own.is_like(asked));
    // Without a user agent the lines say too little.
    if asked.agent.is_some() && own.iter().any(is_like) {
        return Some(How::Lines);
    }
    // An ordinary browser's says nothing.
    let is_sheet = matches!(model.presents, Presents::Sheet | Presents::SheetOnTap);
    let browser = model.system.behaviour().browser;
    if is_sheet && asked.agent.as_deref() == Some(browser) {
        return Some(How::Browser);
    }
    if asked.agent.as_deref().is_some_and(|agent| is_named_like(model, agent)) {
        return Some(How::Agent);
    }
    model.system.asks_for_page(&asked.method, &asked.host, &asked.path).then_some(How::Place)
}

/// The part of a user agent that names the family for certain.
fn is_named_like(model: &Model, agent: &str) -> bool {
    match model.family {
        // A probe, or a WebView that says neither Version nor Safari.
        Family::Apple => {
            let is_sheet =
                agent.contains("like Gecko)") && !agent.contains("Safari/") && !agent.contains("Version/");
            let is_macintosh = model.system.behaviour().browser.contains("Macintosh");
            agent.starts_with("CaptiveNetworkSupport")
                || (is_sheet && agent.contains("iPhone") && !is_macintosh)
                || (is_sheet && agent.contains("Macintosh") && is_macintosh)
        }
        Family::Android => agent.starts_with("Dalvik/") || agent.contains("; wv)"),
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

    fn is_like(&self, other: &Self) -> bool {
        self.method == other.method
            && self.version == other.version
            && self.agent == other.agent
            && self.names == other.names
    }
}
