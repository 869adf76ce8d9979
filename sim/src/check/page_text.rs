//! The text of a page as a browser reads it from a reply: unpacked, and as characters. What is in it is judged elsewhere.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

use crate::phone::Reply;

/// The first bytes of every gzip (RFC 1952 section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Most bytes of a page that are unpacked.
pub(super) const UNPACKED_BYTES: u64 = 1 << 20;

/// The page's text.
///
/// # Errors
/// Why nothing readable is shown, in words that follow the page's address.
pub(crate) fn page_text(reply: &Reply) -> Result<String, String> {
    unpacked(reply).map(|body| characters(reply, &body))
}

/// The page's characters: a byte order mark decides, then the type's parameter. What is in no form of Unicode is
/// read by its ASCII characters.
pub(super) fn characters(reply: &Reply, body: &[u8]) -> String {
    let header = reply.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let pairs = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks().0.iter().map(|pair| read(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match body {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xff, 0xfe, rest @ ..] => pairs(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => pairs(rest, u16::from_be_bytes),
        _ if header.contains("utf-16be") => pairs(body, u16::from_be_bytes),
        _ if header.contains("utf-16") => pairs(body, u16::from_le_bytes),
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}

/// The page's bytes as the browser reads them.
pub(super) fn unpacked(reply: &Reply) -> Result<Vec<u8>, String> {
    let mut body = reply.body.clone();
    let mut packings = 0;
    for coding in codings(reply).iter().rev() {
        packings += 1;
        body = match coding.as_str() {
            "gzip" | "x-gzip" => unpack(GzDecoder::new(body.as_slice())),
            // As RFC 9110 has it, or without the frame of RFC 1950, as some servers do.
            "deflate" => unpack(ZlibDecoder::new(body.as_slice()))
                .or_else(|| unpack(DeflateDecoder::new(body.as_slice()))),
            "br" | "zstd" | "compress" | "x-compress" => {
                return Err(format!(
                    "is packed with {coding}, which browsers take over https only or not at all: nothing readable is \
                     shown. Use gzip, or nothing"
                ));
            }
            // A coding that it does not know is one that a browser does nothing about (Chromium, FilterSourceStream).
            _ => {
                packings -= 1;
                Some(body)
            }
        }
        .ok_or_else(|| {
            format!("says \"Content-Encoding: {coding}\", and what follows is no {coding}: nothing is shown")
        })?;
    }
    match (body.starts_with(&GZIP), packings) {
        (false, _) => Ok(body),
        (true, 0) => Err("is a gzip without \"Content-Encoding: gzip\": it is \
             saved as a file, not shown. Send that header line, and the page's own Content-Type"
            .into()),
        (true, _) => {
            Err("is packed with gzip once more than its Content-Encoding says: nothing readable is shown"
                .into())
        }
    }
}

/// The codings in the order in which they were applied, over all header lines.
fn codings(reply: &Reply) -> Vec<String> {
    let lines = reply.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
    lines.flat_map(|(_, value)| value.split(',')).map(|coding| coding.trim().to_ascii_lowercase()).collect()
}

/// What is packed, as far as it came: the end of a long page is not kept. `None` if nothing can be unpacked.
fn unpack(packed: impl Read) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    let read = packed.take(UNPACKED_BYTES).read_to_end(&mut body);
    (read.is_ok() || !body.is_empty()).then_some(body)
}
