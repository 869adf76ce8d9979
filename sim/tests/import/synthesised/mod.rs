//! Captures that show one thing each: what was once read wrongly in captures of others, made anew without a
//! byte of theirs. They are committed in `fixtures/captures/packets`, where `README.md` of the folder above
//! describes them; `VESTIBULE_UPDATE=1` writes them anew. What `import` says of each is held against what is right.

mod androids;
mod connections;
mod kinds;
mod other_clients;
mod secrets;
mod traffic;

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use vestibule::capture::import::{Settings, import};
use vestibule::capture::replay::{self, ReplayOutcome, replay};
use vestibule::capture::{BuiltIn, Capture, Conclusion, load};

/// What is in some of the captures and may be in no recording.
const SECRETS: [&str; 11] = [
    "hunter22secret",
    "MariasHome",
    "Maria",
    "topsecret",
    "491701234567",
    "3c0630aabbcc",
    "3c06.30aa.bbcc",
    "b9e28776354d259e",
    "240ac4112233",
    "38400000",
    "bWFyaWFAZXhhbXBsZS5uZXQ",
];

/// A capture, and what is to be said of it.
struct Synthesised {
    name: &'static str,
    /// What it shows, as README has it.
    what: &'static str,
    file: Vec<u8>,
    clients: Vec<Client>,
    /// What is said of what was left out.
    left_out: &'static [&'static str],
}

/// A client of a capture: words that stand in how it is called, words that do not, and how many exchanges it
/// has.
struct Client {
    is: &'static [&'static str],
    is_not: &'static [&'static str],
    exchanges: usize,
}

impl Synthesised {
    fn new(name: &'static str, what: &'static str, file: Vec<u8>) -> Self {
        Self { name, what, file, clients: Vec::new(), left_out: &[] }
    }

    /// With a client that is to be called like this.
    fn client(
        mut self,
        exchanges: usize,
        is: &'static [&'static str],
        is_not: &'static [&'static str],
    ) -> Self {
        self.clients.push(Client { is, is_not, exchanges });
        self
    }

    /// With a client that is like no model.
    fn nobody(self, exchanges: usize) -> Self {
        self.client(exchanges, &["a client that is like no model"], &[])
    }

    /// With an Android 14, which is known by its check.
    fn android_14(self, exchanges: usize) -> Self {
        self.client(exchanges, &["android-14", "by every byte"], &["ios", "android-9"])
    }

    fn left_out(mut self, left_out: &'static [&'static str]) -> Self {
        self.left_out = left_out;
        self
    }
}

fn all() -> Vec<Synthesised> {
    [kinds::all(), androids::all(), other_clients::all(), secrets::all(), connections::all()]
        .into_iter()
        .flatten()
        .collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/captures")
}

/// The file as it is, unpacked if gzip packed it: how it does that may differ.
fn unpacked(file: &[u8]) -> Vec<u8> {
    if !file.starts_with(&[0x1f, 0x8b]) {
        return file.to_vec();
    }
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut unpacked).unwrap();
    unpacked
}

#[test]
fn the_committed_captures_are_those_that_are_made_here() {
    let folder = folder();
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let mut names = Vec::new();
    for each in all() {
        let path = folder.join("packets").join(each.name);
        if std::env::var_os("VESTIBULE_UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &each.file).unwrap();
        }
        let committed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            unpacked(&committed) == unpacked(&each.file),
            "{}: VESTIBULE_UPDATE=1 writes it anew",
            each.name
        );
        let row = format!("| `{}` | {} |", each.name, each.what);
        assert!(readme.contains(&row), "README.md of the captures lacks this row:\n{row}");
        names.push(each.name.to_owned());
    }
    let mut there: Vec<String> = std::fs::read_dir(folder.join("packets"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    there.sort();
    assert_eq!(there, names);
}

#[test]
fn what_is_said_of_each_is_right() {
    for each in all() {
        let (captures, left_out, text) = imported(&each.file);
        let found: Vec<_> = captures.iter().map(|capture| capture.exchanges.len()).collect();
        let right: Vec<_> = each.clients.iter().map(|client| client.exchanges).collect();
        assert_eq!(found, right, "{}: {left_out:?}\n{text}", each.name);
        for (right, capture) in each.clients.iter().zip(&captures) {
            let client = &capture.client;
            assert!(right.is.iter().all(|word| client.contains(word)), "{}: {client}", each.name);
            assert!(!right.is_not.iter().any(|word| client.contains(word)), "{}: {client}", each.name);
        }
        assert_eq!(left_out.len(), each.left_out.len(), "{}: {left_out:?}", each.name);
        for what in each.left_out {
            assert!(left_out.iter().any(|left_out| left_out.contains(what)), "{}: {left_out:?}", each.name);
        }
        for secret in SECRETS {
            assert!(!text.to_lowercase().contains(&secret.to_lowercase()), "{}: {secret}\n{text}", each.name);
        }
    }
}

fn imported(file: &[u8]) -> (Vec<Capture>, Vec<String>, String) {
    let imported = import(Cursor::new(file), &Settings::default()).unwrap();
    let texts: Vec<_> = imported.recordings.iter().map(|each| each.to_jsonl("test", "a test")).collect();
    let read = |text: &String| load::parse(text, Path::new("test")).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let captures = texts.iter().map(read).collect();
    (captures, imported.left_out.iter().map(ToString::to_string).collect(), texts.concat())
}

/// The one client of the capture with this name, and its recording's text.
fn the_one(name: &str) -> (Capture, String) {
    let each = all().into_iter().find(|each| each.name == name).unwrap();
    let (mut captures, _, text) = imported(&each.file);
    assert_eq!(captures.len(), 1, "{name}");
    (captures.remove(0), text)
}

#[test]
fn checks_are_checks_and_say_what_was_concluded() {
    for name in [
        "dalvik-4.4.pcap",
        "dalvik-5.1.1.pcap",
        "dalvik-6.pcap",
        "android-9-asks-apple.pcap",
        "probe-then-name.pcap",
    ] {
        let (capture, text) = the_one(name);
        assert!(text.contains(r#""by":"probe""#), "{name}: {text}");
        assert_eq!(capture.recorded_conclusion, Some(Conclusion::PORTAL), "{name}");
    }
    let (_, asks) = the_one("dhcp-options.pcap");
    assert!(asks.contains("asks for options 1 121 3 6 15 108 114 119 252"), "{asks}");
    let (firefox, _) = the_one("firefox-success.pcap");
    assert_eq!(firefox.recorded_conclusion, Conclusion::from_text("online"));
    assert!(the_one("android-9-asks-apple.pcap").0.notes.unwrap().contains("ios-17"));
}

/// Every client concludes of the built-in device what it must; records of any type are answered and judged
/// alike.
#[tokio::test]
async fn what_was_imported_is_replayed_without_a_difference() {
    let device = BuiltIn::start().await.unwrap();
    for each in all() {
        for capture in imported(&each.file).0 {
            let told = replay(&capture, device.target(), replay::Settings::default()).await;
            assert_eq!(told.len(), capture.exchanges.len());
            let differs = told.iter().find(|told| matches!(told.outcome, ReplayOutcome::Differs(_)));
            assert!(differs.is_none(), "{}: {differs:?}", each.name);
        }
    }
    device.stop().await;
}
