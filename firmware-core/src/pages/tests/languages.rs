//! Each language: which clients get it, and that every page in it is whole.

use super::*;
use crate::http::Connection;
use crate::time::Instant;

fn in_language(language: Language) -> PageContext<'static> {
    PageContext {
        device_name: b"Lamp",
        networks: &[],
        scanning: false,
        left_out: 0,
        csrf_token: TOKEN,
        seal: None,
        host_name: "lamp",
        language,
        radio: RadioCapabilities::DEFAULT,
        reopens: true,
        application: ApplicationContent::NONE,
    }
}

/// The language that a client with these headers gets.
fn chosen(headers: &str) -> &'static str {
    let now = Instant::from_micros(0);
    let mut connection = Connection::<()>::new();
    connection.open(now);
    let text = format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
    assert_eq!(connection.receive(text.as_bytes(), now), text.len());
    Language::of(&connection.request().unwrap()).tag()
}

#[test]
fn who_asks_for_nothing_that_is_there_gets_english() {
    for headers in
        ["", "Accept-Language:\r\n", "Accept-Language: *\r\n", "Accept-Language: xx, eng;q=0.5\r\n"]
    {
        assert_eq!(chosen(headers), "en", "{headers}");
    }
}

#[cfg(feature = "all-languages")]
#[test]
fn the_language_is_the_one_that_is_liked_most() {
    for (accept, tag) in [
        ("de", "de"),
        ("de-CH, fr;q=0.9, en;q=0.8", "de"),
        ("da, nb;q=0.9, fr;q=0.7, de;q=0.8", "de"),
        ("PT-br,pt;q=0.9", "pt"),
        ("zh-Hant-TW", "zh"),
        ("de;q=0, en", "en"),
        ("en;q=0.5, ar;q=0.51", "ar"),
        ("ko;q=2, ja;q=0.1", "ja"),
        ("fr, de", "fr"),
    ] {
        assert_eq!(chosen(&format!("Accept-Language: {accept}\r\n")), tag, "{accept}");
    }
    assert_eq!(Language::all().count(), 14);
}

/// Every page and every notice there is, in a language.
fn all_pages(language: Language) -> Vec<String> {
    let failures = [
        JoinFailure::WrongPassphrase,
        JoinFailure::NotFound,
        JoinFailure::Refused,
        JoinFailure::NoAddress,
        JoinFailure::NoGateway,
        JoinFailure::Unknown,
    ];
    let mut pages = pages_about(ssid(b"Home"));
    pages.extend(
        failures.map(|failure| Page::Setup { notice: Some(Notice::Failed(failure)), chosen: ssid(b"Home") }),
    );
    let spelling = Notice::NotAscii(JoinFailure::WrongPassphrase);
    pages.push(Page::Setup { notice: Some(spelling), chosen: ssid(b"Home") });
    pages.push(Page::Joined {
        ssid: ssid(b"Home"),
        address: ADDRESS,
        port: 80,
        remembered: false,
        captive: false,
    });
    let networks = neighbourhood();
    let mut texts = Vec::new();
    for scanning in [false, true] {
        let context = PageContext { networks: &networks, scanning, left_out: 48, ..in_language(language) };
        texts.extend(pages.iter().map(|page| text_of(*page, &context)));
    }
    texts.push(text_of(Page::Setup { notice: None, chosen: Ssid::EMPTY }, &in_language(language)));
    texts
}

#[test]
fn every_page_is_whole_in_every_language() {
    let shapes =
        |language| all_pages(language).iter().map(|page| without_languages(&shape(page))).collect::<Vec<_>>();
    let english = shapes(Language::ENGLISH);
    for language in Language::all() {
        let tag = language.tag();
        for (index, page) in all_pages(language).iter().enumerate() {
            assert!(!page.contains(['{', '}', '\0']) || page.contains("<style>"), "{tag} {index}: {page}");
            let body = page.split("</style>").last().unwrap();
            assert!(!body.contains(['{', '}', '\0']), "{tag} {index}: {body}");
            let is_english = page.contains("Open the setup page");
            let direction = if tag == "ar" && !is_english { "rtl" } else { "ltr" };
            assert!(
                is_english || page.contains(&format!("<html lang=\"{tag}\" dir=\"{direction}\">")),
                "{page}"
            );
        }
        // Names may stand elsewhere in a sentence: how many elements of which kind is the same.
        let counted = |shapes: &[String]| shapes.iter().map(|shape| elements(shape)).collect::<Vec<_>>();
        assert_eq!(counted(&shapes(language)), counted(&english), "{tag}");
    }
}

fn without_languages(shape: &str) -> String {
    shape.lines().filter(|line| !line.trim_start().starts_with("html")).collect::<Vec<_>>().join("\n")
}

fn elements(shape: &str) -> Vec<String> {
    let is_text = |line: &&str| line.trim() == "text" || line.contains("data-say");
    let mut lines: Vec<String> =
        shape.lines().filter(|line| !is_text(line)).map(|line| line.trim().into()).collect();
    lines.sort();
    lines
}

#[test]
fn no_title_is_the_word_on_which_a_checker_ends() {
    for language in Language::all() {
        for page in all_pages(language) {
            let html = Html::parse_document(&page);
            let title = select(&html, "title")[0].text().collect::<String>();
            assert!(!title.trim().is_empty() && title.trim() != "Success", "{title}");
        }
    }
}

/// The page with four networks, its style sheet in it, and the script.
#[test]
fn a_page_with_style_and_script_is_small() {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().len()
    };
    let networks = neighbourhood();
    for language in Language::all() {
        let context = PageContext { networks: &networks, ..in_language(language) };
        let page = text_of(Page::Setup { notice: None, chosen: Ssid::EMPTY }, &context);
        let (page, script) = (gzip(page.as_bytes()), gzip(SCRIPT.bytes));
        let tag = language.tag();
        std::eprintln!("the setup page in {tag}: {page} bytes, its script {script} bytes, both gzip");
        assert!(page + script <= 6 * 1024, "{tag}: page {page} bytes, script {script} bytes, gzip");
    }
}

#[test]
fn the_application_gives_name_colour_and_logo() {
    let branding = Branding {
        name: "Aurora <1>",
        colour: Some(Colour([0xb8, 0x36, 0x5d])),
        logo: "<svg id=\"own\"></svg>",
    };
    let application = ApplicationContent { branding, ..ApplicationContent::NONE };
    for page in [Page::Setup { notice: None, chosen: Ssid::EMPTY }, Page::Joining { ssid: ssid(b"Home") }] {
        let html = Html::parse_document(&text_of(
            page,
            &PageContext { application, ..in_language(Language::ENGLISH) },
        ));
        assert_eq!(select(&html, ".band rect")[0].attr("fill"), Some("#b8365d"));
        assert_eq!(select(&html, ".logo svg#own").len(), 1);
        if let Page::Setup { .. } = page {
            assert_eq!(select(&html, "h1")[0].text().collect::<String>(), "Set up Aurora <1>");
            assert_eq!(select(&html, "title")[0].text().collect::<String>(), "Set up Aurora <1>");
        }
    }
}
