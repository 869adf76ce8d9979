//! `vestibule journey` at portals that are not ours: one that buries its form behind a button, says the result or does
//! not, loses what was typed.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

/// How a portal behaves.
#[derive(Clone, Copy, PartialEq)]
enum Says {
    /// A page that loads itself again until the device has joined, with its address.
    Result,
    /// "Saved.", and no more.
    Nothing,
    /// No form at all.
    NoForm,
    /// What was typed.
    Passphrase,
    /// "Saved.", after a form that is sent by GET.
    ByGet,
}

/// A portal, and the forms that it was sent.
struct Portal {
    http: String,
    dns: String,
    forms: Arc<Mutex<Vec<String>>>,
}

fn portal(says: Says) -> Portal {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let (http, dns) = (tcp.local_addr().unwrap().to_string(), udp.local_addr().unwrap().to_string());
    std::thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, from)) = udp.recv_from(&mut question) {
            let is_address = question[length - 3] == 1;
            let mut answer = question[..length].to_vec();
            answer[2..12].copy_from_slice(&[0x84, 0, 0, 1, 0, u8::from(is_address), 0, 0, 0, 0]);
            if is_address {
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
            }
            let _ = udp.send_to(&answer, from);
        }
    });
    let forms = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&forms);
    std::thread::spawn(move || {
        for stream in tcp.incoming().flatten() {
            let taken = Arc::clone(&taken);
            std::thread::spawn(move || serve(stream, says, &taken));
        }
    });
    Portal { http, dns, forms }
}

fn serve(mut stream: TcpStream, says: Says, taken: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    let head_ends = loop {
        match request.windows(4).position(|end| end == b"\r\n\r\n") {
            Some(at) => break at + 4,
            None => match stream.read(&mut piece) {
                Ok(length) if length > 0 => request.extend_from_slice(&piece[..length]),
                _ => return,
            },
        }
    };
    let head = String::from_utf8_lossy(&request[..head_ends]).into_owned();
    let line = |name: &str| {
        head.lines()
            .find_map(|line| line.to_lowercase().strip_prefix(name).map(|value| value.trim().to_owned()))
    };
    let length: usize = line("content-length:").map_or(0, |value| value.parse().unwrap());
    while request.len() < head_ends + length {
        let more = stream.read(&mut piece).unwrap();
        request.extend_from_slice(&piece[..more]);
    }
    let body = String::from_utf8_lossy(&request[head_ends..]).into_owned();
    let path = head.split([' ', '?']).nth(1).unwrap().to_owned();
    let portal = stream.local_addr().unwrap();
    let page = match (path.as_str(), says) {
        ("/", Says::NoForm) => "<title>Lamp</title><p>Welcome.".to_owned(),
        ("/", _) => "<title>Lamp</title><form action=/erase><button>Erase WiFi</button></form>\
                     <form action=/wifi><button>Configure WiFi</button></form>"
            .to_owned(),
        ("/wifi", Says::ByGet) => "<title>WiFi</title><form action=wifisave><label>SSID <input name=s></label><label>Password \
                                   <input name=p type=password></label><button>Save</button></form>"
            .to_owned(),
        ("/wifi", _) => "<title>WiFi</title><form method=POST action=wifisave><label for=s>SSID</label><input id=s name=s \
                         maxlength=32><label for=p>Password</label><input id=p name=p type=password \
                         maxlength=63><button>Save</button></form>"
            .to_owned(),
        ("/wifisave", says) => {
            taken.lock().unwrap().push(body.clone());
            match says {
                Says::Result => "<meta http-equiv=refresh content='0;url=/wait'><p>Trying.".to_owned(),
                Says::Passphrase => format!("<p>Saved {body} four green lanterns"),
                _ => "<p>Saved. Trying to connect.".to_owned(),
            }
        }
        ("/wait", _) => "<p>Connected to Café & Co. The address is <a href=http://192.168.1.77/>192.168.1.77</a>.".to_owned(),
        _ => {
            let head = format!(
                "HTTP/1.1 302 Found\r\nLocation: http://{portal}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes());
            return;
        }
    };
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: \
         close\r\n\r\n{page}",
        page.len()
    );
}

fn journey(portal: &Portal, passphrase: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args([
            "journey",
            &portal.http,
            "--dns",
            &portal.dns,
            "--ssid",
            "Café & Co",
            "--passphrase-file",
            "-",
        ])
        .args(["--phones", "ios-17"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(passphrase.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// What was said, lines joined.
fn text(output: &Output) -> String {
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is typed arrives as it was typed, whatever is in it, and what the device says is read.
#[test]
fn an_owner_finds_the_form_behind_a_button_and_reads_the_result() {
    for passphrase in ["four green lanterns", "+ & % \" ' < > \\ =;#", "a%2Bb+c&d=e"] {
        let portal = portal(Says::Result);
        let output = journey(&portal, passphrase);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains("ios-17 set up: the device said that it has joined"), "{said}");
        assert!(said.contains("reads that the device is on the network at 192.168.1.77"), "{said}");
        assert!(!said.contains(passphrase), "{said}");
        let forms = portal.forms.lock().unwrap().clone();
        let typed: Vec<(String, String)> =
            url::form_urlencoded::parse(forms[0].as_bytes()).into_owned().collect();
        assert_eq!(forms.len(), 1);
        assert_eq!(typed, [("s".into(), "Café & Co".into()), ("p".into(), passphrase.to_owned())]);
    }
}

#[test]
fn a_portal_that_does_not_say_the_result_is_told_and_what_to_change() {
    for (says, told) in [
        (Says::Nothing, "the page after the form neither says the result nor goes on"),
        (Says::NoForm, "the page has no form for a network and its passphrase"),
    ] {
        let portal = portal(says);
        let output = journey(&portal, "four green lanterns");
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(told) && said.contains(" change "), "{said}");
        assert_eq!(portal.forms.lock().unwrap().len(), usize::from(says == Says::Nothing));
    }
}

#[test]
fn a_passphrase_that_is_shown_or_sent_in_the_address_is_odd_and_not_told() {
    let portal = portal(Says::Passphrase);
    let said = text(&journey(&portal, "four green lanterns"));
    assert!(said.contains("/wifisave shows the passphrase that was typed"), "{said}");
    assert!(!said.contains("four green lanterns") && !said.contains("four+green"), "{said}");
    let portal = self::portal(Says::ByGet);
    let said = text(&journey(&portal, "four green lanterns"));
    assert!(said.contains("sends the passphrase in the address"), "{said}");
    assert!(!said.contains("lanterns"), "{said}");
}
