//! The pages that were read last, so that one that every phone of a world is shown is read once: reading is most of what a
//! visit costs. What is remembered is no more than what reading gives.

use std::collections::VecDeque;

use url::Url;

use super::page::{Page, parse};

/// Pages that are remembered. A portal's are a list of networks, a form, a result.
const REMEMBERED: usize = 4;

/// The pages that were read last, the newest first, with their text.
#[derive(Default)]
pub(crate) struct PageMemory(VecDeque<(String, Page)>);

impl PageMemory {
    /// A page as [`parse`] reads it.
    pub(crate) fn parse(&mut self, html: &str, url: &Url) -> Page {
        let known = self.0.iter().find(|(text, page)| text == html && page.url == *url);
        if let Some((_, page)) = known {
            return page.clone();
        }
        let page = parse(html, url);
        self.0.truncate(REMEMBERED - 1);
        self.0.push_front((html.to_owned(), page.clone()));
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_remembered_by_its_text_and_its_address() {
        let mut memory = PageMemory::default();
        let url = |path: &str| Url::parse(&format!("http://192.168.4.1/{path}")).unwrap();
        let link = |memory: &mut PageMemory, text: &str, path| {
            let page = memory.parse(&format!("<a href=next>{text}</a>"), &url(path));
            (page.links[0].text.clone(), page.links[0].url.to_string())
        };
        for _ in 0..2 {
            for number in 0..2 * REMEMBERED {
                let text = number.to_string();
                assert_eq!(link(&mut memory, &text, "a/"), (text.clone(), url("a/next").to_string()));
                assert_eq!(link(&mut memory, &text, "b/"), (text, url("b/next").to_string()));
            }
        }
        assert_eq!(memory.0.len(), REMEMBERED);
    }
}
