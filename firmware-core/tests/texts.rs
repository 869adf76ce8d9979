//! What the compiler of the pages' texts refuses, and where it says that the mistake is.

#[path = "../build/texts.rs"]
#[expect(dead_code, reason = "the build script uses the rest")]
mod texts;

use texts::{Source, encode, fragments, keys, read, translate};

const REFERENCE: Source<'_> =
    Source { file: "en.txt", text: "# names\nhello = Hello {name}\n\nbye = Bye\nbye-remedy = Come back\n" };

fn german(text: &str) -> Result<Vec<&str>, String> {
    translate(REFERENCE, Source { file: "de.txt", text })
}

#[test]
fn a_language_may_have_its_texts_in_any_order() {
    let text = "bye-remedy = Komm wieder\nbye = Tschüs\nhello = {name}, hallo\n";
    assert_eq!(german(text).unwrap(), ["{name}, hallo", "Tschüs", "Komm wieder"]);
}

#[test]
fn what_is_wrong_is_told_with_file_and_line() {
    let whole = "hello = Hallo {name}\nbye = Tschüs\nbye-remedy = Komm wieder\n";
    for (text, error) in [
        ("hello = Hallo {name}\nbye = Tschüs\n", "de.txt:2: \"bye-remedy\" is missing (en.txt:5)"),
        (&format!("{whole}good = Gut\n"), "de.txt:4: \"good\" is not in en.txt"),
        (&whole.replace(" {name}", ""), "de.txt:1: \"hello\" has other names in braces than in en.txt"),
        (&whole.replace("{name}", "{nam}"), "de.txt:1: there is no {nam}"),
        (&whole.replace("{name}", "{name"), "de.txt:1: a brace is not closed"),
        (&format!("{whole}bye = Ade\n"), "de.txt:4: \"bye\" is here a second time"),
        (&whole.replace("Tschüs", "<b>"), "de.txt:2: a text has no character with a meaning in HTML"),
        (&whole.replace("= Tschüs", "="), "de.txt:2: a line is empty, a comment after #, or \"key = text\""),
        (&whole.replace("Tschüs", "Tschüs "), "de.txt:2: a text is not empty and has no space around it"),
    ] {
        let told = german(text).unwrap_err();
        assert!(told.starts_with(error), "{told}");
    }
}

#[test]
fn a_remedy_stands_after_its_reason() {
    assert_eq!(keys(REFERENCE).unwrap(), ["hello", "bye", "bye-remedy"]);
    let alone = Source { file: "en.txt", text: "a = A\nb = B\na-remedy = C\n" };
    assert_eq!(keys(alone).unwrap_err(), "en.txt:3: \"a-remedy\" stands after another text");
}

#[test]
fn markup_names_texts_and_slots_and_nothing_else() {
    let page = |text| Source { file: "page.html", text };
    let keys = ["hello", "bye"];
    let found = fragments(&keys, page("<!-- a -->\n<p>{bye}\\\n</p>\n<!-- b -->\n{name}\n")).unwrap();
    assert_eq!(found[0], ("a", b"\x03<p>\0\x21\x05</p>\n\0\0".to_vec()));
    assert_eq!(found[1], ("b", b"\0\x03\x01\n\0\0".to_vec()));
    let error = fragments(&keys, page("<!-- a -->\n<p>\n{by}</p>\n")).unwrap_err();
    assert_eq!(error, "page.html:3: there is no {by}");
    assert_eq!(fragments(&keys, page("\n<p>\n")).unwrap_err(), "page.html:2: this belongs to no fragment");
}

#[test]
fn long_texts_are_several_pieces() {
    let long = "x".repeat(300);
    let bytes = encode(&[], &long).unwrap();
    assert_eq!((bytes[0], bytes[256], bytes.len()), (255, 45, 2 + 300 + 2));
}

#[test]
fn the_languages_that_come_with_the_crate_are_whole() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/pages/languages");
    let load = |name: &str| std::fs::read_to_string(format!("{directory}/{name}")).unwrap();
    let english = load("en.txt");
    let reference = Source { file: "en.txt", text: &english };
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let text = load(&name);
        let other = Source { file: &name, text: &text };
        assert_eq!(translate(reference, other).unwrap().len(), read(reference).unwrap().len());
        count += 1;
    }
    assert_eq!(count, 14);
}
