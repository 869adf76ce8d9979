//! Lays out labels as compilers do that point at a line of code: no label covers another, and no line from a
//! label to its mark crosses a label. Also estimates how wide a text is.

/// Pixels between a label and the next one.
const SPACE: f64 = 10.0;

/// The row of each label, 0 at the top. `labels` are each one's place and width, places in order.
///
/// A label stands to the right of its place. The last one is on top; one that would reach over
/// later ones' places goes below them. Of those at one place the first is on top.
pub(super) fn rows(labels: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|a, b| labels[*b].0.total_cmp(&labels[*a].0).then(a.cmp(b)));
    let mut rows = vec![0; labels.len()];
    for (done, &index) in order.iter().enumerate() {
        let (x, width) = labels[index];
        let reaches = |other: &&usize| labels[**other].0 <= x + width + SPACE;
        rows[index] = order[..done].iter().filter(reaches).map(|other| rows[*other] + 1).max().unwrap_or(0);
    }
    rows
}

/// About how wide a text is, in pixels, rather more than less: fonts differ.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * size
}

/// A character's width in a sans-serif font, in parts of the font's size.
fn em(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.33,
        'f' | 'r' | 't' | '(' | ')' | '/' | '\\' | '-' | '"' => 0.44,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.95,
        'A'..='Z' => 0.71,
        ' '..='~' => 0.61,
        // East Asian, emoji and the like.
        '\u{1100}'.. => 1.05,
        _ => 0.7,
    }
}

/// A text of at most so many characters; one that was longer ends in an ellipsis.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_give_way_to_later_ones() {
        assert_eq!(rows(&[]), [] as [usize; 0]);
        assert_eq!(rows(&[(0.0, 50.0), (100.0, 50.0)]), [0, 0]);
        assert_eq!(rows(&[(0.0, 50.0), (20.0, 50.0), (40.0, 50.0)]), [2, 1, 0]);
        assert_eq!(rows(&[(0.0, 50.0), (0.0, 50.0), (0.0, 50.0)]), [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn nothing_lies_on_a_label(mut labels in prop::collection::vec((0.0..900.0, 1.0..300.0), 0..60)) {
            labels.sort_by(|a: &(f64, f64), b| a.0.total_cmp(&b.0));
            let rows = rows(&labels);
            for (a, (ax, width)) in labels.iter().enumerate() {
                for (b, (bx, _)) in labels.iter().enumerate().skip(a + 1) {
                    // Neither the other label nor the line down to it.
                    prop_assert!(ax + width < *bx || rows[b] < rows[a] || ax == bx && rows[a] != rows[b]);
                }
            }
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("héllo", 5), "héllo");
        assert_eq!(cut("héllo", 3), "hé…");
        assert_eq!(cut("", 0), "");
    }
}
