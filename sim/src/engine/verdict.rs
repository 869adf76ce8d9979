//! What a person would make of a page, from what an engine shows and what went over the network: whether it can be
//! used, and what one would mind.

use std::collections::BTreeSet;
use std::time::Duration;

use url::Url;

use super::session::EngineFailure;
use super::traffic::{Fetched, MOST_BYTES, Traffic};
use super::visible_page::VisiblePage;
use crate::check::outside_host;
use crate::owner::{PAGE_TIMEOUT, REDIRECTS};
use crate::text::listed;

/// A page that takes longer is one that a person doubts. Chosen.
const SLOW: Duration = Duration::from_secs(4);

/// How many touch targets are named at most.
const NAMED: usize = 3;

/// What there is to be judged.
pub(super) struct Evidence<'a> {
    /// The page that was asked for.
    pub(super) url: &'a str,
    /// What is to be seen, or why nobody knows.
    pub(super) page: Result<&'a VisiblePage, &'a EngineFailure>,
    pub(super) usable_after: Option<Duration>,
    pub(super) traffic: &'a Traffic,
    pub(super) console: &'a [String],
    /// Windows beside the page's own.
    pub(super) windows: usize,
}

impl Evidence<'_> {
    /// Why a person could not use the page, if so.
    pub(super) fn unusable(&self) -> Option<String> {
        if self.traffic.is_too_much() {
            return Some(format!(
                "{} brings more than {} MB: nobody waits for that. Bring a page of some ten kB",
                self.url,
                MOST_BYTES >> 20
            ));
        }
        if self.traffic.redirects() > REDIRECTS && !self.page.is_ok_and(VisiblePage::is_usable) {
            return Some(format!(
                "{} redirects without end: {} times so far",
                self.url,
                self.traffic.redirects()
            ));
        }
        let page = match self.page {
            Ok(page) => page,
            Err(EngineFailure::Hangs) => return Some(self.packed().unwrap_or_else(|| self.hangs())),
            Err(failure) => return Some(format!("{} could not be shown: {failure}", self.url)),
        };
        if !page.is_loaded() {
            return Some(self.not_loaded());
        }
        if let Some(status) = self.document().and_then(|one| one.status).filter(|status| *status >= 400) {
            return Some(format!("{} is answered {status}", page.url));
        }
        self.not_readable(page)
    }

    /// Why the engine does not say what is to be seen.
    fn hangs(&self) -> String {
        let after = PAGE_TIMEOUT.as_secs();
        match self.document() {
            Some(Fetched { status: Some(_), .. }) => {
                format!("a script of {} never ends: after {after} s the page does not react", self.url)
            }
            _ => format!("{} was not answered within {after} s", self.url),
        }
    }

    /// Whether the page is packed as http does not take it.
    fn packed(&self) -> Option<String> {
        let coding = self.document()?.coding.as_deref().filter(|coding| matches!(*coding, "br" | "zstd"))?;
        Some(format!(
            "{} is packed with {coding}, which browsers take over https only: nothing readable is shown. Use gzip",
            self.url
        ))
    }

    /// Why nothing of the network is shown.
    fn not_loaded(&self) -> String {
        if let Some((host, port, why)) =
            self.traffic.refused.first().filter(|_| self.traffic.fetched.is_empty())
        {
            return format!("{} could not be loaded: {host} port {port}: {}", self.url, why.says());
        }
        match self.document() {
            Some(Fetched { status: Some(204 | 205), .. }) => {
                format!("{} has no content, so nothing is shown", self.url)
            }
            Some(one) if one.status.is_some_and(|status| status < 300) => {
                let kind = one.kind.as_deref().unwrap_or("no Content-Type");
                let why = if one.is_attachment { "an attachment".to_owned() } else { kind.to_owned() };
                match one.coding.as_deref() {
                    Some(coding) => format!(
                        "{} ({why}, packed with {coding}) is not shown: the engine could not unpack it, or saves it as \
                         a file",
                        self.url
                    ),
                    None => format!("{} ({why}) is saved as a file, not shown. Send text/html", self.url),
                }
            }
            Some(Fetched { status: None, .. }) => {
                format!("{} was not answered within {} s", self.url, PAGE_TIMEOUT.as_secs())
            }
            _ => format!("{} could not be loaded", self.url),
        }
    }

    fn not_readable(&self, page: &VisiblePage) -> Option<String> {
        if page.is_source() {
            return Some(format!("{} is shown as its source ({}). Send text/html", page.url, page.kind));
        }
        if let Some(packed) = self.packed().filter(|_| page.is_damaged() || page.is_blank()) {
            return Some(packed);
        }
        if page.is_damaged() {
            return Some(format!("{} is shown as unreadable characters ({})", page.url, page.kind));
        }
        if page.is_invisible() {
            return Some(format!(
                "the text of {} cannot be told from its background: {} characters, none with a contrast of 1.3 to 1",
                page.url, page.text.invisible
            ));
        }
        if !page.is_blank() {
            return None;
        }
        let outside = self.outside(page);
        let because = if let Some(broken) = self.console.first().filter(|_| outside.is_empty()) {
            format!(". The console says: {broken}")
        } else if !outside.is_empty() {
            format!(" without {}, which is not there on the access point: bring it along", listed(&outside))
        } else if page.ready != "complete" {
            format!(", and not loaded after {} s", PAGE_TIMEOUT.as_secs())
        } else {
            String::new()
        };
        Some(format!("{} is blank{because}", page.url))
    }

    /// The reply that is the page.
    fn document(&self) -> Option<&Fetched> {
        let shown = self.page.ok().filter(|page| page.is_loaded()).map(|page| page.url.as_str());
        shown.and_then(|url| self.traffic.document(url)).or_else(|| self.traffic.document(self.url))
    }

    /// The hosts outside that the page needs.
    fn outside(&self, page: &VisiblePage) -> BTreeSet<String> {
        let Ok(url) = Url::parse(&page.url) else { return BTreeSet::new() };
        let sources = page.sources.iter().chain(&page.loaded);
        sources.filter_map(|source| outside_host(source, &url)).collect()
    }

    /// What a person would mind.
    pub(super) fn warnings(&self) -> Vec<String> {
        let Some(page) = self.page.ok().filter(|_| self.unusable().is_none()) else { return Vec::new() };
        [self.of_loading(page), of_reading(page), of_touching(page)].concat()
    }

    fn of_loading(&self, page: &VisiblePage) -> Vec<String> {
        let mut warnings = Vec::new();
        let outside = self.outside(page);
        if !outside.is_empty() {
            warnings.push(format!(
                "the page loads from {}, which is not there on the access point: bring it along",
                listed(&outside)
            ));
        }
        if let Some(after) = self.usable_after.filter(|after| *after > SLOW) {
            warnings.push(format!("nothing is to be seen for {:.1} s", after.as_secs_f64()));
        }
        if page.ready != "complete" {
            warnings.push(format!("the page is not loaded after {} s", PAGE_TIMEOUT.as_secs()));
        }
        if page.broken > 0 {
            warnings.push(format!("{} cannot be shown", count(page.broken, "picture")));
        }
        if page.files > 0 {
            warnings.push(
                "the page asks for a file: the sign-in sheets of iOS and of Android's WebView open no file dialog".into(),
            );
        }
        if self.windows > 0 || page.new_windows > 0 {
            warnings.push("the page opens another window, which a sheet does not".into());
        }
        let is_told = |line: &&String| outside.iter().any(|host| line.contains(host.as_str()));
        let console: Vec<_> = self.console.iter().filter(|line| !is_told(line)).collect();
        if let Some(first) = console.first() {
            warnings.push(format!("the console complains {}: {first}", times(console.len())));
        }
        warnings
    }
}

fn of_reading(page: &VisiblePage) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(faint) = &page.text.faint {
        warnings.push(format!(
            "\"{}\" has a contrast of {:.1} to 1, and {} in all less than 4.5 (WCAG 2, 1.4.3)",
            faint.what,
            faint.ratio,
            count(page.text.faint_chars, "character"),
        ));
    }
    let all = page.text.readable + page.text.invisible;
    if page.text.small_chars * 2 > all && all > 0 {
        warnings.push(
            "the text is smaller than 8 pixels: add <meta name=viewport content=\"width=device-width\">"
                .into(),
        );
    }
    if page.wide {
        warnings.push("the page is wider than the screen".into());
    }
    warnings
}

fn of_touching(page: &VisiblePage) -> Vec<String> {
    let mut warnings = Vec::new();
    if page.small_count > 0 {
        let small = page.small.iter().take(NAMED);
        let small: Vec<_> =
            small.map(|one| format!("\"{}\" {} by {}", one.what, one.width, one.height)).collect();
        warnings.push(format!(
            "{} of {} are smaller than 44 pixels: {}",
            page.small_count,
            count(page.targets, "touch target"),
            small.join(", ")
        ));
    }
    if page.controls == 0 && page.frames == 0 {
        warnings.push("the page has no form, no link and no button: nothing can be set up there".into());
    }
    warnings
}

fn count(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn times(count: usize) -> String {
    if count == 1 { "once".into() } else { format!("{count} times") }
}

#[cfg(test)]
mod tests {
    use super::super::phone_network::NotConnected;
    use super::super::visible_page::{FaintText, TouchTarget, VisibleText};
    use super::*;

    const URL: &str = "http://192.168.4.1/";

    fn good() -> VisiblePage {
        VisiblePage {
            url: URL.into(),
            kind: "text/html".into(),
            ready: "complete".into(),
            controls: 2,
            targets: 2,
            text: VisibleText { readable: 40, start: "Set up".into(), ..VisibleText::default() },
            ..VisiblePage::default()
        }
    }

    fn of<'a>(page: Result<&'a VisiblePage, &'a EngineFailure>, traffic: &'a Traffic) -> Evidence<'a> {
        Evidence {
            url: URL,
            page,
            usable_after: Some(Duration::from_secs(1)),
            traffic,
            console: &[],
            windows: 0,
        }
    }

    fn fetched(status: u16, kind: &str) -> Fetched {
        Fetched { url: URL.into(), status: Some(status), kind: Some(kind.into()), ..Fetched::default() }
    }

    #[test]
    fn a_page_that_a_person_can_use_brings_no_word() {
        let traffic = Traffic { fetched: vec![fetched(200, "text/html")], ..Traffic::default() };
        let evidence = of(Ok(&good()), &traffic).unusable();
        assert_eq!(evidence, None);
        assert_eq!(of(Ok(&good()), &traffic).warnings(), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_used_is_told_with_its_cause() {
        let none = Traffic::default();
        let page = |change: fn(&mut VisiblePage)| {
            let mut page = good();
            change(&mut page);
            page
        };
        let blank = page(|page| {
            page.controls = 0;
            page.text = VisibleText::default();
        });
        let outside = VisiblePage { sources: vec!["https://cdn.example/a.js".into()], ..blank.clone() };
        let source = page(|page| {
            page.kind = "text/plain".into();
            page.text.start = "<html>".into();
        });
        let white = page(|page| page.text = VisibleText { invisible: 30, ..VisibleText::default() });
        let bytes = page(|page| page.text.damaged = 20);
        let error = page(|page| page.url = "chrome-error://chromewebdata/".into());
        let packed =
            Traffic { fetched: vec![fetched(200, "application/octet-stream")], ..Traffic::default() };
        let large = Traffic { bytes: MOST_BYTES + 1, ..Traffic::default() };
        let missing = Traffic { fetched: vec![fetched(404, "text/html")], ..Traffic::default() };
        let moved = (0..30).map(|_| fetched(302, "text/html")).collect();
        let answered = Traffic { fetched: vec![fetched(200, "text/html")], ..Traffic::default() };
        let mut brotli = fetched(200, "text/html");
        brotli.coding = Some("br".into());
        let brotli = Traffic { fetched: vec![brotli], ..Traffic::default() };
        let loops = Traffic { fetched: moved, ..Traffic::default() };
        let nobody = Traffic {
            refused: vec![("192.168.4.1".into(), 80, NotConnected::NoAddress)],
            ..Traffic::default()
        };
        for (page, traffic, why) in [
            (Ok(&blank), &none, "is blank"),
            (Ok(&outside), &none, "is blank without cdn.example"),
            (Ok(&source), &none, "shown as its source"),
            (Ok(&white), &none, "cannot be told from its background"),
            (Ok(&bytes), &none, "unreadable characters"),
            (Ok(&error), &packed, "is saved as a file"),
            (Ok(&bytes), &brotli, "is packed with br"),
            (Ok(&error), &nobody, "its name has no address"),
            (Ok(&error), &loops, "redirects without end"),
            (Ok(&good()), &large, "more than 8 MB"),
            (Ok(&good()), &missing, "answered 404"),
            (Err(&EngineFailure::Hangs), &answered, "a script of http://192.168.4.1/ never ends"),
            (Err(&EngineFailure::Hangs), &brotli, "is packed with br"),
            (Err(&EngineFailure::Hangs), &none, "was not answered"),
            (Err(&EngineFailure::Crashed("tab".into())), &none, "the engine crashed: tab"),
        ] {
            let found = of(page, traffic).unusable().unwrap_or_default();
            assert!(found.contains(why), "{found:?} should say {why:?}");
        }
    }

    #[test]
    fn what_a_person_would_mind_is_a_warning() {
        let mut page = good();
        page.small = vec![TouchTarget { what: "Go".into(), width: 30, height: 12 }];
        page.small_count = 1;
        page.text.faint = Some(FaintText { ratio: 2.04, what: "Name".into() });
        page.text.faint_chars = 4;
        page.files = 1;
        page.sources = vec!["http://fonts.example/a.css".into()];
        let traffic = Traffic::default();
        let said = of(Ok(&page), &traffic).warnings().join("\n");
        for word in [
            "1 of 2 touch targets are smaller than 44 pixels: \"Go\" 30 by 12",
            "\"Name\" has a contrast of 2.0 to 1",
            "no file dialog",
            "loads from fonts.example",
        ] {
            assert!(said.contains(word), "{said}");
        }
    }
}
