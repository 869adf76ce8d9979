//! A portal of picoserve, with the DHCP and DNS of edge-dhcp and edge-captive.

use std::rc::Rc;

use foreign_crates::{PAGE, PORTAL, raise};
use picoserve::extract::Form;
use picoserve::io::Read;
use picoserve::request::Request;
use picoserve::response::{IntoResponse, Response, ResponseWriter, StatusCode};
use picoserve::routing::{PathRouterService, get, post};
use picoserve::{Config, ResponseSent, Router, Server};

#[derive(serde::Deserialize)]
struct Fields {
    ssid: String,
    password: String,
}

/// Leads every other path to the page.
struct Elsewhere;

impl PathRouterService for Elsewhere {
    async fn call_path_router_service<R: Read, W: ResponseWriter<Error = R::Error>>(
        &self,
        _state: &(),
        _parameters: (),
        _path: picoserve::request::Path<'_>,
        request: Request<'_, R>,
        writer: W,
    ) -> Result<ResponseSent, W::Error> {
        let connection = request.body_connection.finalize().await?;
        (StatusCode::FOUND, ("Location", PORTAL), "").write_to(connection, writer).await
    }
}

async fn save(Form(fields): Form<Fields>) -> impl IntoResponse {
    Response::ok(foreign_crates::save(&fields.ssid, &fields.password)).with_content_type("text/html")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    static CONFIG: Config = Config::const_default().keep_connection_alive();
    let local = raise();
    let router = Router::from_service(Elsewhere)
        .route("/", get(|| async { Response::ok(PAGE).with_content_type("text/html") }))
        .route("/save", post(save));
    let router = Rc::new(router);
    let listener = tokio::net::TcpListener::bind(local).await?;
    tokio::task::LocalSet::new()
        .run_until(async {
            loop {
                let (stream, _) = listener.accept().await?;
                let router = router.clone();
                tokio::task::spawn_local(async move {
                    let mut buffer = [0; 2048];
                    if let Err(error) = Server::new_tokio(&router, &CONFIG, &mut buffer).serve(stream).await {
                        eprintln!("picoserve: {error:?}");
                    }
                });
            }
        })
        .await
}
