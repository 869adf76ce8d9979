//! Writes XML: elements, attributes and text, each escaped. Names of networks are anything, so
//! nothing reaches the file but through here.

use std::fmt::{self, Display, Write};

use crate::text::harmless;

/// A file cannot be written as XML.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this cannot be written as XML: {0}")]
pub struct NoXml(pub(crate) String);

/// A document under way.
#[derive(Default)]
pub(crate) struct Markup {
    out: String,
    open: Vec<&'static str>,
}

/// An attribute: its name and its value.
pub(crate) type Attribute<'a> = (&'static str, &'a dyn Display);

/// A length in pixels, to a tenth.
#[derive(Clone, Copy)]
pub(crate) struct Px(pub(crate) f64);

impl Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", (self.0 * 10.0).round() / 10.0)
    }
}

impl Markup {
    /// Begins an element that has others inside.
    pub(crate) fn open(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.tag(name, attributes, ">\n");
        self.open.push(name);
    }

    /// Ends the element that was begun last.
    pub(crate) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.end(name);
        }
    }

    /// An element with nothing inside.
    pub(crate) fn leaf(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.tag(name, attributes, "/>\n");
    }

    /// An element with text inside.
    pub(crate) fn text(&mut self, name: &'static str, attributes: &[Attribute<'_>], text: &str) {
        self.tag(name, attributes, ">");
        self.escaped(text);
        self.end(name);
    }

    /// The style sheet, as it is: the project's own, with nothing in it that XML reads.
    pub(crate) fn style(&mut self, sheet: &'static str) {
        self.tag("style", &[], ">\n");
        self.out.push_str(sheet);
        self.end("style");
    }

    /// A whole element that another `Markup` has written.
    pub(crate) fn element(&mut self, written: &str) {
        self.out.push_str(written);
    }

    /// The document.
    pub(crate) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn tag(&mut self, name: &str, attributes: &[Attribute<'_>], end: &str) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            let _ = write!(self.out, " {name}=\"");
            self.escaped(&value.to_string());
            self.out.push('"');
        }
        self.out.push_str(end);
    }

    fn end(&mut self, name: &str) {
        // Writing to a String does not fail.
        let _ = writeln!(self.out, "</{name}>");
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n(' ', self.open.len()));
    }

    fn escaped(&mut self, text: &str) {
        for character in harmless(text.to_owned()).chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                // No character of XML 1.0 (section 2.2).
                '\u{fffe}' | '\u{ffff}' => self.out.push('\u{fffd}'),
                other => self.out.push(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_written_leaves_its_place() {
        let mut markup = Markup::default();
        markup.open("g", &[("class", &"\"><script>"), ("x", &Px(1.0 / 3.0))]);
        markup.text("text", &[], "]]></text>&amp;\0\u{1b}[2J\u{202e}\u{ffff}'é");
        assert_eq!(
            markup.finish(),
            "<g class=\"&quot;&gt;&lt;script&gt;\" x=\"0.3\">\n <text>]]&gt;&lt;/text&gt;&amp;amp;\
             \u{fffd}\u{fffd}[2J\u{fffd}\u{fffd}'é</text>\n</g>\n"
        );
    }
}
