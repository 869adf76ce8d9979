//! The sample application of a simulated device: a lamp that is switched from a page, asks for a message
//! broker on the setup page, and shows its topic as the result. It uses every part of
//! [`vestibule_core::application`], so that tests see each one work through a real portal.

use std::fmt::{self, Write};
use std::net::Ipv4Addr;

use vestibule_core::application::{Application, Call, Choice, Field, FieldKind, Joined, Route};
use vestibule_core::credentials::Values;
use vestibule_core::http::{Cache, File, Method, Response, Status};
use vestibule_core::pages::{Branding, Escaped, Shown, document};
use vestibule_core::websocket::{self, Message, Pool, Sockets};
use vestibule_core::{ByteWindow, ConnectionId, Event, Instant, Interface, dns};

/// The lamp's style sheet, as it is.
pub const STYLE: &[u8] = include_bytes!("sample_application.css");

/// The same, compressed by gzip.
pub const STYLE_GZIP: &[u8] = include_bytes!("sample_application.css.gz");

static STYLE_FILE: File =
    File::new("text/css", STYLE).gzipped(STYLE_GZIP).cached(Cache::Fresh { seconds: 3600 });

static PICTURE: File = File::new("image/png", b"\x89PNG\r\n\x1a\n\0\xff").cached(Cache::Immutable);

const COLOURS: &[Choice] =
    &[Choice { value: "warm", label: "Warm white" }, Choice { value: "cold", label: "Cold white" }];

/// The names of its fields that hold a password.
pub(crate) const PASSWORD_FIELDS: [&str; 1] = ["secret"];

const FIELDS: &[Field] = &[
    Field::new("broker", "MQTT broker", FieldKind::Text)
        .required()
        .longest(60)
        .default("mqtt.local")
        .hint("Its name or its address.")
        .checked_by(|name| if name.contains(' ') { Err("A broker's name has no spaces.") } else { Ok(()) }),
    Field::new("secret", "Password of the broker", FieldKind::Password),
    Field::new("port", "Port of the broker", FieldKind::Number { min: 1, max: 65535 }).default("1883"),
    Field::new("brightness", "Brightness at night", FieldKind::Range { min: 0, max: 100 }).default("40"),
    Field::new("colour", "Colour", FieldKind::Select(COLOURS)).default("warm"),
    Field::new("start", "Colour when it starts", FieldKind::Radio(COLOURS)).default("cold"),
    Field::new("retain", "Keep the last message", FieldKind::Checkbox),
    Field::new("build", "", FieldKind::Hidden).default("7"),
    Field::new(
        "then",
        "Connect, and then",
        FieldKind::Buttons(&[
            Choice { value: "light", label: "Light up" },
            Choice { value: "rest", label: "Rest" },
        ]),
    )
    .default("rest"),
];

/// What a handler saw of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoteRequest {
    /// The parameter of the path.
    pub parameter: Vec<u8>,
    /// `q` of the query.
    pub query: Vec<u8>,
    /// The header `X-Note`.
    pub header: Vec<u8>,
    /// The body.
    pub body: Vec<u8>,
}

/// The lamp, while the device has power.
#[derive(Clone, Debug, Default)]
pub struct Lamp {
    /// Its name, colour and logo on the pages; the portal's own without it.
    pub branding: Option<Branding>,
    /// Whether it shines.
    pub is_on: bool,
    /// How many events it was told.
    pub events: usize,
    /// What the owner last submitted.
    pub submitted: Option<Values>,
    /// What is kept of that.
    pub kept: Option<Values>,
    /// What was last asked of `/notes`.
    pub last_request: NoteRequest,
    /// Clients that watch or switch it through a WebSocket.
    pub watchers: Watchers,
}

/// Where its access point's DNS says that `broker.lamp` is.
pub const BROKER: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 9);

/// Most clients that watch a lamp at once.
pub const WATCHERS: usize = 3;

/// The WebSockets of a lamp. A copy has none of them: it is a lamp before power-on.
#[derive(Default)]
pub struct Watchers(Pool<WATCHERS>);

impl Clone for Watchers {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watchers")
    }
}

/// Its pages.
#[derive(Clone, Copy, Debug)]
pub enum LampPage {
    /// Whether it shines, and a button that changes it.
    Switch {
        /// Whether it shines.
        is_on: bool,
    },
    /// The same for programs.
    State {
        /// Whether it shines.
        is_on: bool,
    },
    /// Many lines, as a log would have.
    Lines(u16),
}

/// What runs beside the portal of a simulated device: a lamp, or nothing.
#[derive(Clone, Debug, Default)]
pub struct SampleApplication {
    /// The lamp.
    pub lamp: Option<Lamp>,
}

impl SampleApplication {
    fn lamp(&mut self) -> &mut Lamp {
        self.lamp.get_or_insert_default()
    }

    fn show(&mut self, _: &Call<'_>) -> Response<LampPage> {
        Response::page(Status::Ok, LampPage::Switch { is_on: self.lamp().is_on })
    }

    fn switch(&mut self, call: &Call<'_>) -> Response<LampPage> {
        let Some(on) = call.field("on") else { return Response::empty(Status::BadRequest) };
        self.lamp().is_on = on.is("1");
        self.notify_watchers();
        Response::see_other("/lamp")
    }

    fn watch(&mut self, call: &Call<'_>) -> Response<LampPage> {
        websocket::upgrade(&call.request)
    }

    /// Tells everybody who watches.
    fn notify_watchers(&mut self) {
        let lamp = self.lamp();
        let state = if lamp.is_on { "on" } else { "off" };
        for (_, socket) in lamp.watchers.0.iter_mut() {
            // A client whose queue is full misses this state.
            let _ = socket.send(Message::Text(state));
        }
    }

    fn state(&mut self, _: &Call<'_>) -> Response<LampPage> {
        let page = Response::page(Status::Ok, LampPage::State { is_on: self.lamp().is_on });
        Response { content_type: "application/json", ..page }
    }

    fn note(&mut self, call: &Call<'_>) -> Response<LampPage> {
        self.lamp().last_request = NoteRequest {
            parameter: call.parameter("id").map(|id| id.bytes().collect()).unwrap_or_default(),
            query: call.query("q").map(|q| q.bytes().collect()).unwrap_or_default(),
            header: call.request.header("x-note").unwrap_or_default().to_vec(),
            body: call.request.body.to_vec(),
        };
        Response::empty(Status::NoContent)
    }

    fn lines(&mut self, call: &Call<'_>) -> Response<LampPage> {
        let mut room = [0; 5];
        let wanted = call.parameter("count").and_then(|count| {
            let digits = count.decode(&mut room).ok()?;
            std::str::from_utf8(digits).ok()?.parse().ok()
        });
        match wanted {
            Some(lines) => Response {
                content_type: "text/plain; charset=utf-8",
                ..Response::page(Status::Ok, LampPage::Lines(lines))
            },
            None => Response::empty(Status::NotFound),
        }
    }
}

impl Application for SampleApplication {
    type Page = LampPage;

    fn on_event(&mut self, _: &Event) {
        if let Some(lamp) = &mut self.lamp {
            lamp.events += 1;
        }
    }

    fn on_submitted(&mut self, values: &Values) {
        if let Some(lamp) = &mut self.lamp {
            lamp.submitted = Some(values.clone());
        }
    }

    fn on_values(&mut self, values: &Values) {
        if let Some(lamp) = &mut self.lamp {
            lamp.kept = Some(values.clone());
        }
    }

    fn branding(&self) -> Branding {
        self.lamp.as_ref().and_then(|lamp| lamp.branding).unwrap_or(Branding::PLAIN)
    }

    fn fields(&self) -> &[Field] {
        if self.lamp.is_some() { FIELDS } else { &[] }
    }

    fn routes(&self) -> &'static [Route<Self>] {
        if self.lamp.is_none() {
            return &[];
        }
        const {
            &[
                Route::get("/", Self::show).on(Interface::Home),
                Route::get("/lamp", Self::show),
                Route::post("/lamp", Self::switch),
                Route::get("/api/lamp", Self::state),
                Route::get("/watch", Self::watch),
                Route::new(Method::Put, "/notes/{id}", Self::note),
                Route::post("/notes/{id}", Self::note),
                Route::get("/lines/{count}", Self::lines),
                Route::file("/lamp.css", &STYLE_FILE),
                Route::file("/pictures/lamp.png", &PICTURE).on(Interface::Home),
                Route::get("/old/*", |_, _| Response::see_other("/lamp")),
                // Never reached: routes are asked in order.
                Route::get("/{any}", |_, _| Response::text(Status::Ok, "a page of any name\n"))
                    .on(Interface::Home),
                Route::get("/lamp", |_, _| Response::text(Status::Ok, "the second route\n")),
            ]
        }
    }

    /// A name of its own for a broker that stands beside it.
    fn resolve(&mut self, name: dns::Name<'_>) -> Option<Ipv4Addr> {
        (self.lamp.is_some() && name.is("broker.lamp")).then_some(BROKER)
    }

    fn sockets(&mut self) -> Option<&mut dyn Sockets> {
        Some(&mut self.lamp.as_mut()?.watchers.0)
    }

    /// A text says what the lamp is to be, and everybody is told; bytes come back.
    fn on_socket(&mut self, connection: ConnectionId, _: Instant) {
        let mut switched = None;
        let Some(socket) = self.lamp.as_mut().and_then(|lamp| lamp.watchers.0.socket(connection)) else {
            return;
        };
        while let Some(event) = socket.poll_event() {
            match event {
                websocket::Event::Message(Message::Text(text)) => switched = Some(text == "on"),
                websocket::Event::Message(Message::Binary(bytes)) => {
                    let bytes = bytes.to_vec();
                    // No longer than what may come, so only for one who takes nothing.
                    let _ = socket.send(Message::Binary(&bytes));
                }
                websocket::Event::Pong(_) | websocket::Event::Closed(_) => {}
            }
        }
        if let Some(is_on) = switched {
            self.lamp().is_on = is_on;
            self.notify_watchers();
        }
    }

    fn write_page(&self, page: &LampPage, out: &mut ByteWindow<'_>) -> fmt::Result {
        match *page {
            LampPage::State { is_on } => write!(out, "{{\"on\":{is_on}}}"),
            LampPage::Lines(count) => (0..count).try_for_each(|line| writeln!(out, "line {line:5}")),
            LampPage::Switch { is_on } => document(out, "Lamp", |out| {
                let (state, next, verb) = if is_on { ("on", 0, "off") } else { ("off", 1, "on") };
                let broker = self.lamp.as_ref().and_then(|lamp| lamp.kept.as_ref()?.get("broker"));
                write!(
                    out,
                    "<h1>Lamp</h1>\n<p role=\"status\">The lamp is {state}.</p>\n<p>Broker: {}</p>\n\
                     <form method=\"post\" action=\"/lamp\">\n\
                     <button type=\"submit\" name=\"on\" value=\"{next}\">Switch it {verb}</button>\n</form>\n",
                    Shown(broker.unwrap_or("none").as_bytes()),
                )
            }),
        }
    }

    fn write_result(&self, joined: &Joined, out: &mut Escaped<'_, '_>) -> fmt::Result {
        match &self.lamp {
            Some(_) => write!(out, "lamps/<{}>", joined.address),
            None => Ok(()),
        }
    }
}
