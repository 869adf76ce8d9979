//! The page of a sheet in a real engine, at stand-in portals: one that is right, and those that bytes alone do not give
//! away. They need Chromium and its driver, so `ci/engine.sh` runs them, where nothing but loopback leads anywhere:
//! `cargo test --test engine -- --ignored`. VESTIBULE_ENGINES names the engines, chromium alone unless said.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use journeys::{Device, free};
use serde_json::Value;

#[allow(dead_code, reason = "each test has its own use of it")]
#[path = "journeys/mod.rs"]
mod journeys;

/// A page that has nothing wrong with it.
const GOOD: &str = "<!doctype html><html lang=en><meta name=viewport content='width=device-width,initial-scale=1'>\
<title>Lamp</title><style>button,input,select{min-height:48px;width:100%;font-size:16px}</style><h1>Lamp</h1>\
<form method=post action=/save><label for=s>Network</label><select id=s name=s><option>Home<option>Cafe</select>\
<label for=p>Password</label><input id=p name=p type=password><button>Save</button></form>";

/// Longer than the ten seconds that a page has, with an engine's start on a busy machine.
const BOUND: Duration = Duration::from_secs(60);

/// What a portal sends for its page.
#[derive(Clone)]
enum Reply {
    /// These header lines and this body.
    Page(&'static str, Vec<u8>),
    /// So many bytes of text.
    Long(usize),
    /// A redirect to another address each time.
    Loop,
}

/// A portal that answers until the test ends.
struct Portal {
    http: SocketAddr,
    dns: SocketAddr,
    /// The heads of the requests that came.
    heads: Arc<Mutex<Vec<String>>>,
}

impl Portal {
    fn start(reply: Reply) -> Self {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let (http, dns) = (tcp.local_addr().unwrap(), udp.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heads);
        std::thread::spawn(move || answer_questions(&udp));
        std::thread::spawn(move || {
            for stream in tcp.incoming().flatten() {
                let (reply, kept) = (reply.clone(), Arc::clone(&kept));
                std::thread::spawn(move || serve(stream, http, &reply, &kept));
            }
        });
        Self { http, dns, heads }
    }

    fn page(body: &str) -> Self {
        Self::start(Reply::Page("Content-Type: text/html; charset=utf-8\r\n", body.into()))
    }
}

/// Every name leads to the portal, but for those that end in `.example`: they have no address.
fn answer_questions(socket: &UdpSocket) {
    let mut question = [0; 1500];
    while let Ok((length, from)) = socket.recv_from(&mut question) {
        let ends = 12 + question[12..length].iter().position(|byte| *byte == 0).unwrap_or(0) + 5;
        let has_address =
            question[ends - 3] == 1 && !question[..ends].windows(8).any(|part| part == b"\x07example");
        let mut answer = question[..ends].to_vec();
        answer[2..12].copy_from_slice(&[0x84, 0, 0, 1, 0, u8::from(has_address), 0, 0, 0, 0]);
        if has_address {
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
        }
        let _ = socket.send_to(&answer, from);
    }
}

fn serve(mut stream: TcpStream, portal: SocketAddr, reply: &Reply, kept: &Mutex<Vec<String>>) {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(length) if length > 0 => head.extend_from_slice(&piece[..length]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split([' ', '?']).nth(1).unwrap_or_default().to_owned();
    kept.lock().unwrap().push(head);
    let to = |place: &str| {
        format!("HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    };
    let ok = |headers: &str, length: usize| {
        format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n")
    };
    let _ = match reply {
        Reply::Loop => {
            let turn = TURN.fetch_add(1, Ordering::SeqCst);
            stream.write_all(to(&format!("http://{portal}/?{turn}")).as_bytes())
        }
        _ if path != "/" => stream.write_all(to(&format!("http://{portal}/")).as_bytes()),
        Reply::Page(headers, body) => stream.write_all(&[ok(headers, body.len()).as_bytes(), body].concat()),
        Reply::Long(length) => stream
            .write_all(ok("Content-Type: text/html\r\n", *length).as_bytes())
            .and_then(|()| (0..*length / 1000).try_for_each(|_| stream.write_all(&[b'x'; 1000]))),
    };
}

/// The engines that are asked.
fn engines() -> String {
    std::env::var("VESTIBULE_ENGINES").unwrap_or_else(|_| "chromium".into())
}

/// What `check` says of a portal's page: its views, and its exit code.
fn views(portal: &Portal, phone: &str, more: &[&str]) -> (Vec<Value>, Option<i32>) {
    let began = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["check", &portal.http.to_string(), "--dns", &portal.dns.to_string(), "--phones", phone])
        .args(["--engine", &engines(), "--json"])
        .args(more)
        // What leads a browser elsewhere must not.
        .env("http_proxy", "http://127.0.0.1:9")
        .output()
        .unwrap();
    assert!(
        began.elapsed() < BOUND * u32::try_from(engines().split(',').count()).unwrap(),
        "it took too long"
    );
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let views = told["phones"][0]["views"].as_array().unwrap().clone();
    assert_eq!(views.len(), engines().split(',').count(), "{told:#}");
    (views, output.status.code())
}

fn packed(text: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap()
}

#[test]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
fn a_right_page_is_usable_and_asked_for_as_the_phone_asks() {
    let folder = tempfile::tempdir().unwrap();
    let portal = Portal::page(GOOD);
    let (views, code) = views(&portal, "android-11", &["--pictures", folder.path().to_str().unwrap()]);
    for view in &views {
        assert_eq!(view["unusable"], Value::Null, "{view:#}");
        assert_eq!(view["warnings"], Value::Array(Vec::new()), "{view:#}");
        let shows = view["shows"].as_str().unwrap();
        assert!(shows.contains("1 form, 2 choices, 1 password field"), "{shows}");
        assert!(view["usable_after"].as_f64().unwrap() < 10.0 && view["took"].as_f64().unwrap() < 30.0);
        let picture = std::fs::read(Path::new(view["picture"].as_str().unwrap())).unwrap();
        assert!(picture.starts_with(b"\x89PNG"));
    }
    assert_eq!(code, Some(0));
    let heads = portal.heads.lock().unwrap().clone();
    let of_page: Vec<_> = heads
        .iter()
        .filter(|head| head.starts_with("GET / ") && head.contains("Upgrade-Insecure-Requests"))
        .collect();
    assert!(!of_page.is_empty());
    for head in of_page {
        assert!(head.contains("; wv)") && head.contains("Accept-Encoding: gzip, deflate\r\n"), "{head}");
        assert!(head.contains("X-Requested-With: com.android.captiveportallogin\r\n"), "{head}");
    }
}

/// Chromium and Firefox open some sites by https alone, by a list of their own, Fedora's and Arch's among them: what the sheet of
/// these systems shows, another program, is the page that the portal sends it to.
#[test]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
fn a_site_that_an_engine_opens_by_https_alone_is_no_fault_of_the_portal() {
    let portal = Portal::page(GOOD);
    for phone in ["nm-fedora", "nm-arch"] {
        let (views, code) = views(&portal, phone, &[]);
        for view in &views {
            assert_eq!(view["unusable"], Value::Null, "{view:#}");
            assert!(view["shows"].as_str().unwrap().contains("1 form"), "{view:#}");
        }
        assert_eq!(code, Some(0), "{phone}");
    }
}

#[test]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
fn what_a_person_could_not_use_is_told_with_its_cause() {
    let html = "Content-Type: text/html; charset=utf-8\r\n";
    let of = |headers, body: &[u8]| Reply::Page(headers, body.to_vec());
    let outside = "<!doctype html><title>x</title><div id=app></div><script src=https://cdn.example/app.js></script>\
                   <script>start()</script>";
    for (what, reply, why) in [
        ("filled by a script from outside", of(html, outside.as_bytes()), "is blank without cdn.example"),
        ("a gzip", of("Content-Type: application/octet-stream\r\n", &packed(GOOD)), "is saved as a file"),
        (
            "brotli",
            of("Content-Type: text/html\r\nContent-Encoding: br\r\n", b"\x8b\x02\x80<p>Lamp</p>\x03"),
            "packed with br",
        ),
        ("source", of("Content-Type: text/plain\r\n", GOOD.as_bytes()), "shown as its source"),
        (
            "white on white",
            of(html, b"<!doctype html><body style='background:#fff;color:#fff'><h1>Lamp</h1><p>Set up"),
            "cannot be told from its background",
        ),
        ("a script without end", of(html, b"<h1>Lamp</h1><script>for(;;);</script>"), "never ends"),
        ("50 MB", Reply::Long(50_000_000), "more than 8 MB"),
        ("a redirect without end", Reply::Loop, "redirects without end"),
        ("nothing", of(html, b"<!doctype html><title>Lamp</title><body>"), "is blank"),
    ] {
        let (views, code) = views(&Portal::start(reply), "android-14", &[]);
        for view in &views {
            let said = view["unusable"].as_str().unwrap_or("nothing");
            assert!(said.contains(why), "{what}: {view:#}");
        }
        assert_eq!(code, Some(1), "{what}");
    }
}

#[test]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
fn what_a_person_would_mind_is_a_warning() {
    let tiny = GOOD.replace("min-height:48px;width:100%;font-size:16px", "height:12px;width:40px;padding:0");
    let faint = GOOD.replace("<h1>", "<h1 style='color:#bbb'>");
    let fails = format!("{GOOD}<script>nothing.there()</script>");
    // The same page, which a script makes in an element of its own.
    let in_shadow = format!(
        "<!doctype html><meta name=viewport content='width=device-width'><title>Lamp</title><lamp-page></lamp-page><script>\
         customElements.define('lamp-page',class extends HTMLElement{{connectedCallback(){{this.attachShadow({{mode:'open'}})\
         .innerHTML={:?}}}}})</script>",
        GOOD.split_once("</title>").unwrap().1
    );
    let late = "<!doctype html><meta name=viewport content='width=device-width'><title>Lamp</title><div id=a></div>\
                <script>setTimeout(function(){document.getElementById('a').innerHTML='<button \
                style=\"width:90px;height:50px\">Set up</button>'},1200)</script>";
    for (page, says) in [
        (tiny.as_str(), Some("3 of 3 touch targets are smaller than 44 pixels: \"Network\" 40 by")),
        (&faint, Some("\"Lamp\" has a contrast of 1.9 to 1")),
        (&fails, Some("the console complains")),
        (late, None),
        (&in_shadow, None),
    ] {
        let (views, code) = views(&Portal::page(page), "android-14", &[]);
        for view in views.iter().filter(|view| view["engine"].as_str().unwrap().starts_with("chromium")) {
            assert_eq!(view["unusable"], Value::Null, "{view:#}");
            let warnings = view["warnings"].to_string().replace('\\', "");
            assert!(warnings.contains(says.unwrap_or("[]")), "{view:#}");
        }
        assert_eq!(code, Some(0));
    }
}

/// What an engine could reach past its proxy is not reached: a listener of this machine that only the page names hears
/// nothing, and the portal hears nothing that the page did not ask for. That nothing leaves the machine is
/// `ci/engine.sh`'s to count.
#[test]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
fn everything_that_an_engine_asks_goes_through_its_proxy() {
    let elsewhere = TcpListener::bind("127.0.0.2:0").unwrap();
    let is_heard = Arc::new(AtomicUsize::new(0));
    let heard = Arc::clone(&is_heard);
    let other = elsewhere.local_addr().unwrap();
    std::thread::spawn(move || {
        for _ in elsewhere.incoming() {
            heard.fetch_add(1, Ordering::SeqCst);
        }
    });
    let page = format!(
        "{GOOD}<img src=http://{other}/a.png><script>new WebSocket('ws://{other}/');new WebSocket('ws://socket.example/');\
         fetch('http://other.example/b');try{{new RTCPeerConnection({{iceServers:[{{urls:'stun:{other}'}}]}})\
         .createDataChannel('a')}}catch(e){{}}</script>"
    );
    let portal = Portal::page(&page);
    let (views, _) = views(&portal, "android-14", &[]);
    assert!(views.iter().all(|view| view["unusable"] == Value::Null), "{views:#?}");
    assert_eq!(is_heard.load(Ordering::SeqCst), 0);
    // The checks' own requests have no language.
    let heads = portal.heads.lock().unwrap();
    for head in heads.iter().filter(|head| head.contains("Accept-Language: ")) {
        let host = head.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap_or_default();
        assert!(host.starts_with("127.0.0.1:") || host == "connectivitycheck.gstatic.com", "{head}");
    }
}

/// The same over a link: the engine's connections are the phone's own, from an address that it was lent, and nothing of
/// this machine's network has a part in it but the two ends of the link.
#[test]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
fn over_a_link_an_engine_goes_through_the_phones_own_stack() {
    let (here, there) = (free(), free());
    let folder = tempfile::tempdir().unwrap();
    let known = "source = \"made up\"\ngrade = \"C\"\n";
    let profile = format!(
        "name = \"lamp\"\nwhat = \"a right page\"\naddress = \"192.168.4.1\"\n{known}\
         [dns.address]\nanswer = \"portal\"\n{known}[dns.other]\nanswer = \"nothing\"\n{known}\
         [https]\nanswer = \"refused\"\n{known}\
         [[http]]\nhost = \"portal\"\npath = \"/page\"\n{known}\
         reply = {{ status = 200, headers = {{ Content-Type = \"text/html\" }}, body = \"{GOOD}\" }}\n\
         [[http]]\n{known}\
         reply = {{ status = 302, headers = {{ Location = \"http://{{portal}}/page\" }}, body = \"moved\" }}\n\
         [dhcp]\nlease = 3600\n{known}"
    );
    let file = folder.path().join("lamp.toml");
    std::fs::write(&file, profile).unwrap();
    let mut portal = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["stand-in", "--link", &format!("udp:{there},{here}")])
        .arg(&file)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["check", "--link", &format!("udp:{here},{there}"), "--phones", "ios-17,android-14"])
        .args(["--engine", &engines(), "--json"])
        .output()
        .unwrap();
    portal.kill().unwrap();
    portal.wait().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    for phone in told["phones"].as_array().unwrap() {
        for view in phone["views"].as_array().unwrap() {
            assert_eq!(view["unusable"], Value::Null, "{view:#}");
            assert_eq!(view["url"], "http://192.168.4.1/page");
            assert!(view["shows"].as_str().unwrap().contains("1 form"), "{view:#}");
        }
        assert_eq!(phone["views"].as_array().unwrap().len(), engines().split(',').count());
    }
    assert_eq!(output.status.code(), Some(0), "{told:#}");
}

/// README's picture of a sheet is what the command makes of the built-in device. VESTIBULE_UPDATE=1 makes it anew.
#[test]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
fn readmes_sheet_is_what_the_command_shows() {
    let device = Device::start(None);
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["check", &device.http, "--dns", &device.dns, "--phones", "ios-17", "--engine", "chromium"])
        .arg("--pictures")
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let made = folder.path().join("ios-17-chromium.png");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/screenshots/sheet.png");
    if std::env::var_os("VESTIBULE_UPDATE").is_some() {
        std::fs::copy(&made, &kept).unwrap();
    }
    let (made, kept) = (pixels(&made), pixels(&kept));
    assert_eq!(made.0, kept.0, "the pictures differ in size");
    let differ = made.1.iter().zip(&kept.1).filter(|(one, other)| one.abs_diff(**other) > 48).count();
    // Fonts are drawn a little differently from machine to machine.
    assert!(differ * 50 < kept.1.len(), "{differ} of {} bytes differ: VESTIBULE_UPDATE=1", kept.1.len());
}

/// The width and height of a picture, and its bytes.
fn pixels(path: &Path) -> ((u32, u32), Vec<u8>) {
    let decoder = png::Decoder::new(BufReader::new(std::fs::File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    ((info.width, info.height), bytes)
}

/// Nothing that was started is there afterwards, whether the command ends or is ended.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs Chromium and its driver: ci/engine.sh"]
fn no_process_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let portal = Portal::page("<h1>Lamp</h1><script>for(;;);</script>");
    let mut child = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["check", &portal.http.to_string(), "--dns", &portal.dns.to_string(), "--phones", "android-14"])
        .args(["--engine", "chromium"])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let running = || {
        // Chromium writes its own name over its environment or its arguments, but not over both.
        let is_ours = |process: &Path| {
            let read = |file| std::fs::read(process.join(file)).unwrap_or_default();
            let text = [read("cmdline"), read("environ")].concat();
            String::from_utf8_lossy(&text).contains(folder.path().to_str().unwrap())
        };
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
        processes.filter(|process| is_ours(process)).count()
    };
    let until = Instant::now() + Duration::from_secs(30);
    while running() < 3 {
        assert!(Instant::now() < until, "no engine has started");
        std::thread::sleep(Duration::from_millis(100));
    }
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(2));
    let until = Instant::now() + Duration::from_secs(5);
    while running() > 0 {
        assert!(Instant::now() < until, "{} processes are left", running());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_engine_that_is_not_there_is_told_with_its_package() {
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["check", "127.0.0.1:1", "--engine", "chromium"])
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("chromedriver is not installed") && said.contains("chromium-driver"), "{said}");
}

/// That is no fault of the portal's, and told as what it is.
#[cfg(unix)]
#[test]
fn an_engine_that_does_not_start_is_told_as_that() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    for program in ["chromedriver", "chromium"] {
        let file = folder.path().join(program);
        std::fs::write(&file, "#!/bin/sh\necho no display >&2\nexit 3\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let portal = Portal::page(GOOD);
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["check", &portal.http.to_string(), "--dns", &portal.dns.to_string()])
        .args(["--phones", "ios-17", "--engine", "chromium"])
        .env("PATH", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("no page was opened: the engine did not start: no display"), "{said}");
}
