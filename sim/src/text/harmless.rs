//! Text that comes from outside, made fit to be shown.

/// The same for text of several lines, which stay lines.
pub(crate) fn harmless_lines(text: &str) -> String {
    text.lines().map(|line| harmless(line.into())).collect::<Vec<_>>().join("\n")
}

/// Without the characters that command a terminal or turn its writing around.
pub(crate) fn harmless(words: String) -> String {
    let commands = |character: char| {
        character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if words.contains(commands) { words.replace(commands, "\u{fffd}") } else { words }
}
