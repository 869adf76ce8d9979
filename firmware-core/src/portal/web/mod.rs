//! The portal's HTTP front end. A request goes one way through its layers, one file each, and a layer uses
//! only those above it in this table:
//!
//! | layer | decides |
//! |---|---|
//! | `endpoint` | which of the portal's paths is meant, and by which methods |
//! | `body` | what a form or a document holds |
//! | `guard` | whether this may be asked: host, origin, CSRF token, rate limit |
//! | `sealing` | what a sealed body holds; `clear_only` stands for it where the feature is left out |
//! | `intent` | what is asked for, free of the request's bytes |
//! | `data`, `render` | what an answer's text is, written again for each piece that goes out |
//! | `respond` | what is done, by the owner's commands, and what answers it |
//!
//! How requests are read and answers framed is in [`crate::http`]; the pages are in [`crate::pages`].

mod body;
mod data;
mod endpoint;
mod guard;
mod intent;
mod render;
mod respond;
#[cfg_attr(not(feature = "sealed"), path = "clear_only.rs")]
mod sealing;

use embedded_storage::nor_flash::NorFlash;

use super::Portal;
use super::connection_table::ConnectionInfo;
use crate::application::Application;
use crate::csrf_token::ClientId;
use crate::http::{Answered, Connection, Content, Response, Status};
use crate::limits::{CLIENT_ID_BYTES, EVENT_WAITERS};
use crate::pages::{self, Language, PASSPHRASE_FIELD, Page};
use crate::{ByteWindow, ConnectionId, Entropy, Event, FrontEnd, Instant, Interface, ResultDelivery};

use data::Data;
pub(super) use guard::Guard;
use intent::Intent;
pub(super) use render::{RenderContext, View};
pub(super) use sealing::Sealing;

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// Answers the request that is complete on `connection`, if there is one.
    pub(super) fn handle_request(&mut self, connection: ConnectionId, now: Instant) {
        let interface = self.connections.info(connection).interface;
        let Some(intent) = self.intent(connection, interface, now) else {
            return;
        };
        if matches!(intent, Intent::Event) && self.waits_for_event(connection, now) {
            return;
        }
        if intent.is_activity() {
            self.session.touch(now);
        }
        let by_a_person = intent.is_by_a_person();
        if intent.gives_token() {
            self.name_client(connection);
        }
        let (answer, mut response) = self.respond(intent, connection, now);
        response.echoes_request &= !self.shows_nothing_again(connection);
        self.upgrade(&mut response, connection, now);
        add_headers(&mut response);
        // Its place is wanted.
        response.close |= self.connections.are_all_open();
        // On the home network there is no token, and nothing that its reader could change.
        let own = self.is_owner(connection);
        let reads_result = by_a_person && (own || interface == Interface::Home);
        *self.connections.info_mut(connection) = ConnectionInfo {
            interface,
            delivers_result: self.delivers_result(&response).filter(|_| reads_result),
            waits_for_event: false,
            client: self.connections.info(connection).client,
            shows_values: matches!(response.content, Content::Page(View::Portal(Page::Setup { .. }))),
            shows_list: matches!(response.content, Content::Page(View::Portal(_) | View::Data(_))),
            own,
            language: self.language(connection, &response),
            shows_host_name: self.home.host_name.is_some(),
        };
        self.report(Event::Answered { connection, interface, status: response.status.code(), answer });
        if let Some(open) = self.connections.get_mut(connection).filter(|_| response.echoes_request) {
            open.wipe_field(PASSPHRASE_FIELD);
        }
        let length = self.page_length(connection, &response);
        if let Some(open) = self.connections.get_mut(connection) {
            open.respond(response, length, now);
        }
        self.connections.keep_a_place(connection, now);
    }

    /// A request that is too long for this device, on its access point: whoever sent it is led to the page as everybody
    /// is, where an error would leave a phone without its sheet.
    pub(super) fn lead_to_the_page(&mut self, connection: ConnectionId) {
        let is_too_large = self.connections.get(connection).is_some_and(Connection::is_too_large);
        if is_too_large && self.connections.info(connection).interface == Interface::AccessPoint {
            let response = self.redirect(Status::Found);
            let length = self.page_length(connection, &response);
            if let Some(open) = self.connections.get_mut(connection) {
                open.answer_instead(response, length);
            }
        }
    }

    /// Whether the request on `connection` is the owner's: the client's that submitted what is tried, failed or joined.
    pub(super) fn is_owner(&self, connection: ConnectionId) -> bool {
        let client = self.connections.info(connection).client;
        client.is_some() && client == self.session.owner
    }

    /// A client that is not known yet gets a number by which it will be.
    fn name_client(&mut self, connection: ConnectionId) {
        let info = self.connections.info_mut(connection);
        if info.client.is_none() {
            let mut random = [0; CLIENT_ID_BYTES];
            self.entropy.fill(&mut random);
            info.client = Some(ClientId(random));
        }
    }

    /// Over what this answer hands the result of a setup to its reader. A radio that cannot be both has taken
    /// the access point away, so its owner reads the result at home.
    fn delivers_result(&self, response: &Response<View<A::Page>>) -> Option<FrontEnd> {
        match response.content {
            Content::Page(View::Portal(Page::Joined { .. })) => Some(FrontEnd::Page),
            Content::Page(View::Portal(Page::Home { .. })) if !self.config.radio.concurrent => {
                Some(FrontEnd::Page)
            }
            Content::Page(View::Data(Data::Status(status))) if status.address.is_some() => {
                Some(FrontEnd::Json)
            }
            _ => None,
        }
    }

    /// An answer has been handed out in full.
    pub(super) fn handle_answered(&mut self, connection: ConnectionId, answered: Answered, now: Instant) {
        let info = self.connections.info_mut(connection);
        let (delivers_result, interface) = (info.delivers_result.take(), info.interface);
        if let Some(over) = delivers_result.filter(|_| answered.content) {
            self.result_delivered(ResultDelivery { over, interface: Some(interface) }, now);
        }
        self.show_fresh();
    }

    /// Whether a client that asks for an event waits for it: while a network is tried, and others find a
    /// place.
    fn waits_for_event(&mut self, connection: ConnectionId, now: Instant) -> bool {
        let waits = self.joining.state.awaits_result() && self.connections.open_count() <= EVENT_WAITERS;
        self.connections.info_mut(connection).waits_for_event = waits;
        if let Some(waiting) = self.connections.get_mut(connection).filter(|_| waits) {
            waiting.wait(now);
        }
        waits
    }

    /// Answers the clients that wait for an event, if there is one now. To be called once something has
    /// happened that may end a try.
    #[inline(never)]
    pub(super) fn answer_waiting(&mut self, now: Instant) {
        if self.joining.state.awaits_result() {
            return;
        }
        for connection in ConnectionId::ALL {
            if core::mem::take(&mut self.connections.info_mut(connection).waits_for_event) {
                self.handle_request(connection, now);
            }
        }
    }

    /// The language of the answer to the request on `connection`. Redirects, which answer every check of every
    /// phone, hold no text worth the search.
    fn language(&self, connection: ConnectionId, response: &Response<View<A::Page>>) -> Language {
        let request = || self.connections.get(connection)?.request();
        match response.content {
            Content::Page(View::Portal(page)) if !matches!(page, Page::Redirect { .. }) => {
                request().map_or(Language::ENGLISH, |request| Language::of(&request))
            }
            _ => Language::ENGLISH,
        }
    }

    /// How long the page is that answers the request on `connection`.
    fn page_length(&self, connection: ConnectionId, response: &Response<View<A::Page>>) -> usize {
        let Content::Page(view) = &response.content else { return 0 };
        let info = self.connections.info(connection);
        let answered = self.connections.get(connection).filter(|_| response.echoes_request);
        let request = answered.and_then(Connection::request);
        let context = RenderContext {
            config: &self.config,
            networks: &self.networks,
            application: &self.application,
            values: self.shown_values(info.own),
            own_values: info.own,
            csrf_token: self.guard.token(info.client),
            seal: self.sealing.page_seal(&self.config),
            language: info.language,
            host_name: self.home.host_name.as_ref().filter(|_| info.shows_host_name),
        };
        ByteWindow::measure(|window| context.render(view, request, window))
    }
}

/// Gives an answer the headers that guard its content in a browser. The application's own are left as
/// they are. A redirect shows nothing.
fn add_headers<P: Copy>(response: &mut Response<View<P>>) {
    let headers = match &response.content {
        Content::Page(_) if response.status == Status::TooManyRequests => pages::RATE_LIMITED_HEADERS,
        Content::Page(View::Portal(Page::Redirect { .. })) => return,
        Content::Page(View::Portal(_) | View::Data(_)) => pages::HEADERS,
        Content::Page(View::Application(_)) if response.content_type.starts_with("text/html") => {
            pages::APPLICATION_HEADERS
        }
        _ => return,
    };
    if response.headers.is_empty() {
        response.headers = headers;
    }
}
