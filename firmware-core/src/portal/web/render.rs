//! The text of an answer: a page of the portal's or of the application's, or data for a program, and what else
//! it is written from.

use core::net::Ipv4Addr;

use super::data::Data;
use crate::application::{Application, Joined};
use crate::credentials::Values;
use crate::http::Request;
use crate::mdns::HostName;
use crate::pages::{ApplicationContent, CsrfToken, Escaped, Language, Page, PageContext, PageSeal};
use crate::scan_list::ScanList;
use crate::{ByteWindow, Config, MayOpen, Ssid};

/// A page under way.
#[derive(Clone, Copy)]
pub(in crate::portal) enum View<P> {
    Portal(Page),
    Data(Data),
    Application(P),
}

/// What pages are written from besides their own fields.
pub(in crate::portal) struct RenderContext<'a, A> {
    pub(in crate::portal) config: &'a Config,
    pub(in crate::portal) networks: &'a ScanList,
    pub(in crate::portal) application: &'a A,
    pub(in crate::portal) values: &'a Values,
    /// Whether the client has entered them.
    pub(in crate::portal) own_values: bool,
    pub(in crate::portal) csrf_token: CsrfToken,
    pub(in crate::portal) seal: Option<PageSeal<'a>>,
    /// The client's.
    pub(in crate::portal) language: Language,
    /// The device's host name on the home network.
    pub(in crate::portal) host_name: Option<&'a HostName>,
}

impl<A: Application> RenderContext<'_, A> {
    /// Writes a page. `request` is the one that it answers, if the page shows it again.
    pub(in crate::portal) fn render(
        &self,
        view: &View<A::Page>,
        request: Option<Request<'_>>,
        out: &mut ByteWindow<'_>,
    ) {
        match view {
            View::Portal(page) => self.render_page(page, request, out),
            View::Data(data) => {
                // As below.
                let _ = data.write(self.networks, self.csrf_token, self.seal, out);
            }
            View::Application(page) => {
                // A window takes everything: what does not fit is counted and left out.
                let _ = self.application.write_page(page, out);
            }
        }
    }

    fn render_page(&self, page: &Page, request: Option<Request<'_>>, out: &mut ByteWindow<'_>) {
        let result = |ssid: Ssid, address: Ipv4Addr, out: &mut Escaped<'_, '_>| {
            self.application.write_result(&Joined { ssid, address }, out)
        };
        let application = ApplicationContent {
            branding: self.application.branding(),
            fields: self.application.fields(),
            values: Some(self.values),
            own_values: self.own_values,
            entered: request.map(|request| request.body),
            result: Some(&result),
        };
        let context = PageContext {
            device_name: self.config.name.as_bytes(),
            networks: self.networks.shown(),
            scanning: self.networks.shown_scanning(),
            left_out: self.networks.left_out(),
            csrf_token: self.csrf_token,
            seal: self.seal,
            host_name: self.host_name.map_or("", HostName::as_str),
            language: self.language,
            radio: self.config.radio,
            reopens: matches!(self.config.may_open, MayOpen::AfterPowerUp | MayOpen::OnceAfterPowerUp),
            application,
        };
        page.write(&context, out);
    }
}
