//! `vestibule matrix`: every phone against every profile, and against the built-in device.

use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::Args;

use super::file_kind::FileKind;
use super::named_files::{each_read, files};
use super::profile_words::{ProfileWord, is_a_word, profile_named};
use super::table::{GAP, Side, fitted, join};
use super::terminal::{print_line, waiting, width};
use super::{Exit, Usage};
use crate::check::matrix;
use crate::phone::models;
use crate::profile::{Profile, known, known_names, load};
use crate::text::io_words;

/// Check the built-in device and a stand-in of each profile with every phone, in virtual time: who pops up where,
/// and which rule says so.
///
/// Without a file to write it is printed: as a table that fits on a terminal, as Markdown elsewhere.
#[derive(Debug, Args)]
pub(super) struct Matrix {
    /// Profiles of portals, folders of them, or names of those that are built in: all of these unless said.
    #[arg(value_name = "PROFILE", value_parser = ProfileWord, hide_possible_values = true)]
    profiles: Vec<PathBuf>,
    /// Write it as Markdown.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write it as HTML.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write it as a picture.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Matrix {
    /// The profiles that are named, or all that are built in.
    fn profiles(&self) -> Result<Vec<Profile>, Usage> {
        if self.profiles.is_empty() {
            return known_names().map(|name| known(name).map_err(Usage::from)).collect();
        }
        let (words, paths): (Vec<_>, Vec<_>) = self.profiles.iter().partition(|named| is_a_word(named));
        let mut profiles: Vec<Profile> =
            words.into_iter().map(|word| profile_named(word)).collect::<Result<_, _>>()?;
        let paths: Vec<PathBuf> = paths.into_iter().cloned().collect();
        profiles.extend(each_read(files(&paths, "toml")?, FileKind::Profile, |path| {
            load::load(&path).map_err(|error| error.in_full())
        })?);
        Ok(profiles)
    }

    pub(super) fn run(self) -> Result<Exit, Usage> {
        let profiles = self.profiles()?;
        let phones: Vec<_> = models().iter().collect();
        let pairs = phones.len() * (profiles.len() + 1);
        let waiting = waiting(format!("{pairs} pairs of a phone and a portal"));
        let matrix = matrix::Matrix::of(&phones, &profiles);
        drop(waiting);
        let mut written = false;
        for (path, text) in [
            (&self.markdown, matrix::Matrix::markdown as fn(&matrix::Matrix) -> String),
            (&self.html, matrix::Matrix::html),
            (&self.svg, matrix::Matrix::svg),
        ] {
            if let Some(path) = path {
                write(path, &text(&matrix))?;
                written = true;
            }
        }
        if !written {
            match width() {
                // Somebody looks at it.
                Some(width) => for_a_terminal(&matrix, width).iter().for_each(|line| print_line(line)),
                None => print_line(matrix.markdown().trim_end()),
            }
        }
        Ok(Exit::Well)
    }
}

/// The matrix without its reasons: portals by numbers, so that a row fits.
fn for_a_terminal(matrix: &matrix::Matrix, width: usize) -> Vec<String> {
    let [cells, portals] = matrix.rows();
    let mut lines = Vec::new();
    for columns in blocks(&cells, width) {
        let block: Vec<Vec<String>> = cells
            .iter()
            .map(|row| std::iter::once(&row[0]).chain(&row[columns.clone()]).cloned().collect())
            .collect();
        let sides = vec![Side::Left; 1 + columns.len()];
        lines.extend(fitted(&block, &sides, Some(width)).iter().map(|row| join(row)));
        lines.push(String::new());
    }
    lines.push(matrix::SIGNS.to_owned());
    let portals = fitted(&portals, &[Side::Right, Side::Left, Side::Left], Some(width));
    lines.extend(portals.iter().map(|row| join(row)));
    lines.push("The rules that decided: vestibule matrix --markdown FILE, or --html FILE.".to_owned());
    lines
}

/// Which columns of portals stand below which, so that each block fits beside the phones' names.
fn blocks(cells: &[Vec<String>], width: usize) -> Vec<Range<usize>> {
    let widest = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let columns = cells.first().map_or(0, Vec::len);
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let mut left = 0;
    for column in 1..columns {
        let takes = GAP + widest(column);
        match blocks.last_mut() {
            Some(block) if takes <= left => {
                block.end = column + 1;
                left -= takes;
            }
            _ => {
                blocks.push(column..column + 1);
                left = width.saturating_sub(widest(0) + takes);
            }
        }
    }
    blocks
}

fn write(path: &Path, text: &str) -> Result<(), Usage> {
    std::fs::write(path, text).map_err(|error| {
        Usage(format!("{} cannot be written: {why}", path.display(), why = io_words(&error)))
    })
}
