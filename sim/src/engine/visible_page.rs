//! What is to be seen of a page, as the engine that shows it tells it.

use serde::Deserialize;

/// Asks for it: the body of a function that returns it as JSON.
pub(super) const SCRIPT: &str = include_str!("visible_page.js");

/// A page at one moment.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(super) struct VisiblePage {
    pub(super) url: String,
    /// The media type that the engine took it for.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// `complete` once everything is loaded.
    pub(super) ready: String,
    pub(super) title: String,
    /// How many pixels of the screen a CSS pixel of the page is wide.
    pub(super) scale: f64,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) controls: usize,
    pub(super) fields: usize,
    pub(super) passwords: usize,
    pub(super) buttons: usize,
    pub(super) links: usize,
    pub(super) forms: usize,
    /// The entries of what one chooses from.
    pub(super) networks: usize,
    pub(super) files: usize,
    pub(super) pictures: usize,
    pub(super) broken: usize,
    pub(super) frames: usize,
    pub(super) targets: usize,
    pub(super) small: Vec<TouchTarget>,
    pub(super) small_count: usize,
    pub(super) new_windows: usize,
    /// It is wider than the screen.
    pub(super) wide: bool,
    pub(super) sources: Vec<String>,
    pub(super) loaded: Vec<String>,
    pub(super) text: VisibleText,
}

/// What a finger is to meet.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub(super) struct TouchTarget {
    pub(super) what: String,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The text of a page, counted in characters.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(super) struct VisibleText {
    pub(super) readable: usize,
    /// Of the colour of their background, or nearly.
    pub(super) invisible: usize,
    /// In no encoding.
    pub(super) damaged: usize,
    pub(super) start: String,
    /// What has the least contrast, of what has too little.
    pub(super) faint: Option<FaintText>,
    pub(super) faint_chars: usize,
    /// Too small to be read without zooming.
    pub(super) small_chars: usize,
}

/// Text with too little contrast.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub(super) struct FaintText {
    pub(super) ratio: f64,
    pub(super) what: String,
}

impl VisiblePage {
    /// Whether it is a page that came over the network, and not the engine's own.
    pub(super) fn is_loaded(&self) -> bool {
        self.url.starts_with("http:") || self.url.starts_with("https:")
    }

    /// Whether there is nothing to be seen.
    pub(super) fn is_blank(&self) -> bool {
        let has_text = self.text.readable + self.text.invisible > 0;
        !has_text && self.controls == 0 && self.pictures == 0 && self.frames == 0
    }

    /// Whether its source is shown and not the page.
    pub(super) fn is_source(&self) -> bool {
        let is_text = self.kind.starts_with("text/plain") || self.kind.contains("javascript");
        is_text && self.text.start.trim_start().starts_with('<')
    }

    /// Whether what is shown is no text: packed bytes, say.
    pub(super) fn is_damaged(&self) -> bool {
        let all = self.text.readable + self.text.invisible;
        self.text.damaged * 10 > all
    }

    /// Whether no word of it can be told from its background.
    pub(super) fn is_invisible(&self) -> bool {
        self.text.readable == 0 && self.text.invisible > 0 && self.pictures == 0 && self.frames == 0
    }

    /// Whether a person sees something.
    pub(super) fn is_usable(&self) -> bool {
        self.is_loaded()
            && !self.is_blank()
            && !self.is_source()
            && !self.is_damaged()
            && !self.is_invisible()
    }

    /// What is on it, in words.
    pub(super) fn shows(&self) -> String {
        let mut shows = Vec::new();
        let mut add = |count: usize, one: &str, many: &str| match count {
            0 => {}
            1 => shows.push(format!("1 {one}")),
            count => shows.push(format!("{count} {many}")),
        };
        add(self.forms, "form", "forms");
        add(self.networks, "choice", "choices");
        add(self.passwords, "password field", "password fields");
        add(self.fields.saturating_sub(self.passwords), "other field", "other fields");
        add(self.buttons, "button", "buttons");
        add(self.links, "link", "links");
        add(self.frames, "frame", "frames");
        add(self.pictures, "picture", "pictures");
        let title = self.title.trim();
        let called = if title.is_empty() { String::new() } else { format!("\"{title}\": ") };
        if shows.is_empty() { format!("{called}only text") } else { format!("{called}{}", shows.join(", ")) }
    }
}
