//! A seed, as an argument.

/// What a seed may be, and what is said of anything else.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

/// The first of several, which are counted as results keep them.
pub(super) fn parse_first(text: &str) -> Result<u64, String> {
    let most = i64::MAX.unsigned_abs();
    let wrong = || format!("the first seed is a whole number from 0 to {most}");
    text.parse().ok().filter(|seed| *seed <= most).ok_or_else(wrong)
}
