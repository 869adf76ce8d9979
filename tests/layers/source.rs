//! Which module of a crate uses which, read from its source: every path that begins with `crate`, `super`,
//! `self` or a child's name, in `use` lines and in code. Code for tests alone does not count.

use std::collections::BTreeMap;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A module, by its path from the crate's root; the root itself is empty.
pub(crate) type Module = Vec<String>;

/// A module uses another one.
#[derive(Clone, Debug)]
pub(crate) struct Arc {
    pub(crate) from: Module,
    pub(crate) to: Module,
    /// File and line.
    pub(crate) place: String,
}

/// The files of a crate's `src` that count, with their text: neither tests nor a program beside the library.
pub(crate) fn files(source: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of source") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if name.ends_with(".rs") && !["tests.rs", "main.rs"].contains(&name.as_str()) {
                let inside = path.strip_prefix(source).expect("a path inside").to_str().expect("text");
                let text = std::fs::read_to_string(&path).expect("a source file");
                files.push((inside.replace('\\', "/"), text));
            }
        }
    }
    files
}

/// All that the files' modules use of each other.
pub(crate) fn arcs(files: &[(String, String)]) -> Vec<Arc> {
    let mut paths = BTreeMap::new();
    for (file, text) in files {
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut found = Vec::new();
        collect(tokens, &[], &mut found);
        paths.insert(module(file), (file, found));
    }
    let mut names = BTreeMap::new();
    for (module, (_, found)) in &paths {
        for path in found.iter().filter(|path| path.is_use) {
            if let Some(full) = absolute(module, &path.names, |module| paths.contains_key(module)) {
                names.insert((module.clone(), full.last().cloned().unwrap_or_default()), full);
            }
        }
    }
    let is_module = |module: &[String]| paths.contains_key(module);
    let mut arcs = Vec::new();
    for (from, (file, found)) in &paths {
        for path in found {
            let Some(full) = absolute(from, &path.names, is_module) else { continue };
            let to = defined_in(full, &names, is_module);
            arcs.push(Arc { from: from.clone(), to, place: format!("{file}:{}", path.line) });
        }
    }
    arcs
}

/// The module of a file.
fn module(file: &str) -> Module {
    let mut names: Module = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    names.pop_if(|last| last == "mod" || last == "lib");
    names
}

/// A path in a file.
struct Found {
    names: Vec<String>,
    line: usize,
    is_use: bool,
}

/// Collects the paths of a file, with `prefix` before each: what stands before a brace of a `use`.
fn collect(tokens: TokenStream, prefix: &[String], found: &mut Vec<Found>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, mark| matches!(tokens.get(at), Some(TokenTree::Punct(is)) if is.as_char() == mark);
    let (mut at, mut is_use) = (0, !prefix.is_empty());
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Punct(mark) if mark.as_char() == '#' && is_of_tests(tokens.get(at + 1)) => {
                let ends = |token: &TokenTree| match token {
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                    token => token.to_string() == ";",
                };
                at += tokens[at..].iter().position(ends).unwrap_or(tokens.len());
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => is_use = false,
            TokenTree::Ident(word) if word == "use" => is_use = true,
            // The other name that a `use` gives.
            TokenTree::Ident(word) if is_use && word == "as" => at += 1,
            TokenTree::Ident(word) => {
                let mut names = prefix.to_vec();
                names.push(word.to_string());
                while is(at + 1, ':') && is(at + 2, ':') {
                    let Some(TokenTree::Ident(word)) = tokens.get(at + 3) else { break };
                    names.push(word.to_string());
                    at += 3;
                }
                match tokens.get(at + 3) {
                    Some(TokenTree::Group(group)) if is(at + 1, ':') && is(at + 2, ':') => {
                        collect(group.stream(), &names, found);
                        at += 3;
                    }
                    _ if names.len() > 1 => {
                        names.pop_if(|last| last == "self");
                        found.push(Found { names, line: word.span().start().line, is_use });
                    }
                    _ => {}
                }
            }
            TokenTree::Group(group) => collect(group.stream(), &[], found),
            _ => {}
        }
        at += 1;
    }
}

/// Whether what follows is compiled for tests alone.
fn is_of_tests(attribute: Option<&TokenTree>) -> bool {
    let attribute = attribute.map(ToString::to_string).unwrap_or_default().replace(' ', "");
    attribute.starts_with("[cfg(test") || attribute.starts_with("[cfg(all(test")
}

/// A path from the crate's root; `None` for one of another crate.
fn absolute(module: &Module, path: &[String], is_module: impl Fn(&[String]) -> bool) -> Option<Vec<String>> {
    let supers = path.iter().take_while(|name| *name == "super").count();
    let (base, rest) = match path.first()?.as_str() {
        "crate" => (&[][..], &path[1..]),
        "self" => (&module[..], &path[1..]),
        "super" => (&module[..module.len().checked_sub(supers)?], &path[supers..]),
        child if is_module(&[&module[..], &[child.to_owned()]].concat()) => (&module[..], path),
        _ => return None,
    };
    Some([base, rest].concat())
}

/// The module that defines what a path leads to: other modules only pass it on with a `use`.
fn defined_in(
    mut path: Vec<String>,
    names: &BTreeMap<(Module, String), Vec<String>>,
    is_module: impl Fn(&[String]) -> bool,
) -> Module {
    // No name is passed on more often; two that pass each other on would not compile.
    for _ in 0..10 {
        let length = (0..=path.len()).rev().find(|length| is_module(&path[..*length])).unwrap_or(0);
        let rest = path.split_off(length);
        match rest.first().and_then(|name| names.get(&(path.clone(), name.clone()))) {
            Some(full) => path = [&full[..], &rest[1..]].concat(),
            None => return path,
        }
    }
    path
}
