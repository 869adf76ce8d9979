//! What is told of a journey: what the owner did and what came, each with its time, and what is odd about it. What was
//! typed is told by nothing here.

use std::path::PathBuf;

use url::{Position, Url};
use vestibule_core::Instant;

use super::knowledge::OwnerKnowledge;
use super::{JourneyEnding, typed};
use crate::check::{Seconds, outside_host};
use crate::owner::{Frame, GaveUp, HomeNetwork, Page, Request, Word, setup_form, word};

/// Characters of a page's text that are told.
const TOLD: usize = 120;

/// An address without its query, which may hold what was typed.
pub(super) fn without_query(url: &Url) -> &str {
    &url[..Position::AfterPath]
}

/// A page that is on the screen.
pub(super) struct ShownPage {
    pub(super) url: Url,
    pub(super) status: u16,
    pub(super) html: String,
}

/// What is told of a journey, without what was typed.
pub(super) struct Story<'a> {
    pub(super) began: tokio::time::Instant,
    pub(super) lines: Vec<(Seconds, String)>,
    pub(super) odd: Vec<String>,
    pub(super) engine: Option<String>,
    pub(super) pictures: Vec<PathBuf>,
    /// The form was sent.
    pub(super) sent: bool,
    /// What the last page after it said of the join, in words.
    said: Option<bool>,
    /// Why it has no answer, if so.
    pub(super) unanswered: Option<String>,
    /// What was chosen by hints and has been told.
    hinted: Vec<String>,
    pub(super) home: &'a HomeNetwork,
    pub(super) knows: &'a OwnerKnowledge,
}

impl<'a> Story<'a> {
    /// The sheet has opened.
    pub(super) fn begin(knows: &'a OwnerKnowledge) -> Self {
        Self {
            began: tokio::time::Instant::now(),
            lines: Vec::new(),
            odd: Vec::new(),
            engine: None,
            pictures: Vec::new(),
            sent: false,
            said: None,
            unanswered: None,
            hinted: Vec::new(),
            home: &knows.home,
            knows,
        }
    }

    /// What may be to blame, once it has ended.
    pub(super) fn end(&mut self, ending: &JourneyEnding) {
        if self.sent && !ending.is_good() {
            self.odd.extend(typed::awkward(self.home));
        }
    }

    pub(super) fn now(&self) -> Instant {
        Instant::from_micros(0) + self.began.elapsed()
    }

    /// Tells what is odd, once.
    pub(super) fn note(&mut self, odd: String) {
        if !self.odd.contains(&odd) {
            self.odd.push(odd);
        }
    }

    /// An owner who reads words is content with what they say.
    pub(super) fn in_words(&self, ending: JourneyEnding) -> JourneyEnding {
        match (ending, self.said) {
            (JourneyEnding::GaveUp(GaveUp::NotTold | GaveUp::NoPage), Some(true)) => {
                JourneyEnding::JoinedSomewhere
            }
            (JourneyEnding::GaveUp(GaveUp::NotTold | GaveUp::NothingWorked), Some(false)) => {
                JourneyEnding::NotJoined
            }
            // The page was there again, so it is not the access point that went.
            (
                ending @ (JourneyEnding::GaveUp(GaveUp::NothingWorked | GaveUp::NotTold | GaveUp::TimedOut)
                | JourneyEnding::TimedOut),
                _,
            ) => self.unanswered.clone().map_or(ending, JourneyEnding::NotAnswered),
            (ending, _) => ending,
        }
    }

    pub(super) fn tell(&mut self, what: String) {
        self.lines.push((Seconds(self.began.elapsed()), what));
    }

    /// Reads on as the page's owner does, with the hints that there are. What they choose is told, once.
    pub(super) fn go_by_hints(&mut self, page: &mut Page) {
        let Some(hints) = &self.knows.hints else { return };
        for chosen in hints.mark(page) {
            if !self.hinted.contains(&chosen) {
                self.tell(chosen.clone());
                self.hinted.push(chosen);
            }
        }
    }

    /// What a page says of the join.
    pub(super) fn word(&self, page: &Page) -> Option<bool> {
        match word(page, &self.home.ssid)? {
            Word::Joined => Some(true),
            Word::NotJoined => Some(false),
            Word::UnderWay => None,
        }
    }

    /// A frame whose page is at a host outside.
    pub(super) fn look_at_frame(&mut self, at: &Url, frame: &Frame) {
        if let Some(host) = outside_host(frame.url.as_str(), at) {
            let at = without_query(at);
            self.note(format!(
                "{at} shows a page of {host} in a frame, which is not there on the access point: bring it along"
            ));
        }
    }

    /// A code that no page with the form asks for.
    pub(super) fn look_at_form(&mut self, page: &Page) {
        let asks = setup_form(page, true).map(|form| form.code_field().is_some());
        if self.knows.code.is_some() && asks == Some(false) {
            self.note("the page with the form asks for no code, so the one of the label was not used".into());
        }
    }

    /// Whether a request is the form.
    pub(super) fn holds_passphrase(&self, request: &Request) -> bool {
        request.body.is_some()
            || request.url.query().is_some_and(|query| query.contains('=')) && {
                let name = String::from_utf8_lossy(&self.home.ssid);
                request.url.query_pairs().any(|(_, value)| value == name)
            }
    }

    /// A passphrase in an address stays in histories, and in every log on the way.
    pub(super) fn look_at_address(&mut self, url: &Url) {
        let is_in_it = |secret: &String| url.query_pairs().any(|(_, value)| *secret == value);
        let found = self.knows.secrets().find(|secret| is_in_it(secret)).map(|secret| self.called(secret));
        if let Some(what) = found {
            let at = without_query(url);
            self.note(format!("the form sends the {what} in the address of {at}: send it by POST"));
        }
    }

    /// What a reply with an error says of the form that it answers.
    pub(super) fn look_at_answer(&mut self, url: &Url, status: u16) {
        if status >= 400 {
            self.note(format!(
                "the form is answered {status} by {}: a browser may send its body in a segment of its own after the head, and \
                 sends every field and button that has a name. Read on until Content-Length bytes are there, take fields by their \
                 names, and say in a page that is answered 200 what was wrong with them",
                without_query(url)
            ));
        }
    }

    /// Looks for a name that is written into a page as it is.
    pub(super) fn look_at_markup(&mut self, loaded: &ShownPage) {
        if let Some(odd) = typed::unescaped(&loaded.html, without_query(&loaded.url), self.home) {
            self.note(odd);
        }
    }

    /// What a secret is, in a word.
    fn called(&self, secret: &String) -> &'static str {
        if self.home.passphrases.contains(secret) { "passphrase" } else { "code" }
    }

    /// Whether a page shows what was typed for a secret.
    pub(super) fn shows_secret(&self, html: &str) -> bool {
        self.secret_in(html).is_some()
    }

    fn secret_in(&self, html: &str) -> Option<&'static str> {
        self.knows.secrets().find(|secret| html.contains(secret.as_str())).map(|secret| self.called(secret))
    }

    /// Tells of a page by its title or text; a page that shows a secret is odd, and told without its text.
    pub(super) fn tell_page(&mut self, loaded: &ShownPage, page: &Page) {
        let (title, text) = (&page.title, &page.text);
        let at = without_query(&loaded.url);
        if typed::is_misread(text, self.home) {
            self.note(format!(
                "{at} shows a network's name in the wrong characters: it says no encoding, and a browser takes UTF-8 for \
                 another. Send Content-Type: text/html; charset=utf-8"
            ));
        }
        if self.sent {
            self.said = self.word(page).or(self.said);
        }
        let shown = [&loaded.html, title, text].into_iter().find_map(|part| self.secret_in(part));
        if let Some(what) = shown {
            self.note(format!("{at} shows the {what} that was typed"));
            return self.tell(format!("{at} ({})", loaded.status));
        }
        let words = if title.trim().is_empty() { text } else { title };
        let words: String = words.trim().chars().take(TOLD).collect();
        self.tell(format!("{at} ({}): {words}", loaded.status));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owner::parse;

    fn knows() -> OwnerKnowledge {
        let home =
            HomeNetwork { ssid: b"Home".to_vec(), typed: None, passphrases: vec!["four green".into()] };
        OwnerKnowledge { code: Some("k7mp-w3xq".into()), ..OwnerKnowledge::of(home) }
    }

    fn page(html: &str) -> ShownPage {
        ShownPage { url: "http://192.168.4.1/a?b=c".parse().unwrap(), status: 200, html: html.into() }
    }

    #[test]
    fn a_page_that_shows_a_secret_is_told_without_it_and_which_it_shows() {
        for (html, what) in [
            ("<p>Your code is k7mp-w3xq", Some("code")),
            ("<title>four green</title>", Some("passphrase")),
            ("<p>k7mp&#45;w3xq", Some("code")),
            ("<p>Saved", None),
        ] {
            let knows = knows();
            let mut story = Story::begin(&knows);
            let loaded = page(html);
            let read = parse(&loaded.html, &loaded.url);
            story.tell_page(&loaded, &read);
            let told = format!("{:?} {:?}", story.lines, story.odd);
            assert!(!told.contains("k7mp") && !told.contains("green"), "{html}: {told}");
            let odd = what.map(|what| format!("http://192.168.4.1/a shows the {what} that was typed"));
            assert_eq!(story.odd, Vec::from_iter(odd), "{html}");
        }
        assert!(!format!("{:?}", knows()).contains("k7mp"));
    }

    #[test]
    fn a_secret_in_an_address_is_odd_and_the_address_is_told_without_it() {
        let knows = knows();
        let mut story = Story::begin(&knows);
        story.look_at_address(&"http://192.168.4.1/s?c=k7mp-w3xq".parse().unwrap());
        story.look_at_address(&"http://192.168.4.1/s?p=four+green".parse().unwrap());
        let told = story.odd.join("\n");
        assert!(told.contains("the code in the address of http://192.168.4.1/s:"), "{told}");
        assert!(told.contains("the passphrase in the address"), "{told}");
        assert!(!told.contains("k7mp") && !told.contains("green"), "{told}");
    }

    #[test]
    fn a_frame_of_a_host_outside_is_odd_and_one_of_the_portals_is_not() {
        let knows = knows();
        let mut story = Story::begin(&knows);
        let read = parse("<iframe src=/a></iframe><iframe src=//forms.example/b></iframe>", &page("").url);
        for frame in &read.frames {
            story.look_at_frame(&page("").url, frame);
        }
        assert_eq!(read.frames.len(), 2);
        assert_eq!(story.odd.len(), 1);
        assert!(story.odd[0].contains("a page of forms.example in a frame"), "{:?}", story.odd);
    }
}
