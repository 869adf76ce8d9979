//! A portal of edge-captive, edge-dhcp and edge-http.

use core::fmt::{Debug, Display};

use edge_http::Method;
use edge_http::io::Error;
use edge_http::io::server::{Connection, DefaultServer, Handler};
use edge_nal::TcpBind;
use embedded_io_async::{Read, Write};
use foreign_crates::{PAGE, PORTAL, raise, save};

/// Most bytes of a form.
const FORM: usize = 1024;

struct Portal;

impl Handler for Portal {
    type Error<E>
        = Error<E>
    where
        E: Debug;

    async fn handle<T, const N: usize>(
        &self,
        _task: impl Display + Copy,
        connection: &mut Connection<'_, T, N>,
    ) -> Result<(), Self::Error<T::Error>>
    where
        T: Read + Write,
    {
        let head = connection.headers()?;
        let html = [("Content-Type", "text/html")];
        match (head.method, head.path) {
            (Method::Get, "/") => {
                connection.initiate_response(200, None, &html).await?;
                connection.write_all(PAGE.as_bytes()).await?;
            }
            (Method::Post, "/save") => {
                let mut form = Vec::new();
                let mut piece = [0; FORM];
                loop {
                    match connection.read(&mut piece).await? {
                        0 => break,
                        length if form.len() < FORM => form.extend_from_slice(&piece[..length]),
                        _ => {}
                    }
                }
                let field = |name: &str| {
                    let mut fields = form_urlencoded::parse(&form);
                    fields.find(|(field, _)| field == name).map_or_else(String::new, |(_, value)| value.into_owned())
                };
                let page = save(&field("ssid"), &field("password"));
                connection.initiate_response(200, None, &html).await?;
                connection.write_all(page.as_bytes()).await?;
            }
            _ => connection.initiate_response(302, None, &[("Location", PORTAL)]).await?,
        }
        Ok(())
    }
}

fn main() {
    let local = raise();
    futures_lite::future::block_on(async {
        let acceptor = edge_nal_std::Stack::new().bind(local).await;
        let acceptor = acceptor.unwrap_or_else(|error| panic!("{local}: {error}"));
        let mut server = Box::new(DefaultServer::new());
        server.run(None, acceptor, Portal).await.unwrap_or_else(|error| panic!("edge-http: {error:?}"));
    });
}
