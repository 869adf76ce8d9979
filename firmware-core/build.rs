//! Compiles what the pages say, in the languages that are asked for, and their markup: build/texts.rs
//! says how.

#[path = "build/texts.rs"]
mod texts;

use std::path::Path;
use std::{env, fs, process};

use texts::{Source, constant, encode, fragments, keys, translate};

/// Feature, tag (RFC 5646), and whether it is written from right to left. English is always there.
const LANGUAGES: [(&str, &str, bool); 14] = [
    ("english", "en", false),
    ("german", "de", false),
    ("french", "fr", false),
    ("spanish", "es", false),
    ("portuguese", "pt", false),
    ("italian", "it", false),
    ("dutch", "nl", false),
    ("polish", "pl", false),
    ("turkish", "tr", false),
    ("arabic", "ar", true),
    ("hindi", "hi", false),
    ("chinese", "zh", false),
    ("japanese", "ja", false),
    ("korean", "ko", false),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/pages");
    if let Err(error) = compile() {
        println!("cargo::error={error}");
        process::exit(1);
    }
}

fn file(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

fn compile() -> Result<(), String> {
    let text = file("src/pages/languages/en.txt")?;
    let reference = Source { file: "firmware-core/src/pages/languages/en.txt", text: &text };
    let keys = keys(reference)?;

    let mut code = format!("pub(super) const TEXTS: usize = {};\n", keys.len());
    code += "pub(super) mod slot {\n";
    for (index, slot) in texts::SLOTS.iter().enumerate() {
        let (name, code_of) = (constant(slot), texts::FIRST_SLOT + index);
        code += &format!("    pub(in crate::pages) const {name}: u8 = {code_of};\n");
    }
    code += "}\n";
    code += &format!("const FIRST_TEXT: u8 = {};\n", texts::FIRST_TEXT);
    code += "#[allow(dead_code, reason = \"markup names texts by their codes\")]\nimpl Text {\n";
    for (index, key) in keys.iter().enumerate() {
        code += &format!("    pub(crate) const {}: Self = Self({index});\n", constant(key));
    }
    code += "}\n";

    code += "pub(super) static LANGUAGES: &[Table] = &[\n";
    for (feature, tag, right_to_left) in LANGUAGES {
        let wanted = format!("CARGO_FEATURE_{}", constant(feature));
        if feature != "english" && env::var_os(wanted).is_none() {
            continue;
        }
        let text = file(&format!("src/pages/languages/{tag}.txt"))?;
        let name = format!("firmware-core/src/pages/languages/{tag}.txt");
        let (mut starts, mut bytes) = (Vec::new(), Vec::new());
        for text in translate(reference, Source { file: &name, text: &text })? {
            starts.push(u16::try_from(bytes.len()).map_err(|_| format!("{name} is too long"))?);
            bytes.extend(encode(&[], text)?);
        }
        let bytes = bytes.escape_ascii();
        code += &format!(
            "    Table {{ tag: {tag:?}, right_to_left: {right_to_left}, starts: &{starts:?}, texts: b\"{bytes}\" }},\n"
        );
    }
    code += "];\n";

    let mut markup = String::new();
    for page in ["frame", "setup", "fields", "outcome"] {
        let path = format!("src/pages/{page}.html");
        let (name, text) = (format!("firmware-core/{path}"), file(&path)?);
        for (fragment, bytes) in fragments(&keys, Source { file: &name, text: &text })? {
            let (name, bytes) = (constant(fragment), bytes.escape_ascii());
            markup += &format!("pub(super) const {name}: &[u8] = b\"{bytes}\";\n");
        }
    }
    let directory = env::var("OUT_DIR").map_err(|error| error.to_string())?;
    let write = |name: &str, code: &str| {
        fs::write(Path::new(&directory).join(name), code).map_err(|error| format!("{name}: {error}"))
    };
    write("texts.rs", &code)?;
    write("script.js", &lean(&file("src/pages/script.js")?))?;
    write("markup.rs", &markup)
}

/// A script without its comments, which have lines of their own, and without its indentation.
fn lean(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}
