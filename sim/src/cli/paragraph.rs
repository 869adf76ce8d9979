//! Paragraphs on a terminal: a subject at the left, text beside it, broken at spaces.

use super::terminal::width;

/// Columns of the terminal that are used at most, and of them those before the text of a paragraph.
const WIDTH: usize = 80;
const INDENT: usize = 14;

/// A paragraph with its subject at the left, broken at spaces.
pub(super) fn wrapped(subject: &str, text: &str) -> String {
    let most = width().map_or(WIDTH, |width| width.clamp(2 * INDENT, WIDTH));
    let mut lines = vec![format!("{subject:INDENT$}")];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > INDENT && line + 1 + word.chars().count() > most {
            lines.push(" ".repeat(INDENT));
        }
        if let Some(line) = lines.last_mut() {
            if line.chars().count() > INDENT {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_keep_to_the_terminal() {
        let text = wrapped("  change", &"word ".repeat(60));
        assert!(text.lines().count() > 3, "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH && line.len() > INDENT, "{line:?}");
        }
        assert_eq!(wrapped("odd", "so"), "odd           so");
        let long = "x".repeat(100);
        assert_eq!(wrapped("odd", &long), format!("odd           {long}"), "no word is broken");
    }
}
