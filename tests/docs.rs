//! What tests read of the documentation: headings as links name them, examples in fences.

use std::collections::BTreeSet;

/// The anchors of a page's third-level headings, as links write them.
pub fn anchors(page: &str) -> BTreeSet<String> {
    headings(page).filter(|(level, _)| *level == 3).map(|(_, anchor)| anchor).collect()
}

/// Every heading of a page: its level and its anchor.
pub fn headings(page: &str) -> impl Iterator<Item = (usize, String)> {
    let mut in_a_fence = false;
    page.lines().filter_map(move |line| {
        in_a_fence ^= line.starts_with("```");
        let title = line.trim_start_matches('#');
        let level = line.len() - title.len();
        (!in_a_fence && level > 0).then(|| (level, anchor(title)))
    })
}

/// A heading as GitHub makes an anchor of it.
fn anchor(title: &str) -> String {
    let kept = title.trim().chars().filter(|letter| letter.is_alphanumeric() || "-_ ".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() }).collect()
}

/// What stands in the fences of a page that are marked so, each with the number of its first line.
pub fn examples(page: &str, mark: &str) -> Vec<(usize, String)> {
    let (opening, mut found, mut open) = (format!("```{mark}"), Vec::new(), None);
    for (number, line) in (1..).zip(page.lines()) {
        match &mut open {
            None if line == opening => open = Some((number + 1, String::new())),
            Some(_) if line == "```" => found.extend(open.take()),
            Some((_, text)) => {
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    found
}
