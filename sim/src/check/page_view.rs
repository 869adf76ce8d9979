//! What a real browser engine showed of the page in a sheet. The engine is driven by a module above this one.

use std::path::PathBuf;

use serde::Serialize;

use super::Seconds;

/// The page of a sheet as a browser engine showed it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PageView {
    /// The engine and its version.
    pub engine: String,
    /// Why a person could not use the page, if so.
    pub unusable: Option<String>,
    /// After which time there was something that a person could use.
    pub usable_after: Option<Seconds>,
    /// How long the engine took, from its start until it was stopped.
    pub took: Seconds,
    /// The width and height of the screen, in CSS pixels.
    pub screen: (u32, u32),
    /// The address that was shown in the end.
    pub url: String,
    /// What is on the page, in words.
    pub shows: String,
    /// What a person would mind.
    pub warnings: Vec<String>,
    /// What the engine's console says.
    pub console: Vec<String>,
    /// How many requests the page made to the portal.
    pub requests: usize,
    /// How many bytes came back.
    pub bytes: u64,
    /// The picture that was taken.
    pub picture: Option<PathBuf>,
}
