//! What a page says of the join in words: that the device has joined, could not, or is still about to. A page is read as
//! a person reads it, clause by clause, and the last word counts: a log goes on below. Only English is understood; a page
//! in another language says nothing here.
//!
//! It never looks for addresses, and nothing here knows what an owner does next.

use std::net::Ipv4Addr;
use std::ops::Range;

use super::page::{Page, as_seen};

/// What is said of the join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// The device has joined.
    Joined,
    /// It could not.
    NotJoined,
    /// It has not yet, or only perhaps.
    UnderWay,
}

/// What a page says: by a hint, or else in words.
pub(crate) fn word(page: &Page, ssid: &[u8]) -> Option<Word> {
    match page.says {
        Some(true) => Some(Word::Joined),
        Some(false) => Some(Word::NotJoined),
        None => word_in(&page.text, ssid),
    }
}

/// What a text says of joining this network.
pub(super) fn word_in(text: &str, ssid: &[u8]) -> Option<Word> {
    let name = as_seen(&String::from_utf8_lossy(ssid));
    let text = without_name(&as_seen(text).replace('\u{2019}', "'"), &name);
    let mut best: Option<(Weight, Word)> = None;
    // What a device that is on the owner's network does next is no matter of the join.
    let mut has_joined = false;
    for clause in clauses(&text) {
        let reading = Clause { tokens: &clause, is_named: name.is_empty() };
        let Some(said) = reading.says() else { continue };
        if best.is_some_and(|before| said.0 < before.0) || (has_joined && said.1 == Word::UnderWay) {
            continue;
        }
        has_joined = said.1 == Word::Joined && reading.names(0..clause.len());
        best = Some(said);
    }
    best.map(|(_, word)| word)
}

/// How much a clause says: the strongest counts, of equals the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// What comes of it if something else does.
    Conditional,
    /// That something has failed, which may be the join.
    Vague,
    Plain,
}

/// What stands for the owner's network in a text: a name can be any word.
const NAME: &str = "\u{fffc}";

/// The text with [`NAME`] where the network's name stands as a word of its own.
fn without_name(text: &str, name: &str) -> String {
    if name.is_empty() {
        return text.to_owned();
    }
    let is_part = |character: Option<char>| character.is_some_and(|one| one.is_ascii_alphanumeric());
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        masked += before;
        if is_part(masked.chars().next_back()) || is_part(after.chars().next()) {
            masked += name;
        } else {
            masked += " ";
            masked += NAME;
            masked += " ";
        }
        rest = after;
    }
    masked + rest
}

struct Token {
    /// In small letters.
    text: String,
    is_capital: bool,
}

/// Words that begin a clause where a page writes no full stop: a line of its own begins with a capital letter.
const BEGIN: [&str; 14] = [
    "connected",
    "connecting",
    "connection",
    "could",
    "couldn't",
    "failed",
    "joined",
    "joining",
    "successfully",
    "trying",
    "unable",
    "wrong",
    "incorrect",
    "retrying",
];

/// The words of each sentence, of each line where that can be told.
fn clauses(text: &str) -> Vec<Vec<Token>> {
    let mut clauses = vec![Vec::new()];
    for written in text.split(' ') {
        let ends = written.ends_with(['.', '!', '?', '\u{2026}']);
        for word in
            written.split(|one: char| !(one.is_alphanumeric() || "'-.".contains(one) || NAME.contains(one)))
        {
            let word = word.trim_matches(['\'', '-', '.']);
            if word.is_empty() {
                continue;
            }
            let token = Token { text: word.to_lowercase(), is_capital: word.starts_with(char::is_uppercase) };
            let Some(clause) = clauses.last_mut() else { continue };
            let begins = token.is_capital && BEGIN.contains(&token.text.as_str());
            if begins && clause.last().is_some_and(|before: &Token| !before.is_capital) {
                clauses.push(vec![token]);
            } else {
                clause.push(token);
            }
        }
        // A question says nothing.
        if written.ends_with('?')
            && let Some(clause) = clauses.last_mut()
        {
            clause.clear();
        }
        if ends || written.contains('\u{2026}') {
            clauses.push(Vec::new());
        }
    }
    clauses
}

/// What something depends on that may not happen.
const CONDITIONS: [&str; 7] = ["if", "once", "when", "until", "unless", "after", "whether"];

const NEGATIONS: [&str; 9] =
    ["not", "never", "cannot", "can't", "isn't", "wasn't", "hasn't", "couldn't", "didn't"];

/// What a device does with a network.
const JOINS: [&str; 13] = [
    "connect",
    "connected",
    "connecting",
    "reconnect",
    "join",
    "joined",
    "joining",
    "associate",
    "authenticate",
    "reach",
    "reached",
    "find",
    "found",
];

/// What a network is called, whichever it is.
const NETWORKS: [&str; 7] = ["network", "wifi", "wi-fi", "wlan", "router", "internet", "ssid"];

const ARTICLES: [&str; 8] = ["your", "the", "its", "this", "home", "local", "wireless", "own"];

/// One clause.
struct Clause<'a> {
    tokens: &'a [Token],
    /// The network's name cannot be seen, so that it counts as seen anywhere.
    is_named: bool,
}

impl Clause<'_> {
    fn at(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &token.text)
    }

    fn any(&self, mut range: Range<usize>, words: &[&str]) -> bool {
        range.any(|index| words.contains(&self.at(index)))
    }

    fn names(&self, range: Range<usize>) -> bool {
        self.is_named || self.any(range, &[NAME])
    }

    fn says(&self) -> Option<(Weight, Word)> {
        let mut said = None;
        let mut is_conditional = false;
        for index in 0..self.tokens.len() {
            let condition = self.at(index);
            is_conditional |=
                CONDITIONS.contains(&condition) || (condition == "as" && self.at(index + 1) == "soon");
            let hit = if self.tells_failure(index) {
                Word::NotJoined
            } else if self.tells_try(index) {
                Word::UnderWay
            } else if self.tells_join(index) {
                Word::Joined
            } else {
                continue;
            };
            if is_conditional {
                return said.or(Some((Weight::Conditional, Word::UnderWay)));
            }
            let weight =
                if hit == Word::NotJoined && !self.is_about_join() { Weight::Vague } else { Weight::Plain };
            said = match (said, hit) {
                // What was tried, and what comes next.
                (Some(before), Word::Joined) => Some(before),
                (Some((weight, Word::Joined)), Word::UnderWay) => Some((weight, Word::Joined)),
                (Some(before), Word::UnderWay) if !self.tells_plan(index) => Some(before),
                _ => Some((weight, hit)),
            };
        }
        said
    }

    /// Whether what failed is the join: short words stand for it.
    fn is_about_join(&self) -> bool {
        let all = 0..self.tokens.len();
        self.tokens.len() <= 4
            || self.names(all.clone())
            || self.any(all.clone(), &JOINS)
            || self.any(all.clone(), &NETWORKS)
            || self.any(all, &["password", "passphrase", "key", "credentials", "connection", "wlan0"])
    }

    fn tells_failure(&self, index: usize) -> bool {
        let next = self.at(index + 1);
        let joins = |from: usize| self.any(from..from + 3, &JOINS) || self.at(from).is_empty();
        match self.at(index) {
            "failed" | "fails" | "fail" | "failure" => {
                !matches!(next, "attempts" | "attempt" | "tries" | "count")
            }
            "unsuccessful" | "incorrect" | "rejected" => true,
            "wrong" | "invalid" | "bad" => {
                ["pass", "key", "credential"].iter().any(|word| next.starts_with(word))
                    || matches!(next, "wi-fi" | "wifi" | "network")
            }
            "timed" => next == "out",
            "couldn't" | "cannot" | "can't" | "didn't" => joins(index + 1),
            "could" | "can" | "did" if next == "not" => joins(index + 2) || self.at(index + 2) == "accept",
            "unable" | "able" if next == "to" => {
                let is_denied = self.at(index) == "unable" || self.denies_before(index);
                is_denied && joins(index + 2)
            }
            "no" => matches!(next, "connection" | "such") && self.at(index + 2) != "needed",
            "connected" | "joined" | "accepted" => self.denies_before(index) && !self.is_yet(index),
            // Pages and parameters are not found either.
            "found" => {
                let all = 0..self.tokens.len();
                self.denies_before(index) && (self.names(all.clone()) || self.any(all, &NETWORKS))
            }
            _ => false,
        }
    }

    fn denies_before(&self, index: usize) -> bool {
        self.any(index.saturating_sub(3)..index, &NEGATIONS)
    }

    fn is_yet(&self, index: usize) -> bool {
        self.any(index.saturating_sub(2)..index + 3, &["yet"])
    }

    /// Something that is done until it succeeds.
    fn tells_try(&self, index: usize) -> bool {
        match self.at(index) {
            "connecting" | "joining" | "reconnecting" => true,
            "connected" | "joined" => self.denies_before(index) && self.is_yet(index),
            _ => self.tells_plan(index),
        }
    }

    /// Something that is done next, whatever has failed before.
    fn tells_plan(&self, index: usize) -> bool {
        let tries = ["try", "attempt", "connect", "connected", "join", "joined", "reconnect", "associate"];
        match self.at(index) {
            "trying" | "retrying" | "attempting" => true,
            "will" | "shall" | "going" => self.any(index + 1..index + 5, &tries),
            "try" | "tries" | "attempt" | "attempts" if self.at(index + 1) == "to" => {
                self.any(index + 2..index + 5, &tries)
            }
            "about" if self.at(index + 1) == "to" => self.any(index + 2..index + 5, &tries),
            _ => false,
        }
    }

    fn tells_join(&self, index: usize) -> bool {
        let end = self.tokens.len();
        match self.at(index) {
            _ if self.denies_before(index) => false,
            "connected" | "joined" => self.tells_where(index),
            "online" => {
                self.any(index.saturating_sub(2)..index, &["is", "now", "went"])
                    && (index + 1 == end || self.has_address(index + 1..index + 4))
            }
            "connection" => self.any(
                index.saturating_sub(2)..index + 4,
                &["established", "successful", "succeeded", "successfully"],
            ),
            _ => false,
        }
    }

    /// Whether `connected` or `joined` there is said of the owner's network, or of none in particular.
    fn tells_where(&self, index: usize) -> bool {
        let (end, next) = (self.tokens.len(), self.at(index + 1));
        let from = if matches!(next, "to" | "with") { index + 2 } else { index + 1 };
        if self.names(from..from + 5) {
            return true;
        }
        // Where the phone is says nothing of the device.
        if self.any(index.saturating_sub(3)..index, &["you", "you're", "phone", "computer"]) {
            return false;
        }
        let after_articles =
            (from..end).find(|&at| !ARTICLES.contains(&self.at(at))).map_or("", |at| self.at(at));
        if NETWORKS.contains(&after_articles) || (next != "to" && self.has_address(from..from + 4)) {
            return true;
        }
        next.is_empty() || matches!(next, "successfully") || (next != "to" && self.names(0..index))
    }

    fn has_address(&self, mut range: Range<usize>) -> bool {
        range.any(|index| self.at(index).parse::<Ipv4Addr>().is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::Word::{Joined, NotJoined, UnderWay};
    use super::*;

    fn all_say(word: Option<Word>, texts: &[&str]) {
        for text in texts {
            assert_eq!(word_in(text, b"Home"), word, "{text}");
        }
    }

    #[test]
    fn a_page_that_says_that_it_failed_says_so_whatever_it_tried() {
        all_say(
            Some(NotJoined),
            &[
                "Failed to connect to Home. IP address: 0.0.0.0",
                "Wrong password for Home. Local IP 0.0.0.0, mask 255.255.255.0",
                "Could not join Home. Firmware 1.38.0.2",
                "Couldn\u{2019}t connect to Home.",
                "Failed: unable to join Home. Last address 192.168.1.9",
                "Connecting to Home... failed",
                "Connecting to Home failed!",
                "Not connected to Home",
                "Home: Not Connected",
                "The lamp is not connected.",
                "The network Home was not found.",
                "Home did not accept the password.",
                "Connection to Home timed out",
                "An error has occurred: the setup failed.",
                "Failed while connecting to Home",
                "You are connected to Lamp-Setup. Failed",
            ],
        );
    }

    #[test]
    fn what_is_still_tried_or_may_come_is_no_result() {
        all_say(
            Some(UnderWay),
            &[
                "Connecting to Home ... IP 0.0.0.0",
                "Credentials for Home saved. The device will try to join. DNS 8.8.8.8",
                "We will now try to get connected to Home\u{2026}",
                "The lamp will be connected to Home in a moment.",
                "Trying to connect ESP to network. If it fails reconnect to AP to try again",
                "Connecting to Home failed, trying again",
                "Could not join Home. Trying once more.",
                "Saved. If the connection to Home fails, this page comes back.",
                "Once connected to Home the lamp is green.",
                "The lamp is not yet connected to Home.",
                "Attempting to join Home",
                "Connecting to Home This may take up to 20 seconds...",
                "The chip is connected. Trying to join Home.",
                "Failed to connect to Lost. Now it tries to connect to Home.",
            ],
        );
    }

    #[test]
    fn a_page_that_says_that_the_device_has_joined_need_not_name_the_network() {
        all_say(
            Some(Joined),
            &[
                "Connected to Home. Its address is 192.168.1.9.",
                "Connected! The lamp is online at 192.168.1.9",
                "Successfully connected. IP: 192.168.1.9",
                "WiFi connected: Home",
                "The device has joined your network.",
                "It has joined Home.",
                "Connecting to Home... Connected to Home. IP 192.168.1.9",
                "Connecting to Home Connected to Home IP 192.168.1.9",
                "Could not join Home. Trying again. Connected to Home.",
                "Connected to Home. If the connection fails later, the access point opens again.",
                "Connected to Home. The device could not store this network.",
                "Connected to Home. The firmware update has failed.",
                "Connected to the Wi-Fi network Home",
                "Successfully connected to WiFi! SSID: Home",
                "Home is connected now, with 0 failed attempts",
                "Connected to Home. Connecting to the broker...",
                "Connected! Home IP: 192.168.1.9 Device is resuming normal operation...",
                "Connection established.",
                "You are now connected to Home",
                "Connected to Home. It will connect to it by itself from now on.",
            ],
        );
    }

    #[test]
    fn where_the_phone_is_and_other_words_say_nothing_of_the_device() {
        all_say(
            None,
            &[
                "Saved.",
                "Parameters not found",
                "Home Wi-Fi Info",
                "You are connected to Lamp-Setup.",
                "You are connected.",
                "Your phone is connected to Lamp-Setup. Network: Home",
                "Connected clients: 1",
                "Is it connected to Home?",
                "It has joined Homestead.",
                "You will be disconnected from Lamp.",
            ],
        );
    }

    /// The network may be called as any of these words.
    #[test]
    fn a_networks_name_is_no_word_of_the_page() {
        for (name, text, word) in [
            ("Failed", "Connected to Failed.", Some(Joined)),
            ("Trying", "Connected to Trying. Its address is 192.168.1.9.", Some(Joined)),
            ("connected to", "Could not join connected to.", Some(NotJoined)),
            ("a", "Failed to connect to a", Some(NotJoined)),
            ("\u{200b}", "Connected to .", Some(Joined)),
        ] {
            assert_eq!(word_in(text, name.as_bytes()), word, "{name}: {text}");
        }
    }
}
