//! A small captive portal, to see a Rust program in a scenario:
//!
//! ```text
//! rustc --edition 2024 -o portal bindings/rust/portal.rs
//! vestibule run fixtures/devices/first-join.toml --device ./portal
//! ```
//!
//! It stores the network in a file that it replaces as a whole, so that no power cut loses it.

mod vestibule_wifi;

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use vestibule_wifi::{Event, Wifi};

const NAME: &str = "Lamp-4F2A";
const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Progress {
    #[default]
    Nothing,
    Joining,
    WrongPassphrase,
    Joined(String, Ipv4Addr),
}

/// A network and its passphrase.
type Credentials = (String, String);

struct Portal {
    networks: Vec<String>,
    progress: Mutex<Progress>,
    submissions: Sender<Option<Credentials>>,
}

fn main() -> std::io::Result<()> {
    let mut wifi = Wifi::begin()?;
    let file = wifi.folder().join("wifi");
    if load(&file).is_none() {
        set_up(&mut wifi, &file)?;
    }
    let mut is_joined = false;
    loop {
        while let Some(event) = wifi.poll_event() {
            is_joined = false;
            if event == Event::FactoryReset {
                let _ = fs::remove_file(&file);
                wifi.restart();
            }
        }
        if !is_joined && let Some((name, passphrase)) = load(&file) {
            is_joined = wifi.join(name.as_bytes(), passphrase.as_bytes()).is_ok();
        }
        thread::sleep(Duration::from_millis(500));
    }
}

/// Opens the portal until an owner has read that the device is on a network.
fn set_up(wifi: &mut Wifi, file: &Path) -> std::io::Result<()> {
    let heard = wifi.scan();
    let networks = heard.iter().map(|network| String::from_utf8_lossy(&network.name).into_owned());
    let networks = networks.filter(|name| !name.is_empty()).collect();
    let (submissions, submitted) = channel();
    let portal = Arc::new(Portal { networks, progress: Mutex::default(), submissions });
    wifi.raise_access_point(NAME, 6, ADDRESS, "");
    let (dns, http) = (wifi.bind_udp(53)?, wifi.listen_tcp(80)?);
    thread::spawn(move || answer_names(&dns));
    let served = Arc::clone(&portal);
    thread::spawn(move || {
        for client in http.incoming().flatten() {
            let portal = Arc::clone(&served);
            thread::spawn(move || drop(portal.answer(client)));
        }
    });
    for submission in submitted {
        // The result was read.
        let Some((name, passphrase)) = submission else { break };
        let joined = wifi.join(name.as_bytes(), passphrase.as_bytes());
        let progress = match joined {
            Ok(link) => {
                store(file, &name, &passphrase)?;
                Progress::Joined(name, link.address)
            }
            Err(_) => Progress::WrongPassphrase,
        };
        *portal.progress.lock().expect("no thread panics") = progress;
    }
    thread::sleep(Duration::from_secs(2));
    wifi.drop_access_point();
    Ok(())
}

fn store(file: &Path, name: &str, passphrase: &str) -> std::io::Result<()> {
    let new: PathBuf = file.with_extension("new");
    let mut out = File::create(&new)?;
    write!(out, "{name}\n{passphrase}\n")?;
    out.sync_all()?;
    // The old file is whole until this moment, and the new one from then on.
    fs::rename(new, file)
}

fn load(file: &Path) -> Option<Credentials> {
    let text = fs::read_to_string(file).ok()?;
    let mut lines = text.lines();
    Some((lines.next()?.to_owned(), lines.next()?.to_owned()))
}

/// Answers each question for an address with the portal's.
fn answer_names(dns: &UdpSocket) {
    let mut question = [0; 512];
    while let Ok((length, client)) = dns.recv_from(&mut question) {
        if let Some(answer) = named(&question[..length]) {
            let _ = dns.send_to(&answer, client);
        }
    }
}

fn named(question: &[u8]) -> Option<Vec<u8>> {
    let mut end = 12;
    while *question.get(end)? != 0 {
        end += usize::from(question[end]) + 1;
    }
    let asked = question.get(12..end + 5)?;
    let is_address = asked.ends_with(&[0, 1, 0, 1]);
    let mut answer = question[..2].to_vec();
    answer.extend([0x81, 0x80, 0, 1, 0, u8::from(is_address), 0, 0, 0, 0]);
    answer.extend(asked);
    if is_address {
        answer.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 10, 0, 4]);
        answer.extend(ADDRESS.octets());
    }
    Some(answer)
}

impl Portal {
    fn answer(&self, mut client: TcpStream) -> std::io::Result<()> {
        client.set_read_timeout(Some(Duration::from_secs(2)))?;
        let (mut request, mut piece) = (String::new(), [0; 1024]);
        let (head, body) = loop {
            let length = client.read(&mut piece)?;
            if length == 0 || request.len() > 8192 {
                return Ok(());
            }
            request.push_str(&String::from_utf8_lossy(&piece[..length]));
            let Some((head, body)) = request.split_once("\r\n\r\n") else { continue };
            let stated = field(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            if body.len() >= stated {
                break (head.to_owned(), body.to_owned());
            }
        };
        let home = format!("http://{ADDRESS}/");
        if field(&head, "host").as_deref() != Some(&*ADDRESS.to_string()) {
            return redirect(&mut client, "302 Found", &home);
        }
        let line = head.lines().next().unwrap_or_default();
        if line.starts_with("POST /connect ") {
            let value = |name: &str| {
                let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
                pairs
                    .into_iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| decoded(value))
                    .unwrap_or_default()
            };
            *self.progress.lock().expect("no thread panics") = Progress::Joining;
            let _ = self.submissions.send(Some((value("ssid"), value("password"))));
            return redirect(&mut client, "303 See Other", &format!("{home}result"));
        }
        let progress = self.progress.lock().expect("no thread panics").clone();
        match progress {
            Progress::Joining if line.starts_with("GET /result ") => {
                page(&mut client, "Connecting", "<meta http-equiv=refresh content=2><p>Connecting …")
            }
            Progress::Joined(name, address) if line.starts_with("GET /result ") => {
                let name = escaped(&name);
                let told =
                    format!("<p>The lamp is on {name} now, at <a href='http://{address}/'>{address}</a>.");
                page(&mut client, "Connected", &told)?;
                let _ = self.submissions.send(None);
                Ok(())
            }
            progress => self.form(&mut client, progress == Progress::WrongPassphrase),
        }
    }

    fn form(&self, client: &mut TcpStream, is_wrong: bool) -> std::io::Result<()> {
        let alert = if is_wrong { "<p role=alert>The password is wrong.</p>" } else { "" };
        let options: String =
            self.networks.iter().map(|name| format!("<option>{}</option>", escaped(name))).collect();
        let form = format!(
            "<h1>Set up the lamp</h1>{alert}<form method=post action=/connect><p><label>Network \
             <input name=ssid list=networks required></label><datalist id=networks>\
             {options}</datalist><p><label>Password <input type=password name=password></label>\
             <p><button>Connect</button></form>"
        );
        page(client, "Lamp", &form)
    }
}

fn field(head: &str, name: &str) -> Option<String> {
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields
        .into_iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
}

fn redirect(client: &mut TcpStream, status: &str, to: &str) -> std::io::Result<()> {
    write!(client, "HTTP/1.1 {status}\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn page(client: &mut TcpStream, title: &str, content: &str) -> std::io::Result<()> {
    let body = format!(
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>{title}</title>{content}"
    );
    let length = body.len();
    write!(
        client,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{body}"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn decoded(value: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), value.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|digit| char::from(digit.unwrap_or(b'0')));
                digits.iter().fold(0, |sum, digit| sum * 16 + digit.to_digit(16).unwrap_or(0) as u8)
            }
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
