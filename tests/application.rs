//! A device with an application: setup, fields, routes, files, names, a scheduler, a log.

use std::sync::Mutex;
use std::time::Duration;

use vestibule::flash::Flash;
use vestibule::internal::{BROKER, Device, STYLE, STYLE_GZIP, ask_address, read_address};
use vestibule::trace::What;
use vestibule::world::virtual_time::VirtualTime;
use vestibule_core::http::Transfer;
use vestibule_core::label::Label;
use vestibule_core::limits::JOIN_DELAY;
use vestibule_core::limits::{CONNECTIONS, HEAD_TIMEOUT};
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::schedule::Schedule;
use vestibule_core::{
    AccessPoint, AccessPointSecurity, Arrival, Config, ConnectionId, DNS_PORT, Instant, Interface,
    JoinFailure, MacAddress, MayOpen, OwnPassphrase, RadioCommand, RadioEvent, ScanRecord, Security, Ssid,
};
use vestibule_tests::bench::{Answer, Bench};
use vestibule_tests::scenario;

const FORM: &str = "network=486f6d65&passphrase=correct+horse&broker=10.0.0.2&secret=hush&retain=on";

fn joined() -> Bench {
    let mut bench = Bench::new();
    assert_eq!(bench.submit("/setup", FORM).status, 303);
    bench.join();
    bench
}

#[test]
fn connect_or_setup_has_credentials_connect_setup_and_clear() {
    let mut bench = Bench::new();
    let now = bench.now();
    assert!(
        !bench.portal().has_credentials() && bench.portal().state() == ProvisioningState::PortalOpen,
        "connect_or_setup"
    );
    bench.submit("/setup", FORM);
    bench.join();
    assert!(bench.portal().has_credentials());
    bench.wait(Duration::from_secs(200));
    bench.portal().setup(now);
    assert_eq!(bench.portal().state(), ProvisioningState::Scanning, "whatever is stored");
    bench.portal().factory_reset(now).unwrap();
    assert!(!bench.portal().has_credentials() && bench.portal().state() == ProvisioningState::Idle);
    bench.portal().connect(now);
    assert_eq!(
        bench.portal().state(),
        ProvisioningState::Idle,
        "nothing to connect with, and no portal for it"
    );
}

#[test]
fn the_name_is_the_access_points_and_the_labels() {
    let mac = MacAddress([2, 0, 0, 0xab, 0xcd, 0xef]);
    let name = Ssid::of_device(b"Lamp", mac);
    let own = OwnPassphrase::derive(b"sixteen random b", mac).unwrap();
    let security = AccessPointSecurity::Wpa2(own);
    let config = Config { access_point_security: security, ..Config::new(name) };
    let passphrase = config.access_point_security.passphrase().clone();
    let label = Label::new(&config.name, &passphrase).unwrap().to_string();
    assert!(label.starts_with("WIFI:T:WPA;S:Lamp-ABCDEF;P:"), "{label}");
    let raised = raised(config);
    assert_eq!(raised.ssid, name);
    assert!(label.contains(std::str::from_utf8(raised.security.passphrase().expose()).unwrap()));
}

#[test]
fn networks_in_sight_with_strength_and_lock_and_those_that_cannot_be_used() {
    let mut bench = Bench::new();
    let hear = |bench: &mut Bench, name: &str, signal, security| {
        let (ssid, bssid) = (Ssid::new(name.as_bytes()).unwrap(), MacAddress([2, 0, 0, 0, 0, signal as u8]));
        bench.radio(RadioEvent::NetworkFound(ScanRecord { ssid, bssid, channel: 1, signal, security }));
    };
    let token = bench.token();
    assert_eq!(bench.post("/rescan", &format!("token={token}")).status, 303, "and the phone stays");
    for (name, signal) in [("Mesh", -70), ("Mesh", -40), ("Far", -89)] {
        hear(&mut bench, name, signal, Security::Wpa2);
    }
    hear(&mut bench, "Cafe", -60, Security::Open);
    hear(&mut bench, "Office", -50, Security::Enterprise);
    bench.radio(RadioEvent::ScanFinished);
    let page = bench.get("/");
    let list = page.text().split("Another network").next().unwrap();
    let rows: Vec<&str> = list.split("<label class=\"row").skip(1).collect();
    let names = ["Mesh", "Cafe", "Far", "Office"];
    assert_eq!(rows.len(), names.len(), "one row a name");
    for (row, name) in rows.iter().zip(names) {
        assert!(
            row.contains(&format!("<bdi>{name}</bdi>")),
            "strongest first, and last what cannot be joined: {row}"
        );
        let row = row.split("</label>").next().unwrap();
        assert_eq!(row.contains(" disabled"), name == "Office", "{row}");
        assert_eq!(row.matches("<svg").count(), if matches!(name, "Mesh" | "Far") { 2 } else { 1 }, "{row}");
    }
    assert!(page.text().contains("Another network"), "a hidden one is typed");
}

#[test]
fn the_device_is_known_by_name_and_says_so_over_mdns() {
    let scenario = scenario(
        "name = \"by name\"\n[device]\nname = \"Lamp 4F2A\"\nap_shutdown_delay = \"1s\"\n[[network]]\nssid = \"Home\"\n\
         [[phone]]\nmodel = \"ios-17\"\nwants = \"Home\"\nhabits = \"hurried\"\nvisits = true\nby_name = true\n\
         expect = { visited = true }\n[expect]\nwithin = \"60s\"",
    );
    let mut said = Vec::new();
    let outcome = VirtualTime::new(&scenario, 1).run(&scenario, |record| match &record.what {
        What::Named { name } => said.push(name.clone()),
        What::Visits { url } => said.push(url.clone()),
        _ => {}
    });
    assert!(outcome.unmet.is_empty(), "{:?}", outcome.unmet);
    assert_eq!(said, ["Lamp-4F2A", "http://lamp-4f2a.local/"]);
}

#[test]
fn the_portal_closes_when_nobody_uses_it_if_it_is_to() {
    let config = Config::new(Ssid::new(b"Lamp").unwrap());
    assert_eq!((config.idle_timeout, config.absolute_timeout), (None, None), "off by default");
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    for (timeout, is_open) in [(None, true), (Some(minutes(5)), false)] {
        let config = Config { idle_timeout: timeout, may_open: MayOpen::OnceAfterPowerUp, ..config.clone() };
        let mut device = Device::new(config, Flash::in_memory(2), 1);
        device.power_on(Instant::from_micros(0));
        let portal = device.portal().unwrap();
        portal.handle_radio(RadioEvent::ScanFinished, Instant::from_micros(0));
        let end = Instant::from_micros(0) + minutes(6);
        while let Some(due) = portal.poll_timeout().filter(|due| *due <= end) {
            portal.handle_timeout(due);
        }
        assert_eq!(portal.state().has_access_point(), is_open, "{timeout:?}");
    }
}

#[test]
fn programs_list_networks_submit_one_and_hear_why_it_failed() {
    let mut bench = Bench::new();
    let seen = bench.get("/api/access-points");
    assert_eq!((seen.status, seen.header("Content-Type")), (200, Some("application/json")));
    assert!(
        seen.text()
            .contains(r#"{"ssid":"Home","signal":-50,"channel":6,"security":"wpa2","supported":true}"#)
    );

    let token = bench.token();
    let without = bench.post("/api/access-point", &format!("token={token}&passphrase=correct+horse"));
    assert_eq!(without.status, 400, "without an SSID");
    assert!(without.text().contains(r#""code":"no-network""#), "{}", without.text());
    let form = "ssid=Home&passphrase=correct+horse&broker=10.0.0.2";
    assert_eq!(bench.post("/api/access-point", form).status, 403, "from anybody's page");
    let taken = bench.post("/api/access-point", &format!("token={token}&{form}"));
    assert_eq!(taken.status, 202);
    assert!(taken.text().starts_with(r#"{"state":"joining","ssid":"Home","next":""#), "{}", taken.text());
    assert_eq!(bench.lamp().submitted.as_ref().unwrap().get("broker"), Some("10.0.0.2"));

    bench.wait(JOIN_DELAY);
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    let failed = bench.get("/api/status");
    assert!(failed.text().contains(r#""code":"wrong-passphrase""#), "{}", failed.text());
    assert!(failed.text().contains(r#""remedy":"Type the password again"#), "{}", failed.text());
    let again = format!(
        r#"{{"token":"{token}","ssid":"Home","passphrase":"correct horse","retain":true,"port":1884}}"#
    );
    assert_eq!(bench.post_json("/api/access-point", &again).status, 202);
    let values = bench.lamp().submitted.clone().unwrap();
    assert_eq!(
        (values.get("retain"), values.get("port")),
        (Some("on"), Some("1884")),
        "typed as JSON has it"
    );
    assert_eq!(values.get("broker"), Some("10.0.0.2"), "what is left out stays");
    bench.join();
    assert!(bench.get("/api/status").text().contains(r#""address":"192.168.1.77""#));
}

#[test]
fn the_access_point_closes_when_the_pings_stop() {
    let mut bench = joined();
    assert_eq!(bench.post("/api/alive", "timeout=8").status, 403, "anybody");
    assert!(bench.get("/").text().contains("192.168.1.77"));
    for _ in 0..5 {
        assert_eq!(bench.alive("timeout=8").status, 204);
        bench.wait(Duration::from_secs(7));
        assert_eq!(bench.portal().state(), ProvisioningState::Closing);
    }
    bench.wait(Duration::from_secs(2));
    assert_eq!(bench.portal().state(), ProvisioningState::Connected);
}

#[test]
fn the_passphrase_can_be_kept_from_who_is_in_range() {
    let name = Ssid::new(b"Lamp").unwrap();
    let own = OwnPassphrase::derive(b"sixteen random b", MacAddress([2, 0, 0, 0, 0, 1])).unwrap();
    let security = AccessPointSecurity::Wpa2Wpa3(own);
    assert!(Config::new(name).access_point_security == AccessPointSecurity::Open, "a choice");
    let config = Config { access_point_security: security.clone(), ..Config::new(name) };
    assert_eq!(raised(config).security, security);
}

/// The access point that a device of this configuration raises.
fn raised(config: Config) -> AccessPoint {
    let mut device = Device::new(config, Flash::in_memory(2), 1);
    let now = Instant::from_micros(0);
    device.power_on(now);
    let portal = device.portal().unwrap();
    portal.handle_radio(RadioEvent::ScanFinished, now);
    let raised = std::iter::from_fn(|| portal.poll_radio()).find_map(|command| match command {
        RadioCommand::RaiseAccessPoint(raised) => Some(raised),
        _ => None,
    });
    raised.expect("it raises one")
}

#[test]
fn what_failed_has_a_reason_and_what_is_stored_is_in_no_page() {
    let mut bench = Bench::new();
    bench.submit("/setup", FORM);
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    assert!(bench.get("/api/status").text().contains("\"wrong-passphrase\""));
    bench.submit("/setup", FORM);
    bench.join();
    for path in ["/", "/api/status", "/api/networks", "/lamp", "/no"] {
        let (here, home) = (bench.get(path), bench.get_at_home(path));
        for answer in [here, home] {
            let said = answer.head.clone() + &String::from_utf8_lossy(&answer.body);
            assert!(!said.contains("horse") && !said.contains("hush"), "{path}: {said}");
        }
    }
}

#[test]
fn a_callback_runs_on_joining_and_may_replace_the_address() {
    let mut bench = Bench::new();
    bench.submit("/setup", FORM);
    assert_eq!(bench.lamp().submitted.as_ref().unwrap().get("broker"), Some("10.0.0.2"));
    let before = bench.lamp().events;
    bench.join();
    assert!(bench.lamp().events > before, "the hook was not called");
    let page = bench.get("/");
    assert!(
        page.text().contains("<code id=\"address\">lamps/&lt;192.168.1.77&gt;</code>"),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("192.168.1.77</code>"), "in its place, not beside it");
    let told = bench.events().len();
    assert!(told > 0 && bench.lamp().events >= told, "every event goes to the hook, too");
}

#[test]
fn redirects_go_to_an_absolute_url() {
    let mut bench = Bench::new();
    let check = bench.send(
        Interface::AccessPoint,
        b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n",
    );
    assert_eq!((check.status, check.header("Location")), (302, Some("http://192.168.4.1/")));
    // With the device's name, so that the sheet shows it, where that is chosen.
    let name = Ssid::new(b"Lamp").unwrap();
    let config = Config { redirect_host: Some("lamp-4f2a.internal"), ..Config::new(name) };
    let mut named = Bench::with(config, Flash::in_memory(2));
    let check = named.send(
        Interface::AccessPoint,
        b"GET /hotspot-detect.html HTTP/1.1\r\nHost: captive.apple.com\r\n\r\n",
    );
    assert_eq!((check.status, check.header("Location")), (302, Some("http://lamp-4f2a.internal/")));
    let page = b"GET / HTTP/1.1\r\nHost: lamp-4f2a.internal\r\n\r\n";
    assert_eq!(named.send(Interface::AccessPoint, page).status, 200);
}

#[test]
fn files_have_their_type_and_may_be_kept_and_asked_about() {
    let mut bench = joined();
    let plain = bench.get("/lamp.css");
    assert_eq!((plain.status, plain.body.as_slice()), (200, STYLE));
    assert_eq!(plain.header("Content-Type"), Some("text/css"));
    assert_eq!(plain.header("Cache-Control"), Some("max-age=3600"));
    assert_eq!(plain.header("Content-Encoding"), None);
    assert_eq!(plain.header("Vary"), Some("Accept-Encoding"), "a cache between keeps them apart");

    let ask = |bench: &mut Bench, line: &str, headers: &str| bench.ask(Interface::AccessPoint, line, headers);
    let packed = ask(&mut bench, "GET /lamp.css", "Accept-Encoding: br, gzip;q=0.5\r\n");
    assert_eq!((packed.header("Content-Encoding"), packed.body.as_slice()), (Some("gzip"), STYLE_GZIP));
    assert_eq!(packed.header("Content-Type"), Some("text/css"), "of what is inside");
    for refuses in ["gzip;q=0", "identity, gzip;q=0.1", "br"] {
        let answer = ask(&mut bench, "GET /lamp.css", &format!("Accept-Encoding: {refuses}\r\n"));
        assert_eq!(answer.body, STYLE, "{refuses}");
    }

    let (tag, packed_tag) = (plain.header("ETag").unwrap(), packed.header("ETag").unwrap());
    assert_ne!(tag, packed_tag, "other bytes, another tag");
    for known in [tag.to_owned(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let answer = ask(&mut bench, "GET /lamp.css", &format!("If-None-Match: {known}\r\n"));
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{known}");
        assert_eq!(answer.header("ETag"), Some(tag));
        assert_eq!(answer.header("Content-Length"), None);
    }
    let stale = ask(&mut bench, "GET /lamp.css", &format!("If-None-Match: {packed_tag}\r\n"));
    assert_eq!(stale.status, 200);

    let head = ask(&mut bench, "HEAD /lamp.css", "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("Content-Length"), Some(STYLE.len().to_string().as_str()));

    let picture = bench.get_at_home("/pictures/lamp.png");
    assert_eq!((picture.header("Content-Type"), picture.body.last()), (Some("image/png"), Some(&0xff)));
    assert_eq!(picture.header("Cache-Control"), Some("max-age=31536000, immutable"));
}

#[test]
fn what_is_not_there_is_redirected_on_the_access_point_and_an_error_at_home() {
    let mut bench = joined();
    assert_eq!(bench.get("/pictures/lamp.png").status, 302, "served at home alone");
    assert_eq!(bench.get_at_home("/no/such/page").status, 404);
}

#[test]
fn errors_are_html_or_json_as_the_client_prefers() {
    let mut bench = joined();
    for (accept, kind) in [
        ("", "text/html; charset=utf-8"),
        ("Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n", "text/html; charset=utf-8"),
        ("Accept: application/json\r\n", "application/problem+json"),
        ("Accept: text/html;q=0.2, application/json;q=0.3\r\n", "application/problem+json"),
        ("Accept: image/png\r\n", "text/plain; charset=utf-8"),
    ] {
        // The portal's own error and the application's.
        for path in ["/no/such/page", "/lines/many"] {
            let answer = bench.ask(Interface::Home, &format!("GET {path}"), accept);
            assert_eq!((answer.status, answer.header("Content-Type")), (404, Some(kind)), "{path} {accept}");
            let html = answer.text().contains("<h1>");
            assert_eq!(html, kind.starts_with("text/html"), "{}", answer.text());
        }
    }
    let problem = bench.ask(Interface::Home, "GET /lines/x", "Accept: application/json\r\n");
    assert_eq!(problem.text(), "{\"title\":\"Not Found\",\"status\":404}");
}

#[test]
fn routes_by_method_and_path_are_asked_in_order() {
    let mut bench = joined();
    let put = b"PUT /notes/a%2Fb?x=1&q=caf%C3%A9+bar HTTP/1.1\r\nHost: 192.168.4.1\r\nX-Note:  seen \r\n\
                Content-Length: 4\r\n\r\n\0\xff\r\n";
    assert_eq!(bench.send(Interface::AccessPoint, put).status, 204);
    let asked = bench.lamp().last_request.clone();
    assert_eq!(asked.parameter, b"a/b");
    assert_eq!(asked.query, "café bar".as_bytes());
    assert_eq!(asked.header, b"seen");
    assert_eq!(asked.body, b"\0\xff\r\n", "binary, untouched");

    let wrong = bench.ask(Interface::AccessPoint, "DELETE /notes/1", "");
    assert_eq!((wrong.status, wrong.header("Allow")), (405, Some("POST, PUT")));
    let wrong = bench.ask(Interface::AccessPoint, "DELETE /lamp", "");
    assert_eq!((wrong.status, wrong.header("Allow")), (405, Some("GET, HEAD, POST")));
    assert_eq!(bench.ask(Interface::AccessPoint, "OPTIONS /lamp", "").status, 405);

    assert!(bench.get_at_home("/lamp").text().contains("<h1>Lamp</h1>"), "the first of those that match");
    assert_eq!(bench.get_at_home("/garage").text(), "a page of any name\n");
    assert_eq!(bench.get("/garage").status, 302, "that route is served at home alone");
    assert_eq!(bench.get("/old/a/b").header("Location"), Some("/lamp"), "whatever follows");
    // The portal's own.
    assert_eq!(bench.ask(Interface::AccessPoint, "DELETE /setup", "").header("Allow"), Some("POST"));
    let foreign = b"GET /lamp HTTP/1.1\r\nHost: example.org\r\n\r\n";
    assert_eq!(bench.send(Interface::AccessPoint, foreign).status, 302, "checks stay the portal's");
}

#[test]
fn a_scheduler_every_so_often_and_cancelled() {
    let start = Instant::from_micros(0);
    let mut schedule = Schedule::<&str, 3>::new();
    let blink = schedule.every(Duration::from_secs(2), "blink", start).unwrap();
    schedule.once(Duration::from_secs(5), "ring", start).unwrap();
    let mut done = Vec::new();
    while let Some(due) = schedule.poll_timeout().filter(|due| *due <= start + Duration::from_secs(9)) {
        while let Some(task) = schedule.poll(due) {
            done.push((task, due.since(start).as_secs()));
        }
        if due >= start + Duration::from_secs(6) {
            assert!(schedule.cancel(blink));
        }
    }
    assert_eq!(done, [("blink", 2), ("blink", 4), ("ring", 5), ("blink", 6)]);
}

#[test]
fn a_name_may_be_resolved_by_the_application() {
    let mut bench = Bench::new();
    let now = bench.now();
    let mut resolve = |name: &str| {
        let (from, port) = ("192.168.4.2:5000".parse().unwrap(), DNS_PORT);
        let arrival = Arrival { interface: Interface::AccessPoint, from, port };
        let (question, mut reply) = (ask_address(1, name).unwrap(), [0; 512]);
        let answer = bench.portal().handle_datagram(arrival, &question, &mut reply, now).unwrap();
        read_address(&reply[..answer.length]).unwrap()
    };
    assert_eq!(resolve("broker.lamp"), BROKER);
    assert_eq!(resolve("Broker.LAMP"), BROKER);
    for other in ["lamp", "a.broker.lamp", "broker.lamp.example", "captive.apple.com"] {
        assert_eq!(resolve(other).to_string(), "192.168.4.1", "{other}");
    }
}

/// What was said, with its level.
static SAID: Mutex<Vec<(log::Level, String)>> = Mutex::new(Vec::new());

struct Listener;

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        if record.target().starts_with("vestibule_core") {
            SAID.lock().unwrap().push((record.level(), record.args().to_string()));
        }
    }
    fn flush(&self) {}
}

#[test]
fn the_log_has_levels_and_no_secret() {
    log::set_logger(&Listener).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let mut bench = Bench::new();
    bench.submit("/setup", FORM);
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    let said = SAID.lock().unwrap().clone();
    let has = |level, what: &str| said.iter().any(|(own, line)| *own == level && line.starts_with(what));
    assert!(has(log::Level::Warn, "JoinFailed"), "{said:?}");
    assert!(has(log::Level::Info, "Submitted") && has(log::Level::Debug, "Answered"), "{said:?}");
    assert!(!has(log::Level::Warn, "Answered"));
    assert!(said.iter().all(|(_, line)| !line.contains("horse") && !line.contains("hush")));
}

#[test]
fn idle_sockets_expire_and_meanwhile_others_are_served() {
    let mut bench = Bench::new();
    let opened = bench.now();
    let idle = &ConnectionId::ALL[1..CONNECTIONS - 1];
    for number in idle {
        bench.portal().handle_open(*number, Interface::AccessPoint, opened);
    }
    assert_eq!(bench.get("/").status, 200, "idle ones are in nobody's way");
    bench.wait(HEAD_TIMEOUT);
    let now = bench.now();
    for number in idle {
        let mut out = [0; 64];
        assert_eq!(bench.portal().poll_send(*number, &mut out, now), Transfer::Close, "without a word");
    }
}

#[test]
fn a_slow_reader_stops_nobody() {
    let mut bench = Bench::new();
    let now = bench.now();
    let slow = b"GET /lines/2000 HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";
    bench.portal().handle_open(ConnectionId::ALL[1], Interface::AccessPoint, now);
    assert_eq!(bench.portal().handle_received(ConnectionId::ALL[1], slow, now), slow.len());
    let mut taken = Vec::new();
    // It takes a byte, then somebody else asks for a page and gets it whole.
    for _ in 0..200 {
        let mut out = [0; 1];
        assert_eq!(bench.portal().poll_send(ConnectionId::ALL[1], &mut out, now), Transfer::Bytes(1));
        taken.extend(out);
        assert_eq!(bench.get("/lamp").status, 200);
    }
    taken.extend(bench.collect(ConnectionId::ALL[1], 1460));
    let answer = Answer::read(&taken);
    assert_eq!(answer.text().lines().count(), 2000);
    assert_eq!(answer.text().lines().last(), Some("line  1999"));
}

#[test]
fn the_devices_page_on_the_home_network_needs_no_script() {
    let mut bench = joined();
    let page = bench.get_at_home("/");
    assert!(page.text().contains("The lamp is off."), "{}", page.text());
    assert!(page.text().contains("Broker: 10.0.0.2"));
    for page in [page, bench.get("/"), bench.get("/lamp")] {
        let handler = |rest: &str| rest.trim_start_matches(char::is_alphabetic).starts_with('=');
        let handlers = page.text().split(" on").skip(1).any(handler);
        // The one script makes the page better, comes from the device, and is missed by nothing.
        assert!(!handlers && !without_own_script(page.text()).contains("<script"), "{}", page.text());
    }
}

/// A page but for the reference to the device's own script.
fn without_own_script(page: &str) -> String {
    page.replace("<script src=\"/portal.js\" defer></script>", "")
}
