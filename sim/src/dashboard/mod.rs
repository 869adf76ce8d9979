//! The demo's dashboard: one page that shows a world on loopback sockets as it lives, and a few
//! buttons. A projection of the trace and of the world's getters; it decides nothing.
//!
//! It listens on 127.0.0.1 only and answers only those who mean it ([`guard`]), because it shows
//! one secret: the passphrase of the simulated home network, which the reader is to type.

mod act;
mod events;
mod guard;
mod state;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, header};
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::task::JoinHandle;
use vestibule_core::Ssid;

use crate::world::loopback::{Loopback, LoopbackError, Purpose, bind_tcp};

/// Most bytes of a button's body.
const BODY_BYTES: usize = 1024;

/// The page may use what this server serves, and nothing else; nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A dashboard that is being served, until it is dropped. A connection that is open then ends
/// with the process.
#[derive(Debug)]
pub struct Dashboard {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

/// What its routes share.
struct Served {
    world: Arc<Loopback>,
    home: Ssid,
    address: SocketAddr,
    /// Tells this process's events from those of one before it on the same port.
    run: String,
}

impl Dashboard {
    /// Serves the dashboard of `world`, whose owners want the device on `home`. Port 0 is a free
    /// one.
    ///
    /// # Errors
    /// [`LoopbackError`] when the socket cannot be had.
    pub async fn serve(world: Arc<Loopback>, home: Ssid, port: u16) -> Result<Self, LoopbackError> {
        let purpose = Purpose { what: "the dashboard", option: "--dashboard-port" };
        let listener = bind_tcp(Ipv4Addr::LOCALHOST, port, purpose).await?;
        let address = listener.local_addr().map_err(|source| LoopbackError::Other {
            what: purpose.what,
            address: (Ipv4Addr::LOCALHOST, port).into(),
            source,
        })?;
        let routes = routes(Arc::new(Served { world, home, address, run: this_run() }));
        let accepting = tokio::spawn(async move {
            // It ends only when it is aborted.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { address, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn routes(served: Arc<Served>) -> Router {
    Router::new()
        .route("/", get(|| file("text/html; charset=utf-8", include_str!("page.html"))))
        .route("/page.css", get(|| file("text/css; charset=utf-8", include_str!("page.css"))))
        .route("/page.js", get(|| file("text/javascript; charset=utf-8", include_str!("page.js"))))
        .route("/state", get(state::state))
        .route("/events", get(events::events))
        .route("/act", post(act::act))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(&served), guard::guard))
        .with_state(served)
}

async fn file(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    (headers(content_type), text)
}

/// The headers of everything that is served.
fn headers(content_type: &'static str) -> [(HeaderName, &'static str); 5] {
    [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ]
}

fn this_run() -> String {
    let began = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    format!("{:x}", began.map_or(0, |since| since.as_micros()))
}
