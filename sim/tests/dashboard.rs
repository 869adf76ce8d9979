//! The dashboard over HTTP: what its buttons did is saved as a scenario that does it again, its files are
//! what they say, and nobody else's page gets at any of it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block, PcapBlockOwned, PcapError, PcapNGReader};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;
use vestibule::owner::{Control, ControlKind, Form, Page};
use vestibule::scenario::{Scenario, load};
use vestibule::trace::{self, Record, What};
use vestibule::world::virtual_time::VirtualTime;

/// Longer than anything here may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The passphrase of the demo's simulated router.
const PASSPHRASE: &str = "four green lanterns";

const FIRST_JOIN: &str = include_str!("../../fixtures/scenarios/first-join-ios.toml");

/// A demo that runs until it is dropped.
struct Demo {
    process: Child,
    dashboard: Url,
    client: Client,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.args(["demo", "--ready-json", "--exit-after", "120s"]).args(arguments);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let dashboard = Url::parse(ready["dashboard"].as_str().unwrap()).unwrap();
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { process, dashboard, client: client.build().unwrap() }
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(self.dashboard.join(path).unwrap()).send().await.unwrap()
    }

    async fn text(&self, path: &str) -> String {
        let answer = self.get(path).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        text
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        self.client.post(self.dashboard.join(path).unwrap()).body(body.to_string()).send().await.unwrap()
    }

    /// Presses a button of the live world and gives the lines that it wrote.
    async fn press(&self, button: Value) -> String {
        let answer = self.post("act", &button).await;
        assert_eq!(answer.status(), StatusCode::OK, "{button}");
        let lines: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        lines["lines"].as_str().unwrap().to_owned()
    }

    /// Makes a run and gives its number.
    async fn make(&self, wanted: Value) -> u64 {
        let answer = self.post("runs", &wanted).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::OK, "{wanted}: {text}");
        serde_json::from_str::<Value>(&text).unwrap()["id"].as_u64().unwrap()
    }

    async fn wait_until(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let state = self.json("state").await;
            if holds(&state) {
                return state;
            }
            assert!(began.elapsed() < TIMEOUT, "not {what}: {state:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn parse(text: &str) -> Scenario {
    load::parse(text, "saved.toml".as_ref()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Carries a scenario out in virtual time, as `vestibule run --driver virtual` does.
fn run(scenario: &Scenario, seed: u64) -> (Vec<Record>, vestibule::world::virtual_time::VirtualRunOutcome) {
    let mut records = Vec::new();
    let outcome =
        VirtualTime::new(scenario, seed).record_frames().run(scenario, |record| records.push(record.clone()));
    (records, outcome)
}

#[tokio::test]
async fn what_the_buttons_did_to_the_live_world_is_saved_and_happens_again() {
    let demo = Demo::start(&[]);
    let added = demo.press(json!({ "do": "add-phone", "model": "ios-17" })).await;
    assert!(added.contains("model = \"ios-17\""), "{added}");
    demo.wait_until("told", |state| state["phones"][0]["told"] == true).await;
    demo.wait_until("connected", |state| state["device"]["state"] == "Connected").await;
    let mut written = vec![added];
    written.push(demo.press(json!({ "do": "power-cut" })).await);
    assert_eq!(
        demo.post("act", &json!({ "do": "clear" })).await.status(),
        StatusCode::CONFLICT,
        "it has no power"
    );
    demo.wait_until("connected again", |state| state["device"]["state"] == "Connected").await;
    for button in ["channel-move", "new-passphrase"] {
        written.push(demo.press(json!({ "do": button })).await);
    }
    written.push(demo.press(json!({ "do": "clear" })).await);
    demo.wait_until("open", |state| state["device"]["access_point"] == true).await;

    let text = demo.text("runs/live/scenario.toml").await;
    for lines in &written {
        let saved = lines.trim().lines().all(|line| text.contains(line));
        assert!(saved, "{lines} is not in {text}");
    }
    assert!(text.contains(PASSPHRASE), "the world's own, as in its file");
    let scenario = parse(&text);
    let (records, outcome) = run(&scenario, 1);
    assert_eq!((outcome.unmet, outcome.violation), (vec![], None), "{text}");
    let told = |words: &str| records.iter().any(|record| trace::words(&record.what).contains(words));
    for words in ["no power for 2s", "moves to channel 11", "gets another passphrase", "told to forget"] {
        assert!(told(words), "{words}");
    }
}

#[tokio::test]
async fn a_button_in_a_run_makes_a_run_whose_file_does_the_very_same() {
    let demo = Demo::start(&[]);
    let first = demo.make(json!({ "name": "first.toml", "text": FIRST_JOIN, "seed": 5 })).await;
    let torn = demo.make(json!({ "run": first, "at": 2_000_000, "press": { "do": "torn-write" } })).await;
    let lossy = demo.make(json!({ "run": torn, "at": 4_000_000, "press": { "do": "loss" } })).await;
    let about = demo.json(&format!("runs/{lossy}")).await;
    assert_eq!((&about["run"]["parent"], &about["run"]["carried"]["failed"]), (&json!(torn), &json!([])));
    assert!(about["run"]["line"].as_str().unwrap().contains("kind = \"loss\""));
    let text = demo.text(&format!("runs/{lossy}/scenario.toml")).await;
    let (records, outcome) = run(&parse(&text), 5);
    assert_eq!(outcome.unmet, [], "{text}");
    assert_eq!(about["run"]["carried"]["hash"], outcome.hash, "another run");
    // The page was told what the file brings about.
    assert_eq!(about["records"].as_array().unwrap().len(), records.len() + 1);

    let phone = json!({ "run": first, "at": 1_000_000, "press": { "do": "deauthenticate", "phone": 9 } });
    let refused = demo.post("runs", &phone).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert!(refused.text().await.unwrap().contains("there is no phone 9"));
    let frames = demo.post("act", &json!({ "do": "loss" })).await;
    assert_eq!(frames.status(), StatusCode::CONFLICT, "real sockets lose nothing");
}

#[tokio::test]
async fn the_files_of_a_run_are_what_they_say() {
    let demo = Demo::start(&[]);
    let run = demo.make(json!({ "of": "journey" })).await;
    let file = demo.get(&format!("runs/{run}/frames.pcapng")).await;
    assert!(file.headers()["content-disposition"].to_str().unwrap().contains("attachment"));
    let frames = packets(&file.bytes().await.unwrap());
    let records = trace::parse(&demo.text(&format!("runs/{run}/trace.jsonl")).await, "t".as_ref()).unwrap();
    let told = records.iter().filter(|record| matches!(record.what, What::Frame { .. })).count();
    assert!(frames == told && frames > 100, "{frames} of {told} frames");
    let har = demo.json(&format!("runs/{run}/requests.har")).await;
    assert_eq!(har["log"]["version"], "1.2");
    assert!(har["log"]["entries"].as_array().unwrap().len() > 10);
    assert!(demo.text(&format!("runs/{run}/timeline.svg")).await.starts_with("<svg"));
    for file in ["frames.pcapng", "requests.har"] {
        let refused = demo.get(&format!("runs/live/{file}")).await;
        assert_eq!(refused.status(), StatusCode::CONFLICT, "no frames on sockets");
    }
    assert_eq!(demo.get(&format!("runs/{run}/secrets")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(demo.get("runs/99/trace.jsonl").await.status(), StatusCode::NOT_FOUND);

    // A saved trace is looked at as the run itself was.
    let text = demo.text(&format!("runs/{run}/trace.jsonl")).await;
    let saved = demo.make(json!({ "name": "t.jsonl", "text": text })).await;
    let (again, before) =
        (demo.json(&format!("runs/{saved}")).await, demo.json(&format!("runs/{run}")).await);
    assert_eq!(again["records"], before["records"]);
    // A page in it is served as the phone was given it, and cannot do anything.
    let page = before["records"].as_array().unwrap().iter().find(|record| record["event"] == "page").unwrap();
    let shown = demo.get(&format!("runs/{saved}/pages/{}", page["number"])).await;
    assert!(
        shown.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("sandbox; default-src 'none'")
    );
    // But for what would run or lead on by itself, which the sandbox forbids and a browser complains of.
    let (shown, given) = (shown.text().await.unwrap(), page["html"].as_str().unwrap());
    assert!(given.contains("<script") && !shown.contains("<script") && !shown.contains("refresh"), "{shown}");
    let (before, after) = (given.split("<script").next().unwrap(), given.rsplit("</script>").next().unwrap());
    assert!(shown.starts_with(before) && shown.ends_with(after), "{shown}");
}

/// The number of packets in a pcapng file, which a reader of others takes.
fn packets(bytes: &[u8]) -> usize {
    let mut reader = PcapNGReader::new(1 << 20, std::io::Cursor::new(bytes)).unwrap();
    let mut packets = 0;
    loop {
        match reader.next() {
            Ok((length, block)) => {
                packets += usize::from(matches!(block, PcapBlockOwned::NG(Block::EnhancedPacket(_))));
                reader.consume(length);
            }
            Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
            Err(PcapError::Eof) => return packets,
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Chooses the network and types a passphrase, as a browser does on the phone's page.
async fn send_the_form(demo: &Demo, page: &Page, phone: &Url, typed: &str) -> Url {
    let asks = |form: &&Form| form.controls.iter().any(|control| control.kind == ControlKind::Password);
    let mut form = page.forms.iter().find(asks).unwrap().clone();
    let find = |is: &dyn Fn(&Control) -> bool| form.controls.iter().position(is).unwrap();
    let home = find(&|control| control.label().starts_with("Home"));
    let secret = find(&|control| control.kind == ControlKind::Password);
    form.choose(home);
    form.type_into(secret, typed);
    let sent = form.submission();
    let post = demo
        .client
        .post(sent.url)
        .header("origin", phone.as_str().trim_end_matches('/'))
        .header("content-type", sent.content_type.unwrap());
    let answer = post.body(sent.body.unwrap()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    phone.join(answer.headers()["location"].to_str().unwrap()).unwrap()
}

/// The type of a page's script.
const SCRIPT: &str = "text/javascript; charset=utf-8";

fn hold_no_passphrase(records: &[Record]) {
    for record in records {
        if let What::SocketBytes { bytes, .. } = &record.what {
            for secret in [PASSPHRASE, "four+green", "four%20green", "not+the+right"] {
                assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
            }
        }
    }
}

#[tokio::test]
async fn the_readers_phone_is_the_device_over_real_sockets_and_what_is_typed_is_not_written_down() {
    let demo = Demo::start(&[]);
    let state = demo.wait_until("open", |state| state["device"]["access_point"] == true).await;
    let phone = Url::parse(state["links"]["phone"].as_str().unwrap()).unwrap();
    let (page, policy) = loop {
        let answer = demo.client.get(phone.clone()).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let page = vestibule::owner::parse(&answer.text().await.unwrap(), &phone);
        if page.text.contains("Home") {
            break (page, policy);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let dashboard = demo.dashboard.as_str().trim_end_matches('/');
    let script = demo.client.get(phone.join("/portal.js").unwrap()).header("sec-fetch-dest", "script");
    let script = script.send().await.unwrap();
    assert_eq!(script.headers()["content-type"], SCRIPT);
    assert_eq!(script.status(), StatusCode::OK);
    assert!(
        policy.contains(&format!("frame-ancestors {dashboard}")) && policy.contains("default-src 'none'"),
        "{policy}"
    );

    // A wrong passphrase, then the right one, as a browser sends them from the window's own page.
    for (typed, comes) in [("not the right one", "Failed"), (PASSPHRASE, "Connected")] {
        let result_page = send_the_form(&demo, &page, &phone, typed).await;
        if comes == "Connected" {
            demo.wait_until("joined", |state| state["device"]["joined"] == "Home").await;
            let result = demo.client.get(result_page).send().await.unwrap();
            assert_eq!(result.status(), StatusCode::OK);
        }
        demo.wait_until(comes, |state| state["device"]["state"] == comes).await;
    }
    // At home the phone finds the device at its new address, through the same window.
    assert_eq!(demo.client.get(phone.clone()).send().await.unwrap().status(), StatusCode::OK);
    // A page that came from the access point asks for its script when the device has left: a browser would complain of a page.
    demo.wait_until("left", |state| state["device"]["access_point"] == false).await;
    let script = demo.client.get(phone.join("/portal.js").unwrap()).header("sec-fetch-dest", "script");
    let script = script.send().await.unwrap();
    assert_eq!(script.headers()["content-type"], SCRIPT);
    assert_eq!(script.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(script.text().await.unwrap(), "");

    let trace = demo.text("runs/live/trace.jsonl").await;
    assert!(
        trace.contains("\"event\":\"socket-bytes\"") && trace.contains("\"redacted\":"),
        "bytes are told"
    );
    hold_no_passphrase(&trace::parse(&trace, "t".as_ref()).unwrap());
    assert!(!trace.contains(PASSPHRASE));
    // The scenario has a phone that does what the reader did.
    let text = demo.text("runs/live/scenario.toml").await;
    assert!(text.contains("\"wrong\",") && text.contains("\"right\""), "{text}");
    let (_, outcome) = run(&parse(&text), 1);
    assert_eq!((outcome.unmet, outcome.violation), (vec![], None), "{text}");

    // The window is a way to the device for the dashboard's page and nobody else.
    let rebound = demo.client.get(phone.clone()).header("host", "rebound.example").send().await.unwrap();
    assert_eq!(rebound.status(), StatusCode::FORBIDDEN);
    let foreign = demo.client.post(phone).header("origin", "http://example.org").send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn whoever_means_another_server_gets_at_no_route() {
    let demo = Demo::start(&[]);
    let run = demo.make(json!({ "of": "journey" })).await;
    for path in
        ["runs", "state", "events", "main.js", &format!("runs/{run}"), &format!("runs/{run}/scenario.toml")]
    {
        let request = demo.client.get(demo.dashboard.join(path).unwrap()).header("host", "rebound.example");
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(!refused.text().await.unwrap().contains(PASSPHRASE));
    }
    for path in ["runs", "act"] {
        let request =
            demo.client.post(demo.dashboard.join(path).unwrap()).header("origin", "http://example.org");
        let refused = request.body(r#"{"of":"journey"}"#).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let policy = demo.get("").await.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("script-src 'self'"), "{policy}");
}

#[tokio::test]
async fn a_reader_who_does_not_want_to_wait_has_the_device_at_once() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    let mut process = command.args(["demo", "--exit-after", "60s"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let told =
        lines.find_map(|line| line.unwrap().trim().strip_prefix("Dashboard ").map(str::to_owned)).unwrap();
    let dashboard = Url::parse(told.split_whitespace().next().unwrap()).unwrap();
    let client = Client::builder().no_proxy().build().unwrap();
    let demo = Demo { process, dashboard, client };
    assert_eq!(demo.wait_until("up", |state| state["device"]["access_point"] == true).await["journey"], true);
    let lines = demo.press(json!({ "do": "your-turn" })).await;
    assert!(lines.contains("do = \"phone-leaves\"") && lines.contains("do = \"clear\""), "{lines}");
    let state = demo.wait_until("open", |state| state["device"]["state"] == "PortalOpen").await;
    assert_eq!((&state["journey"], &state["phones"][0]["on_access_point"]), (&json!(false), &json!(false)));
    let text = demo.text("runs/live/scenario.toml").await;
    let (_, outcome) = run(&parse(&text), 1);
    assert_eq!((outcome.unmet, outcome.violation), (vec![], None), "{text}");
}

/// Somebody's own neighbourhood.
const OWN: &str = "name = \"own\"\n[device]\nname = \"Kettle\"\n[[network]]\nssid = \"Attic\"\npassphrase = \"seven old doors\"\n\
                   [[network]]\nssid = \"Cellar\"\nsignal = -70\n[[phone]]\nmodel = \"ios-17\"\nwants = \"Attic\"\nhabits = \"hurried\"\n\
                   [expect]\nwithin = \"1min\"\nstate = \"connected\"\n";

#[tokio::test]
async fn a_scenario_of_ones_own_is_the_world_of_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.toml");
    std::fs::write(&file, OWN).unwrap();
    let demo = Demo::start(&["--scenario", file.to_str().unwrap()]);
    let state = demo.wait_until("open", |state| state["device"]["access_point"] == true).await;
    assert_eq!((&state["device"]["name"], &state["home"]["ssid"]), (&json!("Kettle"), &json!("Attic")));
    assert_eq!(state["home"]["passphrase"], "seven old doors");
    assert_eq!(state["phones"], json!([]), "for a program nobody comes by");
    let added = demo.press(json!({ "do": "add-phone", "model": "android-14" })).await;
    assert!(added.contains("wants = \"Attic\""), "{added}");
    let text = demo.text("runs/live/scenario.toml").await;
    assert!(text.contains("Kettle") && text.contains("Cellar") && !text.contains("ios-17"), "{text}");
    parse(&text);

    for (text, told) in [
        ("name = \"x\"\n[expect]\nwithin = \"1s\"\n".to_owned(), "it has no [[network]]"),
        (
            format!("{OWN}\n[[fault]]\nat = \"1s\"\nkind = \"loss\"\npercent = 30\nlasts = \"1s\"\n"),
            "--open FILE",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        let output = command.args(["demo", "--exit-after", "5s", "--scenario"]).arg(&file).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("--scenario: ") && said.contains(told), "{said}");
    }
}

#[test]
fn a_run_over_sockets_says_where_its_portal_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.toml");
    std::fs::write(&file, OWN).unwrap();
    let run = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_vestibule")).arg("run").args(arguments).arg(&file).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let said = run(&["-v"]);
    assert!(said.contains("the portal is http://127."), "{said}");
    assert!(!run(&[]).contains("the portal is"));
}

#[tokio::test]
async fn a_file_to_begin_with_is_there_and_one_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("first.toml");
    std::fs::write(&file, FIRST_JOIN).unwrap();
    let demo = Demo::start(&["--open", file.to_str().unwrap(), "--seed", "9"]);
    let runs = demo.json("runs").await;
    assert_eq!((&runs["opened"], &runs["runs"][0]["carried"]["seed"]), (&json!(1), &json!(9)));
    std::fs::write(&file, "name = 1").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    let output = command.args(["demo", "--open", file.to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--open") && said.contains("first.toml:1:"), "{said}");
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["demo", "--dashboard-address", "0.0.0.0"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
