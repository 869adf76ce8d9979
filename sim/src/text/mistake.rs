//! Mistakes in a TOML file as they are told: each with its line and a caret, what was probably meant, what was expected in
//! the words of the file. All of a file are found, one after the other.
//!
//! A value is shown only where the message repeats it anyway: it might be a passphrase, whatever its key is called.

use std::fmt::Write as _;
use std::ops::Range;

use super::FilePosition;

/// So many mistakes of one file are told: whoever made more mends these first.
pub(crate) const MOST: usize = 8;

/// Words that other programs have for ours.
const SYNONYMS: &[(&str, &str)] = &[
    ("password", "passphrase"),
    ("psk", "passphrase"),
    ("timeout", "within"),
    ("type", "kind"),
    ("phones", "phone"),
    ("networks", "network"),
    ("steps", "step"),
    ("faults", "fault"),
];

/// Keys whose values are not repeated, whatever is wrong with them.
const SECRETS: &[&str] = &["pass", "code", "tries", "secret", "psk"];

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) place: FilePosition,
    pub(crate) message: String,
    /// The line, and a caret below it.
    pub(crate) excerpt: Option<String>,
}

impl Mistake {
    /// A mistake at this place of a text.
    pub(crate) fn at(text: &str, span: Range<usize>, message: String) -> Self {
        let excerpt = excerpt(text, span.clone(), &message);
        Self { place: FilePosition::of(text, span.start), message, excerpt }
    }
}

/// Reads a text of TOML.
///
/// # Errors
/// Its mistakes, at least one. A line with a mistake is left out, or a table that is none or that lacks something, and what
/// remains is read again.
pub(crate) fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Vec<Mistake>> {
    let mut rest = text.to_owned();
    // Then each mistake is of a value or a table, and what stands beside it can be read without.
    let is_toml = text.parse::<toml::Table>().is_ok();
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut left_out: Vec<Range<usize>> = Vec::new();
    loop {
        let error = match toml::from_str(&rest) {
            Ok(read) if mistakes.is_empty() => return Ok(read),
            Ok(_) => return Err(in_order(mistakes)),
            Err(error) => error,
        };
        let span = error.span().unwrap_or(0..0);
        let said = error.message().trim_end().replace('\n', ", ");
        let lines = match what_is_wrong(&rest, &span, &said).filter(|_| is_toml) {
            // It is no TOML from here on, or all of the file lacks something: because of what was left out, perhaps.
            None if mistakes.is_empty() => return Err(vec![mistake_at(text, span, &said)]),
            None => return Err(in_order(mistakes)),
            Some(lines) => lines,
        };
        // What is missing in a table of which a line was left out is missing for that.
        let follows = said.starts_with("missing ")
            && left_out.iter().any(|out| lines.start <= out.start && out.end <= lines.end);
        if !follows {
            mistakes.push(mistake_at(text, span, &said));
        }
        // Without one of its lines a text of several is none.
        let is_done = mistakes.len() >= MOST || !blank(&mut rest, lines.clone());
        if is_done || rest.parse::<toml::Table>().is_err() {
            return Err(in_order(mistakes));
        }
        left_out.push(lines);
    }
}

/// As they stand in the text: which of two is found first is a matter of how it is read.
fn in_order(mut mistakes: Vec<Mistake>) -> Vec<Mistake> {
    mistakes.sort_by_key(|mistake| (mistake.place.line, mistake.place.column));
    mistakes
}

fn mistake_at(text: &str, span: Range<usize>, said: &str) -> Mistake {
    let message = in_our_words(text, span.clone(), said);
    Mistake::at(text, span, message)
}

/// The lines without which the others can be read: those of the value, or the whole table. `None` where there are none.
fn what_is_wrong(text: &str, span: &Range<usize>, said: &str) -> Option<Range<usize>> {
    let lines = line_start(text, span.start)..line_end(text, span.end);
    let is_head = line_of(text, lines.start).trim_start().starts_with('[');
    let lacks_something = said.starts_with("missing ");
    if !is_head {
        return (!lacks_something).then_some(lines);
    }
    // Up to the next head; a line of an array of arrays may be taken for one, and then less is left out.
    let mut ends = line_end(text, lines.start);
    while let Some(line) = text.get(ends + 1..).filter(|line| !line.is_empty() && !line.starts_with('[')) {
        ends += 1 + line.find('\n').unwrap_or(line.len());
    }
    Some(lines.start..ends)
}

fn line_start(text: &str, byte: usize) -> usize {
    text[..byte].rfind('\n').map_or(0, |at| at + 1)
}

fn line_end(text: &str, byte: usize) -> usize {
    text[byte..].find('\n').map_or(text.len(), |at| byte + at)
}

/// Leaves out these lines. Whether there was anything to leave out.
fn blank(text: &mut String, lines: Range<usize>) -> bool {
    let is_bare = text[lines.clone()].trim().is_empty();
    // What follows stays where it is, and so every byte becomes a space.
    let blanked = text[lines.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' });
    let blanked: String = blanked.collect();
    text.replace_range(lines, &blanked);
    !is_bare
}

/// The message with what was probably meant, and numbers with their ranges and units.
fn in_our_words(text: &str, span: Range<usize>, said: &str) -> String {
    if let Some((unknown, candidates)) = unknown_word(said) {
        if unknown == "scenario" || unknown == "package" {
            return format!("{said}. The keys of a file stand at its top, without a table of their own");
        }
        return match meant(unknown, &candidates) {
            Some(meant) => {
                format!("{}; did you mean `{meant}`?", said.split(", expected").next().unwrap_or(said))
            }
            None => said.to_owned(),
        };
    }
    let line = line_of(text, span.start);
    let key = line.split('=').next().unwrap_or_default().trim();
    if SECRETS.iter().any(|secret| key.contains(secret))
        && let Some((before, after)) = said.split_once('`')
        && let Some((_, after)) = after.split_once('`')
    {
        return format!("{before}…{after}");
    }
    let ranges = [
        ("expected i8", "expected a whole number from -128 to 127"),
        ("expected u8", "expected a whole number from 0 to 255"),
        ("expected u16", "expected a whole number from 0 to 65535"),
        ("expected u32", "expected a whole number from 0 to 4294967295"),
        ("expected u64", "expected a whole number from 0 on"),
        ("expected usize", "expected a whole number from 0 on"),
    ];
    let unit = match key {
        "signal" | "noise" => ", in dBm: -60 is near, -85 is far",
        "percent" => ", in percent",
        "count" => ", how many",
        _ => "",
    };
    match ranges.iter().find(|(ending, _)| said.ends_with(ending)) {
        Some((ending, instead)) => said.replace(ending, instead) + unit,
        None => said.to_owned(),
    }
}

/// The word that is unknown, and those that are known.
fn unknown_word(said: &str) -> Option<(&str, Vec<&str>)> {
    let rest = said.strip_prefix("unknown field `").or_else(|| said.strip_prefix("unknown variant `"))?;
    let (unknown, known) = rest.split_once('`')?;
    Some((unknown, known.split('`').skip(1).step_by(2).collect()))
}

/// Which of these words was meant, if one is near.
pub(crate) fn meant<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let synonym = SYNONYMS.iter().find(|(theirs, _)| *theirs == word).map(|(_, ours)| *ours);
    if let Some(ours) = candidates.iter().find(|candidate| Some(**candidate) == synonym) {
        return Some(ours);
    }
    let distance = |candidate: &&&str| strsim::damerau_levenshtein(&word, candidate);
    let nearest = candidates.iter().min_by_key(distance)?;
    let is_near = distance(&nearest) <= (word.chars().count() / 3).max(1);
    let is_form = nearest.replace('_', "-") == word.replace('_', "-");
    (is_near || is_form).then_some(*nearest)
}

fn line_of(text: &str, byte: usize) -> &str {
    let begins = text[..byte.min(text.len())].rfind('\n').map_or(0, |at| at + 1);
    text[begins..].lines().next().unwrap_or_default()
}

/// The line of a mistake with a caret below what is wrong: its key, and of its value what the message repeats.
fn excerpt(text: &str, span: Range<usize>, message: &str) -> Option<String> {
    let place = FilePosition::of(text, span.start);
    let line = line_of(text, span.start);
    let begins = span.start - text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let wrong = text.get(span)?.lines().next().unwrap_or_default();
    let head = line.trim_start().starts_with('[');
    let equals = line.find('=').map(|at| at + 1);
    let whole = wrong.trim_end().chars().count();
    let (shown, column, width) = match equals {
        _ if head => (line.trim_end().to_owned(), begins, whole),
        None if line.trim() == wrong.trim() && message.contains(wrong.trim()) => {
            (line.trim_end().to_owned(), begins, whole)
        }
        None => return None,
        Some(equals) if begins < equals => (format!("{} …", &line[..equals]), begins, whole),
        Some(equals) => {
            let key = &line[..equals];
            let bare = wrong.trim_matches(['"', '\'']);
            let is_repeated = !bare.is_empty() && message.contains(bare);
            let between = line[equals..begins].trim();
            let before = if between.is_empty() { " " } else { " … " };
            let value = if is_repeated { wrong } else { "…" };
            let after = if line[begins..].trim_end() == wrong { "" } else { " …" };
            (format!("{key}{before}{value}{after}"), key.len() + before.len(), value.chars().count())
        }
    };
    let number = place.line.to_string();
    let column = shown.get(..column)?.chars().count();
    let mut told = format!("  {number} | {shown}\n");
    let _ =
        write!(told, "  {} | {}{}", " ".repeat(number.len()), " ".repeat(column), "^".repeat(width.max(1)));
    Some(told)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::scenario::load::parse;

    fn told(text: &str) -> String {
        parse(text, Path::new("x.toml")).unwrap_err().in_full()
    }

    #[test]
    fn a_word_that_is_near_is_offered_with_the_line_and_a_caret() {
        let said = told("name = \"x\"\n[[phone]]\nmodel = \"ios-17\"\nhabbits = \"hurried\"\n");
        assert_eq!(
            said,
            "x.toml:4:1: unknown field `habbits`; did you mean `habits`?\n  4 | habbits = …\n    | ^^^^^^^"
        );
        let said = told("name = \"x\"\n[expect]\nstate = \"conected\"\n");
        assert!(
            said.contains("did you mean `connected`?\n  3 | state = \"conected\"\n    |         ^^^^^^^^^^"),
            "{said}"
        );
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let said = told(
            "name = \"x\"\n[[phone]]\nmodel = \"ios-17\"\nhabbits = \"hurried\"\n[expect]\nwithin = 20\nstat = \"open\"\n",
        );
        for words in ["`habits`", "x.toml:6:10", "a time such as", "`state`"] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }

    #[test]
    fn what_stands_after_a_table_that_is_none_or_lacks_something_is_told_too() {
        let said = told(
            "name = \"x\"\n[scenario]\nseed = 1\n[[phone]]\nhabits = \"hurried\"\n[[phone]]\nmodel = \"ios-17\"\n\
             habbits = 1\n[[step]]\ndo = \"nothing\"\n[[phone]]\nmodl = \"ios-17\"\n[expect]\nstat = \"open\"\n",
        );
        let places: Vec<&str> =
            said.lines().filter_map(|line| line.strip_prefix("x.toml:")?.split(':').next()).collect();
        // The third phone lacks its model because that is misspelt, which is told once.
        assert_eq!(places, ["2", "4", "8", "10", "12", "14"], "{said}");
        assert!(said.contains("missing field `model`"), "{said}");
    }

    #[test]
    fn what_contradicts_itself_is_told_all_at_once_too() {
        let said = told(
            "name = \"x\"\n[[network]]\nssid = \"Home\"\nchannel = 99\n[[phone]]\nmodel = \"ios-99\"\n[[phone]]\n\
             model = \"ios-17\"\nwants = \"Hme\"\n[expect]\njoined = \"Hom\"\n",
        );
        let places: Vec<&str> =
            said.lines().filter_map(|line| line.strip_prefix("x.toml:")?.split(':').next()).collect();
        assert_eq!(places, ["4", "6", "9", "11"], "{said}");
    }

    #[test]
    fn a_line_with_letters_of_several_bytes_is_left_out_like_any_other() {
        let said =
            told("name = \"x\"\n[[network]]\nssid = \"Home\"\nsigal = \"Café\"\n[expect]\nstat = \"open\"\n");
        assert!(said.contains("`signal`") && said.contains("`state`"), "{said}");
    }

    #[test]
    fn no_value_is_shown_that_might_be_a_passphrase() {
        for line in [
            "password = \"four lanterns\"",
            "passphrase = 77778888",
            "pw = [\"four lanterns\"]",
            "passphrase = \"four lan",
        ] {
            let said = told(&format!("name = \"x\"\n[[network]]\nssid = \"Home\"\n{line}\n"));
            assert!(!said.contains("lan") && !said.contains("7777") && said.contains("x.toml:4:"), "{said}");
        }
        let said = told("name = \"x\"\n[[network]]\npassword = \"four lanterns\"\n");
        assert!(said.contains("did you mean `passphrase`?"), "{said}");
    }

    #[test]
    fn numbers_come_with_their_range_and_unit() {
        let said = told("name = \"x\"\n[[network]]\nssid = \"Home\"\nsignal = -8000\n");
        assert!(said.contains("a whole number from -128 to 127, in dBm"), "{said}");
    }
}
