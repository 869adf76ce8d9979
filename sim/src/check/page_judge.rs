//! What a browser would make of the page in a sheet, from its bytes: something that a person can use, a download, source
//! text, nothing. No script is run and nothing further is loaded, so a page that a script makes is told as that and not
//! judged.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use scraper::{Html, Selector};
use url::Url;

use super::outside_sources::{outside_host, outside_of_style};
use super::page_text::{UNPACKED_BYTES, characters, unpacked};
use crate::owner::parse;
use crate::phone::Reply;
use crate::text::listed;

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
    let was_kept = reply.body_bytes == reply.body.len() as u64 && (body.len() as u64) < UNPACKED_BYTES;
    let text = characters(reply, &body);
    let is_xml = matches!(kind(reply).as_str(), "application/xhtml+xml" | "application/xml" | "text/xml");
    judge_markup(&if is_xml { as_html(&text) } else { text }, url, was_kept)
}

/// XHTML as HTML has it: an element that closes itself has an end of its own. What is no XML at all is shown as an error,
/// and is not looked for here.
fn as_html(xml: &str) -> String {
    let mut html = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some((before, after)) = rest.split_once('<') {
        html.push_str(before);
        html.push('<');
        let Some((tag, next)) = after.split_once('>') else {
            rest = after;
            break;
        };
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        match tag.strip_suffix('/') {
            Some(open) if !name.is_empty() && !VOID.contains(&name.as_str()) => {
                html.push_str(&format!("{open}></{name}>"));
            }
            _ => html.push_str(&format!("{tag}>")),
        }
        rest = next;
    }
    html + rest
}

/// Elements without an end (HTML standard, "void elements").
const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// The media type, without its parameters.
fn kind(reply: &Reply) -> String {
    let header = reply.header("content-type").unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Why a browser shows something else than a page.
fn not_a_page(reply: &Reply, body: &[u8]) -> Option<String> {
    let is_attached = reply
        .header("content-disposition")
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("attachment"));
    if is_attached {
        return Some("is an attachment (Content-Disposition): it is saved as a file, not shown".into());
    }
    let mut kind = kind(reply);
    // What is no type counts as none (WHATWG MIME Sniffing section 7).
    if !kind.contains('/') || matches!(kind.as_str(), "*/*" | "unknown/unknown" | "application/unknown") {
        kind.clear();
    }
    let has_order_mark = matches!(body, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let looks_like_markup =
        body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| *byte == b'<');
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" | "application/xml" | "text/xml" => None,
        // Without a type a browser looks at the bytes (WHATWG MIME Sniffing section 7).
        "" if looks_like_markup => None,
        "" if is_binary(body) && !has_order_mark => Some(
            "has no Content-Type and bytes that are no text: it is saved as a file. Send text/html".into(),
        ),
        "" => None,
        "text/plain" if looks_like_markup => {
            Some("has the Content-Type text/plain: its source is shown, not the page. Send text/html".into())
        }
        kind if kind.starts_with("text/") || kind.starts_with("image/") => None,
        "application/json" | "application/javascript" => {
            Some(format!("has the Content-Type {kind}: its source is shown, not a page. Send text/html"))
        }
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
    sheet: Selector,
    style: Selector,
    styled: Selector,
    loaded: Selector,
    picture: Selector,
    frame: Selector,
    control: Selector,
    area: Selector,
    upload: Selector,
}

static SOURCES: LazyLock<Sources> = LazyLock::new(|| {
    // Constants: a test reads them all.
    let selector = |text| Selector::parse(text).unwrap_or_else(|error| unreachable!("{text}: {error}"));
    Sources {
        script: selector("script"),
        sheet: selector("link[rel~=stylesheet]"),
        style: selector("style"),
        styled: selector("[style]"),
        loaded: selector("img[src], iframe[src], frame[src]"),
        picture: selector("img, svg, canvas, video"),
        frame: selector("iframe, frame, object, embed"),
        control: selector("input:not([type=hidden]), button, select, textarea"),
        area: selector("area[href], svg a"),
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

fn judge_markup(html: &str, url: &Url, is_whole: bool) -> Judged {
    // What `parse` shows to browsers without scripts stays hidden under this spelling.
    let html = html.replace("<noscript>", "<noscript >").replace("</noscript>", "</noscript >");
    let document = Html::parse_document(&html);
    let page = parse(&html, url);
    let scripts = scripts(&document, url);
    let has = |which: &Selector| document.select(which).next().is_some();
    let has_text = !page.text.trim().is_empty();
    let has_frame = has(&SOURCES.frame);
    let nothing = !has_text && !has(&SOURCES.control) && !has_frame && !has(&SOURCES.picture);
    let count = scripts.inline + scripts.local;
    let acts = count > 0 || has_handler(&document);
    if is_whole && nothing && !acts && !scripts.outside.is_empty() {
        return Judged::unusable(format!(
            "{url} is empty without a script from {}, which cannot be loaded on the access point",
            listed(&scripts.outside)
        ));
    }
    if is_whole && nothing && !acts && page.refresh.is_none() {
        return Judged::unusable(format!("{url} is a blank page: no text, no form, no script"));
    }
    let mut odd = Vec::new();
    let mut elsewhere = outside(&document, &SOURCES.sheet, "href", url);
    elsewhere.extend(outside(&document, &SOURCES.loaded, "src", url));
    elsewhere.extend(scripts.outside);
    let styles = document.select(&SOURCES.style).map(|style| style.text().collect::<String>());
    let attributes = document.select(&SOURCES.styled).filter_map(|one| one.value().attr("style"));
    for style in styles.chain(attributes.map(str::to_owned)) {
        elsewhere.extend(outside_of_style(&style, url));
    }
    if !elsewhere.is_empty() {
        odd.push(format!(
            "the page loads from {}, which cannot be reached on the access point: bring it along",
            listed(&elsewhere)
        ));
    }
    if is_whole && nothing && acts {
        let what = match count {
            0 => "a handler makes".to_owned(),
            1 => "1 script makes".to_owned(),
            count => format!("{count} scripts make"),
        };
        odd.push(format!(
            "{url} shows nothing but what {what}: whether that runs in the sheet was not tried"
        ));
    }
    if has(&SOURCES.upload) {
        odd.push(format!(
            "{url} asks for a file: the sign-in sheets of iOS and of Android's WebView open no file dialog"
        ));
    }
    let leads_on = !page.links.is_empty() || has(&SOURCES.area) || has_frame || page.refresh.is_some();
    if page.title.trim_start().starts_with("Index of /") {
        odd.push(format!("{url} is a list of files, not a page for setting up"));
    } else if is_whole && has_text && !acts && page.forms.is_empty() && !leads_on {
        odd.push(format!("{url} has no form, no link and no script: nothing can be set up there"));
    }
    Judged { unusable: None, odd }
}

/// Whether an element has a handler of its own (`onload`, `onclick`), which is a script too.
fn has_handler(document: &Html) -> bool {
    let mut elements = document.tree.values().filter_map(|node| node.as_element());
    elements.any(|element| element.attrs().any(|(name, _)| name.starts_with("on")))
}

/// Whether a browser runs what is in a script of this type; anything else is only data (HTML standard, "prepare the
/// script element").
fn is_run(kind: Option<&str>) -> bool {
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    kind.is_empty() || kind == "module" || kind.ends_with("javascript") || kind.ends_with("ecmascript")
}

fn scripts(document: &Html, url: &Url) -> Scripts {
    let mut scripts = Scripts::default();
    let run = document.select(&SOURCES.script).filter(|script| is_run(script.value().attr("type")));
    for script in run {
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

    const PAGE_FORM: &str = "<form><input name=s><button>Join</button></form>";

    #[test]
    fn a_page_is_a_page_however_it_is_written() {
        let little: Vec<u8> = FORM.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = FORM.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(FORM.as_bytes()).unwrap();
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(FORM.as_bytes()).unwrap();
        let long = format!("<style>{}</style>{PAGE_FORM}", "a{color:red}".repeat(20_000));
        let marked = |mark: &[u8], body: &[u8]| [mark, body].concat();
        for (headers, body) in [
            (HTML, marked(b"\xef\xbb\xbf", FORM.as_bytes())),
            ("Content-Type: text/html\r\n", marked(b"\xff\xfe", &little)),
            ("Content-Type: text/html; charset=\"UTF-16\"\r\n", little.clone()),
            ("Content-Type: text/html\r\n", marked(b"\xfe\xff", &big)),
            ("", marked(b"\xff\xfe", &little)),
            ("Content-Type: TEXT/HTML;CHARSET=iso-8859-1\r\n", marked(b"<p>caf\xe9</p>", PAGE_FORM.as_bytes())),
            ("Content-Type: html\r\n", FORM.into()),
            ("Content-Type: text/html\r\nContent-Encoding: deflate\r\n", zlib.finish().unwrap()),
            ("Content-Type: text/html\r\nContent-Encoding: deflate\r\n", raw.finish().unwrap()),
            ("Content-Type: text/html\r\nContent-Encoding: gzip, identity\r\n", packed(FORM)),
            (
                "Content-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Encoding: utf-8\r\n",
                packed(FORM),
            ),
            ("Content-Type: text/html\r\nContent-Encoding: UTF-8\r\n", FORM.into()),
            (
                "Content-Type: application/xhtml+xml; charset=utf-8\r\n",
                b"<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><head><script src=\"a.js\"/>\
                  </head><body><p>Setup</p><form><input name=\"s\"/></form></body></html>"
                    .to_vec(),
            ),
            (HTML, marked(b"<!-- made by hand -->\n<!doctype html>", PAGE_FORM.as_bytes())),
            (HTML, long.clone().into()),
            ("Content-Type: text/html\r\nContent-Encoding: gzip\r\n", packed(&long)),
            (HTML, b"<meta http-equiv=Refresh content='0; URL=/setup'>".to_vec()),
            (HTML, b"<frameset rows='*'><frame src=/menu><frame src=/form></frameset>".to_vec()),
            (HTML, b"<p>Setup</p><iframe src=/form></iframe>".to_vec()),
            (HTML, b"<form action=/save><input type=image src=/go.png></form>".to_vec()),
            (HTML, b"<p>Setup<input id=s><button onclick=\"join()\">Join</button>".to_vec()),
            (HTML, b"<p>Go<img src=map.png usemap=#m><map name=m><area href=/form></map>".to_vec()),
            (HTML, b"<svg><title>Index of things</title><a href='/form'><text>Go</text></a></svg>".to_vec()),
            (HTML, b"<NOSCRIPT>No.</NOSCRIPT><p>Setup</p><form><input name=s></form><!-- <noscript> -->".to_vec()),
            (HTML, format!("<!-- <noscript> -->{FORM}").into()),
            (HTML, format!("<script type=module src=http://192.168.4.1/a.js></script>{FORM}").into()),
            (HTML, format!("<link rel=stylesheet href=http://esp.local/a.css>{FORM}").into()),
        ] {
            let found = judged(headers, &body);
            assert_eq!(found, Judged::default(), "{headers:?} {}", String::from_utf8_lossy(&body[..body.len().min(200)]));
        }
    }

    #[test]
    fn a_page_is_none_because_of_what_is_no_part_of_it() {
        for (headers, body, why) in [
            (HTML, b"<NOSCRIPT>Allow scripts.</NOSCRIPT>".to_vec(), "is a blank page"),
            (HTML, b"<script type=application/json>{\"a\":1}</script>".to_vec(), "is a blank page"),
            (
                "Content-Type: application/xhtml+xml\r\n",
                b"<?xml version=\"1.0\"?><html><head><title/></head><body><div/></body></html>".to_vec(),
                "is a blank page",
            ),
            (HTML, b"<form><input type=hidden name=a></form>".to_vec(), "is a blank page"),
            ("Content-Type: application/json\r\n", b"{}".to_vec(), "its source is shown"),
            (
                "Content-Type: text/html\r\nContent-Encoding: deflate\r\n",
                FORM.into(),
                "what follows is no deflate",
            ),
            (
                "Content-Type: text/html\r\nContent-Encoding: gzip\r\n",
                {
                    let mut twice = GzEncoder::new(Vec::new(), Compression::default());
                    twice.write_all(&packed(FORM)).unwrap();
                    twice.finish().unwrap()
                },
                "once more than its Content-Encoding says",
            ),
        ] {
            let found = judged(headers, &body).unusable.unwrap_or_default();
            assert!(found.contains(why), "{headers:?}: {found:?}");
        }
        let found = judged(HTML, b"<body onload=\"location='/setup'\">");
        assert_eq!(found.unusable, None);
        assert!(found.odd[0].contains("shows nothing but what a handler makes"), "{:?}", found.odd);
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
            (
                "<style>@import 'https://fonts.example/f.css'</style><form><input name=s></form>",
                "loads from fonts.example",
            ),
            (
                "<p style=\"background:url(//pictures.example/a.png)\">Setup<form><input name=s></form>",
                "loads from pictures.example",
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
