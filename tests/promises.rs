//! What SECURITY.md promises, a test holds: each sentence there names, before its full stop, one that exists. A row of a
//! table is one sentence, and its last cell names them. What comes after "**Not promised.**" in its paragraph or item,
//! the column of a table whose head says "does not", and a row whose last cell is "nothing is promised" are limits, and
//! need none. What docs/regulation.md and docs/boards.md name as evidence exists, too.
//!
//! In backticks, `FILE.rs::NAME` is a test, `scenario NAME` one of fixtures/scenarios, and `ci/NAME.sh` a check of the
//! gate. Whether a test says what its sentence promises, only a reader can tell.

use std::fs;
use std::path::{Path, PathBuf};

/// What is said after this in a paragraph or an item, and the row of a table whose last cell this is, promise nothing.
const LIMIT: &str = "**Not promised.**";
const NOTHING: &str = "nothing is promised";

/// The head of a column that says what is not promised.
const LIMITS: &str = "does not";

/// Their full stop ends no sentence.
const ABBREVIATIONS: [&str; 4] = ["e.g.", "i.e.", "vs.", "No."];

/// A section about people and documents, which no test can hold to it.
const EXEMPT: &str = "Reporting";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a page of the repository")
}

/// A paragraph, an item of a list, or a row of a table, and the line that it begins on.
struct Block<'a> {
    line: usize,
    text: String,
    /// The head of the table.
    head: Option<&'a str>,
}

/// The blocks that have to name a test: below the first heading of the second level, without headings and the heads of
/// tables.
fn blocks(page: &str) -> Vec<Block<'_>> {
    let (mut found, mut section, mut open): (Vec<Block<'_>>, _, _) = (Vec::new(), None, false);
    let (mut head, mut lines) = (None, (1..).zip(page.lines()).peekable());
    while let Some((line, text)) = lines.next() {
        let rule = |text: &str| text.starts_with("|--") || text.starts_with("| --");
        if let Some(title) = text.strip_prefix("## ") {
            section = Some(title);
        }
        let goes_on = open && !text.starts_with(['|', '#', '-']) && !text.is_empty();
        open = false;
        if text.is_empty() || text.starts_with('#') || rule(text) || section.is_none_or(|s| s == EXEMPT) {
            continue;
        }
        let is_head = text.starts_with('|') && lines.peek().is_some_and(|(_, next)| rule(next));
        match found.last_mut() {
            _ if is_head => head = Some(text),
            Some(block) if goes_on => block.text += &format!(" {}", text.trim()),
            _ => {
                let head = head.filter(|_| text.starts_with('|'));
                found.push(Block { line, text: text.to_owned(), head });
            }
        }
        open = !text.starts_with('|');
    }
    found
}

/// The cells of a row.
fn cells(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split('|').map(str::trim).collect()
}

/// The sentences of a text. A full stop between backticks or in parentheses ends none. `Err` says what is not closed.
fn sentences(text: &str) -> Result<Vec<&str>, &'static str> {
    let (mut found, mut rest, mut is_quoted, mut depth) = (Vec::new(), text, false, 0_usize);
    for (at, letter) in text.char_indices() {
        let begun = text.len() - rest.len();
        match letter {
            '`' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1).ok_or("a parenthesis closes that none opens")?,
            '.' | '?' | '!' if depth == 0 && at >= begun => {
                let after = text[at + 1..].trim_start_matches(['*', '"']);
                let end = text.len() - after.len();
                let is_abbreviation = ABBREVIATIONS.iter().any(|short| text[..=at].ends_with(short));
                if (after.is_empty() || after.starts_with(' ')) && !is_abbreviation {
                    found.push(text[begun..end].trim());
                    rest = after;
                }
            }
            _ => {}
        }
    }
    if is_quoted || depth > 0 {
        return Err("a parenthesis or a backtick is not closed");
    }
    found.extend(Some(rest.trim()).filter(|rest| !rest.is_empty()));
    Ok(found)
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether this code has a test of this name, and runs it.
fn is_test(code: &str, name: &str) -> bool {
    code.match_indices(&format!("fn {name}(")).any(|(at, _)| {
        let above = code[..at].rsplit('\n').skip(1).map(str::trim);
        let attributes: Vec<_> = above.take_while(|line| line.starts_with(['#', '/'])).collect();
        let has = |start| attributes.iter().any(|line| line.starts_with(start));
        (has("#[test]") || has("#[tokio::test")) && !has("#[ignore")
    })
}

/// What a quotation names, if it names a test or a file that may hold one: `Err` says what is not there.
fn named(quotation: &str) -> Option<Result<bool, String>> {
    let exists = |path: &str| root().join(path).is_file();
    if let Some(scenario) = quotation.strip_prefix("scenario ") {
        let path = format!("fixtures/scenarios/{scenario}.toml");
        return Some(if exists(&path) { Ok(true) } else { Err(format!("there is no {path}")) });
    }
    if let Some((file, test)) = quotation.split_once(".rs::") {
        let path = format!("{file}.rs");
        let code = fs::read_to_string(root().join(&path)).unwrap_or_default();
        return Some(if is_test(&code, test) { Ok(true) } else { Err(format!("{path} has no test {test}")) });
    }
    let is_path =
        quotation.contains('/') && !quotation.contains([' ', '*', '<', '#']) && !quotation.starts_with('/');
    let ends = [".rs", ".sh", ".py", ".md", ".toml", ".mjs", ".js", ".yaml"]
        .iter()
        .any(|end| quotation.ends_with(end));
    (is_path && ends).then(|| match exists(quotation) {
        true => Ok(quotation.starts_with("ci/") && quotation.ends_with(".sh")),
        false => Err(format!("there is no {quotation}")),
    })
}

/// Whether a text names a test.
fn is_held(text: &str) -> bool {
    quoted(text).filter_map(named).any(|name| name == Ok(true))
}

/// What a block promises without a test.
fn unheld(block: &Block<'_>) -> Vec<String> {
    let Some(head) = block.head else {
        let sentences = match sentences(block.text.trim_start_matches("- ")) {
            Ok(sentences) => sentences,
            Err(why) => return vec![why.into()],
        };
        let promises = sentences.into_iter().take_while(|sentence| *sentence != LIMIT);
        return promises
            .filter(|sentence| !is_held(sentence))
            .map(|sentence| {
                format!("it names no test, and does not say that nothing is promised: {sentence}")
            })
            .collect();
    };
    let (head, row) = (cells(head), cells(&block.text));
    if row.last() == Some(&NOTHING) {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    if !row.last().is_some_and(|names| is_held(names)) {
        wrong.push(format!("it names no test, and does not say that nothing is promised: {}", block.text));
    }
    for (cell, _) in row.iter().zip(&head).filter(|(_, head)| !head.starts_with(LIMITS)) {
        match sentences(cell) {
            Ok(sentences) if sentences.len() < 2 => {}
            Ok(_) => wrong.push(format!("a row is one sentence, and this cell has more: {cell}")),
            Err(why) => wrong.push(why.into()),
        }
    }
    wrong
}

/// What is wrong with a page: names of what does not exist, and where `all_promise`, sentences without a test.
fn wrong(page: &str, all_promise: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for block in blocks(page) {
        let missing = quoted(&block.text).filter_map(named).filter_map(Result::err);
        let unheld = if all_promise { unheld(&block) } else { Vec::new() };
        wrong.extend(missing.chain(unheld).map(|why| format!("line {}: {why}", block.line)));
    }
    wrong
}

#[test]
fn every_promise_of_the_security_policy_names_a_test_that_exists() {
    let wrong = wrong(&page("SECURITY.md"), true);
    assert!(wrong.is_empty(), "SECURITY.md:\n{}", wrong.join("\n"));
}

#[test]
fn what_the_tables_of_regulations_and_boards_name_exists() {
    for path in ["docs/regulation.md", "docs/boards.md"] {
        let page = page(path);
        let wrong = wrong(&page, false);
        assert!(wrong.is_empty(), "{path}:\n{}", wrong.join("\n"));
        let tests = quoted(&page).filter_map(named).filter(|name| *name == Ok(true)).count();
        assert!(tests > 20, "the table of {path} names {tests} tests");
    }
}

#[test]
fn a_promise_without_a_test_and_a_test_that_is_not_there_are_found() {
    let good = "# Title\nAn introduction.\n\n## Part\n| a | does not | test |\n|---|---|---|\n\
        | kept | Some. More. | `tests/promises.rs::a_promise_without_a_test_and_a_test_that_is_not_there_are_found` |\n\
        | lost. It is. | | nothing is promised |\n\n- An item\n  of two lines (`scenario sealed-form`). Another, \
        `ci/test.sh`.\n- **Not promised.** Anything. At all.\n\nA paragraph (e.g. this. And that), see `ci/sealed.sh`. \
        **Not promised.** The rest.\n\n## Reporting\nWrite.\n";
    assert_eq!(wrong(good, true), [""; 0]);
    for (from, to, why) in [
        ("scenario sealed-form", "scenario gone", "line 10: there is no fixtures/scenarios/gone.toml"),
        ("`scenario sealed-form`", "nothing", "line 10: it names no test"),
        ("`ci/test.sh`", "nothing", "line 10: it names no test"),
        ("form`)", "form`", "line 10: a parenthesis or a backtick is not closed"),
        ("::a_promise", "::another", "line 7: tests/promises.rs has no test"),
        ("::a_promise_without_a_test_and_a_test_that_is_not_there_are_found", "::wrong", "line 7: tests/"),
        ("kept", "kept. And more", "line 7: a row is one sentence"),
        ("does not |", "does |", "line 7: a row is one sentence"),
        ("nothing is promised", "", "line 8: it names no test"),
        ("**Not promised.** Any", "Any", "line 12: it names no test"),
        ("Anything.", "Anything (`ci/sealed.sh`).", ""),
        ("`ci/sealed.sh`", "`docs/sealed.md`", "line 14: it names no test"),
        ("`ci/sealed.sh`", "`ci/gone.sh`", "line 14: there is no ci/gone.sh"),
        ("**Not promised.** The", "The", "line 14: it names no test"),
        ("## Reporting\n", "## Part two\n", "line 17: it names no test"),
    ] {
        assert!(good.contains(from), "{from}");
        let found = wrong(&good.replace(from, to), true);
        let is_found = found.iter().any(|found| found.starts_with(why));
        assert!(is_found || why.is_empty() && found.is_empty(), "{why}: {found:?}");
    }
}

#[test]
fn a_text_has_as_many_sentences_as_a_reader_finds() {
    for (text, expected) in [
        ("One. Two (a. b). **Three.** Four", &["One.", "Two (a. b).", "**Three.**", "Four"][..]),
        (
            "See `a. b`. A version 2.1 of it, i.e. this? Yes!",
            &["See `a. b`.", "A version 2.1 of it, i.e. this?", "Yes!"],
        ),
        ("one; two: three", &["one; two: three"]),
        ("", &[]),
    ] {
        assert_eq!(sentences(text).unwrap(), expected);
    }
    assert!(sentences("One (two").is_err() && sentences("One) two").is_err() && sentences("`One").is_err());
}

#[test]
fn a_function_that_is_no_test_holds_nothing() {
    let code = "#[test]\nfn one() {}\n\n    #[tokio::test]\n    async fn two() {}\n\nfn three() {}\n\
        #[test]\n#[ignore = \"slow\"]\nfn four() {}\n#[test]\n// Why.\n#[expect(x)]\nfn five(a: u8) {}\n";
    let held = ["one", "two", "three", "four", "five", "six"].map(|name| is_test(code, name));
    assert_eq!(held, [true, true, false, false, true, false]);
}
