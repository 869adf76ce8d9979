//! Bodies of which a recording keeps the length and little else: how they are written, and how a reader
//! knows one.

/// What stands in the place of every byte that is not kept.
const FILLER: char = 'x';

/// A body of this length that begins with what is kept, if there is room for it.
pub(super) fn fill(kept: &str, length: usize) -> String {
    let mut body = if kept.len() <= length { kept.to_owned() } else { String::new() };
    body.extend(std::iter::repeat_n(FILLER, length - body.len()));
    body
}

/// Whether this body is one of which only the length is kept, and elements before that.
pub(super) fn is_filler(body: &[u8]) -> bool {
    let after = body.iter().rposition(|byte| *byte == b'>').map_or(0, |at| at + 1);
    let (kept, filler) = body.split_at(after);
    let is_written = kept.is_empty() || kept.starts_with(b"<title>") || kept.starts_with(b"<!-- ");
    !body.is_empty() && is_written && filler.iter().all(|byte| *byte == FILLER as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_is_known_again() {
        assert_eq!(fill("<title>x</title>", 20), "<title>x</title>xxxx");
        assert_eq!(fill("<title>x</title>", 3), "xxx");
        assert!([fill("<title>x</title>", 20), fill("", 1)].iter().all(|body| is_filler(body.as_bytes())));
        assert!(!is_filler(b"") && !is_filler(b"success\n") && !is_filler(b"<html>xx"));
    }
}
