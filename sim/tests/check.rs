//! `vestibule check` as a person runs it, over real sockets: its table, its exit codes, its files.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use portals::{Fault, Portal};

#[allow(dead_code, reason = "each test has portals of its own kind")]
#[path = "portals/mod.rs"]
mod portals;

/// A command that runs until the test is over.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn vestibule() -> Command {
    Command::new(env!("CARGO_BIN_EXE_vestibule"))
}

fn check(arguments: &[&str]) -> Output {
    vestibule().arg("check").args(arguments).output().unwrap()
}

/// Starts a command and returns the first line that it says.
fn start(arguments: &[&str]) -> (Running, String) {
    let mut child = vestibule().args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Running(child), line)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn profile(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("portals").join(name)
}

/// A stand-in of a profile, and the words that lead `check` to it.
fn stand_in(path: &Path) -> (Running, Vec<String>) {
    let (running, line) = start(&["stand-in", path.to_str().unwrap()]);
    let words = line.split("vestibule check ").nth(1).unwrap_or_else(|| panic!("{line}"));
    (running, words.split_whitespace().map(str::to_owned).collect())
}

fn check_it(target: &[String], more: &[&str]) -> Output {
    let target = target.iter().map(String::as_str);
    check(&target.chain(more.iter().copied()).collect::<Vec<_>>())
}

/// A profile of which one line is another.
fn broken(folder: &Path, right: &str, wrong: &str) -> PathBuf {
    let good = std::fs::read_to_string(profile("esp8266-captive-portal.toml")).unwrap();
    assert!(good.contains(right), "{right}");
    let path = folder.join("broken.toml");
    std::fs::write(&path, good.replace(right, wrong)).unwrap();
    path
}

#[test]
fn every_phone_pops_up_at_the_built_in_device_within_seconds() {
    let (_demo, line) = start(&["demo", "--ready-json"]);
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let (portal, dns) = (ready["portal"].as_str().unwrap(), ready["dns"].as_str().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let junit = folder.path().join("check.xml");
    let began = Instant::now();
    let output = check(&[portal, "--dns", dns, "--json", "--junit", junit.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["failed"], 0, "{said:#}");
    let phones = said["phones"].as_array().unwrap();
    assert_eq!(phones.len(), vestibule::phone::models().len());
    for phone in phones {
        if phone["counts"] == true && phone["disputed"] == serde_json::json!([]) {
            assert_eq!((&phone["sheet"], &phone["verdict"]), (&"yes".into(), &"portal".into()), "{phone:#}");
        }
        assert!(phone["rule"]["source"].as_str().is_some_and(|source| !source.is_empty()), "{phone:#}");
        assert!(phone["findings"].as_array().unwrap().is_empty(), "{phone:#}");
    }
    let written = std::fs::read_to_string(junit).unwrap();
    let document = roxmltree::Document::parse(&written).unwrap();
    let tests = document.descendants().filter(|node| node.has_tag_name("testcase")).count();
    assert_eq!(tests, phones.len());

    let named = ["--phones", "samsung-14,samsung-14-private"];
    let lenient = check(&[&[portal, "--dns", dns, "-v"][..], &named].concat());
    let said = text(&lenient.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(lenient.status.code(), Some(0), "{said}");
    for words in
        ["Your portal opens on 1 of 2 phones.", "disputed", "settled by", "warnings without --strict"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    let strict = check(&[&[portal, "--dns", dns, "--strict"][..], &named].concat());
    assert_eq!(strict.status.code(), Some(1), "{}", text(&strict.stdout));
}

#[test]
fn a_portal_that_answers_204_is_exit_code_1_and_says_what_to_change() {
    let (_portal, target) = stand_in(&profile("nodemcu-2019.toml"));
    let output = check_it(&target, &["--phones", "android-14,ios-17"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("android.partial (A)") && said.contains("apple.probe.unknown-state (A-)"),
        "{said}"
    );
    // The answer first, then what to change, then who fails.
    let lines: Vec<&str> = said.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines[1], "Your portal opens on 0 of 2 phones.");
    assert!(lines[2].starts_with("change        Answer GET /"), "{said}");
    assert!(said.contains("Answer GET /generate_204 with Host"), "{said}");
    assert!(said.find("  repairs ") < said.find("no sheet "), "{said}");
    assert!(!said.contains("known from") && said.lines().count() <= 40, "{said}");
    for line in said.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn what_is_broken_is_told_by_how_it_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let redirect = "{ status = 307, headers = { Location = \"http://{portal}/\" }, length = false }";
    for (wrong, verdict, says) in [
        ("{ status = 307, headers = { Location = \"http://10.9.9.9/\" } }", "inconclusive", "10.9.9.9"),
        ("\"close\"", "inconclusive", "closed without a reply"),
        ("\"reset\"", "inconclusive", "reset without a reply"),
        ("\"garbage\"", "inconclusive", "does not begin with an HTTP status line"),
        ("\"endless\"", "portal", "does not end"),
    ] {
        let path = broken(folder.path(), redirect, wrong);
        let (_portal, target) = stand_in(&path);
        let began = Instant::now();
        let output = check_it(&target, &["--phones", "ios-17", "--json"]);
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said:#}");
        let phone = &said["phones"][0];
        assert_eq!(phone["verdict"], verdict, "{wrong}: {said:#}");
        let told = format!("{} {}", phone["decided_by"]["came"], phone["why"]);
        assert!(told.contains(says), "{wrong}: {told}");
        assert!(began.elapsed() < Duration::from_secs(10), "{wrong}: {:?}", began.elapsed());
    }
}

#[test]
fn silent_dns_takes_the_phones_own_time_and_refused_ports_take_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = broken(folder.path(), "answer = \"portal\"", "answer = \"silence\"");
    let (_portal, target) = stand_in(&path);
    let output = check_it(&target, &["--phones", "android-14", "--json"]);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said:#}");
    let seconds = said["phones"][0]["seconds"].as_f64().unwrap();
    assert!((12.0..30.0).contains(&seconds), "{said:#}");
    assert!(said["phones"][0]["decided_by"]["asked"].as_str().unwrap().starts_with("DNS A "), "{said:#}");

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let dns = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let began = Instant::now();
    let output = check(&[&nobody, "--dns", &dns]);
    let told = text(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("nobody answers there") && told.contains("--wait 30s"), "{told}");
    assert!(text(&output.stderr).lines().count() == 1 && output.stdout.is_empty(), "{told}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn a_portal_that_is_not_up_yet_is_waited_for() {
    let reserved = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let portal = reserved.port().to_string();
    let dns = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let waiting = std::thread::spawn(move || {
        check(&[
            &reserved.to_string(),
            "--dns",
            &dns,
            "--wait",
            "30s",
            "--phones",
            "windows-11",
            "--timeout",
            "5s",
        ])
    });
    std::thread::sleep(Duration::from_secs(1));
    let path = profile("wifimanager.toml");
    let _portal = start(&["stand-in", path.to_str().unwrap(), "--http-port", &portal]);
    let output = waiting.join().unwrap();
    // It has begun, with a portal whose names are elsewhere.
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(!said.contains("nobody answers there"), "{said}");
    assert!(said.contains("Your portal opens on "), "{said}");
}

#[test]
fn phones_are_named_by_family_and_a_host_of_ones_own_is_asked() {
    let (_portal, target) = stand_in(&profile("nodemcu-2019.toml"));
    let ids = |more: &[&str]| {
        let output = check_it(&target, &[more, &["--json"]].concat());
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let phones = said["phones"].as_array().unwrap();
        phones.iter().map(|phone| phone["phone"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let samsung = ids(&["--phones", "samsung"]);
    assert!(samsung.len() > 3 && samsung.iter().all(|id| id.starts_with("samsung-")), "{samsung:?}");
    assert_eq!(ids(&["--phones", "windows-1*"]), ["windows-10", "windows-10-wired", "windows-11"]);
    let output = check_it(&target, &["--probe", "http://check.lamps.example/up"]);
    let said = text(&output.stdout);
    assert!(said.contains("GET /up with Host check.lamps.example"), "{said}");
    let output = check_it(&target, &["--probe", "https://check.lamps.example/up"]);
    assert!(text(&output.stderr).contains("expected a URL of http"), "{}", text(&output.stderr));
}

/// Of one mistake, or none, what is said fits on a screen or two; of several it is little more.
#[test]
fn what_is_said_of_any_known_portal_fits() {
    let profiles = std::fs::read_dir(profile("")).unwrap().map(|entry| entry.unwrap().path());
    let mut profiles: Vec<_> =
        profiles.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    profiles.sort();
    let mut long = Vec::new();
    // A few at a time: each phone has a clock of its own.
    for some in profiles.chunks(3) {
        let said = some.iter().cloned().map(|path| {
            std::thread::spawn(move || {
                let (_portal, target) = stand_in(&path);
                (path, text(&check_it(&target, &[]).stdout))
            })
        });
        for thread in said.collect::<Vec<_>>() {
            let (path, said) = thread.join().unwrap();
            assert!(said.lines().nth(2).unwrap().starts_with("Your portal opens on "), "{path:?}: {said}");
            let changes = said.matches("\n  repairs ").count();
            if said.lines().count() > if changes > 1 { 60 } else { 40 } {
                long.push(format!("{path:?}: {said}"));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn no_more_phones_at_once_than_was_said() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (_portal, target) = stand_in(&profile("wifimanager.toml"));
    let http = listener.local_addr().unwrap().to_string();
    // Takes one connection at a time and holds it a while: a second one would have to wait. These two phones ask one
    // thing after the other.
    let served = std::thread::spawn(move || {
        listener.set_nonblocking(false).unwrap();
        for _ in 0..4 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).unwrap();
            assert!(length > 0);
            std::thread::sleep(Duration::from_millis(100));
            listener.set_nonblocking(true).unwrap();
            assert!(listener.accept().is_err(), "somebody came while another was served");
            listener.set_nonblocking(false).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nset up").unwrap();
        }
    });
    let dns = target.last().unwrap();
    let output = check(&[&http, "--dns", dns, "--at-once", "1", "--phones", "windows-10,windows-11"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    served.join().unwrap();
}

#[test]
fn a_mistake_is_exit_code_2_and_says_which() {
    for (arguments, says) in [
        (&["192.168.4.1", "--phones", "ios-99"][..], "--phones: there is no phone model \"ios-99\""),
        (&["192.168.4.1:http"], "the portal 192.168.4.1:http: expected HOST or HOST:PORT"),
        (&["127.0.0.1", "--dns", "127.0.0.1:x"], "--dns 127.0.0.1:x: expected HOST or HOST:PORT"),
        (&["[::1]:8080"], "say with --address"),
        (&["127.0.0.1", "--at-once", "0"], "--at-once"),
        (&[], "HOST"),
    ] {
        let output = check(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(says), "{}", text(&output.stderr));
    }
    let output = vestibule().args(["stand-in", "nothing.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("nothing.toml: cannot be read"), "{}", text(&output.stderr));
}

#[test]
fn what_no_phones_check_asks_is_asked_beside_them() {
    let questions = [
        (Fault::Edns, "a DNS question with EDNS (an OPT record, RFC 6891) is answered not at all"),
        (Fault::OtherQuestions, "a DNS question for AAAA is answered not at all"),
        (Fault::FirstRead, "a request that comes in two pieces is not answered"),
        (Fault::HeadLimit(1024), "a request with a cookie of 1500 bytes is not answered"),
        (Fault::OneConnection, "beside a connection that says nothing no other is answered within 3 s"),
        (Fault::None, ""),
    ];
    for (fault, told) in questions {
        let portal = Portal::start(fault);
        let output = check(&[&portal.http, "--dns", &portal.dns, "--json", "--phones", "android-14"]);
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let odd: Vec<_> = said["odd"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        let is_told = |told: &str| !told.is_empty() && odd.iter().any(|one| one.starts_with(told));
        assert_eq!(is_told(told), fault != Fault::None, "{fault:?}: {odd:?}");
        let others = questions.iter().filter(|(other, told)| *other != fault && is_told(told)).count();
        assert_eq!(others, 0, "{fault:?}, and only that: {odd:?}");
    }
}

/// A name that is asked for on the way to the check after the page is waited for like the check itself.
#[test]
fn a_sheet_that_its_own_check_closes_is_seen_however_slowly_names_are_answered() {
    let portal = Portal::start(Fault::ClosesItself);
    let output = check(&[&portal.http, "--dns", &portal.dns, "--json", "--phones", "android-9"]);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &said["phones"][0]["sheet"]), (Some(1), &"closes".into()), "{said:#}");
}

/// A page of 50 MB and a redirect without end are told as that, in a time that a person would wait.
#[test]
fn a_page_that_does_not_end_is_told_in_bounded_time() {
    for (fault, told) in [(Fault::Huge, "does not end"), (Fault::Loop, "more than 20 redirects")] {
        let began = Instant::now();
        let portal = Portal::start(fault);
        let output = check(&[&portal.http, "--dns", &portal.dns, "--phones", "ios-17,android-14"]);
        let said = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(1), "{fault:?}: {said}");
        assert!(said.contains(told), "{fault:?}: {said}");
        assert!(began.elapsed() < Duration::from_secs(60), "{fault:?}: {:?}", began.elapsed());
    }
}

#[test]
fn a_portal_that_dies_is_told_with_its_last_request_and_nobody_after_it_is_blamed() {
    let (_portal, target) = stand_in(&profile("esp8266-captive-portal.toml"));
    let output = check_it(&target, &["--phones", "firefox,windows-11,nm-gnome", "--at-once", "1"]);
    let said = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(1), "{said}");
    for words in
        ["the portal has gone", "success.txt?ipv", "by firefox", "2 more came when the portal had gone"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("no sheet windows-11"), "{said}");
}

#[test]
fn what_is_known_when_the_time_is_over_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = broken(folder.path(), "answer = \"portal\"", "answer = \"silence\"");
    let (_portal, target) = stand_in(&path);
    let began = Instant::now();
    let output = check_it(&target, &["--phones", "android-14,windows-11", "--timeout", "2s"]);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("--timeout 2s is over") && told.contains("phones could not check"), "{told}");
    assert!(text(&output.stdout).contains("Your portal opens on 0 of "), "{}", text(&output.stdout));
}

/// Who edits a portal beside `check --watch` is told anew when it answers otherwise, and not otherwise.
#[test]
fn a_portal_that_is_repaired_is_checked_again() {
    let portal = Portal::start(Fault::Unrepaired);
    let mut child = vestibule()
        .args(["check", &portal.http, "--dns", &portal.dns, "--phones", "android-14,ios-17"])
        .args(["--watch", "--timeout", "120s"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let running = Running(child);
    let mut until = |words: &str| {
        let said: Vec<String> = lines.by_ref().take_while(|line| !line.contains(words)).collect();
        said.join("\n")
    };
    until("Your portal opens on 0 of 2 phones.");
    // As long as it says the same, so does the check.
    std::thread::sleep(Duration::from_secs(4));
    portal.changed.store(true, std::sync::atomic::Ordering::SeqCst);
    let said = until("Your portal opens on 2 of 2 phones.");
    assert_eq!(said.matches("--- after ").count(), 1, "{said}");
    assert!(said.contains("another answer to GET http://"), "{said}");
    end_well(running);
}

/// Asks for an end as Ctrl-C does: the code is that of the last check.
#[cfg(unix)]
fn end_well(mut running: Running) {
    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
}

#[cfg(not(unix))]
fn end_well(_: Running) {}

/// It may be started before the portal is, and stays while that is started anew.
#[test]
fn a_portal_that_comes_up_again_is_checked_again() {
    let (listener, socket) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let (http, dns) = (listener.local_addr().unwrap(), socket.local_addr().unwrap());
    drop((listener, socket));
    let mut child = vestibule()
        .args(["check", &http.to_string(), "--dns", &dns.to_string(), "--phones", "android-14"])
        .args(["--watch", "--timeout", "120s"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let _running = Running(child);
    let ports =
        ["--http-port", &http.port().to_string(), "--dns-port", &dns.port().to_string()].map(str::to_owned);
    for (name, opens) in [("nodemcu-2019.toml", "on 0 of 1"), ("esp8266-captive-portal.toml", "on 1 of 1")] {
        let path = profile(name);
        let arguments: Vec<&str> = ["stand-in", path.to_str().unwrap()]
            .into_iter()
            .chain(ports.iter().map(String::as_str))
            .collect();
        let _portal = start(&arguments);
        let said = lines.find(|line| line.contains("Your portal opens")).unwrap_or_default();
        assert!(said.contains(opens), "{name}: {said}");
    }
}

/// What `--watch` cannot be with is named.
#[test]
fn watch_is_for_who_reads_along() {
    for other in ["--json", "--wait=5s", "--junit=x.xml", "--engine=chromium"] {
        let output = check(&["127.0.0.1:1", "--watch", other]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("'--watch' cannot be used with"), "{said}");
    }
}
