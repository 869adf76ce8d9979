//! Many things in a sentence: the first by name, the others by their number.

use std::collections::BTreeSet;

/// How many are named.
const NAMED: usize = 3;

/// `a, b, c and 2 more`.
pub(crate) fn listed(names: &BTreeSet<String>) -> String {
    let mut text = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text += &format!(" and {} more", names.len() - NAMED);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_are_named_and_the_others_counted() {
        let of = |letters: &str| listed(&letters.chars().map(String::from).collect());
        assert_eq!((of("a"), of("bac")), ("a".to_owned(), "a, b, c".to_owned()));
        assert_eq!(of("edcba"), "a, b, c and 2 more");
    }
}
