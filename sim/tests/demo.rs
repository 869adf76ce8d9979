//! `vestibule demo` as a reader and a program meet it: the process, its sockets and its files.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;
use vestibule::owner;

/// Longer than anything here may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The passphrase of the demo's simulated router.
const PASSPHRASE: &str = "four green lanterns";

/// The command, which ends by itself should a test not get so far as to end it.
fn demo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.arg("demo").args(arguments);
    if !arguments.contains(&"--exit-after") {
        command.args(["--exit-after", "60s"]);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A demo that runs until it is dropped.
struct Running {
    process: Child,
    stdout: BufReader<ChildStdout>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut process = demo(arguments).spawn().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        Self { process, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "it ended");
        line
    }

    /// Reads on to the line that contains this.
    fn line_with(&mut self, words: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Sends the signal, and says how it ended and how long that took.
    #[cfg(unix)]
    fn end(&mut self, signal: &str) -> (Option<i32>, Duration) {
        let asked = Instant::now();
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        (self.process.wait().unwrap().code(), asked.elapsed())
    }
}

/// A demo that a program started, and where it is found.
struct Ready {
    #[cfg_attr(
        not(unix),
        expect(dead_code, reason = "it ends when it is dropped; only Unix sends it signals")
    )]
    running: Running,
    portal: Url,
    dns: String,
    dashboard: Url,
    client: Client,
}

impl Ready {
    fn start(arguments: &[&str]) -> Self {
        let mut running = Running::start(&[&["--ready-json"], arguments].concat());
        let ready: Value = serde_json::from_str(&running.line()).unwrap();
        let text = |key: &str| ready[key].as_str().unwrap_or_else(|| panic!("{key} in {ready}")).to_owned();
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self {
            portal: Url::parse(&text("portal")).unwrap(),
            dns: text("dns"),
            dashboard: Url::parse(&text("dashboard")).unwrap(),
            client: client.build().unwrap(),
            running,
        }
    }

    async fn state(&self) -> Value {
        let answer = self.client.get(self.dashboard.join("state").unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    async fn state_where(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let state = self.state().await;
            if holds(&state) {
                return state;
            }
            assert!(began.elapsed() < TIMEOUT, "not {what}: {state:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn press(&self, button: &Value) -> Response {
        let act = self.client.post(self.dashboard.join("act").unwrap());
        act.body(button.to_string()).send().await.unwrap()
    }

    /// The portal's page once the device has listened for networks.
    async fn page(&self) -> owner::Page {
        let began = Instant::now();
        loop {
            let page = self.client.get(self.portal.clone()).send().await.unwrap();
            assert_eq!(page.status(), StatusCode::OK);
            let page = owner::parse(&page.text().await.unwrap(), &self.portal);
            if page.text.contains("Home") {
                return page;
            }
            assert!(began.elapsed() < TIMEOUT, "no network is listed: {}", page.text);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Fills the portal's form in, as a browser does.
    async fn set_up(&self) -> Url {
        let mut page = self.page().await;
        let holds_passphrase = |form: &&mut owner::Form| {
            form.controls.iter().any(|control| control.kind == owner::ControlKind::Password)
        };
        let form = page.forms.iter_mut().find(holds_passphrase).expect("a form with a passphrase");
        let home = form.controls.iter().position(|control| control.label().starts_with("Home")).unwrap();
        let secret =
            form.controls.iter().position(|control| control.kind == owner::ControlKind::Password).unwrap();
        form.choose(home);
        form.type_into(secret, PASSPHRASE);
        let sent = form.submission();
        let post = self.client.post(sent.url).body(sent.body.unwrap());
        let answer = post.header("content-type", sent.content_type.unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        self.portal.join(answer.headers()["location"].to_str().unwrap()).unwrap()
    }

    /// The result page, to which the form has led its owner.
    async fn read_the_result(&self, result: Url) {
        self.state_where("joined", |state| state["device"]["joined"] == "Home").await;
        let page = self.client.get(result).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("connected"), "{page}");
    }

    /// The event stream, from its first event or from the one after `last`, until `words` come.
    async fn events(&self, last: Option<&str>, words: &str) -> String {
        let mut request = self.client.get(self.dashboard.join("events").unwrap());
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let mut stream = request.send().await.unwrap();
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let mut told = String::new();
        while !told.contains(words) {
            let piece = tokio::time::timeout(TIMEOUT, stream.chunk()).await;
            let piece = piece.unwrap_or_else(|_| panic!("no {words:?} in {told}")).unwrap();
            told += std::str::from_utf8(&piece.expect("the stream goes on")).unwrap();
        }
        told
    }
}

#[tokio::test]
async fn a_program_finds_the_portal_and_a_browser_sets_the_device_up() {
    let demo = Ready::start(&[]);
    let before = demo.state().await;
    assert_eq!(before["device"]["state"], "PortalOpen");
    assert_eq!(before["home"]["passphrase"], PASSPHRASE);
    assert!(demo.dns.parse::<std::net::SocketAddr>().unwrap().ip().is_loopback());
    for (file, holds) in [("", "<title>"), ("main.js", "EventSource"), ("page.css", "color-scheme")] {
        let answer = demo.client.get(demo.dashboard.join(file).unwrap()).send().await.unwrap();
        assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        assert!(answer.text().await.unwrap().contains(holds), "{file}");
    }

    let result = demo.set_up().await;
    demo.read_the_result(result).await;
    let after = demo.state_where("connected", |state| state["device"]["state"] == "Connected").await;
    assert_eq!(after["device"]["stored"], "Home");
    assert_eq!(after["device"]["access_point"], false);
    assert_eq!(after["links"]["portal"], Value::Null);
    let joined: Vec<_> = after["networks"].as_array().unwrap().iter().map(|n| n["joined"] == true).collect();
    assert_eq!(joined.iter().filter(|joined| **joined).count(), 1);
    let home = Url::parse(after["links"]["home"].as_str().unwrap()).unwrap();
    assert_eq!(demo.client.get(home).send().await.unwrap().status(), StatusCode::OK);
    assert!(demo.client.get(demo.portal.clone()).send().await.is_err(), "the access point is down");
}

#[tokio::test]
async fn events_tell_the_past_go_on_where_a_browser_was_and_hold_no_passphrase() {
    let demo = Ready::start(&[]);
    demo.set_up().await;
    let told = demo.events(None, r#""event":"stored""#).await;
    let first = told.find(r#""event":"power""#).expect("the beginning is told");
    assert!(first < told.find(r#""event":"submitted""#).unwrap());
    assert!(told.contains(r#""words":"remembers \"Home\"""#), "{told}");
    assert!(told.contains(r#""story":false"#) && told.contains(r#""story":true"#));
    for secret in [PASSPHRASE, "four+green+lanterns", "four%20green"] {
        assert!(!told.contains(secret));
    }

    let id_of = |event: &str| {
        let event = told.split("\n\n").find(|told| told.contains(event)).unwrap();
        event.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned()
    };
    let submitted = id_of(r#""event":"submitted""#);
    let rest = demo.events(Some(&submitted), r#""event":"stored""#).await;
    assert!(!rest.contains(r#""event":"submitted""#) && !rest.contains(r#""event":"power""#), "{rest}");
    // An id of another run says nothing about this one.
    let anew = demo.events(Some("0-7"), r#""event":"stored""#).await;
    assert!(anew.contains(r#""event":"power""#));
}

#[tokio::test]
async fn buttons_do_what_they_say() {
    let demo = Ready::start(&[]);
    let added = demo.press(&json!({ "do": "add-phone", "model": "android-14" })).await;
    assert_eq!(added.status(), StatusCode::OK);
    let lines: Value = serde_json::from_str(&added.text().await.unwrap()).unwrap();
    assert!(lines["lines"].as_str().unwrap().starts_with("[[phone]]\nmodel = \"android-14\"\n"), "{lines}");
    let told = demo.state_where("told", |state| state["phones"][0]["told"] == true).await;
    assert_eq!(told["phones"][0]["name"], "1/android-14");
    assert_eq!(told["phones"][0]["sheet_seen"], true);
    assert_eq!(told["phones"][0]["findings"], 0);
    assert_eq!(told["device"]["stored"], "Home");

    demo.press(&json!({ "do": "power-off" })).await;
    let off = demo.state().await;
    assert_eq!((&off["device"]["power"], &off["device"]["state"]), (&json!(false), &Value::Null));
    assert_eq!(off["device"]["stored"], "Home", "flash needs no power");
    assert_eq!(demo.press(&json!({ "do": "clear" })).await.status(), StatusCode::CONFLICT);
    demo.press(&json!({ "do": "power-on" })).await;
    demo.state_where("connected again", |state| state["device"]["state"] == "Connected").await;

    demo.press(&json!({ "do": "new-passphrase" })).await;
    let changed = demo.state().await;
    assert_ne!(changed["home"]["passphrase"], PASSPHRASE);
    demo.press(&json!({ "do": "new-passphrase" })).await;
    assert_ne!(demo.state().await["home"]["passphrase"], changed["home"]["passphrase"]);
    assert_eq!(changed["device"]["joined"], Value::Null);

    demo.press(&json!({ "do": "clear" })).await;
    let cleared = demo.state_where("open", |state| state["device"]["access_point"] == true).await;
    assert_eq!(cleared["device"]["stored"], Value::Null);
}

#[tokio::test]
async fn a_bad_button_is_refused_with_what_was_expected() {
    let demo = Ready::start(&[]);
    let refused = demo.press(&json!({ "do": "explode" })).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let why = refused.text().await.unwrap();
    assert!(why.contains("expected") && why.contains("power-off") && why.contains("explode"), "{why}");
    let refused = demo.press(&json!({ "do": "x".repeat(5000) })).await;
    assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(demo.state().await["device"]["state"], "PortalOpen", "nothing has happened");
}

#[tokio::test]
async fn whoever_means_another_server_is_refused() {
    let demo = Ready::start(&[]);
    let act = demo.dashboard.join("act").unwrap();
    let state = demo.dashboard.join("state").unwrap();
    let power_off = || demo.client.post(act.clone()).body(r#"{"do":"power-off"}"#);
    // What a browser sends once a name of the web resolves to 127.0.0.1.
    let rebound = format!("rebound.example:{}", demo.dashboard.port().unwrap());
    let rebound = demo.client.get(state).header("host", rebound).send().await.unwrap();
    assert_eq!(rebound.status(), StatusCode::FORBIDDEN);
    assert!(!rebound.text().await.unwrap().contains(PASSPHRASE));
    for origin in ["http://example.org", "null"] {
        let foreign = power_off().header("origin", origin).send().await.unwrap();
        assert_eq!(foreign.status(), StatusCode::FORBIDDEN, "{origin}");
    }
    assert_eq!(demo.state().await["device"]["power"], true);
    let own = demo.dashboard.as_str().trim_end_matches('/').replace("127.0.0.1", "localhost");
    let own = power_off().header("origin", own).send().await.unwrap();
    assert_eq!(own.status(), StatusCode::OK);
    assert_eq!(demo.state().await["device"]["power"], false);
}

fn refusal(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = demo(arguments).output().unwrap();
    assert_eq!(status.code(), Some(2), "{arguments:?}");
    String::from_utf8(stderr).unwrap()
}

#[test]
fn a_port_that_is_taken_is_named_with_the_option_that_chooses_another() {
    // The first device's address on this machine, see the loopback driver.
    let own = Ipv4Addr::new(127, 67, 1, 1);
    let device = if UdpSocket::bind((own, 0)).is_ok() { own } else { Ipv4Addr::LOCALHOST };
    let tcp = TcpListener::bind((device, 0)).unwrap();
    let udp = UdpSocket::bind((device, 0)).unwrap();
    let dashboard = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    for (option, address) in [
        ("--http-port", tcp.local_addr().unwrap()),
        ("--dns-port", udp.local_addr().unwrap()),
        ("--dashboard-port", dashboard.local_addr().unwrap()),
    ] {
        let said = refusal(&[option, &address.port().to_string()]);
        assert!(said.contains(option) && said.contains("taken"), "{option}: {said}");
        assert!(said.contains(&address.to_string()), "{option}: {said}");
    }
}

#[test]
fn a_flash_file_that_is_none_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    std::fs::write(&file, "Dear reader").unwrap();
    let said = refusal(&["--flash", file.to_str().unwrap()]);
    assert!(said.contains("--flash") && said.contains("letter.txt"), "{said}");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "Dear reader");
    let said = refusal(&["--flash", folder.path().join("no/such").to_str().unwrap()]);
    assert!(said.contains("No such file") || said.contains("cannot find"), "{said}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_device_remembers_across_two_runs() {
    let folder = tempfile::tempdir().unwrap();
    let flash = folder.path().join("flash.bin");
    let flash = flash.to_str().unwrap();
    let mut first = Ready::start(&["--flash", flash]);
    first.set_up().await;
    first.state_where("stored", |state| state["device"]["stored"] == "Home").await;
    assert_eq!(first.running.end("-INT").0, Some(0));

    // No journey: it would end with the device cleared.
    let mut second = Running::start(&["--flash", flash]);
    second.line_with("joins the network that it remembers");
    second.line_with("joined \"Home\"");
    second.line_with("The device remembered its network");
    assert_eq!(second.end("-INT").0, Some(0));
    let third = Ready::start(&["--flash", flash]);
    third.state_where("connected", |state| state["device"]["state"] == "Connected").await;
}

#[cfg(unix)]
#[tokio::test]
async fn with_a_key_the_flash_file_tells_nothing_and_another_key_does_not_open_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (flash, key, other) = (path("flash.bin"), path("key"), path("other"));
    std::fs::write(&key, [1; 32]).unwrap();
    std::fs::write(&other, [2; 32]).unwrap();
    std::fs::write(path("short"), [1; 31]).unwrap();
    let said = refusal(&["--flash", &flash, "--key", &path("short")]);
    assert!(said.contains("--key") && said.contains("31 bytes"), "{said}");
    assert!(refusal(&["--key", &key]).contains("--flash"), "it seals a file");

    let mut first = Ready::start(&["--flash", &flash, "--key", &key]);
    first.set_up().await;
    first.state_where("stored", |state| state["device"]["stored"] == "Home").await;
    assert_eq!(first.running.end("-INT").0, Some(0));
    let image = std::fs::read(&flash).unwrap();
    assert!(!image.windows(4).any(|window| window == b"Home"));

    let another = Ready::start(&["--flash", &flash, "--key", &other]);
    another.state_where("its portal is open", |state| state["device"]["state"] == "PortalOpen").await;
    drop(another);
    assert_eq!(std::fs::read(&flash).unwrap(), image, "it is not erased");
    let again = Ready::start(&["--flash", &flash, "--key", &key]);
    again.state_where("connected", |state| state["device"]["state"] == "Connected").await;
}

#[cfg(unix)]
#[tokio::test]
async fn signals_end_it_within_a_second_whoever_is_attached() {
    for signal in ["-INT", "-TERM"] {
        let mut demo = Ready::start(&[]);
        let mut follower = demo.client.get(demo.dashboard.join("events").unwrap()).send().await.unwrap();
        assert!(follower.chunk().await.unwrap().is_some());
        let (code, took) = demo.running.end(signal);
        assert_eq!(code, Some(0), "{signal}");
        assert!(took < Duration::from_secs(1), "{signal} took {took:?}");
        assert!(demo.client.get(demo.dashboard.clone()).send().await.is_err(), "nobody listens any more");
    }
}

#[cfg(unix)]
#[test]
fn the_journey_is_told_line_by_line_and_can_be_interrupted() {
    let mut demo = Running::start(&[]);
    demo.line_with("Dashboard  http://127.0.0.1:");
    demo.line_with("1/ios-17     SIGN-IN SHEET opens");
    let told = demo.line_with("could not join \"Home\"");
    assert!(told.contains("WrongPassphrase") && !told.contains('\u{1b}'), "no colours in a pipe: {told:?}");
    let (code, took) = demo.end("-INT");
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn it_ends_by_itself_and_says_how_to_go_on() {
    let mut quick = Running::start(&["--skip-journey", "--exit-after", "6s"]);
    quick.line_with("Now you are the phone");
    quick.line_with("http://");
    quick.line_with("Home");
    quick.line_with(PASSPHRASE);
    assert_eq!(quick.process.wait().unwrap().code(), Some(0));
}
