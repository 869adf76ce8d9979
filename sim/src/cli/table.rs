//! Tables of words that fit the terminal: where there is not room for all, the widest columns give way.

/// Between two columns.
pub(super) const GAP: usize = 2;

/// No column gets narrower than this.
const NARROWEST: usize = 5;

/// Which side of its column a cell keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// The cells of each row, filled up and cut so that a row, its cells joined by [`join`], is at most so
/// wide. Without a width nothing is cut.
pub(super) fn fitted(rows: &[Vec<String>], sides: &[Side], width: Option<usize>) -> Vec<Vec<String>> {
    let wanted = (0..sides.len()).map(|column| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    });
    let mut widths: Vec<usize> = wanted.collect();
    let gaps = GAP * widths.len().saturating_sub(1);
    while width.is_some_and(|width| widths.iter().sum::<usize>() + gaps > width) {
        // The last of the widest: what comes first matters most.
        match widths.iter_mut().max_by_key(|width| **width) {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => break,
        }
    }
    let cells = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).zip(sides).map(|((cell, width), side)| {
            let cell = cut(cell, *width);
            match side {
                Side::Left => format!("{cell:<width$}"),
                Side::Right => format!("{cell:>width$}"),
            }
        });
        cells.collect()
    };
    rows.iter().map(cells).collect()
}

/// A row's line. Colours may have been put around its cells meanwhile.
pub(super) fn join(cells: &[String]) -> String {
    cells.join(&" ".repeat(GAP)).trim_end().to_owned()
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        vec![row(["a name", "12", &"é".repeat(40)]), row(["b", "3456", "so it is"])]
    }

    #[test]
    fn every_width_is_kept_to_as_far_as_words_go() {
        let sides = [Side::Left, Side::Right, Side::Left];
        for width in 19..80 {
            let lines: Vec<_> = fitted(&rows(), &sides, Some(width)).iter().map(|row| join(row)).collect();
            for line in &lines {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
            assert!(lines[1].starts_with("b "), "{lines:?}");
        }
        let whole = fitted(&rows(), &sides, None);
        assert_eq!(join(&whole[1]), "b       3456  so it is");
        assert_eq!(whole[0][2].chars().count(), 40);
        let narrow = fitted(&rows(), &sides, Some(24));
        assert_eq!(join(&narrow[0]), format!("a name    12  {}…", "é".repeat(9)));
    }
}
