//! What SECURITY.md promises, a test holds: every sentence there names one that exists, or says that nothing is
//! promised. What docs/regulation.md names as evidence exists, too.
//!
//! In backticks, `FILE.rs::NAME` is a test, `scenario NAME` one of fixtures/scenarios, and `ci/NAME.sh` a check of the
//! gate. Whether a test says what its sentence promises, only a reader can tell.

use std::fs;
use std::path::{Path, PathBuf};

/// How a paragraph or an item begins, or what the last cell of a row is, that promises nothing.
const LIMIT: &str = "**Not promised.**";
const NOTHING: &str = "nothing is promised";

/// Sections about people and documents, which no test can hold to it.
const EXEMPT: [&str; 2] = ["Reporting", "Regulations"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a page of the repository")
}

/// A paragraph, an item of a list, or a row of a table, and the line that it begins on.
struct Block {
    line: usize,
    text: String,
}

/// The blocks that have to name a test: below the first heading of the second level, without headings and the heads of
/// tables.
fn blocks(page: &str) -> Vec<Block> {
    let (mut found, mut section, mut open): (Vec<Block>, _, _) = (Vec::new(), None, false);
    let mut lines = (1..).zip(page.lines()).peekable();
    while let Some((line, text)) = lines.next() {
        let rule = |text: &str| text.starts_with("|--") || text.starts_with("| --");
        if let Some(title) = text.strip_prefix("## ") {
            section = Some(title);
        }
        let goes_on = open && !text.starts_with(['|', '#', '-']) && !text.is_empty();
        open = false;
        if text.is_empty()
            || text.starts_with('#')
            || rule(text)
            || section.is_none_or(|s| EXEMPT.contains(&s))
        {
            continue;
        }
        let is_head = text.starts_with('|') && lines.peek().is_some_and(|(_, next)| rule(next));
        match found.last_mut() {
            _ if is_head => {}
            Some(block) if goes_on => block.text += &format!(" {}", text.trim()),
            _ => found.push(Block { line, text: text.to_owned() }),
        }
        open = !text.starts_with('|');
    }
    found
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
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
        let is_there = code.contains(&format!("fn {test}("));
        return Some(if is_there { Ok(true) } else { Err(format!("{path} has no test {test}")) });
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

/// What is wrong with a page: names of what does not exist, and where `all_promise`, blocks without a test.
fn wrong(page: &str, all_promise: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for Block { line, text } in blocks(page) {
        let mut tests = 0;
        for name in quoted(&text).filter_map(named) {
            match name {
                Ok(is_test) => tests += usize::from(is_test),
                Err(missing) => wrong.push(format!("line {line}: {missing}")),
            }
        }
        let last_cell = text.trim_end_matches('|').rsplit('|').next().unwrap_or_default().trim();
        let is_limit =
            text.trim_start_matches("- ").starts_with(LIMIT) || text.starts_with('|') && last_cell == NOTHING;
        if all_promise && tests == 0 && !is_limit {
            wrong.push(format!(
                "line {line}: it names no test, and does not say that nothing is promised: {text}"
            ));
        }
    }
    wrong
}

#[test]
fn every_promise_of_the_security_policy_names_a_test_that_exists() {
    let wrong = wrong(&page("SECURITY.md"), true);
    assert!(wrong.is_empty(), "SECURITY.md:\n{}", wrong.join("\n"));
}

#[test]
fn what_the_table_of_regulations_names_exists() {
    let page = page("docs/regulation.md");
    let wrong = wrong(&page, false);
    assert!(wrong.is_empty(), "docs/regulation.md:\n{}", wrong.join("\n"));
    let tests = quoted(&page).filter_map(named).filter(|name| *name == Ok(true)).count();
    assert!(tests > 20, "the table names {tests} tests");
}

#[test]
fn a_promise_without_a_test_and_a_test_that_is_not_there_are_found() {
    let good = "# Title\nAn introduction.\n\n## Part\n| a | test |\n|---|---|\n\
        | kept | `tests/promises.rs::a_promise_without_a_test_and_a_test_that_is_not_there_are_found` |\n\
        | lost | nothing is promised |\n\n- An item\n  of two lines (`scenario sealed-form`).\n\
        - **Not promised.** Anything.\n\nA paragraph, see `ci/sealed.sh`.\n\n## Reporting\nWrite.\n";
    assert_eq!(wrong(good, true), [""; 0]);
    for (from, to, why) in [
        ("scenario sealed-form", "scenario gone", "line 10: there is no fixtures/scenarios/gone.toml"),
        ("`scenario sealed-form`", "nothing", "line 10: it names no test"),
        ("::a_promise", "::another", "line 7: tests/promises.rs has no test"),
        ("nothing is promised", "", "line 8: it names no test"),
        ("**Not promised.** ", "", "line 12: it names no test"),
        ("`ci/sealed.sh`", "`docs/sealed.md`", "line 14: it names no test"),
        ("`ci/sealed.sh`", "`ci/gone.sh`", "line 14: there is no ci/gone.sh"),
        ("## Reporting\n", "## Part two\n", "line 17: it names no test"),
    ] {
        assert!(good.contains(from), "{from}");
        let found = wrong(&good.replace(from, to), true);
        assert!(found.iter().any(|found| found.starts_with(why)), "{why}: {found:?}");
    }
}
