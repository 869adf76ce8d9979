//! An application's fields, routes and errors, asked through its portal as a client asks: values that are
//! handed to it are ones that its fields take, a handler is called for its own paths alone, and every
//! answer is as long as it says.
#![no_main]

use std::convert::Infallible;

use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use libfuzzer_sys::fuzz_target;
use vestibule_core::application::{Application, Choice, Field, FieldKind, Route};
use vestibule_core::credentials::Values;
use vestibule_core::http::{Response, Status, Transfer};
use vestibule_core::{Config, ConnectionId, Entropy, Instant, Interface, Portal, RadioEvent, Ssid};

const NOW: Instant = Instant::from_micros(0);

/// The one connection.
const CONNECTION: ConnectionId = ConnectionId::ALL[0];

struct Zeros;

impl Entropy for Zeros {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// Flash that holds nothing and keeps nothing: not what this is about.
struct Empty;

impl ErrorType for Empty {
    type Error = Infallible;
}

impl ReadNorFlash for Empty {
    const READ_SIZE: usize = 1;
    fn read(&mut self, _: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0xff);
        Ok(())
    }
    fn capacity(&self) -> usize {
        8192
    }
}

impl NorFlash for Empty {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;
    fn erase(&mut self, _: u32, _: u32) -> Result<(), Infallible> {
        Ok(())
    }
    fn write(&mut self, _: u32, _: &[u8]) -> Result<(), Infallible> {
        Ok(())
    }
}

const CHOICES: &[Choice] = &[Choice { value: "a", label: "A" }, Choice { value: "<b>", label: "B" }];

const FIELDS: &[Field] = &[
    Field::new("t", "Text", FieldKind::Text).required().longest(20),
    Field::new("p", "Password", FieldKind::Password),
    Field::new("n", "Number", FieldKind::Number { min: -3, max: 70_000 }).default("1"),
    Field::new("s", "Select", FieldKind::Select(CHOICES)).default("a"),
    Field::new("c", "Checkbox", FieldKind::Checkbox),
];

struct Recorder(Vec<&'static str>);

impl Application for Recorder {
    type Page = ();

    fn on_submitted(&mut self, values: &Values) {
        for (field, name) in FIELDS.iter().zip(["t", "p", "n", "s", "c"]) {
            let value = values.get(name).expect("each field has a value");
            assert!(field.judge(value).is_ok(), "{field:?} was given {value:?}");
        }
        self.0.push("submitted");
    }

    fn fields(&self) -> &[Field] {
        FIELDS
    }

    fn routes(&self) -> &'static [Route<Self>] {
        const {
            &[
                Route::get("/one/{x}", |own: &mut Self, call| {
                    own.0.push("one");
                    assert!(
                        call.parameter("x").is_some_and(|x| x.bytes().next().is_some()),
                        "an empty segment"
                    );
                    Response::empty(Status::NoContent)
                }),
                Route::get("/rest/*", |own, _| {
                    own.0.push("rest");
                    Response::empty(Status::NotFound)
                }),
                Route::post("/one/two", |_, _| Response::empty(Status::BadRequest)),
            ]
        }
    }
}

/// The whole answer to a request.
fn ask(portal: &mut Portal<Empty, Zeros, Recorder>, request: &[u8]) -> Vec<u8> {
    portal.handle_open(CONNECTION, Interface::AccessPoint, NOW);
    let _ = portal.handle_received(CONNECTION, request, NOW);
    let (mut answer, mut out) = (Vec::new(), [0; 333]);
    while let Transfer::Bytes(length) = portal.poll_send(CONNECTION, &mut out, NOW) {
        answer.extend_from_slice(&out[..length]);
    }
    portal.handle_closed(CONNECTION);
    answer
}

fn check(answer: &[u8]) {
    if answer.is_empty() {
        return;
    }
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head") + 4;
    let head = std::str::from_utf8(&answer[..end]).expect("a head is text");
    if let Some(length) = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")) {
        assert_eq!(answer.len() - end, length.parse::<usize>().expect("a number"), "{head}");
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((kind, rest)) = input.split_first() else { return };
    let config = Config::new(Ssid::new(b"Lamp").expect("4 bytes"));
    let mut portal = Box::new(Portal::with_application(config, Empty, Zeros, Recorder(Vec::new())));
    portal.connect_or_setup(NOW);
    portal.handle_radio(RadioEvent::ScanFinished, NOW);
    let mut request = Vec::new();
    match kind % 3 {
        0 => {
            let token = "0".repeat(32);
            let form = [format!("token={token}&network=486f6d65&").as_bytes(), rest].concat();
            request.extend(
                format!(
                    "POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: {}\r\n\r\n",
                    form.len()
                )
                .bytes(),
            );
            request.extend(form);
        }
        1 => {
            request.extend(b"GET /");
            request.extend(rest.iter().filter(|byte| byte.is_ascii_graphic()));
            request.extend(b" HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n");
        }
        _ => {
            request.extend(b"GET /rest/x HTTP/1.1\r\nHost: 192.168.4.1\r\nAccept: ");
            request.extend(rest.iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)));
            request.extend(b"\r\n\r\n");
        }
    }
    check(&ask(&mut portal, &request));
    let called = std::mem::take(&mut portal.application_mut().0);
    let path = String::from_utf8_lossy(&request);
    let path = path.split(' ').nth(1).unwrap_or_default();
    if called.contains(&"one") {
        // However its letters were written, the path has two segments.
        assert_eq!(path.split('?').next().unwrap_or_default().matches('/').count(), 2, "{path}");
    }
    assert!(!called.contains(&"submitted") || kind % 3 == 0);
});
