//! What the models themselves send and expect, word for word. It is public, so nobody's secret can be in
//! it: recordings may keep it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use url::{Position, Url};

use super::catalogue;
use super::judge::case::When;
use super::judge::client::Client;
use super::model::{Family, Model};

/// The words of all models.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Paths with their queries.
    paths: BTreeSet<String>,
    /// Header lines, the name in small letters.
    lines: BTreeSet<(String, String)>,
    /// Bodies that mean something to a client, whole.
    bodies: BTreeSet<&'static str>,
    /// Parts of bodies that do.
    parts: BTreeSet<&'static str>,
    /// Whose check asks which page.
    checks: Vec<(Client, Family, Url)>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known::default();
    catalogue::all().iter().for_each(|model| known.add(model));
    known
});

/// The words of all models.
pub(crate) fn known() -> &'static Known {
    &KNOWN
}

impl Known {
    fn add(&mut self, model: &Model) {
        let beside = model.system.side_pages();
        for (url, request) in model.system.requests() {
            if !beside.contains(&url.as_str()) {
                self.checks.push((model.client(), model.family, url.clone()));
            }
            self.paths.insert(path(&url).to_owned());
            let text = String::from_utf8_lossy(&request);
            let lines = text.split("\r\n").filter_map(|line| line.split_once(": "));
            self.lines.extend(lines.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())));
        }
        let browser = model.system.behaviour().browser;
        self.lines.insert(("user-agent".to_owned(), browser.to_owned()));
        for when in model.system.cases().iter().flat_map(|case| case.when) {
            match when {
                When::Body(text) | When::BodyStarts(text) => self.bodies.insert(text),
                When::BodyHas(part) => self.parts.insert(part),
                _ => false,
            };
        }
    }

    /// Whether a model asks for this path.
    pub(crate) fn has_path(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Whether a model sends this header line.
    pub(crate) fn has_line(&self, name: &str, value: &str) -> bool {
        self.lines.contains(&(name.to_ascii_lowercase(), value.to_owned()))
    }

    /// Whether a client expects this body.
    pub(crate) fn has_body(&self, body: &str) -> bool {
        self.bodies.contains(body)
    }

    /// The parts of a body by which clients tell portals.
    pub(crate) fn parts_of(&self, body: &str) -> Vec<&'static str> {
        self.parts.iter().copied().filter(|part| body.contains(part)).collect()
    }
}

fn path(url: &Url) -> &str {
    &url[Position::BeforePath..Position::AfterQuery]
}

/// Whose table judges a reply to this URL, where `client` asked it: that of the check whose own page it is.
/// A client asks further pages beside its check, and what these must answer is another check's to say.
pub(crate) fn judge_of(client: Client, asked: &Url) -> Client {
    let checks = || known().checks.iter();
    let Some(family) = checks().find(|(own, ..)| *own == client).map(|(_, family, _)| *family) else {
        return client;
    };
    let is_at = |(_, own, url): &&(Client, Family, Url)| {
        *own == family && url.host_str() == asked.host_str() && url.path() == asked.path()
    };
    let asking: Vec<Client> = checks().filter(is_at).map(|(own, ..)| *own).collect();
    if asking.contains(&client) { client } else { asking.first().copied().unwrap_or(client) }
}

#[cfg(test)]
mod tests {
    use super::super::by_id;
    use super::*;

    #[test]
    fn a_page_beside_the_check_is_judged_by_the_check_that_expects_it() {
        let client = |id: &str| by_id(id).unwrap().client();
        let judge = |id: &str, url: &str| judge_of(client(id), &Url::parse(url).unwrap());
        let [firefox, older] = ["firefox", "firefox-older"].map(client);
        assert_eq!(judge("firefox", "http://detectportal.firefox.com/success.txt?ipv4"), older);
        assert_eq!(judge("firefox", "http://detectportal.firefox.com/canonical.html"), firefox);
        assert_eq!(judge("firefox-older", "http://detectportal.firefox.com/canonical.html"), firefox);
        assert_eq!(judge("windows-11", "http://www.msftncsi.com/ncsi.txt"), client("windows-7"));
        assert_eq!(judge("ios-17", "http://192.168.4.1/anything"), client("ios-17"));
    }

    #[test]
    fn what_the_models_send_is_known() {
        assert!(known().has_path("/generate_204") && known().has_path("/success.txt?ipv4"));
        assert!(known().has_line("USER-AGENT", "Microsoft NCSI") && known().has_body("success\n"));
        assert!(!known().has_path("/generate_204?who=me") && !known().has_line("user-agent", "me"));
        assert_eq!(known().parts_of("<!-- <WISPAccessGatewayParam> -->"), ["<WISPAccessGatewayParam"]);
    }
}
