//! Whether a portal answers otherwise than before: a handful of what phones ask, compared word by word. For who edits a portal
//! and has every phone check it again as soon as that can come out otherwise.
//!
//! It judges nothing. What changes with every answer (a token, a counter) is no change of the portal.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::timeout;

use super::Settings;
use super::access::PortalAccess;
use crate::dns::{ask_address, describe_answer};
use crate::phone::Reply;

/// What is asked beside the portal's own page: the checks of the systems that most phones have.
const REQUESTS: [&str; 3] = [
    "http://connectivitycheck.gstatic.com/generate_204",
    "http://captive.apple.com/hotspot-detect.html",
    "http://www.msftconnecttest.com/connecttest.txt",
];

/// The name that is asked for.
const NAME: &str = "captive.apple.com";

/// The identifier of its questions, from which a reader of a capture knows them.
const QUESTION: u16 = 0x5657;

/// How long an answer is waited for. Chosen: a look is to be over within a few seconds at a portal that says nothing.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(1500);

/// Header lines that say when an answer was made, or to whom.
const UNSTEADY_LINES: [&str; 4] = ["date", "age", "expires", "set-cookie"];

/// One answer, or the half of one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct AnswerPart {
    /// To what, in words.
    to: String,
    /// Nothing, where none came.
    words: Vec<String>,
}

/// What a portal answers at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AnswerSample(Vec<AnswerPart>);

impl AnswerSample {
    /// Whether nothing was answered at all.
    fn is_nobody(&self) -> bool {
        self.0.iter().all(|part| part.words.is_empty())
    }

    /// Asks a portal, one question after the other: a small device serves one at a time.
    pub(crate) async fn take(settings: Settings) -> Self {
        let access = PortalAccess::Sockets(settings);
        let answer = async { access.ask(&ask_address(QUESTION, NAME)?).await };
        let answer = timeout(ANSWER_TIMEOUT, answer).await.ok().flatten();
        let words = answer.iter().map(|answer| describe_answer(answer)).collect();
        let mut parts = vec![AnswerPart { to: format!("the question for {NAME}"), words }];
        let own = format!("http://{}/", settings.target.address);
        for url in REQUESTS.into_iter().chain([own.as_str()]) {
            let reply = access.get(url, ANSWER_TIMEOUT).await;
            let (head, body) = reply.map(|reply| words_of(&reply)).unwrap_or_default();
            parts.push(AnswerPart { to: format!("GET {url}"), words: head });
            parts.push(AnswerPart { to: format!("GET {url}"), words: body });
        }
        Self(parts)
    }
}

/// The words of a reply's head and of its body.
fn words_of(reply: &Reply) -> (Vec<String>, Vec<String>) {
    let lines = reply
        .headers
        .iter()
        .filter(|(name, _)| !UNSTEADY_LINES.contains(&name.to_ascii_lowercase().as_str()))
        .map(|(name, value)| format!("{name}: {value}"));
    let head = [reply.status.to_string()].into_iter().chain(lines).collect();
    let body = String::from_utf8_lossy(&reply.body);
    let words = body.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    (head, words.map(str::to_owned).collect())
}

/// A word of a sample: which part, which word. All of a part where its length is another.
type WordPlace = (usize, Option<usize>);

/// What a sample says beside those before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AnswerState {
    /// The same as when the portal was checked.
    Same,
    /// Something else than a moment ago: whether it stays is seen next time.
    Unsettled,
    /// Nothing at all.
    Nobody,
    /// Something else than when it was checked, in words. From now on it is held against this.
    Changed(String),
}

/// Holds samples against each other.
#[derive(Debug, Default)]
pub(crate) struct AnswerChanges {
    /// What the portal answered when it was checked.
    checked: Option<AnswerSample>,
    last: Option<AnswerSample>,
    /// What was another word in the last sample than in the one before.
    moved: BTreeSet<WordPlace>,
    /// What is another word each time.
    unsteady: BTreeSet<WordPlace>,
    was_away: bool,
}

impl AnswerChanges {
    /// Takes the next sample.
    pub(crate) fn see(&mut self, sample: AnswerSample) -> AnswerState {
        if sample.is_nobody() {
            (self.was_away, self.last) = (true, None);
            return AnswerState::Nobody;
        }
        if self.checked.is_none() && !self.was_away {
            (self.checked, self.last) = (Some(sample.clone()), Some(sample));
            return AnswerState::Changed("it is there".into());
        }
        let is_settled = match &self.last {
            Some(last) => {
                let moved = differences(last, &sample);
                self.unsteady.extend(moved.intersection(&self.moved));
                self.moved = moved;
                self.moved.iter().all(|place| self.is_unsteady(*place))
            }
            None => false,
        };
        self.last = Some(sample.clone());
        if !is_settled {
            return AnswerState::Unsettled;
        }
        let other = self.checked.as_ref().and_then(|checked| {
            let places = differences(checked, &sample);
            places.into_iter().find(|place| !self.is_unsteady(*place))
        });
        let change = match other {
            _ if self.was_away => "it is there again".to_owned(),
            Some((part, _)) => format!("another answer to {}", sample.0[part].to),
            None => return AnswerState::Same,
        };
        (self.was_away, self.checked) = (false, Some(sample));
        AnswerState::Changed(change)
    }

    fn is_unsteady(&self, place: WordPlace) -> bool {
        self.unsteady.contains(&place) || self.unsteady.contains(&(place.0, None))
    }
}

/// The words in which two samples differ.
fn differences(one: &AnswerSample, other: &AnswerSample) -> BTreeSet<WordPlace> {
    let mut places = BTreeSet::new();
    for (number, (one, other)) in one.0.iter().zip(&other.0).enumerate() {
        if one.words.len() != other.words.len() {
            places.insert((number, None));
            continue;
        }
        let words = one.words.iter().zip(&other.words).enumerate();
        places.extend(words.filter(|(_, (one, other))| one != other).map(|(word, _)| (number, Some(word))));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(head: &str, body: &str) -> AnswerSample {
        let part = |text: &str| AnswerPart {
            to: "GET /".into(),
            words: text.split_whitespace().map(str::to_owned).collect(),
        };
        AnswerSample(vec![part(head), part(body)])
    }

    #[test]
    fn a_change_that_stays_is_told_once() {
        let mut changes = AnswerChanges::default();
        assert_eq!(changes.see(sample("204", "")), AnswerState::Changed("it is there".into()));
        assert_eq!(changes.see(sample("204", "")), AnswerState::Same);
        // While it is being edited it is another each moment.
        assert_eq!(changes.see(sample("500", "")), AnswerState::Unsettled);
        assert_eq!(changes.see(sample("302", "sign in")), AnswerState::Unsettled);
        let told = AnswerState::Changed("another answer to GET /".into());
        assert_eq!(changes.see(sample("302", "sign in")), told);
        assert_eq!(changes.see(sample("302", "sign in")), AnswerState::Same);
    }

    #[test]
    fn a_token_in_a_page_is_no_change_and_what_stands_beside_it_is_one() {
        let mut changes = AnswerChanges::default();
        changes.see(sample("200", "token 1 Set up"));
        assert_eq!(changes.see(sample("200", "token 2 Set up")), AnswerState::Unsettled);
        for token in 3..9 {
            assert_eq!(changes.see(sample("200", &format!("token {token} Set up"))), AnswerState::Same);
        }
        assert_eq!(changes.see(sample("200", "token 9 Sign in")), AnswerState::Unsettled);
        assert!(matches!(changes.see(sample("200", "token 10 Sign in")), AnswerState::Changed(_)));
    }

    #[test]
    fn a_list_of_another_length_each_time_is_no_change_and_the_head_above_it_is_one() {
        let mut changes = AnswerChanges::default();
        for networks in ["a", "a b", "a b c", "a", "b c"] {
            changes.see(sample("200", networks));
        }
        assert_eq!(changes.see(sample("200", "a")), AnswerState::Same);
        changes.see(sample("404", "b c"));
        assert!(matches!(changes.see(sample("404", "a")), AnswerState::Changed(_)));
    }

    #[test]
    fn one_that_comes_up_again_is_checked_again_though_it_says_the_same() {
        let mut changes = AnswerChanges::default();
        changes.see(sample("302", "sign in"));
        assert_eq!(changes.see(sample("", "")), AnswerState::Nobody);
        assert_eq!(changes.see(sample("302", "sign in")), AnswerState::Unsettled);
        assert_eq!(changes.see(sample("302", "sign in")), AnswerState::Changed("it is there again".into()));
        assert_eq!(changes.see(sample("302", "sign in")), AnswerState::Same);
    }

    #[test]
    fn one_that_nobody_has_seen_yet_is_waited_for() {
        let mut changes = AnswerChanges::default();
        assert_eq!(changes.see(sample("", "")), AnswerState::Nobody);
        assert_eq!(changes.see(sample("302", "")), AnswerState::Unsettled);
        assert!(matches!(changes.see(sample("302", "")), AnswerState::Changed(_)));
    }
}
