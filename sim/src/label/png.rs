//! A label as PNG: one bit a dot, with a font that is a part of the program, so that the same
//! label comes out on every machine.

use std::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::iso_8859_1::{FONT_7X14, FONT_7X14_BOLD, FONT_9X18_BOLD, FONT_10X20};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::{DrawTarget, Drawable};
use embedded_graphics::text::{Baseline, Text};

use super::{DOTS_A_MILLIMETRE, Face, LabelError, Line, Picture, TEXT_LEFT, WIDTH};

pub(super) fn write(label: &Picture) -> Result<Vec<u8>, LabelError> {
    let mut paper = Paper(vec![false; WIDTH * label.height()]);
    for part in &label.parts {
        let (module, (left, top)) = (part.module(), part.code_corner());
        for (column, row, length) in part.runs() {
            paper.fill((left + column * module, top + row * module), (length * module, module));
        }
    }
    for (line, top) in label.lines() {
        text(&mut paper, line, top)?;
    }
    Ok(encoded(&paper))
}

/// The font of a face, and how many dots a dot of it is.
fn font(face: Face) -> (&'static MonoFont<'static>, usize) {
    match face {
        Face::Name => (&FONT_9X18_BOLD, 2),
        Face::LongName => (&FONT_7X14_BOLD, 2),
        Face::Typed => (&FONT_10X20, 2),
        Face::LongTyped => (&FONT_7X14, 2),
        Face::Caption => (&FONT_10X20, 1),
    }
}

fn text(paper: &mut Paper, line: &Line, top: usize) -> Result<(), LabelError> {
    if !line.text.chars().all(|character| matches!(character, ' '..='~' | '\u{a0}'..='\u{ff}')) {
        return Err(LabelError::NoGlyph);
    }
    let (font, scale) = font(line.face);
    let mut enlarged = Enlarged { paper, scale, top };
    let style = MonoTextStyle::new(font, BinaryColor::On);
    let drawn = Text::with_baseline(&line.text, Point::zero(), style, Baseline::Top).draw(&mut enlarged);
    match drawn {
        Ok(_) => Ok(()),
        Err(never) => match never {},
    }
}

/// Dots, row by row; a dark one is `true`.
struct Paper(Vec<bool>);

impl Paper {
    fn height(&self) -> usize {
        self.0.len() / WIDTH
    }

    fn fill(&mut self, at: (usize, usize), size: (usize, usize)) {
        for row in self.0.chunks_mut(WIDTH).skip(at.1).take(size.1) {
            row.iter_mut().skip(at.0).take(size.0).for_each(|dot| *dot = true);
        }
    }
}

/// The place of a line of text, on which each dot of the font is a square of dots.
struct Enlarged<'a> {
    paper: &'a mut Paper,
    scale: usize,
    top: usize,
}

impl OriginDimensions for Enlarged<'_> {
    fn size(&self) -> Size {
        Size::new(WIDTH as u32, self.paper.height() as u32)
    }
}

impl DrawTarget for Enlarged<'_> {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(at, color) in pixels {
            let (Ok(x), Ok(y)) = (usize::try_from(at.x), usize::try_from(at.y)) else { continue };
            if color == BinaryColor::On {
                let at = (TEXT_LEFT + x * self.scale, self.top + y * self.scale);
                self.paper.fill(at, (self.scale, self.scale));
            }
        }
        Ok(())
    }
}

fn encoded(paper: &Paper) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH as u32, paper.height() as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let dots = (DOTS_A_MILLIMETRE * 1000.0).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: dots, yppu: dots, unit: png::Unit::Meter }));
    // A set bit is white. The width is a multiple of eight, so that no row ends within a byte.
    let packed: Vec<u8> =
        paper.0.chunks(8).map(|dots| dots.iter().fold(0, |byte, dark| byte << 1 | u8::from(!dark))).collect();
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&packed));
    // Memory takes every byte, and the size is that of the paper.
    debug_assert!(written.is_ok(), "{written:?}");
    out
}
