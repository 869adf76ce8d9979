//! Compiles the pages' texts and markup, so that a text that is missing, unknown or incomplete in one
//! language is found here, and nothing of it on the device.
//!
//! A file of texts has a line `key = text` for each, and comments after `#`. A file of markup has
//! fragments, each under a line `<!-- name -->`. In both, `{slot}` is what the device fills in; in markup
//! `{key}` is also a text.
//!
//! Both are compiled to a string of pieces: a byte that is not 0 and so many bytes as they are, or 0
//! and a code: a slot's, or [`FIRST_TEXT`] and more for a text. Two zeros end it.

use std::fmt::Write as _;

/// The slots that the device fills in. A slot's code is its place here.
pub(crate) const SLOTS: [&str; 17] = [
    "lang", "dir", "name", "network", "hex", "address", "link", "local", "token", "most", "min", "max", "id",
    "label", "value", "hint", "url",
];

/// The code of the first slot: 0 is the end.
pub(crate) const FIRST_SLOT: usize = 1;

/// The code of the first text.
pub(crate) const FIRST_TEXT: usize = 32;

/// A file's name and what it holds.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

/// A text of one language.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text<'a> {
    pub(crate) key: &'a str,
    pub(crate) text: &'a str,
    line: usize,
}

/// The texts of a file, in its order.
///
/// # Errors
/// File, line and what is wrong there.
pub(crate) fn read(source: Source<'_>) -> Result<Vec<Text<'_>>, String> {
    let mut texts: Vec<Text<'_>> = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let at = |what: &str| format!("{}:{}: {what}", source.file, index + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, text)) = line.split_once(" = ") else {
            return Err(at("a line is empty, a comment after #, or \"key = text\""));
        };
        if text.is_empty() || text.trim() != text {
            return Err(at("a text is not empty and has no space around it"));
        }
        if text.contains(['<', '>', '&', '"', '\'']) {
            return Err(at("a text has no character with a meaning in HTML: write ’ for an apostrophe"));
        }
        if texts.iter().any(|known| known.key == key) {
            return Err(at(&format!("\"{key}\" is here a second time")));
        }
        slots(text).map_err(|what| at(&what))?;
        texts.push(Text { key, text, line: index + 1 });
    }
    Ok(texts)
}

/// The keys of the reference. A text `x-remedy` stands right after its `x`: the device knows it by that.
///
/// # Errors
/// As [`read`], and which remedy stands elsewhere.
pub(crate) fn keys(reference: Source<'_>) -> Result<Vec<&str>, String> {
    let texts = read(reference)?;
    for (index, Text { key, line, .. }) in texts.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| texts.get(before)).map(|text| text.key);
        if key.strip_suffix("-remedy").is_some_and(|reason| before != Some(reason)) {
            return Err(format!("{}:{line}: \"{key}\" stands after another text", reference.file));
        }
    }
    Ok(texts.iter().map(|text| text.key).collect())
}

/// The slots in a text, sorted.
fn slots(text: &str) -> Result<Vec<&str>, String> {
    let mut found = Vec::new();
    for piece in text.split('{').skip(1) {
        let Some((slot, _)) = piece.split_once('}') else { return Err("a brace is not closed".into()) };
        if !SLOTS.contains(&slot) {
            return Err(format!("there is no {{{slot}}}"));
        }
        found.push(slot);
    }
    found.sort_unstable();
    Ok(found)
}

/// The texts of a language in the order of the reference.
///
/// # Errors
/// File, line and which text is missing, unknown, or has other slots than the reference's.
pub(crate) fn translate<'a>(reference: Source<'_>, other: Source<'a>) -> Result<Vec<&'a str>, String> {
    let (keys, texts) = (read(reference)?, read(other)?);
    if let Some(unknown) = texts.iter().find(|text| keys.iter().all(|known| known.key != text.key)) {
        let Text { key, line, .. } = unknown;
        return Err(format!("{}:{line}: \"{key}\" is not in {}", other.file, reference.file));
    }
    keys.iter()
        .map(|known| {
            let Some(text) = texts.iter().find(|text| text.key == known.key) else {
                let Text { key, line, .. } = known;
                let end = other.text.lines().count();
                return Err(format!(
                    "{}:{end}: \"{key}\" is missing ({}:{line})",
                    other.file, reference.file
                ));
            };
            if slots(text.text) != slots(known.text) {
                let (line, key) = (text.line, text.key);
                return Err(format!(
                    "{}:{line}: \"{key}\" has other names in braces than in {}",
                    other.file, reference.file
                ));
            }
            Ok(text.text)
        })
        .collect()
}

/// The fragments of a file of markup.
///
/// # Errors
/// File, line and which name in braces is neither a slot nor a text.
pub(crate) fn fragments<'a>(keys: &[&str], source: Source<'a>) -> Result<Vec<(&'a str, Vec<u8>)>, String> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let at = |what: String| format!("{}:{}: {what}", source.file, index + 1);
        if let Some(name) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            found.push((name, String::new()));
            continue;
        }
        encode(keys, line).map_err(at)?;
        match (line, found.last_mut()) {
            ("", _) => {}
            (_, None) => return Err(at("this belongs to no fragment".into())),
            // A line that ends so goes on in the next, without a space.
            (line, Some((_, text))) => match line.strip_suffix('\\') {
                Some(line) => text.push_str(line),
                None => writeln!(text, "{line}").expect("a string takes everything"),
            },
        }
    }
    found.into_iter().map(|(name, text)| encode(keys, &text).map(|bytes| (name, bytes))).collect()
}

/// A text as its pieces.
///
/// # Errors
/// Which name in braces is neither a slot nor a text.
pub(crate) fn encode(keys: &[&str], text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let literal = |bytes: &mut Vec<u8>, text: &str| {
        for piece in text.as_bytes().chunks(255) {
            bytes.push(piece.len() as u8);
            bytes.extend_from_slice(piece);
        }
    };
    for (index, piece) in text.split('{').enumerate() {
        if index == 0 {
            literal(&mut bytes, piece);
            continue;
        }
        let (name, rest) = piece.split_once('}').ok_or("a brace is not closed")?;
        let slot = SLOTS.iter().position(|slot| *slot == name).map(|place| FIRST_SLOT + place);
        let text = || keys.iter().position(|key| *key == name).map(|place| FIRST_TEXT + place);
        let code = slot.or_else(text).ok_or_else(|| format!("there is no {{{name}}}"))?;
        bytes.extend([0, u8::try_from(code).map_err(|_| "too many texts")?]);
        literal(&mut bytes, rest);
    }
    bytes.extend([0, 0]);
    Ok(bytes)
}

/// A key as the name of a constant.
pub(crate) fn constant(key: &str) -> String {
    key.to_uppercase().replace('-', "_")
}
