//! The label on the device: its name, the code that a phone's camera joins by, the passphrase to
//! type where there is no camera, and the address of the portal. Below it, where it is asked for, a second code
//! that brings the label's code to the portal's page.
//!
//! What the codes say is the core's ([`vestibule_core::label`]); here it is laid out and drawn, as
//! SVG and as PNG from one layout. A label shows the passphrase, which it is for: nothing else here
//! does, `Debug` and errors least of all.

mod png;
mod svg;

use std::net::Ipv4Addr;

use qrcode::{Color, EcLevel, QrCode};
use thiserror::Error;
use vestibule_core::label::{BadLabel, CodeAddress, Label};
use vestibule_core::{Passphrase, Ssid};

/// The label's width, and the height of each of its parts, in dots.
const WIDTH: usize = 800;
const PART_HEIGHT: usize = 420;

/// Dots a millimetre, so that a label is 70 mm wide: the common sheets of 24 have such.
const DOTS_A_MILLIMETRE: f64 = WIDTH as f64 / 70.0;

/// Nothing is nearer to the edge of a part: cutters and printers are off by up to 2 mm, and so are hands that peel.
const MARGIN: usize = 35;

/// The square that the code gets, its quiet zone included, in dots.
const CODE: usize = 400;

/// The code's quiet zone in modules (ISO/IEC 18004:2015, section 6.3.8: four).
const QUIET: usize = 4;

/// Where text begins and how wide it may be, in dots.
const TEXT_LEFT: usize = CODE + 10;
const TEXT_WIDTH: usize = WIDTH - TEXT_LEFT - MARGIN;

/// Why there is no label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum LabelError {
    /// Name or passphrase cannot be written into a code.
    #[error("{0}")]
    Text(#[from] BadLabel),
    /// What is to be said is longer than a code holds.
    #[error("a QR code cannot hold that much")]
    TooLong,
    /// The PNG's font lacks a character of the name or the passphrase.
    #[error(
        "the PNG's font has Western European letters only, and the name or the passphrase has others: make an SVG"
    )]
    NoGlyph,
}

/// A label, laid out: a part for each code, one below the other.
pub(crate) struct Picture {
    parts: Vec<Part>,
}

/// A code, and what stands beside it.
struct Part {
    modules: Vec<bool>,
    across: usize,
    /// Its upper edge in dots.
    top: usize,
    lines: Vec<Line>,
}

/// How a line of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Face {
    /// The device's name.
    Name,
    /// A name that would need more than a line of those letters.
    LongName,
    /// What is to be typed.
    Typed,
    /// The same where that needs more than a line.
    LongTyped,
    /// What the line below is.
    Caption,
}

impl Face {
    /// A character's width and height in dots. Every face has letters of one width, so that both
    /// pictures break lines at the same places.
    const fn cell(self) -> (usize, usize) {
        match self {
            Self::Name => (18, 36),
            Self::Typed => (20, 40),
            Self::LongName | Self::LongTyped => (14, 28),
            Self::Caption => (10, 20),
        }
    }

    /// How many columns of it stand in a line.
    const fn columns(self) -> usize {
        TEXT_WIDTH / self.cell().0
    }

    /// The face for that text: the smaller one if it would not fit into a line.
    fn for_text(self, text: &str) -> Self {
        let columns: usize = text.chars().map(columns_of).sum();
        match self {
            Self::Name if columns > self.columns() => Self::LongName,
            Self::Typed if columns > self.columns() => Self::LongTyped,
            _ => self,
        }
    }
}

/// A line of text and its upper edge in dots.
struct Line {
    face: Face,
    top: usize,
    text: String,
}

impl Picture {
    /// Lays out a label. Without a passphrase the access point is open. `sae` says that it takes
    /// WPA3 alone.
    ///
    /// # Errors
    /// [`LabelError`] but for [`LabelError::NoGlyph`].
    pub(crate) fn new(
        name: &Ssid,
        passphrase: &Passphrase,
        sae: bool,
        address: Ipv4Addr,
        reopens: &str,
    ) -> Result<Self, LabelError> {
        let label = Label::new(name, passphrase)?;
        let says = if sae { label.sae() } else { label }.to_string();
        // Both are UTF-8, or there would be no label.
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let lines = lines(&text(name.as_bytes()), &text(passphrase.expose()), address, reopens);
        Ok(Self { parts: vec![Part::new(&says, 0, lines)?] })
    }

    /// The same with the second code, by which a phone that has joined brings the label's code to the page.
    ///
    /// # Errors
    /// [`LabelError`] but for [`LabelError::NoGlyph`].
    pub(crate) fn with_code(mut self, code: &Passphrase, address: Ipv4Addr) -> Result<Self, LabelError> {
        let says = CodeAddress::new(address, code.expose())?.to_string();
        let lines = second_lines(&String::from_utf8_lossy(code.expose()));
        self.parts.push(Part::new(&says, self.height(), lines)?);
        Ok(self)
    }

    /// Its height in dots.
    fn height(&self) -> usize {
        self.parts.len() * PART_HEIGHT
    }

    /// Every line of text, and its upper edge in dots.
    fn lines(&self) -> impl Iterator<Item = (&Line, usize)> {
        self.parts.iter().flat_map(|part| part.lines.iter().map(|line| (line, part.top + line.top)))
    }

    /// The label as SVG, in millimetres: it prints at its size.
    #[must_use]
    pub(crate) fn svg(&self) -> String {
        svg::write(self)
    }

    /// The label as PNG, black on white, with its resolution.
    ///
    /// # Errors
    /// [`LabelError::NoGlyph`]
    pub(crate) fn png(&self) -> Result<Vec<u8>, LabelError> {
        png::write(self)
    }
}

impl Part {
    fn new(says: &str, top: usize, lines: Vec<Line>) -> Result<Self, LabelError> {
        let code = QrCode::with_error_correction_level(says, EcLevel::M).map_err(|_| LabelError::TooLong)?;
        let modules = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Ok(Self { across: code.width(), modules, top, lines })
    }

    /// The side of a module in dots.
    fn module(&self) -> usize {
        CODE / (self.across + 2 * QUIET)
    }

    /// Where the code begins, from the left and from above, in dots.
    fn code_corner(&self) -> (usize, usize) {
        let side = self.module() * self.across;
        (((CODE - side) / 2).max(MARGIN), self.top + (PART_HEIGHT - side) / 2)
    }

    /// The runs of dark modules: column, row and length.
    fn runs(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.modules.chunks(self.across).enumerate().flat_map(|(row, modules)| {
            let mut column = 0;
            modules.chunk_by(|a, b| a == b).filter_map(move |run| {
                let from = column;
                column += run.len();
                run[0].then_some((from, row, run.len()))
            })
        })
    }
}

/// What an owner does whose home has another network, in at most a line of the label.
pub(crate) const UNPLUG: &str = "new router? Unplug it, plug it in.";
pub(crate) const PRESS: &str = "new router? Press the button.";

fn lines(name: &str, passphrase: &str, address: Ipv4Addr, reopens: &str) -> Vec<Line> {
    let caption = match passphrase {
        "" => "open: no password",
        spaced if spaced.contains(' ') => "password (spaces count)",
        _ => "password",
    };
    let address = format!("http://{address}/");
    laid_out(&[
        (Face::Caption, "Wi-Fi"),
        (Face::Name, name),
        (Face::Caption, caption),
        (Face::Typed, passphrase),
        (Face::Caption, "no page? Open Wi-Fi settings, or:"),
        (Face::Name, &address),
        (Face::Caption, reopens),
    ])
}

/// What stands beside the second code.
fn second_lines(code: &str) -> Vec<Line> {
    laid_out(&[
        (Face::Caption, "2. Once joined, scan this:"),
        (Face::Caption, "it opens the page and brings"),
        (Face::Caption, "this code, so that nobody who"),
        (Face::Caption, "poses as this device can open"),
        (Face::Caption, "what you send. Or type it there:"),
        (Face::Typed, code),
    ])
}

fn laid_out(paragraphs: &[(Face, &str)]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut top = 0;
    for &(face, text) in paragraphs {
        let face = face.for_text(text);
        let (_, height) = face.cell();
        for text in broken(text, face.columns()) {
            lines.push(Line { face, top, text });
            top += height;
        }
        // A caption stands close above what it names.
        top += if face == Face::Caption { 0 } else { 12 };
    }
    let below = PART_HEIGHT.saturating_sub(top) / 2;
    lines.iter_mut().for_each(|line| line.top += below);
    lines
}

/// A text in lines of at most so many columns. It is broken anywhere: a passphrase has no words.
fn broken(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<(String, usize)> = Vec::new();
    for character in text.chars() {
        let wide = columns_of(character);
        match lines.last_mut() {
            Some((line, used)) if *used + wide <= columns => {
                line.push(character);
                *used += wide;
            }
            _ => lines.push((character.into(), wide)),
        }
    }
    lines.into_iter().map(|(line, _)| line).collect()
}

/// East Asian letters, emoji and the like take two columns.
fn columns_of(character: char) -> usize {
    if character >= '\u{1100}' { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 100, 100);

    /// What is printed of a part, in dots: left, top, right, bottom.
    type Extent = [usize; 4];

    fn joined(all: impl Iterator<Item = Extent>) -> Extent {
        all.fold([usize::MAX, usize::MAX, 0, 0], |a, b| {
            [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
        })
    }

    /// The dark dots of a part of the PNG, read back.
    fn png_extent(png: &[u8], part: usize) -> Extent {
        let mut decoder = ::png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(::png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut dots = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut dots).unwrap();
        let dots = dots[part * PART_HEIGHT * WIDTH..].iter().take(PART_HEIGHT * WIDTH).enumerate();
        joined(dots.filter(|(_, dot)| **dot < 128).map(|(at, _)| {
            let (x, y) = (at % WIDTH, at / WIDTH);
            [x, y, x + 1, y + 1]
        }))
    }

    /// The codes and the lines of text of a part of the SVG: letters reach an em above their line and a third below.
    fn svg_extent(svg: &str, part: usize) -> Extent {
        let document = roxmltree::Document::parse(svg).unwrap();
        let number =
            |node: &roxmltree::Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse().unwrap();
        let lines = document.descendants().filter(|node| node.has_tag_name("text")).map(|line| {
            let [x, y, size]: [usize; 3] = ["x", "y", "font-size"].map(|name| number(&line, name));
            let wide: usize = number(&line, "textLength");
            [x, y - size, x + wide, y + size / 3]
        });
        let codes = document.descendants().filter(|node| node.has_tag_name("path")).flat_map(|path| {
            let runs = path.attribute("d").unwrap().split('M').skip(1);
            runs.map(|run| {
                let numbers =
                    run.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok());
                let [x, y, wide, high, _] = numbers.collect::<Vec<usize>>()[..] else { panic!("{run}") };
                [x, y, x + wide, y + high]
            })
        });
        let top = part * PART_HEIGHT;
        let all = lines.chain(codes).filter(|extent| (top..top + PART_HEIGHT).contains(&extent[1]));
        joined(all.map(|[left, above, right, below]| [left, above - top, right, below - top]))
    }

    #[test]
    fn nothing_is_nearer_to_an_edge_than_three_millimetres() {
        let names = ["n".to_owned(), "n".repeat(19), "n".repeat(20), "W".repeat(32), ";".repeat(32)];
        let secrets = ["p".repeat(8), "p".repeat(17), "p".repeat(18), "p".repeat(63), "\"".repeat(63)];
        for (name, secret) in names.iter().flat_map(|name| secrets.iter().map(move |secret| (name, secret))) {
            for reopens in [UNPLUG, PRESS] {
                let passphrase = Passphrase::new(secret.as_bytes()).unwrap();
                let label =
                    Picture::new(&Ssid::new(name.as_bytes()).unwrap(), &passphrase, false, ADDRESS, reopens);
                let label = label.unwrap().with_code(&passphrase, ADDRESS).unwrap();
                let (png, svg) = (label.png().unwrap(), label.svg());
                for (part, picture) in [(0, "PNG"), (1, "PNG"), (0, "SVG"), (1, "SVG")] {
                    let extent =
                        if picture == "PNG" { png_extent(&png, part) } else { svg_extent(&svg, part) };
                    let [left, top, right, bottom] = extent;
                    let nearest = [left, top, WIDTH - right, PART_HEIGHT - bottom].into_iter().min().unwrap();
                    let nearest = nearest as f64 / DOTS_A_MILLIMETRE;
                    assert!(
                        nearest >= 3.0,
                        "{picture}, part {part}: {nearest} mm, {extent:?} of {name} {secret}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_code_has_text_in_its_quiet_zone() {
        for length in 8..=63 {
            let (name, secret) = (":".repeat(32), ";".repeat(length));
            let passphrase = Passphrase::new(secret.as_bytes()).unwrap();
            let label =
                Picture::new(&Ssid::new(name.as_bytes()).unwrap(), &passphrase, false, ADDRESS, PRESS);
            let part = &label.unwrap().parts[0];
            let (left, _) = part.code_corner();
            assert!(left + part.module() * (part.across + QUIET) <= TEXT_LEFT, "{length}");
            assert!(left >= QUIET * part.module(), "{length}");
        }
    }

    #[test]
    fn lines_are_broken_and_nothing_is_lost() {
        assert_eq!(broken("abcdefg", 3), ["abc", "def", "g"]);
        assert_eq!(broken("あいう", 4), ["あい", "う"]);
        assert_eq!(broken("", 4), [""; 0]);
    }

    #[test]
    fn a_label_is_drawn_as_svg_and_as_png_unless_the_png_lacks_a_letter() {
        let passphrase = Passphrase::new(b"green lantern 7 oak").unwrap();
        let draw = |name: &str| {
            let name = Ssid::new(name.as_bytes()).unwrap();
            Picture::new(&name, &passphrase, false, Ipv4Addr::new(192, 168, 4, 1), UNPLUG).unwrap()
        };
        let label = draw("Lamp-4F2A");
        assert!(label.svg().contains("green lantern 7 oak"));
        // After the camera an iPhone's sheet waits for that.
        assert!(label.svg().contains("Open Wi-Fi settings"));
        assert!(label.png().unwrap().starts_with(b"\x89PNG"));
        let address = Ipv4Addr::new(192, 168, 4, 1);
        let both = draw("Lamp-4F2A").with_code(&passphrase, address).unwrap();
        assert!(both.svg().contains("Once joined") && both.svg().contains("0 0 800 840"));
        // The PNG's font is small; the SVG's is the reader's.
        assert_eq!(draw("ランプ").png().unwrap_err(), LabelError::NoGlyph);
    }
}
