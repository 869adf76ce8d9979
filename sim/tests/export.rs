//! A run's pictures: what a trace holds of its frames, the pcapng as an independent parser reads
//! it, the SVG as XML, and `vestibule export` as a person runs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use pcap_parser::pcapng::{Block, OptionCode, PcapNGOption};
use pcap_parser::{Linktype, PcapBlockOwned, PcapNGSlice};
use url::form_urlencoded::byte_serialize;
use vestibule::export;
use vestibule::scenario::{Scenario, load};
use vestibule::trace::{self, NoFrames, Record, Trace, What, json, parse, pcapng, svg};
use vestibule::world::virtual_time::{VirtualRunOutcome, VirtualTime};
use vestibule_core::Instant;

const FIRST_JOIN: &str = include_str!("../../fixtures/scenarios/first-join-ios.toml");

fn scenario(text: &str) -> Scenario {
    load::parse(text, Path::new("test")).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a scenario that passes, with its frames. The trace is what a file would hold.
fn recorded(text: &str) -> (VirtualRunOutcome, Vec<Record>, String) {
    let scenario = scenario(text);
    let mut file = String::new();
    let outcome = VirtualTime::new(&scenario, 1).record_frames().run(&scenario, |record| {
        file += &json(record);
        file.push('\n');
    });
    assert_eq!(outcome.unmet, []);
    (outcome, parse(&file, Path::new("t.jsonl")).unwrap(), file)
}

/// Frames of a trace: when, the bytes, and how many of them are replaced.
fn frames(records: &[Record]) -> Vec<(Instant, &[u8], usize)> {
    let frame = |record: &'_ Record| match &record.what {
        What::Frame { redacted, .. } => Some((record.at, *redacted)),
        _ => None,
    };
    let bytes = records.iter().filter_map(|record| match &record.what {
        What::Frame { bytes, .. } => Some(bytes.as_slice()),
        _ => None,
    });
    records.iter().filter_map(frame).zip(bytes).map(|((at, redacted), bytes)| (at, bytes, redacted)).collect()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// A capture of a run shows which system asks for an address, as one at a device's access point would.
#[test]
fn a_phone_asks_for_an_address_as_its_system_does() {
    let (_, records, _) = recorded(FIRST_JOIN);
    let options: [&[u8]; 2] = [&[55, 9, 1, 121, 3, 6, 15, 108, 114, 119, 252], b"\x0c\x06iPhone"];
    for option in options {
        assert!(frames(&records).iter().any(|(_, bytes, _)| contains(bytes, option)), "{option:?}");
    }
}

#[test]
fn a_run_is_the_same_whether_its_frames_are_written_down_or_not() {
    let scenario = scenario(FIRST_JOIN);
    let mut plain = Vec::new();
    let without = VirtualTime::new(&scenario, 1).run(&scenario, |record| plain.push(json(record)));
    let (with, records, _) = recorded(FIRST_JOIN);
    assert_eq!(without, with);
    assert_eq!(frames(&records).len() as u64, with.frames);
    let others = records.iter().filter(|record| !record.layer.is_on_request());
    assert_eq!(plain, others.map(json).collect::<Vec<_>>());
}

#[test]
fn a_passphrase_is_in_no_trace_and_in_no_capture() {
    for passphrase in [
        "p+w & 100% #1 = \"'<>\\ ;?ü€𝄞",
        "correct horse battery staple, and so on until sixty-three bytes",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF",
        "        ",
        "%41%42%43",
    ] {
        let quoted = serde_json::to_string(passphrase).unwrap();
        let text =
            FIRST_JOIN.replacen("ssid = \"Home\"", &format!("ssid = \"Home\"\npassphrase = {quoted}"), 1);
        let (_, records, file) = recorded(&text);
        let capture = pcapng(&records).unwrap();
        let encoded: String = byte_serialize(passphrase.as_bytes()).collect();
        let escaped = quoted.trim_matches('"');
        for secret in [passphrase, &encoded, escaped] {
            assert!(!file.contains(secret), "{secret}");
            assert!(!contains(&capture, secret.as_bytes()), "{secret}");
        }
        // Nor are its bytes anywhere in the frames, whether together or on both sides of a cut.
        let payload: Vec<u8> =
            frames(&records).iter().flat_map(|(_, bytes, _)| bytes[14..].to_vec()).collect();
        for piece in encoded.as_bytes().windows(8) {
            assert!(!contains(&payload, piece), "{}", String::from_utf8_lossy(piece));
        }
        // The form was sent all the same, and its place is told.
        let redacted: usize = frames(&records).iter().map(|(_, _, redacted)| redacted).sum();
        assert!(redacted > encoded.len() && contains(&payload, b"POST /setup HTTP/1.1\r\n"), "{redacted}");
    }
}

#[test]
fn nor_is_one_that_was_refused() {
    let (_, records, file) = recorded(include_str!("../../fixtures/scenarios/wrong-then-right.toml"));
    let sent = frames(&records).into_iter().filter(|(_, _, redacted)| *redacted > 0).count();
    assert!(sent >= 3, "{sent}: too short, wrong, right");
    let capture = pcapng(&records).unwrap();
    for secret in ["not the right one", "not+the+right+one", "short77"] {
        assert!(!file.contains(secret) && !contains(&capture, secret.as_bytes()), "{secret}");
    }
}

fn comments(options: &[PcapNGOption<'_>]) -> Vec<String> {
    let comments = options.iter().filter(|option| option.code == OptionCode::Comment);
    comments.map(|option| option.as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_independent_parser_reads_the_capture() {
    let (_, mut records, _) = recorded(FIRST_JOIN);
    let begins = What::Begins { scenario: "first join".into(), seed: 1 };
    let world = Arc::<str>::from("world");
    let layer = begins.layer();
    records.insert(0, Record { number: 0, at: Instant::from_micros(0), node: world, layer, what: begins });
    let file = pcapng(&records).unwrap();
    let blocks: Vec<_> = PcapNGSlice::from_slice(&file).unwrap().map(|block| block.unwrap()).collect();
    let mut blocks = blocks.iter().map(|block| match block {
        PcapBlockOwned::NG(block) => block,
        _ => panic!("no pcapng block"),
    });

    let Some(Block::SectionHeader(section)) = blocks.next() else { panic!("no section") };
    assert_eq!((section.major_version, section.minor_version, section.section_len), (1, 0, -1));
    assert_eq!(comments(&section.options), ["first join, seed 1"]);
    let Some(Block::InterfaceDescription(interface)) = blocks.next() else { panic!("no interface") };
    assert_eq!((interface.linktype, interface.snaplen, interface.if_tsresol), (Linktype::ETHERNET, 0, 9));

    // A second network, the home network's: the device asked for its address there.
    let Some(Block::InterfaceDescription(home)) = blocks.next() else { panic!("one interface") };
    let name = home.options.iter().find(|option| option.code == OptionCode::IfName).unwrap();
    assert_eq!(name.as_str().unwrap(), "1/Home");

    let mut told = Vec::new();
    let frames = frames(&records);
    assert_eq!(blocks.len(), frames.len());
    let networks = records.iter().filter_map(|record| match &record.what {
        What::Frame { on, .. } => Some(u32::from(on.is_some())),
        _ => None,
    });
    for ((block, (at, bytes, redacted)), network) in blocks.zip(&frames).zip(networks) {
        let Block::EnhancedPacket(packet) = block else { panic!("no packet") };
        let nanos = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
        assert_eq!((packet.if_id, nanos), (network, at.as_micros() * 1000));
        assert_eq!((packet.caplen, packet.origlen), (bytes.len() as u32, bytes.len() as u32));
        assert_eq!(&packet.data[..bytes.len()], *bytes);
        let comments = comments(&packet.options);
        let says_so = comments.iter().any(|comment| comment.starts_with(&format!("{redacted} bytes that")));
        assert_eq!(says_so, *redacted > 0, "{comments:?}");
        told.extend(comments.into_iter().map(|comment| (at.as_micros(), comment)));
    }
    let when = |start: &str| told.iter().filter(|(_, words)| words.starts_with(start)).collect::<Vec<_>>();
    let [(submitted, _)] = when("device: PortalOpen -> Joining (Submitted)")[..] else { panic!("{told:?}") };
    let changed = records.iter().find(|record| matches!(record.what, What::Submitted { .. })).unwrap();
    // On the first packet from then on: the radio looks for the network first, deaf meanwhile.
    let next = frames.iter().find(|(at, ..)| *at >= changed.at).unwrap();
    assert_eq!(*submitted, next.0.as_micros());
    assert_eq!(when("1/ios-17: SIGN-IN SHEET opens").len(), 1);
    assert_eq!(when("1/ios-17: concludes: portal").len(), 1, "a conclusion that repeats is none");
    // What changed when no packet was sent, and what came after the last.
    assert_eq!(when("device: its access point is up").len(), 1);
    let [(last, words)] = when("device: Closing -> Connected")[..] else { panic!("{told:?}") };
    assert_eq!(*last, frames.last().unwrap().0.as_micros());
    let closed = records.iter().rfind(|record| matches!(record.what, What::State { .. })).unwrap();
    let when = format!("(at {:.6} s)", closed.at.as_micros() as f64 / 1e6);
    assert!(words.ends_with(&when), "{words}");
}

#[test]
fn without_frames_there_is_no_capture() {
    let (_, mut records, _) = recorded(FIRST_JOIN);
    records.retain(|record| record.layer != trace::Layer::Frame);
    assert_eq!(pcapng(&records), Err(NoFrames));
    assert!(svg(&records).contains("sign-in sheet"), "the timeline needs none");
}

#[test]
fn a_picture_of_every_scenario_is_xml_and_stays_on_its_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scenarios");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let picture = svg(&recorded(&text).1);
        let document = roxmltree::Document::parse(&picture).unwrap();
        let height: f64 = document.root_element().attribute("height").unwrap().parse().unwrap();
        for node in
            document.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")))
        {
            let number = |name| node.attribute(name).unwrap().parse::<f64>().unwrap();
            // Letters of 12 px are hardly narrower than 5 px on average.
            let end = number("x") + 5.0 * node.text().unwrap_or("").chars().count() as f64;
            assert!(number("x") >= 0.0 && end < 1000.0 && number("y") < height, "{:?}", node.text());
        }
        seen += 1;
    }
    assert!(seen >= 10);
}

/// A little trace: a device, a phone, and what they are called.
fn little(device: &str, phone: &str, title: &str, ssid: &str) -> Vec<Record> {
    let ssid = || ssid.to_owned();
    let state = |from: &str, to: &str| What::State { from: from.into(), on: "x".into(), to: to.into() };
    let mut trace = Trace::default();
    for (millis, node, what) in [
        (0, "world", What::Begins { scenario: title.into(), seed: 7 }),
        (0, device, What::Power { on: true }),
        (0, device, state("Idle", "PortalOpen")),
        (100, device, What::AccessPoint { up: true }),
        (500, phone, What::Associated),
        (510, phone, What::SheetOpened { url: "http://192.168.4.1/".into() }),
        (520, phone, What::Sees { status: 200, title: ssid(), message: ssid() }),
        (900, phone, What::Frame { on: None, to: device.into(), bytes: vec![1, 2, 3], redacted: 0 }),
        (60_000, device, What::Submitted { ssid: ssid() }),
        (60_000, device, state("PortalOpen", "Joining")),
        (61_000, device, What::Joined { ssid: ssid(), address: "192.168.1.77".into() }),
        (61_000, device, state("Joining", "Connected")),
        (61_000, device, What::AccessPoint { up: false }),
        (61_000, phone, What::Dissociated),
    ] {
        trace.add(Instant::from_micros(millis * 1000), &node.into(), what);
    }
    trace.records().map(|record| Record::clone(record)).collect()
}

#[test]
fn a_timeline_is_drawn_like_this() {
    let picture = svg(&little("device", "1/ios-17", "a little run", "Home"));
    // Without the style sheet, which has a file of its own.
    let (before, after) =
        (picture.split_once("<style>").unwrap().0, picture.split_once("</style>").unwrap().1);
    insta::assert_snapshot!(format!("{before}{after}"));
}

#[test]
fn no_name_breaks_out_of_its_place_in_a_picture() {
    let hostile = "</text></svg><script>alert(1)</script>\" onload=\"x\u{0}\u{1b}[2J\u{202e}\u{ffff}&amp;]]>";
    for picture in [
        svg(&little("device", "1/ios-17", "a run", hostile)),
        svg(&little(hostile, "1/ios-17", hostile, "Home")),
        svg(&little("device", hostile, "a run", "Home")),
    ] {
        let document = roxmltree::Document::parse(&picture).unwrap();
        let mut seen = false;
        for node in document.descendants().filter(|node| node.is_element()) {
            let name = node.tag_name().name();
            assert!(
                ["svg", "title", "style", "rect", "path", "circle", "text", "g"].contains(&name),
                "an element {name}"
            );
            assert!(node.attributes().all(|attribute| !attribute.name().starts_with("on")));
            seen |= name != "style" && node.text().is_some_and(|text| text.contains("<script>"));
        }
        assert!(seen, "the name is shown as it is");
    }
}

#[test]
fn any_trace_has_a_picture() {
    let one = &little("device", "1/ios-17", "a run", "Home")[..1];
    for records in [&[][..], one] {
        roxmltree::Document::parse(&svg(records)).unwrap();
    }
    // A phone that comes from nowhere, a state that there is none of, and time that runs backwards.
    let mut records = little("device", "1/ios-17", "a run", "Home");
    records.reverse();
    records[3].what = What::State { from: "A".into(), on: "B".into(), to: "<C>".into() };
    roxmltree::Document::parse(&svg(&records)).unwrap();
}

fn vestibule(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vestibule")).args(arguments).output().unwrap()
}

/// The exit code, and what was said of what went wrong.
fn code(arguments: &[&str]) -> (Option<i32>, String) {
    let output = vestibule(arguments);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_person_gets_both_pictures_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (trace, capture, picture) = (path("t.jsonl"), path("t.pcapng"), path("t.svg"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scenarios/first-join-ios.toml");
    let run = ["run", "--driver", "virtual", "-v", "--trace", &trace, file.to_str().unwrap()];
    let output = vestibule(&run);
    assert_eq!(output.status.code(), Some(0));
    assert!(!String::from_utf8(output.stdout).unwrap().contains(" bytes to "), "frames are for files only");

    let output = vestibule(&["export", &trace, "--pcapng", &capture, "--svg", &picture]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let records = trace::read(Path::new(&trace)).unwrap();
    let count = frames(&records).len();
    assert_eq!(said, format!("{capture}: {count} frames\n{picture}: the timeline\n"));
    assert_eq!(std::fs::read(&capture).unwrap(), pcapng(&records).unwrap());
    let drawn = std::fs::read_to_string(&picture).unwrap();
    assert!(drawn.contains("first join with an iPhone, seed 1"), "{drawn}");
}

#[test]
fn what_cannot_be_exported_is_told_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| -> String {
        let path: PathBuf = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let begins = r#"{"us":0,"node":"world","layer":"script","event":"begins","scenario":"x","seed":1}"#;
    let power = r#"{"us":0,"node":"device","layer":"power","event":"power","on":true}"#;
    let loopback = write("loopback.jsonl", &format!("{begins}\n{power}\n"));
    let several = write("several.jsonl", &format!("{begins}\n{power}\n{begins}\n{power}\n"));
    let broken = write("broken.jsonl", &format!("{begins}\n{}\n", power.replace("true", "1")));
    let out = folder.path().join("out").to_str().unwrap().to_owned();

    let (exit, words) = code(&["export", &loopback, "--pcapng", &out]);
    assert_eq!(exit, Some(2));
    assert!(words.contains("loopback.jsonl: the trace holds no frames"), "{words}");
    assert!(words.contains("`--driver virtual`"), "{words}");
    let (exit, words) = code(&["export", &several, "--svg", &out]);
    assert_eq!(exit, Some(2));
    assert!(words.contains("several.jsonl:3:1: a further run begins here"), "{words}");
    let (exit, words) = code(&["export", &broken, "--svg", &out]);
    assert_eq!(exit, Some(2));
    assert!(words.contains("broken.jsonl:2:49: event \"power\": invalid type"), "{words}");
    let (exit, words) = code(&["export", "nowhere.jsonl", "--svg", &out]);
    assert_eq!(exit, Some(2));
    assert!(words.contains("nowhere.jsonl: cannot be read"), "{words}");
    let (exit, words) = code(&["export", &loopback, "--svg", "/nowhere/at/all.svg"]);
    assert_eq!(exit, Some(2));
    assert!(words.contains("/nowhere/at/all.svg cannot be written"), "{words}");
    let (exit, words) = code(&["export", &loopback]);
    assert_eq!(exit, Some(2));
    assert!(words.contains("--pcapng <FILE>") && words.contains("--svg <FILE>"), "{words}");
    assert!(!Path::new(&out).exists());
}

#[test]
fn a_har_holds_what_phones_and_sheets_asked_and_no_secret() {
    let passphrase = "seven brown herons";
    let text =
        FIRST_JOIN.replacen("ssid = \"Home\"", &format!("ssid = \"Home\"\npassphrase = \"{passphrase}\""), 1);
    let (_, records, _) = recorded(&text);
    let file = export::har(&records).unwrap();
    let encoded: String = byte_serialize(passphrase.as_bytes()).collect();
    assert!(!file.contains(passphrase) && !file.contains(&encoded));
    let har: serde_json::Value = serde_json::from_str(&file).unwrap();
    assert_eq!(har["log"]["version"], "1.2");
    let entries = har["log"]["entries"].as_array().unwrap();
    let mut before = String::new();
    for entry in entries {
        let started = entry["startedDateTime"].as_str().unwrap().to_owned();
        assert!(started >= before, "{started} after {before}");
        before = started;
        let timing = |name: &str| entry["timings"][name].as_f64().unwrap();
        let sum = timing("send") + timing("wait") + timing("receive");
        assert!((entry["time"].as_f64().unwrap() - sum).abs() < 1e-9 && sum >= 0.0);
        for (part, members) in [
            (
                "request",
                &[
                    "method",
                    "url",
                    "httpVersion",
                    "cookies",
                    "headers",
                    "queryString",
                    "headersSize",
                    "bodySize",
                ][..],
            ),
            (
                "response",
                &[
                    "status",
                    "statusText",
                    "httpVersion",
                    "cookies",
                    "headers",
                    "content",
                    "redirectURL",
                    "headersSize",
                    "bodySize",
                ],
            ),
        ] {
            for member in members {
                assert!(entry[part].get(member).is_some(), "{part}.{member}: {entry}");
            }
        }
    }
    let asked = |method: &str| entries.iter().filter(|entry| entry["request"]["method"] == method).count();
    assert!(asked("GET") > 1 && asked("POST") == 1, "{file}");
    assert!(
        entries.iter().any(|entry| entry["request"]["url"] == "http://captive.apple.com/hotspot-detect.html")
    );
    let probes = records.iter().filter(|record| matches!(record.what, What::Request { .. })).count();
    assert!(entries.len() >= probes, "{} {probes}", entries.len());
}
