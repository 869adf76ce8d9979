//! Pictures of pages, compared with those of before. They are the README's, so that it never lies.

use std::io::{BufReader, Cursor};
use std::path::Path;

use png::{ColorType, Decoder, Transformations};

/// How far a channel of a pixel may be off, and how many pixels in a thousand may be further. Another
/// version of the browser draws letters a little otherwise.
const CHANNEL: u8 = 48;
const PIXELS_IN_1000: usize = 25;

/// Compares a picture with the one in `file`; `update` replaces that.
pub(crate) fn compare(picture: &[u8], file: &Path, update: bool) -> Result<(), String> {
    if update {
        return std::fs::write(file, picture).map_err(|error| format!("{}: {error}", file.display()));
    }
    let before = std::fs::read(file)
        .map_err(|error| format!("{}: {error}; VESTIBULE_UPDATE=1 makes it", file.display()))?;
    let (now, before) = (pixels(picture)?, pixels(&before)?);
    let differing = if now.width == before.width && now.bytes.len() == before.bytes.len() {
        let pairs = now.bytes.chunks(now.channels).zip(before.bytes.chunks(before.channels));
        pairs.filter(|(a, b)| a.iter().zip(*b).take(3).any(|(a, b)| a.abs_diff(*b) > CHANNEL)).count()
    } else {
        return report(picture, file, "has another size");
    };
    let all = now.bytes.len() / now.channels;
    if differing * 1000 > all * PIXELS_IN_1000 {
        return report(picture, file, &format!("differs in {differing} of {all} pixels"));
    }
    Ok(())
}

/// Puts the new picture beside the old one's place, to be looked at.
fn report(picture: &[u8], file: &Path, what: &str) -> Result<(), String> {
    let beside = Path::new("target").join(file.file_name().unwrap_or_default());
    std::fs::write(&beside, picture).map_err(|error| error.to_string())?;
    Err(format!(
        "{} {what}: see {}; if it is as it should be, VESTIBULE_UPDATE=1 replaces it",
        file.display(),
        beside.display()
    ))
}

struct Pixels {
    width: u32,
    channels: usize,
    bytes: Vec<u8>,
}

fn pixels(picture: &[u8]) -> Result<Pixels, String> {
    let mut decoder = Decoder::new(BufReader::new(Cursor::new(picture)));
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let mut bytes = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let info = reader.next_frame(&mut bytes).map_err(|error| error.to_string())?;
    bytes.truncate(info.buffer_size());
    let channels = if info.color_type == ColorType::Rgba { 4 } else { 3 };
    Ok(Pixels { width: info.width, channels, bytes })
}
