//! What a connection is writing, a page of the portal's or of the application's, and what it is
//! written from beside itself.

use core::net::Ipv4Addr;

use super::data::Data;
use crate::application::{Application, Joined};
use crate::credentials::Values;
use crate::http::Request;
use crate::mdns::HostName;
use crate::pages::{ApplicationContent, CsrfToken, Escaped, Language, Page, PageContext};
use crate::scan_list::ScanList;
use crate::{ByteWindow, Config, Ssid};

/// A page under way.
#[derive(Clone, Copy)]
pub(super) enum View<P> {
    Portal(Page),
    Data(Data),
    Application(P),
}

/// What pages are written from, beside themselves.
pub(super) struct Around<'a, A> {
    pub(super) config: &'a Config,
    pub(super) networks: &'a ScanList,
    pub(super) application: &'a A,
    pub(super) values: &'a Values,
    pub(super) csrf_token: CsrfToken,
    /// The client's.
    pub(super) language: Language,
    /// What the device is called on the home network.
    pub(super) host: Option<&'a HostName>,
}

impl<A: Application> Around<'_, A> {
    /// Writes a page. `request` is the one that it answers, if the page shows it again.
    pub(super) fn draw(&self, view: &View<A::Page>, request: Option<Request<'_>>, out: &mut ByteWindow<'_>) {
        match view {
            View::Portal(page) => self.draw_page(page, request, out),
            View::Data(data) => {
                // As below.
                let _ = data.write(self.networks, out);
            }
            View::Application(page) => {
                // A window takes everything: what does not fit is counted and left out.
                let _ = self.application.write_page(page, out);
            }
        }
    }

    fn draw_page(&self, page: &Page, request: Option<Request<'_>>, out: &mut ByteWindow<'_>) {
        let result = |ssid: Ssid, address: Ipv4Addr, out: &mut Escaped<'_, '_>| {
            self.application.write_result(&Joined { ssid, address }, out)
        };
        let application = ApplicationContent {
            branding: self.application.branding(),
            fields: self.application.fields(),
            values: Some(self.values),
            entered: request.map(|request| request.body),
            result: Some(&result),
        };
        let context = PageContext {
            device_name: self.config.name.as_bytes(),
            networks: self.networks.shown(),
            scanning: self.networks.shown_scanning(),
            csrf_token: self.csrf_token,
            host_name: self.host.map_or("", HostName::as_str),
            language: self.language,
            application,
        };
        page.write(&context, out);
    }
}
