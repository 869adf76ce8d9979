//! `vestibule record` and `vestibule serve` as a person runs them, with clients over real sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use vestibule::capture::{Sent, load};
use vestibule::internal::{ask_address, read_address};

const PROBE: &str = "GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\nConnection: close\r\n\
    User-Agent: CaptiveNetworkSupport-407.40.1 wispr\r\n\r\n";

/// Starts a command; returns where its portal and its DNS are.
fn start(arguments: &[&str]) -> (Child, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(arguments)
        .args(["--dns-port", "0", "--http-port", "0", "--exit-after", "6s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    let word = |line: String| line.split_whitespace().nth(1).unwrap().to_owned();
    let portal = word(lines.next().unwrap()).replace("http://", "").replace('/', "");
    let dns = word(lines.next().unwrap());
    (child, portal, dns)
}

fn ask(portal: &str, request: &str) -> String {
    let mut reply = String::new();
    let mut stream = TcpStream::connect(portal).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let _ = stream.read_to_string(&mut reply);
    reply
}

/// Asks until the access point is up.
fn resolve(dns: &str) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut answer = [0; 512];
    for _ in 0..20 {
        socket.send_to(&ask_address(7, "captive.apple.com").unwrap(), dns).unwrap();
        if let Ok(length) = socket.recv(&mut answer) {
            return read_address(&answer[..length]).unwrap().to_string();
        }
    }
    panic!("no answer from {dns}");
}

fn requests(file: &Path) -> Vec<(String, Option<String>)> {
    let capture = load::load(file).unwrap();
    let request = |sent: &Sent| match sent {
        Sent::Request { request, recorded_reply, .. } => {
            Some((String::from_utf8(request.as_bytes().to_vec()).unwrap(), recorded_reply.clone()))
        }
        _ => None,
    };
    capture.exchanges.iter().filter_map(|exchange| request(&exchange.sent)).collect()
}

#[test]
fn what_a_client_says_to_the_portal_is_recorded_without_its_cookies() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("phone.jsonl");
    let (child, portal, dns) = start(&["record", "-o", file.to_str().unwrap()]);
    assert_eq!(resolve(&dns), "127.0.0.1");
    let with_cookie = PROBE.replace("\r\n\r\n", "\r\nCookie: a=secret\r\n\r\n");
    assert!(ask(&portal, &with_cookie).starts_with("HTTP/1."));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("secret") && text.contains("A captive.apple.com"), "{text}");
    let said = requests(&file);
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].0, PROBE);
    assert!(said[0].1.as_ref().unwrap().contains("302"));
}

#[test]
fn another_portal_is_recorded_through_this_host() {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = upstream.local_addr().unwrap().to_string();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = upstream.accept().unwrap();
        let mut request = [0; 1024];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nother").unwrap();
        request[..length].to_vec()
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.jsonl");
    let (child, portal, dns) = start(&["record", "-o", file.to_str().unwrap(), "--upstream", &at]);
    assert_eq!(resolve(&dns), "127.0.0.1");
    assert!(ask(&portal, PROBE).ends_with("other"));
    assert_eq!(answering.join().unwrap(), PROBE.as_bytes());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    // Of what it said, the length is kept.
    assert!(requests(&file)[0].1.as_ref().unwrap().ends_with("Content-Length: 5\r\n\r\nxxxxx"));
}

#[test]
fn a_form_that_is_sent_by_get_is_recorded_without_what_was_typed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("form.jsonl");
    let (child, portal, dns) = start(&["record", "-o", file.to_str().unwrap()]);
    assert_eq!(resolve(&dns), "127.0.0.1");
    let form = "GET /wifisave?s=MariasHome&p=hunter22secret HTTP/1.1\r\nHost: 192.168.4.1\r\nConnection: close\r\n\
        Referer: http://192.168.4.1/wifi?p=hunter22secret\r\nX-Client-Mac: 3c0630aabbcc\r\n\r\n";
    assert!(ask(&portal, form).starts_with("HTTP/1."));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(&file).unwrap();
    for secret in ["hunter22secret", "MariasHome", "3c0630aabbcc", "wifisave"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert!(requests(&file)[0].0.starts_with("GET /path-1 HTTP/1.1\r\nHost: 192.168.4.1\r\n"), "{text}");
}

#[test]
fn serve_answers_and_says_what_to_do_when_it_cannot_listen() {
    let (child, portal, dns) = start(&["serve"]);
    assert_eq!(resolve(&dns), "127.0.0.1");
    assert!(ask(&portal, PROBE).contains(&format!("http://{portal}/")));
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let fails = |arguments: &[&str], remedy: &str| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_vestibule")).arg("serve").args(arguments).output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains(remedy), "{complaint}");
    };
    fails(&["--dns-port", "0", "--http-port", &port], "choose another port with --http-port");
    fails(&["--address", "192.0.2.1", "--dns-port", "0", "--http-port", "0"], "`ip -4 address` lists them");
    fails(&["--address", "0.0.0.0"], "expected the one address");
}
