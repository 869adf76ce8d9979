//! Portals on sockets of this machine that are wrong as a profile cannot say it: in how they read requests and questions,
//! and in what they do with a form. For tests of the command.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long an answer takes where a portal is slow.
const BUSY: Duration = Duration::from_millis(200);

/// What is wrong with a portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: it says the result of a setup.
    None,
    /// Questions with EDNS are not answered.
    Edns,
    /// Questions for other records than A are not answered.
    OtherQuestions,
    /// Answers to questions repeat no question.
    NoQuestion,
    /// What the first read brings is taken for the whole request.
    FirstRead,
    /// Heads have so many bytes at most.
    HeadLimit(usize),
    /// One connection is served at a time.
    OneConnection,
    /// "Saved.", and no more.
    NoResult,
    /// There is no form.
    NoForm,
    /// The page after the form shows the passphrase.
    ShowsPassphrase,
    /// The form is sent by GET.
    FormByGet,
    /// The portal is gone once it has the form, and says nothing.
    Vanishes,
    /// The form is never answered.
    Hangs,
    /// The portal is gone once it has the form, and its page has said so, as comitup's does.
    SaysItGoes,
    /// A file is asked for.
    Upload,
    /// The page has 50 MB.
    Huge,
    /// The page leads to itself, under another address each time.
    Loop,
    /// The form is answered like that.
    HugeAnswer,
    /// And so.
    LoopAnswer,
    /// Once its page was shown, checks are answered 204 and names slowly, as by a chip that is busy with its page.
    ClosesItself,
    /// Checks are answered 204 until somebody changes that.
    Unrepaired,
}

/// A portal that answers until the test ends.
pub(crate) struct Portal {
    /// Where it answers requests.
    pub(crate) http: String,
    /// Where it answers questions.
    pub(crate) dns: String,
    /// The forms that it was sent.
    pub(crate) forms: Arc<Mutex<Vec<String>>>,
    /// Whether it is gone, shown or repaired, whichever the fault is about.
    pub(crate) changed: Arc<AtomicBool>,
}

impl Portal {
    /// Starts one.
    pub(crate) fn start(fault: Fault) -> Self {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let (http, dns) = (tcp.local_addr().unwrap().to_string(), udp.local_addr().unwrap().to_string());
        let forms = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&forms);
        let changed = Arc::new(AtomicBool::new(false));
        let (also_changed, shown_changed) = (Arc::clone(&changed), Arc::clone(&changed));
        std::thread::spawn(move || answer_questions(&udp, fault, &also_changed));
        std::thread::spawn(move || {
            for stream in tcp.incoming().flatten() {
                if matches!(fault, Fault::Vanishes | Fault::SaysItGoes) && changed.load(Ordering::SeqCst) {
                    return;
                }
                let (taken, changed) = (Arc::clone(&taken), Arc::clone(&changed));
                let serve = move || serve(stream, fault, &taken, &changed);
                if fault == Fault::OneConnection {
                    serve();
                } else {
                    std::thread::spawn(serve);
                }
            }
        });
        Self { http, dns, forms, changed: shown_changed }
    }
}

fn answer_questions(socket: &UdpSocket, fault: Fault, changed: &AtomicBool) {
    let mut question = [0; 1500];
    while let Ok((length, from)) = socket.recv_from(&mut question) {
        let has_opt = question[11] > 0;
        // An OPT record without options has 11 bytes.
        let ends = if has_opt { length - 11 } else { length };
        let is_address = question[ends - 3] == 1;
        if (fault == Fault::Edns && has_opt) || (fault == Fault::OtherQuestions && !is_address) {
            continue;
        }
        let repeats = u8::from(fault != Fault::NoQuestion);
        let mut answer = question[..if repeats == 1 { ends } else { 12 }].to_vec();
        answer[2..12].copy_from_slice(&[0x84, 0, 0, repeats, 0, u8::from(is_address), 0, 0, 0, 0]);
        if is_address {
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
        }
        if fault == Fault::ClosesItself && changed.load(Ordering::SeqCst) {
            std::thread::sleep(BUSY);
        }
        let _ = socket.send_to(&answer, from);
    }
}

/// A request as far as it was read: its head and its body. `None` if the client went.
fn read(stream: &mut TcpStream, fault: Fault) -> Option<(String, String)> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let ends = request.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4);
        let head = String::from_utf8_lossy(&request[..ends.unwrap_or(request.len())]).into_owned();
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let is_whole = ends.is_some_and(|ends| request.len() >= ends + length.unwrap_or(0));
        if is_whole || (fault == Fault::FirstRead && !request.is_empty()) {
            let body = String::from_utf8_lossy(&request[ends.unwrap_or(request.len())..]).into_owned();
            return Some((head, body));
        }
        match stream.read(&mut piece) {
            Ok(length) if length > 0 => request.extend_from_slice(&piece[..length]),
            _ => return None,
        }
    }
}

fn serve(mut stream: TcpStream, fault: Fault, taken: &Mutex<Vec<String>>, changed: &AtomicBool) {
    let Some((head, body)) = read(&mut stream, fault) else { return };
    let path = head.split([' ', '?']).nth(1).unwrap_or_default().to_owned();
    let portal = stream.local_addr().unwrap();
    let html = |status: &str, page: &str| {
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: \
             close\r\n\r\n{page}",
            page.len()
        )
    };
    let reply = match (path.as_str(), fault) {
        (_, Fault::HeadLimit(most)) if head.len() > most => html("431 Request Header Fields Too Large", ""),
        _ if !head.ends_with("\r\n\r\n") => html("400 Bad Request", ""),
        ("/", Fault::NoForm) => html("200 OK", "<title>Lamp</title><p>Welcome."),
        ("/", Fault::Upload) => html("200 OK", "<title>Lamp</title><form><input type=file name=f></form>"),
        ("/", Fault::Huge) | ("/wifisave", Fault::HugeAnswer) => return send_huge(&mut stream),
        ("/", Fault::Loop) | ("/wifisave", Fault::LoopAnswer) => {
            let again = head.split([' ', '?']).nth(2).unwrap_or_default().len() % 1000 + 1;
            format!(
                "HTTP/1.1 302 Found\r\nLocation: {path}?{}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                "x".repeat(again)
            )
        }
        ("/", fault) => {
            changed.fetch_or(fault == Fault::ClosesItself, Ordering::SeqCst);
            html(
                "200 OK",
                "<title>Lamp</title><form action=/erase><button>Erase WiFi</button></form><form action=/wifi>\
             <button>Configure WiFi</button></form>",
            )
        }
        ("/wifi", fault) => html("200 OK", &form(fault)),
        ("/wifisave", fault) => {
            taken.lock().unwrap().push(body.clone());
            match fault {
                Fault::FirstRead if body.is_empty() => html("400 Bad Request", "<p>Parameters not found"),
                Fault::Vanishes | Fault::SaysItGoes => {
                    changed.store(true, Ordering::SeqCst);
                    // Wakes what listens, so that it ends.
                    drop(TcpStream::connect(portal));
                    return;
                }
                Fault::Hangs => loop {
                    std::thread::park();
                },
                Fault::NoResult | Fault::FormByGet => html("200 OK", "<p>Saved. Trying to connect."),
                Fault::ShowsPassphrase => html("200 OK", &format!("<p>Saved {body} four green lanterns")),
                _ => html("200 OK", "<meta http-equiv=refresh content='0;url=/wait'><p>Trying."),
            }
        }
        ("/wait", _) => html(
            "200 OK",
            "<p>Connected to Café & Co. The address is <a href=http://192.168.1.77/>192.168.1.77</a>.",
        ),
        (_, Fault::ClosesItself) if changed.load(Ordering::SeqCst) => {
            "HTTP/1.1 204 No Content\r\n\r\n".into()
        }
        (_, Fault::Unrepaired) if !changed.load(Ordering::SeqCst) => "HTTP/1.1 204 No Content\r\n\r\n".into(),
        _ => format!(
            "HTTP/1.1 302 Found\r\nLocation: http://{portal}/\r\nContent-Length: 7\r\nConnection: close\r\n\r\nsign in"
        ),
    };
    let _ = stream.write_all(reply.as_bytes());
}

/// As much as the client takes.
fn send_huge(stream: &mut TcpStream) {
    const BYTES: usize = 50_000_000;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {BYTES}\r\n\r\n<title>Lamp</title>"
    );
    let _ = stream.write_all(head.as_bytes());
    for _ in 0..BYTES / 10_000 {
        if stream.write_all(&[b'x'; 10_000]).is_err() {
            return;
        }
    }
}

fn form(fault: Fault) -> String {
    let method = if fault == Fault::FormByGet { "GET" } else { "POST" };
    let before = match fault {
        Fault::SaysItGoes => "<p>This will terminate the current hotspot. Connect to Lamp.local for access.",
        _ => "",
    };
    format!(
        "<title>WiFi</title>{before}<form method={method} action=wifisave><label for=s>SSID</label><input id=s name=s \
         maxlength=32><label for=p>Password</label><input id=p name=p type=password \
         maxlength=63><button>Save</button></form>"
    )
}
