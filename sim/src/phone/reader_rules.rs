//! What sets one client's reading of HTTP replies apart from another's: a table over the one [`Reader`](super::Reader).
//! Where a client's own engine was not read and could not be run, its table is the tolerant one.

use super::rule::{Grade, Rule};

/// Nothing is known of an edge.
pub(super) static NOT_READ: Rule = Rule {
    id: "reader.tolerant",
    says: "a malformed reply is read as tolerantly as any client reads one",
    source: "unverified: this client's HTTP engine was neither read nor run",
    grade: Grade::E,
};

/// How a client's HTTP engine reads the edges of a reply.
#[derive(Debug, PartialEq, Eq)]
pub struct ReaderRules {
    /// What a status line is.
    pub(super) status_line: StatusLine,
    /// What may stand before it.
    pub(super) skips: Skips,
    /// What begins otherwise is the body of a reply without a head (HTTP/0.9), with status 200.
    pub(super) takes_bare_bodies: bool,
    /// Which replies are passed over, so that the one behind counts.
    pub(super) passes_over: Interim,
    /// Of several header lines of one name the last counts; otherwise the first.
    pub(super) last_line_counts: bool,
    /// Header lines of these names that say different things make the reply unreadable.
    pub(super) must_agree: &'static [&'static str],
    /// Header lines of these names count only if they are spelled like this.
    pub(super) spelled: &'static [&'static str],
    /// A Content-Length that is no number makes the reply unreadable; otherwise there is none.
    pub(super) wants_readable_length: bool,
    /// A line without a colon makes the reply unreadable; otherwise it is passed over.
    pub(super) wants_colons: bool,
    /// A zero byte in a header line makes the reply unreadable.
    pub(super) refuses_zero_bytes: bool,
    /// A Transfer-Encoding that is not known makes the reply unreadable; otherwise it is passed over.
    pub(super) wants_known_transfer: bool,
    /// A line that begins with a space goes on with the one before (RFC 9112 section 5.2); otherwise it is a line
    /// of its own.
    pub(super) joins_folded_lines: bool,
    /// What becomes of a body in gzip.
    pub(super) unpacks: Unpacks,
    /// A chunked body ends with its last empty line; otherwise its last chunk is enough.
    pub(super) wants_last_line: bool,
    /// Where a connection that ends within the head ends the reply.
    pub(super) head_may_end: HeadMayEnd,
    /// Every line up to an empty one is the head's, whatever it is: the first that is a status line counts, without one
    /// the status is 0, and without a header line there was no reply. Lines of one name are joined by a semicolon,
    /// and the body is whatever follows.
    pub(super) line_by_line: bool,
    /// Where all this is known from, as far as no other rule of the client says so.
    pub(super) rules: &'static [&'static Rule],
}

/// What a client takes for a status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatusLine {
    /// `HTTP/` in any case, any version, and a number from 100 to 999.
    AnyVersion,
    /// Exactly one of these, three digits, and then nothing or a space.
    OneOf(&'static [&'static str]),
    /// One of these and three digits from 100 on, whatever follows. Otherwise `HTTP/` in any case counts as a 200,
    /// unless the line begins like one of `but`.
    OneOfOr200 { begins: &'static [&'static str], but: &'static [&'static str] },
    /// One of these words, in any case, and behind the first spaces as many digits as there are. Without a number
    /// it is 200.
    AnyNumber(&'static [&'static str]),
    /// One of these words, and behind the first spaces three digits and then nothing or a space. Without a number
    /// it is 200.
    ThreeDigits(&'static [&'static str]),
    /// `HTTP/`, a word, and a number of any size.
    AnyWordAndNumber,
}

/// What may stand before a status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skips {
    Nothing,
    EmptyLines,
    /// So many bytes, whatever they are.
    Bytes(usize),
}

/// Which interim replies are passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interim {
    None,
    /// 100.
    Continue,
    /// All from 100 to 199.
    All,
}

/// What becomes of a body in gzip; where it is unpacked, what was announced about its length and coding is
/// forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unpacks {
    Nothing,
    /// It is unpacked, and one that is not whole is broken.
    Whole,
    /// It is unpacked as far as it came.
    WhatCame,
}

/// Where a connection that ends within the head ends the reply in good order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadMayEnd {
    Nowhere,
    /// After the status line.
    BehindStatusLine,
    /// After any byte.
    Anywhere,
}

/// What the first line of a reply is, as far as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// That is not clear yet.
    More,
    /// Nothing that counts.
    Skipped,
    /// A status line.
    Status(u16),
    /// The body of a reply without a head.
    BareBody,
    /// No reply.
    Refused,
}

impl ReaderRules {
    /// Takes what any engine takes.
    pub const TOLERANT: Self = Self {
        status_line: StatusLine::AnyVersion,
        skips: Skips::EmptyLines,
        takes_bare_bodies: false,
        passes_over: Interim::None,
        last_line_counts: false,
        must_agree: &[],
        spelled: &[],
        wants_readable_length: false,
        wants_colons: false,
        refuses_zero_bytes: false,
        wants_known_transfer: false,
        joins_folded_lines: true,
        unpacks: Unpacks::Nothing,
        wants_last_line: false,
        head_may_end: HeadMayEnd::Nowhere,
        line_by_line: false,
        rules: &[&NOT_READ],
    };

    /// What the first line is, of which `line` has come, all of it if `is_whole` says so; `before` bytes of the
    /// reply came before it.
    pub(super) fn opening(&self, line: &[u8], is_whole: bool, before: usize) -> Opening {
        let text = without_line_end(line);
        if is_whole && text.is_empty() && self.skips == Skips::EmptyLines {
            return Opening::Skipped;
        }
        match self.begin(text, is_whole, before) {
            Some(begin) if is_whole => match self.status(&text[begin..]) {
                Some(status) => Opening::Status(status),
                None => Opening::Refused,
            },
            Some(_) => Opening::More,
            None if self.may_still_begin(line, before) => match is_whole {
                true => Opening::Skipped,
                false => Opening::More,
            },
            None if self.takes_bare_bodies => Opening::BareBody,
            None => Opening::Refused,
        }
    }

    /// Where in `text` the status line begins, or may do so.
    fn begin(&self, text: &[u8], is_whole: bool, before: usize) -> Option<usize> {
        let slack = match self.skips {
            Skips::Bytes(bytes) => bytes.checked_sub(before)?,
            _ => 0,
        };
        (0..=slack.min(text.len())).find(|&at| self.can_begin(&text[at..], is_whole))
    }

    /// Whether a status line may yet begin behind `line`, because so little came.
    fn may_still_begin(&self, line: &[u8], before: usize) -> bool {
        matches!(self.skips, Skips::Bytes(bytes) if before + line.len() <= bytes)
    }

    /// Whether `text` begins like a status line, or may yet do so if it is not whole.
    fn can_begin(&self, text: &[u8], is_whole: bool) -> bool {
        let suffices = |begin: &str| !is_whole || text.len() >= begin.len();
        let pairs = |begin: &'static str| text.iter().zip(begin.as_bytes());
        let exactly = |begin: &&'static str| suffices(begin) && pairs(begin).all(|(is, other)| is == other);
        let in_any_case = |begin: &&'static str| {
            suffices(begin) && pairs(begin).all(|(is, other)| is.eq_ignore_ascii_case(other))
        };
        match self.status_line {
            StatusLine::AnyVersion | StatusLine::OneOfOr200 { .. } => in_any_case(&"HTTP/"),
            StatusLine::OneOf(begins) | StatusLine::ThreeDigits(begins) => begins.iter().any(exactly),
            StatusLine::AnyWordAndNumber => exactly(&"HTTP/"),
            StatusLine::AnyNumber(words) => words.iter().any(in_any_case),
        }
    }

    /// The status in a whole status line.
    pub(super) fn status(&self, line: &[u8]) -> Option<u16> {
        let behind = |begins: &[&str]| begins.iter().find_map(|begin| line.strip_prefix(begin.as_bytes()));
        match self.status_line {
            StatusLine::AnyVersion => any_status(line),
            StatusLine::OneOf(begins) => three_digits(behind(begins)?).filter(|(_, ends)| *ends),
            StatusLine::OneOfOr200 { begins, but } => match behind(begins) {
                Some(rest) => three_digits(rest).filter(|(status, _)| *status >= 100),
                None => (line.len() >= 5 && behind(but).is_none()).then_some((200, true)),
            },
            StatusLine::AnyNumber(_) => Some((number(behind_spaces(line)), true)),
            StatusLine::AnyWordAndNumber => {
                let text = line.strip_prefix(b"HTTP/")?.trim_ascii_start();
                let word = text.iter().position(u8::is_ascii_whitespace)?;
                let digits = text[word..].trim_ascii_start();
                digits.first().filter(|first| first.is_ascii_digit())?;
                Some((number(digits), true))
            }
            StatusLine::ThreeDigits(words) => {
                behind(words)?;
                match behind_spaces(line) {
                    b"" => Some((200, true)),
                    digits => three_digits(digits).filter(|(_, ends)| *ends),
                }
            }
        }
        .map(|(status, _)| status)
    }
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
    &line[..end.map_or(0, |last| last + 1)]
}

/// The second word, if it is a status.
fn any_status(line: &[u8]) -> Option<(u16, bool)> {
    let text = std::str::from_utf8(line.get(5..)?.split(|&byte| byte == b' ').nth(1)?).ok()?;
    let status: u16 = text.parse().ok()?;
    (100..=999).contains(&status).then_some((status, true))
}

/// The number of three digits, and whether it ends there.
fn three_digits(text: &[u8]) -> Option<(u16, bool)> {
    let (digits, rest) = text.split_at_checked(3)?;
    let are_digits = digits.iter().all(u8::is_ascii_digit);
    let status = std::str::from_utf8(digits).ok().filter(|_| are_digits)?.parse().ok()?;
    Some((status, matches!(rest.first(), None | Some(b' '))))
}

/// What stands behind the first spaces of a line.
fn behind_spaces(line: &[u8]) -> &[u8] {
    let first = line.iter().position(|&byte| byte == b' ').unwrap_or(line.len());
    line[first..].trim_ascii_start()
}

/// The digits at the beginning as a number; 200 if there are none.
fn number(text: &[u8]) -> u16 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits
        .fold(None, |number: Option<u16>, digit| {
            Some(number.unwrap_or(0).saturating_mul(10).saturating_add(u16::from(digit - b'0')))
        })
        .unwrap_or(200)
}
