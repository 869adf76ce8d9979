//! What a course on small servers teaches: sockets, HTTP by the book, forms, and a device's state.

mod echo;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use vestibule::internal::{Lamp, SampleApplication};
use vestibule::trace::What;
use vestibule::world::virtual_time::VirtualTime;
use vestibule_core::Interface;
use vestibule_tests::bench::{Answer, Bench};
use vestibule_tests::{Device, PASSPHRASE, read_to_end};

fn lamp() -> SampleApplication {
    SampleApplication { lamp: Some(Lamp::default()) }
}

#[test]
fn a_connection_lives_from_accept_to_close_and_stops_no_other_work() {
    let device = Device::start_with(lamp());
    let host = device.portal();
    // One client begins a request and leaves it there.
    let mut lingering = device.connect();
    lingering.write_all(b"GET /lamp HT").unwrap();
    // Meanwhile the device answers datagrams and other clients.
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    socket.send_to(b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01x\0\0\x01\0\x01", device.dns()).unwrap();
    assert!(socket.recv(&mut [0; 512]).is_ok(), "no answer by UDP");
    assert!(device.serves_the_page());
    // The first goes on and gets its answer, a second one on the same connection, then the end.
    lingering.write_all(format!("TP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).unwrap();
    let mut first = [0; 15];
    lingering.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let last = format!("GET /api/lamp HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    lingering.write_all(last.as_bytes()).unwrap();
    let rest = read_to_end(&mut lingering);
    assert!(rest.ends_with("\r\n\r\n{\"on\":false}"), "{rest}");
    // A client that ends its side first still gets its answer.
    let mut half = device.connect();
    half.write_all(format!("GET /api/lamp HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).unwrap();
    half.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(read_to_end(&mut half).ends_with("{\"on\":false}"));
}

#[test]
fn what_comes_to_an_echo_server_comes_back_by_tcp_and_by_udp() {
    let (tcp, udp) = (TcpListener::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let (there, datagrams) = (tcp.local_addr().unwrap(), udp.local_addr().unwrap());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| echo::serve(&tcp, &udp, &stop));
        // One client sends much and reads nothing meanwhile; the others are served all the same.
        let mut deaf = TcpStream::connect(there).unwrap();
        deaf.write_all(&[b'd'; 3000]).unwrap();
        let mut clients: Vec<_> = (0..4).map(|_| TcpStream::connect(there).unwrap()).collect();
        for (number, client) in clients.iter_mut().enumerate() {
            client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            client.write_all(&[number as u8; 100]).unwrap();
        }
        for (number, client) in clients.iter_mut().enumerate().rev() {
            client.shutdown(std::net::Shutdown::Write).unwrap();
            assert_eq!(read_to_end(client).as_bytes(), [number as u8; 100]);
        }
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        socket.send_to(b"a datagram", datagrams).unwrap();
        let mut back = [0; 64];
        let length = socket.recv(&mut back).unwrap();
        assert_eq!(&back[..length], b"a datagram");
        deaf.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(read_to_end(&mut deaf).len(), 3000);
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn requests_and_replies_by_the_book() {
    let mut bench = Bench::new();
    let answer = bench.get("/lamp");
    let (start, headers) = answer.head.split_once("\r\n").unwrap();
    assert_eq!(start, "HTTP/1.1 200 OK");
    assert!(
        headers.ends_with("\r\n\r\n") && headers.lines().filter(|l| !l.is_empty()).all(|l| l.contains(": "))
    );
    let length: usize = answer.header("Content-Length").unwrap().parse().unwrap();
    assert_eq!(length, answer.body.len());

    let old = bench.send(Interface::AccessPoint, b"GET /lamp HTTP/1.0\r\n\r\n");
    assert_eq!((old.status, old.header("Connection")), (200, Some("close")), "1.0 ends after an answer");
    let kept = bench.send(Interface::AccessPoint, b"GET /lamp HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(kept.header("Connection"), Some("keep-alive"));
    let head = bench.ask(Interface::AccessPoint, "HEAD /lamp", "");
    assert_eq!((head.body.len(), head.header("Content-Length")), (0, Some(length.to_string().as_str())));
    assert_eq!(bench.ask(Interface::AccessPoint, "GET /lamp", "Broken header\r\n").status, 400);
}

#[test]
fn parameters_come_by_query_and_by_form_and_only_post_changes_state() {
    let mut bench = Bench::new();
    bench.post("/notes/7?q=in+the+query", "on=1&a=b");
    let asked = bench.lamp().last_request.clone();
    assert_eq!((asked.query.as_slice(), asked.body.as_slice()), (&b"in the query"[..], &b"on=1&a=b"[..]));

    for request in ["GET /lamp?on=1", "HEAD /lamp?on=1", "GET /api/lamp?on=1"] {
        assert_eq!(bench.ask(Interface::AccessPoint, request, "").status, 200);
        assert!(!bench.lamp().is_on, "{request} changed the lamp");
    }
    assert_eq!(bench.ask(Interface::AccessPoint, "PUT /lamp?on=1", "").status, 405);
    assert!(!bench.lamp().is_on);
    assert_eq!(bench.post("/lamp", "on=1").status, 303);
    assert!(bench.lamp().is_on);
    let json = b"POST /lamp HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Type: application/json\r\n\
                 Content-Length: 4\r\n\r\non=0";
    assert_eq!(bench.send(Interface::AccessPoint, json).status, 400, "not a form, whatever it looks like");
    assert!(bench.lamp().is_on);
}

const FORM: &str = "network=486f6d65&passphrase=correct+horse";

#[test]
fn every_kind_of_field_stands_on_the_page_with_a_label() {
    let mut bench = Bench::new();
    let page = bench.get("/");
    for expected in [
        "<label class=\"name\" for=\"field-broker\">MQTT broker</label> <input type=\"text\" id=\"field-broker\" \
         name=\"broker\" value=\"mqtt.local\" maxlength=\"60\"",
        "type=\"password\" id=\"field-secret\" name=\"secret\" value=\"\"",
        "type=\"number\" id=\"field-port\" name=\"port\" value=\"1883\" min=\"1\" max=\"65535\"",
        "type=\"range\" id=\"field-brightness\" name=\"brightness\" value=\"40\" min=\"0\" max=\"100\"",
        "<select id=\"field-colour\" name=\"colour\"><option value=\"warm\" selected>Warm white</option>",
        "<legend class=\"name\">Colour when it starts</legend>",
        "<input type=\"radio\" name=\"start\" value=\"cold\" checked><span>Cold white</span>",
        "<input type=\"checkbox\" name=\"retain\"><span>Keep the last message</span>",
        "<input type=\"hidden\" name=\"build\" value=\"7\">",
        "name=\"then\" value=\"light\">Light up</button>",
        "name=\"then\" value=\"rest\">Rest</button>",
        "<small id=\"hint-broker\">Its name or its address.</small>",
    ] {
        assert!(page.text().contains(expected), "{expected}\n{}", page.text());
    }
    let (connect, light) = (page.text().find(">Connect<").unwrap(), page.text().find(">Light up<").unwrap());
    assert!(connect < light, "the Enter key presses the first button");
}

#[test]
fn what_was_entered_reaches_the_application() {
    let mut bench = Bench::new();
    let form = format!(
        "{FORM}&broker=caf%C3%A9.local&secret=hush&port=8883&brightness=7&colour=cold&start=warm&retain=on&\
         build=8&then=light"
    );
    assert_eq!(bench.submit("/setup", &form).status, 303);
    let values = bench.lamp().submitted.clone().unwrap();
    let all: Vec<_> = values.iter().collect();
    assert_eq!(
        all,
        [
            ("broker", "café.local"),
            ("secret", "hush"),
            ("port", "8883"),
            ("brightness", "7"),
            ("colour", "cold"),
            ("start", "warm"),
            ("retain", "on"),
            ("build", "8"),
            ("then", "light"),
        ]
    );
    assert!(bench.portal().values().is_empty(), "nothing is kept before the network was joined");
    bench.join();
    assert_eq!(bench.portal().values(), &values);
    assert_eq!(bench.lamp().kept.as_ref(), Some(&values));
    let flash = bench.portal().flash_mut().clone();
    let mut bench = Bench::on(flash);
    assert_eq!(bench.lamp().kept.as_ref(), Some(&values), "after a power cut they are back");
}

#[test]
fn a_refused_form_says_what_is_wrong_beside_each_field_and_keeps_the_rest() {
    let mut bench = Bench::new();
    let form =
        format!("{FORM}&broker=two+words&secret=hush&port=0&brightness=55&colour=red&start=warm&retain=on");
    let page = bench.submit("/setup", &form);
    assert_eq!(page.status, 400);
    for expected in [
        "role=\"alert\"",
        "value=\"two words\"",
        "id=\"wrong-broker\">A broker&#39;s name has no spaces.<",
        "aria-invalid=\"true\" aria-describedby=\"wrong-broker hint-broker\"",
        "id=\"wrong-port\">A number from 1 to 65535, please.<",
        "id=\"wrong-colour\">Choose one of those offered.<",
        "name=\"brightness\" value=\"55\"",
        "name=\"start\" value=\"warm\" checked",
        "name=\"retain\" checked",
        "value=\"486f6d65\" checked",
    ] {
        assert!(page.text().contains(expected), "{expected}\n{}", page.text());
    }
    assert_eq!(page.text().matches("aria-invalid").count(), 3);
    for secret in ["hush", "correct horse", "correct+horse"] {
        assert!(!page.text().contains(secret), "{secret} is on the page");
    }
    assert_eq!(bench.lamp().submitted, None, "the application is told of valid forms alone");
    // Two owners at once: each sees what they entered.
    let other = bench.get("/");
    assert!(other.text().contains("value=\"mqtt.local\"") && !other.text().contains("two words"));
    // A mistake in the network keeps the fields, too.
    let page = bench.submit("/setup", "network=486f6d65&passphrase=short77&broker=kept.local");
    assert!(page.text().contains("value=\"kept.local\"") && !page.text().contains("id=\"wrong-"));
}

#[test]
fn what_failed_to_join_is_on_the_page_again_but_for_passwords() {
    let mut bench = Bench::new();
    bench.submit("/setup", &format!("{FORM}&broker=kept.local&secret=hush&retain=on"));
    bench.radio(vestibule_core::RadioEvent::JoinFailed(vestibule_core::JoinFailure::NotFound));
    let page = bench.get("/");
    assert!(page.text().contains("value=\"kept.local\"") && page.text().contains("name=\"retain\" checked"));
    assert!(!page.text().contains("hush"));
    assert!(page.text().contains("Leave it empty to keep the one from before."));
    // Fields of one group: where one of them changes, the secret is typed again.
    assert_eq!(bench.submit("/setup", &format!("{FORM}&broker=kept.local&secret=")).status, 400);
    let answer = bench.submit("/setup", &format!("{FORM}&broker=kept.local&secret=&retain=on"));
    assert_eq!(answer.status, 303, "{}", answer.text());
    let values = bench.lamp().submitted.clone().unwrap();
    assert_eq!((values.get("secret"), values.get("retain")), (Some("hush"), Some("on")));
}

#[test]
fn what_is_entered_cannot_become_markup() {
    let mut bench = Bench::new();
    let page = bench.submit("/setup", &format!("{FORM}&port=1&broker=%22%3E%3Cscript%3E+x"));
    assert!(page.text().contains("value=\"&quot;&gt;&lt;script&gt; x\""), "{}", page.text());
    let but_its_own = page.text().replace("<script src=\"/portal.js\" defer></script>", "");
    assert!(!but_its_own.contains("<script"));
}

#[test]
fn a_devices_state_is_shown_and_changed_from_its_page_at_home() {
    let device = Device::start_with(lamp());
    let host = device.portal();
    let form = format!("network=486f6d65&passphrase={}", PASSPHRASE.replace(' ', "+"));
    let token = device.token();
    let form = format!("token={token}&{form}");
    let post = |host: std::net::SocketAddr, path: &str, form: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        )
    };
    assert!(device.ask(post(host, "/setup", &form).as_bytes()).starts_with("HTTP/1.1 303 "));
    let began = Instant::now();
    while !device.run_state().1 {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not join");
        std::thread::sleep(Duration::from_millis(20));
    }

    let home = device.home();
    let ask = |request: String| {
        let mut stream = TcpStream::connect(home).expect("the device listens at home");
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Answer::read(&bytes)
    };
    let page = || ask(format!("GET / HTTP/1.1\r\nHost: {home}\r\nConnection: close\r\n\r\n"));
    assert!(page().text().contains("The lamp is off."), "{}", page().text());
    assert_eq!(ask(post(home, "/lamp", "on=1")).header("Location"), Some("/lamp"));
    assert!(page().text().contains("The lamp is on."));
    assert_eq!(ask(post(home, "/lamp", "on=0")).status, 303);
    assert!(page().text().contains("The lamp is off."));
    assert_eq!(ask(post(home, "/setup", &form)).status, 405, "nobody at home sets it up");
}

#[test]
fn the_device_posts_data_to_another_site_on_an_event() {
    let scenario = vestibule_tests::scenario(
        "name = \"a webhook\"\n[device]\nname = \"Lamp\"\nstored = \"Home\"\nwebhook = {}\n[[network]]\nssid = \"Home\"\n\
         [[step]]\nafter = \"connected\"\nwait = \"5s\"\ndo = \"restart\"\n[[step]]\nafter = \"connected\"\nwait = \"5s\"\n\
         do = \"network-off\"\nnetwork = \"Home\"\n[expect]\nwithin = \"60s\"\nnotified = true",
    );
    let (mut joined, mut posted) = (0, Vec::new());
    let outcome = VirtualTime::new(&scenario, 1).run(&scenario, |record| match record.what {
        What::Joined { .. } => joined += 1,
        What::Webhook { status } => posted.push(status),
        _ => {}
    });
    assert!(outcome.unmet.is_empty(), "{:?}", outcome.unmet);
    assert_eq!((joined, posted), (2, vec![204, 204]), "once for each time that it has joined");
}
