//! What a browser would make of the page in a sheet, from its bytes: something that a person can use, a download, source
//! text, nothing. No script is run and nothing further is loaded, so a page that a script makes is told as that and not
//! judged.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use scraper::{Html, Selector};
use url::Url;

use crate::owner::parse;
use crate::phone::Reply;

/// The first bytes of every gzip (RFC 1952 section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Most bytes of a page that are unpacked.
const UNPACKED_BYTES: u64 = 1 << 20;

/// How many outside addresses are named at most.
const NAMED: usize = 3;

/// What a page is worth.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Judged {
    /// Why a person cannot use it, if so.
    pub(super) unusable: Option<String>,
    /// What is odd about it.
    pub(super) odd: Vec<String>,
}

impl Judged {
    fn unusable(why: String) -> Self {
        Self { unusable: Some(why), odd: Vec::new() }
    }
}

/// Judges the reply at `url` that a sheet shows.
pub(super) fn judge(reply: &Reply, url: &Url) -> Judged {
    let body = match unpacked(reply) {
        Ok(body) => body,
        Err(why) => return Judged::unusable(format!("{url} {why}")),
    };
    if let Some(why) = not_a_page(reply, &body) {
        return Judged::unusable(format!("{url} {why}"));
    }
    judge_markup(&String::from_utf8_lossy(&body), url)
}

/// The page's bytes as the browser reads them.
fn unpacked(reply: &Reply) -> Result<Vec<u8>, String> {
    let coding = reply.header("content-encoding").unwrap_or("identity").trim().to_ascii_lowercase();
    match coding.as_str() {
        "identity" | "" if reply.body.starts_with(&GZIP) => {
            Err("is a gzip without \"Content-Encoding: gzip\": it is \
             saved as a file, not shown. Send that header line, and the page's own Content-Type"
                .into())
        }
        "identity" | "" => Ok(reply.body.clone()),
        "gzip" | "x-gzip" => {
            let mut body = Vec::new();
            let read = GzDecoder::new(reply.body.as_slice()).take(UNPACKED_BYTES).read_to_end(&mut body);
            // A page whose end was not kept here is unpacked as far as it was.
            match read {
                Err(_) if body.is_empty() => {
                    Err("says \"Content-Encoding: gzip\", and what follows is no gzip: nothing is shown"
                        .into())
                }
                _ => Ok(body),
            }
        }
        // What Chromium, WebKit and Gecko offer over http is gzip and deflate; deflate is not unpacked here.
        "deflate" => Ok(b"<p>(deflate)</p>".to_vec()),
        other => Err(format!(
            "is packed with {other}, which browsers take over https only: nothing readable is shown. Use gzip, or \
             nothing"
        )),
    }
}

/// Why a browser shows something else than a page.
fn not_a_page(reply: &Reply, body: &[u8]) -> Option<String> {
    let is_attached = reply
        .header("content-disposition")
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("attachment"));
    if is_attached {
        return Some("is an attachment (Content-Disposition): it is saved as a file, not shown".into());
    }
    let header = reply.header("content-type").unwrap_or_default();
    let kind = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let looks_like_markup =
        body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| *byte == b'<');
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" => None,
        // Without a type a browser looks at the bytes (WHATWG MIME Sniffing section 7).
        "" if looks_like_markup => None,
        "" if is_binary(body) => Some(
            "has no Content-Type and bytes that are no text: it is saved as a file. Send text/html".into(),
        ),
        "" => None,
        "text/plain" if looks_like_markup => {
            Some("has the Content-Type text/plain: its source is shown, not the page. Send text/html".into())
        }
        kind if kind.starts_with("text/") || kind.starts_with("image/") => None,
        kind => {
            Some(format!("has the Content-Type {kind}: it is saved as a file, not shown. Send text/html"))
        }
    }
}

/// Whether bytes are no text (WHATWG MIME Sniffing section 3, binary data byte).
fn is_binary(body: &[u8]) -> bool {
    body.iter().any(|byte| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f))
}

/// The CSS selectors by which sources are found, compiled once.
struct Sources {
    script: Selector,
    style: Selector,
    seen: Selector,
    upload: Selector,
}

static SOURCES: LazyLock<Sources> = LazyLock::new(|| {
    // Constants: a test reads them all.
    let selector = |text| Selector::parse(text).unwrap_or_else(|error| unreachable!("{text}: {error}"));
    Sources {
        script: selector("script"),
        style: selector("link[rel~=stylesheet]"),
        seen: selector("img, iframe, svg, canvas, video, input:not([type=hidden]), button, select, textarea"),
        upload: selector("input[type=file]"),
    }
});

/// The scripts of a page: how many, and from where.
#[derive(Default)]
struct Scripts {
    inline: usize,
    local: usize,
    outside: BTreeSet<String>,
}

fn judge_markup(html: &str, url: &Url) -> Judged {
    let document = Html::parse_document(html);
    let page = parse(&without_noscript(html), url);
    let scripts = scripts(&document, url);
    let styles = outside(&document, &SOURCES.style, "href", url);
    let has_elements = document.select(&SOURCES.seen).next().is_some();
    let has_text = !page.text.trim().is_empty();
    let nothing = !has_text && !has_elements;
    let runs = scripts.inline + scripts.local > 0;
    if nothing && !runs && !scripts.outside.is_empty() {
        return Judged::unusable(format!(
            "{url} is empty without a script from {}, which cannot be loaded on the access point",
            named(&scripts.outside)
        ));
    }
    if nothing && !runs && page.refresh.is_none() {
        return Judged::unusable(format!("{url} is a blank page: no text, no form, no script"));
    }
    let mut odd = Vec::new();
    let outside: BTreeSet<_> = scripts.outside.union(&styles).cloned().collect();
    if !outside.is_empty() {
        odd.push(format!(
            "the page loads from {}, which cannot be reached on the access point: bring it along",
            named(&outside)
        ));
    }
    if nothing && runs {
        odd.push(format!(
            "{url} shows nothing but what {} script{} make: whether they run in the sheet was not tried",
            scripts.inline + scripts.local,
            if scripts.inline + scripts.local == 1 { "" } else { "s" }
        ));
    }
    if document.select(&SOURCES.upload).next().is_some() {
        odd.push(format!(
            "{url} asks for a file: the sign-in sheets of iOS and of Android's WebView open no file dialog"
        ));
    }
    if page.title.trim_start().starts_with("Index of /") {
        odd.push(format!("{url} is a list of files, not a page for setting up"));
    } else if has_text && !runs && page.forms.is_empty() && page.links.is_empty() && page.refresh.is_none() {
        odd.push(format!("{url} has no form, no link and no script: nothing can be set up there"));
    }
    Judged { unusable: None, odd }
}

/// The page without what is only for browsers that run no scripts.
fn without_noscript(html: &str) -> String {
    const BEGIN: &str = "<noscript>";
    const END: &str = "</noscript>";
    let mut rest = html;
    let mut kept = String::new();
    while let Some((before, inside)) = rest.split_once(BEGIN) {
        kept += before;
        rest = inside.split_once(END).map_or("", |(_, after)| after);
    }
    kept + rest
}

fn scripts(document: &Html, url: &Url) -> Scripts {
    let mut scripts = Scripts::default();
    for script in document.select(&SOURCES.script) {
        match script.value().attr("src") {
            None => scripts.inline += 1,
            Some(source) => match outside_host(source, url) {
                Some(host) => drop(scripts.outside.insert(host)),
                None => scripts.local += 1,
            },
        }
    }
    scripts
}

/// The hosts outside of which these elements are loaded.
fn outside(document: &Html, which: &Selector, attribute: &str, url: &Url) -> BTreeSet<String> {
    let sources = document.select(which).filter_map(|element| element.value().attr(attribute));
    sources.filter_map(|source| outside_host(source, url)).collect()
}

/// The host of a source, if it is another than the page's.
fn outside_host(source: &str, url: &Url) -> Option<String> {
    let source = url.join(source).ok()?;
    let host = source.host_str()?;
    (Some(host) != url.host_str()).then(|| host.to_owned())
}

fn named(hosts: &BTreeSet<String>) -> String {
    let mut text = hosts.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if hosts.len() > NAMED {
        text += &format!(" and {} more", hosts.len() - NAMED);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const FORM: &str = "<!doctype html><title>Setup</title><form method=post action=/save><label>Network <input \
                        name=s></label><button>Join</button></form>";

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn judged(headers: &str, body: &[u8]) -> Judged {
        let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
        let reply = Reply::parse(&[head.as_bytes(), body].concat(), true).unwrap();
        judge(&reply, &Url::parse("http://192.168.4.1/").unwrap())
    }

    const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";

    #[test]
    fn a_page_with_a_form_is_a_page_packed_or_not() {
        assert_eq!(judged(HTML, FORM.as_bytes()), Judged::default());
        assert_eq!(
            judged("", FORM.as_bytes()),
            Judged::default(),
            "without a type a browser looks at the bytes"
        );
        let gzip = format!("{HTML}Content-Encoding: gzip\r\n");
        assert_eq!(judged(&gzip, &packed(FORM)), Judged::default());
    }

    #[test]
    fn what_is_saved_or_cannot_be_read_is_no_page() {
        let download = packed(FORM);
        for (headers, body, why) in [
            (HTML, download.as_slice(), "is a gzip without \"Content-Encoding: gzip\""),
            ("Content-Type: application/x-gzip\r\n", download.as_slice(), "is a gzip without"),
            (
                "Content-Type: text/html\r\nContent-Encoding: gzip\r\n",
                FORM.as_bytes(),
                "what follows is no gzip",
            ),
            ("Content-Type: text/html\r\nContent-Encoding: br\r\n", b"\x0b\x02\x80", "is packed with br"),
            ("Content-Type: application/octet-stream\r\n", FORM.as_bytes(), "it is saved as a file"),
            ("Content-Type: text/plain\r\n", FORM.as_bytes(), "its source is shown"),
            ("", b"\x00\x01binary", "has no Content-Type"),
            (
                "Content-Type: text/html\r\nContent-Disposition: attachment\r\n",
                FORM.as_bytes(),
                "is an attachment",
            ),
        ] {
            let found = judged(headers, body).unusable.unwrap_or_default();
            assert!(found.contains(why), "{headers:?}: {found:?}");
        }
    }

    #[test]
    fn a_page_with_nothing_in_it_is_blank() {
        let found = judged(HTML, b"<html><body>  <div></div></body></html>").unusable.unwrap();
        assert!(found.contains("is a blank page"), "{found}");
        let cdn = b"<body><div id=app></div><script src=https://cdn.example/app.js></script>";
        let found = judged(HTML, cdn).unusable.unwrap();
        assert!(found.contains("empty without a script from cdn.example"), "{found}");
    }

    #[test]
    fn what_may_or_may_not_work_is_told_and_not_judged() {
        for (body, odd) in [
            ("<div id=app></div><script src=/app.js></script>", "shows nothing but what 1 script make"),
            (
                "<p>Setup</p><form><input name=s></form><script src=//code.example/j.js></script>",
                "loads from code.example",
            ),
            (
                "<link rel=stylesheet href=https://fonts.example/f.css><form><input name=s></form>",
                "loads from fonts.example",
            ),
            ("<title>Index of /</title><a href=a>a</a>", "a list of files"),
            ("<form><input type=file name=f></form>", "asks for a file"),
            ("<p>It works!", "has no form, no link and no script"),
        ] {
            let found = judged(HTML, body.as_bytes());
            assert_eq!(found.unusable, None, "{body}");
            assert!(found.odd.iter().any(|one| one.contains(odd)), "{body}: {:?}", found.odd);
        }
    }
}
