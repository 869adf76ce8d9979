//! Which hosts of those that a page names are not to be had on an access point, and what a page's own styles load: sheets
//! by `@import`, fonts and pictures by `url()` (CSS Values 4, section 4.5; CSS Cascade 4, section 2). Only addresses are
//! read, nothing of what a style means.

use std::collections::BTreeSet;

use url::{Host, Url};

/// Last labels of names that nobody has outside a home, so that only the portal can be meant.
const HOME_LABELS: [&str; 7] = ["arpa", "home", "internal", "lan", "local", "localhost", "setup"];

/// The host of a source, if it is another than the page's and none that only the portal can be.
pub(crate) fn outside_host(source: &str, url: &Url) -> Option<String> {
    let source = url.join(source).ok()?;
    let host = source.host_str()?;
    let is_of_home = match source.host()? {
        Host::Ipv4(address) => address.is_private() || address.is_link_local(),
        Host::Ipv6(_) => false,
        Host::Domain(name) => {
            let last = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
            !name.contains('.') || HOME_LABELS.contains(&last)
        }
    };
    (!is_of_home && Some(host) != url.host_str()).then(|| host.to_owned())
}

/// The hosts outside of which a style loads.
pub(super) fn outside_of_style(style: &str, page: &Url) -> BTreeSet<String> {
    addresses(&without_comments(style)).iter().filter_map(|address| outside_host(address, page)).collect()
}

fn without_comments(style: &str) -> String {
    let mut pieces = style.split("/*");
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        kept.push(' ');
        kept.push_str(piece.split_once("*/").map_or("", |(_, after)| after));
    }
    kept
}

/// The addresses that a style names, as they are written.
fn addresses(style: &str) -> Vec<String> {
    let lower = style.to_ascii_lowercase();
    let after = |word: &'static str| lower.match_indices(word).map(move |(at, _)| &style[at + word.len()..]);
    let of_functions = after("url(").filter_map(|rest| rest.split_once(')')).map(|(inside, _)| inside);
    let imported = after("@import").filter_map(|rest| {
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''))?;
        rest[1..].split_once(quote).map(|(inside, _)| inside)
    });
    of_functions.chain(imported).map(|text| text.trim().trim_matches(['"', '\'']).trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_sheets_fonts_and_pictures_are_found_however_they_are_written() {
        let page = Url::parse("http://192.168.4.1/").unwrap();
        for (style, host) in [
            ("@import url(https://fonts.example/css?family=A);", Some("fonts.example")),
            ("@IMPORT 'https://fonts.example/a.css' screen;", Some("fonts.example")),
            ("@import\n\"//fonts.example/a.css\";", Some("fonts.example")),
            (
                "@font-face{font-family:A;src:local(A),URL( \"https://fonts.example/a.woff2\" )}",
                Some("fonts.example"),
            ),
            ("background:url(http://192.168.4.1/a.png)", None),
            ("background:url(data:image/png;base64,AA==)", None),
            ("@import '/style.css'; a{background:url(b.png)}", None),
            ("/* @import 'https://fonts.example/a.css'; */ a{color:red}", None),
            ("a{content:'é'} @import", None),
        ] {
            let found: Vec<String> = outside_of_style(style, &page).into_iter().collect();
            assert_eq!(found, Vec::from_iter(host.map(str::to_owned)), "{style}");
        }
    }
}
