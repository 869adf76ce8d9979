//! The pages as text, as a tree that a browser's parser builds, and through windows of any size.

use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

mod languages;

use proptest::prelude::*;
use scraper::{ElementRef, Html, Node, Selector};

use super::*;
use crate::join_failure::JoinFailure;
use crate::limits::{PAGE_BYTES, SCAN_RECORDS};
use crate::mac_address::MacAddress;
use crate::passphrase::BadPassphrase;
use crate::problem::Problem;
use crate::radio_capabilities::{Channels, RadioCapabilities};
use crate::scan_record::{ScanRecord, Security};

const TOKEN: CsrfToken = CsrfToken::new([7; 16]);

const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 23);
const DEVICE: &[u8] = b"Lamp";

fn ssid(name: &[u8]) -> Ssid {
    Ssid::new(name).unwrap()
}

fn record(name: &[u8], signal: i8, security: Security) -> ScanRecord {
    ScanRecord { ssid: ssid(name), bssid: MacAddress([2, 0, 0, 0, 0, 1]), channel: 6, signal, security }
}

fn neighbourhood() -> Vec<ScanRecord> {
    vec![
        record(b"Home", -48, Security::Wpa2Wpa3),
        record(b"Caf\xc3\xa9", -60, Security::Open),
        record(b"", -61, Security::Wpa2),
        record(b"Office", -70, Security::Enterprise),
        record(b"Far away", -88, Security::Wpa2),
    ]
}

fn text_of(page: Page, context: &PageContext<'_>) -> String {
    let mut buffer = vec![0; PAGE_BYTES + 1];
    let mut window = ByteWindow::new(0, &mut buffer);
    page.write(context, &mut window);
    assert_eq!(page.length(context), window.written().len());
    assert!((5..=PAGE_BYTES).contains(&window.length()));
    String::from_utf8(window.written().to_vec()).unwrap()
}

fn select<'a>(html: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

/// Every page there is, about one network.
fn pages_about(name: Ssid) -> Vec<Page> {
    let (address, port) = (ADDRESS, 80);
    vec![
        Page::Setup { notice: None, chosen: name },
        Page::Setup { notice: Some(Notice::Failed(JoinFailure::NotFound)), chosen: name },
        Page::Joining { ssid: name },
        Page::Joined { ssid: name, address, port, remembered: true, captive: false },
        Page::Home { ssid: name, address, port, remembered: true, captive: false },
        Page::Redirect { address, port },
        Page::Error { status: Status::NotFound, format: Format::Html },
    ]
}

/// The page without the styles, which are the same on every page.
fn snapshot(name: &str, page: Page, networks: &[ScanRecord], scanning: bool) {
    snapshot_with(RadioCapabilities::DEFAULT, name, page, networks, scanning);
}

fn snapshot_with(radio: RadioCapabilities, name: &str, page: Page, networks: &[ScanRecord], scanning: bool) {
    let text = text_of(
        page,
        &PageContext {
            device_name: DEVICE,
            networks,
            scanning,
            left_out: 0,
            csrf_token: TOKEN,
            seal: None,
            host_name: "lamp",
            language: Language::ENGLISH,
            radio,
            reopens: true,
            application: ApplicationContent::NONE,
        },
    );
    assert_snapshot(name, &text.replace(STYLE, "…\n"));
}

fn assert_snapshot(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(name, text) });
}

#[test]
fn snapshots_of_each_page() {
    let setup = |notice, chosen| Page::Setup { notice, chosen };
    let heard = neighbourhood();
    let failed = Some(Notice::Failed(JoinFailure::WrongPassphrase));
    let too_short = Some(Notice::Problem(Problem::BadPassphrase(BadPassphrase::TooShort)));
    let home = ssid(b"Home");
    snapshot("setup", setup(None, Ssid::EMPTY), &heard, false);
    snapshot("setup_first_scan", setup(None, Ssid::EMPTY), &[], true);
    snapshot("setup_wrong_passphrase", setup(failed, home), &heard, false);
    snapshot("setup_unlisted", setup(too_short, ssid(b"\"Hidden\"")), &heard, true);
    snapshot("joining", Page::Joining { ssid: home }, &[], false);
    snapshot(
        "joined",
        Page::Joined { ssid: home, address: ADDRESS, port: 80, remembered: true, captive: false },
        &[],
        false,
    );
    snapshot(
        "joined_not_stored",
        Page::Joined { ssid: home, address: ADDRESS, port: 80, remembered: false, captive: false },
        &[],
        false,
    );
    let alone = RadioCapabilities { concurrent: false, channels: Channels::of(&[6, 36]), country: None };
    snapshot_with(alone, "setup_alone", setup(failed, home), &heard, false);
    snapshot_with(alone, "joining_alone", Page::Joining { ssid: home }, &[], false);
    snapshot(
        "home",
        Page::Home { ssid: home, address: ADDRESS, port: 8080, remembered: true, captive: false },
        &[],
        false,
    );
    let access_point = Ipv4Addr::new(192, 168, 4, 1);
    snapshot("redirect", Page::Redirect { address: access_point, port: 80 }, &[], false);
    snapshot("not_found", Page::Error { status: Status::NotFound, format: Format::Html }, &[], false);
}

#[test]
fn every_notice_says_what_and_what_helps() {
    let failures = [
        JoinFailure::WrongPassphrase,
        JoinFailure::NotFound,
        JoinFailure::Refused,
        JoinFailure::NoAddress,
        JoinFailure::NoGateway,
        JoinFailure::Unknown,
    ];
    let problems = [
        Problem::NoNetwork,
        Problem::NetworkNameTooLong,
        Problem::NetworkNameNotText,
        Problem::NetworkNameAlike,
        Problem::BadPassphrase(BadPassphrase::TooShort),
        Problem::BadPassphrase(BadPassphrase::TooLong),
        Problem::BadPassphrase(BadPassphrase::NotHex),
        Problem::BadPassphrase(BadPassphrase::Control),
        Problem::Unreadable,
        Problem::Busy,
        Problem::Enterprise,
        Problem::Unsupported,
        Problem::PassphraseMissing,
        Problem::PassphraseNeedless,
        Problem::PassphraseNotText,
        Problem::Field,
        Problem::FieldsTooLong,
    ];
    let spelling = [Notice::NotAscii(JoinFailure::WrongPassphrase), Notice::Restarted];
    let notices =
        failures.map(Notice::Failed).into_iter().chain(problems.map(Notice::Problem)).chain(spelling);
    let sentences = notices.map(|notice| {
        let page = Page::Setup { notice: Some(notice), chosen: Ssid::EMPTY };
        let text = text_of(
            page,
            &PageContext {
                device_name: DEVICE,
                networks: &[],
                scanning: false,
                left_out: 0,
                csrf_token: TOKEN,
                seal: None,
                host_name: "lamp",
                language: Language::ENGLISH,
                radio: RadioCapabilities::DEFAULT,
                reopens: true,
                application: ApplicationContent::NONE,
            },
        );
        let html = Html::parse_document(&text);
        let alert = select(&html, "[role=alert]");
        assert_eq!(alert.len(), 1);
        alert[0].text().collect::<Vec<_>>().join("").split_whitespace().collect::<Vec<_>>().join(" ")
    });
    assert_snapshot("notices", &sentences.collect::<Vec<_>>().join("\n"));
}

/// The tree of a page: elements and attributes in their order, where text stands, and nothing of
/// what the text and the two values that carry a name say.
fn shape(page: &str) -> String {
    fn walk(element: ElementRef<'_>, depth: usize, shape: &mut String) {
        let value = element.value();
        let carries_name = matches!(value.attr("name"), Some(NETWORK_FIELD | SSID_FIELD));
        shape.push_str(&format!("{:depth$}{}", "", value.name()));
        for (name, content) in value.attrs() {
            let content = if carries_name && name == "value" { "…" } else { content };
            shape.push_str(&format!(" {name}={content}"));
        }
        shape.push('\n');
        for child in element.children() {
            match (ElementRef::wrap(child), child.value()) {
                (Some(element), _) => walk(element, depth + 1, shape),
                (None, Node::Text(_)) => shape.push_str("text\n"),
                (None, other) => shape.push_str(&format!("{other:?}\n")),
            }
        }
    }
    let mut tree = String::new();
    walk(Html::parse_document(page).root_element(), 0, &mut tree);
    tree
}

/// Every page about a network and about a harmless one of the same kind has the same tree.
fn keeps_the_shape(name: &[u8]) {
    // Typed by hand, a name that is no text is not offered again: compare with one of its kind.
    let harmless: &[u8] = if escape::is_text(name) { b"Harmless" } else { b"Harmless\xff" };
    for listed in [true, false] {
        let shapes = |name: &[u8]| -> Vec<String> {
            let heard = [record(b"Other", -50, Security::Wpa2), record(name, -60, Security::Wpa2)];
            let networks = if listed { &heard[..] } else { &heard[..1] };
            let context = PageContext {
                device_name: DEVICE,
                networks,
                scanning: false,
                left_out: 0,
                csrf_token: TOKEN,
                seal: None,
                host_name: "lamp",
                language: Language::ENGLISH,
                radio: RadioCapabilities::DEFAULT,
                reopens: true,
                application: ApplicationContent::NONE,
            };
            pages_about(ssid(name)).into_iter().map(|page| shape(&text_of(page, &context))).collect()
        };
        assert_eq!(shapes(name), shapes(harmless), "{}", name.escape_ascii());
    }
}

/// What the parser sees as the value of the network's radio button, and as its visible name.
fn as_offered(name: &[u8]) -> (String, String) {
    let heard = [record(name, -60, Security::Wpa2)];
    let context = PageContext {
        device_name: DEVICE,
        networks: &heard,
        scanning: false,
        left_out: 0,
        csrf_token: TOKEN,
        seal: None,
        host_name: "lamp",
        language: Language::ENGLISH,
        radio: RadioCapabilities::DEFAULT,
        reopens: true,
        application: ApplicationContent::NONE,
    };
    let html = Html::parse_document(&text_of(Page::Setup { notice: None, chosen: Ssid::EMPTY }, &context));
    let radio = select(&html, ".row input")[0];
    let shown = select(&html, ".row bdi")[0];
    (radio.attr("value").unwrap().to_string(), shown.text().collect())
}

const HOSTILE: [&[u8]; 14] = [
    b"<script>alert(1)</script>",
    b"\" onfocus=\"alert(1)\" autofocus=\"",
    b"' x='",
    b"</bdi></label><input name=ssid>",
    b"</title><style>*{}</style>",
    b"<!--",
    b"]]>&lt;&#0;",
    b"\0",
    b"a\0b\r\n\t\x1b[31m",
    b"\xff\xfe\xc0\xaf",
    b"\xe2\x80\xaemoc.knab\xe2\x81\xa9x",
    b"&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&",
    "🏠🏠🏠🏠🏠🏠🏠🏠".as_bytes(),
    b"  two  spaces ",
];

#[test]
fn hostile_names_keep_the_shape_of_the_page() {
    for name in HOSTILE {
        keeps_the_shape(name);
    }
}

#[test]
fn a_name_that_is_text_is_read_as_it_is() {
    for name in HOSTILE.into_iter().filter(|name| escape::is_text(name)) {
        assert_eq!(as_offered(name).1.as_bytes(), name);
        let text = text_of(
            Page::Setup { notice: None, chosen: ssid(name) },
            &PageContext {
                device_name: DEVICE,
                networks: &[],
                scanning: false,
                left_out: 0,
                csrf_token: TOKEN,
                seal: None,
                host_name: "lamp",
                language: Language::ENGLISH,
                radio: RadioCapabilities::DEFAULT,
                reopens: true,
                application: ApplicationContent::NONE,
            },
        );
        let html = Html::parse_document(&text);
        assert_eq!(select(&html, "#ssid")[0].attr("value").unwrap().as_bytes(), name);
    }
}

#[test]
fn hostile_device_names_keep_the_shape_and_never_make_a_title_of_success() {
    for page in pages_about(ssid(b"Home")) {
        let with = |device_name: &[u8]| {
            text_of(
                page,
                &PageContext {
                    device_name,
                    networks: &neighbourhood(),
                    scanning: false,
                    left_out: 0,
                    csrf_token: TOKEN,
                    seal: None,
                    host_name: "lamp",
                    language: Language::ENGLISH,
                    radio: RadioCapabilities::DEFAULT,
                    reopens: true,
                    application: ApplicationContent::NONE,
                },
            )
        };
        for device_name in ["Success", "</title><script>", "\"><b>", "\u{202e}x"] {
            assert_eq!(shape(&with(device_name.as_bytes())), shape(&with(DEVICE)), "{page:?}");
        }
        let html = Html::parse_document(&with(b"Success"));
        let title = select(&html, "title")[0].text().collect::<String>();
        assert_ne!(title.trim(), "Success", "{page:?}");
    }
}

#[test]
fn a_network_that_cannot_be_used_cannot_be_picked_and_a_hidden_one_is_not_listed() {
    let context = PageContext {
        device_name: DEVICE,
        networks: &neighbourhood(),
        scanning: false,
        left_out: 0,
        csrf_token: TOKEN,
        seal: None,
        host_name: "lamp",
        language: Language::ENGLISH,
        radio: RadioCapabilities::DEFAULT,
        reopens: true,
        application: ApplicationContent::NONE,
    };
    let html =
        Html::parse_document(&text_of(Page::Setup { notice: None, chosen: ssid(b"Office") }, &context));
    let rows = select(&html, "#networks input");
    assert_eq!(rows.len(), 4);
    for (row, disabled) in rows.iter().zip([false, false, false, true]) {
        assert_eq!(row.attr("disabled").is_some(), disabled);
        assert_eq!(row.attr("checked"), None);
    }
}

#[test]
fn the_largest_page_stays_inside_the_limit() {
    let heard = vec![record(&[b'"'; 32], -90, Security::Wpa2); SCAN_RECORDS];
    let context = PageContext {
        device_name: DEVICE,
        networks: &heard,
        scanning: true,
        left_out: 0,
        csrf_token: TOKEN,
        seal: None,
        host_name: "lamp",
        language: Language::ENGLISH,
        radio: RadioCapabilities::DEFAULT,
        reopens: true,
        application: ApplicationContent::NONE,
    };
    for page in pages_about(ssid(&[b'\''; 32])) {
        assert!(page.length(&context) <= PAGE_BYTES);
    }
}

#[test]
fn windows_of_any_size_show_the_same_text() {
    let heard = neighbourhood();
    let context = PageContext {
        device_name: DEVICE,
        networks: &heard,
        scanning: true,
        left_out: 0,
        csrf_token: TOKEN,
        seal: None,
        host_name: "lamp",
        language: Language::ENGLISH,
        radio: RadioCapabilities::DEFAULT,
        reopens: true,
        application: ApplicationContent::NONE,
    };
    for page in pages_about(ssid(b"Home")) {
        let whole = text_of(page, &context);
        for size in [1, 7, 64, 536, 1460] {
            let mut pieces = Vec::new();
            while pieces.len() < whole.len() {
                let mut buffer = vec![0; size];
                let mut window = ByteWindow::new(pieces.len(), &mut buffer);
                page.write(&context, &mut window);
                pieces.extend_from_slice(window.written());
            }
            assert_eq!(pieces, whole.as_bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_name_keeps_the_shape_and_its_bytes(name in proptest::collection::vec(any::<u8>(), 1..=Ssid::MAX)) {
        keeps_the_shape(&name);
        prop_assert_eq!(chosen_network(as_offered(&name).0.as_bytes(), b""), Ok(ssid(&name)));
    }

    /// Random bytes are rarely markup: draw the characters that HTML is made of.
    #[test]
    fn any_markup_keeps_the_shape(name in "[<>/!&;#'\"= a-z\u{2066}-\u{2069}-]{1,10}") {
        keeps_the_shape(name.as_bytes());
    }
}

#[test]
fn the_policy_names_the_style_sheet_that_is_in_the_page() {
    use base64ct::{Base64, Encoding};
    use sha2::{Digest, Sha256};

    let context = PageContext {
        device_name: DEVICE,
        networks: &[],
        scanning: false,
        left_out: 0,
        csrf_token: TOKEN,
        seal: None,
        host_name: "lamp",
        language: Language::ENGLISH,
        radio: RadioCapabilities::DEFAULT,
        reopens: true,
        application: ApplicationContent::NONE,
    };
    let page = text_of(Page::Joining { ssid: Ssid::EMPTY }, &context);
    let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let mut room = [0; 64];
    let hash = Base64::encode(&Sha256::digest(style.as_bytes()), &mut room).unwrap();
    for headers in [HEADERS, APPLICATION_HEADERS, RATE_LIMITED_HEADERS] {
        assert!(headers.contains(&format!("'sha256-{hash}'")), "{hash}");
    }
}
