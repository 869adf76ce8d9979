//! The page that its owner has in hand, as the engine that shows it tells it: what is visible of it, as markup, with
//! everything numbered that a hand can touch, in its frames and shadow roots too. What a frame of another origin shows is a
//! page of its own beside it.

use serde::Deserialize;

/// Asks for it, and does what a driver has no command for: the body of a function.
pub(super) const SCRIPT: &str = include_str!("page_in_hand.js");

/// In the page, elements have the numbers below this one; in the first frame of another origin those from it on, and so on.
pub(super) const NUMBERS: usize = 10_000;

/// A frame of another origin, which no script of the page can look into.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(super) struct ForeignFrame {
    /// The frames by which one comes to it, itself the last, each by its number in the document around it.
    pub(super) way: Vec<usize>,
    /// What it is to show.
    pub(super) url: String,
}

/// What such a frame shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LookedInto {
    pub(super) frame: ForeignFrame,
    /// Its page; `None` where the engine could not be asked for it.
    pub(super) page: Option<PageInHand>,
}

/// A page at one moment.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(super) struct PageInHand {
    pub(super) url: String,
    /// When the document and those in its frames began, by which they are told from others at the same addresses.
    pub(super) since: Vec<f64>,
    /// `complete` once everything is loaded.
    pub(super) ready: String,
    pub(super) html: String,
    /// A field for a secret shows what was typed into it.
    pub(super) is_legible: bool,
    /// Its frames of another origin that nobody has looked into.
    pub(super) foreign: Vec<ForeignFrame>,
    /// Those that were looked into, in the order in which the numbers of their elements follow.
    #[serde(skip)]
    pub(super) frames: Vec<LookedInto>,
}

impl PageInHand {
    /// Whether it is a page that came over the network, and not the engine's own.
    pub(super) fn is_loaded(&self) -> bool {
        self.url.starts_with("http:") || self.url.starts_with("https:")
    }
}
