//! The demo's dashboard: one page that shows a world as it lives, or a run that is over step by step,
//! and buttons for everything that can go wrong.
//!
//! It is a projection of trace records and decides nothing. Two kinds of run are shown by the same code:
//!
//! - the live world: real sockets of this machine in real time (`state`, `events`, `act`, `session`);
//! - runs in virtual time and saved traces (`runs`, `library`), with every frame in them. A button
//!   pressed there makes a new run that differs from then on.
//!
//! `lines` is what a button writes, `compose` puts scenario files together, `device_proxy` is the reader's
//! own phone. It listens on a loopback address unless told otherwise and answers only those who mean it
//! (`guard`), because it shows one secret: the passphrase of the simulated home network, which the reader
//! is to type.

mod act;
mod compose;
mod device_proxy;
mod events;
mod guard;
mod library;
mod lines;
mod runs;
mod session;
mod state;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::task::JoinHandle;
use vestibule_core::Ssid;

use crate::world::loopback::{Loopback, LoopbackError, Purpose, bind_tcp};
use runs::Runs;
use session::Session;

/// Most bytes of a button's body.
const BODY_BYTES: usize = 1024;

/// Most bytes of a file that is opened: a trace with every frame of a long run.
const FILE_BYTES: usize = 128 << 20;

/// The files of the page.
const FILES: [(&str, &str, &str); 12] = [
    ("/", "text/html; charset=utf-8", include_str!("page/index.html")),
    ("/page.css", "text/css; charset=utf-8", include_str!("page/page.css")),
    ("/main.js", JAVASCRIPT, include_str!("page/main.js")),
    ("/dom.js", JAVASCRIPT, include_str!("page/dom.js")),
    ("/fold.js", JAVASCRIPT, include_str!("page/fold.js")),
    ("/next.js", JAVASCRIPT, include_str!("page/next.js")),
    ("/picture.js", JAVASCRIPT, include_str!("page/picture.js")),
    ("/phones.js", JAVASCRIPT, include_str!("page/phones.js")),
    ("/timeline.js", JAVASCRIPT, include_str!("page/timeline.js")),
    ("/bytes.js", JAVASCRIPT, include_str!("page/bytes.js")),
    ("/internals.js", JAVASCRIPT, include_str!("page/internals.js")),
    ("/buttons.js", JAVASCRIPT, include_str!("page/buttons.js")),
];

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// A dashboard that is being served, until it is dropped. A connection that is open then ends
/// with the process.
#[derive(Debug)]
pub(crate) struct Dashboard {
    address: SocketAddr,
    accepting: [JoinHandle<()>; 2],
}

/// What a dashboard shows.
pub(crate) struct Show {
    /// The live world.
    pub world: Arc<Loopback>,
    /// The network that its owners want the device on.
    pub home: Ssid,
    /// The text of its scenario.
    pub base: String,
    /// Its seed.
    pub seed: u64,
    /// A file to begin with: its name, and a trace or a scenario.
    pub opened: Option<(String, String)>,
}

/// Why a dashboard cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DashboardError {
    /// Its sockets cannot be had.
    #[error(transparent)]
    Socket(#[from] LoopbackError),
    /// The file to begin with is neither a trace nor a scenario.
    #[error("--open: {0}")]
    File(String),
}

/// What its routes share.
struct Served {
    world: Arc<Loopback>,
    home: Ssid,
    base: String,
    seed: u64,
    address: SocketAddr,
    /// Where the reader's phone is served.
    device_proxy: SocketAddr,
    session: Mutex<Session>,
    runs: Runs,
    /// The run to begin with.
    opened: Option<usize>,
    /// Tells this process's events from those of one before it on the same port.
    run: String,
}

impl Served {
    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The origins of the dashboard's page, as a policy lists them.
    fn origins(&self) -> String {
        format!("http://{} http://localhost:{}", self.address, self.address.port())
    }

    /// The headers of what is served. The page may use what this server serves and show the reader's
    /// phone, and nothing else; nobody may frame it.
    fn headers(&self, content_type: &'static str) -> [(HeaderName, String); 5] {
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
             frame-src 'self' http://{}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            self.device_proxy
        );
        [
            (header::CONTENT_TYPE, content_type.into()),
            (header::CACHE_CONTROL, "no-store".into()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
            (header::REFERRER_POLICY, "no-referrer".into()),
            (header::CONTENT_SECURITY_POLICY, policy),
        ]
    }
}

impl Dashboard {
    /// Serves a dashboard on that address of this machine; port 0 is a free one. From now on the
    /// world writes down what a picture of it needs.
    ///
    /// # Errors
    /// [`DashboardError`] when a socket cannot be had or the file is none.
    pub(crate) async fn serve(show: Show, at: Ipv4Addr, port: u16) -> Result<Self, DashboardError> {
        let purpose = Purpose { what: "the dashboard", option: "--dashboard-port" };
        let listener = bind_tcp(at, port, purpose).await?;
        let window = bind_tcp(at, 0, purpose).await?;
        let own = |listener: &tokio::net::TcpListener| {
            listener.local_addr().map_err(|source| LoopbackError::Other {
                what: purpose.what,
                address: (IpAddr::V4(at), port).into(),
                source,
            })
        };
        let (address, device_proxy) = (own(&listener)?, own(&window)?);
        let Show { world, home, base, seed, opened } = show;
        world.record_details();
        let runs = Runs::default();
        let open = |(name, text): (String, String)| runs.open(&text, &name, Some(seed), false);
        let opened = opened.map(open).transpose().map_err(DashboardError::File)?.map(|run| run.id);
        let served = Arc::new(Served {
            world,
            home,
            base,
            seed,
            address,
            device_proxy,
            session: Mutex::default(),
            runs,
            opened,
            run: this_run(),
        });
        let accepting = [
            tokio::spawn(accept(listener, routes(Arc::clone(&served)))),
            tokio::spawn(accept(window, device_proxy::routes(served))),
        ];
        Ok(Self { address, accepting })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn accept(listener: tokio::net::TcpListener, routes: Router) {
    // It ends only when it is aborted.
    let _ = axum::serve(listener, routes).await;
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.accepting.iter().for_each(JoinHandle::abort);
    }
}

fn routes(served: Arc<Served>) -> Router {
    let files = FILES.into_iter().fold(Router::new(), |router, (path, content_type, text)| {
        let headers = served.headers(content_type);
        router.route(path, get(move || std::future::ready((headers.clone(), text))))
    });
    files
        .route("/state", get(state::state))
        .route("/events", get(events::events))
        .route("/act", post(act::act).layer(DefaultBodyLimit::max(BODY_BYTES)))
        .route("/runs", get(library::list).post(library::make).layer(DefaultBodyLimit::max(FILE_BYTES)))
        .route("/runs/{id}", get(library::show_run))
        .route("/runs/{id}/{file}", get(library::file))
        .route("/runs/{id}/pages/{number}", get(library::page))
        .layer(middleware::from_fn_with_state(Arc::clone(&served), guard::dashboard))
        .with_state(served)
}

/// Why something is not done, and under which status.
type Refusal = (StatusCode, String);

fn refused((status, why): Refusal) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    (status, headers, format!("{why}\n")).into_response()
}

fn this_run() -> String {
    let began = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    format!("{:x}", began.map_or(0, |since| since.as_micros()))
}
